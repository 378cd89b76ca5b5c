//! The parts of a run by themselves: what each costs on a directory of 20,000 entries.
//!
//! ```text
//! cargo bench                  # all of them
//! cargo bench -- join/random   # one
//! ```
//!
//! Times are of this machine and this moment; between two versions of ours, counted instructions of whole
//! programs decide (`benches/README.md`).

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ldifsync::diff::{Options, diff};
use ldifsync::dn::Dn;
use ldifsync::ldif::parse::parse;
use ldifsync::ldif::scan::{Piece, Scanner};
use ldifsync::ldif::unfold::unfold;
use ldifsync::ldif::write::Writer;
use ldifsync::matching::dn_key;
use ldifsync::output::Target;
use ldifsync::schema::Schema;
use ldifsync::source::{ReadOptions, Source};

#[path = "generate/export.rs"]
mod export;
#[path = "generate/record.rs"]
mod record;
#[path = "generate/spelling.rs"]
mod spelling;

use export::{Order, Respell, export};
use record::{Directory, Version};

const ENTRIES: u64 = 20_000;

/// An export of the directory.
fn text(version: Version, order: Order, respell: Respell) -> Vec<u8> {
    let mut text = Vec::new();
    let directory = Directory::new(1, ENTRIES, 0.025);
    export(&mut text, &directory, version, order, respell).expect("a vector takes all");
    text
}

/// Hands on each record.
fn records<'t>(text: &'t [u8], mut each: impl FnMut(&'t [u8])) {
    let mut scanner = Scanner::new(text, 0..text.len());
    while let Some(piece) = scanner.next_piece(None) {
        if let Ok(Piece::Record(framed)) = piece {
            each(&text[framed.start..framed.end]);
        }
    }
}

/// What is done to every record, a step further each time.
fn reading(criterion: &mut Criterion) {
    let text = text(Version::Old, Order::Same, Respell::None);
    let schema = Schema::builtin();
    let source = Source::of_text("old", &text, schema, ReadOptions::default());
    let mut group = criterion.benchmark_group("reading");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(20);
    group.bench_function("scan", |b| {
        b.iter(|| {
            records(&text, |r| {
                black_box(r);
            });
        });
    });
    group.bench_function("unfold", |b| {
        b.iter(|| {
            records(&text, |r| {
                black_box(unfold(r));
            });
        });
    });
    group.bench_function("parse", |b| {
        b.iter(|| {
            records(&text, |r| {
                black_box(parse(&unfold(r)).is_ok());
            });
        });
    });
    group.bench_function("entry", |b| {
        b.iter(|| {
            let mut cutter = source.cut(0..text.len());
            while let Some(Ok(cut)) = cutter.next_record(None) {
                black_box(source.entry_in(cut.extent, &source.logical(cut.extent)).is_ok());
            }
        });
    });
    group.finish();
}

/// The key of every name, and every record written again.
fn names_and_writing(criterion: &mut Criterion) {
    let text = text(Version::Old, Order::Same, Respell::None);
    let schema = Schema::builtin();
    let source = Source::of_text("old", &text, schema, ReadOptions::default());
    let mut entries = Vec::new();
    let mut cutter = source.cut(0..text.len());
    while let Some(Ok(cut)) = cutter.next_record(None) {
        entries.push(source.entry(cut.extent).expect("what is generated is sound"));
    }
    let names: Vec<String> = entries.iter().map(|entry| entry.dn.to_string()).collect();
    let mut group = criterion.benchmark_group("of an entry");
    group.throughput(Throughput::Elements(entries.len() as u64)).sample_size(20);
    group.bench_function("DN key", |b| {
        b.iter(|| {
            for name in &names {
                let dn = Dn::parse(name.as_bytes()).expect("a name");
                black_box(dn_key(schema, &dn));
            }
        });
    });
    group.bench_function("write", |b| {
        let mut out = Vec::with_capacity(2 * text.len());
        b.iter(|| {
            out.clear();
            for entry in &entries {
                let writer = Writer::default();
                writer.dn(&mut out, &entry.dn);
                writer.attributes(&mut out, &entry.attributes);
            }
            black_box(out.len())
        });
    });
    group.finish();
}

/// Whole diffs, of which most is the join: NEW in the order of OLD, in another, of another server, in
/// other words.
fn join(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    let old = file("old.ldif", &text(Version::Old, Order::Same, Respell::None));
    let mut group = criterion.benchmark_group("join");
    group.throughput(Throughput::Elements(ENTRIES)).sample_size(10);
    for (name, order, respell) in [
        ("same", Order::Same, Respell::None),
        ("random", Order::Random, Respell::None),
        ("timestamps", Order::Same, Respell::Timestamps),
        ("respelled", Order::Same, Respell::All),
    ] {
        let new = file(name, &text(Version::New, order, respell));
        let mut options = Options::new(old.clone(), new);
        options.output = Target::File("/dev/null".into());
        group.bench_function(name, |b| {
            b.iter(|| diff(&options, &|_| {}).expect("a change").counts.total());
        });
    }
    group.finish();
}

criterion_group!(benches, reading, names_and_writing, join);
criterion_main!(benches);
