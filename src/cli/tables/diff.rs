//! `diff` of tables: from what was typed to what is asked of the library, and what came of it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ldifsync::dialect::Dialect;
use ldifsync::diff::tables::{RowFormat, TableOptions, TableReport, diff_tables};
use ldifsync::emit::sql::{End, RowGuard, SqlStyle, rows_in_words};
use ldifsync::error::{Result, UsageFault};
use ldifsync::output::Target;
use ldifsync::table::TableName;
use ldifsync::text::Count;

use crate::cli::args::{
    CompareArg, DiffArgs, EndArg, FormatArg, GuardArg, ServerArg, SideFormatArg, SqlStyleArg,
    StyleArg, ToArg,
};
use crate::cli::exit::Exit;
use crate::cli::options::{Holds, half_of_memory, refuse_name, usage};
use crate::cli::progress;
use crate::cli::report::{Terminal, sizes};
use crate::cli::summary::{Pending, Summary, TablesDiffed};
use crate::cli::tables::folder::tables_in;
use crate::cli::tables::{kind_of, of_records, refuse_given};

impl DiffArgs {
    /// Whether two tables are compared.
    ///
    /// # Errors
    ///
    /// One side is a table by its name and the other is LDIF; an option of the other kind is given.
    pub(in crate::cli) fn is_of_tables(&self) -> Result<bool> {
        let sides = [(&self.old, self.input.old_format), (&self.new, self.input.new_format)];
        let sides = sides.map(|(path, said)| (path, kind_of(path, said)));
        let of_ldif =
            |side: &&(&PathBuf, Option<SideFormatArg>)| side.1 == Some(SideFormatArg::Ldif);
        let rows = sides.iter().find(|side| side.1.is_some() && !of_ldif(side));
        let ldif = sides.iter().find(of_ldif);
        // Each file of a folder is a table.
        let is_said = !self.tables.table.is_empty() || sides.iter().any(|side| side.0.is_dir());
        let of_tables = rows.is_some() || (is_said && ldif.is_none());
        if let (Some((table, _)), Some((other, _))) = (rows, ldif) {
            let (table, other) = ((*table).clone(), (*other).clone());
            return Err(usage(UsageFault::TwoKinds { table, other }));
        }
        let (given, what) = match of_tables {
            true => (self.of_entries(), "tables are read"),
            false => (self.of_rows(), "entries are read"),
        };
        refuse_given(&given, what).map(|()| of_tables)
    }

    /// The options that mean nothing for rows, and whether each is given.
    pub(in crate::cli) fn of_entries(&self) -> Vec<(&'static str, bool)> {
        let change = &self.change;
        let mut all = of_records(&self.reading, &self.records, &self.scope);
        all.extend([
            ("--compare", !matches!(self.comparing.compare, CompareArg::Exact)),
            ("--modify-style", !matches!(change.modify_style, StyleArg::Values)),
            ("--identifier", !self.comparing.identifier.is_empty()),
            ("--rebase", !self.comparing.rebase.is_empty()),
            ("--operational", self.selecting.operational),
            ("--to directory", change.to == Some(ToArg::Directory)),
            ("--server", !matches!(change.server, ServerArg::Auto)),
            ("--only", !change.only.is_empty()),
            ("--assert", change.assert),
            ("--keep-identifiers", change.keep_identifiers),
            ("--max-record-size", change.max_record_size.is_some()),
            ("--wrap", self.output.wrap.is_some()),
            ("--max-member-delete", self.limits.max_member_delete.is_some()),
            ("--format ldif", self.output.format == Some(FormatArg::Ldif)),
        ]);
        all
    }

    /// The options that mean nothing for entries, and whether each is given.
    pub(in crate::cli) fn of_rows(&self) -> Vec<(&'static str, bool)> {
        let script = &self.script;
        let mut all = self.tables.given();
        all.extend([
            ("--key", !script.key.is_empty()),
            ("--dialect", script.dialect.is_some()),
            ("--sql-style", script.sql_style != SqlStyleArg::Auto),
            ("--guard", script.guard != GuardArg::Changed),
            ("--end", script.end != EndArg::Commit),
            ("--commit-every", script.commit_every.is_some()),
            ("--format sql", self.output.format == Some(FormatArg::Sql)),
        ]);
        all
    }

    /// The tables that are compared: those that are named, else those of a folder; none where they are
    /// those that the dumps hold.
    fn tables_meant(&self) -> Result<Vec<TableName>> {
        let mut tables = self.tables.tables();
        let folders = [&self.old, &self.new].into_iter().filter(|path| path.is_dir());
        if tables.is_empty() {
            for folder in folders {
                tables.extend(tables_in(folder)?.into_iter().map(|(table, _)| table));
            }
            tables.sort_by(|one, other| one.parts.cmp(&other.parts));
            tables.dedup();
        }
        let is_text = |path: &Path, said: Option<SideFormatArg>| {
            !path.is_dir() && kind_of(path, said) != Some(SideFormatArg::Sql)
        };
        let (old, new) = (self.input.old_format, self.input.new_format);
        if tables.is_empty() && (is_text(&self.old, old) || is_text(&self.new, new)) {
            let (wanted, example) = ("--table", "--table staff");
            return Err(usage(UsageFault::TableNeeds { wanted, example }));
        }
        Ok(tables)
    }

    fn table_options(&self) -> Result<TableOptions> {
        self.refuse_one_file_twice()?;
        refuse_name(&self.output.output, self.format_or(&FormatArg::Sql).into())?;
        self.output.undo.as_deref().map_or(Ok(()), |undo| refuse_name(undo, Holds::Sql))?;
        let (tables, script) = (&self.tables, &self.script);
        let tables_meant = self.tables_meant()?;
        let dialect = script.dialect.map(Into::into);
        let side = |path, said| tables.table_files(path, said, dialect, &tables_meant);
        Ok(TableOptions {
            old: side(&self.old, self.input.old_format)?,
            new: side(&self.new, self.input.new_format)?,
            template: self.rendering()?,
            ..self.tables_asked(&tables_meant, dialect)?
        })
    }

    /// What is asked of these tables, whatever the files are; what a definition does not say of itself, the `dialect`
    /// tells.
    pub(in crate::cli) fn tables_asked(
        &self,
        tables_meant: &[TableName],
        dialect: Option<Dialect>,
    ) -> Result<TableOptions> {
        let (tables, script) = (&self.tables, &self.script);
        tables.refuse_contradictions()?;
        let defaults = TableOptions::new(PathBuf::new(), PathBuf::new(), TableName::default());
        Ok(TableOptions {
            tables: tables_meant.to_vec(),
            output: Target::named(&self.output.output),
            undo: self.output.undo.clone(),
            format: self.format_or(&FormatArg::Sql).into(),
            paint: self.paint(),
            key: script.key.clone(),
            hints: tables.hints(dialect)?,
            only: self.selecting.attributes.clone(),
            except: self.selecting.exclude_attributes.clone(),
            unique: self.change.unique.clone(),
            secrets: self.output.secret.clone(),
            dialect: script.dialect.map(Into::into),
            guard: script.guard.into(),
            end: script.commit_every.map_or(script.end.into(), End::Every),
            style: script.sql_style.into(),
            max_delete: self.limits.max_delete,
            max_change: self.limits.max_change,
            max_column_loss: self.limits.max_attribute_loss,
            allow_empty: self.limits.allow_empty,
            allow_no_final_newline: self.input.allow_no_final_newline,
            expect: (self.input.expect_old, self.input.expect_new),
            sha256: self.output.sha256,
            threads: self.running.threads.map(Into::into),
            memory: self.memory.or_else(half_of_memory).unwrap_or(defaults.memory),
            inputs: self.tables.files(&self.reading, &self.running),
            ..defaults
        })
    }
}

impl From<&FormatArg> for RowFormat {
    fn from(arg: &FormatArg) -> RowFormat {
        match arg {
            FormatArg::Ldif | FormatArg::Sql => RowFormat::Sql,
            FormatArg::Unified => RowFormat::Unified,
            FormatArg::Jsonl => RowFormat::Jsonl,
            FormatArg::Csv => RowFormat::Csv,
            FormatArg::Template(_) => RowFormat::Template,
            FormatArg::Summary => RowFormat::Summary,
        }
    }
}

impl From<SqlStyleArg> for SqlStyle {
    fn from(arg: SqlStyleArg) -> SqlStyle {
        match arg {
            SqlStyleArg::Statements => SqlStyle::Statements,
            SqlStyleArg::Staged => SqlStyle::Staged,
            SqlStyleArg::Auto => SqlStyle::Auto,
        }
    }
}

impl From<GuardArg> for RowGuard {
    fn from(arg: GuardArg) -> RowGuard {
        match arg {
            GuardArg::Changed => RowGuard::Changed,
            GuardArg::Row => RowGuard::Row,
            GuardArg::None => RowGuard::None,
        }
    }
}

impl From<EndArg> for End {
    fn from(arg: EndArg) -> End {
        match arg {
            EndArg::Commit => End::Commit,
            EndArg::Rollback => End::Rollback,
        }
    }
}

/// Compares two tables, and says what came of it.
pub(in crate::cli) fn work(args: &DiffArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    let options = args.table_options()?;
    let mut summary = args.output.summary.as_deref().map(Pending::create).transpose()?;
    let status = |report: &TableReport| match report.counts().total() {
        0 => Exit::Done,
        _ => Exit::Changes,
    };
    let mut beside = |report: &TableReport| {
        let exit = status(report);
        let exit = if args.output.exit_zero { exit.without_changes() } else { exit };
        let all = Summary::new("diff", exit, TablesDiffed::new(args, report));
        summary.take().map(|summary| summary.written(&all)).transpose()
    };
    let bar = progress::bar(args.running.progress, [args.old.as_path(), &args.new]);
    let done = diff_tables(&options, &|bytes| bar.inc(bytes), &mut beside);
    let bytes = bar.position();
    bar.finish_and_clear();
    let report = done?;
    if args.running.verbose {
        let inputs = [("OLD ", args.old.as_path()), ("NEW ", &args.new)];
        let mut lines = sizes(inputs, bytes, start.elapsed());
        if report.counts().parted > 0 {
            let parted = Count(report.counts().parted);
            lines +=
                &format!("ldifsync: changed in two steps, for others to come between: {parted}\n");
        }
        terminal.print(&lines);
    }
    report.warnings.iter().for_each(|sentence| terminal.warning(sentence));
    if !args.running.quiet {
        terminal.print(&format!(
            "ldifsync: {} + {} rows read, {} in {:.1} s{}\n",
            Count(report.rows().0),
            Count(report.rows().1),
            rows_in_words(report.counts()),
            start.elapsed().as_secs_f64(),
            report.dialect.map_or(String::new(), |dialect| format!(" ({dialect})"))
        ));
    }
    Ok(status(&report))
}
