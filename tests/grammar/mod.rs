//! The law of what is read, held against the parsers: names and order, sentences, near misses,
//! folds, what is written, and every number in every place it belongs.
//!
//! Reads `grammar/*.abnf` and the source from their files. What is tested of a sentence stands in
//! [`sentences`], of whole files in [`lines`], of what is written in [`written`], of dumps in [`dumps`]
//! and [`dates`].

mod dates;
mod dumps;
mod lines;
mod meaning;
mod sentences;
mod written;

use std::collections::BTreeSet;
use std::path::Path;

use crate::abnf::Grammar;

/// A grammar, and the files that read it.
const TIES: &[(&str, &[&str])] = &[
    ("lines", &["src/ldif/unfold.rs", "src/ldif/scan.rs"]),
    ("ldif", &["src/ldif/parse.rs"]),
    ("dn", &["src/dn.rs"]),
    ("filter", &["src/filter/parse.rs"]),
    (
        "insert",
        &[
            "src/dump/insert/head.rs",
            "src/dump/insert/row.rs",
            "src/dump/insert/string.rs",
            "src/dump/insert/call.rs",
            "src/dump/insert/mssql.rs",
            "src/dump/insert/oracle.rs",
            "src/dump/insert/tail.rs",
        ],
    ),
    ("copy", &["src/dump/copy.rs"]),
    ("outfile", &["src/dump/outfile.rs"]),
];

/// A file of the project.
fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// One of the grammars, every deviation switched on.
fn grammar(name: &str) -> Grammar {
    Grammar::read(&text(&format!("grammar/{name}.abnf")))
}

/// `relativeDistinguishedName` and `dn-spec` as functions are called.
fn as_function(rule: &str) -> String {
    let mut name = String::new();
    let starts_lower = rule.starts_with(|c: char| c.is_ascii_lowercase());
    let camel = rule.chars().any(|c| c.is_ascii_lowercase());
    for (at, c) in rule.chars().enumerate() {
        if c.is_ascii_uppercase() && camel && at > 0 && (starts_lower || at > 1) {
            name.push('_');
        }
        name.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    name
}

/// The functions of a file whose comment begins with a rule: rule and function, in order.
fn cited(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rule = None;
    let mut in_comment = false;
    for line in source.lines().map(str::trim_start) {
        match line.strip_prefix("/// ") {
            Some(first) if !in_comment => {
                let word = first.strip_prefix('`').and_then(|rest| rest.split_once('`'));
                rule = word.map(|(word, _)| word.to_owned());
            }
            _ => {}
        }
        in_comment = line.starts_with("///");
        let is_function = ["", "pub ", "pub(super) ", "pub(in crate::dump) "]
            .iter()
            .find_map(|seen| line.strip_prefix(seen)?.strip_prefix("fn "));
        if let (Some(function), Some(rule)) = (is_function, rule.take_if(|_| !in_comment)) {
            let end = function.find(['(', '<']).unwrap_or(function.len());
            found.push((rule, function[..end].to_owned()));
        }
    }
    found
}

/// A source file, as far as its tests.
fn source(path: &str) -> String {
    let whole = text(path);
    let end = whole.find("#[cfg(test)]\nmod ").unwrap_or(whole.len());
    whole[..end].to_owned()
}

#[test]
fn every_rule_has_a_function_of_its_name_in_its_place() {
    for (name, files) in TIES {
        let grammar = grammar(name);
        let ruled: Vec<_> = grammar.names.iter().filter(|n| !grammar.parts.contains(*n)).collect();
        let cited: Vec<_> = files
            .iter()
            .flat_map(|file| cited(&source(file)))
            .filter(|(rule, _)| grammar.names.contains(rule))
            .collect();
        let rules: Vec<_> = cited.iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, ruled, "grammar/{name}.abnf and {files:?}: names and order");
        for (rule, function) in &cited {
            let expected = as_function(rule);
            let named = *function == expected || *function == format!("is_{expected}");
            assert!(named, "{files:?}: `{rule}` is read by {function}, not {expected}");
        }
    }
}

/// Every function that reads has its rule, but for those that only help to say one.
#[test]
fn no_function_reads_without_a_rule() {
    const HELPERS: [&str; 23] = [
        "or_expected",
        "keyword",
        "fail",
        "spaces",
        "word",
        "typed_text",
        "word_line",
        "attrval_specs",
        // Of dumps.
        "enclosed",
        "utf8",
        "numeric",
        "worded",
        "no_value",
        "no_tail",
        "escape",
        "plain_string",
        "opening",
        "closing",
        "comma",
        "type_of_bytes",
        "as_type",
        "joined",
        "bars",
    ];
    for (name, files) in &TIES[1..] {
        let names = grammar(name).names;
        for file in *files {
            let source = source(file);
            let cited = cited(&source);
            let ruled = |f: &str| cited.iter().any(|(rule, of)| of == f && names.contains(rule));
            for line in source.lines().filter(|line| line.starts_with("fn ")) {
                let reads = line.contains("-> Parsed<");
                let end = line.find(['(', '<']).unwrap_or(line.len());
                let function = &line["fn ".len()..end];
                let helps = HELPERS.contains(&function);
                assert!(!reads || helps || ruled(function), "{file}: {function} has no rule");
            }
        }
    }
}

/// The rows of a table that begin with a number of this series, cells apart.
fn rows(page: &str, series: &str) -> Vec<Vec<String>> {
    let begin = format!("| {series}-");
    let page = text(page);
    let rows = page.lines().filter(|line| line.starts_with(&begin));
    let rows = rows.filter(|line| line[begin.len()..].starts_with(|c: char| c.is_ascii_digit()));
    let cells = |row: &str| {
        let row = row.trim_start_matches("| ").trim_end_matches(" |");
        row.split(" | ").map(|cell| cell.replace("\\|", "|")).collect()
    };
    rows.map(cells).collect()
}

fn ids(rows: &[Vec<String>]) -> BTreeSet<String> {
    rows.iter().map(|row| row[0].clone()).collect()
}

fn numbered(series: &str, count: usize) -> BTreeSet<String> {
    (1..=count).map(|n| format!("{series}-{n}")).collect()
}

/// Whether a text names an id, and not only one that begins like it.
fn names(text: &str, id: &str) -> bool {
    let ends = |at: usize| !text[at + id.len()..].starts_with(|c: char| c.is_ascii_digit());
    let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    text.match_indices(id).any(|(at, _)| ends(at) && begins(at))
}

fn sources(folder: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all = String::new();
    for entry in std::fs::read_dir(root).expect("a source folder") {
        let path = entry.expect("a source file").path();
        let below = format!("{folder}/{}", path.file_name().expect("a name").to_string_lossy());
        match path.is_dir() {
            true => all.push_str(&sources(&below)),
            false => all.push_str(&text(&below)),
        }
    }
    all
}

#[test]
fn every_number_stands_in_table_grammar_and_code() {
    let code = sources("src");
    let abnf: String = TIES.iter().map(|(name, _)| text(&format!("grammar/{name}.abnf"))).collect();
    let marks = TIES.iter().flat_map(|(name, _)| grammar(name).marks());
    // The other marks name databases and how they are set.
    let marks: BTreeSet<_> = marks.filter(|mark| !dumps::is_mark(mark)).collect();
    let tables = [("D", "deviations", 23), ("N", "deviations", 7), ("F", "deviations", 5)];
    let mut all = BTreeSet::new();
    for (series, page, count) in tables {
        let ids = ids(&rows(&format!("grammar/{page}.md"), series));
        assert_eq!(ids, numbered(series, count), "grammar/{page}.md");
        all.extend(ids);
    }
    for id in &all {
        let alone = abnf.contains(&format!("{id}'s alone"));
        assert!(marks.contains(id) || alone, "{id} has no `=/` line in grammar/*.abnf");
        assert!(names(&code, id), "{id} is not named in src/");
    }
    assert!(marks.is_subset(&all), "a `=/` line has a number that no table has: {marks:?}");
    let said = ids(&rows("grammar/semantics.md", "S"));
    assert_eq!(said, numbered("S", said.len()), "grammar/semantics.md");
    for id in said {
        assert!(names(&abnf, &id), "{id} is not named in grammar/*.abnf");
        assert!(names(&code, &id), "{id} is not named in src/");
    }
}

/// The last cell of a rule's row names the kind of its message; `tests/errors.txt`, or `literals.txt` for
/// what stands in a row of a dump, has that message word for word.
#[test]
fn every_rule_of_meaning_has_a_message() {
    let messages = text("tests/errors.txt") + &text("tests/literals.txt");
    for row in rows("grammar/semantics.md", "S") {
        let kind = row.last().expect("a last cell").trim_matches('`');
        let begin = format!("== {kind}");
        let is_there = messages.lines().any(|line| {
            line.strip_prefix(&begin).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        assert!(is_there, "{}: no row `{kind}` says it", row[0]);
    }
}

/// Names and filters that are read beyond their standard: the example in the row is a sentence, and
/// none of the standard.
#[test]
fn every_leniency_of_names_and_filters_has_an_example() {
    use ldifsync::dn::Dn;
    use ldifsync::filter::Filter;
    for (series, name) in [("N", "dn"), ("F", "filter")] {
        let start = if series == "N" { "distinguishedName" } else { "filter-text" };
        let (all, strict) = (grammar(name), grammar(name).strict());
        for row in rows("grammar/deviations.md", series) {
            let example = row[4].trim_matches('`').replace("\\xE9", "\u{1}");
            let example: Vec<u8> =
                example.bytes().map(|byte| if byte == 1 { 0xe9 } else { byte }).collect();
            let without = grammar(name).with(|mark| mark != row[0]);
            let takes =
                |grammar: &Grammar| grammar.recognises(start, &example, &crate::abnf::Nothing);
            assert!(takes(&all), "{}: {}", row[0], example.escape_ascii());
            assert!(!takes(&strict) && !takes(&without), "{}: it is standard", row[0]);
            let read = match series {
                "N" => Dn::parse(&example).is_ok(),
                _ => Filter::parse(&example).is_ok(),
            };
            assert!(read, "{}: {} is not read", row[0], example.escape_ascii());
        }
    }
}
