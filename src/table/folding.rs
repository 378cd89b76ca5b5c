//! When two texts of a column are one though they are spelled otherwise.

use std::borrow::Cow;

/// How a column compares texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folding {
    /// Which letters are one.
    pub letters: Letters,
    /// Whether blanks at the end count for nothing.
    pub pads: bool,
}

/// Which letters are one in upper and in lower case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// None.
    #[default]
    None,
    /// Those of ASCII.
    Ascii,
    /// All.
    All,
}

impl Folding {
    /// Whether it takes no texts for one but those of the same bytes.
    pub fn is_none(self) -> bool {
        self == Folding::default()
    }

    /// Whether it takes letters for one that differ in case, and then maybe in accents.
    pub fn folds_letters(self) -> bool {
        self.letters == Letters::All
    }

    /// A text in the form that is the same for all that the column takes for one.
    pub fn form<'v>(self, text: Cow<'v, [u8]>) -> Cow<'v, [u8]> {
        let mut form = match self.letters {
            Letters::None => text,
            Letters::Ascii => Cow::Owned(text.to_ascii_lowercase()),
            Letters::All => Cow::Owned(lower(&text)),
        };
        if self.pads && form.ends_with(b" ") {
            let end = form.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
            form.to_mut().truncate(end);
        }
        form
    }
}

/// All letters in lower case, each by itself; bytes that are none stay as they are.
fn lower(text: &[u8]) -> Vec<u8> {
    let mut lower = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        let letters: String = chunk.valid().chars().flat_map(char::to_lowercase).collect();
        lower.extend_from_slice(letters.as_bytes());
        lower.extend_from_slice(chunk.invalid());
    }
    lower
}
