//! The names that entries are to get where the directory follows, and who cannot have one: another entry has
//! it, two are to get it, or there is nothing to be below.

use std::collections::{BTreeMap, HashSet};

use crate::dn::Dn;
use crate::error::{FlowFault, Result};
use crate::mapping::Action;
use crate::matching::dn_key;
use crate::reconcile::account::rejected;
use crate::reconcile::directory::{Called, Follower, Round};
use crate::source::Extent;

/// Who is to get a name: what follows a source, or a target that becomes inactive elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Source(u32),
    Leaver(u32),
}

/// A name that a record of a mapping is to get.
struct Claim {
    mapping: usize,
    who: Who,
    dn: Dn,
}

/// Who is to get each name.
type Claims = BTreeMap<Vec<u8>, Vec<Claim>>;

impl Follower<'_, '_, '_> {
    /// The names that are to be given, and the entries that leave theirs.
    fn claims(
        &self,
        called: &[Called],
        staying: &[HashSet<u32>],
        round: &Round,
    ) -> Result<(Claims, HashSet<Extent>)> {
        let mut leaving: HashSet<Extent> = HashSet::new();
        let mut claims = Claims::new();
        let key = |dn: &Dn| dn_key(self.task.schema, dn);
        for (mapping, followed) in round.followed.iter().enumerate() {
            let members = &self.stage.entries.members[mapping];
            for made in followed {
                let Some(dn) = called[mapping].anew.get(&made.source).cloned() else { continue };
                let place = made.target.map(|target| members.place(target));
                if place.is_some() && self.named(&dn) == place {
                    continue;
                }
                let name = key(&dn);
                leaving.extend(place);
                let who = Who::Source(made.source);
                claims.entry(name).or_default().push(Claim { mapping, who, dn });
            }
            for (target, action) in self.leaving(mapping, staying) {
                let place = members.place(target);
                // What becomes inactive keeps its name, unless it moves.
                if action == Action::Delete {
                    leaving.insert(place);
                } else if let Some(dn) = self.inactivated(mapping, place)?.dn {
                    leaving.insert(place);
                    let who = Who::Leaver(target);
                    claims.entry(key(&dn)).or_default().push(Claim { mapping, who, dn });
                }
            }
        }
        Ok((claims, leaving))
    }

    /// Refuses names that two entries would have, and entries that would be below none.
    pub(super) fn find_conflicts(
        &self,
        called: &[Called],
        staying: &[HashSet<u32>],
        round: &mut Round,
    ) -> Result<()> {
        let (claims, leaving) = self.claims(called, staying, round)?;
        let mut faults = Vec::new();
        for claimed in claims.values() {
            let holder = claimed.first().and_then(|claim| self.named(&claim.dn));
            let is_held = holder.is_some_and(|place| !leaving.contains(&place));
            for claim in claimed {
                let fault = self.fault_of(claim, is_held, claimed.len() > 1, &claims);
                faults.extend(fault.map(|fault| (claim.mapping, claim.who, fault)));
            }
        }
        faults.sort_by_key(|(n, who, _)| (*n, *who));
        for (n, who, fault) in faults {
            self.refuse(n, who, fault, round);
        }
        Ok(())
    }

    /// What is wrong with a name that an entry is to get.
    fn fault_of(
        &self,
        claim: &Claim,
        is_held: bool,
        is_twice: bool,
        claims: &Claims,
    ) -> Option<FlowFault> {
        let dn = claim.dn.to_string();
        match claim.who {
            Who::Leaver(_) if is_held || is_twice => Some(FlowFault::MoveHeld { dn }),
            Who::Source(_) if is_held => Some(FlowFault::NameHeld { dn }),
            Who::Source(_) if is_twice => Some(FlowFault::NameTwice { dn }),
            _ if !self.has_parent(&claim.dn, claims) => Some(FlowFault::NoParent { dn }),
            _ => None,
        }
    }

    fn refuse(&self, n: usize, who: Who, fault: FlowFault, round: &mut Round) {
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

    fn has_parent(&self, dn: &Dn, claims: &Claims) -> bool {
        let Some(parent) = dn.parent().filter(|_| !self.task.is_fresh) else { return true };
        self.named(&parent).is_some() || claims.contains_key(&dn_key(self.task.schema, &parent))
    }
}
