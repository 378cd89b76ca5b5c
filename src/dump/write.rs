//! Rows as text of RFC 4180, as they are read without `--null`: NULL is nothing, the empty string `""`.

use std::borrow::Cow;

use crate::table::{ColumnType, Said, Value};

/// A row of RFC 4180, with LF. A cell without a value is empty, one with an empty value is `""`; so is
/// the only cell of a row, which would be no row without it.
pub fn csv_row<'c>(cells: impl Iterator<Item = Option<Cow<'c, [u8]>>>) -> Vec<u8> {
    let mut quoted: Vec<Vec<u8>> = cells.map(|cell| cell.map_or(Vec::new(), quoted)).collect();
    if let [only] = quoted.as_mut_slice()
        && only.is_empty()
    {
        only.extend(b"\"\"");
    }
    let room = quoted.iter().map(|cell| cell.len() + 1).sum::<usize>().max(1);
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Never)
        .buffer_capacity(room)
        .from_writer(Vec::with_capacity(room));
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

/// A value in a cell of CSV: bytes as PostgreSQL writes them, `\x` and hexadecimal digits.
pub fn csv_cell<'v>(value: &'v Value<'_>, kind: Option<ColumnType>) -> Cow<'v, [u8]> {
    use std::fmt::Write;
    if value.said != Said::Bytes && kind != Some(ColumnType::Bytes) {
        return Cow::Borrowed(&value.bytes);
    }
    let digits = value.bytes.iter().fold("\\x".to_owned(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    Cow::Owned(digits.into_bytes())
}
