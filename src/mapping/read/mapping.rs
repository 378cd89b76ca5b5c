//! `[mapping.NAME]` but for its flows.

use std::collections::HashSet;

use super::flow::flow;
use super::table::{Item, Table};
use super::{column, columns, scalars, table_name, template};
use crate::attribute::{is_description, is_range};
use crate::dn::Dn;
use crate::error::MappingFault;
use crate::filter::Filter;
use crate::mapping::{
    Action, Each, EntrySet, Flow, Inactivate, Mapping, Owner, Policy, RowSet, Share, Situation,
    Toward,
};
use crate::table::TableName;

const MAPPING: &[&str] = &[
    "entries",
    "rows",
    "match",
    "dn",
    "move",
    "object_class",
    "flow",
    "policy",
    "inactivate",
    "min_overlap",
    "max_delete",
];

/// How many of a hundred must find a counterpart where nothing is said.
const MIN_OVERLAP: f64 = 50.0;

/// A mapping that was read, and where its parts stand.
#[derive(Debug)]
pub(in crate::mapping) struct Site<'d> {
    /// Its table.
    pub(in crate::mapping) table: Table<'d>,
    /// The tables of the flows that were read, as many as it has.
    pub(in crate::mapping) flows: Vec<Table<'d>>,
    /// Whether all of it was read that says what is meant and what flows: of a part nobody can say what is missing.
    pub(in crate::mapping) is_whole: bool,
    /// The words of its rows and flows that could not be read; nothing where nobody knows where its flows end.
    lost: Option<HashSet<String>>,
}

impl Site<'_> {
    /// Whether what could not be read may name a column or an attribute so.
    pub(in crate::mapping) fn may_name(&self, name: &str) -> bool {
        self.lost.as_ref().is_none_or(|lost| lost.contains(name))
    }
}

/// `[mapping.NAME]`.
pub(super) fn mapping<'d>((name, table): &(String, Table<'d>)) -> (Mapping, Site<'d>) {
    let min_overlap = table.get("min_overlap").and_then(|item| overlap(&item));
    let max_delete = table.get("max_delete").and_then(|item| share(&item));
    let before = table.reader().count();
    table.holds_only(MAPPING);
    let entries = table.get("entries").and_then(|item| entries(&item)).unwrap_or_default();
    let until_rows = table.reader().count();
    let rows = table.need("rows").and_then(|item| rows(&item));
    let has_rows = table.reader().count() == until_rows;
    let matches = table.need("match").and_then(|item| matches(&item)).unwrap_or_default();
    let dn = table.get("dn").and_then(|item| template(&item));
    let classes = table.get("object_class").and_then(|item| names(&item));
    let moves = table.get("move").and_then(|item| item.boolean()).unwrap_or_default();
    table.wants(if table.has("dn") { &[] } else { &["move"] }, "`dn`");
    let (flows, places, mut lost) = flows(table);
    if let (false, Some(lost)) = (has_rows, &mut lost) {
        lost.extend(table.get("rows").into_iter().flat_map(|item| item.words()));
    }
    let inactivate = inactivate(table).unwrap_or_default();
    let mut mapping = Mapping {
        name: name.clone(),
        entries,
        rows: rows.unwrap_or_else(no_rows),
        matches,
        dn,
        moves,
        object_class: classes.unwrap_or_default(),
        flows,
        policy: Each { to_database: Policy::usual(false), to_directory: Policy::usual(false) },
        inactivate,
        min_overlap: min_overlap.unwrap_or(MIN_OVERLAP),
        max_delete,
    };
    mapping.policy = policies(table, &mapping);
    let is_whole = table.reader().count() == before;
    (mapping, Site { table: table.clone(), flows: places, is_whole, lost })
}

/// `entries`.
fn entries(item: &Item<'_>) -> Option<EntrySet> {
    let table = item.table("`entries`")?;
    table.holds_only(&["base", "filter", "exclude"]);
    let base = table.get("base").and_then(|item| item.some()?.iter().map(dn).collect());
    let filter = table.get("filter").and_then(|item| search(&item));
    let exclude = table.get("exclude").and_then(|item| search(&item));
    Some(EntrySet { base: base.unwrap_or_default(), filter, exclude })
}

/// `rows`.
fn rows(item: &Item<'_>) -> Option<RowSet> {
    let table = item.table("`rows`")?;
    table.holds_only(&["table", "key", "generated", "filter", "exclude", "managed_by"]);
    Some(RowSet {
        table: table.need("table").and_then(|item| table_name(&item)).unwrap_or_default(),
        key: table.get("key").and_then(|item| columns(&item)).unwrap_or_default(),
        generated: table.get("generated").and_then(|item| columns(&item)).unwrap_or_default(),
        filter: table.get("filter").and_then(|item| search(&item)),
        exclude: table.get("exclude").and_then(|item| search(&item)),
        managed_by: table.get("managed_by").and_then(|item| owner(&item)),
    })
}

/// What stands for `rows` that are not there.
fn no_rows() -> RowSet {
    let (key, generated) = (Vec::new(), Vec::new());
    let table = TableName::default();
    RowSet { table, key, generated, filter: None, exclude: None, managed_by: None }
}

/// `match`: lists of columns.
fn matches(item: &Item<'_>) -> Option<Vec<Vec<String>>> {
    item.some()?.iter().map(columns).collect()
}

/// `managed_by`.
pub(super) fn owner(item: &Item<'_>) -> Option<Owner> {
    let table = item.table("`managed_by`")?;
    table.holds_only(&["column", "value"]);
    let column = table.need("column").and_then(|item| column(&item));
    let value = table.need("value").and_then(|item| item.scalar());
    Some(Owner { column: column?, value: value? })
}

/// The flows that can be read, their tables, and the words of the others.
fn flows<'d>(mapping: &Table<'d>) -> (Vec<Flow>, Vec<Table<'d>>, Option<HashSet<String>>) {
    let Some(items) = mapping.need("flow").and_then(|item| item.list()) else {
        return (Vec::new(), Vec::new(), None);
    };
    let (mut flows, mut tables, mut lost) = (Vec::new(), Vec::new(), HashSet::new());
    for item in items {
        let table = item.table("a flow");
        match table.and_then(|table| Some((flow(&table)?, table))) {
            Some((flow, table)) => {
                flows.push(flow);
                tables.push(table);
            }
            None => lost.extend(item.words()),
        }
    }
    (flows, tables, Some(lost))
}

/// The two tables, each for one side, that stand under a key; `each` reads one of them.
fn sides<T>(
    mapping: &Table<'_>,
    key: &'static str,
    each: impl Fn(&Table<'_>, Toward) -> Option<T>,
) -> Each<Option<T>> {
    let Some(table) = mapping.get(key).and_then(|item| item.table(format!("`{key}`"))) else {
        return Each { to_database: None, to_directory: None };
    };
    table.holds_only(&["to_database", "to_directory"]);
    let side = |side: &'static str, toward| {
        let table = table.get(side)?.table(format!("`{key}.{side}`"))?;
        each(&table, toward)
    };
    Each {
        to_database: side("to_database", Toward::Database),
        to_directory: side("to_directory", Toward::Directory),
    }
}

/// `policy`: what is usual, and what the file says otherwise.
fn policies(table: &Table<'_>, mapping: &Mapping) -> Each<Policy> {
    let usual = |toward| Policy::usual(mapping.may_create(toward));
    let said = sides(table, "policy", |table, toward| Some(policy(table, usual(toward))));
    Each {
        to_database: said.to_database.unwrap_or_else(|| usual(Toward::Database)),
        to_directory: said.to_directory.unwrap_or_else(|| usual(Toward::Directory)),
    }
}

/// The actions of one side.
fn policy(table: &Table<'_>, mut policy: Policy) -> Policy {
    const SITUATIONS: &[&str] = &Situation::NAMES;
    table.holds_only(SITUATIONS);
    let actions = Action::ALL.map(|action| (action.name(), action));
    for situation in Situation::ALL {
        let Some(item) = table.get(situation.name()) else { continue };
        let Some(action) = item.choice("an action", &actions) else { continue };
        let may = situation.may();
        if !may.contains(&action) {
            let may = may.iter().map(|action| action.name()).collect();
            let (situation, action) = (situation.name(), action.name());
            item.refuse(MappingFault::Action { situation, action, may });
        }
        policy.set(situation, action);
    }
    policy
}

/// `inactivate`.
fn inactivate(mapping: &Table<'_>) -> Option<Each<Option<Inactivate>>> {
    mapping.has("inactivate").then(|| sides(mapping, "inactivate", side_inactive))
}

/// What makes something inactive on one side; only in a directory there is somewhere to move to.
fn side_inactive(table: &Table<'_>, toward: Toward) -> Option<Inactivate> {
    table.holds_only(match toward {
        Toward::Database => &["set", "clear"],
        Toward::Directory => &["set", "clear", "move"],
    });
    let set = table.get("set").and_then(|item| scalars(&item)).unwrap_or_default();
    let clear = table.get("clear").and_then(|item| columns(&item)).unwrap_or_default();
    let move_to = table.get("move").and_then(|item| dn(&item));
    Some(Inactivate { set, clear, move_to })
}

/// How many of a hundred must find a counterpart.
fn overlap(item: &Item<'_>) -> Option<f64> {
    let share = item.number()?;
    match (0.0..=100.0).contains(&share) {
        true => Some(share),
        false => item.refuse_value("a share from 0 to 100"),
    }
}

/// A number of records, or a share of them.
fn share(item: &Item<'_>) -> Option<Share> {
    let text = item.scalar()?;
    let read = match text.strip_suffix('%') {
        Some(share) => {
            let share = share.parse().ok().filter(|share| (0.0..=100.0).contains(share));
            share.map(Share::Percent)
        }
        None => text.parse().ok().map(Share::Count),
    };
    read.or_else(|| item.refuse_value("a number such as `500` or a share such as `\"2%\"`"))
}

/// The description of an attribute.
pub(super) fn attribute(item: &Item<'_>) -> Option<String> {
    let name = item.text()?;
    match is_description(name.as_bytes()) && !is_range(name.as_bytes()) {
        true => Some(name.to_owned()),
        false => item.refuse_value("the name of an attribute such as `mail`"),
    }
}

/// Names of object classes.
fn names(item: &Item<'_>) -> Option<Vec<String>> {
    let name = |item: &Item<'_>| match item.text()? {
        name if is_description(name.as_bytes()) => Some(name.to_owned()),
        _ => item.refuse_value("the name of an object class such as `person`"),
    };
    item.some()?.iter().map(name).collect()
}

/// The name of an entry.
pub(super) fn dn(item: &Item<'_>) -> Option<Dn> {
    let parsed = Dn::parse(item.word()?.as_bytes());
    parsed.map_err(|fault| item.refuse_inside(fault)).ok()
}

/// A filter.
fn search(item: &Item<'_>) -> Option<Filter> {
    let parsed = Filter::parse(item.text()?.as_bytes());
    parsed.map_err(|fault| item.refuse_inside(fault)).ok()
}

impl Mapping {
    /// Whether records are made there where the file says nothing of it: entries that have a name and
    /// classes, rows of which every column of the key is known or comes by itself.
    fn may_create(&self, toward: Toward) -> bool {
        let has_key = |column: &String| self.feeds_key(column);
        match toward {
            Toward::Directory => self.dn.is_some() && !self.object_class.is_empty(),
            Toward::Database => self.rows.key.iter().all(has_key),
        }
    }

    /// Whether a new row gets a value in this column of the key.
    pub(in crate::mapping) fn feeds_key(&self, column: &String) -> bool {
        let feeds = |flow: &Flow| {
            flow.child.is_none()
                && flow.column.as_ref() == Some(column)
                && flow.direction.goes(Toward::Database)
        };
        self.rows.generated.contains(column) || self.flows.iter().any(feeds)
    }
}
