//! The table of changes of a staged script: which columns it has, and a change as a row of it.

use crate::dialect::{Dialect, copied, copied_text};
use crate::emit::sql::survey::{Operation, Survey, Verb};
use crate::emit::sql::{RowGuard, TableScript, Unwritable};
use crate::table::{Cell, ColumnType, Columns, RowChange};

/// Which value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// As it was: what is asked for.
    Old,
    /// As it will be; of a key, what rows are found by.
    New,
}

impl Half {
    /// What the table of changes calls this value of column `n`.
    pub(super) fn name(self, n: usize) -> String {
        match self {
            Half::Old => format!("old_{}", n + 1),
            Half::New => format!("new_{}", n + 1),
        }
    }

    /// The same in a statement.
    pub(super) fn of(self, n: usize) -> String {
        format!("c.{}", self.name(n))
    }
}

/// What a staged script does, and what its table of changes holds for that.
#[derive(Clone, Debug)]
pub struct Stage {
    pub(super) survey: Survey,
    /// Which values of which columns, in their order.
    pub(super) held: Vec<(Half, usize)>,
    /// For each column, whether its values are bytes.
    pub(super) bytes: Vec<bool>,
}

impl Stage {
    /// The stage for these changes.
    pub fn new(survey: Survey, dialect: Dialect, columns: &Columns, guard: RowGuard) -> Stage {
        let all = 0..columns.names.len();
        let is_bytes = |n| columns.types[n] == Some(ColumnType::Bytes) || survey.has_bytes(n);
        let bytes: Vec<bool> = all.clone().map(is_bytes).collect();
        let is_key = |n| columns.key.contains(&n);
        let is_asked = |n| match guard {
            // What finds a key there takes other texts for it, too.
            _ if is_key(n) => matches!(dialect, Dialect::Mysql | Dialect::Mariadb) && !bytes[n],
            RowGuard::None => false,
            RowGuard::Row => survey.does(Verb::Delete) || survey.does(Verb::Update),
            RowGuard::Changed => survey.does(Verb::Delete) || survey.changes(n),
        };
        let is_given = |n| is_key(n) || survey.does(Verb::Insert) || survey.changes(n);
        let mut held = Vec::new();
        for n in all {
            held.extend(is_asked(n).then_some((Half::Old, n)));
            held.extend(is_given(n).then_some((Half::New, n)));
        }
        Stage { survey, held, bytes }
    }
}

/// A staged table.
#[derive(Clone, Copy)]
pub(super) struct Staged<'s> {
    pub(super) script: &'s TableScript<'s>,
    pub(super) stage: &'s Stage,
    /// The number of the table, from 0.
    pub(super) number: usize,
}

impl Staged<'_> {
    /// What the table of changes is called where it is used.
    pub(super) fn name(self) -> String {
        let schema = match self.script.dialect {
            Dialect::Postgres => "pg_temp.",
            Dialect::Mysql | Dialect::Mariadb | Dialect::Mssql | Dialect::Oracle | Dialect::Db2 => {
                ""
            }
            Dialect::Sqlite => "temp.",
        };
        format!("{schema}{}", self.alone())
    }

    /// What it is called where it is made.
    pub(super) fn alone(self) -> String {
        match self.number {
            0 => "ldifsync_changes".to_owned(),
            n => format!("ldifsync_changes_{}", n + 1),
        }
    }

    /// Its columns: the number of a change, the statement that makes it, its key for a message, where
    /// needed which columns change, and the values.
    fn columns(self) -> Vec<String> {
        let mask = self.stage.survey.is_masked().then_some("mask");
        let fixed = ["n", "set_no", "shown"].into_iter().chain(mask).map(str::to_owned);
        fixed.chain(self.stage.held.iter().map(|(half, n)| half.name(*n))).collect()
    }

    /// What stands before rows.
    pub(super) fn load(self) -> String {
        format!("INSERT INTO {} ({}) VALUES\n", self.name(), self.columns().join(", "))
    }

    /// Change number `n` as a row.
    pub(super) fn row(self, n: u64, change: &RowChange<'_>) -> Result<String, Unwritable> {
        let columns = match change {
            RowChange::Insert(_) | RowChange::Delete(_) => Vec::new(),
            RowChange::Update(row, other) => self.script.columns.differing(row, other),
        };
        let phase = self.stage.survey.phase(n);
        let operation = phase.and_then(|phase| phase.operation(&columns));
        let shown = self.script.columns.shown_key(change.row());
        let number = operation.map_or(0, Operation::number);
        let mut fields = vec![n.to_string(), number.to_string(), self.text(&shown)];
        if self.stage.survey.is_masked() {
            fields.push(self.text(&self.mask(&columns)));
        }
        for &(half, column) in &self.stage.held {
            let cell = self.cell((half, column), change, &columns).unwrap_or(&None);
            fields.push(self.field(column, cell)?);
        }
        Ok(match self.script.dialect {
            Dialect::Postgres => fields.join("\t") + "\n",
            _ => format!("({})", fields.join(", ")),
        })
    }

    /// A value of a change of these columns; none where nobody asks for it.
    fn cell<'c, 'r>(
        self,
        (half, column): (Half, usize),
        change: &'c RowChange<'r>,
        columns: &[usize],
    ) -> Option<&'c Cell<'r>> {
        let is_key = self.script.columns.key.contains(&column);
        let is_changed = columns.contains(&column);
        let row = match (change, half) {
            (change, _) if is_key => change.row(),
            (RowChange::Insert(row), Half::New) | (RowChange::Delete(row), Half::Old) => row,
            (RowChange::Update(_, row), Half::New) if is_changed => row,
            (RowChange::Update(row, _), Half::Old)
                if is_changed || self.script.guard == RowGuard::Row =>
            {
                row
            }
            _ => return None,
        };
        Some(&row[column])
    }

    /// A letter for each column of the table: 1 where it is one of these.
    fn mask(self, columns: &[usize]) -> String {
        let letter = |n| if columns.contains(&n) { '1' } else { '0' };
        (0..self.script.columns.names.len()).map(letter).collect()
    }

    fn text(self, text: &str) -> String {
        match self.script.dialect {
            Dialect::Postgres => copied_text(text),
            dialect => dialect.literal(text),
        }
    }

    fn field(self, column: usize, cell: &Cell<'_>) -> Result<String, Unwritable> {
        match self.script.dialect {
            Dialect::Postgres => copied(cell, self.script.columns.types[column])
                .map_err(|found| Unwritable { column, found }),
            _ => self.script.value(column, cell),
        }
    }
}
