//! Spells a record as LDIF: as `slapcat` does, or in every way otherwise.
//!
//! Knows nothing of what the record means.

use crate::record::Record;

/// Where `slapcat` folds, and where the other spelling does.
const SLAPCAT_COLUMN: usize = 78;
const OTHER_COLUMN: usize = 60;

/// A buffer for the text of one record.
#[derive(Default)]
pub(super) struct Spelling {
    text: Vec<u8>,
    line: Vec<u8>,
}

impl Spelling {
    /// As `slapcat` writes it.
    pub(super) fn slapcat(&mut self, record: &Record) -> &[u8] {
        self.record(&record.dn, record, SLAPCAT_COLUMN)
    }

    /// Another folding column, order of attributes and case of names; the same meaning.
    pub(super) fn other(&mut self, record: &mut Record) -> &[u8] {
        record.lines.reverse();
        for (description, value) in &mut record.lines {
            if matches!(*description, "member" | "creatorsName" | "modifiersName") {
                *value = shouted(value);
            }
        }
        let dn = shouted(&record.dn);
        self.record(&dn, record, OTHER_COLUMN)
    }

    fn record(&mut self, dn: &str, record: &Record, column: usize) -> &[u8] {
        self.text.clear();
        self.put("dn", dn, column);
        for (description, value) in &record.lines {
            self.put(description, value, column);
        }
        self.text.push(b'\n');
        &self.text
    }

    /// One attribute value, folded; base64 where it is not ASCII, and for passwords.
    fn put(&mut self, description: &str, value: &str, column: usize) {
        self.line.clear();
        self.line.extend_from_slice(description.as_bytes());
        if value.is_ascii() && description != "userPassword" {
            self.line.extend_from_slice(b": ");
            self.line.extend_from_slice(value.as_bytes());
        } else {
            self.line.extend_from_slice(b":: ");
            base64(value.as_bytes(), &mut self.line);
        }
        let (first, rest) = self.line.split_at(column.min(self.line.len()));
        self.text.extend_from_slice(first);
        for part in rest.chunks(column - 1) {
            self.text.extend_from_slice(b"\n ");
            self.text.extend_from_slice(part);
        }
        self.text.push(b'\n');
    }
}

/// A name in capitals, with a space after every comma.
fn shouted(dn: &str) -> String {
    dn.to_ascii_uppercase().replace(',', ", ")
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8], text: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, &byte| bits << 8 | usize::from(byte));
        let bits = bits << (8 * (3 - group.len()));
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if digit > group.len() { b'=' } else { DIGITS[value] });
        }
    }
}
