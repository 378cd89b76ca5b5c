//! Whether a text is a sentence: by sets of possible ends, so that no order of alternatives and no
//! greed decides anything. What has a derivation is a sentence.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Bytes, Grammar, Meaning, Node};

/// Places in a text, in order, each once.
type Places = Vec<usize>;

struct Run<'a> {
    grammar: &'a Grammar,
    text: &'a [u8],
    meaning: &'a dyn Meaning,
    /// Where each rule ended that was asked for before.
    known: RefCell<HashMap<(usize, Places), Places>>,
}

impl Grammar {
    /// Whether the whole text is a sentence of the rule.
    pub fn recognises(&self, rule: &str, text: &[u8], meaning: &dyn Meaning) -> bool {
        let run = Run { grammar: self, text, meaning, known: RefCell::default() };
        run.ends(&Node::Rule(self.rule(rule)), &[0]).last() == Some(&text.len())
    }
}

impl Run<'_> {
    /// Where a node may end that begins at one of these places.
    fn ends(&self, node: &Node, starts: &[usize]) -> Places {
        if starts.is_empty() {
            return Places::new();
        }
        match node {
            Node::Byte(set) => {
                let is_one = |at: &&usize| self.is_one(set, **at);
                starts.iter().filter(is_one).map(|at| at + 1).collect()
            }
            Node::Text(word) => {
                let here = |at: usize| self.text.get(at..at + word.len());
                let is_it = |at: &&usize| here(**at).is_some_and(|t| t.eq_ignore_ascii_case(word));
                starts.iter().filter(is_it).map(|at| at + word.len()).collect()
            }
            Node::Rule(rule) => self.ends_of_rule(*rule, starts),
            Node::All(nodes) => {
                nodes.iter().fold(starts.to_vec(), |starts, node| self.ends(node, &starts))
            }
            Node::One(nodes) => in_order(nodes.iter().flat_map(|node| self.ends(node, starts))),
            Node::Many(low, usize::MAX, inner) if *low < 2 => match &**inner {
                Node::Byte(set) => self.ends_of_bytes(*low, set, starts),
                inner => self.ends_of_many(*low, usize::MAX, inner, starts),
            },
            Node::Many(low, high, inner) => self.ends_of_many(*low, *high, inner, starts),
            Node::Prose => Places::new(),
        }
    }

    fn is_one(&self, set: &Bytes, at: usize) -> bool {
        self.text.get(at).is_some_and(|byte| set.has[usize::from(*byte)])
    }

    fn ends_of_rule(&self, rule: usize, starts: &[usize]) -> Places {
        let firsts = &self.grammar.firsts[rule];
        let begins = |at: &usize| firsts[usize::from(self.text.get(*at).copied().unwrap_or(0))];
        let at_end = |at: &usize| *at == self.text.len();
        let starts: Places = starts.iter().copied().filter(|at| at_end(at) || begins(at)).collect();
        if starts.is_empty() {
            return starts;
        }
        let asked = (rule, starts);
        if let Some(ends) = self.known.borrow().get(&asked) {
            return ends.clone();
        }
        let ends = self.asked_for_rule(rule, &asked.1);
        self.known.borrow_mut().insert(asked, ends.clone());
        ends
    }

    fn asked_for_rule(&self, rule: usize, starts: &[usize]) -> Places {
        let (name, node) = (&self.grammar.names[rule], &self.grammar.rules[rule]);
        if !self.meaning.is_bound(name) {
            return self.ends(node, starts);
        }
        in_order(starts.iter().flat_map(|&start| {
            let found = self.ends(node, &[start]);
            found.into_iter().filter(move |end| self.meaning.holds(name, self.text, start..*end))
        }))
    }

    /// `*byte` or `1*byte`: the ends of one start are those of the next, as far as both go.
    fn ends_of_bytes(&self, low: usize, set: &Bytes, starts: &[usize]) -> Places {
        let mut ends = Places::new();
        for &start in starts {
            let mut at = start;
            if low == 0 && ends.last().is_none_or(|last| *last < at) {
                ends.push(at);
            }
            while self.is_one(set, at) {
                at += 1;
                if ends.last().is_none_or(|last| *last < at) {
                    ends.push(at);
                } else if ends.last() != Some(&at) {
                    at = ends.last().copied().unwrap_or(at);
                }
            }
        }
        ends
    }

    fn ends_of_many(&self, low: usize, high: usize, inner: &Node, starts: &[usize]) -> Places {
        let mut seen = vec![false; self.text.len() + 1];
        let mut front = starts.to_vec();
        let mut ends = Places::new();
        if low == 0 {
            front.iter().for_each(|at| seen[*at] = true);
            ends.clone_from(&front);
        }
        let mut count = 0;
        while count < high && !front.is_empty() {
            front = self.ends(inner, &front);
            count += 1;
            if count >= low {
                front.retain(|at| !std::mem::replace(&mut seen[*at], true));
                ends.extend_from_slice(&front);
            }
        }
        in_order(ends.into_iter())
    }
}

fn in_order(places: impl Iterator<Item = usize>) -> Places {
    let mut places: Places = places.collect();
    if !places.is_sorted_by(|a, b| a < b) {
        places.sort_unstable();
        places.dedup();
    }
    places
}

/// Which bytes a sentence of each rule may begin with; all of them where it may be empty.
pub(super) fn firsts(rules: &[Node]) -> Vec<[bool; 256]> {
    let mut firsts = vec![[false; 256]; rules.len()];
    let mut empty = vec![false; rules.len()];
    loop {
        let before = (firsts.clone(), empty.clone());
        for (rule, node) in rules.iter().enumerate() {
            let (mut first, may_be_empty) = (firsts[rule], may_be_empty(node, &empty));
            add_first(node, &mut first, &firsts, &empty);
            firsts[rule] = if may_be_empty { [true; 256] } else { first };
            empty[rule] = may_be_empty;
        }
        if before == (firsts.clone(), empty.clone()) {
            return firsts;
        }
    }
}

fn may_be_empty(node: &Node, empty: &[bool]) -> bool {
    match node {
        Node::Byte(_) | Node::Prose => false,
        Node::Text(text) => text.is_empty(),
        Node::Rule(rule) => empty[*rule],
        Node::All(nodes) => nodes.iter().all(|node| may_be_empty(node, empty)),
        Node::One(nodes) => nodes.iter().any(|node| may_be_empty(node, empty)),
        Node::Many(low, _, inner) => *low == 0 || may_be_empty(inner, empty),
    }
}

fn add_first(node: &Node, first: &mut [bool; 256], firsts: &[[bool; 256]], empty: &[bool]) {
    let mut add = |other: &[bool; 256]| {
        first.iter_mut().zip(other).for_each(|(mine, its)| *mine |= its);
    };
    match node {
        Node::Byte(set) => add(&set.has),
        Node::Text(text) => {
            let mut both = [false; 256];
            for byte in text.iter().take(1) {
                both[usize::from(byte.to_ascii_lowercase())] = true;
                both[usize::from(byte.to_ascii_uppercase())] = true;
            }
            add(&both);
        }
        Node::Rule(rule) => add(&firsts[*rule]),
        Node::All(nodes) => {
            for node in nodes {
                add_first(node, first, firsts, empty);
                if !may_be_empty(node, empty) {
                    break;
                }
            }
        }
        Node::One(nodes) => nodes.iter().for_each(|node| add_first(node, first, firsts, empty)),
        Node::Many(_, _, inner) => add_first(inner, first, firsts, empty),
        Node::Prose => {}
    }
}
