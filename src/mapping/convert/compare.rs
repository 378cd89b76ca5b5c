//! When a value of an entry and one of a row are one: both in the words of the column.

use std::borrow::Cow;

use super::{Zone, guid, time, without_padding};
use crate::mapping::{Compare, FlowType};
use crate::matching::normalize;
use crate::schema::{MatchingRule, Schema};
use crate::table::ColumnType;

/// When two values of a flow are one.
#[derive(Clone, Debug)]
pub struct Comparing {
    how: How,
    column: Option<ColumnType>,
    zone: Zone,
}

/// What two values are compared by.
#[derive(Clone, Copy, Debug)]
enum How {
    /// Their bytes.
    Exact,
    /// A rule of the directory.
    Rule(MatchingRule),
    /// The equality of the database for this type.
    Column(ColumnType),
    /// True or false.
    Truth,
    /// The instant.
    Instant,
    /// The day.
    Day,
    /// The digits of a UUID.
    Uuid,
}

impl Comparing {
    /// How values of a flow are compared: as `compare` says, or by what they are; text by the equality
    /// rule of its attribute.
    pub fn new(
        kind: FlowType,
        compare: Option<Compare>,
        rule: Option<MatchingRule>,
        column: Option<ColumnType>,
        zone: &Zone,
    ) -> Comparing {
        let how = compare.map_or_else(|| of_kind(kind, rule, column), said);
        Comparing { how, column, zone: zone.clone() }
    }

    /// The normal form of a value in the words of the column: two values are one if and only if their
    /// normal forms are the same bytes. A value that is not what it should be is compared by its bytes.
    pub fn normal<'v>(&self, schema: &Schema, words: &'v [u8]) -> Cow<'v, [u8]> {
        let words = without_padding(words, self.column);
        let owned = |normal: Option<Vec<u8>>| normal.map_or(Cow::Borrowed(words), Cow::Owned);
        match self.how {
            How::Exact => Cow::Borrowed(words),
            How::Rule(rule) => normalize(schema, rule, words),
            How::Column(column) => column.canonical(words),
            How::Truth => match super::column_truth(words) {
                Ok(truth) => Cow::Borrowed(truth),
                Err(_) => Cow::Borrowed(words),
            },
            How::Instant => owned(time::normal(words, self.column, &self.zone)),
            How::Day => owned(time::day(words)),
            How::Uuid => guid::normal(words).unwrap_or(Cow::Borrowed(words)),
        }
    }
}

fn said(compare: Compare) -> How {
    match compare {
        Compare::Exact => How::Exact,
        Compare::IgnoreCase => How::Rule(MatchingRule::CaseIgnore),
        Compare::CaseExact => How::Rule(MatchingRule::CaseExact),
        Compare::Telephone => How::Rule(MatchingRule::TelephoneNumber),
        Compare::Integer => How::Column(ColumnType::Decimal),
        Compare::Dn => How::Rule(MatchingRule::DistinguishedName),
        Compare::Time => How::Instant,
    }
}

fn of_kind(kind: FlowType, rule: Option<MatchingRule>, column: Option<ColumnType>) -> How {
    match kind {
        FlowType::Text => of_text(rule, column),
        FlowType::Integer => match column {
            Some(ColumnType::Float) => How::Column(ColumnType::Float),
            _ => How::Column(ColumnType::Decimal),
        },
        FlowType::Boolean => How::Truth,
        FlowType::Timestamp | FlowType::FileTime => match column {
            // Two instants that clocks show alike are one in it.
            Some(ColumnType::Timestamp) => How::Column(ColumnType::Timestamp),
            _ => How::Instant,
        },
        FlowType::Date => How::Day,
        FlowType::Binary => How::Exact,
        FlowType::Guid | FlowType::GuidAd => How::Uuid,
        FlowType::Dn => How::Rule(MatchingRule::DistinguishedName),
    }
}

/// What the database tells apart by more than its text it compares itself.
fn of_text(rule: Option<MatchingRule>, column: Option<ColumnType>) -> How {
    match column {
        None | Some(ColumnType::Text | ColumnType::Char | ColumnType::Opaque) => {
            rule.map_or(How::Exact, How::Rule)
        }
        Some(ColumnType::Bytes) => How::Exact,
        Some(column) => How::Column(column),
    }
}
