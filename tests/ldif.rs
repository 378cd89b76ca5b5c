//! LDIF for tests: a small reader and a plain writer of RFC 2849, independent of the library.

use std::ops::Range;

use crate::rules;
use crate::tree::{Entry, Name, Tree};

/// One record: where it stands with its comments, and its logical lines, decoded.
pub struct Block {
    /// Its text, from its first comment to the blank line.
    pub text: Range<usize>,
    /// Description and value of each line; `-` stands as a description.
    pub lines: Vec<(String, Vec<u8>)>,
}

/// A change record.
#[derive(Clone, Debug)]
pub struct Change {
    /// What it is about, as spelled.
    pub dn: Vec<u8>,
    /// What happens to it.
    pub kind: Kind,
}

/// The four kinds of change.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A new entry.
    Add(Vec<(String, Vec<u8>)>),
    /// An entry goes.
    Delete,
    /// Some of its attributes change.
    Modify(Vec<Modification>),
    /// It is named or placed anew: RDN, whether the old value goes, new parent.
    Rename(Vec<u8>, OldRdn, Option<Vec<u8>>),
}

/// What becomes of the old naming value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldRdn {
    /// `deleteoldrdn: 0`
    Keep,
    /// `deleteoldrdn: 1`
    Delete,
}

/// One part of a modify record.
#[derive(Clone, Debug)]
pub struct Modification {
    /// `add`, `delete` or `replace`.
    pub operation: Operation,
    /// The canonical description.
    pub attribute: String,
    /// The values.
    pub values: Vec<Vec<u8>>,
}

/// What a modification does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `add:`
    Add,
    /// `delete:`
    Delete,
    /// `replace:`
    Replace,
    Increment,
}

/// Cuts a text into records. Comments and `version:` are no lines.
pub fn blocks(text: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive(|&b| b == b'\n') {
        at += line.len();
        let blank = line == b"\n" || line == b"\r\n";
        if blank || at == text.len() {
            let lines = logical_lines(&text[start..at]);
            if !lines.is_empty() {
                blocks.push(Block { text: start..at, lines });
                start = at;
            } else if blank {
                start = at;
            }
        }
    }
    blocks
}

fn logical_lines(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in text.split(|&b| b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.strip_prefix(b" "), lines.last_mut()) {
            (Some(more), Some(last)) => last.extend_from_slice(more),
            _ => lines.push(line.to_vec()),
        }
    }
    let wanted = |line: &&Vec<u8>| !line.is_empty() && !line.starts_with(b"#");
    let read = lines.iter().filter(wanted).map(|line| read_line(line));
    read.filter(|(name, _)| name != "version").collect()
}

fn read_line(line: &[u8]) -> (String, Vec<u8>) {
    let colon = line.iter().position(|&b| b == b':').unwrap_or(line.len());
    let name = String::from_utf8_lossy(&line[..colon]).into_owned();
    let rest = line.get(colon + 1..).unwrap_or_default();
    let value = match rest.strip_prefix(b":") {
        Some(encoded) => from_base64(encoded.trim_ascii()),
        None => rest.trim_ascii_start().to_vec(),
    };
    (name, value)
}

/// Reads content records; continuation references are none.
pub fn read_content(text: &[u8]) -> Tree {
    let mut tree = Tree::default();
    for block in blocks(text).into_iter().filter(|block| block.lines[0].0 != "ref") {
        let entry = read_entry(&block.lines[0].1, &block.lines[1..]);
        let twice = tree.entries.insert(entry.name.key(), entry);
        assert!(twice.is_none(), "an entry stands twice: {:?}", twice.map(|e| e.name));
    }
    tree
}

/// An entry of these lines.
pub fn read_entry(dn: &[u8], lines: &[(String, Vec<u8>)]) -> Entry {
    let name = Name::parse(dn).unwrap_or_else(|| panic!("no name: {}", dn.escape_ascii()));
    let mut entry = Entry { name, attributes: Default::default() };
    for (description, value) in lines {
        let values = entry.attributes.entry(rules::canonical(description)).or_default();
        values.push(value.clone());
    }
    entry
}

/// Reads change records.
pub fn read_changes(text: &[u8]) -> Vec<Change> {
    blocks(text).iter().map(|block| read_change(&block.lines)).collect()
}

fn read_change(lines: &[(String, Vec<u8>)]) -> Change {
    let lines: Vec<_> = lines.iter().filter(|(name, _)| name != "control").cloned().collect();
    let value = |wanted: &str| {
        lines.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, v)| v.clone())
    };
    assert_eq!(lines[0].0, "dn", "a record begins with its name");
    let (dn, changetype) = (lines[0].1.clone(), value("changetype"));
    let kind = match changetype.as_deref() {
        Some(b"add") => Kind::Add(lines[2..].to_vec()),
        Some(b"delete") => Kind::Delete,
        Some(b"modify") => Kind::Modify(read_modifications(&lines[2..])),
        Some(b"modrdn" | b"moddn") => {
            let old = value("deleteoldrdn").expect("deleteoldrdn");
            let old = if old == b"1" { OldRdn::Delete } else { OldRdn::Keep };
            Kind::Rename(value("newrdn").expect("newrdn"), old, value("newsuperior"))
        }
        other => panic!("changetype {other:?}"),
    };
    Change { dn, kind }
}

fn read_modifications(lines: &[(String, Vec<u8>)]) -> Vec<Modification> {
    let parts = lines.split(|(name, _)| name == "-").filter(|part| !part.is_empty());
    parts.map(read_modification).collect()
}

fn read_modification(lines: &[(String, Vec<u8>)]) -> Modification {
    let operation = match lines[0].0.as_str() {
        "add" => Operation::Add,
        "delete" => Operation::Delete,
        "replace" => Operation::Replace,
        "increment" => Operation::Increment,
        other => panic!("modification {other}"),
    };
    let attribute = rules::canonical(&String::from_utf8_lossy(&lines[0].1));
    let values = lines[1..].iter().map(|(name, value)| {
        assert_eq!(rules::canonical(name), attribute, "another attribute in a modification");
        value.clone()
    });
    Modification { operation, values: values.collect(), attribute }
}

/// Writes a tree as `slapcat` does: parents first, classes first, folded at 78.
pub fn write(tree: &Tree) -> Vec<u8> {
    let mut entries: Vec<_> = tree.entries.values().collect();
    entries.sort_by_key(|entry| entry.name.0.len());
    let mut text = Vec::new();
    for entry in entries {
        line(&mut text, "dn", &entry.name.print());
        let (classes, others): (Vec<_>, Vec<_>) =
            entry.attributes.iter().partition(|(name, _)| *name == "objectClass");
        for (name, values) in classes.into_iter().chain(others) {
            values.iter().for_each(|value| line(&mut text, name, value));
        }
        text.push(b'\n');
    }
    text
}

/// Writes change records, as a person would.
pub fn write_changes(changes: &[Change]) -> Vec<u8> {
    let mut text = Vec::new();
    for change in changes {
        line(&mut text, "dn", &change.dn);
        write_kind(&mut text, &change.kind);
        text.push(b'\n');
    }
    text
}

fn write_kind(text: &mut Vec<u8>, kind: &Kind) {
    match kind {
        Kind::Add(lines) => {
            line(text, "changetype", b"add");
            lines.iter().for_each(|(name, value)| line(text, name, value));
        }
        Kind::Delete => line(text, "changetype", b"delete"),
        Kind::Modify(modifications) => {
            line(text, "changetype", b"modify");
            modifications.iter().for_each(|m| write_modification(text, m));
        }
        Kind::Rename(rdn, old, superior) => {
            line(text, "changetype", b"modrdn");
            line(text, "newrdn", rdn);
            line(text, "deleteoldrdn", if *old == OldRdn::Delete { b"1" } else { b"0" });
            superior.iter().for_each(|dn| line(text, "newsuperior", dn));
        }
    }
}

fn write_modification(text: &mut Vec<u8>, modification: &Modification) {
    let operation = match modification.operation {
        Operation::Add => "add",
        Operation::Delete => "delete",
        Operation::Replace => "replace",
        Operation::Increment => "increment",
    };
    line(text, operation, modification.attribute.as_bytes());
    modification.values.iter().for_each(|value| line(text, &modification.attribute, value));
    text.extend_from_slice(b"-\n");
}

/// Writes one line, encoded where it must be, folded at 78.
pub fn line(text: &mut Vec<u8>, name: &str, value: &[u8]) {
    let whole = if is_safe(value) {
        [name.as_bytes(), b": ", value].concat()
    } else {
        [name.as_bytes(), b":: ", to_base64(value).as_bytes()].concat()
    };
    let (first, rest) = whole.split_at(whole.len().min(78));
    text.extend_from_slice(first);
    for part in rest.chunks(77) {
        text.extend_from_slice(b"\n ");
        text.extend_from_slice(part);
    }
    text.push(b'\n');
}

/// RFC 2849 `SAFE-STRING`, and no blank at the end.
pub fn is_safe(value: &[u8]) -> bool {
    let begins = !value.first().is_some_and(|b| b" :<".contains(b));
    let plain = |&b: &u8| b < 0x80 && !b"\0\r\n".contains(&b);
    begins && value.iter().all(plain) && value.last() != Some(&b' ')
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 of RFC 4648.
pub fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let octet = |i: usize| u32::from(*chunk.get(i).unwrap_or(&0));
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        for i in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * i) & 63).expect("six bits");
            text.push(if i <= chunk.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    text
}

/// The bytes of base64, padded or not.
pub fn from_base64(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.iter().take_while(|&&b| b != b'=') {
        let six = DIGITS.iter().position(|d| d == digit).expect("a base64 digit");
        bits = (bits << 6 | u32::try_from(six).expect("six bits")) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("eight bits"));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = b"# a comment\nversion: 1\n\n# one\ndn: cn=a,dc=x\nCN: a\nsurname:: AP8=\n\n\
                     dn:: Y249YixkYz14\ncn: b\ndescription;LANG-de: lo\n ng\n";
        let tree = read_content(text);
        assert_eq!(tree.entries.len(), 2);
        let again = read_content(&write(&tree));
        assert_eq!(tree.state(), again.state());
        let values = |tree: &Tree| tree.entries.values().map(|e| e.attributes.clone()).collect();
        let all: Vec<_> = values(&again);
        assert_eq!(all[0]["sn"], [b"\0\xff"]);
        assert_eq!(all[1]["description;lang-de"], [b"long"]);
    }

    #[test]
    fn base64_leads_back() {
        for length in 0..9 {
            let bytes: Vec<u8> = (250..250 + length).map(|b: u16| b.to_le_bytes()[0]).collect();
            assert_eq!(from_base64(to_base64(&bytes).as_bytes()), bytes);
        }
        assert_eq!(to_base64(b"fo"), "Zm8=");
    }
}
