//! What is proposed: mappings, with flows and how well each is founded. Knows no TOML.

use super::pairing::Key;
use super::ways::Way;
use crate::mapping::Direction;

/// A mapping.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) name: String,
    pub(super) class: usize,
    pub(super) table: usize,
    pub(super) keys: Vec<Key>,
    /// Entries with their rows.
    pub(super) pairs: Vec<(usize, usize)>,
    pub(super) flows: Vec<Proposed>,
}

/// A flow.
#[derive(Clone, Debug)]
pub(super) struct Proposed {
    pub(super) attribute: usize,
    /// The column, in the table of the flow.
    pub(super) column: usize,
    pub(super) way: Way,
    /// Whether an entry has several values, of which the column holds one.
    pub(super) has_several: bool,
    pub(super) direction: Direction,
    /// Whether each side has something that the other would take away: it is shown, and left to a person.
    pub(super) is_doubtful: bool,
    pub(super) child: Option<ProposedChild>,
    pub(super) reference: Option<ProposedReference>,
    pub(super) support: Support,
}

/// A table with a row for each value.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProposedChild {
    pub(super) table: usize,
    pub(super) foreign_key: usize,
}

/// What values lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProposedReference {
    /// The number of the proposal.
    pub(super) to: usize,
    /// The attribute there; the name where there is none.
    pub(super) attribute: Option<usize>,
    /// The column there; the key where there is none.
    pub(super) column: Option<usize>,
}

/// What a flow is founded on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Support {
    pub(super) agree: u64,
    pub(super) of: u64,
    /// Pairs with a value on one side alone; of a table of values those of the directory alone.
    pub(super) one: u64,
    /// Values of the database alone, of a table of values.
    pub(super) other: u64,
}

impl Support {
    /// How many of a hundred agree.
    pub(super) fn share(&self) -> f64 {
        100.0 * self.agree as f64 / self.of.max(1) as f64
    }
}
