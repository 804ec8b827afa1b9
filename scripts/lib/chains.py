"""NSEC and NSEC3 chains made by hand, so that variants can make them wrong in one place.

A chain is built from what the zone holds (RFC 4035 section 2.3, RFC 5155 section 7.1). It is a list
of records that can be changed before it is put into the zone and signed.
"""

import base64
import hashlib
from dataclasses import dataclass, field

import dns.name
import dns.rdatatype

from lib.zonetext import record

DENIAL_TTL = 900
HEX32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV")


@dataclass
class Nsec:
    """One record of a chain as it will be written."""

    owner: str
    next: str
    types: set
    ttl: int = DENIAL_TTL


@dataclass
class Nsec3:
    """The same for a hashed chain; `name` is the owner that was hashed."""

    name: str
    hash: str
    next: str
    types: set
    flags: int = 0
    iterations: int = 0
    salt: str = "-"
    algorithm: int = 1
    ttl: int = DENIAL_TTL
    insecure: bool = False
    empty: bool = False


@dataclass
class Named:
    """A name of the zone that a chain shows."""

    name: str
    types: set = field(default_factory=set)
    insecure: bool = False
    empty: bool = False


def names(zone):
    """The names of the zone in canonical order, empty non-terminals left out."""
    owners = {}
    for line in zone.lines:
        if line.rclass == "IN" and line.rtype not in ("NSEC", "NSEC3") and below(line.owner, zone.origin):
            if line.rtype != "RRSIG":
                owners.setdefault(dns.name.from_text(line.owner.lower()), set()).add(line.rtype)
    apex = dns.name.from_text(zone.origin.lower())
    cuts = [n for n, types in owners.items() if n != apex and types & {"NS", "DNAME"}]
    cuts += [apex] if "DNAME" in owners.get(apex, set()) else []
    found = []
    for name in sorted(owners):
        if any(name.is_subdomain(cut) and name != cut for cut in cuts):
            continue
        types = owners[name]
        if name != apex and "NS" in types:
            types = types & {"NS", "DS"}
            found.append(Named(name.to_text(), types, insecure="DS" not in types))
        else:
            found.append(Named(name.to_text(), set(types)))
    return found


def below(owner, origin):
    return dns.name.from_text(owner).is_subdomain(dns.name.from_text(origin))


def nsec_chain(zone):
    found = names(zone)
    following = found[1:] + found[:1]
    return [
        Nsec(name.name, after.name, name.types | {"NSEC", "RRSIG"})
        for name, after in zip(found, following)
    ]


def with_empty_non_terminals(zone, found):
    """RFC 5155 section 7.1, steps 4 and 5: the ancestors that are no names themselves."""
    apex = dns.name.from_text(zone.origin)
    known = {dns.name.from_text(n.name) for n in found}
    empty = {}
    for named in found:
        name = dns.name.from_text(named.name)
        while len(name) > len(apex) + 1:
            name = name.parent()
            if name not in known:
                empty[name] = empty.get(name, True) and named.insecure
    return found + [
        Named(name.to_text(), set(), insecure=insecure, empty=True)
        for name, insecure in empty.items()
    ]


def nsec3_chain(zone, opt_out=False, iterations=0, salt="-", more=()):
    """The chain of the zone; with opt-out insecure delegations are left out."""
    found = [n for n in with_empty_non_terminals(zone, names(zone)) if not (opt_out and n.insecure)]
    found += [Named(name) for name in more]
    # The apex comes first; putting the chain into the zone announces it there.
    found[0].types.add("NSEC3PARAM")
    hashed = sorted((hash_of(n.name, iterations, salt), n) for n in found)
    following = hashed[1:] + hashed[:1]
    chain = []
    for (digest, named), (after, _) in zip(hashed, following):
        signed = bool(named.types - {"NS"} or named.name == zone.origin.lower())
        types = named.types | ({"RRSIG"} if signed else set())
        chain.append(Nsec3(
            named.name, digest, after, types, int(opt_out), iterations, salt,
            insecure=named.insecure, empty=named.empty,
        ))
    return chain


def hash_of(name, iterations=0, salt="-"):
    """RFC 5155 section 5, in base32hex."""
    octets = b"" if salt == "-" else bytes.fromhex(salt)
    digest = dns.name.from_text(name).canonicalize().to_wire()
    for _ in range(iterations + 1):
        digest = hashlib.sha1(digest + octets).digest()
    return base64.b32encode(digest).translate(HEX32).decode()


def put_nsec(zone, chain, key):
    """Replaces the zone's denial by a chain of NSEC records, duly signed."""
    drop_denial(zone)
    for nsec in chain:
        rdata = f"{nsec.next} {types_text(nsec.types)}"
        append(zone, record(nsec.owner, nsec.ttl, "NSEC", rdata), key)


def put_nsec3(zone, chain, key, param="same"):
    """Replaces the zone's denial by a chain of NSEC3 records; `param` is the RDATA of NSEC3PARAM,
    several of them in a list, or "same" for the chain's own."""
    drop_denial(zone)
    if param == "same":
        param = [f"1 0 {chain[0].iterations} {chain[0].salt}"]
    if not param:
        find(chain, zone, "@").types.discard("NSEC3PARAM")
    params = [record(zone.origin, 0, "NSEC3PARAM", rdata) for rdata in param]
    zone.lines += params
    if params:
        zone.lines.append(zone.sign("@", "NSEC3PARAM", key))
    add_nsec3(zone, chain, key)


def add_nsec3(zone, chain, key):
    owners = {}
    for nsec3 in chain:
        rdata = (
            f"{nsec3.algorithm} {nsec3.flags} {nsec3.iterations} {nsec3.salt} {nsec3.next}"
            f" {types_text(nsec3.types)}"
        ).rstrip()
        line = record(f"{nsec3.hash}.{zone.origin}", nsec3.ttl, "NSEC3", rdata)
        owners.setdefault(nsec3.hash, []).append(line)
    for lines in owners.values():
        zone.lines += lines
        owner = relative(zone, lines[0].owner)
        zone.lines.append(zone.sign(owner, "NSEC3", key, records=lines))


def append(zone, line, key):
    zone.lines.append(line)
    owner = relative(zone, line.owner)
    zone.lines.append(zone.sign(owner, line.rtype, key, records=[line]))


def drop_denial(zone):
    kinds = ("NSEC", "NSEC3", "NSEC3PARAM")
    gone = [
        i for i, line in enumerate(zone.lines)
        if line.rtype in kinds or (line.rtype == "RRSIG" and line.covered in kinds)
    ]
    zone.drop(gone)


def relative(zone, owner):
    name = dns.name.from_text(owner).relativize(dns.name.from_text(zone.origin))
    return name.to_text()


def types_text(types):
    return " ".join(sorted(types, key=dns.rdatatype.from_text))


def find(chain, zone, owner):
    """The record of a chain that is of this name."""
    name = zone.name(owner).lower()
    return next(item for item in chain if getattr(item, "name", None) == name or item.__dict__.get("owner") == name)
