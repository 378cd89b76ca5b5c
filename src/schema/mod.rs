//! Attribute types and object classes (RFC 4512 section 4.1): which rule an attribute has, which
//! class an entry is.
//!
//! Built in are the definitions of the RFCs and of common servers ([`Schema::builtin`]); a server's
//! own come on top of them ([`Schema::extend`]). Knows nothing of values: what a rule does with one
//! is the business of `matching`.

mod active_directory;
mod builtin;
mod content;
mod description;
mod names;
mod read;
mod rule;
mod served;
mod syntax;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::attribute::{same, same_options, same_options_but_transfer, type_of};
use crate::error::Result;
use crate::input::{Input, InputOptions};
use content::ContentRule;
use names::Names;

pub use content::Content;
pub use names::{NameSet, hash_caseless, is_caseless};
pub use rule::MatchingRule;
pub use syntax::Syntax;

/// The OID of `objectClass` (RFC 4512 section 3.3), which every entry has, whatever stands above its classes.
pub const OBJECT_CLASS: &str = "2.5.4.0";

/// How many superiors a definition may have, one above the other. A longer chain is a circle.
const LONGEST_CHAIN: usize = 32;

/// The definition of an attribute type (RFC 4512 section 4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeType {
    /// Its place in the schema; no two types of one schema share it.
    pub id: u32,
    /// Its numeric OID; empty where only the name is known.
    pub oid: Cow<'static, str>,
    /// Its names; the first is the one to write.
    pub names: Vec<Cow<'static, str>>,
    /// EQUALITY, its own or inherited. Without it a server refuses to delete a single value.
    pub equality: Option<MatchingRule>,
    /// ORDERING, its own or inherited.
    pub ordering: Option<MatchingRule>,
    /// SUBSTR, its own or inherited.
    pub substring: Option<MatchingRule>,
    /// SYNTAX, its own or inherited.
    pub syntax: Syntax,
    /// SINGLE-VALUE.
    pub single_value: bool,
    /// NO-USER-MODIFICATION: only the server may write it.
    pub no_user_modification: bool,
    /// USAGE.
    pub usage: Usage,
    /// `X-ORDERED`: the order of values counts (OpenLDAP's `{n}` prefixes).
    pub ordered: bool,
    /// Who defines it.
    pub standing: Standing,
    /// SUP: the type this is a subtype of.
    pub sup: Option<u32>,
}

impl AttributeType {
    /// Whether it is operational: entries of every class may have it (RFC 4512 section 3.4).
    pub fn is_operational(&self) -> bool {
        self.usage != Usage::UserApplications
    }
}

/// The usage of an attribute type (RFC 4512 section 4.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Usage {
    /// An attribute for users.
    #[default]
    UserApplications,
    /// An operational attribute that the directory's servers share.
    DirectoryOperation,
    /// An operational attribute of knowledge references.
    DistributedOperation,
    /// An operational attribute of one server.
    DsaOperation,
}

/// Who defines a type or class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is built in.
    BuiltIn,
    /// A schema file.
    Given,
    /// A schema file, as OBSOLETE: nothing new is to have it.
    Obsolete,
}

/// The definition of an object class (RFC 4512 section 4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectClass {
    /// Its numeric OID.
    pub oid: Cow<'static, str>,
    /// Its names; the first is the one to write.
    pub names: Vec<Cow<'static, str>>,
    /// ABSTRACT, STRUCTURAL or AUXILIARY.
    pub kind: ClassKind,
    /// SUP: the classes above, by name or OID.
    pub sup: Vec<Cow<'static, str>>,
    /// MUST: mandatory attributes, by name or OID; without those of the classes above.
    pub must: Vec<Cow<'static, str>>,
    /// MAY: further attributes, likewise.
    pub may: Vec<Cow<'static, str>>,
    /// Who defines it.
    pub standing: Standing,
}

impl ObjectClass {
    /// What it is called in a message: its first name, or nothing.
    pub fn name(&self) -> String {
        self.names.first().map(ToString::to_string).unwrap_or_default()
    }
}

/// The kind of an object class (RFC 4512 section 2.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassKind {
    /// Only other classes are made of it.
    Abstract,
    /// What an entry is.
    #[default]
    Structural,
    /// What an entry has beside.
    Auxiliary,
}

/// What is known of an entry's structural object class (RFC 4512 section 2.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structural<'s> {
    /// The most subordinate structural class of the entry.
    Known(&'s ObjectClass),
    /// A class is not in the schema, or no structural class is below all others.
    Unknown,
}

/// Whether an entry must have an attribute (RFC 4512 section 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mandatory {
    /// One of its classes says so.
    Yes,
    /// None of its classes says so.
    No,
    /// None of those known says so, but not all are known.
    Unknown,
}

/// Attribute types and object classes, by name and OID.
#[derive(Clone, Debug)]
pub struct Schema {
    attributes: Vec<AttributeType>,
    classes: Vec<ObjectClass>,
    attributes_by_name: Names,
    classes_by_name: Names,
    /// Of each attribute type, whether it has subtypes.
    has_subtypes: Vec<bool>,
    /// DIT content rules, in the order of their OIDs.
    content_rules: Vec<ContentRule>,
    /// Whether files tell all of a server's schema.
    is_whole: bool,
}

/// A place as it is stored. A schema has thousands of definitions, not billions.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Schema {
    /// The definitions that are built in.
    pub fn builtin() -> &'static Schema {
        static BUILTIN: LazyLock<Schema> = LazyLock::new(builtin::build);
        &BUILTIN
    }

    /// These definitions, with what the given files define otherwise.
    pub fn with_files(
        built_in: &'static Schema,
        files: &[PathBuf],
        options: &InputOptions<'_>,
    ) -> Result<Cow<'static, Schema>> {
        let mut schema = Cow::Borrowed(built_in);
        for path in files {
            let input = Input::open(path, options)?;
            schema.to_mut().extend(input.name(), input.bytes())?;
        }
        Ok(schema)
    }

    fn with_capacity(attributes: usize) -> Schema {
        Schema {
            attributes: Vec::with_capacity(attributes),
            classes: Vec::new(),
            attributes_by_name: Names::with_capacity(attributes * 3),
            classes_by_name: Names::default(),
            has_subtypes: Vec::with_capacity(attributes),
            content_rules: Vec::new(),
            is_whole: false,
        }
    }

    fn push_attribute(&mut self, mut attribute: AttributeType) -> u32 {
        let id = index(self.attributes.len());
        attribute.id = id;
        self.has_subtypes.push(false);
        if let Some(sup) = attribute.sup {
            self.has_subtypes[sup as usize] = true;
        }
        self.attributes.push(attribute);
        self.attributes_by_name.enter(&self.attributes, id);
        id
    }

    fn push_class(&mut self, class: ObjectClass) {
        self.classes.push(class);
        self.classes_by_name.enter(&self.classes, index(self.classes.len() - 1));
    }

    /// The attribute type called `name`, or with this OID; without options, in any case.
    pub fn attribute(&self, name: &[u8]) -> Option<&AttributeType> {
        let at = self.attributes_by_name.find(&self.attributes, name)?;
        self.attributes.get(at as usize)
    }

    /// Whether two descriptions name one attribute: the same type, by any of its names, and the same
    /// options.
    pub fn same_attribute(&self, a: &[u8], b: &[u8]) -> bool {
        if a.eq_ignore_ascii_case(b) {
            return true;
        }
        match (self.attribute(type_of(a)), self.attribute(type_of(b))) {
            (Some(left), Some(right)) => left.id == right.id && same_options(a, b),
            (None, None) => same(a, b),
            _ => false,
        }
    }

    /// The same, whatever the options for the transfer of values say (`;binary`, RFC 4522 section 3).
    pub fn same_values(&self, a: &[u8], b: &[u8]) -> bool {
        same_options_but_transfer(a, b) && self.same_attribute(type_of(a), type_of(b))
    }

    /// The attribute type with this [`AttributeType::id`].
    pub fn attribute_by_id(&self, id: u32) -> Option<&AttributeType> {
        self.attributes.get(id as usize)
    }

    /// All attribute types, in the order of their ids.
    pub fn attributes(&self) -> &[AttributeType] {
        &self.attributes
    }

    /// The object class called `name`, or with this OID, in any case.
    pub fn class(&self, name: &[u8]) -> Option<&ObjectClass> {
        let at = self.classes_by_name.find(&self.classes, name)?;
        self.classes.get(at as usize)
    }

    /// The names of all object classes.
    pub fn class_names(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().flat_map(|class| class.names.iter().map(AsRef::as_ref))
    }

    /// Whether `attribute` is `of` or a subtype of it (RFC 4512 section 2.5.1).
    pub fn is_subtype(&self, attribute: &AttributeType, of: &AttributeType) -> bool {
        let mut id = Some(attribute.id);
        for _ in 0..LONGEST_CHAIN {
            match id {
                Some(id) if id == of.id => return true,
                Some(above) => id = self.attribute_by_id(above).and_then(|t| t.sup),
                None => return false,
            }
        }
        false
    }

    /// Whether `name` is a name of `of` or of a subtype of it, in any case.
    pub fn names_subtype(&self, name: &[u8], of: &AttributeType) -> bool {
        of.is_called(name)
            || (self.has_subtypes.get(of.id as usize) == Some(&true)
                && self.attribute(name).is_some_and(|attribute| self.is_subtype(attribute, of)))
    }

    /// Whether `class` is `of` or a subclass of it (RFC 4512 section 2.4).
    pub fn is_subclass(&self, class: &ObjectClass, of: &ObjectClass) -> bool {
        let mut class = class;
        for _ in 0..LONGEST_CHAIN {
            if std::ptr::eq(class, of) {
                return true;
            }
            match class.sup.as_slice() {
                [] => return false,
                [above] => match self.class(above.as_bytes()) {
                    Some(above) => class = above,
                    None => return false,
                },
                _ => return self.lineage(class).classes.iter().any(|c| std::ptr::eq(*c, of)),
            }
        }
        false
    }

    /// The structural object class of an entry with these `classes`.
    pub fn structural_class<'c>(&self, classes: impl Iterator<Item = &'c [u8]>) -> Structural<'_> {
        let known: Option<Vec<&ObjectClass>> = classes.map(|name| self.class(name)).collect();
        let chain = known.map(|known| self.structural_chain(known.into_iter()));
        match chain {
            Some(Ok(Some(class))) => Structural::Known(class),
            Some(Ok(None) | Err(_)) | None => Structural::Unknown,
        }
    }

    /// The lowest of the structural ones among classes, or two of which neither is above the other.
    fn structural_chain<'k>(
        &self,
        classes: impl Iterator<Item = &'k ObjectClass>,
    ) -> std::result::Result<Option<&'k ObjectClass>, (&'k ObjectClass, &'k ObjectClass)> {
        let mut lowest: Option<&ObjectClass> = None;
        for class in classes.filter(|class| class.kind == ClassKind::Structural) {
            lowest = match lowest {
                Some(other) if self.is_subclass(other, class) => Some(other),
                Some(other) if !self.is_subclass(class, other) => return Err((other, class)),
                _ => Some(class),
            };
        }
        Ok(lowest)
    }

    /// Whether an entry with these `classes` must have `attribute`.
    pub fn mandatory<'c>(
        &self,
        classes: impl Iterator<Item = &'c [u8]>,
        attribute: &AttributeType,
    ) -> Mandatory {
        let mut answer = Mandatory::No;
        for name in classes {
            let Some(class) = self.class(name) else {
                answer = Mandatory::Unknown;
                continue;
            };
            let lineage = self.lineage(class);
            if lineage.classes.iter().any(|above| self.requires(above, attribute)) {
                return Mandatory::Yes;
            }
            if !lineage.complete {
                answer = Mandatory::Unknown;
            }
        }
        answer
    }

    /// The attributes that some class demands, one as often as that.
    pub fn demanded(&self) -> impl Iterator<Item = &AttributeType> {
        let names = self.classes.iter().flat_map(|class| &class.must);
        names.filter_map(|name| self.attribute(name.as_bytes()))
    }

    /// The attributes that an entry with these `classes` must have, each with the class that says
    /// so; those of classes that are not known are left out.
    pub fn required<'c>(
        &self,
        classes: impl Iterator<Item = &'c [u8]>,
    ) -> Vec<(&AttributeType, &ObjectClass)> {
        let mut all: Vec<(&AttributeType, &ObjectClass)> = Vec::new();
        for class in classes.filter_map(|name| self.class(name)) {
            for class in self.lineage(class).classes {
                let known = class.must.iter().filter_map(|name| self.attribute(name.as_bytes()));
                for attribute in known {
                    if !all.iter().any(|(other, _)| other.id == attribute.id) {
                        all.push((attribute, class));
                    }
                }
            }
        }
        all
    }

    /// An abstract one of these `classes` that no other of them is a kind of (RFC 4512 section 2.4.1); `None` where
    /// one of them is not known.
    pub fn abstract_alone<'c>(
        &self,
        classes: impl Iterator<Item = &'c [u8]>,
    ) -> Option<&ObjectClass> {
        let known: Vec<&ObjectClass> =
            classes.map(|name| self.class(name)).collect::<Option<_>>()?;
        let is_top =
            |class: &ObjectClass| class.names.iter().any(|name| name.eq_ignore_ascii_case("top"));
        let is_below = |other: &ObjectClass, class: &ObjectClass| {
            let lineage = self.lineage(other);
            other.kind != ClassKind::Abstract
                && (!lineage.complete
                    || lineage.classes.iter().any(|one| std::ptr::eq(*one, class)))
        };
        let is_alone = |class: &&ObjectClass| {
            class.kind == ClassKind::Abstract
                && !is_top(class)
                && !known.iter().any(|other| is_below(other, class))
        };
        known.iter().copied().find(is_alone)
    }

    /// Two structural ones of these `classes` of which neither is above the other (RFC 4512 section
    /// 2.4.2: an entry has one chain of them).
    pub fn two_structural<'c>(
        &self,
        classes: impl Iterator<Item = &'c [u8]>,
    ) -> Option<(&ObjectClass, &ObjectClass)> {
        self.structural_chain(classes.filter_map(|name| self.class(name))).err()
    }

    /// Whether an entry with these `classes`, all of them known, has no structural one.
    pub fn has_no_structural_class<'c>(&self, classes: impl Iterator<Item = &'c [u8]>) -> bool {
        let mut kinds = classes.map(|name| self.class(name).map(|class| class.kind));
        kinds.all(|kind| matches!(kind, Some(ClassKind::Abstract | ClassKind::Auxiliary)))
    }

    /// Whether an entry with these `classes` may have `attribute`; where a class is not known,
    /// it may.
    pub fn allows<'c>(
        &self,
        classes: impl Iterator<Item = &'c [u8]>,
        attribute: &AttributeType,
    ) -> bool {
        let classes: Vec<&[u8]> = classes.collect();
        let content = self.content(classes.iter().copied());
        let is_ruled = attribute.oid == OBJECT_CLASS
            || content.is_some_and(|content| content.allows(attribute));
        is_ruled
            || classes.into_iter().any(|name| {
                let Some(class) = self.class(name) else { return true };
                let any =
                    class.names.iter().any(|name| name.eq_ignore_ascii_case("extensibleObject"));
                let lineage = self.lineage(class);
                let named = |class: &&ObjectClass| {
                    self.requires(class, attribute) || self.names_it(&class.may, attribute)
                };
                any || !lineage.complete || lineage.classes.iter().any(named)
            })
    }

    /// Whether the definition of `class` itself names `attribute` under MUST.
    fn requires(&self, class: &ObjectClass, attribute: &AttributeType) -> bool {
        self.names_it(&class.must, attribute)
    }

    /// Whether a list of a definition names `attribute`, by any of its names.
    fn names_it(&self, list: &[Cow<'_, str>], attribute: &AttributeType) -> bool {
        let named = |name: &Cow<'_, str>| self.attribute(name.as_bytes());
        list.iter().filter_map(named).any(|other| other.id == attribute.id)
    }

    /// `class` and all classes above it, each once.
    fn lineage<'s>(&'s self, class: &'s ObjectClass) -> Lineage<'s> {
        let mut lineage = Lineage { classes: vec![class], complete: true };
        let mut next = 0;
        while let Some(class) = lineage.classes.get(next).copied() {
            for name in &class.sup {
                match self.class(name.as_bytes()) {
                    Some(above) if lineage.classes.iter().any(|c| std::ptr::eq(*c, above)) => {}
                    Some(above) => lineage.classes.push(above),
                    None => lineage.complete = false,
                }
            }
            next += 1;
        }
        lineage
    }
}

/// A class and the classes above it.
struct Lineage<'s> {
    classes: Vec<&'s ObjectClass>,
    /// Whether the schema knows all of them.
    complete: bool,
}

/// What attribute types and object classes have in common: an OID and names.
trait Definition {
    fn oid(&self) -> &str;
    fn names(&self) -> &[Cow<'static, str>];

    fn spellings(&self) -> impl Iterator<Item = &str> {
        let oid = Some(self.oid()).filter(|oid| !oid.is_empty());
        self.names().iter().map(AsRef::as_ref).chain(oid)
    }

    /// One of the spellings, by its place among them.
    fn spelling(&self, n: usize) -> Option<&str> {
        let oid = || (n == self.names().len()).then(|| self.oid());
        self.names().get(n).map(AsRef::as_ref).or_else(oid)
    }

    fn is_called(&self, name: &[u8]) -> bool {
        self.spellings().any(|spelling| spelling.as_bytes().eq_ignore_ascii_case(name))
    }
}

impl Definition for AttributeType {
    fn oid(&self) -> &str {
        &self.oid
    }
    fn names(&self) -> &[Cow<'static, str>] {
        &self.names
    }
}

impl Definition for ObjectClass {
    fn oid(&self) -> &str {
        &self.oid
    }
    fn names(&self) -> &[Cow<'static, str>] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str) -> &'static AttributeType {
        Schema::builtin().attribute(name.as_bytes()).expect(name)
    }

    fn classes(names: &str) -> impl Iterator<Item = &[u8]> {
        names.split(' ').map(str::as_bytes)
    }

    #[test]
    fn all_names_of_a_type_lead_to_it() {
        for (name, first) in [
            ("COMMONNAME", "cn"),
            ("2.5.4.3", "cn"),
            ("userid", "uid"),
            ("surname", "sn"),
            ("domainComponent", "dc"),
            ("countryName", "c"),
            ("localityName", "l"),
            ("stateOrProvinceName", "st"),
            ("streetAddress", "street"),
            ("organizationalUnitName", "ou"),
            ("rfc822Mailbox", "mail"),
            ("samaccountname", "sAMAccountName"),
        ] {
            assert_eq!(attribute(name).names[0], first, "{name}");
        }
        assert!(Schema::builtin().attribute(b"noSuchType").is_none());
        assert!(Schema::builtin().attribute(b"").is_none());
    }

    #[test]
    fn subtypes_are_known() {
        let schema = Schema::builtin();
        for (a, of, expected) in [
            ("cn", "name", true),
            ("cn", "cn", true),
            ("name", "cn", false),
            ("c", "name", true),
            ("uid", "name", false),
        ] {
            assert_eq!(schema.is_subtype(attribute(a), attribute(of)), expected, "{a} {of}");
        }
    }

    #[test]
    fn the_structural_class_is_the_most_subordinate_one() {
        for (names, expected) in [
            ("top person organizationalPerson inetOrgPerson posixAccount", Some("inetOrgPerson")),
            ("inetOrgPerson top", Some("inetOrgPerson")),
            ("top groupOfNames posixGroup", None),
            ("top person noSuchClass", None),
            ("top posixAccount", None),
            ("2.5.6.6 top", Some("person")),
            ("top dcObject organization", Some("organization")),
            ("top person organizationalPerson user computer", Some("computer")),
        ] {
            let known = match Schema::builtin().structural_class(classes(names)) {
                Structural::Known(class) => Some(class.names[0].as_ref()),
                Structural::Unknown => None,
            };
            assert_eq!(known, expected, "{names}");
        }
    }

    #[test]
    fn mandatory_attributes_are_those_of_all_classes_above() {
        for (names, name, expected) in [
            ("inetOrgPerson", "sn", Mandatory::Yes),
            ("inetOrgPerson", "commonName", Mandatory::Yes),
            ("inetOrgPerson", "mail", Mandatory::No),
            ("top groupOfNames", "member", Mandatory::Yes),
            ("top group", "member", Mandatory::No),
            ("top myOwn", "member", Mandatory::Unknown),
            ("top myOwn groupOfNames", "member", Mandatory::Yes),
        ] {
            let answer = Schema::builtin().mandatory(classes(names), attribute(name));
            assert_eq!(answer, expected, "{names} {name}");
        }
    }

    #[test]
    fn what_only_the_server_writes_is_marked() {
        for (name, expected) in [
            ("entryUUID", true),
            ("modifyTimestamp", true),
            ("memberOf", true),
            ("objectGUID", true),
            ("nsUniqueId", true),
            ("pwdAccountLockedTime", false),
            ("pwdPolicySubentry", false),
            ("nsAccountLock", false),
            ("aci", false),
            ("description", false),
        ] {
            assert_eq!(attribute(name).no_user_modification, expected, "{name}");
        }
        assert_eq!(attribute("pwdPolicySubentry").usage, Usage::DirectoryOperation);
        assert_eq!(attribute("pwdMaxAge").usage, Usage::UserApplications);
    }
}
