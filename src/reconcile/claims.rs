//! The names that entries are to get where the directory follows, and who cannot have one: another entry has
//! it, two are to get it, or there is nothing to be below.

use std::collections::{BTreeMap, HashSet};

use crate::dn::Dn;
use crate::error::{Error, FlowFault, Result};
use crate::mapping::Action;
use crate::matching::{DnKeys, dn_key};
use crate::reconcile::account::rejected;
use crate::reconcile::directory::{Follower, Moved, Names, Round};
use crate::reconcile::names::NewNames;
use crate::source::Extent;

/// Who is to get a name: what follows a source, or a target that becomes inactive elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Source(u32),
    Leaver(u32),
}

/// A name that a record of a mapping is to get.
struct Claim {
    mapping: usize,
    who: Who,
    dn: Dn,
    /// Where the entry stands, where it is there.
    place: Option<Extent>,
}

/// A name that cannot be given.
struct Refused<'c> {
    claim: &'c Claim,
    fault: FlowFault,
}

/// Who is to get each name.
type Claims = BTreeMap<Vec<u8>, Vec<Claim>>;

impl Follower<'_, '_, '_> {
    /// The names that are to be given, and the entries that leave theirs.
    fn claims(
        &self,
        names: &Names<'_>,
        (moved, staying, kept): (&Moved, &[HashSet<u32>], &HashSet<Extent>),
        round: &Round,
    ) -> (Claims, HashSet<Extent>) {
        let mut leaving: HashSet<Extent> = HashSet::new();
        let mut claims = Claims::new();
        let key = |dn: &Dn| dn_key(self.task.schema, dn);
        for (mapping, followed) in round.followed.iter().enumerate() {
            let members = &self.stage.entries.members[mapping];
            for made in followed {
                let Some(dn) = names.called[mapping].anew.get(&made.source).cloned() else {
                    continue;
                };
                let place = made.target.map(|target| members.place(target));
                let goes_along = dn.parent().is_some_and(|above| names.new.of(&above).is_some());
                if place.is_some() && self.named(&dn) == place && !goes_along {
                    continue;
                }
                let name = key(&dn);
                leaving.extend(place);
                let who = Who::Source(made.source);
                claims.entry(name).or_default().push(Claim { mapping, who, dn, place });
            }
            for (target, action) in self.leaving(mapping, staying) {
                let place = members.place(target);
                // What becomes inactive keeps its name, unless it moves.
                if action == Action::Delete {
                    leaving.extend((!kept.contains(&place)).then_some(place));
                } else if let Some((dn, _)) = moved[mapping].get(&place) {
                    leaving.insert(place);
                    let dn = dn.clone();
                    let claim = Claim { mapping, who: Who::Leaver(target), dn, place: Some(place) };
                    claims.entry(key(&claim.dn)).or_default().push(claim);
                }
            }
        }
        (claims, leaving)
    }

    /// Refuses names that two entries would have, and entries that would be below none.
    pub(super) fn find_conflicts(
        &self,
        names: &Names<'_>,
        (moved, staying): (&Moved, &[HashSet<u32>]),
        round: &mut Round,
    ) -> Result<()> {
        let kept = self.find_orphans(&names.new, staying, round)?;
        let (claims, leaving) = self.claims(names, (moved, staying, &kept), round);
        let given = Given { follower: self, names: &names.new, claims: &claims, leaving: &leaving };
        let mut faults = Vec::new();
        for claimed in claims.values() {
            let holder = claimed.first().map(|claim| given.holder(&claim.dn)).transpose()?;
            let is_held = holder.flatten().is_some();
            for claim in claimed {
                let fault = given.fault_of(claim, is_held, claimed.len() > 1)?;
                faults.extend(fault.map(|fault| Refused { claim, fault }));
            }
        }
        faults.sort_by_key(|one| (one.claim.mapping, one.claim.who));
        let lasting = self.lasting(&faults, names, (moved, staying, &kept), round)?;
        let is_any = |all: &[Vec<(u32, Error)>]| all.iter().any(|faults| !faults.is_empty());
        // Where each rests on another, all are refused.
        let is_all = !lasting.contains(&true) && !is_any(&round.faults) && !is_any(&round.stuck);
        for (Refused { claim, fault }, lasts) in faults.into_iter().zip(lasting) {
            if lasts || is_all {
                self.refuse(claim.mapping, claim.who, fault, round);
            }
        }
        Ok(())
    }

    /// Whether there are these faults, too, where nothing happens that is refused: others may rest on the name of
    /// what stays as it is, and are looked for again when that is known.
    fn lasting(
        &self,
        faults: &[Refused<'_>],
        names: &Names<'_>,
        (moved, staying, kept): (&Moved, &[HashSet<u32>], &HashSet<Extent>),
        round: &Round,
    ) -> Result<Vec<bool>> {
        if faults.is_empty() {
            return Ok(Vec::new());
        }
        let known = |faults: &Vec<(u32, Error)>| faults.iter().map(|(n, _)| *n).collect();
        let mut sources: Vec<HashSet<u32>> = round.faults.iter().map(known).collect();
        let (mut staying, mut moved) = (staying.to_vec(), moved.clone());
        for (n, stuck) in round.stuck.iter().enumerate() {
            staying[n].extend(stuck.iter().map(|(target, _)| *target));
        }
        for Refused { claim, .. } in faults {
            match claim.who {
                Who::Source(source) => sources[claim.mapping].insert(source),
                Who::Leaver(target) => staying[claim.mapping].insert(target),
            };
        }
        for (n, moved) in moved.iter_mut().enumerate() {
            let members = &self.stage.entries.members[n];
            staying[n].iter().for_each(|target| drop(moved.remove(&members.place(*target))));
        }
        let others = self.names_without(names, &sources, &moved)?;
        let (claims, leaving) = self.claims(&others, (&moved, &staying, kept), round);
        let given =
            Given { follower: self, names: &others.new, claims: &claims, leaving: &leaving };
        let lasts = |Refused { claim, fault }: &Refused<'_>| {
            let dn = match claim.who {
                Who::Source(source) => {
                    self.called_among((claim.mapping, source), names, &others)?
                }
                Who::Leaver(_) => None,
            };
            let dn = dn.unwrap_or_else(|| claim.dn.clone());
            let key = |dn: &Dn| dn_key(self.task.schema, dn);
            let is_held = given.holder(&dn)?.is_some_and(|holder| Some(holder) != claim.place);
            let is_same = || key(&dn) == key(&claim.dn);
            let was_twice = matches!(fault, FlowFault::NameTwice { .. }) && is_same();
            let is_twice = was_twice || claims.contains_key(&key(&dn));
            let Claim { mapping, who, place, .. } = **claim;
            let claim = Claim { mapping, who, dn, place };
            Ok(given.fault_of(&claim, is_held, is_twice)?.is_some())
        };
        faults.iter().map(lasts).collect()
    }

    pub(super) fn refuse(&self, n: usize, who: Who, fault: FlowFault, round: &mut Round) {
        match who {
            Who::Source(source) => round.faults[n].push((source, self.error(n, source, fault))),
            Who::Leaver(target) => {
                let name = &self.stage.plan.mappings[n].mapping.name;
                let place = self.stage.targets(n).place(target);
                let error = self.stage.error_of_target(rejected(name, fault), n, place);
                round.stuck[n].push((target, error));
            }
        }
    }
}

/// What names mean when all that are given are given.
struct Given<'g, 's, 'm> {
    follower: &'g Follower<'g, 's, 'm>,
    names: &'g NewNames<'m>,
    claims: &'g Claims,
    /// The entries that leave their names.
    leaving: &'g HashSet<Extent>,
}

impl Given<'_, '_, '_> {
    /// What is wrong with a name that an entry is to get.
    fn fault_of(&self, claim: &Claim, is_held: bool, is_twice: bool) -> Result<Option<FlowFault>> {
        let dn = claim.dn.to_string();
        Ok(match claim.who {
            Who::Leaver(_) if is_held || is_twice => Some(FlowFault::MoveHeld { dn }),
            Who::Source(_) if is_held => Some(FlowFault::NameHeld { dn }),
            Who::Source(_) if is_twice => Some(FlowFault::NameTwice { dn }),
            _ if !self.has_parent(&claim.dn)? => Some(FlowFault::NoParent { dn }),
            _ => None,
        })
    }

    fn has_parent(&self, dn: &Dn) -> Result<bool> {
        let task = self.follower.task;
        let Some(parent) = dn.parent().filter(|_| !task.is_fresh) else { return Ok(true) };
        let is_given = self.claims.contains_key(&dn_key(task.schema, &parent));
        Ok(is_given || self.holder(&parent)?.is_some())
    }

    /// The entry that has a name by then without being given it: it keeps it, or one above it is called so.
    fn holder(&self, dn: &Dn) -> Result<Option<Extent>> {
        let Some(old) = self.old_name(dn)? else { return Ok(None) };
        let key = |dn: &Dn| dn_key(self.follower.task.schema, dn);
        let stays = key(&self.names.after(old.clone())) == key(dn);
        let holder = self.follower.named(&old).filter(|_| stays);
        Ok(holder.filter(|place| !self.leaving.contains(place)))
    }

    /// What an entry was called that has this name by then, unless it is given it: `None` below what is new.
    fn old_name(&self, dn: &Dn) -> Result<Option<Dn>> {
        let task = self.follower.task;
        let keys = DnKeys::new(task.schema, dn);
        for (own, key) in keys.iter().enumerate().skip(1) {
            let Some(claim) = self.claims.get(key).and_then(|claimed| claimed.first()) else {
                continue;
            };
            let Some(place) = claim.place else { return Ok(None) };
            let above = task.directory.dn(place)?;
            return Ok(Some(Dn {
                rdns: dn.rdns[..own].iter().chain(&above.rdns).cloned().collect(),
            }));
        }
        Ok(Some(dn.clone()))
    }
}
