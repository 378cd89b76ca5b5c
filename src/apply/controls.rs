//! What the controls of a change record ask of a server (RFC 4511 section 4.1.11).
//!
//! Knows nothing of entries: it says which filters must hold and which modifications are forgiven.

use crate::change::{Change, ChangeRecord, Control};
use crate::error::{Error, ErrorKind, Refusal, Result};
use crate::filter::Filter;
use crate::server::{Permissive, Server};

/// The assertion control (RFC 4528).
const ASSERTION: &[u8] = b"1.3.6.1.1.12";
/// ManageDsaIT (RFC 3296).
const MANAGE_DSA_IT: &[u8] = b"2.16.840.1.113730.3.4.2";
/// OpenLDAP's relax, which asks a server to be less strict than we are.
const RELAX: &[u8] = b"1.3.6.1.4.1.4203.666.5.12";
/// OpenLDAP's no-op: it says what it would do, and does nothing, be the control critical or not.
const NO_OPERATION: &[u8] = b"1.3.6.1.4.1.4203.666.5.2";

/// Controls that ask for the entry as it was, and as it is (RFC 4527): they change nothing.
const PRE_READ: &[u8] = b"1.3.6.1.1.13.1";
const POST_READ: &[u8] = b"1.3.6.1.1.13.2";

/// Permissive modify: what is there already may be added, what is not there deleted.
const PERMISSIVE: &[u8] = b"1.2.840.113556.1.4.1413";

/// Refuses critical controls that are not known or not meant for this kind of change, those that cannot be
/// read, and those by which nothing is done.
pub(super) fn refuse_unknown(record: &ChangeRecord<'_>, server: Server) -> Result<()> {
    let is_meant = |control: &Control<'_>| match &*control.oid {
        PERMISSIVE => {
            server.permissive_modify().is_some() && matches!(record.change, Change::Modify(_))
        }
        PRE_READ => !matches!(record.change, Change::Add(_)),
        POST_READ => !matches!(record.change, Change::Delete),
        oid => [MANAGE_DSA_IT, RELAX].contains(&oid),
    };
    let is_refused = |control: &&Control<'_>| {
        let is_readable = match &*control.oid {
            ASSERTION => return assertion(control).is_none(),
            NO_OPERATION => false,
            PRE_READ | POST_READ => control.value.is_some(),
            PERMISSIVE | MANAGE_DSA_IT => control.value.is_none(),
            _ => true,
        };
        !is_readable || (control.criticality && !is_meant(control))
    };
    match record.controls.iter().find(is_refused) {
        Some(Control { oid, .. }) => {
            let refusal = Refusal::UnknownControl { oid: oid.to_vec() };
            Err(Error::new(ErrorKind::Refused(refusal)))
        }
        None => Ok(()),
    }
}

/// What one of these controls has a server forgive a modify.
pub(super) fn permissive(controls: &[Control<'_>], server: Server) -> Option<Permissive> {
    controls.iter().find(|control| *control.oid == *PERMISSIVE)?;
    server.permissive_modify()
}

/// What the assertion controls among these ask for.
pub(super) fn assertions(controls: &[Control<'_>]) -> impl Iterator<Item = Filter> {
    controls.iter().filter(|control| *control.oid == *ASSERTION).filter_map(assertion)
}

fn assertion(control: &Control<'_>) -> Option<Filter> {
    control.value.as_deref().and_then(Filter::from_ber)
}
