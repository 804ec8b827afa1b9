//! What comes from outside stays text: in names, details, file names and lines of input.

use scraper::{Html, Selector};
use sigmill::audit::findings::{Code, Excerpt, Finding, Place};
use sigmill::audit::zone::Summary;

use super::{Both, bench, captured, of_bench, of_chain, of_zone, zone};

/// Texts that would do something if they were not escaped, or would turn the writing around them.
pub const HOSTILE: [&str; 7] = [
    "<script>window.caught = 1</script>",
    "\"><img src=x onerror=\"window.caught = 1\">",
    "'/><svg onload='window.caught = 1'>",
    "</script><script>window.caught = 1</script>",
    "</style><style>* { display: none }</style>",
    "\u{202e}txt.enoz\u{61c}\u{2066}\u{200f}\u{0}\u{1b}[2J\u{7f}",
    "&lt;b&gt;&amp;",
];

/// A zone whose every text is hostile.
pub fn hostile_zone() -> (Summary, Vec<Finding>) {
    let (mut summary, _) = zone::bad();
    let mut findings = Vec::new();
    for text in HOSTILE {
        let owner: String = text.bytes().map(|octet| format!("\\{octet:03}")).collect();
        findings.push(Finding {
            owner: Some(zone::name(&format!("{owner}.example."))),
            detail: Some(text.into()),
            place: Some(Place { file: text.into(), line: 1, column: Some(1) }),
            excerpt: Some(Excerpt { line: text.into(), caret: 3, len: 4 }),
            ..Finding::new(Code::RecordUnreadable)
        });
    }
    summary.input.files = HOSTILE.map(str::to_owned).to_vec();
    summary.trust.anchors.iter_mut().for_each(|anchor| anchor.origin = HOSTILE.concat());
    summary.previous.as_mut().unwrap().files = HOSTILE.map(str::to_owned).to_vec();
    (summary, findings)
}

/// A capture whose files and places are hostile.
pub fn hostile_capture() -> Both {
    let (mut summary, events) = captured("stub.pcapng");
    summary.input.files = HOSTILE.map(str::to_owned).to_vec();
    summary.input.fault_places = HOSTILE.map(str::to_owned).to_vec();
    summary.input.faults = HOSTILE.map(|text| (text.to_owned(), 3)).into_iter().collect();
    for row in &mut summary.reasons {
        row.first = HOSTILE.concat();
    }
    of_chain(&summary, &events, None)
}

/// A comparison whose machine and messages are hostile.
pub fn hostile_bench() -> Both {
    let mut comparison = bench::audit();
    comparison.machine.processor = Some(HOSTILE.concat());
    comparison.machine.versions = HOSTILE.map(|text| (text.to_owned(), text.to_owned())).into();
    comparison.input.as_mut().unwrap().files = HOSTILE.map(str::to_owned).to_vec();
    comparison.input.as_mut().unwrap().apex = Some(HOSTILE.concat());
    of_bench(&comparison)
}

// HTML as a browser parses it (html5ever): one script and one style sheet, no element with a handler.
#[test]
fn no_text_becomes_an_element() {
    for both in [of_zone(&hostile_zone(), None), hostile_capture(), hostile_bench()] {
        let page = Html::parse_document(&both.html);
        assert!(page.errors.is_empty(), "{:?}", page.errors);
        let number = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
        assert_eq!(number("script"), 1);
        assert_eq!(number("style"), 1);
        assert_eq!(number("img, iframe, object, embed, base, [onload], [onerror], [style]"), 0);
        let visible: String = page.root_element().text().collect();
        assert!(visible.contains("<script>window.caught = 1</script>"), "it is not told as it was");
        for steering in ['\u{202e}', '\u{61c}', '\u{2066}', '\u{200f}', '\u{1b}', '\u{7f}', '\u{0}']
        {
            assert!(!both.html.contains(steering), "{steering:?} is in the page");
        }
    }
}

// The policy allows what the page brings, by hash, and nothing else: no network, no inline handlers.
#[test]
fn the_policy_allows_the_pages_own_script_and_no_other() {
    let both = of_zone(&(zone::good(), vec![]), None);
    let page = Html::parse_document(&both.html);
    let text = |selector: &str| -> String {
        page.select(&Selector::parse(selector).unwrap())
            .flat_map(|element| element.text())
            .collect()
    };
    let meta = Selector::parse("meta[http-equiv=Content-Security-Policy]").unwrap();
    let policy = page.select(&meta).next().unwrap().attr("content").unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (directive, content) in [("style-src", text("style")), ("script-src", text("script"))] {
        let digest = ring::digest::digest(&ring::digest::SHA256, content.as_bytes());
        let wanted =
            format!("{directive} 'sha256-{}'", data_encoding::BASE64.encode(digest.as_ref()));
        assert!(policy.contains(&wanted), "{policy} lacks {wanted}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    assert!(!both.html.contains("http://") && !both.html.contains("https://"));
}
