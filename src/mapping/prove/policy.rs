//! Policies: what they name can come to be, and what they ask for can be done.

use super::{Proof, SIDES, side};
use crate::error::MappingFault;
use crate::mapping::{Action, Policy, Situation, Toward};

impl Proof<'_> {
    /// Proves that each action of a policy has what it needs, and a chance.
    pub(super) fn policies(&self) {
        for toward in SIDES {
            if !self.says(&["policy", side(toward)]) {
                continue;
            }
            if self.site.is_whole && self.is_idle(toward) {
                let fault = MappingFault::Unreachable { side: called(toward) };
                self.site.table.refuse(&["policy", side(toward)], fault);
                continue;
            }
            let said = |one: &Situation| self.says(&["policy", side(toward), one.name()]);
            for situation in Situation::ALL.into_iter().filter(said) {
                self.can_be_done(toward, situation);
                self.can_arise(toward, situation);
            }
        }
    }

    /// Whether there is something at a path of keys.
    fn says(&self, path: &[&str]) -> bool {
        let Some((last, above)) = path.split_last() else { return false };
        let mut table = Some(self.site.table.clone());
        for key in above {
            table = table.and_then(|table| table.inner(key));
        }
        table.is_some_and(|table| table.has(last))
    }

    /// What an action needs is there.
    fn can_be_done(&self, toward: Toward, situation: Situation) {
        let path = ["policy", side(toward), situation.name()];
        let refuse = |key, wanted| {
            self.site.table.refuse(&path, MappingFault::Without { key, wanted });
        };
        let is_missing = |key: &str| !self.says(&[key]);
        match (self.action(toward, situation), toward) {
            (Action::Create, Toward::Directory) => {
                if is_missing("dn") {
                    refuse("create", "`dn`");
                }
                if is_missing("object_class") {
                    refuse("create", "`object_class`");
                }
            }
            (Action::Create, Toward::Database) if self.site.is_whole => self.key_is_fed(&path),
            (Action::Inactivate, _) if self.mapping.inactivate.of(toward).is_none() => {
                let wanted = match toward {
                    Toward::Database => "`inactivate.to_database`",
                    Toward::Directory => "`inactivate.to_directory`",
                };
                if !self.says(&["inactivate", side(toward)]) {
                    refuse("inactivate", wanted);
                }
            }
            _ => {}
        }
    }

    /// A new row gets a value in every column of its key.
    fn key_is_fed(&self, path: &[&str]) {
        let key = self.mapping.rows.key.iter();
        for column in key.filter(|column| !self.mapping.feeds_key(column)).cloned() {
            self.site.table.refuse(path, MappingFault::KeyNotFed { column });
        }
    }

    /// The situation can come to be; what is usual may be said of it all the same.
    fn can_arise(&self, toward: Toward, situation: Situation) {
        let action = self.action(toward, situation);
        let usual = Policy::usual(true).action(situation);
        if action == usual || action == Action::Report || !self.site.is_whole {
            return;
        }
        if let Some(why) = self.why_never(toward, situation) {
            let situation = situation.name();
            let path = ["policy", side(toward), situation];
            self.site.table.refuse(&path, MappingFault::NeverArises { situation, why });
        }
    }

    /// Why a situation never arises, where that is certain.
    fn why_never(&self, toward: Toward, situation: Situation) -> Option<&'static str> {
        let mapping = self.mapping;
        let selects_rows = mapping.rows.filter.is_some() || mapping.rows.exclude.is_some();
        let selects_rows = selects_rows || mapping.rows.managed_by.is_some();
        let entries = &mapping.entries;
        let selects_entries = entries.filter.is_some() || entries.exclude.is_some();
        let selects_entries = selects_entries || !entries.base.is_empty();
        let (selects_source, selects_target) = match toward {
            Toward::Database => (selects_entries, selects_rows),
            Toward::Directory => (selects_rows, selects_entries),
        };
        let first = mapping.matches.first()?;
        let is_key = !first.is_empty() && first.iter().all(|one| mapping.rows.key.contains(one));
        match situation {
            Situation::Found | Situation::FoundAlreadyLinked if mapping.matches.len() == 1 => {
                Some("`match` has one list, and what is found by it is CONFIRMED")
            }
            Situation::Unqualified | Situation::SourceIgnored if !selects_source => {
                Some("no filter leaves anything out of what is obeyed")
            }
            Situation::TargetIgnored if !selects_target => {
                Some("no filter leaves anything out of what is changed")
            }
            Situation::Unassigned if is_key && toward == Toward::Database => {
                Some("the first columns of `match` are the key, which is never empty")
            }
            _ => None,
        }
    }
}

/// What a message calls a side.
fn called(toward: Toward) -> &'static str {
    match toward {
        Toward::Database => "database",
        Toward::Directory => "directory",
    }
}
