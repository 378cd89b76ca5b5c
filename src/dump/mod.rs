//! Dumps of tables: text to rows.
//!
//! Each format is two things: how its text is cut into rows, which is a matter of few bytes, and how a
//! row is read. Which columns make the key, and what is done with the rows, is not known here.

mod copy;
mod definition;
mod delimited;
mod insert;
mod outfile;
mod stuck;

pub use copy::{CopyHead, copy_head, copy_row};
pub use definition::define;
pub use delimited::{Cutter, Delimited, LineEnd, RowText};
pub use insert::{InsertHead, Literals, Style};
pub use outfile::Outfile;
