//! Attributes under the names a server has for them, where it takes no other.

use std::borrow::Cow;

use crate::attribute::type_of;
use crate::change::{Change, ChangeRecord};
use crate::dn::{Dn, Rdn};
use crate::schema::Schema;
use crate::server::Server;

/// Gives every attribute of a record, also in its names, the name the server has for it.
pub(super) fn in_names_of(server: Server, schema: &Schema, record: &mut ChangeRecord<'_>) {
    let name = |description: &mut Cow<'_, [u8]>| {
        if let Some(own) = own_description(server, schema, description) {
            *description = Cow::Owned(own);
        }
    };
    let rdn = |rdn: &mut Rdn| {
        // RDNs are shared: only one that changes gets a copy of its own.
        if !rdn.avas.iter().any(|a| own_description(server, schema, &a.attribute).is_some()) {
            return;
        }
        for ava in rdn.avas_mut() {
            if let Some(own) = own_description(server, schema, &ava.attribute) {
                ava.attribute = own;
            }
        }
    };
    let dn = |dn: &mut Dn| dn.rdns.iter_mut().for_each(rdn);
    dn(&mut record.dn);
    match &mut record.change {
        Change::Add(all) => all.iter_mut().for_each(|one| name(&mut one.description)),
        Change::Modify(all) => all.iter_mut().for_each(|one| name(&mut one.description)),
        Change::ModifyDn(change) => {
            change.new_superior.iter_mut().for_each(dn);
            rdn(&mut change.new_rdn);
        }
        Change::Delete => {}
    }
}

fn own_description(server: Server, schema: &Schema, description: &[u8]) -> Option<Vec<u8>> {
    let of = type_of(description);
    let own = server.own_name(schema, of)?;
    Some([own.as_bytes(), &description[of.len()..]].concat())
}
