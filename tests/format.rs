//! What a zone file may look like: one test for each statement of FORMAT.md, by its heading.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

use std::io::Write as _;
use std::path::Path;

use sigmill::dns::RType;
use sigmill::source::{OpenOptions, Source};
use sigmill::zonefile::{Event, ReadOptions, print::write_rdata, read};

/// What a text reads as: records as `owner ttl class type rdata`, faults as `line:column message`.
fn read_text(text: &str) -> Vec<String> {
    read_source(Source::from_bytes("test", text.into()), &ReadOptions::default())
}

fn read_source(source: Source, options: &ReadOptions) -> Vec<String> {
    let mut seen = Vec::new();
    read(source, options, &mut |event| match event {
        Event::Record(record) => {
            let mut rdata = String::new();
            write_rdata(&mut rdata, record.rtype, record.rdata);
            let (owner, ttl, class) = (record.owner, record.ttl, record.class);
            seen.push(format!("{owner} {ttl} {class} {} {rdata}", record.rtype));
        }
        Event::Fault(fault) => {
            seen.push(format!("{}:{} {}", fault.line, fault.column, fault.error));
        }
        Event::Progress { .. } => {}
    })
    .unwrap();
    seen
}

/// Checks that a text reads as these records and faults.
#[track_caller]
fn assert_reads(text: &str, expected: &[&str]) {
    assert_eq!(read_text(text), expected, "{text}");
}

// FORMAT.md, "Owners". RFC 1035 §5.1.
#[test]
fn an_entry_that_begins_with_a_blank_has_the_owner_before_it() {
    assert_reads(
        "a. 5 IN A 192.0.2.1\n  A 192.0.2.2\n\t5 A 192.0.2.3\n",
        &["a. 5 IN A 192.0.2.1", "a. 5 IN A 192.0.2.2", "a. 5 IN A 192.0.2.3"],
    );
    assert_reads("  A 192.0.2.2\n", &["1:3 the owner is omitted, but no record came before"]);
}

// FORMAT.md, "Owners": what follows an owner that cannot be read must not go to the one before.
#[test]
fn records_behind_an_unreadable_owner_are_not_given_to_another() {
    assert_reads(
        "a. 5 A 192.0.2.1\nb..c. 5 A 192.0.2.2\n 5 A 192.0.2.3\n",
        &[
            "a. 5 IN A 192.0.2.1",
            "2:1 expected a domain name, but a label is empty",
            "3:2 the owner is omitted, but no record came before",
        ],
    );
}

// FORMAT.md, "Names". RFC 1035 §5.1: @, relative names, \DDD and \X.
#[test]
fn names_are_relative_to_the_origin_unless_they_end_in_a_dot() {
    assert_reads(
        "$ORIGIN Example.\n@ 5 NS b\na\\.c NS b.\n\\065 NS @\n",
        &[
            "Example. 5 IN NS b.Example.",
            "a\\.c.Example. 5 IN NS b.",
            "A.Example. 5 IN NS Example.",
        ],
    );
    assert_reads(
        "a 5 NS b.\n",
        &["1:1 expected a domain name, but the name is relative and there is no origin"],
    );
    assert_reads("$ORIGIN a.\n$ORIGIN b\n@ 5 NS @\n", &["b.a. 5 IN NS b.a."]);
}

// FORMAT.md, "TTL and class". RFC 1035 §5.1: either may be left out, in either order.
#[test]
fn ttl_and_class_may_be_left_out_or_stand_in_either_order() {
    for head in ["5 IN", "IN 5", "5", "5 class1"] {
        assert_reads(&format!("a. {head} A 192.0.2.1\n"), &["a. 5 IN A 192.0.2.1"]);
    }
    assert_reads("a. 1h30m A 192.0.2.1\n", &["a. 5400 IN A 192.0.2.1"]);
    assert_reads("a. 5 CH TXT x\nb. TXT y\n", &["a. 5 CH TXT \"x\"", "b. 5 CH TXT \"y\""]);
    assert_reads("a. 5 5 A 192.0.2.1\n", &["1:6 expected a class or a type"]);
    assert_reads("a. 5 IN CH A 192.0.2.1\n", &["1:9 expected a type"]);
}

// FORMAT.md, "TTL and class". RFC 2308 §4: $TTL, else the last stated; RFC 1035 §3.3.13 for a SOA.
#[test]
fn a_missing_ttl_is_the_default_or_the_last_one_stated() {
    assert_reads(
        "a. 7 A 192.0.2.1\n A 192.0.2.2\n$TTL 9\n A 192.0.2.3\n 8 A 192.0.2.4\n A 192.0.2.5\n",
        &[
            "a. 7 IN A 192.0.2.1",
            "a. 7 IN A 192.0.2.2",
            "a. 9 IN A 192.0.2.3",
            "a. 8 IN A 192.0.2.4",
            "a. 9 IN A 192.0.2.5",
        ],
    );
    assert_reads(
        "a. SOA b. c. 1 2 3 4 77\n NS b.\n",
        &["a. 77 IN SOA b. c. 1 2 3 4 77", "a. 77 IN NS b."],
    );
    assert_reads(
        "a. A 192.0.2.1\n",
        &["1:4 no TTL: expected a TTL here, a $TTL directive, or a record with a TTL before"],
    );
}

// FORMAT.md, "Owners": names that look like classes or types.
#[test]
fn the_first_word_of_a_line_is_an_owner_whatever_it_looks_like() {
    assert_reads(
        "$ORIGIN z.\nIN 5 A 192.0.2.1\nNS NS NS\n",
        &["IN.z. 5 IN A 192.0.2.1", "NS.z. 5 IN NS NS.z."],
    );
    assert_reads("$ORIGIN z.\n3600 5 A 192.0.2.1\n", &["3600.z. 5 IN A 192.0.2.1"]);
}

// FORMAT.md, "Strings". RFC 1035 §5.1, and BIND's reading of a quote within a word.
#[test]
fn strings_are_quoted_or_bare_and_escapes_work_in_both() {
    assert_reads(
        "a. 5 TXT \"x y;(z\" b\\\"c \\100 \"\\\"\\\\\" \"\"\n",
        &[r#"a. 5 IN TXT "x y;(z" "b\"c" "d" "\"\\" """#],
    );
    assert_reads("a. 5 TXT x\"y z\"w\n", &[r#"a. 5 IN TXT "x" "y z" "w""#]);
    assert_reads("a. 5 TXT \"x\ny. 5 TXT z\n", &["1:10 '\"' is never closed", "y. 5 IN TXT \"z\""]);
}

// FORMAT.md, "Lines". RFC 1035 §5.1: parentheses, comments, CRLF, a last line without newline.
#[test]
fn parentheses_join_lines_and_may_stand_anywhere_outside_quotes() {
    let soa = "a. 9 IN SOA b. c. 1 2 3 4 5";
    assert_reads("a. 9 SOA b. c. ( 1 ; serial\n 2 3\n\n 4 5 )\n", &[soa]);
    assert_reads("a. ( 9 SOA )b.( c. 1 2 3 4\r\n) 5\r\n", &[soa]);
    assert_reads("a. 9 SOA b. c. 1 2 3 4 5", &[soa]);
    assert_reads("a. 9 SOA ( b. c. ( 1 2 ) 3 4 ) 5", &[soa]);
}

// FORMAT.md, "Lines": an error costs its own entry and nothing else.
#[test]
fn an_unclosed_parenthesis_costs_its_line_only() {
    assert_reads(
        "a. 5 TXT ( x\nb. 5 TXT y\nc. 5 TXT z\n",
        &["1:10 '(' is never closed", "b. 5 IN TXT \"y\"", "c. 5 IN TXT \"z\""],
    );
    assert_reads(
        "a. 5 TXT x )\nb. 5 TXT y\n",
        &["1:12 unexpected ')': no '(' is open", "b. 5 IN TXT \"y\""],
    );
}

// FORMAT.md, "Lines".
#[test]
fn parentheses_nest_sixteen_deep_and_no_deeper() {
    let nested = |depth: usize| {
        format!("a. 5 TXT {}x{}\nb. 5 TXT y\n", "( ".repeat(depth), " )".repeat(depth))
    };
    assert_reads(&nested(16), &["a. 5 IN TXT \"x\"", "b. 5 IN TXT \"y\""]);
    assert_reads(&nested(17), &["1:10 parentheses nest deeper than 16", "b. 5 IN TXT \"y\""]);
}

// FORMAT.md, "Unknown types". RFC 3597 §5: \# for any type, TYPEnnn and CLASSnnn.
#[test]
fn unknown_types_are_octets_and_known_types_may_be() {
    assert_reads("a. 5 IN TYPE65280 \\# 3 ab cdef\n", &["a. 5 IN TYPE65280 \\# 3 ABCDEF"]);
    assert_reads("a. 5 IN TYPE1 \\# 4 c0000201\n", &["a. 5 IN A 192.0.2.1"]);
    assert_reads("a. 5 IN A \\# 4 c0000201\n", &["a. 5 IN A 192.0.2.1"]);
    assert_reads("a. 5 CLASS65280 A 192.0.2.1\n", &["a. 5 CLASS65280 A 192.0.2.1"]);
    assert_eq!(read_text("a. 5 IN A \\# 3 c00002\n").len(), 1);
    assert!(read_text("a. 5 IN A \\# 3 c00002\n")[0].starts_with("1:"));
    assert!(read_text("a. 5 IN TYPE65280 x\n")[0].contains("RFC 3597"));
}

// FORMAT.md, "Unknown types": RFC 6895 §3.1, and RFC 9824 §3.4 for NXNAME.
#[test]
fn types_of_messages_cannot_stand_in_a_zone() {
    for rtype in [RType::ANY, RType::AXFR, RType::TSIG, RType::OPT, RType::NXNAME] {
        let seen = read_text(&format!("a. 5 IN {rtype} \\# 0\n"));
        assert_eq!(seen, [format!("1:9 {rtype} cannot stand in a zone file")]);
    }
}

// FORMAT.md, "What real dumps hold".
#[test]
fn dumps_of_other_software_are_read() {
    // CZDS: alphabetical bitmaps, upper or mixed case of the next hash, lower-case types.
    assert_reads(
        "h.a. 5 in nsec3 1 1 0 - 0p9mhaveqvm6t7VBL5LOP2U3T2RP3TOM A NS RRSIG DS\n",
        &["h.a. 5 IN NSEC3 1 1 0 - 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM A NS DS RRSIG"],
    );
    // BIND's multi-line style with its comments.
    assert_reads(
        "a.\t5 IN DNSKEY 257 3 15 (\n\t\tl02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZ\n\t\tJA4= ) ; KSK; alg = ED25519; key id = 3613\n",
        &["a. 5 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4="],
    );
    assert_reads("a. 5 A 192.0.2.1 ; resign=20200101000000\n", &["a. 5 IN A 192.0.2.1"]);
}

// FORMAT.md, "Directives".
#[test]
fn unknown_directives_and_surplus_words_are_faults() {
    assert_reads(
        "$FOO x\n$TTL\n$TTL 1 2\n$ORIGIN a. b\n",
        &[
            "1:1 unknown directive: expected $ORIGIN, $TTL, $INCLUDE or $GENERATE",
            "2:5 expected a TTL, but the record ends here",
            "3:8 expected the end of the directive",
            "4:12 expected the end of the directive",
        ],
    );
}

// FORMAT.md, "Directives": BIND's $GENERATE.
#[test]
fn generate_makes_a_record_for_each_value() {
    assert_reads(
        "$ORIGIN a.\n$TTL 5\n$GENERATE 1-3/2 h$ A 192.0.2.$\n",
        &["h1.a. 5 IN A 192.0.2.1", "h3.a. 5 IN A 192.0.2.3"],
    );
    let seen = read_text("$ORIGIN a.\n$GENERATE 254-257 h$ 5 A 192.0.2.$\n");
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert!(seen[2].starts_with("2:11 the record that $GENERATE makes for 256 is wrong"));
    assert!(read_text("$GENERATE 0-9999999 h$.a. 5 A 192.0.2.1\n")[0].contains("more than"));
}

fn write_file(directory: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = directory.join(name);
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    path
}

fn read_file(path: &Path, allow_include: bool) -> Vec<String> {
    let source = Source::open(path, &OpenOptions::default()).unwrap();
    read_source(source, &ReadOptions { allow_include, ..ReadOptions::default() })
}

// FORMAT.md, "Directives". RFC 1035 §5.1: origin and owner are as before behind an $INCLUDE.
#[test]
fn includes_are_relative_to_the_including_file_and_leave_origin_and_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("sub")).unwrap();
    write_file(&directory.path().join("sub"), "two", "x 5 A 192.0.2.2\n$INCLUDE three\n");
    write_file(&directory.path().join("sub"), "three", "$ORIGIN z.\ny 5 A 192.0.2.3\n");
    let one = "$ORIGIN a.\nb 5 A 192.0.2.1\n$INCLUDE sub/two c\n 5 A 192.0.2.4\n";
    let path = write_file(directory.path(), "one", one);
    assert_eq!(
        read_file(&path, true),
        [
            "b.a. 5 IN A 192.0.2.1",
            "x.c.a. 5 IN A 192.0.2.2",
            "y.z. 5 IN A 192.0.2.3",
            "b.a. 5 IN A 192.0.2.4"
        ]
    );
    let forbidden = read_file(&path, false);
    assert_eq!(forbidden[1], "3:1 $INCLUDE is not allowed here (use --allow-include)");
    assert_eq!(forbidden.len(), 3);
}

// FORMAT.md, "Directives": a file that includes itself must not be read for ever.
#[test]
fn include_loops_and_missing_files_are_faults() {
    let directory = tempfile::tempdir().unwrap();
    let path = write_file(directory.path(), "loop", "$INCLUDE loop\n$INCLUDE nowhere\n");
    let seen = read_file(&path, true);
    assert_eq!(seen[0], "1:10 $INCLUDE of a file that is being read already");
    assert!(seen[1].starts_with("2:10 the included file cannot be read"), "{}", seen[1]);
    let deep: Vec<String> = (0..20).map(|n| format!("$INCLUDE f{}\n", n + 1)).collect();
    for (n, text) in deep.iter().enumerate() {
        write_file(directory.path(), &format!("f{n}"), text);
    }
    let seen = read_file(&directory.path().join("f0"), true);
    assert_eq!(seen, ["1:10 $INCLUDE goes deeper than 16 files"]);
}

// FORMAT.md, "Limits": a few short files that include each other many times are bounded as well.
#[test]
fn a_zone_consists_of_65536_files_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = write_file(directory.path(), "zone", &"$INCLUDE many\n".repeat(257));
    write_file(directory.path(), "many", &"$INCLUDE one\n".repeat(255));
    write_file(directory.path(), "one", "a. 5 A 192.0.2.1\n");
    let seen = read_file(&path, true);
    // The zone itself and 255 times `many` with what it includes are 65,281 files, which leaves 255
    // for the next `many`, its own included.
    let (records, faults): (Vec<_>, Vec<_>) =
        seen.into_iter().partition(|line| line.starts_with("a."));
    assert_eq!(records.len(), 255 * 255 + 254);
    let fault = "the zone consists of more than 65536 files";
    assert_eq!(faults, [format!("255:10 {fault}"), format!("257:10 {fault}")]);
}

// FORMAT.md, "Limits".
#[test]
fn entries_beyond_the_limit_are_faults_and_reading_goes_on() {
    let text = format!("a. 5 TXT {}\nb. 5 A 192.0.2.1\n", "x ".repeat(200));
    let options = ReadOptions { entry_octets: 100, ..ReadOptions::default() };
    for source in [
        Source::from_bytes("test", text.clone().into()),
        Source::from_reader("test", std::io::Cursor::new(text.into_bytes())).unwrap(),
    ] {
        assert_eq!(
            read_source(source, &options),
            ["1:1 the entry is longer than 100 octets (--max-entry)", "b. 5 IN A 192.0.2.1"]
        );
    }
}

// FORMAT.md, "Owners".
#[test]
fn a_parenthesis_or_a_quote_before_the_owner_changes_nothing() {
    assert_reads("( a. 5 A 192.0.2.1 )\n", &["a. 5 IN A 192.0.2.1"]);
    assert_reads("\"a.\" 5 A 192.0.2.1\n", &["a. 5 IN A 192.0.2.1"]);
    assert_reads("$ORIGIN z.\n\"$TTL\" 5 A 192.0.2.1\n", &["\\$TTL.z. 5 IN A 192.0.2.1"]);
    assert_reads("\u{feff}a. 5 A 192.0.2.1\n", &["\\239\\187\\191a. 5 IN A 192.0.2.1"]);
}

// FORMAT.md, "TTL and class": RFC 2181 §8 is for receivers.
#[test]
fn ttls_from_half_the_range_on_are_kept() {
    assert_reads("a. 4294967295 A 192.0.2.1\n", &["a. 4294967295 IN A 192.0.2.1"]);
    let seen = read_text("a. 4294967296 A 192.0.2.1\n");
    assert_eq!(seen, ["1:4 expected a TTL such as 3600 or 1h, but the number is above 4294967295"]);
}

// FORMAT.md, "Strings". RFC 1035 §3.3.
#[test]
fn strings_have_at_most_255_octets() {
    assert_eq!(read_text(&format!("a. 5 TXT {}\n", "x".repeat(255))).len(), 1);
    let seen = read_text(&format!("a. 5 TXT {}\n", "x".repeat(256)));
    assert!(seen[0].contains("longer than 255 octets"), "{seen:?}");
}

// FORMAT.md, "Lines".
#[test]
fn a_lone_carriage_return_is_a_blank_and_a_nul_an_octet() {
    assert_reads("a. 5 A\r192.0.2.1\r\n", &["a. 5 IN A 192.0.2.1"]);
    assert_reads("a. 5 TXT x\0y\n", &["a. 5 IN TXT \"x\\000y\""]);
    assert_eq!(read_text("a. 5 A 192.0.2\0.1\n").len(), 1);
    assert!(read_text("a. 5 A 192.0.2\0.1\n")[0].starts_with("1:8 "));
}

// FORMAT.md, "Unknown types". RFC 3597 §5, RFC 9824 §3.4.
#[test]
fn quoted_unknown_form_is_a_string_and_bitmaps_hold_any_type() {
    assert_reads("a. 5 TXT \"\\#\" 1\n", &["a. 5 IN TXT \"#\" \"1\""]);
    assert_reads("a. 5 NSEC b. NXNAME A\n", &["a. 5 IN NSEC b. A NXNAME"]);
}

// FORMAT.md, "Directives".
#[test]
fn a_ttl_set_in_an_included_file_holds_behind_it() {
    let directory = tempfile::tempdir().unwrap();
    write_file(directory.path(), "two", "$TTL 9\n");
    let path = write_file(directory.path(), "one", "$TTL 5\n$INCLUDE two\na. A 192.0.2.1\n");
    assert_eq!(read_file(&path, true), ["a. 9 IN A 192.0.2.1"]);
}

// FORMAT.md, "What real dumps hold".
#[test]
fn output_of_dig_is_zone_text() {
    assert_reads(
        "\n; <<>> DiG 9.18 <<>> a. AXFR\n;; global options: +cmd\na.\t\t5\tIN\tA\t192.0.2.1\n\n;; Query time: 1 msec\n",
        &["a. 5 IN A 192.0.2.1"],
    );
}

// FORMAT.md, "RDATA fields": such records are signed all the same.
#[test]
fn lengths_that_an_algorithm_fixes_are_not_judged_while_reading() {
    assert_reads("a. 5 DS 1 8 2 AB\n", &["a. 5 IN DS 1 8 2 AB"]);
}

// FORMAT.md, "Mapped files".
#[test]
#[cfg(unix)]
fn a_file_that_is_replaced_is_read_as_it_was_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = write_file(directory.path(), "zone", "a. 5 A 192.0.2.1\n");
    let source = Source::open(&path, &OpenOptions::default()).unwrap();
    let new = write_file(directory.path(), "new", "b. 5 A 192.0.2.2\n");
    std::fs::rename(new, &path).unwrap();
    assert_eq!(read_source(source, &ReadOptions::default()), ["a. 5 IN A 192.0.2.1"]);
}
