//! What is wrong with a value that is to be written on the other side.

use std::fmt;

use crate::error::kind::shown;

/// Why a value of one side cannot be written on the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is none of what the flow's type says.
    NotOfType {
        /// What its values are.
        wanted: &'static str,
        /// The value, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// It is none of what the column holds.
    NotOfColumn {
        /// What the column holds.
        wanted: &'static str,
        /// What would be written, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// It is not UTF-8, and was to be text.
    NotText,
    /// A local time that no clock shows: clocks are put forward over it.
    NoSuchTime {
        /// The time, where it may be shown.
        found: Option<Vec<u8>>,
    },
}

impl Unfit {
    /// The same without the value, which may be nobody's business.
    #[must_use]
    pub fn masked(mut self) -> Unfit {
        match &mut self {
            Unfit::NotOfType { found, .. }
            | Unfit::NotOfColumn { found, .. }
            | Unfit::NoSuchTime { found } => *found = None,
            Unfit::NotText => {}
        }
        self
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Unfit::NotOfType { .. } => {
                "correct the value, or the `type` of the flow; `to_database` and `to_directory` convert values of other kinds"
            }
            Unfit::NotOfColumn { .. } => {
                "the database would refuse it: give the flow the `type` that fits the column, or convert it with `to_database`"
            }
            Unfit::NotText => {
                "bytes go to a column of bytes, or as text by `expression = \"… | base64\"`"
            }
            Unfit::NoSuchTime { .. } => {
                "`timezone` in `[database]` says where the times without a zone are of: is it that?"
            }
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wanted, place, found) = match self {
            Unfit::NotOfType { wanted, found } => (*wanted, "", found),
            Unfit::NotOfColumn { wanted, found } => (*wanted, " for the column", found),
            Unfit::NotText => return f.write_str("expected text in UTF-8, but found bytes"),
            Unfit::NoSuchTime { found } => ("a time that clocks show in the time zone", "", found),
        };
        write!(f, "expected {wanted}{place}, but found ")?;
        match found {
            Some(found) => write!(f, "`{}`", shown(found)),
            None => f.write_str("something else"),
        }
    }
}

impl std::error::Error for Unfit {}
