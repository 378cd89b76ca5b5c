//! Scratch folders, the program under test, and seeded cases.
//!
//! Everything a test leaves behind lies in one [`Dir`], which goes when the test passes and stays
//! when it fails. Knows nothing of LDIF.

use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::rng::Rng;

/// A scratch folder of one test.
pub struct Dir {
    path: PathBuf,
}

impl Dir {
    /// A new, empty folder; its path is short enough for a socket.
    pub fn new() -> Dir {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ldifsync-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a scratch folder");
        Dir { path }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, bytes).expect("a scratch file");
        path
    }

    /// Reads a file that must be there.
    pub fn read(&self, name: &str) -> Vec<u8> {
        self.read_if_there(name).unwrap_or_else(|| panic!("no file {name} was written"))
    }

    /// Reads a file that may be missing.
    pub fn read_if_there(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.file(name)).ok()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("kept for a look: {}", self.path.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// A run of the program, to be described and started.
pub struct Cmd {
    command: Command,
    stdin: Vec<u8>,
}

/// What a run left.
pub struct Outcome {
    /// The exit status, -1 where a signal ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, as text.
    pub stderr: String,
}

impl Cmd {
    /// `ldifsync`, started in this folder.
    pub fn new(dir: &Dir) -> Cmd {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ldifsync"));
        command.current_dir(dir.path()).env("NO_COLOR", "1");
        Cmd { command, stdin: Vec::new() }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Cmd {
        self.command.args(args);
        self
    }

    /// What stands on standard input (nothing unless said).
    #[must_use]
    pub fn stdin(mut self, bytes: &[u8]) -> Cmd {
        self.stdin = bytes.to_vec();
        self
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Outcome {
        let pipes =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().expect("the program starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        let input = self.stdin;
        // A program that refuses early closes the pipe: that is its right.
        let writer = std::thread::spawn(move || {
            let _ = pipe.write_all(&input);
        });
        let output = child.wait_with_output().expect("the program ends");
        writer.join().expect("the writer ends");
        Outcome {
            status: output.status.code().unwrap_or(-1),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Outcome {
    /// Fails unless the exit status is this one.
    #[track_caller]
    pub fn expect(self, status: i32) -> Outcome {
        let Outcome { status: found, stderr, .. } = &self;
        assert!(*found == status, "exit {found}, expected {status}; standard error:\n{stderr}");
        self
    }
}

/// Runs `ldifsync` with these arguments in this folder.
pub fn run<'a>(dir: &Dir, args: impl IntoIterator<Item = &'a str>) -> Outcome {
    Cmd::new(dir).args(args).run()
}

/// Runs a line of shell in this folder, where `ldifsync` is the program under test.
pub fn shell(dir: &Dir, line: &str) -> Outcome {
    let program = Path::new(env!("CARGO_BIN_EXE_ldifsync"));
    let folder = program.parent().expect("a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(dir.path()).env("NO_COLOR", "1").env("PATH", path);
    Cmd { command, stdin: Vec::new() }.run()
}

/// Fails with the lines that differ unless both texts are the same.
#[track_caller]
pub fn assert_same_text(what: &str, expected: &str, found: &str) {
    assert!(expected == found, "{what}: `-` expected, `+` found\n{}", differing(expected, found));
}

/// The lines between the common beginning and the common end of two texts.
fn differing(expected: &str, found: &str) -> String {
    const SHOWN: usize = 60;
    let (a, b): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let mut text = format!("after {head} equal lines:\n");
    for (sign, lines) in [('-', &a[..a.len() - tail]), ('+', &b[..b.len() - tail])] {
        for line in lines.iter().take(SHOWN) {
            let _ = writeln!(text, "{sign} {line}");
        }
    }
    text
}

/// How many random cases a test runs: `LDIFSYNC_TEST_CASES`, 60 unless set.
pub fn cases() -> u64 {
    std::env::var("LDIFSYNC_TEST_CASES").map_or(60, |n| n.parse().expect("a number of cases"))
}

/// Runs `case` for the seeds 1 to `count`, or for `LDIFSYNC_TEST_SEED` alone.
///
/// A failure names its seed, and the scratch folders of the case stay.
pub fn for_seeds(name: &str, count: u64, case: impl Fn(u64, &mut Rng)) {
    let only = std::env::var("LDIFSYNC_TEST_SEED").ok().map(|n| n.parse().expect("a seed"));
    let seeds = only.map_or(1..=count, |seed| seed..=seed);
    for seed in seeds {
        let run = AssertUnwindSafe(|| case(seed, &mut Rng::new(seed)));
        if let Err(panic) = catch_unwind(run) {
            eprintln!("{name}: seed {seed} failed; again: LDIFSYNC_TEST_SEED={seed}");
            resume_unwind(panic);
        }
    }
}
