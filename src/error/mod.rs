//! Everything that can go wrong, with its place and the way out.
//!
//! One error type for the whole crate: a boxed kind, where known a place in an input, and a hint.
//! The wording of every message stands in [`kind`], [`definition`], [`entry`], [`row`], [`shape`], [`refusal`], [`breach`], [`expected`], [`mapping`], [`expression`], [`flow`], [`template`], [`mod@file`] [`unfit`] and [`usage`]; the
//! modules that find a fault only name it. Knows nothing of terminals or exit statuses: `cli::report` prints.

mod breach;
mod definition;
mod dump;
mod entry;
mod expected;
mod expression;
mod file;
mod flow;
mod kind;
mod limit;
mod mapping;
mod refusal;
mod row;
mod server;
mod shape;
mod stuck;
mod template;
mod unfit;
mod usage;
mod words;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

pub use breach::Breach;
pub use definition::DefinitionFault;
pub use dump::DumpFault;
pub use entry::EntryFault;
pub use expected::{Expected, Found};
pub use expression::{ExpressionFault, ExpressionFaultKind};
pub use file::FileFault;
pub use flow::FlowFault;
pub use kind::{Counted, ErrorKind, RuleFault, Wanted};
pub use limit::{LimitFault, Limited};
pub use mapping::MappingFault;
pub use refusal::{Origin, Refusal};
pub use row::RowFault;
pub use server::ServerFault;
pub use shape::ShapeFault;
pub(crate) use stuck::{Parsed, Stuck, fail, fault_of};
pub use template::TemplateFault;
pub use unfit::Unfit;
pub use usage::UsageFault;

use crate::parallel::NoThreads;
use crate::text::{Escaped, Position, line_at};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what to do.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    place: Option<Place>,
}

/// A place in an input, with the line as it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The input's name as it was given.
    pub name: String,
    /// Line and column.
    pub position: Position,
    /// The physical line, cut to a screen's width.
    pub line: Vec<u8>,
    /// The bytes of `line` the fault is about.
    pub caret: Range<usize>,
    /// The attribute descriptions the line may be of: its own, or that of a line before it which it
    /// continues or was to continue; what a message may not show depends on them. `None` where too many
    /// lines stand between to tell.
    pub attributes: Option<Vec<Vec<u8>>>,
    /// The DN of the record, where it could be read.
    pub dn: Option<Vec<u8>>,
}

impl Place {
    /// The place of `len` bytes at `offset` of `text`, which is the input called `name`.
    pub fn new(name: &str, text: &[u8], offset: usize, len: usize) -> Place {
        Place::at(name, text, Position::of(text, offset), (offset, len))
    }

    /// The same, where the position was counted already.
    pub fn at(name: &str, text: &[u8], position: Position, (offset, len): (usize, usize)) -> Place {
        const WIDTH: usize = 120;
        let line = line_at(text, offset);
        let column = usize::try_from(position.column - 1).unwrap_or(0).min(line.len());
        let from = column.saturating_sub(WIDTH / 2);
        let to = line.len().min(from + WIDTH);
        let caret = column - from..(column + len.max(1)).min(to).max(column) - from;
        let attributes = attributes_at(text, offset)
            .map(|names| names.iter().map(|name| name.to_vec()).collect());
        let line = line[from..to].to_vec();
        Place { name: name.to_owned(), position, line, caret, attributes, dn: None }
    }

    /// A place in the input called `name` of whose text nothing is shown.
    pub fn bare(name: &str, position: Position) -> Place {
        let (name, line) = (name.to_owned(), Vec::new());
        Place { name, position, line, caret: 0..0, attributes: None, dn: None }
    }

    /// The same place, in the record with this DN.
    #[must_use]
    pub fn in_record(mut self, dn: Option<&[u8]>) -> Place {
        self.dn = dn.map(<[u8]>::to_vec);
        self
    }
}

/// How many lines without a colon are gone through for the one that they were to continue. Where the
/// blanks of a photo's folds were lost there are thousands, and each of them is a fault.
const LOST_FOLDS: usize = 64;

/// The name that begins the logical line that holds byte `offset`; where it has no colon, also those of
/// the lines before up to one that has, which it may have been meant to continue; `None` where that
/// is too far away. A comment has none.
fn attributes_at(text: &[u8], offset: usize) -> Option<Vec<&[u8]>> {
    let mut names = Vec::new();
    let mut lines = 0;
    let mut end = offset.min(text.len());
    loop {
        let start = memchr::memrchr(b'\n', &text[..end]).map_or(0, |at| at + 1);
        let folded = matches!(text.get(start), Some(b' ' | b'\t')) && start > 0;
        if !folded {
            let line = line_at(text, start);
            let named = |b: &u8| b.is_ascii_alphanumeric() || b"-._;".contains(b);
            let len = line.iter().take_while(|b| named(b)).count();
            names.extend((len > 0).then(|| &line[..len]));
            let is_comment = lines == 0 && line.first() == Some(&b'#');
            let of_range = line.iter().take_while(|b| named(b) || b"=*".contains(b)).count();
            let is_whole = len > 0 && line.get(of_range) == Some(&b':');
            if is_whole || is_comment || line.trim_ascii().is_empty() || start == 0 {
                return Some(names);
            }
            lines += 1;
            if lines > LOST_FOLDS {
                return None;
            }
        }
        end = start - 1;
    }
}

/// A fault found by a parser that sees only its own text: a kind, and which bytes of that text.
#[derive(Debug)]
pub struct Fault {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where in the text that was parsed, in bytes.
    pub at: usize,
    /// How many bytes it is about; 0 where something is missing.
    pub len: usize,
}

impl Fault {
    /// A fault of `len` bytes at `at`.
    pub fn new(kind: ErrorKind, at: usize, len: usize) -> Fault {
        Fault { kind, at, len }
    }

    /// The same fault in a text in which the one that was parsed begins at `by`.
    #[must_use]
    pub fn moved(self, by: usize) -> Fault {
        Fault { at: self.at + by, ..self }
    }

    /// *expected X, but found Y* at the start of `rest`, which is the tail of `whole`.
    pub fn expected(expected: Expected, whole: &[u8], rest: &[u8]) -> Fault {
        let found = Found::at(rest);
        let len = found.len();
        Fault::new(ErrorKind::Syntax { expected, found }, whole.len() - rest.len(), len)
    }
}

impl From<NoThreads> for Error {
    fn from(fault: NoThreads) -> Error {
        Error::new(ErrorKind::Threads(fault))
    }
}

impl Error {
    /// An error of this kind that has no place in an input.
    pub fn new(kind: ErrorKind) -> Error {
        Error(Box::new(Inner { kind, place: None }))
    }

    /// An error of this kind at a place.
    pub fn at(kind: ErrorKind, place: Place) -> Error {
        Error(Box::new(Inner { kind, place: Some(place) }))
    }

    /// The same error at a place, unless it has one.
    #[must_use]
    pub fn or_at(mut self, place: impl FnOnce() -> Place) -> Error {
        self.0.place.get_or_insert_with(place);
        self
    }

    /// The same of the record before, where that is cut by an empty line: something goes on behind it.
    pub fn of_record_before(&self) -> Option<Error> {
        let Inner { kind, place } = &*self.0;
        matches!(kind, ErrorKind::NothingToContinue).then(|| {
            Error(Box::new(Inner { kind: ErrorKind::NothingToContinue, place: place.clone() }))
        })
    }

    /// The system's refusal of `action` on `path`.
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::new(ErrorKind::Io { action, path: path.into(), source })
    }

    /// This is wrong with this file.
    pub fn file(path: impl Into<PathBuf>, fault: FileFault) -> Error {
        Error::new(ErrorKind::File { path: path.into(), fault })
    }

    /// Whether nobody reads our output any more (`| head`), which is no fault.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self.kind(), ErrorKind::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether a safety limit refused it.
    pub fn is_limit(&self) -> bool {
        matches!(self.kind(), ErrorKind::Limit(_))
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Where, if it is in an input.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What to do about it, where we know.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        self.kind().hint()
    }
}

impl fmt::Display for Error {
    /// The message alone, with `name:line:column` before it where there is a place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            let Position { line, column } = place.position;
            write!(f, "{}:{line}:{column}: ", Escaped(place.name.as_bytes()))?;
        }
        write!(f, "{}", self.kind())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Io { source, .. } => Some(source),
            ErrorKind::File { fault, .. } => fault.source().map(|source| source as _),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_knows_its_attribute() {
        let text = b"dn: cn=a\nuserPassword;x:: YW\n Jj\n ZA==\n\nno colon\nsn: a\nZA==\n";
        let at = |offset| -> Vec<String> {
            let names = attributes_at(text, offset).expect("near");
            names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
        };
        assert_eq!([at(0), at(8)], [["dn"], ["dn"]]);
        for offset in [9, 29, 34, 38] {
            assert_eq!(at(offset), ["userPassword;x"], "{offset}");
        }
        assert_eq!(at(39), [""; 0]);
        assert_eq!(at(40), ["no"]);
        assert_eq!(at(55), ["ZA", "sn"]);
        assert_eq!(at(text.len()), [""; 0]);
    }

    #[test]
    fn a_place_does_not_look_further_than_it_must() {
        let names = |text: &str| attributes_at(text.as_bytes(), text.len() - 1).map(|n| n.len());
        let lost = |lines| format!("userPassword:: YQ==\n{}", "YQ==\n".repeat(lines));
        assert_eq!(names(&lost(LOST_FOLDS)), Some(LOST_FOLDS + 1));
        assert_eq!(names(&lost(LOST_FOLDS + 1)), None);
        assert_eq!(names(&format!("{}# a\n", lost(1000))), Some(0));
        assert_eq!(names("sn: a\nmember;range=0-*: a\n"), Some(1));
        // A line may have any number of folds.
        let folds = " YWJj\n".repeat(1000);
        assert_eq!(names(&format!("cn: a\nuserPassword:: YQ\n{folds}")), Some(1));
    }
}
