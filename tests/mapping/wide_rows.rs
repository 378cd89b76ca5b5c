//! Tables follow a directory at random through what `random` has not: rows and values of others, people without
//! a number that go, numbers that are counted, a lookup, defaults, several values in one column and in rows.
//!
//! The mapping is `wide_rows.toml`; [`outcome`] is what it means by the words of the specification. Changes are
//! taken from `--format jsonl` and made here, so that no database is needed. A second run is held against it, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::outcome::{Found, Known, situations};
use crate::rng::Rng;
use crate::util::{Dir, assert_same_text, cases, for_seeds, run};

const MAPPING: &str = include_str!("wide_rows.toml");

/// The entry of a person.
#[derive(Clone, Debug)]
struct Person {
    uid: String,
    number: Option<String>,
    sn: Option<String>,
    title: Option<String>,
    description: Option<String>,
    ou: Option<String>,
    phones: BTreeSet<String>,
    mails: BTreeSet<String>,
    /// Whether it is in the base, and its kind.
    is_inside: bool,
    kind: Option<String>,
}

/// The columns of the table of persons, in their order, without the key.
const COLUMNS: [&str; 9] =
    ["number", "login", "name", "title", "note", "code", "phones", "active", "owner"];

/// The cells of a row by their columns; those that are NULL are not there.
type Row = BTreeMap<&'static str, String>;

/// Persons by their keys, and for a key and an address whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tables {
    staff: BTreeMap<u32, Row>,
    alias: BTreeMap<(u32, String), String>,
}

const CODES: [(&str, &str); 1] = [("A", "100")];

fn is_ours(row: &Row) -> bool {
    row.get("owner").is_some_and(|owner| owner == "hr")
}

fn is_active(row: &Row) -> bool {
    row.get("active").is_some_and(|active| active == "1")
}

fn parts(text: Option<&String>) -> BTreeSet<String> {
    let parts = text.map_or("", String::as_str).split(';').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Sets a cell, or clears it.
fn put(row: &mut Row, column: &'static str, value: Option<String>) {
    match value {
        Some(value) => drop(row.insert(column, value)),
        None => drop(row.remove(column)),
    }
}

/// What the tables are to hold, and whether something is left undecided.
fn outcome(old: &Tables, people: &[Person]) -> (Tables, bool) {
    let inside: Vec<&Person> = people.iter().filter(|one| one.is_inside).collect();
    let ids: Vec<u32> =
        old.staff.iter().filter(|(_, row)| is_ours(row)).map(|one| *one.0).collect();
    let sources: Vec<Known> = inside
        .iter()
        .map(|one| Known {
            is_meant: one.kind.as_deref() != Some("left"),
            keys: [one.number.clone(), Some(one.uid.clone())],
        })
        .collect();
    let targets: Vec<Known> = ids
        .iter()
        .map(|id| &old.staff[id])
        .map(|row| Known {
            is_meant: is_active(row),
            keys: [row.get("number").cloned(), row.get("login").cloned()],
        })
        .collect();
    let (found, alone) = situations(&sources, &targets);
    let mut is_open = found.contains(&Found::Ambiguous);
    let mut new = old.clone();
    let mut next = old.staff.keys().max().map_or(100, |id| id + 1).max(100);
    // Numbers are given in the order of the keys: numbers before words.
    let mut order: Vec<usize> = (0..inside.len()).collect();
    order.sort_by_key(|&s| {
        let key = inside[s].number.clone().unwrap_or_else(|| inside[s].uid.clone());
        let number = key.parse::<u64>().ok();
        (number.is_none(), number, key, s)
    });
    for s in order {
        let one = inside[s];
        let id = match found[s] {
            Found::Linked(t) => ids[t],
            Found::Absent => next,
            _ => continue,
        };
        let Some(sn) = &one.sn else {
            is_open = true;
            continue;
        };
        let is_new = found[s] == Found::Absent;
        next += u32::from(is_new);
        let row = new.staff.entry(id).or_default();
        let is_back = !is_new && !is_active(row);
        put(row, "number", one.number.clone());
        put(row, "login", Some(one.uid.clone()));
        put(row, "name", Some(sn.clone()));
        put(row, "title", one.title.clone());
        put(row, "note", Some(one.description.clone().unwrap_or("none".to_owned())));
        let code = CODES.iter().find(|(dept, _)| one.ou.as_deref() == Some(dept));
        put(row, "code", code.map(|(_, code)| (*code).to_owned()));
        if parts(row.get("phones")) != one.phones {
            let all: Vec<&str> = one.phones.iter().map(String::as_str).collect();
            put(row, "phones", (!all.is_empty()).then(|| all.join(";")));
        }
        if is_new || is_back {
            put(row, "active", Some("1".to_owned()));
            put(row, "owner", Some("hr".to_owned()));
        }
        new.alias
            .retain(|(of, mail), owner| *of != id || owner != "hr" || one.mails.contains(mail));
        for mail in &one.mails {
            new.alias.entry((id, mail.clone())).or_insert("hr".to_owned());
        }
    }
    let mut goes: Vec<usize> = Vec::new();
    let mut leaves: Vec<usize> = Vec::new();
    for one in &found {
        let goes_by_it = |t: &usize| targets[*t].is_meant;
        goes.extend(if let Found::Unqualified(t) = one {
            Some(*t).filter(goes_by_it)
        } else {
            None
        });
    }
    let is_elsewhere = |t: &usize| {
        let is_it = |one: &&Person| {
            let has =
                |list: usize, key: &Option<String>| key.is_some() && targets[*t].keys[list] == *key;
            has(0, &one.number) || has(1, &Some(one.uid.clone()))
        };
        people.iter().filter(|one| !one.is_inside).any(|one| is_it(&one))
    };
    for t in alone.into_iter().filter(|t| targets[*t].is_meant) {
        match targets[t].keys[0] {
            None => goes.push(t),
            Some(_) if is_elsewhere(&t) => goes.push(t),
            Some(_) => leaves.push(t),
        }
    }
    for t in goes {
        // Rows that another made keep theirs.
        if new.alias.iter().any(|((of, _), owner)| *of == ids[t] && owner != "hr") {
            is_open = true;
            continue;
        }
        new.staff.remove(&ids[t]);
        new.alias.retain(|(of, _), _| *of != ids[t]);
    }
    for t in leaves {
        let row = new.staff.get_mut(&ids[t]).expect("a row");
        put(row, "active", Some("0".to_owned()));
        put(row, "title", None);
    }
    (new, is_open)
}

fn some(rng: &mut Rng, percent: usize, text: &str) -> Option<String> {
    rng.chance(percent).then(|| text.to_owned())
}

fn people(count: usize, rng: &mut Rng) -> Vec<Person> {
    let mut people = Vec::new();
    for n in 0..count {
        if rng.chance(25) {
            continue;
        }
        let phones = (0..rng.below(3)).map(|k| format!("{n}{k}")).collect();
        let mails = (0..rng.below(3)).map(|k| format!("m{n}{k}@x")).collect();
        people.push(Person {
            uid: format!("u{n}"),
            number: rng.chance(75).then(|| (if rng.chance(90) { n } else { n + 50 }).to_string()),
            sn: some(rng, 94, "S"),
            title: some(rng, 50, "t"),
            description: some(rng, 50, "d"),
            ou: rng.pick(&[Some("A"), Some("B"), None]).expect("one").map(str::to_owned),
            phones,
            mails,
            is_inside: rng.chance(80),
            kind: some(rng, 20, "left"),
        });
    }
    people
}

fn tables(count: usize, rng: &mut Rng) -> Tables {
    let mut tables = Tables::default();
    for n in 0..count {
        if rng.chance(25) {
            continue;
        }
        let id = u32::try_from(3 * n + 90).expect("small");
        let login = match rng.below(10) {
            0..7 => format!("u{n}"),
            7 => format!("u{}", rng.below(count)),
            _ => format!("v{n}"),
        };
        let phones: Vec<String> = (0..rng.below(3)).map(|k| format!("{n}{k}")).collect();
        let owner = if rng.chance(85) { "hr" } else { "it" };
        let cells = [
            rng.chance(75).then(|| n.to_string()),
            Some(login),
            some(rng, 90, "S"),
            some(rng, 50, "t"),
            some(rng, 50, "d"),
            some(rng, 50, "100"),
            (!phones.is_empty()).then(|| phones.join("; ")),
            Some(u8::from(rng.chance(75)).to_string()),
            Some(owner.to_owned()),
        ];
        let mut row = Row::new();
        COLUMNS.into_iter().zip(cells).for_each(|(column, cell)| put(&mut row, column, cell));
        tables.staff.insert(id, row);
        for k in (0..4).filter(|_| rng.chance(30)).collect::<Vec<_>>() {
            let owner = if rng.chance(70) { "hr" } else { "it" };
            tables.alias.insert((id, format!("m{n}{k}@x")), owner.to_owned());
        }
    }
    tables
}

fn export(people: &[Person]) -> String {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned();
    for ou in ["People", "Former"] {
        let _ = write!(text, "\ndn: ou={ou},dc=x\nobjectClass: organizationalUnit\nou: {ou}\n");
    }
    for one in people {
        let ou = if one.is_inside { "People" } else { "Former" };
        let _ = write!(text, "\ndn: uid={},ou={ou},dc=x\nobjectClass: inetOrgPerson\n", one.uid);
        let uid = Some(one.uid.clone());
        for (name, value) in [
            ("uid", &uid),
            ("employeeNumber", &one.number),
            ("sn", &one.sn),
            ("title", &one.title),
            ("description", &one.description),
            ("ou", &one.ou),
            ("employeeType", &one.kind),
        ] {
            let _ = value.as_ref().map(|value| writeln!(text, "{name}: {value}"));
        }
        for (name, values) in [("telephoneNumber", &one.phones), ("mail", &one.mails)] {
            for value in values {
                let _ = writeln!(text, "{name}: {value}");
            }
        }
    }
    text
}

fn write_tables(dir: &Dir, tables: &Tables) {
    std::fs::create_dir_all(dir.file("t")).expect("a folder");
    let mut staff = format!("id,{}\n", COLUMNS.join(","));
    for (id, row) in &tables.staff {
        let cells = COLUMNS.map(|column| row.get(column).cloned().unwrap_or_default());
        let _ = writeln!(staff, "{id},{}", cells.join(","));
    }
    dir.write("t/staff.csv", staff);
    let codes = CODES.map(|(dept, code)| format!("{dept},{code}\n"));
    dir.write("t/dept.csv", format!("dept,code\n{}", codes.concat()));
    let alias = tables.alias.iter().map(|((id, mail), owner)| format!("{id},{mail},{owner}\n"));
    dir.write("t/alias.csv", format!("id,mail,owner\n{}", alias.collect::<String>()));
}

/// Makes a change; phones stand in their order.
fn change(tables: &mut Tables, line: &str) {
    let change: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let id: u32 = text(&change["key"]["id"]).and_then(|id| id.parse().ok()).expect("a key");
    let is_delete = change["op"] == "delete";
    if change["table"] == "alias" {
        let key = (id, text(&change["key"]["mail"]).expect("an address"));
        match is_delete {
            true => drop(tables.alias.remove(&key).expect("it was there")),
            false => drop(tables.alias.insert(key, text(&change["new"]["owner"]).expect("one"))),
        }
        return;
    }
    if is_delete {
        tables.staff.remove(&id).expect("it was there");
        return;
    }
    let row = tables.staff.entry(id).or_default();
    for (column, value) in change["new"].as_object().into_iter().flatten() {
        if let Some(known) = COLUMNS.into_iter().find(|known| known == column) {
            put(row, known, text(value));
        }
    }
}

/// Spells phones in one way.
fn spelled(mut tables: Tables) -> Tables {
    for row in tables.staff.values_mut() {
        let all: Vec<String> = parts(row.get("phones")).into_iter().collect();
        put(row, "phones", (!all.is_empty()).then(|| all.join(";")));
    }
    tables
}

/// Has the tables follow: what they hold then.
fn follow(dir: &Dir, old: &Tables, people: &[Person]) -> Tables {
    let (expected, is_open) = outcome(old, people);
    write_tables(dir, old);
    let usual = ["diff", "t", "d.ldif", "--mapping", "wide_rows.toml", "--max-delete", "100%"];
    let status = if is_open { 5 } else { i32::from(expected != *old) };
    let more = ["--allow-empty", "-q", "--format", "jsonl"];
    let outcome = run(dir, usual.into_iter().chain(more)).expect(status);
    let lines = String::from_utf8(outcome.stdout).expect("text");
    let mut found = old.clone();
    // What goes may have a key that comes.
    let (goes, comes): (Vec<&str>, Vec<&str>) =
        lines.lines().partition(|line| line.contains("\"op\":\"delete\""));
    goes.into_iter().chain(comes).for_each(|line| change(&mut found, line));
    let (expected, told) = (spelled(expected), spelled(found.clone()));
    assert_same_text("the tables", &format!("{expected:#?}"), &format!("{told:#?}"));
    found
}

#[test]
fn rows_are_what_their_entries_say() {
    for_seeds("mapping::wide_rows", cases(), |_, rng| {
        let dir = Dir::new();
        dir.write("wide_rows.toml", MAPPING);
        let count = rng.between(3, 12);
        let (people, old) = (people(count, rng), tables(count, rng));
        dir.write("d.ldif", export(&people));
        let now = follow(&dir, &old, &people);
        follow(&dir, &now, &people);
    });
}
