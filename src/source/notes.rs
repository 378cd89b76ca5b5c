//! What stands between records, and what it says of the file as a whole.

use crate::error::ErrorKind;
use crate::ldif::deviation::Deviation;
use crate::ldif::scan::Trailer;

/// What a walk came across beside records.
#[derive(Debug, Default)]
pub struct Notes {
    /// How many records were cut.
    pub records: u64,
    /// The offsets of `version:` lines, with the number of records before each.
    pub versions: Vec<(u64, u64)>,
    /// What searches said of themselves, with the number of records before each.
    pub trailers: Vec<(Trailer, u64)>,
    /// Deviations of lines and files, with their offsets.
    pub deviations: Vec<(Deviation, u64)>,
}

/// What the notes of a part come to, each list in the order of the file.
#[derive(Debug, Default)]
pub struct Noted {
    /// What is wrong with the file, with its offset.
    pub faults: Vec<(ErrorKind, u64)>,
    /// Deviations, with their offsets.
    pub deviations: Vec<(Deviation, u64)>,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Search {
    /// It has ended, or there is none.
    #[default]
    Ended,
    /// It has begun.
    Open,
    /// What ends it has begun: its number was said, and its result was not.
    Ending,
    /// One of its pages has ended, and others follow, each with a head of its own.
    BetweenPages,
}

impl Search {
    fn after(trailer: Trailer) -> Search {
        match trailer {
            Trailer::Head { .. } => Search::Open,
            Trailer::Search { .. } => Search::Ending,
            Trailer::Page { last: false } => Search::BetweenPages,
            Trailer::Page { last: true }
            | Trailer::Result { .. }
            | Trailer::Entries { .. }
            | Trailer::Responses => Search::Ended,
        }
    }
}

/// Takes in the notes of one part after the other.
#[derive(Debug, Default)]
pub struct Reading {
    /// Records read before this part.
    before: u64,
    /// Records that a trailer has counted.
    counted: u64,
    /// How far the last search has come.
    search: Search,
    /// Whether a `version:` line was seen.
    versioned: bool,
}

impl Reading {
    /// What the notes of the next part come to.
    pub fn of(&mut self, notes: &Notes) -> Noted {
        let mut noted = Noted { deviations: notes.deviations.clone(), ..Noted::default() };
        for &(trailer, records) in &notes.trailers {
            let before = std::mem::replace(&mut self.search, Search::after(trailer));
            match trailer {
                Trailer::Head { at } if matches!(before, Search::Open | Search::Ending) => {
                    noted.faults.push((ErrorKind::SearchCut, at as u64));
                }
                Trailer::Search { at } if before == Search::Ending => {
                    noted.faults.push((ErrorKind::SearchCut, at as u64));
                }
                Trailer::Head { .. }
                | Trailer::Search { .. }
                | Trailer::Page { .. }
                | Trailer::Responses => {}
                Trailer::Result { code: 0, .. } => {}
                Trailer::Result { code, at } => {
                    noted.faults.push((ErrorKind::SearchFailed { code }, at as u64));
                }
                Trailer::Entries { count, at } => {
                    let read = self.before + records - self.counted;
                    if read != count {
                        let kind = ErrorKind::EntriesMissing { said: count, read };
                        noted.faults.push((kind, at as u64));
                    }
                    self.counted = self.before + records;
                }
            }
        }
        for &(at, records) in &notes.versions {
            if self.versioned || self.before + records > 0 {
                noted.deviations.push((Deviation::RepeatedVersion, at));
            }
            self.versioned = true;
        }
        noted.deviations.sort_by_key(|&(_, at)| at);
        self.before += notes.records;
        noted
    }

    /// S-21: what is wrong at the end of a text, the last that was read: its search has not ended.
    pub fn end(&self, text: &[u8]) -> Option<(ErrorKind, u64)> {
        (self.search != Search::Ended)
            .then(|| (ErrorKind::SearchCut, text.trim_ascii_end().len() as u64))
    }
}
