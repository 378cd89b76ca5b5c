//! A flow.

use super::mapping::{attribute, dn, owner};
use super::table::{Item, Table};
use super::{column, columns, expression, table_name};
use crate::error::MappingFault;
use crate::mapping::{
    Child, Compare, Direction, Each, Flow, FlowType, FlowValue, IfEmpty, IfMissing, Multi, On,
    Reference, TooLong,
};
use crate::text::Position;

const FLOW: &[&str] = &[
    "attribute",
    "column",
    "table",
    "foreign_key",
    "managed_by",
    "direction",
    "constant",
    "expression",
    "to_database",
    "to_directory",
    "sequence",
    "type",
    "reference",
    "required",
    "multi",
    "separator",
    "compare",
    "when",
    "default",
    "on",
    "max_length",
    "too_long",
    "if_missing",
    "if_empty",
    "split",
];

/// What a flow may write; what none of them says is the value of the other side.
const VALUES: &[&str] = &["constant", "expression", "sequence", "to_database"];

/// Those of them that go one way.
const ONE_WAY: &[&str] = &["constant", "expression", "sequence"];

/// What stands between values that are joined, where nothing is said.
const SEPARATOR: &str = ", ";

const DIRECTIONS: &[(&str, Direction)] = &[
    ("both", Direction::Both),
    ("to_database", Direction::ToDatabase),
    ("to_directory", Direction::ToDirectory),
];

const TYPES: &[(&str, FlowType)] = &[
    ("text", FlowType::Text),
    ("integer", FlowType::Integer),
    ("boolean", FlowType::Boolean),
    ("timestamp", FlowType::Timestamp),
    ("date", FlowType::Date),
    ("binary", FlowType::Binary),
    ("guid", FlowType::Guid),
    ("guid_ad", FlowType::GuidAd),
    ("filetime", FlowType::FileTime),
    ("dn", FlowType::Dn),
];

const RULES: &[(&str, Compare)] = &[
    ("exact", Compare::Exact),
    ("caseIgnoreMatch", Compare::IgnoreCase),
    ("caseExactMatch", Compare::CaseExact),
    ("telephoneNumberMatch", Compare::Telephone),
    ("integerMatch", Compare::Integer),
    ("distinguishedNameMatch", Compare::Dn),
    ("generalizedTimeMatch", Compare::Time),
];

impl FlowType {
    /// What a mapping file calls it.
    pub(crate) fn name(self) -> &'static str {
        TYPES.iter().find(|(_, kind)| *kind == self).map_or("text", |(name, _)| name)
    }
}

impl Compare {
    /// What a mapping file calls it.
    pub(crate) fn name(self) -> &'static str {
        RULES.iter().find(|(_, rule)| *rule == self).map_or("exact", |(name, _)| name)
    }
}

/// A flow; nothing where a part of it cannot be read.
pub(super) fn flow(table: &Table<'_>) -> Option<Flow> {
    let before = table.reader().count();
    table.holds_only(FLOW);
    let text = table.reader().text().as_bytes();
    let direction = direction(table);
    let flow = Flow {
        line: Position::of(text, table.span().start).line,
        attribute: table.get("attribute").and_then(|item| attribute(&item)),
        column: table.get("column").and_then(|item| column(&item)),
        child: child(table),
        direction,
        value: value(table).unwrap_or(FlowValue::Copy),
        kind: kind(table),
        reference: table.get("reference").and_then(|item| reference(&item)),
        required: table.get("required").and_then(|item| item.boolean()).unwrap_or_default(),
        multi: multi(table).unwrap_or_default(),
        compare: table.get("compare").and_then(|item| item.choice("a matching rule", RULES)),
        when: table.get("when").and_then(|item| expression(&item)),
        default: table.get("default").and_then(|item| item.scalar()),
        on: on(table),
        max_length: max_length(table),
        if_missing: if_missing(table),
        if_empty: table.get("if_empty").and_then(|item| if_empty(&item)),
        split: table.get("split").and_then(|item| item.word()).map(str::to_owned),
    };
    sides(table, direction);
    (table.reader().count() == before).then_some(flow)
}

/// What a flow must name: something to write, and what it copies.
fn sides(table: &Table<'_>, direction: Direction) {
    let has_value = VALUES.iter().any(|key| table.has(key));
    if !table.has("attribute") && !table.has("column") {
        table.need("attribute");
    } else if !has_value || table.has("to_database") {
        table.need("attribute");
        table.need("column");
    } else {
        match direction {
            Direction::ToDatabase => drop(table.need("column")),
            Direction::ToDirectory => drop(table.need("attribute")),
            Direction::Both => one_way(table),
        }
    }
    if table.has("table") {
        table.need("column");
    }
}

/// A value that is not the other side's can go one way only.
fn one_way(table: &Table<'_>) {
    if let Some(key) = ONE_WAY.iter().copied().find(|key| table.has(key)) {
        table.refuse_key(key, MappingFault::NoDirection { key });
    }
}

/// Which way it goes: as it says; what only one side has with a value of its own goes there.
fn direction(table: &Table<'_>) -> Direction {
    let said = table.get("direction").and_then(|item| item.choice("a direction", DIRECTIONS));
    let has_value = ONE_WAY.iter().any(|key| table.has(key));
    match (table.has("attribute"), table.has("column")) {
        _ if table.has("direction") || !has_value => said.unwrap_or_default(),
        (false, true) => Direction::ToDatabase,
        (true, false) => Direction::ToDirectory,
        _ => Direction::Both,
    }
}

/// `table`, `foreign_key` and `managed_by`: values with a row each.
fn child(table: &Table<'_>) -> Option<Child> {
    let Some(name) = table.get("table") else {
        table.wants(&["foreign_key", "managed_by"], "`table`");
        return None;
    };
    let foreign_key = table.need("foreign_key").and_then(|item| columns(&item));
    let managed_by = table.get("managed_by").and_then(|item| owner(&item));
    Some(Child { table: table_name(&name)?, foreign_key: foreign_key?, managed_by })
}

/// What it writes.
fn value(table: &Table<'_>) -> Option<FlowValue> {
    let compiled = |key| table.need(key).and_then(|item| expression(&item));
    let key = table.one_of(VALUES);
    if key.is_none() {
        table.wants(&["to_directory"], "`to_database`");
    }
    Some(match key? {
        "constant" => FlowValue::Constant(table.get("constant")?.scalar()?),
        "expression" => FlowValue::Expression(compiled("expression")?),
        "sequence" => FlowValue::Sequence { start: start(&table.get("sequence")?)? },
        _ => {
            let (to_database, to_directory) = (compiled("to_database"), compiled("to_directory"));
            let (to_database, to_directory) = (to_database?, to_directory?);
            FlowValue::Converted(Each { to_database, to_directory })
        }
    })
}

/// `sequence`.
fn start(item: &Item<'_>) -> Option<i64> {
    let table = item.table("`sequence`")?;
    table.holds_only(&["start"]);
    table.need("start")?.integer()
}

/// `reference`.
fn reference(item: &Item<'_>) -> Option<Reference> {
    if item.is_text() {
        let mapping = item.word()?.to_owned();
        return Some(Reference { mapping, attribute: None, column: None });
    }
    let table = item.table("`reference`")?;
    table.holds_only(&["mapping", "attribute", "column"]);
    let mapping = table.need("mapping").and_then(|item| item.word());
    Some(Reference {
        attribute: table.get("attribute").and_then(|item| attribute(&item)),
        column: table.get("column").and_then(|item| column(&item)),
        mapping: mapping?.to_owned(),
    })
}

/// `multi`, and `separator` where values are joined.
fn multi(table: &Table<'_>) -> Option<Multi> {
    let words = ["first", "join", "all", "any"].map(|word| (word, word));
    let word = table.get("multi").and_then(|item| item.choice("what becomes of values", &words));
    if word != Some("join") {
        table.wants(&["separator"], "`multi = \"join\"`");
    }
    let separator = || table.get("separator").map_or(Some(SEPARATOR), |item| item.text());
    Some(match word? {
        "first" => Multi::First,
        "join" => Multi::Join(separator()?.to_owned()),
        "all" => Multi::All,
        _ => Multi::Any,
    })
}

/// `type`.
fn kind(table: &Table<'_>) -> FlowType {
    let item = table.get("type");
    item.and_then(|item| item.choice("a type", TYPES)).unwrap_or_default()
}

/// `on`.
fn on(table: &Table<'_>) -> On {
    let words = &[("create", On::Create)];
    table.get("on").and_then(|item| item.choice("`create`", words)).unwrap_or_default()
}

/// `max_length` and `too_long`.
fn max_length(table: &Table<'_>) -> Option<(usize, TooLong)> {
    let words = &[("reject", TooLong::Reject), ("truncate", TooLong::Truncate)];
    let too_long = table.get("too_long");
    let too_long = too_long.and_then(|item| item.choice("`reject` or `truncate`", words));
    let Some(item) = table.get("max_length") else {
        table.wants(&["too_long"], "`max_length`");
        return None;
    };
    match usize::try_from(item.integer()?) {
        Ok(most) if most > 0 => Some((most, too_long.unwrap_or_default())),
        _ => item.refuse_value("a number of characters"),
    }
}

/// `if_missing`.
fn if_missing(table: &Table<'_>) -> IfMissing {
    let words = &[("clear", IfMissing::Clear), ("keep", IfMissing::Keep)];
    let item = table.get("if_missing");
    item.and_then(|item| item.choice("`clear` or `keep`", words)).unwrap_or_default()
}

/// `if_empty`: a word, or the name of an entry.
fn if_empty(item: &Item<'_>) -> Option<IfEmpty> {
    #[derive(Clone, Copy)]
    enum Word {
        Reject,
        Delete,
    }
    if item.text()?.contains('=') {
        return dn(item).map(IfEmpty::Member);
    }
    let words = &[("reject", Word::Reject), ("delete", Word::Delete)];
    Some(match item.choice("`reject`, `delete` or the name of a member", words)? {
        Word::Reject => IfEmpty::Reject,
        Word::Delete => IfEmpty::Delete,
    })
}
