//! The attributes that mappings name, as numbers, and the values that an entry has in them.
//!
//! Names are looked at once, before data is read; of a record only the lines of these attributes are read.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use crate::attribute::CLASSES;
use crate::dn::{AvaValue, Dn, after_plain_rdn};
use crate::entry::Entry;
use crate::error::Result;
use crate::ldif::types::Types;
use crate::mapping::Mapping;
use crate::reconcile::record::normal_value;
use crate::schema::Schema;
use crate::source::{Extent, Source, TypeSet};

/// The number of an attribute that a mapping names.
pub(super) type Field = u16;

/// The attributes that mappings name.
#[derive(Debug)]
pub(super) struct FieldTable<'m> {
    pub(super) schema: &'m Schema,
    /// One spelling of each.
    fields: Vec<&'m str>,
    /// Their types.
    types: TypeSet<'m>,
    /// Each spelling that a mapping has.
    spellings: HashMap<&'m str, Field>,
}

impl<'m> FieldTable<'m> {
    /// The classes of an entry, which are always there.
    pub(super) const CLASS: Field = 0;

    /// Those that some mappings may ask an entry for.
    pub(super) fn new(schema: &'m Schema, mappings: &[&'m Mapping]) -> FieldTable<'m> {
        let (fields, spellings) = (Vec::new(), HashMap::new());
        let mut table = FieldTable { schema, fields, types: TypeSet::of(schema, []), spellings };
        table.enter(std::str::from_utf8(CLASSES).unwrap_or_default());
        for mapping in mappings {
            table.enter_mapping(mapping);
        }
        table.types = TypeSet::of(schema, table.fields.iter().map(|name| name.as_bytes()));
        table
    }

    /// The types of some of them.
    pub(super) fn types_of(&self, fields: impl Iterator<Item = Field>) -> TypeSet<'m> {
        TypeSet::of(self.schema, fields.map(|field| self.fields[usize::from(field)].as_bytes()))
    }

    fn enter_mapping(&mut self, mapping: &'m Mapping) {
        for flow in &mapping.flows {
            flow.names().for_each(|name| self.enter(name));
            let reference = flow.reference.as_ref().and_then(|one| one.attribute.as_ref());
            reference.into_iter().for_each(|name| self.enter(name));
        }
        if let Some(inactivate) = &mapping.inactivate.to_directory {
            inactivate.set.iter().for_each(|(name, _)| self.enter(name));
            inactivate.clear.iter().for_each(|name| self.enter(name));
        }
    }

    fn enter(&mut self, name: &'m str) {
        let field = self.met(name.as_bytes()).unwrap_or_else(|| {
            self.fields.push(name);
            Field::try_from(self.fields.len() - 1).unwrap_or(Field::MAX)
        });
        self.spellings.insert(name, field);
    }

    /// The number of an attribute that a mapping names; `None` of any other.
    pub(super) fn field(&self, name: &str) -> Option<Field> {
        self.spellings.get(name).copied()
    }

    /// The same of a description in a record, under whatever name its type stands there.
    fn met(&self, description: &[u8]) -> Option<Field> {
        let is_it = |name: &&str| self.schema.same_values(description, name.as_bytes());
        let at = self.fields.iter().position(is_it)?;
        Field::try_from(at).ok()
    }

    /// The same, where it is one of these.
    fn met_among(&self, only: Option<&[Field]>, description: &[u8]) -> Option<Field> {
        let Some(only) = only else { return self.met(description) };
        let is_it = |field: &Field| {
            let name = self.fields[usize::from(*field)];
            self.schema.same_values(description, name.as_bytes())
        };
        only.iter().copied().find(is_it)
    }
}

/// What mappings may ask of one entry.
#[derive(Debug)]
pub(super) struct Fields<'r> {
    name: Cow<'r, [u8]>,
    dn: OnceCell<Dn>,
    /// The attribute that a plain name of one value begins with, and where that value ends and begins.
    rdn: Option<(Option<Field>, Range<usize>)>,
    values: Values<'r>,
}

/// The values of each attribute, in the order of the record.
#[derive(Debug)]
struct Values<'r> {
    /// Mostly an attribute has one.
    first: Vec<Option<Cow<'r, [u8]>>>,
    /// What stands behind it.
    more: Vec<(Field, Cow<'r, [u8]>)>,
}

impl<'r> Values<'r> {
    /// None yet of so many attributes.
    fn new(fields: usize) -> Values<'r> {
        let mut first = Vec::with_capacity(fields);
        first.resize_with(fields, || None);
        Values { first, more: Vec::new() }
    }

    fn push(&mut self, field: Field, value: Cow<'r, [u8]>) {
        match &mut self.first[usize::from(field)] {
            first @ None => *first = Some(value),
            Some(_) => self.more.push((field, value)),
        }
    }

    fn of(&self, field: Field) -> impl Iterator<Item = &Cow<'r, [u8]>> {
        let first = self.first.get(usize::from(field)).and_then(Option::as_ref);
        let of_it = move |&&(of, _): &&(Field, _)| of == field;
        first.into_iter().chain(self.more.iter().filter(of_it).map(|(_, value)| value))
    }
}

impl<'r> Fields<'r> {
    /// Of an entry that was read.
    pub(super) fn of(table: &FieldTable<'_>, entry: &'r Entry<'_>) -> Fields<'r> {
        Fields::by(table, entry, |description| table.met(description))
    }

    /// The same; `met` says which field a description is.
    fn by(
        table: &FieldTable<'_>,
        entry: &'r Entry<'_>,
        mut met: impl FnMut(&[u8]) -> Option<Field>,
    ) -> Fields<'r> {
        let mut values = Values::new(table.fields.len());
        for attribute in &entry.attributes {
            if let Some(field) = met(&attribute.description) {
                let all = attribute.values.iter().map(|value| Cow::Borrowed(&**value));
                all.for_each(|value| values.push(field, value));
            }
        }
        let name = Cow::Owned(entry.dn.to_string().into_bytes());
        let dn = OnceCell::from(entry.dn.clone());
        let mut fields = Fields { name, dn, rdn: None, values };
        fields.add_values_of_name(table);
        fields
    }

    /// The name.
    pub(super) fn dn(&self) -> &Dn {
        // That it is a name was seen when it was put into the index of names.
        self.dn.get_or_init(|| Dn::parse(&self.name).unwrap_or_default())
    }

    /// The values of an attribute. Those of the name are there even where the record leaves them out (RFC
    /// 4512 section 2.3.1); of subtypes none.
    pub(super) fn of_field(&self, field: Field) -> impl Iterator<Item = &Cow<'r, [u8]>> {
        self.values.of(field)
    }

    /// The value of an attribute that has one.
    pub(super) fn only_of(&self, field: Field) -> Option<&[u8]> {
        let mut values = self.values.of(field);
        values.next().filter(|_| values.next().is_none()).map(|value| &**value)
    }

    /// The attribute and the value of a plain name's first RDN, where it has one value; an attribute that no
    /// mapping names has no number.
    pub(super) fn plain_rdn(&self) -> Option<(Option<Field>, &[u8])> {
        let (field, value) = self.rdn.as_ref()?;
        Some((*field, &self.name[value.clone()]))
    }

    /// What a plain name whose first RDN has one value stands below.
    pub(super) fn plain_parent(&self) -> Option<&[u8]> {
        let (_, value) = self.rdn.as_ref()?;
        Some(&self.name[value.end + 1..])
    }

    /// Whether the value that a plain name begins with is seen to be one of the record's.
    fn holds_its_name(&self) -> bool {
        self.plain_rdn().is_some_and(|(field, value)| {
            field.is_none_or(|field| self.of_field(field).any(|held| **held == *value))
        })
    }

    /// Adds the values of the name that the record leaves out.
    fn add_values_of_name(&mut self, table: &FieldTable<'_>) {
        let rdn = self.dn().rdn().cloned().unwrap_or_default();
        for ava in rdn.avas.iter() {
            let AvaValue::Text(value) = &ava.value else { continue };
            let Some(field) = table.met(&ava.attribute) else { continue };
            let normal = |value: &[u8]| normal_value(table.schema, &ava.attribute, value);
            if !self.of_field(field).any(|held| **held == **value || normal(held) == normal(value))
            {
                let value = Cow::Owned(value.clone());
                self.values.push(field, value);
            }
        }
    }
}

/// What filters look at in one entry.
#[derive(Debug)]
pub(super) struct LookedAt<'e> {
    /// The name, where they look at it.
    dn: Option<Dn>,
    /// The values, each with its description, in the order of the record.
    values: Vec<(&'e [u8], Cow<'e, [u8]>)>,
}

impl LookedAt<'_> {
    /// An entry that has nothing else.
    pub(super) fn entry(&self) -> Entry<'_> {
        let mut entry = Entry::new(self.dn.clone().unwrap_or_default());
        for (name, value) in &self.values {
            entry.push(Cow::Borrowed(name), Cow::Borrowed(value));
        }
        entry
    }

    /// Whether nothing but values is looked at; then `key` becomes what entries share that filters take for the
    /// same.
    pub(super) fn is_told_by(&self, key: &mut Vec<u8>) -> bool {
        key.clear();
        for text in self.values.iter().flat_map(|(name, value)| [*name, value]) {
            key.extend_from_slice(&text.len().to_le_bytes());
            key.extend_from_slice(text);
        }
        self.dn.is_none()
    }
}

/// What filters look at.
#[derive(Clone, Copy)]
pub(super) struct Filtered<'f> {
    /// Whether at this attribute description.
    pub(super) attribute: &'f (dyn Fn(&[u8]) -> bool + Sync),
    /// The types that may be looked at, and those of the fields; `None` where any may.
    pub(super) types: Option<&'f TypeSet<'f>>,
    /// Whether at the name.
    pub(super) name: bool,
}

/// Reads entries as far as mappings may ask for them. What lines begin with is known again.
pub(super) struct FieldReader<'t, 'm> {
    table: &'t FieldTable<'m>,
    filtered: Option<Filtered<'t>>,
    /// The fields that are asked for, where that is not all.
    only: Option<Cow<'t, [Field]>>,
    /// The types that are read, where that is not any.
    types: Option<Cow<'t, TypeSet<'t>>>,
    /// For each type which field it is, and whether filters look at it.
    met: Types<Option<(Option<Field>, bool)>>,
    /// Which field a description is, of names and of entries that are read as a whole.
    described: HashMap<Vec<u8>, Option<Field>>,
    /// The one that the name before began with.
    naming: (Vec<u8>, Option<Field>),
}

impl<'t, 'm> FieldReader<'t, 'm> {
    /// Reads by this table.
    pub(super) fn new(table: &'t FieldTable<'m>) -> FieldReader<'t, 'm> {
        let (met, described, naming) = (Types::default(), HashMap::new(), (Vec::new(), None));
        let types = Some(Cow::Borrowed(&table.types));
        FieldReader { table, filtered: None, only: None, types, met, described, naming }
    }

    /// Reads of these fields alone, which are of these types.
    pub(super) fn of_fields(
        table: &'t FieldTable<'m>,
        only: Cow<'t, [Field]>,
        types: Cow<'t, TypeSet<'t>>,
    ) -> FieldReader<'t, 'm> {
        FieldReader { only: Some(only), types: Some(types), ..FieldReader::new(table) }
    }

    /// Reads of these fields alone, and for filters what they look at.
    pub(super) fn for_filters(
        table: &'t FieldTable<'m>,
        only: &'t [Field],
        filtered: Filtered<'t>,
    ) -> FieldReader<'t, 'm> {
        let (only, types) = (Some(Cow::Borrowed(only)), filtered.types.map(Cow::Borrowed));
        FieldReader { only, filtered: Some(filtered), types, ..FieldReader::new(table) }
    }

    /// Whether an entry is seen to have in each of the fields that are asked for one value and no other, which is
    /// this text, or none where there is no text, and to be called by one of them or by an attribute that is not asked
    /// for.
    pub(super) fn has_only(
        &mut self,
        source: &Source<'_>,
        extent: Extent,
        texts: &[Option<Cow<'_, [u8]>>],
    ) -> bool {
        let (table, only) = (self.table, self.only.as_deref().unwrap_or_default());
        let place = |field: Option<Field>| only.iter().position(|one| Some(*one) == field);
        let (mut is_same, mut met) = (true, 0_u64);
        let each = |(field, _): (Option<Field>, bool), _: &[u8], value: Cow<'_, [u8]>| {
            let text = place(field).and_then(|at| Some((1 << at, texts[at].as_deref()?)));
            is_same &= text.is_some_and(|(bit, text)| met & bit == 0 && *value == *text);
            met |= text.map_or(0, |(bit, _)| bit);
        };
        let learn =
            |name: &[u8]| table.met_among(Some(only), name).map(|field| (Some(field), false));
        let name = source.plain_values(extent, self.types.as_deref(), &mut self.met, learn, each);
        let wanted = texts.iter().flatten().count();
        let Some(name) = name.filter(|_| is_same && met.count_ones() as usize == wanted) else {
            return false;
        };
        let named = self.plain_rdn(&name);
        let only = self.only.as_deref().unwrap_or_default();
        let place = |field: Option<Field>| only.iter().position(|one| Some(*one) == field);
        named.is_some_and(|(field, value)| {
            field.is_none()
                || place(field).is_some_and(|at| texts[at].as_deref() == Some(&name[value]))
        })
    }

    /// Hands on what mappings may ask of an entry.
    ///
    /// # Errors
    ///
    /// It cannot be read; what `then` has to say.
    pub(super) fn with<T>(
        &mut self,
        source: &Source<'_>,
        extent: Extent,
        then: impl FnOnce(&Fields<'_>) -> Result<T>,
    ) -> Result<T> {
        self.with_filtered(source, extent, |fields, _| then(fields))
    }

    /// The same, and beside it what filters look at.
    ///
    /// # Errors
    ///
    /// Those of [`FieldReader::with`].
    pub(super) fn with_filtered<T>(
        &mut self,
        source: &Source<'_>,
        extent: Extent,
        then: impl FnOnce(&Fields<'_>, &LookedAt<'_>) -> Result<T>,
    ) -> Result<T> {
        if let Some((fields, looked)) = self.plain(source, extent) {
            return then(&fields, &looked);
        }
        let (table, filter) = (self.table, self.filtered);
        let is_looked_at = |name: &[u8]| filter.is_some_and(|filter| (filter.attribute)(name));
        source.with_entry(extent, |entry| {
            let met = |description: &[u8]| self.described(description);
            let fields = Fields::by(table, &entry, met);
            let all = entry.attributes.iter().filter(|one| is_looked_at(&one.description));
            let values = all.flat_map(|one| {
                one.values.iter().map(|value| (&*one.description, Cow::Borrowed(&**value)))
            });
            let dn = filter.filter(|filter| filter.name).map(|_| entry.dn.clone());
            then(&fields, &LookedAt { dn, values: values.collect() })
        })
    }

    /// What mappings may ask of an entry, and what filters look at; `None` where a line of it is for the parser.
    pub(super) fn plain<'i>(
        &mut self,
        source: &Source<'i>,
        extent: Extent,
    ) -> Option<(Fields<'i>, LookedAt<'i>)> {
        let (table, only, filter) = (self.table, self.only.as_deref(), self.filtered);
        let mut values = Values::new(table.fields.len());
        let mut looked = LookedAt { dn: None, values: Vec::new() };
        let each = |(field, is_looked_at): (Option<Field>, bool), name, value| {
            if is_looked_at {
                looked.values.push((name, Cow::clone(&value)));
            }
            if let Some(field) = field {
                values.push(field, value);
            }
        };
        let learn = |name: &[u8]| {
            let is_looked_at = filter.is_some_and(|filter| (filter.attribute)(name));
            let field = table.met_among(only, name);
            (field.is_some() || is_looked_at).then_some((field, is_looked_at))
        };
        let name =
            source.plain_values(extent, self.types.as_deref(), &mut self.met, learn, each)?;
        let rdn = self.plain_rdn(&name);
        let mut fields = Fields { name, dn: OnceCell::new(), rdn, values };
        if !fields.holds_its_name() {
            fields.add_values_of_name(table);
        }
        if filter.is_some_and(|filter| filter.name) {
            looked.dn = Some(fields.dn().clone());
        }
        Some((fields, looked))
    }

    /// Which field a description is, where it is asked for: mostly it was met before.
    fn described(&mut self, description: &[u8]) -> Option<Field> {
        const MANY: usize = 1000;
        if let Some(field) = self.described.get(description) {
            return *field;
        }
        let field = self.table.met_among(self.only.as_deref(), description);
        if self.described.len() < MANY {
            self.described.insert(description.to_vec(), field);
        }
        field
    }

    /// What a plain name begins with, where that is one value.
    fn plain_rdn(&mut self, name: &[u8]) -> Option<(Option<Field>, Range<usize>)> {
        let rest = after_plain_rdn(name)?;
        let rdn = &name[..name.len() - rest.len() - 1];
        let equals = rdn.iter().position(|&b| b == b'=')?;
        let (kind, value) = (&rdn[..equals], &rdn[equals + 1..]);
        let is_blank = |b: Option<&u8>| b == Some(&b' ');
        let is_plain = !is_blank(kind.first())
            && !is_blank(kind.last())
            && !value.contains(&b'+')
            && !value.starts_with(b"#")
            && !is_blank(value.first())
            && !is_blank(value.last());
        if is_plain && self.naming.0 != kind {
            self.naming = (kind.to_vec(), self.described(kind));
        }
        is_plain.then(|| (self.naming.1, equals + 1..rdn.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::type_of;
    use crate::source::ReadOptions;

    const MAPPING: &[u8] = b"ldifsync = 1\n[mapping.m]\nentries = { base = [\"dc=x\"] }\n\
        rows = { table = \"t\", key = [\"a\"] }\nmatch = [[\"a\"]]\nflow = [\n\
        { attribute = \"uid\", column = \"a\" },\n{ attribute = \"cn\", column = \"b\" },\n\
        { attribute = \"cn;lang-de\", column = \"c\" },\n{ attribute = \"mail\", column = \"d\" } ]\n";

    /// The name and the values of each field, without an order.
    fn told(table: &FieldTable<'_>, fields: &Fields<'_>) -> (String, Vec<Vec<Vec<u8>>>) {
        let values = |field: usize| {
            let values = fields.of_field(Field::try_from(field).expect("few"));
            let mut values: Vec<Vec<u8>> = values.map(|value| value.to_vec()).collect();
            values.sort_unstable();
            values
        };
        (fields.dn().to_string(), (0..table.fields.len()).map(values).collect())
    }

    #[test]
    fn lines_say_what_the_whole_record_says() {
        const NAMES: [&str; 16] = [
            "uid =a,dc=x",
            ": IHVpZD1hLGRjPXg=",
            "2.5.4.3 = e,dc=x",
            "uid=a,dc=x",
            "uid=a,d\n c=x",
            ": dWlkPcOlLGRjPXg=",
            ": dWlkPWEs\n ZGM9eA==",
            ": IHVpZD1hICxkYz14",
            "UID=A,dc=x",
            "uid= a ,dc=x",
            "uid=a+cn=b,dc=x",
            "cn=c\\, d,dc=x",
            "2.5.4.3=e,dc=x",
            "ou=a,dc=x",
            "uid=#0401,dc=x",
            "dc=x",
        ];
        const LINES: [&str; 21] = [
            "uid: a\n",
            "UID: A\n",
            "userid: b\n",
            "cn: b\n",
            "cn;lang-de:  c \n",
            "CN;LANG-DE: d\n",
            "commonName: e\n",
            "2.5.4.3: f\n",
            "mail: g\n",
            "mail:\n",
            "mail:: aA==\n",
            "mail::  aA\n",
            "mail:: a\n A=\n =\n",
            "uid:: w6U=\n",
            "cn::\n Yg==\n",
            "objectClass:: cGVyc29u\n",
            "mail: i\n j\n",
            "sn: k\n l\n",
            "description:: YQ==\n",
            "objectClass: person\n",
            "x-mine: n\n",
        ];
        let schema = Schema::builtin();
        let file = crate::mapping::read("m", MAPPING).expect("a sound mapping");
        let table = FieldTable::new(schema, &file.mappings.iter().collect::<Vec<_>>());
        let mut state = 11_u64;
        let mut below = |count: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % count
        };
        let looks_at = |name: &[u8]| schema.same_attribute(type_of(name), b"cn");
        let filtered = Filtered { attribute: &looks_at, types: None, name: true };
        // The name, and the values that filters look at, each with its description.
        let looked_at = |entry: &Entry<'_>| {
            let all = entry.attributes.iter().filter(|one| looks_at(&one.description));
            let lines =
                all.flat_map(|one| one.values.iter().map(|value| (&one.description, value)));
            let lines = lines.map(|(name, value)| (name.to_ascii_lowercase(), value.to_vec()));
            (entry.dn.to_string(), lines.collect::<Vec<_>>())
        };
        let all: Vec<Field> = (0..table.fields.len() as Field).collect();
        let mut reader = FieldReader::for_filters(&table, &all, filtered);
        let uid = [table.field("uid").expect("a field")];
        let types = TypeSet::of(schema, [&b"uid"[..], b"cn"]);
        let filtered = Filtered { types: Some(&types), ..filtered };
        let mut of_keys = FieldReader::for_filters(&table, &uid, filtered);
        let some = ["uid", "mail"].map(|name| table.field(name).expect("a field"));
        let types_of_some = table.types_of(some.into_iter());
        let mut alone =
            FieldReader::of_fields(&table, Cow::Borrowed(&some), Cow::Borrowed(&types_of_some));
        let mut seen = 0;
        for _ in 0..6000 {
            let lines: Vec<&str> = (0..below(8)).map(|_| LINES[below(LINES.len())]).collect();
            let name = NAMES[below(NAMES.len())];
            let blank = if name.starts_with(':') { "" } else { " " };
            let record = format!("dn:{blank}{name}\n{}", lines.concat());
            let source = Source::of_text("x", record.as_bytes(), schema, ReadOptions::default());
            let extent = source.cut(0..record.len()).next_record(None);
            let extent = extent.expect("a record").expect("that can be read").extent;
            let whole = source.entry(extent).expect("an entry");
            let wanted = (told(&table, &Fields::of(&table, &whole)), looked_at(&whole));
            let found = reader.with_filtered(&source, extent, |fields, looked| {
                Ok((told(&table, fields), looked_at(&looked.entry())))
            });
            assert_eq!(found.expect("fields"), wanted, "{record}");
            let found = of_keys.with_filtered(&source, extent, |fields, looked| {
                let values = told(&table, fields).1[usize::from(uid[0])].clone();
                Ok((values, looked_at(&looked.entry())))
            });
            let wanted = (wanted.0.1[usize::from(uid[0])].clone(), wanted.1);
            assert_eq!(found.expect("fields"), wanted, "{record}");
            let fields = Fields::of(&table, &whole);
            let texts = some.map(|one| fields.of_field(one).next().cloned());
            let is_so =
                some.iter().zip(&texts).all(|(one, text)| fields.of_field(*one).eq(text.iter()));
            let is_seen = alone.has_only(&source, extent, &texts);
            assert!(is_so || !is_seen, "{record}");
            seen += usize::from(is_seen);
            let [first, _] = texts;
            let another = [first, Some(Cow::Borrowed(&b"another"[..]))];
            assert!(!alone.has_only(&source, extent, &another), "{record}");
        }
        assert!(seen > 100, "{seen}");
    }
}
