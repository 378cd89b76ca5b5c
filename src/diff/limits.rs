//! The safety limits: how much may be deleted, changed, taken from a group, or lost.
//!
//! What needs a look at all of OLD is looked for only where it can change the answer.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::attribute::{folded, names_members, option_set, type_of};
use crate::compare::{Comparison, FieldDelta};
use crate::diff::select::Selecting;
use crate::diff::{Limit, Limits};
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind, LimitFault, Limited, Result};
use crate::join::Looks;
use crate::matching::Reference;
use crate::plan::{Journey, Plan, Target};
use crate::server::Server;
use crate::source::{Extent, TypeSet, read_differing};

/// So few deletes are never too many for their number alone.
pub(super) const FEW: u64 = 20;
/// How many entries that would go are shown.
pub(super) const SHOWN: usize = 10;
/// The share of entries that may lose an attribute, unless said otherwise.
pub(super) const LOSS: f64 = 90.0;

/// A plan to be held against the limits.
pub(super) struct Guard<'g, 's> {
    pub(super) limits: &'g Limits,
    pub(super) selecting: &'g Selecting<'g>,
    pub(super) comparison: &'g Comparison<'s>,
    pub(super) server: Server,
    pub(super) plan: &'g Plan<'s>,
}

/// What one entry loses.
#[derive(Default)]
struct Losses {
    /// Attributes, by [`Guard::name_of`], as they are described.
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
    members: Option<LimitFault>,
}

impl Guard<'_, '_> {
    /// Refuses a plan that goes beyond a limit.
    pub(super) fn verify(&self) -> Result<()> {
        self.deletes()?;
        self.changes()?;
        let pairs: Vec<&Journey> = self
            .plan
            .journeys
            .iter()
            .filter(|j| !j.same && !j.frozen && j.looks.hold(Looks::LOSSES))
            .collect();
        let nothing_else = TypeSet::of(self.comparison.schema, []);
        let losses =
            self.selecting.pool.try_each(&pairs, |journey| self.losses(journey, &nothing_else))?;
        if let Some(fault) = losses.iter().find_map(|loss| loss.members.clone()) {
            return refuse(fault);
        }
        let again = self.recreated()?;
        let members = |&(old, new): &(Extent, Extent)| {
            self.losses_of(old, new, &nothing_else).map(|losses| losses.members)
        };
        if let Some(fault) =
            self.selecting.pool.try_each(&again, members)?.into_iter().flatten().next()
        {
            return refuse(fault);
        }
        self.attributes(&pairs, &losses)
    }

    fn deletes(&self) -> Result<()> {
        let found = self.plan.counts.deletes;
        if found == 0 {
            return Ok(());
        }
        let allowed = |of: u64| allowed_deletes(self.limits.delete, of);
        let all = self.selecting.joined.olds.len() as u64;
        let exact = matches!(self.limits.delete, Some(Limit::Count(_)));
        let few = self.limits.delete.is_none() && found <= FEW && found * 2 <= self.at_least();
        if few || (exact && found <= allowed(all)) {
            return Ok(());
        }
        let of = self.selecting.count();
        let going = self.plan.moves.iter().filter(|step| step.to == Target::Gone);
        let first = going.take(SHOWN).map(|step| step.from.to_string().into_bytes()).collect();
        judge(Limited::Deletes, allowed(of), found, of, first)
    }

    /// How many records of OLD are selected for sure: all, or those that change.
    fn at_least(&self) -> u64 {
        match self.selecting.selector.takes_all() {
            true => self.selecting.joined.olds.len() as u64,
            false => {
                self.plan.journeys.iter().filter(|j| j.old.is_some() && !j.same).count() as u64
            }
        }
    }

    fn changes(&self) -> Result<()> {
        let found = self.plan.counts.total();
        let of = match self.limits.change {
            None => return Ok(()),
            Some(Limit::Count(allowed)) if found <= allowed => return Ok(()),
            Some(_) => self.selecting.count(),
        };
        let allowed = self.limits.change.map_or(found, |limit| count(limit, of));
        let steps = self.plan.steps.iter().map(|step| &self.plan.journeys[step.journey as usize]);
        let mut seen = HashSet::new();
        let fresh = steps.filter(|journey| seen.insert((journey.old, journey.new)));
        let first = fresh.take(SHOWN).map(|journey| self.name(journey)).collect::<Result<_>>()?;
        judge(Limited::Changes, allowed, found, of, first)
    }

    fn name(&self, journey: &Journey) -> Result<Vec<u8>> {
        let dn = match (journey.old, journey.new) {
            (Some(old), _) => self.selecting.old.dn(old)?,
            (_, Some(new)) => self.selecting.new.dn(new)?,
            (None, None) => Dn::default(),
        };
        Ok(dn.to_string().into_bytes())
    }

    fn losses(&self, journey: &Journey, nothing_else: &TypeSet<'_>) -> Result<Losses> {
        match (journey.old, journey.new) {
            (Some(old), Some(new)) => self.losses_of(old, new, nothing_else),
            _ => Ok(Losses::default()),
        }
    }

    /// Entries that are deleted and added again, or followed by another one, under their name.
    fn recreated(&self) -> Result<Vec<(Extent, Extent)>> {
        let journeys = || self.plan.journeys.iter().filter(|journey| !journey.frozen);
        let comes = |journey: &Journey| journey.new.filter(|_| journey.old.is_none());
        let goes = |journey: &Journey| journey.old.filter(|_| journey.new.is_none());
        let Selecting { old, new, .. } = *self.selecting;
        if !journeys().any(|journey| goes(journey).is_some()) {
            return Ok(Vec::new());
        }
        let named = journeys().filter_map(comes).map(|place| Ok((new.key(place)?, place)));
        let coming = named.collect::<Result<HashMap<Vec<u8>, Extent>>>()?;
        if coming.is_empty() {
            return Ok(Vec::new());
        }
        let going = journeys().filter_map(goes);
        let pairs = going.map(|place| Ok(coming.get(&old.key(place)?).map(|new| (place, *new))));
        pairs.filter_map(Result::transpose).collect()
    }

    fn losses_of(&self, old: Extent, new: Extent, nothing_else: &TypeSet<'_>) -> Result<Losses> {
        let (old_side, new_side) = (self.selecting.old, self.selecting.new);
        let then = |old: &Entry<'_>, new: &Entry<'_>| Ok(self.losses_between(old, new));
        let takes_part = |description: &[u8]| self.comparison.takes_part(description);
        read_differing((old_side, old), (new_side, new), nothing_else, takes_part, then)
    }

    fn losses_between(&self, old: &Entry<'_>, new: &Entry<'_>) -> Losses {
        let fields = (self.comparison.fields(old), self.comparison.fields(new));
        let mut losses = Losses::default();
        for delta in self.comparison.delta(&fields.0, &fields.1) {
            let kept = delta.attribute.is_some_and(|attribute| self.server.protects(attribute));
            // `ldapsearch -A` writes attributes and no values.
            let is_lost = !delta.old.is_empty() && delta.new.iter().all(|value| value.is_empty());
            if is_lost && !kept {
                let name = self.name_of(delta.description);
                losses.attributes.push((name, delta.description.to_vec()));
            }
            if losses.members.is_none() {
                losses.members = self.members(old, &delta);
            }
        }
        losses
    }

    /// What all descriptions of one attribute share.
    fn name_of(&self, description: &[u8]) -> Vec<u8> {
        let mut name = match self.comparison.schema.attribute(type_of(description)) {
            Some(attribute) => attribute.oid.as_bytes().to_vec(),
            None => folded(type_of(description)).into_owned(),
        };
        for option in option_set(description) {
            name.push(b';');
            name.extend(option);
        }
        name
    }

    /// Whether too many references go from an attribute; one that only gets another name stays.
    fn members(&self, entry: &Entry<'_>, delta: &FieldDelta<'_, '_>) -> Option<LimitFault> {
        let refers = delta.attribute.is_some_and(|attribute| attribute.syntax.is_dn());
        if !refers && !names_members(type_of(delta.description)) {
            return None;
        }
        let of = delta.old.len() as u64;
        let allowed = match self.limits.member_delete {
            None => FEW.max(of / 2),
            Some(limit) => count(limit, of),
        };
        if delta.removed.len() as u64 <= allowed {
            return None;
        }
        let gone = if refers { self.really_gone(delta) } else { delta.removed.clone() };
        let found = gone.len() as u64;
        let first = gone.into_iter().take(SHOWN).map(<[u8]>::to_vec).collect();
        let (dn, attribute) = (entry.dn.to_string().into_bytes(), delta.description.to_vec());
        let what = Limited::Members { dn, attribute };
        (found > allowed).then_some(LimitFault { what, allowed, found, of, first })
    }

    fn really_gone<'e>(&self, delta: &FieldDelta<'e, '_>) -> Vec<&'e [u8]> {
        let attribute = delta.attribute;
        let key = |value: &[u8]| self.comparison.reference(attribute, value);
        let there: HashSet<Vec<u8>> = delta.new.iter().map(|value| key(value)).collect();
        let stays = |value: &[u8]| {
            Reference::parse(attribute, value).is_some_and(|one| {
                let after = self.plan.names.after(&one.dn);
                there.contains(&key(&one.with(after).to_value()))
            })
        };
        delta.removed.iter().copied().filter(|value| !stays(value)).collect()
    }

    fn attributes(&self, pairs: &[&Journey], losses: &[Losses]) -> Result<()> {
        let share_allowed = self.limits.attribute_loss.unwrap_or(LOSS);
        let mut losers: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for (n, loss) in losses.iter().enumerate() {
            for (name, _) in &loss.attributes {
                losers.entry(name).or_default().push(n);
            }
        }
        losers.retain(|_, losers| losers.len() as u64 > share(FEW, share_allowed));
        if losers.is_empty() {
            return Ok(());
        }
        let wanted: Vec<(&[u8], u64)> =
            losers.iter().map(|(name, losers)| (*name, losers.len() as u64)).collect();
        let holders = self.holders(&wanted, share_allowed)?;
        for ((name, losers), of) in losers.iter().zip(holders) {
            let (allowed, found) = (share(of, share_allowed), losers.len() as u64);
            if of < FEW || found <= allowed {
                continue;
            }
            let described = losses[losers[0]].attributes.iter().find(|(other, _)| other == name);
            let attribute = described.map(|(_, description)| description.clone());
            let what = Limited::Attribute { attribute: attribute.unwrap_or_default() };
            let first = losers.iter().take(SHOWN).map(|&n| self.name(pairs[n]));
            let first = first.collect::<Result<_>>()?;
            return refuse(LimitFault { what, allowed, found, of, first });
        }
        Ok(())
    }

    /// How many selected records of OLD that stay hold each of these attributes, counted no further
    /// than to see that those which lose it are few enough.
    fn holders(&self, wanted: &[(&[u8], u64)], share_allowed: f64) -> Result<Vec<u64>> {
        let Selecting { pool, old, joined, selector, .. } = *self.selecting;
        let gone = |j: &&Journey| j.new.is_none();
        let gone: HashSet<Extent> =
            self.plan.journeys.iter().filter(gone).filter_map(|j| j.old).collect();
        let mut counts = vec![0; wanted.len()];
        let mut walk = joined.olds.walk(old);
        for size in 0.. {
            // Mostly a few tell enough; where they do not, each look is twice as long as the last.
            let parts = walk.next_chunks(pool, 1 << size.min(30), |extents| {
                let mut held = vec![0; wanted.len()];
                // Which of them a description is; an export spells each in one way.
                let mut known: HashMap<Vec<u8>, Option<usize>> = HashMap::new();
                for &extent in extents.iter().filter(|extent| !gone.contains(extent)) {
                    let is_meant = || old.entry(extent).is_ok_and(|e| selector.takes(&e));
                    if !selector.takes_all() && !is_meant() {
                        continue;
                    }
                    let mut here = vec![false; wanted.len()];
                    old.descriptions(extent, &mut |description| {
                        let which = known.get(description).copied().unwrap_or_else(|| {
                            let name = self.name_of(description);
                            let which = wanted.iter().position(|(one, _)| *one == name);
                            known.insert(description.to_vec(), which);
                            which
                        });
                        which.into_iter().for_each(|n| here[n] = true);
                    });
                    held.iter_mut().zip(here).for_each(|(of, here)| *of += u64::from(here));
                }
                held
            });
            if parts.is_empty() {
                break;
            }
            for held in parts {
                counts.iter_mut().zip(held).for_each(|(of, held)| *of += held);
            }
            let few_enough = |(of, (_, found)): (&u64, &(&[u8], u64))| {
                *of >= FEW && *found <= share(*of, share_allowed)
            };
            if counts.iter().zip(wanted).all(few_enough) {
                break;
            }
        }
        Ok(counts)
    }
}

/// How many of so many may go: where nothing is said 2 %, but 20 in any case and half of all at most.
pub(super) fn allowed_deletes(limit: Option<Limit>, of: u64) -> u64 {
    match limit {
        None => FEW.max(share(of, 2.0)).min(of / 2),
        Some(limit) => count(limit, of),
    }
}

/// A share of a number, rounded down.
pub(super) fn share(of: u64, percent: f64) -> u64 {
    (of as f64 * percent / 100.0).floor() as u64
}

/// How many of so many a limit is.
pub(super) fn count(limit: Limit, of: u64) -> u64 {
    match limit {
        Limit::Count(count) => count,
        Limit::Percent(percent) => share(of, percent),
    }
}

fn judge(what: Limited, allowed: u64, found: u64, of: u64, first: Vec<Vec<u8>>) -> Result<()> {
    match found > allowed {
        true => refuse(LimitFault { what, allowed, found, of, first }),
        false => Ok(()),
    }
}

fn refuse(fault: LimitFault) -> Result<()> {
    Err(Error::new(ErrorKind::Limit(fault)))
}
