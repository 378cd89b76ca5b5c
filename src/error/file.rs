//! What can be wrong with a file as a file, whatever it holds.

use std::fmt;
use std::io;

use crate::text::Count;

/// What is wrong with a file.
#[derive(Debug)]
pub enum FileFault {
    /// It is a folder.
    Folder,
    /// Its compressed data ends too soon.
    CutShort {
        /// The name of the compression.
        format: &'static str,
    },
    /// Its compressed data does not decompress.
    Damaged {
        /// The name of the compression.
        format: &'static str,
        /// What the decoder said.
        source: io::Error,
    },
    /// Something else follows its compressed data.
    ForeignBytes {
        /// The name of the compression.
        format: &'static str,
        /// Where it begins, in bytes of the file.
        offset: u64,
    },
    /// It is compressed in a way that is not read.
    OtherCompression {
        /// The name of the compression, and of the program that undoes it.
        format: &'static str,
    },
    /// What comes out of decompressing it is compressed.
    CompressedTwice,
    /// More comes out of decompressing it than was allowed.
    TooLarge {
        /// How much was allowed, in bytes.
        limit: u64,
    },
    /// A UTF-16 surrogate without its other half, or half a code unit at the end.
    HalfCharacter {
        /// The name of the encoding.
        encoding: &'static str,
        /// Where, in bytes of the UTF-16 text.
        offset: u64,
        /// Whether the text ends there.
        cut: bool,
    },
    /// Two outputs of one run would be this file.
    TwoOutputs,
    /// It is no longer what it was when it was opened.
    Changed {
        /// Its size when it was opened, in bytes.
        opened: u64,
        /// Its size now, in bytes.
        now: u64,
    },
}

impl FileFault {
    /// What to do.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            FileFault::Folder => "name a file in that folder, or `-` for the standard streams",
            FileFault::CutShort { .. } => "it was cut off on its way: copy or export it again",
            FileFault::Damaged { format: "zstd", .. } => {
                "`zstd -t FILE` tests it; what `zstd --long` wrote is first decompressed with `zstd -d --long=31`"
            }
            FileFault::Damaged { .. } => "`gzip -t FILE` tests it: copy or export it again",
            FileFault::ForeignBytes { .. } => {
                "copy or export it again; if they do not belong to it, `head -c N FILE` writes the N bytes before them"
            }
            FileFault::OtherCompression { format: "xz" } => {
                "have it decompressed on its way: `<(xz -dc FILE)` in its place, or `xz -dc FILE |` and `-`"
            }
            FileFault::OtherCompression { .. } => {
                "have it decompressed on its way: `<(bzip2 -dc FILE)` in its place, or `bzip2 -dc FILE |` and `-`"
            }
            FileFault::CompressedTwice => "decompress it once: `zstd -d FILE`, `gzip -d FILE`",
            FileFault::TooLarge { .. } => {
                "`--max-decompressed SIZE` allows more, if you trust the file"
            }
            FileFault::HalfCharacter { cut: true, .. } => {
                "it was cut off on its way: copy or export it again"
            }
            FileFault::HalfCharacter { .. } => "export it as UTF-8: `ldifde` without `-u`",
            FileFault::TwoOutputs => "give each output a name of its own",
            FileFault::Changed { .. } => "wait until the export is complete, and run this again",
        })
    }

    /// The system's or decoder's own error, where there is one.
    pub fn source(&self) -> Option<&io::Error> {
        match self {
            FileFault::Damaged { source, .. } => Some(source),
            _ => None,
        }
    }

    /// The message, about a file of this name.
    pub(super) fn describe(&self, path: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileFault::Folder => write!(f, "expected a file, but found the folder `{path}`"),
            FileFault::CutShort { format } => {
                write!(f, "expected more {format} data, but found the end of `{path}`")
            }
            FileFault::Damaged { format, source } => {
                write!(f, "expected sound {format} data, but found damage in `{path}`: {source}")
            }
            FileFault::ForeignBytes { format, offset } => {
                write!(
                    f,
                    "expected the end of `{path}` after its {format} data, but found other bytes from byte {offset} on"
                )
            }
            FileFault::OtherCompression { format } => write!(
                f,
                "expected text, plain or in zstd or gzip, but found {format} data in `{path}`"
            ),
            FileFault::CompressedTwice => {
                write!(f, "expected text in the compressed `{path}`, but found compressed data")
            }
            FileFault::TooLarge { limit } => {
                let limit = Count(*limit);
                write!(
                    f,
                    "expected at most {limit} bytes (`--max-decompressed`), but found more in the compressed `{path}`"
                )
            }
            FileFault::HalfCharacter { encoding, cut: true, .. } => write!(
                f,
                "expected the rest of a character in {encoding}, but found the end of `{path}`"
            ),
            FileFault::HalfCharacter { encoding, offset, .. } => {
                let offset = Count(*offset);
                write!(
                    f,
                    "expected {encoding}, but found half a character at byte {offset} of `{path}`"
                )
            }
            FileFault::TwoOutputs => {
                write!(f, "expected one output for `{path}`, but found two")
            }
            FileFault::Changed { opened, now } if opened == now => {
                write!(f, "`{path}` changed while it was read: it was written to")
            }
            FileFault::Changed { opened, now } => {
                let (opened, now) = (Count(*opened), Count(*now));
                write!(f, "`{path}` changed while it was read: from {opened} bytes to {now}")
            }
        }
    }
}
