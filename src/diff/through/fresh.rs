//! One side through a mapping where the other has nothing: everything comes.

use crate::dialect::Dialect;
use crate::diff::tables::{TableOptions, called};
use crate::diff::through::{Through, limits, tables};
use crate::diff::{Options, input_options, refuse_unsound_one};
use crate::error::Result;
use crate::join::find_layout;
use crate::mapping::{FlowType, Toward};
use crate::parallel::Pool;
use crate::reconcile::{
    Account, MadeEntries, Outcome, Table, Task, follow_database, follow_directory, without_offset,
};
use crate::schema::Schema;
use crate::server::Server;
use crate::source::{ReadOptions, Rows, Source, open, server_of};
use crate::table::{
    ColumnType, Columns, Constraints, Definition, Row, SaidType, TableName, Typing,
};

/// One side, and how it is read.
pub struct Fresh<'f> {
    /// The mapping.
    pub through: &'f Through,
    /// How entries are read; `new` is the export.
    pub entries: &'f Options,
    /// How rows are read; `new` is the dump.
    pub rows: &'f TableOptions,
    /// Whether a database reads the rows as they are written: what shows a time zone, it may take for none.
    pub is_loaded: bool,
}

/// A table, its columns, and the rows that come.
pub type FreshTable = (TableName, Columns, Vec<Row<'static>>);

impl Fresh<'_> {
    /// The rows that the entries make.
    ///
    /// # Errors
    ///
    /// The export cannot be read.
    pub fn rows(&self, dialect: Option<Dialect>) -> Result<(Vec<FreshTable>, Vec<Account>)> {
        let Fresh { through, entries, .. } = self;
        limits::refuse_unknown(through)?;
        let pool = &Pool::new(entries.threads)?;
        let input = open(&entries.new, &input_options(entries))?;
        refuse_unsound_one(entries, &input)?;
        let asked = entries.server.or(through.file.directory.server);
        let (server, _) = server_of(asked, &input, &ReadOptions::default());
        let schema = Schema::with_files(server.schema(), &entries.schema, &input_options(entries))?;
        let mut directory = Source::new(&input, &schema, entries.reading.clone());
        find_layout(pool, &mut directory)?;
        let files = tables::Files::new(through, &self.rows.new);
        let opened = &files.open_lookups(self.rows)?;
        let lookups = tables::known_lookups(opened, self.rows)?;
        let own = through.own_tables().into_iter();
        let own = own.map(|table| (columns(through, &table), table));
        let mut own: Vec<(TableName, Columns)> =
            own.map(|(columns, table)| (table, columns)).collect();
        let definitions = self.definitions(&own)?;
        let unknown = self.describe(&mut own, &definitions);
        let free = Constraints::default();
        let mut all: Vec<Table<'_>> = own
            .iter()
            .zip(&definitions)
            .map(|((name, columns), definition)| {
                let defined = (definition.as_ref(), dialect);
                Table {
                    name: name.clone(),
                    called: name.clone(),
                    rows: Rows::made(input.name(), Vec::new(), columns),
                    constraints: &free,
                    digits_of_second: tables::digits_of_second(columns, defined),
                    bounds: tables::bounds(columns, defined, None),
                    foldings: tables::foldings(columns, defined),
                    truths: tables::by_definition(columns, defined, tables::truths),
                    counted: Vec::new(),
                    numbered: Vec::new(),
                    generated: Vec::new(),
                    lookup: None,
                }
            })
            .collect();
        all.extend(tables::lookup_tables(self.rows, opened, &lookups, &free));
        let task = Task {
            pool,
            schema: &schema,
            file: &through.file,
            mappings: through.mappings(),
            toward: Toward::Database,
            directory: &directory,
            tables: &all,
            dialect: dialect.unwrap_or(Dialect::Postgres),
            part: entries.part,
            memory: entries.memory,
            explain: through.explain.clone(),
            tells: false,
            is_fresh: true,
            keep_going: false,
        };
        let Outcome { mut made, mut accounts, .. } = follow_directory(&task)?;
        for account in accounts.iter_mut().filter(|_| self.is_loaded) {
            account.doubts.extend(self.doubts_of_times(&account.mapping, &unknown));
        }
        if dialect.is_some_and(Dialect::has_instants_of_the_session) {
            for (made, (_, columns)) in made.iter_mut().zip(&own) {
                without_offset(made.created.iter_mut(), columns);
            }
        }
        input.verify_unchanged()?;
        let created = made.into_iter().map(|made| made.created);
        let fresh = own
            .iter()
            .zip(created)
            .map(|((name, columns), rows)| (name.clone(), columns.clone(), rows));
        Ok((fresh.collect(), accounts))
    }

    /// The definitions of the tables in the file of `--ddl`; none without one.
    ///
    /// # Errors
    ///
    /// It cannot be read, or defines none of them.
    fn definitions(&self, own: &[(TableName, Columns)]) -> Result<Vec<Option<Definition>>> {
        let Some(ddl) = &self.rows.hints.ddl else { return Ok(vec![None; own.len()]) };
        let mut first = None;
        let mut definitions = Vec::new();
        for (table, _) in own {
            match ddl.define(table, &self.rows.inputs) {
                Ok(definition) => definitions.push(Some(definition)),
                Err(error) => {
                    definitions.push(None);
                    first.get_or_insert(error);
                }
            }
        }
        match first.filter(|_| definitions.iter().all(Option::is_none)) {
            Some(error) => Err(error),
            None => Ok(definitions),
        }
    }

    /// Says of columns what `--types` and the definitions of their tables say; answers those of times of which
    /// nobody says anything.
    fn describe(
        &self,
        own: &mut [(TableName, Columns)],
        definitions: &[Option<Definition>],
    ) -> Vec<(TableName, String)> {
        let mut unknown = Vec::new();
        for ((table, columns), definition) in own.iter_mut().zip(definitions) {
            for (name, kind) in columns.names.iter().zip(&mut columns.types) {
                let is_it = |said: &&SaidType| said.column.eq_ignore_ascii_case(name);
                let said = self.rows.hints.types.iter().find(is_it).map(|said| Some(said.kind));
                let defined = definition.as_ref().and_then(|definition| definition.column(name));
                match said.or_else(|| defined.map(|column| column.kind)) {
                    Some(known) => *kind = known,
                    None if *kind == Some(ColumnType::Instant) => {
                        unknown.push((table.clone(), name.clone()));
                    }
                    None => {}
                }
            }
        }
        unknown
    }

    /// What there is to say of times in columns of no known type, where clocks do not show UTC.
    fn doubts_of_times(&self, mapping: &str, unknown: &[(TableName, String)]) -> Vec<String> {
        let zone = self.through.file.database.time_zone.as_deref();
        let Some(zone) = zone.filter(|zone| !["UTC", "Etc/UTC"].contains(zone)) else {
            return Vec::new();
        };
        let mapping = self.through.mappings().into_iter().find(|one| one.name == mapping);
        let is_of_it =
            |(table, _): &&(TableName, String)| mapping.is_some_and(|one| one.rows.table == *table);
        let sentence = |(_, column): &(TableName, String)| {
            format!(
                "the times of `{column}` are written in UTC, and not as in {zone}, for the type of the column is \
                 not known: `--ddl` or `--types` says it"
            )
        };
        unknown.iter().filter(is_of_it).map(sentence).collect()
    }

    /// The entries that the rows make.
    ///
    /// # Errors
    ///
    /// The dump cannot be read.
    pub fn entries(&self) -> Result<(MadeEntries, Vec<Account>)> {
        let Fresh { through, entries, rows, .. } = self;
        limits::refuse_unknown(through)?;
        let pool = &Pool::new(entries.threads)?;
        let files = tables::Files::new(through, &rows.new);
        let opened = &files.open(rows)?;
        let known = tables::known(through, opened, rows)?;
        let said = known.iter().find_map(|one| one.header.dialect);
        let constraints = tables::constraints(rows, &known, None);
        let names: Vec<_> = known.iter().map(|one| called(&one.name, &one.header, None)).collect();
        let all = tables::tables(rows, opened, &known, &constraints, &names);
        let server = entries.server.or(through.file.directory.server).unwrap_or(Server::Generic);
        let schema = Schema::with_files(server.schema(), &entries.schema, &input_options(entries))?;
        let directory = Source::of_text("a new directory", b"", &schema, ReadOptions::default());
        let task = Task {
            pool,
            schema: &schema,
            file: &through.file,
            mappings: through.mappings(),
            toward: Toward::Directory,
            directory: &directory,
            tables: &all,
            dialect: said.unwrap_or(Dialect::Postgres),
            part: entries.part,
            memory: entries.memory,
            explain: through.explain.clone(),
            tells: false,
            is_fresh: true,
            keep_going: false,
        };
        let Outcome { made, accounts, .. } = follow_database(&task)?;
        opened.dump.verify_unchanged()?;
        Ok((made, accounts))
    }
}

/// The columns of a table of which only the mapping is known: those of its key, of `match` and of flows.
fn columns(through: &Through, table: &TableName) -> Columns {
    let mut columns = Columns {
        names: Vec::new(),
        types: Vec::new(),
        notations: Vec::new(),
        typing: Typing::ByColumn,
        key: Vec::new(),
    };
    let mut add = |name: &String, kind: Option<ColumnType>| match columns
        .names
        .iter()
        .position(|other| other.eq_ignore_ascii_case(name))
    {
        Some(at) => {
            columns.types[at] = columns.types[at].or(kind);
            at
        }
        None => {
            columns.names.push(name.clone());
            columns.types.push(kind);
            columns.names.len() - 1
        }
    };
    let mut key = Vec::new();
    for mapping in through.mappings() {
        let rows = &mapping.rows;
        if rows.table == *table {
            key.extend(rows.key.iter().map(|name| add(name, None)));
            let owner = rows.managed_by.iter().map(|owner| &owner.column);
            rows.generated.iter().chain(owner).for_each(|name| {
                add(name, None);
            });
        }
        for flow in &mapping.flows {
            let home = flow.child.as_ref().map_or(&rows.table, |child| &child.table);
            if home != table {
                continue;
            }
            let owner = flow.child.iter().flat_map(|child| &child.managed_by);
            let foreign = flow.child.iter().flat_map(|child| &child.foreign_key);
            foreign.for_each(|name| {
                add(name, None);
            });
            flow.column.iter().for_each(|name| {
                add(name, kind(flow.kind));
            });
            owner.for_each(|owner| {
                add(&owner.column, None);
            });
        }
    }
    Columns { key, ..columns }
}

/// What a column holds into which values of this type flow.
fn kind(flow: FlowType) -> Option<ColumnType> {
    match flow {
        FlowType::Integer => Some(ColumnType::Decimal),
        FlowType::Boolean => Some(ColumnType::Boolean),
        FlowType::Timestamp | FlowType::FileTime => Some(ColumnType::Instant),
        FlowType::Date => Some(ColumnType::Date),
        FlowType::Binary => Some(ColumnType::Bytes),
        FlowType::Text | FlowType::Guid | FlowType::GuidAd | FlowType::Dn => None,
    }
}
