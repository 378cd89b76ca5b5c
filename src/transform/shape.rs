//! A record in the shape that was asked for.

use std::borrow::Cow;

use base64_simd::STANDARD;

use crate::attribute::{folded, is_range};
use crate::change::{Change, Record};
use crate::entry::Attribute;
use crate::error::{ErrorKind, ShapeFault};
use crate::jsonl;
use crate::ldif::write::Writer;
use crate::schema::Schema;
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

/// Writes records.
pub(super) struct Shape<'o> {
    format: Format,
    writer: Writer,
    columns: Vec<Column<'o>>,
    separator: Option<&'o [u8]>,
}

/// A column of a row.
struct Column<'o> {
    name: &'o [u8],
    /// None for the name of the entry.
    attribute: Option<Attributes<'o>>,
}

impl<'o> Shape<'o> {
    pub(super) fn new(options: &'o Options, schema: &'o Schema) -> Shape<'o> {
        let column = |name: &'o Vec<u8>| {
            let is_dn = name.eq_ignore_ascii_case(b"dn");
            let attribute = (!is_dn).then(|| Attributes::new(schema, std::slice::from_ref(name)));
            Column { name, attribute }
        };
        Shape {
            format: options.format,
            writer: Writer { wrap: options.wrap },
            columns: options.attributes.iter().map(column).collect(),
            separator: options.separator.as_deref(),
        }
    }

    /// What comes before all records.
    pub(super) fn head(&self, version: bool) -> Vec<u8> {
        match self.format {
            Format::Ldif if version => b"version: 1\n\n".to_vec(),
            Format::Ldif | Format::Jsonl => Vec::new(),
            Format::Csv => row(self.columns.iter().map(|column| Some(Cow::Borrowed(column.name)))),
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

    fn cells(&self, dn: &[u8], record: &Record<'_>) -> Result<Vec<u8>, ErrorKind> {
        let attributes = match record {
            Record::Content(entry) => &entry.attributes,
            Record::Change(record) => match &record.change {
                Change::Add(attributes) => attributes,
                _ => return Err(ErrorKind::Shape(ShapeFault::ChangeAsRow)),
            },
        };
        let cells = self.columns.iter().map(|column| match &column.attribute {
            None => Ok(Some(Cow::Owned(dn.to_vec()))),
            Some(attribute) => self.cell(column.name, attribute, attributes),
        });
        Ok(row(cells.collect::<Result<Vec<_>, _>>()?.into_iter()))
    }

    /// The values of an attribute in one cell: of all its descriptions, or of the one that was
    /// named with options. `None` where there are none.
    fn cell(
        &self,
        column: &[u8],
        named: &Attributes<'_>,
        attributes: &[Attribute<'_>],
    ) -> Result<Option<Cow<'static, [u8]>>, ErrorKind> {
        let with_options = memchr::memchr(b';', column).is_some();
        let is_it = |one: &&Attribute<'_>| match with_options {
            true => folded(&one.description) == folded(column),
            false => named.has(&one.description),
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

/// A value as text: base64 where it is not UTF-8.
fn text(value: &[u8]) -> Cow<'_, [u8]> {
    match simdutf8::basic::from_utf8(value) {
        Ok(_) => Cow::Borrowed(value),
        Err(_) => Cow::Owned(STANDARD.encode_to_string(value).into_bytes()),
    }
}

/// A row of RFC 4180, with LF. A cell without a value is empty, one with an empty value is `""`; so is
/// the only cell of a row, which would be no row without it.
fn row<'c>(cells: impl Iterator<Item = Option<Cow<'c, [u8]>>>) -> Vec<u8> {
    let mut quoted: Vec<Vec<u8>> = cells.map(|cell| cell.map_or(Vec::new(), quoted)).collect();
    if let [only] = quoted.as_mut_slice()
        && only.is_empty()
    {
        only.extend(b"\"\"");
    }
    let mut writer =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Never).from_writer(Vec::new());
    // A vector takes all that is written to it.
    let _ = writer.write_record(quoted);
    writer.into_inner().unwrap_or_default()
}

/// A cell in quotes where it needs them.
fn quoted(cell: Cow<'_, [u8]>) -> Vec<u8> {
    if !cell.is_empty() && !cell.iter().any(|byte| b",\"\r\n".contains(byte)) {
        return cell.into_owned();
    }
    let doubled =
        cell.iter().flat_map(|&byte| std::iter::repeat_n(byte, 1 + usize::from(byte == b'"')));
    std::iter::once(b'"').chain(doubled).chain([b'"']).collect()
}
