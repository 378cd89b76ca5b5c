//! Any input as bytes in memory that several threads may read.
//!
//! A plain file is mapped. A pipe, a compressed file and UTF-16 are poured once into an unnamed
//! temporary file, which is mapped. Knows what compression and character encodings are, and
//! nothing of the formats inside; line numbers and deviations are the business of others.

mod flow;
mod gzip;
mod original;
mod pour;
mod recognise;

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Seek, stdin};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use memmap2::{Mmap, UncheckedAdvice};

pub use flow::Flow;
pub use original::Original;
pub(crate) use pour::unnamed;
pub use recognise::Encoding;

use crate::error::{Error, FileFault, Result};
use crate::parallel::Pool;
use recognise::{Compression, HEAD, other_compression};

/// How inputs are read.
#[derive(Clone)]
pub struct InputOptions<'a> {
    /// The folder of the unnamed temporary files.
    pub temp_dir: PathBuf,
    /// How many bytes may come out of one compressed input.
    pub max_decompressed: u64,
    /// The encoding of the text; where none is said its first bytes show it.
    pub encoding: Option<Encoding>,
    /// Told, while an input is poured, how many bytes of it were read (of [`Input::size`]).
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

impl fmt::Debug for InputOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InputOptions { temp_dir, max_decompressed, encoding, progress } = self;
        f.debug_struct("InputOptions")
            .field("temp_dir", temp_dir)
            .field("max_decompressed", max_decompressed)
            .field("encoding", encoding)
            .field("progress", &progress.is_some())
            .finish()
    }
}

impl Default for InputOptions<'_> {
    /// The system's folder for temporary files, 256 GiB, no progress.
    fn default() -> Self {
        InputOptions {
            temp_dir: std::env::temp_dir(),
            max_decompressed: 256 << 30,
            encoding: None,
            progress: None,
        }
    }
}

/// An input whose bytes can be read at random, by any number of threads.
#[derive(Debug)]
pub struct Input {
    name: String,
    path: PathBuf,
    map: Option<Mmap>,
    encoding: Encoding,
    /// The file on disk, where it is a regular one.
    file: Option<OnDisk>,
    /// What the text was before it was written anew.
    original: Option<Original>,
}

/// A regular file as it was when it was opened.
#[derive(Debug)]
struct OnDisk {
    file: File,
    size: u64,
    modified: SystemTime,
}

impl Input {
    /// Opens a file or, by the name `-`, standard input, and pours it if need be.
    ///
    /// # Errors
    ///
    /// The system refuses to open, read or map the file, or to write in the temporary folder; it
    /// is a folder; its compressed data is cut short, damaged, compressed twice, in a way that is not
    /// read, or larger than allowed; its UTF-16 holds half a character.
    pub fn open(path: &Path, options: &InputOptions<'_>) -> Result<Input> {
        let (path, file) = opened(path)?;
        let metadata = file.metadata().map_err(|e| Error::io("open", path, e))?;
        if metadata.is_dir() {
            return Err(Error::file(path, FileFault::Folder));
        }
        let is_recoded = options.encoding.is_some_and(Encoding::is_utf16);
        let in_place = || mapped_in_place(&file, &metadata, path);
        let (map, encoding) = match (!is_recoded).then(in_place).flatten() {
            Some(mapped) => mapped,
            None => poured(&file, path, options)?,
        };
        let name = path.to_string_lossy().into_owned();
        let file = metadata.is_file().then(|| OnDisk::new(file, &metadata));
        let file = file.transpose().map_err(|e| Error::io("open", path, e))?;
        Ok(Input { name, path: path.to_owned(), map, encoding, file, original: None })
    }

    /// The name as it was given, for messages; `<stdin>` for standard input.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a path is a regular file, for which nobody waits. A pipe is not even opened: its writer
    /// would take that for its reader.
    pub fn is_file(path: &Path) -> bool {
        path.as_os_str() != "-" && path.metadata().is_ok_and(|metadata| metadata.is_file())
    }

    /// Whether a path is a regular file whose bytes are its text, which [`Input::open`] maps where it
    /// is: neither a pipe nor compressed nor UTF-16.
    pub fn is_plain(path: &Path) -> bool {
        let plain = |file: File| plain_encoding(&file, &file.metadata().ok()?, path);
        Input::is_file(path) && File::open(path).ok().and_then(plain).is_some()
    }

    /// The text: decompressed, as UTF-8 where it was UTF-16, without a byte order mark. Bytes
    /// that are not UTF-8 stand as they are.
    pub fn bytes(&self) -> &[u8] {
        text_of(self.map.as_ref(), self.encoding)
    }

    /// The character encoding before it was decoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The size on disk in bytes, compressed as it is there; `None` for what is not a regular file.
    pub fn size(&self) -> Option<u64> {
        self.file.as_ref().map(|file| file.size)
    }

    /// Hands on the bytes as they are on disk, compressed as they are there, in pieces; those of a
    /// pipe as they were read.
    ///
    /// # Errors
    ///
    /// The system refuses to read the file again.
    pub fn raw(&self, each: &mut dyn FnMut(&[u8])) -> Result<()> {
        let Some(OnDisk { file, size, .. }) = &self.file else {
            each(self.bytes());
            return Ok(());
        };
        let mut piece = vec![0; 1 << 20];
        let mut at = 0;
        while at < *size {
            let read =
                file.read_at(&mut piece, at).map_err(|e| Error::io("read", &self.path, e))?;
            if read == 0 {
                break;
            }
            each(&piece[..read]);
            at += read as u64;
        }
        Ok(())
    }

    /// When the file was last written to before it was opened; `None` for what is not a regular file.
    pub fn modified(&self) -> Option<SystemTime> {
        self.file.as_ref().map(|file| file.modified)
    }

    /// Asserts that the file has the size and time it had when it was opened. To be asked when the
    /// input was read and before anything made of it is written.
    ///
    /// # Errors
    ///
    /// The file changed, or the system no longer tells.
    pub fn verify_unchanged(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.verify_unchanged(&self.path))
    }
}

/// The text of what was mapped, without its byte order mark.
fn text_of(map: Option<&Mmap>, encoding: Encoding) -> &[u8] {
    let bytes = map.map(|map| &map[..]).unwrap_or_default();
    match encoding {
        Encoding::Utf8Bom => &bytes[3..],
        _ => bytes,
    }
}

/// The file of this name, or standard input; and what it is called in messages.
fn opened(path: &Path) -> Result<(&Path, File)> {
    let (path, opened) = match path.as_os_str().as_encoded_bytes() {
        b"-" => (Path::new("<stdin>"), stdin().as_fd().try_clone_to_owned().map(File::from)),
        _ => (path, File::open(path)),
    };
    Ok((path, opened.map_err(|e| Error::io("open", path, e))?))
}

impl OnDisk {
    fn new(file: File, metadata: &Metadata) -> io::Result<OnDisk> {
        Ok(OnDisk { file, size: metadata.len(), modified: metadata.modified()? })
    }

    /// Asserts that the file, called `path`, has the size and time it had when it was opened.
    fn verify_unchanged(&self, path: &Path) -> Result<()> {
        let state = self.file.metadata().and_then(|m| Ok((m.len(), m.modified()?)));
        let (now, modified) = state.map_err(|e| Error::io("read", path, e))?;
        if (now, modified) == (self.size, self.modified) {
            return Ok(());
        }
        Err(Error::file(path, FileFault::Changed { opened: self.size, now }))
    }
}

/// The file itself, where it is a regular one that holds plain text from where it was opened on.
///
/// Not every file system maps: a file that does not is poured.
fn mapped_in_place(
    mut file: &File,
    metadata: &Metadata,
    path: &Path,
) -> Option<(Option<Mmap>, Encoding)> {
    let encoding = plain_encoding(file, metadata, path)?;
    let from_start = file.stream_position().ok()? == 0;
    from_start.then(|| Some((Some(map(file).ok()?), encoding)))?
}

/// The encoding of a regular file whose bytes are its text; `None` for any other, and for one that
/// says it is empty, which it may not be (`/proc`).
fn plain_encoding(file: &File, metadata: &Metadata, path: &Path) -> Option<Encoding> {
    if !metadata.is_file() || metadata.len() == 0 {
        return None;
    }
    let mut head = [0; HEAD];
    let length = file.read_at(&mut head, 0).ok()?;
    let head = &head[..length];
    let encoding = Encoding::of(head);
    let compressed = Compression::of(head).or(Compression::missing(path, head)).is_some();
    let compressed = compressed || other_compression(head).is_some();
    (!compressed && !encoding.is_utf16()).then_some(encoding)
}

/// The text of the file in an unnamed temporary file.
fn poured(
    file: &File,
    path: &Path,
    options: &InputOptions<'_>,
) -> Result<(Option<Mmap>, Encoding)> {
    let (file, encoding) = pour::pour(file, path, options)?;
    let map = file.as_ref().map(map).transpose();
    Ok((map.map_err(|e| Error::io("map a copy in", &options.temp_dir, e))?, encoding))
}

/// Maps a file that is not empty.
#[allow(unsafe_code, reason = "mapping a file is unsafe because others may change it")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the bytes must not change while they are borrowed. A poured file has no name and is
    // never written again. A file on disk can be changed by other programs, which nothing can
    // prevent: its bytes are only ever read as plain numbers, with every index checked, so that a
    // change can spoil the answer but not our memory, and `verify_unchanged` refuses the answer.
    // A file that shrinks ends the program by a signal before it has written its output.
    unsafe { Mmap::map(file) }
}

/// Closes inputs. The pages of their texts go back to the system, which one thread alone would do otherwise.
#[allow(
    unsafe_code,
    reason = "advice that drops pages is unsafe where they may have been written to"
)]
pub fn give_back(pool: &Pool, inputs: [Input; 2]) {
    let maps = inputs.iter().filter_map(|input| input.map.as_ref());
    let parts = maps.flat_map(|map| (0..map.len()).step_by(GIVEN_BACK).map(move |at| (map, at)));
    pool.map_ordered(parts, |(map, at)| {
        let size = GIVEN_BACK.min(map.len() - at);
        // SAFETY: what was written to dropped pages would be lost. The map is shared with its file and
        // nobody writes to it, so that a page that is read again comes from the file again.
        let advised = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, at, size) };
        // Otherwise it goes when the map does.
        drop(advised);
    });
    drop(inputs);
}

/// How many bytes of a text a worker gives back at a time.
const GIVEN_BACK: usize = 32 << 20;

#[cfg(test)]
mod tests;
