"""Compares the tables that sigmill wrote with its JSON report, as pyarrow reads them.

    tables.py zone|chain DIRECTORY...

Each directory holds report.json and tables in Parquet. Prints what differs, and exits with 1 then.
"""

import datetime
import json
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as parquet

UTC = datetime.timezone.utc


def main():
    kind, *directories = sys.argv[1:]
    compare = {"zone": compare_zone, "chain": compare_chain}[kind]
    failures = []
    for directory in map(Path, directories):
        report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
        tables = {path.stem: rows(path) for path in directory.glob("*.parquet")}
        for what, told, table in compare(report, tables):
            if told != table:
                failures.append(f"{directory}: {what}: {told!r} in the report, {table!r} in the table")
    print("\n".join(failures[:20]))
    sys.exit(1 if failures else 0)


def rows(path):
    return parquet.read_table(path).to_pylist()


def time(seconds):
    """Seconds as pyarrow gives a timestamp."""
    return None if seconds is None else datetime.datetime.fromtimestamp(seconds, UTC)


def findings(told, table):
    wanted = []
    for finding in told:
        key, place = finding.get("key", {}), finding.get("place", {})
        wanted.append({
            "code": finding["code"],
            "severity": finding["severity"],
            "owner": finding.get("owner"),
            "type": finding.get("type"),
            "key_tag": key.get("tag"),
            "algorithm": key.get("algorithm"),
            "judged_at": time(finding.get("at")),
            "detail": finding.get("detail"),
            "file": place.get("file"),
            "line": place.get("line"),
            "line_column": place.get("column"),
            "excerpt": finding.get("excerpt", {}).get("line"),
        })
    seen = [{name: row[name] for name in wanted[0]} for row in table] if wanted else table
    yield "findings", wanted, seen


def compare_zone(report, tables):
    summary = report["summary"]
    yield from findings(report["findings"], tables["findings"])
    zones = {row["zone"] for row in tables["rrsets"] + tables["signatures"]}
    yield "zone", {summary["input"]["apex"]} if zones else set(), zones
    for judged in summary["times"]:
        at = time(judged["at"])
        rrsets = [row for row in tables["rrsets"] if row["judged_at"] == at]
        signatures = [row for row in tables["signatures"] if row["judged_at"] == at]
        statuses = Counter(row["status"] for row in rrsets)
        yield "statuses", {k: v for k, v in judged["rrsets"].items() if v}, dict(statuses)
        yield "signatures", summary["input"]["signatures"], len(signatures)
        valid = [row for row in signatures if row["valid"]]
        yield "valid", judged["signatures_valid"], len(valid)
        yield "valid of RRsets", len(valid), sum(row["signatures_valid"] for row in rrsets)
        holding = [row for row in signatures if row["holds"]]
        lapsed = Counter(row["code"] for row in holding if not row["valid"])
        yield "expired", judged["signatures_expired"], lapsed["signature-expired"]
        yield "not yet valid", judged["signatures_not_yet_valid"], lapsed["signature-not-yet-valid"]
        algorithms = Counter(row["algorithm"] for row in signatures if row["algorithm"] is not None)
        holds = Counter(row["algorithm"] for row in holding)
        yield (
            "algorithms",
            {row["algorithm"]: (row["signatures"], row["valid"]) for row in summary["algorithms"]},
            {number: (count, holds[number]) for number, count in algorithms.items()},
        )
        # A signature may be wrong in several ways: the report and the table tell the first.
        wrong = Counter(row["code"] for row in signatures if not row["holds"])
        untried = wrong.pop("rrset-too-many-signatures", 0)
        told = Counter()
        for row in summary["reasons"]:
            told[row["code"]] += row["count"]
        yield "reasons", told, wrong
        sizes = summary["rrset_octets"]
        yield "RRsets measured", sizes["count"], len(rrsets)
        yield "largest RRset", sizes["max"] // 1000, max((r["octets"] for r in rrsets), default=0) // 1000
        if judged is summary["times"][0] and judged["at"] is not None:
            earliest = summary["lifetime"]["earliest"]
            first = min((row["expiration"] for row in holding), default=None)
            yield "earliest", earliest and time(earliest["at"]), first
        secure = {row["secure_until"] is not None for row in rrsets if row["status"] == "secure"}
        yield "secure until", secure - {True}, set()
        known = {(row["tag"], row["algorithm"], row["flags"]) for row in summary["keys"]}
        used = {(row["key_tag"], row["algorithm"], row["key_flags"]) for row in holding}
        yield "keys", set(), used - known
        for row in signatures:
            if untried == 0 and row["valid"] and row["code"] is None and row["rrset_status"] != "secure":
                yield "status", "secure", row
    # What the text says where the table says it stands.
    for row in tables["signatures"]:
        line = text_of(row["file"])[row["line"] - 1].upper()
        if row["key_tag"] is not None and "(" not in line and "RRSIG" in line:
            words = line.split()
            at = words.index("RRSIG")
            yield "algorithm", words[at + 2].isdigit() and int(words[at + 2]), row["algorithm"]
            yield "labels", int(words[at + 3]), row["labels"]
            yield "original TTL", int(words[at + 4]), row["original_ttl"]
            # RRSIG has 32 bits for its times.
            yield "expiration", calendar(words[at + 5]), int(row["expiration"].timestamp()) % 2**32
            yield "inception", calendar(words[at + 6]), int(row["inception"].timestamp()) % 2**32
            yield "tag", int(words[at + 7]), row["key_tag"]


TEXTS = {}


def text_of(path):
    if path not in TEXTS:
        TEXTS[path] = Path(path).read_text(encoding="latin-1").split("\n")
    return TEXTS[path]


def calendar(word):
    if len(word) != 14:
        return int(word)
    at = datetime.datetime.strptime(word, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return int(at.timestamp()) % 2**32


def compare_chain(report, tables):
    summary = report["rows"][-1]
    of_kind = lambda kind: [row for row in report["rows"] if row["kind"] == kind]
    yield from findings(of_kind("finding"), tables["findings"])
    yield "responses", [response(row) for row in of_kind("response")], tables["responses"]
    yield "rrsets", [rrset(row) for row in of_kind("rrset")], tables["rrsets"]
    signatures = tables["signatures"]
    told = {int(number): (c["hold"], sum(c.values())) for number, c in summary["signatures"].items()}
    holds = Counter(row["algorithm"] for row in signatures if row["holds"])
    every = Counter(row["algorithm"] for row in signatures)
    yield "signatures", told, {number: (holds[number], count) for number, count in every.items()}
    of_code = Counter(row["code"] for row in signatures if not row["holds"])
    sum_of = lambda name: sum(counts[name] for counts in summary["signatures"].values())
    yield "failing", sum_of("fail"), of_code["signature-invalid"]
    yield "without a key", sum_of("without_key"), of_code["signature-no-key"]
    for row in signatures:
        lasts = row["judged_at"] is None or row["inception"] <= row["judged_at"] <= row["expiration"]
        yield "valid", row["holds"] and lasts, row["valid"]
        yield "code", row["valid"], row["code"] is None


def reason(row):
    why = row.get("reason", {})
    key = why.get("key", {})
    return {
        "code": why.get("code"),
        "reason_owner": why.get("owner"),
        "reason_type": why.get("type"),
        "reason_key_tag": key.get("tag"),
        "reason_algorithm": key.get("algorithm"),
        "reason_detail": why.get("detail"),
    }


def seen(row):
    times = row["seen"]
    return {
        "count": row["count"],
        "first_seen": time(times["first"]),
        "last_seen": time(times["last"]),
    }


def response(row):
    return {
        "name": row["name"],
        "type": row["type"],
        "rcode": row["rcode"],
        "outcome": row["outcome"],
        "status": row.get("status"),
        **reason(row),
        "zone": row.get("zone"),
        "recursive": row["recursive"],
        "ad": row["ad"],
        "cd": row["cd"],
        "dnssec_ok": row["do"],
        "errors": row.get("errors", []),
        **seen(row),
        "place": row["place"],
    }


def rrset(row):
    return {
        "owner": row["owner"],
        "type": row["type"],
        "wildcard": row.get("wildcard"),
        "status": row["status"],
        **reason(row),
        "zone": row["zone"],
        "signatures": row["signatures"],
        **seen(row),
    }


main()
