//! `--server ad`: who is in a group by `primaryGroupID` and who by `member`, where a part is selected.

use crate::plan::records_alone;
use crate::util::{Dir, assert_same_text, run};

const TOP: &str = "dn: DC=x\nobjectClass: top\nobjectClass: domainDNS\ndc: x\n\n";

/// A record of a group whose number ends its SID.
fn group(name: &str, number: u32, members: &[&str]) -> String {
    let members: String = members.iter().map(|one| format!("member: CN={one},DC=x\n")).collect();
    format!(
        "dn: CN={name},DC=x\nobjectClass: top\nobjectClass: group\ncn: {name}\n{members}\
         objectSid: S-1-5-21-1-2-3-{number}\n\n"
    )
}

/// A record of an account in this primary group.
fn user(name: &str, primary: u32, lines: &str) -> String {
    format!(
        "dn: CN={name},DC=x\nobjectClass: top\nobjectClass: user\ncn: {name}\n\
         userAccountControl: 514\nprimaryGroupID: {primary}\n{lines}\
         objectSid: S-1-5-21-1-2-3-{number}\n\n",
        number = 1200 + u32::from(name.as_bytes()[0])
    )
}

/// The domain where `ann` has a primary group, and these are members of `red` (1101) and `blue` (1102).
fn domain(primary: u32, red: &[&str], blue: &[&str]) -> String {
    [TOP, &user("ann", primary, ""), &group("red", 1101, red), &group("blue", 1102, blue)].concat()
}

/// What is written, what undoes it, and what is said.
struct Said {
    change: String,
    undo: String,
    undo_text: String,
    warnings: String,
}

fn diff(old: &str, new: &str, more: &str) -> Said {
    let dir = Dir::new();
    dir.write("old.ldif", old);
    dir.write("new.ldif", new);
    let fixed = "diff old.ldif new.ldif --server ad --max-delete 100% -o c.ldif --undo u.ldif";
    let words = fixed.split(' ').chain(more.split(' ').filter(|word| !word.is_empty()));
    let outcome = run(&dir, words.chain(["--exit-zero"])).expect(0);
    let records = |text: &[u8]| {
        let bare = String::from_utf8(records_alone(text).concat()).expect("text");
        bare.trim_start().to_owned()
    };
    let undo = dir.read("u.ldif");
    Said {
        change: records(&dir.read("c.ldif")),
        undo: records(&undo),
        undo_text: String::from_utf8(undo).expect("text"),
        warnings: outcome.stderr,
    }
}

/// The record that gives `ann` another primary group.
fn primary(from: u32, to: u32) -> String {
    format!(
        "dn: CN=ann,DC=x\nchangetype: modify\ndelete: primaryGroupID\nprimaryGroupID: {from}\n-\n\
         add: primaryGroupID\nprimaryGroupID: {to}\n-\n\n"
    )
}

/// The record that makes `ann` a member of a group, or takes her out.
fn member(group: &str, verb: &str) -> String {
    format!("dn: CN={group},DC=x\nchangetype: modify\n{verb}: member\nmember: CN=ann,DC=x\n-\n\n")
}

const BY_HAND: &str = "the primaryGroupID of 1 entry is not written";

/// Ann was deleted from a group that NEW has her in, and was added to one that she is in already.
#[test]
fn members_are_not_written_where_they_are_not_compared() {
    let (in_none, in_blue) = (domain(1101, &[], &[]), domain(1101, &[], &["ann"]));
    let new = domain(1102, &["ann"], &[]);
    for selection in ["--exclude-attributes member", "--attributes primaryGroupID"] {
        let said = diff(&in_none, &new, selection);
        assert_eq!(said.change, "", "{selection}");
        assert!(said.warnings.contains(BY_HAND), "{}", said.warnings);
        let said = diff(&in_blue, &new, selection);
        assert_same_text(selection, &primary(1101, 1102), &said.change);
        assert_same_text(selection, &primary(1102, 1101), &said.undo);
        assert!(!said.warnings.contains(BY_HAND), "{}", said.warnings);
    }
    let before = [TOP, &user("ann", 1101, ""), &group("red", 1101, &[])].concat();
    let said =
        diff(&before, &in_none.replace(": 1101\n", ": 1102\n"), "--exclude-attributes member");
    assert!(said.change.starts_with("dn: CN=blue,DC=x\nchangetype: add\n"), "{}", said.change);
    assert!(!said.change.contains("member"), "{}", said.change);
}

/// Whoever read the change in a ticket did not see that the primary group is another one.
#[test]
fn another_primary_group_is_shown_in_every_shape() {
    let (old, new) = (domain(1101, &[], &[]), domain(1102, &["ann"], &[]));
    let dir = Dir::new();
    dir.write("old.ldif", &old);
    dir.write("new.ldif", &new);
    let shown = |format: &str| {
        let words = format!("diff old.ldif new.ldif --server ad -q --format {format}");
        String::from_utf8(run(&dir, words.split(' ')).expect(1).stdout).expect("text")
    };
    let expected = "
# modified
@@ CN=ann,DC=x @@
- primaryGroupID: 1101
+ primaryGroupID: 1102

# 1 entry is more written only so that accounts can change their primary groups
";
    let unified = shown("unified");
    let changes = unified.split_once("renames\n").expect("counts").1;
    assert_same_text("unified", expected, changes);
    let lines = shown("jsonl");
    for part in [
        r#""attribute":"member","values":["CN=ann,DC=x"]"#,
        r#""op":"delete","attribute":"primaryGroupID","values":["1101"]"#,
        r#""op":"add","attribute":"primaryGroupID","values":["1102"]"#,
    ] {
        assert!(lines.contains(part), "{lines}");
    }
    dir.write("t", "{{dn}}: {{old.primaryGroupID}}, now {{primaryGroupID}}\n");
    assert!(shown("template:t").contains("CN=ann,DC=x: 1101, now 1102\n"));
    // A group whose members change beside that shows these.
    let more =
        |text: &str| text.replace("member: CN=ann,DC=x\n", "member: CN=ann,DC=x\ndescription: d\n");
    dir.write("new.ldif", more(&new));
    let unified = shown("unified");
    let red = "@@ CN=red,DC=x @@\n+ member: CN=ann,DC=x\n+ description: d\n";
    assert!(unified.contains(red), "{unified}");
}

/// The group that `ann` has by her number was given her as a member too, unless something else of her
/// changed.
#[test]
fn a_primary_group_counts_where_it_is_not_compared() {
    let (old, new) = (domain(1101, &[], &["ann"]), domain(1102, &["ann"], &[]));
    let described = |text: &str| text.replace("cn: ann\n", "cn: ann\ndescription: d\n");
    let description =
        "dn: CN=ann,DC=x\nchangetype: modify\nadd: description\ndescription: d\n-\n\n";
    for selection in ["--exclude-attributes primaryGroupID", "--attributes member,description"] {
        let said = diff(&old, &new, selection);
        assert_eq!(said.change, "", "{selection}");
        let said = diff(&old, &described(&new), selection);
        assert_same_text(selection, description, &said.change);
        // Nor is she made a member of a group that she is in by another number in NEW.
        let in_none = domain(1101, &[], &[]);
        assert_eq!(diff(&in_none, &new, selection).change, "", "{selection}");
        let said = diff(&in_none, &domain(1102, &["ann", "red"], &["red"]), selection);
        let of_red = |group: &str| member(group, "add").replace("CN=ann", "CN=red");
        assert_same_text(selection, &(of_red("red") + &of_red("blue")), &said.change);
    }
}

/// What is written as a whole was not counted where it comes before all else.
#[test]
fn what_is_written_as_a_whole_is_counted() {
    let (old, new) = (domain(1101, &[], &[]), domain(1102, &["ann"], &[]));
    let said = diff(&old, &new, "--modify-style replace -v");
    assert_eq!(said.change.matches("replace: ").count(), 2, "{}", said.change);
    assert!(said.warnings.contains("attributes written as a whole: 2\n"), "{}", said.warnings);
}

/// Groups that nobody selected were written, though they did not differ.
#[test]
fn a_group_that_is_not_selected_is_left() {
    let (in_none, in_blue) = (domain(1101, &[], &[]), domain(1101, &[], &["ann"]));
    let new = domain(1102, &["ann"], &[]);
    let not_compared = "its `member` is not compared or nobody selected it";
    let elsewhere = "the server puts 1 account into `member` of the group";
    for selection in ["--filter (objectClass=user)", "--exclude (cn=blue)", "--filter (cn=ann)"] {
        let said = diff(&in_none, &new, selection);
        assert!(!said.change.contains("blue") && !said.change.contains("ann"), "{}", said.change);
        assert!(said.warnings.contains(BY_HAND), "{}", said.warnings);
        assert!(said.warnings.contains(not_compared), "{}", said.warnings);
        let said = diff(&in_blue, &new, selection);
        assert_same_text(selection, &primary(1101, 1102), &said.change);
        assert_same_text(selection, &primary(1102, 1101), &said.undo);
        let is_told = said.warnings.contains(elsewhere);
        assert_eq!(is_told, selection != "--exclude (cn=blue)", "{}", said.warnings);
    }
    // One that does not differ is written where it is selected.
    let joins = member("blue", "add") + &primary(1101, 1102);
    for selection in ["", "--filter (|(cn=ann)(cn=blue))", "--exclude (cn=red)"] {
        assert_same_text(selection, &joins, &diff(&in_none, &new, selection).change);
    }
    // The group that she had does not differ, and gets her; nobody wants that where it is selected.
    let new = domain(1102, &[], &[]);
    let said = diff(&in_blue, &new, "--filter (cn=ann)");
    assert_same_text("red is not selected", &primary(1101, 1102), &said.change);
    assert!(said.warnings.contains(elsewhere), "{}", said.warnings);
    let out = primary(1101, 1102) + &member("red", "delete");
    assert_same_text("red is selected", &out, &diff(&in_blue, &new, "").change);
    // Nor does a new account become a member of what is not selected.
    let eve = user("eve", 1102, "");
    let said = diff(&in_none, &(in_none.clone() + &eve), "--filter (cn=eve)");
    assert!(said.change.starts_with("dn: CN=eve,DC=x\nchangetype: add\n"), "{}", said.change);
    assert!(!said.change.contains("blue"), "{}", said.change);
    let said = diff(&in_none, &(in_none.clone() + &eve), "");
    assert!(said.change.ends_with(&member("blue", "add").replace("CN=ann", "CN=eve")));
}

/// It was said that OLD has no such group, whatever it has.
#[test]
fn who_sets_a_primary_group_by_hand_is_told_why() {
    let old = domain(1101, &[], &[]);
    let missing = "OLD holds none of that number; set it by hand: the server";
    let new = "a new account is a member of none yet; set it by hand: the server";
    let said = diff(&old, &(old.clone() + &user("eve", 1102, "")), "").warnings;
    assert!(said.contains(new) && !said.contains(missing), "{said}");
    let said = diff(&old, &domain(1103, &["ann"], &[]), "").warnings;
    assert!(said.contains(missing) && !said.contains(new), "{said}");
}

/// Two of three records had nothing that undoes them, and nothing was said of that.
#[test]
fn an_undo_says_what_it_does_not_take_back() {
    let (old, new) = (domain(1101, &[], &[]), domain(1102, &[], &[]));
    let new = new.replace(&group("red", 1101, &[]), "");
    let said = diff(&old, &new, "");
    assert!(said.warnings.contains("the primary group of 1 account goes"), "{}", said.warnings);
    for part in [
        "\n# 3 records of c.ldif, 2 of which nothing takes back\n",
        "\n# 1 account keeps the primaryGroupID of NEW: the group it had goes, and comes back with \
         another number\n",
        "after a stop before the group goes, to the one it has in OLD:\n#   CN=ann,DC=x: 1101\n# all",
        "\n# undoes 2 of 3\n# (nothing takes this record back: the head of the undo says why)\n\n\
         # undoes 1 of 3\n# (nothing",
    ] {
        assert!(said.undo_text.contains(part), "{part}{}", said.undo_text);
    }
    assert!(said.undo.starts_with("dn: CN=red,DC=x\nchangetype: add\n"), "{}", said.undo);
    // Where the group stays all comes back, and nothing is said.
    let said = diff(&old, &domain(1102, &["ann"], &[]), "");
    assert!(!said.undo_text.contains("nothing") && !said.undo_text.contains("keeps"));
    assert_same_text("back", &(primary(1102, 1101) + &member("blue", "delete")), &said.undo);
}
