//! Opens the files of both sides and reads what each says of the tables.

use crate::diff::refuse;
use crate::diff::tables::agree::Headers;
use crate::diff::tables::names::{Named, names};
use crate::diff::tables::options::{TableFiles, TableOptions};
use crate::emit::Side;
use crate::error::{Error, ErrorKind, Result, UsageFault};
use crate::input::Input;
use crate::parallel::Pool;
use crate::source::{Asked, Header, SideForm, Surveyed};
use crate::table::{Definition, TableName};

/// One side: its name, and its files.
pub(crate) struct Opened<'o> {
    of: &'o TableFiles,
    inputs: Vec<Input>,
}

/// Opens both sides, at the same time where nobody has to be waited for.
pub(super) fn both<'o>(pool: &Pool, options: &'o TableOptions) -> Result<[Opened<'o>; 2]> {
    let open = |of: &'o TableFiles| Opened::new(of, options);
    let (old, new) = (&options.old, &options.new);
    let mut all = old.files.iter().chain(&new.files);
    if !all.all(|(path, _)| Input::is_file(path)) {
        return Ok([open(old)?, open(new)?]);
    }
    let (old, new) = pool.both(|| open(old), || open(new));
    Ok([old?, new?])
}

impl<'o> Opened<'o> {
    /// Opens the files of one side.
    pub(crate) fn new(of: &'o TableFiles, options: &TableOptions) -> Result<Opened<'o>> {
        let inputs = of.files.iter().map(|(path, _)| Input::open(path, &options.inputs));
        Ok(Opened { of, inputs: inputs.collect::<Result<_>>()? })
    }

    /// What it says of each of some tables, of which it is the only side.
    pub(crate) fn headers_of(
        &self,
        tables: &[TableName],
        options: &TableOptions,
    ) -> Result<Vec<Header>> {
        let surveyed = self.surveyed(tables)?;
        let ddl = options.hints.ddl.as_ref().map(|ddl| ddl.define_all(tables, &options.inputs));
        let defined: Option<Vec<Definition>> = ddl.transpose()?;
        let asked = |n: usize| {
            let defined = defined.as_ref().map(|all| &all[n]);
            options.hints.asked(Some(&tables[n]), defined)
        };
        let asked: Vec<Asked<'_>> = (0..tables.len()).map(asked).collect();
        self.headers(&surveyed, options, &asked)
    }

    /// The tables of which it has rows, where it says so itself.
    pub(crate) fn tables(&self) -> Result<Vec<TableName>> {
        Ok(self.surveyed(&[])?.tables())
    }

    /// The file of a table, by its number: its name and its text.
    pub(crate) fn file(&self, table: usize) -> (&str, &[u8]) {
        let input = self.inputs.get(table).unwrap_or(&self.inputs[0]);
        (input.name(), input.bytes())
    }

    /// Whether it is one script, which may hold tables that nobody asked for.
    pub(super) fn is_script(&self) -> bool {
        self.inputs.len() == 1 && matches!(self.of.files[0].1, SideForm::Sql { .. })
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        match &self.inputs[..] {
            [one] => one.name().to_owned(),
            _ => self.of.path.display().to_string(),
        }
    }

    /// Refuses files that changed while they were read.
    pub(crate) fn verify_unchanged(&self) -> Result<()> {
        self.inputs.iter().try_for_each(Input::verify_unchanged)
    }

    /// What the head of a script says of it, which holds so many rows.
    pub(in crate::diff) fn side(&self, rows: u64, options: &TableOptions) -> Result<Side> {
        let of = |input: &Input| match options.sha256 && self.inputs.len() == 1 {
            true => Side::with_digest(input),
            false => Ok(Side::of(input)),
        };
        let all = self.inputs.iter().map(of).collect::<Result<Vec<Side>>>()?;
        let size = all.iter().map(|side| side.size).sum();
        let sha256 = all.into_iter().find_map(|side| side.sha256);
        Ok(Side { name: self.name(), size, entries: rows, are_rows: true, sha256 })
    }

    /// Surveys its one file; of several each says itself what it is.
    fn surveyed(&self, tables: &[TableName]) -> Result<Surveyed> {
        let form = &self.of.files[0].1;
        if tables.len() > 1 && self.inputs.len() == 1 && !matches!(form, SideForm::Sql { .. }) {
            let file = self.of.path.clone();
            return Err(Error::new(ErrorKind::Usage(UsageFault::OneTableAFile { file })));
        }
        match &self.inputs[..] {
            [_] => Surveyed::new(self.file(0), form, tables),
            _ => Ok(Surveyed::default()),
        }
    }

    /// What it says of each table.
    fn headers(
        &self,
        surveyed: &Surveyed,
        options: &TableOptions,
        asked: &[Asked<'_>],
    ) -> Result<Vec<Header>> {
        for (input, (_, form)) in self.inputs.iter().zip(&self.of.files) {
            // Of rows that are lines the last line end is the mark that all are there.
            let is_marked = matches!(form, SideForm::Sql { .. } | SideForm::Json);
            if !is_marked && !options.allow_no_final_newline {
                refuse::cut_off(input)?;
            }
        }
        let header = |(table, asked): (usize, &Asked<'_>)| {
            let n = table.min(self.inputs.len() - 1);
            let asked = asked.of(&self.inputs[n]);
            Header::surveyed(self.file(table), &self.of.files[n].1, surveyed, asked)
        };
        asked.iter().enumerate().map(header).collect()
    }
}

/// The tables that are compared, and what both sides say of each: those that are asked for, else those of
/// which a side has rows.
pub(super) fn headers(
    pool: &Pool,
    [old, new]: &[Opened<'_>; 2],
    options: &TableOptions,
) -> Result<(Vec<TableName>, Vec<Headers>)> {
    let asked = &options.tables;
    let surveys = pool.both(|| old.surveyed(asked), || new.surveyed(asked));
    let surveys = (surveys.0?, surveys.1?);
    let tables = match asked.is_empty() {
        true => names(&Named::of(&surveys.0), &Named::of(&surveys.1))?,
        false => asked.clone(),
    };
    let ddl = options.hints.ddl.as_ref().map(|ddl| ddl.define_all(&tables, &options.inputs));
    let defined: Option<Vec<Definition>> = ddl.transpose()?;
    let asked = |n| {
        let defined = defined.as_ref().map(|all| &all[n]);
        options.hints.asked(Some(&tables[n]), defined)
    };
    let asked: Vec<Asked<'_>> = (0..tables.len()).map(asked).collect();
    let old = old.headers(&surveys.0, options, &asked)?;
    let new = new.headers(&surveys.1, options, &asked)?;
    Ok((tables, old.into_iter().zip(new).collect()))
}
