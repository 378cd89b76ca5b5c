//! What is wrong with the definition of a table.

use std::fmt;

/// Why a definition cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefinitionFault {
    /// A statement of which something must be known cannot be read.
    Unreadable {
        /// Which of the statements that were given, from 0.
        statement: usize,
        /// The table it is about.
        table: String,
        /// What was expected, and what was found.
        reason: String,
    },
    /// Several tables may be meant by one name.
    Ambiguous {
        /// The name.
        asked: String,
        /// The tables.
        found: Vec<String>,
    },
}

impl fmt::Display for DefinitionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DefinitionFault::Unreadable { table, reason, .. } => {
                write!(f, "{reason} in the definition of `{table}`")
            }
            DefinitionFault::Ambiguous { asked, found } => {
                write!(f, "expected one table called `{asked}`, but found")?;
                found.iter().try_for_each(|name| write!(f, " `{name}`"))
            }
        }
    }
}
