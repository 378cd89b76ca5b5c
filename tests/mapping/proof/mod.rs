//! The mappings that the guide goes through, each against real servers: the change is taken, a second diff
//! is empty, and the undo restores.

mod accounts;
mod phones;
mod windows;

use crate::samples::copy_of_samples;
use crate::tables::database::Database;
use crate::util::{Dir, run};

/// The samples, and what is in a folder of them.
struct Sample {
    dir: Dir,
    folder: &'static str,
}

impl Sample {
    fn new(folder: &'static str) -> Sample {
        Sample { dir: copy_of_samples(), folder }
    }

    /// Where a file of the folder is.
    fn path(&self, name: &str) -> String {
        self.dir.path().join("samples").join(self.folder).join(name).display().to_string()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a text of the sample")
    }

    /// Has OLD follow NEW; what comes of it is in these two files.
    #[track_caller]
    fn diff(&self, old: &str, new: &str, mapping: &str, files: [&str; 2], status: i32) -> String {
        let [change, undo] = files;
        let args = ["diff", old, new, "--mapping", mapping, "-q", "-o", change, "--undo", undo];
        run(&self.dir, args).expect(status).stderr
    }

    /// Runs a script that was written.
    #[track_caller]
    fn run_script(&self, database: &Database, name: &str) {
        let script = String::from_utf8(self.dir.read(name)).expect("a script is text");
        let said = database.script(&script);
        assert!(said.ok, "{name}: {}", said.err);
    }
}

/// The rows of a table in words, a line each.
fn shown(database: &Database, table: &str, columns: &[&str]) -> Vec<String> {
    let word = |cell: &Option<Vec<u8>>| {
        cell.as_deref().map_or("-".into(), |cell| String::from_utf8_lossy(cell).into_owned())
    };
    let rows = database.rows(table, columns);
    rows.iter().map(|row| row.iter().map(word).collect::<Vec<_>>().join(" ")).collect()
}
