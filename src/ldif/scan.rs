//! Framing: cuts records out of a text and looks at the shape of every line, at the speed of the
//! disk.
//!
//! A record reaches from its `dn:` line to the empty line; what stands before (comments, a
//! version line, a number) is no part of it. A record all of whose lines are plain
//! `name: value` lines is vouched for here; every other one is handed to the parser, so what the
//! scan refuses the parser refuses too. Of values only base64 is looked at; nothing is decoded or
//! copied. The rules of `grammar/lines.abnf` stand here under their names and in their order.

use base64_simd::STANDARD;
use memchr::memchr;

use crate::error::{ErrorKind, Expected, Fault};
use crate::ldif::deviation::Deviation;
use crate::ldif::lines::LineEnds;
use crate::ldif::parse::without_blanks;
use crate::ldif::types::Types;
use crate::ldif::unfold::{empty_line, is_fold, joined, line_end, logical_end};

/// Room that allocators keep at hand, and that is enough for most folded values.
const AT_HAND: usize = 1000;

/// `said`: what clients say of a search beside its entries.
const SAID: [&[u8]; 11] = [
    b"search",
    b"result",
    b"matchedDN",
    b"text",
    b"ref",
    b"control",
    b"pagedresults",
    b"sortResult",
    b"vlvResult",
    b"ppolicy",
    b"accountUsability",
];

/// What the scan found.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A record.
    Record(Framed<'a>),
    /// A `version:` line, at this offset.
    Version(usize),
    /// The trailer of a search.
    Trailer(Trailer),
    /// Something the standard does not have, at this offset.
    Deviation(Deviation, usize),
}

/// A record in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framed<'a> {
    /// Where its `dn:` line begins.
    pub start: usize,
    /// Where its last line ends, line end included.
    pub end: usize,
    /// Its name as it stands on a plain `dn:` line, where every line is plain; otherwise the
    /// record must be parsed to be known.
    pub plain_dn: Option<&'a [u8]>,
    /// Whether it is byte for byte the record that was given as probable.
    pub as_probable: bool,
}

/// What a search says of itself, mostly at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trailer {
    /// The head of `ldapsearch`, at this offset: comments from `# LDAPv3` to
    /// `# requesting: …`.
    Head {
        /// Where the line begins.
        at: usize,
    },
    /// `search: number`, which a `result:` follows, at this offset.
    Search {
        /// Where the line begins.
        at: usize,
    },
    /// `pagedresults: cookie=…`, the end of a page (RFC 2696).
    Page {
        /// Whether no other follows.
        last: bool,
    },
    /// `# numResponses: count`, the end of the end.
    Responses,
    /// `result: code text`, at this offset.
    Result {
        /// The LDAP result code.
        code: u32,
        /// Where the line begins.
        at: usize,
    },
    /// `# numEntries: count` or `# count entries`, at this offset.
    Entries {
        /// How many entries were sent.
        count: u64,
        /// Where the line begins.
        at: usize,
    },
}

/// Walks over a text, or a part of one that begins and ends between records.
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    end: usize,
    lines: LineEnds,
    types: Types<()>,
    /// What was found along with the piece before, the last first.
    pending: Vec<Piece<'a>>,
}

impl<'a> Scanner<'a> {
    /// A walk over `range` of `text`; offsets are those of `text`.
    pub fn new(text: &'a [u8], range: std::ops::Range<usize>) -> Scanner<'a> {
        let (lines, types) = (LineEnds::default(), Types::default());
        Scanner { text, at: range.start, end: range.end, lines, types, pending: Vec::new() }
    }

    /// Goes on with another part of the text, and with what is known of attribute types.
    pub fn go_to(&mut self, range: std::ops::Range<usize>) {
        let types = std::mem::take(&mut self.types);
        *self = Scanner { types, ..Scanner::new(self.text, range) };
    }

    /// The next piece, `None` at the end. After a fault the walk goes on behind the next empty
    /// line.
    pub fn next_piece(&mut self, probable: Option<&[u8]>) -> Option<Result<Piece<'a>, Fault>> {
        let found = self.piece(probable);
        if matches!(found, Some(Err(_))) {
            self.skip_block();
        }
        found
    }

    /// Goes on behind records that need no look.
    pub fn pass_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Where the walk stands.
    pub fn position(&self) -> usize {
        self.at
    }

    fn piece(&mut self, probable: Option<&[u8]>) -> Option<Result<Piece<'a>, Fault>> {
        loop {
            if let Some(piece) = self.pending.pop() {
                return Some(Ok(piece));
            }
            match self.text[self.at..self.end].first()? {
                b'\n' => self.at += 1,
                b'\r' if self.text[self.at + 1..self.end].first() == Some(&b'\n') => self.at += 2,
                b'#' => self.comment(),
                b if is_fold(*b) => return Some(self.blank_line()),
                b if b.is_ascii_digit() => match self.numeric_id() {
                    Some(piece) => return Some(Ok(piece)),
                    None => return Some(self.record(probable)),
                },
                b'd' | b'D' => return Some(self.record(probable)),
                _ if self.begins(self.at, b"version:") => return Some(self.version_spec()),
                _ if self.begins(self.at, b"ref:") => return Some(self.referral()),
                _ if self.begins(self.at, b"search:") || self.begins(self.at, b"result:") => {
                    return Some(self.search_result());
                }
                _ => return Some(self.record(probable)),
            }
        }
    }

    /// The end of the line that begins at or goes on from `at`, its line end included.
    fn line_end(&self, at: usize) -> usize {
        at + line_end(&self.text[at..self.end])
    }

    /// The end of the logical line at `at`: behind its folds.
    fn logical_end(&self, at: usize) -> usize {
        at + logical_end(&self.text[at..self.end])
    }

    /// The end of the block at `at`: the next empty line.
    fn block_end(&self, mut at: usize) -> usize {
        while at < self.end && !self.is_empty_line(at) {
            at = self.line_end(at);
        }
        at
    }

    /// S-14: where a block that is passed over ends: a record in it would be lost. So would what is left of
    /// one, which is no `said-line`.
    fn end_of_no_record(&self, start: usize) -> Result<usize, Fault> {
        let end = self.block_end(start);
        let expected = |what, at: usize| Fault::expected(what, self.text, &self.text[at..]);
        let (mut line, mut is_said) = (start, true);
        while line < end {
            if self.begins(line, b"dn:") {
                return Err(expected(Expected::EmptyLine, line));
            }
            is_said &= self.is_said_line(line);
            line = self.logical_end(line);
        }
        if is_said { Ok(end) } else { Err(expected(Expected::DnLine, start)) }
    }

    /// Whether a line is one of those that clients say of a search, or a comment.
    fn is_said_line(&self, at: usize) -> bool {
        let line = joined(&self.text[at..self.logical_end(at)]);
        let word = line.iter().position(|b| *b == b':').map(|colon| &line[..colon]);
        line.first() == Some(&b'#')
            || word.is_some_and(|word| SAID.iter().any(|said| word.eq_ignore_ascii_case(said)))
    }

    fn is_empty_line(&self, at: usize) -> bool {
        empty_line(&self.text[at..self.end]) > 0
    }

    fn skip_block(&mut self) {
        self.at = self.block_end(self.at);
    }

    /// Whether the line at `at` begins with a word, in any case and however it is folded.
    fn begins(&self, at: usize, word: &[u8]) -> bool {
        let start = &self.text[at..self.end.min(at + word.len())];
        start.eq_ignore_ascii_case(word)
            || (memchr::memchr2(b'\r', b'\n', start).is_some() && {
                let line = joined(&self.text[at..self.logical_end(at)]);
                line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            })
    }

    /// Notes the first line of a logical line outside of records that TAB continues: D-6.
    fn note_tab_fold(&mut self, start: usize, end: usize) {
        let line = &self.text[start..end];
        let mut ends = memchr::memchr_iter(b'\n', line);
        let fold = ends.find(|at| line.get(at + 1) == Some(&b'\t'));
        self.pending.extend(fold.map(|at| Piece::Deviation(Deviation::TabFold, start + at + 1)));
    }

    /// `comment`, with its folds; what some tools say of a search in one is kept.
    fn comment(&mut self) {
        let start = self.at;
        self.at = self.logical_end(start);
        self.note_tab_fold(start, self.at);
        let comment = joined(&self.text[start..self.at]);
        let text = comment.trim_ascii_end();
        let said = match entries_of(text) {
            Some(count) => Some(Trailer::Entries { count, at: start }),
            None if text.starts_with(RESPONSES) => Some(Trailer::Responses),
            None if is_protocol(text) && self.is_head() => Some(Trailer::Head { at: start }),
            None => match code_of(text) {
                Some(code) => Some(Trailer::Result { code, at: start }),
                None => text.strip_prefix(b"# ").and_then(page_of),
            },
        };
        self.pending.extend(said.map(Piece::Trailer));
    }

    /// S-21: whether the comments that stand next are of the head of a search.
    fn is_head(&self) -> bool {
        let mut at = self.at;
        while self.text[at..self.end].first() == Some(&b'#') {
            if self.text[at..self.end].starts_with(b"# requesting: ") {
                return true;
            }
            at = self.logical_end(at);
        }
        false
    }

    /// `version-spec`: the number is 1 (S-16).
    fn version_spec(&mut self) -> Result<Piece<'a>, Fault> {
        let start = self.at;
        let end = self.logical_end(start);
        let line = joined(&self.text[start..end]);
        let number = after_fill(&line[b"version:".len()..]);
        if without_blanks(number) != b"1" {
            return Err(self.other_version(start));
        }
        if number.len() > 1 {
            self.pending.push(Piece::Deviation(Deviation::BlanksAfterKeyword, start));
        }
        self.note_tab_fold(start, end);
        self.at = end;
        Ok(Piece::Version(start))
    }

    fn other_version(&self, start: usize) -> Fault {
        let at = self.end.min(start + b"version:".len());
        Fault::expected(Expected::VersionOne, self.text, after_fill(&self.text[at..]))
    }

    /// `blank-line`: a line that begins with a blank where there is nothing to continue is D-5, or
    /// a fault (S-17).
    fn blank_line(&mut self) -> Result<Piece<'a>, Fault> {
        let start = self.at;
        let end = self.line_end(start);
        if without_blanks(&joined(&self.text[start..end])).is_empty() {
            self.at = end;
            return Ok(Piece::Deviation(Deviation::BlankLine, start));
        }
        Err(Fault::new(ErrorKind::NothingToContinue, start, 1))
    }

    /// `numeric-id`, D-13: a line with a number and nothing else.
    fn numeric_id(&mut self) -> Option<Piece<'a>> {
        let start = self.at;
        let end = self.logical_end(start);
        if !without_blanks(&joined(&self.text[start..end])).iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.at = end;
        Some(Piece::Deviation(Deviation::NumericId, start))
    }

    /// `referral`, D-15: a block that begins with `ref:`.
    fn referral(&mut self) -> Result<Piece<'a>, Fault> {
        let start = self.at;
        self.at = self.end_of_no_record(start)?;
        Ok(Piece::Deviation(Deviation::Referral, start))
    }

    /// `search-result`, D-16: `search:` and `result:` lines, as `ldapsearch` without `-LLL` writes
    /// them.
    fn search_result(&mut self) -> Result<Piece<'a>, Fault> {
        let start = self.at;
        let end = self.end_of_no_record(start)?;
        let mut line = start;
        while line < end {
            self.at = line;
            if self.begins(line, b"search:") {
                self.pending.push(Piece::Trailer(Trailer::Search { at: line }));
            }
            if self.begins(line, b"result:") {
                let code = self.result_line(line)?;
                self.pending.push(Piece::Trailer(Trailer::Result { code, at: line }));
            }
            let page = page_of(&joined(&self.text[line..self.logical_end(line)]));
            self.pending.extend(page.map(Piece::Trailer));
            line = self.logical_end(line);
        }
        self.at = end;
        self.pending.reverse();
        Ok(Piece::Deviation(Deviation::SearchTrailer, start))
    }

    /// `result-line`: the code of a search, which fits 32 bits (S-15).
    fn result_line(&self, at: usize) -> Result<u32, Fault> {
        let line = joined(&self.text[at..self.logical_end(at)]);
        let said = after_fill(&line[b"result:".len()..]);
        let digits = said.iter().take_while(|b| b.is_ascii_digit()).count();
        let number = std::str::from_utf8(&said[..digits]).unwrap_or("").parse();
        number.map_err(|_| Fault::expected(Expected::ResultCode, self.text, &self.text[at..]))
    }

    /// `record`, from the line it begins with to the empty line.
    ///
    /// Where the text goes on with `probable` and then an empty line, that is the record: a record
    /// that equals a checked one is checked. The last record of a file that was cut off has no line
    /// end, so the line end that follows it here would look like an empty line.
    fn record(&mut self, probable: Option<&[u8]>) -> Result<Piece<'a>, Fault> {
        let start = self.at;
        if let Some(known) = probable {
            let end = start + known.len();
            let ends = || end >= self.end || (known.ends_with(b"\n") && self.is_empty_line(end));
            if self.text[start..self.end].starts_with(known) && ends() {
                self.at = end;
                return Ok(Piece::Record(Framed { start, end, plain_dn: None, as_probable: true }));
            }
        }
        let text = &self.text[..self.end];
        // At hand, and not behind a reference, while the record is walked over.
        let mut lines = std::mem::take(&mut self.lines);
        let behind_name = lines.after(text, start);
        let plain_dn = self.plain_dn(start, behind_name);
        let mut plain = plain_dn.is_some();
        let mut at = behind_name;
        while let Some(&first) = text.get(at) {
            match first {
                b'\n' => break,
                b'\r' if self.is_empty_line(at) => break,
                b' ' | b'#' => {}
                _ => plain = plain && self.is_plain(&text[at..]),
            }
            at = lines.after(text, at);
        }
        self.lines = lines;
        self.at = at;
        let plain =
            plain && !self.is_change(behind_name) && memchr(b'\r', &self.text[start..at]).is_none();
        let plain_dn = plain_dn.filter(|_| plain);
        Ok(Piece::Record(Framed { start, end: at, plain_dn, as_probable: false }))
    }

    /// Whether a line is an attribute's type and its value, as they are mostly written.
    #[inline]
    fn is_plain(&mut self, line: &[u8]) -> bool {
        let met = self.types.at(line, |_| ());
        met.is_some_and(|(name, ())| is_value(&line[name..]))
    }

    /// The name on a `dn:` line that is neither base64 nor folded nor ended by CR.
    fn plain_dn(&self, start: usize, end: usize) -> Option<&'a [u8]> {
        let line = &self.text[start..end];
        let (keyword, rest) = line.split_at_checked(3)?;
        let name = rest.strip_suffix(b"\n")?;
        let next = self.text[end..self.end].first();
        let folded = next.is_some_and(|&b| is_fold(b));
        let encoded = matches!(name.first(), Some(b':' | b'<'));
        let plain = keyword.eq_ignore_ascii_case(b"dn:") && !folded && !encoded;
        let blanks = name.iter().take_while(|b| **b == b' ').count();
        (plain && name.last() != Some(&b'\r')).then(|| &name[blanks..])
    }

    /// S-7: whether the line after the name, which stands at `at`, makes this a change record.
    fn is_change(&self, mut at: usize) -> bool {
        while self.text[at..self.end].first() == Some(&b'#') {
            at = self.logical_end(at);
        }
        let line = &self.text[at..self.end];
        let begins = |word: &[u8]| {
            line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        begins(b"changetype:") || begins(b"control:")
    }
}

/// Whether what follows a colon is a value, plain or base64 on one line: no URL, not even one that
/// begins in a fold.
#[inline]
fn is_value(rest: &[u8]) -> bool {
    match rest {
        [b' ', ..] => true,
        [b'<' | b'\r', ..] | [b'\n', b' ' | b'\t', ..] => false,
        [b':', encoded @ ..] => is_base64_line(encoded),
        _ => true,
    }
}

/// Whether a line and those that continue it are base64.
fn is_base64_line(encoded: &[u8]) -> bool {
    let mut ends = LineEnds::default();
    let mut at = ends.after(encoded, 0);
    let first = without_end(&encoded[..at]);
    if encoded.get(at).is_none_or(|&b| !is_fold(b)) {
        return STANDARD.check(after_fill(first)).is_ok();
    }
    let mut digits = Vec::with_capacity(AT_HAND);
    digits.extend_from_slice(first);
    while let Some(fold) = encoded.get(at).filter(|b| is_fold(**b)) {
        // TAB is a deviation, which the parser tells.
        if *fold != b' ' {
            return false;
        }
        let end = ends.after(encoded, at);
        digits.extend_from_slice(without_end(&encoded[at + 1..end]));
        at = end;
    }
    STANDARD.check(after_fill(&digits)).is_ok()
}

/// A line without its line end.
fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// What follows the SPACEs a text begins with.
pub fn after_fill(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|b| **b == b' ').count()..]
}

/// The count in `# numEntries: 12` (OpenLDAP's `ldapsearch`), `# 12 entries` (`ldbsearch`) or
/// `# Number of Entries Returned:  12` (UnboundID's and Ping's `ldapsearch`).
fn entries_of(comment: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(comment).ok()?.strip_prefix("# ")?;
    let returned = || text.strip_prefix(RETURNED).map(|number| number.trim_start_matches(' '));
    let number = text.strip_prefix("numEntries: ").or_else(returned);
    number.or_else(|| text.strip_suffix(" entries"))?.parse().ok()
}

/// How the number of entries begins in a comment of UnboundID's `ldapsearch`.
const RETURNED: &str = "Number of Entries Returned:";

/// The code in `# Result Code:  4 (size limit exceeded)`, the end of a search of UnboundID's and Ping's
/// `ldapsearch`.
fn code_of(comment: &[u8]) -> Option<u32> {
    let said = std::str::from_utf8(comment).ok()?.strip_prefix("# Result Code:")?;
    let (code, rest) = said.trim_start_matches(' ').split_once(' ').unwrap_or((said.trim(), "("));
    rest.starts_with('(').then(|| code.parse().ok())?
}

/// How the comment with the number of a search's answers begins.
const RESPONSES: &[u8] = b"# numResponses: ";

/// What a line says of the page that ends there: others follow it unless its cookie is empty (RFC 2696
/// section 3). Before the cookie stands how many entries the server reckons with, where it does.
fn page_of(line: &[u8]) -> Option<Trailer> {
    let said = line.strip_prefix(b"pagedresults: ")?;
    let said = match said.strip_prefix(b"estimate=") {
        Some(estimate) => &estimate[memchr(b' ', estimate)? + 1..],
        None => said,
    };
    let cookie = said.strip_prefix(b"cookie=")?;
    Some(Trailer::Page { last: cookie.trim_ascii().is_empty() })
}

/// Whether a comment is `# LDAPv3`, with which `ldapsearch` begins.
fn is_protocol(comment: &[u8]) -> bool {
    let version = comment.strip_prefix(b"# LDAPv");
    version.is_some_and(|version| !version.is_empty() && version.iter().all(u8::is_ascii_digit))
}

/// Whether a comment tells of the search whose answers a file holds: what began it, its pages, or how
/// many answers there were.
pub fn tells_of_search(comment: &[u8]) -> bool {
    let text = joined(comment);
    let text = text.trim_ascii_end();
    let is_paged = || text.starts_with(b"# pagedresults: ");
    entries_of(text).is_some()
        || code_of(text).is_some()
        || text.starts_with(RESPONSES)
        || is_paged()
        || is_protocol(text)
}

/// Cuts a text into parts of about `size` bytes, each ended by an empty line (but the last), and none
/// begun by a line that would continue the part before.
pub fn split(text: &[u8], size: usize) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::with_capacity(text.len() / size.max(1) + 1);
    let mut start = 0;
    while start < text.len() {
        let mut at = start.saturating_add(size).min(text.len());
        let end = loop {
            match memchr(b'\n', &text[at..]).map(|n| at + n + 1) {
                None => break text.len(),
                Some(next) => {
                    at = after_empty_lines(text, next);
                    if at > next && !text[at..].first().is_some_and(|b| is_fold(*b)) {
                        break at;
                    }
                }
            }
        };
        parts.push(start..end);
        start = end;
    }
    parts
}

/// Where the first line stands from a line's start on that is not empty.
fn after_empty_lines(text: &[u8], mut at: usize) -> usize {
    while let len @ 1.. = empty_line(&text[at..]) {
        at += len;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let mut scanner = Scanner::new(text.as_bytes(), 0..text.len());
        let mut shown = Vec::new();
        while let Some(piece) = scanner.next_piece(None) {
            shown.push(match piece {
                Ok(Piece::Record(r)) => {
                    let dn = r.plain_dn.map(|dn| String::from_utf8_lossy(dn).into_owned());
                    format!("{:?} {:?}", &text[r.start..r.end], dn)
                }
                Ok(other) => format!("{other:?}"),
                Err(fault) => format!("{} at {}", fault.kind, fault.at),
            });
        }
        shown
    }

    #[test]
    fn records_reach_from_their_dn_to_the_empty_line() {
        assert_eq!(
            pieces("version: 1\n\n# x\ndn: cn=a\ncn: a\n\n\ndn: cn=b\ncn: b"),
            [
                "Version(0)",
                "\"dn: cn=a\\ncn: a\\n\" Some(\"cn=a\")",
                "\"dn: cn=b\\ncn: b\" Some(\"cn=b\")",
            ]
        );
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_parser() {
        for record in [
            "dn:: Y249YQ==\ncn: a\n",
            "dn: cn=\n a\ncn: a\n",
            "dn: cn=a\nc\n n: a\n",
            "dn: cn=a\ncn:< file:///x\n",
            "dn: cn=a\ncn:\n < file:///x\n",
            "dn: cn=a\ncn:\r\n < file:///x\n",
            "dn: cn=a\nmember;range=0-1: x\n",
            "dn: cn=a\nchangetype: delete\n",
            "dn: cn=a\ncn:: YQ\n",
            "dn: cn=a\ncn:: Y!==\n",
            "dn: cn=a\ncn:: Y\n !==\n",
            "dn: cn=a\ncn:: Y\n\tQ==\n",
            "dn: cn=a\ncn:: Y\n Q\n",
            "dn: cn=a\ncn::\tYQ==\n",
            "dn: cn=a\ncn: a\rb\n",
            "dn: cn=a\n# x\nchangetype: delete\n",
            "dn: cn=a\ncn;: a\n",
            "dn: cn=a\ncn;lang-de: a\n",
            "dn: cn=a\ndn: cn=b\n",
            "dn: cn=a\n-\n",
            "dn: cn=a\r\ncn: a\r\n",
            "cn: a\n",
        ] {
            assert_eq!(pieces(record), [format!("{record:?} None")], "{record:?}");
        }
    }

    #[test]
    fn what_surrounds_records_is_named() {
        assert_eq!(
            pieces("  \n12\ndn: cn=a\ncn: a\n\nref: ldap://x\n\n"),
            [
                "Deviation(BlankLine, 0)",
                "Deviation(NumericId, 3)",
                "\"dn: cn=a\\ncn: a\\n\" Some(\"cn=a\")",
                "Deviation(Referral, 22)",
            ]
        );
        assert_eq!(
            pieces("search: 2\nresult: 4 Size limit exceeded\n\n# numEntries: 7\n"),
            [
                "Deviation(SearchTrailer, 0)",
                "Trailer(Search { at: 0 })",
                "Trailer(Result { code: 4, at: 10 })",
                "Trailer(Entries { count: 7, at: 41 })",
            ]
        );
        assert_eq!(
            pieces(
                "search: 2\nresult: 0\npagedresults: cookie=A\n  g=\n\n# pagedresults: cookie=\n"
            ),
            [
                "Deviation(SearchTrailer, 0)",
                "Trailer(Search { at: 0 })",
                "Trailer(Result { code: 0, at: 10 })",
                "Trailer(Page { last: false })",
                "Trailer(Page { last: true })",
            ]
        );
        assert_eq!(
            pieces("# LDAPv3\r\n#\r\n# requesting: *\r\n\r\n# LDAPv3\n\n# numResponses: 0\n"),
            ["Trailer(Head { at: 0 })", "Trailer(Responses)"]
        );
        assert_eq!(
            pieces("ref: ldap://x\ndn: cn=a\ncn: a\n\nresult: 0\nDN: cn=a\ncn: a\n"),
            [
                "expected an empty line before the next record, but found `dn` at 14",
                "expected an empty line before the next record, but found `DN` at 40",
            ]
        );
        for lost in ["ref: ldap://x\ncn: a\n", "search: 2\nresult: 0\ncn: a\n", "result: 0\nfoo\n"]
        {
            let said = "expected a `dn:` line to begin the record, but found";
            assert!(pieces(lost)[0].starts_with(said), "{lost:?}: {:?}", pieces(lost));
        }
        assert_eq!(
            pieces("ver\n sion:\r\n  1 \n\n1\n 2\ndn: cn=a\n\nresult:\n\t 0\n"),
            [
                "Version(0)",
                "Deviation(BlanksAfterKeyword, 0)",
                "Deviation(NumericId, 18)",
                "\"dn: cn=a\\n\" Some(\"cn=a\")",
                "Deviation(SearchTrailer, 33)",
                "Trailer(Result { code: 0, at: 33 })",
            ]
        );
        assert_eq!(
            pieces("# a\n\tb\n\tc\n# numEnt\n ries: 3\nresult:\nsearch: 0\n"),
            [
                "Deviation(TabFold, 4)",
                "Trailer(Entries { count: 3, at: 10 })",
                "expected an LDAP result code after `result:`, but found `result` at 28",
            ]
        );
        assert_eq!(
            pieces(" x\n\nversion: 2\n"),
            [
                "a line that begins with a blank, and no line before it to continue at 0",
                "expected `1` as the version of LDIF, but found `2` at 13",
            ]
        );
    }

    #[test]
    fn a_record_equal_to_a_probable_one_is_taken_whole() {
        let text = b"dn: cn=a\ncn: a\n\ndn: cn=a\ncn: a\nsn: b\n";
        let mut scanner = Scanner::new(text, 0..text.len());
        let known = b"dn: cn=a\ncn: a\n".as_slice();
        let mut next = || match scanner.next_piece(Some(known)) {
            Some(Ok(Piece::Record(r))) => (r.start, r.end),
            other => panic!("no record: {other:?}"),
        };
        assert_eq!([next(), next()], [(0, 15), (16, 37)]);
    }

    /// A file whose last line had no line end hid the line `ref:` that the other had after it: the
    /// line end before it was taken for the empty line, and the rest for a continuation reference.
    #[test]
    fn a_record_without_its_line_end_is_none_that_goes_on() {
        let text = b"dn: cn=a\ncn: a\nref: ldap://x\n\n";
        let mut scanner = Scanner::new(text, 0..text.len());
        match scanner.next_piece(Some(b"dn: cn=a\ncn: a")) {
            Some(Ok(Piece::Record(r))) => assert_eq!((r.end, r.as_probable), (29, false)),
            other => panic!("no record: {other:?}"),
        }
    }

    #[test]
    fn parts_end_between_records() {
        let text = b"dn: a\n\ndn: b\r\n\r\ndn: c\n d\n";
        for size in 1..text.len() + 2 {
            let parts = split(text, size);
            assert_eq!(parts.first().map(|p| p.start), Some(0));
            assert_eq!(parts.last().map(|p| p.end), Some(text.len()));
            for pair in parts.windows(2) {
                assert_eq!(pair[0].end, pair[1].start);
                assert!(
                    text[..pair[0].end].ends_with(b"\n\n")
                        || text[..pair[0].end].ends_with(b"\r\n\r\n")
                        || text[..pair[0].end].ends_with(b"\n\r\n")
                );
            }
        }
    }
}
