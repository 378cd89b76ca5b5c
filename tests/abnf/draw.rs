//! Random sentences of a grammar, each through one rule of it at least.

use std::ops::Range;
use std::sync::Arc;

use super::{Bytes, Grammar, Meaning, Node};
use crate::rng::Rng;

/// The height of what cannot be reached.
const NEVER: usize = usize::MAX;

/// How many rules inside each other are drawn freely; below that the shortest way out is taken.
const DEPTH: usize = 24;

/// Draws sentences of one rule through another.
pub struct Drawer {
    grammar: Arc<Grammar>,
    start: usize,
    through: usize,
    /// How many rules deep the shallowest sentence of each rule is.
    heights: Vec<usize>,
    /// How many rules the shortest way from each to `through` has.
    ways: Vec<usize>,
}

impl Grammar {
    /// Draws sentences of `start` that go through the rule `through`.
    pub fn drawer(self: &Arc<Self>, start: &str, through: &str, meaning: &dyn Meaning) -> Drawer {
        let (start, through) = (self.rule(start), self.rule(through));
        let heights = self.heights(None, meaning);
        let ways = self.heights(Some(through), meaning);
        assert!(ways[start] < NEVER, "no sentence goes through {}", self.names[through]);
        Drawer { grammar: Arc::clone(self), start, through, heights, ways }
    }

    fn heights(&self, target: Option<usize>, meaning: &dyn Meaning) -> Vec<usize> {
        let mut heights = vec![NEVER; self.rules.len()];
        loop {
            let before = heights.clone();
            for (rule, node) in self.rules.iter().enumerate() {
                let is_drawn = meaning.is_drawn(&self.names[rule]);
                let height = match target {
                    None if is_drawn => 0,
                    None => height(node, &heights).saturating_add(1),
                    Some(target) if target == rule => 0,
                    Some(_) if is_drawn => NEVER,
                    Some(_) => way(node, &heights).saturating_add(1),
                };
                heights[rule] = heights[rule].min(height);
            }
            if heights == before {
                return heights;
            }
        }
    }
}

/// How many rules deep a sentence of this node is at least.
fn height(node: &Node, heights: &[usize]) -> usize {
    let all = |nodes: &[Node]| nodes.iter().map(|n| height(n, heights)).collect::<Vec<_>>();
    match node {
        Node::Byte(_) | Node::Text(_) | Node::Many(0, _, _) => 0,
        Node::Rule(rule) => heights[*rule],
        Node::One(nodes) => all(nodes).into_iter().min().unwrap_or(NEVER),
        Node::All(nodes) => all(nodes).into_iter().max().unwrap_or(0),
        Node::Many(_, _, inner) => height(inner, heights),
        Node::Prose => NEVER,
    }
}

/// How many rules lie between this node and the target at least.
fn way(node: &Node, ways: &[usize]) -> usize {
    match node {
        Node::Byte(_) | Node::Text(_) | Node::Prose => NEVER,
        Node::Rule(rule) => ways[*rule],
        Node::One(nodes) | Node::All(nodes) => {
            nodes.iter().map(|n| way(n, ways)).min().unwrap_or(NEVER)
        }
        Node::Many(_, _, inner) => way(inner, ways),
    }
}

impl Drawer {
    /// A sentence.
    pub fn sentence(&self, rng: &mut Rng, meaning: &dyn Meaning) -> Vec<u8> {
        self.marked(rng, meaning).0
    }

    /// A sentence, and which of its bytes are the rule it goes through, the first time it does.
    pub fn marked(&self, rng: &mut Rng, meaning: &dyn Meaning) -> (Vec<u8>, Range<usize>) {
        let mut draw =
            Draw { of: self, meaning, rng, met: false, span: None, depth: 0, out: Vec::new() };
        draw.rule(self.start);
        let span = draw.span.expect("a draw goes through its rule");
        (draw.out, span)
    }
}

/// One draw.
struct Draw<'a> {
    of: &'a Drawer,
    meaning: &'a dyn Meaning,
    rng: &'a mut Rng,
    /// Whether it went through the rule it must go through.
    met: bool,
    span: Option<Range<usize>>,
    depth: usize,
    out: Vec<u8>,
}

impl Draw<'_> {
    /// Whether the rule it must go through is ahead, and can be reached by this node.
    fn leads(&self, node: &Node) -> bool {
        !self.met && way(node, &self.of.ways) < NEVER
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Byte(set) => self.byte(set),
            Node::Text(text) => {
                let upper = self.rng.chance(10);
                let cased = |b: &u8| if upper { b.to_ascii_uppercase() } else { *b };
                self.out.extend(text.iter().map(cased));
            }
            Node::Rule(rule) => self.rule(*rule),
            Node::All(nodes) => self.all(nodes),
            Node::One(nodes) => self.one(nodes),
            Node::Many(low, high, inner) => self.many(*low, *high, inner),
            Node::Prose => unreachable!("no draw comes to prose"),
        }
    }

    fn byte(&mut self, set: &Bytes) {
        let all = set.plain.is_empty() || self.rng.chance(20);
        self.out.extend(self.rng.pick(if all { &set.all } else { &set.plain }));
    }

    fn rule(&mut self, rule: usize) {
        let start = self.out.len();
        self.met |= rule == self.of.through;
        let name = &self.of.grammar.names[rule];
        if self.meaning.is_drawn(name) {
            self.out.extend(self.meaning.draw(name, self.rng));
        } else {
            self.depth += 1;
            self.node(&self.of.grammar.rules[rule]);
            self.depth -= 1;
        }
        if rule == self.of.through && self.span.is_none() {
            self.span = Some(start..self.out.len());
        }
    }

    /// One part of a sequence leads on, any of those that can.
    fn all(&mut self, nodes: &[Node]) {
        let leading: Vec<usize> = (0..nodes.len()).filter(|n| self.leads(&nodes[*n])).collect();
        let chosen = self.rng.pick(&leading).copied();
        for (n, node) in nodes.iter().enumerate() {
            let waits = chosen.is_some_and(|chosen| n < chosen) && !self.met;
            if waits {
                self.met = true;
                self.node(node);
                self.met = false;
            } else {
                self.node(node);
            }
        }
    }

    fn one(&mut self, nodes: &[Node]) {
        let leads = nodes.iter().any(|node| self.leads(node));
        let of = self.of;
        let cost = |node: &Node| {
            if leads { way(node, &of.ways) } else { height(node, &of.heights) }
        };
        let mut open: Vec<&Node> = nodes.iter().filter(|node| cost(node) < NEVER).collect();
        if self.depth > DEPTH {
            let least = open.iter().map(|node| cost(node)).min();
            open.retain(|node| Some(cost(node)) == least);
        }
        let chosen = *self.rng.pick(&open).expect("every rule has a sentence");
        self.node(chosen);
    }

    fn many(&mut self, low: usize, high: usize, inner: &Node) {
        let leads = self.leads(inner);
        let more = match (self.depth > DEPTH, inner) {
            (true, _) => 0,
            (false, Node::Byte(_)) => self.rng.below(8),
            (false, _) => self.rng.below(4),
        };
        let can_be = height(inner, &self.of.heights) < NEVER;
        let count = if can_be { low.saturating_add(more).min(high) } else { low };
        for _ in 0..count.max(usize::from(leads)) {
            self.node(inner);
        }
    }
}
