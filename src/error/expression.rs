//! What is wrong with an expression or a template of a mapping file, or with what it makes of a record.

use std::fmt;
use std::ops::Range;

use crate::error::kind::shown;

/// What is wrong with an expression, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionFault {
    /// What is wrong.
    pub kind: ExpressionFaultKind,
    /// The bytes of the text it is about, where they are known.
    pub at: Option<Range<usize>>,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionFaultKind {
    /// It is no expression.
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// Its text is longer than the limit allows.
    TextTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Its parts stand inside each other more deeply than the limit allows.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A filter, test or function that there is not.
    Unknown {
        /// Which of the three.
        noun: &'static str,
        /// Its name.
        name: String,
        /// The one that is spelled nearly so.
        near: Option<&'static str>,
    },
    /// A group in a replacement that the pattern has not.
    NoGroup {
        /// The group.
        group: String,
    },
    /// Something else than a text in quotes where that must stand.
    NotLiteral {
        /// What takes it as its first argument.
        of: &'static str,
    },
    /// A regular expression that is none, or too large.
    Pattern {
        /// What is wrong with it.
        message: String,
    },
    /// A part of the language that has no meaning here.
    Unsupported {
        /// What stands there.
        found: &'static str,
    },
    /// A name of neither an attribute nor a column.
    UnknownName {
        /// The name.
        name: String,
    },
    /// A column that what was looked up does not have.
    UnknownColumn {
        /// The lookup.
        lookup: String,
        /// The column.
        name: String,
    },
    /// Several rows of a lookup under the key that is asked for.
    SeveralRows {
        /// The lookup.
        lookup: String,
        /// The lines of the first two.
        lines: [u64; 2],
    },
    /// Several values of a name that stands for one.
    SeveralValues {
        /// The name.
        name: String,
    },
    /// Evaluating it takes more steps than the limit allows.
    OutOfFuel {
        /// The limit.
        limit: u64,
    },
    /// It makes a value that is larger than the limit allows.
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A value that a filter or an operator can do nothing with.
    Value {
        /// The filter or the operator.
        of: &'static str,
        /// What it takes.
        wanted: &'static str,
        /// The value, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// Anything else that the engine refuses.
    Refused {
        /// What it says, where that may be shown.
        message: Option<String>,
    },
    /// A result that is no value.
    NoValue {
        /// What it is.
        found: &'static str,
    },
    /// A part of a name that has no value, or an empty one.
    EmptyPart {
        /// The part as it is written.
        part: String,
        /// What it is the name of.
        of: &'static str,
    },
    /// A value that is no part of the name of a file.
    NoFileName {
        /// The value, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// A value with a character in it that would end or forge a line.
    Control {
        /// The character.
        found: char,
    },
    /// What a template makes is no DN.
    NoDn {
        /// The text, where it may be shown.
        found: Option<Vec<u8>>,
    },
}

impl From<ExpressionFaultKind> for ExpressionFault {
    fn from(kind: ExpressionFaultKind) -> ExpressionFault {
        ExpressionFault { kind, at: None }
    }
}

impl ExpressionFault {
    /// The same fault without the values it was found in, which may be nobody's business.
    #[must_use]
    pub fn masked(mut self) -> ExpressionFault {
        match &mut self.kind {
            ExpressionFaultKind::Value { found, .. }
            | ExpressionFaultKind::NoFileName { found }
            | ExpressionFaultKind::NoDn { found } => {
                *found = None;
            }
            ExpressionFaultKind::Refused { message } => *message = None,
            _ => {}
        }
        self
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match &self.kind {
            ExpressionFaultKind::Syntax { .. } => {
                "names, texts in quotes, `~` between texts, `name | filter`, `a if b else c`; `attr('x-y')` for a name that is no word"
            }
            ExpressionFaultKind::TextTooLong { .. } | ExpressionFaultKind::TooDeep { .. } => {
                "a table of values belongs in `[lookup.NAME]` with `values`"
            }
            ExpressionFaultKind::Unknown { .. } => {
                "the guide lists the filters, tests and functions there are"
            }
            ExpressionFaultKind::NotLiteral { .. } => {
                "write it as a text in quotes: what is read is known before any data"
            }
            ExpressionFaultKind::Pattern { .. } => {
                "the syntax is that of RE2: no look-around, and no back-references in patterns"
            }
            ExpressionFaultKind::NoGroup { .. } => {
                "`$1` is the first pair of parentheses; `${1}a` where a letter or digit follows, `$$` for a dollar sign"
            }
            ExpressionFaultKind::Unsupported { .. } => {
                "use the filters: `name | upper`, `name | default('x')`"
            }
            ExpressionFaultKind::SeveralRows { .. } => {
                "a lookup answers with one row: name a `key` that no two rows share, or a `file` of the rows that are meant"
            }
            ExpressionFaultKind::UnknownName { .. } => {
                "name an attribute or a column of the side the value comes from"
            }
            ExpressionFaultKind::UnknownColumn { .. } => {
                "name a column of the table or of the file of the lookup"
            }
            ExpressionFaultKind::SeveralValues { .. } => {
                "`multi = \"first\"`, `\"join\"` or `\"all\"` in the flow says what becomes of them"
            }
            ExpressionFaultKind::OutOfFuel { .. } | ExpressionFaultKind::TooLarge { .. } => {
                "make it shorter, or part it into several flows"
            }
            ExpressionFaultKind::Value { .. } | ExpressionFaultKind::Refused { .. } => {
                "correct the value, or catch it: `… if … else …`"
            }
            ExpressionFaultKind::NoValue { .. } => {
                "of what is looked up name a column: `lookup('dept', dept_id).code`"
            }
            ExpressionFaultKind::EmptyPart { .. } => {
                "fill it, or say what stands for it: `{{ name or 'x' }}`"
            }
            ExpressionFaultKind::NoFileName { .. } => {
                "no value may hold a `/` or a control character: `| replace('/', '-')`, or name the file by another"
            }
            ExpressionFaultKind::Control { .. } => {
                "it would end the line, or forge one: `| csv`, `| json` and `| vcard` write it as such lines do, `| replace('\\n', ' ')` takes it out"
            }
            ExpressionFaultKind::NoDn { .. } => {
                "`uid={{ login }},ou=People,dc=example,dc=com`: types and `=` stand in the text, values in braces"
            }
        }
    }
}

impl fmt::Display for ExpressionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for ExpressionFault {}

impl fmt::Display for ExpressionFaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ExpressionFaultKind as Kind;
        match self {
            Kind::Syntax { message } => {
                write!(f, "expected an expression, but: {}", shown(message.as_bytes()))
            }
            Kind::TextTooLong { limit } => {
                write!(f, "expected an expression of at most {limit} bytes, but found a longer one")
            }
            Kind::TooDeep { limit } => {
                write!(f, "expected at most {limit} parts inside each other, but found more")
            }
            Kind::Unknown { noun, name, near } => {
                write!(f, "expected a {noun}, but found `{}`", shown(name.as_bytes()))?;
                near.map_or(Ok(()), |near| write!(f, "; is `{near}` meant?"))
            }
            Kind::NotLiteral { of } => write!(
                f,
                "expected a text in quotes as the first argument of `{of}`, but found something else"
            ),
            Kind::Pattern { message } => {
                write!(f, "expected a regular expression, but: {}", shown(message.as_bytes()))
            }
            Kind::NoGroup { group } => {
                write!(
                    f,
                    "expected a group of the pattern, but found `{}`",
                    shown(group.as_bytes())
                )
            }
            Kind::Unsupported { found } => {
                write!(f, "expected a name, a text or a filter, but found {found}")
            }
            Kind::UnknownName { name } => write!(
                f,
                "expected the name of an attribute or a column, but found `{}`",
                shown(name.as_bytes())
            ),
            Kind::SeveralRows { lookup, lines: [first, later] } => write!(
                f,
                "expected one row of the lookup `{}`, but found those of line {first} and line {later}",
                shown(lookup.as_bytes())
            ),
            Kind::UnknownColumn { lookup, name } => write!(
                f,
                "expected a column of the lookup `{}`, but found `{}`",
                shown(lookup.as_bytes()),
                shown(name.as_bytes())
            ),
            Kind::SeveralValues { name } => {
                write!(f, "expected one value of `{}`, but found several", shown(name.as_bytes()))
            }
            Kind::OutOfFuel { limit } => {
                write!(f, "expected an expression of at most {limit} steps, but it takes more")
            }
            Kind::TooLarge { limit } => {
                write!(f, "expected a value of at most {limit} bytes, but it becomes longer")
            }
            Kind::Value { of, wanted, found } => {
                write!(f, "expected {wanted} for `{of}`, but found ")?;
                found_or_other(f, found.as_deref())
            }
            Kind::Refused { message } => match message {
                Some(message) => {
                    write!(f, "expected a value, but: {}", shown(message.as_bytes()))
                }
                None => f.write_str("expected a value, but it cannot be computed"),
            },
            Kind::NoValue { found } => write!(f, "expected a value, but found {found}"),
            Kind::EmptyPart { part, of } => {
                write!(
                    f,
                    "expected a value of `{}` in {of}, but found none",
                    shown(part.as_bytes())
                )
            }
            Kind::NoFileName { found } => {
                f.write_str("expected a value for the name of a file, but found ")?;
                found_or_other(f, found.as_deref())
            }
            Kind::Control { found } => write!(
                f,
                "expected a value without control characters, but found U+{:04X}",
                u32::from(*found)
            ),
            Kind::NoDn { found } => {
                f.write_str("expected a DN, but found ")?;
                found_or_other(f, found.as_deref())
            }
        }
    }
}

/// The value that was found, or that it was another.
fn found_or_other(f: &mut fmt::Formatter<'_>, found: Option<&[u8]>) -> fmt::Result {
    match found {
        Some(found) => write!(f, "`{}`", shown(found)),
        None => f.write_str("something else"),
    }
}
