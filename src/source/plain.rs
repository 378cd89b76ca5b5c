//! Values of some attributes as they stand on the lines of a record: nothing is copied but what is folded or
//! base64.
//!
//! A fault in what is left out is not found: the record was vouched for by the scan, or was read in
//! full before. Knows nothing of what is looked for.

use std::borrow::Cow;

use crate::attribute::without_replica_state;
use crate::ldif::decode::base64;
use crate::ldif::lines::LineEnds;
use crate::ldif::scan::after_fill;
use crate::ldif::types::Types;
use crate::ldif::unfold::{is_fold, joined};
use crate::source::partly::description_of;
use crate::source::{Extent, Source, TypeSet};

impl<'i> Source<'i> {
    /// Hands on the values of a record whose types `learn` knows by something, with that and their
    /// descriptions, in the order of the lines; answers its name. `None` where a line of it is not plain: then the record is to be read
    /// as a whole, and what was handed on is void. `met` keeps what `learn` said; of other types than `wanted`
    /// ones it says nothing, where these are known.
    pub fn plain_values<T: Copy>(
        &self,
        extent: Extent,
        wanted: Option<&TypeSet<'_>>,
        met: &mut Types<Option<T>>,
        learn: impl Fn(&[u8]) -> Option<T>,
        mut each: impl FnMut(T, &'i [u8], Cow<'i, [u8]>),
    ) -> Option<Cow<'i, [u8]>> {
        let mut lines =
            Lines { record: self.plain_lines(extent)?, at: 0, ends: LineEnds::default() };
        let (record, keyword) = (lines.record, b"dn:");
        let name = record.starts_with(keyword).then(|| lines.value(keyword.len()))??;
        while lines.at < record.len() {
            let start = lines.at;
            let is_other = |wanted: &TypeSet<'_>| !wanted.may_begin(&record[start..]);
            // Mostly two letters tell, and so do they of the rest of a value that is left out.
            if wanted.is_some_and(is_other) || is_fold(record[start]) {
                lines.pass();
                continue;
            }
            let (colon, of) = match met.at(&record[start..], &learn) {
                Some(found) => found,
                None => with_options(&record[start..], &learn)?,
            };
            match of {
                Some(of) => {
                    let value = lines.value(start + colon)?;
                    each(of, &record[start..start + colon - 1], value);
                }
                None => lines.pass(),
            }
        }
        Some(name)
    }
}

/// A walk over the lines of a record.
struct Lines<'i> {
    record: &'i [u8],
    /// The beginning of a line.
    at: usize,
    ends: LineEnds,
}

impl<'i> Lines<'i> {
    /// Passes over a line.
    #[inline]
    fn pass(&mut self) {
        self.at = self.ends.after(self.record, self.at);
    }

    /// Passes over a line and those that continue it: a value that begins behind a colon of it. `None` where
    /// that has a form for the parser, or the colon does not stand there.
    #[inline]
    fn value(&mut self, begin: usize) -> Option<Cow<'i, [u8]>> {
        self.pass();
        // Mostly it stands on one line, behind one blank.
        let is_folded = self.record.get(self.at).is_some_and(|b| is_fold(*b));
        match self.record.get(begin..self.at)? {
            [b' ', value @ .., b'\n'] if !is_folded && value.first() != Some(&b' ') => {
                Some(Cow::Borrowed(value))
            }
            _ => self.other_value(begin),
        }
    }

    /// The same, where its first line was passed over.
    #[inline(never)]
    fn other_value(&mut self, begin: usize) -> Option<Cow<'i, [u8]>> {
        while let Some(fold) = self.record.get(self.at).filter(|b| is_fold(**b)) {
            // A tab is a deviation, which the parser tells.
            if *fold != b' ' {
                return None;
            }
            self.pass();
        }
        let value = joined(&self.record[begin..self.at]);
        match *value {
            [b':', ref digits @ ..] => base64(after_fill(digits)).map(Cow::Owned),
            [b'<', ..] => None,
            _ => Some(match value {
                Cow::Borrowed(value) => Cow::Borrowed(after_fill(value)),
                Cow::Owned(value) => Cow::Owned(after_fill(&value).to_vec()),
            }),
        }
    }
}

/// The same as [`Types::at`] of a line whose type has options or is an OID.
fn with_options<T>(line: &[u8], learn: impl Fn(&[u8]) -> Option<T>) -> Option<(usize, Option<T>)> {
    let name = description_of(line);
    let is_one = line.get(name.len()) == Some(&b':')
        && !name.is_empty()
        && without_replica_state(name) == Some(name);
    is_one.then(|| (name.len() + 1, learn(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;
    use crate::source::ReadOptions;

    /// The name and the wanted values of a record, each as it was handed on.
    fn told(record: &str) -> Option<(String, Vec<String>)> {
        let schema = Schema::builtin();
        let source = Source::of_text("x", record.as_bytes(), schema, ReadOptions::default());
        let extent = Extent::new(0, record.len()).expect("short");
        let wanted: [&[u8]; 4] = [b"cn", b"cn;lang-de", b"2.5.4.4", b"mail"];
        let types = TypeSet::of(schema, wanted);
        let learn = |name: &[u8]| wanted.iter().position(|one| *one == name);
        let mut met = Types::default();
        let mut values = Vec::new();
        let each = |of: usize, _: &[u8], value: Cow<'_, [u8]>| {
            values.push(format!("{of} {}", String::from_utf8_lossy(&value)));
        };
        let name = source.plain_values(extent, Some(&types), &mut met, learn, each)?;
        Some((String::from_utf8_lossy(&name).into_owned(), values))
    }

    #[test]
    fn values_of_plain_lines_are_handed_on() {
        let long = "x".repeat(100);
        let record = format!(
            "dn: cn=a\ncn: a\nsn: b\ncn;lang-de:  c \ndescription:: YWJj\nl: {long}\n {long}\n\
             2.5.4.4: d\nmail:\ncn:\n  e\n \n f\nmail: g\n h\ncn: : i"
        );
        let (name, values) = told(&record).expect("plain lines");
        assert_eq!(
            (name.as_str(), values),
            ("cn=a", ["0 a", "1 c ", "2 d", "3 ", "0 ef", "3 gh", "0 : i"].map(Into::into).into())
        );
    }

    #[test]
    fn lines_that_begin_like_no_wanted_one_are_passed_over() {
        let record = "dn: cn=a\n# a comment\n cn: of two lines\nl:: ?\n\tcn: b\ncn: a\n";
        let (name, values) = told(record).expect("lines that need no parser");
        assert_eq!((name.as_str(), values), ("cn=a", vec!["0 a".to_owned()]));
    }

    #[test]
    fn base64_is_decoded() {
        let record = "dn:: Y249\n YQ==\ncn::  YWI  \ncn::\nsn:: ????\nmail:\n : Yg\n";
        let (name, values) = told(record).expect("lines that need no parser");
        assert_eq!((name.as_str(), values), ("cn=a", ["0 ab", "0 ", "3 b"].map(Into::into).into()));
        let (name, values) = told("dn: cn=\n  a \ncn: b\n").expect("a folded name");
        assert_eq!((name.as_str(), values), ("cn= a ", ["0 b"].map(Into::into).into()));
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_parser() {
        for record in [
            "DN: cn=a\ncn: a\n",
            "dn:: Y249Y\ncn: a\n",
            "dn:< file:///a\ncn: a\n",
            "dn: cn=a\ncn:: Y\n",
            "dn: cn=a\ncn:: YQ==YQ==\n",
            "dn: cn=a\ncn:< file:///a\n",
            "dn: cn=a\ncn:\n < file:///a\n",
            "dn: cn=a\ncn: a\n\tb\n",
            "dn: cn=a\nc\n n: a\n",
            "dn: cn=a\n#n: a comment\ncn: a\n",
            "dn: cn=a\r\ncn: a\r\n",
            "dn: cn=a\ncn;vucsn-660c4965000000010000: a\n",
        ] {
            assert_eq!(told(record), None, "{record:?}");
        }
    }
}
