//! What an entry must be when it is added, for a server that gives accounts rules of their own.
//!
//! Active Directory refuses an account that is enabled and has no password, and no export holds
//! one; so such an account comes disabled. Knows nothing of other entries.

use std::borrow::Cow;

use crate::entry::Entry;
use crate::server::Server;

/// The bit of `userAccountControl` that disables an account, and an account that is nothing else.
const DISABLED: i64 = 0x2;
const NORMAL: i64 = 0x200;

/// The bits of accounts that only computers may have: of a domain controller, of a workstation.
const TRUSTED: i64 = 0x2000 | 0x1000;

/// The primary groups that accounts get by themselves, by a bit of `userAccountControl`: domain controllers,
/// those that may only read, computers; and users (MS-SAMR section 3.1.1.8.1).
const USUAL_GROUPS: [(i64, u32); 3] = [(0x2000, 516), (0x400_0000, 521), (0x1000, COMPUTERS)];
const USERS: u32 = 513;
const COMPUTERS: u32 = 515;

const CONTROL: &[u8] = b"userAccountControl";
pub(super) const PRIMARY_GROUP: &[u8] = b"primaryGroupID";

/// An entry as it is added, and what is left to a person.
pub(crate) struct Newcomer<'e> {
    pub(crate) entry: Entry<'e>,
    /// It is disabled until somebody gives it a password.
    pub(crate) wants_password: bool,
    /// It is in another primary group than the usual one.
    pub(crate) wants_group: bool,
}

/// How a server wants an entry when it is added.
pub(crate) fn newcomer(server: Server, entry: Entry<'_>) -> Newcomer<'_> {
    let mut newcomer = Newcomer { entry, wants_password: false, wants_group: false };
    if !server.wants_passwords() {
        return newcomer;
    }
    let usual = usual_group(&newcomer.entry).map(|group| group.to_string().into_bytes());
    newcomer.wants_group =
        value(&newcomer.entry, PRIMARY_GROUP).is_some_and(|group| Some(group) != usual.as_deref());
    newcomer.entry.attributes.retain(|a| !server.is_set_by_hand(&a.description));
    if is_user(&newcomer.entry) && value(&newcomer.entry, b"unicodePwd").is_none() {
        newcomer.wants_password = disable(&mut newcomer.entry);
    }
    newcomer
}

/// Disables an account of a person, as what it may be; answers whether it was that, or nobody said so.
fn disable(entry: &mut Entry<'_>) -> bool {
    let Some(control) = value(entry, CONTROL) else {
        let disabled = (NORMAL | DISABLED).to_string().into_bytes();
        entry.push(Cow::Borrowed(CONTROL), Cow::Owned(disabled));
        return true;
    };
    let number: Option<i64> = std::str::from_utf8(control).ok().and_then(|c| c.trim().parse().ok());
    let is_new = |number: &i64| number & DISABLED == 0 || number & TRUSTED != 0;
    let Some(mut number) = number.filter(is_new) else { return false };
    if number & TRUSTED != 0 {
        number = number & !TRUSTED | NORMAL;
    }
    let disabled = (number | DISABLED).to_string().into_bytes();
    let mut all = entry.attributes.iter_mut();
    let found = all.find(|a| a.description.eq_ignore_ascii_case(CONTROL));
    found.into_iter().for_each(|a| a.values = vec![Cow::Owned(disabled.clone())]);
    true
}

/// Whether an entry is an account of a person; a computer makes its password itself.
fn is_user(entry: &Entry<'_>) -> bool {
    let is = |name: &str| {
        entry.object_classes().any(|class| class.eq_ignore_ascii_case(name.as_bytes()))
    };
    (is("user") || is("inetOrgPerson")) && !is("computer")
}

/// The primary group that an account gets by itself when it is added.
pub(super) fn usual_group(entry: &Entry<'_>) -> Option<u32> {
    let control =
        value(entry, CONTROL).and_then(|c| std::str::from_utf8(c).ok()?.trim().parse().ok());
    let control: i64 = control.unwrap_or(0);
    let bit = || USUAL_GROUPS.iter().find(|(bit, _)| control & bit != 0).map(|(_, group)| *group);
    let is_computer = entry.object_classes().any(|class| class.eq_ignore_ascii_case(b"computer"));
    let is_account = is_user(entry) || value(entry, PRIMARY_GROUP).is_some();
    if is_computer { bit().or(Some(COMPUTERS)) } else { is_account.then_some(USERS) }
}

/// The first value of an attribute.
pub(super) fn value<'v>(entry: &'v Entry<'_>, name: &[u8]) -> Option<&'v [u8]> {
    let found = entry.attributes.iter().find(|a| a.description.eq_ignore_ascii_case(name));
    found?.values.first().map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dn::Dn;

    /// The `userAccountControl` and `primaryGroupID` an entry of these classes gets, and what it
    /// wants; a password stands for all that is not given.
    fn added(server: Server, classes: &str, given: &[(&str, &str)]) -> (String, bool, bool) {
        let mut entry = Entry::new(Dn::parse(b"CN=a,DC=x").expect("a name"));
        let classes = classes.split(' ').map(|class| ("objectClass", class));
        for (name, value) in classes.chain(given.iter().copied()) {
            entry.push(name.as_bytes().to_vec().into(), value.as_bytes().to_vec().into());
        }
        let newcomer = newcomer(server, entry);
        let text = |name| value(&newcomer.entry, name).map(String::from_utf8_lossy);
        let shown = [text(CONTROL), text(PRIMARY_GROUP)].map(|v| v.unwrap_or("-".into()));
        (shown.join(" "), newcomer.wants_password, newcomer.wants_group)
    }

    #[test]
    fn users_without_a_password_come_disabled() {
        for (classes, given, expected) in [
            ("top user", &[("userAccountControl", "512")][..], ("514 -", true, false)),
            ("top user", &[("userAccountControl", "66048")], ("66050 -", true, false)),
            ("top user", &[("userAccountControl", "514")], ("514 -", false, false)),
            ("top user", &[], ("514 -", true, false)),
            ("top inetOrgPerson", &[], ("514 -", true, false)),
            (
                "user",
                &[("userAccountControl", "512"), ("unicodePwd", "x")],
                ("512 -", false, false),
            ),
            ("user computer", &[("userAccountControl", "4096")], ("4096 -", false, false)),
            ("top group", &[], ("- -", false, false)),
            ("user", &[("userAccountControl", "4096")], ("514 -", true, false)),
            ("user", &[("userAccountControl", "4098")], ("514 -", true, false)),
            ("user", &[("userAccountControl", "x")], ("x -", false, false)),
            ("computer", &[("primaryGroupID", "515")], ("- -", false, false)),
            ("user", &[("primaryGroupID", "515")], ("514 -", true, true)),
            ("computer", &[("primaryGroupID", "1105")], ("- -", false, true)),
        ] {
            let (shown, password, group) = added(Server::ActiveDirectory, classes, given);
            assert_eq!((shown.as_str(), password, group), expected, "{classes} {given:?}");
        }
        let untouched = added(Server::OpenLdap, "user", &[("primaryGroupID", "1105")]);
        assert_eq!(untouched, ("- 1105".to_owned(), false, false));
    }
}
