"""Signs zone files with the three public signers, each in a scratch directory."""

import shutil
import subprocess
from pathlib import Path

from lib.zonetext import EXPIRATION, INCEPTION

# Knot dates signatures 90 minutes back and counts their lifetime from the present.
KNOT_NOW = 1767225600 + 5400  # 2026-01-01T01:30:00Z
KNOT_LIFETIME_DAYS = 3652

KNOT_ALGORITHMS = {
    5: "rsasha1",
    7: "rsasha1-nsec3-sha1",
    8: "rsasha256",
    10: "rsasha512",
    13: "ecdsap256sha256",
    14: "ecdsap384sha384",
    15: "ed25519",
    16: "ed448",
}


class CannotSign(Exception):
    """The signer refused; the message is its own."""


def bind(source, origin, keys, denial, scratch, inception=INCEPTION, expiration=EXPIRATION):
    """dnssec-signzone. `denial` is `nsec`, `nsec3`, `nsec3-optout`, or `nsec3:SALT:ITERATIONS`."""
    unsigned = with_keys(source, origin, keys, scratch)
    bases = [key.write(scratch / str(n), origin) for n, key in enumerate(keys)]
    command = ["dnssec-signzone", "-q", "-P", "-O", "full", "-o", origin, "-f", scratch / "signed"]
    command += ["-s", inception, "-e", expiration, *bind_denial(denial)]
    if not any(key.flags & 1 == 0 for key in keys):
        command.append("-z")
    else:
        command.append("-x")
    run([*command, unsigned, *bases], scratch)
    return scratch / "signed"


def bind_denial(denial):
    kind, _, parameters = denial.partition(":")
    if kind == "nsec":
        return []
    salt, iterations = parameters.split(":") if parameters else ("-", "0")
    return ["-3", salt, "-H", iterations] + (["-A"] if kind == "nsec3-optout" else [])


def ldns(
    source, origin, keys, denial, scratch, every_algorithm=False,
    inception=INCEPTION, expiration=EXPIRATION,
):
    """ldns-signzone."""
    bases = [key.write(scratch / str(n), origin) for n, key in enumerate(keys)]
    command = ["ldns-signzone", "-o", origin, "-i", inception, "-e", expiration]
    command += ["-f", scratch / "signed"] + (["-U"] if every_algorithm else [])
    kind, _, parameters = denial.partition(":")
    if kind != "nsec":
        salt, iterations = parameters.split(":") if parameters else ("", "0")
        command += ["-n", "-t", iterations] + (["-s", salt] if salt else [])
        command += ["-p"] if kind == "nsec3-optout" else []
    run([*command, source, *bases], scratch)
    return scratch / "signed"


def knot(source, origin, keys, denial, scratch, now=KNOT_NOW):
    """kzonesign with keys that keymgr imports; `now` is in seconds since 1970."""
    combined = len(keys) == 1
    kind, _, parameters = denial.partition(":")
    iterations = parameters.split(":")[1] if parameters else "0"
    salt_length = "8" if parameters else "0"
    shutil.copy(source, scratch / "source")
    conf = scratch / "knot.conf"
    conf.write_text(f"""\
server:
    rundir: "{scratch}"
database:
    storage: "{scratch}/db"
policy:
  - id: test
    manual: on
    algorithm: {KNOT_ALGORITHMS[keys[0].algorithm]}
    single-type-signing: {"on" if combined else "off"}
    nsec3: {"off" if kind == "nsec" else "on"}
    nsec3-opt-out: {"on" if kind == "nsec3-optout" else "off"}
    nsec3-iterations: {iterations}
    nsec3-salt-length: {salt_length}
    rrsig-lifetime: {KNOT_LIFETIME_DAYS}d
    rrsig-refresh: 7d
    reproducible-signing: on
    cds-cdnskey-publish: none
zone:
  - domain: {origin}
    storage: "{scratch}"
    file: "source"
    dnssec-signing: on
    dnssec-policy: test
""")
    (scratch / "db").mkdir()
    knot_import(conf, origin, keys, scratch)
    (scratch / "out").mkdir()
    run(["kzonesign", "-c", conf, "-o", scratch / "out", "-t", str(now), origin], scratch)
    return next((scratch / "out").iterdir())


def knot_import(conf, origin, keys, scratch):
    """Puts keys into the key database that a configuration of Knot names."""
    for number, key in enumerate(keys):
        pem = scratch / f"{number}.pem"
        pem.write_bytes(key.pem())
        sep, combined = key.flags & 1, len(keys) == 1
        ksk, zsk = ("yes" if yes else "no" for yes in (combined or sep, combined or not sep))
        times = [f"{event}=20250101000000" for event in ("created", "publish", "ready", "active")]
        run(
            ["keymgr", "-c", conf, origin, "import-pem", pem, f"algorithm={key.algorithm}",
             f"ksk={ksk}", f"zsk={zsk}", *times],
            scratch,
        )


def with_keys(source, origin, keys, scratch):
    """A copy of the source with the DNSKEY records at its end."""
    path = scratch / "unsigned"
    records = "".join(f"{origin} 3600 IN DNSKEY {key.rdata_text}\n" for key in keys)
    path.write_text(Path(source).read_text() + records)
    return path


def run(command, scratch):
    done = subprocess.run(
        [str(word) for word in command], cwd=scratch, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise CannotSign(said[-1] if said else f"exit status {done.returncode}")


VERSIONS = {
    "bind": ["dnssec-signzone", "-V"],
    "ldns": ["ldns-signzone", "-v"],
    "knot": ["kzonesign", "-V"],
}
SIGN = {"bind": bind, "ldns": ldns, "knot": knot}
