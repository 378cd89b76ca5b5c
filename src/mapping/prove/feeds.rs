//! What is written: nothing twice, and nothing left out by which a record is known.

use super::{Proof, SIDES, target};
use crate::attribute::is_object_class;
use crate::error::MappingFault;
use crate::mapping::{Flow, FlowValue, Mapping, On, Owner, Toward};
use crate::server::IDENTIFIERS;

impl Proof<'_> {
    /// Proves that nothing is written twice, and that a new record is found again.
    pub(super) fn feeds(&self) {
        for toward in SIDES {
            self.fed_once(toward);
            self.fed_by_one_mapping(toward);
        }
        self.owner_is_not_fed();
        self.classes_are_not_fed();
        self.matches_have_flows();
        self.matches_find_more();
        if self.site.is_whole {
            SIDES.into_iter().filter(|toward| self.creates(*toward)).for_each(|toward| {
                self.match_is_written(toward);
            });
        }
    }

    /// No column and no attribute has two flows that write it.
    fn fed_once(&self, toward: Toward) {
        for (n, flow) in self.flows(toward) {
            let Some((key, name)) = target(flow, toward) else { continue };
            let mut before = self.flows(toward).take_while(|(other, _)| *other < n);
            if let Some((_, first)) = before.find(|(_, other)| self.write_one(flow, other, toward))
            {
                let (name, first) = (name.to_owned(), first.line);
                self.refuse_flow(n, key, MappingFault::FedTwice { what: key, name, first });
            }
        }
    }

    /// What another mapping of the same entries and rows writes has the same value there, or it would change in every
    /// run.
    fn fed_by_one_mapping(&self, toward: Toward) {
        let is_before = |other: &&Mapping| !std::ptr::eq(*other, self.mapping);
        for other in self.file.mappings.iter().take_while(is_before) {
            if !is_about_the_same(self.mapping, other) {
                continue;
            }
            for (n, flow) in self.flows(toward).filter(|(_, flow)| is_always(flow)) {
                let Some((key, name)) = target(flow, toward) else { continue };
                let mut others = other.flows.iter().filter(|one| one.direction.goes(toward));
                let is_it = |one: &&Flow| {
                    is_always(one)
                        && owner(one) == owner(flow)
                        && self.write_one(flow, one, toward)
                        && !brings_the_same(flow, one)
                };
                if let Some(first) = others.find(is_it) {
                    let (name, first) = (name.to_owned(), first.line);
                    self.refuse_flow(n, key, MappingFault::FedTwice { what: key, name, first });
                }
            }
        }
    }

    /// Whether two flows write the same there.
    fn write_one(&self, one: &Flow, other: &Flow, toward: Toward) -> bool {
        let (Some((_, a)), Some((_, b))) = (target(one, toward), target(other, toward)) else {
            return false;
        };
        let table = |flow: &Flow| flow.child.as_ref().map(|child| child.table.clone());
        match toward {
            Toward::Database => self.is_one(a, b) && table(one) == table(other),
            Toward::Directory => {
                let (a, b) = (a.as_bytes(), b.as_bytes());
                self.schema.same_values(a, b)
            }
        }
    }

    /// The column that says whose rows they are has its value already.
    fn owner_is_not_fed(&self) {
        let Some(owner) = &self.mapping.rows.managed_by else { return };
        for (n, flow) in self.flows(Toward::Database) {
            if flow.child.is_none() && flow.column.as_ref() == Some(&owner.column) {
                let column = owner.column.clone();
                self.refuse_flow(n, "column", MappingFault::OwnerFed { column });
            }
        }
    }

    /// Which classes entries get, `object_class` says.
    fn classes_are_not_fed(&self) {
        for (n, flow) in self.flows(Toward::Directory) {
            let name = flow.attribute.as_deref().unwrap_or_default();
            if is_object_class(name.as_bytes()) {
                self.refuse_flow(n, "attribute", MappingFault::ClassesFed);
            }
        }
    }

    /// The flow that says which attribute a column of `match` is, or what makes it of an entry.
    pub(super) fn flow_of(&self, column: &str) -> Option<&Flow> {
        self.mapping.flows.iter().find(|flow| tells(flow) && flow.column.as_deref() == Some(column))
    }

    /// Every column of `match` has a flow that says which attribute it is.
    fn matches_have_flows(&self) {
        for (i, columns) in self.mapping.matches.iter().enumerate() {
            for (j, column) in columns.iter().enumerate() {
                if self.flow_of(column).is_some() || self.site.may_name(column) {
                    continue;
                }
                let flows = self.mapping.flows.iter().filter(|flow| tells(flow));
                let known = flows.filter_map(|flow| flow.column.clone()).collect();
                let wanted = "a column that a flow fills from an entry";
                let fault = MappingFault::Choice { wanted, found: column.clone(), known };
                self.site.table.refuse(&["match", &i.to_string(), &j.to_string()], fault);
            }
        }
    }

    /// No list of `match` has all columns of an earlier one: what it finds, that has found.
    fn matches_find_more(&self) {
        let matches = &self.mapping.matches;
        for (i, columns) in matches.iter().enumerate() {
            let is_again = |(n, one): &(usize, &String)| {
                columns[..*n].iter().any(|other| self.is_one(one, other))
            };
            if let Some((n, column)) = columns.iter().enumerate().find(is_again) {
                let column = column.clone();
                let fault = MappingFault::MatchTwice { column };
                self.site.table.refuse(&["match", &i.to_string(), &n.to_string()], fault);
            }
            let has = |one: &String| columns.iter().any(|own| self.is_one(own, one));
            if let Some(earlier) = matches[..i].iter().find(|earlier| earlier.iter().all(has)) {
                let fault = MappingFault::MatchAgain { earlier: earlier.clone() };
                self.site.table.refuse(&["match", &i.to_string()], fault);
            }
        }
    }

    /// What new records are found by first is written there; or the server makes it, and they are found
    /// by what comes next until it is known on both sides.
    fn match_is_written(&self, toward: Toward) {
        let matches = &self.mapping.matches;
        let is_written = |column: &String| {
            let writes = |flow: &Flow| flow.direction.goes(toward);
            self.flow_of(column).is_none_or(writes)
        };
        let is_made = |column: &String| match toward {
            Toward::Database => self.mapping.rows.generated.contains(column),
            Toward::Directory => self.flow_of(column).is_some_and(|flow| self.is_of_server(flow)),
        };
        let mut later = matches.iter().skip(1);
        let is_found_later = later.any(|columns| columns.iter().all(is_written));
        let mut first = matches.first().into_iter().flatten();
        let missing =
            first.find(|column| !(is_written(column) || (is_found_later && is_made(column))));
        if let Some(column) = missing {
            let fault = MappingFault::MatchNotFed { column: column.clone(), there: there(toward) };
            self.site.table.refuse(&["match", "0"], fault);
        }
    }

    /// Whether only the server writes the attribute of a flow.
    fn is_of_server(&self, flow: &Flow) -> bool {
        let Some(name) = flow.attribute.as_deref() else { return false };
        let known = self.schema.attribute(name.as_bytes());
        known.is_some_and(|known| known.no_user_modification)
            || IDENTIFIERS.iter().any(|one| one.eq_ignore_ascii_case(name))
    }
}

/// Whether two mappings are about the same entries and rows, whatever these hold.
fn is_about_the_same(one: &Mapping, other: &Mapping) -> bool {
    let bases = |mapping: &Mapping| -> Vec<String> {
        mapping.entries.base.iter().map(|dn| dn.to_string().to_lowercase()).collect()
    };
    let (a, b) = (&one.rows, &other.rows);
    let rows = a.table == b.table && a.filter == b.filter && a.exclude == b.exclude;
    let (c, d) = (&one.entries, &other.entries);
    let entries = bases(one) == bases(other) && c.filter == d.filter && c.exclude == d.exclude;
    rows && entries && a.managed_by == b.managed_by && one.matches == other.matches
}

/// Whether a flow says something of every record.
fn is_always(flow: &Flow) -> bool {
    flow.on == On::Always && flow.when.is_none()
}

/// Whose rows of a child table a flow writes.
fn owner(flow: &Flow) -> Option<&Owner> {
    flow.child.as_ref()?.managed_by.as_ref()
}

/// Whether two flows copy one attribute to one column, or write one constant.
fn brings_the_same(one: &Flow, other: &Flow) -> bool {
    let names = |flow: &Flow| {
        [&flow.attribute, &flow.column].map(|name| name.as_ref().map(|name| name.to_lowercase()))
    };
    match (&one.value, &other.value) {
        (FlowValue::Copy, FlowValue::Copy) => names(one) == names(other),
        (FlowValue::Constant(one), FlowValue::Constant(other)) => one == other,
        _ => false,
    }
}

/// What comes to a side.
fn there(toward: Toward) -> &'static str {
    match toward {
        Toward::Database => "rows",
        Toward::Directory => "entries",
    }
}

/// Whether a flow says what an entry has in a column: the value of an attribute, or what is computed.
fn tells(flow: &Flow) -> bool {
    let is_computed =
        matches!(flow.value, FlowValue::Expression(_)) && flow.direction.goes(Toward::Database);
    flow.child.is_none() && (flow.attribute.is_some() || is_computed)
}
