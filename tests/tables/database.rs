//! A real database for one test: started in a scratch folder, ended with its guard.
//!
//! Servers listen on a socket in that folder only. Texts go in and come out as hexadecimal digits, so
//! that no client and no rule of quoting stands between a test and what the database holds.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::slapd::{available_tool, program};
use crate::util::Dir;

/// A row: NULL or the bytes of a text.
pub type Row = Vec<Option<Vec<u8>>>;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Mariadb,
    Sqlite,
}

/// A database that is up until the guard goes.
pub struct Database {
    pub engine: Engine,
    dir: Dir,
    process: Option<Child>,
}

/// What a client said.
pub struct Said {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Engine {
    /// What `--dialect` calls it.
    pub fn dialect(self) -> &'static str {
        match self {
            Engine::Postgres => "postgres",
            Engine::Mariadb => "mariadb",
            Engine::Sqlite => "sqlite",
        }
    }

    /// A text as this database reads it from digits.
    fn text(self, value: &[u8]) -> String {
        let digits = value.iter().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02X}");
            digits
        });
        match self {
            Engine::Postgres => format!("convert_from('\\x{digits}'::bytea, 'UTF8')"),
            Engine::Mariadb => format!("_utf8mb4 X'{digits}'"),
            Engine::Sqlite => format!("CAST(X'{digits}' AS TEXT)"),
        }
    }

    /// A column's value in digits.
    fn digits(self, column: &str) -> String {
        match self {
            Engine::Postgres => {
                format!("coalesce(encode(convert_to(\"{column}\"::text, 'UTF8'), 'hex'), 'NULL')")
            }
            Engine::Mariadb => format!("coalesce(hex(convert(`{column}` using utf8mb4)), 'NULL')"),
            Engine::Sqlite => {
                format!("CASE WHEN \"{column}\" IS NULL THEN 'NULL' ELSE hex(\"{column}\") END")
            }
        }
    }

    /// A name, quoted.
    pub fn name(self, name: &str) -> String {
        match self {
            Engine::Mariadb => format!("`{name}`"),
            Engine::Postgres | Engine::Sqlite => format!("\"{name}\""),
        }
    }
}

impl Database {
    /// One that is empty; `None` where it is not installed, which [`available_tool`] says.
    pub fn start(engine: Engine) -> Option<Database> {
        let dir = Dir::new();
        let process = match engine {
            Engine::Sqlite => available_tool("sqlite3").then_some(None)?,
            Engine::Postgres => Some(start_postgres(dir.path())?),
            Engine::Mariadb => Some(start_mariadb(dir.path())?),
        };
        let database = Database { engine, dir, process };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !database.answers() {
            assert!(Instant::now() < deadline, "{engine:?} does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        if engine == Engine::Mariadb {
            let made = database.run("CREATE DATABASE test CHARACTER SET utf8mb4", &["mysql"]);
            assert!(made.ok, "{}", made.err);
        }
        Some(database)
    }

    fn answers(&self) -> bool {
        let database: &[&str] = match self.engine {
            Engine::Mariadb => &["mysql"],
            Engine::Postgres => &["postgres"],
            Engine::Sqlite => &[],
        };
        self.run("SELECT 1;", database).ok
    }

    /// Runs a script with the client, as the head of a script says.
    pub fn script(&self, text: &str) -> Said {
        match self.engine {
            Engine::Mariadb => self.run(text, &["test"]),
            Engine::Postgres => self.run(text, &["postgres"]),
            Engine::Sqlite => self.run(text, &[]),
        }
    }

    /// The same, with a client that goes on behind an error: it is told to, or the script's own word
    /// against it is taken out.
    pub fn forced(&self, text: &str) -> Said {
        match self.engine {
            Engine::Mariadb => self.run(text, &["--force", "test"]),
            Engine::Postgres => self.script(&text.replace("\\set ON_ERROR_STOP on\n", "")),
            Engine::Sqlite => self.script(&text.replace(".bail on\n", "")),
        }
    }

    /// A program of the database, told where the database is.
    fn program(&self, name: &str) -> Command {
        let path = self.dir.path();
        let mut program = Command::new(name);
        match self.engine {
            Engine::Sqlite => program.arg(path.join("test.db")),
            Engine::Postgres => program.args(["-U", "postgres", "-h"]).arg(path),
            Engine::Mariadb => {
                program.args(["--no-defaults", "--default-character-set=utf8mb4", "-uroot"]);
                program.arg(format!("--socket={}", path.join("socket").display()))
            }
        };
        program
    }

    /// What the database's own program writes of a table; `how` are its options, of `SQLite` the
    /// commands to its shell.
    pub fn dump(&self, table: &str, how: &[&str]) -> Vec<u8> {
        let mut dump = match self.engine {
            Engine::Sqlite => self.program("sqlite3"),
            Engine::Postgres => self.program("pg_dump"),
            Engine::Mariadb => self.program("mariadb-dump"),
        };
        dump.args(how);
        match self.engine {
            Engine::Sqlite => &mut dump,
            Engine::Postgres => dump.args(["-t", &self.engine.name(table), "postgres"]),
            Engine::Mariadb => dump.args(["test", table]),
        };
        let output = dump.output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{how:?}: {said}");
        output.stdout
    }

    /// What the database's own program writes of all tables.
    pub fn whole(&self) -> Vec<u8> {
        let (mut dump, more) = match self.engine {
            Engine::Sqlite => (self.program("sqlite3"), ".dump"),
            Engine::Postgres => (self.program("pg_dump"), "postgres"),
            Engine::Mariadb => (self.program("mariadb-dump"), "test"),
        };
        let output = dump.arg(more).output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn run(&self, text: &str, more: &[&str]) -> Said {
        let mut client = match self.engine {
            Engine::Sqlite => self.program("sqlite3"),
            Engine::Postgres => self.program("psql"),
            Engine::Mariadb => self.program("mariadb"),
        };
        client.args(match self.engine {
            Engine::Sqlite => &[][..],
            Engine::Postgres => &["-X", "-q", "-A", "-t"],
            Engine::Mariadb => &["-N", "-B"],
        });
        client.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = client.spawn().expect("the client starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        let input = text.to_owned();
        // A client that stops early closes the pipe: that is its right.
        let writer = std::thread::spawn(move || {
            let _ = pipe.write_all(input.as_bytes());
        });
        let output = child.wait_with_output().expect("the client ends");
        writer.join().expect("the writer ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { ok: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Makes a table with these rows in place of the one there was.
    pub fn load(&self, table: &str, definition: &str, columns: &[&str], rows: &[Row]) {
        let name = self.engine.name(table);
        let mut script =
            format!("DROP TABLE IF EXISTS {name};\nCREATE TABLE {name} ({definition});\n");
        let names: Vec<String> = columns.iter().map(|c| self.engine.name(c)).collect();
        for row in rows {
            let value = |cell: &Option<Vec<u8>>| match cell {
                None => "NULL".to_owned(),
                Some(value) => self.engine.text(value),
            };
            let values: Vec<String> = row.iter().map(value).collect();
            let _ = writeln!(
                script,
                "INSERT INTO {name} ({}) VALUES ({});",
                names.join(","),
                values.join(",")
            );
        }
        self.prepare(&script);
    }

    /// Runs statements that do not fail.
    #[track_caller]
    pub fn prepare(&self, script: &str) {
        let said = match self.engine {
            Engine::Postgres => {
                let quiet = "\\set ON_ERROR_STOP on\nSET client_min_messages = warning;\n";
                self.script(&[quiet, script].concat())
            }
            Engine::Mariadb | Engine::Sqlite => self.script(script),
        };
        assert!(said.ok && said.err.is_empty(), "{}\n{script}", said.err);
    }

    /// What the database's own tool writes of its tables, but for their rows; `None` where there is no
    /// such tool.
    pub fn definitions(&self) -> Option<String> {
        let path = self.dir.path().display();
        let (name, args) = match self.engine {
            Engine::Postgres => ("pg_dump", format!("-s -U postgres -h {path} postgres")),
            Engine::Mariadb => (
                "mariadb-dump",
                format!("--no-defaults --no-data -uroot --socket={path}/socket test"),
            ),
            Engine::Sqlite => ("sqlite3", format!("{path}/test.db .dump")),
        };
        let mut tool = available_tool(name).then(|| Command::new(name))?;
        let output = tool.args(args.split(' ')).output().expect("the tool runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8(output.stdout).expect("definitions are text"))
    }

    /// The rows of a table, in an order of their own.
    pub fn rows(&self, table: &str, columns: &[&str]) -> Vec<Row> {
        let digits: Vec<String> = columns.iter().map(|c| self.engine.digits(c)).collect();
        let glue = match self.engine {
            Engine::Postgres | Engine::Sqlite => digits.join(" || ',' || "),
            Engine::Mariadb => format!("concat_ws(',', {})", digits.join(", ")),
        };
        let said = self.script(&format!("SELECT {glue} FROM {};", self.engine.name(table)));
        assert!(said.ok, "{}", said.err);
        let value = |digits: &str| match digits {
            "NULL" => None,
            digits => Some(bytes_of(digits)),
        };
        let mut rows: Vec<Row> =
            said.out.lines().map(|line| line.split(',').map(value).collect()).collect();
        rows.sort_unstable();
        rows
    }
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("digits");
        u8::from_str_radix(pair, 16).expect("two digits")
    };
    digits.as_bytes().chunks(2).map(byte).collect()
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let id = process.id().to_string();
            // An orderly end that waits for no client: no shared memory is left behind.
            let signal = if self.engine == Engine::Postgres { "-INT" } else { "-TERM" };
            let _ = Command::new("kill").args([signal, &id]).status();
            let _ = process.wait();
        }
    }
}

/// Where a program of PostgreSQL's server is: not on the path on Debian.
fn postgres_program(name: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin").join(name)))
        .filter(|file| file.is_file())
        .collect();
    found.sort();
    found.pop().or_else(|| program(name))
}

/// A command that does not run as root, which no database server does.
fn unprivileged(program: &Path, user: &str) -> Command {
    let id = Command::new("id").arg("-u").output().expect("id runs").stdout;
    if id.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--clear-groups");
    command.arg(program);
    command
}

/// Gives a folder to the user a server runs as.
fn give(folder: &Path, user: &str) {
    let id = Command::new("id").arg("-u").output().expect("id runs").stdout;
    if id.trim_ascii() == b"0" {
        let done = Command::new("chown").arg(user).arg(folder).status().expect("chown runs");
        assert!(done.success(), "chown {user}");
    }
}

fn start_postgres(folder: &Path) -> Option<Child> {
    let found = postgres_program("initdb").zip(postgres_program("postgres"));
    if !available_tool("psql") || (found.is_none() && !available_tool("initdb")) {
        return None;
    }
    let (initdb, postgres) = found?;
    give(folder, "postgres");
    let data = folder.join("data");
    let mut made = unprivileged(&initdb, "postgres");
    made.args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]);
    let made = made.arg(&data).current_dir(folder).output().expect("initdb runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut server = unprivileged(&postgres, "postgres");
    server.arg("-D").arg(&data).arg("-k").arg(folder).args(["-c", "listen_addresses="]);
    server.args(["-c", "fsync=off"]).current_dir(folder);
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Some(server.spawn().expect("postgres starts"))
}

fn start_mariadb(folder: &Path) -> Option<Child> {
    let is_there = ["mariadb", "mariadbd", "mariadb-install-db"].into_iter().all(available_tool);
    let server = program("mariadbd").filter(|_| is_there)?;
    give(folder, "mysql");
    let data = format!("--datadir={}", folder.join("data").display());
    let user = Command::new("id").arg("-un").output().expect("id runs").stdout;
    let user = match user.trim_ascii() {
        b"root" => "mysql".to_owned(),
        other => String::from_utf8_lossy(other).into_owned(),
    };
    let user = format!("--user={user}");
    // A folder of its own: in the one that all share, a server that starts clears away what others
    // have there, and ends where one of them was quicker.
    let mut made = Command::new(program("mariadb-install-db")?);
    made.env("TMPDIR", folder);
    made.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    let made = made.args([&user, &data]).output().expect("mariadb-install-db runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut command = Command::new(server);
    command.env("TMPDIR", folder);
    command.args(["--no-defaults", "--skip-networking", &user, &data]);
    command.arg(format!("--socket={}", folder.join("socket").display()));
    command.arg(format!("--pid-file={}", folder.join("pid").display()));
    command.args(["--innodb-flush-log-at-trx-commit=0"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Some(command.spawn().expect("mariadbd starts"))
}
