//! Builds a plan from what is the same entry in both exports.

use std::collections::HashSet;

use crate::attribute::{CLASSES, type_of};
use crate::compare::Comparison;
use crate::compare::rename::{Lost, Matched};
use crate::dn::{Ava, AvaValue, Dn, Rdn, plain_parent};
use crate::entry::Entry;
use crate::error::{ErrorKind, Result};
use crate::join::{Olds, Reject, Side};
use crate::matching::{DnKeys, dn_key, keys_from};
use crate::parallel::Pool;
use crate::plan::configuration::is_needed;
use crate::plan::free::{Free, Word};
use crate::plan::hops::{hops, names_before_last};
use crate::plan::journey::ModifyStyle;
use crate::plan::ledger::late_deletes;
use crate::plan::names::Names;
use crate::plan::narrow::{Narrowing, narrow};
use crate::plan::order::{Move, order};
use crate::plan::release::unique_names;
use crate::plan::sort::Sorted;
use crate::plan::spelled::Spellings;
use crate::plan::steps::{Assembled, Assembly, counts};
use crate::plan::tree::{Named, Node, NodeId, NodeKind, Tree, Turn};
use crate::plan::{Counts, Notes, Plan};
use crate::schema::{Mandatory, NameSet, Syntax};
use crate::scope::Selector;
use crate::server::Server;
use crate::source::{Extent, Source, TypeSet};

/// An entry that goes while another one stays or comes below it, and how far below.
type Below = (NodeId, usize);

/// The entry that goes and that a name is below, by the keys of the names above that; nothing where what is
/// next above goes along with another.
fn next_above<'k>(above: impl Iterator<Item = &'k [u8]>, tree: &Tree) -> Option<Below> {
    let mut nodes =
        above.enumerate().filter_map(|(depth, key)| Some((*tree.by_old.get(key)?, depth)));
    let (id, depth) = nodes.next()?;
    goes(&tree.nodes[id]).then_some((id, depth))
}

/// Whether an entry is deleted.
fn goes(node: &Node) -> bool {
    node.kind == NodeKind::Delete && !node.left_out
}

/// How many names are asked for at once.
const TOGETHER: usize = 32;

/// What a plan is made from.
pub struct Task<'t, 's> {
    /// The worker threads.
    pub pool: &'t Pool,
    /// What is to be changed.
    pub old: &'t Source<'t>,
    /// What is obeyed.
    pub new: &'t Source<'t>,
    /// The records of OLD.
    pub olds: &'t Olds,
    /// The records that were rejected.
    pub rejects: &'t [Reject],
    /// How entries are compared.
    pub comparison: &'t Comparison<'s>,
    /// The server's profile.
    pub server: Server,
    /// How values are changed.
    pub style: ModifyStyle,
    /// Unique attributes beside the usual ones, in lower case.
    pub unique: &'t [Vec<u8>],
    /// What is not to be changed.
    pub narrowing: &'t Narrowing,
    /// Which entries are selected; of what differs the narrowing knows it.
    pub selector: &'t Selector<'t>,
    /// Whether somebody wants to know what the classes of entries demand and do not allow: where more than
    /// NEW says what becomes of them.
    pub tells_unsound: bool,
    /// Whether NEW means what it keeps by a name that goes, and nobody else sees to that.
    pub means_gone: bool,
}

/// Puts what differs in order.
pub fn plan<'s>(task: &Task<'_, 's>, matched: Matched) -> Result<Plan<'s>> {
    let mut matched = matched;
    let Sorted { respelled, halves, crossing } = task.sort_out(&mut matched)?;
    let mut deletes = task.named(task.old, &matched.old_only)?;
    let mut adds = task.named(task.new, &matched.new_only)?;
    task.refuse_bare(&matched.new_only)?;
    let mut pairs = task.named_pairs(&matched.moved)?;
    pairs.extend(task.named_pairs(&respelled)?);
    // What was rejected has a place and a name, which others depend on; the narrowing leaves it out.
    let lost = matched.lost.iter().map(|(old, new)| (named_lost(old), named_lost(new)));
    pairs.extend(lost);
    deletes.extend(matched.lost_old.iter().map(named_lost));
    adds.extend(matched.lost_new.iter().map(named_lost));
    let mut tree = task.tree(deletes, adds, pairs);
    let mut ledger = task.ledger(&tree, &matched)?;
    let narrowed = narrow(task, &mut tree, &matched, &mut ledger)?;
    task.refuse_orphans(&tree)?;
    task.refuse_names(&tree)?;
    task.note_references(&mut tree)?;
    task.note_needed(&mut tree);
    let late = late_deletes(&tree);
    let mut releases = ledger.settle(&|id| late.contains(&id));
    let mut free = None;
    releases.fill(|(word, syntax)| task.free(&mut free).value(word, Some(syntax)));
    releases.before_last = names_before_last(task.comparison, &tree, &releases.early);
    let unique = unique_names(task.comparison, task.unique);
    let mut stuck = None;
    let mut temporary = |node: &Node| {
        let rdn = task.temporary_rdn(node, &unique, task.free(&mut free));
        stuck = stuck.take().or_else(|| task.has_no_third_name(node, &rdn));
        rdn
    };
    let wary = task.server.mistakes_moves();
    let moves = order(task.comparison.schema, &tree, &releases, wary, &mut temporary);
    if let Some(error) = stuck {
        return Err(error);
    }
    let mut stop = |syntax| task.free(&mut free).value(Word::Temporary, syntax);
    let moves = task.with_hops_between(&tree, moves, &releases.early, &mut stop)?;
    let mut names = task.names(&tree, &moves);
    if task.server.follows_later() {
        names.cut_by(task.spellings(&tree)?);
    }
    let primaries = task.primaries(&matched, &tree, &names, &narrowed)?;
    let assembly = Assembly {
        task,
        tree: &tree,
        moves: &moves,
        renamed: tree.renamed_records(),
        hops: hops(&tree, &moves),
        names: &names,
        releases: &releases,
        narrowed: &narrowed,
        primaries: &primaries,
    };
    let Assembled { journeys, steps, pause, undo_pauses, frozen, replaced, notes } =
        assembly.assemble(&matched)?;
    let counts = Counts { replaced, ..counts(&tree, &moves, &journeys, &steps) };
    let left_out = Counts { modifies: frozen, ..narrowed.left_out };
    let notes = Notes { halves, crossing, ..notes };
    let releases = releases.early;
    Ok(Plan {
        steps,
        pause,
        undo_pauses,
        journeys,
        counts,
        left_out,
        releases,
        names,
        moves,
        primaries,
        notes,
    })
}

/// A record that cannot be read, as the tree sees it.
fn named_lost(lost: &Lost) -> Named {
    let Lost { extent, dn } = lost.clone();
    let rdn = dn.rdn().cloned().unwrap_or_default();
    Named { extent, dn, rdn }
}

impl<'s> Task<'_, 's> {
    /// Does something for each item, on all threads, results in order; the first error ends it.
    pub(super) fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> Result<R> + Sync + Send,
    ) -> Result<Vec<R>> {
        self.pool.try_each(items, work)
    }

    /// Those of these names, as keys, that entries of OLD have.
    pub(super) fn names_of_old(&self, asked: &HashSet<&[u8]>) -> HashSet<Vec<u8>> {
        let there = self.olds.each_chunk(self.pool, self.old, |extents| {
            let keys = extents.iter().filter_map(|&extent| self.old.key(extent).ok());
            keys.filter(|key| asked.contains(key.as_slice())).collect::<Vec<_>>()
        });
        there.into_iter().flatten().collect()
    }

    fn tree(&self, deletes: Vec<Named>, adds: Vec<Named>, pairs: Vec<(Named, Named)>) -> Tree {
        let respelled = |old: &Rdn, new: &Rdn| self.comparison.is_respelled(old, new);
        Tree::new(self.comparison.schema, deletes, adds, pairs, &respelled)
    }

    /// Notes which entries that come may not be without references: groups come behind their members, so
    /// that no overlay that keeps `memberOf` looks for who is not there yet.
    fn note_references(&self, tree: &mut Tree) -> Result<()> {
        if self.server.groups_may_be_empty() {
            return Ok(());
        }
        let schema = self.comparison.schema;
        let demanded = || schema.demanded().filter(|one| one.syntax.is_dn());
        let names = demanded().filter_map(|one| one.names.first()).map(|name| name.as_bytes());
        let wanted = TypeSet::of(schema, names.chain([CLASSES]));
        let demanded: HashSet<u32> = demanded().map(|one| one.id).collect();
        let refers = |entry: Entry<'_>| {
            Ok(entry.attributes.iter().any(|one| {
                let known = schema.attribute(type_of(&one.description));
                known.is_some_and(|known| {
                    demanded.contains(&known.id)
                        && schema.mandatory(entry.object_classes(), known) == Mandatory::Yes
                })
            }))
        };
        let adds = |node: &&mut Node| node.kind == NodeKind::Add && !node.left_out;
        let mut adds: Vec<&mut Node> = tree.nodes.iter_mut().filter(adds).collect();
        let places: Vec<Extent> =
            adds.iter().filter_map(|node| node.new.as_ref()).map(|named| named.extent).collect();
        let found = self.each(&places, |place| self.new.part_of_entry(*place, &wanted, refers))?;
        for (node, refers) in adds.iter_mut().zip(found) {
            node.turn = if refers { Turn::Last } else { Turn::Usual };
        }
        Ok(())
    }

    /// Notes what of a configuration comes first.
    fn note_needed(&self, tree: &mut Tree) {
        for node in &mut tree.nodes {
            let named = node.new.as_ref().or(node.old.as_ref());
            if named.is_some_and(|named| is_needed(self.server, &named.dn)) {
                node.turn = Turn::First;
            }
        }
    }

    /// Refuses what no server does: deleting an entry while others stay or come below it.
    fn refuse_orphans(&self, tree: &Tree) -> Result<()> {
        let schema = self.comparison.schema;
        let mut going = tree.by_old.iter().filter(|(_, id)| goes(&tree.nodes[**id])).peekable();
        if going.peek().is_none() {
            return Ok(());
        }
        let staying = match going.any(|(key, _)| self.olds.may_be_below(key)) {
            true => self.olds.each_chunk(self.pool, self.old, |some| self.staying(some, tree)),
            false => Vec::new(),
        };
        let staying = staying.into_iter().collect::<Result<Vec<_>>>()?;
        let coming = tree.nodes.iter().filter(|node| !node.left_out && !goes(node));
        let coming = coming.filter_map(|node| next_above(keys_from(node.known_above()?), tree));
        let below: Vec<Below> = staying.into_iter().flatten().chain(coming).collect();
        // Those next below it stand for what is below them.
        let Some(&(id, depth)) = below.iter().min() else { return Ok(()) };
        let Some(old) = &tree.nodes[id].old else { return Ok(()) };
        let again = tree.by_new.contains_key(dn_key(schema, &old.dn).as_slice());
        let children = below.iter().filter(|one| **one == (id, depth)).count() as u64;
        let kind = if again {
            ErrorKind::RecreatedWithChildren { children }
        } else {
            ErrorKind::ParentMissing { children }
        };
        Err(self.old.error_in(kind, old.extent))
    }

    /// For each of some records that stays below one that goes, where that is. What is a node itself is
    /// asked where it will be, not where it was.
    fn staying(&self, extents: &[Extent], tree: &Tree) -> Result<Vec<Below>> {
        let mut found = Vec::new();
        let goes_above = |keys: &DnKeys| next_above(keys.iter().skip(1), tree);
        self.each_below(extents, &goes_above, &mut |dn, below| {
            if !tree.by_old.contains_key(self.comparison.key(&dn).as_slice()) {
                found.push(below);
            }
        })?;
        Ok(found)
    }

    /// Hands on the names of some records, each with what is asked of the names above it, where there is an
    /// answer; the first key is the name's own.
    ///
    /// Neighbours mostly have one parent: a name that ends like the one before has its answer. Then
    /// waiting for memory is what takes the time, so some names are asked for at once.
    fn each_below<A>(
        &self,
        extents: &[Extent],
        asked: &dyn Fn(&DnKeys) -> Option<A>,
        each: &mut dyn FnMut(Dn, A),
    ) -> Result<()> {
        let mut childless: &[u8] = b"";
        let together = extents.chunks(TOGETHER).flat_map(|some| {
            some.iter().for_each(|&extent| self.old.touch(extent, 2));
            some
        });
        for &extent in together {
            if self.old.is_plainly_below(extent, childless) {
                continue;
            }
            let above = self.old.plain_dn(extent).and_then(plain_parent);
            let dn = self.old.dn(extent)?;
            match asked(&DnKeys::new(self.comparison.schema, &dn)) {
                None => childless = above.unwrap_or(childless),
                Some(answer) => each(dn, answer),
            }
        }
        Ok(())
    }

    /// The names that only get another spelling, and that something stands below, in OLD or in NEW.
    fn spellings(&self, tree: &Tree) -> Result<Spellings> {
        let spellings = Spellings::of(tree);
        if spellings.is_empty() {
            return Ok(spellings);
        }
        let next_above =
            |keys: &DnKeys| keys.iter().skip(1).find(|key| spellings.hold(key)).map(<[u8]>::to_vec);
        let found = self.olds.each_chunk(self.pool, self.old, |extents| {
            let mut found = HashSet::new();
            self.each_below(extents, &next_above, &mut |_, above| _ = found.insert(above))?;
            Ok(found)
        });
        let of_old = found.into_iter().collect::<Result<Vec<HashSet<Vec<u8>>>>>()?;
        let names = tree.nodes.iter().filter_map(|node| node.new.as_ref());
        let of_new =
            names.filter_map(|named| next_above(&DnKeys::new(self.comparison.schema, &named.dn)));
        let above: HashSet<Vec<u8>> = of_old.into_iter().flatten().chain(of_new).collect();
        Ok(spellings.above(|key| above.contains(key)))
    }

    /// What entries are called.
    pub(super) fn names(&self, tree: &Tree, moves: &[Move]) -> Names<'s> {
        let mut names = Names::new(self.comparison.schema, tree, moves);
        if self.means_gone && self.server.takes_any_name() {
            names.mean_gone();
        }
        if names.any_taken_along() {
            let stays = |dn: &Dn| names.stays(dn);
            let below = self.olds.each_chunk(self.pool, self.old, |extents| {
                let all = extents.iter().filter_map(|&extent| self.old.dn(extent).ok());
                all.filter(stays).collect::<Vec<Dn>>()
            });
            let of_old = self.rejects.iter().filter(|reject| reject.side == Side::Old);
            let rejected: Vec<&Dn> =
                of_old.filter_map(|reject| reject.dn.as_ref()).filter(|dn| stays(dn)).collect();
            names.take_along(below.iter().flatten().chain(rejected));
        }
        names
    }

    /// What is free in both exports, which are looked through when something is needed.
    fn free<'f>(&self, found: &'f mut Option<Free>) -> &'f mut Free {
        found.get_or_insert_with(|| Free::find(self.pool, [self.old, self.new]))
    }

    /// An RDN that nobody has: the entry's own, with other values of the unique attributes in it, which
    /// another entry may wait for; where there are none, in the first attribute whose syntax takes any
    /// text.
    fn temporary_rdn(&self, node: &Node, unique: &NameSet, free: &mut Free) -> Rdn {
        let mut rdn = node.old.as_ref().map(|old| old.rdn.clone()).unwrap_or_default();
        let schema = self.comparison.schema;
        let known = |name: &[u8]| schema.attribute(name).map(|a| a.syntax);
        // Where nothing is known of an attribute, its value shows whether it may be a number.
        let syntax = |ava: &Ava| match (known(&ava.attribute), &ava.value) {
            (None, AvaValue::Text(text)) if text.iter().all(u8::is_ascii_digit) => {
                Some(Syntax::NumericString)
            }
            (syntax, _) => syntax,
        };
        let is_text = |s: Option<Syntax>| {
            use Syntax::{DirectoryString, Ia5String, PrintableString};
            matches!(s, None | Some(DirectoryString | Ia5String | PrintableString))
        };
        let is_unique = |ava: &Ava| unique.contains(&ava.attribute);
        let all = || rdn.avas.iter().enumerate();
        let mut chosen: Vec<usize> =
            all().filter(|(_, a)| is_unique(a)).map(|(at, _)| at).collect();
        if chosen.is_empty() {
            let text = all().find(|(_, ava)| is_text(syntax(ava)));
            chosen.push(text.map_or(0, |(at, _)| at));
        }
        for at in chosen {
            if let Some(ava) = rdn.avas_mut().get_mut(at) {
                let syntax = syntax(ava);
                ava.value = AvaValue::Text(free.value(Word::Temporary, syntax));
            }
        }
        rdn
    }
}
