//! The one writer of LDIF: strict RFC 2849, the same bytes for the same record.

use std::fmt::Write;

use base64_simd::STANDARD;

use crate::attribute::begins_a_change;
use crate::change::{Change, ChangeRecord, Control, Modification, Record};
use crate::dn::Dn;
use crate::entry::Attribute;
use crate::error::{Error, ShapeFault};
use crate::text::Escaped;

/// Writes LDIF lines to the end of a buffer.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    /// Lines are folded to at most this many bytes; 0 for never.
    pub wrap: usize,
}

impl Default for Writer {
    fn default() -> Self {
        Writer { wrap: 76 }
    }
}

impl Writer {
    /// A comment, escaped to one line and never folded.
    pub fn comment(self, out: &mut Vec<u8>, text: &str) {
        out.extend_from_slice(format!("# {}", Escaped(text.as_bytes())).trim_end().as_bytes());
        out.push(b'\n');
    }

    /// `dn:` and the name, special characters as hex pairs.
    pub fn dn(self, out: &mut Vec<u8>, dn: &Dn) {
        // Room for most names at once.
        let mut text = String::with_capacity(128);
        // A string takes whatever is written to it.
        let _ = write!(text, "{dn}");
        self.line(out, b"dn", text.as_bytes());
    }

    /// `name: value`, folded, or `name:: base64` where the value is not a SAFE-STRING.
    ///
    /// A fold never stands inside the name or its colons.
    pub fn line(self, out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
        let start = out.len();
        out.extend_from_slice(name);
        if value.is_empty() {
            out.extend_from_slice(b":\n");
        } else if is_safe(value) {
            out.extend_from_slice(b": ");
            self.folded(out, start, value);
        } else {
            out.extend_from_slice(b":: ");
            self.folded(out, start, STANDARD.encode_to_string(value).as_bytes());
        }
    }

    /// The rest of a line that began at `start`, in pieces.
    fn folded(self, out: &mut Vec<u8>, start: usize, mut text: &[u8]) {
        let width = if self.wrap == 0 { usize::MAX } else { self.wrap.max(2) };
        let mut room = width.saturating_sub(out.len() - start).max(1);
        while text.len() > room {
            out.extend_from_slice(&text[..room]);
            out.extend_from_slice(b"\n ");
            text = &text[room..];
            room = width - 1;
        }
        out.extend_from_slice(text);
        out.push(b'\n');
    }

    /// All values of the attributes, each on a line.
    pub fn attributes(self, out: &mut Vec<u8>, attributes: &[Attribute<'_>]) {
        for attribute in attributes {
            for value in &attribute.values {
                self.line(out, &attribute.description, value);
            }
        }
    }

    /// A change record and the empty line after it.
    pub fn change(self, out: &mut Vec<u8>, record: &ChangeRecord<'_>) {
        self.dn(out, &record.dn);
        self.change_of(out, record);
    }

    /// A record and the empty line after it, its name spelled as it is.
    ///
    /// # Errors
    ///
    /// An entry whose first line would make a change of it, and that has no other attribute to stand
    /// there: nothing is written then.
    pub fn record(
        self,
        out: &mut Vec<u8>,
        dn: &[u8],
        record: &Record<'_>,
    ) -> Result<(), ShapeFault> {
        match record {
            Record::Change(record) => {
                self.line(out, b"dn", dn);
                self.change_of(out, record);
            }
            Record::Content(entry) => {
                let is_attribute = |one: &Attribute<'_>| !begins_a_change(&one.description);
                let first = entry.attributes.iter().position(is_attribute);
                let (before, after) = entry.attributes.split_at(first.unwrap_or(0));
                if let (Some(word), None) = (after.first(), first) {
                    return Err(ShapeFault::ReadsAsChange { attribute: word.description.to_vec() });
                }
                self.line(out, b"dn", dn);
                self.attributes(out, &after[..after.len().min(1)]);
                self.attributes(out, before);
                self.attributes(out, &after[after.len().min(1)..]);
                out.push(b'\n');
            }
        }
        Ok(())
    }

    /// What stands below the name of a change record.
    fn change_of(self, out: &mut Vec<u8>, record: &ChangeRecord<'_>) {
        record.controls.iter().for_each(|one| self.control(out, one));
        match &record.change {
            Change::Add(attributes) => {
                out.extend_from_slice(b"changetype: add\n");
                self.attributes(out, attributes);
            }
            Change::Delete => out.extend_from_slice(b"changetype: delete\n"),
            Change::Modify(modifications) => {
                out.extend_from_slice(b"changetype: modify\n");
                modifications.iter().for_each(|one| self.modification(out, one));
            }
            Change::ModifyDn(change) => {
                out.extend_from_slice(b"changetype: modrdn\n");
                self.line(out, b"newrdn", change.new_rdn.to_string().as_bytes());
                let delete = if change.delete_old_rdn { b"1" } else { b"0" };
                self.line(out, b"deleteoldrdn", delete);
                if let Some(superior) = &change.new_superior {
                    self.line(out, b"newsuperior", superior.to_string().as_bytes());
                }
            }
        }
        out.push(b'\n');
    }

    fn modification(self, out: &mut Vec<u8>, one: &Modification<'_>) {
        self.line(out, one.op.keyword().as_bytes(), &one.description);
        one.values.iter().for_each(|value| self.line(out, &one.description, value));
        out.extend_from_slice(b"-\n");
    }

    /// `control: OID criticality[:: value]`
    fn control(self, out: &mut Vec<u8>, control: &Control<'_>) {
        let mut name = b"control: ".to_vec();
        name.extend_from_slice(&control.oid);
        name.extend_from_slice(if control.criticality { b" true" } else { b" false" });
        match &control.value {
            None => {
                out.extend_from_slice(&name);
                out.push(b'\n');
            }
            Some(value) => {
                let start = out.len();
                out.extend_from_slice(&name);
                out.extend_from_slice(b":: ");
                self.folded(out, start, STANDARD.encode_to_string(value).as_bytes());
            }
        }
    }
}

/// A record that was skipped, as it stood, below what is wrong with it.
pub fn rejected(out: &mut Vec<u8>, error: &Error, record: &[u8]) {
    rejected_for(out, &[error], record);
}

/// The same of one with which several things are wrong.
pub fn rejected_for(out: &mut Vec<u8>, errors: &[&Error], record: &[u8]) {
    let record = whole_lines(record);
    let end = line_end_of(record);
    errors.iter().for_each(|error| comment(out, error.to_string().as_bytes(), end));
    out.extend_from_slice(record);
    out.extend_from_slice(end);
    out.extend_from_slice(end);
}

/// The same, all of it a comment: what is no record must not stand among those that can be applied
/// again.
pub fn rejected_as_comment(out: &mut Vec<u8>, error: &Error, record: &[u8]) {
    rejected_as_comment_for(out, &[error], record);
}

/// The same of one with which several things are wrong.
pub fn rejected_as_comment_for(out: &mut Vec<u8>, errors: &[&Error], record: &[u8]) {
    let record = whole_lines(record);
    let end = line_end_of(record);
    errors.iter().for_each(|error| comment(out, error.to_string().as_bytes(), end));
    comment(out, record, end);
    out.extend_from_slice(end);
}

fn comment(out: &mut Vec<u8>, text: &[u8], end: &[u8]) {
    for line in text.split(|&b| b == b'\n') {
        out.extend_from_slice(b"# ");
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(end);
    }
}

/// A record without the empty lines around it, and without its last line end.
fn whole_lines(record: &[u8]) -> &[u8] {
    let is_end = |byte: &&u8| matches!(byte, b'\n' | b'\r');
    let record = &record[record.iter().take_while(is_end).count()..];
    &record[..record.len() - record.iter().rev().take_while(is_end).count()]
}

/// What ends the lines of a record: what ends the first of them.
fn line_end_of(record: &[u8]) -> &'static [u8] {
    match memchr::memchr(b'\n', record).and_then(|at| record[..at].last()) {
        Some(b'\r') => b"\r\n",
        _ => b"\n",
    }
}

/// Whether a value may stand as it is: RFC 2849 SAFE-STRING, and narrower where readers differ
/// (control characters, DEL, a blank at the end).
pub fn is_safe(value: &[u8]) -> bool {
    let unsafe_first = matches!(value.first(), Some(b' ' | b':' | b'<'));
    !unsafe_first && value.last() != Some(&b' ') && value.iter().all(|b| (0x20..0x7f).contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(wrap: usize, value: &str) -> String {
        let mut out = Vec::new();
        Writer { wrap }.line(&mut out, b"cn", value.as_bytes());
        String::from_utf8(out).expect("what is written is ASCII")
    }

    #[test]
    fn base64_stands_exactly_where_it_must() {
        for (value, written) in [
            ("", "cn:\n"),
            ("a", "cn: a\n"),
            ("a b", "cn: a b\n"),
            (" a", "cn:: IGE=\n"),
            ("a ", "cn:: YSA=\n"),
            (":a", "cn:: OmE=\n"),
            ("<a", "cn:: PGE=\n"),
            ("a:<", "cn: a:<\n"),
            ("é", "cn:: w6k=\n"),
            ("a\nb", "cn:: YQpi\n"),
            ("a\0", "cn:: YQA=\n"),
            ("a\x7f", "cn:: YX8=\n"),
            ("#a", "cn: #a\n"),
        ] {
            assert_eq!(line(76, value), written, "{value:?}");
        }
    }

    #[test]
    fn lines_are_folded_at_the_column_and_never_in_the_name() {
        assert_eq!(line(8, "abcdefghijklmnop"), "cn: abcd\n efghijk\n lmnop\n");
        assert_eq!(line(8, "abcd"), "cn: abcd\n");
        assert_eq!(line(2, "abc"), "cn: a\n b\n c\n");
        assert_eq!(line(0, &"x".repeat(200)), format!("cn: {}\n", "x".repeat(200)));
    }
}
