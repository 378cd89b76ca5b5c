//! What a rule of a dump's grammar hands back when it cannot go on: where, and why.
//!
//! Knows no format.

use crate::error::{ErrorKind, Expected, Fault};

/// Where a rule could not go on, and why.
#[derive(Debug)]
pub(super) struct Stuck<'t> {
    rest: &'t [u8],
    why: Why,
}

#[derive(Debug)]
enum Why {
    /// Only nom's own parser failed.
    Unsaid,
    /// Something else can stand here.
    Expected(Expected),
    /// So many bytes cannot be read.
    Refused(Box<ErrorKind>, usize),
}

/// What a rule of a dump's grammar answers.
pub(super) type Parsed<'t, T> = nom::IResult<&'t [u8], T, Stuck<'t>>;

impl<'t> nom::error::ParseError<&'t [u8]> for Stuck<'t> {
    fn from_error_kind(rest: &'t [u8], _: nom::error::ErrorKind) -> Self {
        Stuck { rest, why: Why::Unsaid }
    }
    fn append(_: &'t [u8], _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

/// Commits to a rule: only `expected` can stand here.
pub(super) fn fail<T>(rest: &[u8], expected: Expected) -> Parsed<'_, T> {
    Err(nom::Err::Failure(Stuck { rest, why: Why::Expected(expected) }))
}

/// Refuses the first `len` bytes.
pub(super) fn refuse<T>(rest: &[u8], len: usize, kind: impl Into<ErrorKind>) -> Parsed<'_, T> {
    Err(nom::Err::Failure(Stuck { rest, why: Why::Refused(Box::new(kind.into()), len) }))
}

/// The rule is another one: nothing is said yet.
pub(super) fn other<T>(rest: &[u8]) -> Parsed<'_, T> {
    Err(nom::Err::Error(Stuck { rest, why: Why::Unsaid }))
}

/// Commits to what a rule wants, where no rule committed to anything before.
pub(super) fn or_expected<T>(parsed: Parsed<'_, T>, expected: Expected) -> Parsed<'_, T> {
    match parsed {
        Err(nom::Err::Error(Stuck { rest, .. })) => fail(rest, expected),
        parsed => parsed,
    }
}

/// The fault in `text`; `usual` is what the grammar wants where no rule said more.
pub(super) fn fault_of(error: nom::Err<Stuck<'_>>, text: &[u8], usual: Expected) -> Fault {
    let stuck = match error {
        nom::Err::Error(stuck) | nom::Err::Failure(stuck) => stuck,
        nom::Err::Incomplete(_) => Stuck { rest: b"", why: Why::Unsaid },
    };
    match stuck.why {
        Why::Unsaid => Fault::expected(usual, text, stuck.rest),
        Why::Expected(expected) => Fault::expected(expected, text, stuck.rest),
        Why::Refused(kind, len) => Fault::new(*kind, text.len() - stuck.rest.len(), len),
    }
}
