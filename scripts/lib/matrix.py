"""datasets/MATRIX.md: who says what of each zone. Standard library only."""

from dataclasses import dataclass

from lib import manifest, peers

WORDS = {"pass": "good", "fail": "bad", "crash": "crash", "hang": "hang", None: "-"}
# Findings that tell of a limit of sigmill's own: a zone that is bad by these need not be so to a
# program that has other limits, so no peer is counted as wrong on it.
LIMITS = {
    "key-exponent-too-long", "signature-key-exponent-too-long", "rrset-too-many-signatures",
    "nsec3-too-many-chains",
}

HEAD = """\
# Who says what

Made by `scripts/judge-matrix`, and held to `manifest.json` and to sigmill by `tests/matrix.rs`.
[`README.md`](README.md) says how the programs were run.

**Bad** is a zone in which a rule is broken: sigmill must exit with 1. **Good** is any other, advice or
not: it must exit with 0. *Validators* tells what sigmill makes of the zone for them: they reject some
of its data, or they accept all of it, although a rule may be broken. What is **bold** is wrong; `-` is
not asked, because the program cannot be asked what sigmill is asked. `limit` is a zone in which sigmill
reaches a limit of its own: bad for sigmill, and in no peer's totals.
"""


@dataclass(frozen=True)
class Row:
    """What sigmill says of a zone."""

    # `good`, `bad`, `crash` or `hang`.
    verdict: str
    # `accepts` or `rejects`.
    validators: str


def word(verdict):
    return WORDS[verdict]


def right(entry):
    return "bad" if entry["exit"] else "good"


def kind(entry):
    """The right verdict as the table shows it: `good`, `bad` or `limit`."""
    if entry["exit"] and {finding["code"] for finding in entry["findings"]} & LIMITS:
        return "limit"
    return right(entry)


def table(zones, ours, versions):
    """The whole text, and the totals alone."""
    names = ["sigmill", *peers.NAMES]
    counts = {name: dict.fromkeys(COUNTED, 0) for name in names}
    rows = [f"| {' | '.join(['zone', 'what is in it', 'right', 'validators', *names])} |"]
    rows.append("|" + "---|" * (len(names) + 4))
    for entry, row in zip(zones, ours):
        said = [row.verdict] + [word(entry["peers"].get(name)) for name in peers.NAMES]
        shown = kind(entry)
        for name, verdict in zip(names, said):
            # sigmill is held to its own limits.
            count(counts[name], right(entry) if name == "sigmill" else shown, row.validators, verdict)
        cells = [mark(verdict, right(entry), shown) for verdict in said]
        rows.append(f"| {' | '.join([title(entry), what(entry), shown, row.validators, *cells])} |")
    totals = "\n".join(total_rows(counts))
    known = "\n".join(f"- {name}: {versions[name]}" for name in peers.NAMES if name in versions)
    parts = [HEAD, "## Totals\n", totals + "\n", known + "\n", "## Zone by zone\n", "\n".join(rows)]
    return "\n".join(parts) + "\n", totals


COUNTED = ("good", "rejected", "bad", "passed", "bogus", "bogus passed", "crashes", "hangs")


def count(counts, shown, validators, verdict):
    if verdict == "-" or shown == "limit":
        return
    counts["crashes"] += verdict == "crash"
    counts["hangs"] += verdict == "hang"
    counts[shown] += 1
    if shown == "good":
        counts["rejected"] += verdict == "bad"
        return
    counts["passed"] += verdict == "good"
    if validators == "rejects":
        counts["bogus"] += 1
        counts["bogus passed"] += verdict == "good"


def total_rows(counts):
    yield (
        "| program | good zones judged | rejected | bad zones judged | passed "
        "| of these a validator rejects | passed | crashes | hangs |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for name, row in counts.items():
        yield f"| {name} | {' | '.join(str(row[column]) for column in COUNTED)} |"


def mark(verdict, expected, shown):
    failed = verdict in ("crash", "hang")
    wrong = verdict != "-" and verdict != expected and (failed or shown != "limit")
    return f"**{verdict}**" if wrong else verdict


def title(entry):
    at = "" if entry["at"] == manifest.STANDARD_TIME else f" at {entry['at']}"
    args = "".join(f" {argument}" for argument in entry["args"])
    return f"`{entry['file']}{at}{args}`"


def what(entry):
    return entry["what"].replace("|", "\\|")
