//! The columns of a table that are compared.

use crate::table::{ColumnType, Row, same};
use crate::text::{Escaped, Shortened};

/// What both sides have: the columns that are compared, and which of them are the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The names, in the order of OLD.
    pub names: Vec<String>,
    /// What their values are, as far as it is known.
    pub types: Vec<Option<ColumnType>>,
    /// The columns of the key, as numbers of `names`, in the order of the key.
    pub key: Vec<usize>,
}

impl Columns {
    /// Whether two rows have the same value in a column.
    pub fn agree(&self, column: usize, left: &Row<'_>, right: &Row<'_>) -> bool {
        same(self.types[column], &left[column], &right[column])
    }

    /// The columns in which two rows differ.
    pub fn differing(&self, left: &Row<'_>, right: &Row<'_>) -> Vec<usize> {
        (0..self.names.len()).filter(|&n| !self.agree(n, left, right)).collect()
    }

    /// The key of a row for a message: `id 4, since 2024-01-01`.
    pub fn shown_key(&self, row: &Row<'_>) -> String {
        const WIDTH: usize = 60;
        let one = |&n: &usize| {
            let value = row[n].as_ref().map_or(&[][..], |value| &value.bytes);
            format!("{} {}", Escaped(self.names[n].as_bytes()), Shortened(value, WIDTH))
        };
        self.key.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}
