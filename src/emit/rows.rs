//! Changes to rows as a person reads them in a ticket, and as programs read them.

use crate::emit::Paint;
use crate::emit::sql::{TableSubject, rows_in_words};
use crate::emit::summary::counted;
use crate::emit::unified::{MASK, shown};
use crate::schema::Schema;
use crate::server::is_secret;
use crate::table::{Cell, Columns, RowChange, TableName, Value};
use crate::text::Escaped;

/// Makes unified text of changes to rows.
#[derive(Clone, Copy, Debug)]
pub struct UnifiedRows<'u> {
    /// Whether it is coloured.
    pub paint: Paint,
    /// The table, where there are several.
    pub table: Option<&'u TableName>,
    /// The columns and the key.
    pub columns: &'u Columns,
    /// Further columns whose values are masked, in lower case.
    pub secrets: &'u [Vec<u8>],
}

impl UnifiedRows<'_> {
    /// The lines above all changes.
    pub fn header(&self, subject: &TableSubject) -> String {
        let sides = [&subject.old, &subject.new];
        self.paint.header(sides, &rows_in_words(subject.total()))
    }

    /// The line above all changes of this kind.
    pub fn title(&self, change: &RowChange<'_>) -> String {
        let table = self.table.map_or(String::new(), |table| format!(" in {table}"));
        let done = match change {
            RowChange::Insert(_) => "inserted",
            RowChange::Delete(_) => "deleted",
            RowChange::Update(..) => "updated",
        };
        format!("\n# {done}{table}\n")
    }

    /// The lines about one row.
    pub fn block(&self, change: &RowChange<'_>) -> String {
        let (row, other) = match change {
            RowChange::Insert(row) | RowChange::Delete(row) => (row, None),
            RowChange::Update(row, other) => (row, Some(other)),
        };
        let mut text = self.paint.line("36", &format!("@@ {} @@", self.columns.shown_key(row)));
        for (n, name) in self.columns.names.iter().enumerate() {
            // What the database makes, nobody knows yet.
            if row[n].as_ref().is_some_and(Value::is_unsaid) {
                continue;
            }
            match (change, other) {
                (_, Some(other)) if self.columns.agree(n, row, other) => {}
                (_, Some(other)) => {
                    text += &self.value('-', name, &row[n]);
                    text += &self.value('+', name, &other[n]);
                }
                (RowChange::Insert(_), None) => text += &self.value('+', name, &row[n]),
                (_, None) => text += &self.value('-', name, &row[n]),
            }
        }
        text
    }

    fn value(&self, sign: char, name: &str, cell: &Cell<'_>) -> String {
        let colour = if sign == '+' { "32" } else { "31" };
        let secret = || is_secret(Schema::builtin(), self.secrets, name.as_bytes());
        let name = Escaped(name.as_bytes());
        let line = match cell {
            None => format!("{sign} {name} is NULL"),
            Some(_) if secret() => format!("{sign} {name}: {MASK}"),
            Some(value) => format!("{sign} {name}: {}", shown(&value.bytes)),
        };
        self.paint.line(colour, line.trim_end())
    }
}

/// The counts alone, for people; of several tables also those of each in which something changes.
pub fn row_summary(subject: &TableSubject, tables: &[&TableName]) -> String {
    let counts = subject.total();
    let counts =
        [(counts.inserts, "inserted"), (counts.deletes, "deleted"), (counts.updates, "updated")];
    let mut text = counted([&subject.old, &subject.new], &counts);
    let several = if tables.len() > 1 { tables } else { &[] };
    for (table, counts) in several.iter().zip(&subject.counts).filter(|(_, one)| one.total() > 0) {
        let name = Escaped(table.to_string().as_bytes()).to_string();
        text += &format!("{name}: {}\n", rows_in_words(*counts));
    }
    text
}
