//! A proposal as the text of a mapping file, with what it is founded on as comments.

use std::fmt::Write as _;

use super::flows;
use super::proposal::{Proposal, Proposed, Support};
use super::sample::{Table, World};
use super::shape::{Lacking, NewEntry, Shape, shape};
use crate::dialect::Dialect;
use crate::mapping::{Direction, FlowType};
use crate::server::Server;
use crate::text::{Count, Escaped, number_of};

/// What stands at the head of the file.
pub(super) struct Head<'h> {
    pub(super) export: &'h str,
    pub(super) dump: &'h str,
    pub(super) dialect: Option<Dialect>,
    pub(super) time_zone: Option<&'h str>,
}

/// The whole file.
pub(super) fn file(world: &World<'_>, head: &Head<'_>, all: &[Proposal]) -> String {
    let mut text = heading(world, head);
    for proposal in all {
        let shape = shape(world, proposal);
        text.push('\n');
        text += &Writer { world, all, proposal, shape }.mapping();
    }
    text
}

fn heading(world: &World<'_>, head: &Head<'_>) -> String {
    let (export, dump) = (Escaped(head.export.as_bytes()), Escaped(head.dump.as_bytes()));
    let mut text = format!("# Drafted from {export} and {dump}: read it before it is used.\n");
    text += "# `ldifsync mapping check` finds mistakes, `ldifsync diff --mapping` shows what would change.\n";
    text += "ldifsync = 1\n";
    if world.server != Server::Generic {
        let _ = write!(text, "\n[directory]\nserver = {}\n", quoted(world.server.name()));
    }
    if head.dialect.is_some() || head.time_zone.is_some() {
        text += "\n[database]\n";
        let dialect = head.dialect.map(|dialect| format!("dialect = {}\n", quoted(dialect.name())));
        let zone = head.time_zone.map(|zone| format!("timezone = {}\n", quoted(zone)));
        text.extend(dialect.into_iter().chain(zone));
    }
    text
}

struct Writer<'w, 'd> {
    world: &'w World<'d>,
    all: &'w [Proposal],
    proposal: &'w Proposal,
    shape: Shape,
}

impl Writer<'_, '_> {
    fn mapping(&self) -> String {
        let mut text = self.founded();
        let _ = writeln!(text, "[mapping.{}]", self.proposal.name);
        text += &self.entries();
        text += &self.rows();
        text += &self.matches();
        text += &self.new_entry();
        text += "flow = [\n";
        for flow in &self.proposal.flows {
            text += &self.flow(flow);
        }
        text += "]\n";
        text += &self.left();
        text += &self.policy();
        text
    }

    fn table(&self) -> &Table {
        &self.world.tables[self.proposal.table]
    }

    fn class(&self) -> &str {
        &self.world.classes[self.proposal.class].name
    }

    /// How many records are the same.
    fn founded(&self) -> String {
        let (class, table) = (&self.world.classes[self.proposal.class], self.table());
        let seen = match table.is_whole() {
            true => number_of(table.count, "row", "rows"),
            false => format!("{} of {} rows", Count(table.rows.len() as u64), Count(table.count)),
        };
        format!(
            "# {} found, of {} with class {} and {seen} of {}.\n",
            number_of(self.proposal.pairs.len() as u64, "pair", "pairs"),
            number_of(class.count, "entry", "entries"),
            Escaped(class.name.as_bytes()),
            Escaped(table.name.to_string().as_bytes()),
        )
    }

    fn entries(&self) -> String {
        let base = self.shape.base.as_ref();
        let base = base.map(|base| format!("base = {}, ", list(&[base.to_string()])));
        let filter = quoted(&format!("(objectClass={})", self.class()));
        let others = self.shape.others.iter().map(|name| format!("(objectClass={name})"));
        let exclude = match &others.collect::<Vec<String>>()[..] {
            [] => String::new(),
            [one] => format!(", exclude = {}", quoted(one)),
            more => format!(", exclude = {}", quoted(&format!("(|{})", more.concat()))),
        };
        let base = base.unwrap_or_default();
        format!("entries = {{ {base}filter = {filter}{exclude} }}\n")
    }

    fn rows(&self) -> String {
        let table = quoted(&self.table().name.to_string());
        let key = list(&self.columns(&self.table().key));
        let generated = match &self.shape.generated[..] {
            [] => String::new(),
            columns => format!(", generated = {}", list(&self.columns(columns))),
        };
        format!("rows = {{ table = {table}, key = {key}{generated} }}\n")
    }

    fn columns(&self, columns: &[usize]) -> Vec<String> {
        columns.iter().map(|n| self.table().column(*n).to_owned()).collect()
    }

    fn matches(&self) -> String {
        let keys = self.proposal.keys.iter();
        let lists = keys.clone().map(|key| list(&self.columns(&[key.column])));
        let shares = keys.map(|key| format!("{} %", percent(key.share)));
        let (lists, shares): (Vec<String>, Vec<String>) = (lists.collect(), shares.collect());
        let shares = shares.join(" and ");
        format!("match = [{}]  # finds {shares} of the smaller side\n", lists.join(", "))
    }

    fn new_entry(&self) -> String {
        match &self.shape.new {
            Ok(new) => self.names(new),
            Err(lacking) => {
                let why = match lacking {
                    Lacking::Name => "what names them has no flow both ways".to_owned(),
                    Lacking::Match => "the server alone writes what they are found by".to_owned(),
                    Lacking::Attributes(names) => {
                        format!("they must have {}, which no flow writes", names.join(", "))
                    }
                };
                format!("# No `dn` and `object_class`, so that no entries are made: {why}.\n")
            }
        }
    }

    fn names(&self, new: &NewEntry) -> String {
        let column = self.table().column(new.column);
        let part = match is_word(column) {
            true => format!("{{{{ {column} }}}}"),
            false => format!("{{{{ attr('{column}') }}}}"),
        };
        let dn = format!("{}={part},{}", new.naming, new.parent);
        format!("dn = {}\nobject_class = {}\n", quoted(&dn), list(&new.classes))
    }

    fn flow(&self, flow: &Proposed) -> String {
        let mut parts =
            vec![format!("attribute = {}", quoted(self.world.attribute(flow.attribute)))];
        let table = flow.child.map_or(self.table(), |child| &self.world.tables[child.table]);
        if let Some(child) = flow.child {
            parts.push(format!("table = {}", quoted(&table.name.to_string())));
            let key = [table.column(child.foreign_key).to_owned()];
            parts.push(format!("foreign_key = {}", list(&key)));
        }
        parts.push(format!("column = {}", quoted(table.column(flow.column))));
        parts.extend(self.manner(flow));
        let hint = if flow.is_doubtful { "# " } else { "" };
        format!("  {hint}{{ {} }},  # {}\n", parts.join(", "), said(flow, &flow.support))
    }

    /// What a flow says beside what it is about.
    fn manner(&self, flow: &Proposed) -> Vec<String> {
        let way = flow.way;
        let kind =
            (way.kind != FlowType::Text).then(|| format!("type = {}", quoted(way.kind.name())));
        let compare = way.compare.map(|rule| format!("compare = {}", quoted(rule.name())));
        let several = flow.has_several.then(|| "multi = \"any\"".to_owned());
        let direction = match flow.direction {
            Direction::Both => None,
            Direction::ToDatabase => Some("direction = \"to_database\"".to_owned()),
            Direction::ToDirectory => Some("direction = \"to_directory\"".to_owned()),
        };
        let empty = self.is_never_empty(flow).then(|| "if_empty = \"reject\"".to_owned());
        let all = [kind, compare, several, self.reference(flow), direction, empty];
        all.into_iter().flatten().collect()
    }

    fn reference(&self, flow: &Proposed) -> Option<String> {
        let reference = flow.reference?;
        let to = &self.all[reference.to];
        let name = quoted(&to.name);
        let attribute = reference.attribute.map(|one| quoted(self.world.attribute(one)));
        let attribute = attribute.map(|one| format!(", attribute = {one}"));
        let column = reference.column.map(|one| quoted(self.world.tables[to.table].column(one)));
        let column = column.map(|one| format!(", column = {one}"));
        let parts = attribute.into_iter().chain(column).collect::<String>();
        Some(match parts.is_empty() {
            true => format!("reference = {name}"),
            false => format!("reference = {{ mapping = {name}{parts} }}"),
        })
    }

    /// Whether an entry must keep a value of a flow's attribute.
    fn is_never_empty(&self, flow: &Proposed) -> bool {
        let name = self.world.attribute(flow.attribute).as_bytes();
        let class = self.class().as_bytes();
        let mut required = self.world.schema.required(std::iter::once(class)).into_iter();
        let is_it = |one: &str| self.world.schema.same_attribute(one.as_bytes(), name);
        flow.child.is_some()
            && flow.direction != Direction::ToDatabase
            && !self.world.server.groups_may_be_empty()
            && required.any(|(one, _)| one.names.first().is_some_and(|one| is_it(one)))
    }

    /// What has no flow.
    fn left(&self) -> String {
        let Proposal { pairs, flows, .. } = self.proposal;
        let has_flow = |attribute: &usize| flows.iter().any(|flow| flow.attribute == *attribute);
        let attributes = flows::attributes(self.world, pairs).into_iter();
        let attributes = attributes.filter(|attribute| !has_flow(attribute));
        let attributes = attributes.map(|one| self.world.attribute(one).to_owned());
        let key = &self.table().key;
        let is_left =
            |column: &usize| self.proposal.flow_of(*column).is_none() && !key.contains(column);
        let columns = (0..self.table().columns.names.len()).filter(is_left);
        let columns = self.columns(&columns.collect::<Vec<usize>>());
        listed("Attributes without a flow", &attributes.collect::<Vec<_>>())
            + &listed("Columns without a flow", &columns)
    }

    /// What is done, and what may be.
    fn policy(&self) -> String {
        let mut text =
            "# Leavers are told, and nothing else: for more add `SOURCE_MISSING = \"inactivate\"` \
                        with `inactivate`, or\n# `\"delete\"`, below "
                .to_owned();
        let name = &self.proposal.name;
        let _ = writeln!(
            text,
            "`[mapping.{name}.policy.to_database]` or `[mapping.{name}.policy.to_directory]`."
        );
        if self.shape.makes_broken_rows(self.world, self.proposal) {
            let unfed = self.columns(&self.shape.unfed).join(", ");
            let unfed = Escaped(unfed.as_bytes());
            let _ = write!(
                text,
                "# New rows need a value that no flow writes, unless the database has one: {unfed}.\n\
                 [mapping.{name}.policy.to_database]\nABSENT = \"report\"\n"
            );
        }
        text
    }
}

/// A line with names, where there are some.
fn listed(what: &str, names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("# {what}: {}.\n", Escaped(names.join(", ").as_bytes())),
    }
}

/// How well a flow is founded.
fn said(flow: &Proposed, support: &Support) -> String {
    let share = percent(support.share());
    if flow.child.is_none() {
        let pairs = number_of(support.of, "pair", "pairs");
        let agree = if support.of == 1 { "agrees" } else { "agree" };
        let one = match support.one {
            0 => String::new(),
            one => format!("; {} have it on one side only", Count(one)),
        };
        return format!("{share} % of {pairs} {agree}{one}");
    }
    let values = number_of(support.of, "value", "values");
    let alone = [(support.one, "directory"), (support.other, "database")].into_iter();
    let alone = alone.filter(|(count, _)| *count > 0);
    let alone = alone.map(|(count, side)| format!("; {} in the {side} only", Count(count)));
    format!("{share} % of {values} are on both sides{}", alone.collect::<String>())
}

/// A share that is not called whole where something is missing.
fn percent(share: f64) -> f64 {
    share.floor().min(100.0)
}

/// Whether a name can stand in an expression as it is.
fn is_word(name: &str) -> bool {
    let mut chars = name.chars();
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    chars.next().is_some_and(is_start) && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn list(texts: &[String]) -> String {
    let texts = texts.iter().map(|text| quoted(text));
    format!("[{}]", texts.collect::<Vec<String>>().join(", "))
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_can_be_quoted() {
        assert_eq!(quoted("a\"b\\c\td"), "\"a\\\"b\\\\c\\u0009d\"");
        assert_eq!(list(&["a".to_owned(), "b".to_owned()]), "[\"a\", \"b\"]");
        assert_eq!((percent(99.9), percent(100.0)), (99.0, 100.0));
        assert!(is_word("staff_id") && !is_word("staff id") && !is_word("2nd") && !is_word(""));
    }
}
