//! What is asked of a diff, in plain values.

use std::path::PathBuf;

use crate::compare::{Mode, Selection};
use crate::emit::{Paint, Rendering};
use crate::join::PART;
use crate::output::Target;
use crate::plan::journey::ModifyStyle;
pub use crate::plan::narrow::{Kind, Kinds};
pub use crate::scope::{Depth, Scope};
use crate::server::Server;
use crate::source::ReadOptions;

/// What is asked of a diff.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that stands for itself")]
pub struct Options {
    /// What is to be changed.
    pub old: PathBuf,
    /// What is obeyed.
    pub new: PathBuf,
    /// Where the change goes.
    pub output: Target,
    /// Where the way back goes.
    pub undo: Option<PathBuf>,
    /// In which shape.
    pub format: Format,
    /// The template, where that is the shape.
    pub template: Option<Rendering>,
    /// Whether text for people is coloured.
    pub paint: Paint,
    /// Files with a server's schema.
    pub schema: Vec<PathBuf>,
    /// When values are equal.
    pub mode: Mode,
    /// Which attributes take part.
    pub selection: Selection,
    /// Which entries take part.
    pub scope: Scope,
    /// Which kinds of change are written.
    pub only: Kinds,
    /// What would be too much.
    pub limits: Limits,
    /// Whether NEW may have nothing where OLD has something.
    pub allow_empty: bool,
    /// The server; read off OLD where none is given.
    pub server: Option<Server>,
    /// How values are changed.
    pub style: ModifyStyle,
    /// Whether records carry an assertion of what they expect (RFC 4528).
    pub assert: bool,
    /// Identifying attributes to use instead of the known ones, in lower case.
    pub identifiers: Vec<Vec<u8>>,
    /// Further unique attributes, in lower case.
    pub unique: Vec<Vec<u8>>,
    /// Further attributes whose values are secrets, in lower case.
    pub secrets: Vec<Vec<u8>>,
    /// How the inputs are read.
    pub reading: ReadOptions,
    /// Whether the last line of an export may lack its line end.
    pub allow_no_final_newline: bool,
    /// How many entries OLD and NEW must have.
    pub expect: (Option<Limit>, Option<Limit>),
    /// Whether bad records are skipped.
    pub keep_going: bool,
    /// Where skipped records go.
    pub rejects: Option<PathBuf>,
    /// Folds at this column; 0 for never.
    pub wrap: usize,
    /// Where a long list of values continues in another record, in bytes.
    pub max_record_size: usize,
    /// Whether adds carry identifiers and times.
    pub keep_identifiers: bool,
    /// Whether the head of the change names the SHA-256 of the inputs.
    pub sha256: bool,
    /// Worker threads; all cores where none is given.
    pub threads: Option<usize>,
    /// How much memory is taken, in bytes, apart from the pages of the inputs: the less it is, the more
    /// often they are walked over. What differs is held in any case.
    pub memory: usize,
    /// How much of an export a thread takes at a time, in bytes; the answer does not depend on it.
    pub part: usize,
    /// Unnamed temporary files go here.
    pub temp_dir: PathBuf,
    /// How many bytes may come out of one compressed input.
    pub max_decompressed: u64,
}

/// The shape of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Change LDIF.
    #[default]
    Ldif,
    /// Text for a change ticket.
    Unified,
    /// A JSON object a line.
    Jsonl,
    /// What a template makes of each change.
    Template,
    /// The counts alone.
    Summary,
}

impl Format {
    /// Whether it can be applied to a server: what cannot always shows, whatever the limits.
    pub fn is_applied(self) -> bool {
        match self {
            Format::Ldif | Format::Template => true,
            Format::Unified | Format::Jsonl | Format::Summary => false,
        }
    }
}

/// A number of records, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(f64),
}

/// What would be too much: an import beyond a limit is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Deletes; 2 % of OLD's records in scope, at least 20, never more than half, where none is
    /// given.
    pub delete: Option<Limit>,
    /// Changes of any kind; none where none is given.
    pub change: Option<Limit>,
    /// Values removed from one group; half of them and over 20 where none is given.
    pub member_delete: Option<Limit>,
    /// The share of entries that lose an attribute, of 20 or more that have it; 90 where none is
    /// given.
    pub attribute_loss: Option<f64>,
}

impl Options {
    /// The defaults for two exports.
    pub fn new(old: PathBuf, new: PathBuf) -> Options {
        Options {
            old,
            new,
            output: Target::Stdout,
            undo: None,
            format: Format::default(),
            template: None,
            paint: Paint::default(),
            schema: Vec::new(),
            mode: Mode::default(),
            selection: Selection::default(),
            scope: Scope::default(),
            only: Kinds::default(),
            limits: Limits::default(),
            allow_empty: false,
            server: None,
            style: ModifyStyle::default(),
            assert: false,
            identifiers: Vec::new(),
            unique: Vec::new(),
            secrets: Vec::new(),
            reading: ReadOptions::default(),
            allow_no_final_newline: false,
            expect: (None, None),
            keep_going: false,
            rejects: None,
            wrap: 76,
            max_record_size: 1 << 20,
            keep_identifiers: false,
            sha256: false,
            threads: None,
            memory: usize::MAX,
            part: PART,
            temp_dir: std::env::temp_dir(),
            max_decompressed: 256 << 30,
        }
    }
}
