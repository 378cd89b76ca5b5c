//! Rows of one table that refer to each other: who comes before whom.
//!
//! Knows rows and references, and nothing of what is done with the order.

use std::collections::HashMap;

use crate::table::{Columns, Constraints, Reference, Row};

/// Some rows, found by what others refer to.
pub(super) struct Referred<'r> {
    columns: &'r Columns,
    constraints: &'r Constraints,
    /// For each reference, the rows by the values that are referred to.
    rows: Vec<HashMap<Vec<u8>, usize>>,
    /// For each row, the values that it refers to, one for each reference.
    wanted: Vec<Vec<Option<Vec<u8>>>>,
}

/// Rows in an order in which each comes behind those it refers to.
#[derive(Debug, Default)]
pub(super) struct ParentsFirst {
    pub(super) order: Vec<usize>,
    /// Where rows refer to each other in a circle: a row, and the number of its reference that has to
    /// wait.
    pub(super) cut: Vec<(usize, usize)>,
}

impl<'r> Referred<'r> {
    pub(super) fn new(columns: &'r Columns, constraints: &'r Constraints) -> Referred<'r> {
        let rows = constraints.references.iter().map(|_| HashMap::new()).collect();
        Referred { columns, constraints, rows, wanted: Vec::new() }
    }

    /// Takes in one more row, whose number is how many there were.
    pub(super) fn add(&mut self, row: &Row<'_>) {
        let number = self.wanted.len();
        let wanted = self.wanted_by(row);
        self.wanted.push(wanted);
        for (rows, reference) in self.rows.iter_mut().zip(&self.constraints.references) {
            if let Some(values) = self.columns.values(&reference.referred, row) {
                rows.insert(values, number);
            }
        }
    }

    /// What a row refers to, one for each reference; a NULL refers to nothing.
    fn wanted_by(&self, row: &Row<'_>) -> Vec<Option<Vec<u8>>> {
        let values = |reference: &Reference| self.columns.values(&reference.columns, row);
        self.constraints.references.iter().map(values).collect()
    }

    /// The rows that another row refers to.
    pub(super) fn parents_of(&self, row: &Row<'_>) -> Vec<usize> {
        let wanted = self.wanted_by(row);
        let found = |(rows, values): (&HashMap<_, usize>, &Option<Vec<u8>>)| {
            rows.get(values.as_ref()?).copied()
        };
        self.rows.iter().zip(&wanted).filter_map(found).collect()
    }

    /// The row that a row refers to by one of the references, where that is another one.
    pub(super) fn parent(&self, row: usize, reference: usize) -> Option<usize> {
        self.target(row, reference).filter(|&parent| parent != row)
    }

    /// The rows that refer to themselves, and by which of the references.
    pub(super) fn self_references(&self) -> Vec<(usize, usize)> {
        let all =
            (0..self.wanted.len()).flat_map(|row| (0..self.rows.len()).map(move |n| (row, n)));
        all.filter(|&(row, reference)| self.target(row, reference) == Some(row)).collect()
    }

    fn target(&self, row: usize, reference: usize) -> Option<usize> {
        let values = self.wanted[row][reference].as_ref()?;
        self.rows[reference].get(values).copied()
    }

    /// All rows, each behind those it refers to; otherwise in their order.
    pub(super) fn parents_first(&self) -> ParentsFirst {
        /// How far a row is.
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let mut marks = vec![Mark::New; self.wanted.len()];
        let mut sorted = ParentsFirst::default();
        let mut way: Vec<(usize, usize)> = Vec::new();
        for row in 0..self.wanted.len() {
            if marks[row] != Mark::New {
                continue;
            }
            marks[row] = Mark::Open;
            way.push((row, 0));
            while let Some((row, reference)) = way.last_mut() {
                if *reference == self.rows.len() {
                    marks[*row] = Mark::Done;
                    sorted.order.push(*row);
                    way.pop();
                    continue;
                }
                let parent = self.parent(*row, *reference);
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
