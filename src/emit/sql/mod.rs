//! SQL scripts: a program for the client of one database, which does what it says or nothing.
//!
//! In a script of *statements* a change is one line: the statement, and what makes the script stop where it
//! did not meet exactly one row that is as the dump had it. A *staged* script brings the changes into a
//! temporary table first, and makes a set of them by one statement; it stops for the same reasons, with the
//! same words. The lines of each kind of client stand in a file of their own; the statements are the same.

mod db2;
mod head;
mod lines;
mod load;
mod mssql;
mod mysql;
mod operations;
mod oracle;
mod postgres;
mod sqlite;
mod stage;
mod statement;
mod survey;

use std::borrow::Cow;
use std::num::NonZeroU64;

pub use head::{TableSubject, rows_in_words};
pub use load::Load;
pub use stage::Stage;
pub use survey::Survey;

use crate::dialect::{Dialect, Spelling};
use crate::emit::sql::stage::Staged;
use crate::emit::sql::survey::Phase;
use crate::table::{Columns, RowChange, TableName};

/// What must still be as the dump had it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowGuard {
    /// The columns that change; of a row that goes, all.
    #[default]
    Changed,
    /// All columns that are compared.
    Row,
    /// The key alone.
    None,
}

/// What stays of what a script does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// All, or nothing where it stops.
    #[default]
    Commit,
    /// Nothing: it is a rehearsal.
    Rollback,
    /// All, and where it stops what was done before in blocks of so many changes.
    Every(NonZeroU64),
}

impl End {
    /// The last of the changes before change `n` that stay when that one fails; 0 where none do.
    fn kept_before(self, n: u64) -> u64 {
        match self {
            End::Commit | End::Rollback => 0,
            End::Every(size) => (n - 1) / size * size.get(),
        }
    }

    /// Whether a block ends behind change `n`.
    pub fn is_behind(self, n: u64) -> bool {
        n > 0 && self.kept_before(n + 1) == n
    }

    /// What is said at the end of a transaction in which something is missing.
    fn missing(self) -> &'static str {
        match self {
            End::Commit | End::Rollback => "not all was done, nothing stays",
            End::Every(_) => "not all was done",
        }
    }

    /// What is said of the changes that stay when change `n` fails.
    fn said(self, n: u64) -> String {
        match self.kept_before(n) {
            0 => String::new(),
            last => format!("; changes 1 to {last} stay"),
        }
    }
}

/// How the changes stand in a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SqlStyle {
    /// As statements where somebody may want to read them, staged where they are many.
    #[default]
    Auto,
    /// A statement and a line each.
    Statements,
    /// In a temporary table.
    Staged,
}

impl SqlStyle {
    /// Whether this many changes are staged.
    pub fn is_staged(self, changes: usize) -> bool {
        /// More than these nobody reads.
        const READ: usize = 1000;
        match self {
            SqlStyle::Auto => changes > READ,
            SqlStyle::Statements => false,
            SqlStyle::Staged => true,
        }
    }
}

/// A script.
#[derive(Clone, Copy, Debug)]
pub struct Script<'s> {
    /// Who runs it.
    pub dialect: Dialect,
    /// What must still be as it was.
    pub guard: RowGuard,
    /// What stays of it.
    pub end: End,
    /// The time zone in which times stand in the dump, where the server shows them in another.
    pub time_zone: Option<&'s str>,
    /// What it does to each table.
    pub tables: &'s [TableScript<'s>],
}

/// What a script does to one table.
#[derive(Clone, Copy, Debug)]
pub struct TableScript<'s> {
    /// Who runs it.
    pub dialect: Dialect,
    /// What must still be as it was.
    pub guard: RowGuard,
    /// What stays of it.
    pub end: End,
    /// The table.
    pub table: &'s TableName,
    /// Its columns and key.
    pub columns: &'s Columns,
    /// How the database spells the values of each column, where it does and its definition says so.
    pub spellings: &'s [Option<Spelling>],
    /// Columns that the database sets in each row that is changed, but for a change that sets them itself: they are
    /// set to what they are.
    pub touched: &'s [usize],
    /// Columns that the database sets so and that are its own: nothing asks what they are.
    pub servers_own: &'s [usize],
    /// Columns that both sides have and that are left out.
    pub left_out: &'s [String],
    /// Columns that the database counts where a row comes without a value, which here some may not: it
    /// goes on behind the greatest.
    pub counters: &'s [usize],
    /// What is staged, of a table that something is done to; `None` where each change is a statement.
    pub stage: Option<&'s Stage>,
}

/// Some changes that a client takes as one statement.
#[derive(Clone, Debug)]
pub struct Block {
    /// What stands before them.
    pub opening: String,
    /// What stands between two of them.
    pub between: &'static str,
    /// What stands behind them.
    pub closing: String,
    /// How many bytes of them there are; one alone may be longer.
    pub most: usize,
}

/// A value that no script can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritable {
    /// The number of its column.
    pub column: usize,
    /// What it is.
    pub found: &'static str,
}

/// How the changes of a table come into its table of changes.
#[derive(Clone, Debug)]
pub struct Loading {
    /// What stands before all.
    pub opening: String,
    /// What stands around some.
    pub block: Block,
    /// What stands behind all.
    pub closing: &'static str,
}

/// Below the least limit of a statement there is, in bytes.
const STATEMENT: usize = 1 << 20;

impl Block {
    /// Nothing around changes of which each is a line.
    fn lines() -> Block {
        Block { opening: String::new(), between: "", closing: String::new(), most: usize::MAX }
    }
}

impl Unwritable {
    /// A name that this database's client would take apart, or the database has no way to write.
    pub(super) fn of_names(
        dialect: Dialect,
        table: &TableName,
        columns: &[String],
    ) -> Option<Unwritable> {
        let fault = |(column, name): (usize, &String)| {
            let found = dialect.unwritable_name(name)?;
            Some(Unwritable { column, found })
        };
        let of_table = table.parts.iter().map(|part| (0, part));
        columns.iter().enumerate().chain(of_table).find_map(fault)
    }
}

impl TableScript<'_> {
    /// The columns that the database would set by itself in a change of these.
    fn touched_by(&self, changed: &[usize]) -> impl Iterator<Item = usize> {
        self.touched.iter().copied().filter(|n| !changed.contains(n))
    }
}

impl Script<'_> {
    /// What comes before the changes.
    pub fn opening(&self) -> String {
        match self.dialect {
            Dialect::Postgres => postgres::opening(),
            Dialect::Mysql | Dialect::Mariadb => {
                let stages: String = self.staged().map(mysql::stage).collect();
                mysql::opening(self) + &stages + mysql::TRANSACTION
            }
            Dialect::Sqlite => {
                let stages: String = self.staged().map(sqlite::stage).collect();
                sqlite::opening(self) + &stages
            }
            Dialect::Mssql => mssql::opening(self),
            Dialect::Oracle => oracle::opening(),
            Dialect::Db2 => db2::opening(),
        }
    }

    /// Change number `n`, from 1, where each is a statement.
    ///
    /// # Errors
    ///
    /// A value cannot be written.
    pub fn change(
        &self,
        n: u64,
        table: usize,
        change: &RowChange<'_>,
    ) -> Result<String, Unwritable> {
        let of = &self.tables[table];
        Unwritable::of_names(self.dialect, of.table, &of.columns.names).map_or(Ok(()), Err)?;
        if self.dialect == Dialect::Db2 {
            return db2::change(of, n, change);
        }
        let statement = of.statement(n, change)?;
        Ok(match self.dialect {
            Dialect::Postgres => postgres::line(&statement, n),
            Dialect::Mysql | Dialect::Mariadb => mysql::line(&statement, n),
            Dialect::Sqlite => sqlite::line(&statement),
            Dialect::Mssql => mssql::line(self, table, &statement),
            Dialect::Oracle | Dialect::Db2 => oracle::line(&statement),
        })
    }

    /// What stands around such changes.
    pub fn block(&self) -> Block {
        match self.dialect {
            Dialect::Postgres => Block {
                opening: postgres::block_opening(self),
                between: "",
                closing: postgres::block_closing(self),
                most: 4 * STATEMENT,
            },
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => Block::lines(),
            Dialect::Mssql => mssql::block(),
            Dialect::Oracle => oracle::block(),
            Dialect::Db2 => db2::block(),
        }
    }

    /// How the changes of a table are staged; `None` where nothing is done to it, or nothing staged.
    pub fn loading(&self, table: usize) -> Option<Loading> {
        let staged = self.of(table)?;
        Some(match self.dialect {
            Dialect::Postgres => Loading {
                opening: postgres::stage(staged),
                block: Block::lines(),
                closing: "\\.\n",
            },
            Dialect::Mysql
            | Dialect::Mariadb
            | Dialect::Sqlite
            | Dialect::Mssql
            | Dialect::Oracle
            | Dialect::Db2 => Loading {
                opening: String::new(),
                block: Block {
                    opening: staged.load(),
                    between: ",\n",
                    closing: ";\n".to_owned(),
                    most: STATEMENT,
                },
                closing: "",
            },
        })
    }

    /// Change number `n`, from 1, as a row of what is loaded.
    ///
    /// # Errors
    ///
    /// A value cannot be written.
    pub fn row(&self, n: u64, table: usize, change: &RowChange<'_>) -> Result<String, Unwritable> {
        self.of(table).map_or(Ok(String::new()), |staged| staged.row(n, change))
    }

    /// What stands between change `n` and the next: the end of a block, where one ends there.
    pub fn pause(&self, n: u64) -> Option<String> {
        self.end.is_behind(n).then(|| match self.dialect {
            Dialect::Postgres => postgres::pause(n),
            Dialect::Mysql | Dialect::Mariadb => mysql::pause(n),
            Dialect::Sqlite => sqlite::pause(n),
            Dialect::Mssql => mssql::pause(self.end, n),
            Dialect::Oracle => oracle::pause(self.end, n),
            Dialect::Db2 => db2::PAUSE.to_owned(),
        })
    }

    /// What comes behind `total` changes.
    pub fn closing(&self, total: u64) -> String {
        let is_staged = self.staged().next().is_some();
        match (self.dialect, is_staged) {
            (Dialect::Postgres, false) => postgres::closing(self),
            (Dialect::Postgres, true) => postgres::operations(self) + &postgres::closing(self),
            (Dialect::Mysql | Dialect::Mariadb, false) => mysql::closing(self.end, total),
            (Dialect::Mysql | Dialect::Mariadb, true) => mysql::operations(self),
            (Dialect::Sqlite, false) => sqlite::closing(self.end, total),
            (Dialect::Sqlite, true) => sqlite::operations(self),
            (Dialect::Mssql, _) => mssql::closing(self, total),
            (Dialect::Oracle, _) => oracle::closing(self.end, total),
            (Dialect::Db2, _) => db2::closing(self.end).to_owned(),
        }
    }

    /// The tables that are staged.
    fn staged(&self) -> impl Iterator<Item = Staged<'_>> {
        (0..self.tables.len()).filter_map(|n| self.of(n))
    }

    fn of(&self, table: usize) -> Option<Staged<'_>> {
        let script = &self.tables[table];
        script.stage.map(|stage| Staged { script, stage, number: table })
    }

    /// What is done to staged tables, one after the other.
    fn phases(&self) -> Vec<(Staged<'_>, &Phase)> {
        let mut all: Vec<(Staged<'_>, &Phase)> = Vec::new();
        for staged in self.staged() {
            all.extend(staged.stage.survey.phases.iter().map(|phase| (staged, phase)));
        }
        all.sort_by_key(|(_, phase)| *phase.changes().start());
        all
    }

    /// Lines of comment; nothing in them ends a line.
    fn comment(lines: &[String]) -> String {
        let line = |line: &String| match line.as_str() {
            "" => Cow::Borrowed("--\n"),
            line => Cow::Owned(format!("-- {line}\n")),
        };
        lines.iter().map(line).collect()
    }
}
