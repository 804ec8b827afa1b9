//! Every figure of a page is that of the JSON report, and the JSON report holds nothing of weight that
//! the page does not show.

use std::collections::BTreeSet;

use scraper::{Html, Selector};
use serde_json::Value;
use sigmill::audit::chain::Event;
use sigmill::report::words::{grouped, octets, printable, span, three_digits, took, utc};

use super::{Both, bench, captured, of_bench, of_chain, of_zone, zone};

/// Checks all figures of a page, and returns their places in the JSON report.
fn check(both: &Both) -> BTreeSet<String> {
    let page = Html::parse_document(&both.html);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let figures = Selector::parse("[data-path]").unwrap();
    let mut places = BTreeSet::new();
    for figure in page.select(&figures) {
        let path = figure.attr("data-path").unwrap();
        let value = both.json.pointer(path);
        let value = value.unwrap_or_else(|| panic!("the JSON report has no {path}"));
        let text: String = figure.text().collect();
        let form = figure.attr("data-as");
        if form != Some("words") {
            assert_eq!(text, shown(value, form), "{path}");
        }
        // The value itself, where the text is not it.
        if let Some(raw) = figure.attr("value").or(figure.attr("data-value")) {
            match value {
                Value::String(text) => assert_eq!(raw, printable(text), "{path}"),
                Value::Number(number) if number.is_f64() => {
                    let (raw, number) = (raw.parse::<f64>().unwrap(), number.as_f64().unwrap());
                    // serde_json reads numbers to the last bit but one.
                    assert!((raw - number).abs() <= number.abs() * 1e-12, "{path}: {raw} {number}");
                }
                value => assert_eq!(raw, value.to_string(), "{path}"),
            }
        }
        places.insert(path.to_owned());
    }
    places
}

/// A value as a page shows it in a form.
fn shown(value: &Value, form: Option<&str>) -> String {
    let number = || value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    let whole = || value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"));
    match (form, value) {
        (None, Value::String(text)) => printable(text).into_owned(),
        (None, Value::Number(_)) => value.to_string(),
        (Some("count"), _) => grouped(value.as_u64().unwrap()),
        (Some("utc"), _) => utc(whole()),
        (Some("span"), _) => span(whole()),
        (Some("octets"), _) => octets(number()),
        (Some("took"), _) => took(number()),
        (Some("nanoseconds"), _) => took(number() / 1e9),
        (Some("measure"), _) => three_digits(number()),
        (Some("times"), _) => format!("{}×", three_digits(number())),
        (Some("percent"), _) => format!("{:.0} %", number() * 100.0),
        (Some("rounded"), _) => format!("{:.0}", number()),
        (form, value) => panic!("{value} in the form {form:?}"),
    }
}

/// The places of all values that are neither objects nor arrays.
fn leaves(value: &Value, path: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                leaves(value, &format!("{path}/{name}"), all);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, &format!("{path}/{index}"), all);
            }
        }
        _ => all.push(path.to_owned()),
    }
}

/// A place without its indices: `/summary/times/*/at`.
fn pattern(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.parse::<u64>() {
        Ok(_) => "*",
        Err(_) => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// What of a JSON report its page does not show: patterns of places, and why. What is at and below a
/// place is meant.
type NotShown = &'static [(&'static str, &'static str)];

/// Whether a place of a JSON report is one that a page would show at all.
type IsMeant = fn(&Value, &str) -> bool;

/// Fails on what is shown nowhere though it is not on the list, and on what is on the list though it is
/// always shown.
fn complete(pages: &[(Both, IsMeant)], not_shown: NotShown) {
    let mut unused: BTreeSet<&str> = not_shown.iter().map(|(place, _)| *place).collect();
    let mut lacking = BTreeSet::new();
    for (both, is_meant) in pages {
        let places = check(both);
        let mut all = Vec::new();
        leaves(&both.json, "", &mut all);
        for place in all.into_iter().filter(|place| !places.contains(place)) {
            if !is_meant(&both.json, &place) {
                continue;
            }
            let pattern = pattern(&place);
            let listed = not_shown.iter().find(|(listed, _)| {
                pattern
                    .strip_prefix(listed)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            match listed {
                Some((listed, _)) => {
                    unused.remove(listed);
                }
                None => {
                    lacking.insert(pattern);
                }
            }
        }
    }
    assert!(lacking.is_empty(), "shown nowhere: {lacking:#?}");
    assert!(unused.is_empty(), "shown after all: {unused:#?}");
}

fn everything(_: &Value, _: &str) -> bool {
    true
}

#[test]
fn a_zone_is_shown_as_the_json_report_tells_it() {
    let pages = [
        of_zone(&(zone::good(), vec![]), None),
        of_zone(&zone::bad(), None),
        of_zone(&zone::island_over_time(), None),
        of_zone(&zone::unsigned(), None),
    ];
    complete(
        &pages.map(|both| (both, everything as IsMeant)),
        &[
            ("/catalogue/*/code", "that of the findings"),
            ("/catalogue/*/severity", "what a code weighs here stands beside it"),
            ("/findings/*/at", "of a zone that is judged for one time, which stands above"),
            ("/findings/*/at_utc", "the same as `at`"),
            ("/findings/*/excerpt/caret", "what it marks is underlined"),
            ("/findings/*/excerpt/len", "what it marks is underlined"),
            ("/findings_left_out", "nothing is left out of a JSON report by default"),
            ("/summary/keys/*/bits", "`null` is a dash"),
            ("/summary/lifetime/earliest", "`null` without signatures"),
            ("/summary/lifetime/latest", "`null` without signatures"),
            ("/summary/lifetime/remaining/*/up_to_seconds", "in words beside the bar"),
            ("/summary/performance/in_passing", "which road it was is seen in the stages"),
            ("/summary/performance/tables", "nought when there are none"),
            ("/summary/rrset_octets", "nought without signatures"),
            ("/summary/trust/anchors/*/digest", "`null` of a DNSKEY"),
        ],
    );
}

#[test]
fn a_capture_is_shown_as_the_json_report_tells_it() {
    // Of the rows, those that say that all is well are only counted.
    fn is_meant(json: &Value, place: &str) -> bool {
        let row = place.strip_prefix("/rows/").and_then(|rest| rest.split_once('/'));
        let row = row.and_then(|(index, _)| json["rows"].get(index.parse::<usize>().ok()?));
        row.is_none_or(|row| match row["kind"].as_str() {
            Some("rrset") => false,
            Some("response") => row.get("status").is_some_and(|status| status != "secure"),
            _ => true,
        })
    }
    let pages = ["stub.pcapng", "tree.pcapng"].map(|name| {
        let (summary, events) = captured(name);
        assert!(events.iter().any(|event| matches!(event, Event::Response(_))));
        (of_chain(&summary, &events, None), is_meant as IsMeant)
    });
    complete(
        &pages,
        &[
            ("/rows/*/kind", "the section says it"),
            ("/rows/*/ad", "of single responses"),
            ("/rows/*/at_utc", "the same as `at`"),
            ("/rows/*/cd", "of single responses"),
            ("/rows/*/do", "of single responses"),
            ("/rows/*/outcome", "of single responses; they are counted"),
            ("/rows/*/rcode", "of single responses; they are counted"),
            ("/rows/*/recursive", "of single responses"),
            ("/rows/*/seen/last", "of single responses; the first is shown"),
            ("/rows/*/zone", "of single responses; the reason names it"),
            ("/rows/*/schema", "the document's own"),
            ("/rows/*/sigmill", "the document's own"),
        ],
    );
}

#[test]
fn a_comparison_is_shown_as_the_json_report_tells_it() {
    let pages = [bench::matrix(), bench::audit()]
        .map(|comparison| (of_bench(&comparison), everything as IsMeant));
    complete(&pages, &[("/rows/*/rounds", "one by one only in JSON and in logs of HdrHistogram")]);
}

// A page of a real run is told by the same rules as one of a sample.
#[test]
fn a_real_zone_is_shown_as_its_json_report_tells_it() {
    use sigmill::audit::zone::{Config, JudgementTime, audit};
    let times = [1_780_272_000, 1_900_000_000].map(JudgementTime::At);
    let config =
        Config { times: [&times[..], &[JudgementTime::Ignored]].concat(), ..Config::default() };
    for name in
        ["variants/expired.zone", "variants/nsec3-several.zone", "variants/two-algorithms.zone"]
    {
        let path = super::common::datasets().join(name);
        if !path.exists() {
            continue;
        }
        let source = sigmill::source::Source::open(&path, &Default::default()).unwrap();
        let mut findings = Vec::new();
        let summary =
            audit(source, &config, &mut |finding| findings.push(finding.clone())).unwrap();
        let places = check(&of_zone(&(summary, findings), None));
        for place in ["/summary/times/2/rrsets/secure", "/judgement/sentence"] {
            assert!(places.contains(place), "{name} lacks {place}");
        }
    }
}
