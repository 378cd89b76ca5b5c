//! A directory and a database that disagree at random in every way, in both directions, through real
//! servers: what they hold in the end is what `outcome` says, a second diff is empty, and the way back leads
//! back.
//!
//! `random.toml` is the mapping. Where records were rejected or are ambiguous the exit status is 5, their
//! counterparts stay, and a second diff is held against the outcome of what there is by then: what was left
//! may have become possible.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::outcome::{
    Database as Rows, Directory, Entry, Group, Staff, Team, lower, to_database, to_directory,
};
use crate::ldif;
use crate::rng::Rng;
use crate::slapd::{Overlay, Server, available};
use crate::tables::database::{Database, Engine};
use crate::tree::Name;
use crate::util::{Dir, assert_same_text, cases, for_seeds, run};

const PEOPLE: &str = "ou=People,dc=example,dc=com";
const GROUPS: &str = "ou=Groups,dc=example,dc=com";
const MAPPING: &str = include_str!("random.toml");

/// What both sides may have of a person.
struct Person {
    uuid: String,
    login: String,
    given: String,
    surname: String,
    phones: Vec<String>,
}

fn person(n: usize, rng: &mut Rng) -> Person {
    let pick = |rng: &mut Rng, from: &[&str]| (*rng.pick(from).expect("some")).to_owned();
    Person {
        uuid: format!("{:08x}-0000-4000-8000-{n:012x}", rng.below(1 << 20) + 0xa000_0000),
        login: format!("p{n}"),
        given: pick(rng, &["Ann", "Bob", "Zoë", "D'Arcy", "x\\y", "José"]),
        surname: pick(rng, &["One", "O'Neil", "Müller", "Two; Three", "{{ x }}"]),
        phones: (0..rng.below(4)).map(|k| format!("+49 30 {n}{k}")).collect(),
    }
}

/// The same text, in another spelling of it, or another text.
fn other(text: &str, rng: &mut Rng) -> String {
    match rng.below(100) {
        0..75 => text.to_owned(),
        75..85 => text.to_uppercase(),
        _ => format!("{text}e"),
    }
}

fn directory(people: &[Person], rng: &mut Rng) -> Directory {
    let mut directory = Directory::default();
    for one in people {
        if rng.chance(20) {
            continue;
        }
        let (given, sn) = (other(&one.given, rng), other(&one.surname, rng));
        let cn = if rng.chance(80) { format!("{given} {sn}") } else { "someone".to_owned() };
        let kind = match rng.below(100) {
            0..8 => Some("robot".to_owned()),
            8..18 => Some("left".to_owned()),
            18..60 => Some("staff".to_owned()),
            _ => None,
        };
        let entry = Entry {
            uuid: one.uuid.clone(),
            uid: one.login.clone(),
            given: (!rng.chance(5)).then_some(given),
            sn,
            cn,
            phones: one.phones.clone(),
            manager: None,
            kind,
            description: rng.chance(30).then(|| "of the directory".to_owned()),
        };
        directory.people.insert(lower(&one.login), entry);
    }
    let mut names: Vec<String> = directory.people.keys().cloned().collect();
    names.extend(["ghost".to_owned(), format!("cn=svc,{GROUPS}")]);
    for entry in directory.people.values_mut() {
        entry.manager = rng.pick(&names).cloned().filter(|_| rng.chance(55));
    }
    for n in (0..4).filter(|_| rng.chance(75)).collect::<Vec<_>>() {
        let count = rng.between(1, 5);
        let members = rng.several(&names, count).into_iter().collect();
        let description = rng.chance(40).then(|| "of the directory".to_owned());
        directory.groups.insert(format!("g{n}"), Group { members, description });
    }
    directory
}

fn rows(people: &[Person], rng: &mut Rng) -> Rows {
    let mut rows = Rows::default();
    for (n, one) in people.iter().enumerate() {
        if rng.chance(20) {
            continue;
        }
        let guid = match rng.below(100) {
            0..65 => Some(one.uuid.clone()),
            65..72 => Some(one.uuid.to_uppercase()),
            72..94 => None,
            _ => Some(format!("bbbbbbbb-0000-4000-8000-{n:012x}")),
        };
        let login = match rng.below(100) {
            0..78 => Some(one.login.clone()),
            78..88 => Some(format!("r{n}")),
            88..96 => rng.pick(people).map(|other| other.login.clone()),
            96..98 => Some(String::new()),
            _ => None,
        };
        let phone = match rng.below(100) {
            0..60 => rng.pick(&one.phones).map(|phone| phone.replace(' ', "")),
            60..80 => Some("+1 5".to_owned()),
            80..90 => Some(String::new()),
            _ => None,
        };
        let (given, surname) = (other(&one.given, rng), other(&one.surname, rng));
        let row = Staff {
            guid,
            login,
            full_name: rng.chance(80).then(|| format!("{given} {surname}")),
            given: (!rng.chance(4)).then_some(given),
            surname: Some(if rng.chance(3) { String::new() } else { surname }),
            phone,
            manager: None,
            active: rng.chance(80),
            kind: rng.chance(6).then(|| "robot".to_owned()),
            note: rng.chance(50).then(|| "of the database".to_owned()),
        };
        rows.staff.insert((3 * n + 1).to_string(), row);
    }
    let keys: Vec<String> = rows.staff.keys().cloned().collect();
    for row in rows.staff.values_mut() {
        row.manager = rng.pick(&keys).cloned().filter(|_| rng.chance(55));
    }
    for n in (0..4).filter(|_| rng.chance(75)).collect::<Vec<_>>() {
        let count = rng.below(6);
        let members = rng.several(&keys, count).into_iter().collect();
        rows.teams.insert(format!("g{n}"), Team { members, note: None });
    }
    rows
}

/// A line of LDIF.
fn line(text: &mut String, name: &str, value: &str) {
    let _ = match ldif::is_safe(value.as_bytes()) {
        true => writeln!(text, "{name}: {value}"),
        false => writeln!(text, "{name}:: {}", ldif::to_base64(value.as_bytes())),
    };
}

/// The name that a reference spells, in one of its spellings.
fn dn(name: &str, rng: &mut Rng) -> String {
    match name.contains('=') {
        true => name.to_owned(),
        false if rng.chance(20) => {
            format!("UID={}, OU=people,dc=Example,dc=com", name.to_uppercase())
        }
        false => format!("uid={name},{PEOPLE}"),
    }
}

fn export(directory: &Directory, rng: &mut Rng) -> String {
    let mut text = String::from(
        "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
         dc: example\no: Example\n",
    );
    for (ou, name) in [("People", PEOPLE), ("Groups", GROUPS)] {
        let _ = write!(text, "\ndn: {name}\nobjectClass: organizationalUnit\nou: {ou}\n");
    }
    for entry in directory.people.values() {
        let _ = write!(text, "\ndn: uid={},{PEOPLE}\nobjectClass: inetOrgPerson\n", entry.uid);
        for (name, value) in [("uid", &entry.uid), ("sn", &entry.sn), ("cn", &entry.cn)] {
            line(&mut text, name, value);
        }
        line(&mut text, "entryUUID", &entry.uuid);
        let manager = entry.manager.as_ref().map(|name| dn(name, rng));
        for (name, value) in [
            ("givenName", &entry.given),
            ("manager", &manager),
            ("employeeType", &entry.kind),
            ("description", &entry.description),
        ] {
            value.iter().for_each(|value| line(&mut text, name, value));
        }
        entry.phones.iter().for_each(|phone| line(&mut text, "telephoneNumber", phone));
    }
    for (cn, group) in &directory.groups {
        let _ = write!(text, "\ndn: cn={cn},{GROUPS}\nobjectClass: groupOfNames\ncn: {cn}\n");
        group.members.iter().for_each(|name| line(&mut text, "member", &dn(name, rng)));
        group.description.iter().for_each(|value| line(&mut text, "description", value));
    }
    text
}

/// The persons and groups of an export; an `entryUUID` that is not one of these is new.
fn read(export: &[u8], known: &BTreeSet<String>) -> Directory {
    let mut directory = Directory::default();
    let reference = |value: &String| {
        let name = Name::parse(value.as_bytes()).expect("a name");
        let text = lower(&String::from_utf8(name.print()).expect("text"));
        let person = text.strip_suffix(&lower(&format!(",{PEOPLE}")));
        match person.and_then(|rdn| rdn.strip_prefix("uid=")) {
            Some(login) => login.to_owned(),
            None => format!("{},{GROUPS}", text.split(',').next().unwrap_or_default()),
        }
    };
    for entry in ldif::read_content(export).entries.values() {
        let (all, one) = (|name: &str| entry.texts(name), |name: &str| entry.text(name));
        let whole = |name: &str| one(name).unwrap_or_default();
        if all("objectClass").iter().any(|class| class == "inetOrgPerson") {
            let uuid = one("entryUUID").filter(|uuid| known.contains(uuid));
            let person = Entry {
                uuid: uuid.unwrap_or_else(|| "new".to_owned()),
                uid: whole("uid"),
                given: one("givenName"),
                sn: whole("sn"),
                cn: whole("cn"),
                phones: all("telephoneNumber"),
                manager: one("manager").as_ref().map(reference),
                kind: one("employeeType"),
                description: one("description"),
            };
            let rdn = entry.name.0[0][0].1.clone();
            assert_eq!(lower(&String::from_utf8(rdn).expect("text")), lower(&person.uid));
            directory.people.insert(lower(&person.uid), person);
        } else if !all("member").is_empty() {
            let members = all("member").iter().map(reference).collect();
            directory
                .groups
                .insert(whole("cn"), Group { members, description: one("description") });
        }
    }
    directory
}

/// Fills a database.
fn fill(database: &Database, rows: &Rows) {
    let (id, text, integer) = match database.engine {
        Engine::Sqlite => ("INTEGER PRIMARY KEY", "TEXT", "INTEGER"),
        Engine::Postgres => {
            ("integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "text", "integer")
        }
        Engine::Mariadb => ("integer AUTO_INCREMENT PRIMARY KEY", "varchar(100)", "integer"),
    };
    let mut script = format!(
        "DROP TABLE IF EXISTS member;\nDROP TABLE IF EXISTS team;\nDROP TABLE IF EXISTS staff;\n\
         CREATE TABLE staff (id {id}, guid {text} UNIQUE, login {text}, given {text}, surname {text}, \
         full_name {text}, phone {text}, manager_id {integer}, active {integer} NOT NULL DEFAULT 1, \
         kind {text}, note {text} DEFAULT 'none', FOREIGN KEY (manager_id) REFERENCES staff(id));\n\
         CREATE TABLE team (name {text} PRIMARY KEY, note {text} DEFAULT 'none');\n\
         CREATE TABLE member (team {text} NOT NULL, staff_id {integer} NOT NULL, \
         PRIMARY KEY (team, staff_id), FOREIGN KEY (team) REFERENCES team(name), \
         FOREIGN KEY (staff_id) REFERENCES staff(id));\n"
    );
    if database.engine == Engine::Postgres {
        script += "ALTER TABLE staff ALTER id RESTART WITH 1000;\n";
    }
    let quoted = |text: &Option<String>| match text {
        None => "NULL".to_owned(),
        Some(text) if database.engine == Engine::Mariadb => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
        }
        Some(text) => format!("'{}'", text.replace('\'', "''")),
    };
    for (id, row) in &rows.staff {
        let texts = [&row.guid, &row.login, &row.given, &row.surname, &row.full_name, &row.phone];
        let texts: Vec<String> = texts.into_iter().map(quoted).collect();
        let _ = writeln!(
            script,
            "INSERT INTO staff VALUES ({id}, {}, NULL, {}, {}, {});",
            texts.join(", "),
            u8::from(row.active),
            quoted(&row.kind),
            quoted(&row.note)
        );
    }
    for (id, row) in &rows.staff {
        if let Some(manager) = &row.manager {
            let _ = writeln!(script, "UPDATE staff SET manager_id = {manager} WHERE id = {id};");
        }
    }
    for (name, team) in &rows.teams {
        let _ = writeln!(script, "INSERT INTO team VALUES ('{name}', {});", quoted(&team.note));
        for id in &team.members {
            let _ = writeln!(script, "INSERT INTO member VALUES ('{name}', {id});");
        }
    }
    database.prepare(&script);
}

/// What a database holds; the key of a row that is none of these is "new" and its guid.
fn held(database: &Database, known: &BTreeSet<String>) -> Rows {
    let texts = |table: &str, columns: &[&str]| -> Vec<Vec<Option<String>>> {
        let text = |cell: Option<Vec<u8>>| cell.map(|text| String::from_utf8(text).expect("text"));
        let rows = database.rows(table, columns).into_iter();
        rows.map(|row| row.into_iter().map(text).collect()).collect()
    };
    let columns = [
        "id",
        "guid",
        "login",
        "given",
        "surname",
        "full_name",
        "phone",
        "manager_id",
        "active",
        "kind",
        "note",
    ];
    let people = texts("staff", &columns);
    let key = |row: &Vec<Option<String>>| {
        let id = row[0].clone().expect("a key");
        let name = match known.contains(&id) {
            true => id.clone(),
            false => format!("new {}", row[1].clone().unwrap_or_default()),
        };
        (id, name)
    };
    let keys: BTreeMap<String, String> = people.iter().map(key).collect();
    let mut rows = Rows::default();
    for row in people {
        let [id, guid, login, given, surname, full_name, phone, manager, active, kind, note] =
            <[Option<String>; 11]>::try_from(row).expect("all columns");
        let manager = manager.map(|id| keys[&id].clone());
        let active = active.as_deref() == Some("1");
        let row =
            Staff { guid, login, given, surname, full_name, phone, manager, active, kind, note };
        rows.staff.insert(keys[&id.expect("a key")].clone(), row);
    }
    for row in texts("team", &["name", "note"]) {
        let team = Team { note: row[1].clone(), ..Team::default() };
        rows.teams.insert(row[0].clone().expect("a name"), team);
    }
    for row in texts("member", &["team", "staff_id"]) {
        let team = rows.teams.get_mut(row[0].as_ref().expect("a team")).expect("its team");
        team.members.insert(keys[row[1].as_ref().expect("a key")].clone());
    }
    rows
}

fn same<T: std::fmt::Debug>(what: &str, expected: &T, found: &T) {
    assert_same_text(what, &format!("{expected:#?}"), &format!("{found:#?}"));
}

/// The status of a run: 5 where something was left open, else whether there are changes.
fn status(is_open: bool, changes: bool) -> i32 {
    if is_open { 5 } else { i32::from(changes) }
}

const DIFF: [&str; 4] = ["diff", "--mapping", "random.toml", "--max-delete=100%"];

fn diff(dir: &Dir, more: &[&str], expected: i32) {
    run(dir, DIFF.into_iter().chain(more.iter().copied())).expect(expected);
}

/// A directory without what tells an entry that came back from one that stayed.
fn nameless(mut directory: Directory) -> Directory {
    directory.people.values_mut().for_each(|one| one.uuid.clear());
    directory.people.values_mut().for_each(|one| one.phones.sort_unstable());
    directory
}

/// Whether nothing is left to do after a second run: who was found only by the login that another still had is
/// nobody's counterpart in the first, and comes in the second.
fn is_end<T: PartialEq>(again: &T, follow: impl Fn(&T) -> T) -> bool {
    follow(again) == *again
}

/// The database follows the directory, there and back.
fn database_follows(database: &Database, dir: &Dir, directory: &Directory, rows: &Rows) {
    let what = format!("{:?} follows", database.engine);
    let known: BTreeSet<String> = rows.staff.keys().cloned().collect();
    let (expected, is_open) = to_database(directory, rows);
    let args = ["old.sql", "dir.ldif", "-o", "change.sql", "--undo", "back.sql"];
    diff(dir, &args, status(is_open, expected != *rows));
    let text = |name: &str| String::from_utf8(dir.read(name)).expect("a script is text");
    let said = database.script(&text("change.sql"));
    assert!(said.ok, "{what}: {}", said.err);
    same(&what, &expected, &held(database, &known));
    let now: BTreeSet<String> =
        database.rows("staff", &["id"]).into_iter().map(|row| digits(&row[0])).collect();
    let now = held(database, &now);
    let (again, is_open_still) = to_database(directory, &now);
    assert!(is_open || is_end(&again, |rows| to_database(directory, rows).0), "{what}: no end");
    dir.write("old.sql", database.whole());
    let args = ["old.sql", "dir.ldif", "-o", "again.sql"];
    diff(dir, &args, status(is_open_still, again != now));
    if again == now {
        let said = database.script(&text("again.sql"));
        assert!(said.ok, "{what}: {}", said.err);
        same(&format!("{what} again"), &expected, &held(database, &known));
    }
    let said = database.script(&text("back.sql"));
    assert!(said.ok, "{what}, back: {}", said.err);
    same(&format!("{what}, back"), rows, &held(database, &known));
}

fn digits(cell: &Option<Vec<u8>>) -> String {
    String::from_utf8(cell.clone().expect("a key")).expect("digits")
}

/// The directory follows the database, there and back: a server, and the program without one.
fn directory_follows(server: Option<&Server>, dir: &Dir, directory: &Directory, rows: &Rows) {
    let known: BTreeSet<String> = directory.people.values().map(|one| one.uuid.clone()).collect();
    let (expected, is_open) = to_directory(directory, rows);
    let args = ["dir.ldif", "old.sql", "-o", "change.ldif", "--undo", "back.ldif"];
    diff(dir, &args, status(is_open, expected != *directory));
    let apply = |old: &str, change: &str, new: &str| {
        let parts = parts(dir, change);
        let parts = parts.iter().map(String::as_str);
        run(dir, ["apply", old].into_iter().chain(parts).chain(["-o", new])).expect(0);
        dir.read(new)
    };
    let serve = |server: &Server, change: &str| {
        for part in parts(dir, change) {
            server.apply(&dir.read(&part)).expect("the server takes the change");
        }
    };
    let sorted = |mut directory: Directory| {
        directory.people.values_mut().for_each(|one| one.phones.sort_unstable());
        directory
    };
    let (expected, old) = (sorted(expected), directory);
    let mut exports = vec![("offline", apply("dir.ldif", "change.ldif", "new.ldif"))];
    if let Some(server) = server {
        serve(server, "change.ldif");
        exports.push(("slapd", server.dump()));
    }
    for (what, export) in &exports {
        same(&format!("the directory follows, {what}"), &expected, &sorted(read(export, &known)));
        let now = read(export, &read_uuids(export));
        let (again, is_open_still) = to_directory(&now, rows);
        assert!(is_open || is_end(&again, |old| to_directory(old, rows).0), "{what}: no end");
        dir.write("now.ldif", export);
        let args = ["now.ldif", "old.sql", "-o", "again.ldif"];
        diff(dir, &args, status(is_open_still, again != now));
        if again == now {
            let after = read(&apply("now.ldif", "again.ldif", "then.ldif"), &known);
            same(&format!("{what}, again"), &expected, &sorted(after));
        }
    }
    let back = read(&apply("new.ldif", "back.ldif", "back-again.ldif"), &known);
    same("back, offline", &nameless(old.clone()), &nameless(back));
    if let Some(server) = server {
        serve(server, "back.ldif");
        let back = read(&server.dump(), &known);
        same("back, slapd", &nameless(old.clone()), &nameless(back));
    }
}

/// The files of a change, in their order: there are two where a name goes and comes back.
pub fn parts(dir: &Dir, change: &str) -> Vec<String> {
    let second = change.replace(".ldif", ".2.ldif");
    let all = [change.to_owned(), second].into_iter();
    all.filter(|name| dir.read_if_there(name).is_some()).collect()
}

fn read_uuids(export: &[u8]) -> BTreeSet<String> {
    let tree = ldif::read_content(export);
    let all = tree.entries.values().flat_map(|entry| entry.values("entryUUID"));
    all.map(|uuid| String::from_utf8(uuid.clone()).expect("text")).collect()
}

#[test]
fn whatever_disagrees_agrees_in_the_end() {
    let engines = [Engine::Sqlite, Engine::Postgres, Engine::Mariadb];
    let databases: Vec<Database> = engines.into_iter().filter_map(Database::start).collect();
    let has_server = available("mapping::random");
    for_seeds("mapping::random", cases() / 6, |_, rng| {
        let count = rng.between(4, 14);
        let people: Vec<Person> = (0..count).map(|n| person(n, rng)).collect();
        let (directory, rows) = (directory(&people, rng), rows(&people, rng));
        let text = export(&directory, rng);
        let server = has_server.then(|| Server::holding(Overlay::None, text.as_bytes()));
        for (n, database) in databases.iter().enumerate() {
            let dir = Dir::new();
            dir.write("random.toml", MAPPING.replace("DIALECT", database.engine.dialect()));
            dir.write("dir.ldif", &text);
            fill(database, &rows);
            dir.write("old.sql", database.whole());
            directory_follows(server.as_ref().filter(|_| n == 0), &dir, &directory, &rows);
            database_follows(database, &dir, &directory, &rows);
        }
    });
}
