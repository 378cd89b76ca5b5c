//! References of rows as they are to stand in a directory: the row that one leads to, and what its entry is
//! called.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::attribute::type_of;
use crate::error::Result;
use crate::mapping::{Action, Toward};
use crate::matching::Reference;
use crate::reconcile::directory::{Follower, Names};
use crate::reconcile::ends::{Ends, Forms, Led, Which};
use crate::reconcile::entries::NameKeys;
use crate::reconcile::flow::Ready;
use crate::reconcile::made_entry::OneEntry;
use crate::reconcile::made_row::{canonical, normal_reference};
use crate::reconcile::sequence::Sequences;
use crate::reconcile::spelled::{forms_of_rows, may_lead};
use crate::reconcile::stage::{Pair, Partners};
use crate::source::Extent;
use crate::table::{Said, Value};

/// How many lines of memory the name of an entry mostly takes.
const NAME: usize = 2;

/// The two ends of references that lead by a column to an attribute.
pub(super) struct EntryEnds<'e, 's, 'm> {
    follower: Follower<'e, 's, 'm>,
    n: usize,
    attribute: Option<&'m str>,
    keys: NameKeys<'e>,
    partners: Partners,
    /// What entries are to be called, once that is known.
    names: &'e OnceLock<Names<'m>>,
    sequences: &'e Sequences,
    /// The sources of all mappings that are followed.
    all: &'e [Vec<Pair>],
    /// Which sources are followed.
    followed: Vec<bool>,
    /// Which targets come back and are of the mapping from now on, and whom they follow.
    coming: HashMap<u32, u32>,
    /// The targets of which nobody knows what they are: they stay wherever they are referred to.
    ambiguous: HashSet<u32>,
    /// The sources by the column.
    by_column: Forms<'e>,
    /// The table and the column that they are known by.
    column: (usize, usize),
    /// The sources by the column however it is spelled, once somebody asked.
    by_spelling: OnceLock<Forms<'e>>,
    /// The targets by the attribute, once somebody asked.
    by_attribute: OnceLock<Forms<'e>>,
    /// What those have in the attribute of which nobody knows what they are, once somebody asked.
    ambiguous_forms: OnceLock<HashSet<Vec<u8>>>,
    /// The same of each mapping that says what entries are to have in it.
    fed: OnceLock<Vec<FedEntries<'e>>>,
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
        all: &'e [Vec<Pair>],
        names: &'e OnceLock<Names<'m>>,
        sequences: &'e Sequences,
    ) -> Result<EntryEnds<'e, 's, 'm>> {
        let Follower { stage, task, .. } = follower;
        let partners = stage.partners(n);
        let mut followed = vec![false; stage.sources(n).count() as usize];
        all[n].iter().for_each(|(source, _)| followed[*source as usize] = true);
        let known = &stage.targets(n).known;
        let coming = |&(source, _): &Pair| {
            let target = partners.of(source).filter(|target| !known.is_meant(*target))?;
            Some((target, source))
        };
        let coming = all[n].iter().filter_map(coming).collect();
        let mapping = &stage.plan.mappings[n];
        let rows = &task.tables[mapping.table].rows;
        let members = stage.sources(n);
        let has = move |source: u32, form: &[u8]| {
            let value = rows.cell(members.place(source), column)?;
            Ok(value.is_some_and(|value| *canonical(rows.columns, column, &value.bytes) == *form))
        };
        let at = mapping.led_by.iter().position(|one| *one == column).unwrap_or_default();
        Ok(EntryEnds {
            follower,
            n,
            attribute,
            keys: NameKeys::new(task.schema),
            partners,
            names,
            sequences,
            all,
            followed,
            coming,
            ambiguous: stage.cases[n].ambiguous_targets(),
            by_column: Forms::of(stage.marker, &members.led[at], has),
            column: (mapping.table, column),
            by_spelling: OnceLock::new(),
            by_attribute: OnceLock::new(),
            ambiguous_forms: OnceLock::new(),
            fed: OnceLock::new(),
        })
    }

    /// Whether a followed source has a name, as far as it is known.
    fn can_be_named(&self, source: u32) -> bool {
        self.names.get().is_none_or(|names| names.called[self.n].can_be_named(source))
    }

    /// What the entry of a source will be called, or will have in the attribute.
    fn called(&self, source: u32) -> Result<Led<'_>> {
        let Follower { stage, task, .. } = self.follower;
        let found = |bytes| Led::To(Value { said: Said::Nothing, bytes });
        if stage.cases[self.n].is_ambiguous(source) {
            return Ok(Led::Unsure);
        }
        if let Some(name) = self.attribute {
            return Ok(self.value_of(source, name)?.map_or(Led::Nowhere, found));
        }
        let target = self.partners.of(source);
        let names = self.names.get();
        match names.map(|names| names.called[self.n].anew.get(&source)) {
            Some(Some(dn)) => return Ok(found(Cow::Owned(dn.to_string().into_bytes()))),
            None if target.is_none() && self.followed[source as usize] => return Ok(Led::Later),
            _ => {}
        }
        let Some(target) = target else { return Ok(Led::Nowhere) };
        let place = stage.targets(self.n).place(target);
        if let Some(names) = names.filter(|names| !names.new.is_empty())
            && let Some((dn, _)) = names.new.of(&task.directory.dn(place)?)
        {
            return Ok(found(Cow::Owned(dn.to_string().into_bytes())));
        }
        Ok(found(match task.directory.plain_dn(place) {
            Some(name) => Cow::Borrowed(name.trim_ascii_start()),
            None => Cow::Owned(task.directory.name_text(place)?),
        }))
    }

    /// What the entry of a source will have in an attribute.
    fn value_of(&self, source: u32, name: &str) -> Result<Option<Cow<'_, [u8]>>> {
        let Follower { stage, task, .. } = self.follower;
        let mut reader = stage.reader();
        if self.followed[source as usize] && self.can_be_named(source) {
            let which = (self.n, source, self.partners.of(source));
            let fed = |one: &OneEntry<'_, 'm>| Ok(one.fed(name));
            let fed = self.follower.with(which, self.sequences, &mut reader, fed)?;
            if let Some(fed) = fed.and_then(|values| values.into_iter().next()) {
                return Ok(Some(Cow::Owned(fed)));
            }
        }
        let known = |target: &u32| !stage.targets(self.n).is_bad(*target);
        let Some(target) = self.partners.of(source).filter(known) else { return Ok(None) };
        let place = stage.targets(self.n).place(target);
        reader.with(task.directory, place, |fields| {
            let first = stage.view(fields).of(name).into_iter().next();
            Ok(first.map(|value| Cow::Owned(value.into_owned())))
        })
    }

    /// Whether a target is of the mapping.
    fn is_of_it(&self, target: u32) -> bool {
        let targets = self.follower.stage.targets(self.n);
        if targets.is_bad(target) || self.ambiguous.contains(&target) {
            return false;
        }
        targets.known.is_meant(target)
            || self.coming.get(&target).is_some_and(|source| self.can_be_named(*source))
    }

    /// The source that the database finds by another spelling of a value.
    fn by_spelling(&self, form: &[u8]) -> Result<Option<u32>> {
        let ((table, column), stage) = (self.column, self.follower.stage);
        if !may_lead(stage.task, table, &[column], |_, _| true) {
            return Ok(None);
        }
        let forms = match self.by_spelling.get() {
            Some(forms) => forms,
            None => {
                let known = &stage.sources(self.n).known;
                let is_of_it = move |source| known.is_meant(source);
                let forms = forms_of_rows(stage, self.n, column, is_of_it)?;
                self.by_spelling.get_or_init(|| forms)
            }
        };
        forms.find_only(&stage.task.tables[table].form(column, form))
    }

    /// Whether an attribute says this of a target of which nobody knows what it is.
    fn may_be_ambiguous(&self, name: &'m str, form: &[u8]) -> Result<bool> {
        if let Some(forms) = self.ambiguous_forms.get() {
            return Ok(forms.contains(form));
        }
        let Follower { stage, task, .. } = self.follower;
        let (mut forms, mut reader) = (HashSet::new(), stage.reader());
        for &target in self.ambiguous.iter().filter(|one| !stage.targets(self.n).is_bad(**one)) {
            let place = stage.targets(self.n).place(target);
            reader.with(task.directory, place, |fields| {
                let values = stage.view(fields).of(name).into_iter();
                forms.extend(values.map(|value| normal_reference(task, Some(name), &value)));
                Ok(())
            })?;
        }
        Ok(self.ambiguous_forms.get_or_init(|| forms).contains(form))
    }

    /// The targets by the attribute.
    fn by_attribute(&self, name: &'m str) -> Result<&Forms<'e>> {
        if let Some(forms) = self.by_attribute.get() {
            return Ok(forms);
        }
        let (stage, coming) = (self.follower.stage, self.coming.clone());
        let known = &stage.targets(self.n).known;
        let is_of_it = move |n| known.is_meant(n) || coming.contains_key(&n);
        let forms = Forms::of_entries(stage, self.n, name, is_of_it)?;
        Ok(self.by_attribute.get_or_init(|| forms))
    }
}

impl Ends for EntryEnds<'_, '_, '_> {
    fn led(&self, value: &[u8]) -> Result<Led<'_>> {
        let (table, column) = self.column;
        let form = canonical(self.follower.task.tables[table].rows.columns, column, value);
        let source = match self.by_column.find(&form)? {
            None => self.by_spelling(&form)?,
            source => source,
        };
        source.map_or(Ok(Led::Away), |source| self.called(source))
    }

    fn ahead(&self, values: &[&[u8]]) {
        let Follower { stage, task, .. } = self.follower;
        let ((table, column), members) = (self.column, stage.sources(self.n));
        let rows = &task.tables[table].rows;
        let forms = values.iter().map(|value| canonical(rows.columns, column, value));
        let sources = self.by_column.some(forms).into_iter();
        let certain = |source: &u32| !stage.cases[self.n].is_ambiguous(*source);
        let led: Vec<(Extent, Option<u32>)> = sources
            .filter(certain)
            .map(|source| (members.place(source), self.partners.of(source)))
            .collect();
        led.iter().for_each(|(row, _)| rows.touch(*row, 1));
        let targets = led.iter().filter_map(|(_, target)| *target);
        let entries: Vec<Extent> =
            targets.map(|target| stage.targets(self.n).place(target)).collect();
        entries.iter().for_each(|entry| task.directory.touch(*entry, NAME));
    }

    fn is_ours(&self, value: &[u8]) -> Result<bool> {
        let Follower { stage, task, .. } = self.follower;
        if let Some(name) = self.attribute {
            let form = normal_reference(task, Some(name), value);
            let target = self.by_attribute(name)?.find(&form)?;
            let is_of_it = target.is_some_and(|target| self.is_of_it(target));
            return Ok(is_of_it && !self.may_be_ambiguous(name, &form)?);
        }
        let target = stage.entries.member(self.n, task.directory, &self.keys, value);
        Ok(target.is_some_and(|target| self.is_of_it(target)))
    }

    fn is_leaving(&self, value: &[u8]) -> Result<bool> {
        let Follower { stage, task, .. } = self.follower;
        let target = match self.attribute {
            Some(name) => {
                self.by_attribute(name)?.find(&normal_reference(task, Some(name), value))?
            }
            None => stage.entries.member(self.n, task.directory, &self.keys, value),
        };
        let case = target.and_then(|target| stage.case_of_leaving(self.n, target));
        Ok(case.is_some_and(|case| stage.action(self.n, &case) == Action::Inactivate))
    }

    fn is_unsure(&self, _value: &[u8]) -> bool {
        let stage = self.follower.stage;
        stage.sources(self.n).is_unsure || stage.is_garbled(self.n)
    }

    fn renamed(&self, attribute: &str, value: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.attribute {
            Some(name) => self.fed_otherwise(name, value),
            None => Ok(self.named_otherwise(attribute, value)),
        }
    }
}

impl<'e, 'm> EntryEnds<'e, '_, 'm> {
    /// A name in an attribute, where its entry or one above it is to be called otherwise.
    fn named_otherwise(&self, attribute: &str, value: &[u8]) -> Option<Vec<u8>> {
        let names = self.names.get().filter(|names| !names.new.is_empty())?;
        let known = self.follower.task.schema.attribute(type_of(attribute.as_bytes()));
        let reference = Reference::parse(known, value)?;
        let (dn, _) = names.new.of(&reference.dn)?;
        Some(reference.with(dn).to_value())
    }

    /// A value of an attribute that one entry has, and is to have another in place of.
    fn fed_otherwise(&self, name: &'m str, value: &[u8]) -> Result<Option<Vec<u8>>> {
        let Follower { stage, task, .. } = self.follower;
        let form = normal_reference(task, Some(name), value);
        let mut found = None;
        for fed in self.fed(name)? {
            let target = fed.by_attribute.find_only(&form)?;
            let source = target.and_then(|target| fed.sources.get(&target));
            let (Some(target), Some(&source)) = (target, source) else { continue };
            let which = (fed.mapping, source, Some(target));
            let values = |one: &OneEntry<'_, 'm>| Ok(one.fed(name));
            let with = |reader: &mut _| self.follower.with(which, self.sequences, reader, values);
            let values = with(&mut stage.reader())?.unwrap_or_default();
            let is_it = |other: &Vec<u8>| normal_reference(task, Some(name), other) == form;
            if !values.iter().any(is_it) {
                found = values.into_iter().next().or(found);
            }
        }
        Ok(found)
    }

    /// The entries of each mapping by the attribute, where a flow says what they are to have in it.
    fn fed(&self, name: &'m str) -> Result<&[FedEntries<'e>]> {
        if let Some(fed) = self.fed.get() {
            return Ok(fed);
        }
        let stage = self.follower.stage;
        let mut all = Vec::new();
        for (mapping, ready) in stage.plan.mappings.iter().enumerate() {
            let feeds = |flow: &Ready<'_>| {
                let fed = flow.target(Toward::Directory).as_bytes();
                stage.task.schema.same_values(fed, name.as_bytes())
            };
            if !ready.is_fed(Toward::Directory, feeds) {
                continue;
            }
            let sources = self.all[mapping].iter();
            let sources = sources.filter_map(|&(source, target)| Some((target?, source)));
            let sources: HashMap<u32, u32> = sources.collect();
            let of_it = sources.clone();
            let is_of_it = move |target| of_it.contains_key(&target);
            let by_attribute = Forms::of_entries(stage, mapping, name, is_of_it)?;
            all.push(FedEntries { mapping, sources, by_attribute });
        }
        Ok(self.fed.get_or_init(|| all))
    }
}

/// The entries that a mapping says the values of an attribute of.
struct FedEntries<'e> {
    mapping: usize,
    /// Whom each of them follows.
    sources: HashMap<u32, u32>,
    by_attribute: Forms<'e>,
}
