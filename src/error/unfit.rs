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
    /// It is none of what the attribute holds.
    NotOfAttribute {
        /// What the attribute holds.
        wanted: &'static str,
        /// What would be written, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// It has more decimals than the column keeps.
    Finer {
        /// How many the column keeps.
        decimals: usize,
        /// What would be written, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// It is a number that the column has no room for as it is.
    Rounded {
        /// What the column holds.
        wanted: &'static str,
        /// What would be written, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// It is a number or a time that is too large for the column, or too small.
    Larger {
        /// What the column holds.
        wanted: String,
        /// What would be written, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// It has more characters than the column takes.
    Longer {
        /// How many it takes.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// It is not UTF-8, and was to be text.
    NotText,
    /// It has a NUL, and was to be text of a database.
    Nul,
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
            | Unfit::NotOfAttribute { found, .. }
            | Unfit::Finer { found, .. }
            | Unfit::Rounded { found, .. }
            | Unfit::Larger { found, .. }
            | Unfit::NoSuchTime { found } => *found = None,
            Unfit::NotText | Unfit::Nul | Unfit::Longer { .. } => {}
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
            Unfit::NotOfAttribute { .. } => {
                "the server would refuse it: correct the value, or convert it with `to_directory`, as by `| ascii`"
            }
            Unfit::Finer { .. } => {
                "the database would round it: do so in an `expression`, `(… * 1) | round(2)`, or let the column keep more decimals"
            }
            Unfit::Rounded { .. } => {
                "the database would round it: do so in an `expression`, or let the column be `double precision`"
            }
            Unfit::Larger { .. } => {
                "the database would refuse it: correct the value, or give the column a larger type"
            }
            Unfit::Longer { .. } => {
                "the database would refuse it: shorten it, let `max_length` and `too_long = \"truncate\"` do so, or widen the column"
            }
            Unfit::NotText => {
                "bytes go to a column of bytes, or as text by `expression = \"… | base64\"`"
            }
            Unfit::Nul => {
                "no text in a script holds one: bytes go to a column of bytes, or as text by `expression = \"… | base64\"`"
            }
            Unfit::NoSuchTime { .. } => {
                "`timezone` in `[database]` says where the times without a zone are of: is it that?"
            }
        }
    }
}

fn number_of_decimals(most: usize) -> String {
    match most {
        0 => "a whole number".to_owned(),
        1 => "a number with at most one decimal".to_owned(),
        most => format!("a number with at most {most} decimals"),
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const OF_COLUMN: &str = " for the column";
        let finer;
        let (wanted, place, found) = match self {
            Unfit::NotOfType { wanted, found } => (*wanted, "", found),
            Unfit::NotOfColumn { wanted, found } => (*wanted, OF_COLUMN, found),
            Unfit::NotOfAttribute { wanted, found } => (*wanted, " for the attribute", found),
            Unfit::Finer { decimals, found } => {
                finer = number_of_decimals(*decimals);
                (finer.as_str(), OF_COLUMN, found)
            }
            Unfit::Rounded { wanted, found } => (*wanted, OF_COLUMN, found),
            Unfit::Larger { wanted, found } => (wanted.as_str(), OF_COLUMN, found),
            Unfit::Longer { most, found } => {
                let characters = if *most == 1 { "character" } else { "characters" };
                return write!(
                    f,
                    "expected at most {most} {characters}{OF_COLUMN}, but found {found}"
                );
            }
            Unfit::Nul => return f.write_str("expected text without NUL, but found one"),
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
