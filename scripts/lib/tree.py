"""A small tree of zones, from a root of its own down, that scripts/record-capture has served.

The zones are listed here with what a validator must say of them, and why: most are right, some are
insecure, some are broken after signing (scripts/lib/tampering.py). `build` signs them all.

Names say where a zone hangs: `nsec.` denies by NSEC, `hash.` by NSEC3, `optout.` by NSEC3 with
opt-out.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

import dns.name

from lib import keys, signers, tampering as tamper
from lib.tampering import Served

SECURE, INSECURE, BOGUS = "secure", "insecure", "bogus"

# Servers: Knot for the root, NSD for the top-level domains, and one of each for what is below. No
# server has a zone and its parent, so that every referral is seen.
ROOT, TLD, NSD, KNOT = "root", "tld", "nsd", "knot"
ADDRESSES = {
    ROOT: ("127.0.0.2", "2001:db8::2"),
    TLD: ("127.0.0.3", "2001:db8::3"),
    NSD: ("127.0.0.4", "2001:db8::4"),
    KNOT: ("127.0.0.5", "2001:db8::5"),
}

SMALL = """\
@               IN MX    10 mail
www             IN A     192.0.2.80
www             IN AAAA  2001:db8::80
mail            IN A     192.0.2.25
text            IN TXT   "v=spf1 mx -all"
*.wild          IN TXT   "anything below wild"
alias           IN CNAME www
host.dept       IN A     192.0.2.10
old             IN DNAME dept
"""
# A text of more than the 1232 octets that resolvers take by UDP.
BIG = "".join(f'big             IN TXT   "{n}: {"long " * 46}"\n' for n in range(8))
FULL = SMALL + BIG + """\
MiXeD           IN MX    20 MAIL
chain           IN CNAME alias
nodata          IN CNAME mail
dangling        IN CNAME nowhere
away            IN CNAME www.ed25519.hash.
lost            IN CNAME www.plain.nsec.
doomed          IN CNAME www.changed.nsec.
moved           IN DNAME p384.nsec.
*.links         IN CNAME www
a.b.c.deep      IN A     192.0.2.11
real.wild       IN TXT   "a name beside the wildcard"
"""


@dataclass(eq=False)
class Made:
    """A zone of the tree. `asks` are names, types, statuses and reasons for its own questions."""

    origin: str
    server: str
    status: str = SECURE
    why: str = "signed, and a DS record leads to it"
    algorithm: int = 13
    denial: str = "nsec"
    signer: str = "bind"
    body: str = SMALL
    key_counts: tuple = (1, 1)
    published_algorithm: int | None = None
    revoked: bool = False
    ds: object = None
    tamper: object = None
    asks: tuple = ()
    days: tuple = (-1, 3650)
    keys: list = field(default_factory=list)
    extra: object = None
    parent: object = None

    @property
    def ksk(self):
        return self.keys[0]

    @property
    def zsk(self):
        return self.keys[-1]

    @property
    def opt_out(self):
        return self.denial == "nsec3-optout"

    def name(self, relative):
        if relative == "@":
            return self.origin
        return relative if relative.endswith(".") else f"{relative}.{self.origin}"

    def ds_rdatas(self):
        if self.ds is not None:
            return self.ds(self)
        return [] if self.signer is None else [ds_rdata(self.origin, self.ksk)]


# --- DS records ---


def ds_rdata(origin, key, digest=2, algorithm=None):
    """RFC 4034 section 5.1; the digest types 1, 2 and 4 are real, others have one of SHA-256."""
    owner = dns.name.from_text(origin).canonicalize().to_wire()
    made = {1: hashlib.sha1, 4: hashlib.sha384}.get(digest, hashlib.sha256)(owner + key.rdata)
    number = key.number if algorithm is None else algorithm
    return f"{key.tag} {number} {digest} {made.hexdigest().upper()}"


def no_ds(_made):
    return []


def ds_digests(*digests):
    return lambda made: [ds_rdata(made.origin, made.ksk, digest) for digest in digests]


def ds_of_nobody(made):
    return [ds_rdata(made.origin, keys.derived("tree nobody", 13, keys.KSK))]


def ds_and_unknown_algorithm(made):
    return [ds_rdata(made.origin, made.ksk), ds_rdata(made.origin, made.ksk, algorithm=200)]


def ds_of_both_algorithms(made):
    return [ds_rdata(made.origin, made.ksk), ds_rdata(made.origin, made.extra)]


# --- The zones ---


def zones():
    """All zones, parents before children."""
    return [*upper(), *good(), *below_leaves(), *insecure(), *bogus()]


def upper():
    return [
        Made(".", ROOT, why="its keys are the trust anchor", algorithm=8, body=""),
        Made("nsec.", TLD, body="", tamper=tamper.in_turn(
            # Of two of its delegations, one broken each.
            tamper.flips(("dssig", "DS")), tamper.without_nsec("noproof"),
        )),
        Made("hash.", TLD, denial="nsec3", signer="ldns", body=""),
        Made("optout.", TLD, denial="nsec3-optout", body=""),
    ]


def good():
    return [
        Made("p256.nsec.", NSD, body=FULL),
        Made("p256.hash.", KNOT, denial="nsec3", body=FULL),
        Made("p256.optout.", NSD, denial="nsec3-optout", body=FULL),
        Made("rsa256.nsec.", KNOT, algorithm=8, signer="ldns"),
        Made("rsa512.hash.", NSD, algorithm=10, denial="nsec3", signer="ldns"),
        Made("p384.nsec.", KNOT, algorithm=14, denial="nsec3", signer="knot"),
        Made("ed25519.hash.", NSD, algorithm=15, signer="knot"),
        Made("ed448.optout.", KNOT, algorithm=16, denial="nsec3"),
        Made("salted.hash.", NSD, denial="nsec3:AABBCCDD:10"),
        Made("csk.nsec.", KNOT, signer="knot", key_counts=(1, 0)),
        Made("bigkeys.nsec.", KNOT, algorithm=8, key_counts=(2, 3), asks=(
            ("@", "DNSKEY", SECURE, "five RSA keys of 2048 bits: an answer that takes TCP"),
            ("www", "A", SECURE, "three signatures by three keys"),
        )),
        Made("dssha1.nsec.", NSD, ds=ds_digests(1), asks=www("its only DS has a SHA-1 digest")),
        Made("dssha384.hash.", NSD, ds=ds_digests(4), asks=www("its only DS has a SHA-384 digest")),
        Made("dsboth.nsec.", KNOT, ds=ds_digests(1, 2), asks=www("SHA-1 and SHA-256 digests")),
        Made("dsmore.nsec.", NSD, ds=ds_and_unknown_algorithm, asks=www(
            "beside the right DS there is one of an unknown algorithm")),
        Made("half.nsec.", NSD, extra=keys.derived("tree half", 15, keys.KSK),
             ds=ds_of_both_algorithms, tamper=tamper.second_algorithm_unused,
             asks=www("DS and keys of two algorithms, signatures of one (RFC 6840 section 5.11)")),
        Made("beside.nsec.", KNOT, tamper=tamper.beside_good, asks=(
            ("www", "A", SECURE, "a broken signature beside a good one (RFC 6840 section 5.12)"),
            ("mail", "A", SECURE, "an expired signature beside a good one"),
        )),
        Made("ttl.nsec.", NSD, tamper=tamper.raised_ttl, asks=www(
            "served with a TTL above the original one, which the validator lowers")),
        Made("compact.nsec.", NSD, tamper=tamper.compact, asks=(
            ("gone", "A", SECURE, "compact denial (RFC 9824): NXNAME, no such name"),
            ("hollow", "A", SECURE, "compact denial of an empty non-terminal"),
        )),
        Made("online.nsec.", KNOT, signer="online", key_counts=(1, 0), asks=(
            ("www", "A", SECURE, "signed as it is asked for, by Knot's module"),
            ("nope", "A", SECURE, "signed denial of one name, made as it is asked for"),
            ("mail", "AAAA", SECURE, "the same for a type"),
        )),
    ]


def www(why):
    return (("www", "A", SECURE, why),)


def below_leaves():
    """Delegations of the three large zones, to the server that does not have the parent."""
    found = []
    for parent, server in (("p256.nsec.", KNOT), ("p256.hash.", NSD), ("p256.optout.", KNOT)):
        plain = no_signer(f"plain.{parent}", server, "delegated without DS")
        found += [
            Made(f"sub.{parent}", server, algorithm=15,
                 asks=www("a signed delegation of a leaf zone")),
            replace(plain, asks=(("www", "A", INSECURE, "an unsigned delegation of a leaf zone"),)),
        ]
    found.append(replace(
        no_signer("cut.below.p256.optout.", KNOT, "delegated below an empty non-terminal, no DS"),
        asks=(
            ("www", "A", INSECURE, "an unsigned delegation below an empty non-terminal"),
            ("below.p256.optout.", "A", INSECURE, "an empty non-terminal that opt-out leaves out"),
        ),
    ))
    return found


def no_signer(origin, server, why):
    return Made(origin, server, INSECURE, why, signer=None)


def insecure():
    plain = "delegated without DS"
    asks = (
        ("www", "A", INSECURE, plain),
        ("nope", "A", INSECURE, plain),
        ("mail", "AAAA", INSECURE, plain),
        ("@", "DNSKEY", INSECURE, plain),
    )
    return [
        *(replace(no_signer(f"plain.{tld}", server, plain), asks=(
            *asks, ("@", "DS", status, why),
        )) for tld, server, status, why in (
            ("nsec.", NSD, SECURE, "NSEC shows a delegation without DS"),
            ("hash.", KNOT, SECURE, "NSEC3 shows a delegation without DS"),
            ("optout.", NSD, INSECURE, "opt-out: nothing tells whether there is a delegation"),
        )),
        Made("island.nsec.", KNOT, INSECURE, "signed, but delegated without DS", ds=no_ds,
             asks=asks[:2]),
        Made("newalg.nsec.", NSD, INSECURE, "only an unknown algorithm (200)", algorithm=15,
             signer="hand", published_algorithm=200, tamper=tamper.signed_by_hand, asks=(
            ("www", "A", INSECURE, "keys and DS of an unknown algorithm"),
            ("nope", "A", INSECURE, "keys and DS of an unknown algorithm"),
            ("@", "DNSKEY", INSECURE, "keys and DS of an unknown algorithm"),
            ("@", "DS", SECURE, "the DS itself is the parent's and signed"),
        )),
        Made("private.hash.", KNOT, INSECURE, "only a private algorithm (253)", algorithm=15,
             signer="hand", published_algorithm=253, tamper=tamper.signed_by_hand, asks=(
            ("www", "A", INSECURE, "keys and DS of a private algorithm"),
        )),
        Made("newdigest.hash.", KNOT, INSECURE, "only a DS with an unknown digest",
             ds=ds_digests(200), asks=(
            ("www", "A", INSECURE, "the only DS has an unknown digest type"),
            ("nope", "A", INSECURE, "the only DS has an unknown digest type"),
            ("@", "DS", SECURE, "the DS itself is the parent's and signed"),
        )),
        Made("iterations.hash.", NSD, why="NSEC3 with 200 iterations: what it denies is insecure",
             denial="nsec3::200", signer="ldns", asks=(
            ("www", "A", SECURE, "positive, so that NSEC3 has no part in it"),
            ("nope", "A", INSECURE, "denied by NSEC3 with more than 150 iterations"),
            ("mail", "AAAA", INSECURE, "denied by NSEC3 with more than 150 iterations"),
            ("x.wild", "TXT", INSECURE, "proved by NSEC3 with more than 150 iterations"),
        )),
    ]


def bogus():
    whole = lambda why: (("www", "A", BOGUS, why), ("nope", "A", BOGUS, why))
    rest = ("mail", "A", SECURE, "the rest of the zone is right")
    return [
        Made("sigoctet.nsec.", KNOT, tamper=tamper.flips(("www", "A"), ("old", "DNAME")), asks=(
            ("www", "A", BOGUS, "an octet of the signature changed"),
            ("x.old", "A", BOGUS, "an octet of the DNAME's signature changed"), rest,
        )),
        Made("changed.nsec.", NSD, tamper=tamper.data_changed, asks=(
            ("www", "A", BOGUS, "the address changed after signing"),
            ("alias", "A", BOGUS, "the CNAME's target changed after signing"), rest,
        )),
        Made("expired.nsec.", NSD, BOGUS, "expired a month ago", days=(-60, -30),
             asks=whole("the zone expired a month ago")),
        Made("late.hash.", KNOT, denial="nsec3", tamper=tamper.expired("www", "A"), asks=(
            ("www", "A", BOGUS, "one signature expired a month ago"), rest,
        )),
        Made("early.nsec.", KNOT, BOGUS, "not valid for a month yet", days=(30, 3650),
             asks=whole("the zone is not valid yet")),
        Made("dsother.nsec.", NSD, BOGUS, "its DS is that of another key", ds=ds_of_nobody,
             asks=whole("the DS matches no key")),
        Made("nosig.hash.", KNOT, denial="nsec3",
             tamper=tamper.without_signature(("www", "A")), asks=(
            ("www", "A", BOGUS, "the signature is missing"), rest,
        )),
        Made("nokeysig.nsec.", NSD, BOGUS, "nothing signs the DNSKEY RRset",
             tamper=tamper.without_signature(("@", "DNSKEY")),
             asks=whole("the signature of the DNSKEY RRset is missing")),
        Made("unsigned.hash.", NSD, BOGUS, "unsigned, though there is a DS", signer=None,
             ds=ds_of_nobody, asks=whole("unsigned, though there is a DS")),
        Made("keyoctet.nsec.", KNOT, BOGUS, "an octet of a key changed", tamper=tamper.octet_of_key,
             asks=whole("an octet of the ZSK changed after signing")),
        Made("stranger.nsec.", KNOT, tamper=tamper.signed_by_stranger, asks=(
            ("www", "A", BOGUS, "signed by a key that the DNSKEY RRset does not hold"), rest,
        )),
        Made("noflag.nsec.", NSD, tamper=tamper.signed_without_zone_flag, asks=(
            ("www", "A", BOGUS, "signed by a key without the ZONE flag"), rest,
        )),
        Made("labels.hash.", KNOT, tamper=tamper.too_many_labels, asks=(
            ("www", "A", BOGUS, "the signature states more labels than the name has"), rest,
        )),
        Made("upward.nsec.", NSD, tamper=tamper.signed_by_parent, asks=(
            ("www", "A", BOGUS, "signed by the parent's key in the parent's name"), rest,
        )),
        Made("soaoctet.nsec.", NSD, tamper=tamper.flips(("@", "SOA")), asks=(
            ("mail", "AAAA", BOGUS, "an octet of the SOA's signature changed"),
            ("nope", "A", BOGUS, "an octet of the SOA's signature changed"), rest,
        )),
        Made("nonsec.nsec.", NSD, tamper=tamper.without_nsec("mail"), asks=(
            ("mail", "AAAA", BOGUS, "the NSEC record of the name is missing"),
            ("nope", "A", BOGUS, "the NSEC record that covers the name is missing"),
            ("www", "MX", SECURE, "its NSEC record is there"),
        )),
        Made("bitmap.nsec.", KNOT, tamper=tamper.bitmap_with("mail", "AAAA"), asks=(
            ("mail", "AAAA", BOGUS, "the NSEC record says that there is such a type"), rest,
        )),
        Made("nonext.hash.", NSD, denial="nsec3",
             tamper=tamper.without_nsec3(["mail"], ["missing"]), asks=(
            ("missing", "A", BOGUS, "the NSEC3 record that covers the next closer name is missing"),
            ("mail", "AAAA", BOGUS, "the NSEC3 record of the name is missing"), rest,
        )),
        Made("nostar.nsec.", NSD, tamper=tamper.without_nsec("@"), asks=(
            ("nope", "A", BOGUS, "nothing shows that there is no wildcard"),
            ("mail", "AAAA", SECURE, "its NSEC record is there"),
        )),
        Made("nostar.hash.", NSD, denial="nsec3",
             tamper=tamper.without_nsec3(covering=["*"]), asks=(
            ("nope", "A", BOGUS, "nothing shows that there is no wildcard"), rest,
        )),
        Made("encloser.hash.", NSD, denial="nsec3", tamper=tamper.without_nsec3(["dept"]), asks=(
            ("x.dept", "A", BOGUS, "the NSEC3 record of the closest encloser is missing"),
            ("dept", "A", BOGUS, "the NSEC3 record of the empty non-terminal is missing"), rest,
        )),
        Made("nsec3octet.hash.", KNOT, denial="nsec3", tamper=tamper.flip_apex_nsec3, asks=(
            ("nope", "A", BOGUS, "the closest encloser's NSEC3 has a broken signature"),
            rest,
        )),
        Made("wild.nsec.", NSD, tamper=tamper.without_nsec("*.wild"), asks=(
            ("x.wild", "TXT", BOGUS, "a wildcard without the proof that the name does not exist"),
            ("x.wild", "A", BOGUS, "denial of a wildcard's type without its NSEC"), rest,
        )),
        Made("wild.hash.", NSD, denial="nsec3",
             tamper=tamper.without_nsec3(covering=["y.wild"]), asks=(
            ("y.wild", "TXT", BOGUS, "a wildcard without the proof of no next closer name"), rest,
        )),
        Made("replay.nsec.", KNOT, tamper=tamper.wildcard_replayed, asks=(
            ("real.wild", "TXT", BOGUS, "a wildcard's signature at a name that exists"), rest,
        )),
        Made("dssig.nsec.", KNOT, BOGUS, "the parent's signature of its DS is broken",
             asks=(*whole("an octet changed in the signature of its DS"),
                   ("@", "DS", BOGUS, "an octet changed in the signature"))),
        Made("noproof.nsec.", KNOT, BOGUS, "no proof that it has no DS", signer=None, asks=(
            ("www", "A", BOGUS, "the parent has no NSEC record that shows the absence of DS"),
        )),
        Made("revoked.nsec.", NSD, BOGUS, "its only KSK is revoked (RFC 5011 section 2.1)",
             revoked=True, asks=whole("the key that the DS matches is revoked")),
    ]


# --- Building ---


def build(directory):
    """Signs all zones into files named by `file_of`; returns them."""
    made = zones()
    by_origin = {zone.origin: zone for zone in made}
    for zone in made:
        zone.parent = parent_of(zone, by_origin)
        zone.keys = keys_of(zone)
    for zone in made:
        sign(zone, made, directory)
    return made


def parent_of(zone, by_origin):
    name = zone.origin
    while name != ".":
        name = name.partition(".")[2] or "."
        if name in by_origin:
            return by_origin[name]
    return None


def keys_of(zone):
    if zone.signer is None:
        return []
    ksks, zsks = zone.key_counts
    flags = [keys.KSK | (keys.REVOKED if zone.revoked else 0)] * ksks + [keys.ZSK] * zsks
    published = {"published_algorithm": zone.published_algorithm}
    return [
        keys.fresh_rsa(zone.algorithm, flag) if zone.algorithm in keys.RSA_HASHES
        else keys.derived(f"tree {zone.origin} {number}", zone.algorithm, flag, **published)
        for number, flag in enumerate(flags)
    ]


def sign(made, every, directory):
    scratch = Path(directory) / "signing" / file_of(made)
    scratch.mkdir(parents=True)
    source = scratch / "from-tree"
    source.write_text(text_of(made, every), encoding="ascii")
    inception, expiration = tamper.window(made.days)
    origin, denial = made.origin, made.denial
    if made.signer == "bind":
        done = signers.bind(source, origin, made.keys, denial, scratch, inception, expiration)
    elif made.signer == "ldns":
        done = signers.ldns(
            source, origin, made.keys, denial, scratch, inception=inception, expiration=expiration
        )
    elif made.signer == "knot":
        now = int(datetime.now(timezone.utc).timestamp())
        done = signers.knot(source, origin, made.keys, denial, scratch, now=now)
    else:
        done = source
    target = Path(directory) / file_of(made)
    if made.tamper is None:
        target.write_text(done.read_text(encoding="ascii"), encoding="ascii")
        return
    zone = Served.read(done, origin) if made.signer != "hand" else from_source(done, made)
    zone.window = (inception, expiration)
    made.tamper(zone, made)
    zone.write(target, made.why)


def from_source(path, made):
    """Reads the text that `text_of` writes: absolute names come of it."""
    import dns.zone

    from lib.zonetext import record

    read = dns.zone.from_file(str(path), made.origin, relativize=False)
    lines = [record(name.to_text(), ttl, dns.rdatatype.to_text(rdata.rdtype), rdata.to_text())
             for name, ttl, rdata in read.iterate_rdatas()]
    return Served(made.origin, lines)


def file_of(made):
    return f"{made.origin.rstrip('.') or 'root'}.zone"


def text_of(made, every):
    lines = [f"$ORIGIN {made.origin}", "$TTL 3600"]
    lines += ["@ IN SOA ns hostmaster 2026010100 7200 900 1209600 900", "@ IN NS ns"]
    lines += address_lines("ns", made)
    for child in every:
        if child.parent is made:
            label = child.origin.removesuffix(made.origin).rstrip(".")
            lines += [f"{label} IN NS ns.{label}", *address_lines(f"ns.{label}", child)]
            lines += [f"{label} IN DS {rdata}" for rdata in child.ds_rdatas()]
    return "\n".join(lines) + "\n" + made.body


def address_lines(owner, made):
    four, six = ADDRESSES[made.server]
    return [f"{owner} IN A {four}", f"{owner} IN AAAA {six}"]
