//! Values there and back, in columns of every type.

use super::*;
use crate::mapping::Compare;
use crate::matching::equal;
use crate::schema::{MatchingRule, Schema};
use crate::text::Escaped;
use proptest::prelude::*;

fn berlin() -> Zone {
    Zone::named("Europe/Berlin").expect("a zone of the bundled database")
}

fn shown(written: &Written<'_>) -> String {
    match written {
        Ok(Some(words)) => Escaped(words).to_string(),
        Ok(None) => "-".to_owned(),
        Err(unfit) => format!("fault: {unfit}"),
    }
}

/// A type, a column, a value and its words. The value comes back as it was.
type Row = (FlowType, Option<ColumnType>, &'static [u8], &'static str);

#[track_caller]
fn assert_both_ways(zone: &Zone, rows: &[Row]) {
    for (kind, column, value, words) in rows {
        let written = kind.to_column(value, *column, zone);
        assert_eq!(shown(&written), *words, "{kind:?} {column:?} {}", Escaped(value));
        let back = kind.to_attribute(
            written.as_ref().expect("fits").as_ref().expect("a value"),
            *column,
            zone,
        );
        assert_eq!(shown(&back), Escaped(value).to_string(), "{kind:?} {column:?} back");
    }
}

use ColumnType as C;
use FlowType as F;

#[test]
fn values_go_there_and_back() {
    assert_both_ways(
        &berlin(),
        &[
            (F::Text, None, b"J\xc3\xb6rg ", "Jörg "),
            (F::Text, Some(C::Bytes), b"\xff", "\\xff"),
            (F::Text, Some(C::Decimal), b"42", "42"),
            (F::Dn, None, b"cn=a,dc=x", "cn=a,dc=x"),
            (F::Binary, Some(C::Bytes), b"\xff\0", "\\xff\\u{0}"),
            (F::Binary, Some(C::Bytes), b"", ""),
            (F::Integer, None, b"-42", "-42"),
            (
                F::Integer,
                Some(C::Decimal),
                b"123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            (F::Boolean, Some(C::Boolean), b"TRUE", "true"),
            (F::Boolean, Some(C::Decimal), b"FALSE", "0"),
            (F::Boolean, Some(C::Bits), b"TRUE", "1"),
            (F::Integer, Some(C::Bits), b"5", "5"),
            (F::Binary, Some(C::Bits), b"\x01\0", "256"),
            (F::Boolean, None, b"FALSE", "false"),
            (F::Timestamp, Some(C::Instant), b"20240501080000Z", "2024-05-01 08:00:00+00"),
            (F::Timestamp, Some(C::Instant), b"20240501080000.25Z", "2024-05-01 08:00:00.25+00"),
            (F::Timestamp, Some(C::Timestamp), b"20240501080000Z", "2024-05-01 10:00:00"),
            (
                F::Timestamp,
                Some(C::Timestamp),
                b"20240101080000.000001Z",
                "2024-01-01 09:00:00.000001",
            ),
            (F::Timestamp, Some(C::Date), b"20240430220000Z", "2024-05-01"),
            (F::Timestamp, None, b"20240501080000Z", "2024-05-01 08:00:00+00"),
            (F::Timestamp, None, b"00010101000000Z", "0001-01-01 00:00:00+00"),
            // What has no end.
            (F::Timestamp, Some(C::Timestamp), b"99991231225959Z", "9999-12-31 23:59:59"),
            (F::Timestamp, Some(C::Instant), b"99991231235959Z", "9999-12-31 23:59:59+00"),
            (F::FileTime, Some(C::Instant), b"2650467743990000000", "9999-12-31 23:59:59+00"),
            // The hour before clocks are put forward, the one behind it, and the first that comes twice.
            (F::Timestamp, Some(C::Timestamp), b"20240331005959Z", "2024-03-31 01:59:59"),
            (F::Timestamp, Some(C::Timestamp), b"20240331010000Z", "2024-03-31 03:00:00"),
            (F::Timestamp, Some(C::Timestamp), b"20241027003000Z", "2024-10-27 02:30:00"),
            (F::Date, Some(C::Date), b"20240229000000Z", "2024-02-29"),
            (F::Date, Some(C::Timestamp), b"20240229000000Z", "2024-02-29"),
            (F::FileTime, Some(C::Instant), b"133590240000000000", "2024-05-01 08:00:00+00"),
            (
                F::FileTime,
                Some(C::Instant),
                b"133590240000000001",
                "2024-05-01 08:00:00.0000001+00",
            ),
            (F::FileTime, Some(C::Timestamp), b"133590240000000000", "2024-05-01 10:00:00"),
            (F::FileTime, None, b"1", "1601-01-01 00:00:00.0000001+00"),
            (F::FileTime, None, b"116444736000000000", "1970-01-01 00:00:00+00"),
            (
                F::GuidAd,
                None,
                b"\0\0\0\xb0\0\0\0\x40\x80\0\0\0\0\0\0\x01",
                "b0000000-0000-4000-8000-000000000001",
            ),
            (
                F::GuidAd,
                Some(C::Bytes),
                b"\x04\x03\x02\x01\x06\x05\x08\x07abcdefgh",
                "\\u{1}\\u{2}\\u{3}\\u{4}\\u{5}\\u{6}\\u{7}\\u{8}abcdefgh",
            ),
            (
                F::Guid,
                None,
                b"b0000000-0000-4000-8000-000000000001",
                "b0000000-0000-4000-8000-000000000001",
            ),
            (F::Guid, Some(C::Bytes), b"61626364-6566-6768-696a-6b6c6d6e6f70", "abcdefghijklmnop"),
        ],
    );
}

#[test]
fn base64_of_active_directory_is_this_guid() {
    let value = base64_simd::STANDARD.decode_to_vec("AAAAsAAAAECAAAAAAAAAAQ==").expect("base64");
    let words = F::GuidAd.to_column(&value, None, &Zone::default());
    assert_eq!(shown(&words), "b0000000-0000-4000-8000-000000000001");
}

#[test]
fn other_spellings_of_attributes_are_read() {
    for (kind, column, value, wanted) in [
        (F::Integer, None, &b"007"[..], "7"),
        (F::Boolean, None, b"true", "true"),
        (F::Timestamp, None, b"2024050108Z", "2024-05-01 08:00:00+00"),
        (F::Timestamp, None, b"202405010830Z", "2024-05-01 08:30:00+00"),
        (F::Timestamp, None, b"2024050108.5Z", "2024-05-01 08:30:00+00"),
        (F::Timestamp, None, b"202405010830,25Z", "2024-05-01 08:30:15+00"),
        (F::Timestamp, None, b"20240501100000+0200", "2024-05-01 08:00:00+00"),
        (F::Timestamp, None, b"20240501033000-0430", "2024-05-01 08:00:00+00"),
        (F::Timestamp, None, b"20240501100000.0+02", "2024-05-01 08:00:00+00"),
        (F::Timestamp, None, b"20161231235960Z", "2017-01-01 00:00:00+00"),
        (F::Date, None, b"20240501020000+0200", "2024-05-01"),
        (F::FileTime, None, b"0", "-"),
        (F::FileTime, None, b"9223372036854775807", "-"),
        (
            F::Guid,
            None,
            b"{B0000000-0000-4000-8000-000000000001}",
            "b0000000-0000-4000-8000-000000000001",
        ),
        (F::Guid, None, b"abcdefghijklmnop", "61626364-6566-6768-696a-6b6c6d6e6f70"),
        // nsUniqueId of 389 Directory Server.
        (
            F::Guid,
            None,
            b"66446001-1dd211b2-8d8ea3a2-d2b44a3d",
            "66446001-1dd2-11b2-8d8e-a3a2d2b44a3d",
        ),
    ] {
        assert_eq!(
            shown(&kind.to_column(value, column, &Zone::default())),
            wanted,
            "{}",
            Escaped(value)
        );
    }
}

#[test]
fn words_of_all_databases_are_read() {
    for (kind, column, words, wanted) in [
        (F::Text, Some(C::Char), &b"ab  "[..], "ab"),
        (F::Text, Some(C::Char), b"  ", "-"),
        (F::Text, None, b"", "-"),
        (F::Integer, Some(C::Decimal), b"42.00", "42"),
        (F::Integer, Some(C::Float), b"4.2e1", "42"),
        (F::Integer, Some(C::Decimal), b"-0", "0"),
        (F::Boolean, Some(C::Boolean), b"t", "TRUE"),
        (F::Boolean, Some(C::Decimal), b"1.0", "TRUE"),
        (F::Boolean, None, b"No", "FALSE"),
        (F::Boolean, Some(C::Bits), b"0", "FALSE"),
        (F::Integer, Some(C::Bits), b"5", "5"),
        (F::Binary, Some(C::Bits), b"256", "\\u{1}\\u{0}"),
        (F::Timestamp, Some(C::Instant), b"2024-05-01 10:00:00+02", "20240501080000Z"),
        (F::Timestamp, Some(C::Instant), b"2024-05-01T08:00:00.500Z", "20240501080000.5Z"),
        (F::Timestamp, Some(C::Instant), b"2024-05-01 08:00:00", "20240501080000Z"),
        (F::Timestamp, Some(C::Timestamp), b"01-MAY-24 10.00.00.5 AM", "20240501080000.5Z"),
        (F::Timestamp, None, b"2024-05-01 10:00:00", "20240501080000Z"),
        (F::Timestamp, None, b"2024-05-01", "20240430220000Z"),
        (F::Timestamp, Some(C::Date), b"2024-05-01", "20240430220000Z"),
        // The hour that comes twice is the first one.
        (F::Timestamp, Some(C::Timestamp), b"2024-10-27 02:30:00", "20241027003000Z"),
        (F::Date, Some(C::Timestamp), b"2024-05-01 00:00:00", "20240501000000Z"),
        (F::Date, Some(C::Instant), b"2024-05-01 00:00:00+00", "20240501000000Z"),
        (F::Date, Some(C::Date), b"01-MAY-2024", "20240501000000Z"),
        (F::FileTime, Some(C::Timestamp), b"2024-05-01 10:00:00", "133590240000000000"),
        (
            F::Guid,
            None,
            b"B00000000000400080000000000000AA",
            "b0000000-0000-4000-8000-0000000000aa",
        ),
    ] {
        let written = kind.to_attribute(words, column, &berlin());
        assert_eq!(shown(&written), wanted, "{kind:?} {}", Escaped(words));
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let zone = berlin();
    for (kind, column, value, wanted) in [
        (F::Text, None, &b"\xff"[..], "fault: expected text in UTF-8, but found bytes"),
        (F::Text, Some(C::Decimal), b"x", "fault: expected a number for the column, but found `x`"),
        (F::Integer, None, b"4.2", "fault: expected a whole number, but found `4.2`"),
        (F::Integer, None, b"-", "fault: expected a whole number, but found `-`"),
        (F::Boolean, None, b"1", "fault: expected `TRUE` or `FALSE`, but found `1`"),
        (
            F::Timestamp,
            None,
            b"20240501080000",
            "fault: expected a generalized time such as `20240501080000Z`, but found `20240501080000`",
        ),
        (
            F::Timestamp,
            None,
            b"20240230080000Z",
            "fault: expected a generalized time such as `20240501080000Z`, but found `20240230080000Z`",
        ),
        (
            F::Timestamp,
            None,
            b"20240501080000.Z",
            "fault: expected a generalized time such as `20240501080000Z`, but found `20240501080000.Z`",
        ),
        (
            F::Timestamp,
            None,
            b"20240501080000.1234567891Z",
            "fault: expected a generalized time such as `20240501080000Z`, but found `20240501080000.1234567891Z`",
        ),
        (
            F::Timestamp,
            None,
            b"00000501080000Z",
            "fault: expected a generalized time such as `20240501080000Z`, but found `00000501080000Z`",
        ),
        (
            F::Timestamp,
            Some(C::Decimal),
            b"20240501080000Z",
            "fault: expected a number for the column, but found `2024-05-01 08:00:00+00`",
        ),
        (
            F::Timestamp,
            Some(C::Date),
            b"20240501080000Z",
            "fault: expected a date for the column, but found `2024-05-01 10:00:00`",
        ),
        (
            F::Date,
            None,
            b"20240501080000Z",
            "fault: expected a generalized time at midnight (UTC), but found `20240501080000Z`",
        ),
        (F::FileTime, None, b"-1", "fault: expected a count of 100 ns since 1601, but found `-1`"),
        (
            F::FileTime,
            None,
            b"9223372036854775806",
            "fault: expected a count of 100 ns since 1601, but found `9223372036854775806`",
        ),
        (F::Guid, None, b"b0000000", "fault: expected a UUID, but found `b0000000`"),
        (
            F::GuidAd,
            None,
            b"x",
            "fault: expected the sixteen bytes of an `objectGUID`, but found `x`",
        ),
    ] {
        assert_eq!(shown(&kind.to_column(value, column, &zone)), wanted, "{kind:?}");
    }
    for (kind, column, words, wanted) in [
        (F::Integer, None, &b"4.2"[..], "fault: expected a whole number, but found `4.2`"),
        (F::Boolean, None, b"2", "fault: expected true or false, but found `2`"),
        (
            F::Timestamp,
            None,
            b"infinity",
            "fault: expected a date and a time, but found `infinity`",
        ),
        (
            F::Timestamp,
            None,
            b"0000-00-00 00:00:00",
            "fault: expected a date and a time, but found `0000-00-00 00:00:00`",
        ),
        (
            F::Timestamp,
            None,
            b"0044-03-15 BC",
            "fault: expected a date and a time, but found `0044-03-15 BC`",
        ),
        (
            F::Timestamp,
            Some(C::Timestamp),
            b"2024-03-31 02:30:00",
            "fault: expected a time that clocks show in the time zone, but found `2024-03-31 02:30:00`",
        ),
        (
            F::Date,
            None,
            b"2024-05-01 08:00:00",
            "fault: expected a date, but found `2024-05-01 08:00:00`",
        ),
        (
            F::FileTime,
            None,
            b"1600-12-31 12:00:00",
            "fault: expected a time after 1600 in steps of 100 ns, but found `1600-12-31 12:00:00`",
        ),
        (F::Guid, None, b"x", "fault: expected a UUID, but found `x`"),
    ] {
        assert_eq!(shown(&kind.to_attribute(words, column, &zone)), wanted, "{kind:?}");
    }
    let unfit = F::Guid.to_attribute(b"secret", None, &zone).expect_err("no UUID");
    assert_eq!(unfit.masked().to_string(), "expected a UUID, but found something else");
    assert!(Zone::named("Europe/Atlantis").is_none());
}

#[test]
fn two_values_are_one_by_what_they_are() {
    let schema = Schema::builtin();
    let zone = berlin();
    let ignore = Some(MatchingRule::CaseIgnore);
    for (kind, compare, rule, column, a, b, wanted) in [
        (F::Text, None, ignore, None, &b"J\xc3\x96RG  x"[..], &b"j\xc3\xb6rg x"[..], true),
        (F::Text, None, None, None, b"A", b"a", false),
        (F::Text, Some(Compare::Exact), ignore, None, b"A", b"a", false),
        (F::Text, Some(Compare::IgnoreCase), None, None, b"A", b"a", true),
        (F::Text, Some(Compare::CaseExact), ignore, None, b" A ", b"A", true),
        (F::Text, Some(Compare::CaseExact), ignore, None, b"A", b"a", false),
        (F::Text, Some(Compare::Telephone), None, None, b"+1 2-3", b"+123", true),
        (F::Text, Some(Compare::Integer), None, None, b"042", b"42", true),
        (F::Text, Some(Compare::Dn), None, None, b"CN=A, dc=x", b"cn=a,dc=x", true),
        (
            F::Text,
            Some(Compare::Time),
            None,
            None,
            b"2024-05-01 10:00:00",
            b"2024-05-01 08:00:00+00",
            true,
        ),
        (F::Text, None, ignore, Some(C::Char), b"a  ", b"A", true),
        (F::Text, None, ignore, Some(C::Decimal), b"1.0", b"1", true),
        (F::Text, None, ignore, Some(C::Bytes), b"A", b"a", false),
        (
            F::Text,
            None,
            Some(MatchingRule::DistinguishedName),
            None,
            b"CN=A, dc=x",
            b"cn=a,dc=x",
            true,
        ),
        (F::Dn, None, None, None, b"CN=A, dc=x", b"cn=a,dc=x", true),
        (F::Dn, None, None, None, b"cn=b,dc=x", b"cn=a,dc=x", false),
        (F::Integer, None, None, Some(C::Decimal), b"42.0", b"42", true),
        (F::Boolean, None, None, Some(C::Decimal), b"1.0", b"1", true),
        (F::Boolean, None, None, None, b"true", b"f", false),
        (
            F::Timestamp,
            None,
            None,
            Some(C::Instant),
            b"2024-05-01 10:00:00+02",
            b"2024-05-01 08:00:00+00",
            true,
        ),
        (
            F::Timestamp,
            None,
            None,
            Some(C::Timestamp),
            b"2024-05-01 10:00:00.0",
            b"2024-05-01 10:00:00",
            true,
        ),
        (F::Timestamp, None, None, None, b"2024-05-01 10:00:00", b"2024-05-01 08:00:00+00", true),
        (F::Timestamp, None, None, None, b"2024-05-01 10:00:01", b"2024-05-01 08:00:00+00", false),
        (F::Date, None, None, Some(C::Timestamp), b"2024-05-01 00:00:00", b"2024-05-01", true),
        (
            F::Guid,
            None,
            None,
            None,
            b"{B0000000-0000-4000-8000-000000000001}",
            b"b0000000000040008000000000000001",
            true,
        ),
        (
            F::GuidAd,
            None,
            None,
            None,
            b"b0000000-0000-4000-8000-000000000001",
            b"B0000000-0000-4000-8000-000000000001",
            true,
        ),
        (F::Guid, None, None, None, b"x", b"X", false),
        (F::Binary, None, None, Some(C::Bytes), b"a", b"A", false),
    ] {
        let comparing = Comparing::new(kind, compare, rule, column, &zone);
        let is_one = comparing.normal(schema, a) == comparing.normal(schema, b);
        assert_eq!(is_one, wanted, "{kind:?} {} {}", Escaped(a), Escaped(b));
    }
}

/// A generalized time of the years that servers know.
fn generalized() -> impl Strategy<Value = String> {
    let parts = (1601..2600_u32, 1..13_u32, 1..29_u32, 0..24_u32, 0..60_u32, 0..60_u32);
    (parts, "(|\\.[0-9]{1,7})", "(Z|[+-](0[0-9]|1[0-3])[0-5][0-9])").prop_map(
        |((year, month, day, hour, minute, second), fraction, offset)| {
            format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{fraction}{offset}")
        },
    )
}

proptest! {
    #[test]
    fn instants_come_back_as_the_same(value in generalized(), zoned in any::<bool>()) {
        let schema = Schema::builtin();
        // In UTC no clock is put back.
        let (zone, columns) = match zoned {
            true => (berlin(), vec![None, Some(C::Instant), Some(C::Text)]),
            false => (Zone::default(), vec![None, Some(C::Instant), Some(C::Timestamp)]),
        };
        for column in columns {
            let words = F::Timestamp.to_column(value.as_bytes(), column, &zone).expect("fits");
            let words = words.expect("a value");
            let back = F::Timestamp.to_attribute(&words, column, &zone).expect("fits");
            let back = back.expect("a value");
            prop_assert!(equal(schema, MatchingRule::GeneralizedTime, value.as_bytes(), &back));
            let again = F::Timestamp.to_column(&back, column, &zone).expect("fits");
            prop_assert_eq!(again.as_deref(), Some(&*words));
        }
    }

    #[test]
    fn local_times_come_back_in_the_words_of_their_column(value in generalized()) {
        let (zone, column) = (berlin(), Some(C::Timestamp));
        let words = F::Timestamp.to_column(value.as_bytes(), column, &zone).expect("fits");
        let words = words.expect("a value");
        let back = F::Timestamp.to_attribute(&words, column, &zone).expect("a clock showed it");
        let back = back.expect("a value");
        let again = F::Timestamp.to_column(&back, column, &zone).expect("fits");
        prop_assert_eq!(again.as_deref(), Some(&*words));
    }

    #[test]
    fn counts_and_identifiers_come_back(ticks in 1..3_000_000_000_000_000_000_i64, id in any::<[u8; 16]>()) {
        let zone = Zone::default();
        let there_and_back = |kind: FlowType, value: &[u8]| {
            let words = kind.to_column(value, None, &zone).expect("fits").expect("a value").into_owned();
            kind.to_attribute(&words, None, &zone).expect("fits").map(Cow::into_owned)
        };
        let ticks = ticks.to_string().into_bytes();
        // No more than the years that databases write in four digits.
        if F::FileTime.to_column(&ticks, None, &zone).is_ok_and(|w| w.is_some_and(|w| w[0] != b'-')) {
            prop_assert_eq!(there_and_back(F::FileTime, &ticks), Some(ticks));
        }
        prop_assert_eq!(there_and_back(F::GuidAd, &id), Some(id.to_vec()));
    }

    #[test]
    fn nothing_a_value_may_be_breaks_it(value in prop::collection::vec(any::<u8>(), 0..24)) {
        let zone = berlin();
        for kind in [F::Text, F::Integer, F::Boolean, F::Timestamp, F::Date, F::FileTime, F::Guid, F::GuidAd] {
            for column in [None, Some(C::Char), Some(C::Instant), Some(C::Date), Some(C::Bytes)] {
                let _ = kind.to_column(&value, column, &zone);
                let _ = kind.to_attribute(&value, column, &zone);
            }
        }
    }
}
