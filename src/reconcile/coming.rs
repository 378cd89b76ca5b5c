//! What a source makes of a row that comes: one of its own, or more of what another mapping makes of the same source.

use crate::reconcile::made::{as_one, not_said};
use crate::reconcile::made_row::{Deltas, owned_row, with};
use crate::table::{Columns, Row};

/// What a source makes of a row that comes.
#[derive(Clone, Copy)]
pub(super) enum Coming<'d> {
    /// A row, which may be the one that another mapping makes.
    Makes(&'d Deltas),
    /// No row, but more of the one that another mapping makes.
    Joins(&'d Deltas),
}

impl Coming<'_> {
    /// The row, where nobody else makes it; none where this does not either.
    pub(super) fn alone(self, columns: &Columns) -> Option<Row<'static>> {
        match self {
            Coming::Makes(deltas) => Some(with(not_said(columns.names.len()), deltas)),
            Coming::Joins(_) => None,
        }
    }

    /// The row together with what is made of it so far; `None` where the two are not one.
    pub(super) fn together(self, columns: &Columns, row: &Row<'_>) -> Option<Row<'static>> {
        match self {
            Coming::Makes(_) => as_one(columns, row, &self.alone(columns)?),
            Coming::Joins(deltas) => Some(with(owned_row(row), deltas)),
        }
    }
}
