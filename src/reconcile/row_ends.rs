//! References of entries as they are to stand in a table: the entry that one leads to, and what its row is
//! called.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use crate::error::Result;
use crate::mapping::Toward;
use crate::reconcile::database::Follower;
use crate::reconcile::ends::{Ends, Forms, Led, Which};
use crate::reconcile::entries::NameKeys;
use crate::reconcile::fields::{Field, FieldReader, Fields};
use crate::reconcile::flow::{Brought, Ready};
use crate::reconcile::idle::Idle;
use crate::reconcile::made::cell;
use crate::reconcile::made_row::{canonical, normal_reference};
use crate::reconcile::record::Record;
use crate::reconcile::sequence::Sequences;
use crate::reconcile::spelled::{forms_of_rows, may_lead};
use crate::reconcile::stage::{Pair, Partners};
use crate::source::{Extent, TypeSet};
use crate::table::Value;

/// The two ends of references that lead by an attribute to a column.
pub(super) struct RowEnds<'e, 's, 'm> {
    follower: Follower<'e, 's, 'm>,
    n: usize,
    column: usize,
    /// The flow by which the column gets its values.
    feed: Option<&'e Ready<'m>>,
    /// The type that it reads, where it takes one text as it is.
    fed_as_is: Option<(Field, TypeSet<'m>)>,
    /// Who reads that, and who reads all that the mappings may ask for.
    readers: Idle<FieldReader<'e, 'm>>,
    all_readers: Idle<FieldReader<'e, 'm>>,
    sequences: &'e Sequences,
    partners: Partners,
    /// Which sources are followed.
    followed: Vec<bool>,
    /// Which targets come back, and are of the mapping from now on.
    coming: HashSet<u32>,
    /// The targets of which nobody knows what they are: they stay wherever they are referred to.
    ambiguous: HashSet<u32>,
    /// The sources by an attribute, where it is not the name.
    by_attribute: Option<Forms<'e>>,
    attribute: Option<&'m str>,
    keys: NameKeys<'e>,
    /// The targets by the column, once somebody asked.
    by_column: OnceLock<Forms<'e>>,
    /// The same however it is spelled.
    by_spelling: OnceLock<Forms<'e>>,
}

impl<'e, 's, 'm> RowEnds<'e, 's, 'm> {
    /// Those of some references.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn new(
        follower: Follower<'e, 's, 'm>,
        (n, attribute, column): Which<'m>,
        all: &[Pair],
        sequences: &'e Sequences,
    ) -> Result<RowEnds<'e, 's, 'm>> {
        let stage = follower.stage;
        let mut partners = stage.partners(n);
        let mut followed = vec![false; stage.sources(n).count() as usize];
        for &(source, target) in all {
            followed[source as usize] = true;
            partners.set(source, target);
        }
        let feeds = |flow: &&Ready<'_>| {
            flow.goes(Toward::Database)
                && flow.child.is_none()
                && flow.column == Some(column)
                && flow.reference.is_none()
        };
        let feed = stage.plan.mappings[n].flows.iter().find(feeds);
        let bare = feed.filter(|feed| feed.is_bare).and_then(|feed| feed.field);
        let types = |field| stage.plan.fields.types_of(std::iter::once(field));
        let fed_as_is = bare.map(|field| (field, types(field)));
        let sources = stage.sources(n);
        let is_meant = |source| sources.known.is_meant(source);
        let by_attribute = attribute.map(|name| Forms::of_entries(stage, n, name, is_meant));
        let by_attribute = by_attribute.transpose()?;
        let known = &stage.rows[n].known;
        let coming = all.iter().filter_map(|pair| pair.1.filter(|one| !known.is_meant(*one)));
        let coming = coming.collect();
        Ok(RowEnds {
            follower,
            n,
            column,
            feed,
            fed_as_is,
            readers: Idle::default(),
            all_readers: Idle::default(),
            sequences,
            partners,
            followed,
            coming,
            ambiguous: stage.cases[n].ambiguous_targets(),
            by_attribute,
            attribute,
            keys: NameKeys::new(follower.task.schema),
            by_column: OnceLock::new(),
            by_spelling: OnceLock::new(),
        })
    }

    /// The source that a value leads to.
    fn source(&self, value: &[u8]) -> Result<Option<u32>> {
        if let Some(forms) = &self.by_attribute {
            return forms.find(&normal_reference(self.follower.task, self.attribute, value));
        }
        let (stage, task) = (self.follower.stage, self.follower.task);
        let members = stage.sources(self.n);
        let source = stage.entries.member(self.n, task.directory, &self.keys, value);
        Ok(source.filter(|&source| members.known.is_meant(source)))
    }

    /// What a source will be called in the column.
    fn called(&self, source: u32) -> Result<Option<Value<'e>>> {
        let Follower { stage, task, .. } = self.follower;
        let is_followed = self.followed[source as usize];
        let target = self.partners.of(source);
        if target.is_none() && !is_followed {
            return Ok(None);
        }
        let mapping = &stage.plan.mappings[self.n];
        let rows = &task.tables[mapping.table].rows;
        let old = match target {
            Some(target) => rows.cell(stage.rows[self.n].place(target), self.column)?,
            None => None,
        };
        let feed = self.feed.filter(|_| is_followed);
        let counted = &task.tables[mapping.table].counted;
        let is_made = || mapping.generated.contains(&self.column) || counted.contains(&self.column);
        if feed.is_none() && (target.is_some() || !is_made()) {
            return Ok(old);
        }
        let place = stage.sources(self.n).place(source);
        if let Some(old) = &old
            && self.is_seen_same(place, old)
        {
            return Ok(Some(old.clone()));
        }
        let called = |fields: &Fields<'_>| {
            let record = Record::Entry(stage.view(fields));
            let fed = feed.and_then(|feed| self.fed(feed, &record, source, &old));
            if let Some(fed) = fed.filter(|fed| fed.is_some() || !is_made()) {
                return Ok(fed);
            }
            if target.is_some() || !is_made() {
                return Ok(old);
            }
            Ok(self.follower.made_key(self.n, &record, self.column).ok().flatten())
        };
        self.all_readers.with(|| stage.reader(), |one| one.with(task.directory, place, called))
    }

    /// Whether the flow of the column is seen to say what the column holds.
    fn is_seen_same(&self, place: Extent, old: &Value<'_>) -> bool {
        let Follower { stage, task, .. } = self.follower;
        let Some((field, types)) = &self.fed_as_is else { return false };
        let is_text = std::str::from_utf8(&old.bytes).is_ok_and(|text| !text.is_empty());
        let text = Some(Cow::Borrowed(&*old.bytes));
        let new = || {
            let (field, types) = (Cow::Owned(vec![*field]), Cow::Owned(types.clone()));
            FieldReader::of_fields(&stage.plan.fields, field, types)
        };
        is_text && self.readers.with(new, |one| one.has_only(task.directory, place, &[text]))
    }

    /// What the flow of the column says; `None` where it says nothing.
    fn fed(
        &self,
        feed: &Ready<'m>,
        record: &Record<'_>,
        source: u32,
        old: &Option<Value<'e>>,
    ) -> Option<Option<Value<'e>>> {
        let Follower { stage, task, .. } = self.follower;
        let columns = task.tables[stage.plan.mappings[self.n].table].rows.columns;
        let is_new = self.partners.of(source).is_none();
        match feed.brought(record, Toward::Database, is_new, &stage.plan.zone) {
            Ok(Brought::Values(values)) => {
                let one = feed.one(values).ok().flatten();
                let normal = |words: &[u8]| feed.normal(task.schema, words).into_owned();
                let is_kept = |old: &Value<'_>| {
                    one.as_ref().is_none_or(|one| normal(&old.bytes) == normal(one))
                };
                Some(match old {
                    Some(old) if is_kept(old) => Some(old.clone()),
                    _ => one.and_then(|one| cell(columns, self.column, &one)),
                })
            }
            Ok(Brought::Next) => {
                let number = self.sequences.number(self.n, feed.flow.line, source);
                let number = number.and_then(|number| cell(columns, self.column, &number));
                (is_new || number.is_some()).then_some(number)
            }
            _ => None,
        }
    }

    /// The table of the targets.
    fn table(&self) -> usize {
        self.follower.stage.plan.mappings[self.n].table
    }

    /// Whether the database finds a target by another spelling of a value.
    fn has_spelling(&self, form: &[u8]) -> Result<bool> {
        let Follower { stage, task, .. } = self.follower;
        if !may_lead(task, self.table(), &[self.column], |_, _| true) {
            return Ok(false);
        }
        let forms = match self.by_spelling.get() {
            Some(forms) => forms,
            None => {
                let forms = forms_of_rows(stage, self.n, self.column, self.is_of_it())?;
                self.by_spelling.get_or_init(|| forms)
            }
        };
        let form = task.tables[self.table()].form(self.column, form);
        Ok(forms.find_only(&form)?.is_some())
    }

    /// Whether a target is of the mapping.
    fn is_of_it(&self) -> impl Fn(u32) -> bool + Sync + Send + use<'e, 's, 'm> {
        let known = &self.follower.stage.rows[self.n].known;
        let (coming, ambiguous) = (self.coming.clone(), self.ambiguous.clone());
        move |target| {
            !ambiguous.contains(&target) && (known.is_meant(target) || coming.contains(&target))
        }
    }

    /// The targets by what the column holds.
    fn by_column(&self) -> Result<&Forms<'e>> {
        if let Some(forms) = self.by_column.get() {
            return Ok(forms);
        }
        let Follower { stage, task, .. } = self.follower;
        let (n, column, is_of_it) = (self.n, self.column, self.is_of_it());
        let rows = &task.tables[stage.plan.mappings[n].table].rows;
        let members = &stage.rows[n];
        let forms = move |target: u32| {
            if !is_of_it(target) {
                return Ok(Vec::new());
            }
            let value = rows.cell(members.place(target), column)?;
            let words = value.iter().map(|value| canonical(rows.columns, column, &value.bytes));
            Ok(words.map(Cow::into_owned).collect())
        };
        let forms = Forms::new(task.pool, stage.marker, members.count(), forms)?;
        Ok(self.by_column.get_or_init(|| forms))
    }
}

impl Ends for RowEnds<'_, '_, '_> {
    fn led(&self, value: &[u8]) -> Result<Led<'_>> {
        let Some(source) = self.source(value)? else { return Ok(Led::Away) };
        if self.follower.stage.cases[self.n].is_ambiguous(source) {
            return Ok(Led::Unsure);
        }
        Ok(self.called(source)?.map_or(Led::Nowhere, Led::To))
    }

    fn ahead(&self, values: &[&[u8]]) {
        let Follower { stage, task, .. } = self.follower;
        let normal = |value: &&[u8]| normal_reference(task, self.attribute, value).into();
        let sources = match &self.by_attribute {
            Some(forms) => forms.some(values.iter().map(normal)),
            None => {
                let names = (&self.keys, values);
                stage.entries.some_members(self.n, task.directory, names)
            }
        };
        let is_certain = |source: &u32| {
            !stage.cases[self.n].is_ambiguous(*source) && self.followed[*source as usize]
        };
        let targets = sources.into_iter().filter(is_certain);
        let targets = targets.filter_map(|source| self.partners.of(source));
        let targets: Vec<u32> = targets.collect();
        let places = targets.iter().map(|target| stage.rows[self.n].place(*target));
        let places: Vec<Extent> = places.collect();
        let rows = &task.tables[self.table()].rows;
        places.iter().for_each(|row| rows.touch(*row, 1));
    }

    fn is_ours(&self, value: &[u8]) -> Result<bool> {
        let rows = &self.follower.task.tables[self.table()].rows;
        let form = canonical(rows.columns, self.column, value);
        Ok(self.by_column()?.find(&form)?.is_some() || self.has_spelling(&form)?)
    }

    fn is_unsure(&self, value: &[u8]) -> bool {
        let Follower { stage, task, .. } = self.follower;
        let sources = stage.sources(self.n);
        if self.by_attribute.is_some() {
            return sources.is_unsure || !sources.bad.is_empty();
        }
        match stage.entries.named(task.directory, value) {
            Some(place) => stage.skipped.entry(place).is_some(),
            None => stage.skipped.entries.iter().any(|reject| reject.dn.is_none()),
        }
    }
}
