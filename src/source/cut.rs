//! A walk over a part of a source: records as they are cut.

use super::{Extent, Notes, Source};
use crate::error::{ErrorKind, Fault, Result};
use crate::ldif::scan::{Framed, Piece, Scanner};

/// A walk over a part of a source.
#[derive(Debug)]
pub struct Cutter<'i, 's> {
    pub(super) source: &'s Source<'i>,
    pub(super) scanner: Scanner<'i>,
    /// What came by so far.
    pub notes: Notes,
}

/// A record as it was cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'i> {
    /// Where it stands.
    pub extent: Extent,
    /// Its name where the scan saw it on a plain line.
    pub plain_dn: Option<&'i [u8]>,
    /// Whether it equals the record given as probable byte for byte.
    pub as_probable: bool,
}

impl<'i> Cutter<'i, '_> {
    /// Where the walk stands, in bytes.
    pub fn position(&self) -> usize {
        self.scanner.position()
    }

    /// Passes over so many records that need no look, to the end of the last.
    pub fn pass_over(&mut self, records: usize, last: Extent) {
        self.notes.records += records as u64;
        self.scanner.pass_to(last.range().end);
    }

    /// The next record, or what is wrong where none can be cut. `probable` is a record that may
    /// well come next.
    pub fn next_record(&mut self, probable: Option<&[u8]>) -> Option<Result<Cut<'i>>> {
        let source = self.source;
        let placed = |fault: Fault| source.error(fault.kind, fault.at as u64, fault.len);
        self.next_cut(probable).map(|cut| cut.map_err(placed))
    }

    /// The same; a fault points into the input.
    pub fn next_cut(&mut self, probable: Option<&[u8]>) -> Option<Result<Cut<'i>, Fault>> {
        loop {
            match self.scanner.next_piece(probable)? {
                Ok(Piece::Record(framed)) => return Some(self.record(framed)),
                Ok(Piece::Version(at)) => self.notes.versions.push((at as u64, self.notes.records)),
                Ok(Piece::Trailer(trailer)) => {
                    self.notes.trailers.push((trailer, self.notes.records));
                }
                Ok(Piece::Deviation(deviation, at)) => {
                    self.notes.deviations.push((deviation, at as u64));
                }
                Err(fault) => return Some(Err(fault)),
            }
        }
    }

    fn record(&mut self, framed: Framed<'i>) -> Result<Cut<'i>, Fault> {
        self.notes.records += 1;
        let Framed { start, end, plain_dn, as_probable } = framed;
        match Extent::new(start, end) {
            Some(extent) => Ok(Cut { extent, plain_dn, as_probable }),
            None => Err(Fault::new(ErrorKind::RecordTooLarge, start, 0)),
        }
    }
}
