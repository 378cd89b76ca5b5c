//! A server that all tests of one run share, and that ends with the run.
//!
//! What is `static` is never dropped, and a run may be killed, all of its group with it: so a shell that
//! heeds no signal waits for the end of a pipe that this process holds, then ends the server and takes
//! its folder away.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Starts the server in a group of its own, so that all of it can be ended, and waits for our end.
const GUARD: &str = r#"
    trap '' INT TERM HUP
    folder=$1; shift
    setsid "$@" </dev/null >"$folder/daemon.log" 2>&1 &
    read -r _
    kill -s KILL -- -$! 2>/dev/null
    wait 2>/dev/null
    rm -rf "$folder"
"#;

/// A running server.
pub struct Daemon {
    /// The pipe in it is what the guard waits for.
    guard: Child,
}

impl Daemon {
    /// Starts a server that stays in the foreground; what it says goes to `daemon.log` in its folder.
    pub fn start<'a>(
        folder: &Path,
        program: &Path,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Daemon {
        let mut shell = Command::new("sh");
        shell.args(["-c", GUARD, "guard"]).arg(folder).arg(program).args(arguments);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Daemon { guard: shell.spawn().expect("a shell starts") }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// What the server in this folder had to say.
pub fn log(folder: &Path) -> String {
    let text = std::fs::read(folder.join("daemon.log")).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}
