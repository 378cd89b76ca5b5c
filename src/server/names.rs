//! What each server keeps to itself, and what is the same everywhere: names alone.
//!
//! Names are in lower case. What is done with them is said in the parent module; the names of Active
//! Directory stand in a table of their own.

/// What a server may write itself, over and above the schema's NO-USER-MODIFICATION.
pub(super) struct Traits {
    pub(super) name: &'static str,
    /// Attributes that only this server writes, by which its exports are known.
    pub(super) marks: &'static [&'static str],
    /// Attributes a client may not write, or that change without anybody's doing.
    pub(super) server_only: &'static [&'static str],
    /// Object classes that only this server gives an entry.
    pub(super) own_classes: &'static [&'static str],
}

pub(super) static OPENLDAP: Traits = Traits {
    name: "openldap",
    marks: &[
        "entrycsn",
        "contextcsn",
        "structuralobjectclass",
        // What `cn=config` is made of, which nobody else has.
        "olcattributetypes",
        "olcdatabase",
        "olcmoduleload",
        "olcoverlay",
    ],
    server_only: &[
        "auditcontext",
        "authtimestamp",
        "contextcsn",
        "entrycsn",
        "entryttl",
        "entryexpiretimestamp",
        "memberof",
        "pwdchangedtime",
        "pwdfailuretime",
        "pwdgraceusetime",
        "pwdhistory",
        "pwdlastsuccess",
    ],
    own_classes: &[],
};

pub(super) static DS389: Traits = Traits {
    name: "389ds",
    marks: &["nsuniqueid", "dsentrydn", "entryid", "parentid"],
    server_only: &[
        "dncomp",
        "dsentrydn",
        "entryid",
        "entryusn",
        "internalcreatorsname",
        "internalmodifiersname",
        "memberof",
        "nscpentrydn",
        "nscpentrywsi",
        "nsds50ruv",
        "nsrole",
        "nsuniqueid",
        "parentid",
        "passwordgraceusertime",
        "tombstonenumsubordinates",
    ],
    own_classes: &["nsmemberof"],
};

/// What no server of this row writes under these names for anything else.
pub(super) static GENERIC: Traits = Traits {
    name: "generic",
    marks: &[],
    server_only: &[
        "ibm-allgroups",
        "ibm-allmembers",
        "ibm-capabilitiessubentry",
        "ibm-effectiveacl",
        "ibm-entrychecksum",
        "ibm-entrychecksumop",
        "ibm-entryuuid",
        "ibm-membercount",
        "ds-entry-unique-id",
        "ds-sync-generation-id",
        "ds-sync-hist",
        "ds-sync-state",
        "etag",
        "ismemberof",
        "localentryid",
        "orclguid",
        "orclentryid",
        "orclnormdn",
        "subordinatecount",
    ],
    own_classes: &[],
};

/// Operational attributes of RFC 4512, 4530 and 5020, which no client writes.
pub(super) static EVERYWHERE: &[&str] = &[
    "createtimestamp",
    "creatorsname",
    "entrydn",
    "entryuuid",
    "governingstructurerule",
    "hassubordinates",
    "modifiersname",
    "modifytimestamp",
    "numsubordinates",
    "structuralobjectclass",
    "subschemasubentry",
];

/// Names that one server keeps to itself and another gives a client to write.
pub(super) static AMBIGUOUS: &[&str] = &["name", "isdeleted", "admincount"];

/// Attributes that name an entry for good, whatever its DN, in the order in which they are tried.
pub static IDENTIFIERS: &[&str] =
    &["entryuuid", "objectguid", "nsuniqueid", "ibm-entryuuid", "guid"];

/// Attributes whose values no two entries share on a well-kept server.
pub static UNIQUE: &[&str] =
    &["uid", "uidnumber", "mail", "samaccountname", "serviceprincipalname", "userprincipalname"];

/// Attributes whose values are secrets: written for machines, masked for people.
pub static SECRETS: &[&str] = &[
    "authpassword",
    "clearpassword",
    "dbcspwd",
    "ipanthash",
    "krb5key",
    "krbprincipalkey",
    "lmpwdhistory",
    "ms-mcs-admpwd",
    "mslaps-password",
    "nspmpassword",
    "nspmdistributionpassword",
    "ntpwdhistory",
    "olcrootpw",
    "passwordhistory",
    "privatekey",
    "pwdhistory",
    "pwhistory",
    "sambalmpassword",
    "sambantpassword",
    "sambapasswordhistory",
    "supplementalcredentials",
    "unicodepwd",
    "userpassword",
    "userpkcs12",
];

/// Object classes of entries that replication keeps for itself: tombstones and glue.
pub(super) static NOT_ENTRIES: &[&str] = &["nstombstone", "glue"];

/// What OpenLDAP's password policy takes from an entry whose password changes, though a client may
/// write it (slapo-ppolicy), and whether it may set it of its own accord instead.
pub static SET_WITH_PASSWORD: &[(&str, bool)] =
    &[("pwdReset", true), ("pwdAccountLockedTime", false)];
