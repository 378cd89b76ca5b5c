//! Why a record changes through a mapping, as JSON: which mapping, what it was found in, and what flowed.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::jsonl::Bytes;
use crate::jsonl::rows::Query;

/// Why a record changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The mapping.
    pub mapping: String,
    /// What the record was found in.
    pub situation: &'static str,
    /// What the policy has done.
    pub action: &'static str,
    /// The columns of `match` by which source and target are one; none where one of them is missing.
    #[serde(rename = "match")]
    pub matched: Vec<String>,
    /// The record that is followed.
    pub source: Option<Spot>,
    /// The record that changes, as it is.
    pub target: Option<Spot>,
    /// What changes in it.
    pub flows: Vec<Flowed>,
}

/// Where a record stands, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// The file.
    pub file: String,
    /// The line on which it begins.
    pub line: u64,
    /// What it is called.
    #[serde(flatten)]
    pub called: Called,
}

/// What a record is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Called {
    /// An entry, by its name.
    Entry {
        /// The name.
        #[serde(serialize_with = "text")]
        dn: Vec<u8>,
    },
    /// A row, by its key.
    Row {
        /// Its table.
        table: String,
        /// The columns of the key with their values.
        #[serde(serialize_with = "cells")]
        key: Vec<(String, Option<Vec<u8>>)>,
    },
}

/// A value that changes, and the flow that it comes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flowed {
    /// The attribute, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The column, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The line of the mapping file on which the flow begins; none where no flow does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What was there.
    pub old: Held,
    /// What is to be there.
    pub new: Held,
}

/// What a column or an attribute holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The value of a column.
    Cell(Option<Vec<u8>>),
    /// The query for a value that the database makes.
    Query(Vec<u8>),
    /// The values of an attribute.
    Values(Vec<Vec<u8>>),
}

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Held::Cell(cell) => cell.as_deref().map(Bytes).serialize(serializer),
            Held::Query(query) => Query { query: Bytes(query) }.serialize(serializer),
            Held::Values(all) => serializer.collect_seq(all.iter().map(|value| Bytes(value))),
        }
    }
}

fn text<S: Serializer>(text: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    Bytes(text).serialize(serializer)
}

fn cells<S: Serializer>(
    cells: &[(String, Option<Vec<u8>>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(cells.len()))?;
    for (name, cell) in cells {
        map.serialize_entry(name, &cell.as_deref().map(Bytes))?;
    }
    map.end()
}
