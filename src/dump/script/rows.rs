//! The rows of INSERT statements that follow each other.

use crate::dump::Literals;
use crate::dump::script::lexis::Lexis;
use crate::error::Fault;
use crate::table::Row;

/// How the rows of such statements are found.
#[derive(Clone, Debug)]
pub struct InsertRows {
    lexis: Lexis,
    /// The words before the rows of each.
    head: Vec<u8>,
    /// The places of the values that the database makes from others.
    made: Vec<usize>,
}

impl PartialEq for InsertRows {
    /// Whether the same bytes are the same row.
    fn eq(&self, other: &InsertRows) -> bool {
        self.literals() == other.literals() && self.made == other.made
    }
}

impl InsertRows {
    /// The rows of statements that begin with these words.
    pub(super) fn new(lexis: Lexis, head: Vec<u8>) -> InsertRows {
        InsertRows { lexis, head, made: Vec::new() }
    }

    /// The same rows, where the database makes the values in these places from others.
    #[must_use]
    pub fn with_made(self, made: Vec<usize>) -> InsertRows {
        InsertRows { made, ..self }
    }

    /// The places of the values that the database makes from others.
    pub fn made(&self) -> &[usize] {
        &self.made
    }

    /// How the literals are written.
    pub fn literals(&self) -> Literals {
        self.lexis.literals()
    }

    /// Where the next row begins, or the end of the text.
    ///
    /// # Errors
    ///
    /// Behind the rows of a statement stands what may make them others.
    pub(in crate::dump) fn row_start(&self, text: &[u8], mut at: usize) -> Result<usize, Fault> {
        loop {
            at = self.lexis.blank_end(text, at);
            match text.get(at) {
                None | Some(b'(') => return Ok(at),
                Some(b',') => at += 1,
                Some(_) if text[at..].starts_with(&self.head) => at += self.head.len(),
                Some(_) => {
                    let end = self.statement_end(text, at);
                    let tail = self.lexis.without_delimiter(&text[at..end]);
                    self.literals().insert_tail(tail).map_err(|fault| fault.moved(at))?;
                    at = end;
                }
            }
        }
    }

    /// Where the statement ends that goes on here.
    pub(in crate::dump) fn statement_end(&self, text: &[u8], at: usize) -> usize {
        self.lexis.statement_end(text, at).unwrap_or(text.len())
    }

    /// The length of the row that a text begins with.
    pub(in crate::dump) fn row_end(&self, text: &[u8]) -> Result<usize, Fault> {
        self.literals().row_end(text)
    }

    /// The values of a row.
    ///
    /// # Errors
    ///
    /// It is no list of literals.
    pub fn read<'t>(&self, row: &'t [u8]) -> Result<Row<'t>, Fault> {
        self.literals().row_with(row, &self.made)
    }
}
