//! Whole files: what is cut out of them, what stands between, and that the scan vouches for nothing
//! that the parser refuses.

use std::ops::Range;
use std::sync::Arc;

use ldifsync::dn::Dn;
use ldifsync::ldif::parse::parse;
use ldifsync::ldif::scan::{Piece, Scanner};
use ldifsync::ldif::unfold::unfold;
use ldifsync::schema::Schema;
use ldifsync::source::{ReadOptions, Source};

use super::grammar;
use super::meaning::OfRecords;
use super::sentences::{read, spoilt};
use crate::abnf::{Drawer, Grammar, Meaning, Nothing};
use crate::rng::Rng;
use crate::util::{cases, for_seeds};

/// How many files are drawn through each rule.
fn files() -> u64 {
    cases() * 5
}

/// Writes lines physically: any line ends, folds anywhere but at a line's start, comments between
/// lines.
pub fn spread(lines: &[u8], blanks: &[u8], rng: &mut Rng) -> Vec<u8> {
    let folding = [0, 3, 30][rng.below(3)];
    let crlf = [0, 0, 50, 100][rng.below(4)];
    let mut text = Vec::new();
    let end = |text: &mut Vec<u8>, rng: &mut Rng| {
        text.extend_from_slice(if rng.chance(crlf) { b"\r\n" } else { b"\n" });
    };
    for (n, line) in lines.split_inclusive(|b| *b == b'\n').enumerate() {
        if n > 0 && rng.chance(10) {
            text.extend_from_slice(b"# dn: x");
            end(&mut text, rng);
        }
        for (at, byte) in line.strip_suffix(b"\n").unwrap_or(line).iter().enumerate() {
            if at > 0 && rng.chance(folding) {
                end(&mut text, rng);
                text.push(blanks[rng.below(blanks.len())]);
            }
            text.push(*byte);
        }
        end(&mut text, rng);
    }
    text
}

/// The lines of a part of a file, joined; comments are lines too.
fn joined(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in text.split_inclusive(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.first(), lines.last_mut()) {
            (Some(b' ' | b'\t'), Some(last)) => last.extend_from_slice(&line[1..]),
            _ => lines.push(line.to_vec()),
        }
    }
    lines
}

/// What lines mean.
struct OfFiles {
    grammar: Arc<Grammar>,
    records: OfRecords,
    record: Drawer,
    version: Drawer,
    number: Drawer,
    blanks: &'static [u8],
}

impl OfFiles {
    fn new(lines: Grammar, records: Grammar, blanks: &'static [u8]) -> OfFiles {
        let (grammar, records) = (Arc::new(lines), OfRecords::new(records));
        let [version, number] =
            ["version-spec", "numeric-id"].map(|rule| grammar.drawer(rule, rule, &Nothing));
        let record = records.drawer("ldif-record");
        OfFiles { grammar, records, record, version, number, blanks }
    }

    /// Whether a line, joined, is a sentence of this rule.
    fn says(&self, line: &[u8], rule: &str) -> bool {
        self.grammar.recognises(rule, line, &Nothing)
    }

    /// S-14: a block with nothing of a record in it that begins as it should; S-15: its results are ones.
    fn is_passed_over(&self, block: &[u8], first: &[&str]) -> bool {
        let lines = joined(block);
        let begins = |line: &Vec<u8>, word: &[u8]| {
            line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        let of_search = first.len() > 1;
        first.iter().any(|rule| self.says(&lines[0], rule))
            && lines.iter().all(|line| line.starts_with(b"#") || self.says(line, "said-line"))
            && (!of_search || lines.iter().all(|l| !begins(l, b"result:") || self.is_result(l)))
    }

    fn is_result(&self, line: &[u8]) -> bool {
        let digits = line["result:".len()..].trim_ascii_start();
        let end = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let code = String::from_utf8_lossy(&digits[..end]).parse::<u32>();
        self.says(line, "result-line") && code.is_ok()
    }

    fn is_record(&self, text: &[u8], range: Range<usize>) -> bool {
        // A block goes on to the empty line: whatever ends before is none, and need not be looked at.
        let rest = &text[range.end..];
        let ends = rest.is_empty() || rest.starts_with(b"\n") || rest.starts_with(b"\r\n");
        let lines = joined(&text[range]);
        let said: Vec<_> = lines.into_iter().filter(|line| !line.starts_with(b"#")).collect();
        ends && self.records.is_record(&said.join(&b'\n'))
    }

    fn draw_result(&self, rng: &mut Rng) -> Vec<u8> {
        let lines: &[&str] =
            &["search: 2\n", "result: 0 Success\n", "RESULT:4\n", "ref: x\n", "# a\n"];
        let mut block = lines[rng.below(2)].as_bytes().to_vec();
        (0..rng.below(3)).for_each(|_| block.extend(lines[rng.below(5)].bytes()));
        block
    }
}

impl Meaning for OfFiles {
    fn is_bound(&self, rule: &str) -> bool {
        self.is_drawn(rule)
    }

    fn holds(&self, rule: &str, text: &[u8], range: Range<usize>) -> bool {
        let one = |rule: &str, line: &[u8]| self.says(&joined(line)[0], rule);
        match rule {
            "version" => one("version-spec", &text[range]),
            "number" => one("numeric-id", &text[range]),
            "referral" => self.is_passed_over(&text[range], &["ref-line"]),
            "search-result" => self.is_passed_over(&text[range], &["search-line", "result-line"]),
            _ => self.is_record(text, range),
        }
    }

    fn is_drawn(&self, rule: &str) -> bool {
        matches!(rule, "version" | "number" | "referral" | "search-result" | "record")
    }

    fn draw(&self, rule: &str, rng: &mut Rng) -> Vec<u8> {
        let said = match rule {
            "version" => [&self.version.sentence(rng, &Nothing)[..], b"\n"].concat(),
            "number" => [&self.number.sentence(rng, &Nothing)[..], b"\n"].concat(),
            "referral" => [b"ref: ldap://x\n", &b"ref: y\n# x\n"[..rng.below(2) * 7]].concat(),
            "search-result" => self.draw_result(rng),
            _ => self.record.sentence(rng, &self.records),
        };
        spread(&said, self.blanks, rng)
    }
}

/// Reads a file as the program does, up to what joins its records.
fn reads(meaning: &OfFiles, text: &[u8], strict: bool) -> Result<(), String> {
    let file_urls = meaning.records.file_urls.clone();
    let source = Source::of_text(
        "text",
        text,
        Schema::builtin(),
        ReadOptions { strict, file_urls, rebase: None },
    );
    let mut cutter = source.cut(0..text.len());
    while let Some(cut) = cutter.next_record(None) {
        let cut = cut.map_err(|e| e.to_string())?;
        source.known(cut.extent, None).map_err(|e| e.to_string())?;
    }
    let repeated = |(n, (_, records)): (usize, &(u64, u64))| n > 0 || *records > 0;
    let deviates = !cutter.notes.deviations.is_empty()
        || cutter.notes.versions.iter().enumerate().any(repeated);
    if strict && deviates { Err(format!("{:?}", cutter.notes)) } else { Ok(()) }
}

fn agree(meaning: &OfFiles, strict: bool) {
    let name = if strict { "strict lines" } else { "lines" };
    for rule in meaning.grammar.reachable("ldif-text", meaning) {
        let drawer = meaning.grammar.drawer("ldif-text", &rule, meaning);
        for_seeds(&format!("{name}, through {rule}"), files(), |seed, rng| {
            let (text, part) = drawer.marked(rng, meaning);
            let shown = text.escape_ascii();
            let verdict = reads(meaning, &text, strict);
            assert!(
                verdict.is_ok(),
                "{name}, through {rule}, seed {seed}: {verdict:?}\n\"{shown}\""
            );
            let near = spoilt(&text, part, rng);
            if near.ends_with(b"\r") {
                return;
            }
            let whole = if near.ends_with(b"\n") || near.is_empty() {
                &near
            } else {
                &[&near[..], b"\n"].concat()
            };
            let law = meaning.grammar.recognises("ldif-text", whole, meaning);
            let verdict = reads(meaning, &near, strict);
            assert!(
                verdict.is_ok() == law,
                "{name}, through {rule}, seed {seed}: the grammar says {law}, the program \
                 {verdict:?}\n\"{}\"",
                near.escape_ascii()
            );
        });
    }
}

/// Ranges are read, and refused where entries are compared (S-18): so they are none here.
fn comparable(mark: &str) -> bool {
    mark != "D-22"
}

#[test]
fn files_are_read_as_the_grammar_has_them() {
    let records = grammar("ldif").with(comparable);
    agree(&OfFiles::new(grammar("lines"), records, b"  \t"), false);
}

/// The end of a file (D-18, D-20) is looked at elsewhere; `samples` does.
#[test]
fn files_without_a_deviation_are_the_strict_grammar() {
    let lines = grammar("lines").with(|mark| mark == "D-18");
    agree(&OfFiles::new(lines, grammar("ldif").strict(), b" "), true);
}

/// What the scan found in a text: records joined, all else by its kind.
fn found(text: &[u8]) -> Vec<String> {
    let mut scanner = Scanner::new(text, 0..text.len());
    let mut found = Vec::new();
    while let Some(piece) = scanner.next_piece(None) {
        found.push(match piece {
            Ok(Piece::Record(framed)) => {
                unfold(&text[framed.start..framed.end]).escape_ascii().to_string()
            }
            Ok(Piece::Version(_)) => "version".to_owned(),
            Ok(Piece::Trailer(trailer)) => {
                format!("{trailer:?}").split("at:").next().unwrap_or_default().to_owned()
            }
            Ok(Piece::Deviation(deviation, _)) => format!("{deviation:?}"),
            Err(fault) => fault.kind.to_string(),
        });
    }
    found
}

/// Records are cut where they were put, whatever stands between; a further fold changes nothing.
#[test]
fn records_are_cut_where_they_stand() {
    let records = OfRecords::new(grammar("ldif"));
    let record = records.drawer("ldif-record");
    let gaps =
        ["\n", "\r\n", "\n# 2 entries\n", "\nref: x\n\n", "\nresult: 0\n\n", "\nversion: 1\n"];
    for_seeds("cut records", files(), |_, rng| {
        let (mut text, mut put) = (Vec::new(), Vec::new());
        for _ in 0..rng.between(1, 4) {
            let sentence = record.sentence(rng, &records);
            text.extend(spread(&sentence, b" ", rng));
            text.extend_from_slice(gaps[rng.below(gaps.len())].as_bytes());
            put.push(sentence[..sentence.len() - 1].escape_ascii().to_string());
        }
        let cut: Vec<_> = found(&text).into_iter().filter(|one| put.contains(one)).collect();
        assert_eq!(cut, put, "\"{}\"", text.escape_ascii());
        let folded = refolded(&text, rng);
        assert_eq!(found(&folded), found(&text), "\"{}\"", folded.escape_ascii());
    });
}

/// A text with one more fold, not at a line's start.
fn refolded(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    let inside = |at: &usize| *at > 0 && text[at - 1] != b'\n' && !text[..*at].ends_with(b"\n\r");
    let places: Vec<usize> = (0..text.len()).filter(inside).collect();
    let at = *rng.pick(&places).expect("a line");
    [&text[..at], b"\n ", &text[at..]].concat()
}

/// A record that the scan vouches for is one that the parser takes, but for its name, which is read
/// when it is looked for.
#[test]
fn the_scan_vouches_for_nothing_that_is_refused() {
    let records = OfRecords::new(grammar("ldif"));
    let vouched = std::cell::Cell::new(0);
    for_seeds("vouched", files() * 20, |_, rng| {
        let sentence = plain_record(&records, rng);
        let near = spoilt(&sentence, 9..sentence.len(), rng);
        for text in [&sentence, &near] {
            let mut scanner = Scanner::new(text, 0..text.len());
            while let Some(Ok(piece)) = scanner.next_piece(None) {
                let Piece::Record(framed) = piece else { continue };
                let Some(name) = framed.plain_dn else { continue };
                let logical = unfold(&text[framed.start..framed.end]);
                let taken = match Dn::parse(name) {
                    Ok(_) if std::str::from_utf8(name).is_ok() => {
                        read(&records, &logical).map(drop)
                    }
                    _ => parse(&logical).map(drop).map_err(|e| e.kind.to_string()),
                };
                assert!(taken.is_ok(), "{taken:?}: \"{}\"", text.escape_ascii());
                vouched.set(vouched.get() + 1);
            }
        }
    });
    assert!(vouched.get() as u64 > files() * 5, "the scan vouches for much: {}", vouched.get());
}

/// A record such as the scan may vouch for: plain descriptions, any values.
fn plain_record(records: &OfRecords, rng: &mut Rng) -> Vec<u8> {
    let mut lines = b"dn: cn=a\n".to_vec();
    for _ in 0..rng.between(1, 3) {
        lines.extend_from_slice([&b"cn"[..], b"sn", b"x-1"][rng.below(3)]);
        lines.extend(records.part("value-spec", rng));
        lines.push(b'\n');
    }
    spread(&lines, b" ", rng)
}
