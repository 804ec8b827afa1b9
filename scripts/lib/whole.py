"""Variants that break a rule about the zone as a whole: denial of existence, completeness, keys,
delegations, CDS, placement, ZONEMD. Each has a neighbour that is right: the zone it is made from,
or a variant whose description begins with "Not broken".
"""

import hashlib
import struct

from lib import chains, keys
from lib.broken import flip_signature, found, ksk, other, publish, variant, with_rsa_keys, zsk
from lib.chains import find, nsec3_chain, nsec_chain, put_nsec, put_nsec3
from lib.keys import KSK, ZSK
from lib.zonetext import label_count, raw, record, wire


def add(zone, owner, rtype, *rdatas, ttl=3600, key=None):
    """Adds an RRset and signs it; `key` None leaves it unsigned."""
    lines = [record(zone.name(owner), ttl, rtype, rdata) for rdata in rdatas]
    zone.lines += lines
    if key is not None:
        zone.lines.append(zone.sign(owner, rtype, key, records=lines))


def remove(zone, owner, rtype):
    zone.drop(zone.find(owner, rtype) + zone.find_sigs(owner, rtype))


def put(zone, chain=None):
    put_nsec(zone, nsec_chain(zone) if chain is None else chain, zsk())


def put3(zone, chain=None, **options):
    put_nsec3(zone, nsec3_chain(zone) if chain is None else chain, zsk(), **options)


def hashed(zone, code, owner, **more):
    """A finding at the hashed owner of a name."""
    return {"code": code, "owner": f"{chains.hash_of(zone.name(owner))}.{zone.origin}".lower(),
            "type": "NSEC3"} | more


# --- NSEC ---


@variant("nsec-renewed")
def nsec_renewed(zone):
    """Not broken: the NSEC chain is made by hand; the variants below are made alike."""
    put(zone)
    return []


@variant("nsec-missing")
def nsec_missing(zone):
    """One name has no NSEC record, though the one before leads to it."""
    put(zone)
    remove(zone, "www", "NSEC")
    return [found("nsec-missing", zone, "www", "NSEC")]


@variant("nsec-skips-name")
def nsec_skips_name(zone):
    """The chain leaves out a name: it has no NSEC record, and none leads to it."""
    chain = nsec_chain(zone)
    gone = find(chain, zone, "mail")
    before = next(nsec for nsec in chain if nsec.next == gone.owner)
    before.next = gone.next
    chain.remove(gone)
    put(zone, chain)
    return [found("nsec-missing", zone, "mail", "NSEC")]


@variant("nsec-missing-at-apex")
def nsec_missing_at_apex(zone):
    """The apex has no NSEC record."""
    put(zone)
    remove(zone, "@", "NSEC")
    return [found("nsec-missing", zone, "@", "NSEC")]


@variant("nsec-missing-at-delegation")
def nsec_missing_at_delegation(zone):
    """An insecure delegation has no NSEC record: opt-out is NSEC3's alone."""
    put(zone)
    remove(zone, "insecure", "NSEC")
    return [found("nsec-missing", zone, "insecure", "NSEC")]


@variant("nsec-next-skips")
def nsec_next_skips(zone):
    """An NSEC record denies a name that exists and has its own record."""
    chain = nsec_chain(zone)
    find(chain, zone, "mail").next = zone.name("ns1")
    put(zone, chain)
    return [found("nsec-next-wrong", zone, "mail", "NSEC")]


@variant("nsec-next-dangles")
def nsec_next_dangles(zone):
    """An NSEC record leads to a name that does not exist."""
    chain = nsec_chain(zone)
    find(chain, zone, "mail").next = zone.name("mbox")
    put(zone, chain)
    return [found("nsec-next-wrong", zone, "mail", "NSEC")]


@variant("nsec-chain-open")
def nsec_chain_open(zone):
    """The last NSEC record does not lead back to the apex."""
    chain = nsec_chain(zone)
    chain[-1].next = zone.name("ftp")
    put(zone, chain)
    return [{"code": "nsec-next-wrong", "owner": chain[-1].owner, "type": "NSEC"}]


@variant("nsec-surplus-at-glue")
def nsec_surplus_at_glue(zone):
    """Glue has an NSEC record, outside the chain."""
    put(zone)
    add(zone, "ns.secure", "NSEC", f"{zone.name('real.wild')} A RRSIG NSEC", ttl=900)
    return [found("nsec-surplus", zone, "ns.secure", "NSEC")]


@variant("nsec-surplus-at-empty-non-terminal")
def nsec_surplus_at_empty_non_terminal(zone):
    """An empty non-terminal has an NSEC record, and the chain leads through it."""
    chain = nsec_chain(zone)
    below = find(chain, zone, "host.dept")
    before = next(nsec for nsec in chain if nsec.next == below.owner)
    before.next = zone.name("dept")
    chain.append(chains.Nsec(zone.name("dept"), below.owner, {"NSEC", "RRSIG"}))
    put(zone, chain)
    return [found("nsec-surplus", zone, "dept", "NSEC")]


@variant("nsec-surplus-beside-nsec3", base="zones/text/example-optout.zone")
def nsec_surplus_beside_nsec3(zone):
    """A name has an NSEC record in a zone that denies by NSEC3."""
    chain = nsec3_chain(zone)
    find(chain, zone, "www").types.add("NSEC")
    put3(zone, chain)
    add(zone, "www", "NSEC", f"{zone.origin} A AAAA RRSIG NSEC", ttl=900, key=zsk())
    return [found("nsec-surplus", zone, "www", "NSEC")]


@variant("nsec-surplus-out-of-zone")
def nsec_surplus_out_of_zone(zone):
    """A name that is not in the zone has an NSEC record."""
    zone.lines.append(record("elsewhere.test.", 900, "NSEC", "example. A RRSIG NSEC"))
    return [
        {"code": "record-out-of-zone", "owner": "elsewhere.test."},
        {"code": "nsec-surplus", "owner": "elsewhere.test.", "type": "NSEC"},
    ]


@variant("nsec-several")
def nsec_several(zone):
    """A name has two NSEC records."""
    chain = nsec_chain(zone)
    mail = find(chain, zone, "mail")
    put(zone, chain)
    place = zone.find("mail", "NSEC")[0]
    zone.insert_after(place, zone.lines[place].with_(rdata=f"{zone.origin} A RRSIG NSEC"))
    zone.resign("mail", "NSEC", zsk())
    second = sorted([wire("NSEC", f"{mail.next} A RRSIG NSEC"), wire("NSEC", f"{zone.origin} A RRSIG NSEC")])[0]
    wrong = second == wire("NSEC", f"{zone.origin} A RRSIG NSEC")
    return [found("nsec-several", zone, "mail", "NSEC")] + (
        [found("nsec-next-wrong", zone, "mail", "NSEC")] if wrong else []
    )


@variant("nsec-malformed")
def nsec_malformed(zone):
    """The bitmap of an NSEC record has a window without octets: it cannot be read, so it counts as
    absent."""
    put(zone)
    place = zone.find("mail", "NSEC")[0]
    octets = wire("NSEC", zone.lines[place].rdata.split()[0]) + bytes([0, 0])
    zone.lines[place] = zone.lines[place].with_(rdata=raw(octets))
    zone.resign("mail", "NSEC", zsk())
    return [
        {"code": "record-unreadable", "line": place + 2},
        found("signature-without-rrset", zone, "mail", "NSEC"),
        found("nsec-missing", zone, "mail", "NSEC"),
    ]


@variant("nsec-type-missing")
def nsec_type_missing(zone):
    """An NSEC record does not show a type that its owner has."""
    chain = nsec_chain(zone)
    find(chain, zone, "www").types.remove("AAAA")
    put(zone, chain)
    return [found("nsec-type-missing", zone, "www", "NSEC")]


@variant("nsec-type-surplus")
def nsec_type_surplus(zone):
    """An NSEC record shows a type that its owner does not have."""
    chain = nsec_chain(zone)
    find(chain, zone, "www").types.add("TXT")
    put(zone, chain)
    return [found("nsec-type-surplus", zone, "www", "NSEC")]


@variant("nsec-signed-as-wildcard")
def nsec_signed_as_wildcard(zone):
    """The signature of an NSEC record claims that the record came from a wildcard."""
    put(zone)
    zone.resign("host.dept", "NSEC", zsk(), labels=label_count(zone.name("dept")))
    return [found("signature-labels-too-few", zone, "host.dept", "NSEC")]


@variant("nsec-glue-shown")
def nsec_glue_shown(zone):
    """The NSEC record of a delegation shows an address that stands there as glue."""
    add(zone, "secure", "A", "192.0.2.52")
    chain = nsec_chain(zone)
    find(chain, zone, "secure").types.add("A")
    put(zone, chain)
    return [found("nsec-type-surplus", zone, "secure", "NSEC")]


@variant("nsec-ds-shown")
def nsec_ds_shown(zone):
    """The NSEC record of an insecure delegation shows DS, so that nothing proves it insecure."""
    chain = nsec_chain(zone)
    find(chain, zone, "insecure").types.add("DS")
    put(zone, chain)
    return [found("nsec-type-surplus", zone, "insecure", "NSEC")]


@variant("nsec-cname-shown")
def nsec_cname_shown(zone):
    """The NSEC record of an insecure delegation shows CNAME, which would answer for DS, too."""
    chain = nsec_chain(zone)
    find(chain, zone, "insecure").types.add("CNAME")
    put(zone, chain)
    return [found("nsec-type-surplus", zone, "insecure", "NSEC")]


@variant("nsec3-ds-shown")
def nsec3_ds_shown(zone):
    """The NSEC3 record of an insecure delegation shows DS."""
    chain = nsec3_chain(zone)
    find(chain, zone, "insecure").types.add("DS")
    put3(zone, chain)
    return [hashed(zone, "nsec3-type-surplus", "insecure")]


@variant("nsec-key-at-cut", advice_only=True)
def nsec_key_at_cut(zone):
    """A delegation has a KEY record, and its NSEC record does not show it, as ldns and Knot sign."""
    add(zone, "insecure", "KEY", "256 3 8 AwEAAQ==")
    put(zone)
    return [found("data-occluded", zone, "insecure", "KEY")]


@variant("nsec-key-shown", advice_only=True)
def nsec_key_shown(zone):
    """The same, and the NSEC record shows it, as BIND signs."""
    add(zone, "insecure", "KEY", "256 3 8 AwEAAQ==")
    chain = nsec_chain(zone)
    find(chain, zone, "insecure").types.add("KEY")
    put(zone, chain)
    return [found("data-occluded", zone, "insecure", "KEY")]


@variant("nsec3-key-shown", advice_only=True)
def nsec3_key_shown(zone):
    """The same with NSEC3."""
    add(zone, "insecure", "KEY", "256 3 8 AwEAAQ==")
    chain = nsec3_chain(zone)
    find(chain, zone, "insecure").types.add("KEY")
    put3(zone, chain)
    return [found("data-occluded", zone, "insecure", "KEY")]


@variant("nsec-glue-at-cut")
def nsec_glue_at_cut(zone):
    """Not broken: glue stands at a delegation, and its NSEC record does not show it."""
    add(zone, "secure", "A", "192.0.2.52")
    put(zone)
    return []


@variant("nsec-ns-not-shown")
def nsec_ns_not_shown(zone):
    """The NSEC record of a delegation does not show NS, so that it proves no delegation."""
    chain = nsec_chain(zone)
    find(chain, zone, "insecure").types.remove("NS")
    put(zone, chain)
    return [found("nsec-type-surplus", zone, "insecure", "NSEC")]


@variant("denial-missing")
def denial_missing(zone):
    """A signed zone has neither NSEC nor NSEC3 records."""
    chains.drop_denial(zone)
    return [found("denial-missing", zone, "@")]


@variant("denial-ttl")
def denial_ttl(zone):
    """An NSEC record's TTL is longer than the SOA's MINIMUM."""
    chain = nsec_chain(zone)
    find(chain, zone, "www").ttl = 3600
    put(zone, chain)
    return [found("denial-ttl", zone, "www", "NSEC")]


@variant("denial-ttl-short", advice_only=True)
def denial_ttl_short(zone):
    """An NSEC record's TTL is shorter than it must be."""
    chain = nsec_chain(zone)
    find(chain, zone, "www").ttl = 60
    put(zone, chain)
    return [found("denial-ttl", zone, "www", "NSEC")]


@variant("denial-ttl-of-minimum", advice_only=True)
def denial_ttl_of_minimum(zone):
    """Every NSEC record has the SOA's MINIMUM as its TTL, as before RFC 9077; the SOA's TTL is
    less."""
    for place in zone.find("@", "SOA"):
        zone.lines[place] = zone.lines[place].with_(ttl=600)
    zone.resign("@", "SOA", zsk())
    put(zone)
    return [
        {"code": "denial-ttl", "owner": line.owner.lower(), "type": "NSEC"}
        for line in zone.lines if line.rtype == "NSEC"
    ]


# --- NSEC3 ---


@variant("nsec3-renewed")
def nsec3_renewed(zone):
    """Not broken: an NSEC3 chain made by hand; the variants below are made alike."""
    put3(zone)
    return []


@variant("nsec3-opt-out")
def nsec3_opt_out(zone):
    """Not broken: all insecure delegations, and the empty non-terminal above one, are left out."""
    put3(zone, nsec3_chain(zone, opt_out=True))
    return []


@variant("nsec3-opt-out-some")
def nsec3_opt_out_some(zone):
    """Not broken: opt-out is set only where an insecure delegation is left out."""
    whole = nsec3_chain(zone)
    chain = [item for item in whole if not item.insecure]
    for item, after in zip(chain, chain[1:] + chain[:1]):
        item.flags = int(item.next != after.hash)
        item.next = after.hash
    put3(zone, chain)
    return []


@variant("nsec3-insecure-delegation-in-opt-out")
def nsec3_insecure_delegation_in_opt_out(zone):
    """Not broken: with opt-out everywhere, insecure delegations have their records all the same."""
    chain = nsec3_chain(zone)
    for item in chain:
        item.flags = 1
    put3(zone, chain)
    return []


@variant("nsec3-opt-out-empty-non-terminal")
def nsec3_opt_out_empty_non_terminal(zone):
    """With opt-out, an insecure delegation has its record all the same, and the empty non-terminal
    above it has none."""
    chain = nsec3_chain(zone)
    gone = find(chain, zone, "deep")
    before = next(item for item in chain if item.next == gone.hash)
    before.next = gone.next
    chain.remove(gone)
    for item in chain:
        item.flags = 1
    put3(zone, chain)
    return [found("nsec3-missing", zone, "deep", "NSEC3")]


@variant("nsec3-opt-out-not-at-cover")
def nsec3_opt_out_not_at_cover(zone):
    """Opt-out is set everywhere but in the record that covers an insecure delegation left out."""
    chain = nsec3_chain(zone, opt_out=True)
    digest = chains.hash_of(zone.name("insecure"))
    cover = max((i for i in chain if i.hash < digest), key=lambda i: i.hash, default=chain[-1])
    cover.flags = 0
    missing = [found("nsec3-missing", zone, "insecure", "NSEC3")]
    for owner in ("cut.deep", "deep"):
        other_digest = chains.hash_of(zone.name(owner))
        covers = max((i for i in chain if i.hash < other_digest), key=lambda i: i.hash, default=chain[-1])
        if covers is cover:
            missing.append(found("nsec3-missing", zone, owner, "NSEC3"))
    put3(zone, chain)
    return missing


@variant("nsec3-missing")
def nsec3_missing(zone):
    """A name has no NSEC3 record, though the one before leads to its hash."""
    chain = nsec3_chain(zone)
    put3(zone, [item for item in chain if item is not find(chain, zone, "www")])
    return [found("nsec3-missing", zone, "www", "NSEC3")]


@variant("nsec3-missing-in-opt-out")
def nsec3_missing_in_opt_out(zone):
    """With opt-out, a secure delegation has no NSEC3 record: only insecure ones may have none."""
    chain = nsec3_chain(zone, opt_out=True)
    gone = find(chain, zone, "secure")
    before = next(item for item in chain if item.next == gone.hash)
    before.next = gone.next
    chain.remove(gone)
    put3(zone, chain)
    return [found("nsec3-missing", zone, "secure", "NSEC3")]


@variant("nsec3-missing-at-empty-non-terminal")
def nsec3_missing_at_empty_non_terminal(zone):
    """An empty non-terminal has no NSEC3 record, and the chain leaves it out."""
    chain = nsec3_chain(zone)
    gone = find(chain, zone, "dept")
    before = next(item for item in chain if item.next == gone.hash)
    before.next = gone.next
    chain.remove(gone)
    put3(zone, chain)
    return [found("nsec3-missing", zone, "dept", "NSEC3")]


@variant("nsec3-surplus")
def nsec3_surplus(zone):
    """An NSEC3 record is of a name that does not exist."""
    put3(zone, nsec3_chain(zone, more=[zone.name("gone")]))
    return [hashed(zone, "nsec3-surplus", "gone")]


@variant("nsec3-surplus-of-glue")
def nsec3_surplus_of_glue(zone):
    """An NSEC3 record is of glue."""
    put3(zone, nsec3_chain(zone, more=[zone.name("ns.secure")]))
    return [hashed(zone, "nsec3-surplus", "ns.secure")]


@variant("nsec3-several")
def nsec3_several(zone):
    """A hash has two NSEC3 records, one of them with opt-out."""
    chain = nsec3_chain(zone)
    www = find(chain, zone, "www")
    put3(zone, [*chain, chains.Nsec3(**{**www.__dict__, "flags": 1})])
    return [hashed(zone, "nsec3-several", "www")]


@variant("nsec3-malformed-owner")
def nsec3_malformed_owner(zone):
    """An NSEC3 record's owner is no hash."""
    chain = nsec3_chain(zone)
    www = find(chain, zone, "www")
    stray = chains.Nsec3(**{**www.__dict__, "hash": "not-a-hash"})
    put3(zone, [*chain, stray])
    return [found("nsec3-malformed", zone, "not-a-hash", "NSEC3")]


@variant("nsec3-malformed-next")
def nsec3_malformed_next(zone):
    """The next hash of an NSEC3 record is four digits short."""
    chain = nsec3_chain(zone)
    www = find(chain, zone, "www")
    www.next = www.next[:-8]
    put3(zone, chain)
    return [hashed(zone, "nsec3-malformed", "www")]


@variant("nsec3-unknown-flags")
def nsec3_unknown_flags(zone):
    """An NSEC3 record has a flag that is not defined."""
    chain = nsec3_chain(zone)
    find(chain, zone, "www").flags = 2
    put3(zone, chain)
    return [hashed(zone, "nsec3-unknown-flags", "www")]


@variant("nsec3-next-skips")
def nsec3_next_skips(zone):
    """An NSEC3 record overlaps the next one."""
    chain = nsec3_chain(zone)
    chain[2].next = chain[4].hash
    put3(zone, chain)
    return [{"code": "nsec3-next-wrong", "owner": f"{chain[2].hash}.{zone.origin}".lower(), "type": "NSEC3"}]


@variant("nsec3-chain-open")
def nsec3_chain_open(zone):
    """The last NSEC3 record does not lead to the first."""
    chain = nsec3_chain(zone)
    chain[-1].next = chain[1].hash
    put3(zone, chain)
    return [{"code": "nsec3-next-wrong", "owner": f"{chain[-1].hash}.{zone.origin}".lower(), "type": "NSEC3"}]


@variant("nsec3-mixed-case")
def nsec3_mixed_case(zone):
    """Not broken: hashes in lower case, bitmaps in the order of the alphabet, as many dumps have
    them."""
    put3(zone)
    for place, line in enumerate(zone.lines):
        if line.rtype == "NSEC3":
            words = line.rdata.split()
            words = [*words[:4], words[4].lower(), *sorted(words[5:])]
            zone.lines[place] = line.with_(rdata=" ".join(words))
    return []


@variant("nsec3-type-missing")
def nsec3_type_missing(zone):
    """An NSEC3 record does not show a type that its name has."""
    chain = nsec3_chain(zone)
    find(chain, zone, "www").types.remove("AAAA")
    put3(zone, chain)
    return [hashed(zone, "nsec3-type-missing", "www")]


@variant("nsec3-type-surplus")
def nsec3_type_surplus(zone):
    """An NSEC3 record shows a type that its name does not have."""
    chain = nsec3_chain(zone)
    find(chain, zone, "www").types.add("TXT")
    put3(zone, chain)
    return [hashed(zone, "nsec3-type-surplus", "www")]


@variant("nsec3-rrsig-at-insecure-delegation")
def nsec3_rrsig_at_insecure_delegation(zone):
    """The NSEC3 record of an insecure delegation shows RRSIG, though nothing is signed there."""
    chain = nsec3_chain(zone)
    find(chain, zone, "insecure").types.add("RRSIG")
    put3(zone, chain)
    return [hashed(zone, "nsec3-type-surplus", "insecure")]


@variant("nsec3-empty-non-terminal-with-types")
def nsec3_empty_non_terminal_with_types(zone):
    """The NSEC3 record of an empty non-terminal shows a type."""
    chain = nsec3_chain(zone)
    find(chain, zone, "dept").types.add("A")
    put3(zone, chain)
    return [hashed(zone, "nsec3-type-surplus", "dept")]


@variant("nsec3-two-chains")
def nsec3_two_chains(zone):
    """Not broken: two chains with different salts, both announced, both whole."""
    first, second = nsec3_chain(zone), nsec3_chain(zone, salt="AB")
    put3(zone, first, param=["1 0 0 -", "1 0 0 AB"])
    chains.add_nsec3(zone, second, zsk())
    return [found("nsec3-salt", zone, "@", "NSEC3PARAM")]


@variant("nsec3-second-chain-broken")
def nsec3_second_chain_broken(zone):
    """Of two announced chains the second lacks a name."""
    first, second = nsec3_chain(zone), nsec3_chain(zone, salt="AB")
    put3(zone, first, param=["1 0 0 -", "1 0 0 AB"])
    chains.add_nsec3(zone, [i for i in second if i is not find(second, zone, "www")], zsk())
    return [
        found("nsec3-salt", zone, "@", "NSEC3PARAM"),
        found("nsec3-missing", zone, "www", "NSEC3"),
    ]


@variant("nsec3-unannounced", advice_only=True)
def nsec3_unannounced(zone):
    """Not broken: beside the announced chain another one is being made, as RFC 5155 section 10.4
    has it."""
    first, second = nsec3_chain(zone), nsec3_chain(zone, salt="AB")
    put3(zone, first)
    chains.add_nsec3(zone, second[:3], zsk())
    return [found("nsec3-unannounced", zone, "@", "NSEC3")]


@variant("nsec3-one-record-with-other-salt")
def nsec3_one_record_with_other_salt(zone):
    """One record of the chain has another salt than NSEC3PARAM says."""
    chain = nsec3_chain(zone)
    www = find(chain, zone, "www")
    www.salt = "AB"
    put3(zone, chain)
    return [
        found("nsec3-unannounced", zone, "@", "NSEC3"),
        found("nsec3-missing", zone, "www", "NSEC3"),
    ]


@variant("nsec3param-missing")
def nsec3param_missing(zone):
    """The zone has an NSEC3 chain and no NSEC3PARAM."""
    put3(zone, param=[])
    return [found("nsec3param-missing", zone, "@", "NSEC3PARAM")]


@variant("nsec3param-other-salt")
def nsec3param_other_salt(zone):
    """NSEC3PARAM announces a chain that is not there: another salt."""
    chain = nsec3_chain(zone)
    put3(zone, chain, param=["1 0 0 AB"])
    return [
        found("nsec3-salt", zone, "@", "NSEC3PARAM"),
        found("nsec3-unannounced", zone, "@", "NSEC3"),
        *({"code": "nsec3-missing", "owner": item.name, "type": "NSEC3"} for item in chain),
    ]


@variant("nsec3param-flags")
def nsec3param_flags(zone):
    """The only NSEC3PARAM has a flag set, so that servers ignore it."""
    put3(zone, param=["1 1 0 -"])
    return [
        found("nsec3param-ignored", zone, "@", "NSEC3PARAM"),
        found("nsec3param-missing", zone, "@", "NSEC3PARAM"),
    ]


@variant("nsec3param-unknown-hash")
def nsec3param_unknown_hash(zone):
    """The only NSEC3PARAM has a hash algorithm that is not defined."""
    put3(zone, param=["2 0 0 -"])
    return [
        found("nsec3param-ignored", zone, "@", "NSEC3PARAM"),
        found("nsec3param-missing", zone, "@", "NSEC3PARAM"),
    ]


@variant("nsec3param-ignored-beside-good")
def nsec3param_ignored_beside_good(zone):
    """Not broken: an NSEC3PARAM that servers ignore stands beside a good one."""
    put3(zone, param=["1 0 0 -", "1 128 0 -"])
    return [found("nsec3param-ignored", zone, "@", "NSEC3PARAM")]


@variant("nsec3param-not-at-apex", advice_only=True)
def nsec3param_not_at_apex(zone):
    """An NSEC3PARAM stands below the apex."""
    add(zone, "www", "NSEC3PARAM", "1 0 0 -", ttl=0, key=zsk())
    put_nsec_kept(zone)
    return [found("nsec3param-misplaced", zone, "www", "NSEC3PARAM")]


def put_nsec_kept(zone):
    """Renews the NSEC chain without touching NSEC3PARAM records that a variant has added."""
    kept = [line for line in zone.lines if line.rtype == "NSEC3PARAM"
            or (line.rtype == "RRSIG" and line.covered == "NSEC3PARAM")]
    chain = nsec_chain(zone)
    put(zone, chain)
    zone.lines += kept


@variant("nsec3-iterations-too-many")
def nsec3_iterations_too_many(zone):
    """The chain has 151 iterations."""
    put3(zone, nsec3_chain(zone, iterations=151))
    return [found("nsec3-iterations-too-many", zone, "@", "NSEC3PARAM")]


@variant("nsec3-iterations-150")
def nsec3_iterations_150(zone):
    """Not broken, but unwise: the chain has 150 iterations."""
    put3(zone, nsec3_chain(zone, iterations=150))
    return [found("nsec3-iterations", zone, "@", "NSEC3PARAM")]


@variant("nsec3-too-many-chains")
def nsec3_too_many_chains(zone):
    """NSEC3PARAM announces five chains; the four that are judged are whole."""
    salts = ["-", "AA", "BB", "CC", "DD"]
    put3(zone, param=[f"1 0 0 {salt}" for salt in salts])
    for salt in salts[1:]:
        chains.add_nsec3(zone, nsec3_chain(zone, salt=salt), zsk())
    return [
        found("nsec3-too-many-chains", zone, "@", "NSEC3PARAM"),
        *[found("nsec3-salt", zone, "@", "NSEC3PARAM")] * 3,
    ]


@variant("nsec3-old-algorithm")
def nsec3_old_algorithm(zone):
    """A zone signed by RSASHA1, whose number promises NSEC, has an NSEC3 chain."""
    signer = with_rsa_keys(zone, algorithm=5)
    put_nsec3(zone, nsec3_chain(zone), signer)
    return [
        *[found("key-sha1", zone, "@", "DNSKEY")] * 2,
        *[found("key-rsa-short", zone, "@", "DNSKEY")] * 2,
        found("nsec3-old-algorithm", zone, "@", "DNSKEY"),
    ]


@variant("nsec3-new-number-of-old-algorithm")
def nsec3_new_number_of_old_algorithm(zone):
    """Not broken: the same algorithm under the number that was given for NSEC3 (7)."""
    signer = with_rsa_keys(zone, algorithm=7)
    put_nsec3(zone, nsec3_chain(zone), signer)
    return [
        *[found("key-sha1", zone, "@", "DNSKEY")] * 2,
        *[found("key-rsa-short", zone, "@", "DNSKEY")] * 2,
    ]


# --- Completeness ---


@variant("algorithm-missing")
def algorithm_missing(zone):
    """A key of another algorithm is published, and signs only the DNSKEY RRset."""
    key = keys.derived("another key", 15, KSK)
    publish(zone, key)
    zone.insert_after(zone.sig("@", "DNSKEY"), zone.sign("@", "DNSKEY", key))
    return [
        {"code": "rrset-algorithm-missing", "owner": line.owner.lower(), "type": line.covered}
        for line in zone.signatures() if line.covered != "DNSKEY"
    ]


@variant("algorithm-missing-once")
def algorithm_missing_once(zone):
    """Of two algorithms one does not sign one RRset; all others have both."""
    key = keys.derived("another key", 15, KSK)
    publish(zone, key)
    for line in list(zone.signatures()):
        owner = chains.relative(zone, line.owner)
        if (owner, line.covered) != ("www", "AAAA"):
            zone.insert_after(zone.sig(owner, line.covered), zone.sign(owner, line.covered, key))
    return [found("rrset-algorithm-missing", zone, "www", "AAAA")]


# --- Keys ---


@variant("tag-shared-with-malformed-key", advice_only=True)
def tag_shared_with_malformed_key(zone):
    """A key that is an octet short has the ZSK's tag and comes before it; nothing is signed with it."""
    head = struct.pack("!HBB", ZSK, 3, 13)
    # Two octets behind the first are a word of the tag, and so any tag can be had.
    public = next(
        octets for word in range(0x10000)
        if keys.key_tag(head + (octets := bytes(2) + struct.pack("!H", word) + b"\1" * 59)) == zsk().tag
    )
    publish(zone, other(published=public))
    return [
        found("key-malformed", zone, "@", "DNSKEY"),
        found("key-tag-collision", zone, "@", "DNSKEY"),
    ]


@variant("key-standby")
def key_standby(zone):
    """Not broken: a key of the zone's algorithm stands by."""
    publish(zone, other())
    return [found("key-unused", zone, "@", "DNSKEY")]


@variant("key-reserved-flags")
def key_reserved_flags(zone):
    """A key that stands by has a flag that is not defined."""
    publish(zone, other(flags=ZSK | 2))
    return [
        found("key-reserved-flags", zone, "@", "DNSKEY"),
        found("key-unused", zone, "@", "DNSKEY"),
    ]


@variant("key-without-sep")
def key_without_sep(zone):
    """Not broken: the key that signs the DNSKEY RRset has no SEP flag."""
    plain = keys.derived("example ksk", 13, ZSK)
    place = next(i for i in zone.find("@", "DNSKEY") if zone.lines[i].rdata.startswith("257 "))
    zone.lines[place] = zone.lines[place].with_(rdata=plain.rdata_text)
    zone.resign("@", "DNSKEY", plain)
    return [found("key-without-sep", zone, "@", "DNSKEY")]


@variant("dnskey-signed-by-zsk-only")
def dnskey_signed_by_zsk_only(zone):
    """The KSK does not sign the DNSKEY RRset, the ZSK does."""
    zone.resign("@", "DNSKEY", zsk())
    return [
        found("dnskey-not-signed-by-sep", zone, "@", "DNSKEY"),
        found("key-unused", zone, "@", "DNSKEY"),
    ]


@variant("algorithm-missing-behind-broken")
def algorithm_missing_behind_broken(zone):
    """Of two algorithms that sign everything, one's signature over one RRset does not hold: a
    validator is content with the other, and that algorithm does not sign the RRset."""
    key = keys.derived("another key", 15, KSK)
    publish(zone, key)
    for line in list(zone.signatures()):
        owner = chains.relative(zone, line.owner)
        zone.insert_after(zone.sig(owner, line.covered) - 1, zone.sign(owner, line.covered, key))
    flip_signature(zone, "www", "AAAA")
    return [
        found("signature-invalid", zone, "www", "AAAA"),
        found("rrset-algorithm-missing", zone, "www", "AAAA"),
    ]


@variant("key-revoked-unsigned")
def key_revoked_unsigned(zone):
    """A revoked key does not sign the DNSKEY RRset."""
    publish(zone, other(flags=KSK | keys.REVOKED))
    return [
        found("key-revoked", zone, "@", "DNSKEY"),
        found("key-revocation-unsigned", zone, "@", "DNSKEY"),
    ]


@variant("key-leading-zeros")
def key_leading_zeros(zone):
    """An RSA key that stands by has a zero octet before its exponent."""
    modulus = b"\xc3" + hashlib.shake_256(b"modulus").digest(254) + b"\x01"
    publish(zone, other(published=b"\x04\x00\x01\x00\x01" + modulus, published_algorithm=8))
    return [
        found("key-leading-zeros", zone, "@", "DNSKEY"),
        found("key-unused", zone, "@", "DNSKEY"),
        *algorithm_missing_everywhere(zone),
    ]


def algorithm_missing_everywhere(zone):
    return [
        {"code": "rrset-algorithm-missing", "owner": line.owner.lower(), "type": line.covered}
        for line in zone.signatures()
    ]


@variant("anchor-of-other-algorithm", args=("anchor:anchors/example-two-algorithms.ds",))
def anchor_of_other_algorithm(zone):
    """Two DS are given, one of an algorithm that no key of the zone has."""
    return [found("anchor-algorithm-missing", zone, "@", "DNSKEY")]


def anchors(datasets, base):
    """The DS that anchor-of-other-algorithm is judged with."""
    lines = [*base["ds"], keys.ds_text(base["origin"], keys.derived("another key", 15, KSK).rdata)]
    text = "".join(f"{line}\n" for line in lines)
    (datasets / "anchors" / "example-two-algorithms.ds").write_text(text, encoding="ascii")


# --- Delegations ---


def other_ds(zone, rdata):
    """Another DS RRset for the secure delegation, duly signed."""
    place = zone.find("secure", "DS")[0]
    zone.lines[place] = zone.lines[place].with_(rdata=rdata)
    zone.resign("secure", "DS", zsk())


@variant("ds-at-apex")
def ds_at_apex(zone):
    """The apex has a DS RRset."""
    add(zone, "@", "DS", "4711 13 2 " + "AB" * 32, key=zsk())
    put(zone)
    return [found("ds-misplaced", zone, "@", "DS")]


@variant("ds-without-ns")
def ds_without_ns(zone):
    """A name that is no delegation has a DS RRset."""
    add(zone, "www", "DS", "4711 13 2 " + "AB" * 32, key=zsk())
    put(zone)
    return [found("ds-misplaced", zone, "www", "DS")]


@variant("ds-digest-short")
def ds_digest_short(zone):
    """The SHA-256 digest of a DS record has 31 octets."""
    other_ds(zone, raw(struct.pack("!HBB", 4711, 13, 2) + b"\xab" * 31))
    return [found("ds-malformed", zone, "secure", "DS")]


@variant("ds-unsupported", advice_only=True)
def ds_unsupported(zone):
    """Not broken: the only DS of a delegation has a private algorithm."""
    other_ds(zone, "4711 253 2 " + "AB" * 32)
    return [found("ds-unsupported", zone, "secure", "DS")]


@variant("ds-sha1", advice_only=True)
def ds_sha1(zone):
    """Not broken: the only DS of a delegation has a SHA-1 digest."""
    other_ds(zone, "4711 13 1 " + "AB" * 20)
    return [found("ds-sha1", zone, "secure", "DS")]


@variant("glue-missing", advice_only=True)
def glue_missing(zone):
    """A delegation's server below itself has no address."""
    zone.drop(zone.find("ns.secure", "A"))
    return [found("glue-missing", zone, "secure", "NS")]


# --- CDS and CDNSKEY ---


def cds_of(zone, key):
    return keys.ds_text(zone.origin, key.rdata).split(" DS ")[1]


def ask(zone, cds=(), cdnskey=(), key=None):
    """Publishes CDS and CDNSKEY, signed by the KSK unless told otherwise."""
    if cds:
        add(zone, "@", "CDS", *cds, key=key or ksk())
    if cdnskey:
        add(zone, "@", "CDNSKEY", *cdnskey, key=key or ksk())
    put(zone)


@variant("cds-good")
def cds_good(zone):
    """Not broken: CDS and CDNSKEY mean the KSK and are signed by it."""
    ask(zone, [cds_of(zone, ksk())], [ksk().rdata_text])
    return []


@variant("cds-delete")
def cds_delete(zone):
    """Not broken: CDS and CDNSKEY ask the parent to delete the DS."""
    ask(zone, ["0 0 0 00"], ["0 3 0 AA=="])
    return []


@variant("cds-signed-by-zsk")
def cds_signed_by_zsk(zone):
    """CDS and CDNSKEY are signed by the ZSK, which no DS can represent."""
    ask(zone, [cds_of(zone, ksk())], [ksk().rdata_text], key=zsk())
    return [found("cds-signer", zone, "@", "CDS"), found("cds-signer", zone, "@", "CDNSKEY")]


@variant("cds-of-a-stranger")
def cds_of_a_stranger(zone):
    """CDS means a key that the zone does not have."""
    ask(zone, [cds_of(zone, ksk()), cds_of(zone, other(flags=KSK))])
    return [found("cds-without-dnskey", zone, "@", "CDS")]


@variant("cds-and-cdnskey-differ")
def cds_and_cdnskey_differ(zone):
    """CDS means the KSK, CDNSKEY means the KSK and the ZSK."""
    ask(zone, [cds_of(zone, ksk())], [ksk().rdata_text, zsk().rdata_text])
    return [found("cds-differ", zone, "@", "CDS")]


@variant("cds-only-one-deletes")
def cds_only_one_deletes(zone):
    """CDS asks to delete, CDNSKEY means the KSK."""
    ask(zone, ["0 0 0 00"], [ksk().rdata_text])
    return [found("cds-differ", zone, "@", "CDS")]


@variant("cds-delete-not-alone")
def cds_delete_not_alone(zone):
    """CDS asks to delete, and means the KSK as well."""
    ask(zone, ["0 0 0 00", cds_of(zone, ksk())])
    return [found("cds-delete-not-alone", zone, "@", "CDS")]


@variant("cds-malformed")
def cds_malformed(zone):
    """CDS has algorithm 0, as the request to delete, and a key tag."""
    ask(zone, ["4711 0 0 00"])
    return [found("cds-malformed", zone, "@", "CDS")]


@variant("cds-not-at-apex")
def cds_not_at_apex(zone):
    """CDS stands below the apex."""
    add(zone, "www", "CDS", cds_of(zone, ksk()), key=zsk())
    put(zone)
    return [found("cds-misplaced", zone, "www", "CDS")]


@variant("cds-at-signalling-name")
def cds_at_signalling_name(zone):
    """Not broken: CDS of another zone stands at a signalling name (RFC 9615)."""
    add(zone, "_dsboot.child.test._signal.ns1", "CDS", "4711 13 2 " + "AB" * 32, key=zsk())
    put(zone)
    return []


# --- Placement ---


@variant("ns-missing")
def ns_missing(zone):
    """The apex has no NS record."""
    remove(zone, "@", "NS")
    put(zone)
    return [found("ns-missing", zone, "@", "NS")]


@variant("dnskey-not-at-apex")
def dnskey_not_at_apex(zone):
    """A name below the apex has a DNSKEY record."""
    add(zone, "www", "DNSKEY", other().rdata_text, key=zsk())
    put(zone)
    return [found("dnskey-misplaced", zone, "www", "DNSKEY")]


@variant("zonemd-not-at-apex", advice_only=True)
def zonemd_not_at_apex(zone):
    """A name below the apex has a ZONEMD record."""
    add(zone, "www", "ZONEMD", "1 1 1 " + "AB" * 48, key=zsk())
    put(zone)
    return [found("zonemd-misplaced", zone, "www", "ZONEMD")]


@variant("cname-and-other-data")
def cname_and_other_data(zone):
    """A name has a CNAME and a TXT record."""
    add(zone, "ftp", "TXT", '"beside"', key=zsk())
    put(zone)
    return [found("cname-and-other-data", zone, "ftp", "CNAME")]


@variant("cname-and-other-data-occluded")
def cname_and_other_data_occluded(zone):
    """A name below a delegation has a CNAME beside its address: servers refuse the zone."""
    add(zone, "ns.secure", "CNAME", "elsewhere.test.")
    return [
        found("cname-and-other-data", zone, "ns.secure", "CNAME"),
        found("data-occluded", zone, "ns.secure", "CNAME"),
    ]


@variant("cname-several")
def cname_several(zone):
    """A name has two CNAME records."""
    remove(zone, "ftp", "CNAME")
    add(zone, "ftp", "CNAME", zone.name("www"), zone.name("mail"), key=zsk())
    return [found("cname-several", zone, "ftp", "CNAME")]


@variant("dname-several")
def dname_several(zone):
    """A name has two DNAME records."""
    remove(zone, "old", "DNAME")
    add(zone, "old", "DNAME", "archive.example.", "attic.example.", key=zsk())
    return [found("dname-several", zone, "old", "DNAME")]


@variant("dname-at-delegation")
def dname_at_delegation(zone):
    """A delegation has a DNAME record, which the zone does not speak for."""
    add(zone, "insecure", "DNAME", "archive.example.")
    put(zone)
    return [found("dname-at-delegation", zone, "insecure", "DNAME")]


@variant("dname-at-apex")
def dname_at_apex(zone):
    """Not broken: the apex has a DNAME, and the zone nothing below it but its NSEC3 chain."""
    zone.drop([i for i, line in enumerate(zone.lines) if line.owner.lower() != zone.origin])
    # What servers and mail servers are called must not lie below the DNAME (RFC 2181 section 10.3).
    for rtype in ("NS", "MX"):
        remove(zone, "@", rtype)
    add(zone, "@", "NS", "ns1.elsewhere.test.", "ns2.elsewhere.test.", key=zsk())
    add(zone, "@", "MX", "10 mail.elsewhere.test.", key=zsk())
    add(zone, "@", "DNAME", "archive.test.", key=zsk())
    put3(zone)
    return []


@variant("data-below-dname", advice_only=True)
def data_below_dname(zone):
    """A name below a DNAME has a TXT record."""
    add(zone, "hidden.old", "TXT", '"hidden"')
    return [found("data-below-dname", zone, "hidden.old", "TXT")]


@variant("data-below-delegation", advice_only=True)
def data_below_delegation(zone):
    """A name below a delegation has a TXT record, unsigned as it must be."""
    add(zone, "www.secure", "TXT", '"occluded"')
    return [found("data-occluded", zone, "www.secure", "TXT")]


@variant("data-at-delegation", advice_only=True)
def data_at_delegation(zone):
    """A delegation has a TXT record, unsigned as it must be."""
    add(zone, "secure", "TXT", '"occluded"')
    return [found("data-occluded", zone, "secure", "TXT")]


# --- ZONEMD ---


def digest(zone, hash_name):
    """RFC 8976 section 3: over all records in canonical order, each once, less ZONEMD at the apex."""
    import dns.name
    import dns.rdatatype

    octets = {}
    for line in zone.lines:
        at_apex = line.owner.lower() == zone.origin
        of_zonemd = line.rtype == "ZONEMD" or (line.rtype == "RRSIG" and line.covered == "ZONEMD")
        if (at_apex and of_zonemd) or not chains.below(line.owner, zone.origin):
            continue
        name = dns.name.from_text(line.owner).canonicalize()
        rtype, rdata = dns.rdatatype.from_text(line.rtype), wire(line.rtype, line.rdata, canonical=True)
        head = name.to_wire() + struct.pack("!HHIH", rtype, 1, line.ttl, len(rdata))
        octets[(name, rtype, rdata)] = head + rdata
    return hashlib.new(hash_name, b"".join(octets[place] for place in sorted(octets))).digest()


SHA384, SHA512 = (1, "sha384"), (2, "sha512")


def put_zonemd(zone, *wanted, serial=2026010100, change=lambda octets: octets):
    """Publishes ZONEMD records with these hash algorithms."""
    add(zone, "@", "ZONEMD", *(f"{serial} 1 {n} {'00' * (48 if n == 1 else 64)}" for n, _ in wanted), key=zsk())
    put(zone)
    remove(zone, "@", "ZONEMD")
    rdatas = [
        raw(struct.pack("!IBB", serial, 1, number) + change(digest(zone, name)))
        for number, name in wanted
    ]
    add(zone, "@", "ZONEMD", *rdatas, key=zsk())


def flip(octets):
    return bytes([octets[0] ^ 1]) + octets[1:]


@variant("zonemd-sha384", args=("--zonemd", "required"))
def zonemd_sha384(zone):
    """Not broken: the zone has a SHA-384 digest, which is required."""
    put_zonemd(zone, SHA384)
    return []


@variant("zonemd-sha512-shuffled", args=("--zonemd", "required"))
def zonemd_sha512_shuffled(zone):
    """Not broken: a SHA-512 digest of a zone whose file is in no order, with a record twice, upper
    case, occluded data and a record out of the zone."""
    add(zone, "www.secure", "TXT", '"occluded"')
    put_zonemd(zone, SHA512)
    zone.lines.append(zone.rrset("www", "A")[0])
    zone.lines.append(record("www.elsewhere.test.", 3600, "A", "192.0.2.99"))
    zone.lines = [line.with_(owner=line.owner.upper()) for line in zone.lines]
    zone.lines.sort(key=lambda line: hashlib.sha256(line.text.encode()).digest())
    return [
        found("data-occluded", zone, "www.secure", "TXT"),
        found("record-duplicate", zone, "www", "A"),
        {"code": "record-out-of-zone", "owner": "www.elsewhere.test."},
    ]


@variant("zonemd-wrong")
def zonemd_wrong(zone):
    """The digest of the zone is another, and duly signed."""
    put_zonemd(zone, SHA384, change=flip)
    return [found("zonemd-digest", zone, "@", "ZONEMD")]


@variant("zonemd-glue-changed")
def zonemd_glue_changed(zone):
    """Glue was changed after the zone was digested: no signature tells."""
    put_zonemd(zone, SHA384)
    place = zone.find("ns.secure", "A")[0]
    zone.lines[place] = zone.lines[place].with_(rdata="192.0.2.153")
    return [found("zonemd-digest", zone, "@", "ZONEMD")]


@variant("zonemd-off", args=("--zonemd", "off"))
def zonemd_off(zone):
    """Not broken when nobody looks: the digest of the zone is another."""
    put_zonemd(zone, SHA384, change=flip)
    return []


@variant("zonemd-one-good", advice_only=True)
def zonemd_one_good(zone):
    """Not broken: the SHA-384 digest is right, the SHA-512 one is not; one is enough."""
    put_zonemd(zone, SHA384, SHA512)
    right = zone.rrset("@", "ZONEMD")[0].rdata
    remove(zone, "@", "ZONEMD")
    add(zone, "@", "ZONEMD", right, f"2026010100 1 2 {'AB' * 64}", key=zsk())
    return [found("zonemd-digest", zone, "@", "ZONEMD")]


@variant("zonemd-serial")
def zonemd_serial(zone):
    """ZONEMD has another serial than the SOA."""
    put_zonemd(zone, SHA384, serial=2026010099)
    return [found("zonemd-serial", zone, "@", "ZONEMD")]


@variant("zonemd-short")
def zonemd_short(zone):
    """The SHA-384 digest of the zone has 47 octets."""
    put_zonemd(zone, SHA384, change=lambda octets: octets[:-1])
    return [found("zonemd-malformed", zone, "@", "ZONEMD")]


@variant("zonemd-repeated")
def zonemd_repeated(zone):
    """There are two SHA-384 digests, of which one is right: neither counts."""
    put_zonemd(zone, SHA384)
    right = zone.rrset("@", "ZONEMD")[0].rdata
    remove(zone, "@", "ZONEMD")
    add(zone, "@", "ZONEMD", right, f"2026010100 1 1 {'AB' * 48}", key=zsk())
    return [found("zonemd-repeated", zone, "@", "ZONEMD")] * 2


@variant("zonemd-unsupported", advice_only=True)
def zonemd_unsupported(zone):
    """The only ZONEMD has a private scheme."""
    add(zone, "@", "ZONEMD", f"2026010100 240 1 {'AB' * 48}", key=zsk())
    put(zone)
    return [found("zonemd-unsupported", zone, "@", "ZONEMD")]


@variant("zonemd-missing", args=("--zonemd", "required"))
def zonemd_missing(zone):
    """The zone has no digest, and one is required."""
    return [found("zonemd-missing", zone, "@", "ZONEMD")]

