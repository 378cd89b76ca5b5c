//! Values by reference, `attr:< file:///…` (RFC 2849 `value-spec`): refused unless a folder is
//! named.
//!
//! An export is untrusted input: a line in it must not decide which local file is read. Network
//! URLs are never followed.

use std::path::{Path, PathBuf};

use crate::error::ErrorKind;

/// Which files `:<` may read.
#[derive(Clone, Debug, Default)]
pub struct FileUrls {
    /// Only regular files inside this folder, after links are resolved; none where it is `None`.
    pub folder: Option<PathBuf>,
}

impl FileUrls {
    /// The bytes of the file a `file:` URL names.
    pub fn read(&self, url: &[u8]) -> Result<Vec<u8>, ErrorKind> {
        let shown = || String::from_utf8_lossy(url).into_owned();
        let Some(folder) = &self.folder else {
            return Err(ErrorKind::FileUrl { url: shown() });
        };
        let Some(path) = path_of(url) else {
            return Err(ErrorKind::UrlScheme { url: shown() });
        };
        let failed = |source| ErrorKind::Io { action: "read", path: path.clone(), source };
        let inside = folder.canonicalize().map_err(failed)?;
        let real = path.canonicalize().map_err(failed)?;
        if !real.starts_with(&inside) || !real.is_file() {
            return Err(ErrorKind::FileUrlOutside { url: shown(), folder: folder.clone() });
        }
        std::fs::read(&real).map_err(failed)
    }
}

/// The path of `file:///path` or `file://localhost/path`, percent escapes resolved (RFC 8089).
fn path_of(url: &[u8]) -> Option<PathBuf> {
    let url = std::str::from_utf8(url).ok()?.trim_end();
    let rest = url.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    path.starts_with('/').then(|| PathBuf::from(Path::new(&unescape(path))))
}

fn unescape(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match pair.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
