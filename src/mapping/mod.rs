//! How entries and rows correspond: what a mapping file says, and what it makes of values.
//!
//! [`model`] is what it says, [`expression`] what it computes, [`convert`] how a value is written on the
//! other side, [`situation`] what a pair is found in. Knows no files of data, no direction but as an
//! argument, and no output.

pub mod convert;
mod doubt;
pub mod expression;
pub mod model;
mod prove;
pub mod read;
pub mod situation;

pub use doubt::Doubt;
pub use model::{
    Action, Child, Compare, DatabaseSide, Direction, DirectorySide, Each, EntrySet, Flow, FlowType,
    FlowValue, IfEmpty, IfMissing, Inactivate, Lookup, LookupFrom, Mapping, MappingFile, Multi, On,
    Owner, Policy, Reference, RowSet, TooLong, Toward,
};
pub use read::read;
pub use situation::Situation;

/// What a mapping calls the name of an entry.
pub const NAME: &str = "dn";

/// What a conversion calls the value it is given.
pub const VALUE: &str = "value";

/// A number of records, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(f64),
}
