//! DIT content rules (RFC 4512 section 4.1.6): what an entry of a structural class must, may and may not have,
//! whatever its classes say.

use std::borrow::Cow;

use super::{AttributeType, ClassKind, ObjectClass, Schema, Structural};

/// The definition of a rule; one that is OBSOLETE holds for nobody and is not kept.
#[derive(Clone, Debug)]
pub(super) struct ContentRule {
    /// The numeric OID of the structural class.
    pub(super) oid: String,
    /// AUX: the auxiliary classes that such an entry may have.
    pub(super) auxiliary: Vec<Cow<'static, str>>,
    /// MUST.
    pub(super) must: Vec<Cow<'static, str>>,
    /// MAY.
    pub(super) may: Vec<Cow<'static, str>>,
    /// NOT: attributes that a class allows and the rule does not.
    pub(super) not: Vec<Cow<'static, str>>,
}

/// The rule that an entry is under.
#[derive(Clone, Copy, Debug)]
pub struct Content<'s> {
    schema: &'s Schema,
    rule: &'s ContentRule,
    /// The structural class of the entry.
    pub class: &'s ObjectClass,
}

impl Schema {
    /// The content rule of an entry with these `classes`, where there is one for its structural class.
    pub fn content<'c>(&self, classes: impl Iterator<Item = &'c [u8]>) -> Option<Content<'_>> {
        if self.content_rules.is_empty() {
            return None;
        }
        let Structural::Known(class) = self.structural_class(classes) else { return None };
        let at = self.content_rules.binary_search_by(|rule| rule.oid.as_str().cmp(&class.oid));
        let rule = self.content_rules.get(at.ok()?)?;
        Some(Content { schema: self, rule, class })
    }

    /// Puts a rule in the place of that for the same class.
    pub(super) fn replace_content_rule(&mut self, new: ContentRule) {
        match self.content_rules.binary_search_by(|rule| rule.oid.cmp(&new.oid)) {
            Ok(at) => self.content_rules[at] = new,
            Err(at) => self.content_rules.insert(at, new),
        }
    }
}

impl<'s> Content<'s> {
    /// The attributes that the entry must have.
    pub fn required(self) -> impl Iterator<Item = &'s AttributeType> {
        self.rule.must.iter().filter_map(move |name| self.schema.attribute(name.as_bytes()))
    }

    /// Whether the entry may have an attribute though its classes do not allow it.
    pub fn allows(self, attribute: &AttributeType) -> bool {
        let Content { schema, rule, .. } = self;
        schema.names_it(&rule.must, attribute) || schema.names_it(&rule.may, attribute)
    }

    /// Whether the entry may not have an attribute though a class allows it.
    pub fn precludes(self, attribute: &AttributeType) -> bool {
        self.schema.names_it(&self.rule.not, attribute)
    }

    /// Whether a class is an auxiliary one that the entry may not have.
    pub fn precludes_class(self, class: &[u8]) -> bool {
        let named = |name: &Cow<'_, str>| self.schema.class(name.as_bytes());
        self.schema.class(class).is_some_and(|class| {
            let mut allowed = self.rule.auxiliary.iter().filter_map(named);
            class.kind == ClassKind::Auxiliary && !allowed.any(|one| std::ptr::eq(one, class))
        })
    }
}
