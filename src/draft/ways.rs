//! How an attribute and a column are compared, and how many of some pairs agree that way.

use std::collections::HashSet;

use super::sample::World;
use crate::attribute::type_of;
use crate::mapping::convert::Comparing;
use crate::mapping::{Compare, FlowType};
use crate::schema::Syntax;
use crate::table::ColumnType;

/// How many pairs tell whether the others are worth a look.
const FEW: usize = 300;

/// How many more of a hundred must agree by a later way for it to be taken.
const GAIN: f64 = 3.0;

/// What values are, and when two of them are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) kind: FlowType,
    pub(super) compare: Option<Compare>,
}

/// What came of comparing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreement {
    pub(super) way: Way,
    /// Pairs that have a value on both sides and agree.
    pub(super) agree: u64,
    /// Pairs that have a value on both sides.
    pub(super) both: u64,
    /// Pairs that have one on one side.
    pub(super) one: u64,
    /// Whether all that agree have one value.
    pub(super) is_constant: bool,
}

impl Agreement {
    /// How many of a hundred agree, of those that have a value on both sides.
    pub(super) fn share(&self) -> f64 {
        100.0 * self.agree as f64 / self.both.max(1) as f64
    }
}

/// An attribute and a column, and the pairs that may have them.
pub(super) struct Subject<'s, 'w> {
    pub(super) world: &'s World<'w>,
    pub(super) table: usize,
    pub(super) pairs: &'s [(usize, usize)],
    pub(super) attribute: usize,
    pub(super) column: usize,
}

impl Subject<'_, '_> {
    /// How many pairs agree, by the way that suits; nothing where hardly any of the first ones do.
    pub(super) fn agreement(&self) -> Option<Agreement> {
        let few = &self.pairs[..self.pairs.len().min(FEW)];
        let mut best: Option<Agreement> = None;
        for way in self.ways() {
            let found = self.measured(way, few);
            if found.agree > 0 && best.is_none_or(|best| found.share() >= best.share() + GAIN) {
                best = Some(found);
            }
        }
        let best = best.filter(|best| best.share() >= 30.0)?;
        Some(if few.len() == self.pairs.len() { best } else { self.measured(best.way, self.pairs) })
    }

    fn kind(&self) -> Option<ColumnType> {
        self.world.tables[self.table].kind(self.column)
    }

    /// The ways that may suit, the plainest first.
    fn ways(&self) -> Vec<Way> {
        let way = |kind| Way { kind, compare: None };
        let text = |compare| Way { kind: FlowType::Text, compare };
        let values = self.pairs.iter().flat_map(|pair| self.values(pair.0)).take(FEW);
        let values: Vec<&[u8]> = values.collect();
        let all = |is: &dyn Fn(&[u8]) -> bool| values.iter().all(|value| is(value));
        let may_be = |kind: FlowType| {
            all(&|value| kind.to_column(value, None, &self.world.zone).is_ok_and(|it| it.is_some()))
        };
        let is_bytes = all(&|value| !value.iter().all(|byte| matches!(byte, b' '..=b'~')));
        let is_number = matches!(self.kind(), Some(ColumnType::Decimal | ColumnType::Float));
        match self.syntax() {
            Some(Syntax::Boolean) => vec![way(FlowType::Boolean)],
            Some(Syntax::GeneralizedTime) => vec![way(FlowType::Timestamp), way(FlowType::Date)],
            Some(Syntax::Integer) if self.is_time() => vec![way(FlowType::FileTime)],
            Some(Syntax::Integer) if is_number => vec![way(FlowType::Integer)],
            Some(Syntax::Integer) => vec![text(None), way(FlowType::Integer)],
            Some(syntax) if syntax.is_dn() => vec![way(FlowType::Dn)],
            _ if is_bytes && all(&|value| value.len() == 16) => {
                vec![way(FlowType::GuidAd), way(FlowType::Guid)]
            }
            _ if all(&|value| value.len() >= 32) && may_be(FlowType::Guid) => {
                vec![way(FlowType::Guid)]
            }
            _ if is_bytes && !may_be(FlowType::Text) => vec![way(FlowType::Binary)],
            _ => {
                let rules = [Compare::IgnoreCase, Compare::Telephone];
                let loose = rules.into_iter().map(|rule| text(Some(rule)));
                let typed = [FlowType::Integer, FlowType::Boolean].into_iter();
                let typed = typed.filter(|kind| may_be(*kind)).map(way);
                std::iter::once(text(None)).chain(loose).chain(typed).collect()
            }
        }
    }

    fn syntax(&self) -> Option<Syntax> {
        let name = type_of(self.world.attribute(self.attribute).as_bytes());
        self.world.schema.attribute(name).map(|known| known.syntax)
    }

    /// Whether the column holds times.
    fn is_time(&self) -> bool {
        matches!(self.kind(), Some(ColumnType::Timestamp | ColumnType::Instant | ColumnType::Date))
    }

    fn values(&self, entry: usize) -> impl Iterator<Item = &[u8]> {
        self.world.entries[entry].of(self.attribute).iter().map(AsRef::as_ref)
    }

    /// How many of some pairs agree this way.
    fn measured(&self, way: Way, pairs: &[(usize, usize)]) -> Agreement {
        let mut found = Agreement { way, agree: 0, both: 0, one: 0, is_constant: true };
        let forms = Forms::new(self, way);
        let mut seen = HashSet::new();
        for &(entry, row) in pairs {
            let mut values = self.values(entry).peekable();
            let has_value = values.peek().is_some();
            let words = self.world.tables[self.table].rows[row][self.column].as_deref();
            let Some(words) = words.filter(|_| has_value) else {
                found.one += u64::from(words.is_some() || has_value);
                continue;
            };
            found.both += 1;
            let words = forms.of_words(words);
            if values.any(|value| forms.of_value(value).as_ref() == Some(&words)) {
                found.agree += 1;
                if seen.len() < 2 {
                    seen.insert(words);
                }
            }
        }
        Agreement { is_constant: seen.len() < 2, ..found }
    }
}

/// The normal forms of both sides.
pub(super) struct Forms<'f, 'w> {
    world: &'f World<'w>,
    way: Way,
    column: Option<ColumnType>,
    comparing: Comparing,
}

impl<'f, 'w> Forms<'f, 'w> {
    pub(super) fn new(subject: &Subject<'f, 'w>, way: Way) -> Forms<'f, 'w> {
        let world = subject.world;
        let name = type_of(world.attribute(subject.attribute).as_bytes());
        let rule = world.schema.attribute(name).and_then(|known| known.equality);
        let column = subject.kind();
        let comparing = Comparing::new(way.kind, way.compare, rule, column, &world.zone);
        Forms { world, way, column, comparing }
    }

    pub(super) fn of_words(&self, words: &[u8]) -> Vec<u8> {
        self.comparing.normal(self.world.schema, words).into_owned()
    }

    pub(super) fn of_value(&self, value: &[u8]) -> Option<Vec<u8>> {
        let words = self.way.kind.to_column(value, self.column, &self.world.zone).ok().flatten()?;
        Some(self.of_words(&words))
    }
}
