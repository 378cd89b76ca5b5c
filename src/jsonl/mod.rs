//! Records as JSON, one a line, and back.
//!
//! `{"dn":…, "attributes":{"cn":["…"]}}` is an entry; a change adds `"changetype"` and what it does.
//! A value that is not UTF-8 is `{"base64":"…"}`. Names stand as they are written in the file.

mod read;
mod rows;
mod why;

use std::io;

use base64_simd::STANDARD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::attribute::is_description_byte;
use crate::change::{Change, Control, Record};
use crate::entry::Attribute;

pub use read::{json_fault, read};
pub use rows::{spelled_json, write_row, write_row_change};
pub use why::{Called, Flowed, Held, Spot, Why};

/// The lines of a text that say anything, each with where it begins: neither blank nor a comment, such as rejects
/// have above each record.
pub fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let starts = text.split_inclusive(|&b| b == b'\n').scan(0, |next, line| {
        let start = *next;
        *next += line.len();
        Some((start, line))
    });
    starts.filter(|(_, line)| !line.trim_ascii().is_empty() && !line.starts_with(b"#"))
}

/// The attributes in a line: where one is secret, no part of the line may be shown.
pub fn attributes_in(line: &[u8]) -> Vec<Vec<u8>> {
    // A name that is spelled with escapes may be that of a secret.
    let spelled = memchr::memmem::find(line, b"\\u").map(|_| b"userPassword".to_vec());
    let words = line.split(|&b| b == b'"');
    spelled
        .into_iter()
        .chain(
            words.filter(|word| word.iter().copied().all(is_description_byte)).map(<[u8]>::to_vec),
        )
        .collect()
}

/// Writes a record, called `dn`, and the end of its line.
///
/// # Errors
///
/// None that a vector gives; the type is serde's.
pub fn write(out: &mut Vec<u8>, dn: &[u8], record: &Record<'_>) -> serde_json::Result<()> {
    write_with(out, dn, record, &[])
}

/// The same, with why the record changes.
///
/// # Errors
///
/// None that a vector gives; the type is serde's.
pub fn write_with(
    out: &mut Vec<u8>,
    dn: &[u8],
    record: &Record<'_>,
    why: &[Why],
) -> serde_json::Result<()> {
    match record {
        Record::Content(entry) => {
            let attributes = &entry.attributes;
            to_line(out, &EntryLine { dn: Bytes(dn), attributes })?;
        }
        Record::Change(record) => {
            to_line(out, &change_line(dn, &record.controls, &record.change, why))?;
        }
    }
    Ok(())
}

/// A value as a string of JSON, or `{"base64":"…"}`.
pub fn text(value: &[u8]) -> String {
    let mut out = Vec::new();
    // A vector takes all that is written to it.
    let _ = to_line(&mut out, &Bytes(value));
    String::from_utf8_lossy(out.trim_ascii_end()).into_owned()
}

/// A value as JSON, on one line whatever a reader takes for the end of one.
fn to_line(out: &mut Vec<u8>, value: &impl Serialize) -> serde_json::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, OneLine))?;
    out.push(b'\n');
    Ok(())
}

/// JSON in which the line ends that Unicode has beside LF are escaped.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['\u{85}', '\u{2028}', '\u{2029}']) {
            let (before, from) = rest.split_at(at);
            let end = from.chars().next().map_or(0, char::len_utf8);
            out.write_all(before.as_bytes())?;
            let code = from.chars().next().map_or(0, u32::from);
            write!(out, "\\u{code:04x}")?;
            rest = &from[end..];
        }
        out.write_all(rest.as_bytes())
    }
}

/// An entry as it stands in JSON.
#[derive(Serialize)]
struct EntryLine<'l> {
    dn: Bytes<'l>,
    #[serde(serialize_with = "by_name")]
    attributes: &'l [Attribute<'l>],
}

/// A change record as it stands in JSON.
#[derive(Serialize)]
struct ChangeLine<'l> {
    dn: Bytes<'l>,
    changetype: &'static str,
    #[serde(flatten)]
    change: Body<'l>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    controls: Vec<JsonControl<'l>>,
    #[serde(skip_serializing_if = "<[Why]>::is_empty")]
    why: &'l [Why],
}

#[derive(Serialize)]
#[serde(untagged)]
enum Body<'l> {
    Add {
        #[serde(serialize_with = "by_name")]
        attributes: &'l [Attribute<'l>],
    },
    Delete {},
    Modify {
        modifications: Vec<JsonModification<'l>>,
    },
    Rename {
        newrdn: String,
        deleteoldrdn: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        newsuperior: Option<String>,
    },
}

#[derive(Serialize)]
struct JsonModification<'l> {
    op: &'static str,
    attribute: Bytes<'l>,
    values: Vec<Bytes<'l>>,
}

#[derive(Serialize)]
struct JsonControl<'l> {
    oid: Bytes<'l>,
    criticality: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Bytes<'l>>,
}

/// Text, or `{"base64":"…"}` where it is not UTF-8.
struct Bytes<'l>(&'l [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match simdutf8::basic::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Binary(self.0).serialize(serializer),
        }
    }
}

/// `{"base64":"…"}`.
struct Binary<'l>(&'l [u8]);

impl Serialize for Binary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("base64", &STANDARD.encode_to_string(self.0))?;
        map.end()
    }
}

fn by_name<S: Serializer>(attributes: &&[Attribute<'_>], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(attributes.len()))?;
    for one in *attributes {
        let values: Vec<Bytes<'_>> = one.values.iter().map(|value| Bytes(value)).collect();
        map.serialize_entry(&String::from_utf8_lossy(&one.description), &values)?;
    }
    map.end()
}

fn change_line<'l>(
    dn: &'l [u8],
    controls: &'l [Control<'l>],
    change: &'l Change<'l>,
    why: &'l [Why],
) -> ChangeLine<'l> {
    let (changetype, change) = match change {
        Change::Add(attributes) => ("add", Body::Add { attributes }),
        Change::Delete => ("delete", Body::Delete {}),
        Change::Modify(all) => {
            let modifications = all.iter().map(|one| JsonModification {
                op: one.op.keyword(),
                attribute: Bytes(&one.description),
                values: one.values.iter().map(|value| Bytes(value)).collect(),
            });
            ("modify", Body::Modify { modifications: modifications.collect() })
        }
        Change::ModifyDn(one) => (
            "modrdn",
            Body::Rename {
                newrdn: one.new_rdn.to_string(),
                deleteoldrdn: one.delete_old_rdn,
                newsuperior: one.new_superior.as_ref().map(ToString::to_string),
            },
        ),
    };
    let controls = controls.iter().map(|one| JsonControl {
        oid: Bytes(&one.oid),
        criticality: one.criticality,
        value: one.value.as_deref().map(Bytes),
    });
    ChangeLine { dn: Bytes(dn), changetype, change, controls: controls.collect(), why }
}
