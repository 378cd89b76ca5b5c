//! Flows that have a row for each value, in a table of their own: each of its columns says one thing.

use super::Proof;
use crate::error::MappingFault;
use crate::mapping::{Child, Flow, FlowValue, Multi, Toward};

impl Proof<'_> {
    /// Proves that a row of another table can hold a value, and whose it is.
    pub(super) fn children(&self) {
        for (n, flow) in self.mapping.flows.iter().enumerate() {
            let Some(child) = &flow.child else { continue };
            if child.table == self.mapping.rows.table {
                let table = child.table.to_string();
                self.refuse_flow(n, "table", MappingFault::OwnTable { table });
            }
            self.columns_of_child(n, flow, child);
            self.key_of_child(n, child);
            self.values_of_rows(n, flow);
            self.values_by_themselves(n, flow);
        }
    }

    /// The values are those of the rows: none is counted, and where the directory follows the flow has none of its own.
    fn values_of_rows(&self, n: usize, flow: &Flow) {
        let to_directory = flow.direction.goes(Toward::Directory);
        let other = match &flow.value {
            FlowValue::Sequence { .. } => "sequence",
            FlowValue::Constant(_) if to_directory => "constant",
            FlowValue::Expression(_) if to_directory => "expression",
            _ => return,
        };
        self.refuse_flow(n, other, MappingFault::Both { one: "table", other });
    }

    /// Each value has a row: none stands for several, and where the directory follows none for a row that is not there.
    fn values_by_themselves(&self, n: usize, flow: &Flow) {
        let is_converted = matches!(flow.value, FlowValue::Copy | FlowValue::Converted(_));
        let is_of_one = matches!(flow.multi, Multi::First | Multi::Join(_) | Multi::Any);
        if is_of_one && is_converted {
            self.refuse_flow(n, "multi", MappingFault::Both { one: "table", other: "multi" });
        }
        if flow.default.is_some() && flow.direction.goes(Toward::Directory) {
            self.refuse_flow(n, "default", MappingFault::Both { one: "table", other: "default" });
        }
    }

    /// No column of a child table stands for two things.
    fn columns_of_child(&self, n: usize, flow: &Flow, child: &Child) {
        let refuse = |column: &str, of: [&'static str; 2]| {
            let column = column.to_owned();
            self.refuse_flow(n, of[0], MappingFault::ColumnTwice { column, of });
        };
        let is_in_key = |column: &str| child.foreign_key.iter().any(|one| self.is_one(one, column));
        let column = flow.column.as_deref();
        if let Some(column) = column.filter(|column| is_in_key(column)) {
            refuse(column, ["column", "foreign_key"]);
        }
        let Some(owner) = child.managed_by.as_ref().map(|owner| owner.column.as_str()) else {
            return;
        };
        if column.is_some_and(|column| self.is_one(column, owner)) {
            refuse(owner, ["managed_by", "column"]);
        }
        if is_in_key(owner) {
            refuse(owner, ["managed_by", "foreign_key"]);
        }
    }

    /// There is a column for each of the key, as far as the file says which that are.
    fn key_of_child(&self, n: usize, child: &Child) {
        let (wanted, found) = (self.mapping.rows.key.len(), child.foreign_key.len());
        if wanted > 0 && wanted != found {
            self.refuse_flow(n, "foreign_key", MappingFault::ForeignKey { wanted, found });
        }
    }
}
