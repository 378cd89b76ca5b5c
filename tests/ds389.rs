//! `--server 389ds`: what the server does by itself.

use crate::plan::records_alone;
use crate::util::{Dir, Outcome, assert_same_text, run};

/// Runs `diff`; the small exports here may be emptied.
fn changed(dir: &Dir, old: &str, new: &str) -> Outcome {
    dir.write("old.ldif", old);
    dir.write("new.ldif", new);
    run(dir, ["diff", "old.ldif", "new.ldif"])
}

fn records(outcome: &Outcome) -> String {
    let bare = records_alone(&outcome.stdout).concat();
    String::from_utf8(bare).expect("text").trim_start().to_owned()
}

#[test]
fn the_classes_of_389_are_its_own() {
    let person = |more: &str| {
        format!("dn: cn=a,dc=x\nobjectClass: person\n{more}cn: a\nsn: a\nnsUniqueId: 1\n\n")
    };
    let dir = Dir::new();
    let with = person("objectClass: nsMemberOf\nmemberOf: cn=g,dc=x\n");
    changed(&dir, &person(""), &with).expect(0);
    changed(&dir, &with, &person("")).expect(0);
    let top = "dn: dc=x\nobjectClass: domain\ndc: x\nnsUniqueId: 0\n\n";
    let added = changed(&dir, top, &(top.to_owned() + &with)).expect(1);
    let expected = "\
dn: cn=a,dc=x
changetype: add
objectClass: person
cn: a
sn: a

";
    assert_same_text("the add", expected, &records(&added));
    // Another structural class is a modify there.
    let device = "dn: cn=a,dc=x\nobjectClass: device\ncn: a\nnsUniqueId: 1\n\n";
    let outcome = changed(&dir, &person(""), device).expect(1);
    assert!(records(&outcome).contains("changetype: modify\ndelete: objectClass\n"));
}
