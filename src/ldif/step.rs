//! Two records held against each other line by line, while their lines are in step.
//!
//! Exports of one directory have most lines of a record in common, and in the same order. Knows nothing
//! of what a line means.

use crate::ldif::unfold::{is_fold, logical_end};

/// The logical lines in which two texts differ, the first of them being in step with each other.
#[derive(Debug)]
pub struct Steps<'a> {
    old: &'a [u8],
    new: &'a [u8],
}

impl<'a> Steps<'a> {
    /// Of two records.
    pub fn new(old: &'a [u8], new: &'a [u8]) -> Steps<'a> {
        Steps { old, new }
    }

    /// What is left of both behind the last difference that was told, without the whole lines that both
    /// end in.
    pub fn rest(self) -> [&'a [u8]; 2] {
        let end = same_end(self.old, self.new);
        [self.old, self.new].map(|text| &text[..text.len() - end])
    }
}

impl<'a> Iterator for Steps<'a> {
    /// A line of each, or of one where the other has none between the lines that both have there. Where
    /// two lines are of two attributes, what follows is no longer in step.
    type Item = [&'a [u8]; 2];

    fn next(&mut self) -> Option<[&'a [u8]; 2]> {
        let same = same_bytes(self.old, self.new);
        if same == self.old.len() && same == self.new.len() {
            return None;
        }
        let start = logical_start([self.old, self.new], same);
        let (before, old) = first_line(&self.old[start..]);
        let (after, new) = first_line(&self.new[start..]);
        if !after.is_empty() && old.starts_with(after) {
            (self.old, self.new) = (old, &self.new[start..]);
            return Some([before, &[]]);
        }
        if !before.is_empty() && new.starts_with(before) {
            (self.old, self.new) = (&self.old[start..], new);
            return Some([&[], after]);
        }
        (self.old, self.new) = (old, new);
        Some([before, after])
    }
}

/// The first logical line of a text and what follows it.
fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(logical_end(text))
}

/// How many bytes two texts have in common at their beginnings.
fn same_bytes(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let (blocks, others) = (a.as_chunks::<BLOCK>().0, b.as_chunks::<BLOCK>().0);
    let same = blocks.iter().zip(others).take_while(|(a, b)| a == b).count() * BLOCK;
    same + a[same..].iter().zip(&b[same..]).take_while(|(a, b)| a == b).count()
}

/// How many bytes the whole logical lines have that two texts have in common at their ends.
fn same_end(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let (blocks, others) = (a.as_rchunks::<BLOCK>().1, b.as_rchunks::<BLOCK>().1);
    let pairs = blocks.iter().rev().zip(others.iter().rev());
    let same = pairs.take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = (&a[..a.len() - same], &b[..b.len() - same]);
    let pairs = rest.0.iter().rev().zip(rest.1.iter().rev());
    let same = same + pairs.take_while(|(a, b)| a == b).count();
    let begins_line = |text: &[u8]| text[..text.len() - same].last().is_none_or(|&b| b == b'\n');
    let end = &a[a.len() - same..];
    if begins_line(a) && begins_line(b) && !end.first().is_some_and(|&b| is_fold(b)) {
        return same;
    }
    same - logical_end(end).min(same)
}

/// Where the logical line begins in which two texts differ at byte `at`, up to which they are the same.
fn logical_start(texts: [&[u8]; 2], at: usize) -> usize {
    let mut at = at;
    loop {
        let start = memchr::memrchr(b'\n', &texts[0][..at]).map_or(0, |end| end + 1);
        let continues = |text: &[u8]| text.get(start).is_some_and(|&b| is_fold(b));
        if start == 0 || !texts.into_iter().any(continues) {
            return start;
        }
        at = start - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The differences of two texts, and what is left.
    fn told(old: &str, new: &str) -> Vec<[String; 2]> {
        let mut steps = Steps::new(old.as_bytes(), new.as_bytes());
        let shown = |pair: [&[u8]; 2]| pair.map(|text| String::from_utf8_lossy(text).into_owned());
        let mut all = Vec::new();
        for pair in steps.by_ref() {
            let is_alone = pair.iter().any(|line| line.is_empty());
            let in_step = is_alone || pair[0][..3] == pair[1][..3];
            all.push(shown(pair));
            if !in_step {
                break;
            }
        }
        all.push(shown(steps.rest()));
        all
    }

    #[test]
    fn lines_that_differ_are_told_as_they_stand() {
        let record = "dn: cn=a\ncn: a\nmail: 1\n and more\nsn: b\ntitle: c\n";
        assert_eq!(told(record, record), [["", ""]]);
        let other = record.replace("cn: a\n", "cn: b\n").replace("more", "else");
        let lines = [["cn: a\n", "cn: b\n"], ["mail: 1\n and more\n", "mail: 1\n and else\n"]];
        assert_eq!(told(record, &other), [lines[0], lines[1], ["", ""]]);
        // Folded anew, and no longer folded.
        for (from, to) in [("a\n", "a\n a\n"), ("\n and", " and"), ("more\n", "more\n\t\n")] {
            let other = record.replacen(from, to, 1);
            for (one, two) in [(record, &*other), (&*other, record)] {
                let told = told(one, two);
                assert_eq!(told.len(), 2, "{told:?}");
                assert!(told[0].iter().all(|line| one.contains(line) || two.contains(line)));
            }
        }
    }

    #[test]
    fn what_comes_and_goes_is_told_as_far_as_both_go_on_alike() {
        let record = "dn: cn=a\ncn: a\nmail: 1\nsn: b\ntitle: c\nl: d\n";
        let lost = record.replace("mail: 1\n", "");
        assert_eq!(told(record, &lost), [["mail: 1\n", ""], ["", ""]]);
        assert_eq!(told(&lost, record), [["", "mail: 1\n"], ["", ""]]);
        let longer = format!("{record}o: e\n");
        assert_eq!(told(record, &longer), [["", "o: e\n"], ["", ""]]);
        let other = record.replace("mail: 1\nsn: b\n", "o: e\nou: f\nst: g\n");
        assert_eq!(told(record, &other), [["mail: 1\n", "o: e\n"], ["sn: b\n", "ou: f\nst: g\n"]]);
        assert_eq!(told(record, "").len(), 7);
        assert_eq!(told(record, record.trim_end()), [["l: d\n", "l: d"], ["", ""]]);
    }

    #[test]
    fn ends_are_the_same_from_the_first_whole_line_on() {
        let long = format!("cn: {}\nsn: b\n", "x".repeat(100));
        for (a, b, same) in [
            ("", "", 0),
            ("cn: a\n", "cn: a\n", 6),
            ("sn: b\n", "cn: a\nsn: b\n", 6),
            ("cn: a\nsn: b\n", "cn: b\nsn: b\n", 6),
            ("cn: a\nsn: b\nl: c\n", "cn: b\nsn: b\n d\nl: c\n", 5),
            ("cn: a\n b\nl: c\n", "cn: b\n b\nl: c\n", 5),
            ("sn: b\n", "cn: a\nxsn: b\n", 0),
            ("cn: a\nl: c", "cn: b\nl: c\n", 0),
            (&long, &long.replace("cn", "mail"), 6),
            (&long[50..], &long, 6),
        ] {
            assert_eq!(same_end(a.as_bytes(), b.as_bytes()), same, "{a:?} {b:?}");
        }
    }
}
