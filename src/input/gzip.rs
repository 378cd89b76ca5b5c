//! All members of a gzip file (RFC 1952 section 2.2), and what may follow them.
//!
//! Zeros after the last member are padding, as tapes and block devices leave it. Anything else is
//! foreign, and its offset is told: the data before it is sound, but nobody knows if it is all.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// What every member begins with.
const MAGIC: u8 = 0x1f;

/// Bytes after the last member that are neither padding nor another member.
#[derive(Debug)]
pub(super) struct Foreign {
    /// Where the first of them stands in the file.
    pub(super) at: u64,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "other bytes after the compressed data at byte {}", self.at)
    }
}

impl std::error::Error for Foreign {}

/// What comes out of the members one after the other.
pub(super) struct Members<R> {
    /// None after the last one.
    member: Option<GzDecoder<Counted<BufReader<R>>>>,
}

impl<R: Read> Members<R> {
    /// The members of `source`, which begins with one.
    pub(super) fn new(source: R) -> Members<R> {
        let bytes = Counted { bytes: BufReader::with_capacity(1 << 16, source), count: 0 };
        Members { member: Some(GzDecoder::new(bytes)) }
    }

    /// Begins the member after the one that has ended, if there is one.
    fn begin_next(&mut self) -> io::Result<()> {
        let Some(ended) = &mut self.member else { return Ok(()) };
        let rest = ended.get_mut();
        let another = rest.another_member()?;
        let rest = self.member.take().filter(|_| another).map(GzDecoder::into_inner);
        self.member = rest.map(GzDecoder::new);
        Ok(())
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            match member.read(buffer)? {
                0 if !buffer.is_empty() => self.begin_next()?,
                length => return Ok(length),
            }
        }
        Ok(0)
    }
}

/// Bytes of which is known how many were read.
struct Counted<R> {
    bytes: R,
    count: u64,
}

impl<R: BufRead> Counted<R> {
    /// Passes over padding; answers whether a member follows, and refuses anything else.
    fn another_member(&mut self) -> io::Result<bool> {
        let mut padded = false;
        loop {
            let bytes = self.fill_buf()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            match bytes.get(zeros) {
                Some(&MAGIC) if !padded && zeros == 0 => return Ok(true),
                Some(_) => {
                    let foreign = Foreign { at: self.count + zeros as u64 };
                    return Err(io::Error::new(io::ErrorKind::InvalidData, foreign));
                }
                None if zeros == 0 => return Ok(false),
                None => self.consume(zeros),
            }
            padded = true;
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.bytes.read(buffer)?;
        self.count += length as u64;
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
        self.count += amount as u64;
    }
}
