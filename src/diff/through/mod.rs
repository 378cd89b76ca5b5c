//! `diff` through a mapping: the database follows a directory, or a directory the database.

mod dangling;
mod database;
mod directory;
mod fresh;
mod limits;
mod lookups;
mod references;
mod rejected;
mod tables;

use std::path::PathBuf;

use crate::error::Result;
use crate::mapping::{LookupFrom, Mapping, MappingFile, On, Toward};
use crate::output::Output;
use crate::reconcile::{Account, Skipped};
use crate::table::TableName;

pub use database::diff_to_database;
pub use directory::diff_to_directory;
pub use fresh::{Fresh, FreshTable};
pub(crate) use tables::columns_of;

/// A mapping file, and which of its mappings take part.
#[derive(Debug)]
pub struct Through {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub file: MappingFile,
    /// The names of the mappings that take part; all where there are none.
    pub only: Vec<String>,
    /// The record that is to be explained.
    pub explain: Option<String>,
}

/// A report, and what came of each mapping.
#[derive(Debug)]
pub struct Followed<R> {
    /// What the diff did.
    pub report: R,
    /// What came of each mapping.
    pub accounts: Vec<Account>,
    /// Records that cannot be read, and were skipped.
    pub skipped: Skipped,
}

/// What came of the mappings, before any output has its name.
#[derive(Clone, Copy, Debug)]
pub struct Done<'d> {
    /// What came of each.
    pub accounts: &'d [Account],
    /// How many records cannot be read, and were skipped.
    pub skipped: usize,
}

/// Hears what was done before any output has its name, and may hand over another output.
pub type BesideFollowed<'b, R> = &'b mut dyn FnMut(&R, &Done<'_>) -> Result<Option<Output>>;

impl Through {
    /// The mappings that take part.
    pub fn mappings(&self) -> Vec<&Mapping> {
        let all = self.file.mappings.iter();
        all.filter(|one| self.only.is_empty() || self.only.contains(&one.name)).collect()
    }

    /// The tables that are named, each once: those that mappings are about before those they use.
    pub fn tables(&self) -> Vec<TableName> {
        let lookups = self.file.lookups.iter().filter_map(|lookup| match &lookup.from {
            LookupFrom::Table { table, .. } => Some(table),
            LookupFrom::File { .. } | LookupFrom::Values(_) => None,
        });
        let mut tables = self.own_tables();
        for table in lookups {
            tables.extend((!tables.contains(table)).then(|| table.clone()));
        }
        tables
    }

    /// The tables that values flow into or out of.
    pub(super) fn own_tables(&self) -> Vec<TableName> {
        let mappings = self.mappings();
        let own = mappings.iter().map(|mapping| &mapping.rows.table);
        let flows = mappings.iter().flat_map(|mapping| &mapping.flows);
        let children = flows.filter_map(|flow| Some(&flow.child.as_ref()?.table));
        let mut tables: Vec<TableName> = Vec::new();
        for table in own.chain(children) {
            tables.extend((!tables.contains(table)).then(|| table.clone()));
        }
        tables
    }

    /// The columns of a table that are set in rows that are there.
    pub(super) fn columns_set<'t>(&'t self, table: &'t TableName) -> impl Iterator<Item = &'t str> {
        let of = move |mapping: &'t Mapping| {
            let own = (mapping.rows.table == *table).then_some(mapping);
            let inactive = own.and_then(|one| one.inactivate.of(Toward::Database).as_ref());
            let inactive = inactive.into_iter().flat_map(|one| {
                one.set.iter().map(|(column, _)| column).chain(&one.clear).map(String::as_str)
            });
            let flows = mapping.flows.iter().filter(move |flow| {
                let fed = flow.child.as_ref().map_or(&mapping.rows.table, |child| &child.table);
                fed == table && flow.on == On::Always && flow.direction.goes(Toward::Database)
            });
            flows.filter_map(|flow| flow.column.as_deref()).chain(inactive)
        };
        self.mappings().into_iter().flat_map(of)
    }

    /// The columns of the key of a table that the file says.
    fn key(&self, table: &TableName) -> Vec<String> {
        for mapping in self.mappings() {
            if mapping.rows.table == *table && !mapping.rows.key.is_empty() {
                return mapping.rows.key.clone();
            }
        }
        Vec::new()
    }

    /// The columns by which rows of a child table are told from each other, where nothing else does.
    fn key_of_child(&self, table: &TableName) -> Option<Vec<String>> {
        let flows = self.mappings().into_iter().flat_map(|mapping| &mapping.flows);
        let mut flows =
            flows.filter_map(|flow| Some((flow.child.as_ref()?, flow.column.as_ref()?)));
        let (child, column) = flows.find(|(child, _)| child.table == *table)?;
        Some(child.foreign_key.iter().chain([column]).cloned().collect())
    }
}
