//! Values that stand in for others for a while, where a column may not be NULL.

/// What stands in for the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// A number.
    Number,
    /// A year of four digits.
    Year,
    /// A text of at most so many characters.
    Text(Option<usize>),
    /// At most so many bytes.
    Bytes(Option<usize>),
    /// This many bytes, which are filled up with zeros.
    Padded(usize),
}

/// The years that MySQL knows.
const YEARS: std::ops::RangeInclusive<u64> = 1901..=2155;

/// Characters that stay apart whatever a collation makes of case, none of them a blank.
const LETTERS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz~!#$%&()*+,-./:;<=>?@[]^_{|}";

impl StandIn {
    /// The same, of texts and bytes that are told apart by so many at their beginning.
    #[must_use]
    pub fn within(self, most: usize) -> StandIn {
        let least = |own: Option<usize>| Some(own.map_or(most, |own| own.min(most)));
        match self {
            StandIn::Text(own) => StandIn::Text(least(own)),
            StandIn::Bytes(own) => StandIn::Bytes(least(own)),
            StandIn::Number | StandIn::Year | StandIn::Padded(_) => self,
        }
    }

    /// Stand-in number `n`, from 1; `None` where there are no more.
    pub fn number(self, n: u64) -> Option<Vec<u8>> {
        match self {
            StandIn::Number => Some(n.to_string().into_bytes()),
            StandIn::Year => {
                let year = YEARS.start() + (n - 1);
                YEARS.contains(&year).then(|| year.to_string().into_bytes())
            }
            StandIn::Text(most) | StandIn::Bytes(most) => text(n, most),
            StandIn::Padded(length) => {
                let mut bytes = text(n, Some(length))?;
                bytes.resize(length, 0);
                Some(bytes)
            }
        }
    }
}

/// `~1`, and where that is too long any letters.
fn text(n: u64, most: Option<usize>) -> Option<Vec<u8>> {
    let marked = format!("~{n}").into_bytes();
    match most {
        Some(most) if marked.len() > most => letters(n - 1, most),
        _ => Some(marked),
    }
}

/// A number of so many digits, of which each is a letter.
fn letters(mut n: u64, length: usize) -> Option<Vec<u8>> {
    let base = LETTERS.len() as u64;
    let mut text = Vec::new();
    for _ in 0..length {
        let at = usize::try_from(n % base).ok()?;
        text.push(*LETTERS.get(at)?);
        n /= base;
    }
    text.reverse();
    (n == 0).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_fit() {
        for (stand_in, n, wanted) in [
            (StandIn::Number, 7, Some(&b"7"[..])),
            (StandIn::Year, 1, Some(b"1901")),
            (StandIn::Year, 256, None),
            (StandIn::Text(None), 100, Some(b"~100")),
            (StandIn::Text(Some(3)), 99, Some(b"~99")),
            (StandIn::Text(Some(3)), 100, Some(b"01z")),
            (StandIn::Text(Some(1)), 1, Some(b"0")),
            (StandIn::Text(Some(1)), 1000, None),
            (StandIn::Padded(3), 1, Some(b"~1\0")),
        ] {
            assert_eq!(stand_in.number(n).as_deref(), wanted, "{stand_in:?} {n}");
        }
    }
}
