//! How much the name of an attribute and that of a column promise to be about one thing.

/// Names that are used for one thing.
const ALIKE: &[&[&str]] = &[
    &["uid", "userid", "samaccountname", "login", "loginname", "username", "user", "account"],
    &["sn", "surname", "lastname", "familyname", "nachname"],
    &["givenname", "firstname", "forename", "vorname"],
    &["cn", "commonname", "name", "fullname", "title"],
    &["displayname", "fullname", "name"],
    &["mail", "email", "emailaddress", "rfc822mailbox"],
    &["telephonenumber", "phone", "phonenumber", "tel", "telephone", "telefon"],
    &["mobile", "mobilephone", "cell", "cellphone", "handy"],
    &["facsimiletelephonenumber", "fax"],
    &["employeenumber", "employeeid", "personnelnumber", "staffid", "personid", "id", "badge"],
    &["title", "jobtitle", "job", "position", "role"],
    &["l", "city", "town", "localityname", "ort"],
    &["st", "state", "province", "stateorprovincename"],
    &["c", "country", "countrycode", "co"],
    &["postalcode", "zip", "zipcode", "plz"],
    &["street", "streetaddress", "address"],
    &["departmentnumber", "department", "dept", "deptcode", "ou"],
    &["manager", "managerid", "bossid", "boss", "supervisor"],
    &["description", "comment", "notes", "note"],
    &["roomnumber", "room", "office", "physicaldeliveryofficename"],
    &["preferredlanguage", "language", "lang"],
    &["entryuuid", "objectguid", "guid", "uuid", "externalid", "directoryid"],
    &["createtimestamp", "whencreated", "created", "createdat"],
    &["modifytimestamp", "whenchanged", "modified", "updated", "updatedat"],
];

/// Three where the names are one, two where they are used for one thing, one where one is in the other.
pub(super) fn likeness(attribute: &str, column: &str) -> u32 {
    let (attribute, column) = (letters(attribute), letters(column));
    let is_in = |one: &str, other: &str| one.len() > 2 && other.contains(one);
    let are_alike =
        |names: &&[&str]| names.contains(&attribute.as_str()) && names.contains(&column.as_str());
    match () {
        () if attribute == column => 3,
        () if ALIKE.iter().any(are_alike) => 2,
        () if is_in(&attribute, &column) || is_in(&column, &attribute) => 1,
        () => 0,
    }
}

/// Letters and digits, in lower case.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::likeness;

    #[test]
    fn names_are_more_or_less_alike() {
        for (attribute, column, wanted) in [
            ("givenName", "given_name", 3),
            ("sn", "last_name", 2),
            ("telephoneNumber", "Phone", 2),
            ("mail", "work_mail", 1),
            ("l", "login", 0),
        ] {
            assert_eq!(likeness(attribute, column), wanted, "{attribute} {column}");
        }
    }
}
