//! A filter as conditions without parts: the ways in which it holds, and values by which they do.
//!
//! Knows filters alone, and no record.

use std::collections::BTreeSet;

use crate::filter::{Assertion, Extensible, Filter, Substrings, Truth};

/// So many ways to pass a filter, or values that may matter in one of them, are looked at.
pub(super) const MANY: usize = 512;

/// What a condition is to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Goal {
    /// It holds.
    Holds,
    /// Its opposite does.
    Fails,
}

impl Goal {
    fn opposite(self) -> Goal {
        match self {
            Goal::Holds => Goal::Fails,
            Goal::Fails => Goal::Holds,
        }
    }

    /// Whether a condition of this truth comes to it.
    pub(super) fn is_met(self, truth: Truth) -> bool {
        match self {
            Goal::Holds => truth == Truth::True,
            Goal::Fails => truth == Truth::False,
        }
    }
}

/// What is asked of some conditions without parts, each by its number.
pub(super) type Way = Vec<(usize, Goal)>;

/// A filter whose conditions without parts have numbers.
#[derive(Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Literal(usize),
}

impl Condition {
    /// A filter by the numbers of these conditions, and of those that are new.
    pub(super) fn new(filter: &Filter, literals: &mut Vec<Filter>) -> Condition {
        let mut each = |all: &[Filter]| -> Vec<Condition> {
            all.iter().map(|one| Condition::new(one, literals)).collect()
        };
        match filter {
            Filter::And(all) => Condition::All(each(all)),
            Filter::Or(all) => Condition::Any(each(all)),
            Filter::Not(one) => Condition::Not(Box::new(Condition::new(one, literals))),
            one => Condition::Literal(
                literals.iter().position(|known| known == one).unwrap_or_else(|| {
                    literals.push(one.clone());
                    literals.len() - 1
                }),
            ),
        }
    }

    /// What it says where its conditions are so.
    pub(super) fn truth(&self, truths: &[Truth]) -> Truth {
        match self {
            Condition::All(all) => {
                all.iter().map(|one| one.truth(truths)).min().unwrap_or(Truth::True)
            }
            Condition::Any(all) => {
                all.iter().map(|one| one.truth(truths)).max().unwrap_or(Truth::False)
            }
            Condition::Not(one) => one.truth(truths).not(),
            Condition::Literal(n) => truths[*n],
        }
    }

    /// The ways in which it comes to a goal: in each of them all of these conditions come to theirs. Of those that are not
    /// looked at it is taken that they can. None where there are too many ways.
    pub(super) fn ways(
        &self,
        goal: Goal,
        is_looked_at: &impl Fn(usize) -> bool,
    ) -> Option<BTreeSet<Way>> {
        let mut known = BTreeSet::new();
        match (self, goal) {
            (Condition::Not(one), goal) => return one.ways(goal.opposite(), is_looked_at),
            (Condition::All(all), Goal::Fails) | (Condition::Any(all), Goal::Holds) => {
                for one in all {
                    known.extend(one.ways(goal, is_looked_at)?);
                }
            }
            (Condition::All(all), Goal::Holds) | (Condition::Any(all), Goal::Fails) => {
                known.insert(Way::new());
                for one in all {
                    let more = one.ways(goal, is_looked_at)?;
                    let pairs = known.iter().flat_map(|way| more.iter().map(move |m| (way, m)));
                    known = pairs.filter_map(|(way, more)| both(way, more)).collect();
                    if known.len() > MANY {
                        return None;
                    }
                }
            }
            (Condition::Literal(n), goal) => {
                known.insert(is_looked_at(*n).then_some((*n, goal)).into_iter().collect());
            }
        }
        (known.len() <= MANY).then_some(known)
    }
}

/// Two ways at once, unless they contradict each other.
fn both(one: &Way, other: &Way) -> Option<Way> {
    let mut way = [&one[..], other].concat();
    way.sort_unstable();
    way.dedup();
    way.windows(2).all(|pair| pair[0].0 != pair[1].0).then_some(way)
}

/// What a condition without parts asks for: an attribute or column; none where it is every attribute.
pub(super) fn name_of(filter: &Filter) -> Option<&[u8]> {
    match filter {
        Filter::Equality(Assertion { attribute, .. })
        | Filter::GreaterOrEqual(Assertion { attribute, .. })
        | Filter::LessOrEqual(Assertion { attribute, .. })
        | Filter::Approximate(Assertion { attribute, .. })
        | Filter::Present(attribute) => Some(attribute),
        Filter::Substrings(one) => Some(&one.attribute),
        Filter::Extensible(one) => one.attribute.as_deref(),
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) => None,
    }
}

/// Values that a condition without parts may tell apart; one by which it holds is the first.
pub(super) fn values_of(filter: &Filter) -> Vec<Vec<u8>> {
    match filter {
        Filter::GreaterOrEqual(one) | Filter::LessOrEqual(one) => {
            let number = number(&one.value);
            let beside =
                number.into_iter().flat_map(|n| [n.saturating_sub(1), n.saturating_add(1)]);
            let beside = beside.map(|n| n.to_string().into_bytes());
            std::iter::once(one.value.clone()).chain(beside).collect()
        }
        Filter::Equality(one) | Filter::Approximate(one) => vec![one.value.clone()],
        Filter::Extensible(one) => vec![one.value.clone()],
        Filter::Substrings(one) => {
            let parts = one.initial.iter().chain(&one.any).chain(&one.last);
            vec![parts.flatten().copied().collect()]
        }
        _ => vec![OTHER.to_vec()],
    }
}

/// A value that nobody asks for.
pub(super) const OTHER: &[u8] = b"?";

/// A value by which both of two conditions may hold where neither's own does: one that begins, goes on and ends as both
/// ask, or that has the bits of both.
pub(super) fn value_of_both(one: &Filter, other: &Filter) -> Option<Vec<u8>> {
    match (one, other) {
        (Filter::Substrings(one), Filter::Substrings(other)) => Some(parts_of_both(one, other)),
        (Filter::Extensible(one), Filter::Extensible(other)) => bits_of_both(one, other),
        _ => None,
    }
}

fn parts_of_both(one: &Substrings, other: &Substrings) -> Vec<u8> {
    let longer = |one: &Option<Vec<u8>>, other: &Option<Vec<u8>>| {
        let [one, other] = [one, other].map(|one| one.clone().unwrap_or_default());
        if one.len() < other.len() { other } else { one }
    };
    let between = one.any.iter().chain(&other.any).flatten().copied().collect();
    let initial = longer(&one.initial, &other.initial);
    [initial, between, longer(&one.last, &other.last)].concat()
}

fn bits_of_both(one: &Extensible, other: &Extensible) -> Option<Vec<u8>> {
    let bits = number(&one.value)? | number(&other.value)?;
    Some(bits.to_string().into_bytes())
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}
