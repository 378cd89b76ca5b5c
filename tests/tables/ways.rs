//! One table in many formats, read in parts of many sizes by any number of threads: one answer.

use ldifsync::dialect::Dialect;
use ldifsync::diff::Limit;
use ldifsync::diff::tables::{TableOptions, diff_tables};
use ldifsync::dump::{Outfile, Style};
use ldifsync::output::Target;
use ldifsync::source::SideForm;
use ldifsync::table::TableName;

use super::database::Row;
use super::draw::{COLUMNS, Drawn, csv};
use crate::rng::Rng;
use crate::util::{Dir, for_seeds};

/// A format, and a writer of it.
type Way = (SideForm, fn(&[Row]) -> Vec<u8>);

/// A value with a backslash before some bytes, and letters for some others.
fn escaped(value: &[u8], before: &[u8], letters: &[(u8, u8)]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in value {
        match letters.iter().find(|(raw, _)| *raw == byte) {
            Some((_, letter)) => text.extend([b'\\', *letter]),
            None if before.contains(&byte) => text.extend([b'\\', byte]),
            None => text.push(byte),
        }
    }
    text
}

fn lines(rows: &[Row], field: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut text = Vec::new();
    for row in rows {
        let fields: Vec<Vec<u8>> = row
            .iter()
            .map(|cell| cell.as_deref().map_or_else(|| b"\\N".to_vec(), &field))
            .collect();
        text.extend(fields.join(&b'\t'));
        text.push(b'\n');
    }
    text
}

fn copy_text(rows: &[Row]) -> Vec<u8> {
    const LETTERS: [(u8, u8); 3] = [(b'\n', b'n'), (b'\r', b'r'), (b'\t', b't')];
    lines(rows, |value| escaped(value, b"\\", &LETTERS))
}

fn outfile(rows: &[Row]) -> Vec<u8> {
    lines(rows, |value| escaped(value, b"\\\n\t", &[]))
}

/// The script of a dump; `join` is put between two rows.
fn inserts(rows: &[Row], head: &str, literal: fn(&[u8]) -> Vec<u8>, join: &str) -> Vec<u8> {
    let names = COLUMNS.map(|name| format!("\"{name}\"")).join(", ");
    let begin = format!("INSERT INTO \"t\" ({names}) VALUES ");
    let mut text = head.as_bytes().to_vec();
    for (n, row) in rows.iter().enumerate() {
        text.extend(if n == 0 { begin.as_bytes() } else { &[] });
        let fields: Vec<Vec<u8>> = row
            .iter()
            .map(|cell| cell.as_deref().map_or_else(|| b"NULL".to_vec(), literal))
            .collect();
        text.push(b'(');
        text.extend(fields.join(&b", "[..]));
        text.push(b')');
        let is_last = n + 1 == rows.len();
        let behind = if is_last { ";\n".to_owned() } else { join.replace("BEGIN", &begin) };
        text.extend(behind.bytes());
    }
    text
}

fn doubled(value: &[u8]) -> Vec<u8> {
    let double = |&byte: &u8| std::iter::repeat_n(byte, 1 + usize::from(byte == b'\''));
    let inside = value.iter().flat_map(double);
    std::iter::once(b'\'').chain(inside).chain([b'\'']).collect()
}

fn postgres(rows: &[Row]) -> Vec<u8> {
    inserts(rows, "SET standard_conforming_strings = on;\n", doubled, ";\n-- it's next\nBEGIN")
}

fn many_a_statement(rows: &[Row]) -> Vec<u8> {
    inserts(rows, "SET standard_conforming_strings = on;\n", doubled, ",\n\t")
}

fn mysql(rows: &[Row]) -> Vec<u8> {
    let literal = |value: &[u8]| {
        [b"'", &escaped(value, b"\\'\"", &[(0, b'0'), (b'\n', b'n')])[..], b"'"].concat()
    };
    inserts(rows, "/*!40101 SET SQL_MODE='ANSI' */;\n", literal, ",")
}

fn json(rows: &[Row]) -> Vec<u8> {
    let mut text = b"[".to_vec();
    for (n, row) in rows.iter().enumerate() {
        text.extend(if n == 0 { &b"\n{"[..] } else { b",\n{" });
        for (m, (name, cell)) in COLUMNS.iter().zip(row).enumerate() {
            let string = |value: &[u8]| {
                let value = std::str::from_utf8(value).expect("text");
                let escape = |c: char| match c {
                    '"' | '\\' => format!("\\{c}"),
                    c if u32::from(c) < 32 => format!("\\u{:04x}", u32::from(c)),
                    c => c.to_string(),
                };
                format!("\"{}\"", value.chars().map(escape).collect::<String>())
            };
            let value = cell.as_deref().map_or_else(|| "null".to_owned(), string);
            let comma = if m == 0 { "" } else { ", " };
            text.extend(format!("{comma}\"{name}\": {value}").bytes());
        }
        text.push(b'}');
    }
    text.extend(b"]\n");
    text
}

fn ways() -> Vec<Way> {
    let sql = || SideForm::Sql { said: None, usual: Some(Style::Postgres) };
    vec![
        (SideForm::default(), csv),
        (SideForm::Copy { delimiter: b'\t', null: b"\\N".to_vec() }, copy_text),
        (SideForm::Outfile(Outfile::default()), outfile),
        (sql(), postgres),
        (sql(), many_a_statement),
        (sql(), mysql),
        (SideForm::Json, json),
    ]
}

/// The script from one text to the other.
fn answer(
    dir: &Dir,
    sides: [(&SideForm, &[u8]); 2],
    (part, threads): (usize, usize),
) -> (String, Vec<u8>) {
    let table = TableName::parse("t").expect("a name");
    let mut options = TableOptions::new(dir.file("old"), dir.file("new"), table);
    for (name, (form, text)) in ["old", "new"].into_iter().zip(sides) {
        dir.write(name, text);
        let side = if name == "old" { &mut options.old } else { &mut options.new };
        side.files[0].1 = form.clone();
    }
    options.dialect = Some(Dialect::Postgres);
    options.key = vec!["id".to_owned()];
    // What has names of its own does not ask for them.
    options.hints.columns = Some(COLUMNS.iter().map(|name| (*name).to_owned()).collect());
    options.output = Target::File(dir.file("change.sql"));
    options.allow_empty = true;
    options.max_delete = Some(Limit::Percent(100.0));
    (options.part, options.threads) = (part, Some(threads));
    match diff_tables(&options, &|_| {}, &mut |_| Ok(None)) {
        Ok(report) => {
            let script = String::from_utf8(dir.read("change.sql")).expect("text");
            // The head counts the bytes of both files.
            let body = script.split_once("\n--").map_or("", |(_, body)| body);
            (format!("{:?}", report.counts()), body.as_bytes().to_vec())
        }
        Err(error) => (error.to_string(), Vec::new()),
    }
}

#[test]
fn every_format_leads_to_the_same_script() {
    for_seeds("formats", 40, |_, rng: &mut Rng| {
        let drawn = Drawn::new(rng);
        let header_free = |text: Vec<u8>| -> Vec<u8> {
            let end = text.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            text[end..].to_vec()
        };
        let written = |way: &Way, rows: &[Row]| match way.0 {
            SideForm::Delimited(_) => header_free((way.1)(rows)),
            _ => (way.1)(rows),
        };
        let ways = ways();
        let dir = Dir::new();
        let text = |way: &Way| (written(way, &drawn.old), written(way, &drawn.new));
        let (old, new) = text(&ways[0]);
        let wanted = answer(&dir, [(&ways[0].0, &old), (&ways[0].0, &new)], (1 << 20, 1));
        for way in &ways[1..] {
            // A script without a row names no table.
            let is_told = !drawn.old.is_empty() && !drawn.new.is_empty();
            if !is_told && matches!(way.0, SideForm::Sql { .. }) {
                continue;
            }
            let (mine, its) = text(way);
            for (part, threads) in [(1, 2), (50, 3), (1 << 20, 1)] {
                let same = answer(&dir, [(&way.0, &mine), (&way.0, &its)], (part, threads));
                assert_eq!(same, wanted, "{:?} {part}", way.0);
            }
            let mixed = answer(&dir, [(&ways[0].0, &old), (&way.0, &its)], (50, 2));
            assert_eq!(mixed, wanted, "{:?}", way.0);
        }
    });
}
