//! `check` of tables: from what was typed to what is asked of the library.

use std::path::Path;

use ldifsync::check::tables::TableOptions;
use ldifsync::error::Result;
use ldifsync::source::SideForm;

use crate::cli::args::{CheckArgs, SideFormatArg};
use crate::cli::tables::{kind_of, refuse_given};

impl CheckArgs {
    /// How a file holds tables; `None` where it holds entries.
    pub(in crate::cli) fn table_form(&self, path: &Path) -> Option<SideForm> {
        let said = self.input_format;
        let is_said = !self.tables.table.is_empty() || self.tables.dump_style.is_some();
        let kind = kind_of(path, said);
        let is_table = kind.map_or(is_said, |kind| kind != SideFormatArg::Ldif);
        is_table.then(|| self.tables.form(path, said, None))
    }

    /// The options that mean nothing for rows, and whether each is given.
    fn of_entries(&self) -> [(&'static str, bool); 4] {
        [
            ("--schema", !self.reading.schema.is_empty()),
            ("--strict", self.reading.strict),
            ("--allow-file-urls", self.reading.allow_file_urls.is_some()),
            ("--complete", self.complete),
        ]
    }

    /// What is asked of a check of tables.
    ///
    /// # Errors
    ///
    /// An option is given that means nothing for any of the files.
    pub(in crate::cli) fn table_options(&self) -> Result<TableOptions> {
        self.tables.refuse_contradictions()?;
        if self.files.iter().all(|path| self.table_form(path).is_some()) {
            refuse_given(&self.of_entries(), "tables are read")?;
        }
        if !self.files.iter().any(|path| self.table_form(path).is_some()) {
            let mut given = self.tables.given();
            given.push(("--key", !self.key.is_empty()));
            refuse_given(&given, "entries are read")?;
        }
        Ok(TableOptions {
            table: self.tables.one_table()?,
            hints: self.tables.hints(None)?,
            key: self.key.clone(),
            threads: self.running.threads.map(Into::into),
            files: self.tables.files(&self.reading, &self.running),
        })
    }
}
