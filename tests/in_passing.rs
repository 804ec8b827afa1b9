//! A zone that is judged while it is read gives the report that it gives when it is read first: whatever is
//! in it, wherever its text is cut, and whoever does the work.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

#[path = "../examples/make_tld/tld/mod.rs"]
#[allow(dead_code)] // what is not needed here is tested elsewhere
mod tld;

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::Parser as _;
use proptest::prelude::*;
use sigmill::audit::findings::Finding;
use sigmill::audit::zone::{Config, JudgementTime, Limits, ZonemdPolicy, audit};
use sigmill::source::Source;

/// 2026-06-01T00:00:00Z, when the zones' signatures are valid.
const AT: i64 = 1_780_272_000;

/// Zones that are long enough to be judged in passing: every denial in both layouts, with glue, some with
/// signatures that do not hold.
static ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut zones = Vec::new();
    for layout in ["one-line", "bind"] {
        for denial in ["nsec", "nsec3", "opt-out"] {
            for bad in [0, 3] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("tld.zone");
                let options = format!(
                    "make-tld --output={} --bad-list={} -n 300 --glue 0.3 --hosters 20 --algorithm ed25519 \
                     --denial {denial} --layout {layout} --bad {bad}",
                    path.display(),
                    folder.path().join("bad").display(),
                );
                tld::run(&tld::Options::try_parse_from(options.split_whitespace()).unwrap())
                    .unwrap();
                zones.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    zones
});

fn config(in_passing: bool, threads: usize, part_octets: usize) -> Config {
    let limits = Limits { part_octets, ..Limits::default() };
    Config { times: vec![JudgementTime::At(AT)], threads, limits, in_passing, ..Config::default() }
}

/// The report without what may differ, time spent and who verified; whether the zone was judged in passing.
fn report(text: &str, config: &Config) -> (String, bool) {
    let source = Source::from_bytes("zone", text.into());
    let mut lines = Vec::new();
    let outcome = audit(source, config, &mut |finding: &Finding| {
        lines.push(serde_json::to_string(finding).unwrap());
    });
    let mut in_passing = false;
    match outcome {
        Ok(mut summary) => {
            in_passing = std::mem::take(&mut summary.performance).in_passing;
            summary.keys.iter_mut().for_each(|key| key.backend = None);
            lines.push(serde_json::to_string(&summary).unwrap());
        }
        Err(error) => lines.push(error.to_string()),
    }
    (lines.join("\n"), in_passing)
}

/// Judges a text on both roads; whether it was judged in passing where that was allowed.
fn same_on_both_roads(
    text: &str,
    threads: usize,
    part_octets: usize,
) -> Result<bool, TestCaseError> {
    let (in_passing, was) = report(text, &config(true, threads, part_octets));
    let (first_read, never) = report(text, &config(false, 1, 64 << 10));
    prop_assert!(!never);
    prop_assert_eq!(in_passing, first_read);
    Ok(was)
}

/// Something that may be wrong with a text, some of it harmless.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// A line is gone.
    Without,
    /// A line comes twice.
    Twice,
    /// A line comes somewhere else.
    Moved(u16),
    /// A digit or letter of a line is another one.
    Altered(u16, u8),
    /// A line in between that is no record, or one of another owner.
    With(u8),
}

/// Lines that are not the zone's.
const OTHERS: [&str; 9] = [
    "tld.\t172800\tIN\tNS\n",
    "elsewhere.\t172800\tIN\tNS\tns.elsewhere.\n",
    "x.y.z.tld.\t172800\tIN\tTXT\t\"an owner out of order\"\n",
    "tld.\t3600\tIN\tTXT\t\"the apex again\"\n",
    "; a comment\n\n",
    "a.b.c.tld.\t172800\tIN\tNS\tns.elsewhere.\n",
    "007878tal2rj4jrvs4hsc2c8jmihbcf8.tld.\t900\tIN\tTXT\t\"a name like a hash\"\n",
    "tld.\t86400\tIN\tDNAME\telsewhere.\n",
    "$TTL 77\n",
];

fn changed(text: &str, changes: &[(u16, Change)]) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for &(at, change) in changes {
        let at = usize::from(at) % lines.len();
        match change {
            Change::Without => drop(lines.remove(at)),
            Change::Twice => lines.insert(at, lines[at].clone()),
            Change::Moved(to) => {
                let line = lines.remove(at);
                lines.insert(usize::from(to) % lines.len(), line);
            }
            Change::Altered(place, octet) => {
                let mut octets = lines[at].clone().into_bytes();
                let place = usize::from(place) % octets.len();
                if octets[place].is_ascii_alphanumeric() {
                    octets[place] =
                        b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::from(octet) % 36];
                }
                lines[at] = String::from_utf8(octets).unwrap();
            }
            Change::With(other) => {
                lines.insert(at, OTHERS[usize::from(other) % OTHERS.len()].to_owned());
            }
        }
    }
    lines.concat()
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Without),
        Just(Change::Twice),
        any::<u16>().prop_map(Change::Moved),
        any::<(u16, u8)>().prop_map(|(place, octet)| Change::Altered(place, octet)),
        any::<u8>().prop_map(Change::With),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_zone_with_anything_wrong_gives_the_same_report_on_both_roads(
        zone in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<u16>(), any_change()), 1..4),
        threads in 1usize..4,
        part_octets in 4000usize..8000,
    ) {
        same_on_both_roads(&changed(&ZONES[zone.index(ZONES.len())], &changes), threads, part_octets)?;
    }

    // A part ends anywhere: between the records of an owner, between a delegation and its glue, before the
    // first NSEC3 record or behind it.
    #[test]
    fn a_zone_in_order_is_judged_in_passing_wherever_it_is_cut(
        zone in any::<prop::sample::Index>(),
        threads in 1usize..4,
        part_octets in 4000usize..8000,
    ) {
        let was = same_on_both_roads(&ZONES[zone.index(ZONES.len())], threads, part_octets)?;
        prop_assert!(was);
    }
}

// FORMAT.md, "What real dumps hold": a transfer ends with the SOA that it began with.
#[test]
fn a_transfer_that_ends_with_the_soa_is_judged_in_passing() {
    for zone in ZONES.iter().take(6) {
        let soa = zone.split_inclusive('\n').find(|line| line.contains("\tSOA\t")).unwrap();
        assert!(same_on_both_roads(&format!("{zone}{soa}"), 2, 6000).unwrap());
        let other = soa.replace("2026010100", "2026010101");
        assert_ne!(other, soa);
        assert!(!same_on_both_roads(&format!("{zone}{other}"), 2, 6000).unwrap());
    }
}

/// The zones of `datasets/`, good and bad, among them everything that the catalogue of findings has.
#[test]
fn the_zones_of_the_datasets_give_the_same_report_on_both_roads() {
    let datasets = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("datasets");
    let (mut zones, mut passed) = (0, 0);
    for folder in ["zones", "zones/bind", "zones/ldns", "zones/knot", "variants", "zones/text"] {
        let Ok(files) = std::fs::read_dir(datasets.join(folder)) else { continue };
        for file in files.map(|file| file.unwrap().path()) {
            if file.extension().is_none_or(|extension| extension != "zone") {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            zones += 1;
            for zonemd in [ZonemdPolicy::IfPresent, ZonemdPolicy::Off] {
                let first_read = Config { zonemd, ..config(false, 1, 64 << 10) };
                let first_read = report(&text, &first_read).0;
                // The apex is a good part of a small zone.
                for (head, part) in [(2, 8), (2, 40), (3, 13), (4, 60)] {
                    let mut in_passing =
                        Config { zonemd, ..config(true, 2, (text.len() / part).max(1)) };
                    in_passing.limits.head_octets = Some(text.len() / head);
                    let (in_passing, was) = report(&text, &in_passing);
                    assert_eq!(in_passing, first_read, "{}", file.display());
                    passed += usize::from(was);
                }
            }
        }
    }
    assert!(zones > 100 && passed > 50, "{passed} of {zones}");
}
