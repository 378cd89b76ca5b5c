//! Lists of words in messages, and the one of them that was meant.

use std::borrow::Cow;

use crate::text::nearest;

/// Words in quotes, with commas between them.
pub(super) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

/// `1 column`, `2 columns`.
pub(super) fn columns(count: usize) -> String {
    format!("{count} {}", if count == 1 { "column" } else { "columns" })
}

/// The word that was meant, or all there are.
pub(super) fn meant<'w>(
    found: &str,
    known: impl Iterator<Item = &'w str> + Clone,
) -> Cow<'static, str> {
    match nearest(found, known.clone()) {
        Some(word) => Cow::Owned(format!("perhaps `{word}` is meant")),
        None if known.clone().count() == 0 => Cow::Borrowed("there are none"),
        None if known.clone().count() == 1 => Cow::Owned(format!("there is {}", listed(known))),
        None => Cow::Owned(format!("there are {}", listed(known))),
    }
}
