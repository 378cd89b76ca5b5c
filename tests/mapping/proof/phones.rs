//! Telephone numbers with a spelling on each side, and two of them: either side follows the other.

use super::{Sample, shown};
use crate::slapd::{Overlay, Server, available};
use crate::tables::database::{Database, Engine};
use crate::util::{Dir, run};

/// The two mappings: any of the numbers will do, or each has a column.
const MAPPINGS: [&str; 2] = ["any.toml", "two.toml"];

/// The mapping of the sample, for a database.
fn mapping(sample: &Sample, name: &str, engine: Engine) -> String {
    sample.text(name).replace("sqlite", engine.dialect())
}

/// The rows of the sample: only its shell's own lines are no SQL.
fn rows(sample: &Sample) -> String {
    let text = sample.text("contacts.sql");
    let is_row = |line: &&str| line.starts_with("CREATE") || line.starts_with("INSERT");
    text.lines().filter(is_row).collect::<Vec<_>>().join("\n").replace("TEXT", "varchar(40)")
}

fn is_same(dir: &Dir, old: &str, new: &str) {
    run(dir, ["diff", old, new, "--mapping", "m.toml", "-q"]).expect(0);
}

fn database_follows(engine: Engine, name: &str, wanted: [&str; 6]) {
    let Some(database) = Database::start(engine) else { return };
    let sample = Sample::new("phones");
    sample.dir.write("m.toml", mapping(&sample, name, engine));
    database.prepare(&rows(&sample));
    let state = || shown(&database, "contact", &["login", "phone", "phone2"]);
    let before = state();
    sample.dir.write("old.sql", database.whole());
    let export = sample.path("directory.ldif");
    sample.diff("old.sql", &export, "m.toml", ["change.sql", "undo.sql"], 1);
    sample.run_script(&database, "change.sql");
    assert_eq!(state(), wanted, "{engine:?} {name}");
    sample.dir.write("after.sql", database.whole());
    is_same(&sample.dir, "after.sql", &export);
    // What came from there does not go back in another spelling.
    is_same(&sample.dir, &export, "after.sql");
    sample.run_script(&database, "undo.sql");
    assert_eq!(state(), before);
}

#[test]
fn databases_follow_in_their_own_spelling() {
    let any = [
        "adele 030 555-0101 0171 555-0901",
        "bruno 030 555-0102 -",
        "chiara +39 06 555-0103 -",
        "dmitri 040 5550104 -",
        "eskil - 0171 555-0905",
        "fatima 030 5550106 -",
    ];
    let two = [any[0], "bruno 030 555-0102 0171 5550902", any[2], any[3], "eskil - -", any[5]];
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        database_follows(engine, "any.toml", any);
        database_follows(engine, "two.toml", two);
    }
}

#[test]
fn openldap_follows_in_its_own_spelling() {
    if !available("mapping::proof::phones") {
        return;
    }
    for name in MAPPINGS {
        let sample = Sample::new("phones");
        sample.dir.write("m.toml", mapping(&sample, name, Engine::Sqlite));
        let dump = sample.path("contacts.sql");
        let content = sample.text("directory.ldif");
        let content = content.trim_start_matches("version: 1\n\n");
        let server = Server::holding(Overlay::None, content.as_bytes());
        sample.dir.write("old.ldif", server.dump());
        sample.diff("old.ldif", &dump, "m.toml", ["change.ldif", "undo.ldif"], 1);
        server.apply(&sample.dir.read("change.ldif")).expect("the server takes the change");
        let there = String::from_utf8(server.dump()).expect("text");
        let numbers = there.lines().filter_map(|line| line.strip_prefix("telephoneNumber: "));
        let mut numbers: Vec<&str> = numbers.collect();
        numbers.sort_unstable();
        let mut wanted = vec!["+39 06 5550103", "+49 171 5550901", "+49 30 5550101"];
        wanted.extend(["+49 30 5550102", "+49 30 5550104", "+49 30 5550105"]);
        wanted.push(if name == "any.toml" { "+49 171 5550902" } else { "+49 171 5550905" });
        wanted.sort_unstable();
        assert_eq!(numbers, wanted, "{name}");
        sample.dir.write("new.ldif", &there);
        is_same(&sample.dir, "new.ldif", &dump);
        server.apply(&sample.dir.read("undo.ldif")).expect("the server takes the way back");
        sample.dir.write("back.ldif", server.dump());
        run(&sample.dir, ["diff", "back.ldif", "old.ldif", "-q"]).expect(0);
    }
}
