//! Turns two states of a directory into the change a server accepts, from files alone; checks,
//! transforms and applies such files.
//!
//! The tree is the pipeline; the modules below stand in the order in which the data flows, and a
//! module may use only what stands in a layer above its own (`tests/layers.rs` keeps it so):
//!
//! ```text
//! bytes ─input→ chunks ─ldif→ records ─join→ pairs ─filter, compare→ changes ─plan→ steps ─emit→ text
//! ```
//!
//! The whole of it in one call:
//!
//! ```
//! use ldifsync::diff::{Options, diff};
//! use ldifsync::output::Target;
//!
//! let (old, new) = ("samples/company/old.ldif", "samples/company/new.ldif");
//! let mut options = Options::new(old.into(), new.into());
//! options.output = Target::File("/dev/null".into());
//! let report = diff(&options, &|_bytes| {})?;
//! assert_eq!((report.counts.renames, report.counts.deletes), (3, 1));
//! # Ok::<(), ldifsync::error::Error>(())
//! ```

// Layer 0: places in a text, and showing bytes; working in order.
pub mod parallel;
pub mod text;

// Layer 1: what can go wrong; bytes in, files out.
pub mod error;
pub mod input;
pub mod output;

// Layer 2: descriptions and names as syntax.
pub mod attribute;
pub mod ber;
pub mod dn;

// Layer 3: which rule an attribute has.
pub mod schema;

// Layer 3: on top of the schema, when two values are equal.
pub mod matching;

// Layer 4: the directory's things.
pub mod entry;
pub mod server;

// Layer 4: the database's things.
pub mod table;

// Layer 4: on top of them, how SQL writes them.
pub mod dialect;

// Layer 4: what is done to an entry.
pub mod change;

// Layer 5: text to records and back.
pub mod ldif;

// Layer 5: JSON lines to records and back.
pub mod jsonl;

// Layer 5: dumps of tables to rows.
pub mod dump;

// Layer 5: which entries are meant.
pub mod filter;

// Layer 6: the part of a directory that is meant.
pub mod scope;

// Layer 6: how entries and rows correspond.
pub mod mapping;

// Layer 7: input and format: cut, name, read.
pub mod source;

// Layer 8: pairs.
pub mod join;

// Layer 9: what differs in a pair, and who was renamed.
pub mod compare;

// Layer 9: entries and rows through a mapping.
pub mod reconcile;

// Layer 10: order.
pub mod plan;

// Layer 11: every output shape.
pub mod emit;

// Layer 12: a function a command.
pub mod apply;
pub mod check;
pub mod diff;
pub mod draft;
pub mod transform;
