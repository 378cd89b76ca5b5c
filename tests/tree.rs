//! The model of a directory: names, entries, and the tree of them.
//!
//! Entries are found by a key that all spellings of a name share, from the root down, so that an
//! entry and all below it stand together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::rules::{self, Rule};

/// One RDN: types and values.
pub type Rdn = Vec<(String, Vec<u8>)>;

/// A name: RDNs from the entry up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub Vec<Rdn>);

/// A name in the one spelling all its spellings share, from the root down.
pub type Key = Vec<Vec<u8>>;

impl Name {
    /// Reads a name as LDAP writes it: RFC 4514, blanks around separators allowed.
    pub fn parse(text: &[u8]) -> Option<Name> {
        let mut rdns = vec![Rdn::new()];
        let mut rest = text.trim_ascii_start();
        while !rest.is_empty() {
            let equals = rest.iter().position(|&b| b == b'=')?;
            let name = String::from_utf8(rest[..equals].trim_ascii().to_vec()).ok()?;
            let (value, after) = parse_value(rest[equals + 1..].trim_ascii_start())?;
            rdns.last_mut()?.push((name, value));
            match after.split_first() {
                Some((b',' | b';', more)) => {
                    rdns.push(Rdn::new());
                    rest = more;
                }
                Some((_, more)) => rest = more,
                None => return Some(Name(rdns)),
            }
        }
        None
    }

    /// Prints it as `slapcat` does: no blanks, special characters as hex pairs.
    pub fn print(&self) -> Vec<u8> {
        let rdns: Vec<_> = self.0.iter().map(print_rdn).collect();
        rdns.join(&b","[..])
    }

    /// Its key.
    pub fn key(&self) -> Key {
        self.0.iter().rev().map(rdn_key).collect()
    }
}

/// The value up to the next separator, and what follows from the separator on.
fn parse_value(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    let (mut at, mut kept) = (0, 0);
    while let Some(&byte) = text.get(at) {
        match byte {
            b',' | b'+' | b';' => break,
            b'\\' => {
                let (escaped, length) = parse_escape(&text[at + 1..])?;
                value.push(escaped);
                kept = value.len();
                at += 1 + length;
                continue;
            }
            b' ' => value.push(byte),
            _ => {
                value.push(byte);
                kept = value.len();
            }
        }
        at += 1;
    }
    value.truncate(kept);
    Some((value, &text[at..]))
}

fn parse_escape(text: &[u8]) -> Option<(u8, usize)> {
    let digits = text.get(..2).filter(|pair| pair.iter().all(u8::is_ascii_hexdigit));
    let pair = digits.and_then(|pair| std::str::from_utf8(pair).ok());
    if let Some(byte) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
        return Some((byte, 2));
    }
    text.first().map(|&byte| (byte, 1))
}

fn print_rdn(rdn: &Rdn) -> Vec<u8> {
    let part = |(name, value): &(String, Vec<u8>)| [name.as_bytes(), b"=", &escape(value)].concat();
    rdn.iter().map(part).collect::<Vec<_>>().join(&b"+"[..])
}

/// A value as it stands in a name, special characters as hex pairs.
pub fn escape(value: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for (at, &byte) in value.iter().enumerate() {
        let outer = at == 0 || at + 1 == value.len();
        if is_special(byte) || (outer && byte == b' ') || (at == 0 && byte == b'#') {
            text.extend_from_slice(format!("\\{byte:02X}").as_bytes());
        } else {
            text.push(byte);
        }
    }
    text
}

/// What is escaped wherever it stands in a name.
pub fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == 0x7f || b"\"+,;<>\\=".contains(&byte)
}

/// An RDN in the one spelling all its spellings share.
pub fn rdn_key(rdn: &Rdn) -> Vec<u8> {
    let mut parts: Vec<_> = rdn
        .iter()
        .map(|(name, value)| {
            let value = escape(&rules::fold(value));
            [rules::canonical(name).as_bytes(), b"=", &value].concat()
        })
        .collect();
    parts.sort();
    parts.join(&b"+"[..])
}

/// What all values share that a server takes for the same value of this attribute.
pub fn folded(description: &str, value: &[u8]) -> Vec<u8> {
    match rules::rule(description) {
        Rule::Name => named(value),
        rule => rules::folded(rule, value),
    }
}

/// A name as a value, in the one spelling; anything else as it is.
fn named(value: &[u8]) -> Vec<u8> {
    Name::parse(value).map_or_else(|| value.to_vec(), |name| name.key().join(&b","[..]))
}

/// An entry: values by canonical description.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name as spelled.
    pub name: Name,
    /// Its values.
    pub attributes: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    /// The values of an attribute.
    pub fn values(&self, description: &str) -> &[Vec<u8>] {
        self.attributes.get(description).map_or(&[], Vec::as_slice)
    }

    /// The same as texts.
    pub fn texts(&self, description: &str) -> Vec<String> {
        let values = self.values(description).iter();
        values.map(|value| String::from_utf8(value.clone()).expect("text")).collect()
    }

    /// The one text that an attribute may have.
    #[track_caller]
    pub fn text(&self, description: &str) -> Option<String> {
        let values = self.texts(description);
        assert!(values.len() < 2, "{description}: {values:?}");
        values.into_iter().next()
    }

    /// Whether it has a value the server takes for this one.
    pub fn has(&self, description: &str, value: &[u8]) -> bool {
        let wanted = folded(description, value);
        self.values(description).iter().any(|v| folded(description, v) == wanted)
    }
}

/// A directory.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Entries by key.
    pub entries: BTreeMap<Key, Entry>,
}

/// What counts in a comparison: for each key, what each attribute holds.
pub type State = BTreeMap<Key, BTreeMap<String, BTreeSet<Vec<u8>>>>;

impl Tree {
    /// The keys of an entry and of all below it.
    pub fn below(&self, key: &Key) -> Vec<Key> {
        let from = self.entries.range(key.clone()..);
        from.map(|(k, _)| k).take_while(|k| k.starts_with(key)).cloned().collect()
    }

    /// All that a client sees and may write: values as bytes, names in values as names.
    pub fn state(&self) -> State {
        let seen = |(key, entry): (&Key, &Entry)| (key.clone(), entry_state(entry));
        self.entries.iter().map(seen).collect()
    }

    /// The key of every entry by its entryUUID.
    pub fn identities(&self) -> BTreeMap<Vec<u8>, Key> {
        let identity = |(key, entry): (&Key, &Entry)| {
            Some((entry.values("entryUUID").first()?.clone(), key.clone()))
        };
        self.entries.iter().filter_map(identity).collect()
    }

    /// The same tree without what only the server writes.
    #[must_use]
    pub fn without_server_attributes(&self) -> Tree {
        let mut tree = self.clone();
        for entry in tree.entries.values_mut() {
            entry.attributes.retain(|name, _| !rules::is_server(name));
        }
        tree
    }
}

fn entry_state(entry: &Entry) -> BTreeMap<String, BTreeSet<Vec<u8>>> {
    let mut state = BTreeMap::new();
    for (name, values) in entry.attributes.iter().filter(|(name, _)| !rules::is_server(name)) {
        let as_names = rules::rule(name) == Rule::Name;
        let shown = |v: &Vec<u8>| if as_names { named(v) } else { v.clone() };
        state.insert(name.clone(), values.iter().map(shown).collect());
    }
    state
}

/// A state as text, one fact a line, for messages.
pub fn describe(state: &State) -> String {
    let mut text = String::new();
    for (key, attributes) in state {
        let names: Vec<_> = key.iter().rev().map(|rdn| String::from_utf8_lossy(rdn)).collect();
        let name = names.join(",");
        let _ = writeln!(text, "{name}");
        for (attribute, values) in attributes {
            for value in values {
                let _ = writeln!(text, "{name} / {attribute}: {}", value.escape_ascii());
            }
        }
    }
    text
}

/// Fails with the facts that differ unless both trees hold the same.
#[track_caller]
pub fn assert_same(what: &str, expected: &Tree, found: &Tree) {
    let (expected, found) = (describe(&expected.state()), describe(&found.state()));
    let (a, b): (BTreeSet<_>, BTreeSet<_>) = (expected.lines().collect(), found.lines().collect());
    let missing: Vec<_> = a.difference(&b).map(|line| format!("- {line}")).collect();
    let extra: Vec<_> = b.difference(&a).map(|line| format!("+ {line}")).collect();
    let all = [missing, extra].concat();
    assert!(all.is_empty(), "{what}: `-` expected, `+` found\n{}", all.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_share_a_key() {
        let key = |text: &str| Name::parse(text.as_bytes()).expect(text).key();
        let smith = key(r"cn=Smith\2C John+uid=js,ou=People,dc=x");
        for text in [
            r"CN=smith\, john+UID=JS , OU=people, dc=X",
            r"userid=js+2.5.4.3=Smith\2c John,ou=People;dc=x",
        ] {
            assert_eq!(key(text), smith, "{text}");
        }
        assert_eq!(key(r"cn=\20a\20\20b,dc=x"), key("cn=A b,dc=x"));
        assert_eq!(key(r"cn=a\+b,dc=x"), key(r"cn=a\2Bb,dc=x"));
        assert_ne!(key(r"cn=a\,b,dc=x"), key("cn=a,cn=b,dc=x"));
        assert_eq!(Name::parse(b"cn"), None);
    }
}
