//! Which of two values comes first (RFC 4517: the ordering rules).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::data;
use super::prepare::{self, Case};
use crate::schema::MatchingRule;

/// The order of two values under an ordering rule, or under the equality rule it belongs to.
/// `None` where the rule has no order, or a value does not have its syntax.
pub fn order(rule: MatchingRule, a: &[u8], b: &[u8]) -> Option<Ordering> {
    use MatchingRule as R;
    match rule {
        R::CaseIgnore | R::CaseIgnoreOrdering | R::CaseIgnoreIa5 => {
            by(a, b, |value| prepare::text(value, Case::Ignore))
        }
        R::CaseExact | R::CaseExactOrdering | R::CaseExactIa5 => {
            by(a, b, |value| prepare::text(value, Case::Exact))
        }
        R::NumericString | R::NumericStringOrdering => by(a, b, prepare::numeric_string),
        R::Integer | R::IntegerOrdering => integers(a, b),
        R::GeneralizedTime | R::GeneralizedTimeOrdering => by(a, b, data::generalized_time),
        R::Uuid | R::UuidOrdering => by(a, b, data::uuid),
        R::OctetString | R::OctetStringOrdering | R::Csn | R::CsnOrdering => Some(a.cmp(b)),
        _ => None,
    }
}

/// By the bytes of the normal forms.
fn by<'v>(
    a: &'v [u8],
    b: &'v [u8],
    normal: impl Fn(&'v [u8]) -> Option<Cow<'v, [u8]>>,
) -> Option<Ordering> {
    Some(normal(a)?.cmp(&normal(b)?))
}

/// `integerOrderingMatch` (RFC 4517 section 4.2.20), of numbers of any length.
fn integers(a: &[u8], b: &[u8]) -> Option<Ordering> {
    let (a, b) = (data::integer(a)?, data::integer(b)?);
    let magnitude = |a: &[u8], b: &[u8]| a.len().cmp(&b.len()).then_with(|| a.cmp(b));
    Some(match (a.strip_prefix(b"-"), b.strip_prefix(b"-")) {
        (Some(a), Some(b)) => magnitude(b, a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => magnitude(&a, &b),
    })
}
