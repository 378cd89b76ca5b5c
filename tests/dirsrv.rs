//! A real 389 Directory Server for all tests of one run: one without plugins, one with referential
//! integrity and MemberOf.
//!
//! It is set up from the template of its own package, without `dscreate`, which wants systemd, and
//! listens on a socket in its scratch folder only. It holds what the last test left; each begins by
//! loading its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::daemon::{self, Daemon};
use crate::ldif::{self, Change, Kind, Modification, Operation};
use crate::rules::{self, Rule};
use crate::slapd::{SUFFIX, done, is_left_out, program};
use crate::tree::Tree;
use crate::util::Dir;

const ADMIN: &str = "cn=Directory Manager";
const PASSWORD: &str = "secret";
const TEMPLATE: &str = "/usr/share/dirsrv/data/template-dse.ldif";

/// Folders that the template names, each by the word for it.
const FOLDERS: &[&str] = &["schema", "lock", "tmp", "cert", "ldif", "bak", "run", "inst", "log"];

/// Plugins that are off in the template.
const PLUGINS: &[&str] = &["referential integrity postoperation", "MemberOf Plugin"];

const BACKEND: &str = "dn: cn=userroot,cn=ldbm database,cn=plugins,cn=config\n\
    objectClass: top\nobjectClass: extensibleObject\nobjectClass: nsBackendInstance\n\
    cn: userroot\nnsslapd-suffix: dc=example,dc=com\n\n\
    dn: cn=\"dc=example,dc=com\",cn=mapping tree,cn=config\n\
    objectClass: top\nobjectClass: extensibleObject\nobjectClass: nsMappingTree\n\
    cn: \"dc=example,dc=com\"\nnsslapd-state: backend\nnsslapd-backend: userroot\n\n";

/// What works beside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugins {
    /// What is on by default.
    Default,
    /// Referential integrity and MemberOf too.
    References,
}

/// Whether 389 Directory Server can be tested here; as with `slapd`.
pub fn available(test: &str) -> bool {
    let tools = ["ns-slapd", "ldapmodify", "ldapsearch"];
    !is_left_out(test, tools.into_iter().find(|name| program(name).is_none()))
}

/// A server with its data.
pub struct Server {
    folder: PathBuf,
    _daemon: Daemon,
}

/// The server of this kind, for this test alone as long as it holds it.
pub fn server(plugins: Plugins) -> MutexGuard<'static, Server> {
    static DEFAULT: OnceLock<Mutex<Server>> = OnceLock::new();
    static REFERENCES: OnceLock<Mutex<Server>> = OnceLock::new();
    let cell = match plugins {
        Plugins::Default => &DEFAULT,
        Plugins::References => &REFERENCES,
    };
    let server = cell.get_or_init(|| Mutex::new(Server::start(plugins)));
    // A test that failed leaves data, which the next one takes away as it would any.
    server.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    fn start(plugins: Plugins) -> Server {
        // Its guard takes the folder away, not this process.
        let folder = std::mem::ManuallyDrop::new(Dir::new()).path().to_owned();
        prepare(&folder, plugins).expect("the files of 389 Directory Server");
        let program = program("ns-slapd").expect("389 Directory Server is installed");
        let at = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let arguments = ["-D", &at(""), "-i", &at("run/pid"), "-d", "0"];
        let server = Server { _daemon: Daemon::start(&folder, &program, arguments), folder };
        let deadline = Instant::now() + Duration::from_secs(60);
        while server.search("", &["-s", "base", "vendorVersion"]).is_err() {
            assert!(Instant::now() < deadline, "ns-slapd: {}", daemon::log(&server.folder));
            std::thread::sleep(Duration::from_millis(20));
        }
        server.modify(&["-a"], BACKEND.as_bytes()).expect("a database");
        server
    }

    fn client(&self, name: &str) -> Command {
        let socket = self.folder.join("socket").to_string_lossy().replace('/', "%2F");
        let mut client = Command::new(program(name).expect("an LDAP client is installed"));
        client.args(["-x", "-H", &format!("ldapi://{socket}"), "-D", ADMIN, "-w", PASSWORD]);
        client
    }

    fn search(&self, base: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let mut client = self.client("ldapsearch");
        let output = client.args(["-LLL", "-b", base]).args(arguments).output();
        let output = output.expect("ldapsearch runs");
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout.clone()) } else { Err(said()) }
    }

    fn modify(&self, options: &[&str], ldif: &[u8]) -> Result<(), String> {
        let file = self.folder.join("apply.ldif");
        std::fs::write(&file, ldif).expect("a scratch file");
        done(self.client("ldapmodify").args(options).arg("-f").arg(file))
    }

    /// Applies change LDIF as an administrator would: `ldapmodify`, up to the first error.
    pub fn apply(&self, change: &[u8]) -> Result<(), String> {
        self.modify(&[], change)
    }

    /// Takes everything away and loads this tree.
    ///
    /// References come last: MemberOf looks for the member when the group changes, and never again.
    pub fn hold(&self, tree: &Tree) {
        self.empty();
        let mut bare = tree.without_server_attributes();
        let references = split_references(&mut bare, Operation::Add);
        self.modify(&["-a"], &ldif::write(&bare)).expect("the server takes the entries");
        self.apply(&ldif::write_changes(&references)).expect("the server takes the references");
    }

    /// Deletes all entries, children first and without references.
    ///
    /// Where a parent refers to a child that goes, 389's referential integrity and the delete write
    /// the parent at once, and it counts the child for ever.
    fn empty(&self) {
        let Ok(text) = self.search(SUFFIX, &["*"]) else { return };
        let mut tree = ldif::read_content(&text);
        let mut changes = split_references(&mut tree, Operation::Delete);
        let gone = |dn: Vec<u8>| Change { dn, kind: Kind::Delete };
        changes.extend(tree.entries.values().rev().map(|entry| gone(entry.name.print())));
        self.apply(&ldif::write_changes(&changes)).expect("an empty server");
    }

    /// Has MemberOf write `memberOf` anew for all entries, and waits for the end of it: the server then
    /// takes the task away.
    pub fn make_member_of(&self) {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let task = format!("cn=anew {number},cn=memberOf task,cn=tasks,cn=config");
        let add = format!(
            "dn: {task}\nchangetype: add\nobjectClass: extensibleObject\ncn: anew {number}\n\
             basedn: {SUFFIX}\nfilter: (objectClass=*)\nttl: 1\n\n"
        );
        self.apply(add.as_bytes()).expect("the server takes the task");
        let deadline = Instant::now() + Duration::from_secs(30);
        let is_done = || match self.search(&task, &["-s", "base", "nsTaskExitCode"]) {
            Ok(text) => String::from_utf8_lossy(&text).to_lowercase().contains("nstaskexitcode: 0"),
            Err(_) => true,
        };
        while !is_done() {
            assert!(Instant::now() < deadline, "memberOf is not made anew");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All it holds, with what is operational, as `ldapsearch` writes it.
    pub fn export(&self) -> Vec<u8> {
        self.search(SUFFIX, &["*", "+", "aci"]).expect("the server is asked")
    }

    /// Its people alone, with these attributes.
    pub fn people(&self, attributes: &[&str]) -> Vec<u8> {
        let arguments = [&["(objectClass=person)"], attributes].concat();
        self.search(SUFFIX, &arguments).expect("the server is asked")
    }

    /// All it holds, as `db2ldif` writes it.
    pub fn dump(&self) -> Vec<u8> {
        let (config, out) = (&self.folder, self.folder.join("ldif/dump.ldif"));
        let mut db2ldif = Command::new(program("ns-slapd").expect("it is running"));
        db2ldif.arg("db2ldif").arg("-D").arg(config).args(["-n", "userroot", "-a"]).arg(&out);
        done(&mut db2ldif).expect("db2ldif");
        std::fs::read(out).expect("db2ldif writes a file")
    }
}

/// Writes the configuration and what it needs.
fn prepare(folder: &Path, plugins: Plugins) -> std::io::Result<()> {
    for name in FOLDERS.iter().chain(&["db"]) {
        std::fs::create_dir(folder.join(name))?;
    }
    copy_all("/etc/dirsrv/schema", &folder.join("schema"))?;
    copy_all("/etc/dirsrv/config", folder)?;
    let template = std::fs::read_to_string(TEMPLATE)?;
    let text = configuration(&template, &folder.to_string_lossy(), plugins);
    std::fs::write(folder.join("dse.ldif"), text)
}

fn copy_all(from: &str, to: &Path) -> std::io::Result<()> {
    for file in std::fs::read_dir(from)? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

/// The template of the package with everything below one folder.
fn configuration(template: &str, folder: &str, plugins: Plugins) -> String {
    let user = Command::new("id").arg("-un").output().expect("id runs").stdout;
    let user = String::from_utf8_lossy(&user).trim().to_owned();
    let mut text = template.to_owned();
    for name in FOLDERS {
        text = text.replace(&format!("%{name}_dir%"), &format!("{folder}/{name}"));
    }
    let socket = format!("{folder}/socket");
    let db = format!("{folder}/db");
    for (word, value) in [
        ("%config_dir%", folder),
        ("%db_dir%", &db),
        ("%db_home_dir%", &db),
        ("%db_lib%", "bdb"),
        ("%fqdn%", "localhost"),
        ("%ds_port%", "0"),
        ("%ds_user%", &user),
        ("%ds_suffix%", SUFFIX),
        ("%rootdn%", ADMIN),
        ("%ds_passwd%", "{CLEAR}secret"),
        ("%ldapi_enabled%", "on"),
        ("%ldapi%", &socket),
        ("%ldapi_autobind%", "off"),
    ] {
        text = text.replace(word, value);
    }
    text = text.replacen("cn: config\n", "cn: config\nnsslapd-return-original-entrydn: off\n", 1);
    for plugin in PLUGINS.iter().filter(|_| plugins == Plugins::References) {
        text = switch_on(&text, plugin);
    }
    text
}

fn switch_on(text: &str, plugin: &str) -> String {
    let entries = text.split("\n\n").map(|entry| {
        let is_it = entry.starts_with(&format!("dn: cn={plugin},"));
        let off = "nsslapd-pluginenabled: off";
        assert!(!is_it || entry.to_lowercase().contains(off), "{plugin} has no switch: {entry}");
        if is_it { entry.replace("nabled: off", "nabled: on") } else { entry.to_owned() }
    });
    entries.collect::<Vec<_>>().join("\n\n")
}

/// Takes all references out of a tree; what does this, or the reverse, on a server.
fn split_references(tree: &mut Tree, operation: Operation) -> Vec<Change> {
    let mut changes = Vec::new();
    for entry in tree.entries.values_mut() {
        let (references, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut entry.attributes)
                .into_iter()
                .partition(|(name, _)| rules::rule(name) == Rule::Name);
        entry.attributes = rest;
        let one = |(attribute, values)| Modification { operation, attribute, values };
        let all: Vec<_> = references.into_iter().map(one).collect();
        if !all.is_empty() {
            changes.push(Change { dn: entry.name.print(), kind: Kind::Modify(all) });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &[u8] =
        b"dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
        dc: example\no: Example\n\ndn: cn=a,dc=example,dc=com\nobjectClass: inetOrgPerson\n\
        cn: a\nsn: a\n\ndn: cn=g,dc=example,dc=com\nobjectClass: groupOfNames\ncn: g\n\
        member: cn=a,dc=example,dc=com\n\n";

    /// What the proofs rely on: the plugins do their work here, and nothing is left of a test.
    #[test]
    fn a_server_takes_content_and_changes() {
        if !available("389 Directory Server") {
            return;
        }
        let rename = b"dn: cn=a,dc=example,dc=com\nchangetype: modrdn\nnewrdn: cn=b\n\
            deleteoldrdn: 1\n\n";
        for (plugins, member) in [(Plugins::Default, "cn=a"), (Plugins::References, "cn=b")] {
            let server = server(plugins);
            let tree = ldif::read_content(TREE);
            server.hold(&tree);
            server.hold(&tree);
            let has = |text: &[u8], wanted: &str| {
                let text = String::from_utf8_lossy(text).into_owned();
                assert!(text.contains(wanted), "{wanted}: {text}");
            };
            server.apply(rename).expect("a rename");
            for text in [server.export(), server.dump()] {
                has(&text, &format!("member: {member},dc=example,dc=com"));
                has(&text, "dn: cn=b,dc=example,dc=com");
                if plugins == Plugins::References {
                    has(&text, "memberOf: cn=g,dc=example,dc=com");
                }
            }
        }
    }
}
