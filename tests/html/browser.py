"""Opens pages in Chromium and checks what it makes of them.

    browser.py PART PAGE...

PART is `layout`, `tables`, `plain` or `hostile`. Ends with an assertion that fails, or with status 0.
"""

import base64
import json
import shutil
import sys
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.chrome.service import Service

SWITCHES = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync""".split()


def main():
    part, pages = sys.argv[1], [Path(page).resolve() for page in sys.argv[2:]]
    checks = {"layout": layout, "tables": tables, "plain": plain, "hostile": hostile}
    with tempfile.TemporaryDirectory() as profile:
        browser = start(profile)
        try:
            for page in pages:
                check(browser, page, checks[part])
        finally:
            browser.quit()


def start(profile):
    options = webdriver.ChromeOptions()
    for switch in [*SWITCHES, f"--user-data-dir={profile}"]:
        options.add_argument(switch)
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # With a path given, selenium looks for no driver elsewhere.
    service = Service(executable_path=shutil.which("chromedriver"))
    browser = webdriver.Chrome(service=service, options=options)
    # What the page for a new tab asks for is not ours.
    browser.get("about:blank")
    browser.get_log("performance")
    return browser


def check(browser, page, checks):
    """Runs checks on a page; whatever they are, it may ask for nothing and complain of nothing."""
    try:
        browser.get(page.as_uri())
        checks(browser)
        complaints = browser.get_log("browser")
        assert not complaints, complaints
        asked = [request for request in requests(browser) if not request.startswith("file:")]
        assert all(request == "data:," for request in asked), asked
    except Exception as error:
        error.add_note(f"in {page}")
        raise


def requests(browser):
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    return [message["request"]["url"] for message in sent]


def resize(browser, width):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )


def prefer(browser, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def layout(browser):
    for scheme in ["light", "dark"]:
        prefer(browser, scheme)
        for width in [360, 800, 1600]:
            resize(browser, width)
            seen = browser.execute_script("return document.documentElement.scrollWidth")
            assert seen <= width, f"{seen} pixels wide at {width}"
            overlapping = browser.execute_script(OVERLAPS)
            assert not overlapping, (width, overlapping)
        faint = browser.execute_script(CONTRASTS)
        assert not faint, (scheme, faint)
    prefer(browser, "light")
    structure(browser)
    theme(browser)
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF-")
    on_paper(browser)


def structure(browser):
    """What a screen reader relies on."""
    levels = [int(head.tag_name[1]) for head in browser.find_elements(By.CSS_SELECTOR, "h1, h2, h3")]
    assert levels[0] == 1 and levels.count(1) == 1, levels
    assert all(below <= above + 1 for above, below in zip(levels, levels[1:])), levels
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids)), sorted(ids)
    for table in browser.find_elements(By.TAG_NAME, "table"):
        assert table.find_elements(By.CSS_SELECTOR, "caption")
        assert not table.find_elements(By.CSS_SELECTOR, "th:not([scope])")
    for plot in browser.find_elements(By.CSS_SELECTOR, "svg"):
        assert plot.find_elements(By.CSS_SELECTOR, ":scope > title")
        assert plot.find_elements(By.CSS_SELECTOR, ":scope > desc")
    for plot in browser.find_elements(By.CSS_SELECTOR, "svg.plot"):
        assert plot.get_attribute("role") == "img"
        for name in plot.get_attribute("aria-labelledby").split():
            assert browser.find_elements(By.ID, name)
    for link in browser.find_elements(By.CSS_SELECTOR, "a[href^='#']"):
        assert browser.find_elements(By.ID, link.get_attribute("href").split("#")[1])


def theme(browser):
    ground = "return getComputedStyle(document.body).backgroundColor"
    button = browser.find_element(By.ID, "theme")
    automatic = browser.execute_script(ground)
    button.click()
    assert button.text == "Theme: light" and browser.execute_script(ground) == automatic
    button.click()
    dark = browser.execute_script(ground)
    assert button.text == "Theme: dark" and dark != automatic
    button.click()
    assert button.text == "Theme: automatic" and browser.execute_script(ground) == automatic


def on_paper(browser):
    """The style sheet for print: light, no controls, everything open, nothing cut off."""
    resize(browser, 700)
    browser.execute_script("document.documentElement.dataset.theme = 'dark'")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") in (
        "rgb(255, 255, 255)",
        "rgba(255, 255, 255, 1)",
    )
    for control in browser.find_elements(By.CSS_SELECTOR, "nav, #theme, form.filters"):
        assert not control.is_displayed()
    for details in browser.find_elements(By.TAG_NAME, "details"):
        assert details.get_attribute("open")
    hidden = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth + 1)"
        ".map((e) => [e.getAttribute('aria-label'), e.scrollWidth, e.clientWidth])"
    )
    assert not hidden, hidden
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_script("delete document.documentElement.dataset.theme")


def tables(browser):
    """The list of a zone in which much is wrong."""
    resize(browser, 1600)
    column = lambda number: [
        row.find_elements(By.CSS_SELECTOR, "th, td")[number].text
        for row in browser.find_elements(By.CSS_SELECTOR, "#list tbody tr")
        if row.is_displayed()
    ]
    heads = browser.find_elements(By.CSS_SELECTOR, "#list thead th")
    click = lambda number: heads[number].find_element(By.TAG_NAME, "button").click()
    original = column(1)
    click(1)
    assert heads[1].get_attribute("aria-sort") == "ascending"
    assert column(1) == sorted(original), column(1)
    click(1)
    assert heads[1].get_attribute("aria-sort") == "descending"
    assert column(1) == sorted(original, reverse=True)
    click(1)
    assert heads[1].get_attribute("aria-sort") is None and column(1) == original
    # Numbers in names by their value: host2 before host10.
    click(2)
    hosts = [owner for owner in column(2) if owner.startswith("host")]
    assert hosts == sorted(hosts, key=lambda owner: int(owner[4:].split(".")[0])), hosts
    click(1)
    assert heads[2].get_attribute("aria-sort") is None
    # Severities by their weight, not by their letters.
    click(0)
    order = [text.split()[-1] for text in column(0)]
    assert order == sorted(order, key=["advice", "violation", "bogus"].index), order

    form = browser.find_element(By.CSS_SELECTOR, "form[data-table=list]")
    said = lambda: form.find_element(By.TAG_NAME, "output").text
    choose = lambda name, value: form.find_element(
        By.CSS_SELECTOR, f"select[name={name}] option[value='{value}']"
    ).click()
    total = len(original)
    assert said() == f"{total} of {total} rows", said()
    choose("code", "signature-expired")
    expired = original.count("signature-expired")
    assert len(column(1)) == expired == 20 and said() == f"20 of {total} rows", (said(), len(column(1)), total)
    words = form.find_element(By.NAME, "words")
    words.send_keys("HOST1 ")
    # host1 and host10 to host19.
    assert len(column(1)) == 11 and said() == f"11 of {total} rows", said()
    words.send_keys("line 310")
    assert len(column(1)) == 1, column(2)
    form.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    browser.execute_async_script("setTimeout(arguments[0], 50)")
    assert said() == f"{total} of {total} rows"
    choose("severity", "violation")
    assert all("violation" in text for text in column(0)) and len(column(0)) < total
    # The overview leads to the findings of its code.
    browser.find_element(By.CSS_SELECTOR, "a[data-code=rrset-unsigned]").click()
    assert column(1) == ["rrset-unsigned"], column(1)


def plain(browser):
    """Without its script a page shows as much, and no control that would do nothing."""
    figures = lambda: browser.execute_script(
        "return [...document.querySelectorAll('[data-path]')].map((e) => e.dataset.path + e.textContent)"
    )
    with_script, address = figures(), browser.current_url
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(address)
        assert figures() == with_script
        assert not browser.find_elements(By.CSS_SELECTOR, "th button"), "the script ran"
        controls = browser.find_elements(By.CSS_SELECTOR, "button, form, input, select")
        assert not [control for control in controls if control.is_displayed()]
        rows = browser.find_elements(By.CSS_SELECTOR, "#list tbody tr")
        assert all(row.is_displayed() for row in rows)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def hostile(browser):
    assert browser.execute_script("return window.caught") is None
    elements = browser.execute_script(
        "return [document.scripts.length, document.images.length, document.styleSheets.length,"
        " document.querySelectorAll('[onload], [onerror]').length]"
    )
    assert elements == [1, 0, 1, 0], elements
    assert "<script>window.caught = 1</script>" in browser.find_element(By.TAG_NAME, "main").text
    assert browser.find_element(By.TAG_NAME, "h1").is_displayed()
    # Even what is added to the page behind its back does not run.
    browser.execute_script(
        "const added = document.createElement('div');"
        "added.innerHTML = '<img src=x onerror=\"window.caught = 1\">';"
        "document.body.append(added);"
    )
    browser.execute_async_script("setTimeout(arguments[0], 200)")
    assert browser.execute_script("return window.caught") is None
    refused = browser.get_log("browser")
    assert refused and all("Content Security Policy" in entry["message"] for entry in refused), refused


# Texts of a plot that lie over each other.
OVERLAPS = """
const found = [];
for (const plot of document.querySelectorAll("svg.plot")) {
  if (!plot.checkVisibility()) continue;
  const boxes = [...plot.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
  boxes.forEach(([one, a], at) => {
    for (const [other, b] of boxes.slice(at + 1)) {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 3) found.push([one, other]);
    }
  });
}
return found;
"""

# Texts whose contrast to what lies behind them is below that of WCAG 2.2, 1.4.3.
CONTRASTS = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const octets = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const luminance = (color) => {
  const [r, g, b] = color.map((octet) => {
    const part = octet / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = octets(getComputedStyle(at).backgroundColor);
    if (color[3] === 255) return color.slice(0, 3);
  }
  return [255, 255, 255];
};
const opacity = (element) => {
  let part = 1;
  for (let at = element; at; at = at.parentElement) part *= Number(getComputedStyle(at).opacity);
  return part;
};
const found = new Map();
for (const element of document.querySelectorAll("main *, header *, nav *, footer *")) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!own || !element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const behind = ground(element);
  const part = opacity(element);
  const color = octets(element.closest("svg") ? style.fill : style.color).slice(0, 3);
  const front = color.map((octet, at) => octet * part + behind[at] * (1 - part));
  const [low, high] = [luminance(front), luminance(behind)].sort((a, b) => a - b);
  const contrast = (high + 0.05) / (low + 0.05);
  if (contrast < 4.5) found.set(element.tagName + "." + element.className, contrast.toFixed(2));
}
return [...found];
"""

if __name__ == "__main__":
    main()
