//! What is more than a safety limit allows.

use std::fmt;

use super::kind::shown;
use crate::text::{Count, Shortened, number_of};

/// More of something than a limit allows.
#[derive(Clone, Debug)]
pub struct LimitFault {
    /// Of what.
    pub what: Limited,
    /// How much the limit allows.
    pub allowed: u64,
    /// How much there would be.
    pub found: u64,
    /// Of how many.
    pub of: u64,
    /// The names of the first of them.
    pub first: Vec<Vec<u8>>,
}

/// What is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Entries that go.
    Deletes,
    /// Changes of any kind.
    Changes,
    /// Rows that go.
    RowDeletes,
    /// Rows that change in any way.
    RowChanges,
    /// Values of one attribute of one entry that go.
    Members {
        /// The entry.
        dn: Vec<u8>,
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// Entries that lose an attribute.
    Attribute {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// Records of a mapping that go or become inactive.
    Losses {
        /// The mapping.
        mapping: String,
    },
    /// Records that find a counterpart through a mapping: there should be more.
    Overlap {
        /// The mapping.
        mapping: String,
        /// The first keys of the side that is obeyed, and of the one that is changed.
        keys: Box<[Vec<String>; 2]>,
    },
    /// Rows that lose the value of a column.
    Column {
        /// The column.
        column: Vec<u8>,
    },
}

impl LimitFault {
    /// What to do.
    pub(super) fn hint(&self) -> String {
        let found = self.found;
        let option = match &self.what {
            Limited::Overlap { .. } => {
                return "compare the keys: a GUID in another byte order, a prefix, a column of another meaning? `min_overlap` in the mapping lowers the share".to_owned();
            }
            Limited::Deletes | Limited::RowDeletes | Limited::Losses { .. } => {
                format!("--max-delete {found}")
            }
            Limited::Changes | Limited::RowChanges => format!("--max-change {found}"),
            Limited::Members { .. } => format!("--max-member-delete {found}"),
            Limited::Attribute { .. } | Limited::Column { .. } => {
                format!("--max-attribute-loss {}%", (found * 100).div_ceil(self.of.max(1)))
            }
        };
        let cause = match &self.what {
            Limited::Attribute { .. } => "may the export of NEW read this attribute? ",
            Limited::Column { .. } => "does the dump of NEW have this column? ",
            _ => "",
        };
        if matches!(self.what, Limited::RowDeletes | Limited::RowChanges) {
            return format!("if it is meant, `{option}` allows it once");
        }
        format!(
            "{cause}`--format unified` shows all of it; if it is meant, `{option}` allows it once"
        )
    }
}

impl fmt::Display for LimitFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, of) = (Count(self.found), number_of(self.of, "entry", "entries"));
        let allowed = |one: &str, many: &str| number_of(self.allowed, one, many);
        match &self.what {
            Limited::Deletes => {
                let allowed = allowed("delete", "deletes");
                write!(f, "expected at most {allowed}, but found {found} of {of}")
            }
            Limited::Changes => {
                let allowed = allowed("change", "changes");
                write!(f, "expected at most {allowed}, but found {found} of {of}")
            }
            Limited::RowDeletes | Limited::RowChanges => {
                let (one, many) = match self.what {
                    Limited::RowDeletes => ("delete", "deletes"),
                    _ => ("change", "changes"),
                };
                let of = number_of(self.of, "row", "rows");
                write!(f, "expected at most {}, but found {found} of {of}", allowed(one, many))
            }
            Limited::Losses { mapping } => write!(
                f,
                "mapping `{}`: expected at most {} to go or become inactive, but found {found} of {}",
                shown(mapping.as_bytes()),
                allowed("record", "records"),
                Count(self.of)
            ),
            Limited::Overlap { mapping, keys } => {
                write!(
                    f,
                    "mapping `{}`: expected at least {} to find a counterpart, but found {found} of {}",
                    shown(mapping.as_bytes()),
                    allowed("record", "records"),
                    Count(self.of)
                )?;
                for (side, keys) in ["NEW", "OLD"].iter().zip(keys.iter()) {
                    write!(f, "\n  keys of {side}: {}", keys.join("; "))?;
                }
                return Ok(());
            }
            Limited::Members { dn, attribute } => write!(
                f,
                "expected at most {} to go from {} of `{}`, but found {found} of {}",
                allowed("value", "values"),
                shown(attribute),
                Shortened(dn, 200),
                Count(self.of)
            ),
            Limited::Attribute { attribute } => write!(
                f,
                "expected at most {} to lose {}, but found {found} of {}",
                allowed("entry", "entries"),
                shown(attribute),
                Count(self.of)
            ),
            Limited::Column { column } => write!(
                f,
                "expected at most {} to lose {}, but found {found} of {}",
                allowed("row", "rows"),
                shown(column),
                Count(self.of)
            ),
        }?;
        for name in &self.first {
            write!(f, "\n  {}", Shortened(name, 200))?;
        }
        match self.found.saturating_sub(self.first.len() as u64) {
            0 => Ok(()),
            more => write!(f, "\n  … and {} more", Count(more)),
        }
    }
}
