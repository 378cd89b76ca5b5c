//! Which rows are meant: a filter of RFC 4515 over columns.

use crate::filter::{Assertion, Filter, Substrings};
use crate::reconcile::record::{column, unpadded};
use crate::table::{Cell, Columns, Row};

/// Whether a row matches a filter whose attributes are columns. As for entries, what has no value matches
/// nothing but a negation.
pub(super) fn matches(filter: &Filter, columns: &Columns, row: &Row<'_>) -> bool {
    let asked = Asked { columns, row };
    asked.holds(filter)
}

struct Asked<'a> {
    columns: &'a Columns,
    row: &'a Row<'a>,
}

impl Asked<'_> {
    fn holds(&self, filter: &Filter) -> bool {
        match filter {
            Filter::And(all) => all.iter().all(|one| self.holds(one)),
            Filter::Or(all) => all.iter().any(|one| self.holds(one)),
            Filter::Not(one) => !self.holds(one),
            Filter::Present(name) => self.value(name).is_some(),
            Filter::Equality(one) => self.is_equal(one),
            Filter::Approximate(one) => self.is_about(one),
            Filter::GreaterOrEqual(one) => self.order(one).is_some_and(std::cmp::Ordering::is_ge),
            Filter::LessOrEqual(one) => self.order(one).is_some_and(std::cmp::Ordering::is_le),
            Filter::Substrings(one) => self.has_parts(one),
            Filter::Extensible(one) => {
                let attribute = one.attribute.clone().unwrap_or_default();
                match one.rule.as_deref().map(<[u8]>::to_ascii_lowercase).as_deref() {
                    None | Some(b"caseexactmatch") => {
                        self.is_equal(&Assertion { attribute, value: one.value.clone() })
                    }
                    Some(b"caseignorematch") => {
                        self.is_about(&Assertion { attribute, value: one.value.clone() })
                    }
                    Some(b"1.2.840.113556.1.4.803" | b"integerbitandmatch") => {
                        self.bits(&attribute, &one.value, |held, mask| held & mask == mask)
                    }
                    Some(b"1.2.840.113556.1.4.804" | b"integerbitormatch") => {
                        self.bits(&attribute, &one.value, |held, mask| held & mask != 0)
                    }
                    Some(_) => false,
                }
            }
        }
    }

    fn cell(&self, name: &[u8]) -> Option<(usize, &Cell<'_>)> {
        let at = column(self.columns, std::str::from_utf8(name).ok()?)?;
        Some((at, &self.row[at]))
    }

    fn value(&self, name: &[u8]) -> Option<&[u8]> {
        unpadded(self.columns, self.cell(name)?.0, self.row)
    }

    fn is_equal(&self, Assertion { attribute, value }: &Assertion) -> bool {
        let Some((at, Some(held))) = self.cell(attribute) else { return false };
        match self.columns.types[at] {
            Some(kind) => kind.canonical(&held.bytes) == kind.canonical(value),
            None => *held.bytes == **value,
        }
    }

    fn is_about(&self, Assertion { attribute, value }: &Assertion) -> bool {
        self.value(attribute).is_some_and(|held| crate::matching::approximate(held, value))
    }

    /// How the value of the row stands to the asserted one: numbers by their size, all else by its bytes, so
    /// that days and times in one spelling are in order, too.
    fn order(&self, Assertion { attribute, value }: &Assertion) -> Option<std::cmp::Ordering> {
        let (at, held) = self.cell(attribute)?;
        let held = &held.as_ref()?.bytes;
        let number = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse::<f64>().ok();
        if let (Some(held), Some(value)) = (number(held), number(value)) {
            return held.partial_cmp(&value);
        }
        Some(match self.columns.types[at] {
            Some(kind) => kind.canonical(held).cmp(&kind.canonical(value)),
            None => (**held).cmp(value),
        })
    }

    fn has_parts(&self, wanted: &Substrings) -> bool {
        let Some(mut rest) = self.value(&wanted.attribute) else { return false };
        if let Some(initial) = &wanted.initial {
            let Some(behind) = rest.strip_prefix(&**initial) else { return false };
            rest = behind;
        }
        if let Some(last) = &wanted.last {
            let Some(before) = rest.strip_suffix(&**last) else { return false };
            rest = before;
        }
        wanted.any.iter().all(|part| match memchr::memmem::find(rest, part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }

    fn bits(&self, name: &[u8], mask: &[u8], holds: impl Fn(i64, i64) -> bool) -> bool {
        let number = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse::<i64>().ok();
        let pair = self.value(name).and_then(number).zip(number(mask));
        pair.is_some_and(|(held, mask)| holds(held, mask))
    }
}
