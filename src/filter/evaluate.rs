//! Whether an entry is meant by a filter (RFC 4511 section 4.5.1.7): true, false or undefined.
//!
//! Where a server would answer *undefined* because its schema lacks something, an answer is given
//! if there is a sensible one, since a filter over files that silently finds nothing helps nobody: an
//! attribute that the schema does not know is text in any case; one without an equality rule is
//! compared by octets; ordering and substrings rules are those that belong to the equality rule. What a
//! filter asserts of an entry before a change is what the server says: see [`Asker`].

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Assertion, Extensible, Filter, Scope, Substrings};
use crate::attribute::{options_of, type_of};
use crate::dn::AvaValue;
use crate::entry::{Attribute, Entry};
use crate::matching;
use crate::schema::{AttributeType, MatchingRule, OBJECT_CLASS, ObjectClass, Schema};

/// The three truth values of RFC 4511 section 4.5.1.7, in the order by which OR is the greatest and AND the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not match.
    False,
    /// Nobody can tell.
    Undefined,
    /// It matches.
    True,
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Truth {
        if truth { Truth::True } else { Truth::False }
    }
}

impl Truth {
    /// True if one is true, else undefined if one is undefined.
    fn any(truths: impl Iterator<Item = Truth>) -> Truth {
        let mut any = Truth::False;
        for truth in truths {
            match truth {
                Truth::True => return Truth::True,
                Truth::Undefined => any = Truth::Undefined,
                Truth::False => {}
            }
        }
        any
    }

    /// False if one is false, else undefined if one is undefined.
    fn all(truths: impl Iterator<Item = Truth>) -> Truth {
        Truth::any(truths.map(Truth::not)).not()
    }

    /// The truth of the opposite.
    #[expect(clippy::should_implement_trait, reason = "RFC 4511's word, beside its AND and OR")]
    pub fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Undefined => Truth::Undefined,
        }
    }
}

/// Who wants to know whether a filter is true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asker {
    /// Somebody who selects: there is an answer wherever it is a sensible one.
    #[default]
    Selection,
    /// A server: there is none where a rule is missing. It may know attributes and classes that the schema does
    /// not.
    Server,
    /// A server with this schema: nor where an attribute or a class is missing.
    ServerOfSchema,
}

impl Filter {
    /// Whether `entry` is meant: whether the filter is true of it, not false or undefined.
    pub fn matches(&self, schema: &Schema, entry: &Entry<'_>) -> bool {
        self.truth(schema, entry) == Truth::True
    }

    /// What the filter says of `entry`.
    pub fn truth(&self, schema: &Schema, entry: &Entry<'_>) -> Truth {
        self.truth_for(Asker::Selection, schema, entry)
    }

    /// What the filter says of `entry` to whom it may concern.
    pub fn truth_for(&self, asker: Asker, schema: &Schema, entry: &Entry<'_>) -> Truth {
        Asked { asker, schema, entry }.truth(self)
    }

    /// Whether a schema has what the filter itself asks for: the attribute, and its rule.
    fn is_covered(&self, asker: Asker, schema: &Schema) -> bool {
        let (attribute, has_rule): (_, fn(&AttributeType) -> bool) = match self {
            Filter::And(_) | Filter::Or(_) | Filter::Not(_) => return true,
            Filter::Equality(one) | Filter::Approximate(one) => {
                (&one.attribute, |known| known.equality.is_some())
            }
            Filter::GreaterOrEqual(one) | Filter::LessOrEqual(one) => {
                (&one.attribute, |known| known.ordering.is_some())
            }
            Filter::Substrings(one) => (&one.attribute, |known| known.substring.is_some()),
            Filter::Present(attribute) => (attribute, |_| true),
            Filter::Extensible(Extensible { attribute, rule, .. }) => match (attribute, rule) {
                (None, _) => return true,
                (Some(attribute), Some(_)) => (attribute, |_| true),
                (Some(attribute), None) => (attribute, |known| known.equality.is_some()),
            },
        };
        let name = type_of(attribute);
        match asker {
            Asker::ServerOfSchema => schema.served_attribute(name).is_some_and(has_rule),
            Asker::Selection | Asker::Server => schema.attribute(name).is_none_or(has_rule),
        }
    }
}

impl Filter {
    /// Whether the values of an attribute type may change what the filter says of an entry.
    pub fn looks_at(&self, schema: &Schema, name: &[u8]) -> bool {
        let is_it = |attribute: &[u8]| {
            let wanted = type_of(attribute);
            name.eq_ignore_ascii_case(wanted)
                || schema.attribute(wanted).is_some_and(|of| schema.names_subtype(name, of))
        };
        let mut is_named = false;
        let is_all = self.each_attribute(&mut |attribute| is_named |= is_it(attribute));
        is_named || !is_all
    }

    /// Hands on the attributes that it names; answers whether it looks at no others, but for their subtypes.
    pub fn each_attribute<'f>(&'f self, each: &mut dyn FnMut(&'f [u8])) -> bool {
        let attribute = match self {
            Filter::And(filters) | Filter::Or(filters) => {
                return filters.iter().all(|filter| filter.each_attribute(each));
            }
            Filter::Not(filter) => return filter.each_attribute(each),
            Filter::Equality(one)
            | Filter::GreaterOrEqual(one)
            | Filter::LessOrEqual(one)
            | Filter::Approximate(one) => Some(&one.attribute),
            Filter::Substrings(one) => Some(&one.attribute),
            Filter::Present(attribute) => Some(attribute),
            Filter::Extensible(one) => one.attribute.as_ref(),
        };
        attribute.map(|attribute| each(attribute)).is_some()
    }

    /// Whether the name of an entry may change whether it matches: `:dn`.
    pub fn looks_at_name(&self) -> bool {
        match self {
            Filter::And(filters) | Filter::Or(filters) => filters.iter().any(Filter::looks_at_name),
            Filter::Not(filter) => filter.looks_at_name(),
            Filter::Extensible(one) => one.scope == Scope::AttributesAndName,
            _ => false,
        }
    }
}

/// An entry, and the schema by which it is asked.
#[derive(Clone, Copy)]
struct Asked<'a> {
    asker: Asker,
    schema: &'a Schema,
    entry: &'a Entry<'a>,
}

impl<'a> Asked<'a> {
    fn truth(self, filter: &Filter) -> Truth {
        if self.asker != Asker::Selection && !filter.is_covered(self.asker, self.schema) {
            return Truth::Undefined;
        }
        match filter {
            Filter::And(filters) => Truth::all(filters.iter().map(|filter| self.truth(filter))),
            Filter::Or(filters) => Truth::any(filters.iter().map(|filter| self.truth(filter))),
            Filter::Not(filter) => self.truth(filter).not(),
            Filter::Equality(assertion) => self.equality(assertion),
            Filter::Substrings(substrings) => self.substrings(substrings),
            Filter::GreaterOrEqual(assertion) => self.ordering(assertion, Ordering::Greater),
            Filter::LessOrEqual(assertion) => self.ordering(assertion, Ordering::Less),
            Filter::Present(attribute) => self.values(attribute).next().is_some().into(),
            Filter::Approximate(Assertion { attribute, value }) => {
                self.values(attribute).any(|held| matching::approximate(held, value)).into()
            }
            Filter::Extensible(extensible) => self.extensible(extensible),
        }
    }

    /// RFC 4511 section 4.5.1.7.1.
    fn equality(self, Assertion { attribute, value }: &Assertion) -> Truth {
        let known = self.schema.attribute(type_of(attribute));
        let values = || self.values_of(attribute, known);
        let rule = equality_rule(known);
        if self.is_strange_class(known, value) {
            return Truth::Undefined;
        }
        if values().next().is_none() {
            return self.of_none(rule, value);
        }
        // Mostly a value stands there as it is asked for: then nothing has to be known of it.
        if by_part(rule).1 == Part::Whole && values().any(|held| held == &**value) {
            return Truth::True;
        }
        let asserted =
            known.filter(|known| known.oid == OBJECT_CLASS).and_then(|_| self.schema.class(value));
        if let Some(class) = asserted {
            return values().any(|held| self.is_class(held, class)).into();
        }
        let assertion = Prepared::new(self.schema, rule, value);
        Truth::any(values().map(|held| assertion.equals(held)))
    }

    /// What is said where an entry has no value: an assertion that is none says nothing of it either.
    fn of_none(self, rule: MatchingRule, value: &[u8]) -> Truth {
        if is_assertion(self.schema, rule, value) { Truth::False } else { Truth::Undefined }
    }

    /// Whether the server has no class of this name.
    fn is_strange_class(self, known: Option<&AttributeType>, value: &[u8]) -> bool {
        self.asker == Asker::ServerOfSchema
            && known.is_some_and(|known| known.oid == OBJECT_CLASS)
            && self.schema.served_class(value).is_none()
    }

    /// RFC 4512 section 3.3: an entry of a class is one of all classes above it, listed or not.
    fn is_class(self, name: &[u8], class: &ObjectClass) -> bool {
        self.schema.class(name).is_some_and(|held| self.schema.is_subclass(held, class))
    }

    /// RFC 4511 section 4.5.1.7.2.
    fn substrings(self, filter: &Substrings) -> Truth {
        let Substrings { attribute, initial, any, last } = filter;
        let known = self.schema.attribute(type_of(attribute));
        let Some(rule) = known.map_or(Some(MatchingRule::CaseIgnoreSubstrings), |known| {
            known.substring.or(equality_rule(Some(known)).substrings())
        }) else {
            return Truth::Undefined;
        };
        let (initial, last) = (initial.as_deref(), last.as_deref());
        let mut pieces = initial.into_iter().chain(any.iter().map(AsRef::as_ref)).chain(last);
        if !pieces.all(|piece| is_assertion(self.schema, equality_rule(known), piece)) {
            return Truth::Undefined;
        }
        Truth::any(self.values(attribute).map(|held| {
            matching::substrings(rule, held, initial, any, last)
                .map_or(Truth::Undefined, Truth::from)
        }))
    }

    /// RFC 4511 sections 4.5.1.7.3 and 4.5.1.7.4: equal, or on the `wanted` side.
    fn ordering(self, Assertion { attribute, value }: &Assertion, wanted: Ordering) -> Truth {
        let known = self.schema.attribute(type_of(attribute));
        let Some(rule) = known.map_or(Some(MatchingRule::CaseIgnoreOrdering), |known| {
            known.ordering.or(equality_rule(Some(known)).ordering())
        }) else {
            return Truth::Undefined;
        };
        let none = self.of_none(equality_rule(known), value);
        let values = self.values(attribute).map(|held| match matching::order(rule, held, value) {
            Some(order) => (order == wanted || order == Ordering::Equal).into(),
            None => Truth::Undefined,
        });
        Truth::any(std::iter::once(none).chain(values))
    }

    /// RFC 4511 section 4.5.1.7.7.
    fn extensible(self, filter: &Extensible) -> Truth {
        let known = filter.attribute.as_deref().map(|a| self.schema.attribute(type_of(a)));
        let named = filter.rule.as_deref().and_then(MatchingRule::from_name_or_oid);
        let rule = named.unwrap_or_else(|| equality_rule(known.flatten()));
        let held: Box<dyn Iterator<Item = &[u8]>> = match &filter.attribute {
            Some(attribute) => Box::new(self.values(attribute)),
            None => Box::new(self.values_of_rule(rule)),
        };
        let none = self.of_none(rule, &filter.value);
        let held = held.map(|held| self.by_rule(rule, held, &filter.value));
        let in_attributes = Truth::any(std::iter::once(none).chain(held));
        if filter.scope == Scope::Attributes {
            return in_attributes;
        }
        let named = self.values_of_name(filter.attribute.as_deref(), rule);
        let in_name = named.map(|held| self.by_rule(rule, held, &filter.value));
        Truth::any(std::iter::once(in_attributes).chain(in_name))
    }

    /// Whether a rule holds of a value and an assertion. An ordering rule holds of what comes before
    /// the assertion (RFC 4517 section 4.1).
    fn by_rule(self, rule: MatchingRule, held: &[u8], value: &[u8]) -> Truth {
        use MatchingRule as R;
        match rule {
            R::BitAnd => bits(held, value, |held, asked| held & asked == asked),
            R::BitOr => bits(held, value, |held, asked| held & asked != 0),
            _ if rule.is_ordering() => matching::order(rule, held, value)
                .map_or(Truth::Undefined, |order| (order == Ordering::Less).into()),
            _ => Prepared::new(self.schema, rule, value).equals(held),
        }
    }

    /// The values of an attribute: of its subtypes too, and with more options than asked for (RFC
    /// 4512 sections 2.5.1, 2.5.2).
    fn values(self, description: &[u8]) -> impl Iterator<Item = &'a [u8]> {
        self.values_of(description, self.schema.attribute(type_of(description)))
    }

    /// The same of an attribute whose type was looked up.
    fn values_of(
        self,
        description: &[u8],
        known: Option<&AttributeType>,
    ) -> impl Iterator<Item = &'a [u8]> {
        self.entry
            .attributes
            .iter()
            .filter(move |attribute| self.is_described(attribute, description, known))
            .flat_map(|attribute| attribute.values.iter().map(Cow::as_ref))
    }

    fn is_described(
        self,
        attribute: &Attribute<'_>,
        description: &[u8],
        known: Option<&AttributeType>,
    ) -> bool {
        self.is_of_type(type_of(&attribute.description), type_of(description), known)
            && options_of(description)
                .all(|asked| options_of(&attribute.description).any(|held| is_asked(held, asked)))
    }

    /// Whether the type called `name` is the one asked for, or a subtype of it.
    fn is_of_type(self, name: &[u8], asked: &[u8], known: Option<&AttributeType>) -> bool {
        name.eq_ignore_ascii_case(asked)
            || known.is_some_and(|known| self.schema.names_subtype(name, known))
    }

    /// The values of all attributes that a rule is for.
    fn values_of_rule(self, rule: MatchingRule) -> impl Iterator<Item = &'a [u8]> {
        self.entry
            .attributes
            .iter()
            .filter(move |attribute| self.is_for(rule, type_of(&attribute.description)))
            .flat_map(|attribute| attribute.values.iter().map(Cow::as_ref))
    }

    /// The values in the entry's name of an attribute, or of all that a rule is for.
    fn values_of_name(
        self,
        description: Option<&'a [u8]>,
        rule: MatchingRule,
    ) -> impl Iterator<Item = &'a [u8]> {
        let known = description.and_then(|asked| self.schema.attribute(type_of(asked)));
        let avas = self.entry.dn.rdns.iter().flat_map(|rdn| rdn.avas.iter());
        let asked_for = move |name: &[u8]| match description {
            // In a name no attribute has options.
            Some(description) => {
                options_of(description).next().is_none()
                    && self.is_of_type(name, type_of(description), known)
            }
            None => self.is_for(rule, name),
        };
        avas.filter(move |ava| asked_for(&ava.attribute)).filter_map(|ava| match &ava.value {
            AvaValue::Text(value) => Some(value.as_slice()),
            AvaValue::Ber(_) => None,
        })
    }

    /// Whether values of the attribute called `name` are what `rule` compares: those of its own
    /// syntax, told by the rule it goes with. Case is a matter of the rule, not of the syntax.
    fn is_for(self, rule: MatchingRule, name: &[u8]) -> bool {
        use MatchingRule as R;
        let own = equality_rule(self.schema.attribute(name));
        match rule {
            R::CaseIgnore | R::CaseExact => {
                matches!(own, R::CaseIgnore | R::CaseExact | R::CaseIgnoreIa5 | R::CaseExactIa5)
            }
            R::CaseIgnoreIa5 | R::CaseExactIa5 => {
                matches!(own, R::CaseIgnoreIa5 | R::CaseExactIa5)
            }
            R::BitAnd | R::BitOr => own == R::Integer,
            _ => own == rule || own.ordering() == Some(rule),
        }
    }
}

/// The rule by which values are asked for: an attribute's own, text for one that the schema does
/// not know, octets for one without a rule.
fn equality_rule(known: Option<&AttributeType>) -> MatchingRule {
    match known {
        Some(known) => known.equality.unwrap_or(MatchingRule::OctetString),
        None => MatchingRule::CaseIgnore,
    }
}

/// Whether a value has the assertion syntax of a rule (RFC 4517 section 4.2).
fn is_assertion(schema: &Schema, rule: MatchingRule, value: &[u8]) -> bool {
    let normal = || matching::normalize(schema, by_part(rule).0, value);
    has_assertion_syntax(rule, value, || matching::conforms(&normal()))
}

/// The same; `conforms` says whether it has a normal form, where that is what matters.
fn has_assertion_syntax(rule: MatchingRule, value: &[u8], conforms: impl FnOnce() -> bool) -> bool {
    use MatchingRule as R;
    match by_part(rule).0 {
        R::OctetString => true,
        R::CaseIgnoreIa5 | R::CaseExactIa5 => value.is_ascii(),
        R::CaseIgnore | R::CaseExact => {
            !value.is_empty() && simdutf8::basic::from_utf8(value).is_ok()
        }
        R::BitAnd | R::BitOr => number(value).is_some(),
        rule if rule.is_ordering() => matching::order(rule, value, value).is_some(),
        _ => conforms(),
    }
}

/// An assertion value in its normal form, made once for all values of an entry.
struct Prepared<'a> {
    schema: &'a Schema,
    rule: MatchingRule,
    part: Part,
    value: &'a [u8],
    normal: Cow<'a, [u8]>,
    is_assertion: bool,
}

/// What of a value is compared with the assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// `( 2.5.4.3 NAME 'cn' )`: the first word after the parenthesis.
    FirstComponent,
}

impl<'a> Prepared<'a> {
    fn new(schema: &'a Schema, rule: MatchingRule, value: &'a [u8]) -> Prepared<'a> {
        let (rule, part) = by_part(rule);
        let normal = matching::normalize(schema, rule, value);
        let is_assertion = has_assertion_syntax(rule, value, || matching::conforms(&normal));
        Prepared { schema, rule, part, value, normal, is_assertion }
    }

    /// Undefined where the assertion does not have the rule's syntax, unless the octets are the
    /// same: then a value that a server let in is found.
    fn equals(&self, held: &[u8]) -> Truth {
        let held = match self.part {
            Part::Whole => held,
            Part::FirstComponent => first_component(held),
        };
        let equal =
            held == self.value || matching::normalize(self.schema, self.rule, held) == self.normal;
        match equal {
            true => Truth::True,
            false if self.is_assertion => Truth::False,
            false => Truth::Undefined,
        }
    }
}

/// The rule for the part of a value that is compared (RFC 4517 sections 4.2.14, 4.2.18, 4.2.25).
fn by_part(rule: MatchingRule) -> (MatchingRule, Part) {
    match rule {
        MatchingRule::ObjectIdentifierFirstComponent => {
            (MatchingRule::ObjectIdentifier, Part::FirstComponent)
        }
        MatchingRule::IntegerFirstComponent => (MatchingRule::Integer, Part::FirstComponent),
        MatchingRule::DirectoryStringFirstComponent => {
            (MatchingRule::CaseIgnore, Part::FirstComponent)
        }
        whole => (whole, Part::Whole),
    }
}

fn first_component(definition: &[u8]) -> &[u8] {
    let inner = definition.trim_ascii_start();
    let inner = inner.strip_prefix(b"(").unwrap_or(inner).trim_ascii_start();
    &inner[..inner.iter().position(u8::is_ascii_whitespace).unwrap_or(inner.len())]
}

/// Whether an option is the one that is asked for, or of the language range (RFC 3866): `lang-`, or `lang-en-` for
/// English and all its kinds.
fn is_asked(held: &[u8], asked: &[u8]) -> bool {
    let begins = |start: &[u8]| {
        held.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    };
    let is_of = |range: &[u8]| begins(asked) || held.eq_ignore_ascii_case(range);
    let is_language = |start: &[u8]| start.eq_ignore_ascii_case(b"lang");
    let range = asked.strip_suffix(b"-").filter(|range| range.get(..4).is_some_and(is_language));
    held.eq_ignore_ascii_case(asked) || range.is_some_and(is_of)
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// AD's bit rules, of integers of up to 64 bits (MS-ADTS section 3.1.1.3.4.4).
fn bits(held: &[u8], asked: &[u8], holds: impl Fn(i64, i64) -> bool) -> Truth {
    match (number(held), number(asked)) {
        (Some(held), Some(asked)) => holds(held, asked).into(),
        _ => Truth::Undefined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dn::Dn;

    fn entry() -> Entry<'static> {
        let mut entry =
            Entry::new(Dn::parse(b"uid=anna+cn=x,ou=People,dc=example,dc=org").unwrap());
        let lines = [
            ("objectClass", "inetOrgPerson"),
            ("cn", "Anna  Bell"),
            ("cn;lang-de;x-a", "Änna Böll"),
            ("sn", "Bell"),
            ("uidNumber", "1000"),
            ("userAccountControl", "514"),
            ("groupType", "-2147483646"),
            ("telephoneNumber", "+49 30 12-34"),
            ("modifyTimestamp", "20240229101112Z"),
            ("manager", "UID=boss, dc=example,dc=org"),
            ("customAttr", "Foo Bar"),
            ("homeDirectory", "/home/Anna"),
            ("jpegPhoto", "\u{0}\u{1}a"),
            ("attributeTypes", "( 1.2.3 NAME 'q' )"),
        ];
        for (description, value) in lines {
            entry.push(description.as_bytes().into(), value.as_bytes().into());
        }
        entry
    }

    fn truth(text: &str) -> Truth {
        let filter = Filter::parse(text.as_bytes()).expect(text);
        filter.truth(Schema::builtin(), &entry())
    }

    #[test]
    fn a_server_needs_the_attribute_and_its_rule() {
        use Asker::{Selection, Server, ServerOfSchema};
        for (text, undefined) in [
            ("(!(sn>=zz))", [Server, ServerOfSchema].as_slice()),
            ("(!(homeDirectory=*z*))", &[Server, ServerOfSchema]),
            ("(!(jpegPhoto=x))", &[Server, ServerOfSchema]),
            ("(!(jpegPhoto~=x))", &[Server, ServerOfSchema]),
            ("(!(jpegPhoto:=x))", &[Server, ServerOfSchema]),
            ("(!(nosuch=z))", &[ServerOfSchema]),
            ("(!(nosuch=*))", &[ServerOfSchema]),
            ("(!(nosuch>=z))", &[ServerOfSchema]),
            ("(!(nosuch:caseExactMatch:=z))", &[ServerOfSchema]),
            ("(!(objectClass=nosuch))", &[ServerOfSchema]),
            ("(!(objectClass=1.2.3.4.5))", &[ServerOfSchema]),
            ("(!(cn=zz))", &[]),
            ("(!(cn=*zz))", &[]),
            ("(uidNumber>=999)", &[]),
            ("(modifyTimestamp>=20240101000000Z)", &[]),
            ("(jpegPhoto=*)", &[]),
        ] {
            let filter = Filter::parse(text.as_bytes()).expect(text);
            for asker in [Selection, Server, ServerOfSchema] {
                let truth = filter.truth_for(asker, Schema::builtin(), &entry());
                let expected =
                    if undefined.contains(&asker) { Truth::Undefined } else { Truth::True };
                assert_eq!(truth, expected, "{text} for {asker:?}");
            }
        }
    }

    #[test]
    fn filters_that_are_true() {
        for text in [
            "(cn=anna bell)",
            "(commonName=ANNA BELL)",
            "(2.5.4.3=anna bell)",
            "(name=bell)",
            "(cn=änna böll)",
            "(cn;lang-de=änna böll)",
            "(cn;X-A;lang-de=*)",
            "(objectClass=person)",
            "(objectClass=top)",
            "(objectClass=2.5.6.6)",
            "(objectClass=INETORGPERSON)",
            "(uidNumber>=999)",
            "(uidNumber<=1000)",
            "(uidNumber=1000)",
            "(telephoneNumber=+49301234)",
            "(telephoneNumber=*3012*)",
            "(modifyTimestamp>=20240229111111+0100)",
            "(manager=uid=BOSS,dc=example,dc=org)",
            "(customAttr=foo  BAR)",
            "(customattr=f*R)",
            "(customAttr>=foo)",
            "(homeDirectory=/home/Anna)",
            "(homeDirectory~=/HOME/anna)",
            "(homeDirectory:caseIgnoreMatch:=/HOME/anna)",
            "(userAccountControl:1.2.840.113556.1.4.803:=2)",
            "(userAccountControl:1.2.840.113556.1.4.804:=3)",
            "(groupType:1.2.840.113556.1.4.803:=2147483648)",
            "(ou:dn:=people)",
            "(:dn:caseIgnoreMatch:=PEOPLE)",
            "(:caseExactMatch:=Bell)",
            "(jpegPhoto=\\00\\01a)",
            "(jpegPhoto=*)",
            "(attributeTypes=1.2.3)",
            "(&)",
            "(!(|))",
            "(!(noSuch=*))",
            "(&(cn=*bell)(!(sn=smith)))",
            "(|(uidNumber=abc)(sn=bell))",
        ] {
            assert_eq!(truth(text), Truth::True, "{text}");
        }
    }

    #[test]
    fn filters_that_are_false() {
        for text in [
            "(cn;lang-de=anna bell)",
            "(cn;lang-fr=*)",
            "(sn=anna bell)",
            "(objectClass=posixAccount)",
            "(objectClass=noSuchClass)",
            "(uidNumber>=1001)",
            "(uidNumber<=999)",
            "(homeDirectory=/home/anna)",
            "(ou=people)",
            "(ou:=people)",
            "(ou;lang-de:dn:=people)",
            "(name;lang-de:dn:caseIgnoreMatch:=people)",
            "(userAccountControl:1.2.840.113556.1.4.803:=3)",
            "(noSuch=a)",
            "(|)",
            "(!(&))",
            "(&(uidNumber=abc)(sn=smith))",
            "(customAttr=foo)",
        ] {
            assert_eq!(truth(text), Truth::False, "{text}");
        }
    }

    #[test]
    fn filters_that_are_undefined() {
        for text in [
            "(uidNumber=abc)",
            "(!(uidNumber=abc))",
            "(!(gidNumber=abc))",
            "(!(gidNumber>=abc))",
            "(!(secretary=abc))",
            "(uidNumber>=abc)",
            "(modifyTimestamp>=2024)",
            "(manager=*boss*)",
            "(!(manager=*boss*))",
            "(!(sn=))",
            "(!(description=))",
            "(!(description=\\ff))",
            "(!(mail=\\c3\\a4))",
            "(!(l:=))",
            "(!(gidNumber:=abc))",
            "(!(gidNumber:integerOrderingMatch:=abc))",
            "(!(userAccountControl:1.2.840.113556.1.4.803:=x))",
            "(!(x121Address=a*b))",
            "(&(uidNumber=abc)(sn=bell))",
            "(userAccountControl:1.2.840.113556.1.4.803:=x)",
        ] {
            assert_eq!(truth(text), Truth::Undefined, "{text}");
            let filter = Filter::parse(text.as_bytes()).unwrap();
            assert!(!filter.matches(Schema::builtin(), &entry()), "{text}");
        }
    }

    #[test]
    fn attributes_that_are_looked_at_are_named() {
        for (filter, names, is_all) in [
            ("(cn=a)", "cn", true),
            ("(&(cn=a)(|(!(x-mine>=b))(sn;lang-de<=c)))", "cn x-mine sn;lang-de", true),
            ("(&(uid=*)(mail=a*b)(l~=c))", "uid mail l", true),
            ("(cn:dn:caseExactMatch:=a)", "cn", true),
            ("(|(cn=a)(:caseExactMatch:=a)(sn=b))", "cn", false),
        ] {
            let filter = Filter::parse(filter.as_bytes()).expect("a filter");
            let mut found = Vec::new();
            assert_eq!(filter.each_attribute(&mut |name| found.push(name)), is_all, "{filter}");
            assert_eq!(String::from_utf8_lossy(&found.join(&b' ')), names, "{filter}");
        }
    }
}
