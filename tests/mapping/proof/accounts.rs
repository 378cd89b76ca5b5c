//! OpenLDAP follows a database of employees, which gives accounts for Unix.

use super::Sample;
use crate::slapd::{Overlay, Server, available};
use crate::tables::database::{Database, Engine};
use crate::util::run;

/// The dump of a real database that holds the sample, after some more statements; the sample itself, with
/// them, where none is installed.
fn dump(sample: &Sample, more: &str, edited: impl Fn(&str) -> String) -> Vec<u8> {
    match Database::start(Engine::Postgres) {
        Some(database) => {
            database.prepare(&sample.text("hr.sql"));
            database.prepare(more);
            database.whole()
        }
        None => edited(&sample.text("hr.sql")).into_bytes(),
    }
}

/// The entry of somebody in an export.
fn entry(export: &[u8], uid: &str) -> String {
    let text = String::from_utf8_lossy(export);
    let begins = format!("dn: uid={uid},");
    text.split("\n\n").find(|entry| entry.starts_with(&begins)).expect(uid).to_owned()
}

#[test]
fn openldap_follows_the_employees() {
    if !available("mapping::proof::accounts") {
        return;
    }
    let sample = Sample::new("accounts");
    let mapping = sample.path("accounts.toml");
    let server = Server::holding(Overlay::None, sample.text("directory.ldif").as_bytes());
    sample.dir.write("old.ldif", server.dump());
    sample.dir.write("hr.sql", dump(&sample, "", str::to_owned));
    sample.diff("old.ldif", "hr.sql", &mapping, ["change.ldif", "undo.ldif"], 1);
    server.apply(&sample.dir.read("change.ldif")).expect("the server takes the change");
    let there = server.dump();
    for gone in ["dmitri", "hanna"] {
        let entry = entry(&there, gone);
        assert!(entry.starts_with(&format!("dn: uid={gone},ou=Leavers,")), "{entry}");
        assert!(entry.contains("loginShell: /sbin/nologin\n"), "{entry}");
        assert!(entry.contains("employeeType: former"), "{entry}");
    }
    // Who was among the leavers is back, with the number of before.
    let back = entry(&there, "eskil");
    assert!(back.starts_with("dn: uid=eskil,ou=People,"), "{back}");
    assert!(back.contains("uidNumber: 10005\n") && !back.contains("former"), "{back}");
    assert!(back.contains("loginShell: /bin/bash"), "{back}");
    // New numbers are above all there are, in the order of the keys.
    for (new, number) in [("fatima", "10007"), ("grete", "10008")] {
        let entry = entry(&there, new);
        assert!(entry.contains(&format!("uidNumber: {number}\n")), "{entry}");
        assert!(entry.contains(&format!("homeDirectory: /home/{new}\n")), "{entry}");
    }
    assert!(entry(&there, "adele").contains("loginShell: /bin/zsh"), "her own choice stays");
    let text = String::from_utf8_lossy(&there);
    let members = |group: &str| {
        let entry = text.split("\n\n").find(|entry| entry.starts_with(&format!("dn: cn={group},")));
        let lines = entry.expect(group).lines();
        let mut all: Vec<&str> =
            lines.filter_map(|line| line.strip_prefix("memberUid: ")).collect();
        all.sort_unstable();
        all.join(" ")
    };
    assert_eq!(members("lathe"), "backup bruno chiara grete");
    assert_eq!(members("sales"), "adele fatima");
    sample.dir.write("new.ldif", &there);
    run(&sample.dir, ["diff", "new.ldif", "hr.sql", "--mapping", &mapping, "-q"]).expect(0);
    comes_back(&sample, &server, &mapping);
    server.apply(&sample.dir.read("undo.ldif")).expect("the server takes the way back");
    sample.dir.write("back.ldif", server.dump());
    run(&sample.dir, ["diff", "back.ldif", "old.ldif", "-q"]).expect(0);
}

/// Dmitri is employed again: he is found by his number, moved back and unlocked. Then that is undone.
fn comes_back(sample: &Sample, server: &Server, mapping: &str) {
    let again =
        dump(sample, "UPDATE public.employee SET employed = true WHERE staff_id = 1004;", |rows| {
            rows.replace("Dorn\t10\tf", "Dorn\t10\tt")
        });
    sample.dir.write("again.sql", again);
    sample.diff("new.ldif", "again.sql", mapping, ["again.ldif", "gone.ldif"], 1);
    server.apply(&sample.dir.read("again.ldif")).expect("the server takes who comes back");
    let there = server.dump();
    let entry = entry(&there, "dmitri");
    assert!(entry.starts_with("dn: uid=dmitri,ou=People,"), "{entry}");
    assert!(entry.contains("loginShell: /bin/bash") && !entry.contains("former"), "{entry}");
    sample.dir.write("there.ldif", &there);
    run(&sample.dir, ["diff", "there.ldif", "again.sql", "--mapping", mapping, "-q"]).expect(0);
    server.apply(&sample.dir.read("gone.ldif")).expect("the server takes that back");
}
