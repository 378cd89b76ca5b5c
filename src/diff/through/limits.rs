//! What is no basis for a change through a mapping: hardly anyone with a counterpart, or too many that go.

use crate::diff::limits::allowed_deletes;
use crate::diff::{Limit, through::Through};
use crate::error::{Counted, Error, ErrorKind, LimitFault, Limited, Result, UsageFault};
use crate::mapping::{Mapping, Share};
use crate::reconcile::Account;
use crate::table::TableName;

/// Refuses mappings that find nothing to follow, or hardly anyone's counterpart.
pub(super) fn refuse_strangers(
    accounts: &[Account],
    (old, new): (&str, &str),
    (of, allow_empty): (Counted, bool),
) -> Result<()> {
    for account in accounts {
        if account.sources == 0 && account.targets > 0 && !allow_empty {
            let (new, old) = (new.to_owned(), old.to_owned());
            let entries = account.targets;
            let kind = ErrorKind::EmptyNew { new, old, entries, of };
            return Err(Error::new(kind));
        }
        let (found, of) = account.overlap;
        if of > 0 && (found as f64) < of as f64 * account.min_overlap / 100.0 {
            let allowed = (of as f64 * account.min_overlap / 100.0).ceil() as u64;
            let what = Limited::Overlap {
                mapping: account.mapping.clone(),
                keys: Box::new(account.first_keys.clone()),
            };
            let fault = LimitFault { what, allowed, found, of, first: Vec::new() };
            return Err(Error::new(ErrorKind::Limit(fault)));
        }
    }
    Ok(())
}

/// Refuses mappings by which more goes than may.
pub(super) fn refuse_losses(accounts: &[Account], asked: Option<Limit>) -> Result<()> {
    for account in accounts {
        let own = account.max_delete.map(limit);
        let (found, of) = (account.losses, account.targets);
        let allowed = allowed_deletes(asked.or(own), of);
        if found > allowed {
            let what = Limited::Losses { mapping: account.mapping.clone() };
            let first = account.lost.iter().map(|name| name.clone().into_bytes()).collect();
            let fault = LimitFault { what, allowed, found, of, first };
            return Err(Error::new(ErrorKind::Limit(fault)));
        }
    }
    Ok(())
}

/// How many entries may go in all, where a mapping says how many of its own may, and nobody else does.
pub(super) fn of_entries(accounts: &[Account], asked: Option<Limit>) -> Option<Limit> {
    let is_said = accounts.iter().any(|account| account.max_delete.is_some());
    let allowed =
        |account: &Account| allowed_deletes(account.max_delete.map(limit), account.targets);
    let said = is_said.then(|| Limit::Count(accounts.iter().map(allowed).sum()));
    asked.or(said)
}

/// How many rows of a table may go by each of the mappings that say it: of their own table, or of those with a row for
/// each value.
pub(super) fn of_table(through: &Through, table: &TableName) -> Vec<Limit> {
    let is_about = |mapping: &&Mapping| {
        let mut children = mapping.flows.iter().filter_map(|flow| flow.child.as_ref());
        mapping.rows.table == *table || children.any(|child| child.table == *table)
    };
    let mappings = through.mappings().into_iter().filter(is_about);
    mappings.filter_map(|mapping| mapping.max_delete.map(limit)).collect()
}

/// What a mapping says may go.
fn limit(share: Share) -> Limit {
    match share {
        Share::Count(count) => Limit::Count(count),
        Share::Percent(percent) => Limit::Percent(percent),
    }
}

/// Refuses names of mappings that the file has not.
pub(super) fn refuse_unknown(through: &Through) -> Result<()> {
    let is_known = |name: &&String| through.file.mappings.iter().any(|one| one.name == **name);
    match through.only.iter().find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => {
            let known = through.file.mappings.iter().map(|one| one.name.clone()).collect();
            let fault = UsageFault::NoMapping { name: name.clone(), known };
            Err(Error::new(ErrorKind::Usage(fault)))
        }
    }
}
