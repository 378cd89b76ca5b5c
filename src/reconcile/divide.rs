//! Whether two mappings divide the records of a side between them: what one leaves out is the other's then.
//!
//! Told by what the mapping file says of one record, and never by other records: of the ways in which it could be the
//! one's, is there any in which it could not be the other's? A guest who is employed is not left out of the guests
//! but taken over; a leaver whom a mapping of telephone numbers still follows is a leaver.
//!
//! A condition holds of a record because it does of one of its values. So all there is to know of a record is which
//! conditions hold of which value, and records of which that is the same have one answer.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use crate::attribute::type_of;
use crate::dn::Dn;
use crate::entry::{Attribute, Entry};
use crate::error::Result;
use crate::filter::{Filter, Truth};
use crate::mapping::{EntrySet, Mapping, Toward};
use crate::matching::DnKeys;
use crate::matching::dn_key;
use crate::reconcile::record::column;
use crate::reconcile::select;
use crate::reconcile::stage::Stage;
use crate::reconcile::ways::{
    Condition, Goal, MANY, OTHER, Way, name_of, value_of_both, values_of,
};
use crate::schema::Schema;
use crate::source::Extent;
use crate::table::{Columns, Row, Said, Value};

/// What each of the conditions says, by its number.
type Truths = Vec<Truth>;

/// How two mappings are about the records of the side that is obeyed.
pub(super) struct Division<'d> {
    side: Side<'d>,
    /// What the one wants, whose the record is not.
    wanted: Condition,
    other: Condition,
    /// The conditions of both, as far as somebody looks at their names.
    literals: Vec<Filter>,
    /// The names that both look at.
    names: Vec<Name>,
    /// The ways to be the one's, by conditions on these names; none where there are too many.
    ways: Option<BTreeSet<Way>>,
    /// Below what the entries of the one stand, where the other's never do.
    apart: Option<&'d [Dn]>,
    /// What was told of records of which the same holds.
    told: HashMap<Profile, bool>,
}

/// An attribute or column that both mappings look at.
struct Name {
    name: Vec<u8>,
    /// Whether a record may have several values of it.
    takes_several: bool,
    /// Whether those are the classes of an entry, which it has all at once.
    is_of_classes: bool,
    /// What the conditions say of each value that may matter, of none, and where there may be several, of those together
    /// that the other mapping asks for.
    values: Vec<Truths>,
    /// What they say of a value by which a condition on this name holds, by the number of that condition.
    of_literals: Vec<Option<Truths>>,
}

impl Name {
    /// What the conditions say of all values together by which those hold that are to.
    fn together(&self, way: &Way) -> Truths {
        let literals = way.iter().filter(|(_, goal)| *goal == Goal::Holds).map(|(n, _)| *n);
        let truths = literals.filter_map(|n| self.of_literals[n].as_ref());
        truths.fold(vec![Truth::False; self.of_literals.len()], joined)
    }
}

/// What the conditions say of a record.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Profile {
    /// Of each value of each name that both look at.
    values: Vec<BTreeSet<Truths>>,
    /// Of all else.
    rest: Truths,
}

impl Profile {
    fn whole(&self) -> Truths {
        let all = self.values.iter().flatten();
        all.fold(self.rest.clone(), joined)
    }
}

/// What conditions say of a record that has the values of both.
fn joined(mut one: Truths, other: &Truths) -> Truths {
    one.iter_mut().zip(other).for_each(|(one, other)| *one = (*one).max(*other));
    one
}

impl Stage<'_, '_> {
    /// How two mappings are about what the side that is obeyed has.
    pub(super) fn division(&self, n: usize, m: usize) -> Division<'_> {
        let side = match self.task.toward {
            Toward::Database => Side::Entries(self.task.schema),
            Toward::Directory => {
                Side::Rows(self.task.tables[self.plan.mappings[n].table].rows.columns)
            }
        };
        Division::new(side, [n, m].map(|n| self.task.mappings[n]))
    }

    /// Whether a source that `n` leaves out and another mapping follows is that one's instead; where filters cannot
    /// tell, it is.
    pub(super) fn divides(&self, division: &mut Division<'_>, n: usize, source: Extent) -> bool {
        self.is_divided(division, n, source).unwrap_or(true)
    }

    fn is_divided(&self, division: &mut Division<'_>, n: usize, source: Extent) -> Result<bool> {
        match division.side {
            Side::Entries(schema) => {
                let entry = self.task.directory.entry(source)?;
                let is_apart =
                    division.apart.is_some_and(|bases| !is_below(schema, &entry.dn, bases));
                Ok(is_apart || division.divides(&Asked::Entry(entry)))
            }
            Side::Rows(_) => {
                let row = self.task.tables[self.plan.mappings[n].table].rows.read(source)?;
                Ok(division.divides(&Asked::Row(row)))
            }
        }
    }
}

/// Whether a name is at or below one of these, where there are any.
fn is_below(schema: &Schema, dn: &Dn, bases: &[Dn]) -> bool {
    let keys = DnKeys::new(schema, dn);
    bases.is_empty() || bases.iter().any(|base| keys.iter().any(|key| key == dn_key(schema, base)))
}

/// Whether an entry could stand where both are about it.
fn share_a_part(schema: &Schema, one: &EntrySet, other: &EntrySet) -> bool {
    let below = |one: &EntrySet, other: &EntrySet| {
        one.base.is_empty() || one.base.iter().any(|base| is_below(schema, base, &other.base))
    };
    below(one, other) || below(other, one)
}

impl<'d> Division<'d> {
    fn new(side: Side<'d>, [one, other]: [&'d Mapping; 2]) -> Division<'d> {
        let apart = match side {
            Side::Entries(schema) if !share_a_part(schema, &one.entries, &other.entries) => {
                Some(&*one.entries.base)
            }
            _ => None,
        };
        let mut literals = Vec::new();
        let wanted = Condition::new(&side.filter_of(one), &mut literals);
        let of_one = literals.clone();
        let mut of_other = Vec::new();
        Condition::new(&side.filter_of(other), &mut of_other);
        let other = Condition::new(&side.filter_of(other), &mut literals);
        let common = |literal: &Filter| of_other.iter().any(|one| side.meet(literal, one));
        let is_common: Vec<bool> = literals.iter().map(common).collect();
        let is_few = literals.len() <= 2 * MANY;
        let ways = wanted.ways(Goal::Holds, &|n| is_common[n]).filter(|_| is_few);
        let ways_of_other = other.ways(Goal::Holds, &|_| true).unwrap_or_default();
        let mut names: Vec<Name> = Vec::new();
        let looked_at = of_one.iter().zip(&is_common).filter(|(_, is_common)| **is_common);
        for name in looked_at.filter_map(|(literal, _)| name_of(literal)).filter(|_| is_few) {
            if !names.iter().any(|known| side.are_one(&known.name, name)) {
                names.push(side.name(name, &literals, &ways_of_other));
            }
        }
        let told = HashMap::new();
        Division { side, wanted, other, literals, names, ways, apart, told }
    }

    /// Whether a record that the other mapping follows is that one's, instead of this one's.
    fn divides(&mut self, record: &Asked<'_>) -> bool {
        let Some(ways) = &self.ways else {
            let truths = self.side.truths(&self.literals, record);
            return self.wanted.truth(&truths) != Truth::True;
        };
        let profile = self.side.profile(&self.literals, &self.names, record);
        if let Some(told) = self.told.get(&profile) {
            return *told;
        }
        let divides = || {
            // What stands elsewhere may pass the filter all the same.
            if self.wanted.truth(&profile.whole()) == Truth::True {
                return false;
            }
            let said: Vec<Option<bool>> =
                ways.iter().map(|way| self.leaves(way, &profile)).collect();
            said.contains(&Some(true)) || !said.contains(&Some(false))
        };
        let divides = divides();
        self.told.insert(profile, divides);
        divides
    }

    /// Whether a record could not be the other's, were it so that all these conditions hold, and all else as it is; none
    /// where no values are known by which they would.
    fn leaves(&self, way: &Way, profile: &Profile) -> Option<bool> {
        let mut rest = profile.rest.clone();
        let mut sets: Vec<Vec<Truths>> = Vec::new();
        for (name, held) in self.names.iter().zip(&profile.values) {
            let asks = |(n, _): &&(usize, Goal)| self.side.asks(&self.literals[*n], &name.name);
            let asked: Way = way.iter().filter(asks).copied().collect();
            match asked.is_empty() {
                true => rest = held.iter().fold(rest, joined),
                false => sets.push(self.sets(name, &asked, held)),
            }
        }
        let count = sets.iter().fold(1_usize, |count, one| count.saturating_mul(one.len()));
        let mut said = None;
        for at in (0..count).filter(|_| count <= MANY) {
            let (mut at, mut truths) = (at, rest.clone());
            for sets in &sets {
                truths = joined(truths, &sets[at % sets.len()]);
                at /= sets.len();
            }
            if way.iter().all(|(n, goal)| goal.is_met(truths[*n])) {
                if self.other.truth(&truths) == Truth::True {
                    return Some(false);
                }
                said = Some(true);
            }
        }
        said
    }

    /// What the conditions may say of the values of a name by which these come to their goals: of each value that may
    /// matter and of none, and where there may be several, beside those that this way asks for and beside those that are
    /// held.
    fn sets(&self, name: &Name, asked: &Way, held: &BTreeSet<Truths>) -> Vec<Truths> {
        let mut sets = name.values.clone();
        if name.takes_several {
            let wanted = name.together(asked);
            let beside: Vec<Truths> = sets.iter().map(|one| joined(one.clone(), &wanted)).collect();
            sets.extend(beside);
            let is_kept = |one: &&Truths| {
                let goes =
                    |&(n, goal): &(usize, Goal)| goal == Goal::Fails && one[n] == Truth::True;
                !asked.iter().any(goes)
            };
            let kept = held.iter().filter(is_kept).fold(self.nothing(), joined);
            let beside = sets.iter().map(|one| joined(one.clone(), &kept)).collect();
            match name.is_of_classes {
                true => sets = beside,
                false => sets.extend(beside),
            }
        }
        sets.retain(|set| asked.iter().all(|(n, goal)| goal.is_met(set[*n])));
        sets.sort_unstable();
        sets.dedup();
        sets
    }

    fn nothing(&self) -> Truths {
        vec![Truth::False; self.literals.len()]
    }
}

/// The side that is obeyed.
#[derive(Clone, Copy)]
enum Side<'d> {
    Entries(&'d Schema),
    Rows(&'d Columns),
}

/// A record of it.
enum Asked<'a> {
    Entry(Entry<'a>),
    Row(Row<'a>),
}

impl Side<'_> {
    /// What a mapping wants of a record of this side.
    fn filter_of(self, mapping: &Mapping) -> Filter {
        let (filter, exclude) = match self {
            Side::Entries(_) => (&mapping.entries.filter, &mapping.entries.exclude),
            Side::Rows(_) => (&mapping.rows.filter, &mapping.rows.exclude),
        };
        let exclude = exclude.clone().map(Filter::not);
        Filter::and(filter.clone().into_iter().chain(exclude).collect())
    }

    /// Whether two names are of one attribute or column.
    fn are_one(self, one: &[u8], other: &[u8]) -> bool {
        match self {
            Side::Entries(schema) => schema.same_attribute(type_of(one), type_of(other)),
            Side::Rows(columns) => {
                let at = |name| column(columns, std::str::from_utf8(name).ok()?);
                at(one) == at(other)
            }
        }
    }

    /// Whether a condition without parts looks at a name.
    fn asks(self, literal: &Filter, name: &[u8]) -> bool {
        match (self, name_of(literal)) {
            (_, None) => true,
            (Side::Entries(schema), _) => literal.looks_at(schema, type_of(name)),
            (Side::Rows(_), Some(own)) => self.are_one(own, name),
        }
    }

    /// Whether one value may change what both of two conditions say.
    fn meet(self, one: &Filter, other: &Filter) -> bool {
        let asks =
            |one: &Filter, other: &Filter| name_of(other).is_none_or(|name| self.asks(one, name));
        asks(one, other) || asks(other, one)
    }

    /// A name, and what these conditions say of values of it.
    fn name(self, name: &[u8], literals: &[Filter], ways_of_other: &BTreeSet<Way>) -> Name {
        let is_it = |literal: &&Filter| name_of(literal).is_some() && self.asks(literal, name);
        let asking: Vec<&Filter> = literals.iter().filter(is_it).collect();
        let own = asking.iter().flat_map(|one| values_of(one));
        let pairs = asking.iter().flat_map(|one| asking.iter().map(move |other| (one, other)));
        let of_both = pairs.filter(|(one, other)| one != other);
        let of_both = of_both.filter_map(|(one, other)| value_of_both(one, other)).take(MANY);
        let values = own.chain(of_both).chain([OTHER.to_vec()]).map(Some).chain([None]);
        let values: BTreeSet<Option<Vec<u8>>> = values.collect();
        let truths = |value| self.truths(literals, &self.one(name, value));
        let first = |literal: &Filter| values_of(literal).into_iter().next();
        let of_literal = |literal| Some(truths(Some(first(literal).filter(|_| is_it(&literal))?)));
        let known = match self {
            Side::Entries(schema) => Some(schema.attribute(type_of(name))),
            Side::Rows(_) => None,
        };
        let mut name = Name {
            name: name.to_vec(),
            takes_several: known.is_some_and(|known| known.is_none_or(|one| !one.single_value)),
            is_of_classes: known.is_some() && self.are_one(name, b"objectClass"),
            of_literals: literals.iter().map(of_literal).collect(),
            values: values.into_iter().map(truths).collect(),
        };
        let ways = ways_of_other.iter().filter(|_| name.takes_several);
        let together: Vec<Truths> = ways.map(|way| name.together(way)).collect();
        name.values.extend(together);
        name.values.sort_unstable();
        name.values.dedup();
        name
    }

    /// A record that has this value and nothing else.
    fn one(self, name: &[u8], value: Option<Vec<u8>>) -> Asked<'static> {
        match self {
            Side::Entries(_) => {
                let description = Cow::Owned(name.to_vec());
                let attribute = |value| Attribute { description, values: vec![Cow::Owned(value)] };
                let attributes = value.map(attribute).into_iter().collect();
                Asked::Entry(Entry { dn: Dn::default(), attributes })
            }
            Side::Rows(columns) => {
                let mut row: Row<'static> = vec![None; columns.names.len()];
                let at = std::str::from_utf8(name).ok().and_then(|name| column(columns, name));
                if let Some(at) = at {
                    row[at] = value.map(|bytes| Value { said: Said::Text, bytes: bytes.into() });
                }
                Asked::Row(row)
            }
        }
    }

    /// What these conditions say of a record.
    fn truths(self, literals: &[Filter], record: &Asked<'_>) -> Truths {
        let truth = |literal: &Filter| match (self, record) {
            (Side::Entries(schema), Asked::Entry(entry)) => literal.truth(schema, entry),
            (Side::Rows(columns), Asked::Row(row)) => select::matches(literal, columns, row).into(),
            _ => Truth::Undefined,
        };
        literals.iter().map(truth).collect()
    }

    /// What they say of each value of these names, and of all else.
    fn profile(self, literals: &[Filter], names: &[Name], record: &Asked<'_>) -> Profile {
        let mut values = vec![BTreeSet::new(); names.len()];
        let at = |name: &[u8]| names.iter().position(|one| self.are_one(&one.name, name));
        let rest = match record {
            Asked::Entry(entry) => {
                let mut rest = Vec::new();
                for attribute in &entry.attributes {
                    let Some(at) = at(&attribute.description) else {
                        rest.push(attribute.clone());
                        continue;
                    };
                    for value in &attribute.values {
                        let one = self.one(&attribute.description, Some(value.to_vec()));
                        values[at].insert(self.truths(literals, &one));
                    }
                }
                Asked::Entry(Entry { dn: entry.dn.clone(), attributes: rest })
            }
            Asked::Row(row) => {
                let mut rest = row.clone();
                for (at, name) in names.iter().enumerate() {
                    let place = std::str::from_utf8(&name.name).ok();
                    let cell = place.and_then(|name| Some(rest[self.place(name)?].take()));
                    let Some(Some(cell)) = cell else { continue };
                    let one = self.one(&name.name, Some(cell.bytes.into_owned()));
                    values[at].insert(self.truths(literals, &one));
                }
                Asked::Row(rest)
            }
        };
        Profile { values, rest: self.truths(literals, &rest) }
    }

    /// Where a column stands.
    fn place(self, name: &str) -> Option<usize> {
        match self {
            Side::Entries(_) => None,
            Side::Rows(columns) => column(columns, name),
        }
    }
}
