//! A real `slapd` for one test: started in a scratch folder, ended with its guard.
//!
//! It listens on a socket in that folder only, so any number run side by side.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::ldif;
use crate::util::Dir;

/// The suffix every server here holds.
pub const SUFFIX: &str = "dc=example,dc=com";
const ADMIN: &str = "cn=admin,dc=example,dc=com";
const PASSWORD: &str = "secret";

const REFINT: &str = "overlay refint\nrefint_attributes member uniqueMember manager seeAlso owner\n\
    refint_nothing cn=nothing,dc=example,dc=com\n";

/// Two entries, one referring to the other, which is renamed.
const SENTINEL: &[u8] = b"dn: ou=settle-a,dc=example,dc=com\nchangetype: add\n\
    objectClass: organizationalUnit\nou: settle-a\n\n\
    dn: ou=settle-b,dc=example,dc=com\nchangetype: add\n\
    objectClass: organizationalUnit\nou: settle-b\nseeAlso: ou=settle-a,dc=example,dc=com\n\n\
    dn: ou=settle-a,dc=example,dc=com\nchangetype: modrdn\nnewrdn: ou=settle-c\n\
    deleteoldrdn: 1\n\n";
const NO_SENTINEL: &[u8] = b"dn: ou=settle-b,dc=example,dc=com\nchangetype: delete\n\n\
    dn: ou=settle-c,dc=example,dc=com\nchangetype: delete\n\n";

/// What stands above the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    None,
    /// References follow renames and deletes, in the background.
    Refint,
    /// No two entries share a `mail`, a `uid` or a `uidNumber`.
    Unique,
    /// `memberOf` is kept beside `member`.
    MemberOf,
    /// Both of these.
    References,
    /// A password policy, which clears locks and resets when a password changes.
    PasswordPolicy,
}

/// The programs of OpenLDAP.
#[derive(Clone, Debug)]
struct Tools {
    slapd: PathBuf,
    slapadd: PathBuf,
    slapcat: PathBuf,
    ldapmodify: PathBuf,
}

/// Whether servers can be tested here.
///
/// Where OpenLDAP is not installed this says so and the test is left out, unless
/// `LDIFSYNC_REQUIRE_SERVERS=1` makes that a failure.
pub fn available(test: &str) -> bool {
    !is_left_out(test, tools().is_none().then_some("slapd"))
}

/// Whether another program is there that a test needs; likewise.
pub fn available_tool(name: &str) -> bool {
    !is_left_out("a test", program(name).is_none().then_some(name))
}

/// Says that a test is left out where something it needs is missing; likewise.
pub fn is_left_out(test: &str, missing: Option<&str>) -> bool {
    let Some(missing) = missing else { return false };
    let required = std::env::var("LDIFSYNC_REQUIRE_SERVERS").is_ok_and(|v| v == "1");
    assert!(
        !required,
        "{test}: {missing} is not installed, and LDIFSYNC_REQUIRE_SERVERS asks for it"
    );
    eprintln!("{test}: left out, {missing} is not installed");
    true
}

fn tools() -> Option<Tools> {
    Some(Tools {
        slapd: program("slapd")?,
        slapadd: program("slapadd")?,
        slapcat: program("slapcat")?,
        ldapmodify: program("ldapmodify")?,
    })
}

/// Finds a program on the path and where daemons live.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let daemons = ["/usr/sbin", "/usr/local/sbin", "/usr/lib/openldap", "/usr/libexec"];
    let folders = std::env::split_paths(&path).chain(daemons.map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A server with its data, up until the guard goes.
pub struct Server {
    dir: Dir,
    tools: Tools,
    process: Option<Child>,
    overlay: Overlay,
}

impl Server {
    /// A server that holds this content.
    pub fn holding(overlay: Overlay, content: &[u8]) -> Server {
        let mut server = Server::offline(overlay);
        server.load(content).expect("slapadd takes the content");
        server.start();
        server
    }

    /// A server that is not started and holds nothing.
    pub fn offline(overlay: Overlay) -> Server {
        let dir = Dir::new();
        std::fs::create_dir(dir.file("db")).expect("a folder for the database");
        dir.write("slapd.conf", configuration(dir.path(), overlay));
        let tools = tools().expect("slapd is installed");
        Server { dir, tools, process: None, overlay }
    }

    /// Loads content into a server that is not running, with every check `slapadd` has.
    pub fn load(&self, content: &[u8]) -> Result<(), String> {
        let file = self.dir.write("content.ldif", content);
        let mut slapadd = Command::new(&self.tools.slapadd);
        done(
            slapadd.args(["-b", SUFFIX, "-f"]).arg(self.dir.file("slapd.conf")).arg("-l").arg(file),
        )
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) {
        let errors = std::fs::File::create(self.dir.file("slapd.log")).expect("a log");
        let mut slapd = Command::new(&self.tools.slapd);
        slapd.args(["-d", "0", "-h", &self.url(), "-f"]).arg(self.dir.file("slapd.conf"));
        slapd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        let process = self.process.insert(slapd.spawn().expect("slapd starts"));
        let deadline = Instant::now() + Duration::from_secs(30);
        while UnixStream::connect(self.dir.file("socket")).is_err() {
            let ended = process.try_wait().expect("a child process").is_some();
            let late = Instant::now() > deadline;
            assert!(!ended && !late, "slapd does not answer: {}", log(&self.dir));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn url(&self) -> String {
        let socket = self.dir.file("socket");
        format!("ldapi://{}", socket.to_string_lossy().replace('/', "%2F"))
    }

    /// Applies change LDIF as an administrator would: `ldapmodify`, up to the first error.
    pub fn apply(&self, change: &[u8]) -> Result<(), String> {
        self.modify(&[], change)
    }

    /// Adds content entry by entry.
    pub fn add(&self, content: &[u8]) -> Result<(), String> {
        self.modify(&["-a"], content)
    }

    fn modify(&self, options: &[&str], ldif: &[u8]) -> Result<(), String> {
        let file = self.dir.write("apply.ldif", ldif);
        let mut ldapmodify = Command::new(&self.tools.ldapmodify);
        ldapmodify.args(options).args(["-x", "-H", &self.url(), "-D", ADMIN, "-w", PASSWORD]);
        done(ldapmodify.arg("-f").arg(file))
    }

    /// Applies the first `count` records of a change.
    pub fn apply_first(&self, count: usize, change: &[u8]) -> Result<(), String> {
        let blocks = ldif::blocks(change);
        match count.checked_sub(1).and_then(|last| blocks.get(last)) {
            Some(last) => self.apply(&[&change[..last.text.end], b"\n"].concat()),
            None => Ok(()),
        }
    }

    /// Lets an overlay that works in the background come to its end.
    ///
    /// `refint` takes its tasks in order, so a rename of our own is followed only when all before
    /// it is done.
    pub fn settle(&self) {
        if !matches!(self.overlay, Overlay::Refint | Overlay::References) {
            return;
        }
        self.apply(SENTINEL).expect("a sentinel");
        let deadline = Instant::now() + Duration::from_secs(30);
        while !String::from_utf8_lossy(&self.dump()).contains("seeAlso: ou=settle-c,") {
            assert!(Instant::now() < deadline, "refint does not come to its end");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.apply(NO_SENTINEL).expect("no sentinel");
    }

    /// Its configuration (`cn=config`), as a search shows it, but for the schema that is built in and grows with
    /// each module.
    pub fn configuration(&self) -> Vec<u8> {
        let mut search = Command::new(program("ldapsearch").expect("ldapsearch is installed"));
        search.args(["-LLL", "-o", "ldif-wrap=no", "-x", "-H", &self.url(), "-D", ADMIN]);
        search.args([
            "-w",
            PASSWORD,
            "-b",
            "cn=config",
            "(!(cn=schema))",
            "*",
            "entryUUID",
            "entryCSN",
        ]);
        search.output().expect("ldapsearch runs").stdout
    }

    /// Its schema, as a search shows it.
    pub fn subschema(&self) -> Vec<u8> {
        self.search(&["-b", "cn=subschema", "-s", "base", "+"])
    }

    /// What it holds now, as `slapcat` writes it.
    pub fn dump(&self) -> Vec<u8> {
        let mut slapcat = Command::new(&self.tools.slapcat);
        slapcat.args(["-b", SUFFIX, "-f"]).arg(self.dir.file("slapd.conf"));
        let output = slapcat.output().expect("slapcat runs");
        assert!(output.status.success(), "slapcat: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// What of it this search finds.
    pub fn search(&self, arguments: &[&str]) -> Vec<u8> {
        let mut ldapsearch = Command::new(program("ldapsearch").expect("OpenLDAP is installed"));
        ldapsearch.args(["-LLL", "-x", "-H", &self.url(), "-D", ADMIN, "-w", PASSWORD]);
        let output = ldapsearch.args(["-b", SUFFIX]).args(arguments).output();
        let output = output.expect("ldapsearch runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// What it holds once nothing changes any more.
    pub fn settled_dump(&self) -> Vec<u8> {
        self.settle();
        self.dump()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// What the server in this folder had to say.
fn log(dir: &Dir) -> String {
    String::from_utf8_lossy(&dir.read_if_there("slapd.log").unwrap_or_default()).into()
}

/// Runs a command to its end; the last line it wrote, and its complaint, are the error.
pub fn done(command: &mut Command) -> Result<(), String> {
    let Output { status, stdout, stderr } = command.output().expect("a program of the server runs");
    if status.success() {
        return Ok(());
    }
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let last = stdout.lines().rfind(|line| !line.is_empty()).unwrap_or_default();
    Err(format!("{last}\n{stderr}"))
}

/// The number of the LDAP result in what `ldapmodify` said: `ldap_add: Already exists (68)`.
pub fn result_code(said: &str) -> Option<u32> {
    let line = said.lines().find(|line| line.starts_with("ldap_"))?;
    line.rsplit_once('(')?.1.split(')').next()?.parse().ok()
}

/// Schema of an organization's own, which no export tells of.
pub const LOCAL: &str = "\
attributetype ( 1.3.6.1.4.1.32473.1.1 NAME 'exampleName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.32473.1.2 NAME 'exampleNickname' SUP exampleName )
objectclass ( 1.3.6.1.4.1.32473.2.1 NAME 'examplePerson' AUXILIARY
  MAY ( exampleName $ exampleNickname ) )
attributetype ( 1.3.6.1.4.1.32473.1.3 NAME 'exampleOld' OBSOLETE SUP exampleName )
objectclass ( 1.3.6.1.4.1.32473.2.2 NAME 'exampleFormer' OBSOLETE AUXILIARY MAY exampleName )
objectclass ( 1.3.6.1.4.1.32473.2.3 NAME 'exampleThing' STRUCTURAL MUST cn
  MAY ( exampleName $ exampleOld ) )
objectclass ( 1.3.6.1.4.1.32473.2.4 NAME 'examplePart' AUXILIARY MAY o )
objectclass ( 1.3.6.1.4.1.32473.2.5 NAME 'exampleNamed' STRUCTURAL MUST exampleName
  MAY ( exampleNickname $ exampleOld $ cn ) )
ditcontentrule ( 1.3.6.1.4.1.32473.2.3 NAME 'exampleThingRule' AUX examplePart MUST description
  MAY employeeNumber NOT exampleName )
";

fn configuration(dir: &Path, overlay: Overlay) -> String {
    let mut text: String = schema_files().iter().map(|file| format!("include {file}\n")).collect();
    text += LOCAL;
    text += &modules(overlay);
    let dir = dir.display();
    text += &format!(
        "pidfile {dir}/slapd.pid\nloglevel none\ndatabase config\nrootdn {ADMIN}\n\
         database mdb\nmaxsize 67108864\nsuffix {SUFFIX}\nrootdn {ADMIN}\nrootpw {PASSWORD}\ndirectory {dir}/db\ndbnosync\n"
    );
    text + &overlay_lines(overlay)
}

/// The files of the schema that a server of the tests has.
pub fn schema_files() -> Vec<String> {
    let folder = first_folder(&["/etc/ldap/schema", "/etc/openldap/schema"]).unwrap_or_default();
    let names = ["core", "cosine", "inetorgperson", "nis"];
    names.iter().map(|name| format!("{folder}/{name}.schema")).collect()
}

fn first_folder<'a>(candidates: &[&'a str]) -> Option<&'a str> {
    candidates.iter().find(|folder| Path::new(folder).is_dir()).copied()
}

/// Lines that load what is a module here; nothing where it is built in.
fn modules(overlay: Overlay) -> String {
    let folders = ["/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap"];
    let Some(folder) = first_folder(&folders) else { return String::new() };
    let mut text = format!("modulepath {folder}\n");
    let overlays: &[&str] = match overlay {
        Overlay::None => &[],
        Overlay::Refint => &["refint"],
        Overlay::Unique => &["unique"],
        Overlay::MemberOf => &["memberof"],
        Overlay::References => &["refint", "memberof"],
        Overlay::PasswordPolicy => &["ppolicy"],
    };
    for name in std::iter::once(&"back_mdb").chain(overlays) {
        if Path::new(folder).join(format!("{name}.la")).exists() {
            text += &format!("moduleload {name}.la\n");
        }
    }
    text
}

fn overlay_lines(overlay: Overlay) -> String {
    let lines = match overlay {
        Overlay::None => "",
        Overlay::Refint => REFINT,
        Overlay::References => return format!("{REFINT}overlay memberof\n"),
        Overlay::Unique => {
            "index mail,uid eq\noverlay unique\nunique_uri ldap:///?mail?sub\n\
             unique_uri ldap:///?uid?sub\nunique_uri ldap:///?uidNumber?sub\n"
        }
        Overlay::MemberOf => "overlay memberof\n",
        Overlay::PasswordPolicy => "overlay ppolicy\nppolicy_default cn=policy,dc=example,dc=com\n",
    };
    lines.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
        dc: example\no: Example\n\ndn: ou=a,dc=example,dc=com\nobjectClass: organizationalUnit\n\
        ou: a\n\n";

    #[test]
    fn a_server_takes_content_and_changes() {
        if !available("slapd") {
            return;
        }
        for overlay in [
            Overlay::None,
            Overlay::Refint,
            Overlay::Unique,
            Overlay::MemberOf,
            Overlay::References,
            Overlay::PasswordPolicy,
        ] {
            let server = Server::holding(overlay, TWO);
            let change = b"version: 1\n\ndn: ou=a,dc=example,dc=com\nchangetype: modrdn\n\
                newrdn: ou=b\ndeleteoldrdn: 1\n\ndn: ou=a,dc=example,dc=com\nchangetype: delete\n";
            server.apply_first(1, change).expect("a rename");
            let refused = server.apply(change).expect_err("its old name is gone");
            assert_eq!(result_code(&refused), Some(32), "{refused}");
            let tree = ldif::read_content(&server.settled_dump());
            let names: Vec<_> = tree.entries.values().map(|e| e.name.print()).collect();
            assert_eq!(names[1], b"ou=b,dc=example,dc=com");
        }
    }

    /// What the proofs rely on: the overlays do their work here.
    #[test]
    fn overlays_do_their_work() {
        if !available("overlays") {
            return;
        }
        let group = b"dn: cn=g,dc=example,dc=com\nobjectClass: groupOfNames\ncn: g\n\
            member: ou=a,dc=example,dc=com\n\n";
        let content = [TWO, group].concat();
        let rename = b"dn: ou=a,dc=example,dc=com\nchangetype: modrdn\nnewrdn: ou=b\n\
            deleteoldrdn: 1\n\n";
        for (overlay, member) in [(Overlay::None, "ou=a"), (Overlay::Refint, "ou=b")] {
            let server = Server::holding(overlay, &content);
            server.apply(rename).expect("a rename");
            let dump = String::from_utf8(server.settled_dump()).expect("text");
            assert!(dump.contains(&format!("member: {member},dc=example,dc=com")), "{dump}");
        }
        let server = Server::holding(Overlay::Unique, TWO);
        let person = |name| {
            format!(
                "dn: cn={name},{SUFFIX}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: x\n\
                 mail: same@example.com\n\n"
            )
        };
        server.add(person("a").as_bytes()).expect("the first");
        let refused = server.add(person("b").as_bytes()).expect_err("the mail is taken");
        assert_eq!(result_code(&refused), Some(19), "{refused}");
    }
}
