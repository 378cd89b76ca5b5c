//! A plan as records, and records as text in every shape.
//!
//! A step is read, parsed and compared again, and becomes one change record or a few, each with
//! what undoes it. Steps are worked on by all threads and written in their order.

mod changed;
mod delimited;
mod digest;
mod guard;
mod head;
mod jsonl;
mod ldif;
mod retreat;
mod rows;
mod split;
mod spoken;
pub mod sql;
mod summary;
mod template;
mod unified;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write;

pub use changed::ChangedRow;
pub use delimited::{Asked, csv_change, csv_head};
pub use head::{Files, Named, Side, Subject, Undone, second_name};
pub use jsonl::Jsonl;
pub use ldif::{Head, LdifShape};
pub use rows::{UnifiedRows, row_summary};
pub use summary::{in_words, summary};
pub use template::{Rendered, Rendering};
pub use unified::{Paint, Unified};

use crate::change::{Change, ChangeRecord, Control, ModOp, Modification, ModifyDn};
use crate::compare::{Comparison, Field};
use crate::dn::{Dn, Rdn};
use crate::entry::{Attribute, Entry};
use crate::error::Result;
use crate::join::Looks;
use crate::parallel::Pool;
use crate::plan::journey::{States, Way};
use crate::plan::{Journey, Move, Part, Plan, Step, Target};
use crate::reconcile::Reasons;
use crate::source::{Extent, Source, TypeSet, read_differing, read_pair};
use guard::{Touched, uuid};

/// A change record and the records that undo it, in their order.
#[derive(Clone, Debug)]
pub struct Undoable<'e> {
    /// What is done.
    pub forward: ChangeRecord<'e>,
    /// What leads back, where that is asked for.
    pub back: Vec<ChangeRecord<'e>>,
}

/// What is asked for of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// What is done; what leads back may be missing.
    Forward,
    /// What leads back, too.
    Both,
}

/// What records are made from.
pub struct Emission<'e, 's> {
    /// The worker threads.
    pub pool: &'e Pool,
    /// The plan.
    pub plan: &'e Plan<'s>,
    /// What is to be changed.
    pub old: &'e Source<'e>,
    /// What is obeyed.
    pub new: &'e Source<'e>,
    /// How entries go their way.
    pub way: Way<'e, 's>,
    /// How large a record may be, in bytes, before its values continue in another.
    pub max_record_size: usize,
    /// Whether adds carry the identifiers and times of NEW.
    pub keep_identifiers: bool,
    /// Whether records carry an assertion of what they expect.
    pub assert: bool,
    /// Further attributes whose values are secrets, in lower case.
    pub secrets: &'e [Vec<u8>],
    /// Why entries change, where a mapping says it.
    pub reasons: Option<&'e Reasons>,
    /// `objectClass`, which says of an entry how it is to be spoken of.
    pub classes: TypeSet<'e>,
}

impl<'e, 's> Emission<'e, 's> {
    fn comparison(&self) -> &'e Comparison<'s> {
        self.way.comparison
    }

    /// Makes the records of a step and hands them on.
    pub fn step(&self, step: Step, ways: Ways, each: &mut dyn FnMut(Undoable<'_>)) -> Result<()> {
        let journey = &self.plan.journeys[step.journey as usize];
        match (step.part, journey.old, journey.new) {
            (Part::Add, _, _) => self.add(step, journey, ways, each),
            (Part::Delete, _, _) => self.delete(step, journey, ways, each),
            (Part::Rename, Some(_), Some(_)) => self.rename_pair(step, journey, each),
            (Part::Rename, _, _) => self.park(step, journey, each),
            (Part::After, None, _) => self.complete(journey, ways, each),
            (Part::Before, _, None) => self.release(journey, ways, each),
            (part, _, _) => self.modify(part, journey, ways, each),
        }
    }

    fn structure(&self, step: Step) -> &Move {
        &self.plan.moves[step.number as usize]
    }

    /// Reads both records of an entry and finds its states.
    fn with_states(
        &self,
        journey: &Journey,
        then: &mut dyn FnMut(&Entry<'_>, &States<'_, 's>),
    ) -> Result<()> {
        let (Some(old_at), Some(new_at)) = (journey.old, journey.new) else { return Ok(()) };
        let source = if journey.same { self.old } else { self.new };
        let released = self.plan.released(journey.old);
        let pair = ((self.old, old_at), (source, new_at));
        let then = |old: &Entry<'_>, new: &Entry<'_>| {
            let mut states = self.way.states(old, new, &journey.hops, released);
            if journey.frozen {
                states.released = states.start.clone();
            }
            then(old, &states);
            Ok(())
        };
        let takes_part = |description: &[u8]| self.comparison().takes_part(description);
        match self.is_by_itself(journey) && released.is_empty() {
            true => read_differing(pair.0, pair.1, &self.classes, takes_part, then),
            false => read_pair(pair.0, pair.1, then),
        }
    }

    /// Whether all that is done to an entry is to change values of its own, which depend on no other
    /// attribute and on no other entry.
    fn is_by_itself(&self, journey: &Journey) -> bool {
        let is_own = !journey.looks.hold(Looks::PARTS) && !journey.same && journey.hops.is_empty();
        is_own && self.way.names.leave_references() && !self.assert && self.comparison().takes_all()
    }

    /// Reads an entry that comes, or one that goes as it would come back.
    fn with_added(
        &self,
        source: &Source<'_>,
        extent: Extent,
        then: &mut dyn FnMut(&Entry<'_>),
    ) -> Result<()> {
        source.with_entry(extent, |entry| {
            then(&self.way.as_added(entry));
            Ok(())
        })
    }

    fn modify(
        &self,
        part: Part,
        journey: &Journey,
        ways: Ways,
        each: &mut dyn FnMut(Undoable<'_>),
    ) -> Result<()> {
        self.with_states(journey, &mut |old, states| {
            let (from, to, returned) = match (part, states.opening.as_ref()) {
                (Part::Join, Some(opening)) => (&opening.first, &opening.joined, &opening.returned),
                (Part::Primary, Some(opening)) => {
                    (&opening.joined, &states.start, &opening.returned)
                }
                (Part::Join | Part::Primary, None) => return,
                (Part::Before, _) => (&states.start, &states.released, &states.start),
                (Part::Main, _) => (&states.renamed, &states.main, &states.renamed),
                _ => (&states.main, &states.end, &states.main),
            };
            let dn = self.plan.name_at(part, &old.dn);
            self.modification_and_back(&dn, [from, to, returned], ways)
                .into_iter()
                .for_each(|one| hand_on(old, one, each));
        })
    }

    /// A record, with every attribute under the name the server has for it.
    fn record<'f>(
        &self,
        dn: Dn,
        controls: Vec<Control<'f>>,
        change: Change<'f>,
    ) -> ChangeRecord<'f> {
        let mut record = ChangeRecord { dn, controls, change };
        spoken::in_names_of(self.way.server, self.comparison().schema, &mut record);
        record
    }

    /// The records that lead from one state to another.
    fn modification<'f>(
        &self,
        dn: &Dn,
        from: &[Field<'f, 's>],
        to: &[Field<'f, 's>],
        ways: Ways,
    ) -> Vec<Undoable<'f>> {
        self.modification_and_back(dn, [from, to, from], ways)
    }

    /// The same where the way back leads to a third state.
    fn modification_and_back<'f>(
        &self,
        dn: &Dn,
        [from, to, returned]: [&[Field<'f, 's>]; 3],
        ways: Ways,
    ) -> Vec<Undoable<'f>> {
        let rdn = dn.rdn();
        let forward = self.way.modifications(from, to, rdn);
        let back = match ways {
            Ways::Forward => Vec::new(),
            Ways::Both => self.way.modifications(to, returned, rdn),
        };
        let chunks = split::split(self.comparison(), forward, back, self.max_record_size);
        let mut touched = Touched::new();
        let ahead: Vec<_> = chunks
            .iter()
            .map(|(forward, _)| self.expected_by_modify(forward, from, &mut touched))
            .collect();
        touched.clear();
        let mut behind: Vec<_> = chunks
            .iter()
            .rev()
            .map(|(_, back)| self.expected_by_modify(back, to, &mut touched))
            .collect();
        let undoable = |((forward, back), ahead): (split::Chunk<'f>, _)| {
            let behind = behind.pop().unwrap_or_default();
            let modify = |all, expected| {
                self.record(dn.clone(), expected, Change::Modify(deletes_first(all)))
            };
            Undoable {
                forward: modify(forward, ahead),
                back: match ways {
                    Ways::Both if !back.is_empty() => vec![modify(back, behind)],
                    Ways::Both | Ways::Forward => Vec::new(),
                },
            }
        };
        chunks.into_iter().zip(ahead).map(undoable).collect()
    }

    /// The records that add an entry: an add, and what did not fit into it.
    fn addition<'f>(&self, dn: &Dn, fields: &[Field<'f, 's>], ways: Ways) -> Vec<Undoable<'f>> {
        let (now, later) =
            split::split_add(self.comparison(), fields, dn.rdn(), self.max_record_size);
        let back = match ways {
            Ways::Forward => Vec::new(),
            Ways::Both => {
                let expected = self.expected_by_delete(&now, None);
                vec![self.record(dn.clone(), expected, Change::Delete)]
            }
        };
        let forward = self.record(dn.clone(), Vec::new(), Change::Add(attributes(&now)));
        let mut all = vec![Undoable { forward, back }];
        if later {
            all.extend(self.modification(dn, &now, fields, ways));
        }
        all
    }

    fn add(
        &self,
        step: Step,
        journey: &Journey,
        ways: Ways,
        each: &mut dyn FnMut(Undoable<'_>),
    ) -> Result<()> {
        let Some(extent) = journey.new else { return Ok(()) };
        self.with_added(self.new, extent, &mut |entry| {
            let (mut first, _) = self.way.arrival(entry, journey.arrival);
            if self.keep_identifiers {
                first.extend(self.way.comparison.identifying_fields(entry));
            }
            let all = self.addition(&self.structure(step).from, &first, ways);
            all.into_iter().for_each(|one| hand_on(entry, one, each));
        })
    }

    /// The references an added entry could not carry yet.
    fn complete(
        &self,
        journey: &Journey,
        ways: Ways,
        each: &mut dyn FnMut(Undoable<'_>),
    ) -> Result<()> {
        let Some(extent) = journey.new else { return Ok(()) };
        self.with_added(self.new, extent, &mut |entry| {
            let (first, end) = self.way.arrival(entry, journey.arrival);
            let all = self.modification(&entry.dn, &first, &end, ways);
            all.into_iter().for_each(|one| hand_on(entry, one, each));
        })
    }

    fn delete(
        &self,
        step: Step,
        journey: &Journey,
        ways: Ways,
        each: &mut dyn FnMut(Undoable<'_>),
    ) -> Result<()> {
        let Some(extent) = journey.old else { return Ok(()) };
        let dn = &self.structure(step).from;
        if ways == Ways::Forward && !self.assert {
            // A delete says nothing of the entry but its name.
            return self.old.part_of_entry(extent, &self.classes, |entry| {
                let forward = self.record(dn.clone(), Vec::new(), Change::Delete);
                hand_on(&entry, Undoable { forward, back: Vec::new() }, each);
                Ok(())
            });
        }
        self.with_added(self.old, extent, &mut |entry| {
            let fields = self.way.renamed(self.leaving(journey, entry).1, &journey.hops);
            let expected = self.expected_by_delete(&fields, uuid(entry));
            let all = self.addition(dn, &fields, Ways::Forward);
            let back = all.into_iter().map(|one| one.forward).collect();
            let forward = self.record(dn.clone(), expected, Change::Delete);
            hand_on(entry, Undoable { forward, back }, each);
        })
    }

    /// The attributes of an entry that goes, at first and when it goes.
    fn leaving<'f>(
        &'f self,
        journey: &Journey,
        entry: &'f Entry<'_>,
    ) -> (Vec<Field<'f, 's>>, Vec<Field<'f, 's>>) {
        self.way.departure(entry, self.plan.released(journey.old))
    }

    /// What an entry that goes lets go first.
    fn release(
        &self,
        journey: &Journey,
        ways: Ways,
        each: &mut dyn FnMut(Undoable<'_>),
    ) -> Result<()> {
        let Some(extent) = journey.old else { return Ok(()) };
        self.with_added(self.old, extent, &mut |entry| {
            let (start, released) = self.leaving(journey, entry);
            let all = self.modification(&entry.dn, &start, &released, ways);
            all.into_iter().for_each(|one| hand_on(entry, one, each));
        })
    }

    fn rename_pair(
        &self,
        step: Step,
        journey: &Journey,
        each: &mut dyn FnMut(Undoable<'_>),
    ) -> Result<()> {
        self.with_states(journey, &mut |entry, states| {
            let fields = states.released.clone();
            let uuids = (uuid(entry), uuid(entry));
            let one = self.rename(self.structure(step), fields, &journey.hops, uuids);
            one.into_iter().for_each(|one| hand_on(entry, one, each));
        })
    }

    /// An entry that goes waits under a temporary name.
    fn park(
        &self,
        step: Step,
        journey: &Journey,
        each: &mut dyn FnMut(Undoable<'_>),
    ) -> Result<()> {
        let Some(extent) = journey.old else { return Ok(()) };
        self.with_added(self.old, extent, &mut |entry| {
            let (_, fields) = self.leaving(journey, entry);
            // On the way back it is another entry by now: it was deleted and added again.
            let uuids = (uuid(entry), None);
            let one = self.rename(self.structure(step), fields, &journey.hops, uuids);
            one.into_iter().for_each(|one| hand_on(entry, one, each));
        })
    }

    /// A rename, and the way back: the old name, and the values that the way back would lose or
    /// leave because they were or were not there before.
    fn rename<'f>(
        &self,
        step: &Move,
        fields: Vec<Field<'f, 's>>,
        hops: &'f [Rdn],
        uuids: (Option<&[u8]>, Option<&[u8]>),
    ) -> Option<Undoable<'f>> {
        let (Target::Renamed { superior, .. }, Some([from, to])) =
            (&step.to, hops.get(step.hop..step.hop + 2))
        else {
            return None;
        };
        let before = self.way.renamed(fields, &hops[..=step.hop]);
        let (after, delete_old_rdn) = self.way.hop(before.clone(), from, to);
        let (returned, deletes_new) = self.way.hop(after.clone(), to, from);
        let parent = step.from.parent().unwrap_or_default();
        let there = superior.clone().unwrap_or_else(|| parent.clone()).child(to.clone());
        let back = ModifyDn {
            new_rdn: from.clone(),
            delete_old_rdn: deletes_new,
            new_superior: superior.as_ref().map(|_| parent),
        };
        let expected = self.expected_by_rename(to, &after, uuids.1);
        let mut undo = vec![self.record(there, expected, Change::ModifyDn(back))];
        let rest = self.way.modifications(&returned, &before, Some(from));
        if !rest.is_empty() {
            let expected = self.expected_by_modify(&rest, &returned, &mut Touched::new());
            undo.push(self.record(step.from.clone(), expected, Change::Modify(rest)));
        }
        let expected = self.expected_by_rename(from, &before, uuids.0);
        let change =
            ModifyDn { new_rdn: to.clone(), delete_old_rdn, new_superior: superior.clone() };
        let forward = self.record(step.from.clone(), expected, Change::ModifyDn(change));
        Some(Undoable { forward, back: undo })
    }

    /// Writes something for each step, in order or in reverse, worked on by all threads.
    pub fn write_steps<T: Send>(
        &self,
        steps: &mut dyn Iterator<Item = Step>,
        work: impl Fn(Step) -> Result<T> + Sync,
        write: &mut dyn FnMut(T) -> Result<()>,
    ) -> Result<()> {
        const BATCH: usize = 64;
        let next = || {
            let mut batch = Vec::with_capacity(BATCH);
            while let Some(step) = (batch.len() < BATCH).then(|| steps.next()).flatten() {
                batch.push(step);
            }
            (!batch.is_empty()).then_some(batch)
        };
        self.pool.pipe(
            next,
            |batch| batch.into_iter().map(&work).collect::<Result<Vec<T>>>(),
            |done| done?.into_iter().try_for_each(&mut *write),
        )
    }
}

/// ManageDsaIT (RFC 3296): a referral object is meant itself, and not what it refers to.
const MANAGE_DSA_IT: &[u8] = b"2.16.840.1.113730.3.4.2";

/// The OID of the class `referral` (RFC 3296 section 2.1).
const REFERRAL: &str = "2.16.840.1.113730.3.2.6";

/// Hands on what is done to an entry; where that is a referral object (RFC 3296), the server is told
/// that it is meant itself.
fn hand_on<'f>(entry: &Entry<'_>, mut one: Undoable<'f>, each: &mut dyn FnMut(Undoable<'_>)) {
    let is_referral =
        |class: &[u8]| class.eq_ignore_ascii_case(b"referral") || class == REFERRAL.as_bytes();
    if entry.object_classes().any(is_referral) {
        for record in std::iter::once(&mut one.forward).chain(&mut one.back) {
            // One control alone: `ldapmodify` reads no second one.
            let oid = Cow::Borrowed(MANAGE_DSA_IT);
            record.controls = vec![Control { oid, criticality: true, value: None }];
        }
    }
    each(one);
}

/// The modifications of one record: all that goes before all that comes. A server looks at what it has
/// when the record is done (RFC 4511 section 4.6).
fn deletes_first(mut all: Vec<Modification<'_>>) -> Vec<Modification<'_>> {
    all.sort_by_key(|one| one.op != ModOp::Delete);
    all
}

/// Bytes to a writer, with the error of this crate.
fn put(
    out: &mut dyn Write,
    bytes: &[u8],
    failed: &dyn Fn(std::io::Error) -> crate::error::Error,
) -> Result<()> {
    out.write_all(bytes).map_err(failed)
}

/// Fields as the attributes of an add, equal bytes once.
fn attributes<'e>(fields: &[Field<'e, '_>]) -> Vec<Attribute<'e>> {
    let once = |field: &Field<'e, '_>| {
        let mut seen = HashSet::new();
        let is_alone = field.values.len() == 1;
        let all = field.values.iter().copied().filter(|v| is_alone || seen.insert(*v));
        all.map(Into::into).collect()
    };
    fields
        .iter()
        .map(|f| Attribute { description: f.description.into(), values: once(f) })
        .collect()
}
