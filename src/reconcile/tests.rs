//! Hashes that tell nothing apart change nothing.

use super::*;
use crate::reconcile::marks::Marker;
use crate::schema::Schema;
use crate::source::ReadOptions;
use crate::table::{Columns, Row, Typing, Value};

const MAPPING: &str = r#"
ldifsync = 1
[mapping.people]
entries = { base = ["ou=People,dc=x"] }
rows = { table = "t", key = ["id"] }
match = [["id"], ["login", "name"]]
dn = "uid={{ login }},ou=People,dc=x"
object_class = ["person", "inetOrgPerson"]
flow = [
  { attribute = "employeeNumber", column = "id" },
  { attribute = "uid", column = "login" },
  { attribute = "sn", column = "name" },
  { attribute = "manager", column = "boss", reference = "people" },
]
[mapping.people.policy.to_database]
SOURCE_MISSING = "delete"
[mapping.people.policy.to_directory]
SOURCE_MISSING = "delete"
"#;

/// Entries and rows of people that agree in most things.
fn sides() -> (String, Vec<Row<'static>>) {
    let mut entries = "dn: dc=x\ndc: x\n\ndn: ou=People,dc=x\nou: People\n\n".to_owned();
    let mut rows = Vec::new();
    for n in 0..40 {
        let id = if n % 7 == 3 { String::new() } else { format!("employeeNumber: {n}\n") };
        let boss = n / 3;
        if n % 11 != 5 {
            entries.push_str(&format!(
                "dn: uid=u{n},ou=People,dc=x\nobjectClass: person\nobjectClass: inetOrgPerson\n{id}\
                 uid: u{n}\nsn: N{}\nmanager: uid=u{boss},ou=People,dc=x\n\n",
                n % 5
            ));
        }
        if n % 13 != 6 {
            let cells = [n.to_string(), format!("u{n}"), format!("N{}", n % 6), boss.to_string()];
            rows.push(cells.map(|cell| Some(Value::plain(cell.into_bytes()))).into());
        }
    }
    (entries, rows)
}

/// What becomes of both sides, by these marks.
fn told(marker: &Marker) -> [String; 2] {
    let (entries, rows) = sides();
    let names = ["id", "login", "name", "boss"].map(str::to_owned).to_vec();
    let types = vec![None; names.len()];
    let columns =
        Columns { names, types, notations: Vec::new(), typing: Typing::ByColumn, key: vec![0] };
    let name = TableName { parts: vec!["t".to_owned()] };
    let constraints = Constraints::default();
    let tables = [Table {
        called: name.clone(),
        name,
        rows: Rows::made("t", rows, &columns),
        constraints: &constraints,
        digits_of_second: Vec::new(),
        bounds: Vec::new(),
        foldings: Vec::new(),
        truths: Vec::new(),
        counted: Vec::new(),
        numbered: Vec::new(),
        generated: Vec::new(),
        lookup: None,
    }];
    let schema = Schema::builtin();
    let directory = Source::of_text("d", entries.as_bytes(), schema, ReadOptions::default());
    let file = crate::mapping::read("m", MAPPING.as_bytes()).expect("a sound mapping");
    let pool = Pool::new(Some(2)).expect("a pool");
    let task = |toward| Task {
        pool: &pool,
        schema,
        file: &file,
        mappings: file.mappings.iter().collect(),
        toward,
        directory: &directory,
        tables: &tables,
        dialect: Dialect::Postgres,
        part: 512,
        memory: usize::MAX,
        explain: None,
        tells: false,
        is_fresh: false,
        keep_going: false,
    };
    let to_database = database::follow_by(&task(Toward::Database), marker).expect("rows");
    let mut to_directory = directory::follow_by(&task(Toward::Directory), marker).expect("entries");
    // The hashes of names are others in each run.
    assert_eq!(std::mem::take(&mut to_directory.made.olds).len(), 38);
    [format!("{to_database:?}"), format!("{to_directory:?}")]
}

#[test]
fn equality_is_decided_on_keys() {
    let wanted = told(&Marker::numbered());
    assert!(wanted.iter().all(|told| told.contains("situations: [")), "{wanted:?}");
    assert_eq!(told(&Marker::hashed()), wanted);
    // All keys have one mark; some have.
    assert_eq!(told(&Marker::Hashed(Box::new(|_| 7))), wanted);
    let last = |key: &[u8]| key.last().map_or(0, |&b| u64::from(b) << 60 | u64::from(b));
    assert_eq!(told(&Marker::Hashed(Box::new(last))), wanted);
}
