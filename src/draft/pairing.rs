//! Which entries of a class and which rows of a table are the same things, and by which values.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::loose::Index;
use super::sample::World;

/// How many of a hundred of the smaller side must be found by a value, for records to be known by it.
const LEAST: f64 = 50.0;

/// A value by which records are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) attribute: usize,
    pub(super) column: usize,
    /// How many of a hundred of the smaller side it finds.
    pub(super) share: f64,
}

/// A class and a table, and who is who.
#[derive(Debug)]
pub(super) struct Pairing {
    pub(super) class: usize,
    pub(super) table: usize,
    /// The best one first.
    pub(super) keys: Vec<Key>,
    /// Entries with their rows, in the order of the entries.
    pub(super) pairs: Vec<(usize, usize)>,
}

/// Numbers of entries, each with that of a row.
type Pairs = Vec<(usize, usize)>;

/// An attribute of a class and a column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    class: usize,
    table: usize,
    attribute: usize,
    column: usize,
}

/// Every class and table that have things in common.
pub(super) fn pairings(world: &World<'_>, index: &Index) -> Vec<Pairing> {
    let mut all: BTreeMap<(usize, usize), Vec<(Key, Pairs)>> = BTreeMap::new();
    for (candidate, hits) in hits(world, index) {
        let pairs = unambiguous(&hits);
        let class = world.classes[candidate.class].count;
        let smaller = class.min(world.tables[candidate.table].rows.len() as u64);
        let share = 100.0 * pairs.len() as f64 / smaller.max(1) as f64;
        let is_enough = pairs.len() >= 2 || smaller == 1;
        if share >= LEAST && is_enough && !world.tables[candidate.table].key.is_empty() {
            let Candidate { class, table, attribute, column } = candidate;
            all.entry((class, table)).or_default().push((Key { attribute, column, share }, pairs));
        }
    }
    let pairing = |((class, table), keys)| paired(world, (class, table), keys);
    all.into_iter().map(pairing).collect()
}

/// For each attribute and column the entries and rows that have a value in common.
fn hits(world: &World<'_>, index: &Index) -> BTreeMap<Candidate, Pairs> {
    let mut all: BTreeMap<Candidate, Pairs> = BTreeMap::new();
    for (n, entry) in world.entries.iter().enumerate() {
        for (attribute, values) in &entry.values {
            if world.is_left_out(*attribute) || world.is_name(*attribute) {
                continue;
            }
            let places: BTreeSet<_> = values
                .iter()
                .flat_map(|value| index.places(value))
                .map(|place| (place.table, place.column, place.row))
                .collect();
            for (table, column, row) in places {
                let attribute = *attribute;
                let candidate = Candidate { class: entry.class, table, attribute, column };
                all.entry(candidate).or_default().push((n, row));
            }
        }
    }
    all
}

/// Those pairs of which neither record is in another one.
fn unambiguous(hits: &[(usize, usize)]) -> Pairs {
    let (mut entries, mut rows) = (HashMap::new(), HashMap::new());
    for (entry, row) in hits {
        *entries.entry(*entry).or_insert(0) += 1;
        *rows.entry(*row).or_insert(0) += 1;
    }
    let is_alone = |(entry, row): &&(usize, usize)| entries[entry] == 1 && rows[row] == 1;
    hits.iter().filter(is_alone).copied().collect()
}

/// The pairs by the best key, and by the next best those whom that one does not find.
fn paired(
    world: &World<'_>,
    (class, table): (usize, usize),
    mut keys: Vec<(Key, Pairs)>,
) -> Pairing {
    let worth = |key: &Key| key.share + bonus(world.attribute(key.attribute));
    keys.sort_by(|(one, _), (other, _)| {
        let order = worth(other).total_cmp(&worth(one));
        order.then(likeness(world, table, other).cmp(&likeness(world, table, one)))
    });
    let (first, mut pairs) = keys.remove(0);
    let is_other = |(key, _): &(Key, Pairs)| {
        key.attribute != first.attribute
            && key.column != first.column
            && bonus(world.attribute(key.attribute)) > 0.0
    };
    let second = keys.into_iter().find(is_other);
    if let Some((_, more)) = &second {
        let entries: HashSet<usize> = pairs.iter().map(|pair| pair.0).collect();
        let rows: HashSet<usize> = pairs.iter().map(|pair| pair.1).collect();
        let is_new = |pair: &&(usize, usize)| !entries.contains(&pair.0) && !rows.contains(&pair.1);
        pairs.extend(more.iter().filter(is_new));
        pairs.sort_unstable();
    }
    let keys = std::iter::once(first).chain(second.map(|(key, _)| key)).collect();
    Pairing { class, table, keys, pairs }
}

fn likeness(world: &World<'_>, table: usize, key: &Key) -> u32 {
    super::names::likeness(world.attribute(key.attribute), world.tables[table].column(key.column))
}

/// What an attribute is worth as a key beside the share that it finds, of a hundred: identifiers do not
/// change, logins hardly ever.
fn bonus(attribute: &str) -> f64 {
    const WORTH: &[(&str, f64)] = &[
        ("entryuuid", 25.0),
        ("objectguid", 25.0),
        ("nsuniqueid", 25.0),
        ("ipauniqueid", 25.0),
        ("uid", 10.0),
        ("samaccountname", 10.0),
        ("userprincipalname", 7.0),
        ("employeenumber", 8.0),
        ("employeeid", 8.0),
        ("mail", 6.0),
        ("uidnumber", 4.0),
        ("gidnumber", 4.0),
    ];
    let known = WORTH.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
    known.map_or(0.0, |(_, worth)| *worth)
}
