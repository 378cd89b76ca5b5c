//! Lookups of tables that the same run changes: they read the rows of the dump.

use crate::diff::through::Through;
use crate::diff::through::tables::Known;
use crate::mapping::expression::Expression;
use crate::mapping::{Flow, FlowValue, LookupFrom, Toward};
use crate::reconcile::MadeTable;
use crate::text::{Escaped, number_of};

/// What is to be said of each lookup that a flow to the database reads: the next run may find something else.
pub(super) fn sentences(through: &Through, known: &[Known], made: &[MadeTable]) -> Vec<String> {
    let mappings = through.mappings();
    let flows = mappings.iter().flat_map(|mapping| &mapping.flows);
    let flows: Vec<&Flow> = flows.filter(|flow| flow.direction.goes(Toward::Database)).collect();
    let mut said = Vec::new();
    for lookup in &through.file.lookups {
        let LookupFrom::Table { table, .. } = &lookup.from else { continue };
        let read = |flow: &&Flow| expressions(flow).any(|one| one.lookups().contains(&lookup.name));
        let Some(n) = table.find(0..known.len(), |&n| &known[n].name) else { continue };
        let made = &made[n];
        let count = made.changed.len() + made.created.len() + made.deleted.len();
        if count == 0 || !flows.iter().any(read) {
            continue;
        }
        said.push(format!(
            "the lookup `{}` reads {} as it is in the dump, and {} of it {}: what is looked up may change with the next \
             run, after the import",
            Escaped(lookup.name.as_bytes()),
            Escaped(table.to_string().as_bytes()),
            number_of(count as u64, "row", "rows"),
            if count == 1 { "comes, changes or goes" } else { "come, change or go" },
        ));
    }
    said
}

/// The expressions by which a flow goes to the database.
fn expressions(flow: &Flow) -> impl Iterator<Item = &Expression> {
    let value = match &flow.value {
        FlowValue::Expression(one) => Some(one),
        FlowValue::Converted(both) => Some(&both.to_database),
        FlowValue::Copy | FlowValue::Constant(_) | FlowValue::Sequence { .. } => None,
    };
    value.into_iter().chain(&flow.when)
}
