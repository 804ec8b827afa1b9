"""Variants: each is a good zone with one change, and the findings that follow from it. Most are
broken by it; those whose description begins with "Not broken" must be found good.

A variant is a function that changes a Zone in place and returns the expected findings. The keys of
the example zone are derived from phrases, so what must be signed anew here holds in all respects
but the one that is broken.
"""

import base64
from dataclasses import dataclass

from lib import keys
from lib.good import AT
from lib.keys import KSK, REVOKED, ZONE_KEY, ZSK
from lib.zonetext import Rrsig, Zone, label_count, record

ADVICE = {
    "signature-unsupported-algorithm", "record-duplicate", "record-out-of-zone",
    "key-unsupported-algorithm", "key-sha1", "key-not-zone-key", "key-unused", "key-without-sep",
    "key-tag-collision", "key-revoked", "key-rsa-short", "key-algorithm-not-recommended",
    "nsec3-iterations", "nsec3-salt", "nsec3-unannounced", "nsec3param-ignored",
    "nsec3param-misplaced", "ds-unsupported", "ds-sha1", "glue-missing", "data-occluded",
    "zonemd-misplaced", "zonemd-unsupported", "data-below-dname",
}


@dataclass(frozen=True)
class Variant:
    """One change to a good zone."""

    name: str
    change: object
    base: str = "zones/example.zone"
    at: str = AT
    # Further arguments of `sigmill zone`; `anchor:FILE` stands for `--anchor datasets/FILE`, and
    # `previous:FILE` for `--previous datasets/FILE`.
    args: tuple = ()
    # Findings that weigh less than their code does by itself, because a good signature is near.
    advice_only: bool = False

    @property
    def what(self):
        return " ".join(self.change.__doc__.split())


VARIANTS = []

# In the source of zones/text/hashed-*.zone.
HASH_OF_WWW = "q787kgihtsu67rm61shda3222biaqjva"


def variant(name, **options):
    def register(change):
        VARIANTS.append(Variant(name, change, **options))
        return change
    return register


def make(datasets, good):
    """Writes all variants anew; returns their entries for the manifest."""
    from lib import versions, whole  # noqa: F401

    by_file = {entry["file"]: entry for entry in good if "refused" not in entry}
    entries = judgements_of_the_short_zone(datasets, by_file["zones/short.zone"])
    entries += anchored(datasets, by_file["zones/example.zone"])
    whole.anchors(datasets, by_file["zones/example.zone"])
    directory = datasets / "variants"
    directory.mkdir(exist_ok=True)
    for path in directory.glob("*.zone"):
        path.unlink()
    for item in VARIANTS + flips(by_file):
        base = by_file[item.base]
        zone = Zone.read(datasets / item.base, base["origin"])
        expected = item.change(zone)
        zone.write(directory / f"{item.name}.zone", f"{item.name}: {item.what}")
        entries.append(entry(item, base, zone, expected))
    return entries


def entry(item, base, zone, expected):
    return {
        "file": f"variants/{item.name}.zone",
        "what": item.what,
        "base": item.base,
        "origin": base["origin"],
        "signer": base["signer"],
        "algorithms": sorted({line.rrsig().algorithm for line in zone.signatures()}),
        "denial": base["denial"],
        "at": item.at,
        "args": list(item.args),
        "ds": base["ds"],
        "findings": expected,
        "exit": 0 if item.advice_only else exit_status(expected),
    }


def exit_status(findings):
    return int(any(finding["code"] not in ADVICE for finding in findings))


def found(code, zone, owner=None, rtype=None, **more):
    finding = {"code": code}
    if owner is not None:
        finding["owner"] = zone.name(owner).lower()
    if rtype is not None:
        finding["type"] = rtype
    return finding | more


def for_each_signature(code, zone, chosen=lambda rrsig: True):
    """The finding for each signature that is chosen."""
    return [
        {"code": code, "owner": line.owner.lower(), "type": line.covered}
        for line in zone.signatures()
        if chosen(line.rrsig())
    ]


# --- The example zone's keys, and others for it ---


def ksk():
    return keys.derived("example ksk", 13, KSK)


def zsk():
    return keys.derived("example zsk", 13, ZSK)


def other(algorithm=13, flags=ZSK, **published):
    return keys.derived("another key", algorithm, flags, **published)


def publish(zone, *more):
    """Adds keys to the DNSKEY RRset and signs it anew."""
    last = zone.find("@", "DNSKEY")[-1]
    ttl = zone.lines[last].ttl
    zone.insert_after(last, *(record(zone.origin, ttl, "DNSKEY", key.rdata_text) for key in more))
    zone.resign("@", "DNSKEY", ksk())


def sign_www_only_by(zone, key):
    publish(zone, key)
    zone.resign("www", "A", key)


# --- One octet changed ---


@variant("rdata-octet")
def rdata_octet(zone):
    """One address of www is another than the one that was signed."""
    place = zone.find("www", "A")[0]
    zone.lines[place] = zone.lines[place].with_(rdata="192.0.2.90")
    return [found("signature-invalid", zone, "www", "A")]


@variant("rdata-octet-of-nsec")
def rdata_octet_of_nsec(zone):
    """A letter of an NSEC record's next name is in the other case, which is signed."""
    place = zone.find("www", "NSEC")[0]
    line = zone.lines[place]
    next_name, types = line.rdata.split(None, 1)
    zone.lines[place] = line.with_(rdata=f"{next_name[0].upper()}{next_name[1:]} {types}")
    return [found("signature-invalid", zone, "www", "NSEC")]


@variant("ds-octet")
def ds_octet(zone):
    """The digest of a DS record is another than the one that was signed."""
    place = zone.find("secure", "DS")[0]
    line = zone.lines[place]
    zone.lines[place] = line.with_(rdata=line.rdata.replace("4711", "4712", 1))
    return [found("signature-invalid", zone, "secure", "DS")]


@variant("dnskey-octet", base="zones/bind/rsasha256-nsec.zone")
def dnskey_octet(zone):
    """One octet of the RSA ZSK's modulus is another, and so is its tag: what the ZSK signed has no
    key, and the DNSKEY RRset is not what was signed."""
    return [*flip_zsk(zone, octet=100), found("key-unused", zone, "@", "DNSKEY")]


@variant("dnskey-octet-off-curve")
def dnskey_octet_off_curve(zone):
    """One octet of the ECDSA ZSK is another, so the point is not on its curve."""
    findings = flip_zsk(zone, octet=40)
    return [found("key-malformed", zone, "@", "DNSKEY"), *findings]


def flip_zsk(zone, octet):
    place = next(i for i in zone.find("@", "DNSKEY") if zone.lines[i].rdata.startswith("256 "))
    head, text = zone.lines[place].rdata.split(" ", 3)[:3], zone.lines[place].rdata.split(" ", 3)[3]
    public = bytearray(base64.b64decode(text.replace(" ", "")))
    tag_before = tag_of(head, public)
    public[octet] ^= 1
    zone.lines[place] = zone.lines[place].with_(
        rdata=" ".join([*head, base64.b64encode(public).decode()])
    )
    return [
        found("signature-invalid", zone, "@", "DNSKEY"),
        *for_each_signature("signature-no-key", zone, lambda rrsig: rrsig.tag == tag_before),
    ]


def tag_of(head, public):
    flags, protocol, algorithm = map(int, head)
    return keys.key_tag(flags.to_bytes(2, "big") + bytes([protocol, algorithm]) + bytes(public))


def flips(by_file):
    """For each algorithm a zone with one signature octet changed, and one with a record changed."""
    variants = []
    for file, base in by_file.items():
        name = file.removeprefix("zones/bind/").removesuffix("-nsec.zone")
        if f"zones/bind/{name}-nsec.zone" != file:
            continue
        advice = base["findings"]

        def signature(zone, advice=advice):
            """One octet of the signature over www's addresses is another."""
            flip_signature(zone, "www", "A")
            return [*advice, found("signature-invalid", zone, "www", "A")]

        def rdata(zone, advice=advice):
            """A record of the wildcard's TXT RRset is another than the one that was signed."""
            place = zone.find("*.wild", "TXT")[0]
            zone.lines[place] = zone.lines[place].with_(rdata='"Wildcard"')
            return [*advice, found("signature-invalid", zone, "*.wild", "TXT")]

        variants.append(Variant(f"signature-octet-{name}", signature, file))
        variants.append(Variant(f"rdata-octet-{name}", rdata, file))
    return variants


def flip_signature(zone, owner, covered):
    place = zone.sig(owner, covered)
    rrsig = zone.lines[place].rrsig()
    octets = bytearray(rrsig.signature)
    # In the second half, so that of EdDSA's two parts it is the number and not the point.
    octets[len(octets) * 5 // 8] ^= 0x10
    change_rrsig(zone, place, signature=bytes(octets))


def change_rrsig(zone, place, **fields):
    line = zone.lines[place]
    rrsig = Rrsig(**{**line.rrsig().__dict__, **fields})
    zone.lines[place] = line.with_(rdata=rrsig.to_text())


# --- Times ---


@variant("expired")
def expired(zone):
    """One RRset's signature has expired."""
    zone.resign("www", "A", zsk(), inception="20250101000000", expiration="20260101000000")
    return [found("signature-expired", zone, "www", "A")]


@variant("expired-a-second-ago", at="2026-01-01T00:00:01Z")
def expired_a_second_ago(zone):
    """One RRset's signature expired a second before the time of judgement."""
    zone.resign("www", "A", zsk(), inception="20250101000000", expiration="20260101000000")
    return [found("signature-expired", zone, "www", "A")]


@variant("expires-this-second", at="2026-01-01T00:00:00Z")
def expires_this_second(zone):
    """Not broken: one RRset's signature expires, and all others begin, at the time of judgement."""
    zone.resign("www", "A", zsk(), inception="20250101000000", expiration="20260101000000")
    return []


@variant("not-yet-valid")
def not_yet_valid(zone):
    """One RRset's signature begins in the future."""
    zone.resign("www", "A", zsk(), inception="20300101000000", expiration="20310101000000")
    return [found("signature-not-yet-valid", zone, "www", "A")]


@variant("inception-after-expiration")
def inception_after_expiration(zone):
    """One RRset's signature expires before it begins."""
    zone.resign("www", "A", zsk(), inception="20270101000000", expiration="20260101000000")
    return [found("signature-inception-after-expiration", zone, "www", "A")]


@variant("times-as-numbers")
def times_as_numbers(zone):
    """Not broken: one signature's times are seconds since 1970, as RFC 4034 section 3.2 allows."""
    zone.resign("www", "A", zsk(), inception="1767225600", expiration="2082758400")
    return []


@variant("times-across-2106", at="2106-02-07T06:28:20Z")
def times_across_2106(zone):
    """Judged in 2106, four seconds after 2^32: one signature's times wrap around it and hold; all
    others seem, in serial number arithmetic (RFC 1982), to begin later."""
    zone.resign("www", "A", zsk(), inception="4294960000", expiration="10000")
    return [
        {"code": "signature-not-yet-valid", "owner": line.owner.lower(), "type": line.covered}
        for line in zone.signatures()
        if (line.owner, line.covered) != (zone.name("www"), "A")
    ]


@variant("expired-beside-good", advice_only=True)
def expired_beside_good(zone):
    """One RRset has an expired signature beside a good one."""
    old = zone.sign("www", "A", zsk(), inception="20250101000000", expiration="20260101000000")
    zone.insert_after(zone.sig("www", "A"), old)
    return [found("signature-expired", zone, "www", "A")]


def judgements_of_the_short_zone(datasets, base):
    """The zone with short validity, before it, near its end, and after it."""
    zone = Zone.read(datasets / base["file"], base["origin"])
    entries = []
    for when, args, code in (
        ("2026-02-28T23:59:59Z", [], "signature-not-yet-valid"),
        ("2026-03-25T00:00:00Z", ["--expire-within", "14d"], "signature-expires-soon"),
        ("2026-04-01T00:00:01Z", [], "signature-expired"),
    ):
        findings = for_each_signature(code, zone)
        entries.append({
            **base, "at": when, "what": f"zones/short.zone judged at another time: {code}",
            "args": args, "findings": findings, "exit": 1, "base": base["file"],
        })
    return entries


# --- Trust ---


def anchored(datasets, base):
    """The example zone with the right anchor, with a wrong one, and with one of its ZSK."""
    zone = Zone.read(datasets / base["file"], base["origin"])
    directory = datasets / "anchors"
    directory.mkdir(exist_ok=True)
    anchors = {
        "example-right.ds": [ds for ds in base["ds"]],
        "example-wrong.ds": [keys.ds_text(zone.origin, other(flags=KSK).rdata)],
        "example-zsk.ds": [keys.ds_text(zone.origin, zsk().rdata)],
        "example-right-and-wrong.ds": [
            keys.ds_text(zone.origin, other(flags=KSK).rdata), *base["ds"],
        ],
    }
    whats = {
        "example-right.ds": "anchored at its KSK",
        "example-wrong.ds": "anchored at a key that is not in the zone",
        "example-zsk.ds": "anchored at its ZSK, which does not sign the DNSKEY RRset",
        "example-right-and-wrong.ds": "anchored at two keys, of which one is in the zone",
    }
    entries = []
    for name, lines in anchors.items():
        (directory / name).write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        findings = []
        if name in ("example-wrong.ds", "example-zsk.ds"):
            findings = [found("dnskey-not-anchored", zone, "@", "DNSKEY")]
        entries.append({
            **base, "what": whats[name], "base": base["file"], "args": [f"anchor:anchors/{name}"],
            "findings": findings, "exit": exit_status(findings),
        })
    return entries


# --- Keys ---


@variant("no-key")
def no_key(zone):
    """One RRset is signed by a key that the zone does not publish."""
    zone.resign("www", "A", other())
    return [found("signature-no-key", zone, "www", "A")]


@variant("no-key-beside-good", advice_only=True)
def no_key_beside_good(zone):
    """One RRset has a second signature by a key that the zone does not publish."""
    zone.insert_after(zone.sig("www", "A"), zone.sign("www", "A", other()))
    return [found("signature-no-key", zone, "www", "A")]


@variant("invalid-beside-good", advice_only=True)
def invalid_beside_good(zone):
    """One RRset has a second signature, by the same key, that does not verify. It comes first."""
    place = zone.sig("www", "A")
    good = zone.lines[place]
    flip_signature(zone, "www", "A")
    zone.insert_after(place, good)
    return [found("signature-invalid", zone, "www", "A")]


# Found by search: keys whose tag is that of the example's ZSK, as a ZSK and as a KSK. No public
# signer makes such a zone: ldns-signzone publishes one of the two keys and signs with both,
# dnssec-signzone signs with one.
TWIN_ZSK, TWIN_KSK = "tag twin 28522", "tag twin 3203"


def twin(phrase, flags):
    key = keys.derived(phrase, 13, flags)
    if key.tag != zsk().tag:
        raise RuntimeError(f"{phrase} has not the tag of the example's ZSK")
    return key


def sign_all_again(zone, key, replace_some=False):
    """Signs what the ZSK signed with another key too, or every second RRset with it only."""
    for count, line in enumerate(zone.signatures()):
        if line.covered == "DNSKEY":
            continue
        owner = line.owner.removesuffix(zone.origin).rstrip(".") or "@"
        place = zone.sig(owner, line.covered)
        signature = zone.sign(owner, line.covered, key)
        if not replace_some:
            zone.insert_after(place - 1, signature)
        elif count % 2:
            zone.lines[place] = signature


@variant("tag-shared-by-zsks")
def tag_shared_by_zsks(zone):
    """Not broken: two ZSKs have one tag, and both sign everything."""
    key = twin(TWIN_ZSK, ZSK)
    publish(zone, key)
    sign_all_again(zone, key)
    return [found("key-tag-collision", zone, "@", "DNSKEY")]


@variant("tag-shared-each-signs-half")
def tag_shared_each_signs_half(zone):
    """Not broken: two ZSKs have one tag, and each RRset is signed by one of them."""
    key = twin(TWIN_ZSK, ZSK)
    publish(zone, key)
    sign_all_again(zone, key, replace_some=True)
    return [found("key-tag-collision", zone, "@", "DNSKEY")]


@variant("tag-shared-by-ksk-and-zsk")
def tag_shared_by_ksk_and_zsk(zone):
    """Not broken: a second KSK has the ZSK's tag, and signs the DNSKEY RRset too."""
    key = twin(TWIN_KSK, KSK)
    publish(zone, key)
    zone.insert_after(zone.sig("@", "DNSKEY"), zone.sign("@", "DNSKEY", key))
    return [found("key-tag-collision", zone, "@", "DNSKEY")]


@variant("tag-shared-wrong-key")
def tag_shared_wrong_key(zone):
    """One RRset is signed by a key that is not published and has the ZSK's tag."""
    zone.resign("www", "A", twin(TWIN_ZSK, ZSK))
    return [found("signature-invalid", zone, "www", "A")]


@variant("key-not-zone-key")
def key_not_zone_key(zone):
    """One RRset is signed by a key whose ZONE flag is not set."""
    sign_www_only_by(zone, other(flags=0))
    return [
        found("key-not-zone-key", zone, "@", "DNSKEY"),
        found("signature-key-not-zone-key", zone, "www", "A"),
    ]


@variant("key-protocol-4")
def key_protocol_4(zone):
    """One RRset is signed by a key with protocol 4."""
    sign_www_only_by(zone, other(protocol=4))
    return [
        found("key-bad-protocol", zone, "@", "DNSKEY"),
        found("signature-key-bad-protocol", zone, "www", "A"),
    ]


@variant("key-revoked")
def key_revoked(zone):
    """One RRset is signed by a revoked ZSK only."""
    sign_www_only_by(zone, other(flags=ZSK | REVOKED))
    return [
        found("key-revoked", zone, "@", "DNSKEY"),
        found("key-revocation-unsigned", zone, "@", "DNSKEY"),
        found("signature-key-revoked", zone, "www", "A"),
    ]


@variant("ksk-revoked-beside-good")
def ksk_revoked_beside_good(zone):
    """Not broken: a revoked KSK signs the DNSKEY RRset, to say so, beside the KSK in force."""
    revoked = other(flags=KSK | REVOKED)
    publish(zone, revoked)
    zone.insert_after(zone.sig("@", "DNSKEY"), zone.sign("@", "DNSKEY", revoked))
    return [found("key-revoked", zone, "@", "DNSKEY")]


@variant("ksk-revoked")
def ksk_revoked(zone):
    """The only key that signs the DNSKEY RRset is revoked."""
    revoked = keys.derived("example ksk", 13, KSK | REVOKED)
    place = next(i for i in zone.find("@", "DNSKEY") if zone.lines[i].rdata.startswith("257 "))
    zone.lines[place] = zone.lines[place].with_(rdata=revoked.rdata_text)
    zone.resign("@", "DNSKEY", revoked)
    return [
        found("key-revoked", zone, "@", "DNSKEY"),
        found("signature-key-revoked", zone, "@", "DNSKEY"),
    ]


@variant("key-short")
def key_short(zone):
    """One RRset is signed by a key that is published an octet short."""
    sign_www_only_by(zone, other(published=other().public_octets[:-1]))
    return [
        found("key-malformed", zone, "@", "DNSKEY"),
        found("signature-key-malformed", zone, "www", "A"),
    ]


@variant("key-short-unused", advice_only=True)
def key_short_unused(zone):
    """A key that is an octet short is published; nothing is signed with it."""
    publish(zone, other(published=other().public_octets[:-1]))
    return [found("key-malformed", zone, "@", "DNSKEY")]


@variant("key-rsa-without-modulus", advice_only=True)
def key_rsa_without_modulus(zone):
    """An RSA key that is an exponent and nothing else is published; nothing is signed with it."""
    publish(zone, other(published=b"\x03\x01\x00\x01", published_algorithm=8))
    return [found("key-malformed", zone, "@", "DNSKEY")]


# A prime of 65 bits, one more than the default of --max-rsa-exponent-bits.
LONG_EXPONENT = 2**64 + 13


def short_rsa_keys(zone):
    """Advice: the three RSA keys of these variants have 1024 bits."""
    return [found("key-rsa-short", zone, "@", "DNSKEY")] * 3


def long_exponent():
    return keys.derived_rsa("long exponent", 8, exponent=LONG_EXPONENT)


def with_rsa_keys(zone, *more, algorithm=8):
    """Replaces all keys by RSA keys, publishes further ones, and signs everything anew. Returns the
    ZSK."""
    own_ksk, own_zsk = (keys.derived_rsa(f"rsa {flags}", algorithm, flags) for flags in (KSK, ZSK))
    places = zone.find("@", "DNSKEY")
    ttl = zone.lines[places[0]].ttl
    published = [record(zone.origin, ttl, "DNSKEY", k.rdata_text) for k in (own_ksk, own_zsk, *more)]
    zone.insert_after(places[-1], *published)
    zone.drop(places)
    for line in zone.signatures():
        owner = line.owner.removesuffix(zone.origin).rstrip(".") or "@"
        zone.resign(owner, line.covered, own_ksk if line.covered == "DNSKEY" else own_zsk)
    return own_zsk


@variant("key-exponent-too-long")
def key_exponent_too_long(zone):
    """One RRset is signed by an RSA key with an exponent of 65 bits only."""
    with_rsa_keys(zone, long_exponent())
    zone.resign("www", "A", long_exponent())
    return [
        *short_rsa_keys(zone),
        found("key-exponent-too-long", zone, "@", "DNSKEY"),
        found("signature-key-exponent-too-long", zone, "www", "A"),
    ]


@variant("key-exponent-too-long-beside-good")
def key_exponent_too_long_beside_good(zone):
    """One RRset is signed by an RSA key with an exponent of 65 bits beside the key in force."""
    with_rsa_keys(zone, long_exponent())
    zone.insert_after(zone.sig("www", "A"), zone.sign("www", "A", long_exponent()))
    return [
        *short_rsa_keys(zone),
        found("key-exponent-too-long", zone, "@", "DNSKEY"),
        found("signature-key-exponent-too-long", zone, "www", "A"),
    ]


@variant("key-exponent-too-long-shares-tag")
def key_exponent_too_long_shares_tag(zone):
    """One octet of a signature is another, and beside its key there is one with the same tag and an
    exponent of 65 bits: as that one is not tried, nobody can say that the signature is bad."""
    with_rsa_keys(zone)
    tag = next(line.rdata for line in zone.rrset("@", "DNSKEY") if line.rdata.startswith("256 "))
    tag = tag_of(tag.split()[:3], base64.b64decode(tag.split()[3]))
    head, e = [str(ZSK), "3", "8"], LONG_EXPONENT.to_bytes(9, "big")
    # The length and the exponent are ten octets, so two octets behind them are a word of the tag.
    public = next(
        octets for word in range(0x8000, 0x10000) for middle in (b"\0\0", b"\x80\0")
        if tag_of(head, octets := b"\x09" + e + word.to_bytes(2, "big") + middle + b"\1" * 124) == tag
    )
    ttl = zone.lines[zone.find("@", "DNSKEY")[0]].ttl
    rdata = " ".join([*head, base64.b64encode(public).decode()])
    zone.insert_after(zone.find("@", "DNSKEY")[-1], record(zone.origin, ttl, "DNSKEY", rdata))
    zone.resign("@", "DNSKEY", keys.derived_rsa(f"rsa {KSK}", 8, KSK))
    flip_signature(zone, "www", "A")
    return [
        *short_rsa_keys(zone),
        found("key-tag-collision", zone, "@", "DNSKEY"),
        found("key-exponent-too-long", zone, "@", "DNSKEY"),
        found("signature-key-exponent-too-long", zone, "www", "A"),
    ]


@variant("key-exponent-allowed", args=("--max-rsa-exponent-bits", "65"))
def key_exponent_allowed(zone):
    """Not broken: one RRset is signed by an RSA key with an exponent of 65 bits only, and the limit
    is raised to that."""
    with_rsa_keys(zone, long_exponent())
    zone.resign("www", "A", long_exponent())
    return short_rsa_keys(zone)


@variant("key-unsupported-algorithm-only")
def key_unsupported_algorithm_only(zone):
    """One RRset is signed by a key of a private algorithm only, in a zone with ECDSA keys."""
    sign_www_only_by(zone, other(published_algorithm=253))
    return [
        found("key-unsupported-algorithm", zone, "@", "DNSKEY"),
        *unsigned_by_unsupported(zone),
        found("signature-unsupported-algorithm", zone, "www", "A"),
        found("rrset-no-supported-signature", zone, "www", "A"),
    ]


@variant("key-unsupported-algorithm-beside-good", advice_only=True)
def key_unsupported_algorithm_beside_good(zone):
    """One RRset is signed by a key of a withdrawn algorithm (12) beside the ECDSA key."""
    key = other(published_algorithm=12)
    publish(zone, key)
    zone.insert_after(zone.sig("www", "A"), zone.sign("www", "A", key))
    return [
        found("key-unsupported-algorithm", zone, "@", "DNSKEY"),
        *unsigned_by_unsupported(zone),
        found("signature-unsupported-algorithm", zone, "www", "A"),
    ]


def unsigned_by_unsupported(zone):
    """Each RRset but www's addresses lacks the algorithm that validators ignore: advice."""
    return [
        {"code": "rrset-algorithm-missing", "owner": line.owner.lower(), "type": line.covered}
        for line in zone.signatures()
        if (line.owner, line.covered) != (zone.name("www"), "A")
    ]


@variant("all-unsupported")
def all_unsupported(zone):
    """Every key and signature states a private algorithm: the zone is insecure, not bogus."""
    tags = {}
    for place in zone.find("@", "DNSKEY"):
        old = zone.lines[place].rdata.split(None, 3)
        new = [old[0], old[1], "253"]
        public = base64.b64decode(old[3].replace(" ", ""))
        tags[tag_of(old[:3], public)] = tag_of(new, public)
        zone.lines[place] = zone.lines[place].with_(rdata=" ".join([*new, old[3]]))
    for place, line in enumerate(zone.lines):
        if line.rtype == "RRSIG":
            change_rrsig(zone, place, algorithm=253, tag=tags[line.rrsig().tag])
    return [
        *[found("key-unsupported-algorithm", zone, "@", "DNSKEY")] * 2,
        *for_each_signature("signature-unsupported-algorithm", zone),
    ]


@variant("dnskey-missing")
def dnskey_missing(zone):
    """The DNSKEY RRset is not there, nor its signature."""
    zone.drop(zone.find("@", "DNSKEY") + zone.find_sigs("@", "DNSKEY"))
    return [
        found("dnskey-missing", zone, "@", "DNSKEY"),
        found("nsec-type-surplus", zone, "@", "NSEC"),
        *for_each_signature("signature-no-key", zone),
    ]


# --- What a signature says of itself ---


@variant("signer-below-apex")
def signer_below_apex(zone):
    """One signature's signer is a name below the apex."""
    zone.resign("www", "A", zsk(), signer=zone.name("www"))
    return [found("signature-signer-not-apex", zone, "www", "A")]


@variant("signer-above-apex")
def signer_above_apex(zone):
    """One signature's signer is the root."""
    zone.resign("www", "A", zsk(), signer=".")
    return [found("signature-signer-not-apex", zone, "www", "A")]


@variant("labels-too-many")
def labels_too_many(zone):
    """One signature's labels field is greater than its owner's number of labels."""
    zone.resign("www", "A", zsk(), labels=label_count(zone.name("www")) + 1)
    return [found("signature-labels-too-many", zone, "www", "A")]


@variant("wildcard-counted-as-label")
def wildcard_counted_as_label(zone):
    """The labels field of a wildcard's signature counts the asterisk."""
    zone.resign("*.wild", "TXT", zsk(), labels=label_count(zone.name("*.wild")) + 1)
    return [found("signature-labels-too-many", zone, "*.wild", "TXT")]


@variant("wildcard-replayed")
def wildcard_replayed(zone):
    """The wildcard's signature stands at a name that exists and has the same data."""
    wildcard = zone.lines[zone.sig("*.wild", "TXT")]
    zone.lines[zone.sig("real.wild", "TXT")] = wildcard.with_(owner=zone.name("real.wild"))
    return [found("signature-labels-too-few", zone, "real.wild", "TXT")]


@variant("labels-too-few")
def labels_too_few(zone):
    """One signature is made as if its owner came from a wildcard that is not in the zone."""
    zone.resign("host.dept", "A", zsk(), labels=label_count(zone.name("dept")))
    return [found("signature-labels-too-few", zone, "host.dept", "A")]


@variant("original-ttl")
def original_ttl(zone):
    """The TTL of an RRset and of its signature changed after signing."""
    for place in zone.find("www", "A") + zone.find_sigs("www", "A"):
        zone.lines[place] = zone.lines[place].with_(ttl=60)
    return [found("signature-original-ttl", zone, "www", "A")]


@variant("rrset-ttl")
def rrset_ttl(zone):
    """The TTL of an RRset changed after signing, that of its signature did not."""
    for place in zone.find("www", "A"):
        zone.lines[place] = zone.lines[place].with_(ttl=60)
    return [
        found("signature-original-ttl", zone, "www", "A"),
        found("signature-ttl", zone, "www", "A"),
    ]


@variant("rrsig-ttl")
def rrsig_ttl(zone):
    """The TTL of a signature changed after signing, that of its RRset did not."""
    place = zone.sig("www", "A")
    zone.lines[place] = zone.lines[place].with_(ttl=60)
    return [found("signature-ttl", zone, "www", "A")]


@variant("signature-short")
def signature_short(zone):
    """One ECDSA signature is an octet short."""
    place = zone.sig("www", "A")
    change_rrsig(zone, place, signature=zone.lines[place].rrsig().signature[:-1])
    return [found("signature-malformed", zone, "www", "A")]


@variant("signature-long", base="zones/bind/ed25519-nsec.zone")
def signature_long(zone):
    """One Ed25519 signature is an octet too long."""
    place = zone.sig("www", "A")
    change_rrsig(zone, place, signature=zone.lines[place].rrsig().signature + b"\0")
    return [found("signature-malformed", zone, "www", "A")]


# --- Signatures where there must be none ---


@variant("signed-glue")
def signed_glue(zone):
    """Glue is signed."""
    zone.insert_after(zone.find("ns.secure", "A")[0], zone.sign("ns.secure", "A", zsk()))
    return [found("signature-not-authoritative", zone, "ns.secure", "A")]


@variant("signed-delegation-ns")
def signed_delegation_ns(zone):
    """A delegation's NS RRset is signed."""
    zone.insert_after(zone.find("secure", "NS")[0], zone.sign("secure", "NS", zsk()))
    return [found("signature-not-authoritative", zone, "secure", "NS")]


@variant("signed-below-dname")
def signed_below_dname(zone):
    """A record below a DNAME, where nothing is visible, is there and signed."""
    hidden = record(zone.name("hidden.old"), 3600, "TXT", '"hidden"')
    signature = zone.sign("hidden.old", "TXT", zsk(), records=[hidden])
    zone.insert_after(zone.sig("old", "DNAME"), hidden, signature)
    return [
        found("data-below-dname", zone, "hidden.old", "TXT"),
        found("signature-not-authoritative", zone, "hidden.old", "TXT"),
    ]


@variant("signature-without-rrset")
def signature_without_rrset(zone):
    """A signature covers a type that its owner does not have."""
    absent = record(zone.name("www"), 3600, "TXT", '"gone"')
    orphan = zone.sign("www", "TXT", zsk(), records=[absent])
    zone.insert_after(zone.sig("www", "A"), orphan)
    return [found("signature-without-rrset", zone, "www", "TXT")]


@variant("signature-over-signature")
def signature_over_signature(zone):
    """A signature covers the RRSIG records of its owner."""
    place = zone.sig("www", "A")
    rrset = [record(l.owner, l.ttl, "RRSIG", l.rdata) for l in zone.rrset("www", "RRSIG")]
    zone.insert_after(place, zone.sign("www", "RRSIG", zsk(), records=rrset))
    return [found("signature-over-signature", zone, "www", "RRSIG")]


# --- RRsets ---


@variant("rrset-unsigned")
def rrset_unsigned(zone):
    """One RRset's signature is not there."""
    zone.drop(zone.find_sigs("www", "AAAA"))
    return [found("rrset-unsigned", zone, "www", "AAAA")]


@variant("nsec-unsigned")
def nsec_unsigned(zone):
    """The signature of an NSEC record at a delegation is not there."""
    zone.drop(zone.find_sigs("insecure", "NSEC"))
    return [found("rrset-unsigned", zone, "insecure", "NSEC")]


@variant("nsec3-unsigned-at-delegation", base="zones/text/hashed-bind.zone")
def nsec3_unsigned_at_delegation(zone):
    """A delegation's name is the hash of another name, whose NSEC3 record has no signature."""
    zone.drop(zone.find_sigs(HASH_OF_WWW, "NSEC3"))
    return [found("rrset-unsigned", zone, HASH_OF_WWW, "NSEC3")]


@variant("nsec3-signature-at-delegation", base="zones/text/hashed-bind.zone")
def nsec3_signature_at_delegation(zone):
    """The same, and an octet of the signature is another."""
    flip_signature(zone, HASH_OF_WWW, "NSEC3")
    return [found("signature-invalid", zone, HASH_OF_WWW, "NSEC3")]


@variant("ttls-differ")
def ttls_differ(zone):
    """One of two addresses of www has another TTL."""
    place = zone.find("www", "A")[1]
    zone.lines[place] = zone.lines[place].with_(ttl=7200)
    return [found("rrset-ttls-differ", zone, "www", "A")]


@variant("too-many-signatures")
def too_many_signatures(zone):
    """One RRset has 65 signatures, each of them good."""
    more = [
        zone.sign("www", "A", zsk(), inception=f"202601010{n // 60:01}{n % 60:02}00")
        for n in range(1, 65)
    ]
    zone.insert_after(zone.sig("www", "A"), *more)
    return [found("rrset-too-many-signatures", zone, "www", "A")]


@variant("duplicate")
def duplicate(zone):
    """A record is there twice."""
    place = zone.find("www", "A")[0]
    zone.insert_after(place, zone.lines[place])
    return [found("record-duplicate", zone, "www", "A")]


@variant("duplicate-in-other-case")
def duplicate_in_other_case(zone):
    """A record is there twice, once with upper-case letters in its owner and in its RDATA."""
    place = zone.find("mixed", "MX")[0]
    line = zone.lines[place]
    zone.insert_after(place, line.with_(owner=line.owner.upper(), rdata=line.rdata.lower()))
    return [found("record-duplicate", zone, "mixed", "MX")]


@variant("axfr")
def axfr(zone):
    """Not broken: the SOA record is there again at the end, as in a dump of a zone transfer."""
    zone.lines.append(zone.rrset("@", "SOA")[0])
    return []


# --- The zone ---


@variant("unsigned")
def unsigned(zone):
    """No DNSSEC record is there at all."""
    kinds = ("RRSIG", "NSEC", "DNSKEY")
    zone.drop([i for i, line in enumerate(zone.lines) if line.rtype in kinds])
    return [found("zone-unsigned", zone, "@")]


@variant("soa-missing", args=("--origin", "example."))
def soa_missing(zone):
    """The SOA record is not there, nor its signature."""
    zone.drop(zone.find("@", "SOA") + zone.find_sigs("@", "SOA"))
    return [
        found("soa-missing", zone, "@", "SOA"),
        found("nsec-type-surplus", zone, "@", "NSEC"),
    ]


@variant("soa-twice")
def soa_twice(zone):
    """There are two SOA records with different serials, signed as one RRset."""
    place = zone.find("@", "SOA")[0]
    line = zone.lines[place]
    zone.insert_after(place, line.with_(rdata=line.rdata.replace("2026010100", "2026010101")))
    zone.resign("@", "SOA", zsk())
    return [found("soa-differ", zone, "@", "SOA")]


@variant("soa-not-at-apex")
def soa_not_at_apex(zone):
    """A name below the apex has a SOA record, duly signed."""
    rdata = zone.lines[zone.find("@", "SOA")[0]].rdata
    soa = record(zone.name("www"), 3600, "SOA", rdata)
    signature = zone.sign("www", "SOA", zsk(), records=[soa])
    zone.insert_after(zone.sig("www", "A"), soa, signature)
    place = zone.find("www", "NSEC")[0]
    nsec = zone.lines[place]
    zone.lines[place] = nsec.with_(rdata=nsec.rdata.replace(" A ", " A SOA "))
    zone.resign("www", "NSEC", zsk())
    return [found("soa-not-at-apex", zone, "www", "SOA")]


@variant("out-of-zone")
def out_of_zone(zone):
    """A record's owner is not in the zone."""
    zone.lines.append(record("www.elsewhere.test.", 3600, "A", "192.0.2.99"))
    return [{"code": "record-out-of-zone", "owner": "www.elsewhere.test."}]


@variant("other-class")
def other_class(zone):
    """A record is of class CH."""
    zone.lines.append(record(zone.name("www"), 3600, "TXT", '"chaos"', rclass="CH"))
    return [found("record-other-class", zone, "www", "TXT")]


@variant("unreadable")
def unreadable(zone):
    """The address of a glue record is none."""
    place = zone.find("ns.secure", "A")[0]
    zone.lines[place] = zone.lines[place].with_(rdata="192.0.2.300")
    return [
        {"code": "record-unreadable", "line": place + 2},
        found("glue-missing", zone, "secure", "NS"),
    ]


@variant("unreadable-and-signed")
def unreadable_and_signed(zone):
    """One of two addresses of www is none, so its RRset is not what was signed."""
    place = zone.find("www", "A")[0]
    zone.lines[place] = zone.lines[place].with_(rdata="192.0.2")
    return [
        {"code": "record-unreadable", "line": place + 2},
        found("signature-invalid", zone, "www", "A"),
    ]


# --- Form without meaning: what must make no difference ---


@variant("shuffled")
def shuffled(zone):
    """Not broken: the records are in reverse order, the SOA record last."""
    zone.lines.reverse()
    return []


@variant("upper-case")
def upper_case(zone):
    """Not broken: owners and signers are in upper case, which canonical form undoes."""
    for place, line in enumerate(zone.lines):
        changed = line.with_(owner=line.owner.upper())
        if line.rtype == "RRSIG":
            rrsig = Rrsig(**{**line.rrsig().__dict__, "signer": zone.origin.upper()})
            changed = changed.with_(rdata=rrsig.to_text())
        zone.lines[place] = changed
    return []


@variant("rdata-as-unknown")
def rdata_as_unknown(zone):
    """Not broken: addresses in the form of RFC 3597, \\# and hexadecimal."""
    for place, line in enumerate(zone.lines):
        if line.rtype == "A":
            octets = "".join(f"{int(part):02X}" for part in line.rdata.split("."))
            zone.lines[place] = line.with_(rtype="TYPE1", rdata=f"\\# 4 {octets}")
    return []


@variant("glue-octet")
def glue_octet(zone):
    """Not broken, as far as signatures tell: glue is another address."""
    place = zone.find("ns.secure", "A")[0]
    zone.lines[place] = zone.lines[place].with_(rdata="192.0.2.153")
    return []


assert ZONE_KEY == ZSK
