//! What each key of a mapping file does, in small: a directory, a table, and what comes out.
//!
//! A case is a mapping, entries, rows, and the lines of the change without its head. Entries are written
//! in short: `a: uid=a sn=b` is `uid=a,ou=p,dc=x` with these attributes, after its class `person`.

use std::fmt::Write as _;

use crate::util::{Dir, run};

/// Which side follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToDatabase,
    ToDirectory,
}

use Way::{ToDatabase, ToDirectory};

struct Case {
    name: &'static str,
    way: Way,
    /// Keys of the mapping beside the usual ones.
    keys: &'static str,
    flows: &'static str,
    /// What comes behind the flows.
    more: &'static str,
    entries: &'static str,
    rows: &'static str,
    status: i32,
    said: &'static str,
}

/// The key of every case: `uid` is `id`.
const KEY: &str = "{ attribute = \"uid\", column = \"id\" },\n";

/// A number here and there, in two spellings.
const CONVERTED: &str = "{ attribute = \"telephoneNumber\", column = \"s\", multi = \"any\", \
    to_database = \"value | regex_replace('^[+]49 ?', '0')\", to_directory = \"value | regex_replace('^0-?', '+49 ')\" },";

const CASES: &[Case] = &[
    Case {
        name: "a plain flow",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"sn\", column = \"s\" },",
        more: "",
        entries: "a: sn=One; b: sn=Two",
        rows: "id,s\na,One\nb,2\n",
        status: 1,
        said: "update b s=2>Two\n",
    },
    Case {
        name: "the attribute's own rule says what is equal",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"sn\", column = \"s\" },",
        more: "",
        entries: "a: sn=One  Two",
        rows: "id,s\na,one two\n",
        status: 0,
        said: "",
    },
    Case {
        name: "the server that the mapping names says which attribute is which",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"streetAddress\", column = \"s\" },",
        more: "[directory]\nserver = \"ad\"",
        entries: "a: sn=x street=One",
        rows: "id,s\na,One\n",
        status: 1,
        said: "update a s=One>-\n",
    },
    Case {
        name: "another rule may say it",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"sn\", column = \"s\", compare = \"exact\" },",
        more: "",
        entries: "a: sn=One",
        rows: "id,s\na,one\n",
        status: 1,
        said: "update a s=one>One\n",
    },
    Case {
        name: "any of several values will do",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"telephoneNumber\", column = \"s\", multi = \"any\" },",
        more: "",
        entries: "a: sn=x telephoneNumber=1 telephoneNumber=2; b: sn=x telephoneNumber=3 telephoneNumber=4",
        rows: "id,s\na,2\nb,5\n",
        status: 1,
        said: "update b s=5>3\n",
    },
    Case {
        name: "several values in one column",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"telephoneNumber\", column = \"s\", split = \";\" },",
        more: "",
        entries: "a: sn=x telephoneNumber=1 telephoneNumber=2; b: sn=x telephoneNumber=3",
        rows: "id,s\na,2; 1\nb,4\n",
        status: 1,
        said: "update b s=4>3\n",
    },
    Case {
        name: "one column as several values",
        way: ToDirectory,
        keys: "",
        flows: "{ attribute = \"telephoneNumber\", column = \"s\", split = \";\" },",
        more: "",
        entries: "a: sn=x telephoneNumber=1 telephoneNumber=2",
        rows: "id,s\na,2; 3\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modify\ndelete: telephoneNumber\ntelephoneNumber: 1\n-\nadd: telephoneNumber\ntelephoneNumber: 3\n-\n\n",
    },
    Case {
        name: "what is missing is cleared, or kept",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"mail\", column = \"s\" },\n{ attribute = \"title\", column = \"t\", if_missing = \"keep\" },",
        more: "",
        entries: "a: sn=x",
        rows: "id,s,t\na,m,t\n",
        status: 1,
        said: "update a s=m>-\n",
    },
    Case {
        name: "a default, a condition, a length",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"mail\", column = \"s\", default = \"none\" },\n\
                { attribute = \"title\", column = \"t\", when = \"title == 'boss'\" },\n\
                { attribute = \"sn\", column = \"u\", max_length = 2, too_long = \"truncate\" },",
        more: "",
        entries: "a: sn=long title=boss; b: sn=x title=other",
        rows: "id,s,t,u\na,none,,lo\nb,none,old,x\n",
        status: 1,
        said: "update a t=->boss\n",
    },
    Case {
        name: "a number above the highest",
        way: ToDatabase,
        keys: "",
        flows: "{ column = \"n\", sequence = { start = 10 } },",
        more: "",
        entries: "a: sn=x; c: sn=x; b: sn=x",
        rows: "id,n\na,17\n",
        status: 1,
        said: "insert c n=19\ninsert b n=18\n",
    },
    Case {
        name: "a number that is too long",
        way: ToDatabase,
        keys: "",
        flows: "{ column = \"n\", sequence = { start = 10 }, max_length = 2, too_long = \"truncate\" },",
        more: "",
        entries: "a: sn=x; b: sn=x; c: sn=x",
        rows: "id,n\na,98\n",
        status: 5,
        said: "insert b n=99\n",
    },
    Case {
        name: "no number that is too long for an entry",
        way: ToDirectory,
        keys: "dn = \"uid={{ id }},ou=p,dc=x\"\nobject_class = [\"person\", \"uidObject\"]\n",
        flows: "{ attribute = \"employeeNumber\", sequence = { start = 100 }, max_length = 2 },\n\
                { attribute = \"sn\", column = \"s\" },",
        more: "",
        entries: "a: sn=x employeeNumber=1",
        rows: "id,s\na,x\nb,x\n",
        status: 5,
        said: "",
    },
    Case {
        name: "a number for a row that is there and has none",
        way: ToDatabase,
        keys: "",
        flows: "{ column = \"n\", sequence = { start = 10 } },",
        more: "",
        entries: "a: sn=x; c: sn=x; b: sn=x",
        rows: "id,n\na,\nc,17\n",
        status: 1,
        said: "insert b n=19\nupdate a n=->18\n",
    },
    Case {
        name: "a reference by a number that a row is given which is there",
        way: ToDatabase,
        keys: "",
        flows: "{ column = \"n\", sequence = { start = 10 } },\n\
                { attribute = \"manager\", column = \"m\", reference = { mapping = \"p\", column = \"n\" } },",
        more: "",
        entries: "a: sn=x; b: sn=x manager=uid=a,ou=p,dc=x",
        rows: "id,n,m\na,,\nb,17,\n",
        status: 1,
        said: "update a n=->18\nupdate b m=->18\n",
    },
    Case {
        name: "another key, found by a later list",
        way: ToDatabase,
        keys: "match = [[\"m\"], [\"id\"]]\n",
        flows: "{ attribute = \"mail\", column = \"m\" },",
        more: "",
        entries: "a: sn=x mail=1; b: sn=x mail=2",
        rows: "id,m\nb,1\na,2\n",
        status: 1,
        said: "update b id=b>a\nupdate a id=a>b\n",
    },
    Case {
        name: "who cannot be told apart is left alone",
        way: ToDatabase,
        keys: "match = [[\"m\"]]\nmin_overlap = 0\n",
        flows: "{ attribute = \"mail\", column = \"m\" },\n{ attribute = \"sn\", column = \"s\" },",
        more: "[mapping.p.policy.to_database]\nSOURCE_MISSING = \"delete\"\n",
        entries: "a: sn=x mail=1; b: sn=y mail=1",
        rows: "id,m,s\na,1,z\n",
        status: 5,
        said: "",
    },
    Case {
        name: "who is left out goes where the policy says so",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"sn\", column = \"s\" },",
        more: "[mapping.p.policy.to_database]\nUNQUALIFIED = \"delete\"\nSOURCE_MISSING = \"ignore\"\n",
        entries: "a: sn=x title=out; b: sn=x",
        rows: "id,s\na,x\nb,x\nc,x\n",
        status: 1,
        said: "delete a s=x\n",
    },
    Case {
        name: "who was moved out of the base is left out, not gone",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"sn\", column = \"s\" },",
        more: "[mapping.p.policy.to_database]\nSOURCE_MISSING = \"delete\"\nUNQUALIFIED = \"inactivate\"\n[mapping.p.inactivate.to_database]\nset = { t = \"gone\" }\n",
        entries: "a: sn=x; @b: sn=y",
        rows: "id,s,t\na,x,\nb,y,\nc,z,\n",
        status: 1,
        said: "delete c s=z t=-\nupdate b t=->gone\n",
    },
    Case {
        name: "what makes inactive, and only once",
        way: ToDatabase,
        keys: "",
        flows: "{ attribute = \"sn\", column = \"s\" },",
        more: "[mapping.p.policy.to_database]\nSOURCE_MISSING = \"inactivate\"\n[mapping.p.inactivate.to_database]\nset = { t = \"gone\" }\nclear = [\"s\"]\n",
        entries: "a: sn=x",
        rows: "id,s,t\na,x,\nb,y,\nc,,gone\n",
        status: 1,
        said: "update b s=y>- t=->gone\n",
    },
    Case {
        name: "a name whose attribute changes",
        way: ToDirectory,
        keys: "match = [[\"m\"]]\n",
        flows: "{ attribute = \"mail\", column = \"m\" },",
        more: "",
        entries: "a: sn=x mail=1",
        rows: "id,m\nz,1\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=z\ndeleteoldrdn: 1\n\n",
    },
    Case {
        name: "references of no mapping follow who gets another name",
        way: ToDirectory,
        keys: "match = [[\"m\"]]\n",
        flows: "{ attribute = \"mail\", column = \"m\" },",
        more: "[directory]\nfollow_renames = true\n",
        entries: "a: sn=x mail=1 seeAlso=uid=a,ou=p,dc=x; b: sn=x mail=2; \
                  @g: sn=y seeAlso=UID=A,OU=p,dc=x seeAlso=uid=b,ou=p,dc=x seeAlso=cn=c,uid=a,ou=p,dc=x description=uid=a,ou=p,dc=x",
        rows: "id,m\nz,1\nb,2\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modify\ndelete: seeAlso\nseeAlso: uid=a,ou=p,dc=x\n-\n\n\
               dn: uid=g,ou=l,dc=x\nchangetype: modify\ndelete: seeAlso\nseeAlso: UID=A,OU=p,dc=x\nseeAlso: cn=c,uid=a,ou=p,dc=x\n-\n\n\
               dn: uid=a,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=z\ndeleteoldrdn: 1\n\n\
               dn: uid=z,ou=p,dc=x\nchangetype: modify\nadd: seeAlso\nseeAlso: uid=z,ou=p,dc=x\n-\n\n\
               dn: uid=g,ou=l,dc=x\nchangetype: modify\nadd: seeAlso\nseeAlso: uid=z,ou=p,dc=x\nseeAlso: cn=c,uid=z,ou=p,dc=x\n-\n\n",
    },
    Case {
        name: "references of no mapping stay as they are, unless somebody says otherwise",
        way: ToDirectory,
        keys: "match = [[\"m\"]]\n",
        flows: "{ attribute = \"mail\", column = \"m\" },",
        more: "",
        entries: "a: sn=x mail=1 seeAlso=uid=a,ou=p,dc=x; @g: sn=y seeAlso=uid=a,ou=p,dc=x",
        rows: "id,m\nz,1\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=z\ndeleteoldrdn: 1\n\n",
    },
    Case {
        name: "references of no mapping stay as they are, also where the name is given on",
        way: ToDirectory,
        keys: "match = [[\"m\"]]\n",
        flows: "{ attribute = \"mail\", column = \"m\" },",
        more: "",
        entries: "a: sn=x mail=1; b: sn=x mail=2; @g: sn=y seeAlso=uid=a,ou=p,dc=x",
        rows: "id,m\nz,1\na,2\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=z\ndeleteoldrdn: 1\n\n\
               dn: uid=b,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=a\ndeleteoldrdn: 1\n\n",
    },
    Case {
        name: "an attribute under two names follows as one",
        way: ToDirectory,
        keys: "match = [[\"m\"]]\n",
        flows: "{ attribute = \"mail\", column = \"m\" },",
        more: "[directory]\nfollow_renames = true\n",
        entries: "a: sn=x mail=1; b: sn=x mail=2; @g: sn=y 2.5.4.34=uid=b,ou=p,dc=x seeAlso=uid=a,ou=p,dc=x",
        rows: "id,m\nz,1\nb,2\n",
        status: 1,
        said: "dn: uid=g,ou=l,dc=x\nchangetype: modify\ndelete: seeAlso\nseeAlso: uid=a,ou=p,dc=x\n-\n\n\
               dn: uid=a,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=z\ndeleteoldrdn: 1\n\n\
               dn: uid=g,ou=l,dc=x\nchangetype: modify\nadd: seeAlso\nseeAlso: uid=z,ou=p,dc=x\n-\n\n",
    },
    Case {
        name: "a reference whose flow says nothing follows",
        way: ToDirectory,
        keys: "match = [[\"m\"]]\n",
        flows: "{ attribute = \"mail\", column = \"m\" },\n\
                { attribute = \"manager\", column = \"boss\", reference = \"p\", on = \"create\" },\n\
                { attribute = \"secretary\", column = \"help\", reference = \"p\", if_missing = \"keep\" },",
        more: "[directory]\nfollow_renames = true\n",
        entries: "a: sn=x mail=1; b: sn=x mail=2 manager=uid=a,ou=p,dc=x secretary=uid=a,ou=p,dc=x",
        rows: "id,m,boss,help\nz,1,,\nb,2,,\n",
        status: 1,
        said: "dn: uid=b,ou=p,dc=x\nchangetype: modify\ndelete: manager\nmanager: uid=a,ou=p,dc=x\n-\n\
               delete: secretary\nsecretary: uid=a,ou=p,dc=x\n-\n\n\
               dn: uid=a,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=z\ndeleteoldrdn: 1\n\n\
               dn: uid=b,ou=p,dc=x\nchangetype: modify\nadd: manager\nmanager: uid=z,ou=p,dc=x\n-\n\
               add: secretary\nsecretary: uid=z,ou=p,dc=x\n-\n\n",
    },
    Case {
        name: "a class where it is needed",
        way: ToDirectory,
        keys: "object_class = [\"person\", \"uidObject\", \"shadowAccount\"]\n",
        flows: "{ attribute = \"sn\", column = \"s\" },\n{ attribute = \"shadowExpire\", column = \"g\", type = \"integer\" },",
        more: "",
        entries: "a: sn=x; b: sn=x",
        rows: "id,s,g\na,x,7\nb,y,\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modify\nadd: objectClass\nobjectClass: shadowAccount\n-\nadd: shadowExpire\nshadowExpire: 7\n-\n\n\
               dn: uid=b,ou=p,dc=x\nchangetype: modify\ndelete: sn\nsn: x\n-\nadd: sn\nsn: y\n-\n\n",
    },
    Case {
        name: "a new entry, its values escaped",
        way: ToDirectory,
        keys: "dn = \"uid={{ id }},ou=p,dc=x\"\nobject_class = [\"person\", \"uidObject\"]\n",
        flows: "{ attribute = \"sn\", column = \"s\", required = true },\n{ attribute = \"cn\", expression = \"id | upper\", direction = \"to_directory\", on = \"create\" },",
        more: "",
        entries: "a: sn=x",
        rows: "id,s\na,x\n\"b,c+d\",y\n",
        status: 1,
        said: "dn: uid=b\\2Cc\\2Bd,ou=p,dc=x\nchangetype: add\nobjectClass: person\nobjectClass: uidObject\nuid: b,c+d\nsn: y\ncn: B,C+D\n\n",
    },
    Case {
        name: "leavers are moved, and come back",
        way: ToDirectory,
        keys: "dn = \"uid={{ id }},ou=p,dc=x\"\nobject_class = [\"person\", \"uidObject\"]\nmin_overlap = 0\n",
        flows: "{ attribute = \"sn\", column = \"s\" },",
        more: "[mapping.p.policy.to_directory]\nSOURCE_MISSING = \"inactivate\"\n[mapping.p.inactivate.to_directory]\nset = { title = \"gone\" }\nmove = \"ou=l,dc=x\"\n",
        entries: "a: sn=x; @b: sn=y title=gone",
        rows: "id,s\nb,y\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=a\ndeleteoldrdn: 1\nnewsuperior: ou=l,dc=x\n\n\
               dn: uid=b,ou=l,dc=x\nchangetype: modrdn\nnewrdn: uid=b\ndeleteoldrdn: 1\nnewsuperior: ou=p,dc=x\n\n\
               dn: uid=a,ou=l,dc=x\nchangetype: modify\nadd: title\ntitle: gone\n-\n\n\
               dn: uid=b,ou=p,dc=x\nchangetype: modify\ndelete: title\ntitle: gone\n-\n\n",
    },
    Case {
        name: "a leaver stays where the place to move to has the name already",
        way: ToDirectory,
        keys: "min_overlap = 0\n",
        flows: "{ attribute = \"sn\", column = \"s\" },",
        more: "[mapping.p.policy.to_directory]\nSOURCE_MISSING = \"inactivate\"\n[mapping.p.inactivate.to_directory]\nmove = \"ou=l,dc=x\"\n",
        entries: "a: sn=x; @a: sn=y; c: sn=x; d: sn=x",
        rows: "id,s\nd,x\n",
        status: 5,
        said: "dn: uid=c,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=c\ndeleteoldrdn: 1\nnewsuperior: ou=l,dc=x\n\n",
    },
    Case {
        name: "who stays refers to a leaver under its new name",
        way: ToDirectory,
        keys: "min_overlap = 0\n",
        flows: "{ attribute = \"manager\", column = \"m\", reference = \"p\" },",
        more: "[mapping.p.policy.to_directory]\nSOURCE_MISSING = \"inactivate\"\n[mapping.p.inactivate.to_directory]\nmove = \"ou=l,dc=x\"\n",
        entries: "a: sn=x manager=uid=b,ou=p,dc=x; b: sn=x",
        rows: "id,m\na,b\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modify\ndelete: manager\nmanager: uid=b,ou=p,dc=x\n-\n\n\
               dn: uid=b,ou=p,dc=x\nchangetype: modrdn\nnewrdn: uid=b\ndeleteoldrdn: 1\nnewsuperior: ou=l,dc=x\n\n\
               dn: uid=a,ou=p,dc=x\nchangetype: modify\nadd: manager\nmanager: uid=b,ou=l,dc=x\n-\n\n",
    },
    Case {
        name: "a reference by a number that the new entry is given",
        way: ToDirectory,
        keys: "dn = \"uid={{ id }},ou=p,dc=x\"\nobject_class = [\"person\", \"uidObject\"]\n",
        flows: "{ attribute = \"employeeNumber\", sequence = { start = 10 }, on = \"create\" },\n\
                { attribute = \"sn\", constant = \"x\" },\n{ attribute = \"cn\", constant = \"x\", on = \"create\" },\n\
                { attribute = \"roomNumber\", column = \"m\", reference = { mapping = \"p\", attribute = \"employeeNumber\" } },",
        more: "",
        entries: "a: sn=x; c: employeeNumber=30 sn=x roomNumber=30",
        rows: "id,m\na,b\nb,c\nc,c\n",
        status: 1,
        said: "dn: uid=b,ou=p,dc=x\nchangetype: add\nobjectClass: person\nobjectClass: uidObject\nuid: b\nemployeeNumber: 31\nsn: x\ncn: x\nroomNumber: 30\n\n\
               dn: uid=a,ou=p,dc=x\nchangetype: modify\nadd: roomNumber\nroomNumber: 31\n-\n\n",
    },
    Case {
        name: "a number for an entry that is there and has none, where not only what comes gets one",
        way: ToDirectory,
        keys: "dn = \"uid={{ id }},ou=p,dc=x\"\nobject_class = [\"person\", \"uidObject\"]\n",
        flows: "{ attribute = \"employeeNumber\", sequence = { start = 10 } },\n\
                { attribute = \"roomNumber\", sequence = { start = 1 }, on = \"create\" },\n\
                { attribute = \"sn\", constant = \"x\" },\n{ attribute = \"cn\", constant = \"x\", on = \"create\" },",
        more: "",
        entries: "a: sn=x; c: employeeNumber=30 sn=x",
        rows: "id\na\nc\n",
        status: 1,
        said: "dn: uid=a,ou=p,dc=x\nchangetype: modify\nadd: employeeNumber\nemployeeNumber: 31\n-\n\n",
    },
    Case {
        name: "a reference by an attribute that is the same in another case",
        way: ToDirectory,
        keys: "",
        flows: "{ attribute = \"memberUid\", column = \"m\", reference = { mapping = \"p\", attribute = \"uid\" } },",
        more: "",
        entries: "a: sn=x memberUid=b; b: sn=x memberUid=a",
        rows: "id,m\nA,b\nb,A\n",
        status: 0,
        said: "",
    },
    Case {
        name: "each of several values is converted, and any will do",
        way: ToDatabase,
        keys: "",
        flows: CONVERTED,
        more: "",
        entries: "a: sn=x telephoneNumber=+49 1 telephoneNumber=+49 2; b: sn=x telephoneNumber=+49 3 telephoneNumber=+49 4; c: sn=x",
        rows: "id,s\na,0-2\nb,05\nc,06\n",
        status: 1,
        said: "update b s=05>03\nupdate c s=06>-\n",
    },
    Case {
        name: "what is converted takes the place of one of several values",
        way: ToDirectory,
        keys: "",
        flows: CONVERTED,
        more: "",
        entries: "a: sn=x telephoneNumber=+49 1 telephoneNumber=+49 2; b: sn=x telephoneNumber=+49 3 telephoneNumber=+49 4",
        rows: "id,s\na,0-2\nb,05\n",
        status: 1,
        said: "dn: uid=b,ou=p,dc=x\nchangetype: modify\ndelete: telephoneNumber\ntelephoneNumber: +49 3\n-\nadd: telephoneNumber\ntelephoneNumber: +49 5\n-\n\n",
    },
    Case {
        name: "what does not come back as it was is not converted",
        way: ToDirectory,
        keys: "",
        flows: CONVERTED,
        more: "",
        entries: "a: sn=x telephoneNumber=+49 1; b: sn=x telephoneNumber=+49 2",
        rows: "id,s\na,+49 3\nb,03\n",
        status: 5,
        said: "dn: uid=b,ou=p,dc=x\nchangetype: modify\ndelete: telephoneNumber\ntelephoneNumber: +49 2\n-\nadd: telephoneNumber\ntelephoneNumber: +49 3\n-\n\n",
    },
    Case {
        name: "what made a row inactive goes when it comes back, unless a flow says what is there",
        way: ToDatabase,
        keys: "rows = { table = \"t\", key = [\"id\"], exclude = \"(u=away)\" }\nmin_overlap = 0\n",
        flows: "{ attribute = \"sn\", column = \"s\" },\n{ column = \"u\", constant = \"here\", on = \"create\" },",
        more: "[mapping.p.policy.to_database]\nSOURCE_MISSING = \"inactivate\"\n[mapping.p.inactivate.to_database]\nset = { t = \"gone\", u = \"away\" }\n",
        entries: "a: sn=x; b: sn=x; c: sn=x",
        rows: "id,s,t,u\na,x,gone,away\nb,x,other,away\nc,x,gone,away\n",
        status: 1,
        said: "update a t=gone>- u=away>here\nupdate b u=away>here\nupdate c t=gone>- u=away>here\n",
    },
];

/// The mapping file of a case.
fn mapping(case: &Case) -> String {
    let usual = |key: &str, line: &str| if case.keys.contains(key) { "" } else { line }.to_owned();
    format!(
        "ldifsync = 1\n[mapping.p]\n\
         entries = {{ base = [\"ou=p,dc=x\"], filter = \"(uid=*)\", exclude = \"(title=out)\" }}\n\
         {}{}{}flow = [\n{KEY}{}\n]\n{}",
        usual("rows = ", "rows = { table = \"t\", key = [\"id\"] }\n"),
        usual("match", "match = [[\"id\"]]\n"),
        case.keys,
        case.flows,
        case.more
    )
}

/// The directory of a case; behind an at sign an entry that is below `ou=l`.
fn directory(case: &Case) -> String {
    let mut text = String::new();
    for (name, class) in [
        ("dc=x", "domain"),
        ("ou=p,dc=x", "organizationalUnit"),
        ("ou=l,dc=x", "organizationalUnit"),
    ] {
        let (attribute, value) =
            name.split(',').next().and_then(|rdn| rdn.split_once('=')).expect("a name");
        let _ = write!(text, "dn: {name}\nobjectClass: {class}\n{attribute}: {value}\n\n");
    }
    for entry in case.entries.split("; ") {
        let (uid, attributes) = entry.split_once(": ").expect("a name and attributes");
        let (uid, unit) = uid.strip_prefix('@').map_or((uid, "p"), |uid| (uid, "l"));
        let _ = write!(
            text,
            "dn: uid={uid},ou={unit},dc=x\nobjectClass: person\nobjectClass: uidObject\nuid: {uid}\ncn: {uid}\n"
        );
        let mut last = String::new();
        for word in attributes.split(' ') {
            match word.split_once('=') {
                Some((name, value)) => {
                    text += &last;
                    last = format!("{name}: {value}\n");
                }
                None => last = format!("{} {word}\n", last.trim_end_matches('\n')),
            }
        }
        text += &last;
        text.push('\n');
    }
    text
}

/// A change of rows in a line: `update a s=old>new`, in the order of the columns.
fn row_change(line: &str) -> String {
    let change: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
    let shown = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let op = shown(&change["op"]);
    let mut said = format!("{op} {}", shown(&change["key"]["id"]));
    let (old, new) = (&change["old"], &change["new"]);
    let cells = if op == "delete" { old } else { new };
    for (name, value) in cells.as_object().into_iter().flatten() {
        if op != "update" && name == "id" {
            continue;
        }
        let before = if op == "update" { format!("{}>", shown(&old[name])) } else { String::new() };
        let _ = write!(said, " {name}={before}{}", shown(value));
    }
    said + "\n"
}

/// What is wrong with what comes out of a case; nothing where it is as it should be.
fn wrong(case: &Case) -> Option<String> {
    let dir = Dir::new();
    dir.write("m.toml", mapping(case));
    dir.write("d.ldif", directory(case));
    dir.write("t.csv", case.rows);
    let [old, new, format] = match case.way {
        ToDatabase => ["t.csv", "d.ldif", "jsonl"],
        ToDirectory => ["d.ldif", "t.csv", "ldif"],
    };
    let outcome = run(&dir, ["diff", old, new, "--mapping", "m.toml", "--format", format, "-q"]);
    let text = String::from_utf8(outcome.stdout).expect("text");
    let said: String = match case.way {
        ToDatabase => text.lines().map(row_change).collect(),
        ToDirectory => text.split_once("\n\n").map_or("", |(_, rest)| rest).to_owned(),
    };
    if (outcome.status, said.as_str()) != (case.status, case.said) {
        let (name, status, error) = (case.name, outcome.status, outcome.stderr);
        return Some(format!("{name}: exit {status}\n{said}{error}\n"));
    }
    if case.way == ToDirectory {
        dir.write("c.ldif", &text);
        run(&dir, ["apply", "d.ldif", "c.ldif", "-q", "-o", "after.ldif"]).expect(0);
        let left = if case.status == 5 { 5 } else { 0 };
        run(&dir, ["diff", "after.ldif", new, "--mapping", "m.toml", "-q"]).expect(left);
    }
    None
}

#[test]
fn each_key_of_a_mapping_does_what_it_says() {
    let wrong: Vec<String> = CASES.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
}
