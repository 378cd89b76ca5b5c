//! Sentences of one record, one name, one filter: each is read to its last byte, and one that was
//! spoilt in one place is read by the parser exactly where the grammar still has it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ldifsync::dn::Dn;
use ldifsync::filter::Filter;
use ldifsync::ldif::decode::Decoder;
use ldifsync::ldif::deviation::{Deviation, of_record, of_words};
use ldifsync::ldif::parse::parse;
use ldifsync::ldif::unfold::unfold;

use super::grammar;
use super::lines::spread;
use super::meaning::{OfFilters, OfRecords};
use crate::abnf::{Grammar, Meaning, Nothing};
use crate::rng::Rng;
use crate::util::{cases, for_seeds};

/// How many sentences are drawn through each rule: 2,000 unless the cases are scaled.
pub fn sentences() -> u64 {
    cases() * 2_000 / 60
}

/// One sentence of so many is spoilt: to recognise costs ten times what it costs to read.
const NEAR: u64 = 4;

/// A sentence with a byte changed, inserted or dropped, a stretch or a line dropped, or a line
/// repeated elsewhere; every second time in the part that is looked at.
pub fn spoilt(sentence: &[u8], part: Range<usize>, rng: &mut Rng) -> Vec<u8> {
    let mut text = sentence.to_vec();
    let within = if rng.chance(50) { part } else { 0..text.len() };
    let at = rng.between(within.start, within.end);
    match rng.below(9) {
        0 | 1 if at < text.len() => text[at] = telling(sentence, rng),
        2 | 3 => text.insert(at, telling(sentence, rng)),
        4 | 5 if at < text.len() => drop(text.remove(at)),
        6 if at < text.len() => {
            let end = text.len().min(at + rng.between(2, 16));
            text.drain(at..end);
        }
        kind => {
            let mut lines: Vec<&[u8]> = sentence.split_inclusive(|b| *b == b'\n').collect();
            let one = rng.below(lines.len());
            match lines.get(one) {
                Some(&line) if kind == 8 => lines.insert(rng.below(lines.len() + 1), line),
                Some(_) => drop(lines.remove(one)),
                None => {}
            }
            text = lines.concat();
        }
    }
    text
}

/// A byte that some grammar cares for, one of the sentence's own, or any.
fn telling(sentence: &[u8], rng: &mut Rng) -> u8 {
    const TELLING: &[u8] = b"\n\n\r\t\t\x0c\0   :;,+=<>#\"\\-*()&|!~01.dnNA_/\x7f\xc3\xa9\xff";
    let from = match rng.below(4) {
        0 | 1 => TELLING,
        2 if !sentence.is_empty() => sentence,
        _ => return rng.bytes(1)[0],
    };
    *rng.pick(from).expect("a byte")
}

/// Draws through every rule of a grammar: the parser takes each sentence, and of spoilt ones those
/// that the grammar takes. A failure shows the text and its seed.
pub fn agree(
    (name, count): (&str, u64),
    (grammar, start, meaning): (&Arc<Grammar>, &str, &dyn Meaning),
    reads: &dyn Fn(&[u8]) -> Result<(), String>,
    is_sentence: &dyn Fn(&[u8]) -> bool,
) {
    for rule in grammar.reachable(start, meaning) {
        let drawer = grammar.drawer(start, &rule, meaning);
        for_seeds(&format!("{name}, through {rule}"), count, |seed, rng| {
            let (sentence, part) = drawer.marked(rng, meaning);
            if let Err(fault) = reads(&sentence) {
                let known = is_sentence(&sentence);
                let shown = sentence.escape_ascii();
                assert!(!known, "{name}, through {rule}, seed {seed}: {fault}\n\"{shown}\"");
            }
            if seed % NEAR != 0 {
                return;
            }
            let near = spoilt(&sentence, part, rng);
            let (verdict, law) = (reads(&near), is_sentence(&near));
            assert!(
                verdict.is_ok() == law,
                "{name}, through {rule}, seed {seed}: the grammar says {law}, the parser \
                 {verdict:?}\n\"{}\"",
                near.escape_ascii()
            );
        });
    }
}

/// Reads a record as the library does, and says what deviates in it.
pub fn read(records: &OfRecords, text: &[u8]) -> Result<Vec<Deviation>, String> {
    let raw = parse(text).map_err(|fault| fault.kind.to_string())?;
    let decoder = Decoder::new(text, &records.file_urls);
    decoder.record(&raw).map_err(|fault| fault.kind.to_string())?;
    let mut seen = Vec::new();
    of_record(&raw, &mut |deviation, _| seen.push(deviation));
    of_words(text, &raw, &mut |deviation, _| seen.push(deviation));
    Ok(seen)
}

/// A record as it comes to the parser: without its last line end.
fn unended(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\n").unwrap_or(text)
}

#[test]
fn records_are_read_as_the_grammar_has_them() {
    let records = OfRecords::new(grammar("ldif"));
    let reads = |text: &[u8]| read(&records, unended(text)).map(drop);
    let is_sentence = |text: &[u8]| records.is_record(unended(text));
    agree(("ldif", sentences()), (&records.grammar, "ldif-record", &records), &reads, &is_sentence);
}

/// Without its `=/` lines the grammar is what has no deviation: the numbers tell all there is.
#[test]
fn records_without_a_deviation_are_the_strict_grammar() {
    let records = OfRecords::new(grammar("ldif").strict());
    let reads = |text: &[u8]| match read(&records, unended(text)) {
        Ok(seen) if seen.is_empty() => Ok(()),
        Ok(seen) => Err(format!("{seen:?}")),
        Err(fault) => Err(fault),
    };
    let is_sentence = |text: &[u8]| records.is_record(unended(text));
    agree(
        ("strict ldif", sentences()),
        (&records.grammar, "ldif-record", &records),
        &reads,
        &is_sentence,
    );
}

/// The numbers that are noted in a record are those whose lines the grammar needs to have it.
#[test]
fn what_deviates_is_what_the_grammar_needs() {
    let records = OfRecords::new(grammar("ldif"));
    let mut needed: BTreeMap<Vec<Deviation>, OfRecords> = BTreeMap::new();
    needed.insert(Vec::new(), OfRecords::new(grammar("ldif").strict()));
    let needed = std::cell::RefCell::new(needed);
    for rule in records.grammar.reachable("ldif-record", &records) {
        let drawer = records.drawer(&rule);
        for_seeds(&format!("numbers, through {rule}"), sentences() / 16, |_, rng| {
            let sentence = drawer.sentence(rng, &records);
            let Ok(mut seen) = read(&records, unended(&sentence)) else { return };
            seen.sort_unstable();
            seen.dedup();
            let mut needed = needed.borrow_mut();
            let is_strict = needed[&Vec::new()].has(&sentence);
            let with = needed.entry(seen.clone()).or_insert_with(|| {
                let marks: Vec<_> = seen.iter().map(|d| format!("D-{}", d.number())).collect();
                OfRecords::new(grammar("ldif").with(|mark| marks.iter().any(|m| m == mark)))
            });
            let shown = sentence.escape_ascii();
            assert!(with.has(&sentence), "more than {seen:?}: \"{shown}\"");
            assert_eq!(is_strict, seen.is_empty(), "{seen:?}: \"{shown}\"");
        });
    }
}

#[test]
fn names_are_read_as_the_grammar_has_them() {
    let names = Arc::new(grammar("dn"));
    let reads = |text: &[u8]| {
        std::str::from_utf8(text).map_err(|e| e.to_string())?;
        Dn::parse(text).map(drop).map_err(|fault| fault.kind.to_string())
    };
    let is_sentence = |text: &[u8]| names.recognises("distinguishedName", text, &Nothing);
    agree(("dn", sentences()), (&names, "distinguishedName", &Nothing), &reads, &is_sentence);
}

#[test]
fn filters_are_read_as_the_grammar_has_them() {
    let filters = Arc::new(grammar("filter"));
    let reads = |text: &[u8]| Filter::parse(text).map(drop).map_err(|fault| fault.kind.to_string());
    let is_sentence = |text: &[u8]| filters.recognises("filter-text", text, &OfFilters);
    agree(("filter", sentences()), (&filters, "filter-text", &OfFilters), &reads, &is_sentence);
}

/// What is printed is a name of the standard, and the same name.
#[test]
fn what_is_printed_is_a_standard_name() {
    let names = Arc::new(grammar("dn"));
    let strict = grammar("dn").with(|mark| mark == "N-4" || mark == "N-5");
    let drawer = names.drawer("distinguishedName", "pair", &Nothing);
    for_seeds("printed names", sentences(), |_, rng| {
        let text = drawer.sentence(rng, &Nothing);
        let dn = Dn::parse(&text).unwrap_or_else(|e| panic!("{}: {e:?}", text.escape_ascii()));
        let printed = dn.to_string();
        let is_standard = strict.recognises("distinguishedName", printed.as_bytes(), &Nothing);
        assert!(is_standard, "\"{}\" is printed as {printed:?}", text.escape_ascii());
        assert_eq!(Dn::parse(printed.as_bytes()).expect("a name"), dn, "{printed:?}");
    });
}

/// A fold anywhere but at a line's start changes nothing, nor does a comment between lines.
#[test]
fn folds_change_nothing() {
    let records = OfRecords::new(grammar("ldif"));
    let drawer = records.drawer("ldif-record");
    for_seeds("folds", sentences(), |_, rng| {
        let sentence = drawer.sentence(rng, &records);
        let folded = spread(&sentence, b"  \t", rng);
        let found = unfold(&folded);
        let shown = folded.escape_ascii();
        assert!(*found == *unended(&sentence), "\"{shown}\" is \"{}\"", found.escape_ascii());
    });
}

/// D-22 is about ranges alone: any other `=` in an option is a fault, wherever it stands.
#[test]
fn a_range_is_an_option_and_nothing_else_with_an_equals_sign() {
    let records = OfRecords::new(grammar("ldif"));
    let of = |description: &str| {
        let text = format!("dn: cn=a\n{description}: b");
        read(&records, text.as_bytes()).ok()
    };
    for range in ["member;range=0-1499", "member;RANGE=1500-*", "m;range=0-1;x", "m;x;range=0-1"] {
        assert_eq!(of(range), Some(vec![Deviation::RangedAttribute]), "{range}");
    }
    assert_eq!(of("member;range"), Some(Vec::new()));
    for other in ["m;range=", "m;range=0", "m;range=0-", "m;range=*-1", "m;range=0-1x", "m;x=0-1"] {
        assert_eq!(of(other), None, "{other}");
    }
}
