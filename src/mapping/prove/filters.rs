//! Filters: a new record is one of those that are meant, and an inactive one is none of them.

use super::names::without_parts;
use super::record::{Known, Values, says};
use super::{Proof, SIDES};
use crate::attribute::{folded, is_object_class, same};
use crate::dn::Dn;
use crate::error::MappingFault;
use crate::filter::Filter;
use crate::mapping::{Flow, FlowValue, Inactivate, Toward};
use crate::matching::dn_matches;
use crate::server::Server;

/// What selects the records of a side, and what a message calls it.
struct Selection<'p> {
    filter: Option<&'p Filter>,
    exclude: Option<&'p Filter>,
    /// The key of the table it stands in.
    key: &'static str,
    /// `filter` and `exclude` with their table.
    called: [&'static str; 2],
    record: &'static str,
}

impl Proof<'_> {
    /// Proves that new records are meant, and inactive ones are not.
    pub(super) fn filters(&self) {
        if !self.site.is_whole {
            return;
        }
        for toward in SIDES {
            if self.creates(toward) {
                self.takes_new(toward);
            }
            if self.inactivates(toward)
                && let Some(inactivate) = self.mapping.inactivate.of(toward)
            {
                self.leaves_out_inactive(toward, inactivate);
            }
        }
        if self.creates(Toward::Directory) {
            self.base_takes_new();
        }
    }

    /// No base stands at or below another.
    pub(super) fn bases(&self) {
        let bases = &self.mapping.entries.base;
        for (n, base) in bases.iter().enumerate() {
            let is_above = |(m, other): &(usize, &Dn)| {
                let are_one = self.is_below(other, base);
                *m != n && self.is_below(base, other) && (!are_one || *m < n)
            };
            if let Some((_, above)) = bases.iter().enumerate().find(is_above) {
                let above = above.to_string();
                let fault = MappingFault::BaseAgain { above };
                self.site.table.refuse(&["entries", "base", &n.to_string()], fault);
            }
        }
    }

    fn selection(&self, toward: Toward) -> Selection<'_> {
        let (rows, entries) = (&self.mapping.rows, &self.mapping.entries);
        match toward {
            Toward::Database => Selection {
                filter: rows.filter.as_ref(),
                exclude: rows.exclude.as_ref(),
                key: "rows",
                called: ["rows.filter", "rows.exclude"],
                record: "row",
            },
            Toward::Directory => Selection {
                filter: entries.filter.as_ref(),
                exclude: entries.exclude.as_ref(),
                key: "entries",
                called: ["entries.filter", "entries.exclude"],
                record: "entry",
            },
        }
    }

    /// When two values of a side are one.
    fn values(&self, toward: Toward) -> Values<'static> {
        match toward {
            Toward::Database => Values::Row,
            Toward::Directory => Values::Entry(self.schema),
        }
    }

    /// What selects records takes a new one.
    fn takes_new(&self, toward: Toward) {
        let selection = self.selection(toward);
        let known = |name: &[u8]| self.of_new(toward, name);
        let says = |filter| says(filter, self.values(toward), &known);
        let Selection { key, called: [filter, exclude], record, .. } = selection;
        if selection.filter.and_then(says) == Some(false) {
            let fault = MappingFault::LeavesOut { by: filter, record };
            self.site.table.refuse(&[key, "filter"], fault);
        }
        if selection.exclude.and_then(says) == Some(true) {
            let fault = MappingFault::LeavesOut { by: exclude, record };
            self.site.table.refuse(&[key, "exclude"], fault);
        }
    }

    /// What a new record has under a name.
    fn of_new(&self, toward: Toward, name: &[u8]) -> Known {
        if toward == Toward::Directory && is_object_class(name) {
            let classes = self.mapping.object_class.clone();
            return if classes.is_empty() { Known::Unknown } else { Known::Values(classes) };
        }
        let owner = self.mapping.rows.managed_by.as_ref();
        let owner = owner.filter(|owner| owner.column.as_bytes() == name);
        if let (Toward::Database, Some(owner)) = (toward, owner) {
            return Known::Values(vec![owner.value.clone()]);
        }
        let mut flows = self.flows(toward).map(|(_, flow)| flow);
        match flows.find(|flow| is_of(flow, toward, name)) {
            Some(Flow { value: FlowValue::Constant(value), when: None, child: None, .. }) => {
                Known::Values(vec![value.clone()])
            }
            Some(_) => Known::Unknown,
            None if toward == Toward::Directory && self.comes_from_flows_alone(name) => {
                Known::Nothing
            }
            None => Known::Unknown,
        }
    }

    /// Whether a new entry has an attribute only where a flow writes it: no server adds it, and it is
    /// no part of the name.
    fn comes_from_flows_alone(&self, name: &[u8]) -> bool {
        let adds_nothing =
            matches!(self.file.directory.server, Some(Server::OpenLdap | Server::Ds389));
        let known = self.schema.attribute(name);
        let is_plain =
            known.is_some_and(|known| !known.is_operational() && !known.no_user_modification);
        let in_name = || match self.name_of_new().map(|dn| dn.rdn().cloned()) {
            Some(Some(rdn)) => {
                rdn.avas.iter().any(|ava| self.schema.same_attribute(&ava.attribute, name))
            }
            _ => true,
        };
        adds_nothing && is_plain && !in_name()
    }

    /// The name of a new entry, as far as it can be told.
    pub(super) fn name_of_new(&self) -> Option<Dn> {
        let item = self.site.table.get("dn")?;
        Dn::parse(without_parts(item.text()?)?.as_bytes()).ok()
    }

    /// A new entry is at or below one of the bases, where all that stands above it is said.
    fn base_takes_new(&self) {
        let bases = &self.mapping.entries.base;
        let Some(item) = self.site.table.get("dn") else { return };
        let above = item.text().and_then(|text| text.rsplit_once("}}")).map(|(_, rest)| rest);
        let above = above.and_then(|rest| rest.split_once(',')).map(|(_, above)| above);
        let Some(Ok(above)) = above.map(|above| Dn::parse(above.as_bytes())) else { return };
        // Where the name is made of more than its first part, what is above that may be anything.
        if bases.is_empty()
            || self.name_of_new().is_none_or(|dn| dn.parent().as_ref() != Some(&above))
        {
            return;
        }
        if !bases.iter().any(|base| self.is_below(&above, base)) {
            let fault = MappingFault::LeavesOut { by: "entries.base", record: "entry" };
            self.site.table.refuse(&["dn"], fault);
        }
    }

    /// Whether a name is a base or below it.
    fn is_below(&self, name: &Dn, base: &Dn) -> bool {
        let Some(more) = name.rdns.len().checked_sub(base.rdns.len()) else { return false };
        dn_matches(self.schema, &Dn { rdns: name.rdns[more..].to_vec() }, base)
    }

    /// What selects records leaves out one that became inactive, of which it took before what it still
    /// has.
    fn leaves_out_inactive(&self, toward: Toward, inactivate: &Inactivate) {
        let selection = self.selection(toward);
        let Selection { key, called: [filter, exclude], record, .. } = selection;
        let known = |name: &[u8]| of_inactive(inactivate, name);
        let still = |one: &Filter, took: bool| {
            !self.looks_at(one, inactivate) || says(one, self.values(toward), &known) == Some(took)
        };
        let by_filter = selection.filter.is_none_or(|one| still(one, true));
        let by_exclude = selection.exclude.is_none_or(|one| still(one, false));
        let (key_of, by) = match (selection.filter, selection.exclude) {
            (Some(_), _) => ("filter", filter),
            (None, Some(_)) => ("exclude", exclude),
            (None, None) => return,
        };
        let leaves = inactivate.move_to.as_ref().is_some_and(|to| self.is_outside(to));
        if by_filter && by_exclude && !leaves {
            self.site.table.refuse(&[key, key_of], MappingFault::Takes { by, record });
        }
    }

    /// Whether a name is below none of the bases.
    fn is_outside(&self, to: &Dn) -> bool {
        let bases = &self.mapping.entries.base;
        !bases.is_empty() && !bases.iter().any(|base| self.is_below(to, base))
    }

    /// Whether a filter asks for something that changes where a record becomes inactive.
    fn looks_at(&self, filter: &Filter, inactivate: &Inactivate) -> bool {
        let set = inactivate.set.iter().map(|(name, _)| name);
        let mut changed = set.chain(&inactivate.clear);
        let in_name = inactivate.move_to.is_some() && filter.looks_at_name();
        in_name || changed.any(|name| filter.looks_at(self.schema, name.as_bytes()))
    }
}

/// What a record that became inactive has under a name.
fn of_inactive(inactivate: &Inactivate, name: &[u8]) -> Known {
    let set = inactivate.set.iter().find(|(column, _)| same(column.as_bytes(), name));
    let is_cleared = inactivate.clear.iter().any(|column| same(column.as_bytes(), name));
    match set {
        Some((_, value)) => Known::Values(vec![value.clone()]),
        None if is_cleared => Known::Nothing,
        None => Known::Unknown,
    }
}

/// Whether a flow writes what a filter calls by this name.
fn is_of(flow: &Flow, toward: Toward, name: &[u8]) -> bool {
    match toward {
        Toward::Database => flow.column.as_ref().is_some_and(|own| own.as_bytes() == name),
        Toward::Directory => {
            flow.attribute.as_ref().is_some_and(|own| folded(own.as_bytes()) == folded(name))
        }
    }
}
