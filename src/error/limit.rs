//! What is more than a safety limit allows.

use std::fmt;

use super::kind::shown;
use crate::text::{Count, Shortened};

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
}

impl LimitFault {
    /// What to do.
    pub(super) fn hint(&self) -> String {
        let found = self.found;
        let option = match &self.what {
            Limited::Deletes => format!("--max-delete {found}"),
            Limited::Changes => format!("--max-change {found}"),
            Limited::Members { .. } => format!("--max-member-delete {found}"),
            Limited::Attribute { .. } => {
                format!("--max-attribute-loss {}%", (found * 100).div_ceil(self.of.max(1)))
            }
        };
        let cause = match &self.what {
            Limited::Attribute { .. } => "may the export of NEW read this attribute? ",
            _ => "",
        };
        format!(
            "{cause}`--format unified` shows all of it; if it is meant, `{option}` allows it once"
        )
    }
}

impl fmt::Display for LimitFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (allowed, found, of) = (Count(self.allowed), Count(self.found), Count(self.of));
        match &self.what {
            Limited::Deletes => {
                write!(f, "expected at most {allowed} deletes, but found {found} of {of} entries")
            }
            Limited::Changes => {
                write!(f, "expected at most {allowed} changes, but found {found} of {of} entries")
            }
            Limited::Members { dn, attribute } => write!(
                f,
                "expected at most {allowed} values to go from {} of `{}`, but found {found} of {of}",
                shown(attribute),
                Shortened(dn, 200)
            ),
            Limited::Attribute { attribute } => write!(
                f,
                "expected at most {allowed} entries to lose {}, but found {found} of {of}",
                shown(attribute)
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
