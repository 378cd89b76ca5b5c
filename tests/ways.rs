//! The same inputs make the same bytes and the same error, however many threads work, however small
//! the parts they take, however little memory there is, and whatever way the inputs come in.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use ldifsync::diff::{Limit, Options, diff};
use ldifsync::output::Target;

use crate::ldif;
use crate::plan::records_alone;
use crate::rng::Rng;
use crate::speller::respell;
use crate::trees::Case;
use crate::util::{Dir, assert_same_text, cases, for_seeds, run};

/// How an input comes in.
#[derive(Clone, Copy, Debug)]
enum Way {
    File,
    Fifo,
    Zstd,
    Gzip,
    Utf16,
}

impl Way {
    const ALL: [Way; 5] = [Way::File, Way::Fifo, Way::Zstd, Way::Gzip, Way::Utf16];

    /// Puts a text where it comes in by this way; a FIFO is fed by a thread.
    fn put(self, dir: &Dir, name: &str, text: &[u8]) -> PathBuf {
        match self {
            Way::File => dir.write(name, text),
            Way::Fifo => fed(dir.file(&format!("{name}.fifo")), text.to_vec()),
            Way::Zstd => {
                dir.write(&format!("{name}.zst"), zstd::encode_all(text, 1).expect("memory"))
            }
            Way::Gzip => {
                let level = flate2::Compression::fast();
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
                gzip.write_all(text).expect("memory");
                dir.write(&format!("{name}.gz"), gzip.finish().expect("memory"))
            }
            Way::Utf16 => {
                let text = std::str::from_utf8(text).expect("LDIF of the tests is UTF-8");
                let units = std::iter::once(0xfeff).chain(text.encode_utf16());
                dir.write(name, units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
            }
        }
    }
}

fn fed(path: PathBuf, text: Vec<u8>) -> PathBuf {
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    let fifo = path.clone();
    std::thread::spawn(move || {
        let fifo = OpenOptions::new().write(true).open(fifo);
        fifo.and_then(|mut fifo| fifo.write_all(&text))
    });
    path
}

/// Two texts and what is asked of them.
struct Question {
    old: Vec<u8>,
    new: Vec<u8>,
    keep_going: bool,
}

/// Everything that is answered, but for the names of the inputs.
fn answer(question: &Question, way: Way, [threads, part, memory]: [usize; 3]) -> String {
    let dir = Dir::new();
    let sides = [("old.ldif", &question.old), ("new.ldif", &question.new)];
    let [old, new] = sides.map(|(name, text)| way.put(&dir, name, text));
    let mut options = Options::new(old.clone(), new.clone());
    options.output = Target::File(dir.file("change.ldif"));
    options.undo = Some(dir.file("undo.ldif"));
    options.rejects = Some(dir.file("rejects.ldif"));
    options.keep_going = question.keep_going;
    options.threads = Some(threads);
    options.part = part;
    options.memory = memory;
    options.limits.delete = Some(Limit::Percent(100.0));
    options.limits.member_delete = Some(Limit::Percent(100.0));
    options.limits.attribute_loss = Some(100.0);
    let said = match diff(&options, &|_| {}) {
        Ok(report) => format!("{:?} {:?} {:?}", report.counts, report.rejected, report.warnings),
        Err(error) => error.to_string(),
    };
    let records = |name: &str| records_alone(&dir.read_if_there(name).unwrap_or_default()).concat();
    let rejects = dir.read_if_there("rejects.ldif").unwrap_or_default();
    let bytes = [records("change.ldif"), records("undo.ldif"), rejects].concat();
    let mut all = format!("{said}\n{}", bytes.escape_ascii()).replace("\\n", "\n");
    for (path, name) in [(old, "OLD"), (new, "NEW")] {
        all = all.replace(&path.display().to_string(), name);
    }
    all.replace(&dir.path().display().to_string(), "")
}

/// A text with a few faulty records between its own.
fn spoilt(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    const FAULTS: [&str; 5] = [
        "dn: cn=bad,dc=example,dc=com\ncn:: %%%\n\n",
        "dn: cn=bad,dc=example,dc=com\nno colon\n\n",
        "dn: no name\ncn: a\n\n",
        " stray\n\n",
        "dn: cn=gone,dc=example,dc=com\nchangetype: delete\n\n",
    ];
    let mut records: Vec<&[u8]> =
        ldif::blocks(text).into_iter().map(|block| &text[block.text]).collect();
    for _ in 0..rng.below(4) {
        let fault = FAULTS[rng.below(FAULTS.len())].as_bytes();
        records.insert(rng.between(1, records.len()), fault);
        if rng.chance(30) {
            let twice = records[rng.below(records.len())];
            records.push(twice);
        }
    }
    records.concat()
}

/// Some tens of parts, and more than one record in most of them.
const SMALL: usize = 600;
/// Enough memory.
const ALL: usize = usize::MAX;
/// Memory for the names of twenty entries, and of one, beside what the threads need.
const LITTLE: usize = (14 << 20) + 20 * 26 * 8 / 5 + 8;
const LEAST: usize = 14 << 20;

#[test]
fn threads_parts_memory_and_ways_in_do_not_change_an_answer() {
    for_seeds("ways", (cases() / 12).clamp(1, 20), |seed, rng| {
        let case = Case::draw(rng);
        let (old, new) = (ldif::write(&case.old.tree()), respell(&case.new.tree(), rng));
        let question = match seed % 3 {
            0 => Question { old, new, keep_going: false },
            n => Question { old: spoilt(&old, rng), new: spoilt(&new, rng), keep_going: n == 2 },
        };
        let expected = answer(&question, Way::File, [1, usize::MAX, ALL]);
        for way in Way::ALL {
            for lot in [[1, SMALL, ALL], [2, SMALL, ALL], [8, SMALL, LITTLE], [8, 1, ALL]] {
                let found = answer(&question, way, lot);
                let what = format!("{way:?}, [threads, bytes of a part, of memory] {lot:?}");
                assert_same_text(&what, &expected, &found);
            }
        }
        if seed % 8 == 0 {
            // A pass for each byte that an entry needs.
            let found = answer(&question, Way::File, [2, SMALL, LEAST]);
            assert_same_text("hardly any memory", &expected, &found);
        }
    });
}

/// A text of several parts: a small directory, and many entries below its top.
fn enlarged(text: &[u8]) -> Vec<u8> {
    let mut all = text.to_vec();
    for n in 0..12_000 {
        let cn = format!("extra {n}");
        let entry = format!(
            "dn: cn={cn},dc=example,dc=com\nobjectClass: person\ncn: {cn}\nsn: {}\n\n",
            "x".repeat(n % 200 + 1)
        );
        all.extend(entry.into_bytes());
    }
    all
}

/// What a command says and writes, its inputs called what they are.
fn said(dir: &Dir, command: &str, inputs: &[(&str, PathBuf)], options: &str) -> String {
    let paths: Vec<String> = inputs.iter().map(|(_, path)| path.display().to_string()).collect();
    let words = std::iter::once(command).chain(paths.iter().map(String::as_str));
    let outcome = run(dir, words.chain(options.split(' ')));
    let rejects = dir.read_if_there("rejects.ldif").unwrap_or_default();
    // A stream that ends in an error has written what came before it, as far as it had got.
    let written = if outcome.status == 2 { Vec::new() } else { outcome.stdout };
    let mut all = format!(
        "{:?}\n{}\n{}\n{}",
        outcome.status,
        outcome.stderr,
        written.escape_ascii(),
        rejects.escape_ascii()
    )
    .replace("\\n", "\n");
    for (name, path) in inputs {
        all = all.replace(&path.display().to_string(), name);
    }
    all
}

#[test]
fn check_apply_and_transform_say_the_same_on_every_way() {
    const TRANSFORM: &str =
        "-q --pseudonymise cn,sn,uid,ou,mail --seed s --keep-going --rejects rejects.ldif";
    for_seeds("ways of the others", (cases() / 25).clamp(1, 10), |seed, rng| {
        let case = Case::draw(rng);
        let (old, new) = (ldif::write(&case.old.tree()), ldif::write(&case.new.tree()));
        let dir = Dir::new();
        let change = crate::plan::Plan::of(&dir, &old, &new).change.concat();
        let old = if seed % 3 == 0 { enlarged(&old) } else { old };
        let (bad, bad_change) = (spoilt(&old, rng), spoilt(&change, rng));
        let answers = |way: Way, threads: usize| {
            let ask = |command: &str, texts: &[(&'static str, &[u8])], options: &str| {
                let dir = Dir::new();
                let put = |(name, text): &(&'static str, &[u8])| (*name, way.put(&dir, name, text));
                let inputs: Vec<_> = texts.iter().map(put).collect();
                said(&dir, command, &inputs, &format!("{options} --threads {threads}"))
            };
            let texts = [("OLD", old.as_slice()), ("CHANGE", &change)];
            let bad_texts = [("OLD", old.as_slice()), ("CHANGE", &bad_change)];
            let mut all = vec![
                ask("apply", &texts, "-q"),
                ask("apply", &bad_texts, "-q --keep-going --rejects rejects.ldif"),
                ask("transform", &[("BAD", &bad)], TRANSFORM),
                ask("transform", &[("BAD", &bad)], "-q --format jsonl"),
            ];
            // UTF-16 is a deviation of its own.
            if !matches!(way, Way::Utf16) {
                all.push(ask("check", &[("BAD", &bad)], "-q --format jsonl --complete"));
            }
            all
        };
        let expected = answers(Way::File, 1);
        for way in Way::ALL {
            for threads in [1, 4] {
                let found = answers(way, threads);
                for (n, (expected, found)) in expected.iter().zip(&found).enumerate() {
                    let what = format!("question {n}, {way:?}, {threads} threads");
                    assert_same_text(&what, expected, found);
                }
            }
        }
    });
}
