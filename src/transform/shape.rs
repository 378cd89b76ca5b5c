//! A record in the shape that was asked for.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use base64_simd::STANDARD;

use crate::attribute::{folded, is_range, option_set};
use crate::change::{Change, Record};
use crate::dump::csv_row as row;
use crate::entry::Attribute;
use crate::error::{ErrorKind, ShapeFault};
use crate::jsonl;
use crate::ldif::write::Writer;
use crate::schema::Schema;
use crate::text::Escaped;
use crate::transform::Options;
use crate::transform::attributes::Attributes;

/// The shape of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// LDIF: entries stay entries, changes changes.
    #[default]
    Ldif,
    /// A JSON object a line.
    Jsonl,
    /// A row an entry, the attributes that were named as columns.
    Csv,
}

/// So many names of what has no column are told.
const MOST_NAMED: usize = 5;

/// Writes records.
pub(super) struct Shape<'o> {
    format: Format,
    writer: Writer,
    columns: Vec<Column<'o>>,
    separator: Option<&'o [u8]>,
    /// What has the type of a column, but other options than any.
    unplaced: Mutex<BTreeSet<Vec<u8>>>,
}

/// A column of a row.
struct Column<'o> {
    name: Vec<u8>,
    /// None for the name of the entry.
    attribute: Option<Attributes<'o>>,
}

impl<'o> Shape<'o> {
    pub(super) fn new(
        options: &'o Options,
        schema: &'o Schema,
        columns: Vec<Vec<u8>>,
    ) -> Shape<'o> {
        let column = |name: Vec<u8>| {
            let is_dn = name.eq_ignore_ascii_case(b"dn");
            let attribute = (!is_dn).then(|| Attributes::new(schema, std::slice::from_ref(&name)));
            Column { name, attribute }
        };
        Shape {
            format: options.format,
            writer: Writer { wrap: options.wrap },
            columns: columns.into_iter().map(column).collect(),
            separator: options.separator.as_deref(),
            unplaced: Mutex::default(),
        }
    }

    /// What comes before all records.
    pub(super) fn head(&self, version: bool) -> Vec<u8> {
        match self.format {
            Format::Ldif if version => b"version: 1\n\n".to_vec(),
            Format::Ldif | Format::Jsonl => Vec::new(),
            Format::Csv => {
                row(self.columns.iter().map(|column| Some(Cow::Borrowed(&*column.name))))
            }
        }
    }

    /// Adds a record to the output.
    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        dn: &[u8],
        record: &Record<'_>,
    ) -> Result<(), ErrorKind> {
        match self.format {
            Format::Ldif => self.writer.record(out, dn, record).map_err(ErrorKind::Shape)?,
            Format::Jsonl => jsonl::write(out, dn, record)
                .map_err(|error| ErrorKind::Json { message: error.to_string() })?,
            Format::Csv => out.extend(self.cells(dn, record)?),
        }
        Ok(())
    }

    /// A sentence on what is of a column's type and in no column.
    pub(super) fn unplaced(&self) -> Option<String> {
        let names = self.unplaced.lock().unwrap_or_else(PoisonError::into_inner);
        let more = if names.len() > MOST_NAMED { " and others" } else { "" };
        let named = names.iter().take(MOST_NAMED);
        let named: Vec<String> = named.map(|name| format!("`{}`", Escaped(name))).collect();
        let named = named.join(", ");
        (!names.is_empty())
            .then(|| format!("values of {named}{more} are in no column: name what is to have one"))
    }

    /// Notes attributes that have the type of a column and other options than all of them.
    fn note_unplaced(&self, attributes: &[Attribute<'_>]) {
        for Attribute { description, .. } in attributes {
            let has_type = |column: &&Column<'_>| {
                let attribute = column.attribute.as_ref();
                attribute.is_some_and(|named| named.has_type(description))
            };
            let mut columns = self.columns.iter().filter(has_type).peekable();
            if memchr::memchr(b';', description).is_some()
                && columns.peek().is_some()
                && !columns.any(|column| is_of_column(&column.name, description))
            {
                let mut names = self.unplaced.lock().unwrap_or_else(PoisonError::into_inner);
                names.insert(folded(description).into_owned());
                // Which ones stay does not depend on their order.
                if names.len() > MOST_NAMED + 1 {
                    names.pop_last();
                }
            }
        }
    }

    fn cells(&self, dn: &[u8], record: &Record<'_>) -> Result<Vec<u8>, ErrorKind> {
        let attributes = match record {
            Record::Content(entry) => &entry.attributes,
            Record::Change(record) => match &record.change {
                Change::Add(attributes) => attributes,
                _ => return Err(ErrorKind::Shape(ShapeFault::ChangeAsRow)),
            },
        };
        self.note_unplaced(attributes);
        let cells = self.columns.iter().map(|column| match &column.attribute {
            None => Ok(Some(Cow::Owned(dn.to_vec()))),
            Some(attribute) => self.cell(&column.name, attribute, attributes),
        });
        Ok(row(cells.collect::<Result<Vec<_>, _>>()?.into_iter()))
    }

    /// The values of an attribute in one cell, with just the options that were named. `None` where
    /// there are none.
    fn cell(
        &self,
        column: &[u8],
        named: &Attributes<'_>,
        attributes: &[Attribute<'_>],
    ) -> Result<Option<Cow<'static, [u8]>>, ErrorKind> {
        let is_it = |one: &&Attribute<'_>| {
            named.has_type(&one.description) && is_of_column(column, &one.description)
        };
        let mut found = attributes.iter().filter(is_it);
        if let Some(part) = found.clone().find(|one| is_range(&one.description)) {
            return Err(ErrorKind::Shape(ShapeFault::PartOfValues {
                attribute: part.description.to_vec(),
            }));
        }
        let values = found.by_ref().flat_map(|one| &one.values);
        let values: Vec<Cow<'_, [u8]>> = values.map(|value| text(value)).collect();
        match (values.as_slice(), self.separator) {
            ([], _) => Ok(None),
            ([one], _) => Ok(Some(Cow::Owned(one.to_vec()))),
            (_, None) => {
                Err(ErrorKind::Shape(ShapeFault::SeveralValues { column: column.to_vec() }))
            }
            (all, Some(separator)) => {
                let holds =
                    |value: &Cow<'_, [u8]>| memchr::memmem::find(value, separator).is_some();
                if all.iter().any(holds) {
                    let column = column.to_vec();
                    return Err(ErrorKind::Shape(ShapeFault::SeparatorInValue { column }));
                }
                Ok(Some(Cow::Owned(all.join(separator))))
            }
        }
    }
}

/// Whether an attribute whose type a column has stands there: with the options of the column, but for
/// what tells of the transfer and not of the values (`binary`, RFC 4522, and ranges).
fn is_of_column(column: &[u8], description: &[u8]) -> bool {
    let is_transfer = |option: &&Vec<u8>| **option == *b"binary" || option.starts_with(b"range=");
    let [wanted, held] = [column, description].map(option_set);
    let told = |options: &[Vec<u8>]| -> Vec<Vec<u8>> {
        options.iter().filter(|option| !is_transfer(option)).cloned().collect()
    };
    wanted == held || told(&wanted) == told(&held)
}

/// A value as text: base64 where it is not UTF-8.
fn text(value: &[u8]) -> Cow<'_, [u8]> {
    match simdutf8::basic::from_utf8(value) {
        Ok(_) => Cow::Borrowed(value),
        Err(_) => Cow::Owned(STANDARD.encode_to_string(value).into_bytes()),
    }
}
