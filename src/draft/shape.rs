//! What is said of a mapping beside its flows: which entries and rows are meant, and what new ones are.

use std::collections::{BTreeMap, HashMap};

use super::proposal::{Proposal, Proposed};
use super::sample::World;
use crate::attribute::is_object_class;
use crate::dn::Dn;
use crate::mapping::{Direction, Toward};
use crate::matching::dn_key;

/// The rest of a mapping.
#[derive(Debug)]
pub(super) struct Shape {
    /// The entry at or below which all are.
    pub(super) base: Option<Dn>,
    /// Classes below the one that is meant, whose entries are others.
    pub(super) others: Vec<String>,
    /// Columns of the key that the database counts.
    pub(super) generated: Vec<usize>,
    /// What new entries are.
    pub(super) new: Result<NewEntry, Lacking>,
    /// Columns that must have a value and have no flow.
    pub(super) unfed: Vec<usize>,
}

/// What new entries are.
#[derive(Debug)]
pub(super) struct NewEntry {
    /// The attribute that names them, as it is written in names.
    pub(super) naming: String,
    /// The column that its value is from.
    pub(super) column: usize,
    pub(super) parent: Dn,
    pub(super) classes: Vec<String>,
}

/// Why new entries cannot be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lacking {
    /// They are not named alike.
    Name,
    /// What they are found by comes from the server alone.
    Match,
    /// No flow writes these attributes, which they must have.
    Attributes(Vec<String>),
}

/// What is said of a proposal beside its flows.
pub(super) fn shape(world: &World<'_>, proposal: &Proposal) -> Shape {
    let table = &world.tables[proposal.table];
    let is_fed = |column: &usize| proposal.flow_of(*column).is_some_and(goes_to_database);
    let defined = |column: usize| {
        let definition = table.definition.iter().flat_map(|one| &one.columns);
        definition.into_iter().find(|one| one.name == table.columns.names[column])
    };
    let is_counted = |column: &usize| defined(*column).is_some_and(|one| one.counter.is_some());
    let key = table.key.iter().copied();
    let generated = key.filter(|column| !is_fed(column) && is_counted(column)).collect();
    let must = |column: &usize| defined(*column).is_some_and(|one| one.is_not_null);
    let is_unfed = |column: &usize| must(column) && !is_fed(column) && !is_counted(column);
    Shape {
        base: base(world, proposal),
        others: others(world, proposal.class),
        generated,
        new: new_entry(world, proposal),
        unfed: (0..table.columns.names.len()).filter(is_unfed).collect(),
    }
}

fn goes_to_database(flow: &Proposed) -> bool {
    flow.direction.goes(Toward::Database)
}

impl Shape {
    /// Whether new rows would be made, and lack a value.
    pub(super) fn makes_broken_rows(&self, world: &World<'_>, proposal: &Proposal) -> bool {
        let is_known = |column: &usize| {
            self.generated.contains(column)
                || proposal.flow_of(*column).is_some_and(goes_to_database)
        };
        !self.unfed.is_empty() && world.tables[proposal.table].key.iter().all(is_known)
    }
}

impl Proposal {
    /// The flow of a column of its own table.
    pub(super) fn flow_of(&self, column: usize) -> Option<&Proposed> {
        self.flows.iter().find(|flow| flow.child.is_none() && flow.column == column)
    }
}

/// The longest name that the names of all paired entries end in, which is none of theirs.
fn base(world: &World<'_>, proposal: &Proposal) -> Option<Dn> {
    let mut base: Option<Dn> = None;
    for (entry, _) in &proposal.pairs {
        let above = world.entries[*entry].dn.parent()?;
        base = Some(match base {
            None => above,
            Some(base) => common(world, &base, &above),
        });
    }
    base.filter(|base| !base.rdns.is_empty())
}

/// The longest name that both end in.
fn common(world: &World<'_>, one: &Dn, other: &Dn) -> Dn {
    let end = |dn: &Dn, count: usize| Dn { rdns: dn.rdns[dn.rdns.len() - count..].to_vec() };
    let most = one.rdns.len().min(other.rdns.len());
    let key = |dn: &Dn, count: usize| dn_key(world.schema, &end(dn, count));
    let are_one = |count: &usize| key(one, *count) == key(other, *count);
    let count = (1..=most).take_while(are_one).last().unwrap_or_default();
    end(one, count)
}

/// The classes of entries that a filter for a class would take, and that are something else.
fn others(world: &World<'_>, class: usize) -> Vec<String> {
    let Some(own) = world.schema.class(world.classes[class].name.as_bytes()) else {
        return Vec::new();
    };
    let is_below = |name: &String| {
        let other = world.schema.class(name.as_bytes());
        other.is_some_and(|other| !std::ptr::eq(other, own) && world.schema.is_subclass(other, own))
    };
    let names = world.classes.iter().map(|class| class.name.clone());
    names.filter(is_below).collect()
}

fn new_entry(world: &World<'_>, proposal: &Proposal) -> Result<NewEntry, Lacking> {
    let is_written = |key: &super::pairing::Key| !world.is_of_server(key.attribute);
    if !proposal.keys.iter().any(is_written) {
        return Err(Lacking::Match);
    }
    let (naming, parent) = usual_name(world, proposal).ok_or(Lacking::Name)?;
    let is_naming = |flow: &&Proposed| {
        world.schema.same_attribute(world.attribute(flow.attribute).as_bytes(), naming.as_bytes())
    };
    let mut flows = proposal.flows.iter().filter(|flow| flow.child.is_none());
    let flow = flows.find(is_naming).filter(|flow| flow.direction == Direction::Both);
    let column = flow.ok_or(Lacking::Name)?.column;
    let classes = classes(world, proposal);
    let missing = missing(world, proposal, &classes);
    match missing.is_empty() {
        true => Ok(NewEntry { naming, column, parent, classes }),
        false => Err(Lacking::Attributes(missing)),
    }
}

/// The attribute that names most of the paired entries, and the entry above most of them.
fn usual_name(world: &World<'_>, proposal: &Proposal) -> Option<(String, Dn)> {
    let mut names: HashMap<(String, Vec<u8>), (u64, String, Dn)> = HashMap::new();
    for (entry, _) in &proposal.pairs {
        let dn = &world.entries[*entry].dn;
        let (Some(rdn), Some(parent)) = (dn.rdn(), dn.parent()) else { continue };
        let [ava] = &rdn.avas[..] else { continue };
        let attribute = String::from_utf8_lossy(&ava.attribute).into_owned();
        let key = (attribute.to_lowercase(), dn_key(world.schema, &parent));
        names.entry(key).or_insert((0, attribute, parent)).0 += 1;
    }
    let most = names.into_iter().max_by(|(a, one), (b, other)| (one.0, b).cmp(&(other.0, a)));
    let (_, (count, attribute, parent)) = most?;
    (2 * count >= proposal.pairs.len() as u64).then_some((attribute, parent))
}

/// The set of classes that most of the paired entries have, without those that only the server gives.
fn classes(world: &World<'_>, proposal: &Proposal) -> Vec<String> {
    let mut sets: BTreeMap<Vec<String>, (u64, Vec<String>)> = BTreeMap::new();
    for (entry, _) in &proposal.pairs {
        let entry = &world.entries[*entry];
        let values = entry.values.iter();
        let values =
            values.filter(|(attribute, _)| is_object_class(world.attribute(*attribute).as_bytes()));
        let names = values.flat_map(|(_, values)| values);
        let names: Vec<String> =
            names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let mut set: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        set.sort_unstable();
        sets.entry(set).or_insert((0, names)).0 += 1;
    }
    let most = sets.into_values().max_by_key(|(count, _)| *count);
    let mut classes = most.map(|(_, names)| names).unwrap_or_default();
    let is_own =
        |name: &String| world.server.own_classes().any(|own| own.eq_ignore_ascii_case(name));
    classes.retain(|name| !is_own(name));
    classes
}

/// The attributes that an entry of these classes must have and that no flow writes. The server gives it
/// some by itself.
fn missing(world: &World<'_>, proposal: &Proposal, classes: &[String]) -> Vec<String> {
    if world.server.supplies() {
        return Vec::new();
    }
    let required = world.schema.required(classes.iter().map(String::as_bytes));
    let is_written = |name: &str| {
        let writes = |flow: &Proposed| {
            flow.direction.goes(Toward::Directory)
                && !flow.is_doubtful
                && world
                    .schema
                    .same_attribute(world.attribute(flow.attribute).as_bytes(), name.as_bytes())
        };
        name.eq_ignore_ascii_case("objectClass") || proposal.flows.iter().any(writes)
    };
    let names = required.iter().filter_map(|(attribute, _)| attribute.names.first());
    names.filter(|name| !is_written(name)).map(ToString::to_string).collect()
}
