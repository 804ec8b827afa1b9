//! A page stays small whatever was found, and says what it leaves out.

use scraper::{Html, Selector};
use sigmill::audit::findings::{Code, Finding, Severity};
use sigmill::audit::zone::summary::CodeCount;

use super::{of_zone, zone};

/// A flood of one code, and one of another behind it.
fn flood(number: u64) -> (sigmill::audit::zone::Summary, Vec<Finding>) {
    let (mut summary, _) = zone::bad();
    let finding = |host: u64| Finding {
        owner: Some(zone::name(&format!("host{host}.example."))),
        detail: Some("x".repeat(60)),
        ..Finding::new(Code::SignatureExpired)
    };
    let mut findings: Vec<Finding> = (0..number).map(finding).collect();
    findings.push(Finding::new(Code::SoaMissing));
    summary.findings = [(Code::SignatureExpired, number), (Code::SoaMissing, 1)]
        .map(|(code, count)| CodeCount { code, severity: Severity::Bogus, count })
        .to_vec();
    (summary, findings)
}

fn rows(html: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    let rows = Selector::parse("#list tbody tr").unwrap();
    page.select(&rows).map(|row| row.attr("data-code").unwrap().to_owned()).collect()
}

// kzonecheck prints the first fault of thousands; a page with all of them is one that nobody opens.
#[test]
fn a_flood_is_counted_and_listed_in_part() {
    let few = of_zone(&flood(200), Some(100));
    let many = of_zone(&flood(20_000), Some(100));
    assert_eq!(rows(&few.html).len(), 100);
    let listed = rows(&many.html);
    assert_eq!(listed.len(), 100);
    assert!(listed.iter().any(|code| code == "soa-missing"), "the flood hides another code");
    // A hundred times as many findings take no room but for longer numbers.
    assert!(many.html.len() < few.html.len() + 2000, "{} {}", few.html.len(), many.html.len());
    assert!(many.html.contains("100 of 20,001 findings"));
    assert!(many.html.contains("19,901 more"), "what is left out is not told");
    // What is listed has the places that the whole JSON report gives it.
    let page = Html::parse_document(&many.html);
    let codes = Selector::parse("#list tbody tr td.code [data-path]").unwrap();
    for code in page.select(&codes) {
        let value = many.json.pointer(code.attr("data-path").unwrap()).unwrap();
        assert_eq!(value.as_str().unwrap(), code.text().collect::<String>());
    }
}

#[test]
fn no_list_leaves_the_totals() {
    let page = of_zone(&flood(500), Some(0));
    assert!(rows(&page.html).is_empty());
    assert!(page.html.contains("501 more"));
}
