//! Laws of `diff` on random trees, with the model of a server as oracle.

use std::io::Write as _;

use crate::ldif;
use crate::model;
use crate::plan::{NO_LIMITS, Plan, assert_identities_kept, diff, records_alone};
use crate::rng::Rng;
use crate::speller::respell;
use crate::tree::{Tree, assert_same};
use crate::trees::Case;
use crate::util::{Cmd, Dir, assert_same_text, cases, for_seeds, run};

/// Applies the files of a change one after the other.
#[track_caller]
fn apply(tree: &Tree, parts: &[Vec<u8>]) -> Tree {
    parts.iter().fold(tree.clone(), |tree, part| {
        model::apply(&tree, part).unwrap_or_else(|refusal| {
            let blocks = ldif::blocks(part);
            let record = &part[blocks[refusal.record - 1].text.clone()];
            panic!("{refusal:?}\n{}", String::from_utf8_lossy(record))
        })
    })
}

/// A folder, in which a note tells what was done to the tree.
fn folder(case: &Case) -> Dir {
    let dir = Dir::new();
    dir.write("edits.txt", case.edits.join("\n"));
    dir
}

#[test]
fn a_tree_does_not_differ_from_itself() {
    for_seeds("itself", cases() / 2, |_, rng| {
        let case = Case::draw(rng);
        let dir = folder(&case);
        let text = ldif::write(&case.new.tree());
        let outcome = diff(&dir, &text, &text).expect(0);
        assert!(ldif::blocks(&outcome.stdout).is_empty(), "records for no difference");
    });
}

#[test]
fn spelling_is_no_difference() {
    for_seeds("spelling", cases(), |_, rng| {
        let case = Case::sized(rng, 25, 0);
        let tree = case.old.tree();
        let dir = folder(&case);
        let old = if rng.chance(50) { ldif::write(&tree) } else { respell(&tree, rng) };
        let outcome = diff(&dir, &old, &respell(&tree, rng));
        let records = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert_eq!(outcome.status, 0, "a difference was found:\n{records}\n{}", outcome.stderr);
    });
}

#[test]
fn the_change_leads_from_old_to_new_and_the_undo_back() {
    for_seeds("there and back", cases(), |_, rng| {
        let case = Case::draw(rng);
        let (old, new) = (case.old.tree(), case.new.tree());
        let dir = folder(&case);
        there_and_back(&dir, &old, &new, &ldif::write(&old), &ldif::write(&new));
    });
}

#[test]
fn it_does_so_from_any_spelling() {
    for_seeds("there and back, respelled", cases() / 2, |_, rng| {
        let case = Case::draw(rng);
        let (old, new) = (case.old.tree(), case.new.tree());
        let dir = folder(&case);
        let texts = (respell(&old, rng), respell(&new, rng));
        there_and_back(&dir, &old, &new, &texts.0, &texts.1);
    });
}

/// In each record all that goes stands before all that comes.
#[track_caller]
fn assert_deletes_first(text: &[u8]) {
    for block in ldif::blocks(text) {
        let names: Vec<&str> = block.lines.iter().map(|(name, _)| name.as_str()).collect();
        let comes = names.iter().position(|name| matches!(*name, "add" | "replace"));
        let goes = names.iter().rposition(|name| *name == "delete");
        assert!(comes.is_none_or(|comes| goes.is_none_or(|goes| goes < comes)), "{names:?}");
    }
}

fn there_and_back(dir: &Dir, old: &Tree, new: &Tree, old_text: &[u8], new_text: &[u8]) {
    let plan = Plan::of(dir, old_text, new_text);
    plan.change.iter().chain(&plan.undo).for_each(|part| assert_deletes_first(part));
    let there = apply(old, &plan.change);
    assert_same("the change", new, &there);
    assert_identities_kept(old, new, new, &there);
    let back = apply(&there, &plan.undo);
    assert_same("the undo", old, &back);
    assert_identities_kept(old, new, old, &back);
}

#[test]
fn it_does_so_without_identifiers() {
    for_seeds("without identifiers", cases() / 2, |_, rng| {
        let case = Case::draw(rng);
        let (old, new) = (case.old.tree(), case.new.tree());
        if !case.has_classes_by_name() {
            return;
        }
        let dir = folder(&case);
        let (old, new) = (old.without_server_attributes(), new.without_server_attributes());
        let plan = Plan::of(&dir, &ldif::write(&old), &ldif::write(&new));
        let there = apply(&old, &plan.change);
        assert_same("the change", &new, &there);
        assert_same("the undo", &old, &apply(&there, &plan.undo));
    });
}

#[test]
fn the_undo_leads_back_from_any_record() {
    for_seeds("undo from the middle", cases() / 2, |_, rng| {
        let case = Case::sized(rng, 14, 6);
        let (old, new) = (case.old.tree(), case.new.tree());
        let dir = folder(&case);
        let plan = Plan::of(&dir, &ldif::write(&old), &ldif::write(&new));
        for count in 0..=plan.records() {
            let stopped = apply(&old, &plan.first(count));
            let back = apply(&stopped, &plan.undo_from(count));
            assert_same(&format!("undo of the first {count} records"), &old, &back);
        }
    });
}

#[test]
fn threads_do_not_change_a_byte() {
    for_seeds("threads", cases() / 6, |_, rng| {
        let case = Case::draw(rng);
        let dir = folder(&case);
        dir.write("old.ldif", ldif::write(&case.old.tree()));
        dir.write("new.ldif", respell(&case.new.tree(), rng));
        let written = |threads: &'static str| {
            let args =
                ["diff", "old.ldif", "new.ldif", "--undo", "undo.ldif", "--threads", threads];
            let outcome = run(&dir, args.into_iter().chain(NO_LIMITS));
            let all = [outcome.stdout, dir.read("undo.ldif")].concat();
            format!("exit {}\n{}", outcome.status, all.escape_ascii()).replace("\\n", "\n")
        };
        let one = written("1");
        assert_same_text("2 threads", &one, &written("2"));
        assert_same_text("8 threads", &one, &written("8"));
    });
}

#[test]
fn the_way_in_does_not_change_a_record() {
    for_seeds("ways in", cases() / 6, |_, rng| {
        let case = Case::draw(rng);
        let dir = folder(&case);
        let (old, new) = (ldif::write(&case.old.tree()), ldif::write(&case.new.tree()));
        let expected = diff(&dir, &old, &new);
        for (name, text) in [("old", &old), ("new", &new)] {
            dir.write(&format!("{name}.ldif.zst"), zstd::encode_all(text.as_slice(), 1).unwrap());
            dir.write(&format!("{name}.ldif.gz"), gzip(text, rng));
        }
        for (a, b, stdin) in [
            ("-", "new.ldif", old.as_slice()),
            ("old.ldif", "-", new.as_slice()),
            ("old.ldif.zst", "new.ldif.zst", b""),
            ("old.ldif.gz", "new.ldif.gz", b""),
            ("old.ldif", "new.ldif.gz", b""),
        ] {
            let args = ["diff", a, b].into_iter().chain(NO_LIMITS);
            let outcome = Cmd::new(&dir).args(args).stdin(stdin).run().expect(expected.status);
            let same = records_alone(&outcome.stdout) == records_alone(&expected.stdout);
            assert!(same, "diff {a} {b} writes other records");
        }
    });
}

/// Two members, as `cat a.gz b.gz` makes them: a reader must not stop after the first.
fn gzip(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    let (first, second) = text.split_at(rng.below(text.len()));
    let member = |part: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(part).expect("memory");
        encoder.finish().expect("memory")
    };
    [member(first), member(second)].concat()
}
