//! What is left of a change when a part of it is left out still applies, on random trees.

use ldifsync::diff::{Kind, Kinds, Limit, Options, diff};
use ldifsync::dn::Dn;
use ldifsync::output::Target;

use crate::ldif;
use crate::model;
use crate::rng::Rng;
use crate::tree::{Tree, assert_same};
use crate::trees::Case;
use crate::util::{Dir, cases, for_seeds};

/// The files of a change and of its undo.
fn files(dir: &Dir, set: &dyn Fn(&mut Options)) -> [Vec<Vec<u8>>; 2] {
    let mut options = Options::new(dir.file("old.ldif"), dir.file("new.ldif"));
    let folder = dir.file("out");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("a folder");
    options.output = Target::File(folder.join("change.ldif"));
    options.undo = Some(folder.join("undo.ldif"));
    options.limits.delete = Some(Limit::Percent(100.0));
    options.limits.member_delete = Some(Limit::Percent(100.0));
    options.limits.attribute_loss = Some(100.0);
    set(&mut options);
    diff(&options, &|_| {}).unwrap_or_else(|error| panic!("{error}"));
    ["change", "undo"].map(|name| {
        let parts = [format!("out/{name}.ldif"), format!("out/{name}.2.ldif")];
        parts.iter().filter_map(|part| dir.read_if_there(part)).collect()
    })
}

fn apply(tree: &Tree, parts: &[Vec<u8>]) -> Result<Tree, String> {
    parts.iter().try_fold(tree.clone(), |tree, part| {
        model::apply(&tree, part).map_err(|refusal| {
            let blocks = ldif::blocks(part);
            let record = &part[blocks[refusal.record - 1].text.clone()];
            format!("{refusal:?}\n{}", String::from_utf8_lossy(record))
        })
    })
}

/// Some of the kinds, not all and not none.
fn some_kinds(rng: &mut Rng) -> Vec<Kind> {
    let all = [Kind::Add, Kind::Modify, Kind::Delete, Kind::Rename];
    let kinds: Vec<Kind> = all.into_iter().filter(|_| rng.chance(60)).collect();
    if kinds.is_empty() { vec![Kind::Delete] } else { kinds }
}

/// The names of some entries of both trees.
fn some_names(rng: &mut Rng, trees: [&Tree; 2]) -> Vec<Vec<u8>> {
    let all = trees.into_iter().flat_map(|tree| tree.entries.values());
    all.filter(|_| rng.chance(10)).map(|entry| entry.name.print()).collect()
}

#[test]
fn what_is_left_applies_and_can_be_undone() {
    for_seeds("narrowed", cases() / 2, |_, rng| {
        let case = Case::draw(rng);
        let (old, new) = (case.old.tree(), case.new.tree());
        let dir = Dir::new();
        dir.write("edits.txt", case.edits.join("\n"));
        dir.write("old.ldif", ldif::write(&old));
        dir.write("new.ldif", ldif::write(&new));
        let (kinds, names) = (some_kinds(rng), some_names(rng, [&old, &new]));
        let whole = files(&dir, &|_| {});
        let sound = apply(&old, &whole[0]).and_then(|there| apply(&there, &whole[1])).is_ok();
        if !sound {
            return; // the laws of the whole change say so
        }
        let set_kinds = |o: &mut Options| o.only = Kinds(Some(kinds.iter().copied().collect()));
        let set_names = |o: &mut Options| {
            o.scope.exclude_dn = names.iter().map(|dn| Dn::parse(dn).expect("a name")).collect();
            o.allow_empty = true;
        };
        let ways: [&dyn Fn(&mut Options); 2] = [&set_kinds, &set_names];
        for (n, set) in ways.into_iter().enumerate() {
            let [change, undo] = files(&dir, set);
            let there = apply(&old, &change).unwrap_or_else(|e| panic!("way {n}, {kinds:?}: {e}"));
            let back = apply(&there, &undo).unwrap_or_else(|e| panic!("undo {n}, {kinds:?}: {e}"));
            assert_same(
                "the undo",
                &old.without_server_attributes(),
                &back.without_server_attributes(),
            );
        }
    });
}
