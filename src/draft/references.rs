//! Values that lead to other records: a name of an entry here, a key of a row there; and tables that hold
//! a row for each value.

use std::collections::{HashMap, HashSet};

use super::flows::LEAST;
use super::loose::{Form, forms};
use super::proposal::{Proposal, Proposed, ProposedChild, ProposedReference, Support};
use super::sample::World;
use super::ways::{Forms, Subject, Way};
use crate::dn::Dn;
use crate::mapping::{Direction, FlowType};
use crate::matching::dn_key;

/// Text that is compared by the rule of its attribute.
const PLAIN: Way = Way { kind: FlowType::Text, compare: None };

/// What the values of an attribute lead to, and what stands in columns instead.
struct Leads<'l, 'w> {
    world: &'l World<'w>,
    reference: ProposedReference,
    /// The key of the row of each entry that has one.
    keys: HashMap<usize, Vec<u8>>,
    /// The entries of these values, where they are no names.
    entries: HashMap<Form, usize>,
}

impl<'l, 'w> Leads<'l, 'w> {
    fn new(
        world: &'l World<'w>,
        to: &Proposal,
        reference: ProposedReference,
    ) -> Option<Leads<'l, 'w>> {
        let table = &world.tables[to.table];
        let column = reference.column.or(table.single_key())?;
        let key = |&(entry, row): &(usize, usize)| Some((entry, table.rows[row][column].clone()?));
        let keys = to.pairs.iter().filter_map(key).map(|(entry, key)| (entry, key.into_vec()));
        let values = |&(entry, _): &(usize, usize)| {
            let values = reference.attribute.map(|one| world.entries[entry].of(one));
            let forms = values.unwrap_or_default().iter().flat_map(|value| forms(value));
            forms.map(move |form| (form, entry)).collect::<Vec<_>>()
        };
        let entries = to.pairs.iter().flat_map(values).collect();
        Some(Leads { world, reference, keys: keys.collect(), entries })
    }

    /// What stands in a column for a value; nothing where it leads nowhere.
    fn key(&self, value: &[u8]) -> Option<&[u8]> {
        let entry = match self.reference.attribute {
            None => self.world.names.get(&dn_key(self.world.schema, &Dn::parse(value).ok()?)),
            Some(_) => forms(value).first().and_then(|form| self.entries.get(form)),
        };
        self.keys.get(entry?).map(Vec::as_slice)
    }
}

/// The references that values of an attribute may be, to each of the proposals.
fn leads<'l, 'w>(world: &'l World<'w>, all: &[Proposal], attribute: usize) -> Vec<Leads<'l, 'w>> {
    let mut leads = Vec::new();
    for (to, proposal) in all.iter().enumerate() {
        let names = if world.is_name(attribute) { vec![None] } else { told(proposal) };
        let columns: Vec<Option<usize>> = std::iter::once(None)
            .chain(proposal.keys.iter().map(|key| Some(key.column)))
            .filter(|column| {
                *column != world.tables[proposal.table].single_key() || column.is_none()
            })
            .collect();
        for attribute in names {
            for column in &columns {
                let reference = ProposedReference { to, attribute, column: *column };
                leads.extend(Leads::new(world, proposal, reference));
            }
        }
    }
    leads
}

/// The attributes by which entries of a proposal are told.
fn told(proposal: &Proposal) -> Vec<Option<usize>> {
    proposal.keys.iter().map(|key| Some(key.attribute)).collect()
}

/// The references in the table of a proposal: attributes and columns without a flow of which values lead to
/// one record.
pub(super) fn in_rows(world: &World<'_>, all: &[Proposal], n: usize, free: &Free) -> Vec<Proposed> {
    let proposal = &all[n];
    let mut found: Vec<Proposed> = Vec::new();
    for attribute in free.attributes.iter().copied().filter(|one| world.is_name(*one)) {
        if world.most(proposal.class, attribute) > 1 {
            continue;
        }
        for leads in leads(world, all, attribute) {
            for column in &free.columns {
                found.extend(in_row(proposal, &leads, (attribute, *column)));
            }
        }
    }
    best(found)
}

fn in_row(
    proposal: &Proposal,
    leads: &Leads<'_, '_>,
    (attribute, column): (usize, usize),
) -> Option<Proposed> {
    let world = leads.world;
    let mut support = Support { agree: 0, of: 0, one: 0, other: 0 };
    for &(entry, row) in &proposal.pairs {
        let value = world.entries[entry].of(attribute).first();
        let key = value.and_then(|value| leads.key(value));
        let words = world.tables[proposal.table].rows[row][column].as_deref();
        match (key, words) {
            (Some(key), Some(words)) => {
                support.of += 1;
                support.agree += u64::from(key == words);
            }
            (None, None) => {}
            _ => support.one += 1,
        }
    }
    founded(world, support, attribute, column, Some(leads.reference), None)
}

/// What no flow has yet.
pub(super) struct Free {
    pub(super) attributes: Vec<usize>,
    pub(super) columns: Vec<usize>,
}

/// The tables that hold a row for each value of an attribute of a proposal's entries.
pub(super) fn in_children(
    world: &World<'_>,
    all: &[Proposal],
    n: usize,
    free: &Free,
) -> Vec<Proposed> {
    let proposal = &all[n];
    let mains: HashSet<usize> = all.iter().map(|one| one.table).collect();
    let mut found: Vec<Proposed> = Vec::new();
    for table in (0..world.tables.len()).filter(|table| !mains.contains(table)) {
        for foreign_key in foreign_keys(world, table, proposal) {
            let child = ProposedChild { table, foreign_key };
            let Some(children) = Children::new(world, proposal, child) else { continue };
            for attribute in &free.attributes {
                found.extend(children.flows(all, *attribute));
            }
        }
    }
    best(found)
}

/// The columns of a table that hold keys of a proposal's rows: those that the definition says, where it says
/// any, else all that hold nothing else.
fn foreign_keys(world: &World<'_>, table: usize, proposal: &Proposal) -> Vec<usize> {
    let of = &world.tables[table];
    let main = &world.tables[proposal.table];
    let Some(key) = main.single_key() else { return Vec::new() };
    let defined = of.definition.iter().flat_map(|definition| &definition.foreign_keys);
    let defined: Vec<_> = defined.collect();
    let keys: HashSet<&[u8]> = main.rows.iter().filter_map(|row| row[key].as_deref()).collect();
    let is_one = |column: &usize| {
        let said = defined.iter().find(|one| one.columns == [of.columns.names[*column].clone()]);
        if let Some(said) = said {
            return said.table.may_be(&main.name, str::eq_ignore_ascii_case);
        }
        let mut values = of.rows.iter().filter_map(|row| row[*column].as_deref()).peekable();
        values.peek().is_some() && values.all(|value| keys.contains(value) || !main.is_whole())
    };
    (0..of.columns.names.len()).filter(is_one).collect()
}

/// The rows of a table by the entry that they are of.
struct Children<'c, 'w> {
    world: &'c World<'w>,
    child: ProposedChild,
    /// Entries with their rows in that table.
    rows: Vec<(usize, Vec<usize>)>,
}

impl<'c, 'w> Children<'c, 'w> {
    fn new(
        world: &'c World<'w>,
        proposal: &Proposal,
        child: ProposedChild,
    ) -> Option<Children<'c, 'w>> {
        let main = &world.tables[proposal.table];
        let key = main.single_key()?;
        let mut of: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (n, row) in world.tables[child.table].rows.iter().enumerate() {
            of.entry(row[child.foreign_key].as_deref().unwrap_or_default()).or_default().push(n);
        }
        let rows = proposal.pairs.iter().map(|&(entry, row)| {
            let key = main.rows[row][key].as_deref().unwrap_or_default();
            (entry, of.get(key).cloned().unwrap_or_default())
        });
        Some(Children { world, child, rows: rows.collect() })
    }

    /// The flows that an attribute may have with one of its columns.
    fn flows(&self, all: &[Proposal], attribute: usize) -> Vec<Proposed> {
        let table = &self.world.tables[self.child.table];
        let columns = (0..table.columns.names.len()).filter(|n| *n != self.child.foreign_key);
        let leads = leads(self.world, all, attribute);
        let mut found = Vec::new();
        for column in columns.filter(|n| !table.is_secret(*n)) {
            found.extend(self.plain(attribute, column));
            for leads in &leads {
                found.extend(self.leading(leads, attribute, column));
            }
        }
        found
    }

    /// Where values stand as they are.
    fn plain(&self, attribute: usize, column: usize) -> Option<Proposed> {
        let (world, table) = (self.world, self.child.table);
        let forms = Forms::new(&Subject { world, table, pairs: &[], attribute, column }, PLAIN);
        let support = self.support(column, attribute, &|value| forms.of_value(value), &|words| {
            Some(forms.of_words(words))
        });
        self.founded(support, attribute, column, None)
    }

    /// Where keys stand for what values lead to. What leads nowhere is nobody's business.
    fn leading(&self, leads: &Leads<'_, '_>, attribute: usize, column: usize) -> Option<Proposed> {
        let known: HashSet<&[u8]> = leads.keys.values().map(Vec::as_slice).collect();
        let of_value = |value: &[u8]| leads.key(value).map(<[u8]>::to_vec);
        let of_words = |words: &[u8]| known.contains(words).then(|| words.to_vec());
        let support = self.support(column, attribute, &of_value, &of_words);
        self.founded(support, attribute, column, Some(leads.reference))
    }

    /// How many values are on both sides, and how many on one.
    fn support(
        &self,
        column: usize,
        attribute: usize,
        of_value: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
        of_words: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Support {
        let mut support = Support { agree: 0, of: 0, one: 0, other: 0 };
        let table = &self.world.tables[self.child.table];
        for (entry, rows) in &self.rows {
            let values = self.world.entries[*entry].of(attribute).iter();
            let here: HashSet<Vec<u8>> = values.filter_map(|value| of_value(value)).collect();
            let words = rows.iter().filter_map(|row| table.rows[*row][column].as_deref());
            let there: HashSet<Vec<u8>> = words.filter_map(of_words).collect();
            let both = here.intersection(&there).count();
            support.agree += both as u64;
            support.other += (there.len() - both) as u64;
            // Of some of the rows nobody can say what the others hold.
            support.one += if table.is_whole() { (here.len() - both) as u64 } else { 0 };
        }
        support.of = support.agree + support.one + support.other;
        support
    }

    fn founded(
        &self,
        support: Support,
        attribute: usize,
        column: usize,
        reference: Option<ProposedReference>,
    ) -> Option<Proposed> {
        let flow = founded(self.world, support, attribute, column, reference, Some(self.child))?;
        // A side that has more than the other is not to lose it unasked.
        let direction = match (support.one > 0, support.other > 0) {
            (false, false) => flow.direction,
            (false, true) => Direction::ToDirectory,
            (true, _) => Direction::ToDatabase,
        };
        let is_lost = direction == Direction::ToDirectory && self.world.is_of_server(attribute);
        let is_doubtful = is_lost || (support.one > 0 && support.other > 0);
        Some(Proposed { direction, is_doubtful, ..flow })
    }
}

/// A flow, where enough agrees.
fn founded(
    world: &World<'_>,
    support: Support,
    attribute: usize,
    column: usize,
    reference: Option<ProposedReference>,
    child: Option<ProposedChild>,
) -> Option<Proposed> {
    let is_of_server = world.is_of_server(attribute);
    let direction = if is_of_server { Direction::ToDatabase } else { Direction::Both };
    let flow = Proposed {
        attribute,
        column,
        way: PLAIN,
        has_several: false,
        direction,
        is_doubtful: false,
        child,
        reference,
        support,
    };
    (support.agree >= 2 && support.share() >= LEAST).then_some(flow)
}

/// The best flows, of which no two have one attribute or one column.
fn best(mut found: Vec<Proposed>) -> Vec<Proposed> {
    found.sort_by(|one, other| {
        let order = other.support.share().total_cmp(&one.support.share());
        order.then(other.support.agree.cmp(&one.support.agree))
    });
    let mut best: Vec<Proposed> = Vec::new();
    for flow in found {
        let table = |flow: &Proposed| flow.child.map(|child| child.table);
        let is_taken = |other: &Proposed| {
            let is_there = table(other) == table(&flow)
                && (flow.child.is_some() || other.column == flow.column);
            is_there || other.attribute == flow.attribute
        };
        if !best.iter().any(is_taken) {
            best.push(flow);
        }
    }
    best
}
