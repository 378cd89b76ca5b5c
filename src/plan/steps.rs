//! Puts the steps of a plan together: which entries have something to do in which part of the way.

use std::collections::{HashMap, HashSet};

use crate::attribute::{CLASSES, type_of};
use crate::change::{ModOp, Modification};
use crate::compare::rename::Matched;
use crate::dn::{Dn, Rdn};
use crate::entry::Entry;
use crate::error::{ErrorKind, Result, ServerFault};
use crate::join::Looks;
use crate::plan::build::Task;
use crate::plan::journey::{Fields, States, Way, name};
use crate::plan::kept::{Configuration, Kept, Whose};
use crate::plan::names::Names;
use crate::plan::narrow::Narrowed;
use crate::plan::newcomer::{Newcomer, newcomer};
use crate::plan::order::{Move, Target};
use crate::plan::primary::Primaries;
use crate::plan::refuse::Judge;
use crate::plan::release::{Release, Releases};
use crate::plan::sound::{Wrong, counted};
use crate::plan::spelled::Heading;
use crate::plan::tree::{Key, Named, Node, NodeId, NodeKind, Tree, Turn};
use crate::plan::{ByHand, Counts, Journey, Notes, Part, Step};
use crate::source::{Extent, TypeSet, read_pair};

/// What steps are put together from.
pub(super) struct Assembly<'a, 't, 's> {
    pub(super) task: &'a Task<'t, 's>,
    pub(super) tree: &'a Tree,
    pub(super) moves: &'a [Move],
    pub(super) renamed: HashMap<Extent, NodeId>,
    pub(super) hops: HashMap<NodeId, Vec<Rdn>>,
    pub(super) names: &'a Names<'s>,
    pub(super) releases: &'a Releases,
    pub(super) narrowed: &'a Narrowed,
    pub(super) primaries: &'a Primaries,
}

/// What a plan is put together of.
pub(super) struct Assembled {
    pub(super) journeys: Vec<Journey>,
    pub(super) steps: Vec<Step>,
    /// The number of the step a second file begins with, where one is needed.
    pub(super) pause: Option<usize>,
    /// Whether the way back must pause before references come back.
    pub(super) undo_pauses: bool,
    /// How many entries would change, but stay as they are though nobody said so of them.
    pub(super) frozen: u64,
    /// How many attributes are written as a whole.
    pub(super) replaced: u64,
    /// What else should be known.
    pub(super) notes: Notes,
}

/// Parts of the way.
#[derive(Clone, Copy, Debug, Default)]
struct PartSet(u8);

const _: () = assert!((Part::After as u32) < u8::BITS, "a set of parts has a bit for each");

impl PartSet {
    fn holds(self, part: Part) -> bool {
        self.0 >> part as u8 & 1 == 1
    }

    /// The same with a part, where there is something to do in it.
    fn given(self, part: Part, is_any: bool) -> PartSet {
        PartSet(self.0 | u8::from(is_any) << part as u8)
    }
}

/// Which parts of the way of an entry hold anything.
#[derive(Debug, Default)]
struct Parts {
    modifies: PartSet,
    /// How many attributes are written as a whole.
    replaced: u64,
    /// What NEW says and is not done.
    kept: Kept,
    /// How many attributes have two values that the server takes for one.
    twins: u64,
    /// Whether what comes last names what another entry had before, and whether what comes last on the way back
    /// does.
    waits_for_rest: (bool, bool),
    /// Why a server refuses what becomes of the entry.
    unsound: Option<Box<Wrong>>,
}

impl<'s> Assembly<'_, '_, 's> {
    fn way(&self) -> Way<'_, 's> {
        let Task { comparison, server, style, .. } = *self.task;
        Way { comparison, names: self.names, server, style, primaries: self.primaries }
    }

    pub(super) fn assemble(&self, matched: &Matched) -> Result<Assembled> {
        let mut journeys = self.pairs(matched)?;
        let mut parts = self.task.each(&journeys, |journey| self.parts_of_pair(journey))?;
        let frozen = self.freeze(&journeys, &mut parts);
        let mut of_node: HashMap<usize, u32> = HashMap::new();
        for (n, journey) in journeys.iter().enumerate() {
            if let Some(id) = self.rename_node(journey.old) {
                of_node.insert(id, n as u32);
            }
        }
        let first = journeys.len();
        for (id, node) in self.tree.nodes.iter().enumerate().filter(|(_, n)| !n.left_out) {
            if node.kind != NodeKind::Rename {
                of_node.insert(id, journeys.len() as u32);
                let extent = |named: &Option<Named>| named.as_ref().map(|n| n.extent);
                let (old, new) = (extent(&node.old), extent(&node.new));
                journeys.push(Journey {
                    old,
                    new,
                    hops: self.hops(id),
                    looks: Looks::ALL,
                    same: false,
                    arrival: 0,
                    frozen: false,
                });
            }
        }
        for (n, step) in self.moves.iter().enumerate().filter(|(_, m)| m.to == Target::Added) {
            journeys[of_node[&step.node] as usize].arrival = n;
        }
        let references = self.references();
        let alone = |journey: &Journey| self.parts_of_node(journey, &references);
        parts.extend(self.task.each(&journeys[first..], alone)?);
        let steps = self.steps(&journeys, &parts, &of_node);
        let carried = self.carried_groups(matched)?;
        let mut notes = Notes { carried, ..notes(&parts) };
        let comes = |n: &&Node| n.turn == Turn::First && !n.left_out && n.kind == NodeKind::Add;
        notes.for_good += self.tree.nodes.iter().filter(comes).count() as u64;
        notes.stale += self.stale_where_nothing_goes()?;
        notes.elsewhere = self.primaries.elsewhere;
        notes.lost_groups = self.primaries.lost.len() as u64;
        notes.by_hand.unselected = self.primaries.unselected;
        notes.by_hand.nowhere -= self.primaries.unselected.min(notes.by_hand.nowhere);
        let replaced = parts.iter().map(|parts| parts.replaced).sum();
        let pause = pause(&parts, &steps);
        let undo_pauses = parts.iter().any(|parts| parts.waits_for_rest.1);
        Ok(Assembled { journeys, steps, pause, undo_pauses, frozen, replaced, notes })
    }

    /// How many references to names that go are in entries that NEW does not have and that stay all the same.
    fn stale_where_nothing_goes(&self) -> Result<u64> {
        let stays = |node: &&Node| node.left_out && node.kind == NodeKind::Delete;
        let staying: Vec<Extent> = self
            .tree
            .nodes
            .iter()
            .filter(stays)
            .filter_map(|node| Some(node.old.as_ref()?.extent))
            .collect();
        let way = self.way();
        let stale = self.task.each(&staying, |&extent| {
            // What was rejected cannot be read, and nobody knows what it refers to.
            let Ok(entry) = self.task.old.entry(extent) else { return Ok(0) };
            Ok(way.stale(&self.task.comparison.writable_fields(&entry), &Vec::new()))
        })?;
        Ok(stale.into_iter().sum())
    }

    /// Takes the parts from entries that stay as they are; answers how many of those are to be
    /// counted.
    fn freeze(&self, journeys: &[Journey], parts: &mut [Parts]) -> u64 {
        let outside = |old: Option<Extent>| {
            old.is_some_and(|extent| self.task.narrowing.old.contains(&extent))
        };
        let mut count = 0;
        for (journey, parts) in journeys.iter().zip(parts).filter(|(j, _)| j.frozen) {
            count += u64::from(parts.modifies.0 != 0 && !outside(journey.old));
            let kept = Kept { stale: parts.kept.stale, ..Kept::default() };
            *parts = Parts { kept, ..Parts::default() };
        }
        count
    }

    fn steps(
        &self,
        journeys: &[Journey],
        parts: &[Parts],
        of_node: &HashMap<usize, u32>,
    ) -> Vec<Step> {
        let mut by_old: Vec<usize> = (0..journeys.len()).collect();
        by_old.sort_by_key(|&n| journeys[n].old);
        let mut by_new: Vec<usize> = (0..journeys.len()).collect();
        by_new.sort_by_key(|&n| (journeys[n].same, journeys[n].new));
        let some = |order: &[usize], part: Part| -> Vec<Step> {
            let some = order.iter().copied().filter(|&n| parts[n].modifies.holds(part));
            some.map(|n| Step { part, journey: n as u32, number: 0 }).collect()
        };
        let early = [Part::Join, Part::Primary, Part::Before];
        let mut steps: Vec<Step> = early.into_iter().flat_map(|part| some(&by_old, part)).collect();
        steps.extend(self.moves.iter().enumerate().map(|(n, step)| {
            let part = match step.to {
                Target::Gone => Part::Delete,
                Target::Added => Part::Add,
                Target::Renamed { .. } => Part::Rename,
            };
            Step { part, journey: of_node[&step.node], number: n as u32 }
        }));
        steps.extend([Part::Main, Part::After].into_iter().flat_map(|part| some(&by_new, part)));
        steps
    }

    /// The RDNs a node has one after the other, its own first; none where it is never renamed.
    fn hops(&self, id: usize) -> Vec<Rdn> {
        self.hops.get(&id).cloned().unwrap_or_default()
    }

    /// The node of a renamed entry, by its record in OLD.
    fn rename_node(&self, old: Option<Extent>) -> Option<usize> {
        let id = *self.renamed.get(&old?)?;
        (!self.tree.nodes[id].left_out).then_some(id)
    }

    /// The entries both exports have and that change, or whose references do.
    fn pairs(&self, matched: &Matched) -> Result<Vec<Journey>> {
        let mut journeys = Vec::with_capacity(matched.changed.len() + matched.moved.len());
        for pair in matched.changed.iter().chain(&matched.moved) {
            let hops = self.rename_node(Some(pair.old)).map(|id| self.hops(id)).unwrap_or_default();
            journeys.push(Journey {
                old: Some(pair.old),
                new: Some(pair.new),
                looks: if hops.is_empty() { pair.looks } else { Looks::ALL },
                hops,
                same: false,
                arrival: 0,
                frozen: self.narrowed.frozen.contains(&pair.old),
            });
        }
        let known = |journeys: &[Journey]| -> HashSet<Extent> {
            journeys.iter().filter_map(|journey| journey.old).collect()
        };
        if self.names.any_reused() || self.names.any_cut() {
            journeys.extend(self.referring(&known(&journeys))?);
        }
        if !self.primaries.touched.is_empty() {
            let known = known(&journeys);
            let touched = self.primaries.touched.iter().filter(|extent| !known.contains(extent));
            journeys.extend(touched.map(|&extent| self.unchanged(extent)));
        }
        Ok(journeys)
    }

    /// Entries that do not change, but refer to a name that one entry leaves and another takes, or in a way
    /// that the server would cut.
    fn referring(&self, known: &HashSet<Extent>) -> Result<Vec<Journey>> {
        let going: HashSet<Extent> = self
            .tree
            .nodes
            .iter()
            .filter(|node| node.kind == NodeKind::Delete && !node.left_out)
            .filter_map(|node| node.old.as_ref().map(|old| old.extent))
            .collect();
        // What a rejected record protects is not touched.
        let kept = &self.task.narrowing.old;
        let stays = |extent: &&Extent| {
            !known.contains(extent) && !going.contains(extent) && !kept.contains(extent)
        };
        let found = self.task.olds.each_chunk(self.task.pool, self.task.old, |extents| {
            let mut found = Vec::new();
            for &extent in extents.iter().filter(stays) {
                let refers = |entry: Entry<'_>| Ok(self.refers_anew(&entry));
                if self.task.old.with_entry(extent, refers)? {
                    found.push(extent);
                }
            }
            Ok(found)
        });
        let found = found.into_iter().collect::<Result<Vec<Vec<Extent>>>>()?.into_iter().flatten();
        Ok(found.map(|extent| self.unchanged(extent)).collect())
    }

    /// The journey of an entry that is the same in both exports.
    fn unchanged(&self, extent: Extent) -> Journey {
        Journey {
            old: Some(extent),
            new: Some(extent),
            hops: Vec::new(),
            looks: Looks::ALL,
            same: true,
            arrival: 0,
            frozen: !self.task.narrowing.lets_modify(extent),
        }
    }

    /// Whether a reference of an entry goes and comes again though it stays the same.
    fn refers_anew(&self, entry: &Entry<'_>) -> bool {
        let fields = self.task.comparison.fields(entry);
        let names = fields.iter().filter(|f| f.attribute.is_some_and(|a| a.syntax.is_dn()));
        let mut values =
            names.flat_map(|f| f.values.iter().filter_map(|v| Some((v, name(f.attribute, v)?))));
        values.any(|(v, dn)| self.names.is_reused(&dn) || self.names.cuts(v, &dn, Heading::There))
    }

    fn judge(&self) -> Judge<'_, 's> {
        let Task { comparison, server, .. } = *self.task;
        Judge { server, comparison, names: self.names }
    }

    fn parts_of_pair(&self, journey: &Journey) -> Result<Parts> {
        let (Some(old_at), Some(new_at)) = (journey.old, journey.new) else {
            return Ok(Parts::default());
        };
        let released = self.releases.early.get(&old_at).map_or(&[][..], Vec::as_slice);
        // What only the server may write is shown where it differs, and no part of the way.
        let is_shown = self.task.comparison.selection.operational;
        let is_told = self.task.tells_unsound;
        let is_plain = !journey.looks.hold(Looks::PARTS) && !is_shown && !is_told;
        if is_plain && self.names.leave_references() && released.is_empty() {
            return Ok(Parts {
                modifies: PartSet::default().given(Part::Main, true),
                ..Parts::default()
            });
        }
        let source = if journey.same { self.task.old } else { self.task.new };
        read_pair((self.task.old, old_at), (source, new_at), |old, new| {
            let parts = self.parts_of_entries(journey, released, [old, new]);
            parts.map_err(|fault| source.error_in(ErrorKind::Server(fault), new_at))
        })
    }

    /// The same of its two versions, of which `released` goes first.
    fn parts_of_entries(
        &self,
        journey: &Journey,
        released: &[Release],
        [old, new]: [&Entry<'_>; 2],
    ) -> Result<Parts, ServerFault> {
        let way = self.way();
        let states = way.states(old, new, &journey.hops, released);
        let rdn = new.dn.rdn();
        let ways = ways_of_parts(&states);
        let all = ways.map(|(_, states)| match states {
            Some([from, to]) => way.modifications(from, to, rdn),
            None => Vec::new(),
        });
        let replaced = all.iter().flatten().filter(|one| is_whole(one)).count() as u64;
        if !journey.frozen {
            all.iter().try_for_each(|part| self.judge().modifications(rdn, part))?;
            self.judge().single(new, &states.end, &all)?;
        }
        let twins = way.twins_that_come(&states.end, &all[3..]);
        let each = ways.iter().zip(&all);
        let modifies = each
            .fold(PartSet::default(), |set, ((part, _), all)| set.given(*part, !all.is_empty()));
        let mut kept = states.kept;
        if !journey.frozen && self.judge().loads(all.iter().flatten()) {
            kept.configuration = Some(Configuration::ForGood);
        }
        if journey.frozen {
            // It is counted as a whole.
            kept.references = 0;
            kept.stale = way.stale(&states.start, &states.end);
        }
        let is_told = self.task.tells_unsound && !journey.frozen;
        let unsound = if is_told {
            way.unsound_when_changed(old, [&states.start, &states.end])
        } else {
            None
        };
        let unsound = unsound.map(Box::new);
        let back = || way.modifications(&states.released, &states.start, rdn);
        let waits_for_rest = (
            self.waits_for_rest(&all[4]),
            modifies.holds(Part::Before) && self.way_back_waits(&back()),
        );
        Ok(Parts { modifies, replaced, kept, twins, waits_for_rest, unsound })
    }

    /// The attributes that refer to entries, and what tells which of them an entry must have.
    fn references(&self) -> TypeSet<'_> {
        let comparison = self.task.comparison;
        let attributes = comparison.schema.attributes().iter();
        let referring = attributes.filter(|one| one.syntax.is_dn());
        let names = referring.flat_map(|one| one.names.iter().chain([&one.oid]));
        let names = names.map(|name| name.as_bytes());
        let taking_part = names.filter(|name| !comparison.is_server_only(name));
        TypeSet::of(comparison.schema, taking_part.chain([CLASSES]))
    }

    /// Whether an entry that goes lets go of anything before it does, and whether that must wait on the way
    /// back.
    fn lets_go(&self, extent: Extent, references: &TypeSet<'_>) -> Result<(bool, bool)> {
        let way = self.way();
        let released = self.releases.early.get(&extent).map_or(&[][..], Vec::as_slice);
        let look = |entry: Entry<'_>| {
            let entry = way.as_added(entry);
            let (start, end) = way.departure(&entry, released);
            let back = way.modifications(&end, &start, None);
            Ok((!back.is_empty(), self.way_back_waits(&back)))
        };
        match released {
            [] => self.task.old.part_of_entry(extent, references, look),
            _ => self.task.old.with_entry(extent, look),
        }
    }

    /// The parts of an entry that goes, comes, or does both.
    fn parts_of_node(&self, journey: &Journey, references: &TypeSet<'_>) -> Result<Parts> {
        let mut parts = match journey.new {
            Some(extent) => self.parts_of_newcomer(extent, journey.arrival, references)?,
            None => Parts::default(),
        };
        if let Some(extent) = journey.old {
            let (lets_go, waits) = self.lets_go(extent, references)?;
            parts.waits_for_rest.1 = waits;
            parts.modifies = parts.modifies.given(Part::Before, lets_go);
        }
        Ok(parts)
    }

    /// The parts of an entry that comes by this move: mostly only its references are looked at.
    fn parts_of_newcomer(
        &self,
        extent: Extent,
        arrival: usize,
        references: &TypeSet<'_>,
    ) -> Result<Parts> {
        let Task { new, server, tells_unsound, .. } = *self.task;
        let look = |entry: Entry<'_>| {
            let parts = self.parts_of_added(entry, arrival);
            parts.map_err(|fault| new.error_in(ErrorKind::Server(fault), extent))
        };
        let asks_all = server.refuses_more() || server.wants_passwords() || tells_unsound;
        // Two values of one attribute may be one for the server.
        match asks_all || new.repeats_others(extent, references) {
            true => new.with_entry(extent, look),
            false => new.part_of_entry(extent, references, look),
        }
    }

    fn parts_of_added(&self, entry: Entry<'_>, arrival: usize) -> Result<Parts, ServerFault> {
        let way = self.way();
        let Newcomer { entry, wants_password, wants_group } = newcomer(self.task.server, entry);
        let (first, end) = way.arrival(&entry, arrival);
        self.judge().addition(entry.dn.rdn(), &end)?;
        let late = way.modifications(&first, &end, None);
        let kept = Kept {
            disabled: wants_password,
            by_hand: wants_group.then_some(Whose::Newcomer),
            references: way.withheld(&entry),
            ..Kept::default()
        };
        let unsound = if self.task.tells_unsound { way.unsound_when_added(&end) } else { None };
        Ok(Parts {
            modifies: PartSet::default().given(Part::After, !late.is_empty()),
            waits_for_rest: (self.waits_for_rest(&late), false),
            kept,
            twins: way.twins(&end),
            unsound: unsound.map(Box::new),
            ..Parts::default()
        })
    }

    /// Whether modifications name what an entry leaves, and the server may look for such references later: it
    /// would have them follow that entry, or go with it.
    fn waits_for_rest(&self, all: &[Modification<'_>]) -> bool {
        self.task.server.follows_later()
            && self.name_any(all, |value, dn| {
                self.names.is_reused(dn)
                    || self.names.goes(dn)
                    || self.names.cuts(value, dn, Heading::There)
            })
    }

    /// The same of what leads back: there an entry leaves the name it came to.
    fn way_back_waits(&self, all: &[Modification<'_>]) -> bool {
        self.task.server.follows_later()
            && self.name_any(all, |value, dn| {
                self.names.is_reused(dn)
                    || self.names.comes(dn)
                    || self.names.cuts(value, dn, Heading::Back)
            })
    }

    fn name_any(&self, all: &[Modification<'_>], is_meant: impl Fn(&[u8], &Dn) -> bool) -> bool {
        let schema = self.task.comparison.schema;
        all.iter().any(|one| {
            let attribute = schema.attribute(type_of(&one.description));
            one.values
                .iter()
                .any(|value| name(attribute, value).is_some_and(|dn| is_meant(value, &dn)))
        })
    }
}

/// Where the import must pause: OpenLDAP's referential integrity works in the background, and would
/// change references to a name that another entry had before.
fn pause(parts: &[Parts], steps: &[Step]) -> Option<usize> {
    let first = steps.iter().position(|step| step.part == Part::After)?;
    let mut after = steps[first..].iter().map(|step| &parts[step.journey as usize]);
    after.any(|parts| parts.waits_for_rest.0).then_some(first)
}

/// The parts in which an entry of both exports changes, and from which state to which.
fn ways_of_parts<'f, 'e, 's>(
    states: &'f States<'e, 's>,
) -> [(Part, Option<[&'f Fields<'e, 's>; 2]>); 5] {
    let States { opening, start, released, renamed, main, end, .. } = states;
    let opening = opening.as_deref();
    let group = opening.filter(|one| !one.is_account);
    let account = opening.filter(|one| one.is_account);
    [
        (Part::Join, group.map(|one| [&one.first, &one.joined])),
        (Part::Primary, account.map(|one| [&one.joined, start])),
        (Part::Before, Some([start, released])),
        (Part::Main, Some([renamed, main])),
        (Part::After, Some([main, end])),
    ]
}

/// Whether an attribute is written as a whole, or goes as one.
fn is_whole(one: &Modification<'_>) -> bool {
    one.op == ModOp::Replace || one.values.is_empty()
}

/// What all parts together have to say. What only goes has nothing to say.
fn notes(parts: &[Parts]) -> Notes {
    let count = |test: fn(&Parts) -> bool| parts.iter().filter(|p| test(p)).count() as u64;
    let disabled = (0u32..).zip(parts).filter(|(_, p)| p.kept.disabled).map(|(n, _)| n).collect();
    Notes {
        disabled,
        protected: count(|p| p.kept.protected),
        built_in: count(|p| p.kept.configuration == Some(Configuration::BuiltIn)),
        for_good: count(|p| p.kept.configuration == Some(Configuration::ForGood)),
        by_hand: ByHand {
            newcomers: count(|p| p.kept.by_hand == Some(Whose::Newcomer)),
            nowhere: count(|p| p.kept.by_hand == Some(Whose::Known)),
            unselected: 0,
        },
        references: parts.iter().map(|p| p.kept.references).sum(),
        stale: parts.iter().map(|p| p.kept.stale).sum(),
        twins: parts.iter().map(|p| p.twins).sum(),
        unsound: counted(parts.iter().filter_map(|parts| parts.unsound.as_deref())),
        carried: 0,
        elsewhere: 0,
        lost_groups: 0,
        halves: 0,
        crossing: 0,
    }
}

pub(super) fn counts(tree: &Tree, moves: &[Move], journeys: &[Journey], steps: &[Step]) -> Counts {
    let of = |wanted: &Target| moves.iter().filter(|m| m.to == *wanted).count() as u64;
    let renamed: Vec<usize> =
        moves.iter().filter(|m| matches!(m.to, Target::Renamed { .. })).map(|m| m.node).collect();
    let ids: HashSet<usize> =
        renamed.iter().copied().filter(|&id| tree.nodes[id].kind == NodeKind::Rename).collect();
    let modified: HashSet<u32> = steps
        .iter()
        .filter(|s| s.part.is_modify())
        .filter(|s| {
            journeys[s.journey as usize].old.is_some() && journeys[s.journey as usize].new.is_some()
        })
        .map(|s| s.journey)
        .collect();
    let again =
        |key: &Key| tree.by_new.get(key).is_some_and(|&id| tree.nodes[id].kind == NodeKind::Add);
    let recreated = tree
        .by_old
        .iter()
        .filter(|(key, id)| tree.nodes[**id].kind == NodeKind::Delete && again(key))
        .filter(|(_, id)| !tree.nodes[**id].left_out);
    Counts {
        adds: of(&Target::Added),
        deletes: of(&Target::Gone),
        modifies: modified.len() as u64,
        renames: ids.len() as u64,
        recreated: recreated.count() as u64,
        parked: (renamed.len() - ids.len()) as u64,
        replaced: 0,
    }
}
