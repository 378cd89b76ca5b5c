//! The parts of a record, whichever kind it is. Knows nothing of what is done to them.

use std::borrow::Cow;

use crate::change::{Change, Record};
use crate::dn::Dn;
use crate::entry::Attribute;

/// The values of one attribute.
pub(super) type Values<'v> = Vec<Cow<'v, [u8]>>;

/// The name of a record.
pub(super) fn dn_of<'r>(record: &'r Record<'_>) -> &'r Dn {
    match record {
        Record::Content(entry) => &entry.dn,
        Record::Change(record) => &record.dn,
    }
}

pub(super) fn dn_of_mut<'r>(record: &'r mut Record<'_>) -> &'r mut Dn {
    match record {
        Record::Content(entry) => &mut entry.dn,
        Record::Change(record) => &mut record.dn,
    }
}

/// The names in a rename.
pub(super) fn other_names(record: &Record<'_>) -> Vec<Dn> {
    let Record::Change(record) = record else { return Vec::new() };
    let Change::ModifyDn(change) = &record.change else { return Vec::new() };
    let rdn = Dn { rdns: vec![change.new_rdn.clone()] };
    std::iter::once(rdn).chain(change.new_superior.clone()).collect()
}

/// Leaves out the attributes that do not stay.
pub(super) fn retain(record: &mut Record<'_>, keeps: impl Fn(&[u8]) -> bool) {
    match record {
        Record::Content(entry) => entry.attributes.retain(|one| keeps(&one.description)),
        Record::Change(record) => match &mut record.change {
            Change::Add(attributes) => attributes.retain(|one| keeps(&one.description)),
            Change::Modify(all) => all.retain(|one| keeps(&one.description)),
            Change::Delete | Change::ModifyDn(_) => {}
        },
    }
}

/// Whether a record has no attributes left to be said: an entry or an add of nothing, a modify that does
/// nothing.
pub(super) fn is_empty(record: &Record<'_>) -> bool {
    match record {
        Record::Content(entry) => entry.attributes.is_empty(),
        Record::Change(record) => match &record.change {
            Change::Add(attributes) => attributes.is_empty(),
            Change::Modify(all) => all.is_empty(),
            Change::Delete | Change::ModifyDn(_) => false,
        },
    }
}

/// Hands on each attribute and its values.
pub(super) fn each<'v>(record: &Record<'v>, mut then: impl FnMut(&[u8], &Values<'v>)) {
    match record {
        Record::Content(entry) => {
            entry.attributes.iter().for_each(|one| then(&one.description, &one.values));
        }
        Record::Change(record) => match &record.change {
            Change::Add(all) => all.iter().for_each(|one| then(&one.description, &one.values)),
            Change::Modify(all) => all.iter().for_each(|one| then(&one.description, &one.values)),
            Change::Delete | Change::ModifyDn(_) => {}
        },
    }
}

/// The same to change them.
pub(super) fn each_mut<'v>(
    record: &mut Record<'v>,
    mut then: impl FnMut(&mut Cow<'v, [u8]>, &mut Values<'v>),
) {
    match record {
        Record::Content(entry) => {
            entry.attributes.iter_mut().for_each(|a| then(&mut a.description, &mut a.values));
        }
        Record::Change(record) => match &mut record.change {
            Change::Add(all) => {
                all.iter_mut().for_each(|a| then(&mut a.description, &mut a.values));
            }
            Change::Modify(all) => {
                all.iter_mut().for_each(|m| then(&mut m.description, &mut m.values));
            }
            Change::Delete | Change::ModifyDn(_) => {}
        },
    }
}

/// The attributes of an entry, and of one that is added.
pub(super) fn attributes_mut<'r, 'v>(
    record: &'r mut Record<'v>,
) -> Option<&'r mut Vec<Attribute<'v>>> {
    match record {
        Record::Content(entry) => Some(&mut entry.attributes),
        Record::Change(record) => match &mut record.change {
            Change::Add(all) => Some(all),
            Change::Modify(_) | Change::Delete | Change::ModifyDn(_) => None,
        },
    }
}
