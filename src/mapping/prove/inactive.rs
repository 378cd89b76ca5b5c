//! What makes a record inactive: nothing is written in two ways, and the record is found again.

use super::names::without_parts;
use super::{Proof, SIDES, side};
use crate::attribute::{is_object_class, type_of};
use crate::dn::Dn;
use crate::error::MappingFault;
use crate::filter::Filter;
use crate::mapping::{Inactivate, Toward};

impl Proof<'_> {
    /// Proves that each column or attribute is set or cleared, and that none is what the record is known by.
    pub(super) fn inactivations(&self) {
        for toward in SIDES {
            let Some(inactivate) = self.mapping.inactivate.of(toward) else { continue };
            self.sets_or_clears(toward, inactivate);
            self.keeps_its_classes(toward, inactivate);
            if toward == Toward::Directory {
                self.keeps_what_it_needs(inactivate);
                self.writes_attributes(inactivate);
            }
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

    /// An entry keeps what its classes demand, and what its name is made of.
    fn keeps_what_it_needs(&self, inactivate: &Inactivate) {
        let classes = self.mapping.object_class.iter().map(String::as_bytes);
        let demanded = self.schema.required(classes);
        let item = self.site.table.get("dn").filter(|_| self.mapping.dn.is_some());
        let name = item.and_then(|item| Dn::parse(without_parts(item.text()?)?.as_bytes()).ok());
        let rdn = name.as_ref().and_then(Dn::rdn);
        let names = |name: &str| {
            rdn.is_some_and(|rdn| {
                let mut avas = rdn.avas.iter();
                avas.any(|ava| self.schema.same_values(&ava.attribute, name.as_bytes()))
            })
        };
        let is_other = |name: &&String| !is_object_class(name.as_bytes());
        for name in inactivate.clear.iter().filter(is_other) {
            let known = self.schema.attribute(type_of(name.as_bytes()));
            let is_demanded = known.is_some_and(|known| {
                demanded.iter().any(|(attribute, _)| attribute.id == known.id)
            });
            if is_demanded || names(name) {
                let fault = MappingFault::ClearsNeeded { name: name.clone() };
                self.refuse_inactivation(Toward::Directory, "clear", fault);
            }
        }
    }

    /// What is written in an entry is an attribute, and no column that the file names.
    fn writes_attributes(&self, inactivate: &Inactivate) {
        let known = self.attributes();
        let rows = &self.mapping.rows;
        let filters = rows.filter.iter().chain(&rows.exclude);
        let asked: Vec<&[u8]> = filters.flat_map(names_in).collect();
        let columns = self.columns();
        let is_column = |name: &String| columns.contains(name) || asked.contains(&name.as_bytes());
        let is_known = |name: &String| {
            let mut own = known.iter();
            self.schema.attribute(type_of(name.as_bytes())).is_some()
                || own.any(|one| self.is_same(Toward::Directory, one, name))
        };
        let set = inactivate.set.iter().map(|(name, _)| ("set", name));
        let written = set.chain(inactivate.clear.iter().map(|name| ("clear", name)));
        for (key, found) in written.filter(|(_, name)| !is_known(name) && is_column(name)) {
            let (wanted, found, known) = ("an attribute", found.clone(), known.clone());
            let fault = MappingFault::Choice { wanted, found, known };
            self.refuse_inactivation(Toward::Directory, key, fault);
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

/// The names that a filter asks about.
fn names_in(filter: &Filter) -> Vec<&[u8]> {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().flat_map(names_in).collect(),
        Filter::Not(inner) => names_in(inner),
        Filter::Present(name) => vec![name],
        Filter::Equality(one)
        | Filter::GreaterOrEqual(one)
        | Filter::LessOrEqual(one)
        | Filter::Approximate(one) => vec![&one.attribute],
        Filter::Substrings(one) => vec![&one.attribute],
        Filter::Extensible(one) => one.attribute.as_deref().into_iter().collect(),
    }
}
