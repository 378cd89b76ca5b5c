//! References of rows as they are to stand in a directory: the row that one leads to, and what its entry is
//! called.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use crate::error::Result;
use crate::reconcile::directory::{Called, Follower};
use crate::reconcile::ends::{Ends, Forms, Led, Which};
use crate::reconcile::made_row::{canonical, normal_reference};
use crate::reconcile::sequence::Sequences;
use crate::reconcile::stage::{Pair, Partners};
use crate::table::{Said, Value};

/// The two ends of references that lead by a column to an attribute.
pub(super) struct EntryEnds<'e, 's, 'm> {
    follower: Follower<'e, 's, 'm>,
    n: usize,
    attribute: Option<&'m str>,
    partners: Partners,
    called: &'e Called,
    /// Which sources are followed.
    followed: Vec<bool>,
    /// Which targets are followed: one that comes back is of the mapping from now on.
    coming: HashSet<u32>,
    /// The sources by the column.
    by_column: Forms<'e>,
    /// The table and the column that they are known by.
    column: (usize, usize),
    /// The targets by the attribute, once somebody asked.
    by_attribute: OnceLock<Forms<'e>>,
}

impl<'e, 's, 'm> EntryEnds<'e, 's, 'm> {
    /// Those of some references.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn new(
        follower: Follower<'e, 's, 'm>,
        (n, attribute, column): Which<'m>,
        all: &[Pair],
        called: &'e Called,
    ) -> Result<EntryEnds<'e, 's, 'm>> {
        let Follower { stage, task } = follower;
        let partners = stage.partners(n);
        let mut followed = vec![false; stage.sources(n).places.len()];
        for &(source, _) in all.iter().filter(|(source, _)| called.can_be_named(*source)) {
            followed[source as usize] = true;
        }
        let coming = match stage.targets(n).known.are_all_meant() {
            true => HashSet::new(),
            false => {
                let all = all.iter().filter(|(source, _)| called.can_be_named(*source));
                all.filter_map(|(source, _)| partners.of(*source)).collect()
            }
        };
        let table = stage.plan.mappings[n].table;
        let rows = &task.tables[table].rows;
        let members = stage.sources(n);
        let forms = move |source: u32| {
            if !members.known.is_meant(source) {
                return Ok(Vec::new());
            }
            let row = rows.read(members.places[source as usize])?;
            let words =
                row[column].iter().map(|value| canonical(rows.columns, column, &value.bytes));
            Ok(words.collect())
        };
        Ok(EntryEnds {
            follower,
            n,
            attribute,
            partners,
            called,
            followed,
            coming,
            by_column: Forms::new(task.pool, members.count(), forms)?,
            column: (table, column),
            by_attribute: OnceLock::new(),
        })
    }

    /// What the entry of a source will be called, or will have in the attribute.
    fn called(&self, source: u32) -> Result<Option<Cow<'_, [u8]>>> {
        let Follower { stage, task } = self.follower;
        let target = self.partners.of(source);
        let place = target.map(|target| stage.targets(self.n).places[target as usize]);
        if let Some(name) = self.attribute {
            return self.value_of(source, name);
        }
        if let Some(dn) = self.called.anew.get(&source) {
            return Ok(Some(Cow::Owned(dn.to_string().into_bytes())));
        }
        let Some(place) = place else { return Ok(None) };
        Ok(Some(match task.directory.plain_dn(place) {
            Some(name) => Cow::Borrowed(name.trim_ascii_start()),
            None => Cow::Owned(task.directory.name_text(place)?),
        }))
    }

    /// What the entry of a source will have in an attribute.
    fn value_of(&self, source: u32, name: &str) -> Result<Option<Cow<'_, [u8]>>> {
        let Follower { stage, task } = self.follower;
        let mut reader = stage.reader();
        if self.followed[source as usize] {
            let none = Sequences::default();
            let which = (self.n, source, None);
            let fed = self.follower.with(which, &none, &mut reader, |one| Ok(one.fed(name)))?;
            if let Some(fed) = fed {
                return Ok(Some(Cow::Owned(fed)));
            }
        }
        let Some(target) = self.partners.of(source) else { return Ok(None) };
        let place = stage.targets(self.n).places[target as usize];
        reader.with(task.directory, place, |fields| {
            let first = stage.view(fields).of(name).into_iter().next();
            Ok(first.map(|value| Cow::Owned(value.into_owned())))
        })
    }

    /// Whether a target is of the mapping.
    fn is_of_it(&self, target: u32) -> bool {
        let known = &self.follower.stage.targets(self.n).known;
        known.is_meant(target) || self.coming.contains(&target)
    }

    /// The targets by the attribute.
    fn by_attribute(&self, name: &'m str) -> Result<&Forms<'e>> {
        if let Some(forms) = self.by_attribute.get() {
            return Ok(forms);
        }
        let Follower { stage, task } = self.follower;
        let (members, coming) = (stage.targets(self.n), self.coming.clone());
        let forms = move |target: u32| {
            if !members.known.is_meant(target) && !coming.contains(&target) {
                return Ok(Vec::new());
            }
            stage.reader().with(task.directory, members.places[target as usize], |fields| {
                let values = stage.view(fields).of(name).into_iter();
                Ok(values.map(|value| normal_reference(task, Some(name), &value)).collect())
            })
        };
        let forms = Forms::new(task.pool, members.count(), forms)?;
        Ok(self.by_attribute.get_or_init(|| forms))
    }
}

impl Ends for EntryEnds<'_, '_, '_> {
    fn led(&self, value: &[u8]) -> Result<Led<'_>> {
        let (table, column) = self.column;
        let form = canonical(self.follower.task.tables[table].rows.columns, column, value);
        let Some(source) = self.by_column.find(&form)? else { return Ok(Led::Away) };
        let called = self.called(source)?;
        Ok(called.map_or(Led::Nowhere, |bytes| Led::To(Value { said: Said::Nothing, bytes })))
    }

    fn is_ours(&self, value: &[u8]) -> Result<bool> {
        let Follower { stage, task } = self.follower;
        if let Some(name) = self.attribute {
            let form = normal_reference(task, Some(name), value);
            return Ok(self.by_attribute(name)?.find(&form)?.is_some());
        }
        let place = stage.entries.named(task.directory, value);
        let target = place.and_then(|place| stage.targets(self.n).at(place));
        Ok(target.is_some_and(|target| self.is_of_it(target)))
    }
}
