//! Whether two mappings divide the records of a side between them: what one leaves out is the other's then.
//!
//! Told by what the mapping file says of one record, and never by other records: of the ways in which it could be the
//! one's, is there any in which it could not be the other's? A guest who is employed is not left out of the guests
//! but taken over; a leaver whom a mapping of telephone numbers still follows is a leaver.

use std::borrow::Cow;

use crate::attribute::type_of;
use crate::dn::Dn;
use crate::entry::{Attribute, Entry};
use crate::error::Result;
use crate::filter::{Assertion, Filter};
use crate::mapping::{EntrySet, Mapping};
use crate::matching::DnKeys;
use crate::matching::dn_key;
use crate::reconcile::record::column;
use crate::reconcile::select;
use crate::reconcile::stage::Stage;
use crate::schema::Schema;
use crate::source::Extent;
use crate::table::{Columns, Row, Said, Value};

/// So many ways to pass a filter, or values that may matter in one of them, are looked at.
const MANY: usize = 512;

impl Stage<'_, '_> {
    /// Whether a source that `n` leaves out and `m` follows is `m`'s instead of `n`'s; where filters cannot tell, it is.
    pub(super) fn divide(&self, n: usize, m: usize, source: Extent) -> bool {
        self.with_asked(m, source, |asked| {
            let (schema, [n, m]) = (self.task.schema, [n, m].map(|n| self.task.mappings[n]));
            if let Asked::Entry { entry, .. } = asked
                && !is_below(schema, &entry.dn, &n.entries.base)
                && !share_a_part(schema, &n.entries, &m.entries)
            {
                return true;
            }
            let [wanted, other] = [n, m].map(|one| asked.filter_of(one));
            // What stands elsewhere may pass the filter all the same.
            if asked.passes(&wanted) {
                return false;
            }
            let Some(ways) = ways(&wanted, true) else { return true };
            let said: Vec<Option<bool>> =
                ways.iter().map(|way| asked.leaves(way, &other)).collect();
            said.contains(&Some(true)) || !said.contains(&Some(false))
        })
        .unwrap_or(true)
    }

    fn with_asked(
        &self,
        n: usize,
        source: Extent,
        then: impl FnOnce(&Asked<'_>) -> bool,
    ) -> Result<bool> {
        if self.is_entry(true) {
            let (schema, entry) = (self.task.schema, self.task.directory.entry(source)?);
            return Ok(then(&Asked::Entry { schema, entry: Cow::Borrowed(&entry) }));
        }
        let rows = &self.task.tables[self.plan.mappings[n].table].rows;
        let row = rows.read(source)?;
        Ok(then(&Asked::Row { columns: rows.columns, row: Cow::Borrowed(&row) }))
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

/// A condition without parts, and whether it is to hold.
type Literal<'f> = (&'f Filter, bool);

/// The ways in which a filter holds, or does not: in each of them all of these do. None where there are too many.
fn ways(filter: &Filter, holds: bool) -> Option<Vec<Vec<Literal<'_>>>> {
    let all = match (filter, holds) {
        (Filter::Not(one), _) => ways(one, !holds)?,
        (Filter::And(all), false) | (Filter::Or(all), true) => {
            let parts: Option<Vec<_>> = all.iter().map(|one| ways(one, holds)).collect();
            parts?.concat()
        }
        (Filter::And(all), true) | (Filter::Or(all), false) => {
            let mut known = vec![Vec::new()];
            for one in all {
                let more = ways(one, holds)?;
                let pairs = known.iter().flat_map(|way| more.iter().map(move |more| (way, more)));
                known = pairs.map(|(way, more)| [&way[..], more].concat()).take(MANY + 1).collect();
            }
            known
        }
        _ => vec![vec![(filter, holds)]],
    };
    (all.len() <= MANY).then_some(all)
}

/// The conditions without parts that a filter is made of.
fn literals(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::And(all) | Filter::Or(all) => all.iter().flat_map(literals).collect(),
        Filter::Not(one) => literals(one),
        one => vec![one],
    }
}

/// What a condition without parts asks for: an attribute or column.
fn name_of(filter: &Filter) -> Option<&[u8]> {
    match filter {
        Filter::Equality(Assertion { attribute, .. })
        | Filter::GreaterOrEqual(Assertion { attribute, .. })
        | Filter::LessOrEqual(Assertion { attribute, .. })
        | Filter::Approximate(Assertion { attribute, .. })
        | Filter::Present(attribute) => Some(attribute),
        Filter::Substrings(one) => Some(&one.attribute),
        Filter::Extensible(one) => one.attribute.as_deref(),
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) => None,
    }
}

/// Values that a condition without parts may tell apart.
fn values_of(filter: &Filter) -> Vec<Vec<u8>> {
    match filter {
        Filter::GreaterOrEqual(one) | Filter::LessOrEqual(one) => {
            let number =
                std::str::from_utf8(&one.value).ok().and_then(|text| text.parse::<i64>().ok());
            let beside =
                number.into_iter().flat_map(|n| [n.saturating_sub(1), n.saturating_add(1)]);
            let beside = beside.map(|n| n.to_string().into_bytes());
            std::iter::once(one.value.clone()).chain(beside).collect()
        }
        Filter::Equality(one) | Filter::Approximate(one) => vec![one.value.clone()],
        Filter::Extensible(one) => vec![one.value.clone()],
        Filter::Substrings(one) => {
            let parts = one.initial.iter().chain(&one.any).chain(&one.last);
            vec![parts.flatten().copied().collect()]
        }
        _ => Vec::new(),
    }
}

/// A record as filters ask it.
enum Asked<'a> {
    Entry { schema: &'a Schema, entry: Cow<'a, Entry<'a>> },
    Row { columns: &'a Columns, row: Cow<'a, Row<'a>> },
}

impl Asked<'_> {
    /// What a mapping wants of a record of this side.
    fn filter_of(&self, mapping: &Mapping) -> Filter {
        let (filter, exclude) = match self {
            Asked::Entry { .. } => (&mapping.entries.filter, &mapping.entries.exclude),
            Asked::Row { .. } => (&mapping.rows.filter, &mapping.rows.exclude),
        };
        let exclude = exclude.clone().map(Filter::not);
        Filter::and(filter.clone().into_iter().chain(exclude).collect())
    }

    fn passes(&self, filter: &Filter) -> bool {
        match self {
            Asked::Entry { schema, entry } => filter.matches(schema, entry),
            Asked::Row { columns, row } => select::matches(filter, columns, row),
        }
    }

    /// Whether it would not pass another filter, were it so that all these conditions hold, and all else as it is; none
    /// where no values are known by which they would.
    fn leaves(&self, way: &[Literal<'_>], other: &Filter) -> Option<bool> {
        let mut names: Vec<&[u8]> = Vec::new();
        for name in way.iter().filter_map(|(literal, _)| name_of(literal)) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name);
            }
        }
        let others = literals(other);
        let tried: Vec<_> = names.iter().map(|name| tried(name, way, &others)).collect();
        let count = tried.iter().fold(1_usize, |count, one| count.saturating_mul(one.len()));
        let mut said = None;
        for at in (0..count).filter(|_| count <= MANY) {
            let (mut at, mut values) = (at, Vec::new());
            for (name, tried) in names.iter().zip(&tried) {
                values.push((*name, &tried[at % tried.len()]));
                at /= tried.len();
            }
            let changed = self.with(&values, way);
            if way.iter().all(|(literal, holds)| changed.passes(literal) == *holds) {
                if changed.passes(other) {
                    return Some(false);
                }
                said = Some(true);
            }
        }
        said
    }

    /// The same with these values.
    fn with(&self, values: &[(&[u8], &Vec<Vec<u8>>)], way: &[Literal<'_>]) -> Asked<'_> {
        match self {
            Asked::Entry { schema, entry } => {
                let mut entry = entry.clone().into_owned();
                for &(name, values) in values {
                    let known = entry.attributes.iter().filter(|one| is_of(schema, one, name));
                    let kept =
                        known.flat_map(|one| &one.values).filter(|value| stays(name, value, way));
                    let new = values.iter().map(|value| Cow::Owned(value.clone()));
                    let values: Vec<_> = kept.cloned().chain(new).collect();
                    entry.attributes.retain(|one| !is_of(schema, one, name));
                    let description = Cow::Owned(name.to_vec());
                    entry.attributes.push(Attribute { description, values });
                }
                Asked::Entry { schema, entry: Cow::Owned(entry) }
            }
            Asked::Row { columns, row } => {
                let mut row = row.clone().into_owned();
                for (name, values) in values {
                    let at = std::str::from_utf8(name).ok().and_then(|name| column(columns, name));
                    let value = |bytes: &Vec<u8>| Value {
                        said: Said::Text,
                        bytes: Cow::Owned(bytes.clone()),
                    };
                    if let Some(at) = at {
                        row[at] = values.first().map(value);
                    }
                }
                Asked::Row { columns, row: Cow::Owned(row) }
            }
        }
    }
}

/// Whether an attribute is what a condition on this name looks at.
fn is_of(schema: &Schema, attribute: &Attribute<'_>, name: &[u8]) -> bool {
    Filter::present(name).looks_at(schema, type_of(&attribute.description))
}

/// Whether a value stays where another is asked for: an entry has all its classes at once, and loses those alone that
/// it must not have.
fn stays(name: &[u8], value: &[u8], way: &[Literal<'_>]) -> bool {
    let is_unwanted = |(literal, holds): &Literal<'_>| {
        !holds
            && matches!(literal, Filter::Equality(one)
                if one.attribute.eq_ignore_ascii_case(name) && one.value.eq_ignore_ascii_case(value))
    };
    name.eq_ignore_ascii_case(b"objectClass") && !way.iter().any(is_unwanted)
}

/// Values of an attribute or column that one of these conditions may tell apart: each of those that are asked for, all
/// that a way asks for, another one, and none.
fn tried(name: &[u8], way: &[Literal<'_>], others: &[&Filter]) -> Vec<Vec<Vec<u8>>> {
    let is_it =
        |filter: &&Filter| name_of(filter).is_some_and(|one| one.eq_ignore_ascii_case(name));
    let wanted = way.iter().filter(|(_, holds)| *holds).map(|(literal, _)| *literal);
    let wanted: Vec<Vec<u8>> = wanted.filter(is_it).flat_map(values_of).collect();
    let asked = way.iter().map(|(literal, _)| *literal).chain(others.iter().copied());
    let each = asked.filter(is_it).flat_map(values_of).map(|value| vec![value]);
    let rest = [wanted, vec![b"?".to_vec()], Vec::new()];
    each.chain(rest).collect()
}
