//! Databases are asked what literals and rows are, and say what is read here.

use ldifsync::dump::{Literals, Style, copy_row};
use ldifsync::table::Said;

use super::spelled::{field, hex, literal, nasty};
use super::{LINES, LITE, MEANINGS, MY, MY_ANSI, MY_PLAIN, PG, PG_OFF};
use crate::rng::Rng;
use crate::tables::database::{Database, Engine};
use crate::util::cases;

/// What a database has to be told before it reads literals in a way.
fn setting(way: Literals) -> &'static str {
    match way {
        _ if way == PG_OFF => {
            "SET escape_string_warning = off; SET standard_conforming_strings = off;\n"
        }
        _ if way == MY_PLAIN => "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\n",
        _ if way == MY_ANSI => "SET sql_mode = 'ANSI_QUOTES';\n",
        _ => "",
    }
}

/// What a database says that literals are, in hexadecimal digits.
fn said_by(database: &Database, way: Literals, literals: &[String]) -> Vec<String> {
    let digits = |literal: &String| match database.engine {
        Engine::Postgres => {
            format!("SELECT encode(convert_to(({literal})::text, 'UTF8'), 'hex');\n")
        }
        Engine::Mariadb | Engine::Sqlite => format!("SELECT lower(hex({literal}));\n"),
    };
    let script = literals.iter().map(digits).collect::<String>();
    let said = database.script(&[setting(way), &script].concat());
    assert!(said.ok && said.err.is_empty(), "{}\n{script}", said.err);
    said.out.lines().map(str::to_owned).collect()
}

/// Strings and bytes of the table above, and random ones, are what the database says that they are.
fn prove(engine: Engine, ways: &[Literals]) {
    let Some(database) = Database::start(engine) else { return };
    for way in ways {
        let rng = &mut Rng::new(1);
        let of_table = MEANINGS.iter().filter(|(ways, _, _)| ways.contains(way));
        let mut literals: Vec<String> =
            of_table.map(|(_, literal, _)| (*literal).to_owned()).collect();
        for _ in 0..cases() * 10 {
            let text = Some((Said::Text, nasty(rng)));
            let written = literal(*way, &text, rng).and_then(|text| String::from_utf8(text).ok());
            literals.extend(written);
        }
        literals.retain(|literal| is_asked(*way, literal));
        let said = said_by(&database, *way, &literals);
        assert_eq!(said.len(), literals.len(), "{way:?}");
        for (literal, said) in literals.iter().zip(said) {
            let text = format!("({literal})");
            let row = way.row(text.as_bytes()).expect("a row");
            let read = row[0].as_ref().map(|value| hex(&value.bytes)).unwrap_or_default();
            assert_eq!(String::from_utf8_lossy(&read), said, "{way:?} {literal}");
        }
    }
}

/// Whether a database can be asked about a literal, by its client: it is text or bytes, the client does
/// not change it on its way, and this release knows it.
fn is_asked(way: Literals, literal: &str) -> bool {
    let text = format!("({literal})");
    let row = way.row(text.as_bytes()).expect("a row");
    let Some(value) = &row[0] else { return false };
    let is_held = std::str::from_utf8(&value.bytes).is_ok() && !value.bytes.contains(&0);
    let is_text = match way.style {
        Style::Postgres => value.said == Said::Text && is_held && !literal.contains("::"),
        _ => value.said == Said::Bytes || (value.said == Said::Text && is_held),
    };
    is_text && !literal.contains(['\r', '\0']) && !literal.contains("unistr")
}

#[test]
fn postgres_reads_literals_as_we_do() {
    prove(Engine::Postgres, &[PG, PG_OFF]);
}

#[test]
fn mariadb_reads_literals_as_we_do() {
    prove(Engine::Mariadb, &[MY, MY_PLAIN, MY_ANSI]);
}

#[test]
fn sqlite_reads_literals_as_we_do() {
    prove(Engine::Sqlite, &[LITE]);
}

#[test]
fn postgres_reads_rows_of_copy_as_we_do() {
    let Some(database) = Database::start(Engine::Postgres) else { return };
    let rng = &mut Rng::new(1);
    let mut lines: Vec<String> = LINES
        .iter()
        .filter(|(delimiter, _, line, _)| {
            *delimiter == b'\t' && !line.replace("\\\t", "").contains('\t')
        })
        .map(|(_, _, line, _)| (*line).to_owned())
        .collect();
    for _ in 0..cases() * 10 {
        let value = nasty(rng);
        let is_held = std::str::from_utf8(&value).is_ok() && !value.contains(&0);
        let written = is_held.then(|| String::from_utf8(field(&value, b'\t', rng)).ok());
        lines.extend(written.flatten());
    }
    let copied = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let script = format!(
        "CREATE TABLE t (n serial, v text);\nCOPY t (v) FROM stdin;\n{copied}\\.\n\
         SELECT coalesce(encode(convert_to(v, 'UTF8'), 'hex'), '-') FROM t ORDER BY n;\n"
    );
    let said = database.script(&script);
    assert!(said.ok && said.err.is_empty(), "{}\n{script}", said.err);
    assert_eq!(said.out.lines().count(), lines.len());
    for (line, said) in lines.iter().zip(said.out.lines()) {
        let row = copy_row(b'\t', b"\\N", line.as_bytes()).expect("a row");
        let read = row[0].as_ref().map_or(b"-".to_vec(), |value| hex(&value.bytes));
        assert_eq!(String::from_utf8_lossy(&read), said, "{line}");
    }
}
