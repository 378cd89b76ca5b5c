//! A folder as a side: each file in it is the table of its name.

use std::path::{Path, PathBuf};

use ldifsync::dialect::Dialect;
use ldifsync::diff::tables::TableFiles;
use ldifsync::error::{Error, Result, UsageFault};
use ldifsync::table::TableName;

use crate::cli::args::{SideFormatArg, TableArgs};
use crate::cli::options::usage;
use crate::cli::tables::{nothing, promised};

/// The tables of a folder, each with its file, in the order of their names.
///
/// # Errors
///
/// The folder cannot be read; it holds no rows, or two files of one table.
pub(super) fn tables_in(folder: &Path) -> Result<Vec<(TableName, PathBuf)>> {
    let failed = |e| Error::io("read", folder, e);
    let mut tables: Vec<(TableName, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let kind = promised(&path).or_else(|| nothing(&path));
        let is_of_rows = kind.is_some_and(|kind| kind != SideFormatArg::Ldif);
        if kind.is_none() && path.is_file() && may_be_of_rows(&path) {
            return Err(usage(UsageFault::OtherTableFile { file: path }));
        }
        let table = path.file_name().and_then(|name| table_of(&name.to_string_lossy()));
        tables.extend(table.filter(|_| is_of_rows && path.is_file()).map(|table| (table, path)));
    }
    tables.sort_by(|one, other| (&one.0.parts, &one.1).cmp(&(&other.0.parts, &other.1)));
    if let Some([one, other]) = tables.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let (one, other) = (one.1.clone(), other.1.clone());
        return Err(usage(UsageFault::TwoTableFiles { one, other }));
    }
    if tables.is_empty() {
        let folder = folder.to_owned();
        return Err(usage(UsageFault::NoTableFile { folder, table: None }));
    }
    Ok(tables)
}

/// Whether a file may hold rows, and does not tell by its name in which form: such as `bcp` and Db2 write,
/// and text beside the statement that defines its table (`mysqldump --tab`).
fn may_be_of_rows(path: &Path) -> bool {
    const ENDINGS: [&str; 8] = ["dat", "del", "tab", "bcp", "copy", "psv", "unl", "asc"];
    let packed = path.extension().filter(|ending| *ending == "zst" || *ending == "gz");
    let path = if packed.is_some() { path.with_extension("") } else { path.to_owned() };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("txt") => path.with_extension("sql").is_file(),
        Some(ending) => ENDINGS.contains(&ending),
        None => false,
    }
}

/// The table of a file: `hr.staff` of `hr.staff.csv.zst`.
fn table_of(name: &str) -> Option<TableName> {
    let packed = [".zst", ".gz"].iter().find_map(|ending| name.strip_suffix(ending));
    let (table, _) = packed.unwrap_or(name).rsplit_once('.')?;
    TableName::parse(table)
}

impl TableArgs {
    /// The files of one side that hold these tables.
    ///
    /// # Errors
    ///
    /// As of [`tables_in`]; a table has no file.
    pub(in crate::cli) fn table_files(
        &self,
        path: &Path,
        said: Option<SideFormatArg>,
        dialect: Option<Dialect>,
        tables: &[TableName],
    ) -> Result<TableFiles> {
        if !path.is_dir() {
            return Ok(TableFiles::one(path.to_owned(), self.form(path, said, dialect)));
        }
        let all = tables_in(path)?;
        let file = |table: &TableName| {
            let found = table.find(all.iter(), |&one| &one.0);
            let (folder, table) = (path.to_owned(), Some(table.to_string()));
            let none = || usage(UsageFault::NoTableFile { folder, table });
            let (_, file) = found.ok_or_else(none)?;
            Ok((file.clone(), self.form(file, said, dialect)))
        };
        let files = tables.iter().map(file).collect::<Result<_>>()?;
        Ok(TableFiles { path: path.to_owned(), files })
    }
}
