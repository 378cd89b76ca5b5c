//! What a staged script asks of the table and does to it, a set of changes at a time. In all statements `c`
//! is the table of changes and `t` the table that is changed.

use crate::dialect::{Dialect, Literal};
use crate::emit::sql::RowGuard;
use crate::emit::sql::stage::{Half, Staged};
use crate::emit::sql::survey::{Operation, Phase, Verb};
use crate::table::Notation;

/// Of which rows a column is asked.
enum Asked {
    None,
    All,
    /// Those for which this holds.
    Some(String),
}

impl Staged<'_> {
    /// Queries for the number of a change of a phase that is wrong, the first of them: one row, or none.
    pub(super) fn wrong(self, phase: &Phase) -> Vec<String> {
        let (changes, table, rows) = (self.name(), self.table(), rows(phase, ""));
        match phase.verb {
            Verb::Insert => {
                let there = format!(
                    "SELECT c.n FROM {changes} AS c JOIN {table} AS t ON {} WHERE {rows} \
                     ORDER BY c.n LIMIT 1",
                    self.is_key()
                );
                vec![there, self.twins(phase)]
            }
            // A key that two rows have is as wrong as one that none has.
            Verb::Delete | Verb::Update => {
                let all: Vec<_> = phase.operations().collect();
                vec![format!(
                    "SELECT c.n FROM {changes} AS c LEFT JOIN {table} AS t ON {} WHERE {rows} \
                     GROUP BY c.n HAVING COUNT({}) <> 1 ORDER BY c.n LIMIT 1",
                    self.meets(phase.verb, &all),
                    self.keys()[0]
                )]
            }
        }
    }

    /// The query for a row that comes with the key of another one that comes.
    pub(super) fn twins(self, phase: &Phase) -> String {
        let exactly =
            |&n: &usize| self.script.dialect.exactly(&Half::New.of(n), !self.stage.bytes[n]);
        let key: Vec<String> = self.script.columns.key.iter().map(exactly).collect();
        format!(
            "SELECT MAX(c.n) FROM {} AS c WHERE {} GROUP BY {} HAVING COUNT(*) > 1 \
             ORDER BY MAX(c.n) LIMIT 1",
            self.name(),
            rows(phase, ""),
            key.join(", ")
        )
    }

    /// The sentence about change `c.n`, as an expression.
    pub(super) fn sentence(self, phase: &Phase) -> String {
        let dialect = self.script.dialect;
        let literal = |text: String| dialect.literal(&text);
        let (verb, wrong) = self.script.said(phase.verb);
        let parts = [
            literal("ldifsync: change ".to_owned()),
            "c.n".to_owned(),
            literal(format!(": {verb} {}, ", self.script.named_table())),
            "c.shown".to_owned(),
            literal(format!(": {wrong}{}", self.script.end.said(*phase.changes().start()))),
        ];
        match dialect {
            Dialect::Postgres | Dialect::Sqlite | Dialect::Oracle | Dialect::Db2 => {
                parts.join(" || ")
            }
            Dialect::Mysql | Dialect::Mariadb | Dialect::Mssql => {
                format!("CONCAT({})", parts.join(", "))
            }
        }
    }

    /// The sentence for the case that an operation meets another number of rows, as a literal.
    pub(super) fn missed(self, phase: &Phase) -> String {
        let ((verb, _), changes) = (self.script.said(phase.verb), phase.changes());
        self.script.dialect.literal(&format!(
            "ldifsync: changes {} to {}: {verb} {}: not every one met a row of its own{}",
            changes.start(),
            changes.end(),
            self.script.named_table(),
            self.script.end.said(*changes.start())
        ))
    }

    /// One operation, where `gate` holds besides.
    pub(super) fn operation(self, phase: &Phase, operation: Operation<'_>, gate: &str) -> String {
        let set = match phase.operations().count() {
            1 => String::new(),
            _ => format!(" AND c.set_no = {}", operation.number()),
        };
        let rows = rows(phase, &(set + gate));
        match phase.verb {
            Verb::Insert => self.insert(&rows),
            Verb::Delete => self.delete(&rows, &self.meets(phase.verb, &[operation])),
            Verb::Update => self.update(&rows, operation),
        }
    }

    fn insert(self, rows: &str) -> String {
        let (names, values): (Vec<_>, Vec<_>) = (0..self.script.columns.names.len())
            .map(|n| (self.script.column(n), Half::New.of(n)))
            .unzip();
        let kind = match self.script.dialect {
            Dialect::Postgres => " OVERRIDING SYSTEM VALUE",
            Dialect::Mysql
            | Dialect::Mariadb
            | Dialect::Sqlite
            | Dialect::Mssql
            | Dialect::Oracle
            | Dialect::Db2 => "",
        };
        let (changes, table) = (self.name(), self.table());
        format!(
            "INSERT INTO {table} ({}){kind} SELECT {} FROM {changes} AS c WHERE {rows} \
             AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {}) ORDER BY c.n",
            names.join(", "),
            values.join(", "),
            self.is_key()
        )
    }

    fn delete(self, rows: &str, meets: &str) -> String {
        let (changes, table) = (self.name(), self.table());
        match self.script.dialect {
            Dialect::Postgres => {
                format!("DELETE FROM {table} AS t USING {changes} AS c WHERE {rows} AND {meets}")
            }
            Dialect::Mysql | Dialect::Mariadb => format!(
                "DELETE t FROM {changes} AS c STRAIGHT_JOIN {table} AS t ON {meets} WHERE {rows}"
            ),
            Dialect::Sqlite | Dialect::Mssql | Dialect::Oracle | Dialect::Db2 => {
                let key = self.script.columns.key.iter();
                let key: Vec<String> =
                    key.map(|&n| format!("{} COLLATE BINARY", self.script.column(n))).collect();
                format!(
                    "DELETE FROM {table} WHERE ({}) IN (SELECT {} FROM {changes} AS c \
                     JOIN {table} AS t ON {meets} WHERE {rows})",
                    key.join(", "),
                    self.keys().join(", ")
                )
            }
        }
    }

    fn update(self, rows: &str, operation: Operation<'_>) -> String {
        let (changes, table) = (self.name(), self.table());
        let meets = self.meets(Verb::Update, &[operation]);
        let set = |&n: &usize| {
            let (column, value) = (self.script.column(n), Half::New.of(n));
            let column = match self.script.dialect {
                Dialect::Mysql | Dialect::Mariadb => format!("t.{column}"),
                Dialect::Postgres
                | Dialect::Sqlite
                | Dialect::Mssql
                | Dialect::Oracle
                | Dialect::Db2 => column,
            };
            match operation {
                Operation::Whole(..) => format!("{column} = {value}"),
                Operation::Masked(_) => format!(
                    "{column} = CASE WHEN {} THEN {value} ELSE {} END",
                    masked(n),
                    self.column(n)
                ),
            }
        };
        let changed = &operation.set().columns;
        let touched = self.script.touched_by(changed).map(|n| self.column(n));
        let touched = touched.map(|column| format!("{column} = {column}"));
        let set: Vec<String> = changed.iter().map(set).chain(touched).collect();
        let set = set.join(", ");
        match self.script.dialect {
            Dialect::Postgres
            | Dialect::Sqlite
            | Dialect::Mssql
            | Dialect::Oracle
            | Dialect::Db2 => format!(
                "UPDATE {table} AS t SET {set} FROM {changes} AS c WHERE {rows} AND {meets}"
            ),
            Dialect::Mysql | Dialect::Mariadb => format!(
                "UPDATE {changes} AS c STRAIGHT_JOIN {table} AS t ON {meets} SET {set} WHERE {rows}"
            ),
        }
    }

    /// Whether `t` is the row of `c` and still as it was, for changes of these sets.
    fn meets(self, verb: Verb, sets: &[Operation<'_>]) -> String {
        let mut all = vec![self.is_key()];
        let columns = &self.script.columns;
        for n in (0..columns.names.len()).filter(|n| !columns.key.contains(n)) {
            let holds = || {
                let literal = self.literal(Half::Old, n);
                let literal = match columns.notation(n) {
                    Notation::Xml => literal.noted(Notation::Xml),
                    _ => literal,
                };
                self.script.dialect.holds(&self.column(n), Some(&literal))
            };
            match self.asked(n, verb, sets) {
                Asked::None => {}
                Asked::All => all.push(holds()),
                Asked::Some(rows) => {
                    all.push(format!("CASE WHEN {rows} THEN {} ELSE TRUE END", holds()));
                }
            }
        }
        all.join(" AND ")
    }

    fn asked(self, n: usize, verb: Verb, sets: &[Operation<'_>]) -> Asked {
        match (self.script.guard, verb) {
            (RowGuard::None, _) => return Asked::None,
            _ if self.script.servers_own.contains(&n) => return Asked::None,
            (RowGuard::Row, _) | (RowGuard::Changed, Verb::Delete) => return Asked::All,
            (RowGuard::Changed, Verb::Insert | Verb::Update) => {}
        }
        let changing: Vec<_> =
            sets.iter().filter(|operation| operation.set().columns.contains(&n)).collect();
        match changing[..] {
            [] => Asked::None,
            [Operation::Masked(_), ..] => Asked::Some(masked(n)),
            _ if changing.len() == sets.len() => Asked::All,
            _ => {
                let numbers: Vec<String> =
                    changing.iter().map(|operation| operation.number().to_string()).collect();
                Asked::Some(format!("c.set_no IN ({})", numbers.join(", ")))
            }
        }
    }

    /// Whether `t` has the key of `c`.
    fn is_key(self) -> String {
        let one = |&n: &usize| {
            let word = Half::New.of(n);
            let half =
                if self.stage.held.contains(&(Half::Old, n)) { Half::Old } else { Half::New };
            self.script.dialect.finds(&self.column(n), &word, &self.literal(half, n))
        };
        let all: Vec<String> = self.script.columns.key.iter().map(one).collect();
        all.join(" AND ")
    }

    /// A value of the table of changes, as it is held against its column.
    fn literal(self, half: Half, n: usize) -> Literal {
        let sql = half.of(n);
        let literal = if self.stage.bytes[n] { Literal::bare(sql) } else { Literal::text(sql) };
        literal.staged(self.script.columns.types[n])
    }

    /// The columns of the key.
    fn keys(self) -> Vec<String> {
        self.script.columns.key.iter().map(|&n| self.column(n)).collect()
    }

    /// A column of the table that is changed.
    fn column(self, n: usize) -> String {
        format!("t.{}", self.script.column(n))
    }

    /// The table that is changed.
    fn table(self) -> String {
        self.script.dialect.table(self.script.table)
    }
}

/// The changes of a phase, where something holds besides.
fn rows(phase: &Phase, besides: &str) -> String {
    let changes = phase.changes();
    format!("c.n BETWEEN {} AND {}{besides}", changes.start(), changes.end())
}

/// Whether a row says of itself that this column changes in it.
fn masked(n: usize) -> String {
    format!("SUBSTR(c.mask, {}, 1) = '1'", n + 1)
}
