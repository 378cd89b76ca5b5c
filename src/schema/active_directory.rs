//! AD's own schema as LDIF: entries of `attributeSchema` and `classSchema` (MS-ADTS section 3.1.1.2).
//!
//! A definition is spread over the attributes of an entry; here it is put together. Knows nothing of
//! LDIF: an entry comes as its attributes and values.

use std::borrow::Cow;

use super::{AttributeType, ClassKind, MatchingRule, ObjectClass, Standing, Syntax, Usage};

/// The attributes of one entry of the schema, names as written, in their order.
#[derive(Default)]
pub(super) struct SchemaEntry<'a> {
    pub(super) attributes: Vec<(&'a [u8], Cow<'a, str>)>,
}

/// What an entry of the schema defines.
pub(super) enum Defined {
    AttributeType(AttributeType),
    ObjectClass(ObjectClass),
}

impl SchemaEntry<'_> {
    /// The definition that the entry is, if it is one.
    pub(super) fn definition(&self) -> Option<Defined> {
        let is = |class: &str| self.values("objectClass").any(|v| v.eq_ignore_ascii_case(class));
        match () {
            () if is("attributeSchema") => self.attribute_type().map(Defined::AttributeType),
            () if is("classSchema") => self.object_class().map(Defined::ObjectClass),
            () => None,
        }
    }

    /// Section 3.1.1.2.3. AD has no matching rules; the syntax stands for one.
    fn attribute_type(&self) -> Option<AttributeType> {
        let (equality, syntax) = rule_and_syntax(self.value("attributeSyntax")?);
        Some(AttributeType {
            id: 0,
            oid: Cow::Owned(self.value("attributeID")?.to_owned()),
            names: vec![Cow::Owned(self.value("lDAPDisplayName")?.to_owned())],
            equality,
            ordering: equality.and_then(MatchingRule::ordering),
            substring: equality.and_then(MatchingRule::substrings),
            syntax,
            single_value: self.is_true("isSingleValued"),
            no_user_modification: self.is_true("systemOnly") || self.is_back_link(),
            usage: Usage::UserApplications,
            ordered: false,
            standing: Standing::Given,
            sup: None,
        })
    }

    /// Section 3.1.1.2.4.
    fn object_class(&self) -> Option<ObjectClass> {
        let kind = match self.value("objectClassCategory")? {
            "2" => ClassKind::Abstract,
            "3" => ClassKind::Auxiliary,
            _ => ClassKind::Structural,
        };
        let lists = |own: &str, system: &str| -> Vec<Cow<'static, str>> {
            let values = self.values(own).chain(self.values(system));
            values.map(|value| Cow::Owned(value.to_owned())).collect()
        };
        let mut sup = lists("subClassOf", "systemAuxiliaryClass");
        sup.extend(lists("auxiliaryClass", ""));
        Some(ObjectClass {
            oid: Cow::Owned(self.value("governsID")?.to_owned()),
            names: vec![Cow::Owned(self.value("lDAPDisplayName")?.to_owned())],
            kind,
            sup,
            must: lists("mustContain", "systemMustContain"),
            may: lists("mayContain", "systemMayContain"),
            standing: Standing::Given,
        })
    }

    /// A link with an odd number is the far end of the one before (section 3.1.1.1.6).
    fn is_back_link(&self) -> bool {
        self.value("linkID").and_then(|id| id.parse::<i64>().ok()).is_some_and(|id| id % 2 != 0)
    }

    fn is_true(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value.eq_ignore_ascii_case("TRUE"))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let same = move |(n, _): &&(&[u8], Cow<'_, str>)| n.eq_ignore_ascii_case(name.as_bytes());
        self.attributes.iter().filter(same).map(|(_, value)| value.as_ref())
    }
}

/// The rule by which AD compares values of an `attributeSyntax` (section 3.1.1.2.2.2).
fn rule_and_syntax(oid: &str) -> (Option<MatchingRule>, Syntax) {
    let syntax = match oid.strip_prefix("2.5.5.") {
        Some("1") => Syntax::DistinguishedName,
        Some("2") => Syntax::ObjectIdentifier,
        Some("3") => return (Some(MatchingRule::CaseExact), Syntax::DirectoryString),
        Some("5") => return (Some(MatchingRule::CaseExactIa5), Syntax::Ia5String),
        Some("4" | "12") => Syntax::DirectoryString,
        Some("6") => Syntax::NumericString,
        Some("7" | "14") => Syntax::DnWithData,
        Some("8") => Syntax::Boolean,
        Some("9" | "16") => Syntax::Integer,
        Some("11") => Syntax::GeneralizedTime,
        _ => Syntax::OctetString,
    };
    (syntax.equality(), syntax)
}
