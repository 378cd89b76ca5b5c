//! The people of the samples, in both directions, through real servers.

use crate::samples::copy_of_samples;
use crate::slapd::{self, Overlay, Server};
use crate::tables::database::{Database, Engine};
use crate::util::{Dir, run};

/// The samples, in the folder of the people.
fn people() -> (Dir, String) {
    let dir = copy_of_samples();
    let folder = dir.path().join("samples/people").display().to_string();
    (dir, folder)
}

fn text(dir: &Dir, name: &str) -> String {
    String::from_utf8(dir.read(name)).expect("text")
}

/// The lines of a dump: rows have no order of their own.
fn sorted(dump: &[u8]) -> Vec<String> {
    let dump = String::from_utf8_lossy(dump);
    let mut lines: Vec<String> = dump.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn the_database_follows_there_and_back() {
    let Some(database) = Database::start(Engine::Sqlite) else { return };
    let (dir, folder) = people();
    let at = |name: &str| format!("{folder}/{name}");
    database.prepare(&text(&dir, "samples/people/hr.sql"));
    let before = database.whole();
    let (mapping, entries) = (at("people.toml"), at("directory.ldif"));
    let diff = |old: &str, more: &[&str]| {
        let args = ["diff", old, &entries, "--mapping", &mapping, "-q"];
        run(&dir, args.into_iter().chain(more.iter().copied()))
    };
    diff(&at("hr.sql"), &["-o", "change.sql", "--undo", "undo.sql"]).expect(1);
    let said = database.script(&text(&dir, "change.sql"));
    assert!(said.ok, "{}", said.err);
    let rows = database.rows("staff", &["id", "login", "surname", "phone", "manager_id", "active"]);
    let shown: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells =
                row.iter().map(|cell| cell.as_deref().map_or("-".into(), String::from_utf8_lossy));
            cells.collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(
        shown,
        [
            "1 adele Arndt +49 30 5550101 - 1",
            "2 bholm Holm +49 30 5550102 1 1",
            "3 chiara Conti +49 30 5550103 1 1",
            "4 dmitri Dorn - 3 0",
            "5 ines Irving +49 30 5550105 3 1",
        ]
    );
    dir.write("after.sql", database.whole());
    diff("after.sql", &[]).expect(0);
    // Whoever comes back is found again, and is active again.
    let back = text(&dir, "samples/people/directory.ldif")
        .replace("6f1c0000-0000-4000-8000-000000000005", "6f1c0000-0000-4000-8000-000000000004")
        .replace("ines", "dmitri");
    dir.write("back.ldif", back);
    let args =
        ["diff", "after.sql", "back.ldif", "--mapping", &mapping, "-q", "--explain", "dmitri"];
    let said = run(&dir, args).expect(1).stderr;
    assert!(said.contains("active: `0` becomes `1` (line 29)"), "{said}");
    let said = database.script(&text(&dir, "undo.sql"));
    assert!(said.ok, "{}", said.err);
    assert_eq!(sorted(&database.whole()), sorted(&before));
}

#[test]
fn the_directory_follows_there_and_back() {
    if !slapd::available("mapping::story") {
        return;
    }
    let (dir, folder) = people();
    let at = |name: &str| format!("{folder}/{name}");
    let (mapping, rows) = (at("people.toml"), at("hr.sql"));
    let content = text(&dir, "samples/people/directory.ldif");
    // `slapadd` takes no line of the version before an empty one.
    let content = content.trim_start_matches("version: 1\n\n");
    let server = Server::holding(Overlay::None, content.as_bytes());
    dir.write("old.ldif", server.dump());
    let args = [
        "diff",
        "old.ldif",
        &rows,
        "--mapping",
        &mapping,
        "-q",
        "-o",
        "change.ldif",
        "--undo",
        "undo.ldif",
    ];
    run(&dir, args).expect(1);
    server.apply(&dir.read("change.ldif")).expect("the server takes the change");
    dir.write("new.ldif", server.dump());
    run(&dir, ["diff", "new.ldif", &rows, "--mapping", &mapping, "-q"]).expect(0);
    server.apply(&dir.read("undo.ldif")).expect("the server takes the way back");
    dir.write("back.ldif", server.dump());
    // Who was deleted comes back as another entry of the same name.
    run(&dir, ["diff", "back.ldif", "old.ldif", "-q", "--identifier", "uid"]).expect(0);
}

#[test]
fn either_side_is_made_of_the_other() {
    let (dir, folder) = people();
    let at = |name: &str| format!("{folder}/{name}");
    let (mapping, entries) = (at("people.toml"), at("directory.ldif"));
    run(
        &dir,
        ["transform", &entries, "--mapping", &mapping, "--format", "sql", "-q", "-o", "rows.sql"],
    )
    .expect(0);
    let Some(database) = Database::start(Engine::Sqlite) else { return };
    let hr = text(&dir, "samples/people/hr.sql");
    let definitions = hr.lines().filter(|line| line.starts_with("CREATE")).collect::<Vec<_>>();
    database.prepare(&definitions.join("\n"));
    database.prepare(&text(&dir, "rows.sql"));
    dir.write("fresh.sql", database.whole());
    // What the directory makes of nothing is what it finds there, but for who is active by default.
    run(&dir, ["diff", "fresh.sql", &entries, "--mapping", &mapping, "-q"]).expect(0);
    run(&dir, ["transform", "fresh.sql", "--mapping", &mapping, "-q", "-o", "entries.ldif"])
        .expect(0);
    run(&dir, ["check", "entries.ldif", "-q"]).expect(0);
    let names = text(&dir, "entries.ldif").lines().filter(|line| line.starts_with("dn: ")).count();
    assert_eq!(names, 6);
}
