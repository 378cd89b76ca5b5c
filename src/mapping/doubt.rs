//! What is no mistake in a mapping, but perhaps a slip: attributes that no schema knows, for a server may, and flows
//! that can work.

use std::path::Path;

use crate::attribute::type_of;
use crate::error::{Error, Fault, MappingFault, Place};
use crate::mapping::{Direction, Flow, LookupFrom, Mapping, MappingFile, Multi, NAME};
use crate::schema::Schema;
use crate::server::Server;
use crate::text::nearest;

/// An attribute of a flow that a schema does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt<'d> {
    /// The line of the flow in the mapping file, from 1.
    pub line: u64,
    /// The attribute, without options.
    pub attribute: &'d str,
    /// The attribute of the schema that was most likely meant.
    pub meant: Option<&'d str>,
}

/// What is perhaps a slip, and where it stands in the file.
#[derive(Clone, Debug)]
pub(in crate::mapping) struct Slip {
    pub(in crate::mapping) fault: MappingFault,
    pub(in crate::mapping) at: usize,
    pub(in crate::mapping) len: usize,
}

impl MappingFile {
    /// A warning for each attribute of its flows that is like one of the built-in schema and is not in it, for each flow
    /// of the first value that goes both ways, for classes and an identifier that are slips likewise, for what classes
    /// demand and nothing feeds, and for each file of a lookup that is not there, in the order of their places. `name` and
    /// `text` are those of the file.
    pub fn warnings(
        &self,
        name: &str,
        text: &[u8],
        is_there: impl Fn(&Path) -> bool,
    ) -> Vec<Error> {
        let schema = self.directory.server.map_or(Schema::builtin(), Server::schema);
        let mut all: Vec<(u64, &str, MappingFault)> = Vec::new();
        for mapping in &self.mappings {
            for Doubt { line, attribute, meant } in mapping.doubts(schema) {
                let (attribute_is, meant) = (attribute.to_owned(), meant.map(str::to_owned));
                all.extend(meant.map(|meant| {
                    let fault = MappingFault::UnknownAttribute { attribute: attribute_is, meant };
                    (line, attribute, fault)
                }));
            }
            // One value is the first in any order.
            let has_several = |flow: &&Flow| {
                let name = flow.attribute.as_deref().unwrap_or_default();
                schema.attribute(name.as_bytes()).is_none_or(|known| !known.single_value)
            };
            let both = mapping
                .flows
                .iter()
                .filter(has_several)
                .filter(|flow| flow.multi == Multi::First && flow.direction == Direction::Both);
            all.extend(both.map(|flow| (flow.line, "first", MappingFault::FirstBothWays)));
        }
        all.sort_by_key(|(line, ..)| *line);
        let warning = |(line, word, fault): (u64, &str, MappingFault)| {
            let ends = memchr::memchr_iter(b'\n', text).map(|end| end + 1);
            let start = std::iter::once(0).chain(ends).nth(usize::try_from(line).ok()? - 1)?;
            let key = if fault == MappingFault::FirstBothWays { "multi" } else { "attribute" };
            let key = start + memchr::memmem::find(&text[start..], key.as_bytes())?;
            let at = key + memchr::memmem::find(&text[key..], word.as_bytes())?;
            Some(Fault::new(fault.into(), at, word.len()))
        };
        let mut all: Vec<Fault> = all.into_iter().filter_map(warning).collect();
        let slip = |slip: &Slip| Fault::new(slip.fault.clone().into(), slip.at, slip.len);
        let slips = self.slips.iter().map(slip);
        all.extend(slips);
        all.extend(self.missing_files(text, is_there));
        all.sort_by_key(|fault| fault.at);
        let placed = |fault: Fault| {
            let place = Place::new(name, text, fault.at, fault.len);
            Error::at(fault.kind, Place { attributes: Some(Vec::new()), ..place })
        };
        all.into_iter().map(placed).collect()
    }

    /// The files of lookups that are not there.
    fn missing_files(&self, text: &[u8], is_there: impl Fn(&Path) -> bool) -> Vec<Fault> {
        let missing = self.lookups.iter().filter_map(|lookup| match &lookup.from {
            LookupFrom::File { path, .. } if !is_there(path) => path.to_str(),
            _ => None,
        });
        let fault = |path: &str| {
            let at = memchr::memmem::find(text, path.as_bytes()).unwrap_or_default();
            let fault = MappingFault::NoFile { path: path.to_owned() };
            Fault::new(fault.into(), at, path.len())
        };
        missing.map(fault).collect()
    }
}

impl Mapping {
    /// The attributes of its flows that a schema does not know, each once.
    pub fn doubts<'d>(&'d self, schema: &'d Schema) -> Vec<Doubt<'d>> {
        let mut doubts: Vec<Doubt<'d>> = Vec::new();
        for flow in &self.flows {
            let Some(name) = &flow.attribute else { continue };
            let attribute = &name[..type_of(name.as_bytes()).len()];
            let is_told = |doubt: &Doubt<'_>| doubt.attribute.eq_ignore_ascii_case(attribute);
            if attribute.eq_ignore_ascii_case(NAME)
                || schema.attribute(attribute.as_bytes()).is_some()
                || doubts.iter().any(is_told)
            {
                continue;
            }
            let known = schema.attributes().iter().flat_map(|one| one.names.iter());
            let meant = nearest(attribute, known.map(AsRef::as_ref));
            doubts.push(Doubt { line: flow.line, attribute, meant });
        }
        doubts
    }
}
