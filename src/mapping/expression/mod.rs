//! What a mapping file computes: expressions and templates in the language of MiniJinja.
//!
//! What is absent stays absent: an operator or a filter on it gives nothing, until `or`, `default`, `is
//! defined` or `if` says what stands for it. So expressions are read by the engine's parser ([`read`]), get
//! operators of our own ([`operators`], [`filters`]), and run on its machine over what a record holds
//! ([`scope`]). Knows no mapping, and records only by [`Names`].

mod blocks;
mod filters;
mod latin;
mod lines;
mod operators;
mod pattern;
mod read;
mod scope;
mod wanted;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::machinery::{Instructions, Vm, make_string_output};
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};

use crate::dn::Dn;
use crate::error::{ExpressionFault, ExpressionFaultKind as Kind};
use crate::mapping::Multi;
use read::{Piece, Reads};
use scope::{Scope, Several};

/// How many steps of the engine an expression may take.
pub const FUEL: u64 = 2000;

/// How many steps of the engine a document may take: what is long has many values.
pub const DOCUMENT_FUEL: u64 = 1_000_000;

/// How long the text of a document may be, in bytes.
pub const MAX_DOCUMENT: usize = 256 << 10;

/// How long the text of an expression or a template may be, in bytes.
pub const MAX_TEXT: usize = 8 << 10;

/// How large a value may become, in bytes.
pub const MAX_RESULT: usize = 16 << 20;

/// Where an expression finds what it names.
pub trait Names {
    /// The values of a name: none where it has no value; `None` where it is no name at all.
    fn values(&self, name: &str) -> Option<Vec<Cow<'_, [u8]>>>;

    /// What stands in a lookup for a key.
    ///
    /// # Errors
    ///
    /// Several rows have it.
    fn lookup(&self, lookup: &str, key: &[u8]) -> Answer;
}

/// What stands in a lookup for a key: columns with their values, or one value under no name; `None` for a key that is
/// not there.
pub type Answer = Result<Option<Vec<(String, Option<Vec<u8>>)>>, ExpressionFault>;

/// A compiled expression.
pub struct Expression {
    text: &'static str,
    program: Instructions<'static>,
    names: Arc<[String]>,
    lookups: Box<[String]>,
    lookups_of_rows: Box<[String]>,
    /// What it is, where it is `a ~ b ~ …` and no more: then the engine is not needed.
    chain: Option<Vec<Link>>,
}

/// A part of `a ~ b ~ …`.
enum Link {
    Text(String),
    /// One of the names that are read, by its number.
    Name(usize),
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

impl Expression {
    /// Reads an expression; what it names may be unknown, its filters and functions may not.
    pub fn parse(text: &str) -> Result<Expression, ExpressionFault> {
        read::expression(text)
    }

    /// The names it reads.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The lookups it looks things up in.
    pub fn lookups(&self) -> &[String] {
        &self.lookups
    }

    /// Those of whose rows it reads a column: `lookup('unit', id).name`.
    pub fn lookups_of_rows(&self) -> &[String] {
        &self.lookups_of_rows
    }

    /// Those whose answer it takes for a value: `lookup('unit', id) ~ '!'`.
    pub fn lookups_of_values(&self) -> Vec<String> {
        read::lookups_of_values(self.text)
    }

    /// What it makes of a record: nothing, a value, or a list of them.
    pub fn evaluate(
        &self,
        names: &dyn Names,
        multi: &Multi,
    ) -> Result<Vec<Vec<u8>>, ExpressionFault> {
        self.evaluated(names, Several::By(multi))
    }

    fn evaluated(
        &self,
        names: &dyn Names,
        several: Several<'_>,
    ) -> Result<Vec<Vec<u8>>, ExpressionFault> {
        if let Some(values) = self.chained(names, several) {
            return Ok(values);
        }
        let scope = Scope::new(&self.names, names, several)?;
        loop {
            let value = self.run(&scope);
            // Each round answers the lookups whose keys are known by then, so there are no more rounds
            // than lookups stand inside each other.
            if !scope.answer(names)? {
                return values_of(&value.map_err(|e| fault_of(&e, FUEL))?);
            }
        }
    }

    /// What stands behind each other, where each name has one value at most; `None` where it is for the engine
    /// to say.
    fn chained(&self, names: &dyn Names, several: Several<'_>) -> Option<Vec<Vec<u8>>> {
        let chain = self.chain.as_ref()?;
        if let Several::By(Multi::All | Multi::Any) = several {
            return None;
        }
        let (mut text, mut is_absent) = (Vec::new(), false);
        for link in chain {
            match link {
                Link::Text(literal) => text.extend_from_slice(literal.as_bytes()),
                Link::Name(at) => match &*names.values(&self.names[*at])? {
                    [] => is_absent = true,
                    [value] => text.extend_from_slice(value),
                    _ => return None,
                },
            }
        }
        let values = if is_absent { Vec::new() } else { vec![text] };
        values.iter().all(|text| text.len() <= MAX_RESULT).then_some(values)
    }

    fn run(&self, scope: &Arc<Scope>) -> Result<Value, Error> {
        run(&filters::ENVIRONMENT, &self.program, scope, &mut String::new())
    }
}

/// Runs a program; what it writes comes behind `written`.
fn run(
    environment: &Environment<'_>,
    program: &Instructions<'static>,
    scope: &Arc<Scope>,
    written: &mut String,
) -> Result<Value, Error> {
    let root = Value::from_dyn_object(Arc::clone(scope));
    let (blocks, mut output) = (BTreeMap::new(), make_string_output(written));
    let vm = Vm::new(environment);
    let (value, _) = vm.eval(program, root, &blocks, &mut output, AutoEscape::None)?;
    Ok(value.unwrap_or(Value::UNDEFINED))
}

/// A compiled document: what a template file makes of a change.
pub struct Document {
    program: Instructions<'static>,
    names: Arc<[String]>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.names).finish()
    }
}

impl Document {
    /// Reads a document: text, expressions in `{{ … }}`, and the blocks `if` and `for`.
    pub fn parse(text: &str) -> Result<Document, ExpressionFault> {
        blocks::document(text)
    }

    /// The names it reads.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What it makes of a change. A name stands for one value, or for a list of several; what is absent
    /// is not written.
    pub fn render(&self, names: &dyn Names) -> Result<String, ExpressionFault> {
        let scope = Scope::new(&self.names, names, Several::Listed)?;
        let mut text = String::new();
        run(&filters::DOCUMENTS, &self.program, &scope, &mut text)
            .map_err(|e| fault_of(&e, DOCUMENT_FUEL))?;
        Ok(text)
    }
}

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads a template: text, and expressions in `{{ … }}`.
    pub fn parse(text: &str) -> Result<Template, ExpressionFault> {
        read::template(text, Reads::Record).map(|pieces| Template { pieces })
    }

    /// The same for the name of a file, which is made of a change.
    pub fn parse_of_change(text: &str) -> Result<Template, ExpressionFault> {
        read::template(text, Reads::Change).map(|pieces| Template { pieces })
    }

    /// The names it reads.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts().flat_map(|part| part.names().iter().map(String::as_str))
    }

    /// The text between its expressions; nothing stands for nothing between two.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Raw(raw) => Some(*raw),
            Piece::Part(..) => None,
        })
    }

    /// Its expressions.
    pub fn parts(&self) -> impl Iterator<Item = &Expression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Part(part, _) => Some(part),
            Piece::Raw(_) => None,
        })
    }

    /// The DN it makes of a record. What comes from the record is escaped (RFC 4514 section 2.4), so that
    /// no value adds an RDN.
    pub fn render_dn(&self, names: &dyn Names) -> Result<Dn, ExpressionFault> {
        let escaped = |value: &[u8]| Ok(crate::dn::escaped(value).into_bytes());
        let text = self.written((names, Several::By(&Multi::Reject)), "a DN", escaped)?;
        let no_dn = || Kind::NoDn { found: Some(text.clone()) }.into();
        Dn::parse(&text).ok().filter(|dn| !dn.rdns.is_empty()).ok_or_else(no_dn)
    }

    /// The name of a file that it makes of a change: one part of a path, and never another folder.
    pub fn render_file_name(&self, names: &dyn Names) -> Result<Vec<u8>, ExpressionFault> {
        let refused = |found: &[u8]| Kind::NoFileName { found: Some(found.to_vec()) }.into();
        let is_bad = |byte: &u8| *byte == b'/' || byte.is_ascii_control();
        let taken = |value: &[u8]| match value.iter().any(is_bad) {
            true => Err(refused(value)),
            false => Ok(value.to_vec()),
        };
        let name = self.written((names, Several::Listed), "the name of a file", taken)?;
        match &*name {
            b"" | b"." | b".." => Err(refused(&name)),
            _ => Ok(name),
        }
    }

    fn written(
        &self,
        (names, several): (&dyn Names, Several<'_>),
        of: &'static str,
        escape: impl Fn(&[u8]) -> Result<Vec<u8>, ExpressionFault>,
    ) -> Result<Vec<u8>, ExpressionFault> {
        let mut text = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Raw(raw) => text.extend_from_slice(raw.as_bytes()),
                Piece::Part(part, written) => {
                    let values = part.evaluated(names, several)?;
                    let [value] = values.as_slice() else {
                        return Err(part_fault(values.len(), written, of));
                    };
                    if value.is_empty() {
                        return Err(part_fault(0, written, of));
                    }
                    text.extend(escape(value)?);
                }
            }
        }
        Ok(text)
    }
}

fn part_fault(values: usize, written: &str, of: &'static str) -> ExpressionFault {
    match values {
        0 => Kind::EmptyPart { part: written.to_owned(), of },
        _ => Kind::SeveralValues { name: written.to_owned() },
    }
    .into()
}

/// What came out of the engine as values.
fn values_of(value: &Value) -> Result<Vec<Vec<u8>>, ExpressionFault> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(Vec::new()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(|e| fault_of(&e, FUEL))?;
            items.filter(|item| !item.is_undefined()).map(|item| one_value(&item)).collect()
        }
        _ => one_value(value).map(|value| vec![value]),
    }
}

fn one_value(value: &Value) -> Result<Vec<u8>, ExpressionFault> {
    let found = match value.kind() {
        ValueKind::Map => "a whole row",
        ValueKind::Seq | ValueKind::Iterable => "a list in a list",
        _ => {
            let bytes = operators::bytes("result", value).map_err(|e| fault_of(&e, FUEL))?;
            return Ok(bytes.into_owned());
        }
    };
    Err(Kind::NoValue { found }.into())
}

/// An error of the engine: a fault of ours that it carries, or its own words.
fn fault_of(error: &Error, limit: u64) -> ExpressionFault {
    let own = std::error::Error::source(error).and_then(|e| e.downcast_ref::<ExpressionFault>());
    let kind = match (own, error.kind()) {
        (Some(own), _) => own.kind.clone(),
        (None, ErrorKind::OutOfFuel) => Kind::OutOfFuel { limit },
        (None, kind) => {
            let message = error.detail().map_or_else(|| kind.to_string(), str::to_owned);
            Kind::Refused { message: Some(message) }
        }
    };
    ExpressionFault { kind, at: error.range() }
}

#[cfg(test)]
mod tests;
