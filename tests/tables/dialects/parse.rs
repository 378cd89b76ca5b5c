//! Every statement of a script is one to a parser that others wrote.

use sqlparser::dialect::{AnsiDialect, Dialect, MsSqlDialect, OracleDialect};
use sqlparser::parser::Parser;

use super::read::parts;
use super::{DIALECTS, all};

/// How a line that is not parsed begins, by the dialect, and why it is not.
const LEFT_OUT: &[(&str, &str, &str)] = &[
    ("", "--", "a comment"),
    ("mssql", ":on ", "sqlcmd's own"),
    ("mssql", "GO", "sqlcmd's own"),
    ("oracle", "WHENEVER ", "sqlplus' own"),
    ("oracle", "VARIABLE ", "sqlplus' own"),
    ("oracle", "EXIT ", "sqlplus' own"),
    ("oracle", "/", "sqlplus' own"),
    ("oracle", "SET ", "sqlplus' own, and SET CONSTRAINTS, which the parser does not know"),
    ("oracle", "ALTER SESSION ", "not known to the parser"),
    ("db2", "UPDATE COMMAND OPTIONS ", "the processor's own"),
];

/// How a statement that is not parsed begins: procedural code, which the parser does not know in this dialect.
const PROCEDURAL: &[(&str, &[&str])] = &[
    ("mssql", &["SET ROWCOUNT", "SET DATEFORMAT"]),
    ("oracle", &["IF SQL%ROWCOUNT", "IF NVL(", "IF LENGTH(", "ldifsync_done ", ":ldifsync :="]),
    ("oracle", &["BEGIN", "END", "DECLARE", "RAISE_", "ROLLBACK"]),
    ("db2", &["BEGIN", "END", "DECLARE", "IF ", "GET DIAGNOSTICS", "RESIGNAL", "ROLLBACK"]),
];

/// Where the parser lacks a word of Db2 it gets one that stands at the same place.
const DB2_WORDS: &[(&str, &str)] = &[(" FOR BIT DATA", ""), ("BX'", "X'"), ("UX'", "X'")];

fn grammar(dialect: &str) -> &'static dyn Dialect {
    match dialect {
        "mssql" => &MsSqlDialect {},
        "oracle" => &OracleDialect {},
        _ => &AnsiDialect {},
    }
}

/// The statements of a script, without what the parser cannot be asked about.
fn statements(dialect: &str, script: &str) -> Vec<String> {
    let is_asked = |line: &&str| {
        let mut left_out = LEFT_OUT.iter();
        !left_out.any(|(of, words, _)| (of.is_empty() || *of == dialect) && line.starts_with(words))
    };
    let text: Vec<&str> = script.lines().filter(is_asked).collect();
    let text = (text.join("\n") + "\n").replace("@\n", ";\n");
    let known = |statement: &String| {
        let mut procedural = PROCEDURAL.iter().filter(|(of, _)| *of == dialect);
        !statement.is_empty()
            && !procedural.any(|(_, all)| all.iter().any(|words| statement.starts_with(words)))
    };
    // SQL Server has no statements besides its procedural ones, and its parser knows them.
    let separator = if dialect == "mssql" { "\n" } else { ";" };
    let trimmed = parts(&text, separator, dialect == "mssql").into_iter();
    let trimmed = trimmed.map(|statement| statement.trim().to_owned());
    trimmed.map(|statement| behind_a_word(&statement)).filter(known).collect()
}

/// What stands behind words of a block without a semicolon between.
fn behind_a_word(statement: &str) -> String {
    let mut rest = statement;
    for word in ["BEGIN\n", "DECLARE\n", "END\n", "END IF\n"] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    rest.to_owned()
}

#[test]
fn every_statement_is_one_to_a_parser() {
    let mut faults = Vec::new();
    for dialect in DIALECTS {
        let mut verbs = [0; 3];
        for (name, script) in all(dialect) {
            for statement in statements(dialect, &script) {
                let mut text = statement.clone();
                if dialect == "db2" {
                    for (word, other) in DB2_WORDS {
                        text = text.replace(word, other);
                    }
                }
                let parsed = Parser::parse_sql(grammar(dialect), &text);
                faults.extend(parsed.err().map(|fault| format!("{name}: {fault}\n{statement}")));
                for (count, verb) in verbs.iter_mut().zip(["INSERT", "UPDATE", "DELETE"]) {
                    *count += usize::from(statement.starts_with(verb));
                }
            }
        }
        // None of them was left out by mistake.
        assert_eq!(verbs.map(|count| count > 2), [true; 3], "{dialect} {verbs:?}\n{faults:?}");
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
