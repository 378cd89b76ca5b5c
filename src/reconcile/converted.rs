//! What the two conversions of a flow make of a value, and whether they undo each other on it.
//!
//! A conversion reads the value alone, as `value` or by the name that it has there. Where any of several
//! values will do (`multi = "any"`), and where each has a row, each is converted by itself; else all of them
//! at once.

use std::borrow::Cow;

use crate::error::FlowFault;
use crate::mapping::expression::{Answer, Names};
use crate::mapping::{Each, Multi, Toward, VALUE};
use crate::reconcile::flow::Ready;
use crate::reconcile::record::Record;
use crate::schema::Schema;

type Conversions = Each<crate::mapping::expression::Expression>;

/// What a conversion sees: values under their name, and what the record can look up.
struct Converted<'c> {
    name: &'c str,
    values: &'c [Vec<u8>],
    record: &'c Record<'c>,
}

impl Names for Converted<'_> {
    fn values(&self, name: &str) -> Option<Vec<Cow<'_, [u8]>>> {
        let is_it = name == VALUE || name.eq_ignore_ascii_case(self.name);
        is_it.then(|| self.values.iter().map(|value| Cow::Borrowed(&**value)).collect())
    }

    fn lookup(&self, lookup: &str, key: &[u8]) -> Answer {
        self.record.lookup(lookup, key)
    }
}

impl Ready<'_> {
    /// What the conversion that goes there makes of the values of the other side. The other conversion must
    /// lead back to them: else the next run in the other direction would change what nobody touched.
    pub(super) fn converted(
        &self,
        conversions: &Conversions,
        from: &Record<'_>,
        toward: Toward,
    ) -> Result<Vec<Cow<'static, [u8]>>, FlowFault> {
        let name = self.target(toward.other());
        let held = from.values(name).ok_or_else(|| FlowFault::NoColumn { name: name.into() })?;
        self.converted_values(conversions, held, from, toward)
    }

    /// The same of these values.
    pub(super) fn converted_values(
        &self,
        conversions: &Conversions,
        held: Vec<Cow<'_, [u8]>>,
        from: &Record<'_>,
        toward: Toward,
    ) -> Result<Vec<Cow<'static, [u8]>>, FlowFault> {
        let held = held.into_iter().map(Cow::into_owned).filter(|value| !value.is_empty());
        let held: Vec<Vec<u8>> = match self.flow.multi {
            Multi::First => held.take(1).collect(),
            _ => held.collect(),
        };
        if held.is_empty() {
            // A conversion may say what stands for nothing.
            let made = self.made_of(conversions, &held, from, toward)?;
            return Ok(made.into_iter().map(Cow::Owned).collect());
        }
        let size = if self.converts_each() { 1 } else { held.len() };
        let mut all: Vec<Vec<u8>> = Vec::new();
        for values in held.chunks(size) {
            let made = self.made_of(conversions, values, from, toward)?;
            let back = self.made_of(conversions, &made, from, toward.other())?;
            if self.normals(&back) != self.normals(values) {
                let found = [values, &made, &back].map(|all| all.join(&b"; "[..]));
                return Err(FlowFault::NotUndone { found: Some(Box::new(found)) });
            }
            all.extend(made);
        }
        Ok(all.into_iter().map(Cow::Owned).collect())
    }

    /// Whether each value is converted by itself.
    fn converts_each(&self) -> bool {
        self.flow.multi == Multi::Any || self.child.is_some()
    }

    fn made_of(
        &self,
        conversions: &Conversions,
        values: &[Vec<u8>],
        record: &Record<'_>,
        toward: Toward,
    ) -> Result<Vec<Vec<u8>>, FlowFault> {
        let names = Converted { name: self.target(toward.other()), values, record };
        // One value is one, whatever becomes of several.
        let multi = if self.converts_each() { &Multi::Reject } else { &self.flow.multi };
        let mut made = conversions.of(toward).evaluate(&names, multi)?;
        made.retain(|value| !value.is_empty());
        Ok(made)
    }

    /// Values in the form that equal ones share, in one order.
    fn normals<'v>(&self, values: &'v [Vec<u8>]) -> Vec<Cow<'v, [u8]>> {
        let normal = |value: &'v Vec<u8>| self.normal(Schema::builtin(), value);
        let mut all: Vec<Cow<'_, [u8]>> = values.iter().map(normal).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
