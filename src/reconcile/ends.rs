//! What references lead to: records of another mapping, under what they are called on the side that is
//! obeyed, and what they will be called on the other.

use std::borrow::Cow;
use std::ops::Deref;

use crate::error::{FlowFault, Result};
use crate::mapping::Toward;
use crate::parallel::Pool;
use crate::reconcile::flow::{Ready, ReadyReference};
use crate::reconcile::keys::marks_of;
use crate::reconcile::made_row::{ambiguous, normal_reference, unresolved};
use crate::reconcile::marks::{ByMark, Mark, Marker, Marks};
use crate::reconcile::stage::Stage;
use crate::table::Value;

/// Both ends of the references that lead to one mapping by one attribute and one column.
pub(super) trait Ends: Sync {
    /// Where a value of the side that is obeyed leads.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    fn led(&self, value: &[u8]) -> Result<Led<'_>>;

    /// Asks for the memory that looks at where these values lead will want. It comes at once for all, where one
    /// look after the other would wait for each line of it.
    fn ahead(&self, values: &[&[u8]]);

    /// Whether a value of the side that is changed leads to a record of the mapping.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    fn is_ours(&self, value: &[u8]) -> Result<bool>;

    /// Whether a value of the side that is changed leads to a record of the mapping that becomes inactive, and is none of it
    /// from then on.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    fn is_leaving(&self, _value: &[u8]) -> Result<bool> {
        Ok(false)
    }

    /// Whether a value of the side that is obeyed that leads to no record may lead to one that cannot be read.
    fn is_unsure(&self, value: &[u8]) -> bool;

    /// The sentence about a value of the side that is obeyed that leads to no record, or to one of which nobody
    /// knows what its counterpart is.
    ///
    /// # Errors
    ///
    /// It may lead to one that cannot be read.
    fn unresolved(
        &self,
        flow: &Ready<'_>,
        toward: Toward,
        (value, led): (&[u8], &Led<'_>),
    ) -> std::result::Result<String, FlowFault> {
        match led {
            Led::Unsure => Ok(ambiguous(flow, toward, value)),
            _ if self.is_unsure(value) => Err(FlowFault::LeadsToUnread { value: value.to_vec() }),
            _ => Ok(unresolved(flow, toward, value)),
        }
    }

    /// What is to stand for a value of the side that is changed in `attribute`, where the record that it leads to,
    /// whichever mapping that is of, will be called otherwise.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    fn renamed(&self, _attribute: &str, _value: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// Where a value of a reference leads.
#[derive(Debug)]
pub(super) enum Led<'e> {
    /// To a record that is called so on the side that is changed.
    To(Value<'e>),
    /// To a record of which is not known yet what it will be called.
    Later,
    /// To a record that has no counterpart.
    Nowhere,
    /// To one of which nobody knows what its counterpart is: it may be one of several, or another's.
    Unsure,
    /// To no record of the mapping.
    Away,
}

/// All of them, each once.
pub(super) struct AllEnds<'e> {
    all: Vec<(Which<'e>, Box<dyn Ends + 'e>)>,
}

/// The mapping, the attribute and the column that references lead by.
pub(super) type Which<'m> = (usize, Option<&'m str>, usize);

impl<'e> AllEnds<'e> {
    /// Those of some references.
    ///
    /// # Errors
    ///
    /// Those of `ends`.
    pub(super) fn new(
        references: impl Iterator<Item = ReadyReference<'e>>,
        mut ends: impl FnMut(Which<'e>) -> Result<Box<dyn Ends + 'e>>,
    ) -> Result<AllEnds<'e>> {
        let mut all: Vec<(Which<'e>, Box<dyn Ends + 'e>)> = Vec::new();
        for reference in references {
            let which = (reference.mapping, reference.attribute, reference.column);
            if !all.iter().any(|(other, _)| *other == which) {
                all.push((which, ends(which)?));
            }
        }
        Ok(AllEnds { all })
    }

    /// Those of a reference.
    pub(super) fn of(&self, reference: &ReadyReference<'_>) -> Option<&dyn Ends> {
        let which = (reference.mapping, reference.attribute, reference.column);
        self.all.iter().find(|(other, _)| *other == which).map(|(_, ends)| &**ends)
    }
}

/// Something of one's own, or of another's.
enum Held<'h, T> {
    Own(T),
    Lent(&'h T),
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Held::Own(own) => own,
            Held::Lent(lent) => lent,
        }
    }
}

/// Records by what refers to them, in the form that equal values share.
pub(super) struct Forms<'f> {
    marker: &'f Marker,
    marks: Held<'f, Marks>,
    index: ByMark,
    /// Whether a record has a form.
    has: Box<Has<'f>>,
}

/// Whether a record has a form.
type Has<'f> = dyn Fn(u32, &[u8]) -> Result<bool> + Sync + Send + 'f;

impl<'f> Forms<'f> {
    /// So many records, and the forms of each: none of those that are not referred to.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn new(
        pool: &Pool,
        marker: &'f Marker,
        count: u32,
        forms: impl Fn(u32) -> Result<Vec<Vec<u8>>> + Sync + Send + 'f,
    ) -> Result<Forms<'f>> {
        const CHUNK: u32 = 4096;
        let chunks = (0..count).step_by(CHUNK as usize);
        let parts = pool.map_ordered(chunks, |start| -> Result<Marks> {
            let mut marks = Marks::default();
            for n in start..count.min(start + CHUNK) {
                marks.push(&marks_of(marker, &forms(n)?));
            }
            Ok(marks)
        });
        let mut marks = Marks::default();
        for part in parts {
            marks.append(part?);
        }
        let has = move |n: u32, form: &[u8]| Ok(forms(n)?.iter().any(|other| other == form));
        let index = ByMark::new(&marks);
        Ok(Forms { marker, marks: Held::Own(marks), index, has: Box::new(has) })
    }

    /// The entries that a mapping is about by an attribute of theirs, as far as they are of it.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn of_entries(
        stage: &'f Stage<'_, '_>,
        mapping: usize,
        name: &'f str,
        is_of_it: impl Fn(u32) -> bool + Sync + Send + 'f,
    ) -> Result<Forms<'f>> {
        let (task, members) = (stage.task, &stage.entries.members[mapping]);
        let forms = move |n: u32| {
            if !is_of_it(n) || members.is_bad(n) {
                return Ok(Vec::new());
            }
            stage.reader().with(task.directory, members.place(n), |fields| {
                let values = stage.view(fields).of(name).into_iter();
                Ok(values.map(|value| normal_reference(task, Some(name), &value)).collect())
            })
        };
        Forms::new(task.pool, stage.marker, members.count(), forms)
    }

    /// Records whose marks are known already, and who of them has a form.
    pub(super) fn of(
        marker: &'f Marker,
        marks: &'f Marks,
        has: impl Fn(u32, &[u8]) -> Result<bool> + Sync + Send + 'f,
    ) -> Forms<'f> {
        let index = ByMark::new(marks);
        Forms { marker, marks: Held::Lent(marks), index, has: Box::new(has) }
    }

    /// Records that probably have these forms.
    pub(super) fn some<'v>(&self, forms: impl Iterator<Item = Cow<'v, [u8]>>) -> Vec<u32> {
        let sought: Vec<Mark> = forms.map(|form| self.marker.mark(&form)).collect();
        self.index.some(&self.marks, &sought)
    }

    /// The last record that has this form.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn find(&self, form: &[u8]) -> Result<Option<u32>> {
        self.last(form).map(|(found, _)| found)
    }

    /// The record that has this form, where no other has.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn find_only(&self, form: &[u8]) -> Result<Option<u32>> {
        self.last(form).map(|(found, count)| found.filter(|_| count == 1))
    }

    /// The last record that has this form, and how many have it.
    fn last(&self, form: &[u8]) -> Result<(Option<u32>, usize)> {
        let mark: Mark = self.marker.mark(form);
        let (mut found, mut count) = (None, 0);
        for n in self.index.find(&self.marks, mark) {
            if (self.has)(n, form)? {
                (found, count) = (Some(n), count + 1);
            }
        }
        Ok((found, count))
    }
}
