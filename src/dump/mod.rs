//! Dumps of tables: text to rows.
//!
//! Each format is two things: how its text is cut into rows, which is a matter of few bytes, and how a
//! row is read. Which columns make the key, and what is done with the rows, is not known here.

mod bytea;
mod charset;
mod copy;
mod definition;
mod delimited;
mod form;
mod insert;
mod json;
mod manner;
mod outfile;
mod script;
mod stuck;
mod write;

pub use charset::Charset;
pub use copy::{CopyHead, copy_head, copy_row};
pub use definition::define;
pub use delimited::Delimited;
pub use form::{CopyText, Cutter, RowForm};
pub use insert::{InsertHead, Literals, Style};
pub use json::{JsonRows, JsonStart, JsonText};
pub use manner::Manner;
pub use outfile::Outfile;
pub use script::{FoundTable, InsertRows, Script, Section, refuse_unfinished, survey};
pub use write::{csv_cell, csv_row};
