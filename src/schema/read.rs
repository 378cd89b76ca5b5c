//! A server's own schema: files of definitions, put on top of those that are built in.
//!
//! Four shapes are read: LDIF of a subschema entry (`attributeTypes: ( … )`), LDIF of OpenLDAP's
//! `cn=schema,cn=config` (`olcAttributeTypes: {0}( … )`), OpenLDAP's `.schema` files
//! (`attributetype ( … )`), and the entries of AD's schema. The server's word counts: a definition replaces the one built in that
//! has its OID. Lines that define nothing are passed over.

use std::borrow::Cow;
use std::collections::HashMap;

use super::active_directory::{Defined, SchemaEntry};
use super::content::ContentRule;
use super::description::Description;
use super::names::Names;
use super::{
    AttributeType, ClassKind, Definition, LONGEST_CHAIN, MatchingRule, ObjectClass, Schema,
    Standing, Syntax, Usage, index,
};
use crate::error::{Error, ErrorKind, Expected, Fault, Place, Result};

impl Schema {
    /// Takes over the definitions in `text`, which is the schema file called `name`.
    ///
    /// A file that names no EQUALITY rule at all is AD's, which compares by syntax; in any other a
    /// type without EQUALITY has none (RFC 4512 section 4.1.2).
    pub fn extend(&mut self, name: &str, text: &[u8]) -> Result<()> {
        let lines: Vec<Line<'_>> = logical_lines(text).collect();
        let mut found = Found::default();
        for line in &lines {
            found.take(line).map_err(|fault| line.error(name, text, fault))?;
        }
        let entries = schema_entries(&lines);
        let is_empty = found.attributes.is_empty()
            && found.classes.is_empty()
            && found.content_rules.is_empty()
            && entries.is_empty();
        if is_empty {
            return Err(Error::at(ErrorKind::NothingDefined, Place::new(name, text, 0, 0)));
        }
        self.take_attributes(&found.attributes);
        for class in &found.classes {
            self.replace_class(object_class(class));
        }
        for rule in found.content_rules.iter().filter(|rule| !rule.description.has("OBSOLETE")) {
            self.replace_content_rule(content_rule(rule));
        }
        entries.into_iter().for_each(|defined| self.replace(defined));
        self.settle();
        Ok(())
    }

    /// Brings in order what follows from the definitions: who has which name, who has subtypes. A
    /// name that a later definition has taken is no longer one of the earlier.
    fn settle(&mut self) {
        let names = Names::of(&self.attributes);
        for at in 0..self.attributes.len() {
            let lost = |name: &str| {
                names.find(&self.attributes, name.as_bytes()) != Some(self.attributes[at].id)
            };
            let own = &self.attributes[at];
            let mut kept: Vec<_> = own.names.iter().filter(|name| !lost(name)).cloned().collect();
            if kept.is_empty() {
                kept.push(own.oid.clone());
            }
            self.attributes[at].names = kept;
        }
        self.has_subtypes = vec![false; self.attributes.len()];
        for sup in self.attributes.iter().filter_map(|attribute| attribute.sup) {
            self.has_subtypes[sup as usize] = true;
        }
        self.attributes_by_name = Names::of(&self.attributes);
        self.classes_by_name = Names::of(&self.classes);
        self.is_whole = self.is_given_whole();
    }

    fn replace(&mut self, defined: Defined) {
        match defined {
            Defined::AttributeType(new) => {
                self.replace_attribute(new);
            }
            Defined::ObjectClass(new) => self.replace_class(new),
        }
    }

    /// Enters the types, then lets each inherit from the one above it, the uppermost first.
    fn take_attributes(&mut self, found: &[Read<'_>]) {
        let by_syntax = !found.iter().any(|f| f.description.has("EQUALITY"));
        let ids: Vec<u32> =
            found.iter().map(|f| self.replace_attribute(attribute_type(f))).collect();
        self.attributes_by_name = Names::of(&self.attributes);
        for (definition, &id) in found.iter().zip(&ids) {
            let sup = definition.description.value("SUP").and_then(|sup| self.attribute(sup));
            let sup = sup.map(|sup| sup.id).filter(|&sup| sup != id);
            self.attributes[id as usize].sup = sup;
        }
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&at| self.depth(ids[at]));
        for at in order {
            let own_syntax = found[at].description.has("SYNTAX");
            self.inherit(ids[at], own_syntax, by_syntax);
        }
    }

    /// How many types stand above this one.
    fn depth(&self, id: u32) -> usize {
        let above = |&id: &u32| self.attribute_by_id(id).and_then(|t| t.sup);
        std::iter::successors(Some(id), above).take(LONGEST_CHAIN).count()
    }

    /// RFC 4512 section 2.5.1: what a type does not say it has from its superior.
    fn inherit(&mut self, id: u32, own_syntax: bool, by_syntax: bool) {
        let mut own = self.attributes[id as usize].clone();
        if let Some(sup) = own.sup.and_then(|sup| self.attribute_by_id(sup)) {
            own.equality = own.equality.or(sup.equality);
            own.ordering = own.ordering.or(sup.ordering);
            own.substring = own.substring.or(sup.substring);
            own.syntax = if own_syntax { own.syntax } else { sup.syntax };
        }
        if by_syntax {
            own.equality = own.equality.or(own.syntax.equality());
        }
        // In place of a rule that we do not model stands the companion of the equality rule.
        let modelled = |rule, companion: fn(MatchingRule) -> Option<MatchingRule>| match rule {
            Some(MatchingRule::Unmodelled) => own.equality.and_then(companion),
            rule => rule,
        };
        let ordering = modelled(own.ordering, MatchingRule::ordering);
        let substring = modelled(own.substring, MatchingRule::substrings);
        (own.ordering, own.substring) = (ordering, substring);
        self.attributes[id as usize] = own;
    }

    /// Puts a type in the place of the one it redefines, or at the end.
    fn replace_attribute(&mut self, mut new: AttributeType) -> u32 {
        let taken = place_of(&self.attributes, &self.attributes_by_name, &new);
        let id = taken.unwrap_or(index(self.attributes.len()));
        new.id = id;
        match self.attributes.get_mut(id as usize) {
            Some(old) => *old = new,
            None => self.attributes.push(new),
        }
        id
    }

    fn replace_class(&mut self, new: ObjectClass) {
        match place_of(&self.classes, &self.classes_by_name, &new) {
            Some(at) => self.classes[at as usize] = new,
            None => self.classes.push(new),
        }
    }
}

/// The definition that `new` redefines: the one with its OID, or, where one of the two has no OID,
/// the one with its name.
fn place_of<D: Definition>(definitions: &[D], names: &Names, new: &D) -> Option<u32> {
    let same_oid = names.find(definitions, new.oid().as_bytes());
    same_oid.or_else(|| {
        let at = names.find(definitions, new.names().first()?.as_bytes())?;
        let nameless = definitions[at as usize].oid().is_empty() || !is_numeric(new.oid());
        nameless.then_some(at)
    })
}

fn is_numeric(oid: &str) -> bool {
    oid.starts_with(|c: char| c.is_ascii_digit())
}

/// What a file defines.
#[derive(Default)]
struct Found<'a> {
    /// `objectidentifier` (slapd.conf(5)): names for the beginnings of OIDs.
    macros: HashMap<String, String>,
    attributes: Vec<Read<'a>>,
    classes: Vec<Read<'a>>,
    content_rules: Vec<Read<'a>>,
}

/// A definition, the macros in its OIDs resolved.
struct Read<'a> {
    oid: String,
    syntax: Option<String>,
    description: Description<'a>,
}

/// What a line of a schema file is.
enum Defines {
    AttributeType,
    ObjectClass,
    ContentRule,
    Macro,
    Nothing,
}

impl Defines {
    /// By the word it begins with, in any case.
    fn of(word: &[u8]) -> Defines {
        match word.to_ascii_lowercase().as_slice() {
            b"attributetypes" | b"olcattributetypes" | b"attributetype" => Defines::AttributeType,
            b"objectclasses" | b"olcobjectclasses" | b"objectclass" => Defines::ObjectClass,
            b"ditcontentrules" | b"olcditcontentrules" | b"ditcontentrule" => Defines::ContentRule,
            b"olcobjectidentifier" | b"objectidentifier" => Defines::Macro,
            _ => Defines::Nothing,
        }
    }
}

impl<'a> Found<'a> {
    /// Takes what a line defines. `objectClass: person` is no definition but part of an entry.
    fn take(&mut self, line: &'a Line<'_>) -> Result<(), Fault> {
        match line.defines {
            Defines::Nothing => Ok(()),
            Defines::Macro => self.take_macro(&line.value),
            Defines::AttributeType => {
                let found = self.definition(&line.value)?;
                self.attributes.push(found);
                Ok(())
            }
            Defines::ObjectClass => {
                let found = self.definition(&line.value)?;
                self.classes.push(found);
                Ok(())
            }
            Defines::ContentRule => {
                let found = self.definition(&line.value)?;
                self.content_rules.push(found);
                Ok(())
            }
        }
    }

    fn take_macro(&mut self, value: &[u8]) -> Result<(), Fault> {
        let words = String::from_utf8_lossy(value);
        let mut words = words.split_ascii_whitespace();
        let (Some(name), Some(oid)) = (words.next(), words.next()) else {
            return Err(Fault::expected(Expected::MacroOfSchema, value, value));
        };
        let oid = self.resolved(oid.as_bytes()).unwrap_or_else(|| oid.to_owned());
        self.macros.insert(name.to_owned(), oid);
        Ok(())
    }

    fn definition(&self, value: &'a [u8]) -> Result<Read<'a>, Fault> {
        let description = Description::parse(value)?;
        let undefined = || {
            let at = value.iter().position(|&b| b != b'(' && b != b' ').unwrap_or(0);
            Fault::expected(Expected::DefinedMacro, value, &value[at..])
        };
        let oid = self.resolved(description.oid).ok_or_else(undefined)?;
        let syntax = description.value("SYNTAX").and_then(|syntax| self.resolved(syntax));
        Ok(Read { oid, syntax, description })
    }

    /// An OID as it is, or with the macro before `:` put in. `cn-oid`, as some servers write where
    /// there is no OID, stands for itself.
    fn resolved(&self, oid: &[u8]) -> Option<String> {
        let oid = String::from_utf8_lossy(oid);
        let (name, rest) = oid.split_once(':').map_or((oid.as_ref(), None), |(n, r)| (n, Some(r)));
        match (self.macros.get(name), rest) {
            (Some(base), Some(rest)) => Some(format!("{base}.{rest}")),
            (Some(base), None) => Some(base.clone()),
            (None, None) => Some(oid.into_owned()),
            (None, Some(_)) => None,
        }
    }
}

/// RFC 4512 section 4.1.2, without what is inherited.
fn attribute_type(found: &Read<'_>) -> AttributeType {
    let d = &found.description;
    let rule = |keyword| {
        d.value(keyword)
            .map(|rule| MatchingRule::from_name_or_oid(rule).unwrap_or(MatchingRule::Unmodelled))
    };
    AttributeType {
        id: 0,
        oid: Cow::Owned(found.oid.clone()),
        names: texts(d.values("NAME")),
        equality: rule("EQUALITY"),
        ordering: rule("ORDERING"),
        substring: rule("SUBSTR"),
        syntax: found.syntax.as_deref().map_or(Syntax::Other, Syntax::from_oid),
        single_value: d.has("SINGLE-VALUE"),
        no_user_modification: d.has("NO-USER-MODIFICATION"),
        usage: usage(d.value("USAGE")),
        ordered: d.has("X-ORDERED"),
        standing: standing(d),
        sup: None,
    }
}

/// `usage` (RFC 4512 section 4.1.2).
fn usage(word: Option<&[u8]>) -> Usage {
    match word.map(<[u8]>::to_ascii_lowercase).as_deref() {
        Some(b"directoryoperation") => Usage::DirectoryOperation,
        Some(b"distributedoperation") => Usage::DistributedOperation,
        Some(b"dsaoperation") => Usage::DsaOperation,
        _ => Usage::UserApplications,
    }
}

/// RFC 4512 section 4.1.1.
fn object_class(found: &Read<'_>) -> ObjectClass {
    let d = &found.description;
    let kind = match () {
        () if d.has("ABSTRACT") => ClassKind::Abstract,
        () if d.has("AUXILIARY") => ClassKind::Auxiliary,
        () => ClassKind::Structural,
    };
    ObjectClass {
        oid: Cow::Owned(found.oid.clone()),
        names: texts(d.values("NAME")),
        kind,
        sup: texts(d.values("SUP")),
        must: texts(d.values("MUST")),
        may: texts(d.values("MAY")),
        standing: standing(d),
    }
}

fn standing(d: &Description<'_>) -> Standing {
    if d.has("OBSOLETE") { Standing::Obsolete } else { Standing::Given }
}

/// RFC 4512 section 4.1.6.
fn content_rule(found: &Read<'_>) -> ContentRule {
    let d = &found.description;
    ContentRule {
        oid: found.oid.clone(),
        auxiliary: texts(d.values("AUX")),
        must: texts(d.values("MUST")),
        may: texts(d.values("MAY")),
        not: texts(d.values("NOT")),
    }
}

fn texts(words: &[&[u8]]) -> Vec<Cow<'static, str>> {
    words.iter().map(|word| Cow::Owned(String::from_utf8_lossy(word).into_owned())).collect()
}

/// A line of a schema file with the lines that continue it.
struct Line<'a> {
    defines: Defines,
    /// What stands after the first word, unfolded, base64 decoded, without `{n}`.
    value: Cow<'a, [u8]>,
    /// The first word.
    word: &'a [u8],
    /// Where the line begins in the file, and its bytes there.
    at: usize,
    raw: &'a [u8],
}

impl Line<'_> {
    /// An error at the fault's place, which is sought in the file: the value may have been folded
    /// there. At the line, where its value is encoded.
    fn error(&self, name: &str, text: &[u8], fault: Fault) -> Error {
        let tail = &self.value[fault.at.min(self.value.len())..];
        let here = &tail[..tail.len().min(fault.len.max(1))];
        let start = match tail.is_empty() {
            true => Some(self.raw.trim_ascii_end().len()),
            false => memchr::memmem::rfind(self.raw, tail).or(memchr::memmem::find(self.raw, here)),
        };
        let place = Place::new(name, text, self.at + start.unwrap_or(0), fault.len);
        Error::at(fault.kind, place)
    }
}

/// What the entries between blank lines define as AD does.
fn schema_entries(lines: &[Line<'_>]) -> Vec<Defined> {
    let is_blank = |line: &Line<'_>| line.raw.trim_ascii().is_empty();
    lines.split(is_blank).filter_map(|lines| schema_entry(lines).definition()).collect()
}

fn schema_entry<'a>(lines: &'a [Line<'_>]) -> SchemaEntry<'a> {
    let pair = |line: &'a Line<'_>| (line.word, String::from_utf8_lossy(line.value.trim_ascii()));
    SchemaEntry { attributes: lines.iter().map(pair).collect() }
}

/// The lines of a schema file that may define something.
fn logical_lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        at += logical_len(rest);
        Some(line(&text[start..at], start))
    })
}

/// The length of the first line and of those after it that begin with a blank.
fn logical_len(text: &[u8]) -> usize {
    let continued = |&end: &usize| !matches!(text.get(end), Some(b' ' | b'\t'));
    memchr::memchr_iter(b'\n', text).map(|at| at + 1).find(continued).unwrap_or(text.len())
}

/// Splits a line into its word and its value: `word: value`, `word:: base64` or `word value`.
fn line(raw: &[u8], at: usize) -> Line<'_> {
    let name = raw.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let (word, rest) = raw.split_at(name);
    let value = match rest {
        [b':', b':', rest @ ..] => base64(rest),
        [b':', rest @ ..] => unfolded(rest),
        rest => Cow::Borrowed(rest),
    };
    let ldif = rest.starts_with(b":");
    let value = after_index(value);
    let defines = match Defines::of(word) {
        Defines::ObjectClass if ldif && !word.to_ascii_lowercase().ends_with(b"es") => {
            Defines::Nothing
        }
        defines => defines,
    };
    Line { defines, value, word, at, raw }
}

/// RFC 2849 note 2: a line end and the blank after it are left out.
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', value.trim_ascii_end()).is_none() {
        return Cow::Borrowed(value);
    }
    let line = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).to_vec();
    let mut lines = value.split(|&b| b == b'\n').map(line);
    let mut unfolded = lines.next().unwrap_or_default();
    lines.for_each(|line| unfolded.extend_from_slice(line.get(1..).unwrap_or_default()));
    Cow::Owned(unfolded)
}

/// A base64 value. One that cannot be decoded is left as it is, and is then no definition.
fn base64(value: &[u8]) -> Cow<'_, [u8]> {
    let digits: Vec<u8> = value.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    match base64_simd::STANDARD.decode_to_vec(&digits) {
        Ok(decoded) => Cow::Owned(decoded),
        Err(_) => Cow::Borrowed(value),
    }
}

/// The value after OpenLDAP's `{n}` and blanks.
fn after_index(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let blanks = value.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let digits = value[blanks..]
        .strip_prefix(b"{")
        .map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
    let indexed = digits > 0 && value.get(blanks + digits + 1) == Some(&b'}');
    let from = if indexed { blanks + digits + 2 } else { blanks };
    match value {
        Cow::Borrowed(value) => Cow::Borrowed(&value[from..]),
        Cow::Owned(value) => Cow::Owned(value[from..].to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extended(text: &str) -> Schema {
        let mut schema = Schema::builtin().clone();
        schema.extend("test.schema", text.as_bytes()).unwrap();
        schema
    }

    const NUMBER: &str = "( 1.2.3.4 NAME ( 'badge' 'badgeNumber' ) EQUALITY integerMatch\
         \n  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )";

    #[test]
    fn the_shapes_of_schema_files_are_read() {
        let folded = NUMBER.replace("NAME", "NA\n ME").replace("\n  SYN", "  SYN");
        let one_line = NUMBER.replace('\n', "");
        let encoded = base64_simd::STANDARD.encode_to_string(one_line.as_bytes());
        for text in [
            format!("attributetype {NUMBER}\n"),
            format!("# comment\nAttributeType{NUMBER}"),
            format!("dn: cn=schema\nobjectClass: top\nattributeTypes: {folded}\n"),
            format!("dn: cn=x\r\nolcAttributeTypes: {{12}}{one_line}\r\n"),
            format!("attributeTypes:: {encoded}\n"),
        ] {
            let schema = extended(&text);
            let badge = schema.attribute(b"BADGENUMBER").expect(&text);
            assert_eq!(badge.equality, Some(MatchingRule::Integer), "{text}");
            assert_eq!((badge.syntax, badge.single_value), (Syntax::Integer, true));
            assert_eq!(schema.attribute(b"1.2.3.4"), Some(badge));
            assert_eq!(schema.attribute_by_id(badge.id), Some(badge));
        }
    }

    #[test]
    fn rules_are_inherited_from_what_may_stand_further_down() {
        let schema = extended(
            "objectidentifier mine 1.2.3\nobjectidentifier more mine:9\n\
             attributetype ( more:3 NAME 'c3' SUP c2 )\n\
             attributetype ( more:2 NAME 'c2' SUP c1 SUBSTR caseExactSubstringsMatch )\n\
             attributetype ( more:1 NAME 'c1' SUP cn EQUALITY caseExactMatch )\n",
        );
        let c3 = schema.attribute(b"1.2.3.9.3").unwrap();
        assert_eq!(c3.equality, Some(MatchingRule::CaseExact));
        assert_eq!(c3.substring, Some(MatchingRule::CaseExactSubstrings));
        assert_eq!(c3.syntax, Syntax::DirectoryString);
        assert!(schema.is_subtype(c3, schema.attribute(b"name").unwrap()));
    }

    #[test]
    fn a_circle_of_superiors_ends() {
        let schema = extended(
            "attributetype ( 1.9.1 NAME 'a1' SUP a2 )\nattributetype ( 1.9.2 NAME 'a2' SUP a1 )\n",
        );
        let [a1, cn] = [b"a1".as_slice(), b"cn"].map(|name| schema.attribute(name).unwrap());
        assert!(!schema.is_subtype(a1, cn));
    }

    #[test]
    fn the_word_of_the_server_counts() {
        let schema = extended(
            "attributeTypes: ( 2.5.4.3 NAME 'cn' EQUALITY caseExactMatch )\n\
             attributeTypes: ( 1.2.840.113556.1.2.256 NAME 'streetAddress' )\n\
             objectClasses: ( 1.3.6.1.1.1.2.2 NAME 'posixGroup' AUXILIARY MUST gidNumber )\n",
        );
        let cn = schema.attribute(b"cn").unwrap();
        assert_eq!(cn.equality, Some(MatchingRule::CaseExact));
        assert_eq!(cn.id, Schema::builtin().attribute(b"cn").unwrap().id);
        assert_eq!(schema.class(b"posixgroup").unwrap().kind, ClassKind::Auxiliary);
        assert_eq!(schema.attribute(b"streetAddress").unwrap().oid, "1.2.840.113556.1.2.256");
        let street = schema.attribute(b"street").unwrap();
        assert_eq!((street.oid.as_ref(), street.names.len()), ("2.5.4.9", 1));
        assert!(!schema.names_subtype(b"streetAddress", street));
    }

    #[test]
    fn a_schema_without_rules_compares_by_syntax() {
        let schema = extended(
            "attributeTypes: ( 1.2.3.4 NAME 'link' SYNTAX '1.3.6.1.4.1.1466.115.121.1.12' )\n\
             attributeTypes: ( 1.2.3.5 NAME 'data' SYNTAX '1.2.840.113556.1.4.903' )\n",
        );
        let rule = |name: &[u8]| schema.attribute(name).unwrap().equality;
        assert_eq!(rule(b"link"), Some(MatchingRule::DistinguishedName));
        assert_eq!(rule(b"data"), Some(MatchingRule::DnWithData));
    }

    #[test]
    fn the_entries_of_a_forest_are_read() {
        let schema = extended(
            "dn: CN=Badge,CN=Schema\nobjectClass: top\nobjectClass: attributeSchema\n\
             attributeID: 1.2.3.4\nlDAPDisplayName: badge\nattributeSyntax: 2.5.5.9\n\
             isSingleValued: TRUE\n\n\
             dn: CN=Holder,CN=Schema\nobjectClass: attributeSchema\nattributeID: 1.2.3.5\n\
             lDAPDisplayName: holderBL\nattributeSyntax: 2.5.5.1\nlinkID: 1001\n\n\
             dn: CN=Pass,CN=Schema\nobjectClass: classSchema\ngovernsID: 1.2.3.6\n\
             lDAPDisplayName: pass\nobjectClassCategory: 3\nsubClassOf: top\nmustContain: badge\n",
        );
        let badge = schema.attribute(b"badge").unwrap();
        assert_eq!((badge.equality, badge.single_value), (Some(MatchingRule::Integer), true));
        let holder = schema.attribute(b"1.2.3.5").unwrap();
        assert!(holder.no_user_modification && holder.syntax.is_dn());
        assert_eq!(schema.class(b"PASS").unwrap().kind, ClassKind::Auxiliary);
        let classes = [b"top".as_slice(), b"pass"].into_iter();
        assert_eq!(schema.mandatory(classes, badge), crate::schema::Mandatory::Yes);
    }

    #[test]
    fn faults_are_shown_where_they_stand() {
        for (text, expected) in [
            (
                "# x\nattributetype ( 1.2.3\n  NAME 'a'\n",
                "s:3:11: expected a keyword such as NAME or `)`, but found the end of the line",
            ),
            (
                "attributetype ( mine:3 NAME 'a' )",
                "s:1:17: expected a numeric OID or a macro that is defined, but found `mine`",
            ),
            (
                "attributeTypes: ( 1.2\n .3 NAME )\n",
                "s:2:10: expected a value after the keyword of a definition, but found `)`",
            ),
            (
                "dn: cn=x\nobjectClass: person\n",
                "s:1:1: expected definitions of attribute types or object classes, but found none",
            ),
        ] {
            let error = Schema::builtin().clone().extend("s", text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }
}
