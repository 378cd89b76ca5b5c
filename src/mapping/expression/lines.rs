//! Values in lines: how they are written in those of CSV, JSON and vCards, and what stands in a document.
//!
//! What these filters write is safe in a line and is marked so; any other value is looked at when it is
//! written: a control character in it would end a line, or forge one.

use std::borrow::Cow;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, State, Value};

use super::blocks::{EACH, TEXT, WRITTEN};
use super::operators::{bytes, error, text};
use super::scope;
use crate::dump::csv_row;
use crate::error::ExpressionFaultKind;
use crate::jsonl;

/// Adds the filters that documents are made with, and that no one can name.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter(WRITTEN, |state: &State<'_, '_>, value: &Value| written(state, value));
    environment.add_filter(TEXT, |state: &State<'_, '_>, value: &Value| {
        scope::count(state, value.as_str().map_or(0, str::len)).map(|()| value.clone())
    });
    environment.add_filter(EACH, |value: &Value| each(value));
}

/// Whether a value is a list of others.
fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

/// The values of a list, those alone that are there; one value is a list of itself.
fn each(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(Value::from(Vec::<Value>::new()));
    }
    if !is_list(value) {
        return Ok(Value::from(vec![value.clone()]));
    }
    Ok(value.try_iter()?.filter(|item| !item.is_undefined()).collect())
}

/// One value as it stands in a document; nothing where it is absent.
fn written(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let one = each(value)?;
    let mut items = one.try_iter()?;
    let (first, second) = (items.next(), items.next());
    let Some(one) = first else { return Ok(Value::from("")) };
    if second.is_some() {
        return Err(error(ExpressionFaultKind::NoValue { found: "several" }));
    }
    let words = text("{{ … }}", &one)?;
    if let Some(found) = words.chars().find(|c| is_control(*c) && !one.is_safe()) {
        return Err(error(ExpressionFaultKind::Control { found }));
    }
    scope::count(state, words.len())?;
    Ok(Value::from(words))
}

/// Whether some reader takes a character for the end of a line, or for more than itself.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A field of CSV (RFC 4180); a list is a line of them, in which what is absent is nothing.
pub(super) fn csv(value: &Value) -> Result<Value, Error> {
    let field = |item: &Value| -> Result<Option<Cow<'static, [u8]>>, Error> {
        if item.is_undefined() {
            return Ok(None);
        }
        Ok(Some(Cow::Owned(text("csv", item)?.into_owned().into_bytes())))
    };
    let fields = match is_list(value) {
        true => value.try_iter()?.map(|item| field(&item)).collect::<Result<Vec<_>, _>>()?,
        false => vec![field(value)?],
    };
    let mut row = csv_row(fields.into_iter());
    row.pop();
    Ok(safe(String::from_utf8_lossy(&row).into_owned()))
}

/// A string of JSON, or an array of them.
pub(super) fn json(value: &Value) -> Result<Value, Error> {
    let items = each(value)?;
    let mut strings = Vec::new();
    for item in items.try_iter()? {
        strings.push(jsonl::text(&bytes("json", &item)?));
    }
    Ok(safe(match is_list(value) {
        true => format!("[{}]", strings.join(",")),
        false => strings.concat(),
    }))
}

/// A value of a vCard (RFC 6350 section 3.4); a list is one with commas between its parts.
pub(super) fn vcard(value: &Value) -> Result<Value, Error> {
    let items = each(value)?;
    let mut parts = Vec::new();
    for item in items.try_iter()? {
        parts.push(escaped(&text("vcard", &item)?));
    }
    Ok(Value::from(parts.join(",")))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\r' => escaped.push_str("\\n"),
            '\\' | ',' | ';' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text that is safe in a line.
fn safe(text: String) -> Value {
    Value::from_safe_string(text)
}
