//! What makes a record inactive: nothing is written in two ways, and the record is found again.

use super::{Proof, SIDES, side};
use crate::attribute::is_object_class;
use crate::error::MappingFault;
use crate::mapping::{Inactivate, Toward};

impl Proof<'_> {
    /// Proves that each column or attribute is set or cleared, and that none is what the record is known by.
    pub(super) fn inactivations(&self) {
        for toward in SIDES {
            let Some(inactivate) = self.mapping.inactivate.of(toward) else { continue };
            self.sets_or_clears(toward, inactivate);
            self.keeps_its_classes(toward, inactivate);
            if self.site.is_whole {
                self.is_found_again(toward, inactivate);
            }
        }
    }

    fn refuse_inactivation(&self, toward: Toward, key: &str, fault: MappingFault) {
        self.site.table.refuse(&["inactivate", side(toward), key], fault);
    }

    /// Whether two names are of one column or attribute.
    fn is_same(&self, toward: Toward, one: &str, other: &str) -> bool {
        let (a, b) = (one.as_bytes(), other.as_bytes());
        match toward {
            Toward::Database => self.is_one(one, other),
            Toward::Directory => self.schema.same_values(a, b),
        }
    }

    fn sets_or_clears(&self, toward: Toward, inactivate: &Inactivate) {
        let is_set =
            |name: &&String| inactivate.set.iter().any(|(set, _)| self.is_same(toward, set, name));
        for name in inactivate.clear.iter().filter(is_set).cloned() {
            self.refuse_inactivation(toward, "clear", MappingFault::SetAndCleared { name });
        }
    }

    /// An entry that becomes inactive is of the same classes.
    fn keeps_its_classes(&self, toward: Toward, inactivate: &Inactivate) {
        let set = inactivate.set.iter().map(|(name, _)| ("set", name));
        let written = set.chain(inactivate.clear.iter().map(|name| ("clear", name)));
        for (key, _) in written.filter(|(_, name)| is_object_class(name.as_bytes())) {
            if toward == Toward::Directory {
                self.refuse_inactivation(toward, key, MappingFault::ClassesFed);
            }
        }
    }

    /// The key of a row stays, and whose it is, and so does one list of `match` that finds the record in the next run.
    fn is_found_again(&self, toward: Toward, inactivate: &Inactivate) {
        let set = inactivate.set.iter().map(|(name, _)| ("set", name));
        let written = set.chain(inactivate.clear.iter().map(|name| ("clear", name)));
        let all: Vec<(&str, &String)> = written.collect();
        let writes = |column: &str| {
            let of = self.name_there(toward, column);
            all.iter().find(|(_, name)| of.is_some_and(|of| self.is_same(toward, of, name)))
        };
        let matches = &self.mapping.matches;
        let is_kept = |columns: &Vec<String>| columns.iter().all(|one| writes(one).is_none());
        let rows = &self.mapping.rows;
        let owner = rows.managed_by.iter().map(|owner| &owner.column);
        let of_row = rows.key.iter().chain(owner).filter(|_| toward == Toward::Database);
        let found_by = matches.iter().flatten().filter(|_| !matches.iter().any(is_kept));
        let Some((key, name)) = of_row.chain(found_by).find_map(|column| writes(column)) else {
            return;
        };
        let fault = MappingFault::Unfindable { name: (*name).clone() };
        self.refuse_inactivation(toward, key, fault);
    }

    /// What a column of `match` is called there: itself, or the attribute that it is copied from.
    fn name_there<'n>(&'n self, toward: Toward, column: &'n str) -> Option<&'n str> {
        match toward {
            Toward::Database => Some(column),
            Toward::Directory => self.flow_of(column).and_then(|flow| flow.attribute.as_deref()),
        }
    }
}
