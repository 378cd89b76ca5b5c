//! What a nom rule hands back when it cannot go on: shared by the grammars that want one thing at a
//! time.

use super::{Expected, Fault};

/// Where a rule could not go on, and what it wanted there; `None` where only nom's own parser failed.
#[derive(Debug)]
pub(crate) struct Stuck<'a> {
    pub(crate) rest: &'a [u8],
    pub(crate) expected: Option<Expected>,
}

/// What a rule of such a grammar answers.
pub(crate) type Parsed<'a, T> = nom::IResult<&'a [u8], T, Stuck<'a>>;

impl<'a> nom::error::ParseError<&'a [u8]> for Stuck<'a> {
    fn from_error_kind(rest: &'a [u8], _: nom::error::ErrorKind) -> Self {
        Stuck { rest, expected: None }
    }
    fn append(_: &'a [u8], _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

/// Commits to a rule: only `expected` can stand here.
pub(crate) fn fail<T>(rest: &[u8], expected: Expected) -> Parsed<'_, T> {
    Err(nom::Err::Failure(Stuck { rest, expected: Some(expected) }))
}

/// The fault in `text`; `usual` is what the grammar wants where no rule said more.
pub(crate) fn fault_of(error: nom::Err<Stuck<'_>>, text: &[u8], usual: Expected) -> Fault {
    match error {
        nom::Err::Error(w) | nom::Err::Failure(w) => {
            Fault::expected(w.expected.unwrap_or(usual), text, w.rest)
        }
        nom::Err::Incomplete(_) => Fault::expected(usual, text, b""),
    }
}
