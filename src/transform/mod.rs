//! `transform`: records of any number of inputs, selected, edited, and written in another shape.
//!
//! A pipe is read while it is written to, and nothing is kept of what has gone by, unless records
//! are to be sorted. Records are worked on by all threads and written in their order.

mod attributes;
mod edit;
mod flow;
mod made_rows;
mod pseudonym;
mod reader;
mod refuse;
mod shape;
mod sort;
pub mod tables;
pub mod through;
mod walk;

use std::path::PathBuf;

use crate::error::Result;
use crate::input::InputOptions;
use crate::output::{Output, Target, commit_all};
use crate::parallel::Pool;
use crate::schema::Schema;
use crate::scope::{Scope, Selector};
use crate::server::Server;
use crate::source::{ReadOptions, Rebase};
use crate::transform::edit::Edits;
use crate::transform::flow::{Course, Setting, input};
use crate::transform::shape::Shape;
use crate::transform::sort::Sink;

pub use shape::Format;

/// What is asked of a transformation.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that stands for itself")]
pub struct Options {
    /// What is read, one after the other.
    pub inputs: Vec<PathBuf>,
    /// What the inputs hold; read off their names and first bytes where nothing is said.
    pub input_format: Option<InputFormat>,
    /// Where the records go.
    pub output: Target,
    /// In which shape.
    pub format: Format,
    /// Files with a server's schema.
    pub schema: Vec<PathBuf>,
    /// Which entries take part.
    pub scope: Scope,
    /// Only these attributes, as they were named; all where none is.
    pub attributes: Vec<Vec<u8>>,
    /// Not these attributes.
    pub exclude_attributes: Vec<Vec<u8>>,
    /// Whether what only the server may write stays.
    pub operational: bool,
    /// Whose export it is; read off the first records where none is given.
    pub server: Option<Server>,
    /// What is below one name is written as if it were below another.
    pub rebase: Option<Rebase>,
    /// Attributes that get another name.
    pub rename_attributes: Vec<(Vec<u8>, Vec<u8>)>,
    /// Attributes whose values are left out, but not that they have some.
    pub redact: Vec<Vec<u8>>,
    /// Attributes whose values are replaced, equal ones by equal ones.
    pub pseudonymise: Vec<Vec<u8>>,
    /// What makes the same pseudonyms again.
    pub seed: Vec<u8>,
    /// Whether records are sorted by name, parents first.
    pub sort: bool,
    /// How much memory sorting may take, in bytes.
    pub memory: usize,
    /// Folds at this column; 0 for never.
    pub wrap: usize,
    /// Whether a `version: 1` line begins the output though no input has one.
    pub version_line: bool,
    /// What stands between the values of a cell.
    pub separator: Option<Vec<u8>>,
    /// Whether bad records are skipped.
    pub keep_going: bool,
    /// Where skipped records go.
    pub rejects: Option<PathBuf>,
    /// How inputs are read.
    pub reading: ReadOptions,
    /// Worker threads; all cores where none is given.
    pub threads: Option<usize>,
    /// How files are opened.
    pub files: InputOptions<'static>,
}

/// What an input holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputFormat {
    /// LDIF.
    Ldif,
    /// A record as JSON a line.
    Jsonl,
}

/// What a transformation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records read, bad ones too.
    pub read: u64,
    /// Records written.
    pub written: u64,
    /// Records that were skipped.
    pub rejected: u64,
    /// Records that were left out because nothing was left of them.
    pub emptied: u64,
    /// What should be known of it, a sentence each.
    pub warnings: Vec<String>,
}

impl Options {
    /// The defaults for these inputs.
    pub fn new(inputs: Vec<PathBuf>) -> Options {
        Options {
            inputs,
            input_format: None,
            output: Target::Stdout,
            format: Format::default(),
            schema: Vec::new(),
            scope: Scope::default(),
            attributes: Vec::new(),
            exclude_attributes: Vec::new(),
            operational: false,
            server: None,
            rebase: None,
            rename_attributes: Vec::new(),
            redact: Vec::new(),
            pseudonymise: Vec::new(),
            seed: Vec::new(),
            sort: false,
            memory: 256 << 20,
            wrap: 76,
            version_line: false,
            separator: None,
            keep_going: false,
            rejects: None,
            reading: ReadOptions::default(),
            threads: None,
            files: InputOptions::default(),
        }
    }
}

/// Transforms the inputs into the output.
///
/// `progress` is told how many bytes of text were worked on. `beside` hears what was done before any
/// output has its name, and may hand over another one, which gets its name together with them.
///
/// # Errors
///
/// What was asked contradicts itself; an input cannot be read, is malformed or says of itself that
/// it is not whole (a file that is written then has nothing; a stream may hold what came before);
/// the output cannot be written.
pub fn transform(
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
    beside: &mut dyn FnMut(&Report) -> Result<Option<Output>>,
) -> Result<Report> {
    let files = &options.files;
    let schema = Schema::with_files(Schema::builtin(), &options.schema, files)?;
    let pool = Pool::new(options.threads)?;
    let edits = Edits::new(options, &schema)?;
    let shape = Shape::new(options, &schema, edits.columns(&options.attributes));
    let selector = Selector::new(&schema, &options.scope);
    let setting = Setting { options, schema: &schema, pool: &pool, edits, selector, shape };
    let out = Output::create(&options.output)?;
    let rejects = options.rejects.clone().map(|path| Output::create(&Target::File(path)));
    let mut course = Course::new(Sink::new(out, options), rejects.transpose()?);
    for path in &options.inputs {
        input(&setting, &mut course, path, files, progress)?;
    }
    course.begin(&setting, false)?;
    course.report.warnings = course.warnings(&setting);
    let (out, twice) = course.sink.finish(course.unfinished == 0)?;
    course.report.warnings.extend(twice.told());
    let outputs = std::iter::once(out).chain(course.rejects);
    commit_all(outputs.chain(beside(&course.report)?).collect())?;
    Ok(course.report)
}
