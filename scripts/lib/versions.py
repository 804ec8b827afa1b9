"""Variants that are judged against a previous version of the zone. Each has a neighbour that is
right: the same step taken as RFC 6781 section 4.1 says.
"""

from lib import broken, keys
from lib.broken import found, ksk, other, publish, variant, zsk
from lib.keys import KSK, REVOKED
from lib.whole import add, put, put3, remove

broken.ADVICE.update((
    "algorithm-added-at-once", "algorithm-removed-at-once", "signature-older", "previous-unreadable",
))

EXAMPLE = "previous:zones/example.zone"
SERIAL = 2026010100


def after(name, *more):
    """Arguments for a variant that follows another one."""
    return (f"previous:variants/{name}.zone", *more)


def step(zone, serial=SERIAL + 100):
    """The serial of the next version, duly signed."""
    place = zone.find("@", "SOA")[0]
    words = zone.lines[place].rdata.split()
    words[2] = str(serial)
    zone.lines[place] = zone.lines[place].with_(rdata=" ".join(words))
    zone.resign("@", "SOA", zsk())


def change(zone, key=None):
    """Another address of www; signed, unless there is no key."""
    place = zone.find("www", "A")[1]
    zone.lines[place] = zone.lines[place].with_(rdata="192.0.2.181")
    if key is not None:
        zone.resign("www", "A", key)


def sign_beside(zone, owner, rtype, key):
    zone.insert_after(zone.sig(owner, rtype), zone.sign(owner, rtype, key))


def sign_all_beside(zone, key):
    """Signs by one more key whatever is signed, but for the DNSKEY RRset."""
    for line in zone.signatures():
        if line.covered != "DNSKEY":
            owner = "@" if line.owner.lower() == zone.origin else line.owner[: -len(zone.origin) - 1]
            sign_beside(zone, owner, line.covered, key)


def second():
    """A key of another algorithm that signs everything, the DNSKEY RRset too."""
    return keys.derived("another key", 15, KSK)


def at_keys(code, zone):
    return [found(code, zone, "@", "DNSKEY")]


# --- Serials ---


@variant("versions-same", args=(EXAMPLE,))
def same(zone):
    """Not broken: nothing changed, so the serial may be the same."""
    return []


@variant("versions-changed", args=(EXAMPLE,))
def changed(zone):
    """Not broken: data changed and were signed anew, and the serial went up."""
    step(zone)
    change(zone, zsk())
    return []


@variant("versions-ttl-changed", args=(EXAMPLE,))
def ttl_changed(zone):
    """The TTL of an RRset changed, which is a change of the zone, and the serial did not."""
    for place in zone.find("www", "AAAA"):
        zone.lines[place] = zone.lines[place].with_(ttl=1800)
    zone.resign("www", "AAAA", zsk())
    return [found("serial-unchanged", zone, "@", "SOA")]


@variant("serial-unchanged", args=(EXAMPLE,))
def serial_unchanged(zone):
    """Data changed and were signed anew, and the serial is that of the previous version."""
    change(zone, zsk())
    return [found("serial-unchanged", zone, "@", "SOA")]


@variant("serial-unchanged-signatures", args=(EXAMPLE,))
def serial_unchanged_signatures(zone):
    """One signature only was made anew: secondary servers do not get it with the same serial."""
    zone.resign("www", "A", zsk(), inception="20260201000000", expiration="20360201000000")
    return [found("serial-unchanged", zone, "@", "SOA")]


@variant("serial-backwards", args=(EXAMPLE,))
def serial_backwards(zone):
    """The serial went down."""
    step(zone, SERIAL - 1)
    return [found("serial-backwards", zone, "@", "SOA")]


@variant("serial-half-circle", args=(EXAMPLE,))
def serial_half_circle(zone):
    """The serial went up by 2^31, of which RFC 1982 does not say whether that is up."""
    step(zone, SERIAL + 2**31)
    return [found("serial-backwards", zone, "@", "SOA")]


@variant("versions-serial-by-most", args=(EXAMPLE,))
def serial_by_most(zone):
    """Not broken: the serial went up by 2^31 - 1, the most that RFC 1982 allows."""
    step(zone, SERIAL + 2**31 - 1)
    return []


@variant("versions-serial-wraps", args=after("versions-serial-by-most"))
def serial_wraps(zone):
    """Not broken: the serial is a smaller number, and by serial arithmetic the greater one."""
    step(zone, 7)
    return []


# --- Signatures ---


@variant("signature-kept", args=(EXAMPLE,))
def signature_kept(zone):
    """Data changed, and the signature over them did not."""
    step(zone)
    change(zone)
    return [
        found("signature-invalid", zone, "www", "A"),
        found("signature-kept", zone, "www", "A"),
    ]


@variant("versions-damage-repaired", args=after("signature-kept"))
def damage_repaired(zone):
    """Not broken: the previous version was damaged; the same signature is right again."""
    step(zone, SERIAL + 200)
    return []


@variant("signature-older", args=(EXAMPLE,), advice_only=True)
def signature_older(zone):
    """A signature begins and ends before the one that it replaces; both are valid."""
    step(zone)
    zone.resign("www", "A", zsk(), inception="20251201000000", expiration="20351201000000")
    return [found("signature-older", zone, "www", "A")]


@variant("versions-signature-shorter", args=(EXAMPLE,))
def signature_shorter(zone):
    """Not broken: a new signature begins later and ends earlier, since validity was shortened."""
    step(zone)
    zone.resign("www", "A", zsk(), inception="20260201000000", expiration="20270201000000")
    return []


# --- Zone-signing keys (RFC 6781 section 4.1.1, RFC 7583 section 3.2) ---


@variant("key-used-too-soon", args=(EXAMPLE,))
def key_used_too_soon(zone):
    """A key signs an RRset alone in the version in which it appears."""
    step(zone)
    publish(zone, other())
    zone.resign("www", "A", other())
    return at_keys("key-used-too-soon", zone)


@variant("versions-key-used-after-unreadable", args=after("unreadable-and-signed"), advice_only=True)
def key_used_after_unreadable(zone):
    """Not broken, as far as can be told: a key signs alone at once, and what could not be read in
    the previous version may have been that key."""
    step(zone)
    publish(zone, other())
    zone.resign("www", "A", other())
    return [{"code": "previous-unreadable", "owner": zone.origin}]


@variant("versions-keys-uncached")
def keys_uncached(zone):
    """Not broken: the DNSKEY RRset has no TTL, so that no cache holds it."""
    for place in zone.find("@", "DNSKEY"):
        zone.lines[place] = zone.lines[place].with_(ttl=0)
    zone.resign("@", "DNSKEY", ksk())
    return []


@variant("versions-key-used-keys-uncached", args=after("versions-keys-uncached"))
def key_used_keys_uncached(zone):
    """Not broken: a key signs alone at once, and no cache holds the keys without it."""
    step(zone)
    publish(zone, other())
    zone.resign("www", "A", other())
    return []


@variant("versions-key-published", args=(EXAMPLE,), advice_only=True)
def key_published(zone):
    """Not broken: a new key is published before it signs."""
    step(zone)
    publish(zone, other())
    return at_keys("key-unused", zone)


@variant("versions-key-used", args=after("versions-key-published"))
def key_used(zone):
    """Not broken: the key that was published before signs an RRset alone."""
    step(zone, SERIAL + 200)
    publish(zone, other())
    zone.resign("www", "A", other())
    return []


@variant("versions-key-doubled", args=(EXAMPLE,))
def key_doubled(zone):
    """Not broken: a new key signs an RRset at once, beside the old one."""
    step(zone)
    publish(zone, other())
    sign_beside(zone, "www", "A", other())
    return []


@variant("key-removed-too-soon", args=after("versions-key-used"))
def key_removed_too_soon(zone):
    """A key is gone that alone signed an RRset of the previous version."""
    step(zone, SERIAL + 300)
    return at_keys("key-removed-too-soon", zone)


@variant("key-removed-too-soon-with-its-data", args=after("versions-key-used"))
def key_removed_with_its_data(zone):
    """A key is gone together with the RRset that it signed: caches hold that all the same."""
    remove(zone, "www", "A")
    put(zone)
    step(zone, SERIAL + 300)
    return at_keys("key-removed-too-soon", zone)


@variant("versions-key-retired", args=after("versions-key-doubled"))
def key_retired(zone):
    """Not broken: a key is gone that signed nothing alone."""
    step(zone, SERIAL + 200)
    return []


@variant("versions-key-used-uncached")
def key_used_uncached(zone):
    """Not broken: an RRset without TTL is signed by a key of its own."""
    publish(zone, other())
    for place in zone.find("www", "A"):
        zone.lines[place] = zone.lines[place].with_(ttl=0)
    zone.resign("www", "A", other())
    return []


@variant("versions-key-removed-uncached", args=after("versions-key-used-uncached"))
def key_removed_uncached(zone):
    """Not broken: a key is gone that alone signed an RRset without TTL, which no cache holds."""
    step(zone)
    return []


@variant("versions-key-used-expired", at="2026-08-01T00:00:00Z")
def key_used_expired(zone):
    """The signature by a second key has expired."""
    publish(zone, other())
    zone.resign("www", "A", other(), expiration="20260701000000")
    return [found("signature-expired", zone, "www", "A")]


@variant(
    "versions-key-removed-expired", at="2026-08-01T00:00:00Z", args=after("versions-key-used-expired")
)
def key_removed_expired(zone):
    """Not broken: a key is gone whose only signature has expired and serves nobody."""
    step(zone)
    return []


# --- Key-signing keys (RFC 6781 section 4.1.2, RFC 7583 section 3.3) ---


def replace_ksk(zone, new):
    place = next(i for i in zone.find("@", "DNSKEY") if zone.lines[i].rdata.startswith("257 "))
    zone.lines[place] = zone.lines[place].with_(rdata=new.rdata_text)
    zone.resign("@", "DNSKEY", new)


@variant("key-signers-replaced", args=(EXAMPLE, "anchor:anchors/example-right.ds"))
def key_signers_replaced(zone):
    """The KSK was replaced outright, and the DS is that of the old one."""
    step(zone)
    replace_ksk(zone, other(flags=KSK))
    return at_keys("key-signers-replaced", zone) + at_keys("dnskey-not-anchored", zone)


@variant("key-signers-replaced-on-island", args=(EXAMPLE,), advice_only=True)
def key_signers_replaced_on_island(zone):
    """The KSK was replaced outright, and it is not known what the parent publishes."""
    step(zone)
    replace_ksk(zone, other(flags=KSK))
    return at_keys("key-signers-replaced", zone)


@variant("versions-double-ds", args=(EXAMPLE, "anchor:anchors/example-right-and-wrong.ds"))
def double_ds(zone):
    """Not broken: the KSK was replaced outright after the DS of both were published (Double-DS)."""
    step(zone)
    replace_ksk(zone, other(flags=KSK))
    return []


@variant("versions-double-ksk", args=(EXAMPLE,))
def double_ksk(zone):
    """Not broken: a new KSK signs the DNSKEY RRset beside the old one."""
    step(zone)
    publish(zone, other(flags=KSK))
    sign_beside(zone, "@", "DNSKEY", other(flags=KSK))
    return []


@variant("versions-double-ksk-ends", args=after("versions-double-ksk"))
def double_ksk_ends(zone):
    """Not broken: the old KSK is gone, and the one beside it stays."""
    step(zone, SERIAL + 200)
    replace_ksk(zone, other(flags=KSK))
    return []


@variant("key-revocation-undone", args=after("ksk-revoked-beside-good"))
def key_revocation_undone(zone):
    """A KSK that was revoked is published without REVOKE and signs the DNSKEY RRset."""
    step(zone)
    publish(zone, other(flags=KSK))
    sign_beside(zone, "@", "DNSKEY", other(flags=KSK))
    return at_keys("key-revocation-undone", zone)


@variant("versions-revoked-key-gone", args=after("ksk-revoked-beside-good"))
def revoked_key_gone(zone):
    """Not broken: a revoked KSK is gone; two versions do not tell for how long it was revoked."""
    step(zone)
    return []


@variant("versions-revoked", args=after("versions-double-ksk"))
def revoked(zone):
    """Not broken: one of two KSKs is revoked now."""
    step(zone, SERIAL + 200)
    revoked = other(flags=KSK | REVOKED)
    publish(zone, revoked)
    sign_beside(zone, "@", "DNSKEY", revoked)
    return at_keys("key-revoked", zone)


# --- Algorithms (RFC 6781 section 4.1.4) ---


@variant("algorithm-added-at-once", args=(EXAMPLE,))
def algorithm_added_at_once(zone):
    """A second algorithm came with its key and its signatures in one version."""
    step(zone)
    sign_all_beside(zone, second())
    publish(zone, second())
    sign_beside(zone, "@", "DNSKEY", second())
    return at_keys("algorithm-added-at-once", zone)


def without_key(zone):
    """The findings about the signatures of the second algorithm while its key is not there."""
    return [
        {"code": "signature-no-key", "owner": line.owner.lower(), "type": line.covered}
        for line in zone.signatures() if line.rrsig().algorithm == 15
    ]


@variant("versions-algorithm-signed", args=(EXAMPLE,), advice_only=True)
def algorithm_signed(zone):
    """Not broken: the signatures of a second algorithm are there before its key is published."""
    step(zone)
    sign_all_beside(zone, second())
    return without_key(zone)


@variant("versions-algorithm-added", args=after("versions-algorithm-signed"))
def algorithm_added(zone):
    """Not broken: the key of the second algorithm follows its signatures."""
    step(zone, SERIAL + 200)
    sign_all_beside(zone, second())
    publish(zone, second())
    sign_beside(zone, "@", "DNSKEY", second())
    return []


@variant("algorithm-removed-at-once", args=after("versions-algorithm-added"))
def algorithm_removed_at_once(zone):
    """The second algorithm is gone with its key and its signatures in one version."""
    step(zone, SERIAL + 300)
    return at_keys("algorithm-removed-at-once", zone)


@variant(
    "versions-algorithm-key-removed", args=after("versions-algorithm-added"), advice_only=True
)
def algorithm_key_removed(zone):
    """Not broken: the key of the second algorithm goes first, its signatures are still there."""
    step(zone, SERIAL + 300)
    sign_all_beside(zone, second())
    return without_key(zone)


# --- The zone as a whole ---


@variant("previous-unreadable", args=after("unreadable-and-signed"))
def previous_unreadable(zone):
    """An address in the previous version cannot be read, so what it lacks proves nothing."""
    return [{"code": "previous-unreadable", "owner": zone.origin}]


@variant("versions-unsigned", args=(EXAMPLE,))
def unsigned(zone):
    """The previous version was signed; that the DS may be there still is for the parent to say."""
    step(zone)
    gone = ("RRSIG", "DNSKEY", "NSEC")
    zone.drop([place for place, line in enumerate(zone.lines) if line.rtype in gone])
    return [{"code": "zone-unsigned", "owner": zone.origin}]


@variant("versions-signed-now", args=after("versions-unsigned"))
def signed_now(zone):
    """Not broken: the zone is signed and was not before."""
    step(zone, SERIAL + 200)
    return []


@variant("versions-nsec3-now", args=(EXAMPLE,))
def nsec3_now(zone):
    """Not broken: the zone denies by NSEC3 at once; a cache that holds a proof holds all of it."""
    step(zone)
    put3(zone)
    return []


@variant("versions-names-come-and-go", args=(EXAMPLE,))
def names_come_and_go(zone):
    """Not broken: names before, between and behind the old ones came, and others are gone."""
    for owner in ("host.dept", "real.wild"):
        zone.drop([i for i, line in enumerate(zone.lines) if line.owner == zone.name(owner)])
    for owner in ("a", "m", "zz.zz"):
        add(zone, owner, "A", "192.0.2.7", key=zsk())
    put(zone)
    step(zone)
    return []


@variant("versions-shuffled", args=after("shuffled"))
def shuffled(zone):
    """Not broken: the previous version is the same zone in another order."""
    return []
