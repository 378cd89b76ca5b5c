//! Pours a stream once into an unnamed temporary file, decompressed and as UTF-8.
//!
//! Knows nothing of what the text says, and not whether the stream was a file or a pipe.

use std::fs::{File, Permissions};
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};

use super::InputOptions;
use super::gzip::{Foreign, Members};
use super::recognise::{Compression, Encoding, HEAD, other_compression};
use crate::error::{Error, FileFault, Place, Result};
use crate::text::Position;

/// How many bytes are moved at a time.
const BUFFER: usize = 1 << 20;

/// The text of `source`, poured; `None` where there is none. `path` is for messages.
pub(super) fn pour<'s>(
    source: impl Read + 's,
    path: &'s Path,
    options: &'s InputOptions<'_>,
) -> Result<(Option<File>, Encoding)> {
    let mut text = Text::open(source, path, options)?;
    match text.encoding {
        None => Ok((None, Encoding::Utf8)),
        Some(encoding) => Ok((Some(text.pour(&[], options)?), encoding)),
    }
}

/// A stream as UTF-8, in order.
pub(super) struct Text<'s> {
    stream: Stream<'s>,
    transcoder: Transcoder,
    /// None where there is no text.
    pub(super) encoding: Option<Encoding>,
    buffer: Vec<u8>,
    ended: bool,
}

impl<'s> Text<'s> {
    /// The text of `source`; `path` is for messages.
    pub(super) fn open(
        source: impl Read + 's,
        path: &'s Path,
        options: &'s InputOptions<'_>,
    ) -> Result<Text<'s>> {
        let source = Counted { source, total: 0, progress: options.progress };
        let (head, source) = peek(source).map_err(|e| Error::io("read", path, e))?;
        let mut stream = Stream::new(&head, source, path, options.max_decompressed)?;
        let head = stream.head()?;
        if let Some(format) = other_compression(&head) {
            return Err(Error::file(path, FileFault::OtherCompression { format }));
        }
        let said = Encoding::marked(&head).or(options.encoding);
        let encoding = said.unwrap_or_else(|| Encoding::of(&head));
        let transcoder = Transcoder::new(encoding);
        let encoding = (!head.is_empty()).then_some(encoding);
        Ok(Text { stream, transcoder, encoding, buffer: vec![0; BUFFER], ended: false })
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>> {
        if self.ended {
            return Ok(None);
        }
        let length = self.stream.read(&mut self.buffer)?;
        let (path, encoding) = (self.stream.path, self.encoding.unwrap_or(Encoding::Utf8));
        let text = self.transcoder.text(&self.buffer[..length]).map_err(|half| {
            let Half { offset, cut, position } = half;
            let fault = FileFault::HalfCharacter { encoding: encoding.name(), offset, cut };
            Error::file(path, fault).or_at(|| Place::bare(&path.to_string_lossy(), position))
        })?;
        self.ended = length == 0;
        Ok((length > 0).then_some(text))
    }

    /// What was read before and all that is still to come, in an unnamed temporary file.
    pub(super) fn pour(&mut self, before: &[u8], options: &InputOptions<'_>) -> Result<File> {
        let failed = |e| Error::io("write in", &options.temp_dir, e);
        let file = unnamed(&options.temp_dir).map_err(failed)?;
        (&file).write_all(before).map_err(failed)?;
        while let Some(text) = self.next()? {
            (&file).write_all(text).map_err(failed)?;
        }
        Ok(file)
    }
}

/// A file without a name, for our eyes only.
pub(crate) fn unnamed(temp_dir: &Path) -> io::Result<File> {
    // The crate's own text would name a file in the folder.
    std::fs::metadata(temp_dir)?;
    let file = tempfile::tempfile_in(temp_dir)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// The first bytes of a stream, and the stream with these bytes still in it.
fn peek<R: Read>(mut source: R) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::with_capacity(HEAD);
    source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(source)))
}

/// Reads a stream and tells how much of it was read.
struct Counted<'a, R> {
    source: R,
    total: u64,
    progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        self.total += length as u64;
        if let Some(progress) = self.progress {
            progress(self.total);
        }
        Ok(length)
    }
}

/// A decompressed stream whose errors say what is wrong.
struct Stream<'a> {
    bytes: Box<dyn Read + 'a>,
    compression: Option<Compression>,
    path: &'a Path,
    /// How many bytes may still come, and out of how many.
    left: u64,
    limit: u64,
}

impl<'a> Stream<'a> {
    /// What comes out of `source`, which begins with `head`.
    fn new(
        head: &[u8],
        source: impl Read + 'a,
        path: &'a Path,
        max_decompressed: u64,
    ) -> Result<Stream<'a>> {
        let compression = Compression::of(head);
        let bytes: Box<dyn Read + 'a> = match compression {
            None => Box::new(source),
            Some(Compression::Gzip) => Box::new(Members::new(source)),
            Some(Compression::Zstd) => {
                Box::new(zstd::Decoder::new(source).map_err(|e| Error::io("decompress", path, e))?)
            }
        };
        let limit = if compression.is_some() { max_decompressed } else { u64::MAX };
        if let Some(missing) = Compression::missing(path, head) {
            return Err(Error::file(path, FileFault::CutShort { format: missing.name() }));
        }
        Ok(Stream { bytes, compression, path, left: limit, limit })
    }

    /// The first bytes, which stay in the stream.
    fn head(&mut self) -> Result<Vec<u8>> {
        let bytes = std::mem::replace(&mut self.bytes, Box::new(io::empty()));
        let (head, bytes) = peek(bytes).map_err(|e| self.fault(e))?;
        self.bytes = Box::new(bytes);
        match (self.compression, Compression::of(&head)) {
            (Some(_), Some(_)) => Err(Error::file(self.path, FileFault::CompressedTwice)),
            _ => Ok(head),
        }
    }

    /// The next bytes; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = loop {
            match self.bytes.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|e| self.fault(e))?,
            }
        };
        let Some(left) = self.left.checked_sub(length as u64) else {
            return Err(Error::file(self.path, FileFault::TooLarge { limit: self.limit }));
        };
        self.left = left;
        Ok(length)
    }

    /// Tells damage from what the system refuses.
    fn fault(&self, source: io::Error) -> Error {
        let Some(format) = self.compression.map(Compression::name) else {
            return Error::io("read", self.path, source);
        };
        if let Some(foreign) = source.get_ref().and_then(|e| e.downcast_ref::<Foreign>()) {
            let offset = foreign.at;
            return Error::file(self.path, FileFault::ForeignBytes { format, offset });
        }
        match source.kind() {
            _ if source.raw_os_error().is_some() => Error::io("read", self.path, source),
            io::ErrorKind::UnexpectedEof => Error::file(self.path, FileFault::CutShort { format }),
            _ => Error::file(self.path, FileFault::Damaged { format, source }),
        }
    }
}

/// Makes UTF-8 of UTF-16 and leaves everything else as it is.
struct Transcoder {
    decoder: Option<Decoder>,
    text: Vec<u8>,
    /// How many bytes came in before.
    before: u64,
    /// Where the text goes on.
    position: Position,
}

/// Half a character.
struct Half {
    /// Where, in bytes of the UTF-16.
    offset: u64,
    /// Whether the text ends there.
    cut: bool,
    /// Where it stands in the text.
    position: Position,
}

impl Transcoder {
    fn new(encoding: Encoding) -> Transcoder {
        let decoder = match encoding {
            Encoding::Utf8 | Encoding::Utf8Bom => None,
            Encoding::Utf16Le => Some(UTF_16LE.new_decoder_with_bom_removal()),
            Encoding::Utf16Be => Some(UTF_16BE.new_decoder_with_bom_removal()),
        };
        let position = Position { line: 1, column: 1 };
        Transcoder { decoder, text: vec![0; 2 * BUFFER], before: 0, position }
    }

    /// The next bytes as UTF-8; none are the end.
    fn text<'a>(&'a mut self, bytes: &'a [u8]) -> Result<&'a [u8], Half> {
        let Some(decoder) = &mut self.decoder else { return Ok(bytes) };
        let last = bytes.is_empty();
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(bytes, &mut self.text, last);
        self.position = self.position.behind(&self.text[..written]);
        if let DecoderResult::Malformed(length, after) = result {
            let offset = self.before + read as u64 - u64::from(length) - u64::from(after);
            return Err(Half { offset, cut: last, position: self.position });
        }
        debug_assert_eq!(result, DecoderResult::InputEmpty, "two UTF-16 bytes are at most three");
        self.before += bytes.len() as u64;
        Ok(&self.text[..written])
    }
}
