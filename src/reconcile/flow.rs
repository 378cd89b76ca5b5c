//! One flow, made ready before data is read: which column and which rule it is about, and what it brings
//! from a record of the other side.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::attribute::type_of;
use crate::dialect::Bounds;
use crate::dn::Dn;
use crate::error::{Error, FlowFault, Unfit};
use crate::mapping::convert::{Comparing, Zone, cut_to_digits, truth};
use crate::mapping::expression::{Expression, Names};
use crate::mapping::{Flow, FlowType, FlowValue, IfEmpty, Multi, NAME, On, Owner, TooLong, Toward};
use crate::matching::{called, dn_key, has_syntax, is_text};
use crate::reconcile::fields::{Field, Fields};
use crate::reconcile::record::{Record, normal_value};
use crate::schema::Schema;
use crate::server::is_secret;
use crate::table::{ColumnType, Row, Truths};

/// A flow with what it is about as numbers.
pub(super) struct Ready<'m> {
    pub(super) flow: &'m Flow,
    /// The attribute, where it is not the name.
    pub(super) field: Option<Field>,
    /// The column, in the table it is in.
    pub(super) column: Option<usize>,
    /// What its values are.
    pub(super) kind: Option<ColumnType>,
    /// How many digits of a second's fraction the column keeps.
    pub(super) digits: Option<usize>,
    /// What the column holds, where that is known.
    pub(super) bounds: Option<Bounds>,
    /// The words of the column for true and false, where it has some of its own.
    pub(super) truths: Option<Truths>,
    /// Whether one value on both sides that is the same text says that nothing changes.
    pub(super) is_bare: bool,
    /// When two values are one, in the words of the column.
    pub(super) comparing: Comparing,
    /// The table that holds a row for each value.
    pub(super) child: Option<ReadyChild<'m>>,
    /// What values lead to.
    pub(super) reference: Option<ReadyReference<'m>>,
}

/// A table that holds a row for each value.
pub(super) struct ReadyChild<'m> {
    /// Its number.
    pub(super) table: usize,
    /// Its columns that hold the key of the row that the values are of.
    pub(super) foreign_key: Vec<usize>,
    /// Whose rows are ours: a column and what it holds.
    pub(super) owner: Option<(usize, &'m Owner)>,
}

/// What values lead to.
#[derive(Clone, Copy)]
pub(super) struct ReadyReference<'m> {
    /// The number of the mapping.
    pub(super) mapping: usize,
    /// The attribute there that stands in values; the name where there is none.
    pub(super) attribute: Option<&'m str>,
    /// The column there that stands in values.
    pub(super) column: usize,
}

/// What a flow brings.
pub(super) enum Brought<'v> {
    /// Nothing is said: what is there stays.
    Nothing,
    /// These values, as they stand on the side they are for; none where there is to be none.
    Values(Vec<Cow<'v, [u8]>>),
    /// The next number.
    Next,
}

/// What a fault of a flow is about.
type Found<T> = Result<T, FlowFault>;

/// Why a flow comes to no end.
pub(super) enum Stop {
    /// The record has a fault.
    Fault(FlowFault),
    /// The run cannot go on.
    Error(Error),
}

impl From<FlowFault> for Stop {
    fn from(fault: FlowFault) -> Stop {
        Stop::Fault(fault)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

impl Stop {
    /// The same, and where in the mapping file.
    pub(super) fn of_flow(self, flow: &Ready<'_>, toward: Toward) -> Stop {
        match self {
            Stop::Fault(fault) => Stop::Fault(flow.fault(fault, toward)),
            Stop::Error(error) => Stop::Error(error),
        }
    }
}

/// A record with a fault does not end the run.
pub(super) fn stopped<T>(found: Result<T, Stop>) -> crate::error::Result<Found<T>> {
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(Stop::Fault(fault)) => Ok(Err(fault)),
        Err(Stop::Error(error)) => Err(error),
    }
}

impl<'m> Ready<'m> {
    /// Whether it goes there.
    pub(super) fn goes(&self, toward: Toward) -> bool {
        self.flow.direction.goes(toward)
            && match toward {
                Toward::Database => self.flow.column.is_some(),
                Toward::Directory => {
                    let attribute = self.flow.attribute.as_deref();
                    attribute.is_some_and(|name| !name.eq_ignore_ascii_case(NAME))
                }
            }
    }

    /// Whether one text stands on both sides, so that nothing flows: mostly it does. Another answer says
    /// nothing.
    pub(super) fn is_seen_same(&self, fields: &Fields<'_>, row: &Row<'_>) -> bool {
        let (true, Some(field), Some(column)) = (self.is_bare, self.field, self.column) else {
            return false;
        };
        let (Some(value), Some(held)) = (fields.only_of(field), &row[column]) else {
            return false;
        };
        let is_text = || value.is_ascii() || simdutf8::basic::from_utf8(value).is_ok();
        *value == *held.bytes && !value.is_empty() && is_text()
    }

    /// What it is called in messages: what it writes there.
    pub(super) fn target(&self, toward: Toward) -> &'m str {
        let name = match toward {
            Toward::Database => &self.flow.column,
            Toward::Directory => &self.flow.attribute,
        };
        name.as_deref().unwrap_or_default()
    }

    /// A fault of it; what a secret holds is not shown.
    pub(super) fn fault(&self, fault: FlowFault, toward: Toward) -> FlowFault {
        let names = [&self.flow.attribute, &self.flow.column].into_iter().flatten();
        let is_secret =
            names.into_iter().any(|name| is_secret(Schema::builtin(), &[], name.as_bytes()));
        let fault = if is_secret { fault.masked() } else { fault };
        fault.of(self.flow.line, self.target(toward))
    }

    /// What it brings from a record of the other side. `is_new` says whether there is none here yet.
    ///
    /// Values of a reference are as they stand on the other side: where they lead to is for others to find.
    pub(super) fn brought<'v>(
        &'v self,
        from: &'v Record<'_>,
        toward: Toward,
        is_new: bool,
        zone: &Zone,
    ) -> Found<Brought<'v>> {
        if !self.says(from, is_new)? {
            return Ok(Brought::Nothing);
        }
        let mut values = match &self.flow.value {
            FlowValue::Sequence { .. } => return Ok(Brought::Next),
            FlowValue::Constant(constant) => vec![Cow::Borrowed(constant.as_bytes())],
            FlowValue::Expression(expression) => self.computed(expression, from)?,
            FlowValue::Converted(conversions) => self.converted(conversions, from, toward)?,
            FlowValue::Copy => self.copied(from, toward, zone)?,
        };
        // A directory has no empty texts.
        if toward == Toward::Directory {
            values.retain(|value| !value.is_empty());
        }
        if values.is_empty() {
            values.extend(self.usual(toward, zone)?);
        }
        self.bounded(&mut values)?;
        let is_nothing = values.iter().all(|value| value.is_empty());
        if self.flow.required && is_nothing {
            return Err(FlowFault::Required);
        }
        Ok(Brought::Values(values))
    }

    /// What stands for a value that is missing. Where values are copied it is one of the attribute, and in the words of
    /// the column there; what is computed has none but that of the side it goes to.
    fn usual(&self, toward: Toward, zone: &Zone) -> Found<Option<Cow<'_, [u8]>>> {
        let Some(usual) = self.flow.default.as_deref() else { return Ok(None) };
        let usual = Cow::Borrowed(usual.as_bytes());
        match toward {
            Toward::Database if self.is_plain() => self.to_column(usual, zone),
            Toward::Database | Toward::Directory => Ok(Some(usual)),
        }
    }

    /// Whether it says anything of a record; `is_new` says whether there is none of it here yet.
    pub(super) fn says(&self, from: &Record<'_>, is_new: bool) -> Found<bool> {
        Ok((self.flow.on == On::Always || is_new) && self.is_on(from)?)
    }

    /// Whether its condition holds. A name in it is one value, unless the flow wants lists.
    fn is_on(&self, from: &Record<'_>) -> Found<bool> {
        let Some(when) = &self.flow.when else { return Ok(true) };
        let multi = if self.flow.multi == Multi::All { Multi::All } else { Multi::Reject };
        let said = when.evaluate(from, &multi)?;
        Ok(said.iter().any(|word| !word.is_empty() && word != b"false"))
    }

    fn computed(
        &self,
        expression: &Expression,
        from: &Record<'_>,
    ) -> Found<Vec<Cow<'static, [u8]>>> {
        let values = expression.evaluate(from, &self.flow.multi)?;
        Ok(values.into_iter().map(Cow::Owned).collect())
    }

    /// The values of the other side, as this side writes them.
    fn copied<'v>(
        &'v self,
        from: &'v Record<'_>,
        toward: Toward,
        zone: &Zone,
    ) -> Found<Vec<Cow<'v, [u8]>>> {
        let name = match toward {
            Toward::Database => &self.flow.attribute,
            Toward::Directory => &self.flow.column,
        };
        let name = name.as_deref().unwrap_or_default();
        let held = match (from, self.field, self.column) {
            (Record::Entry(entry), Some(field), _) => Some(entry.of_field(field)),
            (Record::Row(row), _, Some(column)) if self.child.is_none() => {
                Some(row.of_column(column))
            }
            _ => from.values(name),
        };
        let held = held.ok_or_else(|| FlowFault::NoColumn { name: name.into() })?;
        if self.reference.is_some() {
            return Ok(held);
        }
        let mut values = Vec::new();
        for value in held {
            match toward {
                Toward::Database => values.extend(self.to_column(value, zone)?),
                Toward::Directory => self.to_attribute(&value, zone, &mut values)?,
            }
        }
        Ok(values)
    }

    /// A value of the attribute in the words of the column, as finely as it keeps them; none where it says that
    /// there is none.
    pub(super) fn to_column<'v>(
        &self,
        value: Cow<'v, [u8]>,
        zone: &Zone,
    ) -> Found<Option<Cow<'v, [u8]>>> {
        if let Some(truths) = &self.truths {
            let word = truths.word(truth(&value)?);
            return Ok(Some(Cow::Owned(word.to_vec())));
        }
        let words = match value {
            Cow::Borrowed(value) => self.flow.kind.to_column(value, self.kind, zone)?,
            Cow::Owned(value) => {
                let words = self.flow.kind.to_column(&value, self.kind, zone)?;
                words.map(|words| Cow::Owned(words.into_owned()))
            }
        };
        let is_instant = matches!(self.flow.kind, FlowType::Timestamp | FlowType::FileTime);
        Ok(match self.digits.filter(|_| is_instant) {
            Some(digits) => words.map(|words| cut_to_digits(words, digits)),
            None => words,
        })
    }

    /// The words of the column as values of the attribute: several where they are parted there.
    fn to_attribute<'v>(
        &self,
        words: &[u8],
        zone: &Zone,
        values: &mut Vec<Cow<'v, [u8]>>,
    ) -> Found<()> {
        for part in self.parts(words) {
            let value = self.flow.kind.to_attribute(part, self.kind, zone)?;
            values.extend(value.map(|value| Cow::Owned(value.into_owned())));
        }
        Ok(())
    }

    /// The values that stand in the words of a column.
    pub(super) fn parts<'w>(&self, words: &'w [u8]) -> Vec<&'w [u8]> {
        let Some(separator) = self.flow.split.as_deref().map(str::as_bytes) else {
            return vec![words];
        };
        let mut parts = Vec::new();
        let mut rest = words;
        while let Some(at) = memchr::memmem::find(rest, separator) {
            parts.push(rest[..at].trim_ascii());
            rest = &rest[at + separator.len()..];
        }
        parts.push(rest.trim_ascii());
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// Refuses or cuts values that are longer than the column takes.
    pub(super) fn bounded(&self, values: &mut [Cow<'_, [u8]>]) -> Found<()> {
        let Some((most, too_long)) = self.flow.max_length else { return Ok(()) };
        for value in values {
            let Ok(text) = std::str::from_utf8(value) else { continue };
            let Some((end, _)) = text.char_indices().nth(most) else { continue };
            match too_long {
                TooLong::Reject => {
                    return Err(FlowFault::TooLong { most, found: text.chars().count() });
                }
                TooLong::Truncate => *value = Cow::Owned(text.as_bytes()[..end].to_vec()),
            }
        }
        Ok(())
    }

    /// A number that is counted, unless it is too long, for none is cut, or larger than any that is counted.
    pub(super) fn counted(&self, number: Vec<u8>) -> Found<Vec<u8>> {
        let is_counted = std::str::from_utf8(&number).is_ok_and(|text| text.parse::<i64>().is_ok());
        match self.flow.max_length {
            _ if !is_counted => Err(FlowFault::NoNumberLeft { highest: i64::MAX }),
            Some((most, _)) if number.len() > most => {
                Err(FlowFault::TooLong { most, found: number.len() })
            }
            _ => Ok(number),
        }
    }

    /// Refuses words that the column would not hold as they are.
    pub(super) fn fit(&self, words: &[u8]) -> Found<()> {
        Ok(self.bounds.as_ref().map_or(Ok(()), |bounds| bounds.fit(words))?)
    }

    /// Refuses values that come, and that a server would not take for the attribute.
    pub(super) fn fit_attribute(
        &self,
        schema: &Schema,
        held: &[Cow<'_, [u8]>],
        values: &[Vec<u8>],
    ) -> Found<()> {
        let name = type_of(self.target(Toward::Directory).as_bytes());
        let Some(known) = schema.attribute(name) else { return Ok(()) };
        let held: HashSet<&[u8]> = held.iter().map(|value| &**value).collect();
        for value in values.iter().filter(|value| !held.contains(value.as_slice())) {
            if is_text(known.syntax) && simdutf8::basic::from_utf8(value).is_err() {
                return Err(Unfit::NotText.into());
            }
            if !has_syntax(schema, known, value) {
                let (wanted, found) = (called(known.syntax), Some(value.clone()));
                return Err(Unfit::NotOfAttribute { wanted, found }.into());
            }
        }
        Ok(())
    }

    /// Whether a value is what stands in a group that would have none.
    pub(super) fn is_stand_in(&self, schema: &Schema, value: &[u8]) -> bool {
        let Some(IfEmpty::Member(dn)) = &self.flow.if_empty else { return false };
        Dn::parse(value).is_ok_and(|held| dn_key(schema, &held) == dn_key(schema, dn))
    }

    /// The one value of several that a column takes; `None` where there is none.
    pub(super) fn one<'v>(&self, mut values: Vec<Cow<'v, [u8]>>) -> Found<Option<Cow<'v, [u8]>>> {
        if let Some(separator) = self.flow.split.as_deref() {
            let joined = values.join(separator.as_bytes());
            let apart = self.parts(&joined);
            // Of a value that holds what parts them two would come back.
            let held = values.iter().map(|value| value.trim_ascii());
            if self.goes(Toward::Directory)
                && !held.filter(|one| !one.is_empty()).eq(apart.iter().copied())
            {
                let back = apart.join(&b"`, `"[..]);
                let value = values.join(&b"`, `"[..]);
                let found = Some(Box::new([value, joined, back]));
                return Err(FlowFault::NotUndone { found });
            }
            return Ok((!values.is_empty()).then_some(Cow::Owned(joined)));
        }
        match &self.flow.multi {
            _ if values.len() < 2 => Ok(values.pop()),
            Multi::First | Multi::Any => Ok(Some(values.swap_remove(0))),
            Multi::Join(separator) => Ok(Some(Cow::Owned(values.join(separator.as_bytes())))),
            Multi::Reject | Multi::All => Err(FlowFault::Several { count: values.len() }),
        }
    }

    /// The form of a value in the words of the column that equal values share.
    pub(super) fn normal<'v>(&self, schema: &Schema, words: &'v [u8]) -> Cow<'v, [u8]> {
        match self.bounds.as_ref().map(|bounds| bounds.words(words)) {
            Some(Cow::Owned(spelled)) => {
                Cow::Owned(self.comparing.normal(schema, &spelled).into_owned())
            }
            Some(Cow::Borrowed(spelled)) => self.comparing.normal(schema, spelled),
            None => self.comparing.normal(schema, words),
        }
    }

    /// The form of a value of the attribute that equal values share: that of its words in the column, where
    /// one is the other.
    pub(super) fn normal_attribute(&self, schema: &Schema, value: &[u8], zone: &Zone) -> Vec<u8> {
        let words = self.is_plain().then(|| self.to_column(Cow::Borrowed(value), zone));
        if let Some(Ok(Some(words))) = words {
            return self.normal(schema, &words).into_owned();
        }
        let name = self.flow.attribute.as_deref().unwrap_or_default();
        normal_value(schema, name.as_bytes(), value)
    }
}
