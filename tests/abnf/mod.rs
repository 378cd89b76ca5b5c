//! The subset of ABNF (RFC 5234, RFC 7405) that `grammar/` is written in: read, recognised, and
//! drawn from.
//!
//! Rules that the notation cannot say come from a [`Meaning`]. Knows nothing of LDIF.

mod draw;
mod read;
mod recognise;

pub use draw::Drawer;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::rng::Rng;

/// What a rule is made of.
#[derive(Clone, Debug)]
enum Node {
    /// One byte of a set.
    Byte(Arc<Bytes>),
    /// These bytes, letters in any case.
    Text(Vec<u8>),
    /// Another rule.
    Rule(usize),
    /// One after the other.
    All(Vec<Node>),
    /// One of them.
    One(Vec<Node>),
    /// So many times, the second number included.
    Many(usize, usize, Box<Node>),
    /// What only prose can say: no text is one.
    Prose,
}

/// A set of bytes.
#[derive(Debug)]
struct Bytes {
    has: [bool; 256],
    all: Vec<u8>,
    /// Those a person can read.
    plain: Vec<u8>,
}

impl Bytes {
    fn node(bytes: impl IntoIterator<Item = u8>) -> Node {
        let mut has = [false; 256];
        bytes.into_iter().for_each(|byte| has[usize::from(byte)] = true);
        let all: Vec<u8> = (0..=255).filter(|byte| has[usize::from(*byte)]).collect();
        let plain = all.iter().copied().filter(u8::is_ascii_graphic).collect();
        Node::Byte(Arc::new(Bytes { has, all, plain }))
    }
}

/// One line of a rule: the numbers of deviations it has, and what it is.
#[derive(Clone, Debug)]
struct Way {
    marks: Vec<String>,
    node: Node,
}

/// A grammar, as far as it is switched on.
#[derive(Clone, Debug)]
pub struct Grammar {
    /// The names of the rules, in the order of the file.
    pub names: Vec<String>,
    /// Those below a heading that ends with `no functions`.
    pub parts: BTreeSet<String>,
    ways: Vec<Vec<Way>>,
    /// The numbers of the deviations that are switched on.
    on: BTreeSet<String>,
    rules: Vec<Node>,
    /// Which bytes a sentence of each rule may begin with; all of them where it may be empty.
    firsts: Vec<[bool; 256]>,
}

/// What the notation cannot say.
pub trait Meaning {
    /// Whether [`holds`](Meaning::holds) must be asked about a rule.
    fn is_bound(&self, rule: &str) -> bool;
    /// Whether these bytes of a text may be what the rule says they are.
    fn holds(&self, rule: &str, text: &[u8], range: Range<usize>) -> bool;
    /// Whether [`draw`](Meaning::draw) makes the sentences of a rule: a random one would mean nothing.
    fn is_drawn(&self, rule: &str) -> bool;
    /// A sentence of such a rule.
    fn draw(&self, rule: &str, rng: &mut Rng) -> Vec<u8>;
}

/// No rule means more than the notation says.
pub struct Nothing;

impl Meaning for Nothing {
    fn is_bound(&self, _: &str) -> bool {
        false
    }
    fn holds(&self, _: &str, _: &[u8], _: Range<usize>) -> bool {
        true
    }
    fn is_drawn(&self, _: &str) -> bool {
        false
    }
    fn draw(&self, rule: &str, _: &mut Rng) -> Vec<u8> {
        unreachable!("{rule} is drawn by the grammar")
    }
}

impl Grammar {
    /// The numbers of all deviations it has lines for.
    pub fn marks(&self) -> BTreeSet<String> {
        self.ways.iter().flatten().flat_map(|way| way.marks.clone()).collect()
    }

    /// Whether a deviation is switched on.
    pub fn has(&self, mark: &str) -> bool {
        self.on.contains(mark)
    }

    /// The grammar without any deviation.
    pub fn strict(self) -> Grammar {
        self.with(|_| false)
    }

    /// The grammar with those deviations whose number is wanted.
    pub fn with(mut self, wanted: impl Fn(&str) -> bool) -> Grammar {
        let is_on = |way: &&Way| way.marks.is_empty() || way.marks.iter().any(|m| wanted(m));
        let node = |ways: &Vec<Way>| {
            Node::One(ways.iter().filter(is_on).map(|way| way.node.clone()).collect())
        };
        self.rules = self.ways.iter().map(node).collect();
        self.on = self.marks().into_iter().filter(|mark| wanted(mark)).collect();
        self.simplify();
        self.firsts = recognise::firsts(&self.rules);
        self
    }

    /// Puts rules of one byte where they are named, until nothing gets simpler.
    fn simplify(&mut self) {
        let bytes = |rules: &[Node]| rules.iter().filter(|n| matches!(n, Node::Byte(_))).count();
        loop {
            let rules: Vec<_> = self.rules.iter().map(|node| simpler(node, &self.rules)).collect();
            let settled = bytes(&rules) == bytes(&self.rules);
            self.rules = rules;
            if settled {
                return;
            }
        }
    }

    fn rule(&self, name: &str) -> usize {
        let found = self.names.iter().position(|known| known == name);
        found.unwrap_or_else(|| panic!("no rule {name}"))
    }

    /// The rules that a sentence of `start` may go through, but for those put in place, and those
    /// inside of what a meaning draws.
    pub fn reachable(&self, start: &str, meaning: &dyn Meaning) -> Vec<String> {
        let mut seen = BTreeSet::from([self.rule(start)]);
        let mut open = vec![self.rule(start)];
        while let Some(rule) = open.pop() {
            let mut named = BTreeSet::new();
            if !meaning.is_drawn(&self.names[rule]) {
                rules_in(&self.rules[rule], &mut named);
            }
            open.extend(named.into_iter().filter(|other| seen.insert(*other)));
        }
        seen.into_iter().map(|rule| self.names[rule].clone()).collect()
    }
}

fn rules_in(node: &Node, named: &mut BTreeSet<usize>) {
    match node {
        Node::Rule(rule) => {
            named.insert(*rule);
        }
        Node::All(nodes) | Node::One(nodes) => nodes.iter().for_each(|n| rules_in(n, named)),
        Node::Many(_, _, inner) => rules_in(inner, named),
        Node::Byte(_) | Node::Text(_) | Node::Prose => {}
    }
}

/// A node with rules of one byte put in place, and choices of bytes as one set.
fn simpler(node: &Node, rules: &[Node]) -> Node {
    let each = |nodes: &[Node]| nodes.iter().map(|n| simpler(n, rules)).collect::<Vec<_>>();
    match node {
        Node::Rule(rule) => match &rules[*rule] {
            Node::Byte(set) => Node::Byte(set.clone()),
            _ => node.clone(),
        },
        Node::Text(text) if text.len() == 1 => {
            let cases = [text[0].to_ascii_lowercase(), text[0].to_ascii_uppercase()];
            Bytes::node(cases)
        }
        Node::One(nodes) => one_of(each(nodes)),
        Node::All(nodes) => match each(nodes) {
            mut only if only.len() == 1 => only.remove(0),
            nodes => Node::All(nodes),
        },
        Node::Many(low, high, inner) => Node::Many(*low, *high, Box::new(simpler(inner, rules))),
        Node::Byte(_) | Node::Text(_) | Node::Prose => node.clone(),
    }
}

fn one_of(nodes: Vec<Node>) -> Node {
    let mut bytes = Vec::new();
    let mut others = Vec::new();
    for node in nodes {
        match node {
            Node::Byte(set) => bytes.extend_from_slice(&set.all),
            other => others.push(other),
        }
    }
    if !bytes.is_empty() {
        others.push(Bytes::node(bytes));
    }
    if others.len() == 1 { others.remove(0) } else { Node::One(others) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "list = item *( \",\" item )   ; one at least\n\
                        list =/ \"none\"             ; [D-1]\n\
                        item = 1*2digit / %s\"aB\" /\n       \"[\" [ list ] \"]\"\n\
                        ; Bytes: no functions\n\
                        digit = %x30-38 / \"9\"\n";

    #[test]
    fn what_has_a_derivation_is_a_sentence() {
        let grammar = Grammar::read(TEXT);
        let takes = |text: &str| grammar.recognises("list", text.as_bytes(), &Nothing);
        for text in ["1", "12,9", "aB", "[]", "[[1],aB],77", "nOnE", "[none]"] {
            assert!(takes(text), "{text}");
        }
        for text in ["", "123", "ab", "1,", "[", "1]", "none,1"] {
            assert!(!takes(text), "{text}");
        }
        let strict = grammar.clone().strict();
        assert!(!strict.recognises("list", b"none", &Nothing));
        assert!(strict.recognises("list", b"1,[2]", &Nothing));
        assert_eq!(grammar.names, ["list", "item", "digit"]);
        assert_eq!(grammar.parts, BTreeSet::from(["digit".to_owned()]));
        assert_eq!(grammar.marks(), BTreeSet::from(["D-1".to_owned()]));
        assert_eq!(grammar.reachable("list", &Nothing), ["list", "item"]);
    }

    #[test]
    fn what_is_drawn_is_a_sentence_and_goes_where_it_should() {
        let grammar = Grammar::read(TEXT);
        let mut rng = Rng::new(1);
        let drawer = Arc::new(grammar.clone()).drawer("list", "item", &Nothing);
        for _ in 0..200 {
            let text = drawer.sentence(&mut rng, &Nothing);
            assert!(grammar.recognises("list", &text, &Nothing), "{}", text.escape_ascii());
            assert!(!text.eq_ignore_ascii_case(b"none"));
        }
    }
}
