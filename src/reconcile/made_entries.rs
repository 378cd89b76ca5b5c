//! What becomes of the entries, as LDIF: those that come, change and go.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::change::Record as LdifRecord;
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::Result;
use crate::join::Olds;
use crate::ldif::write::Writer;
use crate::mapping::{Action, NAME, Toward};
use crate::matching::dn_key;
use crate::reconcile::account::Account;
use crate::reconcile::directory::{Follower, Made};
use crate::reconcile::edits::{Edits, classes_of, edited, set};
use crate::reconcile::explain::Effect;
use crate::reconcile::fields::Fields;
use crate::reconcile::flow::Ready;
use crate::reconcile::following::Dangling;
use crate::reconcile::stage::Stage;
use crate::reconcile::why::{Origin, Origins, Whys};
use crate::schema::Schema;
use crate::source::Extent;

/// What becomes of the entries: those that come or change, as LDIF, and which of them is which.
#[derive(Debug, Default)]
pub struct MadeEntries {
    /// Content records.
    pub text: Vec<u8>,
    /// Entries that change: where each stands in OLD and in the text, and whether its name is another, or does not
    /// go along with one above it.
    pub changed: Vec<(Extent, Range<usize>, bool)>,
    /// Entries that come.
    pub created: Vec<Range<usize>>,
    /// Entries that go.
    pub deleted: Vec<Extent>,
    /// The entries that there were, and that have a name of their own.
    pub olds: Olds,
    /// Entries that keep names which nobody has any more.
    pub dangling: Dangling,
    /// Why, where that is asked for.
    pub whys: Whys,
}

impl Follower<'_, '_, '_> {
    /// Writes what comes and changes.
    pub(super) fn entries(
        &self,
        followed: Vec<Vec<Made>>,
        (rejected, staying): (&[HashSet<u32>], &[HashSet<u32>]),
        accounts: &mut [Account],
    ) -> Result<MadeEntries> {
        let mut all: BTreeMap<Extent, Edits> = BTreeMap::new();
        let mut deleted: HashSet<Extent> = HashSet::new();
        let mut origins = Origins::new(self.task.tells);
        let mut new = NewEntries::default();
        for (n, followed) in followed.into_iter().enumerate() {
            let members = &self.stage.entries.members[n];
            for Made { source, target, edits } in followed {
                let place = target.map(|target| members.place(target));
                let origin = Origin::following(n, source, target);
                if let Some(place) = place {
                    origins.add_old(place, origin);
                }
                accounts[n].explain(source, || self.effects(n, place, &edits));
                accounts[n].unresolved.extend(edits.unresolved.iter().cloned());
                match place {
                    Some(place) if edits.goes => {
                        accounts[n].lose(true, || self.stage.shown_entry(place));
                        deleted.insert(place);
                    }
                    Some(place) => all.entry(place).or_default().append(edits),
                    None if edits.goes => {}
                    None => {
                        let row =
                            (self.stage.plan.mappings[n].table, self.stage.rows[n].place(source));
                        origins.add_new(new.add(self.task.schema, row, edits), origin);
                    }
                }
            }
            for (target, action) in self.leaving(n, staying) {
                let (place, is_meant) = (members.place(target), members.known.is_meant(target));
                origins.add_old(place, self.stage.origin_of_leaving(n, target, action));
                match action {
                    Action::Delete => {
                        accounts[n].lose(is_meant, || self.stage.shown_entry(place));
                        deleted.insert(place);
                    }
                    _ => {
                        let edits = self.stage.inactivated_entry(n, place)?;
                        accounts[n]
                            .explain_leaver(target, || self.effects_of_leaver(place, &edits))?;
                        if !edits.is_nothing() {
                            accounts[n].lose(is_meant, || self.stage.shown_entry(place));
                        }
                        all.entry(place).or_default().append(edits);
                    }
                }
            }
        }
        let (mut made, mut created) = (MadeEntries::default(), Vec::new());
        const CHUNK: usize = 64;
        let (mut edits, schema) = (new.edits.into_iter(), self.task.schema);
        let next =
            || Some(edits.by_ref().take(CHUNK).collect()).filter(|next: &Vec<_>| !next.is_empty());
        let make = |edits: Vec<Edits>| -> Vec<Entry<'_>> {
            edits.into_iter().map(|edits| edits.created(schema)).collect()
        };
        let write = |entries: Vec<Entry<'_>>| -> Result<()> {
            for entry in entries {
                let number = created.len();
                created.push(entry.dn.clone());
                self.stage.tell_new(&origins, number, &entry, &mut made.whys)?;
                let range = made.write(entry);
                made.created.push(range);
            }
            Ok(())
        };
        self.task.pool.pipe(next, make, write)?;
        if !deleted.is_empty() || all.values().any(|edits| edits.dn.is_some()) {
            let followed = self.stage.all_followed(rejected);
            let sides = (followed.as_slice(), created.as_slice());
            made.dangling = self.follow_names(&mut all, &deleted, sides, &mut origins)?;
        }
        all.retain(|place, edits| !deleted.contains(place) && !edits.is_nothing());
        let all: Vec<(Extent, Edits)> = all.into_iter().collect();
        let changed = |chunk| self.changed(chunk, &origins);
        for part in self.task.pool.map_ordered(all.chunks(CHUNK), changed) {
            made.append_changed(part?);
        }
        made.deleted.extend(deleted);
        made.deleted.sort_unstable();
        for &place in &made.deleted {
            self.stage.tell_old(&origins, place, None, &mut made.whys)?;
        }
        Ok(made)
    }

    /// Writes some entries that change.
    fn changed(&self, all: &[(Extent, Edits)], origins: &Origins) -> Result<MadeEntries> {
        let mut made = MadeEntries::default();
        for (place, edits) in all {
            let old = self.task.directory.entry(*place)?;
            let is_renamed = edits.dn.is_some();
            let before = self.task.tells.then(|| old.clone());
            let entry = edited(self.task.schema, old, edits);
            if let Some(old) = &before {
                self.stage.tell_old(origins, *place, Some((old, &entry)), &mut made.whys)?;
            }
            let range = made.write(entry);
            made.changed.push((*place, range, is_renamed));
        }
        Ok(made)
    }

    /// What the flows of a mapping change in an entry.
    fn effects(&self, n: usize, before: Option<Extent>, edits: &Edits) -> Vec<Effect> {
        let none = Entry::new(Dn::default());
        let none = Fields::of(&self.stage.plan.fields, &none);
        let all = before.map(|place| {
            self.stage.reader().with(self.task.directory, place, |fields| {
                Ok(self.effects_of(Some(n), fields, Some(fields.dn()), edits))
            })
        });
        all.and_then(Result::ok).unwrap_or_else(|| self.effects_of(Some(n), &none, None, edits))
    }

    /// What changes in an entry that becomes inactive.
    fn effects_of_leaver(&self, place: Extent, edits: &Edits) -> Result<Vec<Effect>> {
        self.stage.reader().with(self.task.directory, place, |fields| {
            Ok(self.effects_of(None, fields, Some(fields.dn()), edits))
        })
    }

    /// What changes in an entry by the flows of a mapping, or by none.
    fn effects_of(
        &self,
        n: Option<usize>,
        before: &Fields<'_>,
        dn: Option<&Dn>,
        edits: &Edits,
    ) -> Vec<Effect> {
        let joined = |values: &[&[u8]]| (!values.is_empty()).then(|| values.join(&b"; "[..]));
        let effect = |(name, values): &(String, Vec<Vec<u8>>)| {
            let is_it = |flow: &&Ready<'_>| {
                flow.goes(Toward::Directory) && flow.target(Toward::Directory) == name
            };
            let flows = n.map(|n| self.stage.plan.mappings[n].flows.iter());
            let line = flows.and_then(|mut flows| flows.find(is_it)).map(|flow| flow.flow.line);
            let held = self.stage.view(before).of(name);
            let old = joined(&held.iter().map(AsRef::as_ref).collect::<Vec<_>>());
            let new = joined(&values.iter().map(Vec::as_slice).collect::<Vec<_>>());
            Effect::new(line, name, (old.as_deref(), new.as_deref()))
        };
        let mut all: Vec<Effect> = edits.attributes.iter().map(effect).collect();
        if let Some(after) = edits.dn.as_ref().filter(|after| Some(*after) != dn) {
            let old = dn.map(|dn| dn.to_string().into_bytes());
            let new = after.to_string().into_bytes();
            all.push(Effect::new(None, NAME, (old.as_deref(), Some(&new))));
        }
        all
    }
}

impl Stage<'_, '_> {
    /// What makes an entry inactive, as far as it is not.
    pub(super) fn inactivated_entry(&self, n: usize, place: Extent) -> Result<Edits> {
        let mapping = self.plan.mappings[n].mapping;
        let mut edits = Edits::default();
        let Some(inactivate) = &mapping.inactivate.to_directory else { return Ok(edits) };
        self.reader().with(self.task.directory, place, |fields| {
            let view = self.view(fields);
            for (name, value) in &inactivate.set {
                set(self.task.schema, view, name, vec![value.clone().into_bytes()], &mut edits);
            }
            for name in &inactivate.clear {
                set(self.task.schema, view, name, Vec::new(), &mut edits);
            }
            if let (Some(below), Some(rdn)) = (&inactivate.move_to, fields.dn().rdn()) {
                let moved = below.child(rdn.clone());
                let key = |dn: &Dn| dn_key(self.task.schema, dn);
                edits.dn = (key(&moved) != key(fields.dn())).then_some(moved);
            }
            edits.classes = classes_of(self.task.schema, mapping, Some(fields), &edits);
            Ok(edits)
        })
    }
}

/// Entries that come, each once: what several mappings make of one row under one name is one.
#[derive(Default)]
struct NewEntries {
    edits: Vec<Edits>,
    /// By the table and the place of the row, and the key of the name.
    numbers: HashMap<(usize, Extent, Vec<u8>), usize>,
}

impl NewEntries {
    /// Adds what a mapping makes of a row; answers the number of the entry.
    fn add(&mut self, schema: &Schema, (table, row): (usize, Extent), edits: Edits) -> usize {
        let name = edits.dn.as_ref().map(|dn| dn_key(schema, dn)).unwrap_or_default();
        let number = *self.numbers.entry((table, row, name)).or_insert(self.edits.len());
        match self.edits.get_mut(number) {
            Some(known) => known.append(edits),
            None => self.edits.push(edits),
        }
        number
    }
}

impl MadeEntries {
    /// Adds entries that change, and nothing else.
    fn append_changed(&mut self, more: MadeEntries) {
        let before = self.text.len();
        let moved = |(place, range, is_renamed): (Extent, Range<usize>, bool)| {
            (place, range.start + before..range.end + before, is_renamed)
        };
        self.text.extend(more.text);
        self.changed.extend(more.changed.into_iter().map(moved));
        self.whys.old.extend(more.whys.old);
    }

    fn write(&mut self, entry: Entry<'_>) -> Range<usize> {
        let start = self.text.len();
        let writer = Writer { wrap: 0 };
        let name = entry.dn.to_string();
        let record = LdifRecord::Content(entry);
        // Its first attribute is the class, so that none makes a change of it.
        let _ = writer.record(&mut self.text, name.as_bytes(), &record);
        // The empty line behind it is no part of it.
        start..self.text.len().saturating_sub(1).max(start)
    }
}
