//! References that no flow feeds, to an entry that gets another name or goes.
//!
//! Names of it, and of what stands below it, stand in groups and people that the mapping does not write. Where
//! it is renamed they follow if the mapping file says so; otherwise they are told: they would lead nowhere, unless
//! the server sees to it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use crate::attribute::type_of;
use crate::dn::Dn;
use crate::entry::{Attribute, Entry};
use crate::error::Result;
use crate::join::{RandomState, hash_by, hash_name};
use crate::ldif::types::Types;
use crate::mapping::{IfMissing, On, Toward};
use crate::matching::{Keys, Reference, dn_key};
use crate::reconcile::directory::Follower;
use crate::reconcile::edits::Edits;
use crate::reconcile::flow::Ready;
use crate::reconcile::members::Members;
use crate::reconcile::names::{NewName, NewNames};
use crate::reconcile::stage::Pair;
use crate::reconcile::why::Origins;
use crate::schema::{AttributeType, Schema, Syntax};
use crate::source::{Extent, LINES_AHEAD, TypeSet};

/// How many entries are looked at together.
const CHUNK: usize = 1024;

/// For how many of them memory is asked for at once.
const AT_ONCE: usize = 32;

/// The entries that keep, in attributes that no flow feeds, names that nobody has any more.
#[derive(Debug, Default)]
pub struct Dangling {
    /// Names of entries that get others.
    pub renamed: Vec<Extent>,
    /// Names of entries that go.
    pub deleted: Vec<Extent>,
    /// Names that one entry gives up and another takes, where a flow may mean either.
    pub doubtful: Vec<Extent>,
}

/// The names that entries get and give up.
struct Renames<'s> {
    schema: &'s Schema,
    /// The keys of the names of entries that go.
    gone: HashSet<Vec<u8>>,
    /// Their hashes, which tell most values that are none of them; `None` where one cannot be told.
    hashes: Option<HashSet<u32>>,
    state: RandomState,
    names: NewNames<'s>,
    /// The keys of new names: one of these means who has it then, if a flow says it.
    taken: HashSet<Vec<u8>>,
}

impl Renames<'_> {
    /// Whether a value that is a name may be of an entry that goes or gets another one.
    fn may_be_told(&self, keys: &mut Keys<'_>, value: &[u8]) -> bool {
        let Some(hashes) = self.hashes.as_ref().filter(|_| self.names.is_empty()) else {
            return true;
        };
        hash_by(&self.state, keys, value).map_or(true, |hash| hashes.contains(&hash))
    }

    /// What follows in an entry: each attribute once, whatever it is called.
    fn all_followed(&self, entry: Entry<'_>) -> Vec<Followed> {
        let mut merged: Vec<Attribute<'_>> = Vec::new();
        for one in entry.attributes {
            let same = |held: &&mut Attribute<'_>| {
                self.schema.same_values(&held.description, &one.description)
            };
            match merged.iter_mut().find(same) {
                Some(held) => held.values.extend(one.values),
                None => merged.push(one),
            }
        }
        merged.iter().filter_map(|one| self.followed(one)).collect()
    }

    /// The values that an attribute will have, where one of them is such a name; each name once. Those it has
    /// where one is of what goes.
    fn followed(&self, attribute: &Attribute<'_>) -> Option<Followed> {
        let known = self.schema.attribute(type_of(&attribute.description));
        known.filter(|known| follows(known))?;
        let (mut values, mut names, mut led_by) = (Vec::new(), HashSet::new(), Vec::new());
        let (mut is_reused, mut dangles) = (false, false);
        for value in &attribute.values {
            let reference = Reference::parse(known, value);
            let found = reference.as_ref().and_then(|one| self.names.of(&one.dn));
            let name = found.map(|(name, place)| {
                led_by.push(place);
                let old = reference.as_ref().map(|one| dn_key(self.schema, &one.dn));
                is_reused |= old.is_some_and(|old| self.taken.contains(&old));
                name
            });
            let Some(reference) = reference else {
                values.push(value.to_vec());
                continue;
            };
            let is_alone = reference.is_name_alone();
            let key = dn_key(self.schema, name.as_ref().unwrap_or(&reference.dn));
            dangles |= name.is_none() && self.gone.contains(&key);
            if !is_alone || names.insert(key) {
                let same = || value.to_vec();
                values.push(name.map_or_else(same, |name| reference.with(name).to_value()));
            }
        }
        let name = String::from_utf8_lossy(&attribute.description).into_owned();
        let is_told = dangles || !led_by.is_empty();
        is_told.then_some(Followed { name, values, led_by, is_reused, dangles })
    }
}

/// An attribute that follows.
struct Followed {
    name: String,
    /// What it will have.
    values: Vec<Vec<u8>>,
    /// The entries that get other names.
    led_by: Vec<Extent>,
    /// Whether one of these names is given to another entry.
    is_reused: bool,
    /// Whether one of its values names an entry that goes.
    dangles: bool,
}

impl Follower<'_, '_, '_> {
    /// Finds the references to what gets another name or goes, but for those that a flow feeds: it says itself
    /// what they are to be. Where they are to follow, that is added to what becomes of their entries; otherwise
    /// the entries are answered. `followed` are those that flows are followed in, `created` the names of those that come.
    ///
    /// # Errors
    ///
    /// An entry cannot be read.
    pub(super) fn follow_names(
        &self,
        all: &mut BTreeMap<Extent, Edits>,
        deleted: &HashSet<Extent>,
        (followed, created): (&[Vec<Pair>], &[Dn]),
        origins: &mut Origins,
    ) -> Result<Dangling> {
        let mut dangling = Dangling::default();
        let renames = self.renames(all, deleted, created)?;
        if renames.names.is_empty() && renames.gone.is_empty() {
            return Ok(dangling);
        }
        let (task, schema) = (self.task, self.task.schema);
        let types = schema.attributes().iter().filter(|one| follows(one));
        let types = TypeSet::of(schema, types.map(|one| spelling(one).as_bytes()));
        let is_name = |description: &[u8]| {
            let known = schema.attribute(type_of(description)).filter(|known| follows(known));
            known.map(|known| known.syntax == Syntax::DistinguishedName)
        };
        let look = |entry: Entry<'_>| Ok(renames.all_followed(entry));
        let slots = self.stage.entries.names.slots();
        let is_read =
            |place: &Extent| !deleted.contains(place) && self.stage.skipped.entry(*place).is_none();
        let parts = task.pool.map_ordered(slots.chunks(CHUNK), |slots| -> Result<Vec<_>> {
            let (mut found, mut met) = (Vec::new(), Types::default());
            let mut keys = Keys::new(schema);
            let mut refers = |place: &Extent| {
                let mut refers = false;
                let each = |is_name: bool, _: &[u8], value: Cow<'_, [u8]>| {
                    refers |= !is_name || renames.may_be_told(&mut keys, &value);
                };
                let name =
                    task.directory.plain_values(*place, Some(&types), &mut met, is_name, each);
                refers || name.is_none()
            };
            for slots in slots.chunks(AT_ONCE) {
                let places = slots.iter().map(|slot| slot.extent());
                places.clone().for_each(|place| task.directory.touch(place, LINES_AHEAD));
                for place in places.filter(|place| refers(place) && is_read(place)) {
                    let all = task.directory.part_of_entry(place, &types, look)?;
                    found.extend((!all.is_empty()).then_some((place, all)));
                }
            }
            Ok(found)
        });
        let fed = self.fed(followed);
        for part in parts {
            for (place, followed) in part? {
                let said = all.get(&place).map_or(&[][..], |edits| &edits.attributes);
                let is_free = |one: &Followed| {
                    let is_it =
                        |other: &str| schema.same_values(other.as_bytes(), one.name.as_bytes());
                    // A flow of references that holds says the new name; where the old one is nobody's any
                    // more and stays, it says nothing.
                    let is_fed = |fed: &Fed<'_>| {
                        let feeds = |fed: &FedBy<'_>| {
                            is_it(fed.name) && (!fed.refers || one.is_reused || one.dangles)
                        };
                        fed.has(place) && fed.by.iter().any(feeds)
                    };
                    !said.iter().any(|(other, _)| is_it(other)) && !fed.iter().any(is_fed)
                };
                // Whether it says so, or leaves what is there, such a flow does not tell.
                let is_doubtful = |one: &&Followed| {
                    let is_it = |fed: &FedBy<'_>| {
                        let named =
                            |other: &str| schema.same_values(other.as_bytes(), one.name.as_bytes());
                        fed.refers
                            && fed.may_leave
                            && named(fed.name)
                            && !said.iter().any(|(other, _)| named(other))
                    };
                    let mut fed = fed.iter().filter(|fed| fed.has(place));
                    (one.is_reused || one.dangles) && fed.any(|fed| fed.by.iter().any(is_it))
                };
                let mut doubtful = followed.iter().filter(is_doubtful).peekable();
                if doubtful.peek().is_some() {
                    dangling.doubtful.push(place);
                }
                let free: Vec<Followed> = followed.into_iter().filter(is_free).collect();
                dangling.deleted.extend(free.iter().any(|one| one.dangles).then_some(place));
                let led = || free.iter().filter(|one| !one.led_by.is_empty());
                if !task.file.directory.follow_renames {
                    dangling.renamed.extend((led().count() > 0).then_some(place));
                    continue;
                }
                for Followed { name, values, led_by, .. } in
                    free.into_iter().filter(|one| !one.led_by.is_empty())
                {
                    all.entry(place).or_default().attributes.push((name, values));
                    led_by.into_iter().for_each(|led_by| origins.add_led(place, led_by));
                }
            }
        }
        Ok(dangling)
    }

    fn renames(
        &self,
        all: &BTreeMap<Extent, Edits>,
        deleted: &HashSet<Extent>,
        created: &[Dn],
    ) -> Result<Renames<'_>> {
        let schema = self.task.schema;
        let renamed = all.iter().filter(|(place, _)| !deleted.contains(place));
        let given =
            renamed.filter_map(|(place, edits)| Some((*place, NewName::Whole(edits.dn.clone()?))));
        let names = NewNames::new(self.task.directory, given)?;
        let mut taken: HashSet<Vec<u8>> = names.given().collect();
        taken.extend(created.iter().map(|dn| dn_key(schema, dn)));
        let names_gone = deleted.iter().map(|place| self.task.directory.dn(*place));
        let names_gone = names_gone.collect::<Result<Vec<Dn>>>()?;
        let state = RandomState::default();
        let hash = |dn: &Dn| hash_name(&state, schema, dn.to_string().as_bytes()).ok();
        let hashes = names_gone.iter().map(hash).collect();
        let gone = names_gone.iter().map(|dn| dn_key(schema, dn)).collect();
        Ok(Renames { schema, gone, hashes, state, names, taken })
    }

    /// For each mapping the entries that flows are followed in, and the attributes that these feed.
    fn fed(&self, followed: &[Vec<Pair>]) -> Vec<Fed<'_>> {
        let of_mapping = |(n, followed): (usize, &Vec<Pair>)| {
            let members = &self.stage.entries.members[n];
            let mut is_followed = vec![false; members.count() as usize];
            for target in followed.iter().filter_map(|pair| pair.1) {
                is_followed[target as usize] = true;
            }
            let flows = self.stage.plan.mappings[n].flows.iter();
            let flows = flows.filter(|flow| flow.goes(Toward::Directory));
            let fed = |flow: &'_ Ready<'_>| {
                let said = flow.flow;
                said.on == On::Create || said.when.is_some() || said.if_missing == IfMissing::Keep
            };
            let by = flows
                .map(|flow| FedBy {
                    name: flow.target(Toward::Directory),
                    refers: flow.reference.is_some(),
                    may_leave: fed(flow),
                })
                .collect();
            Fed { members, is_followed, by }
        };
        followed.iter().enumerate().map(of_mapping).collect()
    }
}

/// Entries, and the attributes that flows feed in them.
struct Fed<'m> {
    members: &'m Members,
    /// Which of those a flow is followed in.
    is_followed: Vec<bool>,
    by: Vec<FedBy<'m>>,
}

impl Fed<'_> {
    /// Whether flows are followed in the entry that stands there.
    fn has(&self, place: Extent) -> bool {
        self.members.at(place).is_some_and(|n| self.is_followed[n as usize])
    }
}

/// An attribute that a flow feeds.
struct FedBy<'m> {
    name: &'m str,
    /// Whether its values are references.
    refers: bool,
    /// Whether the flow may leave what is there as it is.
    may_leave: bool,
}

/// Whether values of an attribute are names that a client writes.
fn follows(attribute: &AttributeType) -> bool {
    attribute.syntax.is_dn() && !attribute.no_user_modification && !attribute.is_operational()
}

/// One of the names of an attribute, or its OID.
fn spelling(attribute: &AttributeType) -> &str {
    attribute.names.first().unwrap_or(&attribute.oid)
}
