//! A real Active Directory for all tests of one run: Samba, provisioned once.
//!
//! It is asked over LDAP, on a socket in its scratch folder only, or its database is copied and changed
//! offline with `ldbmodify`. Holding it is having it alone: over LDAP it holds what the last test left.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::daemon::{self, Daemon};
use crate::ldif::{self, Change, Kind};
use crate::slapd::{done, is_left_out, program};
use crate::tree::Key;
use crate::util::Dir;

/// The suffix of the domain.
pub const SUFFIX: &str = "DC=corp,DC=test";
const ADMIN: &str = "administrator@corp.test";
const PASSWORD: &str = "Passw0rd.Passw0rd";

/// A filter that every entry passes.
const ALL: &str = "(objectClass=*)";

/// What of the database an offline copy needs.
const DATABASE: &[&str] = &["sam.ldb", "sam.ldb.d", "encrypted_secrets.key", "secrets.ldb"];

/// Whether Samba can be tested here; as with `slapd`.
pub fn available(test: &str) -> bool {
    let tools = ["samba", "samba-tool", "ldbmodify", "ldbsearch", "ldapmodify", "ldapsearch"];
    !is_left_out(test, tools.into_iter().find(|name| program(name).is_none()))
}

/// A domain to be changed.
pub trait Domain {
    /// Applies a change, up to the first error.
    fn apply(&self, change: &[u8]) -> Result<(), String>;
    /// All it holds, as its own tool writes it.
    fn export(&self) -> Vec<u8>;
}

/// A domain controller, asked over LDAP.
pub struct Controller {
    folder: PathBuf,
    _daemon: Daemon,
}

/// The controller, for this test alone as long as it holds it.
pub fn controller() -> MutexGuard<'static, Controller> {
    static ONE: OnceLock<Mutex<Controller>> = OnceLock::new();
    let one = ONE.get_or_init(|| Mutex::new(Controller::start()));
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Controller {
    fn start() -> Controller {
        // Its guard takes the folder away, not this process.
        let folder = std::mem::ManuallyDrop::new(Dir::new()).path().to_owned();
        provision(&folder);
        copy(&folder.join("ad/private"), &folder.join("pristine"), DATABASE);
        let at = |name: &str| folder.join(name).to_string_lossy().into_owned();
        // Without a network interface it listens on its socket alone.
        let options = [
            "server services=ldap".to_owned(),
            "ldap server require strong auth=no".to_owned(),
            "tls enabled=no".to_owned(),
            "interfaces=none".to_owned(),
            "bind interfaces only=yes".to_owned(),
            format!("pid directory={}", at("ad")),
            format!("log file={}", at("ad/log")),
        ];
        let options: Vec<String> = options.iter().map(|o| format!("--option={o}")).collect();
        let config = at("ad/etc/smb.conf");
        let first = ["-i", "-M", "single", "--debug-stdout", "-s", &config];
        let arguments = first.into_iter().chain(options.iter().map(String::as_str));
        let program = program("samba").expect("Samba is installed");
        let daemon = Daemon::start(&folder, &program, arguments);
        let controller = Controller { folder, _daemon: daemon };
        let deadline = Instant::now() + Duration::from_secs(60);
        while controller.search("base", ALL).is_err() {
            assert!(Instant::now() < deadline, "samba: {}", daemon::log(&controller.folder));
            std::thread::sleep(Duration::from_millis(50));
        }
        controller
    }

    fn client(&self, name: &str) -> Command {
        let socket = self.folder.join("ad/private/ldapi").to_string_lossy().replace('/', "%2F");
        let mut client = Command::new(program(name).expect("an LDAP client is installed"));
        client.args(["-x", "-H", &format!("ldapi://{socket}"), "-D", ADMIN, "-w", PASSWORD]);
        client
    }

    fn search(&self, scope: &str, filter: &str) -> Result<Vec<u8>, String> {
        let mut client = self.client("ldapsearch");
        client.args(["-LLL", "-b", SUFFIX, "-E", "pr=500/noprompt", "-s", scope, filter]);
        let output = client.output().expect("ldapsearch runs");
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout.clone()) } else { Err(said()) }
    }

    /// Its people alone.
    pub fn people(&self) -> Vec<u8> {
        self.search("sub", "(objectClass=person)").expect("the controller is asked")
    }

    /// A copy of the domain as it was when it was new, without a server.
    pub fn copy(&self) -> Copy {
        let dir = Dir::new();
        copy(&self.folder.join("pristine"), dir.path(), DATABASE);
        Copy { dir }
    }

    /// A copy of the domain as it is.
    pub fn copy_now(&self) -> Copy {
        let dir = Dir::new();
        copy(&self.folder.join("ad/private"), dir.path(), DATABASE);
        Copy { dir }
    }

    /// Deletes, children first, all entries but these.
    pub fn empty(&self, but: impl Fn(&Key) -> bool) {
        let tree = ldif::read_content(&self.export());
        let gone = tree.entries.iter().filter(|(key, _)| !but(key)).rev();
        let delete = |dn: Vec<u8>| Change { dn, kind: Kind::Delete };
        let deletes: Vec<_> = gone.map(|(_, entry)| delete(entry.name.print())).collect();
        self.apply(&ldif::write_changes(&deletes)).expect("an empty domain");
    }
}

impl Domain for Controller {
    fn apply(&self, change: &[u8]) -> Result<(), String> {
        let file = self.folder.join("apply.ldif");
        std::fs::write(&file, change).expect("a scratch file");
        done(self.client("ldapmodify").arg("-f").arg(file))
    }

    fn export(&self) -> Vec<u8> {
        self.search("sub", ALL).expect("the controller is asked")
    }
}

/// A domain without a server.
pub struct Copy {
    dir: Dir,
}

impl Domain for Copy {
    /// As GUIDE says: without the line `version:`, which `ldbmodify` takes for an attribute.
    fn apply(&self, change: &[u8]) -> Result<(), String> {
        let change = change.strip_prefix(b"version: 1\n").unwrap_or(change);
        let file = self.dir.write("apply.ldif", change);
        done(self.tool("ldbmodify").arg(file))
    }

    fn export(&self) -> Vec<u8> {
        let output = self.tool("ldbsearch").args(["-b", SUFFIX]).output().expect("ldbsearch runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}

impl Copy {
    /// A copy of it as it is.
    pub fn again(&self) -> Copy {
        let dir = Dir::new();
        copy(self.dir.path(), dir.path(), DATABASE);
        Copy { dir }
    }

    fn tool(&self, name: &str) -> Command {
        let mut tool = Command::new(program(name).expect("the tools of ldb are installed"));
        tool.arg("-H").arg(self.dir.file("sam.ldb"));
        tool
    }
}

/// Makes a new domain below a folder.
fn provision(folder: &Path) {
    let mut tool = Command::new(program("samba-tool").expect("Samba is installed"));
    tool.args(["domain", "provision", "--realm=CORP.TEST", "--domain=CORP", "--server-role=dc"]);
    tool.args(["--use-rfc2307", "--dns-backend=NONE", "--option=interfaces=lo"]);
    tool.args(["--option=bind interfaces only=yes", &format!("--adminpass={PASSWORD}")]);
    tool.arg("--targetdir").arg(folder.join("ad"));
    done(&mut tool).expect("a domain is provisioned");
}

/// Copies files and folders of these names.
fn copy(from: &Path, to: &Path, names: &[&str]) {
    std::fs::create_dir_all(to).expect("a folder for the copy");
    let paths = names.iter().map(|name| from.join(name));
    done(Command::new("cp").arg("-a").args(paths).arg(to)).expect("a copy");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_takes_changes_over_ldap_and_offline() {
        if !available("Samba") {
            return;
        }
        let controller = controller();
        let before = ldif::read_content(&controller.export());
        let add = b"version: 1\ndn: OU=a,DC=corp,DC=test\nchangetype: add\nou: a\n\
            objectClass: organizationalUnit\n\n";
        let copy = controller.copy();
        for domain in [&*controller as &dyn Domain, &copy] {
            domain.apply(add).expect("an add");
            domain.apply(add).expect_err("it is there");
            let found = ldif::read_content(&domain.export());
            assert_eq!(found.entries.len(), before.entries.len() + 1);
        }
        controller.empty(|key| before.entries.contains_key(key));
        let after = ldif::read_content(&controller.export());
        assert_eq!(after.entries.len(), before.entries.len());
    }
}
