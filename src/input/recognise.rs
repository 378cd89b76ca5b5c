//! What the first bytes of a file say about the rest: compression and character encoding.
//!
//! Sees a few bytes and a name; reads nothing.

use std::path::Path;

/// How many first bytes decide.
pub(super) const HEAD: usize = 4;

/// The shortest beginning by which a compressed file is known.
const MAGIC: usize = 4;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// RFC 8878, any number of frames.
    Zstd,
    /// RFC 1952, any number of members.
    Gzip,
}

impl Compression {
    /// Recognises a compressed file by its first bytes.
    pub(super) fn of(head: &[u8]) -> Option<Compression> {
        match head {
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstd),
            // RFC 8878 section 3.1.2: a skippable frame, which `pzstd` begins with.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            _ => None,
        }
    }

    /// What was cut short, where a file is too short to be recognised and its name promises
    /// compression: even nothing takes more bytes than that when it is compressed.
    pub(super) fn missing(path: &Path, head: &[u8]) -> Option<Compression> {
        let ending = path.extension()?;
        match head.len() < MAGIC {
            true if ending.eq_ignore_ascii_case("zst") => Some(Compression::Zstd),
            true if ending.eq_ignore_ascii_case("gz") => Some(Compression::Gzip),
            _ => None,
        }
    }

    /// Its name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Compression::Zstd => "zstd",
            Compression::Gzip => "gzip",
        }
    }
}

/// The name of a compression that is not read, by the first bytes of what it makes.
pub(super) fn other_compression(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xfd, b'7', b'z', b'X', ..] => Some("xz"),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some("bzip2"),
        _ => None,
    }
}

/// The character encoding of a file as it stands on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, or bytes of any kind.
    Utf8,
    /// The same after a byte order mark.
    Utf8Bom,
    /// UTF-16, low byte first, with or without a byte order mark (`ldifde -u`).
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

impl Encoding {
    /// Recognises the encoding by a byte order mark, or by the NULs beside ASCII characters.
    pub(super) fn of(head: &[u8]) -> Encoding {
        Encoding::marked(head).unwrap_or(match head {
            [1..=0x7f, 0, 1..=0x7f, 0, ..] => Encoding::Utf16Le,
            [0, 1..=0x7f, 0, 1..=0x7f, ..] => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        })
    }

    /// The encoding that a byte order mark says.
    pub(super) fn marked(head: &[u8]) -> Option<Encoding> {
        match head {
            [0xef, 0xbb, 0xbf, ..] => Some(Encoding::Utf8Bom),
            [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
            [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
            _ => None,
        }
    }

    /// UTF-16 by its name (RFC 2781), of which the low byte is first where nothing else is said.
    pub fn utf16_named(name: &str) -> Option<Encoding> {
        let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        match bare.to_ascii_lowercase().as_str() {
            "utf16" | "utf16le" => Some(Encoding::Utf16Le),
            "utf16be" => Some(Encoding::Utf16Be),
            _ => None,
        }
    }

    /// Whether the bytes have to be decoded before they are text.
    pub(super) fn is_utf16(self) -> bool {
        matches!(self, Encoding::Utf16Le | Encoding::Utf16Be)
    }

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf8Bom => "UTF-8 with a byte order mark",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell() {
        for (head, compression, encoding) in [
            (b"dn: ".as_slice(), None, Encoding::Utf8),
            (b"", None, Encoding::Utf8),
            (b"\xef\xbb\xbfd", None, Encoding::Utf8Bom),
            (b"\xff\xfed\0", None, Encoding::Utf16Le),
            (b"\xfe\xff\0d", None, Encoding::Utf16Be),
            (b"d\0n\0", None, Encoding::Utf16Le),
            (b"\0#\0 ", None, Encoding::Utf16Be),
            (b"d\0", None, Encoding::Utf8),
            (b"\0\0\0d", None, Encoding::Utf8),
            (b"\x28\xb5\x2f\xfd", Some(Compression::Zstd), Encoding::Utf8),
            (b"\x5a\x2a\x4d\x18", Some(Compression::Zstd), Encoding::Utf8),
            (b"P*M ", None, Encoding::Utf8),
            (b"\x1f\x8b", Some(Compression::Gzip), Encoding::Utf8),
        ] {
            assert_eq!(Compression::of(head), compression, "{head:?}");
            assert_eq!(Encoding::of(head), encoding, "{head:?}");
        }
    }
}
