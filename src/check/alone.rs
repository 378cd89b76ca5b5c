//! The lines of a record that does not follow the grammar, each read by itself.
//!
//! A wrong line makes a parser read those after it differently, so nothing is said here of their
//! order: what is found is wrong wherever the line stands. Knows of a record only whether it is a
//! change, and what it changes.

use super::Found;
use super::record::{Look, Part};
use crate::error::{ErrorKind, Expected, Fault};
use crate::ldif::deviation::{of_record, of_words};
use crate::ldif::parse::{RawAttrVal, RawBody, RawValue, parse, without_blanks};

/// What a change record does, by its `changetype:` line alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changes {
    Add,
    Delete,
    Modify,
    Rename,
    /// Nobody can tell.
    Unknown,
}

/// What a record does, where it is a change record (S-7).
pub(super) fn changes(logical: &[u8]) -> Option<Changes> {
    let mut lines = logical.split(|&b| b == b'\n').skip(1);
    let is_control = |line: &&[u8]| value_of(b"control", line).is_some();
    let line = lines.clone().next()?;
    let word = value_of(b"changetype", line);
    if word.is_none() && !is_control(&line) {
        return None;
    }
    let word = word.or_else(|| {
        let line = lines.find(|line| !is_control(line))?;
        value_of(b"changetype", line)
    });
    Some(match word.map(|word| word.trim_ascii().to_ascii_lowercase()).as_deref() {
        Some(b"add") => Changes::Add,
        Some(b"delete") => Changes::Delete,
        Some(b"modify") => Changes::Modify,
        Some(b"modrdn" | b"moddn") => Changes::Rename,
        _ => Changes::Unknown,
    })
}

/// What stands behind a keyword and its colon, where a line begins with them.
fn value_of<'l>(keyword: &[u8], line: &'l [u8]) -> Option<&'l [u8]> {
    let (start, rest) = line.split_at_checked(keyword.len())?;
    rest.strip_prefix(b":").filter(|_| start.eq_ignore_ascii_case(keyword))
}

/// What can be read of a record that does not follow the grammar.
#[derive(Debug, Default)]
pub(super) struct Readable<'l> {
    /// The lines that are attributes and their values.
    pub(super) attributes: Vec<RawAttrVal<'l>>,
    /// What could not be read, each from where it begins.
    pub(super) lost: Vec<&'l [u8]>,
}

/// A line could not be read.
#[derive(Debug)]
struct Unread;

/// A line with what makes a record of it.
struct Alone<'a> {
    before: &'a [u8],
    after: &'a [u8],
    /// Whether what its value says is looked at.
    decoded: bool,
}

impl Alone<'_> {
    /// For a line of a record that does this; `None` where there is nothing to say.
    fn of(line: &[u8], changes: Option<Changes>) -> Option<Alone<'static>> {
        const NAME: &[u8] = b"dn:\n";
        let begins = |keyword: &[u8]| value_of(keyword, line).is_some();
        let may_be = |kind| changes == Some(kind) || changes == Some(Changes::Unknown);
        let alone = |before, after| Some(Alone { before, after, decoded: true });
        let any_of = |keywords: &[&[u8]]| keywords.iter().any(|keyword| begins(keyword));
        if changes.is_some() && without_blanks(line) == b"-" {
            return None;
        }
        if changes.is_some() && begins(b"control") {
            return alone(NAME, b"\nchangetype: delete");
        }
        if changes.is_some() && begins(b"changetype") {
            return Some(Alone { decoded: false, ..alone(NAME, b"")? });
        }
        if may_be(Changes::Modify) && any_of(&[b"add", b"delete", b"replace", b"increment"]) {
            let alone = alone(b"dn:\nchangetype: modify\n", b"\n-")?;
            return Some(Alone { decoded: false, ..alone });
        }
        if may_be(Changes::Rename) {
            const RENAME: &[u8] = b"dn:\nchangetype: modrdn\nnewrdn: cn=a\n";
            if begins(b"newrdn") {
                return alone(b"dn:\nchangetype: modrdn\n", b"\ndeleteoldrdn: 0");
            }
            if begins(b"deleteoldrdn") {
                return alone(RENAME, b"");
            }
            if begins(b"newsuperior") {
                return alone(b"dn:\nchangetype: modrdn\nnewrdn: cn=a\ndeleteoldrdn: 0\n", b"");
            }
        }
        alone(NAME, b"")
    }
}

impl<'l> Look<'_, 'l> {
    /// The fault that ended the parse of a record, and what else is wrong with its lines. Tells what
    /// can be read of it.
    pub(super) fn alone(
        &self,
        fault: Fault,
        changes: Option<Changes>,
        part: &mut Part,
    ) -> Readable<'l> {
        let at = fault.at;
        let expected = match fault.kind {
            ErrorKind::Syntax { expected, .. } => Some(expected),
            _ => None,
        };
        let swallowed = matches!(expected, Some(Expected::EmptyLine | Expected::DnLine));
        // What is missing at the end is no fault of the last line.
        let is_missing = at == self.logical.len()
            && matches!(
                expected,
                Some(Expected::NewRdnLine | Expected::DeleteOldRdnLine | Expected::ChangeTypeLine)
            );
        part.found.push(self.fault(fault));
        self.name_alone(at, part);
        let mut readable = Readable::default();
        let mut is_swallowed = false;
        let mut start = 0;
        for line in self.logical.split_inclusive(|&b| b == b'\n') {
            let body = line.strip_suffix(b"\n").unwrap_or(line);
            let has_fault = !is_missing && (start..=start + body.len()).contains(&at);
            let is_name = start > 0 && value_of(b"dn", body).is_some();
            // Behind a record that was swallowed lines may be of another.
            if is_name && !is_swallowed {
                readable.lost.push(&self.logical[start..]);
            } else if has_fault && start > 0 {
                readable.lost.push(body);
            }
            is_swallowed |= is_name;
            if start > 0 && !has_fault && (start < at || !swallowed) {
                let read = self.line_alone(start, body, changes, part);
                if changes.is_some() && is_name {
                    return readable;
                }
                match read {
                    _ if is_swallowed => {}
                    Ok(attribute) => readable.attributes.extend(attribute),
                    Err(Unread) => readable.lost.push(body),
                }
            }
            start += line.len();
        }
        readable
    }

    /// What is wrong with the name, unless its line is the one that holds byte `at`.
    fn name_alone(&self, at: usize, part: &mut Part) {
        let end = memchr::memchr(b'\n', self.logical).unwrap_or(self.logical.len());
        let Some(line) = self.logical.get(..end).filter(|_| at > end) else { return };
        if let Ok(raw) = parse(line) {
            part.found.extend(match self.decoder.dn(raw.dn) {
                Err(fault) => Some(self.bad_name(&raw, fault)),
                Ok(dn) => self.of_name(b"dn", raw.dn, &dn),
            });
        }
    }

    /// What is wrong with the line at byte `start`, and how it deviates. Tells the attribute that it
    /// is, where it is one.
    fn line_alone(
        &self,
        start: usize,
        line: &[u8],
        changes: Option<Changes>,
        part: &mut Part,
    ) -> Result<Option<RawAttrVal<'l>>, Unread> {
        let Some(Alone { before, after, decoded }) = Alone::of(line, changes) else {
            return Ok(None);
        };
        let alone = [before, line, after].concat();
        let decoder = self.examiner.decoder(&alone);
        let place = |at: usize| {
            let at = at.checked_sub(before.len())?;
            (at <= line.len()).then_some(start + at)
        };
        let read = parse(&alone).and_then(|raw| match decoded {
            true => decoder.record(&raw).map(|_| raw),
            false => Ok(raw),
        });
        // A change type alone lacks what must come after it.
        let is_type = value_of(b"changetype", line).is_some() && changes.is_some();
        let of_type = |kind: &ErrorKind| {
            matches!(kind, ErrorKind::Syntax { expected: Expected::ChangeType, .. })
        };
        match read {
            Err(fault) => {
                let at = place(fault.at).filter(|_| !is_type || of_type(&fault.kind));
                part.found.extend(at.map(|at| self.fault(Fault { at, ..fault })));
                Err(Unread)
            }
            Ok(raw) => {
                let mut note = |deviation, at: &[u8]| {
                    let at = at.as_ptr() as usize - alone.as_ptr() as usize;
                    let Some(at) = place(at) else { return };
                    let found =
                        Found::deviation(self.examiner.strict, deviation, self.offset_of(at));
                    part.found.push(Found { len: 1, ..found.in_record(self.extent) });
                };
                of_record(&raw, &mut note);
                of_words(&alone, &raw, &mut note);
                let RawBody::Content(attributes) = raw.body else { return Ok(None) };
                let here = |text: &[u8]| {
                    let at = text.as_ptr() as usize - alone.as_ptr() as usize - before.len();
                    &self.logical[start + at..start + at + text.len()]
                };
                Ok(attributes.first().map(|one| RawAttrVal {
                    description: here(one.description),
                    value: match one.value {
                        RawValue::Plain(text) => RawValue::Plain(here(text)),
                        RawValue::Base64(text) => RawValue::Base64(here(text)),
                        RawValue::Url(text) => RawValue::Url(here(text)),
                    },
                }))
            }
        }
    }
}
