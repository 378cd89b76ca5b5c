//! What comes first in OpenLDAP's configuration (`cn=config`), which slapd puts to use record by record.
//!
//! An overlay wants its module, and a database the schema of its indexes. So modules and schema come before
//! all else, and what goes from them goes after it. How others depend on each other is not known here.

use std::collections::HashSet;

use crate::dn::{Dn, Rdn};
use crate::plan::journey::{Fields, States, Way, place, set, values};
use crate::server::Server;

/// Whether a name is one of the configuration that slapd keeps as entries.
pub(super) fn is_configuration(server: Server, dn: &Dn) -> bool {
    let is_top = |top: &Rdn| top.to_string().eq_ignore_ascii_case("cn=config");
    server.numbers_its_configuration() && dn.rdns.last().is_some_and(is_top)
}

/// Whether an entry is one that others of the configuration need. What is named by `cn` below the top holds
/// modules, schema, or files of such; all else is named by its kind (`olcOverlay={0}refint`).
pub(super) fn is_needed(server: Server, dn: &Dn) -> bool {
    let is_cn = |rdn: &Rdn| rdn.avas.iter().all(|ava| ava.attribute.eq_ignore_ascii_case(b"cn"));
    dn.rdns.len() > 1 && dn.rdns.iter().all(is_cn) && is_configuration(server, dn)
}

/// Whether an entry is the schema that is built into slapd and its modules: it grows with each of them.
fn is_built_in(server: Server, dn: &Dn) -> bool {
    let is_schema = |rdn: &Rdn| rdn.to_string().eq_ignore_ascii_case("cn=schema");
    dn.rdns.len() == 2 && dn.rdn().is_some_and(is_schema) && is_configuration(server, dn)
}

impl<'s> Way<'_, 's> {
    /// Leaves the schema that is built in as it is; answers whether it differs.
    pub(super) fn keep_built_in<'e>(
        &self,
        dn: &Dn,
        start: &Fields<'e, 's>,
        end: &mut Fields<'e, 's>,
    ) -> bool {
        let differs = is_built_in(self.server, dn) && !self.comparison.delta(start, end).is_empty();
        if differs {
            end.clone_from(start);
        }
        differs
    }

    /// What comes to an entry that others need comes before the structure changes.
    pub(super) fn bring_what_is_needed(&self, states: &mut States<'_, 's>, dn: &Dn) {
        if !is_needed(self.server, dn) {
            return;
        }
        for field in states.main.clone() {
            let before = values(&states.released, field.description, field.attribute);
            let there: HashSet<&[u8]> = before.iter().copied().map(without_place).collect();
            if field.values.iter().all(|value| there.contains(without_place(value))) {
                continue;
            }
            let has_places = before.iter().chain(&field.values).all(|value| place(value).is_some());
            let early = if has_places {
                field.values
            } else {
                let added = self.comparison.without(field.attribute, &field.values, &before);
                [before, added].concat()
            };
            set(&mut states.released, field.description, field.attribute, early);
        }
    }
}

/// A value without its place in a list (`{1}`).
fn without_place(value: &[u8]) -> &[u8] {
    place(value).map_or(value, |place| &value[place.len() + 2..])
}
