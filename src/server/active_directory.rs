//! What Active Directory keeps to itself, what follows by itself there, and what it refuses.
//!
//! Names are in lower case. Measured on Samba and read in MS-ADTS; the table says what AD does, not
//! what is made of it.

use super::names::Traits;

pub(super) static TRAITS: Traits = Traits {
    name: "ad",
    marks: &["objectguid", "objectsid", "usncreated", "instancetype", "dscorepropagationdata"],
    server_only: &[
        "admincount",
        "badpasswordtime",
        "badpwdcount",
        "canonicalname",
        "directreports",
        "distinguishedname",
        "dscorepropagationdata",
        "instancetype",
        "iscriticalsystemobject",
        "isdeleted",
        "isprivilegeholder",
        "isrecycled",
        "lastknownparent",
        "lastlogoff",
        "lastlogon",
        "lastlogontimestamp",
        "lockouttime",
        "logoncount",
        "managedobjects",
        "masteredby",
        "memberof",
        "modifiedcount",
        "ms-ds-creatorsid",
        "msds-authenticatedtoaccountlist",
        "msds-isdomainfor",
        "msds-keyversionnumber",
        "msds-lastsuccessfulinteractivelogontime",
        "msds-lastfailedinteractivelogontime",
        "msds-failedinteractivelogoncount",
        "msds-failedinteractivelogoncountatlastsuccessfullogon",
        "msds-membersforazrolebl",
        "msds-nctype",
        "msds-objectreferencebl",
        "msds-principalname",
        "msds-psoapplied",
        "msds-replattributemetadata",
        "msds-replvaluemetadata",
        "msds-revealeddsas",
        "msds-user-account-control-computed",
        "msds-userpasswordexpirytimecomputed",
        "msfu30posixmemberof",
        "name",
        "nonsecuritymemberbl",
        "ntsecuritydescriptor",
        "objectguid",
        "objectsid",
        "ownerbl",
        "parentguid",
        "primarygrouptoken",
        "pwdlastset",
        "replpropertymetadata",
        "repluptodatevector",
        "repsfrom",
        "repsto",
        "ridallocationpool",
        "ridavailablepool",
        "ridnextrid",
        "ridpreviousallocationpool",
        "ridusedpool",
        "samaccounttype",
        "serverreferencebl",
        "siteobjectbl",
        "subrefs",
        "tokengroups",
        "usnchanged",
        "usncreated",
        "usndsalastobjremoved",
        "usnlastobjrem",
        "whenchanged",
        "whencreated",
    ],
    own_classes: &[],
};

/// Linked attributes, their forward ends (an even `linkID` in the schema): AD keeps the entry and not
/// its name, so that they follow a rename and are gone with their target. Sorted.
#[rustfmt::skip]
pub(super) static LINKS: &[&str] = &[
    "addressbookroots2", "bridgeheadtransportlist", "frscomputerreference", "frsmemberreference",
    "frsprimarymember", "globaladdresslist2", "managedby", "manager", "member",
    "msauthz-memberrulesincentralaccesspolicy", "mscom-partitionlink",
    "mscom-userpartitionsetlink", "msdfsr-computerreference", "msdfsr-memberreference",
    "msds-assignedauthnpolicy", "msds-assignedauthnpolicysilo", "msds-authenticatedatdc",
    "msds-authnpolicysilomembers", "msds-bridgeheadserversused",
    "msds-claimsharespossiblevalueswith", "msds-claimtypeappliestoclass",
    "msds-computerauthnpolicy", "msds-egressclaimstransformationpolicy",
    "msds-hostserviceaccount", "msds-ingressclaimstransformationpolicy", "msds-krbtgtlink",
    "msds-membersforazrole", "msds-membersofresourcepropertylist", "msds-nc-replica-locations",
    "msds-nc-ro-replica-locations", "msds-neverrevealgroup", "msds-nonmembers",
    "msds-objectreference", "msds-oidtogrouplink", "msds-operationsforazrole",
    "msds-operationsforaztask", "msds-primarycomputer", "msds-psoappliesto",
    "msds-revealondemandgroup", "msds-sdreferencedomain", "msds-serviceauthnpolicy",
    "msds-tasksforazrole", "msds-tasksforaztask", "msds-userauthnpolicy", "msfrs-hub-member",
    "mssfu30posixmember", "mstpm-tpminformationforcomputer", "mstsprimarydesktop",
    "mstssecondarydesktops", "netbootserver", "nonsecuritymember", "owner", "privilegeholder",
    "querypolicyobject", "serverreference", "sitelinklist", "sitelist", "siteobject",
    "syncmembership", "templateroots2",
];

/// Attributes of an account or a group that AD gives it and does not take away again.
pub(super) static PROTECTED: &[&str] = &[
    "accountexpires",
    "codepage",
    "countrycode",
    "grouptype",
    "samaccountname",
    "useraccountcontrol",
];

/// The classes of accounts and groups, and the attributes of which a modify gives them one value alone,
/// whatever the schema says (MS-SAMR; Samba answers 20). An add may give more.
pub(super) static ACCOUNTS: &[&str] = &["computer", "group", "inetorgperson", "user"];
pub(super) static SINGLE: &[&str] = &["description"];

/// The attribute that names an entry of a class (`rDNAttID`), for the classes that exports are made
/// of; a class that is not here is not looked at.
pub(super) static NAMING: &[(&str, &str)] = &[
    ("computer", "cn"),
    ("contact", "cn"),
    ("container", "cn"),
    ("country", "c"),
    ("dnsnode", "dc"),
    ("dnszone", "dc"),
    ("domain", "dc"),
    ("domaindns", "dc"),
    ("foreignsecurityprincipal", "cn"),
    ("group", "cn"),
    ("groupofnames", "cn"),
    ("groupofuniquenames", "cn"),
    ("inetorgperson", "cn"),
    ("locality", "l"),
    ("organization", "o"),
    ("organizationalperson", "cn"),
    ("organizationalrole", "cn"),
    ("organizationalunit", "ou"),
    ("person", "cn"),
    ("user", "cn"),
];

/// Attributes that go by names or OIDs which the standards give to others.
pub(super) static DEFINITIONS: &str = "\
attributeTypes: ( 1.2.840.113556.1.2.256 NAME 'streetAddress' EQUALITY caseIgnoreMatch \
 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributeTypes: ( 1.2.840.113556.1.4.44 NAME 'homeDirectory' EQUALITY caseIgnoreMatch \
 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributeTypes: ( 1.3.6.1.1.1.1.3 NAME 'unixHomeDirectory' EQUALITY caseExactIA5Match \
 SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 SINGLE-VALUE )
attributeTypes: ( 2.16.840.1.113730.3.1.34 NAME 'middleName' EQUALITY caseIgnoreMatch \
 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributeTypes: ( 2.16.840.1.113730.3.1.35 NAME 'thumbnailPhoto' EQUALITY octetStringMatch \
 SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
";
