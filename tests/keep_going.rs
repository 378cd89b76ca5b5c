//! Bad records are skipped, kept, counted, and protect their counterparts.

use std::time::{Duration, Instant};

use ldifsync::diff::{Limit, Options};

use crate::library::{Ran, entry, person, ran, unit};

fn going(old: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Ran {
    ran(old, new, |options| {
        options.keep_going = true;
        options.limits.delete = Some(Limit::Percent(100.0));
    })
}

const BAD: &str = "title:: %%%";
const NONE: [&str; 0] = [];

#[test]
fn the_first_fault_ends_a_run_that_may_not_go_on() {
    let (good, bad) = ([unit("p"), person("a", &[])].concat(), [unit("p"), person("a", &[BAD])]);
    let bad = bad.concat();
    assert!(ran(&good, &bad, |_| {}).refusal().starts_with("new.ldif:9:9: "));
    assert!(ran(&bad, &good, |_| {}).refusal().starts_with("old.ldif:9:9: "));
    assert!(ran(&bad, [bad.as_str(), &person("b", &[BAD])].concat(), |_| {}).result.is_err());
    let early = [person("z", &[BAD]), unit("p"), person("a", &[])].concat();
    assert!(ran(&bad, &early, |_| {}).refusal().starts_with("old.ldif:9:9: "), "OLD first");
}

#[test]
fn a_rejected_record_is_kept_with_its_error() {
    let old = [unit("p"), person("a", &["title: t"]), person("b", &["title: t"])].concat();
    let new = [unit("p"), person("a", &[BAD]), person("b", &["title: u"])].concat();
    let ran = going(old, new);
    assert_eq!(ran.done(), ["modify cn=b"]);
    assert_eq!(ran.report().rejected, 1);
    let record = person("a", &[BAD]);
    assert_eq!(
        ran.rejects,
        format!("# new.ldif:9:9: expected a base64 digit, but found `%`\n{record}")
    );
}

#[test]
fn nothing_rejected_is_an_empty_file() {
    let ran = going(unit("p"), [unit("p"), unit("q")].concat());
    assert_eq!((ran.rejects.as_str(), ran.report().rejected), ("", 0));
}

#[test]
fn counterparts_are_protected() {
    let (p, a) = (unit("p"), person("a", &["title: t"]));
    let bad = person("a", &[BAD]);
    let other = person("z", &["title: t"]);
    let changed = person("z", &["title: u"]);
    let old = [p.as_str(), &other].concat();
    let new = [p.as_str(), &changed].concat();
    let line = person("a", &["no colon here"]);
    let latin = person("a", &["my attr: x"]);
    let cases: &[(&str, String, String, &[&str])] = &[
        (
            "bad in NEW, OLD has it",
            [&old, &a].map(String::as_str).concat(),
            [&new, &bad].map(String::as_str).concat(),
            &["modify cn=z"],
        ),
        (
            "no colon in NEW",
            [old.as_str(), &a].concat(),
            [new.as_str(), &line].concat(),
            &["modify cn=z"],
        ),
        (
            "no attribute in NEW",
            [old.as_str(), &a].concat(),
            [new.as_str(), &latin].concat(),
            &["modify cn=z"],
        ),
        (
            "bad in OLD, NEW has it",
            [old.as_str(), &bad].concat(),
            [new.as_str(), &a].concat(),
            &["modify cn=z"],
        ),
        (
            "no colon in OLD",
            [old.as_str(), &line].concat(),
            [new.as_str(), &a].concat(),
            &["modify cn=z"],
        ),
        (
            "bad in both",
            [old.as_str(), &bad].concat(),
            [new.as_str(), &line].concat(),
            &["modify cn=z"],
        ),
        ("bad in OLD alone", [old.as_str(), &bad].concat(), new.clone(), &["modify cn=z"]),
        ("bad in NEW alone", old.clone(), [new.as_str(), &bad].concat(), &["modify cn=z"]),
    ];
    for (name, old, new, wanted) in cases {
        let ran = going(old, new);
        assert_eq!(ran.done(), *wanted, "{name}");
        assert_eq!(ran.report().rejected, if *name == "bad in both" { 2 } else { 1 }, "{name}");
    }
}

#[test]
fn a_record_that_may_be_any_entry_under_a_new_name_withholds_deletes() {
    let of = |cn: &str, id: &str| person(cn, &[id]);
    let uuid = |n: u32| format!("entryUUID: 00000000-0000-4000-8000-00000000000{n}");
    let old = [unit("p"), of("a", &uuid(1)), of("b", &uuid(2)), of("c", &uuid(3))].concat();
    let rest = [unit("p"), of("c", &uuid(3))].concat();
    for line in ["entryUUID:: !!!", "entryUUID 0000", "title:: !!!"] {
        let new = [rest.as_str(), &of("a2", line)].concat();
        let ran = going(&old, &new);
        assert_eq!(ran.done(), NONE, "{line}");
        let warning = ran.report().warnings.join("\n");
        assert!(
            warning.contains("all 2 deletes are withheld: the name or the identifier"),
            "{warning}"
        );
    }
    // It is known again, or stands for an entry of its own name.
    let renamed = person("a2", &[uuid(1).as_str(), BAD]);
    assert_eq!(going(&old, [rest.as_str(), &renamed].concat()).done(), ["delete cn=b"]);
    let named = of("a", "entryUUID:: !!!");
    assert_eq!(going(&old, [rest.as_str(), &named].concat()).done(), ["delete cn=b"]);
    // Without identifiers nothing is known again anyway.
    let old = [unit("p"), person("a", &[]), person("b", &[])].concat();
    let new = [unit("p"), person("a2", &[BAD]), person("b", &[])].concat();
    assert_eq!(going(&old, &new).done(), ["delete cn=a"]);
}

/// Once it was added again, under the name that NEW has for it.
#[test]
fn a_record_of_old_that_may_be_any_entry_of_new_withholds_adds() {
    let new = [known("ou=p", 1, &[]), known("cn=a2", 2, &[]), known("cn=n", 3, &["title: t"])];
    let nobody = |line: &str| entry("cn=a,o=x", &["objectClass: person", "cn: a", line]);
    let of = |bad: &str| going([new[0].as_str(), bad].concat(), new.concat());
    for line in ["entryUUID:: !!!", "entryUUID 0000", "title:: !!!"] {
        let ran = of(&nobody(line));
        assert_eq!((ran.done().as_slice(), ran.report().left_out.adds), (&[][..], 2), "{line}");
        let warning = ran.report().warnings.join("\n");
        assert!(warning.contains("all 2 adds are withheld: the name or the iden"), "{warning}");
    }
    // What has neither may have any name.
    assert_eq!(of("dn:: %%%\nobjectClass: person\ncn: a\n\n").done(), NONE);
    // It is known again by its identifier, or stands for an entry of its own name.
    assert_eq!(of(&known("cn=a", 2, &[BAD])).done(), ["add cn=n"]);
    assert_eq!(of(&nobody("entryUUID:: !!!").replace("cn=a", "cn=a2")).done(), ["add cn=n"]);
    // Who has the name in NEW is known to have had another.
    let both = [known("cn=b", 2, &[]), nobody("entryUUID:: !!!")].concat();
    let taken = [known("cn=a", 2, &[]), known("cn=n", 3, &[])].concat();
    assert_eq!(going(both, taken).done(), NONE);
    // Without identifiers nothing is known again anyway.
    let (old, new) = ([unit("p"), person("a", &[BAD])], [unit("p"), person("a2", &[])]);
    assert_eq!(going(old.concat(), new.concat()).done(), ["add cn=a2"]);
}

#[test]
fn of_duplicates_all_are_rejected() {
    let p = unit("p");
    let (a, b) = (person("a", &["title: 1"]), person("A", &["title: 2"]));
    let third = person("a", &["title: 3"]);
    let rest = person("z", &[]);
    let cases = [
        ("in NEW, OLD has it", [&p, &third, &rest], vec![&p, &a, &b, &rest]),
        ("in NEW, the same as OLD", [&p, &a, &rest], vec![&p, &a, &b, &rest]),
        ("in NEW alone", [&p, &rest, &rest], vec![&p, &a, &b, &rest]),
    ];
    for (name, old, new) in cases {
        let mut old: Vec<&str> = old.into_iter().map(String::as_str).collect();
        old.dedup();
        let new = new.into_iter().map(String::as_str).collect::<String>();
        let ran = going(old.concat(), new);
        assert_eq!(ran.done(), NONE, "{name}");
        assert_eq!(ran.report().rejected, 2, "{name}");
        assert!(ran.rejects.contains("title: 1") && ran.rejects.contains("title: 2"), "{name}");
    }
    let old = [&p, &a, &b, &rest].map(String::as_str).concat();
    for new in
        [[&p, &third, &rest].map(String::as_str).concat(), [&p, &rest].map(String::as_str).concat()]
    {
        let ran = going(&old, new);
        assert_eq!((ran.done().as_slice(), ran.report().rejected), (&[][..], 2));
    }
    let thrice = [&p, &a, &b, &third, &rest].map(String::as_str).concat();
    assert_eq!(going([p, rest].concat(), thrice).report().rejected, 3);
}

#[test]
fn without_a_name_nothing_is_deleted() {
    let old = [unit("p"), person("a", &[]), person("b", &["title: t"])].concat();
    for bad in ["dn: no name\ntitle: x\n\n", "title: x\n\n", "dn:: %%%\ntitle: x\n\n"] {
        let new =
            [unit("p").as_str(), &person("b", &["title: u"]), &person("c", &[]), bad].concat();
        let ran = going(&old, new);
        assert_eq!(ran.done(), ["add cn=c", "modify cn=b"], "{bad}");
        assert_eq!(ran.report().left_out.deletes, 1, "{bad}");
        assert!(ran.warns("all 1 deletes are withheld"), "{bad}");
    }
}

#[test]
fn an_identifier_that_can_be_read_protects_too() {
    let id = |n: u32| format!("entryUUID: 00000000-0000-0000-0000-{n:012}");
    let keep = |title: &str| person("z", &[&id(9), &format!("title: {title}")]);
    let old = [unit("p"), person("a", &[&id(1)]), person("b", &[&id(2)]), keep("t")].concat();
    let new = [unit("p"), person("renamed", &[&id(1), BAD]), keep("u")].concat();
    assert_eq!(going(&old, &new).done(), ["delete cn=b", "modify cn=z"]);
    assert_eq!(going(&new, &old).done(), ["add cn=b", "modify cn=z"]);
}

#[test]
fn an_identifier_protects_where_the_name_cannot_be_read() {
    let all = [known("ou=a", 1, &[]), known("cn=a", 2, &["title: t"])].concat();
    let other = all.replace("title: t", "title: u") + &known("cn=b,ou=a", 3, &[]);
    let spoilt = |text: &str, name: &str| text.replace(&format!("dn: {name},o=x"), "dn:: %%%");
    let ran = going(&all, spoilt(&other, "cn=a"));
    assert_eq!(ran.done(), ["add cn=b"], "it is not changed");
    let ran = going(spoilt(&all, "cn=a"), &other);
    assert_eq!(ran.done(), NONE, "it is not added, and may be called cn=b");
    let renamed = spoilt(&all.replace("cn=a", "cn=z"), "cn=z");
    let ran = going(&all, [renamed, known("cn=a", 4, &[])].concat());
    assert_eq!((ran.done().as_slice(), ran.report().left_out.adds), (&[][..], 1), "its name");
    let ran = going(spoilt(&all, "ou=a"), &other);
    assert_eq!((ran.done(), ran.report().left_out.adds), (vec!["modify cn=a".to_owned()], 1));
}

#[test]
fn a_tree_stays_whole_around_what_was_rejected() {
    let bad = |dn: &str| entry(dn, &["objectClass: organizationalUnit", BAD]);
    let below = person("a", &[]);
    let other = unit("q");
    let ran = going(&other, [other.as_str(), &bad("ou=p,o=x"), &below].concat());
    assert_eq!(
        (ran.done(), ran.report().left_out.adds),
        (Vec::new(), 1),
        "a parent that is not added"
    );
    let ran = going(
        [unit("p"), other.clone()].concat(),
        [other.as_str(), &bad("ou=p,o=x"), &below].concat(),
    );
    assert_eq!(ran.done(), ["add cn=a"], "a parent that stays");
    let ran = going(
        [other.as_str(), &bad("ou=p,o=x")].concat(),
        [other.as_str(), &unit("p"), &below].concat(),
    );
    assert_eq!(ran.done(), ["add cn=a"], "a parent that OLD has, whatever it holds");
    let child = bad("cn=a,ou=p,o=x");
    let ran = going([unit("p").as_str(), &child, &other].concat(), &other);
    assert_eq!((ran.done(), ran.report().left_out.deletes), (Vec::new(), 1), "a child that stays");
    let ran =
        going([unit("p").as_str(), &below, &other].concat(), [other.as_str(), &child].concat());
    assert_eq!(
        (ran.done(), ran.report().left_out.deletes),
        (Vec::new(), 1),
        "a child that is protected"
    );
}

/// An entry below `o=x` with an identifier.
fn known(rdn: &str, id: u32, lines: &[&str]) -> String {
    let id = format!("entryUUID: 00000000-0000-0000-0000-{id:012}");
    let naming = rdn.split(',').next().unwrap_or_default().replace('=', ": ");
    let class = match naming.starts_with("ou") {
        true => "objectClass: organizationalUnit",
        false => "objectClass: person\nsn: s",
    };
    entry(&format!("{rdn},o=x"), &[&[class, naming.as_str(), id.as_str()], lines].concat())
}

/// A group below `o=x` with these members.
fn group(members: &[&str]) -> String {
    let members: String = members.iter().map(|cn| format!("\nmember: cn={cn},o=x")).collect();
    entry("cn=g,o=x", &[&format!("objectClass: groupOfNames\ncn: g{members}")])
}

#[test]
fn references_to_what_is_rejected_do_not_come() {
    let [ann, bob] = [known("cn=ann", 1, &[]), known("cn=bob", 2, &[])];
    let bert = known("cn=bert", 2, &[]);
    let bad = |cn: &str, id| known(&format!("cn={cn}"), id, &[BAD]);
    let lists = |old: &[&str], new: &[&str], people: [&str; 2], more: &str| {
        let old = [ann.as_str(), &bob, &group(old)].concat();
        going(old, [people.concat().as_str(), &group(new), more].concat())
    };
    let ran = lists(&["ann"], &["zoe"], [&bad("zoe", 1), &bob], "");
    assert_eq!(ran.done(), NONE, "its new name does not come");
    assert!(ran.warns("1 value that names an entry which is left out"));
    let ran = lists(&["ann"], &["bob"], [&bad("bob", 1), &bert], "");
    assert_eq!(ran.done(), ["modrdn cn=bob"], "its new name is another's, who leaves it");
    let ran = lists(&["ann", "bob"], &["bob", "bert"], [&bad("bob", 1), &bert], "");
    assert!(ran.change.contains("add: member\nmember: cn=bert,o=x\n-\n"), "{}", ran.change);
    assert!(!ran.change.contains("add: member\nmember: cn=bob"), "{}", ran.change);
    let ran = lists(&["ann"], &["ann", "new"], [&ann, &bob], &bad("new", 7));
    assert_eq!(ran.done(), NONE, "it is not added");
    assert!(ran.warns("1 value that names an entry which is left out"));
}

#[test]
fn what_is_below_a_rejected_rename_stays_there() {
    let old = [
        known("ou=a", 1, &[]),
        known("cn=k,ou=a", 2, &[]),
        known("ou=b", 3, &[]),
        known("cn=m,ou=b", 4, &[]),
    ];
    let new = [
        known("ou=b", 1, &[BAD]),
        known("cn=k,ou=b", 2, &[]),
        known("ou=c", 3, &[]),
        known("cn=m,ou=c", 4, &[]),
        known("cn=n,ou=b", 5, &[]),
    ];
    let ran = going(old.concat(), new.concat());
    assert_eq!((ran.done(), ran.report().left_out.adds), (vec!["modrdn ou=b".to_owned()], 1));
}

/// What keeps its place below an entry that is renamed has another name all the same.
#[test]
fn references_follow_what_is_taken_along() {
    let at = |unit: &str, below: &str, lines: &[&str]| {
        let (ou, dn) = (format!("ou={unit}"), format!("ou={below},ou={unit}"));
        let group = group(&["z", &format!("k,{dn}")]);
        let units = [known(&ou, 1, &[]), known(&dn, 2, lines)].concat();
        [units, known(&format!("cn=k,{dn}"), 3, &[]), group].concat()
    };
    for (below, line) in [("c", BAD), ("B", BAD)] {
        for (old, new) in [(&[][..], &[line][..]), (&[line][..], &[][..])] {
            let ran = going(at("a", "b", old), at("z", below, new));
            let name = if below == "c" { "ou=b" } else { "ou=B" };
            let comes = format!("add: member\nmember: cn=k,{name},ou=z,o=x\n-\n");
            assert!(ran.change.contains(&comes), "{}", ran.change);
        }
    }
}

#[test]
fn what_is_below_a_record_without_a_name_does_not_come() {
    let old = [unit("p"), unit("q"), known("cn=a,ou=p", 1, &[]), known("cn=b,ou=p", 2, &[])];
    let top = entry("o=x", &["objectClass: organization", "o: x"]);
    let new = [
        unit("p"),
        unit("q"),
        "dn:: %%%\nobjectClass: organizationalUnit\nou: n\n\n".to_owned(),
        known("cn=a,ou=n", 1, &[]),
        known("cn=b,ou=q", 2, &[]),
        known("cn=c,ou=n", 3, &[]),
    ];
    let ran = going([top.clone(), old.concat()].concat(), [top, new.concat()].concat());
    assert_eq!(ran.done(), ["modrdn cn=b"]);
    assert_eq!((ran.report().left_out.renames, ran.report().left_out.adds), (1, 1));
}

#[test]
fn a_name_that_is_known_to_be_left_tells_nothing() {
    let old = [known("cn=a", 1, &[]), known("cn=b", 2, &[]), known("cn=c", 3, &[])];
    let new = [known("cn=b", 1, &[]), known("cn=c", 3, &[])].concat();
    let stranger = entry("cn=a,o=x", &["objectClass: person", "entryUUID 0"]);
    let ran = going(old.concat(), [new, stranger].concat());
    assert_eq!(ran.done(), NONE);
    assert!(ran.warns("all 1 deletes are withheld"));
}

#[test]
fn what_was_rejected_below_a_renamed_unit_is_not_added_again() {
    let at = |unit: &str, line: &str| {
        let dn = format!("cn=k,ou={unit},o=x");
        [known(&format!("ou={unit}"), 1, &[]), entry(&dn, &["objectClass: person", line])].concat()
    };
    let ran = going(at("a", BAD), at("b", "cn: k"));
    assert_eq!(ran.done(), ["modrdn ou=a"]);
}

#[test]
fn duplicates_of_a_renamed_entry_are_rejected_like_others() {
    let old = [known("ou=a", 1, &[]), known("cn=a", 2, &[])].concat();
    let twice = [known("ou=a", 1, &[]), known("cn=z", 2, &[]), known("cn=z", 2, &[])].concat();
    let ran = going(&old, &twice);
    assert_eq!((ran.done().as_slice(), ran.report().rejected), (&[][..], 2));
    let ran = going(&twice, &old);
    assert_eq!((ran.done().as_slice(), ran.report().rejected), (&[][..], 2));
}

/// Nobody knows whether it lets the value go.
#[test]
fn a_unique_value_of_a_rejected_entry_is_given_to_nobody() {
    let one = |a: &[&str], b: &[&str]| [unit("p"), person("a", a), person("b", b)].concat();
    let held = one(&["mail: m@x"], &[]);
    for (old, new) in [
        (one(&["mail: m@x", BAD], &[]), one(&["mail: other@x"], &["mail: m@x"])),
        (held.clone(), one(&["mail: other@x", BAD], &["mail: m@x", "title: t"])),
    ] {
        let ran = going(old, new);
        assert_eq!((ran.done(), ran.report().left_out.modifies), (Vec::new(), 1));
    }
    // Where the other keeps it in NEW, too, it is no value that only one has.
    let ran = going(&held, one(&["mail: m@x", BAD], &["mail: m@x"]));
    assert_eq!(ran.done(), ["modify cn=b"]);
}

#[test]
fn what_is_no_record_is_skipped_to_the_next_empty_line() {
    let old = [unit("p"), person("a", &["title: t"])].concat();
    let new = [" stray\n\n", &unit("p"), &person("a", &["title: u"])].concat();
    let ran = going(&old, new);
    assert_eq!((ran.done(), ran.report().rejected), (vec!["modify cn=a".to_owned()], 1));
    assert!(ran.rejects.ends_with("continue\n stray\n\n"), "{}", ran.rejects);
    let change = "dn: cn=z,ou=p,o=x\nchangetype: delete\n\n";
    let new = [unit("p").as_str(), change, &person("a", &["title: u"])].concat();
    assert_eq!(going(&old, new).done(), ["modify cn=a"]);
}

/// A bad add of `ldifde`'s ended the run with a fault of the record that continues it.
#[test]
fn what_continues_a_bad_record_is_rejected_with_it() {
    let add = |record: String| record.replacen('\n', "\nchangetype: add\n", 1);
    let more = |cn: &str| {
        format!("dn: cn={cn},o=x\nchangetype: modify\nadd: member\nmember: cn=b,o=x\n-\n\n")
    };
    let old = [known("cn=a", 1, &[]), known("cn=b", 2, &["title: t"]), group(&["a", "b"])];
    let new = |lines: &[&str]| {
        let a = known("cn=a", 1, &[]) + &known("cn=b", 2, &["title: u"]);
        let group = group(&["a"]).replace("member", &format!("{}member", lines.concat()));
        (a, group)
    };
    let file = |group: &str, last: &str| {
        let (people, _) = new(&[]);
        let people = people.split_inclusive("\n\n").map(|one| add(one.to_owned()));
        [people.collect::<String>(), group.to_owned(), more("g"), last.to_owned()].concat()
    };
    let sound = add(new(&[]).1);
    assert_eq!(going(old.concat(), file(&sound, "")).done(), ["modify cn=b"]);
    let bad = add(new(&["title:: %%%\n"]).1);
    for (group, last, rejected) in
        [(bad.as_str(), "", 2), ("", "", 1), (&sound, &more("z"), 1), ("", &add(unit("n")), 1)]
    {
        let ran = going(old.concat(), file(group, last));
        let added = last.contains("ou=n").then_some("add ou=n");
        let wanted: Vec<&str> = added.into_iter().chain(["modify cn=b"]).collect();
        assert_eq!(ran.done(), wanted, "{group}{last}");
        assert_eq!(ran.report().rejected, rejected, "{group}{last}");
        assert!(ran.rejects.contains("-\n\n"), "{}", ran.rejects);
        let back = going(file(group, last), old.concat());
        assert_eq!(back.report().rejected, rejected, "{group}{last}");
        assert!(!back.done().contains(&"add cn=g".to_owned()), "{:?}", back.done());
    }
}

/// It was once taken for a whole record, and what it had lost would have been deleted.
#[test]
fn a_record_that_goes_on_behind_an_empty_line_is_rejected_too() {
    let whole = person("a", &["title: one and two", "mail: a@x"]);
    let cut = whole.replace(" and two", "\n\n  and two");
    assert!(cut.contains("title: one\n\n  and two\nmail"), "{cut}");
    let rest = person("b", &["title: u"]);
    let old = [unit("p"), whole.clone(), person("b", &["title: t"]), person("c", &[])].concat();
    for new in [cut.clone(), cut.replace("\n\n", "\n\n\r\n\n"), cut.replace('\n', "\r\n")] {
        let (new, size) = ([unit("p"), new, rest.clone()].concat(), old.len());
        let ran = going(&old, &new);
        assert_eq!(ran.done(), ["delete cn=c", "modify cn=b"], "{new}");
        assert_eq!(ran.report().rejected, 2);
        // Wherever the work is divided.
        for part in 1..size {
            let going = |options: &mut Options| {
                options.keep_going = true;
                options.part = part;
            };
            assert_eq!(self::ran(&old, &new, going).change, ran.change, "{part}");
        }
        let back = going(&new, &old);
        assert_eq!(back.done(), ["add cn=c", "modify cn=b"], "{new}");
    }
}

/// The lines before an error were once counted anew for each.
#[test]
fn where_a_bad_record_stands_does_not_matter_for_the_time() {
    let bad: String = (0..8000).map(|n| person(&format!("p{n}"), &[BAD])).collect();
    let comment = format!("# {}\n", "x".repeat(1 << 20)).repeat(48);
    let timed = |new: String| {
        let start = Instant::now();
        assert_eq!(going(unit("p"), new).report().rejected, 8000);
        start.elapsed()
    };
    let early = timed([unit("p").as_str(), &bad, &comment].concat());
    let late = timed([unit("p").as_str(), &comment, &bad].concat());
    assert!(late < 3 * early + Duration::from_secs(1), "{early:?} {late:?}");
}

#[test]
fn truncation_is_no_bad_record() {
    let old = [unit("p"), person("a", &[])].concat();
    let cut = old.trim_end();
    assert!(ran(&old, cut, |o| o.keep_going = true).refusal().contains("expected a line end"));
    let failed = [old.as_str(), "search: 2\nresult: 4 Size limit exceeded\n\n"].concat();
    assert!(ran(&old, failed, |o| o.keep_going = true).refusal().contains("result 4"));
    let all_bad = person("a", &[BAD]);
    let refused = ran(&old, all_bad, |o| o.keep_going = true).refusal();
    assert!(refused.contains("but found 0"), "{refused}");
}

/// An entry got the name that a record of OLD may have whose name cannot be read.
#[test]
fn no_name_is_taken_that_a_record_without_a_name_may_have() {
    let known = |name: &str, id: u32| {
        person(name, &[&format!("entryUUID: 00000000-0000-4000-8000-{id:012}")])
    };
    let nameless = person("b", &[]).replacen("dn: ", "dn:: %%%", 1);
    let old = [unit("p"), known("a", 1), known("c", 2), nameless].concat();
    let ran = |new: String| going(old.clone(), new);
    assert_eq!(ran([unit("p"), known("b", 1), known("c", 2)].concat()).done(), NONE);
    // A name that OLD has is free when its entry leaves it; what waits for another waits with it.
    assert_eq!(
        ran([unit("p"), known("c", 1), known("a", 2)].concat()).done().len(),
        3,
        "a circle of known names"
    );
    assert_eq!(ran([unit("p"), known("c", 1), known("d", 2)].concat()).done(), NONE);
    // Where its identifier tells what it will be called, it still has a name that nobody knows.
    let nameless = nameless_of("00000000-0000-4000-8000-000000000003");
    let old = [unit("p"), known("a", 1), nameless].concat();
    let new = [unit("p"), known("b", 1), known("c", 3), known("d", 9)].concat();
    assert_eq!(going(old, new).done(), NONE);
}

fn nameless_of(identifier: &str) -> String {
    person("b", &[&format!("entryUUID: {identifier}")]).replacen("dn: ", "dn: foo", 1).replacen(
        "foocn=b,ou=p,o=x",
        "foo",
        1,
    )
}

/// A record of NEW whose name cannot be read may have the name that an entry gives up: what is below that name is its.
#[test]
fn nothing_is_below_a_name_that_a_bad_record_may_have() {
    let one = |name: &str, id: u32| {
        entry(
            &format!("ou={name},o=x"),
            &[
                "objectClass: organizationalUnit",
                &format!("ou: {name}"),
                &format!("entryUUID: 00000000-0000-4000-8000-{id:012}"),
            ],
        )
    };
    let below = |unit: &str, id: u32| {
        entry(
            &format!("cn=k,ou={unit},o=x"),
            &[
                "objectClass: person",
                "cn: k",
                "sn: s",
                &format!("entryUUID: 00000000-0000-4000-8000-{id:012}"),
            ],
        )
    };
    let nameless = one("b", 9).replacen("dn: ou=b,o=x", "dn: foo", 1);
    let all = |parts: &[&String]| parts.iter().map(|part| part.as_str()).collect::<String>();
    let (b, c, z) = (one("b", 3), one("c", 3), one("z", 4));
    // It comes, it is moved there, and it was there and stays.
    let comes = going(all(&[&z, &b]), all(&[&z, &c, &nameless, &below("b", 8)]));
    assert_eq!(comes.done(), ["modrdn ou=b"]);
    let moved = going(all(&[&z, &b, &below("z", 8)]), all(&[&z, &c, &nameless, &below("b", 8)]));
    assert_eq!(moved.done(), ["modrdn ou=b"]);
    let stays = going(all(&[&z, &b, &below("b", 8)]), all(&[&z, &c, &nameless, &below("b", 8)]));
    assert_eq!(stays.done(), NONE);
    // What goes along is no evidence.
    let along = going(all(&[&z, &b, &below("b", 8)]), all(&[&z, &c, &nameless, &below("c", 8)]));
    assert_eq!(along.done(), ["modrdn ou=b"]);
    let under = going(all(&[&z, &b]), all(&[&z, &c, &nameless, &below("c", 8)]));
    assert_eq!(under.done(), ["modrdn ou=b", "add cn=k"]);
}
