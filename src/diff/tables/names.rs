//! Which tables of two dumps are one, where nobody names them: a dump says or does not say which schema or database
//! a table is in.

use crate::diff::tables::options::needed;
use crate::error::{DumpFault, Error, ErrorKind, Result};
use crate::source::Surveyed;
use crate::table::TableName;

/// The tables that a dump makes or has rows of, and those of them that have rows.
pub(super) struct Named {
    pub(super) all: Vec<TableName>,
    pub(super) with_rows: Vec<TableName>,
}

impl Named {
    /// Those of a dump that was surveyed for all.
    pub(super) fn of(surveyed: &Surveyed) -> Named {
        Named { all: surveyed.all_tables(), with_rows: surveyed.tables() }
    }
}

/// The tables of which a side has rows, by the names that OLD has for them: it is what is changed. Where neither has
/// any row, those that both make, between which there is no difference.
///
/// # Errors
///
/// There are none; or two tables of a dump may be the same one of the other.
pub(super) fn names(old: &Named, new: &Named) -> Result<Vec<TableName>> {
    let mut tables = old.with_rows.clone();
    for table in &new.with_rows {
        let called = counterpart(table, &old.all).unwrap_or(table);
        tables.extend((!tables.contains(called)).then(|| called.clone()));
    }
    if tables.is_empty() {
        let is_of_both = |table: &&TableName| counterpart(table, &new.all).is_some();
        tables.extend(old.all.iter().filter(is_of_both).cloned());
    }
    if tables.is_empty() {
        return Err(needed("--table", "--table staff"));
    }
    refuse_twins(&tables, &new.all)?;
    refuse_twins(&new.with_rows, &old.all)?;
    Ok(tables)
}

/// Refuses tables of one dump that have the same counterpart in the other.
fn refuse_twins(tables: &[TableName], others: &[TableName]) -> Result<()> {
    let mut known: Vec<(&TableName, &TableName)> = Vec::new();
    for table in tables {
        let Some(other) = counterpart(table, others) else { continue };
        if let Some((twin, _)) = known.iter().find(|(_, found)| *found == other) {
            let (asked, names) =
                (Some(other.to_string()), vec![twin.to_string(), table.to_string()]);
            return Err(Error::new(ErrorKind::Dump(DumpFault::ManyTables { asked, names })));
        }
        known.push((table, other));
    }
    Ok(())
}

/// The table of another dump that is this one: of the same name, else one that may be meant.
fn counterpart<'o>(table: &TableName, others: &'o [TableName]) -> Option<&'o TableName> {
    let same = others.iter().find(|other| *other == table);
    same.or_else(|| table.find(others.iter(), |other| other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Named {
        let all: Vec<TableName> = names.iter().filter_map(|name| TableName::parse(name)).collect();
        Named { with_rows: all.clone(), all }
    }

    #[test]
    fn tables_are_one_whatever_is_said_of_their_database() {
        let paired = |old: &[&str], new: &[&str]| {
            let names = names(&named(old), &named(new)).ok()?;
            Some(names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        for (old, new, wanted) in [
            (&["t"][..], &["b.t"][..], Some("t")),
            (&["a.t"], &["t"], Some("a.t")),
            (&["a.t"], &["b.t"], Some("a.t b.t")),
            (&["a.t", "a.u"], &["u", "v"], Some("a.t a.u v")),
            (&["Staff"], &["staff"], Some("Staff")),
            (&["Staff", "staff"], &["staff", "Staff"], Some("Staff staff")),
            (&["a.t", "b.t"], &["t"], None),
            (&["t"], &["a.t", "b.t"], None),
            (&["staff"], &["staff", "Staff"], None),
            (&["staff", "Staff"], &["staff"], None),
            (&[], &[], None),
        ] {
            assert_eq!(paired(old, new).as_deref(), wanted, "{old:?} {new:?}");
        }
    }

    #[test]
    fn tables_without_rows_are_those_of_both() {
        let empty = |names: &[&str]| Named { with_rows: Vec::new(), ..named(names) };
        let names = names(&empty(&["t", "u"]), &empty(&["b.t", "v"])).ok();
        assert_eq!(names, Some(named(&["t"]).all));
    }
}
