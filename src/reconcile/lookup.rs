//! What expressions look things up in: tables by one of their columns.

use std::collections::{BTreeMap, HashMap};

use crate::error::Result;
use crate::mapping::{Lookup, LookupFrom};
use crate::reconcile::Table;
use crate::reconcile::record::column;

/// What stands under a key: columns with their values, or one value without a name.
type Found = Vec<(String, Option<Vec<u8>>)>;

/// All lookups of a mapping file.
#[derive(Debug, Default)]
pub(super) struct Lookups(BTreeMap<String, HashMap<Vec<u8>, Found>>);

impl Lookups {
    /// Reads them: those in the file as they stand there, others from their tables.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub(super) fn new(lookups: &[Lookup], tables: &[Table<'_>]) -> Result<Lookups> {
        let mut all = BTreeMap::new();
        for Lookup { name, from } in lookups {
            let found = match from {
                LookupFrom::Values(values) => values
                    .iter()
                    .map(|(key, value)| {
                        let value = Some(value.clone().into_bytes());
                        (key.clone().into_bytes(), vec![(String::new(), value)])
                    })
                    .collect(),
                LookupFrom::Table { table, key } => match tables.iter().find(|t| t.is(table)) {
                    Some(table) => of_table(table, key)?,
                    None => HashMap::new(),
                },
                LookupFrom::File { key, .. } => match tables.iter().find(|t| t.is_lookup(name)) {
                    Some(table) => of_table(table, key)?,
                    None => HashMap::new(),
                },
            };
            all.insert(name.clone(), found);
        }
        Ok(Lookups(all))
    }

    /// What stands under a key.
    pub(super) fn find(&self, lookup: &str, key: &[u8]) -> Option<Found> {
        self.0.get(lookup)?.get(key).cloned()
    }
}

fn of_table(table: &Table<'_>, key: &str) -> Result<HashMap<Vec<u8>, Found>> {
    let mut all = HashMap::new();
    let columns = table.rows.columns;
    let Some(key) = column(columns, key) else { return Ok(all) };
    for part in table.rows.split(usize::MAX) {
        table.rows.each(part, |extent| {
            let row = table.rows.read(extent)?;
            if let Some(value) = &row[key] {
                let cells = columns.names.iter().zip(&row);
                let cell = |(name, cell): (&String, &crate::table::Cell<'_>)| {
                    (name.clone(), cell.as_ref().map(|value| value.bytes.to_vec()))
                };
                all.insert(value.bytes.to_vec(), cells.map(cell).collect());
            }
            Ok(())
        })?;
    }
    Ok(all)
}
