//! Changes as JSON, a record a line.

use std::io::Write;

use base64_simd::STANDARD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::change::{Change, ChangeRecord};
use crate::emit::{Emission, put};
use crate::entry::Attribute;
use crate::error::{Error, Result};
use crate::plan::Step;

/// Writes JSON lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jsonl;

impl Jsonl {
    /// Writes the records of a plan in its order.
    pub fn write(
        self,
        emission: &Emission<'_, '_>,
        out: &mut dyn Write,
        failed: &(dyn Fn(std::io::Error) -> Error + Sync),
    ) -> Result<()> {
        let work = |step: Step| {
            let mut bytes = Vec::new();
            let mut done = Ok(());
            emission.step(step, &mut |one| {
                let written = serde_json::to_writer(&mut bytes, &line(&one.forward));
                bytes.push(b'\n');
                done = std::mem::replace(&mut done, Ok(())).and(written);
            })?;
            done.map_err(|e| failed(e.into()))?;
            Ok(bytes)
        };
        let mut steps = emission.plan.steps.iter().copied();
        emission.write_steps(&mut steps, work, &mut |bytes: Vec<u8>| put(out, &bytes, failed))
    }
}

/// A change record as it stands in JSON.
#[derive(Serialize)]
struct Line<'l> {
    dn: String,
    changetype: &'static str,
    #[serde(flatten)]
    change: Body<'l>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    controls: Vec<JsonControl<'l>>,
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
        if let Ok(text) = simdutf8::basic::from_utf8(self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("base64", &STANDARD.encode_to_string(self.0))?;
        map.end()
    }
}

fn by_name<S: Serializer>(
    attributes: &&[Attribute<'_>],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(attributes.len()))?;
    for one in *attributes {
        let values: Vec<Bytes<'_>> = one.values.iter().map(|value| Bytes(value)).collect();
        map.serialize_entry(&String::from_utf8_lossy(&one.description), &values)?;
    }
    map.end()
}

fn line<'l>(record: &'l ChangeRecord<'l>) -> Line<'l> {
    let (changetype, change) = match &record.change {
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
    let controls = record.controls.iter().map(|one| JsonControl {
        oid: Bytes(&one.oid),
        criticality: one.criticality,
        value: one.value.as_deref().map(Bytes),
    });
    Line { dn: record.dn.to_string(), changetype, change, controls: controls.collect() }
}
