"""What is done to the zones of scripts/lib/tree.py after signing, so that a validator rejects them.

Every function takes the zone and the tree's entry for it (with its keys) and changes the zone in
place. What is signed anew is signed for the same time as the rest, unless time is the point.
"""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from lib import chains, keys
from lib.zonetext import Zone, label_count, record


def window(days):
    """A pair of times, so many days from now, as RRSIG has them in text."""
    now = datetime.now(timezone.utc)
    return tuple((now + timedelta(days=count)).strftime("%Y%m%d%H%M%S") for count in days)


class Served(Zone):
    """A zone whose new signatures hold as long as the tree's."""

    window = ("", "")

    def sign(self, owner, rtype, key, ttl=None, records=None, **changes):
        times = {"inception": self.window[0], "expiration": self.window[1]}
        return super().sign(owner, rtype, key, ttl, records, **{**times, **changes})


def flip(zone, owner, covered):
    """Changes an octet in the middle of an RRset's signature."""
    place = zone.sig(owner, covered)
    rrsig = zone.lines[place].rrsig()
    octets = bytearray(rrsig.signature)
    octets[len(octets) // 2] ^= 0x10
    rdata = replace(rrsig, signature=bytes(octets)).to_text()
    zone.lines[place] = zone.lines[place].with_(rdata=rdata)


def flips(*rrsets):
    def tamper(zone, _made):
        for owner, covered in rrsets:
            flip(zone, owner, covered)
    return tamper


def data_changed(zone, _made):
    """Another address and another target than were signed."""
    changes = (("www", "A", "192.0.2.181"), ("alias", "CNAME", f"mail.{zone.origin}"))
    for owner, rtype, rdata in changes:
        place = zone.find(owner, rtype)[0]
        zone.lines[place] = zone.lines[place].with_(rdata=rdata)


def expired(owner, rtype):
    """The signature of one RRset expired a month ago."""
    def tamper(zone, made):
        inception, expiration = window((-60, -30))
        zone.resign(owner, rtype, made.zsk, inception=inception, expiration=expiration)
    return tamper


def flip_apex_nsec3(zone, _made):
    flip(zone, chains.hash_of(zone.origin), "NSEC3")


def without_signature(*rrsets):
    def tamper(zone, _made):
        for owner, covered in rrsets:
            zone.drop(zone.find_sigs(owner, covered))
    return tamper


def without_nsec(*owners):
    """The NSEC records of these owners are not served, nor their signatures."""
    def tamper(zone, _made):
        for owner in owners:
            zone.drop(zone.find(owner, "NSEC") + zone.find_sigs(owner, "NSEC"))
    return tamper


def without_nsec3(matching=(), covering=()):
    """The NSEC3 records that match or cover these names are not served. That of the apex must
    not be among them, so that the closest encloser is proved."""
    def tamper(zone, _made):
        nsec3s = [line for line in zone.lines if line.rtype == "NSEC3"]
        hashes = sorted(line.owner.split(".")[0].upper() for line in nsec3s)
        gone = {chains.hash_of(zone.name(name)) for name in matching}
        for name in covering:
            before = [known for known in hashes if known < chains.hash_of(zone.name(name))]
            gone.add(before[-1] if before else hashes[-1])
        if not gone <= set(hashes) or chains.hash_of(zone.origin) in gone:
            raise ValueError(f"{zone.origin}: another name must be chosen to be left without proof")
        zone.drop([
            place for place, line in enumerate(zone.lines)
            if line.owner.split(".")[0].upper() in gone
        ])
    return tamper


def bitmap_with(owner, rtype):
    """The NSEC record says that there is a type that there is not, and is signed so."""
    def tamper(zone, made):
        place = zone.find(owner, "NSEC")[0]
        following, *types = zone.lines[place].rdata.split()
        rdata = f"{following} {chains.types_text({*types, rtype})}"
        zone.lines[place] = zone.lines[place].with_(rdata=rdata)
        zone.resign(owner, "NSEC", made.zsk)
    return tamper


def signed_by_stranger(zone, _made):
    """By a key that the DNSKEY RRset does not hold."""
    zone.resign("www", "A", keys.derived("tree stranger", 13))


def signed_without_zone_flag(zone, made):
    """By a key that the DNSKEY RRset holds, but not as a key of zones (RFC 4034 section 2.1.1)."""
    key = keys.derived("tree no flag", 13, flags=0)
    line = record(zone.origin, 3600, "DNSKEY", key.rdata_text)
    zone.insert_after(zone.find("@", "DNSKEY")[-1], line)
    zone.resign("@", "DNSKEY", made.ksk)
    zone.resign("www", "A", key)


def too_many_labels(zone, made):
    """The signature states more labels than its owner has (RFC 4035 section 5.3.1)."""
    zone.resign("www", "A", made.zsk, labels=label_count(zone.name("www")) + 1)


def signed_by_parent(zone, made):
    """By the zone-signing key of the parent, in the parent's name."""
    zone.resign("www", "A", made.parent.zsk, signer=made.parent.origin)


def wildcard_replayed(zone, _made):
    """A name that exists carries the data and the signature of the wildcard beside it."""
    for line in (zone.rrset("*.wild", "TXT")[0], zone.lines[zone.sig("*.wild", "TXT")]):
        zone.lines.append(line.with_(owner=zone.name("real.wild")))
    # The server must find the name among those that the chain shows.
    zone.lines.append(record(zone.name("real.wild"), 3600, "A", "192.0.2.99"))


def beside_good(zone, made):
    """A broken and an expired signature before good ones (RFC 6840 section 5.12 lets them be)."""
    for owner, spoil in (("www", flips(("www", "A"))), ("mail", expired("mail", "A"))):
        good = zone.lines[zone.sig(owner, "A")]
        spoil(zone, made)
        zone.insert_after(zone.sig(owner, "A"), good)


def octet_of_key(zone, _made):
    """An octet of the public ZSK is another one than was signed."""
    place = next(i for i in zone.find("@", "DNSKEY") if zone.lines[i].rdata.startswith("256 "))
    head, octets = zone.lines[place].rdata[:-12], zone.lines[place].rdata[-12:]
    changed = ("A" if octets[0] != "A" else "B") + octets[1:]
    zone.lines[place] = zone.lines[place].with_(rdata=head + changed)


def raised_ttl(zone, _made):
    """The server states a TTL above the original TTL of the signature (RFC 4035 section 5.3.3)."""
    for place, line in enumerate(zone.lines):
        of_type = line.covered if line.rtype == "RRSIG" else line.rtype
        if line.owner == zone.name("www") and of_type == "A":
            zone.lines[place] = line.with_(ttl=7200)


def second_algorithm_unused(zone, made):
    """A key of a second algorithm is published and signs the DNSKEY RRset, and nothing else."""
    place = zone.find("@", "DNSKEY")[-1]
    zone.insert_after(place, record(zone.origin, 3600, "DNSKEY", made.extra.rdata_text))
    zone.resign("@", "DNSKEY", made.ksk)
    zone.insert_after(zone.sig("@", "DNSKEY"), zone.sign("@", "DNSKEY", made.extra))


def compact(zone, made):
    """Two names are denied as RFC 9824 has it: an NSEC record at the name itself, with NXNAME for a
    name that does not exist, without for one that is an empty non-terminal."""
    for name, types in (("gone", "RRSIG NSEC TYPE128"), ("hollow", "RRSIG NSEC")):
        owner = zone.name(name)
        line = record(owner, 900, "NSEC", f"\\000.{owner} {types}")
        zone.lines += [line, zone.sign(name, "NSEC", made.zsk, records=[line])]


def signed_by_hand(zone, made):
    """The whole zone is signed with NSEC by keys of an algorithm that no signer knows."""
    for key in (made.ksk, made.zsk):
        zone.lines.append(record(zone.origin, 3600, "DNSKEY", key.rdata_text))
    rrsets = dict.fromkeys((line.owner, line.rtype) for line in zone.lines)
    for owner, rtype in rrsets:
        key = made.ksk if rtype == "DNSKEY" else made.zsk
        zone.lines.append(zone.sign(chains.relative(zone, owner), rtype, key))
    for nsec in chains.nsec_chain(zone):
        line = record(nsec.owner, nsec.ttl, "NSEC", f"{nsec.next} {chains.types_text(nsec.types)}")
        name = chains.relative(zone, nsec.owner)
        zone.lines += [line, zone.sign(name, "NSEC", made.zsk, records=[line])]


def in_turn(*tampers):
    def tamper(zone, made):
        for one in tampers:
            one(zone, made)
    return tamper
