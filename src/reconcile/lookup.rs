//! What expressions look things up in: tables by one of their columns.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::error::{ExpressionFaultKind, Result};
use crate::mapping::expression::Answer;
use crate::mapping::{Lookup, LookupFrom};
use crate::reconcile::Table;
use crate::reconcile::record::{column, unpadded};
use crate::source::Extent;
use crate::table::{ColumnType, Folding};

/// What stands under a key: columns with their values, or one value without a name.
type Found = Vec<(String, Option<Vec<u8>>)>;

/// All lookups of a mapping file.
#[derive(Debug, Default)]
pub(super) struct Lookups(BTreeMap<String, ByKey>);

/// What one of them finds, by the words that equal keys share.
#[derive(Debug, Default)]
struct ByKey {
    /// What the keys are.
    kind: Option<ColumnType>,
    /// How their column compares them.
    folding: Folding,
    found: HashMap<Vec<u8>, Hit>,
}

/// What a key leads to.
#[derive(Debug)]
enum Hit {
    One(Found),
    /// More than one row: the lines of the first two.
    Several([u64; 2]),
}

impl ByKey {
    /// The words that are the same for all keys that are equal to this one.
    fn words<'k>(&self, key: &'k [u8]) -> Cow<'k, [u8]> {
        self.folding.form(self.kind.map_or(Cow::Borrowed(key), |kind| kind.canonical(key)))
    }
}

impl Lookups {
    /// Reads them: those in the file as they stand there, others from their tables.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub(super) fn new(lookups: &[Lookup], tables: &[Table<'_>]) -> Result<Lookups> {
        let mut all = BTreeMap::new();
        for Lookup { name, from } in lookups {
            let of_table = |table: Option<&Table<'_>>, key: &str| match table {
                Some(table) => of_table(table, key),
                None => Ok(ByKey::default()),
            };
            let found = match from {
                LookupFrom::Values(values) => of_values(values),
                LookupFrom::Table { table, key } => {
                    of_table(tables.iter().find(|one| one.is(table)), key)?
                }
                LookupFrom::File { key, .. } => {
                    of_table(tables.iter().find(|one| one.is_lookup(name)), key)?
                }
            };
            all.insert(name.clone(), found);
        }
        Ok(Lookups(all))
    }

    /// What stands under a key.
    ///
    /// # Errors
    ///
    /// Several rows do, and nobody knows which one is meant.
    pub(super) fn find(&self, lookup: &str, key: &[u8]) -> Answer {
        let hit = self.0.get(lookup).and_then(|one| one.found.get(&*one.words(key)));
        match hit {
            None => Ok(None),
            Some(Hit::One(found)) => Ok(Some(found.clone())),
            Some(Hit::Several(lines)) => {
                let lookup = lookup.to_owned();
                Err(ExpressionFaultKind::SeveralRows { lookup, lines: *lines }.into())
            }
        }
    }
}

fn of_values(values: &[(String, String)]) -> ByKey {
    let one = |(key, value): &(String, String)| {
        let value = Some(value.clone().into_bytes());
        (key.clone().into_bytes(), Hit::One(vec![(String::new(), value)]))
    };
    ByKey { found: values.iter().map(one).collect(), ..ByKey::default() }
}

fn of_table(table: &Table<'_>, key: &str) -> Result<ByKey> {
    let columns = table.rows.columns;
    let Some(key) = column(columns, key) else { return Ok(ByKey::default()) };
    let (kind, folding) = (columns.types[key], table.folding(key));
    let mut all = ByKey { kind, folding, found: HashMap::new() };
    let mut places: HashMap<Vec<u8>, Extent> = HashMap::new();
    for part in table.rows.split(usize::MAX) {
        table.rows.each(part, |extent| {
            let row = table.rows.read(extent)?;
            let Some(value) = &row[key] else { return Ok(()) };
            let words = all.words(&value.bytes).into_owned();
            if let Some(first) = places.get(&words) {
                if let Some(hit @ Hit::One(_)) = all.found.get_mut(&words) {
                    *hit = Hit::Several([*first, extent].map(|place| table.rows.line(place)));
                }
                return Ok(());
            }
            places.insert(words.clone(), extent);
            let cell = |(at, name): (usize, &String)| {
                (name.clone(), unpadded(columns, at, &row).map(<[u8]>::to_vec))
            };
            let found = columns.names.iter().enumerate().map(cell).collect();
            all.found.insert(words, Hit::One(found));
            Ok(())
        })?;
    }
    Ok(all)
}
