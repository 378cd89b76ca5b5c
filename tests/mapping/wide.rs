//! A directory follows tables at random through what `random` has not: entries that have to be where their rows
//! say, leavers that are moved, people without a number that go, numbers that are counted, a lookup, defaults,
//! rows of others, groups by login, and groups that would be empty.
//!
//! The mapping is `wide.toml`; [`outcome`] is what it means by the words of the specification, and knows nothing
//! of LDIF, of tables and of how the program does it. A second run is held against it, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::outcome::{Found, Known, situations, unsure};
use super::random::parts;
use crate::ldif;
use crate::rng::Rng;
use crate::util::{Dir, assert_same_text, cases, for_seeds, run};

const MAPPING: &str = include_str!("wide.toml");
const NOBODY: &str = "cn=nobody,dc=x";

/// The entry of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Person {
    number: Option<String>,
    uid: String,
    sn: String,
    cn: String,
    ou: Option<String>,
    code: Option<String>,
    room: Option<u32>,
    title: Option<String>,
    description: Option<String>,
    kind: Option<String>,
}

/// Persons by their names, and the members of groups by theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Directory {
    people: BTreeMap<String, Person>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

/// The row of a person.
#[derive(Clone, Debug)]
struct Staff {
    id: u32,
    login: Option<String>,
    name: Option<String>,
    dept: &'static str,
    title: Option<String>,
    note: Option<String>,
    is_active: bool,
    is_ours: bool,
}

/// The table of a kind of group: its names, and the rows of members with whose they are.
type Teams = BTreeMap<String, Vec<(u32, bool)>>;

#[derive(Clone, Debug, Default)]
struct Tables {
    staff: Vec<Staff>,
    /// By the unit that the groups are in.
    teams: BTreeMap<&'static str, Teams>,
}

const KINDS: [(&str, &str); 3] = [("Unix", "unix"), ("Circles", "circle"), ("Crews", "crew")];

/// Departments; one has no code, and one is not looked up.
const CODES: [(&str, Option<&str>); 2] = [("A", Some("100")), ("B", None)];

fn place(uid: &str, dept: &str) -> String {
    format!("uid={uid},ou={dept},ou=people,dc=x").to_lowercase()
}

fn leavers(uid: &str) -> String {
    format!("uid={uid},ou=leavers,dc=x")
}

fn is_in_place(dn: &str) -> bool {
    dn.ends_with(",ou=people,dc=x")
}

/// What the directory is to hold, and whether something is left undecided.
fn outcome(old: &Directory, tables: &Tables) -> (Directory, bool) {
    let rows: Vec<&Staff> = tables.staff.iter().filter(|row| row.is_ours).collect();
    let names: Vec<&String> = old.people.keys().collect();
    let is_meant = |dn: &str| is_in_place(dn) && old.people[dn].kind.as_deref() != Some("left");
    let sources: Vec<Known> = rows
        .iter()
        .map(|row| Known {
            is_meant: row.is_active,
            keys: [Some(row.id.to_string()), row.login.clone()],
        })
        .collect();
    let targets: Vec<Known> = old
        .people
        .iter()
        .map(|(dn, one)| Known {
            is_meant: is_meant(dn),
            keys: [one.number.clone(), Some(one.uid.clone())],
        })
        .collect();
    let (found, alone) = situations(&sources, &targets);
    let is_followed = |s: &usize| matches!(found[*s], Found::Linked(_) | Found::Absent);
    let before = |s: usize| match found[s] {
        Found::Linked(t) => Some(names[t]),
        _ => None,
    };
    let unfit = |s: &usize| rows[*s].login.is_none() || rows[*s].name.is_none();
    let mut rejected: BTreeSet<usize> = (0..rows.len()).filter(is_followed).filter(unfit).collect();
    let is_lost = rejected.iter().any(|&s| found[s] == Found::Absent && rows[s].login.is_none());
    // Who goes, and who becomes inactive.
    let missed = alone.iter().copied().filter(|t| targets[*t].is_meant && !is_lost);
    let (goes, mut leaves): (BTreeSet<&String>, BTreeSet<&String>) = (
        missed.clone().filter(|t| targets[*t].keys[0].is_none()).map(|t| names[t]).collect(),
        missed.filter(|t| targets[*t].keys[0].is_some()).map(|t| names[t]).collect(),
    );
    leaves.extend(found.iter().filter_map(|one| match one {
        Found::Unqualified(t) if !is_lost && targets[*t].is_meant => Some(names[*t]),
        _ => None,
    }));
    let mut is_open = found.contains(&Found::Ambiguous);
    // Names: whoever takes one that somebody keeps, or that another takes, has to go without.
    let named = loop {
        let all = (0..rows.len()).filter(is_followed).filter(|s| !rejected.contains(s));
        let named: BTreeMap<usize, String> = all
            .map(|s| (s, place(rows[s].login.as_deref().unwrap_or_default(), rows[s].dept)))
            .collect();
        let moved = |dn: &&String| leavers(&old.people[*dn].uid);
        let mut wanted: Vec<(String, Option<usize>, Option<&String>)> = Vec::new();
        let mut free: BTreeSet<&String> = goes.clone();
        for (&s, name) in named.iter().filter(|(s, name)| before(**s) != Some(*name)) {
            free.extend(before(s));
            wanted.push((name.clone(), Some(s), None));
        }
        for dn in leaves.iter().filter(|dn| moved(dn) != ***dn) {
            free.insert(dn);
            wanted.push((moved(dn), None, Some(dn)));
        }
        let is_taken = |name: &String| old.people.contains_key(name) && !free.contains(name);
        let is_twice =
            |name: &String| wanted.iter().filter(|(other, ..)| other == name).count() > 1;
        let clashes: Vec<_> =
            wanted.iter().filter(|(name, ..)| is_taken(name) || is_twice(name)).collect();
        if clashes.is_empty() {
            break named;
        }
        for (_, source, leaver) in clashes {
            rejected.extend(source);
            if let Some(dn) = leaver {
                leaves.remove(*dn);
            }
            is_open = true;
        }
    };
    is_open |= !rejected.is_empty();
    let mut new = Directory::default();
    // Numbers are given in the order of the keys, to who is there and has none too.
    let mut next = old.people.values().filter_map(|one| one.room).max().map_or(100, |n| n + 1);
    next = next.max(100);
    let room = |s: &usize| before(*s).and_then(|dn| old.people[dn].room);
    let mut without: Vec<usize> = named.keys().copied().filter(|s| room(s).is_none()).collect();
    without.sort_by_key(|s| rows[*s].id);
    let rooms: BTreeMap<usize, u32> = without.into_iter().zip(next..).collect();
    let mut is_of_it: BTreeSet<&String> = names.iter().copied().filter(|dn| is_meant(dn)).collect();
    for (&s, name) in &named {
        let row = rows[s];
        let held = before(s).map(|dn| old.people[dn].clone());
        let is_back = before(s).is_some_and(|dn| !is_meant(dn));
        is_of_it.extend(before(s));
        let kind = match &held {
            Some(held) if !is_back => held.kind.clone(),
            _ => Some("staff".to_owned()),
        };
        let whole = |text: &Option<String>| text.clone().unwrap_or_default();
        let code = CODES.iter().find(|(dept, _)| *dept == row.dept).and_then(|(_, code)| *code);
        let person = Person {
            number: Some(row.id.to_string()),
            uid: whole(&row.login),
            sn: whole(&row.name),
            cn: whole(&row.name),
            ou: Some(row.dept.to_owned()),
            code: code.map(str::to_owned),
            room: held.and_then(|held| held.room).or_else(|| rooms.get(&s).copied()),
            title: row.title.clone(),
            description: row.note.clone().or(Some("none".to_owned())),
            kind,
        };
        new.people.insert(name.clone(), person);
    }
    let followed: BTreeSet<&String> = named.keys().filter_map(|s| before(*s)).collect();
    for (dn, person) in &old.people {
        if goes.contains(dn) || followed.contains(dn) {
            continue;
        }
        let mut person = person.clone();
        let mut name = dn.clone();
        if leaves.contains(dn) {
            (person.kind, person.title) = (Some("left".to_owned()), None);
            name = leavers(&person.uid);
        }
        new.people.insert(name, person);
    }
    // What a key leads to: the name, and the login.
    let led = |id: u32| {
        let s = rows.iter().position(|row| row.id == id && row.is_active)?;
        let new_name = named.get(&s).map(|name| (name.clone(), rows[s].login.clone()));
        let kept = || before(s).map(|dn| (dn.clone(), Some(old.people[dn].uid.clone())));
        new_name.or_else(kept)
    };
    let unsure: BTreeSet<&String> =
        unsure(&found, &alone, targets.len()).into_iter().map(|t| names[t]).collect();
    is_of_it.retain(|dn| !unsure.contains(dn));
    let mut logins: BTreeSet<&String> = is_of_it.iter().map(|dn| &old.people[*dn].uid).collect();
    for dn in unsure {
        logins.remove(&old.people[dn].uid);
    }
    for (unit, teams) in &tables.teams {
        for (team, rows) in teams {
            let name = format!("cn={team},ou={unit},dc=x").to_lowercase();
            let held = old.groups.get(&name).cloned().unwrap_or_default();
            let is_unix = *unit == "Unix";
            let is_ours = |one: &String| match is_unix {
                true => logins.contains(one),
                false => is_of_it.contains(one),
            };
            let mut members: BTreeSet<String> =
                held.iter().filter(|one| !is_ours(one)).cloned().collect();
            for (id, is_ours) in rows {
                let member =
                    led(*id).map(|(dn, uid)| if is_unix { uid.unwrap_or_default() } else { dn });
                // What rows of others say comes to nobody, and goes from nobody.
                members.extend(member.filter(|one| *is_ours || !is_unix || held.contains(one)));
            }
            match (*unit, members.is_empty()) {
                ("Crews", true) => continue,
                ("Circles", true) => drop(members.insert(NOBODY.to_owned())),
                _ => {}
            }
            new.groups.insert(name, members);
        }
    }
    (new, is_open)
}

fn directory(count: usize, rng: &mut Rng) -> Directory {
    let mut directory = Directory::default();
    for n in 0..count {
        if rng.chance(25) {
            continue;
        }
        let uid = format!("u{n}");
        let some =
            |rng: &mut Rng, percent, text: &str| rng.chance(percent).then(|| text.to_owned());
        let dept = *rng.pick(&["A", "B"]).expect("one");
        let dn = if rng.chance(20) { leavers(&uid) } else { place(&uid, dept) };
        let kind = match rng.below(10) {
            0..2 => Some("left"),
            2..6 => Some("staff"),
            _ => None,
        };
        let person = Person {
            number: rng.chance(75).then(|| (if rng.chance(90) { n } else { n + 50 }).to_string()),
            sn: "S".to_owned(),
            cn: "S".to_owned(),
            ou: some(rng, 70, dept),
            code: some(rng, 60, "100"),
            room: rng.chance(40).then(|| 95 + 3 * u32::try_from(n).expect("small")),
            title: some(rng, 50, "t"),
            description: some(rng, 60, "d"),
            kind: kind.map(str::to_owned),
            uid,
        };
        directory.people.insert(dn, person.clone());
        // The same login twice, in two places.
        if rng.chance(6) {
            let twin = Person { number: None, ..person };
            directory.people.entry(place(&twin.uid, "A")).or_insert(twin);
        }
    }
    let names: Vec<String> = directory.people.keys().cloned().collect();
    let logins: Vec<String> = directory.people.values().map(|one| one.uid.clone()).collect();
    for (unit, _) in KINDS {
        for n in (0..3).filter(|_| rng.chance(75)).collect::<Vec<_>>() {
            let (from, foreign) =
                if unit == "Unix" { (&logins, "root") } else { (&names, "cn=svc,dc=x") };
            let some = rng.between(1, 4);
            let mut members: BTreeSet<String> = rng.several(from, some).into_iter().collect();
            if rng.chance(30) || members.is_empty() {
                members.insert(foreign.to_owned());
            }
            directory.groups.insert(format!("cn=g{n},ou={unit},dc=x").to_lowercase(), members);
        }
    }
    directory
}

fn tables(count: usize, rng: &mut Rng) -> Tables {
    let mut tables = Tables::default();
    for n in 0..count {
        if rng.chance(20) {
            continue;
        }
        let login = match rng.below(100) {
            0..76 => Some(format!("u{n}")),
            76..86 => Some(format!("u{}", rng.below(count))),
            86..97 => Some(format!("v{n}")),
            _ => None,
        };
        tables.staff.push(Staff {
            id: u32::try_from(n).expect("small"),
            login,
            name: (!rng.chance(4)).then(|| "T".to_owned()),
            dept: rng.pick(&["A", "B"]).expect("one"),
            title: rng.chance(60).then(|| "t".to_owned()),
            note: rng.chance(50).then(|| "n".to_owned()),
            is_active: rng.chance(80),
            is_ours: rng.chance(88),
        });
    }
    for (unit, _) in KINDS {
        let mut teams = Teams::new();
        for n in (0..3).filter(|_| rng.chance(75)).collect::<Vec<_>>() {
            let some = rng.below(4);
            let all: Vec<u32> = (0..u32::try_from(count).expect("small")).collect();
            let members = rng.several(&all, some).into_iter();
            teams.insert(format!("g{n}"), members.map(|id| (id, rng.chance(80))).collect());
        }
        tables.teams.insert(unit, teams);
    }
    tables
}

fn export(directory: &Directory) -> String {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned();
    let units = ["People", "Leavers", "Unix", "Circles", "Crews"].map(|ou| format!("ou={ou},dc=x"));
    for name in units.into_iter().chain(["A", "B"].map(|ou| format!("ou={ou},ou=People,dc=x"))) {
        let ou = name[3..].split(',').next().unwrap_or_default();
        let _ = write!(text, "\ndn: {name}\nobjectClass: organizationalUnit\nou: {ou}\n");
    }
    for (dn, one) in &directory.people {
        let _ = write!(text, "\ndn: {dn}\nobjectClass: inetOrgPerson\nuid: {}\n", one.uid);
        let room = one.room.map(|room| room.to_string());
        for (name, value) in [
            ("sn", Some(&one.sn)),
            ("cn", Some(&one.cn)),
            ("employeeNumber", one.number.as_ref()),
            ("ou", one.ou.as_ref()),
            ("departmentNumber", one.code.as_ref()),
            ("roomNumber", room.as_ref()),
            ("title", one.title.as_ref()),
            ("description", one.description.as_ref()),
            ("employeeType", one.kind.as_ref()),
        ] {
            let _ = value.map(|value| writeln!(text, "{name}: {value}"));
        }
    }
    for (dn, members) in &directory.groups {
        let cn = dn[3..].split(',').next().unwrap_or_default();
        let (class, name) = match dn.contains("ou=unix") {
            true => ("posixGroup\ngidNumber: 7", "memberUid"),
            false => ("groupOfNames", "member"),
        };
        let _ = write!(text, "\ndn: {dn}\nobjectClass: {class}\ncn: {cn}\n");
        for one in members {
            let _ = writeln!(text, "{name}: {one}");
        }
    }
    text
}

fn read(export: &[u8]) -> Directory {
    let mut directory = Directory::default();
    for entry in ldif::read_content(export).entries.values() {
        let (all, one) = (|name: &str| entry.texts(name), |name: &str| entry.text(name));
        let dn = String::from_utf8(entry.name.print()).expect("text").to_lowercase();
        let classes = all("objectClass");
        let is_of = |class: &str| classes.iter().any(|one| one == class);
        if is_of("inetOrgPerson") {
            let person = Person {
                number: one("employeeNumber"),
                uid: one("uid").unwrap_or_default(),
                sn: one("sn").unwrap_or_default(),
                cn: one("cn").unwrap_or_default(),
                ou: one("ou"),
                code: one("departmentNumber"),
                room: one("roomNumber").map(|room| room.parse().expect("a number")),
                title: one("title"),
                description: one("description"),
                kind: one("employeeType"),
            };
            directory.people.insert(dn, person);
        } else if is_of("posixGroup") {
            directory.groups.insert(dn, all("memberUid").into_iter().collect());
        } else if is_of("groupOfNames") {
            let members = all("member").iter().map(|one| one.to_lowercase()).collect();
            directory.groups.insert(dn, members);
        }
    }
    directory
}

fn write_tables(dir: &Dir, tables: &Tables) {
    std::fs::create_dir_all(dir.file("t")).expect("a folder");
    let mut staff = "id,login,name,dept,title,note,active,owner\n".to_owned();
    for row in &tables.staff {
        let texts = [&row.login, &row.name, &None, &row.title, &row.note];
        let [login, name, _, title, note] = texts.map(|text| text.clone().unwrap_or_default());
        let (active, owner) = (u8::from(row.is_active), if row.is_ours { "hr" } else { "it" });
        let _ = writeln!(
            staff,
            "{},{login},{name},{},{title},{note},{active},{owner}",
            row.id, row.dept
        );
    }
    dir.write("t/staff.csv", staff);
    let codes = CODES.map(|(dept, code)| format!("{dept},{}\n", code.unwrap_or_default()));
    dir.write("t/dept.csv", format!("dept,code\n{}", codes.concat()));
    for (unit, table) in KINDS {
        let (mut names, mut members) = ("name\n".to_owned(), "name,id,owner\n".to_owned());
        for (name, rows) in &tables.teams[unit] {
            names += &format!("{name}\n");
            for (id, is_ours) in rows {
                members += &format!("{name},{id},{}\n", if *is_ours { "hr" } else { "it" });
            }
        }
        dir.write(&format!("t/{table}.csv"), names);
        dir.write(&format!("t/{table}_member.csv"), members);
    }
}

/// Has the directory follow: what it holds then.
fn follow(dir: &Dir, old: &Directory, tables: &Tables, change: &str) -> Directory {
    let (expected, is_open) = outcome(old, tables);
    dir.write("old.ldif", export(old));
    let usual = [
        "diff",
        "old.ldif",
        "t",
        "--mapping",
        "wide.toml",
        "--max-delete",
        "100%",
        "--allow-empty",
    ];
    let status = if is_open { 5 } else { i32::from(expected != *old) };
    run(dir, usual.into_iter().chain(["-q", "-o", change])).expect(status);
    let parts = parts(dir, change);
    let all = ["apply", "-q", "-o", "new.ldif", "old.ldif"].into_iter();
    run(dir, all.chain(parts.iter().map(String::as_str))).expect(0);
    let found = read(&dir.read("new.ldif"));
    assert_same_text("the directory", &format!("{expected:#?}"), &format!("{found:#?}"));
    found
}

#[test]
fn entries_are_where_and_what_their_rows_say() {
    for_seeds("mapping::wide", cases(), |_, rng| {
        let dir = Dir::new();
        dir.write("wide.toml", MAPPING);
        let count = rng.between(3, 12);
        let (old, tables) = (directory(count, rng), tables(count, rng));
        write_tables(&dir, &tables);
        let now = follow(&dir, &old, &tables, "change.ldif");
        follow(&dir, &now, &tables, "again.ldif");
    });
}

/// What is to be done to the directory where bad records are skipped: the texts of all records.
fn skipping(dir: &Dir) -> Vec<String> {
    let usual = ["diff", "bad.ldif", "t", "--mapping", "wide.toml", "--max-delete", "100%"];
    let more = ["--allow-empty", "--keep-going", "-q", "-o", "skipped.ldif"];
    run(dir, usual.into_iter().chain(more)).expect(5);
    let texts = parts(dir, "skipped.ldif").into_iter().map(|part| {
        let text = String::from_utf8(dir.read(&part)).expect("text");
        std::fs::remove_file(dir.file(&part)).expect("it was written");
        text.to_lowercase()
    });
    let texts = texts.collect::<Vec<_>>().concat();
    texts.split("\n\n").filter(|text| text.starts_with("dn: ")).map(str::to_owned).collect()
}

/// One bad record, on either side: whatever it would have said, nobody is lost.
#[test]
fn whatever_is_broken_nobody_is_lost() {
    for_seeds("mapping::wide broken", cases() / 2, |_, rng| {
        let dir = Dir::new();
        dir.write("wide.toml", MAPPING);
        let count = rng.between(3, 12);
        let (old, tables) = (directory(count, rng), tables(count, rng));
        write_tables(&dir, &tables);
        let whole = export(&old);
        dir.write("bad.ldif", &whole);
        let staff = String::from_utf8(dir.read("t/staff.csv")).expect("text");
        if let Some(row) = rng.pick(&staff.lines().skip(1).collect::<Vec<_>>()) {
            dir.write("t/staff.csv", staff.replace(row, &format!("{row},more")));
            for record in skipping(&dir) {
                let goes = record.starts_with("dn: uid=") && record.ends_with("changetype: delete");
                let leaves = record.contains("add: employeetype\nemployeetype: left");
                assert!(!goes && !leaves, "{row}: {record}");
            }
            dir.write("t/staff.csv", &staff);
        }
        let Some(dn) = rng.pick(&old.people.keys().collect::<Vec<_>>()).copied() else { return };
        let first = format!("dn: {dn}\n");
        dir.write("bad.ldif", whole.replace(&first, &format!("{first}photo:: !\n")));
        for record in skipping(&dir) {
            assert!(!record.starts_with(&first), "{record}");
        }
        dir.write("bad.ldif", whole.replace(&first, &format!("{first}employeeNumber:: !\n")));
        for record in skipping(&dir) {
            let comes = record.starts_with("dn: uid=") && record.contains("changetype: add");
            assert!(!comes && !record.starts_with(&first), "{record}");
        }
    });
}
