//! `diff` of two tables: from what was typed to what is asked of the library, and what came of it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ldifsync::dialect::Dialect;
use ldifsync::diff::tables::{RowFormat, TableOptions, TableReport, diff_tables};
use ldifsync::dump::Delimited;
use ldifsync::emit::sql::{End, RowGuard, SqlStyle, rows_in_words};
use ldifsync::error::{Result, UsageFault};
use ldifsync::output::Target;
use ldifsync::text::Count;

use super::args::{
    CompareArg, DialectArg, DiffArgs, EndArg, FormatArg, GuardArg, QuoteArg, ServerArg,
    SideFormatArg, SqlStyleArg, StyleArg, ToArg,
};
use super::exit::Exit;
use super::options::{Holds, files, half_of_memory, refuse_name, usage};
use super::progress;
use super::report::{Terminal, sizes};
use super::summary::{Pending, Summary, TablesDiffed};

/// What a name promises.
fn promised(path: &Path) -> Option<SideFormatArg> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".zst").or(name.strip_suffix(".gz")).unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" => Some(SideFormatArg::Csv),
        "tsv" => Some(SideFormatArg::Tsv),
        "ldif" | "ldf" => Some(SideFormatArg::Ldif),
        _ => None,
    }
}

impl DiffArgs {
    /// Whether two tables are compared.
    ///
    /// # Errors
    ///
    /// One side is a table by its name and the other is LDIF; an option of the other kind is given.
    pub(super) fn is_of_tables(&self) -> Result<bool> {
        let sides = [(&self.old, self.input.old_format), (&self.new, self.input.new_format)];
        let sides = sides.map(|(path, said)| (path, said.or_else(|| promised(path))));
        let of_ldif =
            |side: &&(&PathBuf, Option<SideFormatArg>)| side.1 == Some(SideFormatArg::Ldif);
        let rows = sides.iter().find(|side| side.1.is_some() && !of_ldif(side));
        let ldif = sides.iter().find(of_ldif);
        let of_tables = rows.is_some() || (self.tables.table.is_some() && ldif.is_none());
        if let (Some((table, _)), Some((other, _))) = (rows, ldif) {
            let (table, other) = ((*table).clone(), (*other).clone());
            return Err(usage(UsageFault::TwoKinds { table, other }));
        }
        let (given, what) = match of_tables {
            true => (self.of_entries(), "tables"),
            false => (self.of_rows(), "entries"),
        };
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(usage(UsageFault::NotFor { option, what })),
            None => Ok(of_tables),
        }
    }

    /// The options that mean nothing for rows, and whether each is given.
    fn of_entries(&self) -> Vec<(&'static str, bool)> {
        let (scope, change) = (&self.scope, &self.change);
        vec![
            ("--schema", !self.reading.schema.is_empty()),
            ("--strict", self.reading.strict),
            ("--allow-file-urls", self.reading.allow_file_urls.is_some()),
            ("--keep-going", self.records.keep_going),
            ("--compare", !matches!(self.comparing.compare, CompareArg::Exact)),
            ("--modify-style", !matches!(change.modify_style, StyleArg::Values)),
            ("--identifier", !self.comparing.identifier.is_empty()),
            ("--rebase", !self.comparing.rebase.is_empty()),
            ("--filter", !scope.filter.is_empty()),
            ("--exclude", !scope.exclude.is_empty()),
            ("--base", !scope.base.is_empty()),
            ("--only-dn", scope.only_dn.is_some()),
            ("--exclude-dn", scope.exclude_dn.is_some()),
            ("--operational", self.selecting.operational),
            ("--to directory", change.to == Some(ToArg::Directory)),
            ("--server", !matches!(change.server, ServerArg::Auto)),
            ("--only", !change.only.is_empty()),
            ("--assert", change.assert),
            ("--keep-identifiers", change.keep_identifiers),
            ("--max-member-delete", self.limits.max_member_delete.is_some()),
            ("--max-attribute-loss", self.limits.max_attribute_loss.is_some()),
            ("--format ldif", self.output.format == Some(FormatArg::Ldif)),
        ]
    }

    /// The options that mean nothing for entries, and whether each is given.
    fn of_rows(&self) -> Vec<(&'static str, bool)> {
        let tables = &self.tables;
        vec![
            ("--table", tables.table.is_some()),
            ("--key", !tables.key.is_empty()),
            ("--dialect", tables.dialect.is_some()),
            ("--columns", !tables.columns.is_empty()),
            ("--delimiter", tables.delimiter.is_some()),
            ("--quote", tables.quote.is_some()),
            ("--escape", tables.escape.is_some()),
            ("--null", tables.null.is_some()),
            ("--sql-style", tables.sql_style != SqlStyleArg::Auto),
            ("--guard", tables.guard != GuardArg::Changed),
            ("--end", tables.end != EndArg::Commit),
            ("--format sql", self.output.format == Some(FormatArg::Sql)),
        ]
    }

    fn table_options(&self) -> Result<TableOptions> {
        let tables = &self.tables;
        let needed = |wanted, example| usage(UsageFault::TableNeeds { wanted, example });
        let table = tables.table.clone().ok_or_else(|| needed("--table", "--table staff"))?;
        if tables.key.is_empty() {
            return Err(needed("--key", "--key id"));
        }
        if tables.escape.is_some() && tables.quote == Some(QuoteArg::None) {
            let (option, wanted) = ("--escape", "--quote");
            return Err(usage(UsageFault::Without { option, wanted }));
        }
        self.refuse_one_file_twice()?;
        let format = self.output.format.unwrap_or(FormatArg::Sql);
        refuse_name(&self.output.output, format.into())?;
        self.output.undo.as_deref().map_or(Ok(()), |undo| refuse_name(undo, Holds::Sql))?;
        let defaults = TableOptions::new(self.old.clone(), self.new.clone(), table);
        let names = |all: &[Vec<u8>]| -> Vec<String> {
            all.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
        };
        Ok(TableOptions {
            old: (self.old.clone(), self.delimited(&self.old, self.input.old_format)),
            new: (self.new.clone(), self.delimited(&self.new, self.input.new_format)),
            output: Target::named(&self.output.output),
            undo: self.output.undo.clone(),
            format: format.into(),
            paint: self.paint(),
            key: tables.key.clone(),
            columns: (!tables.columns.is_empty()).then(|| tables.columns.clone()),
            only: names(&self.selecting.attributes),
            except: names(&self.selecting.exclude_attributes),
            unique: names(&self.change.unique),
            secrets: self.output.secret.clone(),
            dialect: tables.dialect.map(Into::into),
            style: tables.sql_style.into(),
            guard: tables.guard.into(),
            end: tables.end.into(),
            max_delete: self.limits.max_delete,
            max_change: self.limits.max_change,
            allow_empty: self.limits.allow_empty,
            allow_no_final_newline: self.input.allow_no_final_newline,
            expect: (self.input.expect_old, self.input.expect_new),
            sha256: self.output.sha256,
            threads: self.running.threads.map(Into::into),
            memory: self.memory.or_else(half_of_memory).unwrap_or(defaults.memory),
            inputs: files(&self.reading, &self.running),
            ..defaults
        })
    }

    /// How the rows of a file are written.
    fn delimited(&self, path: &Path, said: Option<SideFormatArg>) -> Delimited {
        let tables = &self.tables;
        let usual = match said.or_else(|| promised(path)) {
            Some(SideFormatArg::Tsv) => b'\t',
            _ => b',',
        };
        Delimited {
            delimiter: tables.delimiter.unwrap_or(usual),
            quote: match tables.quote {
                None => Some(b'"'),
                Some(QuoteArg::None) => None,
                Some(QuoteArg::Byte(quote)) => Some(quote),
            },
            escape: tables.escape,
            null: tables.null.as_ref().map(|text| text.as_encoded_bytes().to_vec()),
        }
    }
}

impl From<DialectArg> for Dialect {
    fn from(arg: DialectArg) -> Dialect {
        match arg {
            DialectArg::Postgres => Dialect::Postgres,
            DialectArg::Mysql => Dialect::Mysql,
            DialectArg::Mariadb => Dialect::Mariadb,
            DialectArg::Sqlite => Dialect::Sqlite,
        }
    }
}

impl From<FormatArg> for RowFormat {
    fn from(arg: FormatArg) -> RowFormat {
        match arg {
            FormatArg::Ldif | FormatArg::Sql => RowFormat::Sql,
            FormatArg::Unified => RowFormat::Unified,
            FormatArg::Jsonl => RowFormat::Jsonl,
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
pub(super) fn work(args: &DiffArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    let options = args.table_options()?;
    let mut summary = args.output.summary.as_deref().map(Pending::create).transpose()?;
    let status = |report: &TableReport| match report.counts.total() {
        0 => Exit::Done,
        _ => Exit::Changes,
    };
    let mut beside = |report: &TableReport| {
        let exit = status(report);
        let exit = if args.output.exit_zero { exit.without_changes() } else { exit };
        let all = Summary::new("diff", exit, TablesDiffed::new(args, &options, report));
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
        if report.counts.released > 0 {
            let released = Count(report.counts.released);
            lines += &format!("ldifsync: let go of unique values first: {released}\n");
        }
        terminal.print(&lines);
    }
    if !args.running.quiet {
        terminal.print(&format!(
            "ldifsync: {} + {} rows read, {} in {:.1} s{}\n",
            Count(report.old_rows),
            Count(report.new_rows),
            rows_in_words(report.counts),
            start.elapsed().as_secs_f64(),
            options.dialect.map_or(String::new(), |dialect| format!(" ({dialect})"))
        ));
    }
    Ok(status(&report))
}
