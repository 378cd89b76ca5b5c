//! Names: what expressions and the template read, look up, and what references lead to.

use super::Proof;
use crate::attribute::{same, type_of};
use crate::dn::Dn;
use crate::error::MappingFault;
use crate::mapping::expression::Expression;
use crate::mapping::{Direction, Flow, FlowValue, LookupFrom, Mapping, Toward, VALUE};

impl Proof<'_> {
    /// Proves that every name may be read where it is, and that there is what is looked up in.
    pub(super) fn names(&self) {
        for (n, flow) in self.mapping.flows.iter().enumerate() {
            let toward = match flow.direction {
                Direction::Both => None,
                Direction::ToDatabase => Some(Toward::Database),
                Direction::ToDirectory => Some(Toward::Directory),
            };
            if let FlowValue::Expression(expression) = &flow.value {
                self.expression(n, "expression", expression, toward);
            }
            if let FlowValue::Converted(both) = &flow.value {
                self.conversion(n, flow, Toward::Database, both.of(Toward::Database));
                self.conversion(n, flow, Toward::Directory, both.of(Toward::Directory));
            }
            if let Some(when) = &flow.when {
                self.expression(n, "when", when, toward);
            }
        }
        self.template();
    }
}

impl Proof<'_> {
    /// What an expression of a flow reads.
    fn expression(&self, n: usize, key: &str, read: &Expression, toward: Option<Toward>) {
        let found = read.names().iter().filter(|name| !self.may_be_read(name, toward));
        for found in found.cloned() {
            let (wanted, known) = match toward {
                Some(Toward::Directory) => {
                    ("a column where the directory is written", self.columns())
                }
                _ => ("an attribute where the database is written", self.attributes()),
            };
            self.refuse_flow(n, key, MappingFault::Choice { wanted, found, known });
        }
        if read.names().iter().any(|name| name == VALUE) && self.has_no_value(toward) {
            self.refuse_flow(n, key, MappingFault::NoValue);
        }
        self.refuse_lookups_of(read, |fault| self.refuse_flow(n, key, fault));
    }

    /// Whether `value` is certainly the name of nothing: only conversions are given a value. A column may be
    /// called so, and one that is not there is told when a row is read.
    fn has_no_value(&self, toward: Option<Toward>) -> bool {
        let is_it = |name: &String| same(name.as_bytes(), VALUE.as_bytes());
        toward != Some(Toward::Directory)
            && self.schema.attribute(VALUE.as_bytes()).is_none()
            && !self.attributes().iter().chain(&self.columns()).any(is_it)
    }

    /// What one half of a pair of conversions reads: the value, by either of its names.
    fn conversion(&self, n: usize, flow: &Flow, toward: Toward, read: &Expression) {
        let (key, name) = match toward {
            Toward::Database => ("to_database", &flow.attribute),
            Toward::Directory => ("to_directory", &flow.column),
        };
        let known: Vec<String> = name.iter().cloned().chain([VALUE.to_owned()]).collect();
        for found in read.names().iter().filter(|name| !known.contains(name)).cloned() {
            let (wanted, known) = ("the value that is converted", known.clone());
            self.refuse_flow(n, key, MappingFault::Choice { wanted, found, known });
        }
        self.refuse_lookups_of(read, |fault| self.refuse_flow(n, key, fault));
    }

    /// Notes what is wrong with the lookups of an expression.
    fn refuse_lookups_of(&self, read: &Expression, refuse: impl Fn(MappingFault)) {
        self.refuse_lookups(read.lookups(), &refuse);
        self.refuse_columns(read.lookups_of_rows(), &refuse);
        self.refuse_rows(&read.lookups_of_values(), &refuse);
    }

    /// Notes each lookup that has values alone, where a column is read of what it finds.
    fn refuse_columns(&self, lookups: &[String], refuse: impl Fn(MappingFault)) {
        let is_of_values = |name: &&String| {
            let mut all = self.file.lookups.iter();
            all.any(|one| one.name == **name && matches!(one.from, LookupFrom::Values(_)))
        };
        for lookup in lookups.iter().filter(is_of_values).cloned() {
            refuse(MappingFault::NoColumns { lookup });
        }
    }

    /// Notes each lookup whose answer is taken for a value, where what it finds is a row.
    fn refuse_rows(&self, lookups: &[String], refuse: impl Fn(MappingFault)) {
        let all = self.file.lookups.iter().filter(|one| lookups.contains(&one.name));
        for one in all.filter(|one| !matches!(one.from, LookupFrom::Values(_))) {
            refuse(MappingFault::NoColumn { lookup: one.name.clone() });
        }
    }

    /// Notes each lookup that is none of the file's.
    fn refuse_lookups(&self, lookups: &[String], refuse: impl Fn(MappingFault)) {
        let known: Vec<String> = self.file.lookups.iter().map(|one| one.name.clone()).collect();
        for found in lookups.iter().filter(|name| !known.contains(name)).cloned() {
            let wanted = "the name of a `[lookup.NAME]`";
            refuse(MappingFault::Choice { wanted, found, known: known.clone() });
        }
    }

    /// Whether a name may be one of the side that is read. It is certainly none where the mapping knows
    /// it as a name of the other side, and as none of this one.
    fn may_be_read(&self, name: &str, toward: Option<Toward>) -> bool {
        let is_attribute = |flow: &&Flow| {
            flow.attribute.as_ref().is_some_and(|own| same(own.as_bytes(), name.as_bytes()))
        };
        let is_column = self.columns().iter().any(|column| column == name);
        let is_flow = self.mapping.flows.iter().any(|flow| is_attribute(&flow));
        match toward {
            None => true,
            Some(Toward::Database) => {
                let known = self.schema.attribute(type_of(name.as_bytes()));
                !is_column || is_flow || known.is_some()
            }
            Some(Toward::Directory) => {
                let mut flows = self.mapping.flows.iter().filter(is_attribute);
                is_column || !flows.any(|flow| flow.column.is_some())
            }
        }
    }

    /// The columns of the mapping's own table that it names.
    pub(super) fn columns(&self) -> Vec<String> {
        let rows = &self.mapping.rows;
        let flows = self.mapping.flows.iter().filter(|flow| flow.child.is_none());
        let flows = flows.filter_map(|flow| flow.column.clone());
        let mut columns: Vec<String> = flows.collect();
        let matches = self.mapping.matches.iter().flatten();
        columns.extend(rows.key.iter().chain(&rows.generated).chain(matches).cloned());
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The attributes that the mapping names.
    pub(super) fn attributes(&self) -> Vec<String> {
        self.mapping.flows.iter().filter_map(|flow| flow.attribute.clone()).collect()
    }

    /// What the name of a new entry is made of.
    fn template(&self) {
        let Some(template) = &self.mapping.dn else { return };
        let table = &self.site.table;
        let (columns, attributes) = (self.columns(), self.attributes());
        let flows = self.mapping.flows.iter().filter(|flow| flow.direction.goes(Toward::Directory));
        let read: Vec<&str> = flows.flat_map(Flow::names).collect();
        let is_known = |name: &String| {
            columns.contains(name)
                || attributes.contains(name)
                || read.contains(&name.as_str())
                || self.site.may_name(name)
        };
        for found in template.names().map(str::to_owned).filter(|name| !is_known(name)) {
            let (wanted, known) = ("a column that a flow has", columns.clone());
            table.refuse(&["dn"], MappingFault::Choice { wanted, found, known });
        }
        for part in template.parts() {
            self.refuse_lookups_of(part, |fault| table.refuse(&["dn"], fault));
        }
        let Some(item) = table.get("dn") else { return };
        let text = item.text().and_then(without_parts);
        if let Some(Err(fault)) = text.map(|text| Dn::parse(text.as_bytes())) {
            item.refuse_inside(fault);
        }
    }

    /// Proves that references lead to mappings that can tell what stands in the values.
    pub(super) fn references(&self) {
        for (n, flow) in self.mapping.flows.iter().enumerate() {
            let Some(reference) = &flow.reference else { continue };
            let to = self.file.mappings.iter().find(|other| other.name == reference.mapping);
            let Some(to) = to else {
                let known = self.file.mappings.iter().map(|one| one.name.clone()).collect();
                let (wanted, found) = ("the name of a mapping", reference.mapping.clone());
                self.refuse_reference(n, "mapping", MappingFault::Choice { wanted, found, known });
                continue;
            };
            if self.are_whole {
                self.is_fed(n, "attribute", reference.attribute.as_ref(), &attributes_of(to));
                self.is_fed(n, "column", reference.column.as_ref(), &columns_of(to));
            }
        }
    }

    /// Notes what is wrong with a part of a reference.
    fn refuse_reference(&self, n: usize, key: &str, fault: MappingFault) {
        if let Some(table) = self.site.flows.get(n) {
            table.refuse(&["reference", key], fault);
        }
    }

    /// Notes a part of a reference that is none of these names.
    fn is_fed(&self, n: usize, key: &'static str, name: Option<&String>, known: &[String]) {
        let Some(found) = name.filter(|name| !known.contains(name)).cloned() else { return };
        let wanted = match key {
            "attribute" => "an attribute that a flow of that mapping has",
            _ => "a column that a flow of that mapping has",
        };
        let known = known.to_vec();
        self.refuse_reference(n, key, MappingFault::Choice { wanted, found, known });
    }
}

/// The attributes by which a mapping can tell an entry.
fn attributes_of(mapping: &Mapping) -> Vec<String> {
    mapping.flows.iter().filter_map(|flow| flow.attribute.clone()).collect()
}

/// The columns by which a mapping can tell a row.
fn columns_of(mapping: &Mapping) -> Vec<String> {
    let flows = mapping.flows.iter().filter(|flow| flow.child.is_none());
    let columns = flows.filter_map(|flow| flow.column.clone());
    columns.chain(mapping.rows.key.iter().cloned()).collect()
}

/// The letters that stand for a part of a name that only data tells: as long as what they stand for, and
/// nothing that a name would be read otherwise for.
const PART: &str = "x";

/// A template with letters in place of its parts; nothing where it decides more than values.
pub(super) fn without_parts(template: &str) -> Option<String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    if rest.contains("{%") || rest.contains("{#") {
        return None;
    }
    while let Some((before, after)) = rest.split_once("{{") {
        let (part, after) = after.split_once("}}")?;
        text.push_str(before);
        text.push_str(&PART.repeat(part.len() + "{{}}".len()));
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}
