//! A script of SQL statements, as databases write it when they are dumped: where the rows of one table
//! stand in it, and the statements that define it.
//!
//! Everything else is passed over at the speed of looking for quotes. What a row or a definition says
//! is not read here.

mod elsewhere;
mod lexis;
mod objects;
mod rows;
mod settings;
mod survey;

use std::ops::Range;

use crate::dialect::{Dialect, Release};
use crate::dump::{Charset, RowForm, Style};
use crate::error::DumpFault;
use crate::table::TableName;

pub use rows::InsertRows;
pub use survey::{refuse_unfinished, survey};

/// What a script holds of one table.
#[derive(Debug)]
pub struct Script {
    /// Which database wrote it.
    pub style: Style,
    /// The database whose client takes the script, where it says so.
    pub dialect: Option<Dialect>,
    /// The tables that may be meant, in the order of the script.
    pub tables: Vec<FoundTable>,
    /// The statements that may define them, and what each is written in.
    pub definitions: Vec<(Range<usize>, Charset)>,
    /// Some other tables that are in it.
    pub known: Vec<String>,
    /// The time zone that times stand in, where it says so.
    pub time_zone: Option<String>,
    /// The release of the server it is from, where it says so.
    pub release: Option<Release>,
}

/// A table of a script.
#[derive(Clone, Debug)]
pub struct FoundTable {
    /// Its name with the database it is in, where the script says that.
    pub full: TableName,
    /// Its name, as it is called there.
    pub table: TableName,
    /// Whether the script makes it.
    pub is_made: bool,
    /// Whether it is made of partitions.
    pub is_partitioned: bool,
    /// Where its rows stand, in the order of the script.
    pub sections: Vec<Section>,
}

impl FoundTable {
    /// A table of which a script has no rows, as it was asked for.
    pub fn without_rows(asked: Option<&TableName>) -> FoundTable {
        let table = asked.cloned().unwrap_or_default();
        let (full, sections) = (table.clone(), Vec::new());
        FoundTable { full, table, is_made: false, is_partitioned: false, sections }
    }
}

impl Script {
    /// Whether the rows of a table are those of its partitions: MySQL's dumps have them in the table itself.
    pub fn has_partitions(&self, table: &FoundTable) -> bool {
        self.style == Style::Postgres && table.is_partitioned
    }

    /// The table that is meant: of several that differ in case, the one that is spelled so.
    ///
    /// # Errors
    ///
    /// There are more than one.
    pub fn only(&self, asked: Option<&TableName>) -> Result<Option<FoundTable>, DumpFault> {
        let mut found: Vec<&FoundTable> = match asked {
            Some(asked) => {
                let may_be = |one: &&FoundTable| asked.may_be(&one.full, str::eq_ignore_ascii_case);
                self.tables.iter().filter(may_be).collect()
            }
            None => self.with_rows(),
        };
        // What nobody makes may be one that is made and spelled otherwise: MySQL's settings say, not its dumps.
        let is_strange = |table: &&FoundTable| !table.is_made && !table.sections.is_empty();
        let is_sure = !found.iter().any(|table| table.is_made) || !found.iter().any(is_strange);
        if let (Some(asked), 2.., true) = (asked, found.len(), is_sure) {
            found.retain(|one| asked.may_be(&one.full, |one, other| one == other));
        }
        match found[..] {
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            _ => {
                let names = found.iter().map(|table| table.full.to_string()).collect();
                Err(DumpFault::ManyTables { asked: asked.map(ToString::to_string), names })
            }
        }
    }

    /// The names of tables that are in it, as far as they are kept.
    pub fn names(&self) -> Vec<String> {
        let found = self.tables.iter().map(|table| table.full.to_string());
        found.chain(self.known.iter().cloned()).collect()
    }

    /// The tables that have rows; where none has any, all.
    fn with_rows(&self) -> Vec<&FoundTable> {
        let has_any = self.tables.iter().any(|table| !table.sections.is_empty());
        self.tables.iter().filter(|table| !has_any || !table.sections.is_empty()).collect()
    }
}

/// Rows that follow each other and are written in one way.
#[derive(Clone, Debug)]
pub struct Section {
    /// The names of their columns; none where the definition of the table says them.
    pub columns: Option<Vec<String>>,
    /// How they are written.
    pub form: RowForm,
    /// The character set that the script says they are in, as it is spelled.
    pub character_set: Option<String>,
    /// Where they stand.
    pub range: Range<usize>,
    /// Where it may be cut into parts.
    pub cuts: Vec<usize>,
}
