//! Random values, and how each database writes them.

use ldifsync::dump::{Literals, Outfile, Style};
use ldifsync::table::Said;
use ldifsync::text::LineEnd;

use crate::rng::Rng;

/// A value as a database has it: what its dump says of it, and its bytes; `None` is NULL.
pub type Held = Option<(Said, Vec<u8>)>;

/// Pieces of values at which other tools fail.
const NASTY: &[&[u8]] = &[
    b"'",
    b"''",
    b"\"",
    b"\\",
    b"\\\\",
    b"\n",
    b"\r\n",
    b"\t",
    b"\0",
    b"\x1a",
    b"\x08",
    b"%",
    b"_",
    b"\\n",
    b"\\N",
    b"\\.",
    b"\\012",
    b"\\x41",
    b"\\u0041",
    b"NULL",
    b"),(",
    b";",
    b"--",
    b"/*",
    b"E'",
    b"$$",
    b"::",
    b"a",
    b"0",
    b"7",
    b" ",
    b"\xc3\xa9",
    b"\xf0\x9f\x98\x80",
    b"\xff",
    b"\x80",
];

pub fn nasty(rng: &mut Rng) -> Vec<u8> {
    let pieces = rng.below(7);
    (0..pieces).flat_map(|_| rng.pick(NASTY).expect("a piece").to_vec()).collect()
}

pub fn draw(rng: &mut Rng) -> Held {
    let numbers = ["0", "-1", "1.50", "-.5", "1e10", "true", "1037.0099999999999909"];
    match rng.below(8) {
        0 => None,
        1 => Some((Said::Bare, numbers[rng.below(numbers.len())].as_bytes().to_vec())),
        2 => Some((Said::Bytes, nasty(rng))),
        _ => Some((Said::Text, nasty(rng))),
    }
}

pub fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// A string in quotes, each byte by one of the ways to write it.
fn spelled(text: &[u8], quote: u8, mut byte: impl FnMut(u8) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut literal = vec![quote];
    for one in text {
        match byte(*one) {
            Some(escape) => literal.extend(escape),
            None if *one == quote => literal.extend([quote, quote]),
            None => literal.push(*one),
        }
    }
    literal.push(quote);
    literal
}

/// A byte behind a backslash as PostgreSQL reads it there.
fn postgres_escape(byte: u8, rng: &mut Rng) -> Option<Vec<u8>> {
    let named = |text: &str| Some(text.as_bytes().to_vec());
    let coded = [format!("\\{byte:03o}"), format!("\\x{byte:02X}")];
    match byte {
        _ if rng.chance(10) => named(&coded[rng.below(2)]),
        b'\\' => named("\\\\"),
        b'\n' if rng.chance(50) => named("\\n"),
        b'\r' if rng.chance(50) => named("\\r"),
        b'\'' if rng.chance(50) => named("\\'"),
        _ => None,
    }
}

/// The same for MySQL.
fn mysql_escape(byte: u8, rng: &mut Rng) -> Option<Vec<u8>> {
    let named = |text: &str| Some(text.as_bytes().to_vec());
    match byte {
        b'\\' => named("\\\\"),
        0 => named("\\0"),
        0x1a => named("\\Z"),
        b'\n' if rng.chance(70) => named("\\n"),
        b'\r' if rng.chance(70) => named("\\r"),
        b'\t' if rng.chance(30) => named("\\t"),
        8 if rng.chance(50) => named("\\b"),
        b'\'' | b'"' if rng.chance(50) => Some(vec![b'\\', byte]),
        _ => None,
    }
}

/// A byte behind a backslash, where that is an escape.
fn plain_escape(way: Literals, byte: u8, rng: &mut Rng) -> Option<Vec<u8>> {
    match way.style {
        Style::Postgres if way.backslashes => postgres_escape(byte, rng),
        Style::Mysql if way.backslashes => mysql_escape(byte, rng),
        _ => None,
    }
}

/// As `.dump` writes a text with line ends.
fn sqlite_text(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    let plain = |text: &[u8]| spelled(text, b'\'', |_| None);
    let as_str = std::str::from_utf8(text);
    match (rng.below(4), as_str) {
        (0, Ok(text)) => {
            let escape = |c: char| match c {
                '\\' => "\\\\".to_owned(),
                '\'' => "''".to_owned(),
                c if c.is_control() => format!("\\u{:04x}", c as u32),
                c if !c.is_ascii() => format!("\\+{:06X}", c as u32),
                c => c.to_string(),
            };
            format!("unistr('{}')", text.chars().map(escape).collect::<String>()).into_bytes()
        }
        (1, _) => [b"CAST(X'", &hex(text)[..], b"' AS TEXT)"].concat(),
        (2, Ok(text)) => {
            let mut text = text.to_owned();
            let mut calls = String::new();
            for c in ['\n', '\r'] {
                let mut marker = format!("\\{:03o}", c as u32);
                while text.contains(&marker) {
                    marker = format!("({marker})");
                }
                text = text.replace(c, &marker);
                calls.insert_str(0, &format!(",'{marker}',char({}))", c as u32));
            }
            let text = String::from_utf8(plain(text.as_bytes())).expect("it was text");
            format!("replace(replace({text}{calls}").into_bytes()
        }
        _ => plain(text),
    }
}

/// As scripts of SQL Server do, which cannot write every text.
fn mssql(said: Said, bytes: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|there| there == part);
    if said == Said::Bytes {
        return Some([b"0x", &hex(bytes)[..]].concat());
    }
    if has(b"\\\n") || has(b"\\\r\n") {
        return None;
    }
    let string = [b"N", &spelled(bytes, b'\'', |_| None)[..]].concat();
    Some(match rng.below(3) {
        0 => [b"CAST(", &string[..], b" AS NVarChar(max))"].concat(),
        n => string[n - 1..].to_vec(),
    })
}

/// As exports of Oracle do: whole, or in pieces. The empty text is NULL there.
fn oracle(said: Said, bytes: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let hexadecimal = [b"HEXTORAW('", &hex(bytes)[..], b"')"].concat();
    match (said, bytes) {
        (Said::Bytes, []) => return Some(b"EMPTY_BLOB()".to_vec()),
        (Said::Bytes, _) => return Some(hexadecimal),
        (_, []) => return None,
        _ if rng.chance(50) => return Some(spelled(bytes, b'\'', |_| None)),
        _ => {}
    }
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for piece in bytes.chunks(rng.between(1, 3)) {
        let string = spelled(piece, b'\'', |_| None);
        pieces.push(match piece {
            [byte] if byte.is_ascii() && rng.chance(50) => format!("chr({byte})").into_bytes(),
            _ if rng.chance(20) => [b"to_clob(", &string[..], b")"].concat(),
            _ => string,
        });
    }
    Some(pieces.join(&b" || "[..]))
}

/// A value as its database writes it in one of its ways, if it can.
pub fn literal(way: Literals, held: &Held, rng: &mut Rng) -> Option<Vec<u8>> {
    let Some((said, bytes)) = held else { return Some(b"NULL".to_vec()) };
    match way.style {
        Style::Mssql | Style::Oracle if *said == Said::Bare => {
            return (bytes != b"true").then(|| bytes.clone());
        }
        Style::Mssql => return mssql(*said, bytes, rng),
        Style::Oracle => return oracle(*said, bytes, rng),
        _ => {}
    }
    let quoted = |rng: &mut Rng| spelled(bytes, b'\'', |byte| plain_escape(way, byte, rng));
    Some(match (said, way.style) {
        (Said::Bare, _) => bytes.clone(),
        (Said::Bytes, Style::Postgres) | (Said::Nothing, _) => return None,
        (Said::Bytes, _) if way.style == Style::Sqlite || rng.chance(30) => {
            [b"X'", &hex(bytes)[..], b"'"].concat()
        }
        (Said::Bytes, _) if rng.chance(50) && !bytes.is_empty() => {
            [b"0x", &hex(bytes)[..]].concat()
        }
        (Said::Bytes, _) => [b"_binary ", &quoted(rng)[..]].concat(),
        (Said::Text, Style::Sqlite) => sqlite_text(bytes, rng),
        (Said::Text, Style::Postgres) if rng.chance(40) => {
            let string = spelled(bytes, b'\'', |byte| postgres_escape(byte, rng));
            [b"E", &string[..], [&b""[..], b"::text"][rng.below(2)]].concat()
        }
        (Said::Text, Style::Mysql) if !way.ansi && rng.chance(30) => {
            spelled(bytes, b'"', |byte| plain_escape(way, byte, rng))
        }
        (Said::Text, Style::Mysql) if rng.chance(20) => [b"_utf8mb4 ", &quoted(rng)[..]].concat(),
        (Said::Text, _) => quoted(rng),
        (Said::Made | Said::Asked, _) => return None,
    })
}

/// A field of COPY, each byte by one of the ways to write it.
pub fn field(text: &[u8], delimiter: u8, rng: &mut Rng) -> Vec<u8> {
    let byte = |byte: &u8| match (*byte, rng.below(10)) {
        (byte, 0) => format!("\\{byte:03o}").into_bytes(),
        (byte, 1) => format!("\\x{byte:02x}").into_bytes(),
        (b'\n', _) => b"\\n".to_vec(),
        (b'\r', _) => b"\\r".to_vec(),
        (b'\\', _) => b"\\\\".to_vec(),
        (8, 2..6) => b"\\b".to_vec(),
        (b'\t', 2..6) => b"\\t".to_vec(),
        (byte, _) if byte == delimiter => vec![b'\\', byte],
        (byte, _) => vec![byte],
    };
    text.iter().flat_map(byte).collect()
}

/// A field as MySQL writes it: what it looks at is escaped, a line end as a backslash and a real one.
pub fn outfile_field(file: Outfile, value: &[u8], rng: &mut Rng) -> Vec<u8> {
    let quote = file.quote.filter(|_| rng.chance(80) || value.contains(&b'"'));
    let line = if file.end == LineEnd::Lf { b'\n' } else { b'\r' };
    let escaped = |byte: &u8| match *byte {
        0 => b"\\0".to_vec(),
        byte if byte == b'\\' || byte == line || Some(byte) == file.quote => vec![b'\\', byte],
        byte if byte == file.delimiter && quote.is_none() => vec![b'\\', byte],
        byte => vec![byte],
    };
    let mut field: Vec<u8> = value.iter().flat_map(escaped).collect();
    if let Some(quote) = quote {
        field.insert(0, quote);
        field.push(quote);
    }
    field
}
