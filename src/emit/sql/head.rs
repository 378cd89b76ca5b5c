//! What stands at the top of a script: what it is for, how to run it, what it asks for, and what nobody
//! guards.

use std::path::Path;

use crate::dialect::Dialect;
use crate::emit::Side;
use crate::emit::head::{quoted, unpack};
use crate::emit::sql::{End, RowGuard, Script};
use crate::plan::rows::RowCounts;
use crate::text::{Escaped, number_of};

/// What a script is about.
#[derive(Clone, Debug)]
pub struct TableSubject {
    /// What is to be changed.
    pub old: Side,
    /// What is obeyed.
    pub new: Side,
    /// How much is done.
    pub counts: RowCounts,
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
        let mut lines = vec![format!(
            "changes the table {} as in {} so that it is as in {}",
            self.shown_table(),
            shown(&subject.old),
            shown(&subject.new)
        )];
        for side in [&subject.old, &subject.new] {
            let digest = |digest: &String| format!("SHA-256 of {}: {digest}", name(side));
            lines.extend(side.sha256.iter().map(digest));
        }
        lines.push(match subject.counts.total() {
            0 => "nothing to change".to_owned(),
            _ => rows_in_words(subject.counts),
        });
        lines.extend(self.manner(file));
        lines.extend(undo.map(|undo| format!("undo: {}", Escaped(quoted(undo).as_bytes()))));
        Script::comment(&lines)
    }

    /// The comment at the top of the way back.
    pub fn undo_head(&self, subject: &TableSubject, file: Option<&Path>) -> String {
        let mut lines = vec![format!(
            "undoes the change of the table {} from {} to {}",
            self.shown_table(),
            name(&subject.old),
            name(&subject.new)
        )];
        lines.extend(self.manner(file));
        Script::comment(&lines)
    }

    fn shown_table(&self) -> String {
        Escaped(self.dialect.table(self.table).as_bytes()).to_string()
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
            End::Commit => "one transaction: all of it stays, or nothing",
            End::Rollback => "a rehearsal: one transaction, which is taken back in any case",
        };
        let mut lines = vec![
            format!("run: {}", Escaped(command.as_bytes())),
            end.to_owned(),
            format!("it stops where a row {stale}, or where one that comes is there already"),
            "not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do"
                .to_owned(),
        ];
        if self.stage.is_some() {
            let needs = match self.dialect {
                Dialect::Postgres => "it comes by COPY, which takes psql",
                Dialect::Mysql | Dialect::Mariadb => "that takes the right to make one",
                Dialect::Sqlite => "that takes sqlite3 3.33 or later",
            };
            lines
                .insert(1, format!("staged: all of it goes into a temporary table first; {needs}"));
        }
        if !self.left_out.is_empty() {
            let names: Vec<String> =
                self.left_out.iter().map(|name| Escaped(name.as_bytes()).to_string()).collect();
            lines.push(format!(
                "left out: {}: what is inserted, also by the way back, has the default there",
                names.join(", ")
            ));
        }
        lines
    }
}

fn name(side: &Side) -> String {
    Escaped(side.name.as_bytes()).to_string()
}

fn shown(side: &Side) -> String {
    let rows = number_of(side.entries, "row", "rows");
    format!("{} ({}, {rows})", name(side), number_of(side.size, "byte", "bytes"))
}
