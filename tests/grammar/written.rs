//! What is written is a sentence of the strict grammar, and says what was to be written.

use ldifsync::change::{Change, ModOp, Record};
use ldifsync::error::Fault;
use ldifsync::ldif::decode::Decoder;
use ldifsync::ldif::parse::parse;
use ldifsync::ldif::unfold::unfold;
use ldifsync::ldif::write::Writer;

use super::grammar;
use super::meaning::OfRecords;
use crate::util::{cases, for_seeds};

/// The record a text says.
fn record<'a>(records: &OfRecords, text: &'a [u8]) -> Result<Record<'a>, Fault> {
    let decoder = Decoder::new(text, &records.file_urls);
    decoder.record(&parse(text)?)
}

/// The record as the program writes it; `None` for what it never has to write, an `add:` of nothing.
fn written(record: &Record<'_>, wrap: usize) -> Option<Vec<u8>> {
    let writer = Writer { wrap };
    let mut text = Vec::new();
    match record {
        Record::Content(entry) => {
            writer.dn(&mut text, &entry.dn);
            writer.attributes(&mut text, &entry.attributes);
            text.push(b'\n');
        }
        Record::Change(change) => {
            if let Change::Modify(mods) = &change.change
                && mods.iter().any(|one| one.op == ModOp::Add && one.values.is_empty())
            {
                return None;
            }
            writer.change(&mut text, change);
        }
    }
    Some(text)
}

/// Names of attributes are written as they are: `_` (D-12) is the one deviation that cannot be
/// mended. A range (D-22) never comes to a writer, nor does a name of an entry without attributes.
#[test]
fn what_is_written_is_strict_and_means_the_same() {
    let left_out = |mark: &str| !matches!(mark, "D-12" | "D-17" | "D-22");
    let records = OfRecords::new(grammar("ldif").with(left_out));
    let strict = OfRecords::new(grammar("ldif").strict());
    let mut count = std::cell::Cell::new(0);
    for start in ["control", "attrval-spec", "change-delete", "change-moddn", "change-modify"] {
        let drawer = records.drawer(start);
        for_seeds(&format!("written, through {start}"), cases() * 20, |_, rng| {
            let sentence = drawer.sentence(rng, &records);
            let meant = record(&records, &sentence).expect("a sentence is read");
            let wrap = [0, 2, 20, 76][rng.below(4)];
            let Some(text) = written(&meant, wrap) else { return };
            let (before, last) = text.split_at(text.len() - 1);
            assert_eq!(last, b"\n", "a record ends with an empty line");
            let lines = unfold(before);
            let shown =
                || format!("\"{}\" as \"{}\"", sentence.escape_ascii(), text.escape_ascii());
            assert!(strict.is_record(&lines), "{}", shown());
            let again = record(&strict, &lines).unwrap_or_else(|e| panic!("{e:?}: {}", shown()));
            assert!(again == meant, "{}", shown());
            count.set(count.get() + 1);
        });
    }
    assert!(*count.get_mut() > 0, "something was written");
}
