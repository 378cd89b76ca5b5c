//! What the notation cannot say, said again for the tests: the rules S-n of `grammar/semantics.md`,
//! and sentences that keep them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ldifsync::ldif::file_url::FileUrls;
use ldifsync::schema::MatchingRule;

use super::grammar;
use crate::abnf::{Drawer, Grammar, Meaning, Nothing};
use crate::ldif::{from_base64, to_base64};
use crate::rng::Rng;
use crate::util::Dir;

/// What records mean.
pub struct OfRecords {
    /// `grammar/ldif.abnf`, as far as it is switched on.
    pub grammar: Arc<Grammar>,
    names: Arc<Grammar>,
    has_entry_controls: bool,
    /// Draws the parts of what the meaning draws.
    parts: BTreeMap<&'static str, Drawer>,
    /// What values by reference may read: the one file that is there (S-10).
    pub file_urls: FileUrls,
    url: Vec<u8>,
    _dir: Dir,
}

impl OfRecords {
    /// With this grammar of records.
    pub fn new(records: Grammar) -> OfRecords {
        let dir = Dir::new();
        let path = dir.write("value", "by reference");
        let url = format!("file://{}", path.display()).into_bytes();
        let file_urls = FileUrls { folder: Some(dir.path().to_owned()) };
        let (grammar, names) = (Arc::new(records), Arc::new(grammar("dn")));
        let of_records = ["mod-op", "AttributeDescription", "word-end", "value-spec", "control"];
        let of_names = ["distinguishedName", "relativeDistinguishedName"];
        let parts = of_records.map(|rule| (rule, grammar.drawer(rule, rule, &Nothing)));
        let more = of_names.map(|rule| (rule, names.drawer(rule, rule, &Nothing)));
        let parts = parts.into_iter().chain(more).collect();
        let has_entry_controls = grammar.has("D-23");
        OfRecords { grammar, names, has_entry_controls, parts, file_urls, url, _dir: dir }
    }

    /// Draws records through this rule.
    pub fn drawer(&self, through: &str) -> Drawer {
        self.grammar.drawer("ldif-record", through, self)
    }

    /// A sentence of a part of a record.
    pub fn part(&self, rule: &str, rng: &mut Rng) -> Vec<u8> {
        self.parts[rule].sentence(rng, &Nothing)
    }

    /// Whether a record that may have values by reference of another folder is one here.
    pub fn has(&self, text: &[u8]) -> bool {
        self.grammar.recognises("ldif-record", text, &Anywhere(self))
    }

    /// Whether a text, its last LF left out or not, is a record.
    pub fn is_record(&self, text: &[u8]) -> bool {
        let ended = if text.ends_with(b"\n") { text.to_vec() } else { [text, b"\n"].concat() };
        self.grammar.recognises("ldif-record", &ended, self)
    }

    /// S-4, S-5, S-11: the text of a `name-spec` as a name of so many RDNs, `None` where it is none.
    fn name(&self, spec: &[u8]) -> Option<Vec<u8>> {
        let text = spec.strip_suffix(b"\n").unwrap_or(spec);
        let name = match text.strip_prefix(b":") {
            Some(encoded) => from_base64(encoded.trim_ascii()),
            None => text[text.iter().take_while(|b| **b == b' ').count()..].to_vec(),
        };
        let is_name = std::str::from_utf8(&name).is_ok()
            && self.names.recognises("distinguishedName", &name, &Nothing);
        is_name.then_some(name)
    }

    /// A name by this rule of `dn.abnf`, plain where it may be.
    fn draw_name(&self, rule: &str, rng: &mut Rng) -> Vec<u8> {
        let name = self.part(rule, rng);
        let plain = name.first() != Some(&b' ')
            && (name.is_empty() || self.grammar.recognises("SAFE-STRING", &name, &Nothing));
        let blanks = ["", " ", "  "][rng.below(3)].as_bytes();
        if plain && rng.chance(80) {
            [blanks, &name, b"\n"].concat()
        } else {
            [b":", blanks, to_base64(&name).as_bytes(), b"\n"].concat()
        }
    }

    /// What stands behind the controls that entries have (D-23).
    fn behind_entry_controls<'t>(&self, mut text: &'t [u8]) -> &'t [u8] {
        if !self.has_entry_controls {
            return text;
        }
        loop {
            let end = text.iter().position(|b| *b == b'\n').map_or(text.len(), |at| at + 1);
            if !self.grammar.recognises("entry-control", &text[..end], &Nothing) {
                return text;
            }
            text = &text[end..];
        }
    }

    /// S-19: a control whose value is padded, and no reference.
    fn draw_control(&self, rng: &mut Rng) -> Vec<u8> {
        loop {
            let control = self.part("control", rng);
            if is_padded(&control) && !control.windows(2).any(|two| two == b":<") {
                return control;
            }
        }
    }

    /// S-1, S-3: an operation, an attribute, and lines that repeat it.
    fn draw_mod(&self, rng: &mut Rng) -> Vec<u8> {
        let op = self.part("mod-op", rng);
        let attribute = self.part("AttributeDescription", rng);
        let mut text = [&op[..], b" ", &attribute, &self.part("word-end", rng)].concat();
        let count = if op.eq_ignore_ascii_case(b"increment:") { 1 } else { rng.below(3) };
        for _ in 0..count {
            let again = attribute.iter().map(|byte| match rng.below(4) {
                0 => byte.to_ascii_uppercase(),
                _ => *byte,
            });
            text.extend(again);
            match self.part("value-spec", rng) {
                url if url.starts_with(b":<") => text.extend([b":<", &self.url[..]].concat()),
                value => text.extend(value),
            }
            text.push(b'\n');
        }
        text
    }
}

impl Meaning for OfRecords {
    fn is_bound(&self, rule: &str) -> bool {
        const BOUND: [&str; 7] = [
            "name-spec",
            "newrdn",
            "control",
            "attrval-spec",
            "mod-body",
            "ldif-attrval-record",
            "url",
        ];
        BOUND.contains(&rule)
    }

    fn holds(&self, rule: &str, text: &[u8], range: Range<usize>) -> bool {
        let text = &text[range];
        match rule {
            "name-spec" => self.name(text).is_some(),
            // S-2: one RDN.
            "newrdn" => self.name(text).is_some_and(|name| {
                self.names.recognises("relativeDistinguishedName", &name, &Nothing)
            }),
            "control" => is_padded(text),
            // S-6: `dn` is no attribute.
            "attrval-spec" => !begins(text, "dn:"),
            "mod-body" => is_modification(text),
            // S-7: the second line says what a record is, or the one behind controls of entries.
            "ldif-attrval-record" => {
                let second = text.splitn(2, |b| *b == b'\n').nth(1).unwrap_or_default();
                let first = self.behind_entry_controls(second);
                let is_there = first.len() == second.len() || !first.is_empty();
                is_there && !begins(first, "control:") && !begins(first, "changetype:")
            }
            _ => self.file_urls.read(text).is_ok(),
        }
    }

    fn is_drawn(&self, rule: &str) -> bool {
        matches!(rule, "name-spec" | "newrdn" | "control" | "mod-body" | "url")
    }

    fn draw(&self, rule: &str, rng: &mut Rng) -> Vec<u8> {
        match rule {
            "name-spec" => self.draw_name("distinguishedName", rng),
            "newrdn" => self.draw_name("relativeDistinguishedName", rng),
            "mod-body" => self.draw_mod(rng),
            "control" => self.draw_control(rng),
            _ => self.url.clone(),
        }
    }
}

/// The same meaning, but for what a URL leads to.
struct Anywhere<'a>(&'a OfRecords);

impl Meaning for Anywhere<'_> {
    fn is_bound(&self, rule: &str) -> bool {
        rule != "url" && self.0.is_bound(rule)
    }
    fn holds(&self, rule: &str, text: &[u8], range: Range<usize>) -> bool {
        self.0.holds(rule, text, range)
    }
    fn is_drawn(&self, rule: &str) -> bool {
        self.0.is_drawn(rule)
    }
    fn draw(&self, rule: &str, rng: &mut Rng) -> Vec<u8> {
        self.0.draw(rule, rng)
    }
}

fn begins(text: &[u8], word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

/// S-1: all lines after the first have the attribute that it names; S-3: an increment has one.
fn is_modification(text: &[u8]) -> bool {
    let mut lines = text.strip_suffix(b"\n").unwrap_or(text).split(|b| *b == b'\n');
    let first = lines.next().unwrap_or_default();
    let colon = first.iter().position(|b| *b == b':').unwrap_or(0);
    let attribute = spelled(first[colon + 1..].trim_ascii());
    let values: Vec<&[u8]> = lines.collect();
    let repeat = values.iter().all(|line| {
        let end = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        spelled(&line[..end]) == attribute
    });
    repeat && (!begins(first, "increment:") || values.len() == 1)
}

/// S-19: the value of a control is padded where it is base64.
fn is_padded(control: &[u8]) -> bool {
    let value = control.splitn(3, |b| *b == b':').nth(2).unwrap_or_default();
    let digits = value.strip_prefix(b":").map(<[u8]>::trim_ascii);
    digits.is_none_or(|digits| digits.len().is_multiple_of(4))
}

/// A description without regard to case and to the order of its options.
fn spelled(description: &[u8]) -> (Vec<u8>, std::collections::BTreeSet<Vec<u8>>) {
    let lower = description.to_ascii_lowercase();
    let mut parts = lower.split(|b| *b == b';').map(<[u8]>::to_vec);
    let name = parts.next().unwrap_or_default();
    (name, parts.collect())
}

/// What filters mean: S-13, a rule is one that can be used.
pub struct OfFilters;

impl Meaning for OfFilters {
    fn is_bound(&self, rule: &str) -> bool {
        rule == "matchingrule"
    }

    fn holds(&self, _: &str, text: &[u8], range: Range<usize>) -> bool {
        let name = &text[range][1..];
        let Some(rule) = MatchingRule::from_name_or_oid(name) else { return false };
        let shown = format!("{rule:?}");
        !shown.ends_with("Substrings") && !["InChain", "Word", "Keyword"].contains(&&shown[..])
    }

    fn is_drawn(&self, rule: &str) -> bool {
        rule == "matchingrule"
    }

    fn draw(&self, _: &str, rng: &mut Rng) -> Vec<u8> {
        let rules = [":caseExactMatch", ":2.5.13.2", ":integerOrderingMatch", ":BOOLEANMATCH"];
        rules[rng.below(rules.len())].as_bytes().to_vec()
    }
}
