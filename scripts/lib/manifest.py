"""The manifest of datasets/: reading, writing, and what the peers say of each zone in it. Standard
library only."""

import json
import subprocess
from pathlib import Path

from lib import peers

DATASETS = Path(__file__).resolve().parent.parent.parent / "datasets"
# The time at which nearly all zones are judged; dnssec-verify, which judges at the present, is asked
# about these only.
STANDARD_TIME = "2026-06-01T00:00:00Z"


def read():
    path = DATASETS / "manifest.json"
    return json.loads(path.read_text()) if path.exists() else {"zones": [], "peers": {}}


def write(manifest):
    (DATASETS / "manifest.json").write_text(layout(manifest) + "\n", encoding="ascii")


def identity(entry):
    return entry["file"], entry.get("at"), tuple(entry.get("args", ()))


def judge(entry, name, seconds=20):
    """What a peer says of a zone, or `None` where it cannot be asked what sigmill is asked."""
    if not can_be_asked(entry, name):
        return None
    at = peers.seconds_of(entry["at"])
    path = DATASETS / entry["file"]
    command = peers.command(
        name, path, entry["origin"], at, not has_zsk(path), zonemd="required" in entry["args"]
    )
    return peers.verdict(command, seconds)


def can_be_asked(entry, name):
    args = entry["args"]
    # No peer takes anchors for the zone alone, and none is asked about a margin before expiration.
    if any(argument.startswith(("anchor:", "previous:", "--expire-within")) for argument in args):
        return False
    if "--zonemd" in args:
        how = args[args.index("--zonemd") + 1]
        if how == "required" and not peers.can_require_zonemd(name):
            return False
        if how == "off" and not peers.ignores_zonemd(name):
            return False
    return peers.takes_time(name) or entry["at"] == STANDARD_TIME


def has_zsk(path):
    lines = path.read_text().splitlines()
    return any(" 256 3 " in line and "DNSKEY" in line for line in lines)


def first_line(command):
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return (said.stdout + said.stderr).strip().splitlines()[0]


def layout(value, indent="", depth=3):
    """JSON with a member a line down to the members of a zone, and a line for each item of their
    lists: short, and easy to compare."""
    inner = indent + " "
    if isinstance(value, dict) and value and depth > 0:
        rows = [f"{json.dumps(k)}: {layout(v, inner, depth - 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(inner + row for row in rows) + f"\n{indent}}}"
    if isinstance(value, list) and len(value) > 1:
        rows = [layout(item, inner, depth - 1) for item in value]
        return "[\n" + ",\n".join(inner + row for row in rows) + f"\n{indent}]"
    return json.dumps(value)
