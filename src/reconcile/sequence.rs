//! Numbers that are given to what comes or has none: above the highest that OLD has, in the order of keys.

use std::collections::HashMap;

use crate::attribute::type_of;
use crate::error::Result;
use crate::ldif::scan::split;
use crate::mapping::{FlowValue, On, Toward};
use crate::reconcile::Task;
use crate::reconcile::fields::{FieldTable, Fields};
use crate::reconcile::flow::Ready;
use crate::reconcile::stage::{Role, Stage};
use crate::schema::Mandatory;

/// The numbers given, by mapping, line of the flow, and source.
#[derive(Debug, Default)]
pub(super) struct Sequences(HashMap<(usize, u64, u32), Vec<u8>>);

impl Sequences {
    /// Numbers for the sources of what is new or has none, where a flow of their mapping counts.
    ///
    /// # Errors
    ///
    /// OLD cannot be read.
    pub(super) fn of_columns(
        stage: &Stage<'_, '_>,
        all: &[Vec<(u32, Option<u32>)>],
    ) -> Result<Sequences> {
        let mut given = HashMap::new();
        // Two flows may count in one column or attribute.
        let mut next: HashMap<Vec<u8>, i128> = HashMap::new();
        for (n, mapping) in stage.plan.mappings.iter().enumerate() {
            for flow in mapping.flows.iter().filter(|flow| flow.goes(stage.task.toward)) {
                let FlowValue::Sequence { start } = flow.flow.value else { continue };
                let counted = counted(stage.task, mapping.table, flow);
                let next = match next.get_mut(&counted) {
                    Some(next) => next,
                    None => {
                        let highest = highest(stage, mapping.table, flow)?;
                        let first = || highest.map_or(start.into(), |n| i128::from(n) + 1);
                        next.entry(counted).or_insert_with(first)
                    }
                };
                *next = (*next).max(start.into());
                let Wanting { sure, perhaps } = wanting(stage, (n, mapping.table), flow, &all[n])?;
                // Whoever takes none leaves no gap behind.
                let [sure, perhaps] = [sure, perhaps].map(|all| in_order(stage, n, all));
                for source in [sure, perhaps].concat() {
                    given.insert((n, flow.flow.line, source), next.to_string().into_bytes());
                    *next += 1;
                }
            }
        }
        Ok(Sequences(given))
    }

    /// The number that a flow gives to what a source makes; no database may have one as large.
    pub(super) fn number(&self, mapping: usize, line: u64, source: u32) -> Option<Vec<u8>> {
        self.0.get(&(mapping, line, source)).cloned()
    }
}

/// What a flow counts in.
fn counted(task: &Task<'_>, table: usize, flow: &Ready<'_>) -> Vec<u8> {
    match task.toward {
        Toward::Database => format!("{table} {}", flow.column.unwrap_or_default()).into_bytes(),
        Toward::Directory => flow.target(task.toward).to_ascii_lowercase().into_bytes(),
    }
}

/// The sources that get a number.
#[derive(Default)]
struct Wanting {
    /// Those that make something new, and unless only they do, those of what is there and has none.
    sure: Vec<u32>,
    /// Those of what is there, and takes one where a class comes to it.
    perhaps: Vec<u32>,
}

fn wanting(
    stage: &Stage<'_, '_>,
    (n, table): (usize, usize),
    flow: &Ready<'_>,
    all: &[(u32, Option<u32>)],
) -> Result<Wanting> {
    let task = stage.task;
    let targets = stage.targets(n);
    let mut reader = stage.reader();
    let mut wanting = Wanting::default();
    for &(source, target) in all {
        let is_new = target.is_none();
        let is_wanting = match (target.map(|target| targets.place(target)), flow.column) {
            (None, _) => true,
            (Some(place), _) if flow.flow.on == On::Create => {
                task.toward == Toward::Directory
                    && reader.with(task.directory, place, |fields| {
                        Ok(lacks_class((stage, n), fields, flow))
                    })?
            }
            (Some(place), Some(column)) if task.toward == Toward::Database => {
                task.tables[table].rows.read(place)?[column].is_none()
            }
            (Some(place), _) => {
                let name = flow.target(task.toward);
                let view = |fields: &Fields<'_>| Ok(stage.view(fields).of(name).is_empty());
                reader.with(task.directory, place, view)?
            }
        };
        let is_sure = is_new || flow.flow.on != On::Create;
        let all = if is_sure { &mut wanting.sure } else { &mut wanting.perhaps };
        all.extend(is_wanting.then_some(source));
    }
    Ok(wanting)
}

/// Whether an entry is of no class that may have the attribute of a flow, and one that demands it may come: it is new
/// there with the class.
fn lacks_class((stage, n): (&Stage<'_, '_>, usize), fields: &Fields<'_>, flow: &Ready<'_>) -> bool {
    let (schema, name) = (stage.task.schema, flow.target(Toward::Directory));
    let classes = fields.of_field(FieldTable::CLASS).map(|class| &**class);
    let own = stage.plan.mappings[n].mapping.object_class.iter().map(String::as_bytes);
    schema.attribute(type_of(name.as_bytes())).is_some_and(|known| {
        schema.mandatory(own, known) == Mandatory::Yes && !schema.allows(classes, known)
    })
}

/// Some sources in the order of their keys: as numbers where they are some.
fn in_order(stage: &Stage<'_, '_>, n: usize, mut all: Vec<u32>) -> Vec<u32> {
    let members = &stage.sources(n);
    let key = |source: u32| {
        let keys = stage.keys(n, stage.is_entry(Role::Source), members.place(source));
        let key = keys.iter().flatten().next();
        let words = key.map(|key| key.get(8..).unwrap_or_default()).unwrap_or_default();
        let number = std::str::from_utf8(words).ok().and_then(|text| text.parse::<u64>().ok());
        (number.is_none(), number, words.to_vec(), source)
    };
    all.sort_by_cached_key(|&source| key(source));
    all
}

/// The highest number that the side that is changed has anywhere.
fn highest(stage: &Stage<'_, '_>, table: usize, flow: &Ready<'_>) -> Result<Option<i64>> {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse::<i64>().ok();
    let task = stage.task;
    let mut highest = None;
    match (task.toward, flow.column) {
        (Toward::Database, Some(column)) => {
            let rows = &task.tables[table].rows;
            for part in rows.split(usize::MAX) {
                rows.each(part, |extent| {
                    let row = rows.read(extent)?;
                    highest = highest.max(row[column].as_ref().and_then(|v| number(&v.bytes)));
                    Ok(())
                })?;
            }
        }
        _ => {
            let name = flow.target(task.toward);
            let parts = task.pool.map_ordered(
                split(task.directory.text, task.part),
                |range| -> Result<Option<i64>> {
                    let mut highest = None;
                    let mut cutter = task.directory.cut(range);
                    let mut reader = stage.reader();
                    while let Some(cut) = cutter.next_record(None) {
                        let extent = match cut {
                            Err(_) if task.keep_going => continue,
                            cut => cut?.extent,
                        };
                        // Where one is skipped, nothing gets a number.
                        if stage.skipped.entry(extent).is_some() {
                            continue;
                        }
                        reader.with(task.directory, extent, |fields| {
                            let values = stage.view(fields).of(name).into_iter();
                            let numbers = values.filter_map(|value| number(&value));
                            highest = highest.max(numbers.max());
                            Ok(())
                        })?;
                    }
                    Ok(highest)
                },
            );
            for part in parts {
                highest = highest.max(part?);
            }
        }
    }
    Ok(highest)
}
