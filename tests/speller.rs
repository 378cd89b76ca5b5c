//! Writes a tree as LDIF in random spelling: the same directory in quite other bytes.
//!
//! Only what strict RFC 2849 and RFC 4514 allow, so that no reader may mind.

use crate::ldif::{is_safe, to_base64};
use crate::rng::Rng;
use crate::rules::{self, Rule};
use crate::tree::{self, Entry, Name, Rdn, Tree};

/// How one file is written.
struct Hand<'a> {
    rng: &'a mut Rng,
    text: Vec<u8>,
    line_end: &'static [u8],
    /// Lines get no longer than this.
    width: usize,
}

/// The tree as LDIF: records, attributes and values in any order, names in any spelling.
pub fn respell(tree: &Tree, rng: &mut Rng) -> Vec<u8> {
    let line_end: &[u8] = if rng.chance(30) { b"\r\n" } else { b"\n" };
    let width = *rng.pick(&[20, 40, 76, 78, 200, usize::MAX]).expect("widths");
    let mut entries: Vec<_> = tree.entries.values().collect();
    rng.shuffle(&mut entries);
    let mut hand = Hand { rng, text: Vec::new(), line_end, width };
    hand.version();
    for entry in entries {
        hand.comment();
        hand.entry(entry);
        for _ in 0..1 + hand.rng.below(2) {
            hand.end_line();
        }
    }
    hand.text
}

impl Hand<'_> {
    fn version(&mut self) {
        if self.rng.chance(50) {
            self.text.extend_from_slice(b"version: 1");
            self.end_line();
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        self.text.extend_from_slice(self.line_end);
    }

    /// Sometimes a comment, sometimes a folded one that looks like a record.
    fn comment(&mut self) {
        let comment: &[u8] = match self.rng.below(8) {
            0 => b"# a comment",
            1 => b"# dn: cn=nobody,dc=example,dc=com",
            2 => b"#",
            _ => return,
        };
        self.text.extend_from_slice(comment);
        self.end_line();
        if self.rng.chance(30) {
            self.text.extend_from_slice(b" that goes on: here");
            self.end_line();
        }
    }

    fn entry(&mut self, entry: &Entry) {
        let name = self.name(&entry.name);
        self.line("dn", &name);
        let values = |(attribute, values): (&'_ String, &'_ Vec<Vec<u8>>)| {
            values.iter().map(|v| (attribute.clone(), v.clone())).collect::<Vec<_>>()
        };
        let mut lines: Vec<_> = entry.attributes.iter().flat_map(values).collect();
        self.rng.shuffle(&mut lines);
        for (attribute, value) in lines {
            if self.rng.chance(2) {
                self.comment();
            }
            let value = match (rules::rule(&attribute), Name::parse(&value)) {
                (Rule::Name, Some(name)) => self.name(&name),
                _ => value,
            };
            let description = self.description(&attribute);
            self.line(&description, &value);
        }
    }

    /// One line: base64 where it must be and sometimes where not, folded at this hand's width.
    fn line(&mut self, description: &str, value: &[u8]) {
        let whole = if !is_safe(value) || self.rng.chance(15) {
            let blanks = ["", " ", "  "][self.rng.below(3)];
            format!("{description}::{blanks}{}", to_base64(value)).into_bytes()
        } else {
            let blanks = ["", " ", " ", "   "][self.rng.below(4)];
            [description.as_bytes(), b":", blanks.as_bytes(), value].concat()
        };
        let mut rest = whole.as_slice();
        let mut room = self.width;
        while rest.len() > room {
            let early = if self.rng.chance(80) { room } else { self.rng.between(1, room) };
            // A continuation of blanks alone is legal, but readers that forgive stray blanks
            // take it for an empty line.
            let blanks = rest.iter().take_while(|b| **b == b' ').count();
            let length = early.max(blanks + 1).min(rest.len());
            self.text.extend_from_slice(&rest[..length]);
            self.end_line();
            self.text.push(b' ');
            rest = &rest[length..];
            room = self.width - 1;
        }
        self.text.extend_from_slice(rest);
        self.end_line();
    }

    /// A description by any of its names, in any case.
    fn description(&mut self, attribute: &str) -> String {
        let mut parts = attribute.splitn(2, ';');
        let name = self.type_name(parts.next().unwrap_or_default());
        match parts.next() {
            Some(options) => format!("{name};{}", self.recased(options)),
            None => name,
        }
    }

    fn type_name(&mut self, name: &str) -> String {
        let aliases = rules::type_of(name).map_or(&[][..], |t| t.aliases);
        match self.rng.pick(aliases) {
            Some(alias) if self.rng.chance(25) => self.recased(alias),
            _ if self.rng.chance(50) => name.to_owned(),
            _ => self.recased(name),
        }
    }

    fn recased(&mut self, text: &str) -> String {
        let mut flip = |c: char| match self.rng.below(2) {
            0 => c.to_ascii_uppercase(),
            _ => c.to_ascii_lowercase(),
        };
        text.chars().map(&mut flip).collect()
    }

    /// A name: blanks, escapes, case, aliases, the order in an RDN, all at random.
    fn name(&mut self, name: &Name) -> Vec<u8> {
        let rdns: Vec<_> = name.0.iter().map(|rdn| self.rdn(rdn)).collect();
        let comma: &[u8] = [&b","[..], b", ", b" , "][self.rng.below(3)];
        rdns.join(comma)
    }

    fn rdn(&mut self, rdn: &Rdn) -> Vec<u8> {
        let mut rdn = rdn.clone();
        self.rng.shuffle(&mut rdn);
        let recase = self.rng.chance(30);
        let parts: Vec<_> = rdn
            .iter()
            .map(|(name, value)| {
                let name = self.type_name(name);
                let value = if recase { value.to_ascii_uppercase() } else { value.clone() };
                [name.as_bytes(), b"=", &self.escaped(&value)].concat()
            })
            .collect();
        parts.join(&b"+"[..])
    }

    /// Special characters as hex pairs in either case or behind a backslash, others sometimes too.
    fn escaped(&mut self, value: &[u8]) -> Vec<u8> {
        let last = value.len().saturating_sub(1);
        let mut text = Vec::new();
        let mut in_hex = false;
        for (at, &byte) in value.iter().enumerate() {
            let outer = (at == 0 || at == last) && b" #".contains(&byte);
            // The bytes of one character are all written in one way.
            in_hex = if byte & 0xc0 == 0x80 { in_hex } else { byte >= 0xc0 && self.rng.chance(30) };
            match self.rng.below(3) {
                0 if in_hex => text.extend(format!("\\{byte:02x}").bytes()),
                _ if in_hex => text.extend(format!("\\{byte:02X}").bytes()),
                _ if !outer && !tree::is_special(byte) => text.push(byte),
                0 if (b' '..0x7f).contains(&byte) => text.extend([b'\\', byte]),
                1 => text.extend(format!("\\{byte:02x}").bytes()),
                _ => text.extend(format!("\\{byte:02X}").bytes()),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldif;
    use crate::trees::Case;
    use crate::util::{cases, for_seeds};

    #[test]
    fn another_spelling_is_the_same_tree() {
        for_seeds("speller", cases(), |_, rng| {
            let tree = Case::sized(rng, 20, 0).old.tree();
            let text = respell(&tree, rng);
            assert_ne!(text, ldif::write(&tree));
            tree::assert_same("respelled", &tree, &ldif::read_content(&text));
        });
    }
}
