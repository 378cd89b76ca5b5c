//! Whatever the values are, what is written is what is read.

use ldifsync::dump::{Literals, Outfile, copy_row};
use ldifsync::table::{Cell, Said};
use ldifsync::text::LineEnd;

use super::spelled::{Held, draw, field, literal, nasty, outfile_field};
use super::{LITE, MS, MY, MY_ANSI, MY_PLAIN, ORA, PG, PG_OFF};
use crate::util::{cases, for_seeds};

fn held(cell: &Cell<'_>) -> Held {
    cell.as_ref().map(|value| (value.said, value.bytes.to_vec()))
}

/// The rows of a statement, one after the other, as whoever cuts a dump would go through them.
fn rows_of(way: Literals, statement: &[u8]) -> Vec<Vec<Held>> {
    let mut at = way.insert_head(statement).expect("a head").len;
    let mut rows = Vec::new();
    loop {
        let end = at + way.row_end(&statement[at..]).expect("a row");
        let row = way.row(&statement[at..end]).expect("values");
        rows.push(row.iter().map(held).collect());
        match statement[end..].iter().position(|byte| !b", \n\t".contains(byte)) {
            Some(gap) if statement[end + gap] == b'(' => at = end + gap,
            _ => return rows,
        }
    }
}

#[test]
fn rows_of_nasty_values_are_read_back() {
    for way in [PG, PG_OFF, MY, MY_PLAIN, MY_ANSI, LITE, MS, ORA] {
        for_seeds(&format!("{way:?}"), cases() * 20, |_, rng| {
            let mut statement = b"INSERT INTO t VALUES ".to_vec();
            let mut rows: Vec<Vec<Held>> = Vec::new();
            for n in 0..rng.between(1, 4) {
                let drawn: Vec<Held> = (0..rng.between(1, 5)).map(|_| draw(rng)).collect();
                let kept =
                    drawn.into_iter().filter_map(|cell| Some((literal(way, &cell, rng)?, cell)));
                let (mut written, mut row): (Vec<_>, Vec<_>) = kept.unzip();
                written.push(b"1".to_vec());
                row.push(Some((Said::Bare, b"1".to_vec())));
                let gap = [&b","[..], b", ", b" ,\n"][rng.below(3)];
                statement.extend(if n > 0 { &b",\n\t("[..] } else { b"(" });
                statement.extend(written.join(gap));
                statement.push(b')');
                rows.push(row);
            }
            statement.extend(b" ON CONFLICT DO NOTHING;\n");
            assert_eq!(rows_of(way, &statement), rows, "\"{}\"", statement.escape_ascii());
        });
    }
}

#[test]
fn rows_of_copy_are_read_back() {
    for (delimiter, null) in [(b'\t', &b"\\N"[..]), (b'|', b""), (b',', b"NULL")] {
        for_seeds(&format!("copy, {}", delimiter.escape_ascii()), cases() * 20, |_, rng| {
            let (mut line, mut row) = (Vec::new(), Vec::new());
            for n in 0..rng.between(1, 5) {
                let value = (!rng.chance(20)).then(|| nasty(rng));
                let written = match &value {
                    None => null.to_vec(),
                    Some(value) => field(value, delimiter, rng),
                };
                // What a dump writes as it writes NULL is NULL when it is read.
                let is_null = value.is_none() || written == null;
                line.extend((n > 0).then_some(delimiter));
                line.extend(written);
                row.push(value.filter(|_| !is_null).map(|value| (Said::Nothing, value)));
            }
            let cells = copy_row(delimiter, null, &line).expect("a row");
            let found: Vec<Held> = cells.iter().map(held).collect();
            assert_eq!(found, row, "\"{}\"", line.escape_ascii());
        });
    }
}

#[test]
fn rows_of_outfiles_are_read_back() {
    for (quote, end) in [
        (None, LineEnd::Lf),
        (None, LineEnd::CrLf),
        (Some(b'"'), LineEnd::Lf),
        (Some(b'"'), LineEnd::CrLf),
    ] {
        let file = Outfile { quote, end, ..Outfile::default() };
        for_seeds(&format!("{file:?}"), cases() * 20, |_, rng| {
            let (mut text, mut rows) = (Vec::new(), Vec::new());
            for _ in 0..rng.between(1, 4) {
                let row: Vec<Held> = (0..rng.between(1, 4))
                    .map(|_| (!rng.chance(20)).then(|| (Said::Nothing, nasty(rng))))
                    .collect();
                let field = |cell: &Held| match cell {
                    None => b"\\N".to_vec(),
                    Some((_, value)) => outfile_field(file, value, rng),
                };
                let fields: Vec<Vec<u8>> = row.iter().map(field).collect();
                text.extend(fields.join(&b'\t'));
                text.extend_from_slice(if end == LineEnd::Lf { b"\n" } else { b"\r\n" });
                rows.push(row);
            }
            let (mut found, mut rest) = (Vec::new(), &text[..]);
            while !rest.is_empty() {
                let (row, behind) = rest.split_at(file.row_end(rest).expect("a row"));
                let cells = file.row(end.cut_off(row)).expect("fields");
                found.push(cells.iter().map(held).collect::<Vec<_>>());
                rest = behind;
            }
            assert_eq!(found, rows, "\"{}\"", text.escape_ascii());
        });
    }
}
