//! What references lead to: records of another mapping, under what they are called on the side that is
//! obeyed, and what they will be called on the other.

use crate::error::Result;
use crate::parallel::Pool;
use crate::reconcile::flow::ReadyReference;
use crate::reconcile::known::marks_of;
use crate::reconcile::marks::{ByMark, Mark, Marker, Marks};
use crate::table::Value;

/// Both ends of the references that lead to one mapping by one attribute and one column.
pub(super) trait Ends: Sync {
    /// Where a value of the side that is obeyed leads.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    fn led(&self, value: &[u8]) -> Result<Led<'_>>;

    /// Whether a value of the side that is changed leads to a record of the mapping.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    fn is_ours(&self, value: &[u8]) -> Result<bool>;
}

/// Where a value of a reference leads.
#[derive(Debug)]
pub(super) enum Led<'e> {
    /// To a record that is called so on the side that is changed.
    To(Value<'e>),
    /// To a record that has no counterpart.
    Nowhere,
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

/// Records by what refers to them, in the form that equal values share.
pub(super) struct Forms<'f> {
    marker: Marker,
    marks: Marks,
    index: ByMark,
    /// The forms of a record.
    forms: Box<dyn Fn(u32) -> Result<Vec<Vec<u8>>> + Sync + Send + 'f>,
}

impl<'f> Forms<'f> {
    /// So many records, and the forms of each: none of those that are not referred to.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn new(
        pool: &Pool,
        count: u32,
        forms: impl Fn(u32) -> Result<Vec<Vec<u8>>> + Sync + Send + 'f,
    ) -> Result<Forms<'f>> {
        const CHUNK: u32 = 4096;
        let marker = Marker::hashed();
        let chunks = (0..count).step_by(CHUNK as usize);
        let parts = pool.map_ordered(chunks, |start| -> Result<Marks> {
            let mut marks = Marks::default();
            for n in start..count.min(start + CHUNK) {
                marks.push(&marks_of(&marker, &forms(n)?));
            }
            Ok(marks)
        });
        let mut marks = Marks::default();
        for part in parts {
            marks.append(part?);
        }
        let index = ByMark::new(&marks);
        Ok(Forms { marker, marks, index, forms: Box::new(forms) })
    }

    /// The last record that has this form.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn find(&self, form: &[u8]) -> Result<Option<u32>> {
        let mark: Mark = self.marker.mark(form);
        let mut found = None;
        for n in self.index.find(&self.marks, mark) {
            if (self.forms)(n)?.iter().any(|other| other == form) {
                found = Some(n);
            }
        }
        Ok(found)
    }
}
