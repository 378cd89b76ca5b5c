//! Random tables, random edits of them, and their text as CSV, written here and not by the program.

use super::database::Row;
use crate::rng::Rng;

/// The columns: a key, one that is unique, two texts.
pub const COLUMNS: [&str; 4] = ["id", "mail", "Full Name", "note"];

/// Two states of a table.
pub struct Drawn {
    pub old: Vec<Row>,
    pub new: Vec<Row>,
}

/// Texts that have broken scripts.
const NASTY: &[&str] = &[
    "",
    " ",
    "  both sides ",
    "it's",
    "''",
    "\\",
    "\\'",
    "'; DROP TABLE staff; --",
    "\\'; SELECT 1; --",
    "$ldifsync$; SELECT 1;",
    "$$",
    "$(whoami)",
    "&amp",
    "&1",
    ":name :'name' :\"name\"",
    "%s %n",
    "a\nb",
    "a\r\nb",
    "\r",
    "\t",
    "\u{1}\u{1b}[31m\u{7f}",
    "\u{85}\u{2028}\u{202e}abc",
    "\\N",
    "NULL",
    "null",
    "\\.",
    "-- no comment",
    "/* */ #",
    "\"quoted\", and more",
    "a\"b",
    "😀 é É e\u{301}",
    "ann",
    "Ann",
    "ANN",
    "änn",
    "\\a;\n\\a;",
    "0x41",
    "1e3",
    "007",
    "1.0",
    "true",
    ".quit",
    "\\q",
    "\\! false",
    "delimiter ;;",
    "`x`",
    "E'\\x27'",
];

fn text(rng: &mut Rng) -> Vec<u8> {
    match rng.below(20) {
        0 => NASTY.join("\n").repeat(4).into_bytes(),
        1 => "x".repeat(5000).into_bytes(),
        2..6 => {
            let pieces: Vec<&str> = (0..3).filter_map(|_| rng.pick(NASTY).copied()).collect();
            pieces.concat().into_bytes()
        }
        _ => rng.pick(NASTY).copied().unwrap_or_default().into(),
    }
}

fn cell(rng: &mut Rng) -> Option<Vec<u8>> {
    (!rng.chance(15)).then(|| text(rng))
}

/// A value of the unique column: no two are one, whatever an index takes for one.
fn mail(rng: &mut Rng, number: usize) -> Option<Vec<u8>> {
    let tail = ["@x", "'@x", "\\@x", "\n@x"][rng.below(4)];
    (!rng.chance(10)).then(|| format!("{}{number}{tail}", ["m", "M", "é"][rng.below(3)]).into())
}

impl Drawn {
    /// Two states; what they share is unique where it must be.
    pub fn new(rng: &mut Rng) -> Drawn {
        let count = rng.below(30);
        let key = |rng: &mut Rng, n: usize| -> Option<Vec<u8>> {
            let tail = ["", "'", "\\", " x", "\n.", "é", "$$"][rng.below(7)];
            Some(format!("{n}{tail}").into_bytes())
        };
        let row = |rng: &mut Rng, n| vec![key(rng, n), mail(rng, n), cell(rng), cell(rng)];
        let old: Vec<Row> = (0..count).map(|n| row(rng, n)).collect();
        let mut new: Vec<Row> = old.iter().filter(|_| !rng.chance(15)).cloned().collect();
        for row in &mut new {
            for text in &mut row[2..] {
                if rng.chance(20) {
                    *text = cell(rng);
                }
            }
        }
        // Unique values change hands, also from rows that go to rows that come.
        for _ in 0..rng.below(5) {
            let (a, b) = (rng.below(new.len()), rng.below(new.len()));
            if a != b {
                let mine = new[a][1].take();
                new[a][1] = std::mem::replace(&mut new[b][1], mine);
            }
        }
        let comes = rng.below(6);
        for n in 0..comes {
            let mut fresh = row(rng, 100 + n);
            let free = old.iter().filter_map(|row| row[1].clone());
            let free: Vec<Vec<u8>> =
                free.filter(|mail| !new.iter().any(|row| row[1].as_ref() == Some(mail))).collect();
            if rng.chance(50) {
                fresh[1] = rng.pick(&free).cloned().or(fresh[1].take());
            }
            new.push(fresh);
        }
        rng.shuffle(&mut new);
        Drawn { old, new }
    }

    /// OLD with one row as the change does not expect it; `None` where it changes nothing.
    pub fn stale(&self, rng: &mut Rng) -> Option<Vec<Row>> {
        let of = |rows: &[Row], key: &Option<Vec<u8>>| rows.iter().find(|r| r[0] == *key).cloned();
        let mut stale = self.old.clone();
        let mut touched: Vec<usize> = (0..stale.len())
            .filter(|&n| of(&self.new, &stale[n][0]).is_none_or(|other| other != stale[n]))
            .collect();
        let fresh: Vec<Row> =
            self.new.iter().filter(|row| of(&self.old, &row[0]).is_none()).cloned().collect();
        rng.shuffle(&mut touched);
        let added = rng.pick(&fresh).filter(|_| rng.chance(30));
        match (touched.first(), added) {
            // The key of a row that comes is there already.
            (_, Some(row)) => {
                stale.push(vec![row[0].clone(), None, None, None]);
            }
            (Some(&n), None) if rng.chance(30) => drop(stale.remove(n)),
            (Some(&n), None) => {
                let other = of(&self.new, &stale[n][0]);
                let differs = |c: &usize| other.as_ref().is_none_or(|o| o[*c] != stale[n][*c]);
                let column = (1..4).find(differs)?;
                // The same to a collation, and not the same.
                stale[n][column] = match &stale[n][column] {
                    None => Some(b"now".to_vec()),
                    Some(value) if value.is_empty() => None,
                    Some(value) if value.eq_ignore_ascii_case(b"ann") && column > 1 => {
                        let upper = value.to_ascii_uppercase();
                        Some(if upper == *value { b"ann".to_vec() } else { upper })
                    }
                    Some(value) => Some([value, &b"?"[..]].concat()),
                };
            }
            (None, None) => return None,
        }
        Some(stale)
    }
}

/// Rows as CSV: NULL is nothing, the empty string is quoted.
pub fn csv(rows: &[Row]) -> Vec<u8> {
    let mut text = COLUMNS.join(",").into_bytes();
    text.push(b'\n');
    for row in rows {
        for (n, cell) in row.iter().enumerate() {
            if n > 0 {
                text.push(b',');
            }
            let Some(value) = cell else { continue };
            let plain = !value.is_empty() && !value.iter().any(|b| b"\",\r\n".contains(b));
            if plain {
                text.extend_from_slice(value);
                continue;
            }
            text.push(b'"');
            for &byte in value {
                text.extend(if byte == b'"' { &b"\"\""[..] } else { std::slice::from_ref(&byte) });
            }
            text.push(b'"');
        }
        text.push(b'\n');
    }
    text
}
