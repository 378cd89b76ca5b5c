//! What is looked at: tables and entries, or as many of them as tell enough.
//!
//! Knows nothing of what agrees with what.

use std::collections::HashMap;

use crate::dn::Dn;
use crate::mapping::convert::Zone;
use crate::schema::Schema;
use crate::server::{Server, is_secret};
use crate::table::{ColumnType, Columns, Definition, TableName};

/// A cell of a row; none where it is NULL or empty.
pub(super) type Cell = Option<Box<[u8]>>;

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: TableName,
    pub(super) columns: Columns,
    pub(super) definition: Option<Definition>,
    /// The rows that are looked at.
    pub(super) rows: Vec<Vec<Cell>>,
    /// How many rows there are.
    pub(super) count: u64,
    /// The columns of the key, where one is known or can be told from the values.
    pub(super) key: Vec<usize>,
}

impl Table {
    /// Whether all rows are looked at.
    pub(super) fn is_whole(&self) -> bool {
        self.rows.len() as u64 == self.count
    }

    pub(super) fn column(&self, n: usize) -> &str {
        &self.columns.names[n]
    }

    pub(super) fn kind(&self, column: usize) -> Option<ColumnType> {
        self.columns.types[column]
    }

    /// The one column of the key.
    pub(super) fn single_key(&self) -> Option<usize> {
        match self.key[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Whether the values of a column are nobody's business.
    pub(super) fn is_secret(&self, column: usize) -> bool {
        const WORDS: &[&str] = &["password", "passwd", "pwd", "secret"];
        let name = self.column(column).to_lowercase();
        WORDS.iter().any(|word| name.contains(word))
    }
}

/// An entry.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) dn: Dn,
    /// The number of its class.
    pub(super) class: usize,
    /// The numbers of its attributes with their values.
    pub(super) values: Vec<(usize, Vec<Box<[u8]>>)>,
}

impl Entry {
    /// The values of an attribute.
    pub(super) fn of(&self, attribute: usize) -> &[Box<[u8]>] {
        let found = self.values.iter().find(|(one, _)| *one == attribute);
        found.map_or(&[], |(_, values)| values)
    }
}

/// A structural class.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) name: String,
    /// How many entries of the export have it as their own.
    pub(super) count: u64,
}

/// An attribute.
#[derive(Debug)]
pub(super) struct Attribute {
    /// Its description, as it was first written.
    pub(super) name: String,
    /// How many values it has at most, for each class.
    pub(super) most: HashMap<usize, usize>,
}

/// What is looked at.
pub(super) struct World<'w> {
    pub(super) schema: &'w Schema,
    pub(super) server: Server,
    pub(super) zone: Zone,
    pub(super) tables: Vec<Table>,
    pub(super) classes: Vec<Class>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) entries: Vec<Entry>,
    /// Where the entries of these names stand.
    pub(super) names: HashMap<Vec<u8>, usize>,
}

impl World<'_> {
    pub(super) fn attribute(&self, n: usize) -> &str {
        &self.attributes[n].name
    }

    /// Whether values of an attribute are names of entries.
    pub(super) fn is_name(&self, attribute: usize) -> bool {
        let known = self.schema.attribute(self.attribute(attribute).as_bytes());
        known.is_some_and(|known| known.syntax.is_dn())
    }

    /// Whether an attribute is left out of all that is looked at.
    pub(super) fn is_left_out(&self, attribute: usize) -> bool {
        let name = self.attribute(attribute);
        name.eq_ignore_ascii_case("objectClass") || is_secret(self.schema, &[], name.as_bytes())
    }

    /// Whether only the server writes an attribute.
    pub(super) fn is_of_server(&self, attribute: usize) -> bool {
        let name = self.attribute(attribute);
        let known = self.schema.attribute(name.as_bytes());
        known.is_some_and(|known| known.no_user_modification || known.is_operational())
            || self.server.kept_to_itself().any(|one| one.eq_ignore_ascii_case(name))
            || crate::server::IDENTIFIERS.iter().any(|one| one.eq_ignore_ascii_case(name))
    }

    /// The most values that an entry of a class has of an attribute.
    pub(super) fn most(&self, class: usize, attribute: usize) -> usize {
        self.attributes[attribute].most.get(&class).copied().unwrap_or_default()
    }
}
