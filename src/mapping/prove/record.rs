//! What is known of a record before there is data, and what a filter makes of it: yes, no, or neither.
//!
//! Nothing where it is not certain. Knows no mapping.

use crate::attribute::is_object_class;
use crate::filter::{Assertion, Filter};
use crate::matching::equal;
use crate::schema::Schema;

/// What is known of the values under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// They are these.
    Values(Vec<String>),
    /// There are none.
    Nothing,
    /// Only data tells.
    Unknown,
}

/// When two values are one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Values<'s> {
    /// Those of an entry, by this schema.
    Entry(&'s Schema),
    /// Those of a row, of whose types nothing is known.
    Row,
}

impl Values<'_> {
    /// Whether two of them are one.
    fn are_one(self, attribute: &[u8], held: &str, asked: &[u8]) -> Option<bool> {
        if held.as_bytes() == asked {
            return Some(true);
        }
        let Values::Entry(schema) = self else { return may_be_one(held, asked) };
        let held_bytes = held.as_bytes();
        if is_object_class(attribute) {
            let class = schema.class(held_bytes)?;
            return Some(schema.is_subclass(class, schema.class(asked)?));
        }
        match schema.attribute(attribute).and_then(|known| known.equality) {
            Some(rule) => Some(equal(schema, rule, held_bytes, asked)),
            None => may_be_one(held, asked),
        }
    }
}

/// Whether two different texts are certainly different values, whatever their type: two words are, unless
/// they are the same in another case, or both ways of saying yes or no; numbers and times may be one.
fn may_be_one(held: &str, asked: &[u8]) -> Option<bool> {
    const TRUTHS: &[&str] = &["true", "false", "t", "f", "yes", "no", "y", "n", "on", "off"];
    const OPPOSITES: &[(&str, &str)] =
        &[("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"), ("on", "off"), ("1", "0")];
    let held = held.trim().to_lowercase();
    let asked = String::from_utf8_lossy(asked).trim().to_lowercase();
    let is = |a: &str, b: &str| (held == a && asked == b) || (held == b && asked == a);
    if OPPOSITES.iter().any(|(a, b)| is(a, b)) {
        return Some(false);
    }
    let is_vague = |text: &str| {
        text.is_empty() || text.starts_with(|c: char| !c.is_alphabetic()) || TRUTHS.contains(&text)
    };
    let is_sure = held != asked && !is_vague(&held) && !is_vague(&asked);
    is_sure.then_some(false)
}

/// What a filter says of a record, where that is certain; `known` tells what is under a name.
pub(super) fn says(
    filter: &Filter,
    values: Values<'_>,
    known: &dyn Fn(&[u8]) -> Known,
) -> Option<bool> {
    let each = |filters: &[Filter]| -> Vec<Option<bool>> {
        filters.iter().map(|filter| says(filter, values, known)).collect()
    };
    match filter {
        Filter::And(filters) => all(&each(filters)),
        Filter::Or(filters) => any(&each(filters)),
        Filter::Not(inner) => opposite(inner, values, known),
        Filter::Present(name) => match known(name) {
            Known::Values(_) => Some(true),
            Known::Nothing => Some(false),
            Known::Unknown => None,
        },
        Filter::Equality(assertion) => one_of(assertion, values, known),
        Filter::GreaterOrEqual(Assertion { attribute, .. })
        | Filter::LessOrEqual(Assertion { attribute, .. })
        | Filter::Approximate(Assertion { attribute, .. }) => absent(&known(attribute)),
        Filter::Substrings(substrings) => absent(&known(&substrings.attribute)),
        Filter::Extensible(extensible) => {
            extensible.attribute.as_ref().and_then(|name| absent(&known(name)))
        }
    }
}

/// Whether all hold.
fn all(each: &[Option<bool>]) -> Option<bool> {
    match each.contains(&Some(false)) {
        true => Some(false),
        false => each.iter().all(|one| *one == Some(true)).then_some(true),
    }
}

/// Whether one holds.
fn any(each: &[Option<bool>]) -> Option<bool> {
    match each.contains(&Some(true)) {
        true => Some(true),
        false => each.iter().all(|one| *one == Some(false)).then_some(false),
    }
}

/// The opposite of a filter. What is asked of an attribute that is not there is neither true nor false to
/// a server (RFC 4511 section 4.5.1.7), but for its presence.
fn opposite(inner: &Filter, values: Values<'_>, known: &dyn Fn(&[u8]) -> Known) -> Option<bool> {
    let sure = says(inner, values, known)?;
    let is_about_presence = matches!(inner, Filter::Present(_));
    let has_value = |assertion: &Assertion| known(&assertion.attribute) != Known::Nothing;
    let has_value = matches!(inner, Filter::Equality(assertion) if has_value(assertion));
    (sure || is_about_presence || has_value).then_some(!sure)
}

/// What is certain of a comparison with values: that it fails where there are none.
fn absent(known: &Known) -> Option<bool> {
    (*known == Known::Nothing).then_some(false)
}

/// Whether one of the values is the one that is asked for.
fn one_of(
    assertion: &Assertion,
    values: Values<'_>,
    known: &dyn Fn(&[u8]) -> Known,
) -> Option<bool> {
    let Assertion { attribute, value } = assertion;
    match known(attribute) {
        Known::Unknown => None,
        Known::Nothing => Some(false),
        Known::Values(held) => {
            let each = held.iter().map(|held| values.are_one(attribute, held, value));
            any(&each.collect::<Vec<_>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(filter: &str, values: Values<'_>) -> Option<bool> {
        let filter = Filter::parse(filter.as_bytes()).expect("a filter");
        let known = |name: &[u8]| match name {
            b"objectClass" => Known::Values(vec!["inetOrgPerson".into()]),
            b"active" => Known::Values(vec!["true".into()]),
            b"title" => Known::Values(vec!["Head".into()]),
            b"gone" => Known::Nothing,
            _ => Known::Unknown,
        };
        says(&filter, values, &known)
    }

    #[test]
    fn only_what_is_certain_is_said() {
        let entry = Values::Entry(Schema::builtin());
        for (filter, values, wanted) in [
            ("(objectClass=person)", entry, Some(true)),
            ("(objectClass=groupOfNames)", entry, Some(false)),
            ("(objectClass=x-own)", entry, None),
            ("(title=head)", entry, Some(true)),
            ("(title=other)", entry, Some(false)),
            ("(title=head)", Values::Row, None),
            ("(title=other)", Values::Row, Some(false)),
            ("(active=true)", Values::Row, Some(true)),
            ("(active=false)", Values::Row, Some(false)),
            ("(active=1)", Values::Row, None),
            ("(gone=*)", Values::Row, Some(false)),
            ("(!(gone=*))", Values::Row, Some(true)),
            ("(!(gone=a))", Values::Row, None),
            ("(!(active=true))", Values::Row, Some(false)),
            ("(&(other=a)(active=false))", Values::Row, Some(false)),
            ("(&(other=a)(active=true))", Values::Row, None),
            ("(|(other=a)(active=true))", Values::Row, Some(true)),
            ("(|(other=a)(active=false))", Values::Row, None),
            ("(gone>=1)", Values::Row, Some(false)),
            ("(active=t*)", Values::Row, None),
        ] {
            assert_eq!(sure(filter, values), wanted, "{filter}");
        }
    }
}
