//! One line of JSON to a record.

use std::borrow::Cow;
use std::fmt;

use base64_simd::STANDARD;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::attribute::{is_description, is_numeric_oid};
use crate::change::{Change, ChangeRecord, Control, ModOp, Modification, ModifyDn, Record};
use crate::dn::{Dn, Rdn};
use crate::entry::{self, Attribute, Entry};
use crate::error::{ErrorKind, Fault};

/// Reads a line: the name as it is written, and the record.
///
/// # Errors
///
/// The line is not JSON, has other keys than a record, or lacks one; a name is no DN where one is
/// needed. The fault points to where the line stopped making sense.
pub fn read(line: &[u8]) -> Result<(Vec<u8>, Record<'static>), Fault> {
    // A list would do for serde where its members are in order.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(json("expected an object", 0));
    }
    let raw: Line = serde_json::from_slice(line).map_err(|error| json_fault(&error, line))?;
    let dn = match memchr::memchr(b'=', &raw.dn.0) {
        // A label, and no DN.
        None => Dn::default(),
        Some(_) => Dn::parse_utf8(&raw.dn.0).map_err(|fault| in_name(line, &raw.dn.0, fault))?,
    };
    let record = raw.record(dn).map_err(|message| json(message, 0))?;
    Ok((raw.dn.0, record))
}

/// What is wrong with a text that serde does not take, where it stopped making sense.
pub fn json_fault(error: &serde_json::Error, text: &[u8]) -> Fault {
    let before = text.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let start: usize = before.map(<[u8]>::len).sum();
    let at = (start + error.column().saturating_sub(1)).min(text.len());
    json(&message(error), at)
}

/// A fault in the name, at its place where the name stands as it is.
fn in_name(line: &[u8], dn: &[u8], fault: Fault) -> Fault {
    let at = memchr::memmem::find(line, dn).map_or(0, |start| start + fault.at);
    Fault { at, ..fault }
}

fn json(message: &str, at: usize) -> Fault {
    Fault::new(ErrorKind::Json { message: message.to_owned() }, at, 1)
}

/// What serde says, without the place, which is shown otherwise, and without the value it found,
/// which may be a secret.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    match text.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => format!("expected {expected}"),
        _ => text.to_owned(),
    }
}

/// All that may stand in a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    dn: Bytes,
    changetype: Option<String>,
    attributes: Option<Attributes>,
    modifications: Option<Vec<JsonModification>>,
    newrdn: Option<String>,
    deleteoldrdn: Option<bool>,
    newsuperior: Option<String>,
    #[serde(default)]
    controls: Vec<JsonControl>,
    /// What a mapping says of a change is no part of it.
    #[serde(rename = "why")]
    _why: Option<IgnoredAny>,
}

impl Line {
    /// The record called `dn`, or what the line lacks.
    fn record(&self, dn: Dn) -> Result<Record<'static>, &'static str> {
        let Some(changetype) = &self.changetype else {
            let alone = self.controls.is_empty() && self.modifications.is_none();
            return match &self.attributes {
                Some(Attributes(attributes)) if alone && self.has_no_rename() => {
                    Ok(Record::Content(Entry { dn, attributes: attributes.clone() }))
                }
                _ => Err("expected `attributes`, or a `changetype`"),
            };
        };
        let controls = self.controls.iter().map(JsonControl::control).collect();
        Ok(Record::Change(ChangeRecord { dn, controls, change: self.change(changetype)? }))
    }

    fn has_no_rename(&self) -> bool {
        self.newrdn.is_none() && self.deleteoldrdn.is_none() && self.newsuperior.is_none()
    }

    fn change(&self, changetype: &str) -> Result<Change<'static>, &'static str> {
        match (changetype, &self.attributes, &self.modifications, &self.newrdn) {
            ("add", Some(Attributes(attributes)), None, None) if self.has_no_rename() => {
                match attributes.is_empty() {
                    true => Err("expected attributes of the entry to add"),
                    false => Ok(Change::Add(attributes.clone())),
                }
            }
            ("delete", None, None, None) if self.has_no_rename() => Ok(Change::Delete),
            ("modify", None, Some(all), None) if self.has_no_rename() => {
                let all = all.iter().map(JsonModification::modification);
                Ok(Change::Modify(all.collect::<Result<_, _>>()?))
            }
            ("modrdn" | "moddn", None, None, Some(rdn)) => self.rename(rdn),
            _ => Err("expected `add` with attributes, `delete`, `modify` with modifications, or \
                      `modrdn` with newrdn"),
        }
    }

    fn rename(&self, rdn: &str) -> Result<Change<'static>, &'static str> {
        let superior = self.newsuperior.as_ref().map(|name| Dn::parse(name.as_bytes()));
        let new_superior = superior.transpose().map_err(|_| "expected a DN as newsuperior")?;
        let new_rdn = one_rdn(rdn).ok_or("expected one RDN as newrdn")?;
        let delete_old_rdn = self.deleteoldrdn.ok_or("expected `deleteoldrdn`")?;
        Ok(Change::ModifyDn(ModifyDn { new_rdn, delete_old_rdn, new_superior }))
    }
}

fn one_rdn(text: &str) -> Option<Rdn> {
    let mut rdns = Dn::parse(text.as_bytes()).ok()?.rdns;
    rdns.pop().filter(|_| rdns.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonModification {
    #[serde(deserialize_with = "operation")]
    op: ModOp,
    attribute: Description,
    #[serde(default)]
    values: Vec<Bytes>,
}

impl JsonModification {
    fn modification(&self) -> Result<Modification<'static>, &'static str> {
        let values: Vec<_> = self.values.iter().map(|value| Cow::Owned(value.0.clone())).collect();
        if self.op == ModOp::Increment && values.len() != 1 {
            return Err("expected one value to increment by");
        }
        Ok(Modification { op: self.op, description: Cow::Owned(self.attribute.0.clone()), values })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonControl {
    #[serde(deserialize_with = "control_oid")]
    oid: String,
    #[serde(default)]
    criticality: bool,
    value: Option<Bytes>,
}

impl JsonControl {
    fn control(&self) -> Control<'static> {
        Control {
            oid: Cow::Owned(self.oid.clone().into_bytes()),
            criticality: self.criticality,
            value: self.value.as_ref().map(|value| Cow::Owned(value.0.clone())),
        }
    }
}

fn operation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ModOp, D::Error> {
    let word = String::deserialize(deserializer)?;
    let all = [ModOp::Add, ModOp::Delete, ModOp::Replace, ModOp::Increment];
    let known = all.into_iter().find(|op| op.keyword() == word);
    known.ok_or_else(|| D::Error::custom("expected `add`, `delete`, `replace` or `increment`"))
}

fn control_oid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match is_numeric_oid(text.as_bytes()) {
        true => Ok(text),
        false => Err(D::Error::custom("expected the OID of a control")),
    }
}

/// An attribute description that LDIF can hold.
struct Description(Vec<u8>);

impl<'de> Deserialize<'de> for Description {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // No entry has an attribute `dn` (S-6).
        match is_description(text.as_bytes()) && !text.eq_ignore_ascii_case("dn") {
            true => Ok(Description(text.into_bytes())),
            false => Err(D::Error::custom("expected an attribute such as `mail` or `cn;lang-de`")),
        }
    }
}

/// Text, or `{"base64":"…"}`.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Encoded(Encoded),
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Encoded {
            base64: String,
        }
        let wanted = "expected text or `{\"base64\":\"…\"}` as a value";
        match Form::deserialize(deserializer).map_err(|_| D::Error::custom(wanted))? {
            Form::Text(text) => Ok(Bytes(text.into_bytes())),
            Form::Encoded(Encoded { base64 }) => {
                let bytes = STANDARD.decode_to_vec(base64.as_bytes());
                bytes.map(Bytes).map_err(|_| D::Error::custom("expected base64, padded with `=`"))
            }
        }
    }
}

/// Attributes in the order in which they stand.
struct Attributes(Vec<Attribute<'static>>);

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Attributes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("attributes, each with a list of values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let mut attributes = entry::Attributes::default();
                while let Some((name, values)) = map.next_entry::<Description, Vec<Bytes>>()? {
                    if values.is_empty() {
                        return Err(A::Error::custom("expected values of an attribute"));
                    }
                    let values = values.into_iter().map(|value| Cow::Owned(value.0)).collect();
                    attributes.extend(Cow::Owned(name.0), values);
                }
                Ok(Attributes(attributes.into_vec()))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::super::write;
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for line in [
            r#"{"dn":"cn=a, dc=x","attributes":{"cn":["a","b"],"jpegPhoto":[{"base64":"/w=="}]}}"#,
            r#"{"dn":"cn=a","attributes":{"cn":["\u0085 \u2028\u2029é\n"]}}"#,
            r#"{"dn":"cn=a","changetype":"add","attributes":{"sn":["1"]}}"#,
            r#"{"dn":"cn=a","attributes":{"member;range=0-1":["cn=b"]}}"#,
            r#"{"dn":"cn=a","changetype":"delete","controls":[{"oid":"1.2","criticality":true,"value":"x"}]}"#,
            r#"{"dn":"cn=a","changetype":"modify","modifications":[{"op":"increment","attribute":"n","values":["1"]}]}"#,
            r#"{"dn":"cn=a","changetype":"modrdn","newrdn":"cn=b","deleteoldrdn":false,"newsuperior":"dc=y"}"#,
        ] {
            let (dn, record) = read(line.as_bytes()).expect(line);
            let mut out = Vec::new();
            write(&mut out, &dn, &record).expect("a vector takes all");
            assert_eq!(String::from_utf8(out).expect("JSON is text"), format!("{line}\n"));
        }
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for (line, at, message) in [
            ("", 0, "expected an object"),
            (r#"["cn=a"]"#, 0, "expected an object"),
            (r#"{"dn":"cn=a","attributes":{}"#, 27, "EOF while parsing an object"),
            (r#"{"dn":"cn=a"}"#, 0, "expected `attributes`, or a `changetype`"),
            (
                r#"{"dn":"cn=a","attributes":{"c n":["a"]}}"#,
                31,
                "expected an attribute such as `mail` or `cn;lang-de`",
            ),
            (
                r#"{"dn":"cn=a","attributes":{"DN":["a"]}}"#,
                30,
                "expected an attribute such as `mail` or `cn;lang-de`",
            ),
            (
                r#"{"dn":"cn=a","changetype":"delete","controls":[{"oid":"x"}]}"#,
                57,
                "expected the OID of a control",
            ),
            (
                r#"{"dn":"cn=a","rows":1}"#,
                18,
                "unknown field `rows`, expected one of `dn`, `changetype`, `attributes`, `modifications`, `newrdn`, `deleteoldrdn`, `newsuperior`, `controls`, `why`",
            ),
            (r#"{"dn":"cn=a","attributes":{"cn":[]}}"#, 34, "expected values of an attribute"),
            (r#"{"dn":"cn=a","attributes":{"userPassword":"s3cret"}}"#, 49, "expected a sequence"),
            (
                r#"{"dn":"cn=a","attributes":{"cn":["a"]},"modifications":[]}"#,
                0,
                "expected `attributes`, or a `changetype`",
            ),
            (
                r#"{"dn":"cn=a","attributes":{"cn":["a"]},"deleteoldrdn":true}"#,
                0,
                "expected `attributes`, or a `changetype`",
            ),
            (
                r#"{"dn":"cn=a","changetype":"modify","modifications":[{"op":"increment","attribute":"n","values":["1","2"]}]}"#,
                0,
                "expected one value to increment by",
            ),
            (
                r#"{"dn":"cn=a","changetype":"delete","deleteoldrdn":true}"#,
                0,
                "expected `add` with attributes, `delete`, `modify` with modifications, or `modrdn` with newrdn",
            ),
            (
                r#"{"dn":"cn=a","changetype":"add","attributes":{}}"#,
                0,
                "expected attributes of the entry to add",
            ),
            (
                r#"{"dn":"cn=a","changetype":"delete","newrdn":"cn=b"}"#,
                0,
                "expected `add` with attributes, `delete`, `modify` with modifications, or `modrdn` with newrdn",
            ),
        ] {
            let Err(fault) = read(line.as_bytes()) else { panic!("{line} is read") };
            let ErrorKind::Json { message: found } = &fault.kind else { panic!("{line}") };
            assert_eq!((fault.at, found.as_str()), (at, message), "{line}");
        }
        let Err(fault) = read(br#"{"dn":"cn=a,b","attributes":{}}"#) else { panic!("no DN") };
        assert!(matches!(fault.kind, ErrorKind::Syntax { .. }) && fault.at == 13, "{fault:?}");
        assert!(read(br#"{"dn":"somebody","attributes":{}}"#).is_ok());
    }
}
