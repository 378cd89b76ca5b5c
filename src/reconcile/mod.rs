//! Entries and rows through a mapping: who is who, what each is found in, and what flows.
//!
//! [`pairs`] knows neither side by its kind; [`database`] makes rows of what flows there, [`directory`]
//! entries. What comes out is what a diff makes of two files: records of OLD, and of a NEW that holds what
//! changes alone.

mod account;
mod accounts;
mod bereft;
mod brought_back;
mod children;
mod chosen;
mod claims;
mod coming;
mod converted;
mod database;
mod directory;
mod divide;
mod edits;
mod elsewhere;
mod ends;
mod entries;
mod entry_ends;
mod explain;
mod fields;
mod flow;
mod following;
mod gathered;
mod held;
mod idle;
mod joining;
mod keys;
mod lookup;
mod made;
mod made_entries;
mod made_entry;
mod made_row;
mod marks;
mod members;
mod names;
mod orphans;
mod pairs;
mod ready;
mod record;
mod refused;
mod rekeyed;
mod room;
mod row_ends;
mod rows;
mod select;
mod sequence;
mod settled;
mod sift;
mod spelled;
mod stage;
mod taken;
#[cfg(test)]
mod tests;
mod together;
mod ways;
mod why;
mod withhold;

use std::borrow::Cow;

use crate::dialect::{Bounds, Dialect};
use crate::mapping::{Mapping, MappingFile, Toward};
use crate::parallel::Pool;
use crate::reconcile::made_row::canonical;
use crate::schema::Schema;
use crate::source::{Rows, Source};
use crate::table::{Constraints, Folding, TableName, Truths};

pub use account::{Account, Rejection, Reported};
pub use database::{MadeTable, follow_directory};
pub use directory::follow_database;
pub use explain::{Effect, Explanation};
pub use following::Dangling;
pub use made::without_offset;
pub use made_entries::MadeEntries;
pub use sift::{Skipped, SkippedRow};
pub use why::{Reasons, Whys};

/// A table of the database side.
#[derive(Debug)]
pub struct Table<'t> {
    /// What it is called in the mapping file.
    pub name: TableName,
    /// What the script calls it.
    pub called: TableName,
    /// Its rows.
    pub rows: Rows<'t>,
    /// What the database keeps true of them.
    pub constraints: &'t Constraints,
    /// How many digits of a second's fraction each column keeps; none where that is not known.
    pub digits_of_second: Vec<Option<usize>>,
    /// What each column holds, where that is known.
    pub bounds: Vec<Option<Bounds>>,
    /// The words for true and false that the type of each column leaves, where it leaves but two.
    pub truths: Vec<Option<Truths>>,
    /// How each column compares texts, where that is known.
    pub foldings: Vec<Folding>,
    /// The columns in which the database counts.
    pub counted: Vec<usize>,
    /// Those of them in which no number becomes another.
    pub numbered: Vec<usize>,
    /// The names of the columns of which the database makes all values: rows have none of them.
    pub generated: Vec<String>,
    /// The lookup whose file it is.
    pub lookup: Option<String>,
}

impl Table<'_> {
    fn is(&self, name: &TableName) -> bool {
        self.lookup.is_none() && self.name == *name
    }

    fn is_lookup(&self, name: &str) -> bool {
        self.lookup.as_deref() == Some(name)
    }

    /// How a column compares texts.
    fn folding(&self, column: usize) -> Folding {
        self.foldings.get(column).copied().unwrap_or_default()
    }

    /// A value of a column in the form that is the same for all that the database takes for one.
    fn form<'v>(&self, column: usize, value: &'v [u8]) -> Cow<'v, [u8]> {
        self.folding(column).form(canonical(self.rows.columns, column, value))
    }
}

/// What came of a task.
#[derive(Debug)]
pub struct Outcome<M> {
    /// What becomes of the side that is changed.
    pub made: M,
    /// What came of each mapping.
    pub accounts: Vec<Account>,
    /// What was skipped.
    pub skipped: Skipped,
}

/// What is reconciled.
pub struct Task<'r> {
    /// The worker threads.
    pub pool: &'r Pool,
    /// Attribute types and classes.
    pub schema: &'r Schema,
    /// The mapping file.
    pub file: &'r MappingFile,
    /// The mappings that take part.
    pub mappings: Vec<&'r Mapping>,
    /// The side that is changed.
    pub toward: Toward,
    /// The entries.
    pub directory: &'r Source<'r>,
    /// The tables that the mappings name.
    pub tables: &'r [Table<'r>],
    /// Who runs the script; where none is written, whoever wrote the dump.
    pub dialect: Dialect,
    /// How much text a worker takes at a time, in bytes.
    pub part: usize,
    /// How much memory may be taken, in bytes, apart from the pages of the inputs.
    pub memory: usize,
    /// The record that is to be explained: its name, its key, or what `match` finds it by.
    pub explain: Option<String>,
    /// Whether it is to be told why each record changes.
    pub tells: bool,
    /// Whether the side that is changed has nothing yet: all that is meant comes, whatever the policy says.
    pub is_fresh: bool,
    /// Whether records that cannot be read are skipped.
    pub keep_going: bool,
}
