//! What happens when somebody ends the program before it is done: no half of an output stays.

use std::fs;
use std::io;
use std::thread;

use ldifsync::output::remove_unfinished;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// From here on a signal that ends the program removes its temporary files first; the program then
/// ends by that signal, as whoever started it expects.
///
/// What is ignored stays so: `nohup` and shells that start something in the background ask for it.
pub(super) fn watch() -> io::Result<()> {
    let ignored = ignored();
    let watched = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter();
    let mut signals = Signals::new(watched.filter(|signal| ignored & bit(*signal) == 0))?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            remove_unfinished();
            // It does not come back where there is something to end.
            let _ = emulate_default_handler(signal);
        }
    };
    thread::Builder::new().spawn(wait).map(drop)
}

/// The signals that are ignored, a bit each, where the system tells.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}
