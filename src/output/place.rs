//! Where an output goes: which file a path means, and what an existing file has that stays.
//!
//! Writes no contents.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// How many links in a row are followed, as many as Linux follows.
const LINKS: usize = 40;

/// What a path means for whoever writes.
#[derive(Debug)]
pub(super) enum Place {
    /// A regular file or nothing yet, behind all links: written beside and renamed.
    File(PathBuf),
    /// A device, a FIFO, or a file that someone else opened (`/dev/stdout`): written straight.
    Straight,
}

impl Place {
    /// Follows links, so that a link goes on pointing at the file.
    pub(super) fn of(path: &Path) -> io::Result<Place> {
        let special = |m: Metadata| !m.is_file() && !m.is_dir();
        let mut path = path.to_owned();
        if fs::metadata(&path).is_ok_and(special) {
            return Ok(Place::Straight);
        }
        for _ in 0..LINKS {
            if path.starts_with("/proc") || path.starts_with("/dev/fd") {
                return Ok(Place::Straight);
            }
            match fs::read_link(&path) {
                Ok(target) => path = folder_of(&path).join(target),
                Err(_) => return Ok(Place::File(path)),
            }
        }
        Err(io::Error::other("too many links in a row"))
    }
}

/// The folder a path stands in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives `file` the owner and mode of the file it will replace, as far as we may.
///
/// Where the group cannot be kept, another group must not gain its rights.
pub(super) fn keep_owner_and_mode(file: &File, existing: &Metadata) -> io::Result<()> {
    let (owner, group) = (existing.uid(), existing.gid());
    let kept = fchown(file, Some(owner), Some(group)).or_else(|_| fchown(file, None, Some(group)));
    let group_rights = if kept.is_ok() { 0o070 } else { 0 };
    let mode = existing.mode() & (0o707 | group_rights);
    file.set_permissions(Permissions::from_mode(mode))
}

/// The time in UTC when an existing regular file was last written to, as
/// `2026-11-22 13:05:00Z`; for *the existing file … of … was left as it was*.
pub fn exists_since(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some(utc(metadata.modified().ok()?))
}

/// A time as people read it, to the second; before 1970 is 1970.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a day since 1970-01-01 in the Gregorian calendar, counted in years that
/// begin on March 1, so that the leap day is the last.
fn civil(day: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let since_0000_03_01 = day + 719_468;
    let day = since_0000_03_01 % DAYS_OF_400_YEARS;
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let year = year + since_0000_03_01 / DAYS_OF_400_YEARS * 400;
    if month < 10 { (year, month + 3, day_of_month) } else { (year + 1, month - 9, day_of_month) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_civil() {
        for (seconds, shown) in [
            (0, "1970-01-01 00:00:00Z"),
            (951_782_399, "2000-02-28 23:59:59Z"),
            (951_782_400, "2000-02-29 00:00:00Z"),
            (951_868_800, "2000-03-01 00:00:00Z"),
            (1_795_352_700, "2026-11-22 13:05:00Z"),
            (4_107_542_399, "2100-02-28 23:59:59Z"),
            (4_107_542_400, "2100-03-01 00:00:00Z"),
            (4_133_980_799, "2100-12-31 23:59:59Z"),
        ] {
            assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(seconds)), shown);
        }
        assert_eq!(utc(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01 00:00:00Z");
    }

    #[test]
    fn every_day_of_400_years_has_its_successor() {
        let mut before = civil(0);
        for day in 1..=146_097 {
            let (year, month, of_month) = civil(day);
            let next_month = (before.0 + before.1 / 12, before.1 % 12 + 1, 1);
            let next_day = (before.0, before.1, before.2 + 1);
            assert!([next_day, next_month].contains(&(year, month, of_month)), "{day}");
            assert!(of_month > 28 || next_day == (year, month, of_month) || before.2 >= 28);
            before = (year, month, of_month);
        }
        assert_eq!(before, (2370, 1, 1));
    }

    #[test]
    fn only_regular_files_have_a_date() {
        assert_eq!(exists_since(Path::new("/dev/null")), None);
        assert_eq!(exists_since(Path::new("/no/such/file")), None);
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_modified(UNIX_EPOCH + Duration::from_secs(61)).unwrap();
        assert_eq!(exists_since(file.path()).as_deref(), Some("1970-01-01 00:01:01Z"));
    }
}
