//! References that a mapping knows of: where the database makes a key, rows that refer to it come behind it,
//! whether or not a definition says that they refer.
//!
//! Otherwise the query that finds the key would find none, and NULL would stand there.

use crate::diff::tables::agree::number_in;
use crate::diff::through::Through;
use crate::diff::through::tables::Known;
use crate::mapping::{Flow, Mapping, Toward};
use crate::table::{Constraints, Manner, Reference, TableName};

/// Adds to what is known of each table the references of the mappings that lead to rows of a table for which
/// `makes_keys` holds.
pub(super) fn add_mapped(
    through: &Through,
    known: &[Known],
    makes_keys: &[bool],
    constraints: &mut [Constraints],
) {
    for Led { from, columns, to, referred } in all_led(through, known) {
        let all = &mut constraints[from];
        let is_known = |one: &Reference| one.table == to && one.columns == columns;
        if makes_keys[to] && !all.references.iter().any(is_known) {
            let may_wait = |n: &usize| all.is_nullable.get(*n).copied().unwrap_or(true);
            let loose = all.along(columns.iter().copied().filter(may_wait).collect());
            let (follows, is_at_once) = (false, false);
            let reference = Reference {
                columns,
                table: to,
                referred,
                loose,
                follows,
                foldings: Vec::new(),
                manner: Manner::Usual,
                is_at_once,
            };
            all.references.push(reference);
        }
    }
}

/// How rows refer to each other through the flows of all mappings that go to the database.
pub(super) fn all_led(through: &Through, known: &[Known]) -> Vec<Led> {
    let mut all = Vec::new();
    for mapping in through.mappings() {
        let flows = mapping.flows.iter().filter(|flow| flow.direction.goes(Toward::Database));
        flows.for_each(|flow| all.extend(led(mapping, flow, through, known)));
    }
    all
}

/// Columns that refer to a row.
pub(super) struct Led {
    pub(super) from: usize,
    pub(super) columns: Vec<usize>,
    pub(super) to: usize,
    pub(super) referred: Vec<usize>,
}

/// How rows refer to each other through a flow: by its column, and those of a child table to their own row.
fn led(mapping: &Mapping, flow: &Flow, through: &Through, known: &[Known]) -> Vec<Led> {
    let table = |name: &TableName| name.find(0..known.len(), |&n| &known[n].name);
    let numbers = |table: usize, names: &[String]| {
        names.iter().map(|name| number_in(&known[table].columns, name)).collect::<Option<Vec<_>>>()
    };
    let rows = table(&mapping.rows.table);
    let of_child = flow.child.as_ref().and_then(|child| {
        let (from, to) = (table(&child.table)?, rows?);
        let columns = numbers(from, &child.foreign_key)?;
        Some(Led { from, columns, to, referred: known[to].columns.key.clone() })
    });
    let of_value = flow.reference.as_ref().and_then(|reference| {
        let of_values = flow.child.as_ref().map(|child| table(&child.table));
        let from = of_values.unwrap_or(rows)?;
        let columns = vec![number_in(&known[from].columns, flow.column.as_ref()?)?];
        let other = through.mappings().into_iter().find(|one| one.name == reference.mapping)?;
        let to = table(&other.rows.table)?;
        let referred = match &reference.column {
            Some(name) => vec![number_in(&known[to].columns, name)?],
            None => known[to].columns.key.clone(),
        };
        Some(Led { from, columns, to, referred })
    });
    [of_child, of_value].into_iter().flatten().collect()
}
