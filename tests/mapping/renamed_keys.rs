//! Keys of rows that change hands, and what must come of them on each database, there and back.

use crate::tables::database::{Database, Engine};
use crate::util::{Dir, run};

/// Rows are found by a GUID, and their key is a login.
const MAPPING: &str = "ldifsync = 1
[mapping.p]
entries = { base = [\"dc=x\"], filter = \"(uid=*)\" }
rows = { table = \"s\", key = [\"login\"] }
match = [[\"guid\"]]
min_overlap = 0
flow = [
  { attribute = \"entryUUID\", column = \"guid\", direction = \"to_database\" },
  { attribute = \"uid\", column = \"login\" },
]
policy.to_database.SOURCE_MISSING = \"delete\"
";

/// Logins and GUIDs.
type People = &'static [(&'static str, &'static str)];

fn directory(people: People) -> String {
    let one = |(uid, guid): &(&str, &str)| {
        format!(
            "dn: uid={uid},dc=x\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: c\nsn: s\nentryUUID: {guid}\n\n"
        )
    };
    let head = "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned();
    head + &people.iter().map(one).collect::<String>()
}

#[test]
fn keys_change_hands() {
    let cases: [[People; 2]; 6] = [
        // Two change places; three go round.
        [&[("a", "g1"), ("b", "g2")], &[("b", "g1"), ("a", "g2")]],
        [&[("a", "g1"), ("b", "g2"), ("c", "g3")], &[("b", "g1"), ("c", "g2"), ("a", "g3")]],
        // Somebody new gets what another gives up, and what somebody leaves behind.
        [&[("a", "g1")], &[("b", "g1"), ("a", "g2")]],
        [&[("a", "g1"), ("b", "g2")], &[("b", "g1"), ("a", "g3")]],
        // One after the other, in either order.
        [&[("c", "g3"), ("a", "g1")], &[("a", "g3"), ("b", "g1")]],
        [&[("a", "g1"), ("c", "g3")], &[("b", "g1"), ("a", "g3")]],
    ];
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        for [old, new] in cases {
            let dir = Dir::new();
            dir.write("m.toml", MAPPING);
            dir.write("d.ldif", directory(new));
            let rows: String = old
                .iter()
                .map(|(login, guid)| format!("INSERT INTO s VALUES ('{login}', '{guid}');\n"))
                .collect();
            database.prepare(&format!(
                "DROP TABLE IF EXISTS s; CREATE TABLE s (login varchar(20) PRIMARY KEY, guid varchar(40) UNIQUE);\n{rows}"
            ));
            dir.write("s.sql", database.whole());
            let found = || -> Vec<(String, String)> {
                let text = |cell: &Option<Vec<u8>>| {
                    String::from_utf8_lossy(cell.as_deref().unwrap_or_default()).into_owned()
                };
                let mut rows: Vec<_> = database
                    .rows("s", &["login", "guid"])
                    .iter()
                    .map(|row| (text(&row[0]), text(&row[1])))
                    .collect();
                rows.sort_unstable();
                rows
            };
            let before = found();
            let args = [
                "diff",
                "s.sql",
                "d.ldif",
                "--mapping",
                "m.toml",
                "-o",
                "c.sql",
                "--undo",
                "u.sql",
                "--max-delete",
                "100%",
            ];
            run(&dir, args).expect(1);
            let mut wanted: Vec<(String, String)> =
                new.iter().map(|(login, guid)| ((*login).to_owned(), (*guid).to_owned())).collect();
            wanted.sort_unstable();
            for (script, wanted) in [("c.sql", wanted), ("u.sql", before)] {
                let text = String::from_utf8(dir.read(script)).expect("a script is text");
                let said = database.script(&text);
                assert!(said.ok, "{engine:?} {new:?} {}\n{text}", said.err);
                assert_eq!(found(), wanted, "{engine:?} {new:?}\n{text}");
            }
        }
    }
}
