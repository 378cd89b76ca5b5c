//! Rows of tables that are not compared, and that refer to rows which go or get another key: the database refuses the
//! script because of them, or deletes or changes them, and no undo brings that back.

use std::collections::HashSet;

use crate::dialect::Dialect;
use crate::diff::tables::agree::number_in;
use crate::diff::tables::{Agreed, Opened, Run};
use crate::diff::through::columns_of;
use crate::error::Result;
use crate::plan::rows::TableSides;
use crate::source::Rows;
use crate::table::{Columns, Folding, Referrer, Row};
use crate::text::{Escaped, number_of};

/// What is to be said of each reference, by the rows that OLD has of the table.
///
/// # Errors
///
/// A row of a table that is compared cannot be read.
pub(in crate::diff) fn sentences(
    old: &Opened<'_>,
    run: &Run<'_, '_>,
    runner: Option<Dialect>,
) -> Result<Vec<String>> {
    let mut said = Vec::new();
    for (agreed, sides) in run.tables.iter().zip(run.sides) {
        for referrer in &agreed.referrers {
            let columns = &agreed.columns;
            let referred = referrer.key.referred.iter().map(|name| number_in(columns, name));
            let Some(referred) = referred.collect::<Option<Vec<usize>>>() else { continue };
            let of = Referring { agreed, referrer, referred };
            let lost = of.lost(sides, runner)?;
            let sentence = match lost.is_empty() {
                true => None,
                false => of.sentence(&lost, old, run),
            };
            said.extend(sentence.filter(|sentence| !said.contains(sentence)));
        }
    }
    Ok(said)
}

/// A reference to a table, and the columns that it leads to.
struct Referring<'r> {
    agreed: &'r Agreed,
    referrer: &'r Referrer,
    referred: Vec<usize>,
}

/// What is lost, and what rows of the other table do about it.
struct Found {
    count: u64,
    first: String,
}

impl Referring<'_> {
    fn foldings(&self) -> Vec<Folding> {
        let all = &self.agreed.constraints.foldings;
        self.referred.iter().map(|&n| all.get(n).copied().unwrap_or_default()).collect()
    }

    /// The values of rows that go or change; what the database has follow is not lost. InnoDB takes another spelling for
    /// another value.
    fn lost(
        &self,
        sides: &TableSides<'_, '_>,
        runner: Option<Dialect>,
    ) -> Result<HashSet<Vec<u8>>> {
        let (foldings, columns) = (self.foldings(), &self.agreed.columns);
        let form = |row: &Row<'_>| columns.forms(&self.referred, &foldings, row);
        let told = |row: &Row<'_>| match runner.is_some_and(Dialect::is_mysql) {
            true => columns.values(&self.referred, row),
            false => form(row),
        };
        let mut lost = HashSet::new();
        for &place in &sides.joined.old_only {
            lost.extend(form(&sides.old.read(place)?));
        }
        for &(before, after) in sides.joined.changed.iter().filter(|_| !self.referrer.key.follows) {
            let (before, after) = (sides.old.read(before)?, sides.new.read(after)?);
            lost.extend(form(&before).filter(|_| told(&before) != told(&after)));
        }
        Ok(lost)
    }

    /// What is to be said, where a row refers there; of rows that OLD does not show, what may become of them.
    fn sentence(
        &self,
        lost: &HashSet<Vec<u8>>,
        old: &Opened<'_>,
        run: &Run<'_, '_>,
    ) -> Option<String> {
        let acts = self.referrer.key.on_delete.acts();
        let table = Escaped(self.agreed.table.to_string().as_bytes()).to_string();
        let other = Escaped(self.referrer.table.to_string().as_bytes()).to_string();
        let way_out = "compare that table too, with `--table`";
        match (self.found(lost, old, run), acts) {
            (None, false) => None,
            (None, true) => Some(format!(
                "rows of {other} that refer to rows of {table} which go are deleted or changed along with them (ON DELETE), \
                 and no undo brings that back: {way_out}"
            )),
            (Some(Found { count: 0, .. }), _) => None,
            (Some(Found { count, first }), true) => Some(format!(
                "{} of {other} that {} to rows of {table} which go or get another key, first {first}, {} deleted or changed \
                 along with them, or refused (ON DELETE), and no undo brings that back: {way_out}",
                number_of(count, "row", "rows"),
                if count == 1 { "refers" } else { "refer" },
                if count == 1 { "is" } else { "are" },
            )),
            (Some(Found { count, first }), false) => Some(format!(
                "{} of {other} {} to rows of {table} that go or get another key, first {first}: the database refuses the \
                 script: {way_out}",
                number_of(count, "row", "rows"),
                if count == 1 { "refers" } else { "refer" },
            )),
        }
    }

    /// The rows that refer to what is lost; `None` where OLD does not show them.
    fn found(&self, lost: &HashSet<Vec<u8>>, old: &Opened<'_>, run: &Run<'_, '_>) -> Option<Found> {
        if !old.is_script() {
            return None;
        }
        let table = std::slice::from_ref(&self.referrer.table);
        let header = old.headers_of(table, run.options).ok()?.into_iter().next()?;
        let key = header.definition.as_ref().map(|one| one.primary_key.clone())?;
        let typing = self.agreed.columns.typing;
        let columns = Columns { typing, ..columns_of(&header, &key).ok()? };
        let numbers = self.referrer.key.columns.iter().map(|name| number_in(&columns, name));
        let numbers = numbers.collect::<Option<Vec<usize>>>()?;
        let is_open = !header.holds_secrets(&run.options.secrets);
        let rows = Rows::new(old.file(0), header, &columns, is_open);
        let (foldings, mut count, mut first) = (self.foldings(), 0, String::new());
        // A dump may leave out the rows of a table.
        let mut is_shown = false;
        for part in rows.split(usize::MAX) {
            let each = |place| {
                let row = rows.read(place)?;
                is_shown = true;
                if columns.forms(&numbers, &foldings, &row).is_some_and(|form| lost.contains(&form))
                {
                    let shown = if key.is_empty() { &numbers } else { &columns.key };
                    count += 1;
                    first = if count == 1 { columns.shown(shown, &row) } else { first.clone() };
                }
                Ok(())
            };
            rows.each(part, each).ok()?;
        }
        is_shown.then_some(Found { count, first })
    }
}
