//! The names that entries are to get where the directory follows, and who cannot have one: another entry has
//! it, two are to get it, or there is nothing to be below.
//!
//! What several mappings say of one entry is gathered first: it gets one name, whoever asks for it.

use std::collections::{BTreeMap, HashSet};

use crate::dn::Dn;
use crate::error::{FlowFault, Result};
use crate::mapping::Action;
use crate::matching::{DnKeys, dn_key};
use crate::reconcile::directory::{Follower, Moved, Names, Round};
use crate::reconcile::names::NewNames;
use crate::reconcile::refused::{Asker, Who};
use crate::source::Extent;

/// What is to get a name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// The entry that stands there.
    Old(Extent),
    /// One that comes, by what it is made of: a table, where a row of it stands, and the key of the name.
    New(usize, Extent, Vec<u8>),
}

/// A name that an entry is to get.
struct Claim {
    /// Who asks for it: of several mappings, the last says what it is.
    by: Vec<Asker>,
    dn: Dn,
    /// Where the entry stands, where it is there.
    place: Option<Extent>,
}

impl Claim {
    /// Who asks first.
    fn first(&self) -> Option<Asker> {
        self.by.first().copied()
    }
}

/// Why a name cannot be given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Obstacle {
    /// Another entry has it.
    Held,
    /// Two are to get it.
    Twice,
    /// There is nothing to be below.
    NoParent,
}

impl Obstacle {
    /// What that is for whoever asks for the name.
    fn fault(self, who: Who, dn: &Dn) -> FlowFault {
        let dn = dn.to_string();
        match (self, who) {
            (Obstacle::NoParent, _) => FlowFault::NoParent { dn },
            (_, Who::Leaver(_)) => FlowFault::MoveHeld { dn },
            (Obstacle::Held, Who::Source(_)) => FlowFault::NameHeld { dn },
            (Obstacle::Twice, Who::Source(_)) => FlowFault::NameTwice { dn },
        }
    }
}

/// A name that cannot be given.
#[derive(Clone, Copy)]
struct Refused<'c> {
    claim: &'c Claim,
    obstacle: Obstacle,
}

/// Who is to get each name.
type Claims = BTreeMap<Vec<u8>, Vec<Claim>>;

/// What becomes of those that follow nobody.
#[derive(Clone, Copy)]
struct Leaving<'l> {
    /// The names of those that become inactive elsewhere.
    moved: &'l Moved,
    /// For each mapping those that stay as they are.
    staying: &'l [HashSet<u32>],
    /// Those that do not go, for others stay below them.
    kept: &'l HashSet<Extent>,
}

impl<'f, 'm> Follower<'f, '_, 'm> {
    /// Refuses names that two entries would have, and entries that would be below none.
    pub(super) fn find_conflicts(
        &self,
        names: &Names<'m>,
        (moved, staying): (&Moved, &[HashSet<u32>]),
        round: &mut Round,
    ) -> Result<()> {
        let kept = &self.find_orphans(&names.new, staying, round)?;
        let leaving = Leaving { moved, staying, kept };
        let given = self.given(names, leaving, round)?;
        let faults = given.refused()?;
        let lasting = self.lasting(&faults, names, leaving, round)?;
        // Where each rests on another, all are refused.
        let is_all = lasting.is_empty() && round.refused.is_nobody();
        let refused = given.passed_on(if is_all { faults } else { lasting })?;
        let mut refused: Vec<(Asker, FlowFault)> = refused
            .iter()
            .flat_map(|Refused { claim, obstacle }| {
                claim.by.iter().map(|&(n, who)| ((n, who), obstacle.fault(who, &claim.dn)))
            })
            .filter(|(asker, _)| !self.joins(*asker))
            .collect();
        refused.sort_by_key(|(asker, _)| *asker);
        for (asker, fault) in refused {
            round.refused.refuse(self.stage, asker, fault);
        }
        Ok(())
    }

    /// Whether somebody says more of an entry that another mapping adds, and names none.
    fn joins(&self, (n, who): Asker) -> bool {
        matches!(who, Who::Source(source) if self.stage.joins(n, source))
    }

    /// The names that are to be given, and the entries that leave theirs.
    fn given<'g>(
        &'g self,
        names: &'g Names<'m>,
        of: Leaving<'_>,
        round: &Round,
    ) -> Result<Given<'g, 'm>> {
        let (asked, mut leaving) = self.asked(names, of, round);
        let mut claims = Claims::new();
        for claim in asked.into_values() {
            if claim.place.is_some_and(|place| leaving.contains(&place)) {
                continue;
            }
            // It has that name, and keeps it.
            let goes_along = names.new.goes_along(&claim.dn);
            if claim.place.is_some() && self.named(&claim.dn) == claim.place && !goes_along {
                continue;
            }
            claims.entry(dn_key(self.task.schema, &claim.dn)).or_default().push(claim);
        }
        leaving.extend(claims.values().flatten().filter_map(|claim| claim.place));
        Ok(Given { follower: self, names: &names.new, claims, leaving })
    }

    /// What all mappings ask for of each entry, and the entries that go.
    fn asked(
        &self,
        names: &Names<'m>,
        of: Leaving<'_>,
        round: &Round,
    ) -> (BTreeMap<Subject, Claim>, HashSet<Extent>) {
        let (mut asked, mut gone) = (BTreeMap::new(), HashSet::new());
        let mut ask = |subject: Subject, asker: Asker, dn: Dn| {
            let place = if let Subject::Old(place) = subject { Some(place) } else { None };
            let none = || Claim { by: Vec::new(), dn: Dn::default(), place };
            let claim: &mut Claim = asked.entry(subject).or_insert_with(none);
            claim.by.push(asker);
            claim.dn = dn;
        };
        for (n, followed) in round.followed.iter().enumerate() {
            let members = &self.stage.entries.members[n];
            let table = self.stage.plan.mappings[n].table;
            for made in followed {
                let Some(dn) = names.called[n].anew.get(&made.source).cloned() else { continue };
                let subject = match made.target {
                    Some(target) => Subject::Old(members.place(target)),
                    None => {
                        let row = self.stage.sources(n).place(made.source);
                        Subject::New(table, row, dn_key(self.task.schema, &dn))
                    }
                };
                ask(subject, (n, Who::Source(made.source)), dn);
            }
            for (target, action) in self.leaving(n, of.staying) {
                let place = members.place(target);
                // What becomes inactive keeps its name, unless it moves.
                if action == Action::Delete {
                    gone.extend((!of.kept.contains(&place)).then_some(place));
                } else if let Some((dn, _)) = of.moved[n].get(&place) {
                    ask(Subject::Old(place), (n, Who::Leaver(target)), dn.clone());
                }
            }
        }
        (asked, gone)
    }

    /// Those of some faults that there are, too, where nothing happens that is refused: others may rest on the name of
    /// what stays as it is, and are looked for again when that is known.
    fn lasting<'c>(
        &self,
        faults: &[Refused<'c>],
        names: &Names<'m>,
        of: Leaving<'_>,
        round: &Round,
    ) -> Result<Vec<Refused<'c>>> {
        if faults.is_empty() {
            return Ok(Vec::new());
        }
        let (sources, staying) = refused_so_far(faults, of.staying, round);
        let mut moved = of.moved.clone();
        for (n, moved) in moved.iter_mut().enumerate() {
            let members = &self.stage.entries.members[n];
            staying[n].iter().for_each(|target| drop(moved.remove(&members.place(*target))));
        }
        let others = self.names_without(names, &sources, &moved)?;
        let leaving = Leaving { moved: &moved, staying: &staying, kept: of.kept };
        let given = self.given(&others, leaving, round)?;
        let mut lasting = Vec::new();
        for fault in faults {
            let asks = |&(n, who): &Asker| match who {
                Who::Source(source) => self.called_among((n, source), names, &others).transpose(),
                Who::Leaver(_) => None,
            };
            let dn = fault.claim.by.iter().rev().find_map(asks).transpose()?;
            let dn = dn.unwrap_or_else(|| fault.claim.dn.clone());
            lasting.extend(given.is_refused_still(fault, &dn)?.then_some(*fault));
        }
        Ok(lasting)
    }
}

/// For each mapping the sources that are not followed, and the targets that stay, where these faults are refused, too.
fn refused_so_far(
    faults: &[Refused<'_>],
    staying: &[HashSet<u32>],
    round: &Round,
) -> (Vec<HashSet<u32>>, Vec<HashSet<u32>>) {
    let known = |all: &Vec<(u32, _)>| all.iter().map(|(n, _)| *n).collect();
    let mut sources: Vec<HashSet<u32>> = round.refused.sources.iter().map(known).collect();
    let mut staying = staying.to_vec();
    for (staying, refused) in staying.iter_mut().zip(&round.refused.leavers) {
        staying.extend(refused.iter().map(|(target, _)| *target));
    }
    for &(n, who) in faults.iter().flat_map(|fault| &fault.claim.by) {
        match who {
            Who::Source(source) => sources[n].insert(source),
            Who::Leaver(target) => staying[n].insert(target),
        };
    }
    (sources, staying)
}

/// What names mean when all that are given are given.
struct Given<'g, 'm> {
    follower: &'g Follower<'g, 'g, 'm>,
    names: &'g NewNames<'m>,
    claims: Claims,
    /// The entries that leave their names.
    leaving: HashSet<Extent>,
}

impl Given<'_, '_> {
    /// The names that cannot be given.
    fn refused(&self) -> Result<Vec<Refused<'_>>> {
        let mut faults = Vec::new();
        for claimed in self.claims.values() {
            let holder = claimed.first().map(|claim| self.holder(&claim.dn)).transpose()?;
            let is_held = holder.flatten().is_some();
            for claim in claimed {
                let obstacle = self.obstacle(&claim.dn, is_held, claimed.len() > 1)?;
                faults.extend(obstacle.map(|obstacle| Refused { claim, obstacle }));
            }
        }
        Ok(faults)
    }

    /// What stands against a name.
    fn obstacle(&self, dn: &Dn, is_held: bool, is_twice: bool) -> Result<Option<Obstacle>> {
        Ok(match (is_held, is_twice) {
            (true, _) => Some(Obstacle::Held),
            (false, true) => Some(Obstacle::Twice),
            (false, false) => (!self.has_parent(dn)?).then_some(Obstacle::NoParent),
        })
    }

    /// Whether there is something against a name that was refused as one of other names: it would be this.
    fn is_refused_still(&self, fault: &Refused<'_>, dn: &Dn) -> Result<bool> {
        let key = |dn: &Dn| dn_key(self.follower.task.schema, dn);
        let claim = fault.claim;
        let is_held = self.holder(dn)?.is_some_and(|holder| Some(holder) != claim.place);
        let was_twice = fault.obstacle == Obstacle::Twice && key(dn) == key(&claim.dn);
        let is_twice = was_twice || self.claims.contains_key(&key(dn));
        Ok(self.obstacle(dn, is_held, is_twice)?.is_some())
    }

    /// The same faults, and those of whoever asks for a name that its holder keeps because of them: a chain of names is
    /// refused at once. Where an entry above is renamed, names are others when that is not, and are looked at again.
    fn passed_on<'c>(&'c self, faults: Vec<Refused<'c>>) -> Result<Vec<Refused<'c>>> {
        let task = self.follower.task;
        let mut known: HashSet<Asker> = faults.iter().filter_map(|one| one.claim.first()).collect();
        let (mut all, mut at) = (faults, 0);
        while let Some(&Refused { claim, .. }) = all.get(at) {
            at += 1;
            let Some(place) = claim.place else { continue };
            let old = task.directory.dn(place)?;
            if self.names.goes_along(&old) {
                continue;
            }
            for claim in self.claims.get(&dn_key(task.schema, &old)).into_iter().flatten() {
                let old = claim.place.map(|place| task.directory.dn(place)).transpose()?;
                let is_fixed = old.is_none_or(|old| !self.names.goes_along(&old));
                if is_fixed && claim.first().is_some_and(|first| known.insert(first)) {
                    all.push(Refused { claim, obstacle: Obstacle::Held });
                }
            }
        }
        Ok(all)
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
