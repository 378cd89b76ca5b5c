//! `apply --keep-going`: records of the export that cannot be read are left out, kept as comments, and
//! protected.

use std::collections::BTreeSet;

use crate::apply::{KNOWN, draw};
use crate::ldif::{self, Change, Kind};
use crate::library::{entry, person, unit};
use crate::model;
use crate::rng::Rng;
use crate::tree::{Key, Name, Tree, assert_same};
use crate::trees::Case;
use crate::util::{Dir, Outcome, assert_same_text, cases, for_seeds, run};

const BAD: &str = "title:: %%%";
/// What is said of a change that a record which was rejected stands in the way of.
const AMONG: &str = "is among what was rejected";
const NAMELESS: &str = "cannot be read";

/// A run that goes on; its rejects as text.
fn going(dir: &Dir, export: impl AsRef<[u8]>, changes: impl AsRef<[u8]>) -> (Outcome, String) {
    dir.write("old.ldif", export);
    dir.write("c.ldif", changes);
    let args = ["apply", "old.ldif", "c.ldif", "--keep-going", "--rejects", "r.ldif"];
    let ran = run(dir, args).expect(5);
    let rejects = String::from_utf8(dir.read("r.ldif")).expect("text");
    (ran, rejects)
}

fn text(outcome: &Outcome) -> String {
    String::from_utf8(outcome.stdout.clone()).expect("text")
}

fn commented(record: &str) -> String {
    record.trim_end().lines().map(|line| format!("# {line}\n")).collect::<String>() + "\n"
}

fn delete(dn: &str) -> String {
    format!("dn: {dn}\nchangetype: delete\n\n")
}

fn rename(dn: &str, rdn: &str, superior: &str) -> String {
    let rename = format!("dn: {dn}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\n");
    if superior.is_empty() { rename + "\n" } else { format!("{rename}newsuperior: {superior}\n\n") }
}

fn add(record: &str) -> String {
    record.replacen('\n', "\nchangetype: add\n", 1)
}

#[test]
fn a_bad_record_of_the_export_is_left_out_and_kept() {
    let dir = Dir::new();
    let bad = person("a", &[BAD]);
    let export = ["version: 1\n\n", &unit("p"), "# about a\n", &bad, &person("b", &[])].concat();
    let (ran, rejects) = going(&dir, export, "dn: cn=b,ou=p,o=x\nchangetype: delete\n");
    assert!(ran.stderr.contains("3 entries read"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 record rejected, 1 entry written"), "{}", ran.stderr);
    assert_eq!(text(&ran), ["version: 1\n\n", &unit("p")].concat());
    let why = "# old.ldif:12:9: expected a base64 digit, but found `%`\n# # about a\n";
    assert_eq!(rejects, why.to_owned() + &commented(&bad));
    let args = ["apply", "old.ldif", "c.ldif", "--keep-going", "-q", "--summary", "s.json"];
    run(&dir, args).expect(5);
    let summary = String::from_utf8(dir.read("s.json")).expect("text");
    assert!(summary.contains("\"records_rejected\": 1,\n  \"rejected\": 0,"), "{summary}");
    // Without a change there is no other export either, and what counts the entries goes.
    let (still, _) = going(&dir, [&unit("p"), &bad, "# numEntries: 2\n"].concat(), "# none\n");
    assert_eq!(text(&still), unit("p"));
    run(&dir, ["apply", "old.ldif", "c.ldif"]).expect(2);
}

#[test]
fn what_cannot_be_told_from_another_record_is_rejected_with_it() {
    let dir = Dir::new();
    let cut = person("a", &["title: one", "", " and two", "mail: a@x"]);
    let export = [unit("p"), cut, person("b", &[])].concat();
    let title = "dn: cn=a,ou=p,o=x\nchangetype: modify\nreplace: title\ntitle: t\n-\n\n";
    let (ran, rejects) = going(&dir, &export, [title, &delete("cn=b,ou=p,o=x")].concat());
    assert_eq!(text(&ran), unit("p"));
    let rejected = ["# title: one\n", "#  and two\n# mail: a@x\n", AMONG];
    assert!(rejected.iter().all(|part| rejects.contains(part)), "{rejects}");
    // A large group as `ldifde` writes it, of which the first record cannot be read, or is not there.
    let more = "dn: cn=g,ou=p,o=x\nchangetype: modify\nadd: member\nmember: cn=b,o=x\n-\n\n";
    let bad = entry("cn=g,ou=p,o=x", &["objectClass: groupOfNames", "cn: g", BAD]);
    for bad in [add(&bad), String::new()] {
        let export = [add(&unit("p")), bad, more.to_owned()].concat();
        let (ran, rejects) = going(&dir, export, delete("cn=g,ou=p,o=x"));
        assert_eq!(text(&ran), add(&unit("p")));
        assert!(rejects.contains("# add: member\n") && rejects.contains(AMONG), "{rejects}");
    }
}

#[test]
fn what_was_rejected_is_there_and_is_not_touched() {
    let dir = Dir::new();
    let bad = |dn: &str| entry(dn, &["objectClass: organizationalUnit", BAD]);
    let (a, b) = ("ou=a,ou=p,o=x", "cn=b,ou=p,o=x");
    let below = entry(&format!("cn=k,{a}"), &["objectClass: person", "cn: k", "sn: k"]);
    let export = [unit("p"), unit("q"), bad(a), below, person("b", &[])].concat();
    let new = |dn: &str| add(&entry(dn, &["objectClass: person", "cn: n", "sn: n"]));
    let modify = |dn: &str| format!("dn: {dn}\nchangetype: modify\nadd: sn\nsn: m\n-\n\n");
    let k = format!("cn=k,{a}");
    for (changes, refused) in [
        (delete(a), AMONG),
        (modify(&a.to_uppercase()), AMONG),
        (rename(a, "ou=z", ""), AMONG),
        (new(a), AMONG),
        (new(&format!("cn=n,{a}")), AMONG),
        (rename(b, "cn=b", a), AMONG),
        (rename(b, "ou=a", ""), AMONG),
        (delete("ou=p,o=x"), "but found 3, 1 of them among what was rejected"),
        (delete(&k) + &delete(b) + &delete("ou=p,o=x"), "but found 1, 1 of them among"),
        (rename("ou=p,o=x", "ou=r", "ou=q,o=x") + &delete("ou=a,ou=r,ou=q,o=x"), AMONG),
        (rename("ou=p,o=x", "ou=r", "ou=q,o=x") + &delete("ou=q,o=x"), "but found 4, 1 of them"),
        (rename("ou=p,o=x", "ou=r", "") + &delete("ou=a,ou=p,o=x"), "noSuchObject"),
        // What hangs on no more than its being there is done.
        (delete(&k), ""),
        (modify(&k), ""),
        (rename(&k, "cn=l", ""), ""),
        (rename(&k, "cn=l", a), ""),
        (rename("ou=p,o=x", "ou=r", "") + &new("ou=p,o=x") + &new("ou=a,ou=p,o=x"), ""),
    ] {
        let (ran, rejects) = going(&dir, &export, &changes);
        let blocks: Vec<&str> = rejects.trim_end().split("\n\n").collect();
        let is_as_said = match refused {
            "" => blocks.len() == 1,
            said => blocks.len() == 2 && blocks[1].contains(said),
        };
        assert!(is_as_said, "{changes}\n{refused}\n{rejects}");
        assert!(blocks[0].ends_with(commented(&bad(a)).trim_end()), "{rejects}");
        assert!(!text(&ran).contains("title"), "{changes}");
    }
    let (_, rejects) = going(&dir, &export, rename("ou=p,o=x", "ou=r", "ou=q,o=x"));
    let now = "# an entry above this one was renamed, and it is now: ou=a,ou=r,ou=q,o=x\n";
    assert!(rejects.starts_with(now), "{rejects}");
}

#[test]
fn of_records_of_one_name_all_are_rejected() {
    let dir = Dir::new();
    let (a, again, bad) = (person("a", &[]), person("A", &["title: t"]), person("a", &[BAD]));
    let modify = "dn: cn=a,ou=p,o=x\nchangetype: modify\nadd: title\ntitle: m\n-\n";
    for (twice, count) in [
        (vec![&a, &again], 2),
        (vec![&a, &bad], 2),
        (vec![&bad, &a], 2),
        (vec![&bad, &bad], 2),
        (vec![&a, &again, &a], 3),
    ] {
        let rest = [&unit("p"), &person("z", &[])];
        let export: String = rest.iter().copied().chain(twice).map(String::as_str).collect();
        let (ran, rejects) = going(&dir, export, modify);
        assert_eq!(text(&ran), rest.map(String::as_str).concat());
        assert_eq!(rejects.matches("\n# objectClass: person\n").count(), count, "{rejects}");
        assert!(rejects.contains(AMONG) && rejects.ends_with(&format!("{modify}\n")), "{rejects}");
    }
}

#[test]
fn without_a_name_nothing_of_the_export_is_deleted() {
    let dir = Dir::new();
    let new = add(&person("n", &[]));
    for bad in ["dn: no name\ntitle: x\n\n", "title: x\n\n", "dn:: %%%\n\n", "result: x\n\n"] {
        let export = [&unit("p"), "# c\n\n# d\n", bad, &person("b", &[])].concat();
        let changes = [delete("cn=b,ou=p,o=x"), new.clone(), delete("cn=n,ou=p,o=x")].concat();
        let (ran, rejects) = going(&dir, &export, changes);
        assert_eq!(text(&ran), [&unit("p"), "# c\n\n", &person("b", &[])].concat(), "{bad}");
        assert!(rejects.contains(NAMELESS) && ran.stderr.contains("1 add, 1 delete"), "{rejects}");
        assert!(rejects.contains(&format!("# # d\n{}", commented(bad))), "{rejects}");
    }
}

#[test]
fn an_entry_goes_with_the_records_that_continue_it() {
    let dir = Dir::new();
    let group = |dn: &str, lines: &[&str]| {
        add(&entry(dn, &[&["objectClass: groupOfNames"], lines].concat()))
    };
    let more =
        |dn: &str, lines: &str| format!("dn: {dn}\nchangetype: modify\nadd: member\n{lines}-\n\n");
    let (g, h) = ("cn=g,ou=p,o=x", "cn=h,ou=p,o=x");
    let export = [
        add(&unit("p")),
        group(g, &["member: cn=1"]),
        more(g, "member: cn=2\n"),
        more(g, "member:: %%%\n"),
        group(h, &["member: cn=1"]),
        more(h, "member: cn=2\n"),
    ];
    let (ran, rejects) = going(&dir, export.concat(), delete(g));
    assert_eq!(text(&ran), [&export[0], &export[4], &export[5]].map(String::as_str).concat());
    assert_eq!(rejects.matches("# dn: cn=g,").count(), 3, "{rejects}");
}

/// What was rejected is counted where it is now. Counted anew at each rename it took minutes for so many.
#[test]
fn what_was_rejected_is_counted_once() {
    const MANY: usize = 4000;
    let suffix = "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned();
    let unit =
        |name: &str| format!("dn: ou={name},dc=x\nobjectClass: organizationalUnit\nou: {name}\n\n");
    let bad = (0..MANY).map(|n| format!("dn: cn={n},ou=a,dc=x\n{BAD}\n\n"));
    let export = [suffix, unit("a"), unit("b0"), unit("c")].into_iter().chain(bad);
    let pairs = (0..MANY).map(|n| {
        rename(&format!("ou=b{n},dc=x"), &format!("ou=b{}", n + 1), "dc=x") + &delete("ou=a,dc=x")
    });
    let moved =
        rename("ou=a,dc=x", "ou=d", "ou=c,dc=x") + &delete("ou=d,ou=c,dc=x") + &delete("ou=c,dc=x");
    let changes: String = pairs.chain([moved]).collect();
    let (_, rejects) = going(&Dir::new(), export.collect::<String>(), changes);
    assert_eq!(rejects.matches(", 4,000 of them among what was rejected").count(), MANY + 2);
    assert_eq!(rejects.matches("found 4,001, ").count(), 1);
}

#[test]
fn the_rest_is_as_the_model_says() {
    for_seeds("apply with bad records", cases(), |_, rng| {
        let start = Case::sized(rng, 30, 0).old.tree();
        let (mut tree, bad) = (start.clone(), spoilt(&start, rng));
        let mut now = bad.clone();
        let at = std::cell::RefCell::new(&mut now);
        let records = draw(&mut tree, rng, &KNOWN, |change, tree| {
            let mut bad = at.borrow_mut();
            if is_in_the_way(change, &bad) {
                return Some(66);
            }
            let done = model::apply_one(tree, change);
            if let (Ok(()), Kind::Rename(..)) = (&done, &change.kind) {
                let (from, to) = names(change);
                **bad = bad.iter().map(|key| moved(key, &from, &to)).collect();
            }
            done.err()
        });
        tree.entries.retain(|key, _| !now.contains(key));
        let dir = Dir::new();
        let texts: Vec<&str> = records.iter().map(|(text, _)| text.as_str()).collect();
        let (ran, rejects) = going(&dir, spoil(&start, &bad), texts.join("\n\n") + "\n");
        assert_same("after the changes", &tree, &ldif::read_content(&ran.stdout));
        let refused = records.iter().filter(|(_, code)| code.is_some());
        let refused: Vec<&str> = refused.map(|(text, _)| text.as_str()).collect();
        // What can be applied again is no comment.
        let blocks = rejects.trim_end().split("\n\n");
        let found = blocks.filter_map(|block| block.split_once('\n'));
        let found: Vec<&str> =
            found.map(|(_, record)| record).filter(|r| !r.starts_with('#')).collect();
        assert_same_text("refused", &refused.join("\n\n"), &found.join("\n\n"));
    });
}

/// Some entries of a tree, not its top.
fn spoilt(tree: &Tree, rng: &mut Rng) -> BTreeSet<Key> {
    let keys: Vec<&Key> = tree.entries.keys().skip(1).collect();
    let count = rng.between(1, 4);
    (0..count).filter_map(|_| rng.pick(&keys).map(|key| (*key).clone())).collect()
}

/// The export, in which these cannot be read.
fn spoil(tree: &Tree, bad: &BTreeSet<Key>) -> Vec<u8> {
    let text = ldif::write(tree);
    let mut spoilt = Vec::new();
    for block in ldif::blocks(&text) {
        let key = Name::parse(&block.lines[0].1).expect("a DN").key();
        let record = text[block.text].trim_ascii_end();
        spoilt.extend_from_slice(record);
        spoilt.extend_from_slice(if bad.contains(&key) { b"\ntitle:: %%%\n\n" } else { b"\n\n" });
    }
    spoilt
}

/// The names that a change is about: its own, and for a rename the new one.
fn names(change: &Change) -> (Key, Key) {
    let name = Name::parse(&change.dn).expect("a DN");
    let Kind::Rename(rdn, _, superior) = &change.kind else { return (name.key(), name.key()) };
    let above = match superior {
        Some(superior) => Name::parse(superior).expect("a DN"),
        None => Name(name.0[1..].to_vec()),
    };
    let rdn = Name::parse(rdn).expect("an RDN").0;
    (name.key(), Name([rdn, above.0].concat()).key())
}

fn is_in_the_way(change: &Change, bad: &BTreeSet<Key>) -> bool {
    let (from, to) = names(change);
    let comes = !matches!(change.kind, Kind::Modify(_) | Kind::Delete);
    let stays =
        from[..from.len() - 1] == to[..to.len() - 1] && !matches!(change.kind, Kind::Add(_));
    bad.contains(&from)
        || bad.contains(&to)
        || (comes && !stays && bad.contains(&to[..to.len() - 1]))
}

fn moved(key: &Key, from: &Key, to: &Key) -> Key {
    match key.strip_prefix(from.as_slice()) {
        Some(below) => [to.as_slice(), below].concat(),
        None => key.clone(),
    }
}
