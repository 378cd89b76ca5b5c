//! `mapping draft`: proposes a mapping from an export and a dump, by the values that agree.
//!
//! [`pairing`] finds which entries and rows are the same things, [`flows`] which attribute is which column,
//! [`references`] what leads to other records, [`shape`] what else is said, and [`write`](mod@write) writes
//! the file. What is proposed deletes nothing. Knows no options of a command line.

mod entries;
mod flows;
mod loose;
mod names;
mod pairing;
mod proposal;
mod references;
mod rows;
mod sample;
mod shape;
mod ways;
mod write;

use std::io::Write as _;

use crate::diff::tables::{Opened, TableOptions};
use crate::diff::{Options, input_options, refuse_unsound_one};
use crate::error::{Error, ErrorKind, Result, UsageFault};
use crate::join::find_layout;
use crate::mapping::convert::Zone;
use crate::output::{Output, commit_all};
use crate::parallel::Pool;
use crate::schema::Schema;
use crate::source::{Header, Source, open, server_of};

use pairing::Pairing;
use proposal::Proposal;
use references::Free;
use sample::World;

/// What a draft proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The entries of the export.
    pub entries: u64,
    /// The rows of the dump.
    pub rows: u64,
    /// The mappings.
    pub mappings: u64,
    /// Their flows.
    pub flows: u64,
}

/// Proposes a mapping: writes the file.
///
/// `entries` says how the export is read, which is `entries.new`, and where the file goes; `rows` how the
/// dump is, which is `rows.new`, and which tables are looked at: all that have rows where none is named.
///
/// # Errors
///
/// A side that cannot be read; nothing on one side is anything on the other; the output cannot be written.
pub fn draft(
    entries: &Options,
    rows: &TableOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report> {
    let pool = &Pool::new(entries.threads)?;
    let opened = Opened::new(&rows.new, rows)?;
    let (tables, headers) = rows::tables(&opened, rows)?;
    let index = loose::Index::new(&tables);
    let input = open(&entries.new, &input_options(entries))?;
    refuse_unsound_one(entries, &input)?;
    let (server, _) = server_of(entries.server, &input, &entries.reading);
    let schema = Schema::with_files(server.schema(), &entries.schema, &input_options(entries))?;
    let mut source = Source::new(&input, &schema, entries.reading.clone());
    find_layout(pool, &mut source)?;
    let found = entries::entries(pool, &source, &schema, &index)?;
    progress(input.bytes().len() as u64);
    let (zone, time_zone) = zone(&headers);
    let entries::Found { classes, attributes, entries: all, names, count } = found;
    let world =
        World { schema: &schema, server, zone, tables, classes, attributes, entries: all, names };
    let proposals = proposals(&world, &index);
    let dump = opened.name();
    if proposals.is_empty() {
        let (export, dump) = (input.name().to_owned(), dump);
        return Err(Error::new(ErrorKind::Usage(UsageFault::NothingAgrees { export, dump })));
    }
    let dialect = headers.iter().find_map(|header| header.dialect);
    let head = write::Head { export: input.name(), dump: &dump, dialect, time_zone };
    let text = write::file(&world, &head, &proposals);
    let mut out = Output::create(&entries.output)?;
    out.write_all(text.as_bytes()).map_err(|e| out.error(e))?;
    input.verify_unchanged()?;
    opened.verify_unchanged()?;
    commit_all(vec![out])?;
    Ok(Report {
        entries: count,
        rows: world.tables.iter().map(|table| table.count).sum(),
        mappings: proposals.len() as u64,
        flows: proposals.iter().map(Proposal::count).sum(),
    })
}

impl Proposal {
    /// How many flows it has.
    fn count(&self) -> u64 {
        self.flows.iter().filter(|flow| !flow.is_doubtful).count() as u64
    }
}

/// The time zone of times that have none, where the dump says it.
fn zone(headers: &[Header]) -> (Zone, Option<&str>) {
    let mut names = headers.iter().filter_map(|header| header.time_zone.as_deref());
    let known = names.find_map(|name| Some((Zone::named(name)?, name)));
    known.map_or_else(|| (Zone::default(), None), |(zone, name)| (zone, Some(name)))
}

/// The mappings: the pairings by which most values agree, no class and no table in two of them.
fn proposals(world: &World<'_>, index: &loose::Index) -> Vec<Proposal> {
    let pairings = pairing::pairings(world, index);
    let mut all: Vec<(f64, Proposal)> = Vec::new();
    for mut pairing in pairings {
        let flows = flows::plain(world, &pairing);
        // What is alike at a glance may be two values by every rule there is.
        pairing.keys.retain(|key| {
            flows.iter().any(|one| (one.attribute, one.column) == (key.attribute, key.column))
        });
        if pairing.keys.is_empty() {
            continue;
        }
        let weight = flows.iter().map(|flow| flow.support.agree as f64).sum();
        let Pairing { class, table, keys, pairs } = pairing;
        let name = String::new();
        all.push((weight, Proposal { name, class, table, keys, pairs, flows }));
    }
    all.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut chosen: Vec<Proposal> = Vec::new();
    for (_, mut one) in all {
        if chosen.iter().all(|other| other.class != one.class && other.table != one.table) {
            one.name = named(world.tables[one.table].name.last(), &chosen);
            chosen.push(one);
        }
    }
    chosen.sort_by_key(|one| one.table);
    lead(world, &mut chosen);
    chosen
}

/// Adds the flows that lead to other records or hold a row for each value.
fn lead(world: &World<'_>, all: &mut [Proposal]) {
    for n in 0..all.len() {
        let more = references::in_rows(world, all, n, &free(world, &all[n]));
        all[n].flows.extend(more);
        let more = references::in_children(world, all, n, &free(world, &all[n]));
        all[n].flows.extend(more);
    }
}

/// What has no flow yet.
fn free(world: &World<'_>, proposal: &Proposal) -> Free {
    let has_flow = |attribute: &usize| proposal.flows.iter().any(|one| one.attribute == *attribute);
    let mut attributes = flows::attributes(world, &proposal.pairs);
    attributes.retain(|attribute| !has_flow(attribute));
    let table = &world.tables[proposal.table];
    let is_free = |column: &usize| {
        proposal.flow_of(*column).is_none()
            && !table.key.contains(column)
            && !table.is_secret(*column)
    };
    let columns = (0..table.columns.names.len()).filter(is_free).collect();
    Free { attributes, columns }
}

/// The name of a mapping: that of its table, in what a bare key of TOML may have, and no other one's.
fn named(table: &str, others: &[Proposal]) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let plain: String = table.to_lowercase().chars().map(letter).collect();
    let is_taken = |name: &String| others.iter().any(|other| other.name == *name);
    let numbered = (2..).map(|n| format!("{plain}_{n}"));
    std::iter::once(plain.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(plain)
}
