//! LDIF (RFC 2849, RFC 4525): text to records and back.
//!
//! Reading has four steps, one file each. [`scan`] frames: it cuts records out of the text and
//! looks at the shape of every line. [`unfold`] joins folded lines and drops comments. [`parse`]
//! turns one record into a borrowed tree, one function a rule of RFC 2849. [`decode`]
//! turns the tree into a record: base64, names, the rules that a grammar cannot say.
//! [`mod@write`] is the only writer.

pub mod decode;
pub mod deviation;
pub mod file_url;
pub mod lines;
pub mod parse;
pub mod scan;
pub mod step;
pub mod strangers;
pub mod types;
pub mod unfold;
pub mod write;
