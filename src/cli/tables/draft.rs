//! The tables of a dump that a mapping is drafted from.

use std::path::{Path, PathBuf};

use ldifsync::diff::tables::{TableFiles, TableOptions};
use ldifsync::error::{Result, UsageFault};
use ldifsync::table::TableName;

use crate::cli::args::{SideFormatArg, TableArgs};
use crate::cli::options::usage;
use crate::cli::tables::folder::tables_in;
use crate::cli::tables::kind_of;

impl TableArgs {
    /// The files of a dump, and what is asked of its tables: those that are named, else those of a folder;
    /// none where they are those that the dump holds.
    ///
    /// # Errors
    ///
    /// Options that contradict each other; a table of a file that does not name it, and nobody does.
    pub(in crate::cli) fn drafted(
        &self,
        dump: &Path,
        said: Option<SideFormatArg>,
    ) -> Result<(TableFiles, TableOptions)> {
        self.refuse_contradictions()?;
        let mut tables = self.tables();
        if tables.is_empty() && dump.is_dir() {
            tables = tables_in(dump)?.into_iter().map(|(table, _)| table).collect();
        }
        let is_script = kind_of(dump, said) == Some(SideFormatArg::Sql);
        if tables.is_empty() && !is_script {
            let (wanted, example) = ("--table", "--table staff");
            return Err(usage(UsageFault::TableNeeds { wanted, example }));
        }
        let files = self.table_files(dump, said, None, &tables)?;
        let defaults = TableOptions::new(PathBuf::new(), PathBuf::new(), TableName::default());
        Ok((files, TableOptions { tables, hints: self.hints(None)?, ..defaults }))
    }
}
