//! What stands at the top of a script: what it is for, how to run it, what it asks for, and what nobody
//! guards.

use std::path::Path;

use crate::dialect::Dialect;
use crate::emit::Side;
use crate::emit::head::{quoted, unpack};
use crate::emit::sql::{End, RowGuard, Script, TableScript, db2, mssql, oracle};
use crate::plan::rows::RowCounts;
use crate::text::{Escaped, number_of};

/// What a script is about.
#[derive(Clone, Debug)]
pub struct TableSubject {
    /// What is to be changed.
    pub old: Side,
    /// What is obeyed.
    pub new: Side,
    /// How much is done, for each table.
    pub counts: Vec<RowCounts>,
}

impl TableSubject {
    /// How much is done in all.
    pub fn total(&self) -> RowCounts {
        self.counts.iter().copied().sum()
    }
}

/// The counts of a plan by kind: `1 insert, 2 deletes, 0 updates`.
pub fn rows_in_words(counts: RowCounts) -> String {
    [
        number_of(counts.inserts, "insert", "inserts"),
        number_of(counts.deletes, "delete", "deletes"),
        number_of(counts.updates, "update", "updates"),
    ]
    .join(", ")
}

impl Script<'_> {
    /// The comment at the top of a script; `file` is its own name, `undo` that of the way back.
    pub fn head(&self, subject: &TableSubject, file: Option<&Path>, undo: Option<&Path>) -> String {
        let (tables, are) = match self.tables {
            [_] => ("the table", "it is"),
            _ => ("the tables", "they are"),
        };
        let mut lines = vec![format!(
            "changes {tables} {} as in {} so that {are} as in {}",
            self.shown_tables().join(", "),
            shown(&subject.old),
            shown(&subject.new)
        )];
        for side in [&subject.old, &subject.new] {
            let digest = |digest: &String| format!("SHA-256 of {}: {digest}", name(side));
            lines.extend(side.sha256.iter().map(digest));
        }
        lines.push(match subject.total() {
            counts if counts.total() == 0 => "nothing to change".to_owned(),
            counts => rows_in_words(counts),
        });
        if self.tables.len() > 1 {
            let changed = |counts: &RowCounts| counts.total() > 0;
            let each = self.shown_tables().into_iter().zip(&subject.counts);
            let each = each.filter(|(_, counts)| changed(counts));
            lines
                .extend(each.map(|(table, counts)| format!("{table}: {}", rows_in_words(*counts))));
        }
        lines.extend(self.manner(file));
        lines.extend(undo.map(|undo| format!("undo: {}", Escaped(quoted(undo).as_bytes()))));
        self.before() + &Script::comment(&lines)
    }

    /// The comment at the top of the way back.
    pub fn undo_head(&self, subject: &TableSubject, file: Option<&Path>) -> String {
        let tables = if self.tables.len() == 1 { "the table" } else { "the tables" };
        let mut lines = vec![format!(
            "undoes the change of {tables} {} from {} to {}",
            self.shown_tables().join(", "),
            name(&subject.old),
            name(&subject.new)
        )];
        lines.extend(self.manner(file));
        self.before() + &Script::comment(&lines)
    }

    fn shown_tables(&self) -> Vec<String> {
        self.tables.iter().map(TableScript::shown).collect()
    }

    /// What a client has to be told before the first comment.
    fn before(&self) -> String {
        if self.dialect == Dialect::Oracle { oracle::BEFORE.to_owned() } else { String::new() }
    }

    /// What one should know of this database.
    fn notes(&self) -> &'static [&'static str] {
        match self.dialect {
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => &[],
            Dialect::Mssql => mssql::NOTES,
            Dialect::Oracle => oracle::NOTES,
            Dialect::Db2 => db2::NOTES,
        }
    }

    /// How it is run, and what it does then.
    fn manner(&self, file: Option<&Path>) -> Vec<String> {
        let command = match (file, file.and_then(unpack)) {
            (None, _) => self.dialect.command("FILE"),
            (Some(file), None) => self.dialect.command(&quoted(file)),
            (Some(_), Some(unpack)) => format!("{unpack} | {}", self.dialect.from_pipe()),
        };
        let stale = match self.guard {
            RowGuard::Changed => {
                "is gone, or in a column that changes (of a row that goes: in any) not as in the dump"
            }
            RowGuard::Row => "is gone, or in any column not as in the dump",
            RowGuard::None => "is gone",
        };
        let end = match self.end {
            End::Commit => "one transaction: all of it stays, or nothing".to_owned(),
            End::Rollback => {
                "a rehearsal: one transaction, which is taken back in any case".to_owned()
            }
            End::Every(size) => format!(
                "a transaction every {}: where it stops, those before stay, as it says then",
                number_of(size.get(), "change", "changes")
            ),
        };
        let mut lines = vec![
            format!("run: {}", Escaped(command.as_bytes())),
            end,
            format!("it stops where a row {stale}, or where one that comes is there already"),
            "not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do"
                .to_owned(),
        ];
        lines.extend(self.notes().iter().map(|note| (*note).to_owned()));
        if self.staged().next().is_some() {
            let needs = match self.dialect {
                Dialect::Postgres => "it comes by COPY, which takes psql",
                Dialect::Mysql | Dialect::Mariadb => "that takes the right to make one",
                Dialect::Sqlite => "that takes sqlite3 3.33 or later",
                Dialect::Mssql | Dialect::Oracle | Dialect::Db2 => "no server has proved it",
            };
            lines
                .insert(1, format!("staged: all of it goes into a temporary table first; {needs}"));
        }
        lines.extend(
            self.tables.iter().filter_map(|table| table.what_is_left_out(self.tables.len())),
        );
        lines
    }
}

impl TableScript<'_> {
    fn shown(&self) -> String {
        Escaped(self.dialect.table(self.table).as_bytes()).to_string()
    }

    /// What is said of columns that are left out, where it is one of so many tables.
    fn what_is_left_out(&self, tables: usize) -> Option<String> {
        let names = self.left_out.iter().map(|name| Escaped(name.as_bytes()).to_string());
        let names: Vec<String> = names.collect();
        let of = if tables > 1 { format!(" of {}", self.shown()) } else { String::new() };
        (!names.is_empty()).then(|| {
            format!(
                "left out{of}: {}: what is inserted, also by the way back, has the default there",
                names.join(", ")
            )
        })
    }
}

fn name(side: &Side) -> String {
    Escaped(side.name.as_bytes()).to_string()
}

fn shown(side: &Side) -> String {
    format!("{} ({}, {})", name(side), number_of(side.size, "byte", "bytes"), side.held())
}
