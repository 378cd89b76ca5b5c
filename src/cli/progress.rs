//! The bar on standard error: how much is worked on, how fast, how long still.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::args::When;

/// How often a second a line is printed where there is no terminal.
const LINES_A_SECOND: u8 = 1;

/// A bar for these inputs; one that shows nothing unless it is asked for, or on a terminal.
pub(super) fn bar<'p>(when: When, inputs: impl IntoIterator<Item = &'p Path>) -> ProgressBar {
    let terminal = io::stderr().is_terminal();
    let target = match when {
        When::Never => return ProgressBar::hidden(),
        When::Auto if !terminal => return ProgressBar::hidden(),
        When::Always if !terminal => {
            ProgressDrawTarget::term_like_with_hz(Box::new(Lines), LINES_A_SECOND)
        }
        When::Auto | When::Always => ProgressDrawTarget::stderr(),
    };
    let total = inputs.into_iter().map(size).sum::<Option<u64>>();
    let bar = ProgressBar::with_draw_target(total, target);
    let template = match total {
        Some(_) => {
            "{binary_bytes} of {binary_total_bytes} [{bar:30}] {binary_bytes_per_sec}, {eta} left"
        }
        None => "{binary_bytes}, {binary_bytes_per_sec}",
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

/// How many bytes of text an input has, where that is known before it is read.
fn size(path: &Path) -> Option<u64> {
    let compressed = path.extension().is_some_and(|e| e == "zst" || e == "gz");
    let metadata = path.metadata().ok().filter(|m| m.is_file() && !compressed)?;
    Some(metadata.len())
}

/// Standard error that is no terminal: a line for each look at the bar, nothing moved or cleared.
#[derive(Debug)]
struct Lines;

impl TermLike for Lines {
    fn width(&self) -> u16 {
        100
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        match text.trim() {
            "" => Ok(()),
            text => writeln!(io::stderr(), "ldifsync: {text}"),
        }
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
