//! Exports that leave entries out which others are below: what is said of a subtree holds of all that is below it,
//! whether or not the levels between are there.

use std::collections::BTreeMap;

use crate::plan::NO_LIMITS;
use crate::rng::Rng;
use crate::util::{Dir, cases, for_seeds, run};

type Id = usize;

/// An entry, or a name above entries that no export shows.
#[derive(Clone)]
struct Node {
    parent: Option<Id>,
    rdn: String,
    is_hidden: bool,
}

/// A directory of names.
#[derive(Clone, Default)]
struct World(BTreeMap<Id, Node>);

impl World {
    /// The suffix and about a dozen names below it.
    fn draw(rng: &mut Rng) -> World {
        let mut world = World::default();
        world.0.insert(0, Node { parent: None, rdn: "o=k".to_owned(), is_hidden: false });
        for id in 1..rng.between(5, 16) {
            let parent = *rng.pick(&world.all(|_| true)).expect("the suffix");
            let (rdn, is_hidden) = (rdn(rng), rng.chance(30));
            world.put(id, Node { parent: Some(parent), rdn, is_hidden });
        }
        world.close_gaps();
        world
    }

    fn all(&self, is_one: impl Fn(&Node) -> bool) -> Vec<Id> {
        self.0.iter().filter(|(_, node)| is_one(node)).map(|(id, _)| *id).collect()
    }

    /// Puts an entry where its name is free.
    fn put(&mut self, id: Id, node: Node) {
        let is_taken =
            self.0.values().any(|other| (other.parent, &other.rdn) == (node.parent, &node.rdn));
        if !is_taken {
            self.0.insert(id, node);
        }
    }

    fn dn(&self, id: Id) -> String {
        let Node { parent, rdn, .. } = &self.0[&id];
        parent.map_or(rdn.clone(), |parent| format!("{rdn},{}", self.dn(parent)))
    }

    fn is_below(&self, id: Id, above: Id) -> bool {
        id == above || self.0[&id].parent.is_some_and(|parent| self.is_below(parent, above))
    }

    fn has_bare_gap(&self) -> bool {
        let is_held =
            |gap: &Id| self.0.iter().any(|(id, node)| !node.is_hidden && self.is_below(*id, *gap));
        self.all(|node| node.is_hidden).iter().any(|gap| !is_held(gap))
    }

    /// Takes away, renames, moves or adds an entry that is shown.
    fn edit(&mut self, rng: &mut Rng) {
        let shown = self.all(|node| !node.is_hidden);
        let id = *rng.pick(&shown).expect("the suffix");
        let fresh = self.0.keys().max().expect("the suffix") + 1;
        let mut node = self.0[&id].clone();
        match rng.below(8) {
            0 | 1 if id != 0 => {
                let below: Vec<Id> =
                    self.0.keys().copied().filter(|one| self.is_below(*one, id)).collect();
                self.0.retain(|one, _| !below.contains(one));
            }
            2 | 3 if id != 0 => {
                let kind = node.rdn.split_once('=').expect("an RDN").0.to_owned();
                let value = rdn(rng);
                node.rdn = format!("{kind}={}", value.split_once('=').expect("an RDN").1);
                self.put(id, node);
            }
            4..=6 if id != 0 => {
                let is_free = |to: &&Id| !self.is_below(**to, id);
                let free: Vec<Id> = shown.iter().filter(is_free).copied().collect();
                node.parent = rng.pick(&free).copied();
                self.put(id, node);
            }
            _ => self.put(fresh, Node { parent: Some(id), rdn: rdn(rng), is_hidden: false }),
        }
        self.close_gaps();
    }

    /// Where nothing is below it any more, a name that nobody shows is no more.
    fn close_gaps(&mut self) {
        while self.has_bare_gap() {
            let held: Vec<Option<Id>> = self.0.values().map(|node| node.parent).collect();
            self.0.retain(|id, node| !node.is_hidden || held.contains(&Some(*id)));
        }
    }

    fn names(&self, is_hidden: bool) -> Vec<String> {
        self.all(|node| node.is_hidden == is_hidden).into_iter().map(|id| self.dn(id)).collect()
    }

    /// The entries that are shown, in any order.
    fn export(&self, rng: &mut Rng) -> String {
        let mut shown = self.all(|node| !node.is_hidden);
        rng.shuffle(&mut shown);
        shown.into_iter().map(|id| entry(&self.dn(id), id)).collect()
    }
}

fn rdn(rng: &mut Rng) -> String {
    let kind = rng.pick(&["ou", "cn"]).expect("two");
    format!("{kind}={}", char::from(b'a' + u8::try_from(rng.below(8)).expect("a letter")))
}

fn entry(dn: &str, id: Id) -> String {
    let (kind, value) = dn.split(',').next().and_then(|rdn| rdn.split_once('=')).expect("an RDN");
    let class = match kind {
        "o" => "organization",
        "ou" => "organizationalUnit",
        "dc" => "domain",
        _ => "device",
    };
    let uuid = format!("entryUUID: 00000000-0000-0000-0000-{id:012}");
    format!("dn: {dn}\nobjectClass: {class}\n{kind}: {value}\n{uuid}\n\n")
}

/// The records of an export, in the order of their names, without what a server makes.
fn records(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8(text.to_vec()).expect("text");
    let shown = |record: &str| {
        record.lines().filter(|line| !line.starts_with("entryUUID")).collect::<Vec<_>>().join("\n")
    };
    let mut records: Vec<String> = text.split_terminator("\n\n").map(shown).collect();
    records.sort();
    records
}

#[test]
fn the_change_of_exports_with_gaps_leads_there_and_back() {
    for_seeds("gaps", cases(), |_, rng| {
        let old = World::draw(rng);
        let mut new = old.clone();
        (0..rng.between(1, 5)).for_each(|_| new.edit(rng));
        // What one export leaves out and the other shows is an entry that comes or goes, and another matter.
        let is_one = |hidden: &World, shown: &World| {
            let shown = shown.names(false);
            hidden.names(true).iter().any(|name| shown.contains(name))
        };
        if is_one(&old, &new) || is_one(&new, &old) {
            return;
        }
        let dir = Dir::new();
        dir.write("old.ldif", old.export(rng));
        dir.write("new.ldif", new.export(rng));
        let args = ["diff", "old.ldif", "new.ldif", "-q", "-o", "c.ldif", "--undo", "u.ldif"];
        let ran = run(&dir, args.into_iter().chain(NO_LIMITS));
        assert!(matches!(ran.status, 0 | 1), "{}", ran.stderr);
        let there = run(&dir, ["apply", "old.ldif", "c.ldif", "-q"]).expect(0).stdout;
        assert_eq!(records(&there), records(&dir.read("new.ldif")));
        dir.write("there.ldif", there);
        let back = run(&dir, ["apply", "there.ldif", "u.ldif", "-q"]);
        // Where all went that was below a gap, there is nothing to say that the gap is there.
        if back.status == 2 && back.stderr.contains("(noSuchObject, 32)") {
            return;
        }
        assert_eq!(records(&back.expect(0).stdout), records(&dir.read("old.ldif")));
    });
}

#[test]
fn what_is_below_a_gap_goes_before_what_is_above_it() {
    let suffix = entry("o=k", 0);
    let above = entry("dc=a", 1);
    let below = entry("cn=b,ou=x,dc=a", 2);
    let dir = Dir::new();
    dir.write("new.ldif", &suffix);
    for old in [[&suffix, &above, &below], [&below, &above, &suffix]] {
        dir.write("old.ldif", old.map(String::as_str).concat());
        let diff = ["diff", "old.ldif", "new.ldif", "-q", "-o", "c.ldif"];
        run(&dir, diff.into_iter().chain(NO_LIMITS)).expect(1);
        let there = run(&dir, ["apply", "old.ldif", "c.ldif", "-q"]).expect(0).stdout;
        assert_eq!(records(&there), records(suffix.as_bytes()));
    }
}

/// No server deletes an entry while another is below it, however far.
#[test]
fn nothing_goes_that_others_stay_or_come_far_below() {
    let suffix = entry("o=k", 0);
    let (above, below) = (entry("ou=a,o=k", 1), entry("cn=b,ou=x,ou=a,o=k", 2));
    let dir = Dir::new();
    for (old, new) in [
        ([&suffix, &above, &below].as_slice(), [&suffix, &below].as_slice()),
        (&[&suffix, &above], &[&suffix, &below]),
    ] {
        let text = |all: &[&String]| all.iter().map(|one| one.as_str()).collect::<String>();
        dir.write("old.ldif", text(old));
        dir.write("new.ldif", text(new));
        let ran = run(&dir, ["diff", "old.ldif", "new.ldif"].into_iter().chain(NO_LIMITS));
        let told = "NEW does not have this entry, but 1 entry below it";
        assert!(ran.expect(2).stderr.contains(told), "{new:?}");
    }
}

/// What a selection leaves as it is keeps what is above it, however far.
#[test]
fn nothing_goes_that_is_far_above_what_a_selection_leaves() {
    let dir = Dir::new();
    let names = ["o=k", "ou=d,o=k", "ou=a,o=k", "cn=b,ou=x,ou=a,o=k", "ou=c,o=k"];
    let old: String = names.iter().enumerate().map(|(id, dn)| entry(dn, id)).collect();
    dir.write("old.ldif", old);
    dir.write("new.ldif", [entry("o=k", 0), entry("ou=d,o=k", 1)].concat());
    let select = ["--filter", "(objectClass=organizationalUnit)"];
    let args = ["diff", "old.ldif", "new.ldif"].into_iter().chain(select).chain(NO_LIMITS);
    let change = String::from_utf8(run(&dir, args).expect(1).stdout).expect("text");
    assert!(change.contains("dn: ou=c,o=k\n") && !change.contains("dn: ou=a,o=k\n"), "{change}");
}
