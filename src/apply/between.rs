//! What stands between the records of an export: comments, empty lines, and what tells of a search.
//!
//! Where changes were performed, what tells of the export as it was is left out: how many entries a
//! search found and how it ended, referrals, numbers of records. Knows nothing of entries or changes.

use std::borrow::Cow;
use std::ops::Range;

use crate::ldif::scan::tells_of_search;
use crate::ldif::unfold::{empty_line, logical_end};
use crate::text::LineEnd;

/// How what stands between records goes through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Between {
    /// Whether no change was performed: then everything stays as it is.
    pub(super) is_still: bool,
    /// Where the `version:` line of the export stands.
    pub(super) version: Option<u64>,
    /// What ends its lines.
    pub(super) line_end: LineEnd,
}

/// What stands before a record.
#[derive(Debug, Default)]
pub(super) struct Gap<'t> {
    /// What stands by itself.
    pub(super) free: Cow<'t, [u8]>,
    /// Comments right above the record: they are about it.
    pub(super) above: Cow<'t, [u8]>,
}

impl Between {
    /// What stands between two records.
    pub(super) fn gap(self, text: &[u8], range: Range<usize>) -> Gap<'_> {
        let above = above(text, range.clone());
        Gap { free: self.kept(text, range.start..above), above: self.kept(text, above..range.end) }
    }

    /// Writes a record as it is, and the empty line after it.
    pub(super) fn record(self, text: &[u8], range: Range<usize>, out: &mut Vec<u8>) {
        let end = empty_line(&text[range.end..]);
        out.extend_from_slice(&text[range.start..range.end + end]);
        if end == 0 {
            self.end(&text[range], out);
        }
    }

    /// Writes what stands after the last record.
    pub(super) fn rest(self, text: &[u8], range: Range<usize>, out: &mut Vec<u8>) {
        let kept = self.kept(text, range);
        out.extend_from_slice(&kept);
        let last = kept.strip_suffix(b"\n").unwrap_or(&kept);
        let last = last.strip_suffix(b"\r").unwrap_or(last);
        if !last.is_empty() && !last.ends_with(b"\n") {
            self.end(&kept, out);
        }
    }

    /// An empty line after what is the last of the export, for entries may follow.
    fn end(self, last: &[u8], out: &mut Vec<u8>) {
        if !self.is_still {
            let start = out.len();
            out.extend_from_slice(if last.ends_with(b"\n") { b"\n" } else { b"\n\n" });
            self.line_end.give(out, start);
        }
    }

    /// What goes through of what stands between records.
    fn kept(self, text: &[u8], range: Range<usize>) -> Cow<'_, [u8]> {
        if self.is_still || range.is_empty() {
            return Cow::Borrowed(&text[range]);
        }
        let mut kept = Vec::with_capacity(range.len());
        let mut at = range.start;
        while at < range.end {
            let next = line_after(&text[..range.end], at);
            let is_comment = text[at] == b'#' && !tells_of_search(&text[at..next]);
            let is_version = self.version == Some(at as u64);
            if is_comment || is_version || empty_line(&text[at..next]) > 0 {
                kept.extend_from_slice(&text[at..next]);
            }
            at = next;
        }
        Cow::Owned(kept)
    }
}

/// Where the comments begin that stand right above the end of a range.
pub(super) fn above(text: &[u8], range: Range<usize>) -> usize {
    let mut above = range.start;
    let mut at = range.start;
    while at < range.end {
        let is_comment = text[at] == b'#';
        at = line_after(&text[..range.end], at);
        if !is_comment {
            above = at;
        }
    }
    above
}

/// Where the first line of a range stands that is neither empty nor a comment.
pub(super) fn first_block(text: &[u8], range: Range<usize>) -> usize {
    let mut at = range.start;
    while at < range.end && (text[at] == b'#' || empty_line(&text[at..]) > 0) {
        at = line_after(&text[..range.end], at);
    }
    at
}

/// Where the line at a place ends, with what continues it; nothing continues an empty one.
fn line_after(text: &[u8], at: usize) -> usize {
    match empty_line(&text[at..]) {
        0 => at + logical_end(&text[at..]),
        len => at + len,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_the_export_as_it_was_goes_where_it_changes() {
        let text = b"\n# a\n  folded\n\nversion: 1\n# numEntries: 3\n7\nref: ldap://x\n# b\n\n \n\
            \r\n# c\n";
        let all = |is_still: bool, version: Option<u64>| {
            let gap = Between { is_still, version, line_end: LineEnd::Lf }.gap(text, 0..text.len());
            [gap.free, Cow::Borrowed(&b"|"[..]), gap.above].concat()
        };
        let shown = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let as_it_is = shown(text.to_vec()).replace("# c\n", "|# c\n");
        assert_eq!(shown(all(true, None)), as_it_is);
        assert_eq!(shown(all(false, None)), "\n# a\n  folded\n\n# b\n\n\r\n|# c\n");
        let with_version = "\n# a\n  folded\n\nversion: 1\n# b\n\n\r\n|# c\n";
        assert_eq!(shown(all(false, Some(15))), with_version);
    }
}
