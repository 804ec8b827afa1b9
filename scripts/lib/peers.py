"""The public verifiers that sigmill is compared with: how each is called. Standard library only."""

import shutil
import subprocess
import time
from datetime import datetime, timezone

NAMES = ("dnssec-verify", "ldns-verify-zone", "kzonecheck", "validns")
PACKAGES = {
    "dnssec-verify": "bind9-utils",
    "ldns-verify-zone": "ldnsutils",
    "kzonecheck": "knot-dnssecutils or knot",
    "validns": "validns",
}
VERSION_COMMANDS = {
    "dnssec-verify": ["dnssec-verify", "-V"],
    "ldns-verify-zone": ["ldns-verify-zone", "-v"],
    "kzonecheck": ["kzonecheck", "-V"],
    "validns": ["dpkg-query", "-W", "-f=validns ${Version}", "validns"],
}


def present():
    return [name for name in NAMES if shutil.which(name)]


def version(name):
    """The first line that a peer says about its version."""
    try:
        said = subprocess.run(VERSION_COMMANDS[name], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    lines = (said.stdout + said.stderr).strip().splitlines()
    return lines[0] if lines else "unknown"


def takes_time(name):
    """Whether a peer can be told at what time to judge. dnssec-verify cannot, and libfaketime makes
    BIND 9.18 hang (it clashes with jemalloc), so it always judges at the present."""
    return name != "dnssec-verify"


def can_require_zonemd(name):
    return name == "ldns-verify-zone"


def ignores_zonemd(name):
    """Whether a peer looks at no ZONEMD; ldns-verify-zone verifies it wherever it is."""
    return name != "ldns-verify-zone"


def command(name, zone, origin, at=None, combined_keys=False, zonemd=False):
    """The command line with which a peer judges a zone.

    `at` is in Unix seconds; without it, or where the peer cannot be told, the present is taken.
    `combined_keys` says that the zone's KSK signs everything, `zonemd` that a digest of the zone is
    required.
    """
    if name == "dnssec-verify":
        keys = ["-z"] if combined_keys else []
        return ["dnssec-verify", "-q", *keys, "-o", origin, str(zone)]
    if name == "ldns-verify-zone":
        when = [] if at is None else ["-t", moment(at).strftime("%Y%m%d%H%M%S")]
        # Once, -Z would let an unsigned zone pass.
        required = ["-ZZ"] if zonemd else []
        return ["ldns-verify-zone", "-V", "1", *required, *when, str(zone)]
    if name == "kzonecheck":
        when = [] if at is None else ["-t", str(at)]
        return ["kzonecheck", "-d", "on", "-o", origin, *when, str(zone)]
    if name == "validns":
        when = [] if at is None else ["-t", str(at)]
        return ["validns", "-q", "-z", origin, *when, str(zone)]
    raise ValueError(name)


def moment(at):
    return datetime.fromtimestamp(at, timezone.utc)


def verdict(argv, seconds=60):
    """`pass`, `fail`, `crash` or `hang`."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return "hang"
    if done.returncode < 0 or done.returncode >= 128:
        return "crash"
    return "pass" if done.returncode == 0 else "fail"


def seconds_of(text):
    """Unix seconds of `YYYY-MM-DDTHH:MM:SSZ`, of 14 digits, or of a number."""
    digits = "".join(c for c in text if c.isdigit())
    if len(digits) != 14:
        return int(text)
    return int(datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc).timestamp())


def now():
    return int(time.time())
