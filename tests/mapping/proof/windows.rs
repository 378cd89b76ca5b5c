//! A database of employees follows Active Directory. The directory is a file in its shape: what a server of
//! it would say is not proved here, what the databases say is.

use super::{Sample, shown};
use crate::tables::database::{Database, Engine};
use crate::util::run;

/// The tables of the sample for the databases that its own dump is not of.
const TABLES: &str = "CREATE TABLE employee (employee_id {ID}, ad_guid {GUID} UNIQUE, account varchar(20) NOT NULL UNIQUE, \
    full_name varchar(80) NOT NULL, mail varchar(80), phone varchar(40), manager_id integer REFERENCES employee(employee_id), \
    enabled boolean NOT NULL DEFAULT true, expires {TIME}, employed boolean NOT NULL DEFAULT true, payroll varchar(10));\n\
    CREATE TABLE team (team_id {ID}, ad_guid {GUID} UNIQUE, name varchar(40) NOT NULL UNIQUE);\n\
    CREATE TABLE team_member (team_id integer NOT NULL REFERENCES team(team_id), \
    employee_id integer NOT NULL REFERENCES employee(employee_id), PRIMARY KEY (team_id, employee_id));\n\
    INSERT INTO employee VALUES \
    (1,'9a3b1c5d-7e2f-4a61-8b0c-000000000001','adele','Adele Arndt','adele@corp.example','+49 30 5550101',NULL,true,NULL,true,'P-1001'),\
    (2,NULL,'bruno','Bruno Basso','bruno@corp.example','+49 30 5550102',1,true,NULL,true,'P-1002'),\
    (3,'9a3b1c5d-7e2f-4a61-8b0c-000000000003','chiara','Chiara Conti','chiara@corp.example',NULL,1,true,'2027-01-01 00:00:00',true,'P-1003'),\
    (4,'9a3b1c5d-7e2f-4a61-8b0c-000000000004','dmitri','Dmitri Dorn','dmitri@corp.example','+49 30 5550104',1,true,NULL,true,'P-1004'),\
    (5,'9a3b1c5d-7e2f-4a61-8b0c-000000000005','eskil','Eskil Ek','eskil@corp.example','+49 30 5550105',4,true,NULL,true,'P-1005');\n\
    INSERT INTO team VALUES (1,'9a3b1c5d-7e2f-4a61-8b0c-0000000000a1','Sales'),(2,NULL,'Workshop');\n\
    INSERT INTO team_member VALUES (1,1),(1,4),(2,2),(2,5);\n";

/// The same tables in each database.
fn tables(sample: &Sample, engine: Engine) -> String {
    let [id, guid, time] = match engine {
        Engine::Postgres => return sample.text("hr.sql"),
        Engine::Mariadb => ["integer PRIMARY KEY AUTO_INCREMENT", "uuid", "datetime"],
        Engine::Sqlite => ["integer PRIMARY KEY", "text", "timestamp"],
    };
    TABLES.replace("{ID}", id).replace("{GUID}", guid).replace("{TIME}", time)
}

/// All that the database holds.
fn state(database: &Database) -> Vec<String> {
    const EMPLOYEE: &[&str] = &[
        "employee_id",
        "ad_guid",
        "account",
        "full_name",
        "mail",
        "phone",
        "manager_id",
        "enabled",
        "expires",
        "employed",
        "payroll",
    ];
    let mut all = shown(database, "employee", EMPLOYEE);
    all.extend(shown(database, "team", &["team_id", "ad_guid", "name"]));
    all.extend(shown(database, "team_member", &["team_id", "employee_id"]));
    all
}

fn follows(engine: Engine) {
    let Some(database) = Database::start(engine) else { return };
    let sample = Sample::new("windows");
    database.prepare(&tables(&sample, engine));
    let mapping = sample.text("windows.toml").replace("postgres", engine.dialect());
    sample.dir.write("windows.toml", mapping);
    let before = state(&database);
    sample.dir.write("old.sql", database.whole());
    let export = sample.path("directory.ldif");
    let said = sample.diff("old.sql", &export, "windows.toml", ["change.sql", "undo.sql"], 1);
    for left in ["CN=Dmitri Dorn,OU=Former", "CN=Backup,OU=Service", "CN=Workshop,OU=Groups"] {
        assert!(said.contains(left), "{said}");
    }
    sample.run_script(&database, "change.sql");
    let [yes, no] = if engine == Engine::Postgres { ["true", "false"] } else { ["1", "0"] };
    let columns = ["account", "full_name", "phone", "manager_id", "enabled", "employed"];
    let rows: Vec<String> = [
        "adele Adele Arndt +49 30 5550101 - YES YES",
        "bruno Bruno Basso +49 30 5550177 6 YES YES",
        "chiara Chiara Conti - 1 NO YES",
        "dmitri Dmitri Dorn - 1 NO NO",
        "eskil Eskil Ek - 4 NO NO",
        "ines Ines Irving - 6 YES YES",
        "jonas Jonas Jung +49 30 5550107 1 YES YES",
    ]
    .map(|row| row.replace("YES", yes).replace("NO", no))
    .into();
    assert_eq!(shown(&database, "employee", &columns), rows, "{engine:?}");
    assert_eq!(
        shown(&database, "team_member", &["team_id", "employee_id"]),
        ["1 1", "1 7", "2 2", "2 6", "3 6", "3 7"]
    );
    sample.dir.write("after.sql", database.whole());
    run(&sample.dir, ["diff", "after.sql", &export, "--mapping", "windows.toml", "-q"]).expect(0);
    comes_back(&sample, &database);
    sample.run_script(&database, "undo.sql");
    assert_eq!(state(&database), before, "{engine:?}");
}

/// Dmitri is back in his unit, and enabled: so is his row, and he is in his team again. Then all of that is
/// undone.
fn comes_back(sample: &Sample, database: &Database) {
    let followed = state(database);
    let moved =
        sample.text("directory.ldif").replace("Dmitri Dorn,OU=Former", "Dmitri Dorn,OU=Staff");
    let disabled = "objectGUID:: XRw7mi9+YUqLDAAAAAAABA==\nuserAccountControl: 514";
    assert!(moved.contains(disabled), "he was disabled");
    sample.dir.write("back.ldif", moved.replace(disabled, &disabled.replace("514", "512")));
    sample.diff("after.sql", "back.ldif", "windows.toml", ["back.sql", "gone.sql"], 1);
    sample.run_script(database, "back.sql");
    let row = shown(database, "employee", &["account", "manager_id", "enabled", "employed"]);
    let yes = if database.engine == Engine::Postgres { "true true" } else { "1 1" };
    assert!(row.contains(&format!("dmitri - {yes}")), "{row:?}");
    assert!(shown(database, "team_member", &["team_id", "employee_id"]).contains(&"1 4".into()));
    sample.dir.write("there.sql", database.whole());
    let args = ["diff", "there.sql", "back.ldif", "--mapping", "windows.toml", "-q"];
    run(&sample.dir, args).expect(0);
    sample.run_script(database, "gone.sql");
    assert_eq!(state(database), followed);
}

#[test]
fn postgresql_follows_active_directory() {
    follows(Engine::Postgres);
}

#[test]
fn mariadb_follows_active_directory() {
    follows(Engine::Mariadb);
}

#[test]
fn sqlite_follows_active_directory() {
    follows(Engine::Sqlite);
}
