//! The states an entry goes through on its way from OLD to NEW.
//!
//! A change is applied in parts: what must go before the structure changes, the rename, everything
//! else, and the references to what came. Each part leads from one state to the next; what a
//! record does, and what undoes it, is the difference of two states.

use std::collections::HashSet;

use crate::change::{ModOp, Modification};
use crate::compare::{Comparison, Field, FieldDelta, Places};
use crate::dn::{Dn, Rdn};
use crate::entry::Entry;
use crate::matching::Reference;
use crate::plan::early::{UNKNOWN, between, classes};
use crate::plan::kept::{Configuration, Kept};
use crate::plan::names::Names;
use crate::plan::newcomer::newcomer;
use crate::plan::primary::Primaries;
use crate::plan::release::{Release, Role};
use crate::plan::spelled::Heading;
use crate::schema::{AttributeType, Mandatory};
use crate::server::{Server, is_name_of_deleted};

/// The one value of an attribute that may not be empty, while the entries it refers to change their
/// names. No server looks for the entry behind it.
pub(super) const PLACEHOLDER: &[u8] = b"cn=ldifsync-placeholder";

/// How values are changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModifyStyle {
    /// Value by value, so that an import onto other values fails.
    #[default]
    Values,
    /// All values of an attribute at once.
    Replace,
}

/// The attributes of an entry at one moment.
pub type Fields<'e, 's> = Vec<Field<'e, 's>>;

/// The states of an entry that both exports have.
#[derive(Debug)]
pub struct States<'e, 's> {
    /// What comes before all else, where the primary group of an account changes.
    pub opening: Option<Box<Opening<'e, 's>>>,
    /// As OLD has it, but for what the opening did.
    pub start: Fields<'e, 's>,
    /// Without references and values that must go first.
    pub released: Fields<'e, 's>,
    /// Under its new name.
    pub renamed: Fields<'e, 's>,
    /// As NEW has it, but for references to what comes.
    pub main: Fields<'e, 's>,
    /// As NEW has it.
    pub end: Fields<'e, 's>,
    /// What NEW says and is not done.
    pub kept: Kept,
}

/// How an account gets another primary group, or what its groups are meanwhile.
#[derive(Debug)]
pub struct Opening<'e, 's> {
    /// As OLD has it.
    pub first: Fields<'e, 's>,
    /// With the members that a group must have before it becomes their primary group.
    pub joined: Fields<'e, 's>,
    /// Where the way back ends: `first`, but for what it cannot undo.
    pub returned: Fields<'e, 's>,
    /// Whether it is the account itself.
    pub is_account: bool,
}

/// What the way of an entry depends on.
#[derive(Debug)]
pub struct Way<'p, 's> {
    /// How entries are compared.
    pub comparison: &'p Comparison<'s>,
    /// What entries are called before and after.
    pub names: &'p Names<'s>,
    /// The server's profile.
    pub server: Server,
    /// How values are changed.
    pub style: ModifyStyle,
    /// Memberships that follow from primary groups.
    pub primaries: &'p Primaries,
}

impl<'p, 's> Way<'p, 's> {
    /// The states of an entry, from what OLD and NEW say of it.
    ///
    /// `hops` are its RDNs one after the other where it is renamed by records of its own;
    /// `releases` are the values that must go first.
    pub fn states<'e>(
        &self,
        old: &'e Entry<'_>,
        new: &'e Entry<'_>,
        hops: &'e [Rdn],
        releases: &'e [Release],
    ) -> States<'e, 's>
    where
        'p: 'e,
    {
        let comparison = self.comparison;
        let mut start = comparison.fields_of_pair(old, [old, new]);
        let mut end = comparison.fields_of_pair(new, [old, new]);
        let opening = self.open(&old.dn, &mut start, &mut end);
        if hops.is_empty() {
            self.keep_name(&start, &mut end, old, new);
        }
        let mut kept = self.keep(&start, &mut end);
        kept.configuration =
            self.keep_built_in(&old.dn, &start, &mut end).then_some(Configuration::BuiltIn);
        let (released, main) = (start.clone(), end.clone());
        let mut states = States { opening, start, released, renamed: Vec::new(), main, end, kept };
        let links = self.set_references_apart(&mut states, [old, new]);
        release(comparison, &mut states.released, releases);
        self.set_policy_apart(&mut states);
        self.bring_what_is_needed(&mut states, &old.dn);
        self.prepare_rename(&mut states, hops, releases);
        states.renamed = self.renamed(states.released.clone(), hops);
        for Field { description, attribute, .. } in links {
            self.follow_links(&mut states, description, attribute);
        }
        states
    }

    /// An entry as it is added: some servers give accounts rules of their own.
    pub fn as_added<'v>(&self, entry: Entry<'v>) -> Entry<'v> {
        newcomer(self.server, entry).entry
    }

    /// The attributes of an entry after it had these RDNs one after the other.
    pub fn renamed<'e>(&self, fields: Fields<'e, 's>, hops: &'e [Rdn]) -> Fields<'e, 's> {
        hops.windows(2).fold(fields, |fields, hop| self.hop(fields, &hop[0], &hop[1]).0)
    }

    /// The attributes of an entry after a rename, and whether the old RDN's values leave it: they
    /// do, unless an attribute that the entry must have would be gone (RFC 4511 section 4.9).
    pub fn hop<'e>(
        &self,
        fields: Fields<'e, 's>,
        from: &Rdn,
        to: &'e Rdn,
    ) -> (Fields<'e, 's>, bool) {
        let comparison = self.comparison;
        let after = comparison.renamed(fields.clone(), from, to);
        let mut places = Places::default();
        let classes = classes(&fields);
        let mut lost = |field: &Field<'e, 's>| {
            let there = places.find(&after, field.description, field.attribute).is_some();
            let must = |attribute| comparison.schema.mandatory(classes.iter().copied(), attribute);
            !there && field.attribute.is_some_and(|a| must(a) == Mandatory::Yes)
        };
        if fields.iter().any(&mut lost) {
            return (comparison.renamed(fields, &Rdn::default(), to), false);
        }
        (after, true)
    }

    /// Where no rename is written, the values of the RDN stay as they are.
    fn keep_name<'e>(
        &self,
        start: &Fields<'e, 's>,
        end: &mut Fields<'e, 's>,
        old: &'e Entry<'_>,
        new: &'e Entry<'_>,
    ) {
        let rdns = |entry: &'e Entry<'_>| entry.dn.rdn().map(|rdn| &*rdn.avas);
        let (Some(before), Some(after)) = (rdns(old), rdns(new)) else { return };
        if self.comparison.same_rdn(&old.dn, &new.dn) {
            if self.server.is_narrow() {
                before.iter().for_each(|ava| self.keep_spelling(start, end, &ava.attribute));
            }
            return;
        }
        for ava in before.iter().chain(after) {
            let same =
                |f: &Field<'e, 's>| self.comparison.same_attribute(f.description, &ava.attribute);
            end.retain(|field| !same(field));
            end.extend(start.iter().filter(|field| same(field)).cloned());
        }
    }

    /// Values of the RDN that get another spelling get it by a rename or not at all.
    fn keep_spelling<'e>(&self, start: &Fields<'e, 's>, end: &mut Fields<'e, 's>, naming: &[u8]) {
        let same = |f: &Field<'e, 's>| self.comparison.same_attribute(f.description, naming);
        let attribute = self.comparison.schema.attribute(naming);
        let before = values(start, naming, attribute);
        for field in end.iter_mut().filter(|field| same(field)) {
            let attribute = field.attribute;
            for value in &mut field.values {
                let equal = |v: &&&'e [u8]| self.comparison.equal_by_rule(attribute, v, value);
                *value = before.iter().find(equal).copied().unwrap_or(*value);
            }
        }
    }

    /// Decides for each attribute whose values are names which of them go before the structure
    /// changes and which come after it. Answers those of them that follow by themselves.
    fn set_references_apart<'e>(
        &self,
        states: &mut States<'e, 's>,
        pair: [&Entry<'_>; 2],
    ) -> Fields<'e, 's>
    where
        'p: 'e,
    {
        let mut attributes: Fields<'e, 's> = Vec::new();
        let mut places = Places::default();
        for field in states.start.iter().chain(&states.end) {
            let (description, attribute) = (field.description, field.attribute);
            let names = pair.map(|entry| &entry.dn);
            let refers = attribute.is_some_and(|a| a.syntax.is_dn())
                && !self.comparison.is_naming(description, &names);
            if refers && places.find(&attributes, description, attribute).is_none() {
                attributes.push(Field { description, attribute, values: Vec::new() });
            }
        }
        let (links, names) =
            attributes.into_iter().partition(|field| self.is_link(field.attribute));
        let names: Fields<'e, 's> = names;
        for field in names {
            self.set_apart(states, pair, field.description, field.attribute);
        }
        links
    }

    pub(super) fn is_link(&self, attribute: Option<&AttributeType>) -> bool {
        self.names.any_move() && attribute.is_some_and(|a| self.server.links(a))
    }

    /// The values before and after; what is withheld stays in both.
    pub(super) fn ends<'e>(
        &self,
        states: &mut States<'e, 's>,
        description: &'e [u8],
        attribute: Option<&'s AttributeType>,
    ) -> (Vec<&'e [u8]>, Vec<&'e [u8]>)
    where
        'p: 'e,
    {
        let before = values(&states.start, description, attribute);
        let mut after = values(&states.end, description, attribute);
        states.kept.references += self.leave_withheld(attribute, &before, &mut after);
        set(&mut states.end, description, attribute, after.clone());
        (before, after)
    }

    fn set_apart<'e>(
        &self,
        states: &mut States<'e, 's>,
        [old, new]: [&Entry<'_>; 2],
        description: &'e [u8],
        attribute: Option<&'s AttributeType>,
    ) where
        'p: 'e,
    {
        let (before, after) = self.ends(states, description, attribute);
        let removed = self.comparison.without(attribute, &before, &after);
        let added = self.comparison.without(attribute, &after, &before);
        let cut = |v: &[u8], heading| self.is_cut(attribute, v, heading);
        let goes = |v: &&&[u8]| name(attribute, v).is_some_and(|dn| self.names.goes(&dn));
        let comes = |v: &&&[u8]| name(attribute, v).is_some_and(|dn| self.names.comes(&dn));
        let others_change = !removed.is_empty() || !added.is_empty();
        let returning = self.returning(attribute, &before, &after, others_change);
        let is_held_apart = self.comparison.are_held_apart(attribute, [&removed, &added]);
        // A server that follows later would take a new reference to a name that goes for one to follow, and on
        // the way back one to a name that comes.
        let later = self.server.follows_later();
        if returning.is_empty()
            && !is_held_apart
            && !removed.iter().any(|v| goes(&v) || (later && comes(&v)))
            && !removed.iter().any(|v| cut(v, Heading::There) || cut(v, Heading::Back))
            && !added.iter().any(|v| comes(&v) || (later && goes(&v)) || cut(v, Heading::There))
        {
            set(&mut states.main, description, attribute, after);
            return;
        }
        let gone: HashSet<&[u8]> = removed.into_iter().chain(returning).collect();
        let mut rest: Vec<&'e [u8]> =
            before.iter().copied().filter(|v| !gone.contains(v)).collect();
        if rest.is_empty() && !before.is_empty() && self.is_mandatory(old, attribute) {
            rest.push(PLACEHOLDER);
        }
        set(&mut states.released, description, attribute, rest.clone());
        let is_demanded =
            || self.is_mandatory(new, attribute) && !self.is_mandatory(old, attribute);
        let rest = between(rest, &after, is_demanded);
        set(&mut states.main, description, attribute, rest);
    }

    /// Whether the server would cut a value where a name in it gets another spelling.
    fn is_cut(&self, attribute: Option<&AttributeType>, value: &[u8], heading: Heading) -> bool {
        self.names.any_cut()
            && name(attribute, value).is_some_and(|dn| self.names.cuts(value, &dn, heading))
    }

    /// References that look the same on both sides, to a name that one entry leaves and another takes, or in a
    /// way that the server would cut; beside others that change, also to a name that nobody takes: a server that
    /// keeps references whole would have them follow the entry.
    fn returning<'e>(
        &self,
        attribute: Option<&AttributeType>,
        before: &[&'e [u8]],
        after: &[&'e [u8]],
        others_change: bool,
    ) -> Vec<&'e [u8]> {
        let may_follow = others_change && self.names.any_move();
        if !self.names.any_reused() && !may_follow && !self.names.any_cut() {
            return Vec::new();
        }
        let is_left =
            |dn: &Dn| self.names.is_reused(dn) || (may_follow && self.names.is_kept_back(dn));
        let cut = |v: &[u8]| self.is_cut(attribute, v, Heading::There);
        let returns = |v: &&[u8]| name(attribute, v).is_some_and(|dn| is_left(&dn)) || cut(v);
        let all: Vec<&'e [u8]> = before.iter().copied().filter(returns).collect();
        let removed: HashSet<&[u8]> =
            self.comparison.without(attribute, &all, after).into_iter().collect();
        all.into_iter().filter(|v| !removed.contains(v)).collect()
    }

    /// References whose target keeps its name, because its rename is left out, stay; those to what
    /// does not come do not come, nor stays what looks the same and is a reference to another entry,
    /// which leaves the name. Answers how many do not.
    fn leave_withheld<'e>(
        &self,
        attribute: Option<&AttributeType>,
        before: &[&'e [u8]],
        after: &mut Vec<&'e [u8]>,
    ) -> u64
    where
        'p: 'e,
    {
        if !self.names.any_left_out() {
            return 0;
        }
        let added: HashSet<&[u8]> =
            self.comparison.without(attribute, after, before).into_iter().collect();
        let withheld = |v: &[u8]| name(attribute, v).is_some_and(|dn| self.names.is_withheld(&dn));
        let key = |dn: &Dn| self.comparison.key(dn);
        let wanted: HashSet<Vec<u8>> =
            after.iter().filter_map(|v| Some(key(&name(attribute, v)?))).collect();
        let wished = after.len();
        let goes = |v: &[u8]| name(attribute, v).is_some_and(|dn| self.names.goes(&dn));
        after.retain(|v| !(withheld(v) && (added.contains(v) || goes(v))));
        let left_out = (wished - after.len()) as u64;
        let then = |v: &[u8]| self.names.withheld_from(&name(attribute, v)?);
        let stays = |v: &[u8]| then(v).is_some_and(|dn| wanted.contains(&key(&dn)));
        let removed = self.comparison.without(attribute, before, after);
        let staying = removed.into_iter().filter(|v| stays(v));
        after.extend(staying.filter_map(|v| self.taken_along(attribute, v)));
        left_out
    }

    /// A reference to an entry whose rename is left out, as it reads afterwards. `None` where one
    /// above it is renamed, and the reference is more than a name.
    fn taken_along<'e>(
        &self,
        attribute: Option<&AttributeType>,
        value: &'e [u8],
    ) -> Option<&'e [u8]>
    where
        'p: 'e,
    {
        let reference = Reference::parse(attribute, value)?;
        if self.is_link(attribute) || !self.names.is_taken_along(&reference.dn) {
            return Some(value);
        }
        self.names.taken_along(&reference.dn).filter(|_| reference.is_name_alone())
    }

    /// Whether references that do not come would leave an attribute empty that may not be.
    pub fn is_starved(&self, old: Option<&Entry<'_>>, new: &Entry<'_>) -> bool {
        let before = old.map(|old| self.comparison.fields(old)).unwrap_or_default();
        let after = match old {
            Some(_) => self.comparison.fields(new),
            None => self.comparison.fields_of_added(new),
        };
        let referring = after.into_iter().filter(|f| f.attribute.is_some_and(|a| a.syntax.is_dn()));
        referring.into_iter().any(|mut field| {
            let had = values(&before, field.description, field.attribute);
            self.leave_withheld(field.attribute, &had, &mut field.values);
            field.values.is_empty() && self.is_mandatory(new, field.attribute)
        })
    }

    /// Whether an entry may not be without an attribute; where its classes are not known, it may
    /// not.
    pub(super) fn is_mandatory(
        &self,
        entry: &Entry<'_>,
        attribute: Option<&AttributeType>,
    ) -> bool {
        let Some(attribute) = attribute else { return true };
        if self.server.may_lose_names(attribute) {
            return false;
        }
        match self.comparison.schema.mandatory(entry.object_classes(), attribute) {
            Mandatory::Yes => true,
            // Classes that 389 adds to the standards' demand no names.
            Mandatory::Unknown => self.server != Server::Ds389,
            Mandatory::No => false,
        }
    }

    /// What leads from one state to another.
    pub fn modifications<'e>(
        &self,
        from: &[Field<'e, 's>],
        to: &[Field<'e, 's>],
        rdn: Option<&Rdn>,
    ) -> Vec<Modification<'e>> {
        let mut all = Vec::new();
        let deltas = self.comparison.delta(from, to).into_iter();
        for delta in deltas.filter(|delta| !self.comparison.is_server_only(delta.description)) {
            let named = |d: &[u8]| self.comparison.same_attribute(d, delta.description);
            let is_naming = rdn.is_some_and(|rdn| rdn.avas.iter().any(|ava| named(&ava.attribute)));
            let has_unknown = delta.old.contains(&UNKNOWN) || delta.new.contains(&UNKNOWN);
            if has_unknown || self.is_replaced(&delta, is_naming) {
                let known: Vec<_> = delta.new.into_iter().filter(|v| *v != UNKNOWN).collect();
                let op = match known.is_empty() && self.server.deletes_rather() {
                    true => ModOp::Delete,
                    false => ModOp::Replace,
                };
                all.push(modification(op, delta.description, known));
                continue;
            }
            if !delta.removed.is_empty() {
                all.push(modification(ModOp::Delete, delta.description, delta.removed));
            }
            if !delta.added.is_empty() {
                all.push(modification(ModOp::Add, delta.description, delta.added));
            }
        }
        all
    }

    /// Whether an attribute is written as a whole: where its values cannot be told apart by the
    /// server, where their order counts, and where nobody knows.
    fn is_replaced(&self, delta: &FieldDelta<'_, '_>, is_naming: bool) -> bool {
        !is_naming && is_written_whole(self.server, self.style, delta)
    }
}

/// The same of an attribute that is not in the name.
pub(super) fn is_written_whole(
    server: Server,
    style: ModifyStyle,
    delta: &FieldDelta<'_, '_>,
) -> bool {
    let by_value = match delta.attribute {
        None => comes_behind(delta),
        Some(a) if a.ordered => a.equality.is_some() && comes_behind(delta),
        // What names a deleted entry can be kept, but not be written again.
        Some(a) if server.forgets_names(a) && !delta.removed.is_empty() => {
            let is_dead = |v: &&[u8]| name(Some(a), v).is_some_and(|dn| is_name_of_deleted(&dn));
            delta.new.iter().any(is_dead)
        }
        Some(a) => a.equality.is_some() || server.deletes_without_equality(),
    };
    !by_value || style == ModifyStyle::Replace
}

/// What a value has in braces in front of it: its place, where it is one of an ordered list (`{1}`).
pub(super) fn place(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"{")?.split(|&b| b == b'}').next()
}

/// Whether values with their place in front (`{n}`, X-ORDERED 'VALUES') come behind all that are there, so that
/// none of these gets another place.
fn comes_behind(delta: &FieldDelta<'_, '_>) -> bool {
    let is_placed = |value: &&[u8]| {
        place(value).is_some_and(|n| {
            value.len() > n.len() + 2 && !n.is_empty() && n.iter().all(u8::is_ascii_digit)
        })
    };
    !delta.old.is_empty() && delta.new.starts_with(&delta.old) && delta.new.iter().all(is_placed)
}

fn modification<'e>(op: ModOp, description: &'e [u8], values: Vec<&'e [u8]>) -> Modification<'e> {
    Modification {
        op,
        description: description.into(),
        values: values.into_iter().map(Into::into).collect(),
    }
}

/// The name in a value of an attribute.
pub(super) fn name(attribute: Option<&AttributeType>, value: &[u8]) -> Option<Dn> {
    Reference::parse(attribute, value).map(|reference| reference.dn)
}

pub(super) fn values<'e>(
    fields: &Fields<'e, '_>,
    description: &[u8],
    attribute: Option<&AttributeType>,
) -> Vec<&'e [u8]> {
    let field = fields.iter().find(|f| f.is(description, attribute));
    field.map(|f| f.values.clone()).unwrap_or_default()
}

/// Gives an attribute these values, in the place where it stands or at the end.
pub(super) fn set<'e, 's>(
    fields: &mut Fields<'e, 's>,
    description: &'e [u8],
    attribute: Option<&'s AttributeType>,
    values: Vec<&'e [u8]>,
) {
    let at = fields.iter().position(|f| f.is(description, attribute));
    match at {
        Some(at) if values.is_empty() => drop(fields.remove(at)),
        Some(at) => fields[at].values = values,
        None if values.is_empty() => {}
        None => fields.push(Field { description, attribute, values }),
    }
}

/// Takes away the values that must go first, a temporary one in their place where one is needed.
pub(super) fn release<'e>(
    comparison: &Comparison<'_>,
    fields: &mut Fields<'e, '_>,
    releases: &'e [Release],
) {
    for one in releases.iter().filter(|one| one.role != Role::Comes) {
        let same = |f: &Field<'e, '_>| comparison.same_attribute(f.description, &one.description);
        let Some(at) = fields.iter().position(same) else { continue };
        let attribute = fields[at].attribute;
        let goes = |v: &[u8]| {
            one.role == Role::Leaves && comparison.equal_by_rule(attribute, v, &one.value)
        };
        fields[at].values.retain(|v| !goes(v));
        fields[at].values.extend(one.temporary.as_deref());
        if fields[at].values.is_empty() {
            fields.remove(at);
        }
    }
}
