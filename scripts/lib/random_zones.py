"""Small random zones, signed by BIND, ldns or Knot, and then changed at random: names that lie above
and below one another, at and below delegations and DNAMEs, wildcards, names that are hashes.

What is changed is mostly signed anew, so that what is wrong is the zone and not a signature. The same
seed gives the same zone but for the signatures.
"""

import base64
import hashlib
import random
import subprocess
from dataclasses import dataclass

from lib import chains, keys, signers
from lib.keys import KSK, ZSK
from lib.zonetext import Zone, record

ORIGINS = ("z.", "a.example.", "Z.Test.", "b.a.")
DENIALS = ("nsec", "nsec", "nsec3", "nsec3-optout", "nsec3:ab:3")
# Few, so that names meet; the last are rare.
USUAL_LABELS = ("a", "b", "c", "d", "e", "ns", "w", "z")
RARE_LABELS = ("A", "B", "0", "-", "_t", "*", "aa", "ab", "a\\.b", "\\001", "\\255")
ELSEWHERE = "ns.elsewhere."
ADDRESS = "192.0.2.1"
CHANGES = []
KEYS = [keys.derived("random ksk", 13, KSK), keys.derived("random zsk", 13, ZSK)]


@dataclass
class Made:
    """A zone, who signed it and how, and what was changed afterwards."""

    zone: Zone
    signer: str
    denial: str
    combined_keys: bool
    changes: list


def make(seed, scratch):
    """The zone of a seed; `None` where its signer refuses it."""
    rng = random.Random(seed)
    origin, denial = rng.choice(ORIGINS), rng.choice(DENIALS)
    return make_at(rng, origin, denial, scratch, KEYS)


def make_at(rng, origin, denial, scratch, pair):
    """A zone at this name with these two keys, or with the first alone; `None` where its signer refuses it."""
    return signed_and_changed(rng, origin, unsigned(rng, origin), denial, scratch, pair)


def signed_and_changed(rng, origin, text, denial, scratch, pair, most=(0, 1, 1, 1, 2, 3)):
    """Likewise with the records of a text; one of `most` is how often it is changed."""
    source = scratch / "random"
    source.write_text(text, encoding="ascii")
    combined = rng.random() < 0.2
    used = pair[:1] if combined else pair
    signer = rng.choice(("bind", "bind", "ldns", "knot"))
    try:
        signed = signers.SIGN[signer](source, origin, used, denial, scratch)
    except signers.CannotSign:
        return None
    zone = one_line_each(signed, origin, scratch)
    if zone is None:
        return None
    changes = []
    for _ in range(rng.choice(most)):
        done = rng.choice(CHANGES)(rng, zone, used[-1])
        changes += [done] if done else []
    return Made(zone, signer, denial, combined, changes)


def one_line_each(signed, origin, scratch):
    """The zone in BIND's full form, whoever signed it."""
    unchecked = [word for option in "iknmMSrTW" for word in (f"-{option}", "ignore")]
    unchecked[1] = "none"
    command = ["named-compilezone", *unchecked, "-s", "full", "-o", scratch / "full", origin, signed]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        return None
    return Zone.read(scratch / "full", origin)


# --- Before signing ---


def unsigned(rng, origin):
    lines = [
        f"{origin} 3600 IN SOA ns host 1 7200 3600 604800 {rng.choice((300, 3600, 7200))}",
        f"{origin} 3600 IN NS {ELSEWHERE}",
    ]
    lines += [f"{origin} 3600 IN DNAME t.elsewhere."] if rng.random() < 0.03 else []
    names = random_names(rng, origin)
    # The hash of a name that is there, or would be.
    if rng.random() < 0.15:
        names.append(f"{chains.hash_of(rng.choice([*names, origin])).lower()}.{origin}")
    used = set()
    for name in names:
        if name.lower() not in used:
            used.add(name.lower())
            lines += [f"{owner} {rng.choice((60, 300, 3600))} IN {data}" for owner, data in kind(rng, name)]
    return f"$ORIGIN {origin}\n" + "\n".join(lines) + "\n"


def random_names(rng, origin):
    names = []
    for _ in range(rng.randint(1, 14)):
        name = rng.choice(names) if names and rng.random() < 0.5 else origin
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            name = f"{label(rng)}.{name}"
        if len(name) < 120:
            names.append(name)
    return names


def label(rng):
    return rng.choice(USUAL_LABELS if rng.random() < 0.8 else RARE_LABELS)


def kind(rng, name):
    """The records of a name, as owner and the rest."""
    ds = f"DS {rng.randrange(1 << 16)} 13 2 {hashlib.sha256(name.encode()).hexdigest()}"
    glue = (f"ns.{name}", f"A {ADDRESS}")
    delegations = () if name.startswith("*") else (
        ([f"NS {ELSEWHERE}"], []),
        ([f"NS {ELSEWHERE}", ds], []),
        ([f"NS ns.{name}"], [glue]),
        ([f"NS ns.{name}", ds], [glue]),
    )
    of_name, others = rng.choice((
        *delegations,
        ([f"A {ADDRESS}"], []),
        (["AAAA 2001:db8::1"], []),
        (['TXT "x y" "z"'], []),
        (["MX 10 Mail.Example.", "MX 5 a.b."], []),
        (["SRV 1 2 3 Host.Example."], []),
        (["CNAME target.elsewhere."], []),
        (["DNAME target.elsewhere."], []),
        (["A 192.0.2.2", f"A {ADDRESS}", 'TXT "q"', "TYPE65280 \\# 2 abcd"], []),
    ))
    return [(name, data) for data in of_name] + others


def base32(octets):
    return base64.b32hexencode(octets).decode().lower()


# --- After signing ---


def change(function):
    CHANGES.append(function)
    return function


def any_of(rng, lines):
    """One of them; `None` if a change before has left none."""
    return rng.choice(lines) if lines else None


def relative(zone, owner):
    return "@" if owner.lower() == zone.origin.lower() else owner[: -len(zone.origin) - 1]


def sign_anew(zone, owner, rtype, key):
    """Puts one signature in the place of all over an RRset, none if that is gone."""
    name = relative(zone, owner)
    zone.drop(zone.find_sigs(name, rtype))
    places = zone.find(name, rtype)
    if places:
        zone.insert_after(places[-1], zone.sign(name, rtype, key))


def drop_rrset(zone, owner, rtype):
    name = relative(zone, owner)
    zone.drop(zone.find(name, rtype) + zone.find_sigs(name, rtype))


def denials(zone):
    return [line for line in zone.lines if line.rtype in ("NSEC", "NSEC3")]


def parts(line):
    """What stands before the next name, that name, and the types behind it."""
    words = line.rdata.split()
    at = 0 if line.rtype == "NSEC" else 4
    return words[:at], words[at], words[at + 1 :]


def put(zone, line, key, before, following, types):
    changed = line.with_(rdata=" ".join([*before, following, *types]))
    zone.lines[zone.lines.index(line)] = changed
    sign_anew(zone, line.owner, line.rtype, key)


def first_label(line):
    return line.owner.split(".")[0].lower()


def points_to(line):
    """What the record before a record of a chain has as the next name."""
    return line.owner.lower() if line.rtype == "NSEC" else first_label(line)


@change
def other_types(rng, zone, key):
    line = any_of(rng, denials(zone))
    if line is None:
        return None
    before, following, types = parts(line)
    other = rng.choice(("A", "TXT", "NS", "DS", "CNAME", "DNAME", "SOA", "DNSKEY", "RRSIG", "TYPE65280"))
    less = bool(types) and rng.random() < 0.5
    other = rng.choice(types) if less else other
    if (other in types) != less:
        return None
    types = [rtype for rtype in types if rtype != other] if less else [*types, other]
    if line.rtype == "NSEC" and not types:
        return None
    put(zone, line, key, before, following, types)
    return f"{line.rtype} at {line.owner} {'without' if less else 'with'} {other}"


@change
def other_next(rng, zone, key):
    line, other = any_of(rng, denials(zone)), any_of(rng, denials(zone))
    if line is None:
        return None
    before, following, types = parts(line)
    strange = "\\000." + line.owner if line.rtype == "NSEC" else base32(rng.randbytes(20))
    to = rng.choice((points_to(other), parts(other)[1], strange))
    if to.lower() == following.lower():
        return None
    put(zone, line, key, before, to, types)
    return f"{line.rtype} at {line.owner} leads to {to}"


@change
def fewer_denials(rng, zone, key):
    line = any_of(rng, denials(zone))
    if line is None:
        return None
    following = parts(line)[1]
    drop_rrset(zone, line.owner, line.rtype)
    if rng.random() < 0.5:
        return f"no {line.rtype} at {line.owner}"
    for other in denials(zone):
        before, to, types = parts(other)
        if to.lower() == points_to(line):
            put(zone, other, key, before, following, types)
    return f"no {line.rtype} at {line.owner}, the chain closed"


@change
def more_nsec3(rng, zone, key):
    chain = sorted((line for line in denials(zone) if line.rtype == "NSEC3"), key=first_label)
    if not chain:
        return None
    new = base32(rng.randbytes(20))
    previous = ([line for line in chain if first_label(line) < new] or chain)[-1]
    before, following, types = parts(previous)
    shown = rng.choice(([], ["A", "RRSIG"], ["NS"]))
    owner = f"{new}.{zone.origin}"
    zone.lines.append(record(owner, previous.ttl, "NSEC3", " ".join([*before, following, *shown])))
    sign_anew(zone, owner, "NSEC3", key)
    linked = rng.random() < 0.7
    if linked:
        put(zone, previous, key, before, new, types)
    return f"NSEC3 of no name{'' if linked else ', which none leads to'}"


@change
def other_opt_out(rng, zone, key):
    chain = [line for line in denials(zone) if line.rtype == "NSEC3"]
    if not chain:
        return None
    some = chain if rng.random() < 0.5 else [rng.choice(chain)]
    flag = rng.choice("01")
    for line in some:
        before, following, types = parts(line)
        put(zone, line, key, [before[0], flag, *before[2:]], following, types)
    return f"opt-out {flag} on {len(some)} of {len(chain)}"


@change
def fewer_rrsets(rng, zone, _key):
    kept = ("RRSIG", "SOA", "NSEC", "NSEC3", "DNSKEY")
    line = any_of(rng, [line for line in zone.lines if line.rtype not in kept])
    if line is None:
        return None
    drop_rrset(zone, line.owner, line.rtype)
    return f"no {line.owner}/{line.rtype}"


@change
def fewer_names(rng, zone, _key):
    below = [line for line in zone.lines if line.rtype != "NSEC3" and relative(zone, line.owner) != "@"]
    line = any_of(rng, below)
    if line is None:
        return None
    owner = line.owner
    for rtype in {line.rtype for line in below if line.owner == owner} - {"RRSIG", "NSEC"}:
        drop_rrset(zone, owner, rtype)
    return f"nothing at {owner}"


@change
def more_rrsets(rng, zone, key):
    base = rng.choice(zone.lines).owner if rng.random() < 0.7 else zone.origin
    owner = base if rng.random() < 0.4 else f"{label(rng)}.{base}"
    rtype, rdata = rng.choice((
        ("A", ADDRESS), ("AAAA", "2001:db8::5"), ("TXT", '"new"'), ("NS", ELSEWHERE),
        ("DS", "1 13 2 " + "AB" * 32), ("CNAME", "c.elsewhere."), ("DNAME", "d.elsewhere."),
    ))
    if owner.startswith("*") and rtype == "NS" or zone.find(relative(zone, owner), rtype):
        return None
    zone.lines.append(record(owner, 300, rtype, rdata))
    signed = rng.random() < 0.5
    if signed:
        sign_anew(zone, owner, rtype, key)
    return f"{owner}/{rtype}{', signed' if signed else ''}"


# Three times as often as the others.
CHANGES += [more_rrsets, more_rrsets]


@change
def more_delegations(rng, zone, _key):
    owner = f"{label(rng)}{rng.randrange(10)}.{zone.origin}"
    if owner.startswith("*"):
        return None
    zone.lines.append(record(owner, 300, "NS", ELSEWHERE))
    return f"{owner}/NS"


@change
def fewer_signatures(rng, zone, _key):
    line = any_of(rng, zone.signatures())
    if line is None:
        return None
    zone.drop([zone.lines.index(line)])
    return f"no signature over {line.owner}/{line.covered}"


@change
def other_case(rng, zone, _key):
    place = rng.randrange(len(zone.lines))
    line = zone.lines[place]
    if "\\" in line.owner:
        return None
    zone.lines[place] = line.with_(owner=line.owner.swapcase())
    return f"{line.owner}/{line.rtype} in the other case"


@change
def other_order(rng, zone, _key):
    rng.shuffle(zone.lines)
    return "in any order"
