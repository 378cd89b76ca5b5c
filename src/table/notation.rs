//! How the values of a column are written, by a database's own programs and for it, where others are written
//! otherwise.

use crate::table::ColumnType;

/// How the values of a column stand in files that do not say which program wrote them (text with delimiters, and
/// JSON), and in conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notation {
    /// As most programs write them.
    #[default]
    Usual,
    /// As PostgreSQL's `bytea`, in any of its two forms.
    Bytea,
    /// As PostgreSQL's `json` and `jsonb`: in JSON the value as it stands.
    Json,
    /// As an array of PostgreSQL's: in JSON a list.
    Array {
        /// What stands between two elements.
        delimiter: char,
        /// What they are.
        elements: Elements,
    },
    /// As PostgreSQL's `xml`, which is shown without most of its declaration and kept with it.
    Xml,
    /// As a type that somebody made: a literal is told to be of it.
    Own,
}

/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    /// Texts, numbers, truths: what is a list in JSON is a further dimension.
    Plain,
    /// JSON, a list among it.
    Json,
}

/// What is said of a column's type beside any definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidType {
    /// The column, as it may be spelled.
    pub column: String,
    /// What its values are.
    pub kind: ColumnType,
    /// How they are written.
    pub notation: Notation,
}
