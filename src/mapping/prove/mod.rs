//! Whether a mapping can work, as far as that can be told before any data is read.
//!
//! Only what is certainly wrong is refused: a table may have columns that no flow names, and a server
//! attributes that the built-in schema does not know. Of a mapping that could not be read in whole nothing
//! is said that may be due to what is missing. Knows no TOML but the places of keys.

mod children;
mod classes;
mod feeds;
mod filters;
mod inactive;
mod names;
mod policy;
mod record;
mod types;

use crate::dialect::Dialect;
use crate::error::ErrorKind;
use crate::mapping::read::Site;
use crate::mapping::{Action, Flow, Mapping, MappingFile, Situation, Toward};
use crate::schema::Schema;

/// Both sides that may be changed.
const SIDES: [Toward; 2] = [Toward::Database, Toward::Directory];

/// Notes all that cannot work in a file.
pub(in crate::mapping) fn prove(file: &MappingFile, sites: &[Site<'_>]) {
    let are_whole = sites.iter().all(|site| site.is_whole);
    for (mapping, site) in file.mappings.iter().zip(sites) {
        let proof = Proof { file, mapping, site, are_whole, schema: Schema::builtin() };
        proof.feeds();
        proof.children();
        proof.classes();
        proof.inactivations();
        proof.types();
        proof.names();
        proof.references();
        proof.policies();
        proof.filters();
        proof.bases();
    }
}

/// What is looked at for one mapping.
struct Proof<'p> {
    file: &'p MappingFile,
    mapping: &'p Mapping,
    site: &'p Site<'p>,
    /// Whether all mappings were read in whole.
    are_whole: bool,
    schema: &'static Schema,
}

impl<'p> Proof<'p> {
    /// The flows that write there, each with its number.
    fn flows(&self, toward: Toward) -> impl Iterator<Item = (usize, &'p Flow)> {
        let flows = self.mapping.flows.iter().enumerate();
        flows.filter(move |(_, flow)| flow.direction.goes(toward))
    }

    /// Whether nothing is ever written there.
    fn is_idle(&self, toward: Toward) -> bool {
        self.flows(toward).next().is_none()
    }

    /// Whether new records are made there.
    fn creates(&self, toward: Toward) -> bool {
        self.action(toward, Situation::Absent) == Action::Create && !self.is_idle(toward)
    }

    /// What is done there in a situation.
    fn action(&self, toward: Toward, situation: Situation) -> Action {
        self.mapping.policy.of(toward).action(situation)
    }

    /// Whether something there becomes inactive.
    fn inactivates(&self, toward: Toward) -> bool {
        Situation::ALL.iter().any(|one| self.action(toward, *one) == Action::Inactivate)
    }

    /// Whether two names are of one column: where the database knows no case, in any.
    fn is_one(&self, one: &str, other: &str) -> bool {
        let dialect = self.file.database.dialect;
        one == other
            || dialect.is_some_and(Dialect::has_columns_without_case)
                && one.eq_ignore_ascii_case(other)
    }

    /// Notes what is wrong with a key of a flow.
    fn refuse_flow(&self, flow: usize, key: &str, kind: impl Into<ErrorKind>) {
        if let Some(table) = self.site.flows.get(flow) {
            table.refuse(&[key], kind);
        }
    }
}

/// The key of a side's part of a table.
fn side(toward: Toward) -> &'static str {
    match toward {
        Toward::Database => "to_database",
        Toward::Directory => "to_directory",
    }
}

/// What a flow writes there: its column or its attribute, and the key that names it.
fn target(flow: &Flow, toward: Toward) -> Option<(&'static str, &str)> {
    match toward {
        Toward::Database => flow.column.as_deref().map(|name| ("column", name)),
        Toward::Directory => flow.attribute.as_deref().map(|name| ("attribute", name)),
    }
}
