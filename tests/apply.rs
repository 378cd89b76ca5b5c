//! `apply`: what a change makes of an export, held against a model of a server and a real one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::changes;
use crate::ldif;
use crate::model;
use crate::plan::Plan;
use crate::rng::Rng;
use crate::rules;
use crate::slapd::{Overlay, Server, available, result_code, schema_files};
use crate::speller::respell;
use crate::tree::{Entry, Key, Name, Tree, assert_same};
use crate::trees::Case;
use crate::util::{Dir, Outcome, assert_same_text, cases, for_seeds, run};

/// The results that `apply` knows whatever it knows of the server's schema.
pub const KNOWN: [u32; 10] = [16, 18, 19, 20, 32, 53, 64, 66, 68, 69];
/// What it knows as well where `--schema` says what classes allow.
const BY_SCHEMA: [u32; 11] = [16, 18, 19, 20, 32, 53, 64, 65, 66, 68, 69];

/// Applies files of changes to an export; the names of both stand before the options.
fn apply(dir: &Dir, args: &str, status: i32) -> Outcome {
    let args: Vec<&str> = std::iter::once("apply").chain(args.split(' ')).collect();
    run(dir, args).expect(status)
}

/// Writes the files of a change and answers their names.
fn written(dir: &Dir, name: &str, parts: &[Vec<u8>]) -> String {
    let mut names = String::new();
    for (n, part) in parts.iter().enumerate() {
        dir.write(&format!("{name}.{n}"), part);
        let _ = write!(names, " {name}.{n}");
    }
    names
}

#[test]
fn what_diff_writes_leads_to_new_and_back() {
    for_seeds("apply the difference", cases(), |_, rng| {
        let case = Case::draw(rng);
        let (old, new) = (case.old.tree(), case.new.tree());
        let dir = Dir::new();
        dir.write("edits.txt", case.edits.join("\n"));
        let in_order = rng.chance(50);
        let texts = match in_order {
            true => (ldif::write(&old), ldif::write(&new)),
            false => (respell(&old, rng), respell(&new, rng)),
        };
        let plan = Plan::of(&dir, &texts.0, &texts.1);
        let (change, undo) = (written(&dir, "c", &plan.change), written(&dir, "u", &plan.undo));
        let there = apply(&dir, &format!("old.ldif{change}"), 0).stdout;
        assert_same("the change", &new, &ldif::read_content(&there));
        let back = apply(&dir, &format!("old.ldif{change}{undo}"), 0).stdout;
        assert_same("the undo", &old, &ldif::read_content(&back));
        if in_order {
            assert_parents_first(&there);
            assert_parents_first(&back);
        }
    });
}

#[test]
fn a_part_of_a_directory_is_led_to_new_as_well() {
    for_seeds("apply to a part", cases(), |_, rng| {
        let case = Case::draw(rng);
        let (mut old, mut new) = (case.old.tree(), case.new.tree());
        // What is below some entry, without its upper levels: parents are outside, never between.
        let keys: Vec<Key> = old.entries.keys().chain(new.entries.keys()).cloned().collect();
        let base = rng.pick(&keys).expect("a tree with entries");
        let base = base[..rng.between(1, base.len())].to_vec();
        let depth = rng.below(base.len() + 2);
        for tree in [&mut old, &mut new] {
            tree.entries.retain(|key, _| key.starts_with(&base) && key.len() > depth);
        }
        if old.entries.is_empty() || new.entries.is_empty() {
            return;
        }
        let dir = Dir::new();
        let plan = Plan::of(&dir, &respell(&old, rng), &respell(&new, rng));
        let (change, undo) = (written(&dir, "c", &plan.change), written(&dir, "u", &plan.undo));
        let there = apply(&dir, &format!("old.ldif{change}"), 0).stdout;
        assert_same("the change", &new, &ldif::read_content(&there));
        let back = apply(&dir, &format!("old.ldif{change}{undo}"), 0).stdout;
        assert_same("the undo", &old, &ldif::read_content(&back));
    });
}

#[test]
fn a_parent_is_missing_where_the_export_would_show_it() {
    let dir = Dir::new();
    let ou = |dn: &str| {
        let name = dn[3..].split(',').next().expect("a name");
        format!("dn: {dn}\nobjectClass: organizationalUnit\nou: {name}\n\n")
    };
    let add = |dn: &str| ou(dn).replace("objectClass", "changetype: add\nobjectClass");
    let export = ou("ou=p,dc=x") + &ou("ou=a,ou=gap,ou=p,dc=x") + &ou("ou=q,dc=x");
    for (parent, is_there) in [
        ("ou=p,dc=x", true),
        ("ou=none,ou=p,dc=x", false),
        ("ou=none,ou=none,ou=p,dc=x", false),
        ("ou=none,ou=a,ou=gap,ou=p,dc=x", false),
        // What stands in the name of an entry and has no record was left out of the export.
        ("ou=gap,ou=p,dc=x", true),
        ("ou=none,ou=gap,ou=p,dc=x", true),
        ("ou=none,ou=none,ou=gap,ou=p,dc=x", true),
        // Above all the export has it shows nothing.
        ("dc=x", true),
        ("ou=r,dc=x", true),
        ("ou=none,ou=r,dc=x", true),
        ("dc=y", true),
    ] {
        dir.write("old.ldif", &export);
        let dn = format!("ou=new,{parent}");
        let rename = format!(
            "dn: ou=q,dc=x\nchangetype: modrdn\nnewrdn: ou=new\ndeleteoldrdn: 1\n\
             newsuperior: {parent}\n"
        );
        for change in [add(&dn), rename] {
            dir.write("c.ldif", change);
            let out = apply(&dir, "old.ldif c.ldif -q", if is_there { 0 } else { 2 });
            assert_eq!(out.stderr.contains("the parent"), !is_there, "{parent}: {}", out.stderr);
        }
    }
    // What the changes did is known.
    for changes in [
        "dn: ou=q,dc=x\nchangetype: delete\n\n".to_owned() + &add("ou=new,ou=q,dc=x"),
        add("ou=r,dc=x") + &add("ou=new,ou=none,ou=r,dc=x"),
    ] {
        dir.write("c.ldif", changes);
        apply(&dir, "old.ldif c.ldif -q", 2);
    }
}

/// A server loads what is written: where the export has parents first, so has the result.
fn assert_parents_first(text: &[u8]) {
    let mut seen: BTreeSet<Key> = BTreeSet::new();
    for block in ldif::blocks(text) {
        let (_, dn) = &block.lines[0];
        let key = Name::parse(dn).expect("a DN").key();
        let above = key[..key.len() - 1].to_vec();
        let is_there = seen.is_empty() || seen.contains(&above);
        assert!(is_there, "{} before its parent", String::from_utf8_lossy(dn));
        seen.insert(key);
    }
}

#[test]
fn it_answers_as_the_model_does() {
    for_seeds("apply random changes", cases(), |_, rng| {
        let start = Case::sized(rng, 30, 0).old.tree();
        let mut tree = start.clone();
        let verdict = |change: &ldif::Change, tree: &mut Tree| model::apply_one(tree, change).err();
        let records = draw(&mut tree, rng, &BY_SCHEMA, verdict);
        let dir = Dir::new();
        dir.write("model.schema", rules::as_schema());
        agrees(&dir, (&start, &tree), &records, "--schema model.schema", rng);
    });
}

/// What a class that is built in does not allow, a server's own may.
#[test]
fn it_answers_as_slapd_does() {
    if !available("apply as slapd does") {
        return;
    }
    for_seeds("apply as slapd does", cases() / 3, |_, rng| {
        let start = Case::sized(rng, 30, 0).old.tree();
        let server = Server::holding(Overlay::None, &ldif::write(&start));
        let mut tree = start.clone();
        let knows_all = rng.chance(50);
        let verdict = |change: &ldif::Change, tree: &mut Tree| {
            let _ = model::apply_one(tree, change);
            let text = ldif::write_changes(std::slice::from_ref(change));
            let said = server.apply(&text).err()?;
            let of_allowing = ["not allowed", "invalid structural object class chain"];
            let is_known = knows_all || !of_allowing.iter().any(|words| said.contains(words));
            let code = result_code(&said).expect("a result code");
            Some(if is_known || code == 69 { code } else { 0 })
        };
        let records = draw(&mut tree, rng, &BY_SCHEMA, verdict);
        let own = schema_files().into_iter().map(|file| format!("--schema {file} "));
        let options = if knows_all { own.collect() } else { "--server openldap ".to_owned() };
        let there = ldif::read_content(&server.dump());
        agrees(&Dir::new(), (&start, &there), &records, options.trim_end(), rng);
    });
}

/// Forty changes as text, each with the result that refuses it, as far as that is `known`.
pub fn draw(
    tree: &mut Tree,
    rng: &mut Rng,
    known: &[u32],
    verdict: impl Fn(&ldif::Change, &mut Tree) -> Option<u32>,
) -> Vec<(String, Option<u32>)> {
    let mut records = Vec::new();
    for _ in 0..40 {
        let change = changes::draw(tree, rng);
        let code = verdict(&change, tree);
        if code.is_none_or(|code| known.contains(&code)) {
            let text = ldif::write_changes(std::slice::from_ref(&change));
            let text = String::from_utf8(text).expect("what is written is ASCII");
            records.push((text.trim_start_matches("version: 1").trim().to_owned(), code));
        }
    }
    assert!(records.len() >= 15, "{} of 40 records are about what apply knows", records.len());
    records
}

/// An export of a directory, and its name.
fn export(tree: &Tree, rng: &mut Rng) -> (&'static str, Vec<u8>) {
    let text = ldif::write(tree);
    match rng.below(5) {
        0 => ("old.ldif", respell(tree, rng)),
        1 => ("old.ldif.zst", zstd::encode_all(text.as_slice(), 1).expect("memory")),
        2 => {
            // As `ldifde` writes it: every entry an add.
            let mut entries: Vec<_> = tree.entries.values().collect();
            entries.sort_by_key(|entry| entry.name.0.len());
            let add = |entry: &&Entry| {
                let all = entry.attributes.iter();
                let lines =
                    all.flat_map(|(n, values)| values.iter().map(|v| (n.clone(), v.clone())));
                ldif::Change { dn: entry.name.print(), kind: ldif::Kind::Add(lines.collect()) }
            };
            let adds: Vec<ldif::Change> = entries.iter().map(add).collect();
            ("old.ldif", ldif::write_changes(&adds))
        }
        _ => ("old.ldif", text),
    }
}

/// Asserts that `apply` performs and refuses the same, and leaves the same.
fn agrees(
    dir: &Dir,
    (start, end): (&Tree, &Tree),
    records: &[(String, Option<u32>)],
    options: &str,
    rng: &mut Rng,
) {
    // The export in any shape in which one comes, and the changes in one file or two.
    let (name, export) = export(start, rng);
    dir.write(name, export);
    let all: Vec<&str> = records.iter().map(|(text, _)| text.as_str()).collect();
    let (first, second) = all.split_at(rng.below(all.len() + 1));
    dir.write("changes.ldif", first.join("\n\n") + "\n");
    dir.write("more.ldif", second.join("\n\n") + "\n");
    let refused = |(text, code): &(String, Option<u32>)| code.map(|code| format!("{code}\n{text}"));
    let expected: Vec<String> = records.iter().filter_map(refused).collect();
    let status = if expected.is_empty() { 0 } else { 5 };
    let threads = rng.between(1, 4);
    let args = format!(
        "{name} changes.ldif more.ldif --keep-going --rejects rejects.ldif --threads {threads} \
         {options}"
    );
    let outcome = apply(dir, &args, status);
    let rejects = String::from_utf8(dir.read("rejects.ldif")).expect("text");
    let found: Vec<String> = rejects.trim_end().split("\n\n").filter_map(rejected).collect();
    assert_same_text("refused", &expected.join("\n\n"), &found.join("\n\n"));
    let after = String::from_utf8(outcome.stdout).expect("what is written is ASCII");
    let after = after.replace("\nchangetype: add\n", "\n");
    assert_same("after the changes", end, &ldif::read_content(after.as_bytes()));
}

/// A reject as its result and its record.
fn rejected(block: &str) -> Option<String> {
    let (comment, record) = block.split_once('\n')?;
    let code = comment.rsplit_once(", ")?.1.trim_end_matches(')');
    Some(format!("{code}\n{record}"))
}

#[test]
fn what_was_refused_can_be_applied_again() {
    let dir = Dir::new();
    dir.write("old.ldif", "dn: dc=x\nobjectClass: domain\ndc: x\n\n");
    let refused = "dn: cn=a,dc=x\nchangetype: modify\nadd: sn\nsn: b\n-\n\n";
    let changes = format!(
        "dn: cn=a,dc=x\nchangetype: modify\nadd sn\n\ndn: cn=c,dc=x\ncn: c\n\n\
         dn: cn=a,,dc=x\nchangetype: delete\n\n{refused}stray\n\n"
    );
    dir.write("changes.ldif", changes);
    let first = apply(&dir, "old.ldif changes.ldif --keep-going --rejects rejects.ldif", 5);
    assert!(first.stderr.contains("5 changes rejected"), "{}", first.stderr);
    let rejects = String::from_utf8(dir.read("rejects.ldif")).expect("text");
    for comment in ["# add sn\n", "# cn: c\n", "# dn: cn=a,,dc=x\n", "# stray\n"] {
        assert!(rejects.contains(comment), "{comment} in {rejects}");
    }
    run(&dir, ["check", "rejects.ldif", "--strict"]).expect(0);
    dir.write("cut.ldif", "dn: cn=a,dc=x\nchangetype: delete");
    let cut = apply(&dir, "old.ldif cut.ldif --keep-going", 5);
    assert!(cut.stderr.contains("warning: 1 input has no line end"), "{}", cut.stderr);
    dir.write("more.ldif", "dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\n\n");
    let again = apply(&dir, "more.ldif rejects.ldif -v", 0);
    assert!(String::from_utf8_lossy(&again.stdout).ends_with("sn: a\nsn: b\n\n"));
    assert!(again.stderr.starts_with("ldifsync: EXPORT more.ldif: 47 B\n"), "{}", again.stderr);
}

#[test]
fn what_is_below_counts_where_the_export_lacks_what_is_between() {
    let dir = Dir::new();
    let ou =
        |name: &str, dn: &str| format!("dn: {dn}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    // A part of a directory: `ou=gap` stands in the names of two entries, and nowhere else.
    let old = ["dc=x", "ou=a,dc=x", "ou=p,ou=gap,ou=a,dc=x", "ou=q,ou=gap,ou=a,dc=x", "ou=b,dc=x"];
    let old: String = old.iter().map(|dn| ou(&dn[3..4], dn)).collect();
    dir.write("old.ldif", old.replace("organizationalUnit\nou: x", "domain\ndc: x"));
    let delete = |dn: &str| format!("dn: {dn}\nchangetype: delete\n\n");
    let rename = |dn: &str, rdn: &str, superior: &str| {
        format!(
            "dn: {dn}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\nnewsuperior: {superior}\n\n"
        )
    };
    let (a, p, q) = ("ou=a,dc=x", "ou=p,ou=gap,ou=a,dc=x", "ou=q,ou=gap,ou=a,dc=x");
    let go = |changes: &[String], refused: Option<u64>| {
        dir.write("change.ldif", changes.concat());
        let done = apply(&dir, "old.ldif change.ldif", if refused.is_some() { 2 } else { 0 });
        if let Some(below) = refused {
            let told = format!("but found {below} (notAllowedOnNonLeaf, 66)");
            assert!(done.stderr.contains(&told), "{}", done.stderr);
        }
        String::from_utf8(done.stdout).expect("text")
    };
    go(&[delete(a)], Some(2));
    go(&[delete(p), delete(a)], Some(1));
    go(&[rename(p, "ou=p", "ou=b,dc=x"), delete(a)], Some(1));
    let left = go(&[delete(p), rename(q, "ou=q", "ou=b,dc=x"), delete(a)], None);
    assert!(left.contains("ou=q,ou=b,dc=x") && !left.contains("ou=gap"), "{left}");
    // What moves takes them along, and they count where they are.
    let moved = rename(a, "ou=c", "ou=b,dc=x");
    go(&[moved.clone(), delete("ou=b,dc=x")], Some(3));
    go(&[moved.clone(), delete("ou=q,ou=gap,ou=c,ou=b,dc=x"), delete("ou=c,ou=b,dc=x")], Some(1));
    let add = ou("a", a).replace("objectClass", "changetype: add\nobjectClass");
    go(&[moved, add.clone(), delete(a), add], None);
}

#[test]
fn what_is_below_an_added_entry_is_what_the_export_has_there() {
    let dir = Dir::new();
    let unit =
        |name: &str, dn: &str| format!("dn: {dn}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    let (p, w) = ("ou=p,dc=x", "ou=w,ou=p,dc=x");
    let domain = "dn: dc=x\nobjectClass: domain\ndc: x\n\n";
    dir.write("old.ldif", domain.to_owned() + &unit("w", w));
    let add = |name: &str, dn: &str| {
        unit(name, dn).replace("objectClass", "changetype: add\nobjectClass")
    };
    let say = |dn: &str, said: &str| {
        format!("dn: {dn}\nchangetype: modify\nadd: description\ndescription: {said}\n-\n\n")
    };
    let rename = |dn: &str, rdn: &str| {
        format!("dn: {dn}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\n\n")
    };
    let delete = |dn: &str| format!("dn: {dn}\nchangetype: delete\n\n");
    let go = |changes: &[String]| {
        dir.write("change.ldif", changes.concat());
        run(&dir, ["apply", "old.ldif", "change.ldif"])
    };
    let names = |changes: &[String]| {
        let out = String::from_utf8(go(changes).expect(0).stdout).expect("text");
        let mut lines: Vec<&str> = out.lines().filter(|l| l.starts_with("d")).collect();
        lines.retain(|line| !line.starts_with("dc: "));
        lines.sort_unstable();
        lines.join(" ")
    };
    assert_eq!(
        names(&[add("p", p), say(w, "a")]),
        "description: a dn: dc=x dn: ou=p,dc=x dn: ou=w,ou=p,dc=x"
    );
    assert_eq!(
        names(&[say(w, "a"), add("p", p), say(w, "b")]),
        "description: a description: b dn: dc=x dn: ou=p,dc=x dn: ou=w,ou=p,dc=x"
    );
    assert_eq!(
        names(&[add("p", p), rename(p, "ou=q"), say("ou=w,ou=q,dc=x", "a"), add("p", p)]),
        "description: a dn: dc=x dn: ou=p,dc=x dn: ou=q,dc=x dn: ou=w,ou=q,dc=x"
    );
    assert_eq!(
        names(&[add("p", p), rename(p, "ou=q")]),
        "dn: dc=x dn: ou=q,dc=x dn: ou=w,ou=q,dc=x"
    );
    assert_eq!(names(&[add("p", p), delete(w), delete(p)]), "dn: dc=x");
    for (changes, result) in [
        (vec![add("p", p), add("w", w)], "(entryAlreadyExists, 68)"),
        (vec![add("p", p), delete(p)], "(notAllowedOnNonLeaf, 66)"),
        (vec![add("p", p), rename(p, "ou=q"), say(w, "a")], "(noSuchObject, 32)"),
        (vec![add("p", p), delete(w), delete(p), add("w", w)], "(noSuchObject, 32)"),
        // What gets the name of a level that the export leaves out would have what is below it.
        (vec![add("q", "ou=q,dc=x"), rename("ou=q,dc=x", "ou=p")], "68)"),
        (vec![say(w, "a"), add("q", "ou=q,dc=x"), rename("ou=q,dc=x", "ou=p")], "68)"),
    ] {
        let refused = go(&changes).expect(2);
        assert!(refused.stderr.contains(result), "{result} {changes:?} {}", refused.stderr);
    }
}

/// What a record comes to: the codes are those of OpenLDAP 2.5.
#[test]
fn records_are_refused_in_the_order_of_a_server() {
    let entry = |name: &str, lines: &str| {
        let classes = "objectClass: device\nobjectClass: extensibleObject";
        format!("dn: cn={name},dc=x\n{classes}\ncn: {name}\nsn: s\n{lines}\n")
    };
    let a = entry("a", "uidNumber: 5\nmobile: 5\ndescription: ab\n");
    let export = a + &entry("b,cn=a", "");
    let modify = |dn: &str, lines: &str| format!("dn: {dn}\nchangetype: modify\n{lines}-\n");
    // An assertion that does not hold: `(sn=t)`.
    let fails = "control: 1.3.6.1.1.12 true:: owcEAnNuBAF0\n";
    let add = |controls: &str, name: &str| {
        let record = entry(name, "");
        record.replacen('\n', &format!("\n{controls}changetype: add\n"), 1)
    };
    let rename = |controls: &str, dn: &str, superior: &str| {
        format!(
            "dn: {dn}\n{controls}changetype: modrdn\nnewrdn: cn=z\ndeleteoldrdn: 1\n\
             newsuperior: {superior}\n"
        )
    };
    let increment = |name: &str, by: &str| format!("increment: {name}\n{name}: {by}\n");
    let unknown = "control: 1.2.3 true\n";
    let (here, none) = ("cn=a,dc=x", "cn=none,dc=x");
    for (change, code) in [
        (modify(here, "add: title\n"), 0),
        (modify(here, &format!("{}-\nadd: title\n", increment("mobile", "1"))), 19),
        (modify(none, "add: title\n"), 32),
        (modify(here, &increment("mobile", "1")), 19),
        (modify(none, &increment("mobile", "1")), 19),
        (modify(here, "add: title\ntitle: x\ntitle: X\n-\nincrement: mobile\nmobile: 1\n"), 20),
        (modify(here, &increment("myNumber", "1")), 16),
        (modify(here, &increment("uidNumber", "99999999999999999999")), 21),
        // A server goes below zero here, which nobody means.
        (modify(here, &increment("uidNumber", "9223372036854775807")), 21),
        (modify(here, &increment("uidNumber", "9223372036854775802")), 0),
        // A soft hyphen, a space of no width, and a line separator are something.
        (modify(here, "add: description\ndescription:: YcKtYg==\n"), 0),
        (modify(here, "add: description\ndescription:: YeKAi2I=\n"), 0),
        (modify(here, "add: description\ndescription:: YeKAqGI=\n"), 0),
        (modify(here, "add: description\ndescription:: 77yhYg==\n"), 20),
        // In a name a tab is the same however it is written, and blanks around the parts are nothing.
        (modify(here, "add: seeAlso\nseeAlso:: Y249YQliLGRjPXg=\nseeAlso: cn=a\\09b,dc=x\n"), 20),
        (modify(here, "add: seeAlso\nseeAlso: cn=a b,dc=x\nseeAlso: cn=a\\09b,dc=x\n"), 0),
        (
            modify(
                here,
                "add: uniqueMember\nuniqueMember: dc=x#'1'B\nuniqueMember:: ZGM9eCMnMSdCIA==\n",
            ),
            20,
        ),
        (modify(none, &increment("uidNumber", "1")).replacen('\n', &format!("\n{unknown}"), 1), 12),
        (add(fails, "n"), 122),
        (add(fails, "a"), 122),
        (add(fails, "n,cn=none,cn=a"), 122),
        (add("control: 1.3.6.1.1.12 true:: owcEAnNuBAFT\n", "n"), 0),
        (rename(fails, here, "dc=x"), 122),
        (rename(fails, here, here), 53),
        (rename("", none, "cn=k,cn=none,dc=x"), 53),
    ] {
        let dir = Dir::new();
        dir.write("old.ldif", &export);
        dir.write("c.ldif", &change);
        let ran = apply(&dir, "old.ldif c.ldif", if code == 0 { 0 } else { 2 });
        let is_told = code == 0 || ran.stderr.contains(&format!(", {code})\n"));
        assert!(is_told, "{code} {change}\n{}", ran.stderr);
    }
}

/// An export with all that may stand between entries.
const COMMENTED: &str = "# LDAPv3\n# requesting: ALL\nversion: 1\n\n# x\ndn: dc=x\n# in\nobjectClass: domain\ndc: x\n\
    # tail\n\n# alone\n\n\n# a\n#\n  folded\ndn: ou=a,dc=x\nobjectClass: organizationalUnit\nou: a\n\n\
    # b\ndn: ou=b,dc=x\nobjectClass: organizationalUnit\nou: b\n\n# numEntries: 3\n# end\n";

#[test]
fn what_no_change_touches_stays_byte_for_byte() {
    let dir = Dir::new();
    dir.write("none.ldif", "# nothing\n");
    let mut texts = vec![COMMENTED.to_owned(), COMMENTED.replace('\n', "\r\n")];
    texts.extend(texts.clone().iter().map(|text| text.trim_end().to_owned()));
    let result = "\n# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 4\n";
    texts.push(format!("\n\n{COMMENTED}{result}"));
    let entry = "dn: dc=x\ndc: x";
    let ends = ["", "\n", "\n\n", "\n\n\n", "\r\n\r\n"];
    texts.extend(ends.iter().map(|end| format!("{entry}{end}")));
    texts.extend(["", "\n", "# c\n"].map(str::to_owned));
    // More than one worker takes at a time, with comments where it ends.
    let filler = "f".repeat(1000);
    let record = |n| format!("# {n}\n\n# e{n}\ndn: cn=e{n}\ndescription: {filler}\n\n\n");
    texts.push((0..3000).map(record).collect());
    for text in texts {
        dir.write("old.ldif", &text);
        let out = String::from_utf8(apply(&dir, "old.ldif none.ldif", 0).stdout).expect("text");
        assert!(out == text, "{:?} is not {:?}", out.get(..500), text.get(..500));
    }
}

#[test]
fn comments_stay_with_their_entries() {
    let dir = Dir::new();
    dir.write("old.ldif", COMMENTED);
    let after = |change: &str| {
        dir.write("c.ldif", change);
        String::from_utf8(apply(&dir, "old.ldif c.ldif", 0).stdout).expect("text")
    };
    // What a search said of itself is not said any more, and an entry may follow the last comment.
    let expected =
        |text: String| text.replace("# LDAPv3\n", "").replace("# numEntries: 3\n", "") + "\n";
    let b = "dn: ou=b,dc=x\nobjectClass: organizationalUnit\nou: b\n";
    assert_eq!(
        after("dn: ou=b,dc=x\nchangetype: modify\nadd: description\ndescription: d\n-\n"),
        expected(COMMENTED.replace(b, &format!("{b}description: d\n"))),
    );
    let a = "# a\n#\n  folded\ndn: ou=a,dc=x\nobjectClass: organizationalUnit\nou: a\n\n";
    assert_eq!(after("dn: ou=a,dc=x\nchangetype: delete\n"), expected(COMMENTED.replace(a, "")),);
    let c = "dn: ou=c,dc=x\nobjectClass: organizationalUnit\nou: c\n";
    let add = c.replacen('\n', "\nchangetype: add\n", 1);
    assert_eq!(after(&add), expected(COMMENTED.to_owned()) + c + "\n");
    // What comes later, because what it is below now does, takes its comment along.
    let moved = after(
        "dn: ou=a,dc=x\nchangetype: modrdn\nnewrdn: ou=a\ndeleteoldrdn: 1\n\
         newsuperior: ou=b,dc=x\n",
    );
    assert!(moved.contains("# alone\n\n\n# b\ndn: ou=b,dc=x\n"), "{moved}");
    assert!(moved.contains("\n\n# a\n#\n  folded\ndn: ou=a,ou=b,dc=x\n"), "{moved}");
    dir.write("moved.ldif", moved);
    run(&dir, ["check", "moved.ldif", "--strict"]).expect(0);
}

#[test]
fn what_changes_has_the_line_ends_of_the_export() {
    let dir = Dir::new();
    let changes = "dn: ou=b,dc=x\nchangetype: modify\nadd: description\ndescription: d\n-\n\n\
        dn: ou=a,dc=x\nchangetype: modrdn\nnewrdn: ou=z\ndeleteoldrdn: 1\n\n\
        dn: ou=n,dc=x\nchangetype: add\nobjectClass: organizationalUnit\nou: n\n";
    let long = format!("description: {}\n", "long ".repeat(40));
    for (export, options) in [(COMMENTED, ""), (COMMENTED.trim_end(), ""), ("", " --version-line")]
    {
        let export = [export, "\n\ndn: ou=a,dc=x\nou: a\n\ndn: ou=b,dc=x\nou: b\n", &long];
        let export = if options.is_empty() { export[0].to_owned() } else { export.concat() };
        let after = |name: &str, export: String, changes: String| {
            dir.write(name, export);
            dir.write("c.ldif", changes);
            let out = apply(&dir, &format!("{name} c.ldif{options}"), 0).stdout;
            String::from_utf8(out).expect("text")
        };
        let crlf = |text: &str| text.replace('\n', "\r\n");
        let lf = after("lf.ldif", export.clone(), changes.to_owned());
        // Whatever those of the changes are.
        for changes in [changes.to_owned(), crlf(changes)] {
            assert_eq!(after("crlf.ldif", crlf(&export), changes.clone()), crlf(&lf));
            assert_eq!(after("lf.ldif", export.clone(), changes), lf);
        }
    }
}

/// Of an entry that its schema does not allow, nobody knows what the server has.
#[test]
fn an_entry_that_is_not_lawful_by_the_schema_may_become_anything() {
    let dir = Dir::new();
    let modify = |lines: &str| format!("dn: cn=a,dc=x\nchangetype: modify\n{lines}\n-\n");
    let taken = |entry: &str, options: &str, lines: &str| {
        dir.write("old.ldif", format!("dn: cn=a,dc=x\n{entry}\n"));
        dir.write("c.ldif", modify(lines));
        let args = format!("apply old.ldif c.ldif -q{options}");
        let ran = run(&dir, args.split(' '));
        ran.status == 0
    };
    let person = "objectClass: person\ncn: a\nsn: a";
    for (entry, options, lines, is_taken) in [
        (person, "", "delete: sn", false),
        (
            "objectClass: person\ncn: a\nsn: a\ndisplayName: a\ndisplayName: b",
            "",
            "delete: sn",
            true,
        ),
        (
            person,
            "",
            "add: displayName\ndisplayName: a\n-\nadd: displayName\ndisplayName: b",
            false,
        ),
        ("objectClass: person\ncn: a", "", "replace: objectClass", true),
        (person, "", "replace: objectClass", false),
        // A class that nobody knows may be the one.
        ("objectClass: x\ncn: a", "", "replace: objectClass\nobjectClass: y", true),
        (person, "", "replace: objectClass\nobjectClass: x", true),
        (person, "", "add: objectClass\nobjectClass: organizationalPerson", false),
        (person, " --server 389ds", "add: objectClass\nobjectClass: organizationalPerson", true),
        // Where groups may be empty, and where a server gives what is missing.
        ("objectClass: groupOfNames\ncn: a\nmember: cn=b", "", "delete: member", false),
        (
            "objectClass: groupOfNames\ncn: a\nmember: cn=b",
            " --server 389ds",
            "delete: member",
            true,
        ),
        (person, " --server 389ds", "delete: sn", false),
        (person, " --server ad", "delete: sn", true),
        // What is built in does not say all that a class allows.
        (person, "", "add: uidNumber\nuidNumber: 1", true),
    ] {
        assert_eq!(taken(entry, options, lines), is_taken, "{entry}{options}\n{lines}");
    }
}

#[test]
fn single_values_without_an_equality_rule_are_a_matter_of_the_server() {
    let dir = Dir::new();
    let entry = "dn: cn=a,dc=x\nobjectClass: inetOrgPerson\ncn: a\nsn: a\njpegPhoto: abc\n";
    let marked = |mark: &str| format!("{entry}{mark}\n");
    let modify = |line: &str, values: &str| {
        format!("dn: cn=a,dc=x\nchangetype: modify\n{line}: jpegPhoto\n{values}-\n")
    };
    let refused = "(inappropriateMatching, 18)";
    for (line, values, is_single) in [
        ("add", "jpegPhoto: xyz\n", true),
        ("delete", "jpegPhoto: abc\n", true),
        ("delete", "", false),
        ("replace", "jpegPhoto: xyz\n", false),
    ] {
        dir.write("c.ldif", modify(line, values));
        for (mark, server, takes) in [
            ("", "", false),
            ("entryCSN: 1", "", false),
            ("entryCSN: 1", " --server 389ds", true),
            ("nsUniqueId: 1", "", true),
            ("objectGUID: 1", "", true),
            ("objectGUID: 1", " --server openldap", false),
        ] {
            dir.write("old.ldif", marked(mark));
            let status = if takes || !is_single { 0 } else { 2 };
            let out = apply(&dir, &format!("old.ldif c.ldif{server}"), status);
            assert_eq!(out.stderr.contains(refused), status == 2, "{line} {mark} {}", out.stderr);
        }
    }
}

/// What a server tells of an entry's own name (RFC 5020, Active Directory) is told of the one it has.
#[test]
fn what_tells_the_own_name_follows_it() {
    let dir = Dir::new();
    let text = |change: &str| {
        let out = apply(&dir, &format!("old.ldif {change}"), 0).stdout;
        String::from_utf8(out).expect("text")
    };
    let top = "dn: dc=t\nobjectClass: domain\ndc: t\nentryDN: dc=t\n\n";
    let unit = "dn: ou=p,dc=t\nobjectClass: organizationalUnit\nou: p\nentryDN: ou=p,dc=t\n\n";
    let person = "dn: cn=a,ou=p,dc=t\nobjectClass: device\ncn: a\nname: a\nobjectGUID: 1\n\
                  entryDN: CN=a, ou=p,dc=t\ndistinguishedName: cn=a,ou=p,dc=t\n\n";
    dir.write("old.ldif", [top, unit, person].concat());
    dir.write("unit.ldif", "dn: ou=p,dc=t\nchangetype: modrdn\nnewrdn: ou=q\ndeleteoldrdn: 1\n");
    let out = text("unit.ldif");
    for line in ["entryDN: dc=t", "entryDN: ou=q,dc=t", "name: a", "entryDN: cn=a,ou=q,dc=t"] {
        assert!(out.contains(&format!("\n{line}\n")), "{out}");
    }
    dir.write("cn.ldif", "dn: cn=a,ou=p,dc=t\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\n");
    let out = text("cn.ldif");
    for line in ["name: b", "distinguishedName: cn=b,ou=p,dc=t", "entryDN: cn=b,ou=p,dc=t"] {
        assert!(out.contains(&format!("\n{line}\n")), "{out}");
    }
    // Another spelling of the same name stays.
    dir.write(
        "sn.ldif",
        "dn: cn=a,ou=p,dc=t\nchangetype: modify\nadd: description\ndescription: d\n-\n",
    );
    assert!(text("sn.ldif").contains("\nentryDN: CN=a, ou=p,dc=t\n"));
    // Elsewhere these are attributes like any other.
    let old = "dn: cn=b,dc=t\nobjectClass: alias\ncn: b\nname: n\ndistinguishedName: cn=c,dc=t\n\n";
    dir.write("old.ldif", [top, old].concat());
    dir.write("cn.ldif", "dn: cn=b,dc=t\nchangetype: modrdn\nnewrdn: cn=d\ndeleteoldrdn: 1\n");
    let out = text("cn.ldif");
    assert!(out.contains("\nname: n\ndistinguishedName: cn=c,dc=t\n"), "{out}");
}

/// OpenLDAP and Active Directory do what can be done of a permissive modify, critical or not.
#[test]
fn a_permissive_modify_asks_for_what_is_to_be() {
    let dir = Dir::new();
    let old = "dn: dc=x\nobjectClass: domain\ndc: x\ndescription: d\n\n";
    dir.write("old.ldif", old);
    let change = |control: &str| {
        format!(
            "dn: dc=x\n{control}changetype: modify\nadd: description\ndescription: d\ndescription: e\n-\n\
             delete: l\n-\ndelete: description\ndescription: none\ndescription: e\n-\n\
             add: seeAlso\nseeAlso: cn=a\n-\n\n"
        )
    };
    let wanted = old.replace("d\n\n", "d\nseeAlso: cn=a\n\n");
    for (control, server, status) in [
        ("control: 1.2.840.113556.1.4.1413\n", "openldap", 0),
        ("control: 1.2.840.113556.1.4.1413 true\n", "openldap", 0),
        ("control: 1.2.840.113556.1.4.1413 true\n", "ad", 0),
        ("control: 1.2.840.113556.1.4.1413\n", "389ds", 2),
        ("", "openldap", 2),
    ] {
        dir.write("c.ldif", change(control));
        let ran = run(&dir, ["apply", "old.ldif", "c.ldif", "--server", server]).expect(status);
        if status == 0 {
            assert_eq!(String::from_utf8_lossy(&ran.stdout), wanted);
        }
    }
    // OpenLDAP answers with what became of the last value, and sets what it cannot increment.
    let last = "delete: description\ndescription: d\ndescription: none\n-\n";
    let increment = "increment: uidNumber\nuidNumber: 5\n-\n";
    for (lines, server, status) in [
        (last, "openldap", 2),
        (last, "ad", 0),
        (last, "generic", 0),
        (increment, "openldap", 0),
        (increment, "ad", 2),
        (&increment.replace('5', "05"), "openldap", 2),
    ] {
        let control = "control: 1.2.840.113556.1.4.1413 true";
        dir.write("c.ldif", format!("dn: dc=x\n{control}\nchangetype: modify\n{lines}\n"));
        run(&dir, ["apply", "old.ldif", "c.ldif", "--server", server]).expect(status);
    }
    dir.write("c.ldif", change("control: 1.2.840.113556.1.4.1413 true\n"));
    let said = run(&dir, ["apply", "old.ldif", "c.ldif", "--server", "389ds"]).expect(2).stderr;
    assert!(said.contains("unavailableCriticalExtension, 12"), "{said}");
}

/// A critical control is refused where it is not known, or is not for this kind of change (RFC 4511 section
/// 4.1.11, RFC 4527 section 3).
#[test]
fn a_critical_control_is_for_its_kind_of_change() {
    const PERMISSIVE: &str = "1.2.840.113556.1.4.1413";
    const PRE_READ: &str = "1.3.6.1.1.13.1";
    const POST_READ: &str = "1.3.6.1.1.13.2";
    // OpenLDAP says what it would do, and does nothing.
    const NO_OPERATION: &str = "1.3.6.1.4.1.4203.666.5.2";
    let dir = Dir::new();
    dir.write(
        "old.ldif",
        "dn: dc=x\nobjectClass: domain\ndc: x\n\ndn: cn=a,dc=x\nobjectClass: device\ncn: a\n\n",
    );
    let add = "dn: cn=b,dc=x\nCONTROLchangetype: add\nobjectClass: device\ncn: b\n\n";
    let delete = "dn: cn=a,dc=x\nCONTROLchangetype: delete\n\n";
    let modify = "dn: cn=a,dc=x\nCONTROLchangetype: modify\nadd: l\nl: m\n-\n\n";
    let rename = "dn: cn=a,dc=x\nCONTROLchangetype: modrdn\nnewrdn: cn=c\ndeleteoldrdn: 1\n\n";
    let meant = [
        (PERMISSIVE, "", [false, false, true, false]),
        (PRE_READ, ":: MAA=", [false, true, true, true]),
        (POST_READ, ":: MAA=", [true, false, true, true]),
        // A value is missing, or one too many.
        (PRE_READ, "", [false; 4]),
        (PERMISSIVE, ": x", [false; 4]),
        (NO_OPERATION, "", [false; 4]),
    ];
    for (control, value, meant) in meant {
        let is_readable = meant != [false; 4];
        for (change, is_meant) in [add, delete, modify, rename].into_iter().zip(meant) {
            for (critical, is_taken) in
                [("", is_readable), (" false", is_readable), (" true", is_meant)]
            {
                let control = format!("control: {control}{critical}{value}\n");
                dir.write("c.ldif", change.replace("CONTROL", &control));
                let status = if is_taken { 0 } else { 2 };
                let ran = run(&dir, ["apply", "old.ldif", "c.ldif", "-q"]).expect(status);
                assert_eq!(ran.stderr.contains("(unavailableCriticalExtension, 12)"), !is_taken);
            }
        }
    }
}

#[test]
fn no_rdn_names_an_attribute_twice() {
    let dir = Dir::new();
    dir.write("old.ldif", "dn: dc=x\nobjectClass: domain\ndc: x\n\n");
    let change = "changetype: add\nobjectClass: device\ncn: a\ncn: b\n\n";
    for (rdn, status) in [("cn=a+commonName=b", 2), ("cn=a+serialNumber=b", 0), ("cn=a", 0)] {
        dir.write("c.ldif", format!("dn: {rdn},dc=x\n{change}"));
        let ran = run(&dir, ["apply", "old.ldif", "c.ldif", "-q"]).expect(status);
        assert_eq!(ran.stderr.contains("(invalidDNSyntax, 34)"), status == 2, "{}", ran.stderr);
    }
}

/// Many deletes that are refused count what was rejected below each at once.
#[test]
fn what_was_rejected_below_an_entry_is_counted_where_it_is_now() {
    let dir = Dir::new();
    let unit =
        |name: &str| format!("dn: ou={name},dc=x\nobjectClass: organizationalUnit\nou: {name}\n\n");
    let broken = |dn: &str| format!("dn: {dn}\nobjectClass: device\ncn:: ===\n\n");
    let parts = [
        "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned(),
        unit("a"),
        unit("b"),
        broken("cn=1,ou=a,dc=x"),
        broken("cn=2,ou=a,dc=x"),
        broken("cn=3,ou=b,dc=x"),
    ];
    dir.write("old.ldif", parts.concat());
    let delete = |dn: &str| format!("dn: {dn}\nchangetype: delete\n\n");
    let rename = "dn: ou=b,dc=x\nchangetype: modrdn\nnewrdn: ou=c\ndeleteoldrdn: 1\nnewsuperior: ou=a,dc=x\n\n";
    let changes =
        [delete("ou=a,dc=x"), delete("ou=b,dc=x"), rename.to_owned(), delete("ou=a,dc=x")];
    dir.write("c.ldif", [&changes[..], &[delete("ou=c,ou=a,dc=x")]].concat().concat());
    let rejects = ["--keep-going", "--rejects", "r.ldif", "-q"];
    run(&dir, [&["apply", "old.ldif", "c.ldif"][..], &rejects].concat()).expect(5);
    let rejects = String::from_utf8(dir.read("r.ldif")).expect("text");
    let told = |line: &&str| line.contains("(notAllowedOnNonLeaf, 66)");
    let all: Vec<&str> = rejects.lines().filter(told).collect();
    let counts = ["2, 2 of them", "1, 1 of them", "4, 3 of them", "1, 1 of them"];
    assert_eq!(all.len(), counts.len(), "{rejects}");
    assert!(all.iter().zip(counts).all(|(line, count)| line.contains(count)), "{all:#?}");
}

/// A change that was cut behind `delete: member` takes all members, and one without a record does nothing.
#[test]
fn what_may_be_cut_of_a_change_is_told() {
    let dir = Dir::new();
    dir.write("old.ldif", "dn: dc=x\nobjectClass: domain\ndc: x\ndescription: d\n\n");
    let cut = "1 change ends in a modification, without its `-` and without an empty line";
    let head = "dn: dc=x\nchangetype: modify\n";
    for (change, told) in [
        (format!("{head}delete: description\n"), cut),
        (format!("{head}delete: description\r\n").replace("\nc", "\r\nc"), cut),
        (format!("{head}replace: description\ndescription: e\n"), cut),
        (format!("{head}replace: description\ndescription: e\n\n"), ""),
        (format!("{head}replace: description\ndescription: e\n-\n"), ""),
        (format!("{head}replace: description\ndescription: e\n-\n\n"), ""),
        (format!("{head}replace: description\ndescription: e\n-\n# the end\n"), ""),
        ("dn: cn=a,dc=x\nchangetype: add\nobjectClass: device\ncn: a\n".to_owned(), ""),
        ("version: 1\n# nothing\n".to_owned(), "1 change holds no record"),
        (String::new(), "1 change holds no record"),
        (format!("{head}add: l\n-\n"), "1 modification adds no value"),
        (format!("{head}add: l\n-\nadd: l\nl: x\n-\nadd: l\n-\n"), "2 modifications add no value"),
    ] {
        dir.write("c.ldif", &change);
        let said = run(&dir, ["apply", "old.ldif", "c.ldif", "-q"]).expect(0).stderr;
        assert_eq!(said.is_empty(), told.is_empty(), "{change} {said}");
        assert!(said.contains(told), "{change} {said}");
    }
}
