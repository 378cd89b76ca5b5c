//! Rows as JSON objects (RFC 8259): one after the other, in an array, or in the array of an object that
//! has nothing else (`{"result":[…]}`).
//!
//! `null` is NULL; every object has every member. A list or an object is a value of the type `json`:
//! its text. `{"base64":"…"}` is bytes. In a column of PostgreSQL's JSON any value but `null` is JSON as it stands, or
//! `{"$json":"…"}`, which spells it to the byte, and a list in one of its arrays is an array.

mod array;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use base64_simd::STANDARD;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::dump::json::array::array_of;
use crate::error::{ErrorKind, Fault, RowFault};
use crate::jsonl::{json_fault, spelled_json};
use crate::table::{Cell, Notation, Row, Said, Value};

/// How far apart the places are at which a text may be cut into parts, in bytes.
const APART: usize = 64 << 10;

/// The names of the columns, as the members of every object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonRows {
    names: Vec<String>,
    /// How the values of each are written; usually, where nothing is known.
    notations: Vec<Notation>,
}

/// What a text holds.
#[derive(Debug)]
pub struct JsonText {
    /// The members of its first object; none where there is no object.
    pub names: Option<Vec<String>>,
    /// Where the objects stand.
    pub range: Range<usize>,
    /// Where it may be cut into parts.
    pub cuts: Vec<usize>,
}

/// What a text of JSON begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonStart {
    /// Rows: a list, or an object that is no record.
    Row,
    /// A record of a directory: an entry has `dn` and `attributes` and nothing else, a change has `dn` and
    /// `changetype`.
    Record,
}

impl JsonStart {
    /// What a text, or the beginning of one, begins with; `None` where that is not JSON, or not all of an
    /// object.
    pub fn of(text: &[u8]) -> Option<JsonStart> {
        let start = blank_end(text, 0);
        match text.get(start)? {
            b'[' => return Some(JsonStart::Row),
            b'{' => {}
            _ => return None,
        }
        let end = start + row_end(&text[start..]).ok()?;
        let members = fields(&text[start..end]).ok()?;
        let has = |wanted: &str| members.iter().any(|(name, _)| name == wanted);
        let is_entry = members.len() == 2 && has("attributes");
        Some(match has("dn") && (is_entry || has("changetype")) {
            true => JsonStart::Record,
            false => JsonStart::Row,
        })
    }
}

impl JsonText {
    /// Finds the objects of a text.
    ///
    /// # Errors
    ///
    /// It is none of the three shapes, or ends inside one.
    pub fn survey(text: &[u8]) -> Result<JsonText, Fault> {
        let (start, mut closing) = opening(text)?;
        let mut cuts = vec![start];
        let mut names = None;
        let mut at = start;
        loop {
            at = row_start(text, at);
            match text.get(at) {
                Some(b'{') => {
                    let end = at + row_end(&text[at..]).map_err(|fault| fault.moved(at))?;
                    if names.is_none() {
                        let fields = fields(&text[at..end]).map_err(|fault| fault.moved(at))?;
                        names =
                            Some(fields.into_iter().map(|(name, _)| name.into_owned()).collect());
                    }
                    if at - cuts[cuts.len() - 1] >= APART {
                        cuts.push(at);
                    }
                    at = end;
                }
                Some(byte) if closing.first() == Some(byte) => break,
                None if closing.is_empty() => break,
                _ => return Err(fault("expected an object, or the end of the rows", at)),
            }
        }
        let end = at;
        // What was opened before the rows is closed behind them, and nothing follows.
        while let Some((first, rest)) = closing.split_first() {
            at = blank_end(text, at);
            if text.get(at) != Some(first) {
                return Err(fault("expected the end of the rows", at));
            }
            (at, closing) = (at + 1, rest);
        }
        match blank_end(text, at) {
            behind if behind == text.len() => Ok(JsonText { names, range: start..end, cuts }),
            behind => Err(fault("expected nothing behind the rows", behind)),
        }
    }
}

/// Where the first object may stand, and what closes what was opened before it.
fn opening(text: &[u8]) -> Result<(usize, &'static [u8]), Fault> {
    let start = blank_end(text, 0);
    match text.get(start) {
        Some(b'[') => return Ok((start + 1, b"]")),
        Some(b'{') => {}
        None => return Ok((start, b"")),
        Some(_) => return Err(fault("expected an object or a list of objects", start)),
    }
    let name = blank_end(text, start + 1);
    let Some(name_end) =
        text.get(name).filter(|byte| **byte == b'"').and_then(|_| string_end(text, name))
    else {
        return Ok((start, b""));
    };
    let colon = blank_end(text, name_end);
    let list = blank_end(text, colon + 1);
    let first = blank_end(text, list + 1);
    let is_wrapped = text.get(colon) == Some(&b':')
        && text.get(list) == Some(&b'[')
        && matches!(text.get(first), Some(b'{' | b']'));
    // An object whose one member is a list is a row all the same where another object follows.
    let is_alone =
        || row_end(&text[start..]).is_ok_and(|len| blank_end(text, start + len) == text.len());
    let is_wrapped = is_wrapped && is_alone() && ends_wrapped(text);
    Ok(if is_wrapped { (list + 1, b"]}") } else { (start, b"") })
}

fn ends_wrapped(text: &[u8]) -> bool {
    let mut tail = text.iter().rev().filter(|byte| !byte.is_ascii_whitespace());
    (tail.next(), tail.next()) == (Some(&b'}'), Some(&b']'))
}

fn fault(message: &str, at: usize) -> Fault {
    Fault::new(ErrorKind::Row(RowFault::NotJson { message: message.to_owned() }), at, 1)
}

/// What is wrong with an object that serde does not take.
fn not_json(error: &serde_json::Error, object: &[u8]) -> Fault {
    match json_fault(error, object) {
        Fault { kind: ErrorKind::Json { message }, at, .. } => fault(&message, at),
        other => other,
    }
}

fn blank_end(text: &[u8], at: usize) -> usize {
    let blanks = text.get(at..).unwrap_or_default().iter();
    at + blanks.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// Where the next object begins: behind blanks and the comma between two.
pub(super) fn row_start(text: &[u8], at: usize) -> usize {
    let at = blank_end(text, at);
    if text.get(at) == Some(&b',') { blank_end(text, at + 1) } else { at }
}

/// The length of the object that a text begins with.
pub(super) fn row_end(text: &[u8]) -> Result<usize, Fault> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(n) = memchr::memchr3(b'"', b'{', b'}', &text[at..]) {
        let mark = at + n;
        at = mark + 1;
        match text[mark] {
            b'"' => match string_end(text, mark) {
                Some(end) => at = end,
                None => return Err(fault("expected the end of a string", mark)),
            },
            b'{' => depth += 1,
            _ => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(at);
                }
            }
        }
    }
    Err(fault("expected the end of an object", 0))
}

/// Behind the string that begins at a quote.
fn string_end(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        let mark = at + memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        match text[mark] {
            b'"' => return Some(mark + 1),
            _ => at = mark + 2,
        }
    }
}

/// The members of an object, in their order.
struct Fields<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'t> Deserialize<'t> for Fields<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'t> Visitor<'t> for Members {
            type Value = Fields<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Fields<'t>, A::Error> {
                let mut fields = Vec::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A string, borrowed where no escape stands in it.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Base64 {
    base64: String,
}

fn fields(object: &[u8]) -> Result<Vec<(Cow<'_, str>, &RawValue)>, Fault> {
    let read: Result<Fields<'_>, _> = serde_json::from_slice(object);
    read.map(|fields| fields.0).map_err(|error| not_json(&error, object))
}

impl JsonRows {
    /// Objects with these members.
    pub fn new(names: Vec<String>) -> JsonRows {
        JsonRows { names, notations: Vec::new() }
    }

    /// The same where the values of the members are written so.
    #[must_use]
    pub fn with_notations(self, notations: Vec<Notation>) -> JsonRows {
        JsonRows { notations, ..self }
    }

    /// The values of an object, in the order of the names.
    ///
    /// # Errors
    ///
    /// It is no object, or has a member that is no column, or one twice.
    pub fn read<'t>(&self, object: &'t [u8]) -> Result<Row<'t>, Fault> {
        let fields = fields(object)?;
        let mut row: Row<'t> = Vec::new();
        row.resize_with(self.names.len(), || None);
        let mut seen = vec![false; self.names.len()];
        for (n, (name, value)) in fields.into_iter().enumerate() {
            // The members of most objects stand in one order.
            let same = self.names.get(n).filter(|other| **other == *name).map(|_| n);
            let place = same.or_else(|| self.names.iter().position(|other| *other == *name));
            let row_fault = |fault| Fault::new(ErrorKind::Row(fault), 0, object.len());
            let column = || name.as_bytes().to_vec();
            let Some(place) = place else {
                let known = self.names.iter().map(|name| name.clone().into_bytes()).collect();
                return Err(row_fault(RowFault::UnknownColumn { column: column(), known }));
            };
            if std::mem::replace(&mut seen[place], true) {
                return Err(row_fault(RowFault::DuplicateColumn { column: column() }));
            }
            let notation = self.notations.get(place).copied().unwrap_or_default();
            row[place] = cell(value, notation, object)?;
        }
        match seen.iter().filter(|seen| **seen).count() {
            fields if fields == seen.len() => Ok(row),
            fields => {
                let fault = RowFault::WrongCount { columns: seen.len(), values: fields };
                Err(Fault::new(ErrorKind::Row(fault), 0, object.len()))
            }
        }
    }
}

/// What a member says.
fn cell<'t>(value: &'t RawValue, notation: Notation, object: &[u8]) -> Result<Cell<'t>, Fault> {
    let text = value.get();
    let said = |said, bytes: Cow<'t, [u8]>| Ok(Some(Value { said, bytes }));
    let moved = |fault: Fault| fault.moved(text.as_ptr() as usize - object.as_ptr() as usize);
    match text.as_bytes() {
        [b'n', ..] => Ok(None),
        _ if notation == Notation::Json => match spelled_json(text) {
            Some(Cow::Owned(json)) => said(Said::Text, Cow::Owned(json.into_bytes())),
            Some(Cow::Borrowed(json)) => said(Said::Text, Cow::Borrowed(json.as_bytes())),
            None => said(Said::Text, Cow::Borrowed(text.as_bytes())),
        },
        [b'"', ..] => {
            let read: Result<Text<'t>, _> = serde_json::from_str(text);
            match read.map_err(|error| moved(not_json(&error, text.as_bytes())))?.0 {
                Cow::Borrowed(text) => said(Said::Text, Cow::Borrowed(text.as_bytes())),
                Cow::Owned(text) => said(Said::Text, Cow::Owned(text.into_bytes())),
            }
        }
        [b'{', ..] => {
            let bytes = serde_json::from_str(text)
                .ok()
                .and_then(|one: Base64| STANDARD.decode_to_vec(one.base64.as_bytes()).ok());
            match bytes {
                Some(bytes) => said(Said::Bytes, Cow::Owned(bytes)),
                None => said(Said::Text, Cow::Borrowed(text.as_bytes())),
            }
        }
        [b'[', ..] if let Notation::Array { delimiter, elements } = notation => {
            let array = array_of(text, delimiter, elements).map_err(moved)?;
            said(Said::Text, Cow::Owned(array.into_bytes()))
        }
        [b'[', ..] => said(Said::Text, Cow::Borrowed(text.as_bytes())),
        _ => said(Said::Bare, Cow::Borrowed(text.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let text = text.as_bytes();
        let survey = match JsonText::survey(text) {
            Ok(survey) => survey,
            Err(fault) => return format!("{} {}", fault.at, fault.kind),
        };
        let rows = JsonRows::new(survey.names.unwrap_or_default());
        let mut said = format!("{:?}", rows.names);
        let mut at = row_start(text, survey.range.start);
        while at < survey.range.end {
            let end = at + row_end(&text[at..]).expect("surveyed");
            match rows.read(&text[at..end]) {
                Err(fault) => said += &format!("|{} {}", fault.at + at, fault.kind),
                Ok(row) => {
                    said.push('|');
                    for value in row {
                        said += &value.map_or(" -".into(), |value| {
                            let mark = match value.said {
                                Said::Bytes => "x",
                                Said::Bare => "=",
                                _ => "'",
                            };
                            format!(" {mark}{}", value.bytes.escape_ascii())
                        });
                    }
                }
            }
            at = row_start(text, end);
        }
        said
    }

    #[test]
    fn rows_have_three_shapes() {
        for (text, wanted) in [
            ("{\"a\":1,\"b\":null}\n{\"b\":\"}\",\"a\":\"x\"}\n", "[\"a\", \"b\"]| =1 -| 'x '}"),
            (" [ {\"a\":1} ,\n{\"a\":2} ] ", "[\"a\"]| =1| =2"),
            ("[]", "[]"),
            ("", "[]"),
            ("{\"result\": [{\"a\":true},{\"a\":null}]}\n", "[\"a\"]| =true| -"),
            ("{\"result\":[]}", "[]"),
            ("{\"a\":[{}]}\n{\"a\":[]}\n", "[\"a\"]| '[{}]| '[]"),
            ("{\"a\":[1]}", "[\"a\"]| '[1]"),
            (
                "{\"a\":\"\\u00e9\\n\",\"b\":{\"base64\":\"AP8=\"},\"c\":{\"k\":1}}",
                "[\"a\", \"b\", \"c\"]| '\\xc3\\xa9\\n x\\x00\\xff '{\\\"k\\\":1}",
            ),
            ("{\"a\":1.10}", "[\"a\"]| =1.10"),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn records_are_told_from_rows() {
        use JsonStart::{Record, Row};
        for (text, wanted) in [
            ("{\"dn\":\"dc=x\",\"attributes\":{}}\n{\"a\":1}", Some(Record)),
            ("\n {\"dn\":\"dc=x\",\"changetype\":\"delete\"}", Some(Record)),
            ("{\"dn\":\"dc=x\",\"attributes\":{},\"id\":1}", Some(Row)),
            ("{\"dn\":\"dc=x\"}", Some(Row)),
            ("{\"attributes\":{},\"id\":1}", Some(Row)),
            ("[", Some(Row)),
            ("{}", Some(Row)),
            ("{\"dn\":", None),
            ("dn: dc=x\n", None),
            ("", None),
        ] {
            assert_eq!(JsonStart::of(text.as_bytes()), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_row_is_told() {
        for (text, wanted) in [
            ("[{\"a\":1}", "8 expected an object, or the end of the rows"),
            ("[{\"a\":1}]]", "9 expected nothing behind the rows"),
            ("{\"a\":1", "0 expected the end of an object"),
            ("{\"a\":\"x", "5 expected the end of a string"),
            ("1", "0 expected an object or a list of objects"),
            (
                "{\"a\":1}\n{\"b\":1}",
                "[\"a\"]| =1|8 expected a column of the table, but found `b`; there are `a`",
            ),
            ("{\"a\":1}{}", "[\"a\"]| =1|7 expected 1 values, one for each column, but found 0"),
            ("{\"a\":1}{\"a\":1,\"a\":2}", "[\"a\"]| =1|7 a second column of the name `a`"),
        ] {
            assert!(shown(text).starts_with(wanted), "{text}: {}", shown(text));
        }
    }
}
