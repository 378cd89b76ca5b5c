//! What a mapping file says, once it was read and found sound.
//!
//! Knows no TOML: `mapping::read` makes these things, and says where a mistake stands.

use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::dn::Dn;
use crate::filter::Filter;
use crate::mapping::doubt::Slip;
use crate::mapping::expression::{Expression, Template};
use crate::server::Server;
use crate::table::TableName;

/// A mapping file.
#[derive(Debug)]
pub struct MappingFile {
    /// What is said of the directory.
    pub directory: DirectorySide,
    /// What is said of the database.
    pub database: DatabaseSide,
    /// Where expressions look things up, `[lookup.NAME]`.
    pub lookups: Vec<Lookup>,
    /// The mappings, `[mapping.NAME]`, in the order of the file.
    pub mappings: Vec<Mapping>,
    /// What is perhaps a slip, in the order of the file.
    pub(in crate::mapping) slips: Vec<Slip>,
}

/// `[directory]`.
#[derive(Clone, Debug, Default)]
pub struct DirectorySide {
    /// Which server it is.
    pub server: Option<Server>,
    /// The attribute by which entries are the same under another name.
    pub identifier: Option<String>,
    /// Whether references that no flow feeds follow an entry that gets another name.
    pub follow_renames: bool,
}

/// `[database]`.
#[derive(Clone, Debug, Default)]
pub struct DatabaseSide {
    /// Which database runs the script.
    pub dialect: Option<Dialect>,
    /// The time zone of times that have none: a name of the IANA database.
    pub time_zone: Option<String>,
}

/// Something to look values up in.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// What expressions call it.
    pub name: String,
    /// Where its values are.
    pub from: LookupFrom,
}

/// Where the values of a lookup are.
#[derive(Clone, Debug)]
pub enum LookupFrom {
    /// In a table of the dump: a row is found by its key.
    Table {
        /// The table.
        table: TableName,
        /// The column that values are sought in.
        key: String,
    },
    /// In a CSV file with a head, beside the mapping file.
    File {
        /// The file; a relative name is below the folder of the mapping file.
        path: PathBuf,
        /// The column that values are sought in.
        key: String,
    },
    /// In the mapping file: each key with its value.
    Values(Vec<(String, String)>),
}

/// One mapping: which entries and which rows are the same things, and what flows between them.
#[derive(Debug)]
pub struct Mapping {
    /// Its name.
    pub name: String,
    /// Which entries are meant.
    pub entries: EntrySet,
    /// Which rows are meant.
    pub rows: RowSet,
    /// Columns by whose values an entry and a row are one, tried in this order. The flow of each column
    /// says which attribute it is.
    pub matches: Vec<Vec<String>>,
    /// The name of a new entry.
    pub dn: Option<Template>,
    /// Whether an entry that has another name is moved to the one that `dn` gives it.
    pub moves: bool,
    /// The classes of an entry.
    pub object_class: Vec<String>,
    /// What flows, in the order of the file.
    pub flows: Vec<Flow>,
    /// What is done in which situation, where the database follows and where the directory does.
    pub policy: Each<Policy>,
    /// What makes something inactive, there.
    pub inactivate: Each<Option<Inactivate>>,
    /// How many of a hundred of the smaller side must find a counterpart.
    pub min_overlap: f64,
    /// How much of OLD may go; the command's own limit where none is given.
    pub max_delete: Option<crate::mapping::Share>,
}

/// Which entries are meant.
#[derive(Clone, Debug, Default)]
pub struct EntrySet {
    /// They are at or below one of these; everywhere where there is none.
    pub base: Vec<Dn>,
    /// They match it.
    pub filter: Option<Filter>,
    /// They do not match it.
    pub exclude: Option<Filter>,
}

/// Which rows are meant.
#[derive(Clone, Debug)]
pub struct RowSet {
    /// The table they are in.
    pub table: TableName,
    /// The columns of its key; the primary key of the dump where none is given.
    pub key: Vec<String>,
    /// Columns that the database fills when a row comes.
    pub generated: Vec<String>,
    /// They match it; attributes are columns.
    pub filter: Option<Filter>,
    /// They do not match it.
    pub exclude: Option<Filter>,
    /// Whose rows they are: others are never touched, and are no partners.
    pub managed_by: Option<Owner>,
}

/// Rows that are ours: those with this value in this column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The column.
    pub column: String,
    /// What it holds; new rows get it.
    pub value: String,
}

/// The side that is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Toward {
    /// The database follows the directory.
    Database,
    /// The directory follows the database.
    Directory,
}

impl Toward {
    /// The side that is obeyed.
    pub fn other(self) -> Toward {
        match self {
            Toward::Database => Toward::Directory,
            Toward::Directory => Toward::Database,
        }
    }
}

/// One thing for each side that may be changed.
#[derive(Clone, Debug, Default)]
pub struct Each<T> {
    /// Where the database is changed.
    pub to_database: T,
    /// Where the directory is.
    pub to_directory: T,
}

impl<T> Each<T> {
    /// The one for this side.
    pub fn of(&self, toward: Toward) -> &T {
        match toward {
            Toward::Database => &self.to_database,
            Toward::Directory => &self.to_directory,
        }
    }
}

/// What makes an entry or a row inactive.
#[derive(Clone, Debug, Default)]
pub struct Inactivate {
    /// Columns or attributes that get a value.
    pub set: Vec<(String, String)>,
    /// Columns or attributes that lose theirs.
    pub clear: Vec<String>,
    /// The entry below which an entry is moved.
    pub move_to: Option<Dn>,
}

/// An attribute and a column, and what goes from one to the other.
#[derive(Debug)]
pub struct Flow {
    /// The line of the mapping file it begins on, from 1.
    pub line: u64,
    /// The attribute description; none where only a column is fed.
    pub attribute: Option<String>,
    /// The column; none where only an attribute is fed.
    pub column: Option<String>,
    /// The table of which each row is one value, where the column is not in the mapping's own.
    pub child: Option<Child>,
    /// Which way it goes.
    pub direction: Direction,
    /// What is written.
    pub value: FlowValue,
    /// What values are.
    pub kind: FlowType,
    /// What its values lead to: a name here, a key there.
    pub reference: Option<Reference>,
    /// Whether a record without a value is rejected.
    pub required: bool,
    /// What becomes of several values where one is wanted.
    pub multi: Multi,
    /// When two values are one, where it is not the attribute's own rule: a rule of RFC 4517.
    pub compare: Option<Compare>,
    /// Only where this holds.
    pub when: Option<Expression>,
    /// The value where there is none.
    pub default: Option<String>,
    /// Whether only a new record gets it.
    pub on: On,
    /// How long a value may be, in characters, and what becomes of a longer one.
    pub max_length: Option<(usize, TooLong)>,
    /// What becomes of the value there where there is none here.
    pub if_missing: IfMissing,
    /// What becomes of a group that would have no value left.
    pub if_empty: Option<IfEmpty>,
    /// Several values in one column: what stands between them.
    pub split: Option<String>,
}

impl Flow {
    /// The names of the records of both sides whose values it reads, but for those that a reference leads to.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let computed = match &self.value {
            FlowValue::Expression(one) => [Some(one), None],
            FlowValue::Converted(pair) => [Some(&pair.to_database), Some(&pair.to_directory)],
            FlowValue::Copy | FlowValue::Constant(_) | FlowValue::Sequence { .. } => [None, None],
        };
        let computed = computed.into_iter().flatten().chain(&self.when);
        let read = computed.flat_map(Expression::names).map(String::as_str);
        self.attribute.as_deref().into_iter().chain(read)
    }
}

/// Which way a flow goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From the directory to the database.
    ToDatabase,
    /// From the database to the directory.
    ToDirectory,
}

impl Direction {
    /// Whether it goes there.
    pub fn goes(self, toward: Toward) -> bool {
        match self {
            Direction::Both => true,
            Direction::ToDatabase => toward == Toward::Database,
            Direction::ToDirectory => toward == Toward::Directory,
        }
    }
}

/// What a flow writes.
#[derive(Debug)]
pub enum FlowValue {
    /// The value of the other side.
    Copy,
    /// What these make of the values of the other side.
    Converted(Each<Expression>),
    /// Always the same.
    Constant(String),
    /// What this makes of the other side's record.
    Expression(Expression),
    /// The next number, from this one on.
    Sequence {
        /// The first one.
        start: i64,
    },
}

/// A table that holds the values of a flow, a row each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The table.
    pub table: TableName,
    /// The columns that hold the key of the row the values are of.
    pub foreign_key: Vec<String>,
    /// Which rows are ours.
    pub managed_by: Option<Owner>,
}

/// What the values of a flow lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name of the mapping whose records they lead to.
    pub mapping: String,
    /// The attribute of an entry there that stands in values; its name (DN) where none is given.
    pub attribute: Option<String>,
    /// The column of a row there that stands in values; its key where none is given.
    pub column: Option<String>,
}

/// What values are, on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlowType {
    /// Text as it is.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// `TRUE` and `FALSE` here (RFC 4517), what the dialect has there.
    Boolean,
    /// A generalized time here, a timestamp there.
    Timestamp,
    /// A generalized time at midnight here, a date there.
    Date,
    /// Bytes.
    Binary,
    /// A UUID as text (RFC 9562) on both sides, or its sixteen bytes in order.
    Guid,
    /// Microsoft's sixteen bytes here (`objectGUID`), text there.
    GuidAd,
    /// Microsoft's count of 100 ns since 1601 here, a timestamp there.
    FileTime,
    /// A name, compared as one (RFC 4514).
    Dn,
}

/// What becomes of several values where one is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Multi {
    /// The record is rejected.
    #[default]
    Reject,
    /// The first counts.
    First,
    /// They are one text, with this between them.
    Join(String),
    /// All are handed on, as a list.
    All,
    /// Equal while the column holds one of them; a change replaces that one.
    Any,
}

/// When two values are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The same bytes.
    Exact,
    /// Case and runs of blanks do not count (caseIgnoreMatch).
    IgnoreCase,
    /// Blanks at the ends and runs of them do not count (caseExactMatch).
    CaseExact,
    /// Blanks and hyphens do not count (telephoneNumberMatch).
    Telephone,
    /// Whole numbers (integerMatch).
    Integer,
    /// Names (distinguishedNameMatch).
    Dn,
    /// The same instant.
    Time,
}

/// When a flow writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum On {
    /// Always.
    #[default]
    Always,
    /// Where a record comes.
    Create,
}

/// What becomes of a value that is too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TooLong {
    /// Its record is rejected.
    #[default]
    Reject,
    /// Its end goes.
    Truncate,
}

/// What becomes of the value there where there is none here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfMissing {
    /// It goes.
    #[default]
    Clear,
    /// It stays.
    Keep,
}

/// What becomes of a group that would have no value left.
#[derive(Clone, Debug)]
pub enum IfEmpty {
    /// It is rejected.
    Reject,
    /// It goes.
    Delete,
    /// It gets this member.
    Member(Dn),
}

/// What is done in which situation.
#[derive(Clone, Debug)]
pub struct Policy {
    /// An action for each situation, in the order of [`Situation::ALL`](crate::mapping::Situation::ALL).
    pub actions: [Action; crate::mapping::Situation::ALL.len()],
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A record is made.
    Create,
    /// What flows is written.
    Update,
    /// The record goes.
    Delete,
    /// The record becomes inactive.
    Inactivate,
    /// Nothing.
    Ignore,
    /// It is told.
    Report,
    /// The run ends.
    Fail,
}
