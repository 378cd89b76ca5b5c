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
    /// What the ends of searches said, with the number of records before each.
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

/// Takes in the notes of one part after the other.
#[derive(Debug, Default)]
pub struct Reading {
    /// Records read before this part.
    before: u64,
    /// Records that a trailer has counted.
    counted: u64,
    /// Whether a `version:` line was seen.
    versioned: bool,
}

impl Reading {
    /// What the notes of the next part come to.
    pub fn of(&mut self, notes: &Notes) -> Noted {
        let mut noted = Noted { deviations: notes.deviations.clone(), ..Noted::default() };
        for &(trailer, records) in &notes.trailers {
            match trailer {
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
}
