//! From what was typed to what is asked of the library: filters parsed, lists of names read,
//! contradictions refused.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

use ldifsync::compare::{Mode, Selection};
use ldifsync::diff::{Depth, Format, Kind, Kinds, Limits, Options, Scope};
use ldifsync::dn::Dn;
use ldifsync::emit::{Paint, Rendering};
use ldifsync::error::{Error, ErrorKind, Fault, FileFault, Place, Result, UsageFault};
use ldifsync::filter::Filter;
use ldifsync::input::{Input, InputOptions};
use ldifsync::ldif::file_url::FileUrls;
use ldifsync::output::Target;
use ldifsync::plan::journey::ModifyStyle;
use ldifsync::server::Server;
use ldifsync::source::{ReadOptions, Rebase};

use super::args::{
    CompareArg, DiffArgs, FormatArg, KindArg, LimitArgs, ReadingArgs, RunningArgs, ScopeArg,
    ScopeArgs, SelectingArgs, ServerArg, StyleArg, ToArg,
};
use super::report::in_color;
use super::values::attribute;

/// Half of the memory that the machine has, where the system tells, in bytes.
pub(super) fn half_of_memory() -> Option<usize> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: usize = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes.saturating_mul(1024) / 2)
}

impl DiffArgs {
    /// What is asked of the library.
    pub(super) fn options(&self) -> Result<Options> {
        self.refuse_contradictions()?;
        Ok(Options { template: self.rendering()?, ..self.entries()? })
    }

    /// The same, whatever else is asked.
    pub(super) fn entries(&self) -> Result<Options> {
        let DiffArgs { old, new, input, records, comparing, selecting, change, .. } = self;
        let (output, running) = (&self.output, &self.running);
        let defaults = Options::new(old.clone(), new.clone());
        let temp_dir = running.temp_dir.clone().unwrap_or(defaults.temp_dir.clone());
        let lists = InputOptions { temp_dir: temp_dir.clone(), ..InputOptions::default() };
        Ok(Options {
            output: Target::named(&output.output),
            undo: output.undo.clone(),
            format: self.format_or(&FormatArg::Ldif).into(),
            paint: self.paint(),
            schema: self.reading.schema.clone(),
            mode: comparing.compare.into(),
            selection: selecting.selection()?,
            scope: self.scope.scope(&lists)?,
            only: kinds(&change.only),
            limits: self.limits.limits(),
            allow_empty: self.limits.allow_empty,
            server: change.server.into(),
            style: change.modify_style.into(),
            assert: change.assert,
            identifiers: comparing.identifier.clone(),
            unique: attributes("--unique", &change.unique, attribute)?,
            secrets: output.secret.clone(),
            reading: self.reading.options(self.rebase()?),
            allow_no_final_newline: input.allow_no_final_newline,
            expect: (input.expect_old, input.expect_new),
            keep_going: records.keep_going,
            rejects: records.rejects.clone(),
            wrap: output.wrap.unwrap_or(defaults.wrap),
            max_record_size: change.max_record_size.unwrap_or(defaults.max_record_size),
            keep_identifiers: change.keep_identifiers,
            sha256: output.sha256,
            threads: running.threads.map(Into::into),
            memory: self.memory.or_else(half_of_memory).unwrap_or(defaults.memory),
            temp_dir,
            max_decompressed: self.reading.max_decompressed,
            ..defaults
        })
    }

    /// The shape of the change; `usual` where nobody says it.
    pub(super) fn format_or<'a>(&'a self, usual: &'a FormatArg) -> &'a FormatArg {
        self.output.format.as_ref().unwrap_or(usual)
    }

    /// The template, where that is the shape.
    pub(super) fn rendering(&self) -> Result<Option<Rendering>> {
        let (output, each) = (&self.output, self.output.each.as_deref());
        let Some(FormatArg::Template(file)) = &output.format else {
            let (option, wanted) = ("--each", "--format template:FILE");
            return match each {
                Some(_) => Err(usage(UsageFault::Without { option, wanted })),
                None => Ok(None),
            };
        };
        let input = Input::open(file, &InputOptions::default())?;
        Rendering::new(input.name(), input.bytes(), each, &output.secret).map(Some)
    }

    /// Refuses a shape that holds rows alone, where entries change.
    pub(super) fn refuse_rows(&self) -> Result<()> {
        match self.output.format {
            Some(FormatArg::Csv) => Err(usage(UsageFault::CsvOfEntries)),
            _ => Ok(()),
        }
    }

    /// Text for people is coloured on standard output as messages are on standard error.
    pub(super) fn paint(&self) -> Paint {
        let terminal = is_dash(&self.output.output) && stdout().is_terminal();
        if in_color(self.running.color, terminal) { Paint::Coloured } else { Paint::Plain }
    }

    /// Every file that will be written, by the name it was given.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &Path> {
        let others = [&self.output.undo, &self.records.rejects, &self.output.summary];
        let others = others.into_iter().flatten().map(PathBuf::as_path);
        std::iter::once(self.output.output.as_path()).chain(others)
    }

    fn inputs(&self) -> impl Iterator<Item = &Path> {
        let lists = [&self.scope.only_dn, &self.scope.exclude_dn];
        let lists = lists.into_iter().flatten().map(PathBuf::as_path);
        let schemas = self.reading.schema.iter().map(PathBuf::as_path);
        let ddl = self.tables.ddl.iter().map(PathBuf::as_path);
        let template = match &self.output.format {
            Some(FormatArg::Template(file)) => Some(file.as_path()),
            _ => None,
        };
        let mapping = self.through.mapping.iter().map(PathBuf::as_path).chain(template);
        let sides = [self.old.as_path(), self.new.as_path()].into_iter();
        sides.chain(lists).chain(schemas).chain(ddl).chain(mapping)
    }

    fn rebase(&self) -> Result<Option<Rebase>> {
        rebase(&self.comparing.rebase)
    }

    /// Refuses one file in two roles.
    pub(super) fn refuse_one_file_twice(&self) -> Result<()> {
        let paths = Paths { inputs: self.inputs().collect(), outputs: self.outputs().collect() };
        paths.refuse_contradictions()
    }

    fn refuse_contradictions(&self) -> Result<()> {
        if self.change.to == Some(ToArg::Database) {
            return Err(usage(UsageFault::NotADatabase { old: self.old.clone() }));
        }
        self.refuse_rows()?;
        self.refuse_one_file_twice()?;
        refuse_name(&self.output.output, self.format_or(&FormatArg::Ldif).into())?;
        self.output.undo.as_deref().map_or(Ok(()), |undo| refuse_name(undo, Holds::Undo))
    }
}

/// Every file that is read and written, by the name it was given.
pub(super) struct Paths<'p> {
    pub(super) inputs: Vec<&'p Path>,
    pub(super) outputs: Vec<&'p Path>,
}

impl Paths<'_> {
    /// Refuses one file in two roles.
    pub(super) fn refuse_contradictions(&self) -> Result<()> {
        if self.inputs.iter().filter(|path| is_dash(path)).count() > 1 {
            return Err(usage(UsageFault::StdinTwice));
        }
        if self.outputs.iter().filter(|path| is_dash(path)).count() > 1 {
            return Err(usage(UsageFault::StdoutTwice));
        }
        self.refuse_one_file_twice()
    }

    /// No output may be an input or another output, whatever it is called.
    fn refuse_one_file_twice(&self) -> Result<()> {
        let inputs: Vec<PathBuf> = self.inputs.iter().filter_map(|path| regular(path)).collect();
        let mut seen: Vec<PathBuf> = Vec::new();
        for &path in self.outputs.iter().filter(|path| !is_dash(path)) {
            let existing = regular(path);
            if existing.as_ref().is_some_and(|file| inputs.contains(file)) {
                return Err(usage(UsageFault::OutputIsInput { path: path.to_owned() }));
            }
            let special = existing.is_none() && path.exists();
            let file = existing.unwrap_or_else(|| path.to_owned());
            if seen.contains(&file) && !special {
                return Err(Error::file(path, FileFault::TwoOutputs));
            }
            seen.push(file);
        }
        Ok(())
    }
}

/// What an output will hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Change,
    Undo,
    Ldif,
    Jsonl,
    Csv,
    Unified,
    Summary,
    Sql,
    /// Whatever a template makes.
    Anything,
}

pub(super) fn usage(fault: UsageFault) -> Error {
    Error::new(ErrorKind::Usage(fault))
}

/// Names that are attributes', as `read` takes them.
///
/// # Errors
///
/// One is none.
pub(super) fn attributes(
    option: &'static str,
    names: &[String],
    read: fn(&str) -> std::result::Result<Vec<u8>, String>,
) -> Result<Vec<Vec<u8>>> {
    let attribute = |name: &String| {
        let value = name.clone();
        read(name).map_err(|_| usage(UsageFault::NoAttribute { option, value }))
    };
    names.iter().map(attribute).collect()
}

fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The one name of an existing regular file.
fn regular(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().filter(|file| file.is_file())
}

/// Refuses a name that promises something else than a file will hold.
pub(super) fn refuse_name(path: &Path, holds: Holds) -> Result<()> {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return Ok(()) };
    let name = name.strip_suffix(".zst").or(name.strip_suffix(".gz")).unwrap_or(name);
    let Some((stem, extension)) = name.rsplit_once('.') else { return Ok(()) };
    let extension = extension.to_ascii_lowercase();
    let (promises, fits): (_, &[Holds]) = match extension.as_str() {
        "ldif" | "ldf" => ("LDIF", &[Holds::Change, Holds::Undo, Holds::Ldif]),
        "jsonl" | "ndjson" => ("JSON lines", &[Holds::Jsonl]),
        "json" => ("JSON", &[]),
        "sql" => ("SQL", &[Holds::Sql]),
        "csv" => ("rows of a table", &[Holds::Csv]),
        "tsv" => ("rows of a table", &[]),
        _ => return Ok(()),
    };
    if fits.contains(&holds) || holds == Holds::Anything {
        return Ok(());
    }
    let (text, better) = match holds {
        Holds::Change => ("change LDIF", "ldif"),
        Holds::Undo => ("an undo, always LDIF", "ldif"),
        Holds::Ldif => ("LDIF", "ldif"),
        Holds::Jsonl => ("JSON lines", "jsonl"),
        Holds::Csv => ("rows as CSV", "csv"),
        Holds::Unified => ("unified text", "txt"),
        Holds::Summary => ("counts", "txt"),
        Holds::Sql => ("an SQL script", "sql"),
        Holds::Anything => ("what a template makes", "txt"),
    };
    let instead = match (extension.as_str(), holds) {
        (_, Holds::Undo) => format!("another name: `{stem}.{better}`"),
        ("jsonl" | "ndjson", _) => "`--format jsonl` writes JSON lines".to_owned(),
        (_, Holds::Sql) => {
            format!("two tables make a script for their database: `{stem}.{better}`")
        }
        ("ldif" | "ldf", _) => format!("`--format ldif`, or another name: `{stem}.{better}`"),
        ("csv", Holds::Ldif) => "`--format csv` writes rows".to_owned(),
        ("sql", Holds::Change) => {
            format!("what is changed is a directory, by change LDIF: `{stem}.{better}`")
        }
        _ => format!("another name: `{stem}.{better}`"),
    };
    let (holds, path) = (text, path.to_owned());
    Err(usage(UsageFault::OutputName { holds, promises, path, instead }))
}

impl From<&FormatArg> for Holds {
    fn from(arg: &FormatArg) -> Holds {
        match arg {
            FormatArg::Ldif => Holds::Change,
            FormatArg::Sql => Holds::Sql,
            FormatArg::Jsonl => Holds::Jsonl,
            FormatArg::Csv => Holds::Csv,
            FormatArg::Template(_) => Holds::Anything,
            FormatArg::Unified => Holds::Unified,
            FormatArg::Summary => Holds::Summary,
        }
    }
}

impl ReadingArgs {
    /// How inputs are read.
    pub(super) fn options(&self, rebase: Option<Rebase>) -> ReadOptions {
        let file_urls = FileUrls { folder: self.allow_file_urls.clone() };
        ReadOptions { strict: self.strict, file_urls, rebase }
    }
}

/// How files are opened.
pub(super) fn files(reading: &ReadingArgs, running: &RunningArgs) -> InputOptions<'static> {
    let defaults = InputOptions::default();
    InputOptions {
        temp_dir: running.temp_dir.clone().unwrap_or(defaults.temp_dir.clone()),
        max_decompressed: reading.max_decompressed,
        ..defaults
    }
}

/// The two names after `--rebase`.
pub(super) fn rebase(names: &[OsString]) -> Result<Option<Rebase>> {
    let name = |text| dn("--rebase", text);
    match names {
        [from, to] => Ok(Some(Rebase { from: name(from)?, to: name(to)? })),
        _ => Ok(None),
    }
}

impl SelectingArgs {
    fn selection(&self) -> Result<Selection> {
        let only = attributes("--attributes", &self.attributes, attribute)?;
        let except = attributes("--exclude-attributes", &self.exclude_attributes, attribute)?;
        let only = (!only.is_empty()).then(|| only.into_iter().collect());
        let except = except.into_iter().collect();
        Ok(Selection { only, except, operational: self.operational })
    }
}

impl ScopeArgs {
    /// Which entries take part; lists of names are read.
    pub(super) fn scope(&self, lists: &InputOptions<'_>) -> Result<Scope> {
        let only_dn = self.only_dn.as_deref().map(|path| dn_list(path, lists)).transpose()?;
        let exclude_dn = self.exclude_dn.as_deref().map(|path| dn_list(path, lists)).transpose()?;
        Ok(Scope {
            filters: self.filter.iter().map(|f| filter("--filter", f)).collect::<Result<_>>()?,
            excludes: self.exclude.iter().map(|f| filter("--exclude", f)).collect::<Result<_>>()?,
            bases: self.base.iter().map(|name| dn("--base", name)).collect::<Result<_>>()?,
            depth: self.scope.into(),
            only_dn,
            exclude_dn: exclude_dn.unwrap_or_default(),
        })
    }
}

impl LimitArgs {
    fn limits(&self) -> Limits {
        Limits {
            delete: self.max_delete,
            change: self.max_change,
            member_delete: self.max_member_delete,
            attribute_loss: self.max_attribute_loss,
        }
    }
}

/// A fault in the value of an option, which is shown like a line of a file.
fn in_option(option: &str, text: &[u8], fault: Fault) -> Error {
    Error::at(fault.kind, Place::new(option, text, fault.at, fault.len))
}

fn filter(option: &str, text: &OsStr) -> Result<Filter> {
    let text = text.as_encoded_bytes();
    Filter::parse(text).map_err(|fault| in_option(option, text, fault))
}

fn dn(option: &str, text: &OsStr) -> Result<Dn> {
    let text = text.as_encoded_bytes();
    Dn::parse_utf8(text).map_err(|fault| in_option(option, text, fault))
}

/// A list of names, one a line; empty lines and those that begin with `#` are none.
fn dn_list(path: &Path, options: &InputOptions<'_>) -> Result<Vec<Dn>> {
    let input = Input::open(path, options)?;
    let text = input.bytes();
    let mut names = Vec::new();
    let mut start = 0;
    for line in text.split(|&b| b == b'\n') {
        let name = line.trim_ascii();
        if !name.is_empty() && name[0] != b'#' {
            let offset = start + (line.len() - line.trim_ascii_start().len());
            names.push(Dn::parse_utf8(name).map_err(|fault| {
                let place = Place::new(input.name(), text, offset + fault.at, fault.len);
                Error::at(fault.kind, place)
            })?);
        }
        start += line.len() + 1;
    }
    Ok(names)
}

fn kinds(only: &[KindArg]) -> Kinds {
    let kinds: HashSet<Kind> = only.iter().map(|&kind| kind.into()).collect();
    Kinds((!kinds.is_empty()).then_some(kinds))
}

impl From<CompareArg> for Mode {
    fn from(arg: CompareArg) -> Mode {
        match arg {
            CompareArg::Exact => Mode::Exact,
            CompareArg::Schema => Mode::Schema,
            CompareArg::Bytes => Mode::Bytes,
        }
    }
}

impl From<ScopeArg> for Depth {
    fn from(arg: ScopeArg) -> Depth {
        match arg {
            ScopeArg::Base => Depth::Base,
            ScopeArg::One => Depth::One,
            ScopeArg::Sub => Depth::Sub,
        }
    }
}

impl From<ServerArg> for Option<Server> {
    fn from(arg: ServerArg) -> Option<Server> {
        match arg {
            ServerArg::Auto => None,
            ServerArg::Openldap => Some(Server::OpenLdap),
            ServerArg::Ds389 => Some(Server::Ds389),
            ServerArg::Ad => Some(Server::ActiveDirectory),
            ServerArg::Generic => Some(Server::Generic),
        }
    }
}

impl From<KindArg> for Kind {
    fn from(arg: KindArg) -> Kind {
        match arg {
            KindArg::Add => Kind::Add,
            KindArg::Modify => Kind::Modify,
            KindArg::Delete => Kind::Delete,
            KindArg::Rename => Kind::Rename,
        }
    }
}

impl From<StyleArg> for ModifyStyle {
    fn from(arg: StyleArg) -> ModifyStyle {
        match arg {
            StyleArg::Values => ModifyStyle::Values,
            StyleArg::Replace => ModifyStyle::Replace,
        }
    }
}

impl From<&FormatArg> for Format {
    fn from(arg: &FormatArg) -> Format {
        match arg {
            FormatArg::Ldif | FormatArg::Sql | FormatArg::Csv => Format::Ldif,
            FormatArg::Template(_) => Format::Template,
            FormatArg::Unified => Format::Unified,
            FormatArg::Jsonl => Format::Jsonl,
            FormatArg::Summary => Format::Summary,
        }
    }
}
