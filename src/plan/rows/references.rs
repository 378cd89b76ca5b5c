//! Rows that refer to each other, within a table and across tables: who comes before whom.
//!
//! Knows rows and references, and nothing of what is done with the order.

use std::collections::HashMap;

use crate::error::Result;
use crate::plan::rows::TableSides;
use crate::source::{Extent, Rows};
use crate::table::{Columns, Constraints, Reference, Row};

/// Some rows of each table.
pub(super) type Chosen<'c, 'i> = (&'c Rows<'i>, &'c [Extent]);

/// A row: the number of its table, and its own among those that were chosen.
pub(super) type RowNumber = (usize, usize);

/// Rows by the values that a reference leads to.
type ByValues = HashMap<Vec<u8>, usize>;

/// Some rows of all tables, found by what others refer to.
pub(super) struct Referred<'t> {
    constraints: Vec<&'t Constraints>,
    columns: Vec<&'t Columns>,
    /// For each table and each of its references, the rows of the table it leads to.
    rows: Vec<Vec<ByValues>>,
    /// For each table and each of its rows, where each of its references leads to.
    parents: Vec<Vec<Vec<Option<usize>>>>,
}

/// Rows of a table in an order in which each comes behind those of the table that it refers to.
#[derive(Debug, Default)]
pub(super) struct ParentsFirst {
    pub(super) order: Vec<usize>,
    /// Where rows refer to each other in a circle: a row, and the number of its reference that has to
    /// wait.
    pub(super) cut: Vec<(usize, usize)>,
}

impl<'t> Referred<'t> {
    /// The rows that are chosen of each table.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub(super) fn new(
        tables: &[TableSides<'t, '_>],
        chosen: &[Chosen<'_, '_>],
    ) -> Result<Referred<'t>> {
        let mut referred = Referred {
            constraints: tables.iter().map(|table| table.constraints).collect(),
            columns: tables.iter().map(|table| table.old.columns).collect(),
            rows: tables.iter().map(|table| empty(table.constraints)).collect(),
            parents: Vec::new(),
        };
        for (table, chosen) in chosen.iter().enumerate() {
            referred.index(table, *chosen)?;
        }
        for (table, (rows, extents)) in chosen.iter().enumerate() {
            let parents = |&row: &Extent| Ok(referred.leads(table, &rows.read(row)?));
            let refers = !referred.constraints[table].references.is_empty();
            let extents = if refers { *extents } else { &[] };
            let parents = extents.iter().map(parents).collect::<Result<_>>()?;
            referred.parents.push(parents);
        }
        Ok(referred)
    }

    /// Takes in the rows of a table under all values by which references lead there.
    fn index(&mut self, table: usize, (rows, extents): Chosen<'_, '_>) -> Result<()> {
        let mut leading: Vec<(&Reference, &mut ByValues)> = Vec::new();
        for (constraints, maps) in self.constraints.iter().zip(&mut self.rows) {
            let all = constraints.references.iter().zip(maps);
            leading.extend(all.filter(|(reference, _)| reference.table == table));
        }
        let extents = if leading.is_empty() { &[] } else { extents };
        for (number, &extent) in extents.iter().enumerate() {
            let row = rows.read(extent)?;
            for (reference, map) in &mut leading {
                if let Some(values) = reference.led(self.columns[table], &row) {
                    map.insert(values, number);
                }
            }
        }
        Ok(())
    }

    /// Where each reference of a row leads to; a NULL leads nowhere.
    fn leads(&self, table: usize, row: &Row<'_>) -> Vec<Option<usize>> {
        let references = self.constraints[table].references.iter().zip(&self.rows[table]);
        let found = |(reference, rows): (&Reference, &ByValues)| {
            // Most tables have no row that was chosen.
            let values = || reference.leads(self.columns[table], row);
            if rows.is_empty() { None } else { rows.get(&values()?).copied() }
        };
        references.map(found).collect()
    }

    /// Whether a reference of this table leads to any row that was chosen.
    pub(super) fn is_referred_by(&self, table: usize) -> bool {
        self.rows[table].iter().any(|rows| !rows.is_empty())
    }

    /// Whether any reference leads to a table.
    pub(super) fn is_led_to(&self, table: usize) -> bool {
        let mut all = self.constraints.iter().flat_map(|one| &one.references);
        all.any(|reference| reference.table == table)
    }

    /// The rows that another row of a table refers to, and by what.
    pub(super) fn parents_of(
        &self,
        table: usize,
        row: &Row<'_>,
    ) -> Vec<(&'t Reference, RowNumber)> {
        let leads = self.leads(table, row).into_iter().zip(&self.constraints[table].references);
        leads.filter_map(|(to, reference)| Some((reference, (reference.table, to?)))).collect()
    }

    /// The row, among those that were chosen, that any row of a table refers to by one of the references.
    pub(super) fn led(&self, table: usize, reference: usize, row: &Row<'_>) -> Option<usize> {
        let values =
            self.constraints[table].references[reference].leads(self.columns[table], row)?;
        self.rows[table][reference].get(&values).copied()
    }

    /// The row that a row refers to by one of the references.
    pub(super) fn parent(&self, (table, row): RowNumber, reference: usize) -> Option<RowNumber> {
        let parents = self.parents[table].get(row)?;
        let to = self.constraints[table].references[reference].table;
        parents[reference].map(|parent| (to, parent))
    }

    /// The rows of a table that refer to rows of tables for which this holds, and by which of the references.
    pub(super) fn referring(
        &self,
        table: usize,
        is_meant: impl Fn(RowNumber, RowNumber) -> bool,
    ) -> Vec<(usize, usize)> {
        let references = 0..self.constraints[table].references.len();
        let rows = 0..self.parents[table].len();
        let all = rows.flat_map(|row| references.clone().map(move |reference| (row, reference)));
        let leads = |&(row, reference): &(usize, usize)| {
            let me = (table, row);
            self.parent(me, reference).is_some_and(|parent| is_meant(me, parent))
        };
        all.filter(leads).collect()
    }

    /// The first `count` rows of a table, each behind those of them it refers to; otherwise in their order. A circle
    /// is cut where a reference may be NULL, if there is such a place.
    pub(super) fn parents_first(&self, table: usize, count: usize) -> ParentsFirst {
        let references = &self.constraints[table].references;
        let is_loose = |reference: usize| !references[reference].loose.is_empty();
        let all = self.sorted(table, &(0..count).collect::<Vec<usize>>(), |_| true);
        if all.cut.iter().all(|&(_, reference)| is_loose(reference)) {
            return all;
        }
        let mut sorted = self.sorted(table, &all.order, |reference| !is_loose(reference));
        let mut places = vec![0; count];
        sorted.order.iter().enumerate().for_each(|(place, &row)| places[row] = place);
        for &row in &sorted.order {
            for reference in (0..references.len()).filter(|&reference| is_loose(reference)) {
                let parent = self.parent_among((table, row), reference, count);
                let is_behind = parent.is_some_and(|parent| places[parent] > places[row]);
                sorted.cut.extend(is_behind.then_some((row, reference)));
            }
        }
        sorted
    }

    /// Another of the first `count` rows of the same table that one of them refers to.
    fn parent_among(
        &self,
        (table, row): RowNumber,
        reference: usize,
        count: usize,
    ) -> Option<usize> {
        let (to, parent) = self.parent((table, row), reference)?;
        (to == table && parent != row && parent < count).then_some(parent)
    }

    /// Rows of a table, all up to some number, each behind those of them that it refers to by references of which this
    /// holds; otherwise in this order.
    fn sorted(&self, table: usize, rows: &[usize], counts: impl Fn(usize) -> bool) -> ParentsFirst {
        /// How far a row is.
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let references = self.constraints[table].references.len();
        let parent = |row: usize, reference: usize| {
            let meant = counts(reference).then_some(reference)?;
            self.parent_among((table, row), meant, rows.len())
        };
        let mut marks = vec![Mark::New; rows.len()];
        let mut sorted = ParentsFirst::default();
        let mut way: Vec<(usize, usize)> = Vec::new();
        for &row in rows {
            if marks[row] != Mark::New {
                continue;
            }
            marks[row] = Mark::Open;
            way.push((row, 0));
            while let Some((row, reference)) = way.last_mut() {
                if *reference == references {
                    marks[*row] = Mark::Done;
                    sorted.order.push(*row);
                    way.pop();
                    continue;
                }
                let parent = parent(*row, *reference);
                match parent.map(|parent| (parent, marks[parent])) {
                    Some((_, Mark::Open)) => sorted.cut.push((*row, *reference)),
                    Some((parent, Mark::New)) => {
                        *reference += 1;
                        marks[parent] = Mark::Open;
                        way.push((parent, 0));
                        continue;
                    }
                    Some((_, Mark::Done)) | None => {}
                }
                *reference += 1;
            }
        }
        sorted
    }
}

/// Whether the columns of a reference are of no other use: no row is found by them, unless by what may change, or referred
/// to, and no other reference shares some of them.
pub(super) fn stands_alone(
    (n, reference): (usize, &Reference),
    tables: &[TableSides<'_, '_>],
) -> bool {
    let has = |columns: &[usize]| columns.iter().any(|column| reference.columns.contains(column));
    let own = &tables[n].constraints.references;
    let shares = |other: &Reference| other.columns != reference.columns && has(&other.columns);
    let mut all = tables.iter().flat_map(|table| &table.constraints.references);
    let is_referred = all.any(|other| other.table == n && has(&other.referred));
    let is_key = has(&tables[n].old.columns.key) && !tables[n].changes_keys();
    !(is_key || is_referred || own.iter().any(shares))
}

/// Whether besides no two rows must differ in them: a row may refer by them to another one for a while.
pub(super) fn is_free((n, reference): (usize, &Reference), tables: &[TableSides<'_, '_>]) -> bool {
    let has = |key: &Vec<usize>| key.iter().any(|column| reference.columns.contains(column));
    let constraints = tables[n].constraints;
    let loose = constraints.loose.iter().flat_map(|key| [&key.columns, &key.decides]);
    let is_unique = constraints.unique.iter().chain(loose).any(has);
    !is_unique && stands_alone((n, reference), tables)
}

fn empty(constraints: &Constraints) -> Vec<ByValues> {
    constraints.references.iter().map(|_| HashMap::new()).collect()
}

/// The place of each table in an order in which each comes behind those it cannot do without; of those
/// that are left the one comes first that refers least to others. Where tables cannot do without each other
/// nobody can help.
pub(super) fn places(tables: &[&Constraints]) -> Vec<usize> {
    let mut places: Vec<Option<usize>> = vec![None; tables.len()];
    for place in 0..tables.len() {
        let waits = |table: usize| {
            let others = tables[table]
                .references
                .iter()
                .filter(|reference| reference.table != table && places[reference.table].is_none());
            let (loose, bound): (Vec<&Reference>, _) =
                others.partition(|reference| !reference.loose.is_empty());
            (bound.len(), loose.len(), table)
        };
        let open = (0..tables.len()).filter(|&table| places[table].is_none());
        if let Some(next) = open.min_by_key(|&table| waits(table)) {
            places[next] = Some(place);
        }
    }
    places.into_iter().map(Option::unwrap_or_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Manner;

    #[test]
    fn a_table_comes_behind_those_it_cannot_do_without() {
        let reference = |table, loose: &[usize]| Reference {
            columns: vec![1],
            table,
            referred: vec![0],
            loose: loose.to_vec(),
            follows: false,
            foldings: Vec::new(),
            manner: Manner::Usual,
            is_at_once: false,
        };
        let of = |references: &[(usize, bool)]| {
            let loose = |is_loose: bool| if is_loose { &[1][..] } else { &[] };
            let references = references.iter().map(|&(to, is)| reference(to, loose(is))).collect();
            Constraints { references, ..Constraints::default() }
        };
        for (what, tables, wanted) in [
            ("alone", vec![of(&[(0, true)])], vec![0]),
            ("a child and its parent", vec![of(&[(1, true)]), of(&[])], vec![1, 0]),
            ("each refers to the other", vec![of(&[(1, false)]), of(&[(0, true)])], vec![1, 0]),
            (
                "a chain",
                vec![of(&[(1, false)]), of(&[(2, false)]), of(&[(0, true)])],
                vec![2, 1, 0],
            ),
            ("nobody can help", vec![of(&[(1, false)]), of(&[(0, false)])], vec![0, 1]),
        ] {
            let tables: Vec<&Constraints> = tables.iter().collect();
            assert_eq!(places(&tables), wanted, "{what}");
        }
    }
}
