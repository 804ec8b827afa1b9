"""What the client of scripts/record-capture asks, what must come of it, and what did.

What must come of it is known from how the zones were made (scripts/lib/tree.py), not from a
validator. Unbound's word is compared with it.
"""

import re
import subprocess
from dataclasses import dataclass, replace

from lib.servers import CLIENT, RESOLVERS
from lib.tree import BOGUS, FULL, INSECURE, SECURE, SMALL

BUFFER = 1232
INDETERMINATE = "indeterminate"  # only delv says so


@dataclass(frozen=True)
class Question:
    name: str
    rtype: str
    status: str
    why: str
    zone: str
    resolver: str = "plain"
    do: bool = True
    cd: bool = False
    tcp: bool = False
    edns: bool = True
    six: bool = False
    tool: str = "dig"


# --- What is asked ---


def of_tree(zones):
    """Every zone in turn with DO, then a choice with other flags and at other resolvers."""
    found = []
    for zone in zones:
        for name, rtype, status, why in zone.asks or standard(zone):
            found.append(Question(zone.name(name), rtype, status, why, zone.origin))
    found = [
        # By different programs, transports and versions of IP, so that each meets each.
        replace(q, tool=("dig", "dig", "kdig")[n % 3], tcp=n % 7 == 3, six=n % 5 == 4)
        for n, q in enumerate(found)
    ]
    chosen = [q for q in found if (q.name, q.rtype) in OTHER_FLAGS]
    assert len(chosen) == len(OTHER_FLAGS)
    for do, cd in ((False, False), (False, True), (True, True)):
        found += [replace(q, do=do, cd=cd, tcp=False) for q in chosen]
    found += [replace(q, do=False, edns=False, tool="dig", tcp=False) for q in chosen[:3]]
    for resolver, names in (("minimised", MINIMISED), ("small", SMALL_BUFFER)):
        asked = [q for q in found if q.resolver == "plain" and q.do and not q.cd]
        again = [q for q in asked if (q.name, q.rtype) in names]
        assert len(again) == len(names)
        found += [replace(q, resolver=resolver, tcp=False) for q in again]
    return found


def standard(zone):
    if zone.origin == ".":
        return [
            (".", "SOA", SECURE, "positive"), (".", "NS", SECURE, "positive"),
            (".", "DNSKEY", SECURE, "the keys that the anchor vouches for"),
            (".", "MX", SECURE, "NODATA"), ("nope.", "A", SECURE, "NXDOMAIN"),
        ]
    if zone.body == "":
        return top_level(zone)
    if zone.body == SMALL:
        return leaf(zone)
    assert zone.body == FULL
    return leaf(zone) + full(zone)


def denied(zone):
    """What a proof by the zone that covers a name is worth (RFC 5155 section 9.2)."""
    return INSECURE if zone.opt_out else SECURE


def top_level(zone):
    remark = " within an opt-out span" if zone.opt_out else ""
    return [
        ("@", "SOA", SECURE, "positive"),
        ("@", "DNSKEY", SECURE, "keys that a DS vouches for"),
        ("@", "DS", SECURE, "DS of a top-level domain"),
        ("@", "MX", SECURE, "NODATA"),
        ("zzz", "A", denied(zone), "NXDOMAIN" + remark),
    ]


def leaf(zone):
    span = denied(zone)
    remark = " within an opt-out span" if zone.opt_out else ""
    return [
        ("www", "A", SECURE, "positive"),
        ("mail", "AAAA", SECURE, "NODATA"),
        ("nope", "A", span, "NXDOMAIN" + remark),
        ("x.wild", "TXT", span, "wildcard answer" + remark),
        ("x.wild", "A", span, "NODATA of a wildcard" + remark),
        ("dept", "A", SECURE, "empty non-terminal"),
        ("@", "DNSKEY", SECURE, "keys that a DS vouches for"),
        ("@", "DS", SECURE, "DS at a delegation"),
        ("alias", "AAAA", SECURE, "CNAME"),
        ("host.old", "A", SECURE, "DNAME and the CNAME made of it"),
        ("nope.old", "A", span, "DNAME to NXDOMAIN" + remark),
    ]


def full(zone):
    span = denied(zone)
    remark = " within an opt-out span" if zone.opt_out else ""
    delegated = INSECURE if zone.opt_out else SECURE
    return [
        ("@", "MX", SECURE, "positive"),
        ("mIxEd", "MX", SECURE, "a name and a target in mixed case"),
        ("chain", "A", SECURE, "two CNAMEs"),
        ("nodata", "AAAA", SECURE, "CNAME to NODATA"),
        ("dangling", "A", span, "CNAME to NXDOMAIN" + remark),
        ("away", "A", SECURE, "CNAME to another zone"),
        ("lost", "A", INSECURE, "CNAME to an insecure zone"),
        ("doomed", "A", BOGUS, "CNAME to a bogus RRset"),
        ("www.moved", "A", SECURE, "DNAME to another zone"),
        ("nope.moved", "A", SECURE, "DNAME to NXDOMAIN in another zone"),
        ("x.links", "A", span, "wildcard CNAME" + remark),
        ("c.deep", "A", SECURE, "empty non-terminal below another one"),
        ("x.c.deep", "A", span, "NXDOMAIN below an empty non-terminal" + remark),
        ("real.wild", "TXT", SECURE, "a name beside a wildcard"),
        ("real.wild", "A", SECURE, "NODATA beside a wildcard"),
        ("y.x.wild", "TXT", span, "wildcard answer for two labels" + remark),
        ("below.real.wild", "A", span, "NXDOMAIN where a name stops the wildcard" + remark),
        ("big", "TXT", SECURE, "an answer that takes TCP"),
        ("sub", "DS", SECURE, "DS of a delegation"),
        ("plain", "DS", delegated, "no DS at a delegation" + remark),
    ]


OTHER_FLAGS = {
    ("www.p384.nsec.", "A"), ("mail.p384.nsec.", "AAAA"), ("nope.p384.nsec.", "A"),
    ("x.wild.p256.nsec.", "TXT"), ("nope.p256.optout.", "A"), ("www.plain.hash.", "A"),
    ("www.sigoctet.nsec.", "A"), ("nope.nonsec.nsec.", "A"), ("www.expired.nsec.", "A"),
    ("www.dsother.nsec.", "A"),
}
MINIMISED = {
    ("nsec.", "SOA"), ("zzz.hash.", "A"), ("zzz.optout.", "A"),
    ("www.p256.nsec.", "A"), ("x.wild.p256.nsec.", "TXT"), ("c.deep.p256.nsec.", "A"),
    ("x.c.deep.p256.nsec.", "A"), ("host.old.p256.hash.", "A"), ("y.x.wild.p256.hash.", "TXT"),
    ("c.deep.p256.hash.", "A"), ("nope.p256.optout.", "A"), ("away.p256.hash.", "A"),
    ("www.sub.p256.nsec.", "A"), ("www.plain.p256.hash.", "A"), ("www.cut.below.p256.optout.", "A"),
    ("www.plain.optout.", "A"), ("www.newalg.nsec.", "A"), ("www.changed.nsec.", "A"),
    ("nope.nonsec.nsec.", "A"), ("x.wild.wild.nsec.", "TXT"),
}
SMALL_BUFFER = {
    (".", "DNSKEY"), ("nope.", "A"), ("nsec.", "DNSKEY"), ("zzz.hash.", "A"),
    ("www.rsa256.nsec.", "A"), ("nope.rsa256.nsec.", "A"), ("rsa512.hash.", "DNSKEY"),
    ("nope.rsa512.hash.", "A"), ("www.p256.nsec.", "A"), ("nope.p256.hash.", "A"),
    ("big.p256.hash.", "TXT"), ("x.wild.ed448.optout.", "TXT"), ("www.plain.hash.", "A"),
    ("www.expired.nsec.", "A"), ("missing.nonext.hash.", "A"),
}


def of_stub(zones):
    """Answers first, then what an analyst asks for afterwards: DS and DNSKEY of each zone that had
    part in them, from the root down, with CD where the resolver would not give them."""
    by_origin = {zone.origin: zone for zone in zones}
    first = [q for q in of_tree(zones) if (q.name, q.rtype) in STUB and q.resolver == "plain"]
    first = [q for q in first if q.do and not q.cd]
    assert len(first) == len(STUB)
    found = []
    for question in first:
        question = replace(question, resolver="stub")
        found.append(question)
        if question.status == BOGUS:
            found.append(replace(question, cd=True))
    origins = []
    for question in found:
        zone = by_origin[question.zone]
        while zone:
            origins.append(zone)
            zone = zone.parent
    # A CNAME leads into one more zone.
    origins += [by_origin["ed25519.hash."]]
    for zone in zones:
        if zone in origins:
            found += chain_of(zone)
    return found


def chain_of(zone):
    wanted = [("DNSKEY", zone.status)]
    if zone.origin != ".":
        # An opt-out parent cannot prove that there is no DS.
        unproved = zone.parent.opt_out and not zone.ds_rdatas()
        wanted.insert(0, ("DS", INSECURE if unproved else SECURE))
    return [
        Question(zone.origin, rtype, status, f"the chain of {zone.origin}", zone.origin,
                 resolver="stub", cd=zone.status == BOGUS)
        for rtype, status in wanted
    ]


STUB = {
    ("www.p256.nsec.", "A"), ("mail.p256.nsec.", "AAAA"), ("nope.p256.nsec.", "A"),
    ("x.wild.p256.nsec.", "TXT"), ("away.p256.nsec.", "A"), ("big.p256.nsec.", "TXT"),
    ("www.p256.hash.", "A"), ("nope.p256.hash.", "A"), ("x.wild.p256.hash.", "TXT"),
    ("c.deep.p256.hash.", "A"), ("host.old.p256.hash.", "A"), ("nope.p256.optout.", "A"),
    ("www.sub.p256.nsec.", "A"), ("www.plain.nsec.", "A"), ("www.plain.hash.", "A"),
    ("www.plain.optout.", "A"), ("www.newalg.nsec.", "A"), ("www.sigoctet.nsec.", "A"),
    ("nope.nonsec.nsec.", "A"), ("www.expired.nsec.", "A"), ("www.dsother.nsec.", "A"),
    ("x.wild.wild.nsec.", "TXT"), ("missing.nonext.hash.", "A"),
}

# --- What comes of it ---


class Differs(RuntimeError):
    """Unbound says something else than how the zones were made lets expect."""


# Extended errors that say that validation failed (RFC 8914 sections 4.7 to 4.13).
VALIDATION = range(6, 13)
# Where Unbound is known to say otherwise, with the reason; by name and type.
REVOKED = (SECURE, "Unbound does not look at the REVOKE flag of a key that a DS leads to")
DIFFERENCES = {
    ("www.upward.nsec.", "A"): (
        SECURE, "Unbound takes the signature of any zone above; RFC 4035 section 5.3.1 does not"
    ),
    ("www.revoked.nsec.", "A"): REVOKED,
    ("nope.revoked.nsec.", "A"): REVOKED,
}


def ask(question, servers):
    """Asks one question; returns its entry for the list beside the capture."""
    logged = len(servers.log_of(question.resolver))
    done = subprocess.run(command(question), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{question}: {done.stdout}{done.stderr}")
    said = parse(done.stdout)
    return {
        "name": question.name,
        "type": question.rtype,
        "zone": question.zone,
        "resolver": RESOLVERS[question.resolver]["at"][question.six],
        "client": CLIENT[question.six],
        "id": said["id"],
        "tool": question.tool,
        "transport": "tcp" if question.tcp or said["retried"] else "udp",
        "truncated": said["retried"],
        "edns": question.edns,
        "do": question.do,
        "cd": question.cd,
        "rcode": said["rcode"],
        "ad": "ad" in said["flags"],
        "answers": said["answers"],
        "ede": said["ede"],
        "reason": failure(servers.log_of(question.resolver)[logged:]),
        "unbound": None if question.cd else judged(said),
        "expected": question.status,
        "why": question.why,
    }


def command(question):
    at, source = RESOLVERS[question.resolver]["at"][question.six], CLIENT[question.six]
    yes = lambda given, option: ("+" if given else "+no") + option
    words = [question.tool, "-b", source, f"@{at}", question.name, question.rtype]
    words += ["+retry=0", "+time=10", "+adflag", yes(question.cd, "cdflag")]
    words += [yes(question.tcp, "tcp"), yes(question.do, "dnssec")]
    if question.edns:
        words += ["+edns=0", f"+bufsize={BUFFER}"]
    else:
        words += ["+noedns"]
    return words + (["+nocookie"] if question.tool == "dig" else [])


def parse(text):
    """What dig or kdig printed."""
    header = re.search(r"status: (\w+)[,;] id: (\d+)", text)
    counts = re.search(r"(?im)^;; flags: ([a-z ]*);.*\bANSWER: (\d+)", text)
    if not header or not counts:
        raise RuntimeError(f"no answer: {text}")
    return {
        "rcode": header[1],
        "id": int(header[2]),
        "flags": counts[1].split(),
        "answers": int(counts[2]),
        "ede": errors(text),
        "retried": re.search(r"truncated", text, re.IGNORECASE) is not None,
    }


def errors(text):
    """Extended DNS errors (RFC 8914) with their extra text."""
    found = []
    for line in text.splitlines():
        match = re.match(r";;? *EDE: (\d+) \(([^()]*)\)(?:: ['(]?(.*?)[')]?)?$", line.strip())
        if match:
            found.append({"code": int(match[1]), "name": match[2], "text": match[3] or ""})
    return found


def failure(log):
    """The last reason that Unbound logged, as `validation failure <name type class>: reason`."""
    lines = [line for line in log.splitlines() if "validation failure <" in line]
    return lines[-1].partition("info: ")[2] if lines else None


def judged(said):
    if said["rcode"] == "SERVFAIL":
        return BOGUS
    return SECURE if "ad" in said["flags"] else INSECURE


def compare(entries):
    """Holds Unbound to what is expected; every SERVFAIL must be one of the validator."""
    wrong = []
    for entry in entries:
        key = (entry["name"], entry["type"])
        by_validator = entry["reason"] or any(e["code"] in VALIDATION for e in entry["ede"])
        if entry["rcode"] == "SERVFAIL" and not by_validator:
            wrong.append(f"{key}: SERVFAIL without a word of validation")
        if entry["cd"]:
            if entry["rcode"] not in ("NOERROR", "NXDOMAIN"):
                wrong.append(f"{key}: {entry['rcode']} with CD")
            continue
        if key in DIFFERENCES:
            expected, entry["difference"] = DIFFERENCES[key]
        else:
            expected = entry["expected"]
        if entry["unbound"] != expected:
            wrong.append(
                f"{key} at {entry['resolver']}: expected {expected} ({entry['why']}), "
                f"Unbound {entry['unbound']} {entry['rcode']} {entry['reason']} {entry['ede']}"
            )
    if wrong:
        raise Differs("\n".join(wrong))


def ask_delv(entries, anchor):
    """Adds what BIND's delv makes of each question that Unbound judged: `delv`, a status and the
    reason when it is bogus. It validates by itself what a resolver gives it that does not."""
    said = {}
    for entry in entries:
        if entry["cd"]:
            continue
        key = (entry["name"], entry["type"])
        if key not in said:
            command = ["delv", "-a", anchor, "+root=.", f"@{RESOLVERS['bare']['at'][0]}", *key]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            said[key] = of_delv(done.stdout + done.stderr)
            if said[key]["status"] != entry["expected"]:
                print(f"  delv differs: {' '.join(key)}: {entry['expected']}, delv {said[key]}")
        entry["delv"] = said[key]


def of_delv(text):
    """Remarks stand before each RRset; the answer is worth what its least part is. A cache entry
    of something negative ends as `ncache`, which is no failure."""
    failed = re.search(r"^;; resolution failed:(?! *ncache) *(.*)$", text, re.MULTILINE)
    remarks = re.findall(r"^; (.*(?:validat|unsigned).*)$", text, re.MULTILINE)
    reasons = [*dict.fromkeys(re.findall(r"^;; +validating [^:]*: (.*)$", text, re.MULTILINE))]
    if failed:
        return {"status": BOGUS, "reason": "; ".join([*reasons, failed[1]])}
    if not remarks:
        raise RuntimeError(f"delv says nothing: {text}")
    if any("pending" in remark for remark in remarks):
        return {"status": INDETERMINATE, "reason": "; ".join(reasons)}
    return {"status": INSECURE if any("unsigned" in r for r in remarks) else SECURE}
