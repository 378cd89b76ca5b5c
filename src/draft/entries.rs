//! Reads an export: which classes and attributes it has, and the entries that share a value with a row.

use std::collections::HashMap;
use std::ops::Range;

use super::loose::Index;
use super::sample::{Attribute, Class, Entry};
use crate::attribute::folded;
use crate::dn::Dn;
use crate::entry;
use crate::error::Result;
use crate::join::verify_notes;
use crate::ldif::scan::split;
use crate::matching::dn_key;
use crate::parallel::Pool;
use crate::schema::{Schema, Structural};
use crate::source::{Notes, Source};

/// How many entries are kept at most; of more the first.
const MOST: usize = 200_000;

/// What an export has.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) classes: Vec<Class>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) entries: Vec<Entry>,
    pub(super) names: HashMap<Vec<u8>, usize>,
    /// How many entries there are.
    pub(super) count: u64,
}

/// An entry that shares a value with a row.
struct Kept {
    dn: Dn,
    class: String,
    values: Vec<(String, Vec<Box<[u8]>>)>,
}

/// What a thread finds in a part of an export.
#[derive(Default)]
struct Part {
    kept: Vec<Kept>,
    /// For each class its entries, and how many values they have at most.
    classes: Vec<(String, u64, HashMap<Vec<u8>, usize>)>,
    notes: Notes,
    count: u64,
}

/// Reads the entries.
///
/// # Errors
///
/// A record cannot be read.
pub(super) fn entries(
    pool: &Pool,
    source: &Source<'_>,
    schema: &Schema,
    index: &Index,
) -> Result<Found> {
    let size = crate::join::PART;
    let parts =
        pool.map_ordered(split(source.text, size), |range| part(source, schema, index, range));
    let (mut found, mut notes, mut most) = (Found::default(), Vec::new(), Vec::new());
    for part in parts {
        let part = part?;
        for (name, count, values) in part.classes {
            let class = found.class(name);
            found.classes[class].count += count;
            most.push((class, values));
        }
        for kept in part.kept {
            found.keep(kept, schema);
        }
        found.count += part.count;
        notes.push(part.notes);
    }
    found.bound(&most);
    verify_notes(source, &notes)?;
    Ok(found)
}

impl Found {
    fn class(&mut self, name: String) -> usize {
        let known = self.classes.iter().position(|class| class.name.eq_ignore_ascii_case(&name));
        known.unwrap_or_else(|| {
            self.classes.push(Class { name, count: 0 });
            self.classes.len() - 1
        })
    }

    fn attribute(&mut self, name: String) -> usize {
        let known = self.attributes.iter().position(|one| one.name.eq_ignore_ascii_case(&name));
        known.unwrap_or_else(|| {
            self.attributes.push(Attribute { name, most: HashMap::new() });
            self.attributes.len() - 1
        })
    }

    fn keep(&mut self, kept: Kept, schema: &Schema) {
        if self.entries.len() == MOST {
            return;
        }
        let class = self.class(kept.class);
        let values = kept.values.into_iter();
        let values = values.map(|(name, values)| (self.attribute(name), values)).collect();
        self.names.insert(dn_key(schema, &kept.dn), self.entries.len());
        self.entries.push(Entry { dn: kept.dn, class, values });
    }

    /// Notes how many values the attributes have at most.
    fn bound(&mut self, most: &[(usize, HashMap<Vec<u8>, usize>)]) {
        for attribute in &mut self.attributes {
            let name = folded(attribute.name.as_bytes()).to_vec();
            for (class, values) in most {
                let most = attribute.most.entry(*class).or_default();
                *most = (*most).max(values.get(&name).copied().unwrap_or_default());
            }
        }
    }
}

fn part(source: &Source<'_>, schema: &Schema, index: &Index, range: Range<usize>) -> Result<Part> {
    let mut part = Part::default();
    let mut cutter = source.cut(range);
    while let Some(cut) = cutter.next_record(None) {
        let cut = cut?;
        let known = source.known(cut.extent, cut.plain_dn)?;
        if source.is_entry(cut.extent, known.kind)? {
            source.with_entry(cut.extent, |entry| {
                part.count(schema, &entry, index);
                Ok(())
            })?;
        }
    }
    part.notes = cutter.notes;
    Ok(part)
}

impl Part {
    fn count(&mut self, schema: &Schema, entry: &entry::Entry<'_>, index: &Index) {
        self.count += 1;
        let Some(class) = class_of(schema, entry) else { return };
        let known = self.classes.iter().position(|(name, ..)| *name == class);
        let at = known.unwrap_or_else(|| {
            self.classes.push((class.clone(), 0, HashMap::new()));
            self.classes.len() - 1
        });
        let (_, count, most) = &mut self.classes[at];
        *count += 1;
        for attribute in &entry.attributes {
            let most = most.entry(folded(&attribute.description).to_vec()).or_default();
            *most = (*most).max(attribute.values.len());
        }
        let mut values = entry.attributes.iter().flat_map(|attribute| &attribute.values);
        if values.any(|value| !index.places(value).is_empty()) {
            self.kept.push(Kept { dn: entry.dn.clone(), class, values: values_of(entry) });
        }
    }
}

/// The structural class of an entry; where the schema does not know it, the last one it names.
fn class_of(schema: &Schema, entry: &entry::Entry<'_>) -> Option<String> {
    if let Structural::Known(class) = schema.structural_class(entry.object_classes()) {
        return class.names.first().map(ToString::to_string);
    }
    let last = entry.object_classes().last()?;
    String::from_utf8(last.to_vec()).ok()
}

fn values_of(entry: &entry::Entry<'_>) -> Vec<(String, Vec<Box<[u8]>>)> {
    let attribute = |attribute: &entry::Attribute<'_>| {
        let name = String::from_utf8_lossy(&attribute.description).into_owned();
        let values = attribute.values.iter().map(|value| value.to_vec().into_boxed_slice());
        (name, values.collect())
    };
    entry.attributes.iter().map(attribute).collect()
}
