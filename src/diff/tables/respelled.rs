//! Rows whose key is spelled otherwise alone: the database takes the two for one, and so they are one row that changes.

use std::collections::{HashMap, HashSet};

use crate::diff::tables::Agreed;
use crate::error::Result;
use crate::join::JoinedRows;
use crate::source::{Extent, Rows};
use crate::table::{Constraints, Folding};

/// Finds them among the rows of all tables that one side has alone. What the database keeps true of each table: of the key
/// too, where it changes.
///
/// # Errors
///
/// A row cannot be read.
pub(super) fn pair(
    rows: &[(Rows<'_>, Rows<'_>)],
    joined: &mut [JoinedRows],
    all_agreed: &[Agreed],
) -> Result<Vec<Constraints>> {
    let mut all = Vec::new();
    for (n, (((old, new), joined), agreed)) in rows.iter().zip(joined).zip(all_agreed).enumerate() {
        let mut constraints = agreed.constraints.clone();
        let key = &agreed.columns.key;
        let folding = |&n: &usize| constraints.foldings.get(n).copied().unwrap_or_default();
        let foldings: Vec<Folding> = key.iter().map(folding).collect();
        // Where nothing leads there, one may go and the other come.
        let is_led_to = !agreed.referrers.is_empty()
            || all_agreed
                .iter()
                .flat_map(|one| &one.constraints.references)
                .any(|one| one.table == n);
        if is_led_to && foldings.iter().any(|folding| !folding.is_none()) {
            let pairs = pairs((old, &joined.old_only), (new, &joined.new_only), &foldings)?;
            let (before, after): (HashSet<Extent>, HashSet<Extent>) = pairs.iter().copied().unzip();
            joined.old_only.retain(|row| !before.contains(row));
            joined.new_only.retain(|row| !after.contains(row));
            constraints.unique.extend((!pairs.is_empty()).then(|| key.clone()));
            joined.changed.extend(pairs);
        }
        all.push(constraints);
    }
    Ok(all)
}

/// Rows of OLD and of NEW, each the only one with such a key.
fn pairs(
    (old, gone): (&Rows<'_>, &[Extent]),
    (new, come): (&Rows<'_>, &[Extent]),
    foldings: &[Folding],
) -> Result<Vec<(Extent, Extent)>> {
    let by_form = |rows: &Rows<'_>, some: &[Extent]| -> Result<HashMap<Vec<u8>, Vec<Extent>>> {
        let mut found: HashMap<Vec<u8>, Vec<Extent>> = HashMap::new();
        for &row in some {
            let form = rows.columns.forms(&rows.columns.key, foldings, &rows.read(row)?);
            found.entry(form.unwrap_or_default()).or_default().push(row);
        }
        Ok(found)
    };
    let mut come = by_form(new, come)?;
    let found = by_form(old, gone)?.into_iter().filter_map(|(form, before)| {
        let after = come.remove(&form).filter(|_| !form.is_empty())?;
        match (before.as_slice(), after.as_slice()) {
            ([before], [after]) => Some((*before, *after)),
            _ => None,
        }
    });
    let mut pairs: Vec<(Extent, Extent)> = found.collect();
    pairs.sort_unstable_by_key(|(_, after)| after.start);
    Ok(pairs)
}
