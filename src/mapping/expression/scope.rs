//! What an expression sees of a record: its names with their values, and what lookups answer.
//!
//! A program of the engine may not borrow what it works on. So what it reads is handed to it beforehand,
//! and what it looks up it asks for: where an answer is missing the evaluation is done again with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::Names;
use super::operators::{bounded, error};
use crate::error::{ExpressionFault, ExpressionFaultKind};
use crate::mapping::Multi;

/// The name by which filters find the scope: no name of a record has a line end.
const SELF: &str = "\n";

/// A lookup and a key.
type Question = (String, Vec<u8>);

/// What a name with several values stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Several<'m> {
    /// What the flow says.
    By(&'m Multi),
    /// A list of them.
    Listed,
}

/// What an expression sees of a record.
#[derive(Debug)]
pub(super) struct Scope {
    /// What it reads, and the value of each.
    names: Arc<[String]>,
    values: Vec<Value>,
    asked: Mutex<Asked>,
    /// How many bytes a document has by now.
    written: AtomicUsize,
}

/// What was asked, and what was answered.
#[derive(Debug, Default)]
struct Asked {
    open: Vec<Question>,
    answers: HashMap<Question, Value>,
}

impl Scope {
    /// These names with their values.
    pub(super) fn new(
        read: &Arc<[String]>,
        names: &dyn Names,
        several: Several<'_>,
    ) -> Result<Arc<Scope>, ExpressionFault> {
        let values = read.iter().map(|name| value_of(name, names, several));
        let values = values.collect::<Result<_, _>>()?;
        let (asked, written) = (Mutex::default(), AtomicUsize::default());
        Ok(Arc::new(Scope { names: Arc::clone(read), values, asked, written }))
    }

    /// Answers what was asked; whether there was anything.
    ///
    /// # Errors
    ///
    /// A lookup has several answers.
    pub(super) fn answer(&self, names: &dyn Names) -> Result<bool, ExpressionFault> {
        let mut asked = self.asked();
        let open = std::mem::take(&mut asked.open);
        let any = !open.is_empty();
        for question in open {
            let answer = answer_of(&question.0, names.lookup(&question.0, &question.1)?);
            asked.answers.insert(question, answer);
        }
        Ok(any)
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Scope {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match self.names.iter().position(|name| name == key) {
            Some(at) => self.values.get(at).cloned(),
            None => (key == SELF).then(|| Value::from_dyn_object(Arc::clone(self))),
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }
}

/// Counts what a document writes, as far as it may become.
pub(super) fn count(state: &State<'_, '_>, len: usize) -> Result<(), Error> {
    let scope = state.lookup(SELF);
    let scope = scope.as_ref().and_then(|scope| scope.downcast_object_ref::<Scope>());
    scope.map_or(Ok(()), |scope| bounded(scope.written.fetch_add(len, Ordering::Relaxed) + len))
}

/// What stands in a lookup for a key: absent until it was answered.
pub(super) fn lookup(state: &State<'_, '_>, name: &str, key: &[u8]) -> Value {
    let scope = state.lookup(SELF);
    let Some(scope) = scope.as_ref().and_then(|scope| scope.downcast_object_ref::<Scope>()) else {
        return Value::UNDEFINED;
    };
    let question = (name.to_owned(), key.to_vec());
    let mut asked = scope.asked();
    if let Some(answer) = asked.answers.get(&question) {
        return answer.clone();
    }
    asked.open.push(question);
    Value::UNDEFINED
}

/// A value as the engine has it: text where it is UTF-8.
pub(super) fn engine_value(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => Value::from_bytes(bytes.to_vec()),
    }
}

/// The value of a name, or a list of them.
fn value_of(name: &str, names: &dyn Names, several: Several<'_>) -> Result<Value, ExpressionFault> {
    let Some(values) = names.values(name) else {
        return Err(ExpressionFaultKind::UnknownName { name: name.to_owned() }.into());
    };
    let multi = match (several, values.as_slice()) {
        (Several::By(multi), _) => multi,
        (Several::Listed, [_]) => &Multi::Reject,
        (Several::Listed, _) => &Multi::All,
    };
    Ok(match (values.as_slice(), multi) {
        ([], _) => Value::UNDEFINED,
        (all, Multi::All | Multi::Any) => all.iter().map(|value| engine_value(value)).collect(),
        ([first], _) | ([first, ..], Multi::First) => engine_value(first),
        (all, Multi::Join(between)) => engine_value(&all.join(between.as_bytes())),
        (_, Multi::Reject) => {
            return Err(ExpressionFaultKind::SeveralValues { name: name.to_owned() }.into());
        }
    })
}

fn answer_of(lookup: &str, found: Option<Vec<(String, Option<Vec<u8>>)>>) -> Value {
    let cell = |value: Option<Vec<u8>>| value.map_or(Value::UNDEFINED, |v| engine_value(&v));
    match found {
        None => Value::UNDEFINED,
        Some(mut row) if row.len() == 1 && row[0].0.is_empty() => cell(row.remove(0).1),
        Some(row) => {
            let columns = row.into_iter().map(|(name, value)| (name, cell(value))).collect();
            Value::from_object(LookedUp { lookup: lookup.to_owned(), columns })
        }
    }
}

/// A row that was looked up.
#[derive(Debug)]
struct LookedUp {
    lookup: String,
    columns: Vec<(String, Value)>,
}

impl Object for LookedUp {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    /// Names are the same in any case, as in SQL.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let is_meant = |(column, _): &&(String, Value)| column.eq_ignore_ascii_case(name);
        let unknown = || ExpressionFaultKind::UnknownColumn {
            lookup: self.lookup.clone(),
            name: name.to_owned(),
        };
        let found = self.columns.iter().find(is_meant).map(|(_, value)| value.clone());
        Some(found.unwrap_or_else(|| Value::from(error(unknown()))))
    }
}
