//! `--keep-going` through a mapping: in a small world each record is broken in turn, in every way and on either
//! side. Nothing is then done that would not be done to the whole world, and what the broken record stands for
//! neither goes nor becomes inactive.
//!
//! That is all that is held against: what else is left undone is left to the program.

use std::collections::BTreeSet;

use crate::util::{Dir, Outcome, run};

const MAPPING: &str = r#"ldifsync = 1
[mapping.p]
entries = { base = ["ou=p,dc=x"], filter = "(objectClass=person)", exclude = "(|(title=out)(description=gone))" }
rows = { table = "p", key = ["id"], exclude = "(|(s=out)(t=gone))" }
match = [["id"], ["m"]]
min_overlap = 0
dn = "uid={{ id }},ou=p,dc=x"
object_class = ["person", "uidObject"]
flow = [
{ attribute = "uid", column = "id" },
{ attribute = "mail", column = "m" },
{ attribute = "sn", column = "s", required = true },
{ attribute = "manager", column = "boss", reference = "p" },
]
policy.to_database = { SOURCE_MISSING = "ACTION", UNQUALIFIED = "ACTION" }
policy.to_directory = { SOURCE_MISSING = "ACTION", UNQUALIFIED = "ACTION" }
inactivate.to_database = { set = { t = "gone" } }
inactivate.to_directory = { set = { description = "gone" } }
[mapping.g]
entries = { base = ["ou=g,dc=x"], filter = "(objectClass=groupOfNames)" }
rows = { table = "g", key = ["name"] }
match = [["name"]]
min_overlap = 0
dn = "cn={{ name }},ou=g,dc=x"
object_class = ["groupOfNames"]
flow = [
{ attribute = "cn", column = "name" },
{ attribute = "member", table = "m", foreign_key = ["name"], column = "id", reference = "p" },
]
policy.to_database = { SOURCE_MISSING = "delete" }
policy.to_directory = { SOURCE_MISSING = "delete" }
"#;

/// Persons: whose record it is, and their attributes behind the class.
const ENTRIES: [(&str, &str); 6] = [
    ("a", "uid: a\nmail: ma\nsn: One\n"),
    ("b", "uid: b\nmail: mb\nsn: One\nmanager: uid=a,ou=p,dc=x\n"),
    ("c", "uid: c\nmail: mc\nsn: One\ntitle: out\n"),
    ("d", "uid: d\nmail: md\nsn: One\nmanager: uid=c,ou=p,dc=x\n"),
    ("e", "uid: e\nmail: me\nsn: One\n"),
    ("f", "uid: f\nmail: mi\nsn: One\nmanager: uid=e,ou=p,dc=x\n"),
];

/// The same persons in their table: `b` by its second key, `e` left out by its own filter, `f` with the mail of
/// nobody, and two that no entry is of.
const ROWS: [(&str, &str); 7] = [
    ("a", "a,ma,Two,,\n"),
    ("b", "b2,mb,Two,a,\n"),
    ("c", "c,mc,Two,,\n"),
    ("e", "e,me,out,,\n"),
    ("f", "f,mf,Two,h,\n"),
    ("h", "h,mh,Two,a,\n"),
    ("i", "i,mi,Two,c,\n"),
];

const GROUPS: [(&str, &str); 2] = [
    ("red", "cn: red\nmember: uid=a,ou=p,dc=x\nmember: uid=b,ou=p,dc=x\nmember: uid=c,ou=p,dc=x\n"),
    ("blue", "cn: blue\nmember: uid=a,ou=p,dc=x\nmember: cn=red,ou=g,dc=x\n"),
];

/// What each side is made of: the texts of its records, each with whose it is.
#[derive(Clone)]
struct World {
    people: Vec<(String, String)>,
    groups: Vec<(String, String)>,
    rows: Vec<(String, String)>,
    teams: Vec<(String, String)>,
}

fn world() -> World {
    let entry = |ou: &str, class: &str, (name, rest): (&str, &str)| {
        let rdn = if ou == "p" { "uid" } else { "cn" };
        let text = format!("dn: {rdn}={name},ou={ou},dc=x\nobjectClass: {class}\n{rest}");
        (name.to_owned(), text)
    };
    let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    World {
        people: ENTRIES.map(|one| entry("p", "person\nobjectClass: uidObject", one)).into(),
        groups: GROUPS.map(|one| entry("g", "groupOfNames", one)).into(),
        rows: ROWS.map(owned).into(),
        teams: [("red", "red\n"), ("green", "green\n")].map(owned).into(),
    }
}

impl World {
    fn write(&self, dir: &Dir) {
        let mut export = "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned();
        for ou in ["p", "g"] {
            export += &format!("dn: ou={ou},dc=x\nobjectClass: organizationalUnit\nou: {ou}\n\n");
        }
        for (_, text) in self.people.iter().chain(&self.groups) {
            export += &format!("{text}\n");
        }
        dir.write("d.ldif", export);
        let all = |head: &str, rows: &[(String, String)]| {
            let texts = rows.iter().map(|(_, text)| latin(text)).collect::<Vec<_>>();
            [head.as_bytes(), &texts.concat()].concat()
        };
        std::fs::create_dir_all(dir.file("t")).expect("a folder");
        dir.write("t/p.csv", all("id,m,s,boss,t\n", &self.rows));
        dir.write("t/g.csv", all("name\n", &self.teams));
        dir.write("t/m.csv", "name,id\nred,a\nred,c\nred,h\ngreen,a\n");
    }
}

/// A byte that is no UTF-8 is spelled as `\xFF`.
fn latin(text: &str) -> Vec<u8> {
    let parts: Vec<&[u8]> = text.split("\\xFF").map(str::as_bytes).collect();
    parts.join(&0xFF)
}

/// Ways to break the text of an entry; the record may also stand twice.
fn broken_entries(text: &str) -> Vec<String> {
    let mut all = vec![
        format!("{text}photo:: !!!\n"),
        format!("{text}nonsense\n"),
        text.replacen("dn: ", "dn: =", 1),
        text.replacen("dn: ", "dn:: !", 1),
        text.replacen("dn: ", "nd: ", 1),
        format!("{text}\n{text}"),
        text.replacen("objectClass: ", "objectClass ", 1),
    ];
    for name in ["uid", "mail", "sn", "cn", "member", "manager", "title"] {
        let (line, value) = (format!("\n{name}: "), format!("\n{name}:: !"));
        if text.contains(&line) {
            all.push(text.replacen(&line, &value, 1));
            all.push(text.replacen(&line, &format!("\n{name} "), 1));
        }
    }
    all
}

/// The same of a row.
fn broken_rows(text: &str) -> Vec<String> {
    let line = text.trim_end();
    let rest = line.split_once(',').map_or("", |(_, rest)| rest);
    let mut all = vec![
        format!("{line},more\n"),
        format!("{text}{text}"),
        format!(",{rest}\n"),
        format!("\\xFF{text}"),
    ];
    all.extend(text.contains("Two").then(|| text.replace("Two", "T\\xFF")));
    all
}

/// What a run does, a fact each: a row or an entry that comes or goes, a value that changes.
fn facts(outcome: &Outcome) -> BTreeSet<String> {
    let text = String::from_utf8(outcome.stdout.clone()).expect("text");
    // A row that does not follow keeps its key.
    text.replace("b2", "b").lines().flat_map(facts_of).collect()
}

fn facts_of(line: &str) -> Vec<String> {
    let change: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    if let Some(dn) = change["dn"].as_str() {
        let kind = change["changetype"].as_str().unwrap_or_default();
        let mut facts = Vec::new();
        for one in list(&change["modifications"]) {
            for value in list(&one["values"]) {
                facts.push(format!("{dn} {} {} {value}", one["op"], one["attribute"]));
            }
        }
        let whole = format!("{dn} {kind} {} {}", change["newrdn"], change["newsuperior"]);
        facts.extend((kind != "modify").then_some(whole));
        return facts;
    }
    let which = format!("{} {}", change["table"], change["key"]);
    match change["op"].as_str() {
        Some("update") => {
            let new = change["new"].as_object().cloned().unwrap_or_default();
            new.iter().map(|(column, value)| format!("{which} {column}={value}")).collect()
        }
        op => vec![format!("{which} {}", op.unwrap_or_default())],
    }
}

/// Whether a fact is that a person goes, or becomes inactive.
fn is_loss(fact: &str, who: &str) -> bool {
    let of = [
        format!("\"p\" {{\"id\":\"{who}\"}} "),
        format!("uid={who},ou=p,dc=x "),
        format!("\"g\" {{\"name\":\"{who}\"}} "),
        format!("cn={who},ou=g,dc=x "),
    ];
    let is_of = of.iter().any(|one| fact.starts_with(one.as_str()));
    let goes = fact.ends_with(" delete") || fact.contains(" delete null") || fact.contains("gone");
    goes && is_of
}

const WAYS: [[&str; 2]; 2] = [["t", "d.ldif"], ["d.ldif", "t"]];

fn diff(dir: &Dir, sides: [&str; 2], more: &[&str]) -> Outcome {
    let usual = ["diff", sides[0], sides[1], "--mapping", "m.toml", "--format", "jsonl", "-q"];
    let dialect: &[&str] = if sides[0] == "t" { &["--dialect", "sqlite"] } else { &[] };
    run(dir, usual.into_iter().chain(dialect.iter().copied()).chain(more.iter().copied()))
}

/// All worlds in which one record is broken, each with whose it is.
fn broken_worlds() -> Vec<(String, World)> {
    type Records = fn(&mut World) -> &mut Vec<(String, String)>;
    type Breaks = fn(&str) -> Vec<String>;
    let kinds: [(Records, Breaks); 4] = [
        (|world| &mut world.people, broken_entries),
        (|world| &mut world.groups, broken_entries),
        (|world| &mut world.rows, broken_rows),
        (|world| &mut world.teams, broken_rows),
    ];
    let mut worlds = Vec::new();
    for (records, breaks) in kinds {
        for n in 0..records(&mut world()).len() {
            let (who, text) = records(&mut world())[n].clone();
            for broken in breaks(&text) {
                let mut world = world();
                // What its filter leaves out is not looked at.
                if broken.contains("\\xFF") && broken.contains("out") {
                    continue;
                }
                records(&mut world)[n].1 = broken;
                worlds.push((who.clone(), world));
            }
        }
    }
    worlds
}

#[test]
fn what_a_broken_record_stands_for_stays() {
    let dir = Dir::new();
    let mut wrong = String::new();
    for action in ["delete", "inactivate"] {
        dir.write("m.toml", MAPPING.replace("ACTION", action));
        world().write(&dir);
        let sound = WAYS.map(|sides| facts(&diff(&dir, sides, &[])));
        assert!(sound.iter().all(|facts| facts.len() > 8), "{sound:#?}");
        // What is done differs, whom it is done to does not: of the second action a part will do.
        let step = if action == "delete" { 1 } else { 3 };
        for (who, world) in broken_worlds().into_iter().step_by(step) {
            world.write(&dir);
            let has_bytes =
                world.rows.iter().chain(&world.teams).any(|one| one.1.contains("\\xFF"));
            // A table may hold bytes; a directory does not take them as text.
            let ways = WAYS.into_iter().zip(&sound).skip(usize::from(has_bytes));
            for (sides, sound) in ways {
                let outcome = diff(&dir, sides, &["--keep-going"]);
                let found = facts(&outcome);
                let more: Vec<&String> = found.difference(sound).collect();
                let lost: Vec<&String> = found.iter().filter(|one| is_loss(one, &who)).collect();
                let is_told = outcome.status == 5 || has_bytes;
                if !is_told || !more.is_empty() || !lost.is_empty() {
                    let text =
                        [&world.people, &world.groups, &world.rows, &world.teams].map(|all| {
                            let broken = all.iter().filter(|one| one.0 == who);
                            broken.map(|one| one.1.as_str()).collect::<String>()
                        });
                    wrong += &format!(
                        "{action} {sides:?}, {who}: exit {}, more {more:#?}, lost {lost:#?}\n{}\n{}\n",
                        outcome.status,
                        text.concat(),
                        outcome.stderr
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What is rejected by reading and by a mapping is kept: entries can be read again.
#[test]
fn what_is_rejected_is_kept() {
    let dir = Dir::new();
    dir.write("m.toml", MAPPING.replace("ACTION", "delete"));
    let mut world = world();
    world.people[0].1 += "photo:: !\n";
    world.people[4].1 = world.people[4].1.replace("sn: One\n", "");
    world.rows[4].1 = "f,mf,Two,h,,more\n".to_owned();
    world.write(&dir);
    let outcome = diff(&dir, WAYS[0], &["--keep-going", "--rejects", "r.ldif"]);
    assert_eq!(outcome.status, 5, "{}", outcome.stderr);
    let rejects = String::from_utf8(dir.read("r.ldif")).expect("text");
    assert_eq!(
        rejects,
        "# d.ldif:19:9: expected a base64 digit, but found `!`\n\
         dn: uid=a,ou=p,dc=x\nobjectClass: person\nobjectClass: uidObject\nuid: a\nmail: ma\nsn: One\n\
         photo:: !\n\n\
         # d.ldif:45:1: mapping `p`: expected a value, but found none for `s` (line 12 of the mapping file)\n\
         dn: uid=e,ou=p,dc=x\nobjectClass: person\nobjectClass: uidObject\nuid: e\nmail: me\n\n\
         # t/p.csv:6:1: expected 5 fields, one for each column, but found 6\n# f,mf,Two,h,,more\n\n"
    );
    dir.write("again.ldif", rejects.replace("photo:: !\n", ""));
    run(&dir, ["check", "again.ldif", "-q"]).expect(0);
    let summary = diff(&dir, WAYS[0], &["--keep-going", "--summary", "s.json", "--explain", "f"]);
    let told: serde_json::Value = serde_json::from_slice(&dir.read("s.json")).expect("JSON");
    assert_eq!(told["skipped"], 2, "{}", summary.stderr);
    // Nobody knows whose the bad row is: nothing comes.
    let withheld = "mapping `p`: 3 creations and first links are withheld";
    assert!(summary.stderr.contains(withheld), "{}", summary.stderr);
}

/// A bad record outside the base protects its row, too, where its keys can be read.
#[test]
fn who_was_moved_away_and_cannot_be_read_stays() {
    let dir = Dir::new();
    dir.write("m.toml", MAPPING.replace("ACTION", "delete"));
    let mut world = world();
    let moved = "dn: uid=h,ou=g,dc=x\nobjectClass: person\nuid: h\nsn: One\n";
    world.groups.push(("h".to_owned(), moved.to_owned()));
    for (more, goes, args) in [("", true, &[][..]), ("photo:: !\n", false, &["--keep-going"])] {
        world.groups[2].1 = format!("{moved}{more}");
        world.write(&dir);
        let found = facts(&diff(&dir, WAYS[0], args));
        assert_eq!(found.iter().any(|fact| is_loss(fact, "h")), goes, "{found:#?}");
        assert!(found.iter().any(|fact| is_loss(fact, "i")), "{found:#?}");
    }
}
