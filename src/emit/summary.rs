//! How much a change does, in words.

use crate::emit::{Side, Subject};
use crate::plan::Counts;
use crate::text::{Count, Escaped, number_of};

/// The counts of a plan by kind: `1 add, 2 deletes, 0 modifies, 1 rename`.
pub fn in_words(counts: &Counts) -> String {
    [
        number_of(counts.adds, "add", "adds"),
        number_of(counts.deletes, "delete", "deletes"),
        number_of(counts.modifies, "modify", "modifies"),
        number_of(counts.renames, "rename", "renames"),
    ]
    .join(", ")
}

/// Both sides with what they hold, and how much is done of each kind, a line each.
pub(super) fn counted(sides: [&Side; 2], counts: &[(u64, &str)]) -> String {
    let mut text = String::new();
    for (role, side) in ["OLD", "NEW"].into_iter().zip(sides) {
        text += &format!("{role} {}: {}\n", Escaped(side.name.as_bytes()), side.held());
    }
    for (count, what) in counts {
        text += &format!("{:>12} {what}\n", Count(*count).to_string());
    }
    text
}

/// The counts alone, for people: a line each, nothing of what is zero but the totals.
pub fn summary(subject: &Subject) -> String {
    let Counts { adds, deletes, modifies, renames, recreated, parked, replaced } = subject.counts;
    let counts =
        [(adds, "added"), (deletes, "deleted"), (modifies, "modified"), (renames, "renamed")];
    let mut text = counted([&subject.old, &subject.new], &counts);
    if recreated > 0 {
        text += &format!("{:>12} of them deleted and added again\n", Count(recreated).to_string());
    }
    if parked > 0 {
        let parked = Count(parked).to_string();
        text += &format!("{parked:>12} of them for a while under a temporary name\n");
    }
    if replaced > 0 {
        let replaced = Count(replaced).to_string();
        text +=
            &format!("{replaced:>12} replaced: attributes whose old values are not asked for\n");
    }
    text
}
