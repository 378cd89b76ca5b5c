//! What a mapping names and no schema knows: a server may, so it is no mistake, but perhaps a slip.

use crate::attribute::type_of;
use crate::error::{Error, MappingFault, Place};
use crate::mapping::{Mapping, MappingFile, NAME};
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

impl MappingFile {
    /// A warning for each attribute of its flows that is like one of the built-in schema and is not in it. `name`
    /// and `text` are those of the file.
    pub fn warnings(&self, name: &str, text: &[u8]) -> Vec<Error> {
        let schema = self.directory.server.map_or(Schema::builtin(), Server::schema);
        let doubts = self.mappings.iter().flat_map(|mapping| mapping.doubts(schema));
        let warning = |Doubt { line, attribute, meant }: Doubt<'_>| {
            let kind = MappingFault::UnknownAttribute {
                attribute: attribute.to_owned(),
                meant: meant?.to_owned(),
            };
            let ends = memchr::memchr_iter(b'\n', text).map(|end| end + 1);
            let start = std::iter::once(0).chain(ends).nth(usize::try_from(line).ok()? - 1)?;
            let at = start + memchr::memmem::find(&text[start..], attribute.as_bytes())?;
            let place = Place::new(name, text, at, attribute.len());
            Some(Error::at(kind.into(), Place { attributes: Some(Vec::new()), ..place }))
        };
        doubts.filter_map(warning).collect()
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
