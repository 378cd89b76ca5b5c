//! Which records of OLD stand in NEW byte for byte and in the same order: seen while OLD is walked over and its
//! bytes are at hand.
//!
//! The walk over NEW passes over them. Where the files have another order, or all records differ, this is
//! given up after a few looks. Knows bytes alone.

use std::ops::Range;

use memchr::memmem;

use crate::join::Ordinal;
use crate::ldif::unfold::{empty_line, line_end};
use crate::source::Extent;

/// How far away from where it probably is a part's first record is looked for, in bytes.
const FAR: usize = 1 << 16;

/// How far ahead a record is looked for, in bytes: behind what comes.
const NEAR: usize = 1 << 13;

/// So many looks one after the other that find nothing are the last.
const MOST: usize = 8;

/// Records that stand one after the other in both files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Where the first begins in NEW.
    pub(super) start: usize,
    /// The number of the first in OLD.
    pub(super) first: Ordinal,
    /// How many there are.
    pub(super) count: Ordinal,
}

/// Finds where parts of OLD begin in NEW.
pub(super) struct Beginnings<'a> {
    old: &'a [u8],
    new: &'a [u8],
    /// How much further on the last one was in NEW.
    shift: isize,
    looks: usize,
}

impl<'a> Beginnings<'a> {
    pub(super) fn new(old: &'a [u8], new: &'a [u8]) -> Beginnings<'a> {
        Beginnings { old, new, shift: 0, looks: 0 }
    }

    /// A walk abreast from this place of OLD on, where the records are that come next.
    pub(super) fn from(&mut self, begin: usize) -> Abreast<'a> {
        let Beginnings { old, new, .. } = *self;
        Abreast { old, new, at: self.place(begin), shift: 0, looks: 0, found: Vec::new() }
    }

    fn place(&mut self, begin: usize) -> Option<usize> {
        if self.looks == MOST {
            return None;
        }
        let line = first_line(&self.old[begin..]);
        let likely = begin.saturating_add_signed(self.shift).min(self.new.len());
        let around = likely.saturating_sub(FAR)..self.new.len().min(likely + FAR);
        let found = Some(likely).filter(|&at| self.new[at..].starts_with(line));
        let found = found.or_else(|| called(self.new, around, line));
        match found {
            Some(at) => (self.shift, self.looks) = (at as isize - begin as isize, 0),
            None => self.looks += 1,
        }
        found
    }
}

/// A walk over NEW beside that over a part of OLD.
pub(super) struct Abreast<'a> {
    old: &'a [u8],
    new: &'a [u8],
    /// Where the next record of NEW begins; nothing where nobody looks for it any more.
    at: Option<usize>,
    /// How much further on the last one is that stands in both.
    shift: usize,
    looks: usize,
    /// What stands in both, its numbers counted from the part's first record.
    pub(super) found: Vec<Stretch>,
}

impl Abreast<'_> {
    /// Looks whether the next record of OLD, which has this number, stands in NEW as well.
    pub(super) fn next(&mut self, extent: Extent, number: Ordinal) {
        let Some(mut at) = self.at else { return };
        let mut is_next = true;
        let (record, new) = (&self.old[extent.range()], self.new);
        if !stands_at(new, at, record) {
            self.looks += 1;
            self.at = self.at.filter(|_| self.looks < MOST);
            let near = at..new.len().min(at + NEAR);
            // Otherwise it is gone, or somewhere else.
            let Some(place) = called(new, near, first_line(record)) else { return };
            if !stands_at(new, place, record) {
                self.at = self.at.and_then(|_| behind_record(new, place));
                return;
            }
            (at, is_next) = (place, false);
        }
        self.looks = 0;
        self.note(extent, number, (at, is_next));
        self.at = Some(behind_empty_lines(new, at + record.len()));
    }

    /// Notes where a record stands, and whether it is what comes next in NEW: anything else in between is for the
    /// walk over NEW to see.
    fn note(&mut self, extent: Extent, number: Ordinal, (at, is_next): (usize, bool)) {
        let start = extent.range().start;
        if let Some(last) = self.found.last_mut()
            && is_next
            && last.first + last.count == number
            && self.shift == at.wrapping_sub(start)
        {
            last.count += 1;
            return;
        }
        self.shift = at.wrapping_sub(start);
        self.found.push(Stretch { start: at, first: number, count: 1 });
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    &text[..line_end(text)]
}

/// Where a record with this first line begins in a part of a text, if it is the first to have it there.
fn called(text: &[u8], part: Range<usize>, line: &[u8]) -> Option<usize> {
    let at = part.start + memmem::find(&text[part], line)?;
    (at == 0 || text[..at].ends_with(b"\n\n")).then_some(at)
}

/// Whether a text goes on with this record, whole.
fn stands_at(text: &[u8], at: usize, record: &[u8]) -> bool {
    let rest = text[at..].strip_prefix(record);
    record.ends_with(b"\n") && rest.is_some_and(|rest| rest.is_empty() || empty_line(rest) > 0)
}

/// Where what follows the record at byte `at` begins, unless that is far away.
fn behind_record(text: &[u8], at: usize) -> Option<usize> {
    let end = memmem::find(&text[at..text.len().min(at + FAR)], b"\n\n")?;
    Some(behind_empty_lines(text, at + end))
}

/// Where the first line begins from this place on that is not empty.
pub(super) fn behind_empty_lines(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|b| **b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;
    use crate::source::{ReadOptions, Source};

    /// What was seen of the records of a text beside another: the numbers of those that stand in both.
    fn seen(old: &str, new: &str) -> Vec<Ordinal> {
        let source =
            Source::of_text("old", old.as_bytes(), Schema::builtin(), ReadOptions::default());
        let mut abreast = Beginnings::new(old.as_bytes(), new.as_bytes()).from(0);
        let (mut cutter, mut extents) = (source.cut(0..old.len()), Vec::new());
        while let Some(Ok(cut)) = cutter.next_record(None) {
            abreast.next(cut.extent, extents.len() as Ordinal);
            extents.push(cut.extent);
        }
        for Stretch { start, first, count } in &abreast.found {
            let of_it = &extents[*first as usize..][..*count as usize];
            let (from, to) = (of_it[0].range().start, of_it[of_it.len() - 1].range().end);
            assert!(new[*start..].starts_with(&old[from..to]), "{start} {old:?} {new:?}");
        }
        abreast.found.iter().flat_map(|one| one.first..one.first + one.count).collect()
    }

    #[test]
    fn what_stands_in_both_is_seen() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|n| format!("dn: cn={n}\ncn: {n}\n\n"));
        let other = "dn: cn=b\ncn: b\nsn: x\n\n".to_owned();
        let all = [&*a, &b, &c, &d].concat();
        for (new, numbers) in [
            (all.clone(), vec![0, 1, 2, 3]),
            ([&*a, &other, &c, &d].concat(), vec![0, 2, 3]),
            ([&*a, &c, &d].concat(), vec![0, 2, 3]),
            ([&*a, "dn: cn=x\ncn: x\n\n", &b, &c, &d].concat(), vec![0, 1, 2, 3]),
            ([&*a, &b, "\n\n", &c, &d].concat(), vec![0, 1, 2, 3]),
            ([&*a, &b, "# said\n\n", &c, &d].concat(), vec![0, 1, 2, 3]),
            // A comment right before a record is nothing that was looked for.
            ([&*a, "# said\n", &b, &c, &d].concat(), vec![0, 2, 3]),
            ([&*a, &b, &c, d.trim_end()].concat(), vec![0, 1, 2]),
            ([&*a, &b, &c, d.trim_end(), "\n"].concat(), vec![0, 1, 2, 3]),
            ([&*a, &b, &c, d.trim_end(), "\nsn: x\n"].concat(), vec![0, 1, 2]),
            ([&*a, &b, &c, d.trim_end(), "\n x\n"].concat(), vec![0, 1, 2]),
            (all.replace('\n', "\r\n"), vec![]),
            (String::new(), vec![]),
        ] {
            assert_eq!(seen(&all, &new), numbers, "{new:?}");
        }
    }

    #[test]
    fn another_order_is_given_up() {
        let record = |n: usize| format!("dn: cn={n},o=x\ncn: {n}\n\n");
        let old: String = (0..1000).map(record).collect();
        let new: String = (0..1000).rev().map(record).collect();
        assert!(seen(&old, &new).len() < 2);
        let mut beginnings = Beginnings::new(old.as_bytes(), &[b'\n'; 9]);
        let given_up = (0..2 * MOST).filter(|_| beginnings.from(0).at.is_none()).count();
        assert_eq!((given_up, beginnings.looks), (2 * MOST, MOST));
    }
}
