//! Tables and values of TOML, each with its place, and what is wrong with them.
//!
//! Knows no keys: who asks for one says what it must be. What is not as it must be is noted, and
//! reading goes on.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::error::{ErrorKind, Fault, MappingFault};
use crate::mapping::doubt::Slip;

/// A text that is read, and what is wrong with it so far.
#[derive(Debug)]
pub(super) struct Reader<'d> {
    text: &'d str,
    faults: RefCell<Vec<Fault>>,
    /// What is perhaps a slip.
    slips: RefCell<Vec<Slip>>,
}

impl<'d> Reader<'d> {
    /// Nothing is wrong with this text yet.
    pub(super) fn new(text: &'d str) -> Reader<'d> {
        Reader { text, faults: RefCell::default(), slips: RefCell::default() }
    }

    /// The text.
    pub(super) fn text(&self) -> &'d str {
        self.text
    }

    /// Notes a fault.
    pub(super) fn refuse(&self, kind: impl Into<ErrorKind>, span: &Range<usize>) {
        self.note(Fault::new(kind.into(), span.start, span.len()));
    }

    /// Notes a fault that has its place.
    fn note(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.faults.borrow().len()
    }

    /// What is perhaps a slip, in the order of their places.
    pub(super) fn take_slips(&self) -> Vec<Slip> {
        let mut slips = self.slips.take();
        slips.sort_by_key(|slip| slip.at);
        slips
    }

    /// All faults, in the order of their places.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.at);
        faults
    }
}

/// A table, and where it stands.
#[derive(Clone, Debug)]
pub(in crate::mapping) struct Table<'d> {
    reader: &'d Reader<'d>,
    keys: &'d DeTable<'d>,
    span: Range<usize>,
    /// What a message calls it.
    name: String,
}

impl<'d> Table<'d> {
    /// All of a document.
    pub(super) fn root(reader: &'d Reader<'d>, root: &'d Spanned<DeTable<'d>>) -> Table<'d> {
        Table { reader, keys: root.get_ref(), span: 0..0, name: "a mapping file".to_owned() }
    }

    /// The reader it is of.
    pub(super) fn reader(&self) -> &'d Reader<'d> {
        self.reader
    }

    /// Where it stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Notes what is wrong with the value at a path of keys and numbers of items, or with the innermost
    /// on the way there that there is.
    pub(in crate::mapping) fn refuse(&self, path: &[&str], kind: impl Into<ErrorKind>) {
        self.reader.refuse(kind, &self.span_of(path));
    }

    /// The same of what is perhaps a slip.
    pub(in crate::mapping) fn doubt(&self, path: &[&str], fault: MappingFault) {
        let span = self.span_of(path);
        self.reader.slips.borrow_mut().push(Slip { fault, at: span.start, len: span.len() });
    }

    /// Where what this path leads to stands, as far as it is there.
    fn span_of(&self, path: &[&str]) -> Range<usize> {
        let mut span = self.span();
        let mut value: Option<&DeValue<'_>> = None;
        for (depth, step) in path.iter().enumerate() {
            let inner = match value {
                None if depth == 0 => self.keys.get(*step),
                Some(DeValue::Table(keys)) => keys.get(*step),
                Some(DeValue::Array(items)) => step.parse().ok().and_then(|n: usize| items.get(n)),
                _ => None,
            };
            let Some(inner) = inner else { break };
            span = inner.span();
            value = Some(inner.get_ref());
        }
        span
    }

    /// Notes what is wrong with a key itself, or with all of it where it is not there.
    pub(in crate::mapping) fn refuse_key(&self, key: &str, kind: impl Into<ErrorKind>) {
        let span = self.keys.get_key_value(key).map_or(self.span(), |(key, _)| key.span());
        self.reader.refuse(kind, &span);
    }

    /// Notes every key that is none of these.
    pub(super) fn holds_only(&self, known: &'static [&'static str]) {
        for (key, _) in self.keys.iter().filter(|(key, _)| !known.contains(&key.get_ref().as_ref()))
        {
            let (key, span) = (key.get_ref().to_string(), key.span());
            let within = self.name.clone();
            self.reader.refuse(MappingFault::UnknownKey { key, within, known }, &span);
        }
    }

    /// Notes each of these keys that is there, as one that wants something beside it.
    pub(super) fn wants(&self, keys: &[&'static str], wanted: &'static str) {
        for key in keys.iter().copied().filter(|key| self.has(key)) {
            self.refuse_key(key, MappingFault::Without { key, wanted });
        }
    }

    /// Which of these keys is there; where several are, that is noted at the second.
    pub(super) fn one_of(&self, keys: &[&'static str]) -> Option<&'static str> {
        let mut there = keys.iter().copied().filter(|key| self.has(key));
        let one = there.next()?;
        for other in there {
            self.refuse_key(other, MappingFault::Both { one, other });
        }
        Some(one)
    }

    /// Whether a key is there.
    pub(in crate::mapping) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// What stands under a key.
    pub(in crate::mapping) fn get(&self, key: &str) -> Option<Item<'d>> {
        let (name, value) = self.keys.get_key_value(key)?;
        Some(Item { reader: self.reader, value, key: name.get_ref().to_string() })
    }

    /// The table under a key, where there is one.
    pub(in crate::mapping) fn inner(&self, key: &str) -> Option<Table<'d>> {
        let value = self.keys.get(key)?;
        let keys = value.get_ref().as_table()?;
        Some(Table { reader: self.reader, keys, span: value.span(), name: key.to_owned() })
    }

    /// The same of a key that must be there.
    pub(super) fn need(&self, key: &'static str) -> Option<Item<'d>> {
        let item = self.get(key);
        if item.is_none() {
            let within = self.name.clone();
            self.reader.refuse(MappingFault::MissingKey { key, within }, &self.span);
        }
        item
    }

    /// Everything in it, in the order of the file, each with the place of its key.
    pub(super) fn items(&self) -> Vec<(Range<usize>, Item<'d>)> {
        let mut items: Vec<_> = self.keys.iter().collect();
        items.sort_by_key(|(key, _)| key.span().start);
        let item = |(key, value): (&'d Spanned<_>, &'d Spanned<_>)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            (key.span(), Item { reader: self.reader, value, key: name.to_string() })
        };
        items.into_iter().map(item).collect()
    }
}

/// Adds the words of all texts in a value.
fn push_words(value: &DeValue<'_>, words: &mut Vec<String>) {
    match value {
        DeValue::String(text) => {
            let ends = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
            words.push(text.to_string());
            words.extend(text.split(ends).map(str::to_owned));
        }
        DeValue::Array(items) => items.iter().for_each(|item| push_words(item.get_ref(), words)),
        DeValue::Table(keys) => {
            keys.iter().for_each(|(_, value)| push_words(value.get_ref(), words));
        }
        _ => {}
    }
}

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(in crate::mapping) struct Item<'d> {
    reader: &'d Reader<'d>,
    value: &'d Spanned<DeValue<'d>>,
    /// The key it stands under, also where it is in a list.
    key: String,
}

impl<'d> Item<'d> {
    /// The key it stands under.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Notes what is wrong with it.
    pub(in crate::mapping) fn refuse(&self, kind: impl Into<ErrorKind>) {
        self.reader.refuse(kind, &self.value.span());
    }

    /// Notes that it is of another kind.
    fn refuse_kind<T>(&self, wanted: &'static str) -> Option<T> {
        let found = kind_of(self.value.get_ref());
        self.refuse(MappingFault::Kind { wanted, key: self.key.clone(), found });
        None
    }

    /// Notes that nothing like it may stand there.
    pub(super) fn refuse_value<T>(&self, wanted: &'static str) -> Option<T> {
        let found = scalar(self.value.get_ref()).unwrap_or_default();
        self.refuse(MappingFault::Value { wanted, key: self.key.clone(), found });
        None
    }

    /// Notes a fault of its text, which is shown where the text stands as it is.
    pub(in crate::mapping) fn refuse_inside(&self, fault: Fault) {
        let span = self.value.span();
        let raw = self.reader.text.get(span.clone()).unwrap_or_default();
        let plain = self.value.get_ref().as_str().unwrap_or_default();
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let inner = raw.get(quotes..raw.len().saturating_sub(quotes)).unwrap_or_default();
        match inner == plain {
            true => self.reader.note(fault.moved(span.start + quotes)),
            false => self.refuse(fault.kind),
        }
    }

    /// A text.
    pub(in crate::mapping) fn text(&self) -> Option<&'d str> {
        self.value.get_ref().as_str().or_else(|| self.refuse_kind("a string"))
    }

    /// The words of all texts in it, as far as names are made of them.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        push_words(self.value.get_ref(), &mut words);
        words
    }

    /// A text with something in it.
    pub(super) fn word(&self) -> Option<&'d str> {
        match self.text()? {
            "" => self.refuse_value("a string of one character or more"),
            text => Some(text),
        }
    }

    /// A text, a number or a truth value, as text.
    pub(super) fn scalar(&self) -> Option<String> {
        let text = scalar(self.value.get_ref());
        text.or_else(|| self.refuse_kind("a string, a number, `true` or `false`"))
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self) -> Option<bool> {
        self.value.get_ref().as_bool().or_else(|| self.refuse_kind("`true` or `false`"))
    }

    /// A whole number.
    pub(super) fn integer(&self) -> Option<i64> {
        match self.value.get_ref().is_integer() {
            true => {
                integer(self.value.get_ref()).or_else(|| self.refuse_value("a number of 64 bits"))
            }
            false => self.refuse_kind("a whole number"),
        }
    }

    /// A number.
    pub(super) fn number(&self) -> Option<f64> {
        let value = self.value.get_ref();
        let whole = value.is_integer().then(|| scalar(value)).flatten();
        let float = value.as_float().map(|float| float.as_str().to_owned());
        let text = float.or(whole);
        let number = text.and_then(|text| text.parse().ok());
        number.or_else(|| self.refuse_kind("a number"))
    }

    /// One of these words.
    pub(super) fn choice<T: Copy>(&self, wanted: &'static str, all: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = all.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known = all.iter().map(|(word, _)| (*word).to_owned()).collect();
            self.refuse(MappingFault::Choice { wanted, found: text.to_owned(), known });
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// A table, which a message calls by this name.
    pub(super) fn table(&self, name: impl Into<String>) -> Option<Table<'d>> {
        match self.value.get_ref() {
            DeValue::Table(keys) => {
                let span = self.value.span();
                Some(Table { reader: self.reader, keys, span, name: name.into() })
            }
            _ => self.refuse_kind("a table"),
        }
    }

    /// Whether it is a text.
    pub(super) fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    /// A list.
    pub(super) fn list(&self) -> Option<Vec<Item<'d>>> {
        let DeValue::Array(items) = self.value.get_ref() else { return self.refuse_kind("a list") };
        let items: &'d DeArray<'d> = items;
        let item =
            |value: &'d Spanned<_>| Item { reader: self.reader, value, key: self.key.clone() };
        Some(items.iter().map(item).collect())
    }

    /// A list with something in it.
    pub(super) fn some(&self) -> Option<Vec<Item<'d>>> {
        let items = self.list()?;
        if items.is_empty() {
            self.refuse(MappingFault::EmptyList { key: self.key.clone() });
        }
        Some(items).filter(|items| !items.is_empty())
    }
}

/// What a message calls a value of this kind.
fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What can be written as text, as it is written.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(_) => integer(value).map(|number| number.to_string()),
        DeValue::Float(float) => Some(float.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}
