//! Opens the files of both sides and reads what each says of the tables.

use crate::diff::refuse;
use crate::diff::tables::agree::Headers;
use crate::diff::tables::options::{TableFiles, TableOptions, needed};
use crate::emit::Side;
use crate::error::{Error, ErrorKind, Result, UsageFault};
use crate::input::Input;
use crate::parallel::Pool;
use crate::source::{Asked, Header, SideForm};
use crate::table::{Definition, TableName};

/// One side: its name, and its files.
pub(super) struct Opened<'o> {
    of: &'o TableFiles,
    inputs: Vec<Input>,
}

/// Opens both sides, at the same time where nobody has to be waited for.
pub(super) fn both<'o>(pool: &Pool, options: &'o TableOptions) -> Result<[Opened<'o>; 2]> {
    let open = |of: &'o TableFiles| -> Result<Opened<'o>> {
        let inputs = of.files.iter().map(|(path, _)| Input::open(path, &options.inputs));
        Ok(Opened { of, inputs: inputs.collect::<Result<_>>()? })
    };
    let (old, new) = (&options.old, &options.new);
    let mut all = old.files.iter().chain(&new.files);
    if !all.all(|(path, _)| Input::is_file(path)) {
        return Ok([open(old)?, open(new)?]);
    }
    let (old, new) = pool.both(|| open(old), || open(new));
    Ok([old?, new?])
}

impl Opened<'_> {
    /// The file of a table, by its number: its name and its text.
    pub(super) fn file(&self, table: usize) -> (&str, &[u8]) {
        let input = self.inputs.get(table).unwrap_or(&self.inputs[0]);
        (input.name(), input.bytes())
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        match &self.inputs[..] {
            [one] => one.name().to_owned(),
            _ => self.of.path.display().to_string(),
        }
    }

    /// Refuses files that changed while they were read.
    pub(super) fn verify_unchanged(&self) -> Result<()> {
        self.inputs.iter().try_for_each(Input::verify_unchanged)
    }

    /// What the head of a script says of it, which holds so many rows.
    pub(super) fn side(&self, rows: u64, options: &TableOptions) -> Result<Side> {
        let of = |input: &Input| match options.sha256 && self.inputs.len() == 1 {
            true => Side::with_digest(input),
            false => Ok(Side::of(input)),
        };
        let all = self.inputs.iter().map(of).collect::<Result<Vec<Side>>>()?;
        let size = all.iter().map(|side| side.size).sum();
        let sha256 = all.into_iter().find_map(|side| side.sha256);
        Ok(Side { name: self.name(), size, entries: rows, sha256 })
    }

    /// What it says of each table.
    fn headers(
        &self,
        options: &TableOptions,
        tables: &[TableName],
        asked: &[Asked<'_>],
    ) -> Result<Vec<Header>> {
        for (input, (_, form)) in self.inputs.iter().zip(&self.of.files) {
            // Of rows that are lines the last line end is the mark that all are there.
            let is_marked = matches!(form, SideForm::Sql { .. } | SideForm::Json);
            if !is_marked && !options.allow_no_final_newline {
                refuse::cut_off(input)?;
            }
        }
        let form = |n: usize| &self.of.files[n].1;
        if self.inputs.len() > 1 {
            let header =
                |n: usize| Header::read(self.file(n), form(n), asked[n].of(&self.inputs[n]));
            return (0..asked.len()).map(header).collect();
        }
        if asked.len() > 1 && !matches!(form(0), SideForm::Sql { .. }) {
            let file = self.of.path.clone();
            return Err(Error::new(ErrorKind::Usage(UsageFault::OneTableAFile { file })));
        }
        let asked: Vec<Asked<'_>> = asked.iter().map(|asked| asked.of(&self.inputs[0])).collect();
        Header::read_each(self.file(0), form(0), tables, &asked)
    }
}

/// The tables that are compared: those that are asked for, else those of which a side has rows.
pub(super) fn tables(sides: &[Opened<'_>; 2], options: &TableOptions) -> Result<Vec<TableName>> {
    let mut tables = options.tables.clone();
    let sides = if tables.is_empty() { &sides[..] } else { &[] };
    for side in sides {
        for found in Header::tables(side.file(0), &side.of.files[0].1)? {
            tables.extend((!tables.contains(&found)).then_some(found));
        }
    }
    match tables.is_empty() {
        true => Err(needed("--table", "--table staff")),
        false => Ok(tables),
    }
}

/// What both sides say of each table.
pub(super) fn headers(
    [old, new]: &[Opened<'_>; 2],
    options: &TableOptions,
    tables: &[TableName],
) -> Result<Vec<Headers>> {
    let ddl = options.hints.ddl.as_ref().map(|ddl| ddl.define_all(tables, &options.inputs));
    let defined: Option<Vec<Definition>> = ddl.transpose()?;
    let asked = |n| {
        let defined = defined.as_ref().map(|all| &all[n]);
        options.hints.asked(Some(&tables[n]), defined)
    };
    let asked: Vec<Asked<'_>> = (0..tables.len()).map(asked).collect();
    let sides = (old.headers(options, tables, &asked)?, new.headers(options, tables, &asked)?);
    Ok(sides.0.into_iter().zip(sides.1).collect())
}
