//! What an entry must be by its object classes and attribute types (RFC 4512 sections 2.4 and 2.5), as
//! far as a schema tells.
//!
//! What the schema does not know it says nothing of, and of an entry that by it could not be there it
//! knows too little: such an entry may become anything. Knows nothing of how entries change.

use crate::apply::state::State;
use crate::attribute::{is_object_class, options_of, type_of};
use crate::dn::{Ava, AvaValue, Dn, Rdn};
use crate::entry::Entry;
use crate::error::{Breach, Refusal};
use crate::filter::{Asker, Filter, Truth};
use crate::matching::{Reference, called, is_value, named_twice};
use crate::schema::{AttributeType, Content, ObjectClass, Schema, Standing, Structural, Syntax};
use crate::server::{ClassChange, Server};

type Verdict = Result<(), Breach>;

/// What a server answers to a value that is none of its attribute, and to a name with such a value.
pub(super) const INVALID_VALUE: &str = "invalidAttributeSyntax, 21";
const INVALID_NAME: &str = "invalidDNSyntax, 34";
const UNKNOWN_ATTRIBUTE: &str = "undefinedAttributeType, 17";

/// What has no entries below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Alias,
    Referral,
}

/// The classes of these (RFC 4512 section 2.6, RFC 3296 section 2.1), by name and OID.
const LEAVES: [(Leaf, [&str; 2]); 2] = [
    (Leaf::Alias, ["alias", "2.5.6.1"]),
    (Leaf::Referral, ["referral", "2.16.840.1.113730.3.2.6"]),
];

/// How much of a server's schema is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coverage {
    /// What is built in: classes may be defined otherwise, and allow more.
    BuiltIn,
    /// What a server has.
    Whole,
}

/// The rules of a server for what an entry is.
#[derive(Clone, Copy)]
pub(super) struct Law<'s> {
    pub(super) schema: &'s Schema,
    pub(super) coverage: Coverage,
    pub(super) server: Server,
}

impl<'s> Law<'s> {
    /// Whether nothing is to be said of an entry.
    pub(super) fn holds(self, state: &State) -> bool {
        self.classes(state, None).and_then(|()| self.attributes(state)).is_ok()
    }

    /// Whether an assertion holds of an entry: whether it is true to the server, which needs to know what is
    /// asserted (RFC 4511 section 4.5.1.7).
    pub(super) fn asserts(self, filter: &Filter, entry: &Entry<'_>) -> bool {
        let asker = match self.coverage {
            _ if self.server.compares_without_rules() => Asker::Selection,
            Coverage::BuiltIn => Asker::Server,
            Coverage::Whole => Asker::ServerOfSchema,
        };
        filter.truth_for(asker, self.schema, entry) == Truth::True
    }

    /// Whether nothing comes below an entry of these classes.
    pub(super) fn leaf<'c>(self, classes: impl Iterator<Item = &'c [u8]>) -> Option<Leaf> {
        let of_class = |class: &[u8]| {
            let is_it = |name: &&str| class.eq_ignore_ascii_case(name.as_bytes());
            LEAVES.iter().find(|(_, names)| names.iter().any(is_it))
        };
        let mut classes = classes.filter(|_| self.server.has_leaves());
        classes.find_map(of_class).map(|(leaf, _)| *leaf)
    }

    /// Refuses an attribute in an RDN that names no entry: one without an equality rule (RFC 4512 section 2.5.1),
    /// an operational or an obsolete one.
    pub(super) fn naming(self, rdn: &Rdn) -> Result<(), Refusal> {
        let wanted = |known: &AttributeType| match () {
            () if self.server.deletes_without_equality() => None,
            () if known.equality.is_none() => Some("with an equality rule"),
            () if known.is_operational() && self.looks_at_values() => {
                Some("that are not operational")
            }
            () if known.standing == Standing::Obsolete => Some("that are not obsolete"),
            () => None,
        };
        let mut names = rdn.avas.iter().map(|ava| ava.attribute.as_slice());
        let refused = names.find_map(|name| Some((name, wanted(self.known(name)?)?)));
        refused.map_or(Ok(()), |(attribute, wanted)| {
            Err(Refusal::UnfitForNames { attribute: attribute.to_vec(), wanted })
        })
    }

    /// Refuses values that are none of their attribute (RFC 4512 section 2.5), where the server looks; and what
    /// its schema does not know, where that is at hand; `result` is what it answers.
    pub(super) fn values<'v>(
        self,
        description: &[u8],
        mut values: impl Iterator<Item = &'v [u8]>,
        result: &'static str,
    ) -> Result<(), Refusal> {
        let is_whole = self.coverage == Coverage::Whole;
        if !self.looks_at_values() {
            return Ok(());
        }
        let Some(known) = self.known(description) else {
            let result = if result == INVALID_NAME { result } else { UNKNOWN_ATTRIBUTE };
            let unknown = || Refusal::UnknownAttribute { attribute: description.to_vec(), result };
            return if self.is_unknown(description) { Err(unknown()) } else { Ok(()) };
        };
        if is_object_class(description) && is_whole {
            let unknown = values.find(|class| self.schema.served_class(class).is_none());
            return unknown
                .map_or(Ok(()), |class| Err(Refusal::UnknownClass { class: class.to_vec() }));
        }
        let is_unchecked =
            known.syntax == Syntax::Unchecked && self.server.refuses_what_it_cannot_check();
        if is_unchecked && values.next().is_some() {
            return Err(Refusal::Unchecked { attribute: description.to_vec(), result });
        }
        let is_binary = options_of(description).any(|one| one.eq_ignore_ascii_case(b"binary"));
        let is_fit =
            |value: &[u8]| is_value(self.schema, known, value) && !self.is_strange(known, value);
        match !is_binary && values.any(|value| !is_fit(value)) {
            true => {
                let (attribute, syntax) = (description.to_vec(), called(known.syntax));
                Err(Refusal::InvalidSyntax { attribute, syntax, result })
            }
            false => Ok(()),
        }
    }

    /// Whether a value refers to an entry by a name that no entry has.
    fn is_strange(self, attribute: &AttributeType, value: &[u8]) -> bool {
        let reference = Reference::parse(Some(attribute), value);
        let mut avas = reference.iter().flat_map(|one| &one.dn.rdns).flat_map(|rdn| &*rdn.avas);
        avas.any(|ava| self.is_unknown(&ava.attribute) || !self.is_textual(ava))
    }

    /// Whether a part of a name is text of one character or more, where the server has names of such parts alone.
    fn is_textual(self, ava: &Ava) -> bool {
        let is_asked = self.server.names_by_text() && self.looks_at_values();
        let is_text = match &ava.value {
            AvaValue::Text(text) => !text.is_empty() && simdutf8::basic::from_utf8(text).is_ok(),
            AvaValue::Ber(_) => false,
        };
        is_text || !is_asked
    }

    /// Refuses an RDN that no entry has: one that names an attribute twice (RFC 4512 section 2.3.1), by what
    /// is none of its values, or one that the schema does not know.
    pub(super) fn rdn(self, rdn: &Rdn) -> Result<(), Refusal> {
        let twice = named_twice(self.schema, rdn);
        if let Some(attribute) = twice.filter(|_| !self.server.takes_attribute_twice()) {
            return Err(Refusal::NamedTwice { attribute: attribute.to_vec() });
        }
        rdn.avas.iter().try_for_each(|ava| {
            let text = match &ava.value {
                AvaValue::Text(text) => Some(text.as_slice()),
                AvaValue::Ber(_) => None,
            };
            self.values(&ava.attribute, text.into_iter(), INVALID_NAME)?;
            self.textual(ava)
        })
    }

    /// Refuses a name with a part that is no text, where the server has none.
    pub(super) fn all_textual(self, dn: &Dn) -> Result<(), Refusal> {
        dn.rdns.iter().flat_map(|rdn| &*rdn.avas).try_for_each(|ava| self.textual(ava))
    }

    fn textual(self, ava: &Ava) -> Result<(), Refusal> {
        match self.is_textual(ava) {
            true => Ok(()),
            false => {
                let syntax = "UTF-8 text of one character or more";
                let (attribute, result) = (ava.attribute.clone(), INVALID_NAME);
                Err(Refusal::InvalidSyntax { attribute, syntax, result })
            }
        }
    }

    /// Refuses a name that no entry has.
    pub(super) fn name(self, dn: &Dn) -> Result<(), Refusal> {
        dn.rdns.iter().try_for_each(|rdn| self.rdn(rdn))
    }

    fn looks_at_values(self) -> bool {
        self.server.looks_at_values(self.coverage == Coverage::Whole)
    }

    /// The structural class of an entry.
    pub(super) fn structural(self, state: &State) -> Structural<'s> {
        self.schema.structural_class(state.classes())
    }

    /// Refuses several values where one is allowed, and classes that no entry has together; `before` is
    /// the structural class that the entry had, which none gives up.
    pub(super) fn classes(self, state: &State, before: Option<Structural<'s>>) -> Verdict {
        for (description, count) in state.counts() {
            if count > 1 && self.known(description).is_some_and(|known| known.single_value) {
                return Err(Breach::SeveralValues { attribute: description.to_vec() });
            }
        }
        if state.classes().next().is_none() {
            return Err(Breach::NoClass);
        }
        if self.server.class_change() == ClassChange::Modified {
            return Ok(());
        }
        if self.schema.has_no_structural_class(state.classes()) {
            return Err(Breach::NoStructuralClass);
        }
        let two = || self.schema.two_structural(state.classes());
        if let (Coverage::Whole, Some((one, other))) = (self.coverage, two()) {
            return Err(Breach::SeveralStructural { classes: [one, other].map(ObjectClass::name) });
        }
        let alone = || self.schema.abstract_alone(state.classes());
        if let (Coverage::Whole, Some(class)) = (self.coverage, alone()) {
            return Err(Breach::AbstractAlone { class: class.name() });
        }
        match (before, self.structural(state)) {
            (Some(Structural::Known(from)), Structural::Known(to)) if !std::ptr::eq(from, to) => {
                Err(Breach::OtherStructural { from: from.name(), to: to.name() })
            }
            _ => Ok(()),
        }
    }

    /// Refuses an entry that lacks what its classes demand, or has what none of them allows.
    pub(super) fn attributes(self, state: &State) -> Verdict {
        let is_there = |attribute: &AttributeType| {
            let mut known = state.counts().filter_map(|(description, _)| self.known(description));
            known.any(|known| known.id == attribute.id)
        };
        let content = self.content(state)?;
        let ruled = content.into_iter().flat_map(|one| one.required().map(move |a| (a, one.class)));
        for (attribute, class) in ruled.chain(self.schema.required(state.classes())) {
            if !is_there(attribute) && self.demands(attribute) {
                let attribute = attribute.names.first().map(ToString::to_string);
                let (attribute, class) = (attribute.unwrap_or_default(), class.name());
                return Err(Breach::Required { attribute, class });
            }
        }
        let mut all = state.counts().filter(|_| self.coverage == Coverage::Whole);
        let is_allowed = |description: &[u8]| {
            let user = self.known(description).filter(|known| !known.is_operational());
            user.is_none_or(|known| self.schema.allows(state.classes(), known))
        };
        match all.find(|(description, _)| !is_allowed(description)) {
            Some((description, _)) => Err(Breach::NotAllowed { attribute: description.to_vec() }),
            None => Ok(()),
        }
    }

    /// The content rule of an entry; refuses what it does not allow, and obsolete classes.
    fn content(self, state: &State) -> Result<Option<Content<'s>>, Breach> {
        if !self.server.heeds_content_rules() {
            return Ok(None);
        }
        let is_obsolete = |class: &&ObjectClass| class.standing == Standing::Obsolete;
        let mut known = state.classes().filter_map(|class| self.schema.class(class));
        if let Some(class) = known.find(is_obsolete) {
            return Err(Breach::ObsoleteClass { class: class.name() });
        }
        let Some(content) = self.schema.content(state.classes()) else { return Ok(None) };
        let is_precluded = |description: &&[u8]| {
            self.known(description).is_some_and(|known| content.precludes(known))
        };
        let attributes = state.counts().map(|(description, _)| description);
        let classes = state.classes().filter(|class| content.precludes_class(class));
        match attributes.filter(is_precluded).chain(classes).next() {
            Some(name) => {
                Err(Breach::Precluded { name: name.to_vec(), class: content.class.name() })
            }
            None => Ok(Some(content)),
        }
    }

    /// Refuses values of an obsolete attribute, where the server does.
    pub(super) fn current(self, description: &[u8]) -> Result<(), Refusal> {
        let known = self.known(description).filter(|_| self.server.heeds_content_rules());
        match known.is_some_and(|known| known.standing == Standing::Obsolete) {
            true => Err(Refusal::Obsolete { attribute: description.to_vec() }),
            false => Ok(()),
        }
    }

    /// Whether the server has no such attribute, where its schema is at hand.
    fn is_unknown(self, description: &[u8]) -> bool {
        self.coverage == Coverage::Whole
            && self.known(description).is_none()
            && !self.schema.may_be_of_configuration(description)
    }

    fn known(self, description: &[u8]) -> Option<&'s AttributeType> {
        self.schema.served_attribute(type_of(description))
    }

    /// Whether the server demands what a class does.
    fn demands(self, attribute: &AttributeType) -> bool {
        let may_be_empty = attribute.syntax.is_dn() && self.server.may_lose_names(attribute);
        !may_be_empty && !self.server.supplies()
    }
}
