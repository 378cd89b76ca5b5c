//! Bytes to a file, compressed as its name says.
//!
//! Knows nothing of temporary files and of when a file is done.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// A file that can be abandoned: what a compressor still writes when it is dropped goes nowhere.
#[derive(Debug)]
pub(super) struct Raw(Option<File>);

impl Write for Raw {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What stands between the bytes and the file.
pub(super) enum Encoder {
    /// Nothing.
    Plain(Raw),
    /// zstd with a checksum.
    Zstd(zstd::Encoder<'static, Raw>),
    /// gzip without a time, so that the same bytes make the same file.
    Gzip(flate2::write::GzEncoder<Raw>),
}

impl Encoder {
    /// Writes to `file`, compressed if `path` ends in `.zst` or `.gz`.
    pub(super) fn new(file: File, path: &Path) -> io::Result<Encoder> {
        let raw = Raw(Some(file));
        Ok(match path.extension() {
            Some(ending) if ending.eq_ignore_ascii_case("zst") => {
                let mut zstd = zstd::Encoder::new(raw, ZSTD_LEVEL)?;
                zstd.include_checksum(true)?;
                Encoder::Zstd(zstd)
            }
            Some(ending) if ending.eq_ignore_ascii_case("gz") => {
                Encoder::Gzip(flate2::write::GzEncoder::new(raw, flate2::Compression::default()))
            }
            _ => Encoder::Plain(raw),
        })
    }

    /// What writes nowhere.
    pub(super) fn closed() -> Encoder {
        Encoder::Plain(Raw(None))
    }

    /// Writes the end of the compressed data.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self {
            Encoder::Plain(_) => Ok(()),
            Encoder::Zstd(zstd) => zstd.do_finish(),
            Encoder::Gzip(gzip) => gzip.try_finish(),
        }
    }

    /// The file, unless it was abandoned.
    pub(super) fn file(&mut self) -> Option<&File> {
        self.raw().0.as_ref()
    }

    /// Writes nothing more, not even the end of the compressed data.
    pub(super) fn abandon(&mut self) {
        self.raw().0 = None;
    }

    fn raw(&mut self) -> &mut Raw {
        match self {
            Encoder::Plain(raw) => raw,
            Encoder::Zstd(zstd) => zstd.get_mut(),
            Encoder::Gzip(gzip) => gzip.get_mut(),
        }
    }
}

impl Write for Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Plain(raw) => raw.write(bytes),
            Encoder::Zstd(zstd) => zstd.write(bytes),
            Encoder::Gzip(gzip) => gzip.write(bytes),
        }
    }

    /// Does nothing: a compressor gives away what it holds when it finishes.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
