//! Every kind of error: its message and its remedy.
//!
//! One variant, one line in `Display`, one in [`ErrorKind::hint`], one row of `tests/errors.rs`.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::{
    DumpFault, EntryFault, Expected, FileFault, FlowFault, Found, LimitFault, MappingFault,
    Refusal, RowFault, ServerFault, ShapeFault, TemplateFault, UsageFault,
};

use crate::parallel::NoThreads;
use crate::text::{Count, Escaped, Shortened};

/// All that can go wrong.
///
/// Every variant has its message in `Display`, its remedy in [`ErrorKind::hint`] where one is known,
/// and a row in `tests/errors.rs` with its exact text.
#[derive(Debug)]
pub enum ErrorKind {
    /// A text does not follow its grammar.
    Syntax {
        /// What the grammar wants here.
        expected: Expected,
        /// What stands here.
        found: Found,
    },
    /// A name is not UTF-8 (RFC 4514 section 2).
    NameNotUtf8,
    /// A name with more RDNs than are read, or an RDN with more values.
    NameTooDeep {
        /// The limit.
        limit: usize,
    },
    /// A carriage return that ends no line.
    LoneCarriageReturn,
    /// Base64 whose number of digits is none that any bytes have.
    Base64Length {
        /// How many digits, padding included.
        digits: usize,
    },
    /// A folded line with nothing before it.
    NothingToContinue,
    /// A value by reference, which is not followed.
    FileUrl {
        /// The URL.
        url: String,
    },
    /// A URL that names no local file.
    UrlScheme {
        /// The URL.
        url: String,
    },
    /// A URL that leads out of the folder that may be read.
    FileUrlOutside {
        /// The URL.
        url: String,
        /// The folder.
        folder: PathBuf,
    },
    /// A deviation from the standard, under `--strict`.
    Deviation {
        /// Its number.
        number: u8,
        /// What the standard wants.
        standard: &'static str,
    },
    /// A record of 4 GiB or more.
    RecordTooLarge,
    /// A record that is not followed through a mapping.
    Flow {
        /// The mapping.
        mapping: String,
        /// Why not.
        fault: Box<FlowFault>,
    },
    /// A template that is none, or of which a change cannot be made a text.
    Template(TemplateFault),
    /// Two records of one name.
    DuplicateDn {
        /// The line of the first.
        first: u64,
    },
    /// Two entries, among those that differ, with one identifier.
    DuplicateIdentifier {
        /// The identifying attribute.
        attribute: String,
        /// Its value.
        value: Vec<u8>,
        /// The line of the first.
        first: u64,
    },
    /// A change record in a file of entries, or an entry among changes.
    ChangeAmongContent,
    /// A content record in a file of entries as `changetype: add`.
    ContentAmongAdds,
    /// A file of changes where an export is wanted.
    ChangesAsExport,
    /// The search behind an export did not end well.
    SearchFailed {
        /// Its result code.
        code: u32,
    },
    /// A search has begun, and the file does not say how it ended.
    SearchCut,
    /// An export says it holds another number of entries than it does.
    EntriesMissing {
        /// What it says.
        said: u64,
        /// What was read.
        read: u64,
    },
    /// An entry without attributes where the other side has some, or where one is to come.
    NameOnly,
    /// The last line of an export has no line end.
    NoFinalNewline,
    /// The last line of an input has no line end, and its value is not whole.
    CutValue,
    /// An input has another number of entries than it is said to have.
    UnexpectedCount {
        /// The input.
        name: String,
        /// The option that says so.
        option: &'static str,
        /// How many it should have.
        wanted: Wanted,
        /// How many it has.
        read: u64,
    },
    /// NEW has no entries where OLD has some.
    EmptyNew {
        /// The name of NEW.
        new: String,
        /// The name of OLD.
        old: String,
        /// How many OLD has.
        entries: u64,
        /// What is counted.
        of: Counted,
    },
    /// What is selected is in neither file.
    NothingSelected,
    /// Nothing in NEW has a name that is to be read as another.
    NothingRebased {
        /// The suffix that is not there.
        from: String,
        /// NEW.
        new: String,
    },
    /// More than a safety limit allows.
    Limit(LimitFault),
    /// A schema file holds no definition.
    NothingDefined,
    /// An entry goes and comes again under its name, and others stay below it.
    RecreatedWithChildren {
        /// How many.
        children: u64,
    },
    /// NEW has entries below one that it does not have.
    ParentMissing {
        /// How many.
        children: u64,
    },
    /// NEW asks for what the server refuses, though the standard allows it.
    Server(ServerFault),
    /// Filters stand inside each other more deeply than the limit allows.
    FilterTooDeep {
        /// The limit.
        limit: usize,
    },
    /// A filter names a matching rule that cannot be used in it.
    RuleOfFilter {
        /// The rule as written.
        rule: Vec<u8>,
        /// Why not.
        fault: RuleFault,
    },
    /// Assertions are asked for a server that does not honour them.
    AssertionsIgnored {
        /// The server's profile.
        server: &'static str,
    },
    /// The operating system would not let us do something with a file.
    Io {
        /// What was tried: `read`, `write`, `create`, …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what can be used, whatever it holds.
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A line of JSON that is no record.
    Json {
        /// What the reader says.
        message: String,
    },
    /// A record that can be read, and is not sound.
    Entry(EntryFault),
    /// A row or a table that is not sound.
    Row(RowFault),
    /// A dump that is none of a table.
    Dump(DumpFault),
    /// A change that a server would not perform.
    Refused(Refusal),
    /// A record that does not go into the shape that was asked for.
    Shape(ShapeFault),
    /// A mapping file is wrong.
    Mapping(MappingFault),
    /// What was asked contradicts itself.
    Usage(UsageFault),
    /// The system gave us no worker threads.
    Threads(NoThreads),
}

/// How many entries an input should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// So many.
    Exactly(u64),
    /// So many or more.
    AtLeast(u64),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Wanted::Exactly(count) => write!(f, "{}", Count(count)),
            Wanted::AtLeast(count) => write!(f, "at least {}", Count(count)),
        }
    }
}

/// Which entries are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// All of them.
    All,
    /// Those that are selected.
    Selected,
    /// The rows of a table.
    Rows,
    /// Those that are selected.
    SelectedRows,
}

impl Counted {
    fn entries(self) -> &'static str {
        match self {
            Counted::All => "entries",
            Counted::Selected => "entries that are selected",
            Counted::Rows => "rows",
            Counted::SelectedRows => "rows that are selected",
        }
    }
}

/// Why a matching rule cannot be used in a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleFault {
    /// Nobody knows it.
    Unknown,
    /// It follows links from entry to entry.
    InChain,
    /// It is none that compares one value with one assertion.
    NotForValues,
}

impl RuleFault {
    fn expected(self) -> &'static str {
        match self {
            RuleFault::Unknown => "a known matching rule",
            RuleFault::InChain => "a matching rule that needs one entry alone",
            RuleFault::NotForValues => "an equality, ordering or bit rule",
        }
    }

    fn hint(self) -> Option<&'static str> {
        match self {
            RuleFault::Unknown => {
                Some("rules are named as in RFC 4517, such as `caseExactMatch`, or by OID")
            }
            RuleFault::InChain => Some(
                "nested groups are resolved by the server; list the groups one by one: `(memberOf=…)`",
            ),
            RuleFault::NotForValues => Some("substrings are written `(cn=a*b)`"),
        }
    }
}

impl ErrorKind {
    /// Whether a safety limit refused to go on, which has an exit status of its own.
    pub fn is_limit(&self) -> bool {
        matches!(self, ErrorKind::Limit(_))
    }

    /// What to do about it, where we know.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self {
            ErrorKind::Syntax { expected, .. } => return expected.hint().map(Cow::Borrowed),
            ErrorKind::Io { source, .. } => return io_hint(source.kind()).map(Cow::Borrowed),
            ErrorKind::File { fault, .. } => return fault.hint().map(Cow::Borrowed),
            ErrorKind::Usage(fault) => return Some(fault.hint()),
            ErrorKind::Template(fault) => return Some(fault.hint()),
            ErrorKind::Server(fault) => fault.hint(),
            ErrorKind::Entry(fault) => return fault.hint().map(Cow::Borrowed),
            ErrorKind::Row(fault) => return fault.hint().map(Cow::Borrowed),
            ErrorKind::Dump(fault) => fault.hint(),
            ErrorKind::Shape(fault) => fault.hint(),
            ErrorKind::Flow { fault, .. } => return fault.hint().map(Cow::Owned),
            ErrorKind::Mapping(fault) => return fault.hint(),
            ErrorKind::Refused(refusal) => refusal.hint(),
            ErrorKind::NameNotUtf8 => {
                "convert the export to UTF-8, or have the server export base64"
            }
            ErrorKind::LoneCarriageReturn => {
                "lines end with LF or CRLF; convert a file of an old Mac first: `tr '\\r' '\\n'`"
            }
            ErrorKind::FileUrl { .. } => {
                "`--allow-file-urls DIR` reads files inside DIR; an export should hold its values itself"
            }
            ErrorKind::UrlScheme { .. } => "only `file:///path` is read",
            ErrorKind::Threads(_) => {
                "ask for fewer with `--threads N`, or raise the limit (`ulimit -u`)"
            }
            // D-20 and D-22, which may be the marks of what is missing.
            ErrorKind::Deviation { number: 20, .. } => {
                "`diff` refuses it, for the file may have been cut; `--allow-no-final-newline` if it is whole"
            }
            ErrorKind::Deviation { number: 22, .. } => {
                "`diff` refuses it, for the values are incomplete: export with a tool that fetches them all"
            }
            ErrorKind::Deviation { .. } => "without `--strict` this is accepted",
            ErrorKind::DuplicateDn { .. } => {
                "an entry stands once in an export; in `diff`, `--keep-going` leaves both out and protects theirs; where case counts in a name, `--schema` says so"
            }
            ErrorKind::DuplicateIdentifier { .. } => {
                "name another attribute with `--identifier`, or export again"
            }
            ErrorKind::ChangeAmongContent | ErrorKind::ContentAmongAdds => {
                "an export holds entries only, or `changetype: add` in every record as ldifde writes"
            }
            ErrorKind::ChangesAsExport => {
                "this is a file of changes: `diff OLD NEW` compares two exports, \
                 `apply EXPORT CHANGE…` has the export first"
            }
            ErrorKind::SearchFailed { .. } => {
                "the export is incomplete: page it (`ldapsearch -E pr=500/noprompt`) or raise the limit"
            }
            ErrorKind::SearchCut => {
                "the export was cut: export again; if it is whole, take out what says otherwise: the \
                 head of the search (`# LDAPv3`), `search:` without `result:`, `pagedresults:`"
            }
            ErrorKind::EntriesMissing { .. } => {
                "the file was cut or joined on its way: export again"
            }
            ErrorKind::NameOnly => {
                "the file may have been cut here, or made by a search for names only (`1.1`), or by \
                 a bind that may not read the attributes: export again"
            }
            ErrorKind::NoFinalNewline => {
                "the file may have been cut: export again, or `--allow-no-final-newline` if it is whole"
            }
            ErrorKind::CutValue => "the file was cut off: export or copy it again",
            ErrorKind::UnexpectedCount { .. } => {
                "export again if the file is incomplete, else correct the number"
            }
            ErrorKind::EmptyNew { .. } => {
                "an export that failed must not delete everything; `--allow-empty` if NEW is meant to have none"
            }
            ErrorKind::NothingSelected => {
                "check the spelling of `--filter`, `--exclude`, `--base`, `--only-dn` and `--exclude-dn`"
            }
            ErrorKind::NothingRebased { .. } => {
                "`--rebase FROM TO` reads what is below FROM in NEW as if it were below TO, which is OLD's"
            }
            ErrorKind::Limit(fault) => return Some(Cow::Owned(fault.hint())),
            ErrorKind::NothingDefined => {
                "`--schema` takes the LDIF of a server's subschema entry (`attributeTypes: ( … )`), \
                 of `cn=schema,cn=config`, or an OpenLDAP `.schema` file"
            }
            ErrorKind::RecreatedWithChildren { .. } => {
                "a server deletes no entry that others are below: move them first, or leave this one \
                 out with `--exclude-dn`"
            }
            ErrorKind::ParentMissing { .. } => {
                "NEW is not the whole tree: export it again from the same base as OLD"
            }
            ErrorKind::AssertionsIgnored { .. } => {
                "leave `--assert` out: other servers refuse every such record, or perform a delete \
                 without looking; `--server openldap` if it is OpenLDAP"
            }
            ErrorKind::RuleOfFilter { fault, .. } => return fault.hint().map(Cow::Borrowed),
            ErrorKind::Json { .. } => {
                "an entry is `{\"dn\":\"…\",\"attributes\":{\"cn\":[\"…\"]}}`, each on a line of its own; rows are read with `--input-format json`"
            }
            ErrorKind::RecordTooLarge
            | ErrorKind::FilterTooDeep { .. }
            | ErrorKind::NameTooDeep { .. }
            | ErrorKind::Base64Length { .. }
            | ErrorKind::NothingToContinue
            | ErrorKind::FileUrlOutside { .. } => return None,
        }))
    }
}

impl From<MappingFault> for ErrorKind {
    fn from(fault: MappingFault) -> ErrorKind {
        ErrorKind::Mapping(fault)
    }
}

impl From<RowFault> for ErrorKind {
    fn from(fault: RowFault) -> ErrorKind {
        ErrorKind::Row(fault)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::Syntax { expected, found } => {
                write!(f, "expected {expected}, but found {found}")
            }
            ErrorKind::NameNotUtf8 => f.write_str("a name that is not UTF-8"),
            ErrorKind::NameTooDeep { limit } => {
                write!(
                    f,
                    "expected at most {limit} RDNs in a name and values in each, but found more"
                )
            }
            ErrorKind::LoneCarriageReturn => f.write_str("a carriage return that ends no line"),
            ErrorKind::Base64Length { digits } => write!(
                f,
                "expected base64 in groups of four digits, but found {digits} digits or wrong padding"
            ),
            ErrorKind::NothingToContinue => {
                f.write_str("a line that begins with a blank, and no line before it to continue")
            }
            ErrorKind::FileUrl { url } => {
                write!(f, "a value by reference, `{}`, is not read", shown(url.as_bytes()))
            }
            ErrorKind::UrlScheme { url } => {
                write!(f, "expected a `file:///` URL, but found `{}`", shown(url.as_bytes()))
            }
            ErrorKind::FileUrlOutside { url, folder } => write!(
                f,
                "`{}` is no regular file inside `{}`",
                shown(url.as_bytes()),
                shown_path(folder)
            ),
            ErrorKind::Deviation { number, standard } => {
                write!(f, "deviation D-{number}: RFC 2849 wants {standard}")
            }
            ErrorKind::Json { message } => match message.strip_prefix("expected ") {
                Some(wanted) => write!(f, "expected {} in JSON", shown(wanted.as_bytes())),
                None => write!(f, "expected a record as JSON, but: {}", shown(message.as_bytes())),
            },
            ErrorKind::RecordTooLarge => f.write_str("a record of 4 GiB or more"),
            ErrorKind::DuplicateDn { first } => {
                write!(f, "a second record of a name that stands on line {first} already")
            }
            ErrorKind::DuplicateIdentifier { attribute, value, first } => write!(
                f,
                "the {attribute} `{}` of this entry stands on line {first} already",
                shown(value)
            ),
            ErrorKind::ChangeAmongContent => {
                f.write_str("expected an entry, but found a change record among entries")
            }
            ErrorKind::ContentAmongAdds => f.write_str(
                "expected `changetype: add` as in the records before, but found a record without",
            ),
            ErrorKind::ChangesAsExport => {
                f.write_str("expected an export, but found a change record")
            }
            ErrorKind::SearchFailed { code } => {
                write!(
                    f,
                    "expected the search to end with success, but it ended with result {code}"
                )
            }
            ErrorKind::SearchCut => {
                f.write_str("expected the rest of the search and its result, but found none")
            }
            ErrorKind::EntriesMissing { said, read } => {
                write!(f, "expected {said} entries as this line says, but read {read}")
            }
            ErrorKind::NameOnly => {
                f.write_str("expected the attributes of this entry, but found its name alone")
            }
            ErrorKind::CutValue => {
                f.write_str("expected the rest of a base64 value, but found the end of the file")
            }
            ErrorKind::NoFinalNewline => f.write_str("expected a line end after the last line"),
            ErrorKind::UnexpectedCount { name, option, wanted, read } => write!(
                f,
                "expected {wanted} entries in `{}` ({option}), but found {}",
                shown(name.as_bytes()),
                Count(*read)
            ),
            ErrorKind::EmptyNew { new, old, entries, of } => write!(
                f,
                "expected {} in `{}`, but found 0, where `{}` has {}",
                of.entries(),
                shown(new.as_bytes()),
                shown(old.as_bytes()),
                Count(*entries)
            ),
            ErrorKind::NothingSelected => {
                f.write_str("expected entries that are selected, but found none in either file")
            }
            ErrorKind::NothingRebased { from, new } => write!(
                f,
                "expected names at or below `{}` in `{}` (--rebase), but found none",
                shown(from.as_bytes()),
                shown(new.as_bytes())
            ),
            ErrorKind::Limit(fault) => write!(f, "{fault}"),
            ErrorKind::Server(fault) => write!(f, "{fault}"),
            ErrorKind::NothingDefined => f.write_str(
                "expected definitions of attribute types or object classes, but found none",
            ),
            ErrorKind::RecreatedWithChildren { children } => write!(
                f,
                "this entry would have to be deleted and added again, but {} below it",
                if *children == 1 {
                    "1 entry stays".to_owned()
                } else {
                    format!("{children} entries stay")
                }
            ),
            ErrorKind::ParentMissing { children } => {
                let entries = if *children == 1 { "entry" } else { "entries" };
                write!(f, "NEW does not have this entry, but {children} {entries} below it")
            }
            ErrorKind::FilterTooDeep { limit } => {
                write!(f, "expected at most {limit} filters inside each other, but found more")
            }
            ErrorKind::RuleOfFilter { rule, fault } => {
                write!(f, "expected {}, but found `{}`", fault.expected(), shown(rule))
            }
            ErrorKind::AssertionsIgnored { server } => write!(
                f,
                "expected a server that honours assertions (RFC 4528), but found the profile `{server}`"
            ),
            ErrorKind::Io { action, path, source } => {
                write!(f, "cannot {action} `{}`: {source}", shown_path(path))
            }
            ErrorKind::File { path, fault } => fault.describe(&shown_path(path), f),
            ErrorKind::Usage(fault) => fault.describe(&shown_path, f),
            ErrorKind::Template(fault) => fault.describe(&shown_path, f),
            ErrorKind::Entry(fault) => fault.describe(f),
            ErrorKind::Row(fault) => fault.describe(f),
            ErrorKind::Dump(fault) => fault.describe(f),
            ErrorKind::Shape(fault) => fault.describe(f),
            ErrorKind::Flow { mapping, fault } => {
                write!(f, "mapping `{}`: {fault}", shown(mapping.as_bytes()))
            }
            ErrorKind::Mapping(fault) => fault.describe(f),
            ErrorKind::Refused(refusal) => refusal.describe(f),
            ErrorKind::Threads(fault) => write!(f, "{fault}"),
        }
    }
}

/// What to do when the system refuses something for this reason.
fn io_hint(reason: io::ErrorKind) -> Option<&'static str> {
    match reason {
        io::ErrorKind::NotFound => {
            Some("check the spelling; a path without a leading `/` starts at the current folder")
        }
        io::ErrorKind::PermissionDenied => {
            Some("`ls -l` shows who may do that; run this as such a user")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("make room, or name a folder with more of it (`--temp-dir`, `--output`)")
        }
        _ => None,
    }
}

/// A path as it is shown in a message: escaped.
fn shown_path(path: &Path) -> String {
    Escaped(path.as_os_str().as_encoded_bytes()).to_string()
}

/// A name from an input as it is shown in a message: escaped, at most 80 bytes of it.
pub(crate) fn shown(bytes: &[u8]) -> String {
    Shortened(bytes, 80).to_string()
}
