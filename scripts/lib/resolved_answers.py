"""Answers as a resolver gives them, with whole chains of aliases, about a tree of random zones: secure ones,
unsigned ones, signed ones without a DS, one below another and with aliases into each other.

Unbound or BIND resolves, with or without validating, by asking NSD; what is changed then are its messages, as
an attacker between it and its clients or a broken cache might. delv and libunbound forward to a repeater of
them. Both ask for the end of an alias themselves where a resolver has told it with the alias: the repeater
then answers with the rest of the message, so that they judge what sigmill judges.
"""

import contextlib
import random
import subprocess
import time
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

from lib import keys, random_answers, random_zones
from lib.keys import KSK, ZSK
from lib.random_answers import LOOPBACK, any_of, data, rrsets, signatures_of, told
from lib.zonetext import Zone

# Of delegations within the tree; no random name has them.
LABELS_OF_ZONES = ("k", "l", "m", "n")
# How a zone below another is known there; an unsigned one has no DNSKEY either.
TRUSTS = ("signed", "signed", "signed", "unsigned", "without DS", "unknown DS")
DENIALS = ("nsec", "nsec", "nsec3", "nsec3-optout")
ELSEWHERE = "elsewhere."
TYPES = (*random_answers.TYPES, "ANY", "DNAME", "NSEC3PARAM")
RESOLVERS = ("unbound", "unbound validating", "named", "named validating")
LONGEST_CHAIN = 16
CHANGES = list(random_answers.CHANGES)
PAIRS = [
    [keys.derived(f"random ksk {number}", 13, KSK), keys.derived(f"random zsk {number}", 13, ZSK)]
    for number in range(6)
]


class Setting(random_answers.Setting):
    """A tree of zones, a resolver, and validators that forward to a repeater of its answers."""

    def __init__(self, seed, scratch):
        self.rng, self.scratch = random.Random(f"resolved {seed}"), scratch
        plans = planned(self.rng)
        self.zones, self.broken = tree(self.rng, plans, scratch)
        self.unsigned = unsigned(plans)
        self.kind = self.rng.choice(RESOLVERS)
        self.broken.insert(0, self.kind)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(random_answers.Server(self.zones, self.scratch))
            server.wait()
            anchor = random_answers.Anchor(self.zones[0], self.scratch)
            resolver = Resolver(self.kind, self.zones, server.port, anchor, self.scratch)
            self.resolver = stack.enter_context(resolver)
            self.resolver.wait()
            self.repeater = stack.enter_context(Forwarder(self.resolver))
            self.validators = Forwarding(self.zones, anchor, self.repeater.port, self.scratch)
            self.ask = self.resolver.ask
            self.donors = [message for message in self.denials() if self.is_comparable(message)]
            self.stack = stack.pop_all()
        return self

    def denials(self):
        """What each zone says of its apex, and of a name that it may not have: proofs to be misused."""
        return [
            self.ask(name, rtype)
            for zone in self.zones
            for name, rtype in ((zone.origin, "TYPE65281"), (zone.origin, "DS"), (f"p.{zone.origin}", "A"))
        ]

    def questions(self, count):
        """Two of three for aliases, what wildcards make, and apexes."""
        # Nothing is said of names elsewhere but what aliases lead to.
        rng, zones = self.rng, self.zones[:-1]
        found = random_answers.questions(rng, zones, count // 3, TYPES)
        found += [found_at(rng, zones) for _ in range(count - count // 3)]
        return [(name, rtype) for name, rtype in found if name is not None]

    def changed(self, message, originals):
        if self.rng.random() < 0.25:
            return message, []
        return random_answers.changed(self.rng, message, originals + self.donors, CHANGES)

    def verdicts(self, messages):
        found = []
        for key, message in messages.items():
            self.repeater.told = {key: message, **rests(message)}
            found.append(self.validators.both(*key))
        return found

    def is_comparable(self, message):
        """Whether it is no error, and has no DNAME that leads below itself for ever."""
        return random_answers.is_without_error(message) and len(Chain.of(message).links) < LONGEST_CHAIN

    def shapes(self, message):
        chain = Chain.of(message)
        zones = {self.zone_of(name) for name in (*(link.name for link in chain.links), chain.end)}
        return [shape for shape, holds in (
            ("an alias", chain.links),
            ("several aliases", len(chain.links) > 1),
            ("aliases from one zone into another", len(zones) > 1),
            ("a denial", not chain.is_answered and denies(message)),
            ("a denial behind an alias", chain.links and not chain.is_answered and denies(message)),
            ("what a wildcard made", any(is_made(rrset) for rrset in message.answer)),
            ("AD", message.flags & dns.flags.AD),
        ) if holds]

    def zone_of(self, name):
        """The apex of the zone that a name lies in."""
        apexes = [dns.name.from_text(zone.origin) for zone in self.zones]
        return max((apex for apex in apexes if name.is_subdomain(apex)), key=len, default=None)

    def differences(self, message, original):
        chain, found = Chain.of(message), set()
        # What is at the end of its aliases is told neither there nor to be missing.
        if chain.links and not chain.is_answered and not denies(message):
            found.add(random_answers.LEADS_ON)
        if has_more(message, chain):
            found.add("more in answer")
        before, now = soas(original), soas(message)
        if before != now and dict(before).keys() == dict(now).keys():
            found.add("other SOA")
        if len(deniers(message)) > max(1, len(deniers(original))):
            found.add("more denied")
        if any(self.has_other_signer(rrset) for rrset in message.answer):
            found.add("other signer")
        end = self.zone_of(chain.end)
        if end in self.unsigned and deniers(message) - {end}:
            found.add("other denial")
        question = message.question[0]
        is_dname = any(rrset.rdtype == dns.rdatatype.DNAME for rrset in message.answer)
        if question.rdtype == dns.rdatatype.CNAME and is_dname:
            found.add("made alias")
        if not question.name.is_subdomain(dns.name.from_text(self.zones[0].origin)):
            found.add("below no anchor")
        return found


    def has_other_signer(self, rrset):
        """Whether one of these signatures, in an unsigned zone, says that it is of another."""
        own, is_signature = self.zone_of(rrset.name), rrset.rdtype == dns.rdatatype.RRSIG
        return is_signature and own in self.unsigned and any(rrsig.signer != own for rrsig in rrset)


# --- The zones ---


@dataclass
class Planned:
    """A zone before it is signed."""

    origin: str
    trust: str
    pair: list
    text: str = ""


def tree(rng, plans, scratch):
    """The zones, and what was changed in them."""
    owners = [
        line.split()[0]
        for plan in plans
        for line in plan.text.splitlines()[1:]
        if not line.startswith("*")
    ]
    zones, broken = [], []
    for number, plan in enumerate(plans):
        directory = scratch / f"zone-{number}"
        directory.mkdir()
        text = with_aliases(rng, plan, [plan.origin for plan in plans], owners)
        made = zone_of(rng, plan, text, directory)
        if made is None:
            raise random_answers.Unanswered
        zones.append(made[0])
        broken += [f"{plan.origin}: {what}" for what in made[1]]
    return zones, broken


def planned(rng):
    """The zones, the trusted one first and one elsewhere last, with records and delegations."""
    plans = [Planned(rng.choice(random_zones.ORIGINS), "signed", PAIRS[0])]
    for pair in PAIRS[1 : rng.randint(2, 5)]:
        above = rng.choice(plans)
        label = rng.choice([label for label in LABELS_OF_ZONES])
        between = rng.choice(("", "", "a.", "e."))
        origin = f"{label}.{between}{above.origin}"
        if origin not in [plan.origin for plan in plans]:
            plans.append(Planned(origin, rng.choice(TRUSTS), pair))
    for plan in plans:
        plan.text = random_zones.unsigned(rng, plan.origin)
    for plan in plans[1:]:
        above = max((p for p in plans if is_above(p.origin, plan.origin)), key=lambda p: len(p.origin))
        above.text += delegation(plan)
    plans.append(Planned(ELSEWHERE, "unsigned", None, elsewhere()))
    return plans


def unsigned(plans):
    """The apexes of those that no chain of DS leads to."""
    broken = [plan.origin for plan in plans if plan.trust != "signed"]
    origins = [plan.origin for plan in plans]
    return {
        dns.name.from_text(origin)
        for origin in origins
        if any(origin == above or is_above(above, origin) for above in broken)
    }


def is_above(origin, other):
    return other != origin and other.endswith("." + origin)


def delegation(plan):
    text = f"{plan.origin} 3600 IN NS ns.{ELSEWHERE}\n"
    if plan.trust in ("signed", "unknown DS"):
        ds = keys.ds_text(plan.origin, plan.pair[0].rdata)
        if plan.trust == "unknown DS":
            words = ds.split()
            ds = " ".join([*words[:5], "200", *words[6:]])
        text += ds + "\n"
    return text


def elsewhere():
    lines = ("SOA ns host 1 7200 3600 604800 300", "NS ns", "A 192.0.2.9")
    text = "".join(f"{ELSEWHERE} 3600 IN {line}\n" for line in lines)
    text += f"ns.{ELSEWHERE} 3600 IN A 192.0.2.9\n*.w.{ELSEWHERE} 60 IN A 192.0.2.9\n"
    return f"$ORIGIN {ELSEWHERE}\n{text}"


def with_aliases(rng, plan, origins, owners):
    """The records of a zone, its aliases leading to names of any zone, and more of them."""
    text = plan.text + f"h.{plan.origin} 300 IN A 192.0.2.8\n"
    # The first two are what others lead to.
    aliases = [("x0", "CNAME"), rng.choice((("x1", "DNAME"), ("*.x1", "CNAME"), ("x1.y", "CNAME")))]
    for number in range(2, rng.randint(2, 5)):
        aliases.append((rng.choice((f"x{number}", f"x{number}.y")), rng.choice(("CNAME", "DNAME"))))
    for owner, rtype in aliases:
        text += f"{owner}.{plan.origin} {rng.choice((60, 3600))} IN {rtype} target.{ELSEWHERE}\n"
    if rng.random() < 0.7:
        text += f"*.v.{plan.origin} 300 IN A 192.0.2.7\n"
    lines = []
    for line in text.splitlines():
        head, alias, _ = line.partition("NAME ")
        lines.append(f"{head}{alias}{target(rng, origins, owners)}" if alias and head.endswith((" C", " D")) else line)
    return "\n".join(without_occluded(lines)) + "\n"


def without_occluded(lines):
    """NSD takes no zone with anything below a DNAME."""
    names = [line.split()[0].lower() for line in lines]
    dnames = [name for name, line in zip(names, lines) if " DNAME " in line]
    return [line for name, line in zip(names, lines) if not any(is_above(dname, name) for dname in dnames)]


def target(rng, origins, owners):
    """Where an alias leads: to an address, to another alias, to what a wildcard makes, or to any name."""
    origin, owner = rng.choice(origins), rng.choice(owners)
    return rng.choice((
        f"h.{origin}", f"h.{origin}", f"h.{origin}", f"x0.{origin}", f"x0.{origin}", f"h.x1.{origin}",
        f"x1.y.{origin}", f"b.v.{origin}", f"b.v.{origin}", f"p.{owner}", owner, owner,
    ))


def zone_of(rng, plan, text, scratch):
    """The zone and what was changed in it; `None` where its signer refuses it."""
    if plan.trust == "unsigned":
        (scratch / "plain").write_text(text, encoding="ascii")
        zone = random_zones.one_line_each(scratch / "plain", plan.origin, scratch)
        return zone and (zone, [])
    denial, origin = rng.choice(DENIALS), plan.origin
    made = random_zones.signed_and_changed(
        rng, origin, text, denial, scratch, plan.pair, most=(0, 0, 0, 1)
    )
    if made is None:
        return None
    if rng.random() < 0.2:
        made.changes.append(expired(rng, made.zone, plan.pair[0 if made.combined_keys else 1]))
    return made.zone, made.changes


def expired(rng, zone, key):
    """A signature that held, and holds no longer or not yet."""
    line = rng.choice([line for line in zone.signatures() if line.covered != "DNSKEY"])
    name = random_zones.relative(zone, line.owner)
    days = rng.choice((("20260101000000", "20260201000000"), ("20350101000000", "20360101000000")))
    zone.resign(name, line.covered, key, inception=days[0], expiration=days[1])
    return f"signature over {line.owner}/{line.covered} from {days[0]} to {days[1]}"


# --- The resolver ---


class Resolver:
    """Unbound or BIND, asking a server of all zones, for as long as the block lasts."""

    def __init__(self, kind, zones, server_port, anchor, scratch):
        self.zones, self.directory = zones, scratch / "resolver"
        self.directory.mkdir()
        self.port = random_answers.free_port()
        program, _, validating = kind.partition(" ")
        text = (unbound_conf if program == "unbound" else named_conf)(self, server_port, anchor, validating)
        conf = self.directory / "conf"
        conf.write_text(text)
        self.command = [program, *(("-d",) if program == "unbound" else ("-f", "-n", "1")), "-c", conf]

    def __enter__(self):
        said = subprocess.DEVNULL
        self.process = subprocess.Popen(self.command, stdout=said, stderr=said)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def wait(self):
        for _ in range(60):
            if self.ask(ELSEWHERE, "A").answer:
                return
            time.sleep(0.05)
        raise random_answers.Unanswered

    def ask(self, name, rtype):
        """What it finds, also where it finds that bogus; a failure when it does not answer in time."""
        query = dns.message.make_query(name, rtype, want_dnssec=True, payload=4096)
        answer = self.sent(query)
        if answer.rcode() == dns.rcode.SERVFAIL:
            query.flags |= dns.flags.CD
            answer = self.sent(query)
        return answer

    def sent(self, query):
        try:
            answer = dns.query.udp(query, LOOPBACK, port=self.port, timeout=2)
            if answer.flags & dns.flags.TC:
                answer = dns.query.tcp(query, LOOPBACK, port=self.port, timeout=2)
        except (dns.exception.DNSException, OSError):
            answer = dns.message.make_response(query, recursion_available=True)
            answer.set_rcode(dns.rcode.SERVFAIL)
        return answer


def unbound_conf(resolver, server_port, anchor, validating):
    trusted = f'trust-anchor-file: "{anchor.path}"\n    val-permissive-mode: yes' if validating else ""
    return f"""\
server:
    interface: {LOOPBACK}@{resolver.port}
    username: ""
    chroot: ""
    directory: "{resolver.directory}"
    pidfile: ""
    use-syslog: no
    logfile: "{resolver.directory}/log"
    do-not-query-localhost: no
    do-not-query-address: 192.0.2.0/24
    do-ip6: no
    num-threads: 1
    local-zone: "test." nodefault
    module-config: "{"validator iterator" if validating else "iterator"}"
    {trusted}
remote-control:
    control-enable: no
{random_answers.stubs(("." , *(zone.origin for zone in resolver.zones)), server_port)}"""


def named_conf(resolver, server_port, anchor, validating):
    zones = "".join(
        f'zone "{zone.origin}" {{ type forward; forward only; '
        f"forwarders {{ {LOOPBACK} port {server_port}; }}; }};\n"
        for zone in resolver.zones
    )
    return f"""\
options {{
    directory "{resolver.directory}";
    listen-on port {resolver.port} {{ {LOOPBACK}; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion yes;
    empty-zones-enable no;
    dnssec-validation {"yes" if validating else "no"};
    forward only;
    forwarders {{ {LOOPBACK} port {server_port}; }};
}};
controls {{ }};
{anchor.for_bind if validating else ""}
{zones}"""


# --- What stands between it and the validators ---


class Forwarder(random_answers.Repeater):
    """Repeats what a resolver says, of any name."""

    def elsewhere(self, _query):
        return None


class Forwarding(random_answers.Validators):
    """Validators that have a resolver find everything."""

    def ways(self):
        return f'forward-zone:\n    name: "."\n    forward-addr: {LOOPBACK}@{self.port}\n'


@dataclass
class Link:
    """An alias in a message: of which name and to which, and where its RRsets are found."""

    name: dns.name.Name
    to: dns.name.Name
    uses: set


@dataclass
class Chain:
    """The aliases of a message, from the name that was asked for."""

    links: list
    end: dns.name.Name
    is_answered: bool

    @staticmethod
    def of(message):
        question = message.question[0]
        name, rtype, links = question.name, question.rdtype, []
        of_all = (dns.rdatatype.ANY, dns.rdatatype.RRSIG, dns.rdatatype.CNAME)
        while rtype not in of_all and len(links) < LONGEST_CHAIN:
            found = None if is_there(message, name, rtype) else next_link(message, name)
            if found is None:
                break
            links.append(found)
            name = found.to
        return Chain(links, name, is_there(message, name, rtype) or rtype in of_all)


def is_there(message, name, rtype):
    return any(rrset.name == name and rrset.rdtype == rtype for rrset in message.answer)


def next_link(message, name):
    """The alias at a name, and where it leads."""
    for rrset in message.answer:
        if rrset.rdtype == dns.rdatatype.DNAME and name != rrset.name and name.is_subdomain(rrset.name):
            with contextlib.suppress(dns.name.NameTooLong):
                to = dns.name.Name((*name.relativize(rrset.name).labels, *rrset[0].target.labels))
                return Link(name, to, {place(rrset), (name, dns.rdatatype.CNAME)})
    for rrset in message.answer:
        if rrset.rdtype == dns.rdatatype.CNAME and rrset.name == name:
            return Link(name, rrset[0].target, {place(rrset)})
    return None


def is_made(rrset):
    """Whether these are signatures over what a wildcard has made."""
    labels = len(rrset.name.labels) - 1 - rrset.name.is_wild()
    return rrset.rdtype == dns.rdatatype.RRSIG and rrset[0].labels < labels


def denies(message):
    soa = any(rrset.rdtype == dns.rdatatype.SOA for rrset in message.authority)
    return message.rcode() == dns.rcode.NXDOMAIN or soa


def has_more(message, chain):
    """Whether the answer has more than aliases and what is at their end, or an alias that does not follow from
    its DNAME."""
    wanted, rtype = set().union(*(link.uses for link in chain.links)), message.question[0].rdtype
    for rrset in data(message, (message.answer,)):
        if rrset.name == chain.end and (rrset.rdtype == rtype or rtype == dns.rdatatype.ANY):
            continue
        if place(rrset) not in wanted:
            return True
    targets = {link.name: link.to for link in chain.links}
    return any(
        rrset.rdtype == dns.rdatatype.CNAME and targets.get(rrset.name) not in (None, rrset[0].target)
        for rrset in message.answer
    )


def deniers(message):
    """The zones that deny something: those of SOA records and of signatures."""
    return {apex for apex, _ in soas(message)} | {
        rrsig.signer
        for rrset in message.authority
        if rrset.rdtype == dns.rdatatype.RRSIG
        for rrsig in rrset
    }


def soas(message):
    """The SOA records that deny something, by their names, each with its signatures."""
    return {
        (rrset.name, tuple(map(str, signatures_of(message, rrset))))
        for rrset in message.authority
        if rrset.rdtype == dns.rdatatype.SOA
    }


def rests(message):
    """By each name that an alias of a message leads to, what the message says of it."""
    chain, found = Chain.of(message), {}
    rtype = message.question[0].rdtype
    names = [link.name for link in chain.links[1:]]
    names += [chain.end] if chain.is_answered or denies(message) else []
    for number, name in enumerate(names, start=1):
        later = set().union(*(link.uses for link in chain.links[number:]))
        gone = set().union(*(link.uses for link in chain.links[:number])) - later
        rest = copied(message)
        rest.answer[:] = [rrset for rrset in rest.answer if place(rrset) not in gone]
        rest.question[0] = dns.rrset.RRset(name, message.question[0].rdclass, rtype)
        found.setdefault((name, rtype), rest)
    return found


def copied(message):
    return dns.message.from_wire(message.to_wire(max_size=65535))


def place(rrset):
    """An RRset's name and type; for signatures those of what they cover."""
    is_signature = rrset.rdtype == dns.rdatatype.RRSIG
    return rrset.name, rrset.covers if is_signature else rrset.rdtype


# --- What is asked, and how answers are changed ---


def found_at(rng, zones):
    """A question for an alias, below a DNAME, or for what a wildcard makes; or for an apex."""
    if rng.random() < 0.25:
        zone = rng.choice(zones)
        # The DS of the uppermost apex is another zone's.
        types = ("DNSKEY", "NS", "SOA", "ANY", "TYPE65280", "NSEC", *(() if zone is zones[0] else ("DS",) * 4))
        return dns.name.from_text(zone.origin), rng.choice(types)
    line = rng.choice([
        line
        for zone in zones
        for line in zone.lines
        if line.rtype in ("CNAME", "DNAME") or line.owner.startswith("*") and line.rtype in ("A", "TXT")
    ])
    name = dns.name.from_text(line.owner)
    if name.is_wild() and rng.random() < 0.9:
        name = random_answers.longer(rng, name.parent())
        name = random_answers.longer(rng, name) if rng.random() < 0.3 else name
    elif line.rtype == "DNAME" and rng.random() < 0.9:
        name = dns.name.from_text("h", name) if rng.random() < 0.5 else random_answers.longer(rng, name)
    return name, rng.choice(("A", "A", "A", "A", "A", "A", "A", "AAAA", "TXT", "CNAME", "MX", "ANY"))


def change(function):
    CHANGES.append(function)
    return function


def links(message):
    """The aliases among the answer's RRsets."""
    aliases = (dns.rdatatype.CNAME, dns.rdatatype.DNAME)
    return [rrset for rrset in message.answer if rrset.rdtype in aliases]


def signatures(message):
    return [rrset for rrset in rrsets(message) if rrset.rdtype == dns.rdatatype.RRSIG]


def soa_of(message):
    soas = [rrset.name for rrset in message.authority if rrset.rdtype == dns.rdatatype.SOA]
    return soas[0] if soas else None


def put(rrset, rdatas):
    """Other records into an RRset."""
    rdatas = list(rdatas)
    rrset.clear()
    for rdata in rdatas:
        rrset.add(rdata, rrset.ttl)


@change
def fewer_links(rng, message, _others):
    """An alias, with its signatures or without."""
    rrset = any_of(rng, links(message))
    if rrset is None:
        return None
    kept = signatures_of(message, rrset) if rng.random() < 0.3 else []
    gone = [one for one in (rrset, *signatures_of(message, rrset)) if all(one is not k for k in kept)]
    for one in gone:
        random_answers.without(message, one)
    return f"without the alias {told(rrset)}{', but for its signature' if kept else ''}"


@change
def cut_chain(rng, message, _others):
    """Nothing of what an alias leads to."""
    chain = Chain.of(message)
    if not chain.links:
        return None
    kept = chain.links[: rng.randint(1, len(chain.links))]
    uses = set().union(*(link.uses for link in kept))
    message.answer[:] = [rrset for rrset in message.answer if place(rrset) in uses]
    if rng.random() < 0.5:
        message.authority.clear()
    return f"nothing behind {len(kept)} aliases"


@change
def other_sequence(rng, message, _others):
    if len(message.answer) < 2:
        return None
    rng.shuffle(message.answer)
    return "in another order"


@change
def other_target(rng, message, others):
    """An alias that leads elsewhere, its signature as before."""
    rrset = any_of(rng, links(message))
    other = any_of(rng, [other for other in others if other is not message])
    if rrset is None or other is None:
        return None
    name = other.question[0].name
    put(rrset, [rrset[0].replace(target=name)])
    return f"{told(rrset)} leads to {name}"


@change
def more_links(rng, message, others):
    """An alias that nobody signed, to another name and what is there."""
    other = any_of(rng, [other for other in others if other is not message])
    if other is None or other.question[0].name == message.question[0].name:
        return None
    name, to = message.question[0].name, other.question[0].name
    is_dname = rng.random() < 0.4 and len(name.labels) > 2
    owner, rtype = (name.parent(), "DNAME") if is_dname else (name, "CNAME")
    alias = dns.rrset.from_text(owner, 60, "IN", rtype, to.to_text())
    message.answer[:] = [alias, *(rrset.copy() for rrset in other.answer)]
    message.authority[:] = [rrset.copy() for rrset in other.authority]
    message.set_rcode(other.rcode())
    return f"{told(alias)} to {to} and its answer"


@change
def expanded_anew(rng, message, others):
    """What a wildcard has made, at the name that was asked for, with its proof or that of this answer."""
    donor = any_of(rng, [
        (other, rrset)
        for other in others
        for rrset in other.answer
        for rrsig in signatures_of(other, rrset)
        if is_made(rrsig)
    ])
    if donor is None:
        return None
    other, rrset = donor
    given = [one.copy() for one in (rrset, *signatures_of(other, rrset))]
    for one in given:
        one.name = message.question[0].name
    message.answer[:] = given
    if rng.random() < 0.5:
        message.authority[:] = [one.copy() for one in other.authority]
    message.set_rcode(dns.rcode.NOERROR)
    return f"{told(rrset)}, made from a wildcard, as {given[0].name}"


@change
def proofs_across_cut(rng, message, others):
    """The denial of a zone above or below."""
    own = soa_of(message)
    if own is None:
        return None
    fits = [other for other in others if (apex := soa_of(other)) is not None and apex != own
            and (apex.is_subdomain(own) or own.is_subdomain(apex))]
    other = any_of(rng, fits)
    if other is None:
        return None
    added = rng.random() < 0.3
    kept = list(message.authority) if added else []
    given = [rrset.copy() for rrset in other.authority if place(rrset) not in map(place, kept)]
    message.authority[:] = kept + given
    return f"{'also' if added else 'only'} with what {soa_of(other)} denies for {told(other.question[0])}"


@change
def more_proofs(rng, message, others):
    """NSEC and NSEC3 records of another answer besides its own."""
    types = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)
    other = any_of(rng, others)
    if other is None:
        return None
    here = [place(rrset) for rrset in message.authority]
    given = [r.copy() for r in other.authority if place(r)[1] in types and place(r) not in here]
    message.authority += given
    return f"also with the proofs for {told(other.question[0])}" if given else None


@change
def other_signatures(rng, message, others):
    """Those over another RRset of the type, as if over this."""
    rrset = any_of(rng, data(message))
    if rrset is None:
        return None
    own = signatures_of(message, rrset)
    donor = any_of(rng, [
        rrsig
        for other in others
        for rrsig in signatures(other)
        if rrsig.covers == rrset.rdtype and rrsig.name != rrset.name
    ])
    if donor is None or not own:
        return None
    put(own[0], donor)
    return f"{told(rrset)} with the signature of {donor.name}"


@change
def other_field(rng, message, _others):
    """A field of a signature that is not what was signed."""
    rrsig = any_of(rng, signatures(message))
    if rrsig is None:
        return None
    field, value = rng.choice((
        ("labels", max(0, rrsig[0].labels - 1)), ("labels", rrsig[0].labels + 1),
        ("expiration", rrsig[0].expiration + 1), ("expiration", rrsig[0].inception + 60),
        ("original_ttl", rrsig[0].original_ttl + 1000), ("key_tag", rrsig[0].key_tag ^ 1),
        ("signer", rrsig[0].signer.parent() if len(rrsig[0].signer.labels) > 1 else rrsig[0].signer),
    ))
    put(rrsig, [rrsig[0].replace(**{field: value}), *list(rrsig)[1:]])
    return f"{field} {value} in the signature over {rrsig.name}/{dns.rdatatype.to_text(rrsig.covers)}"


@change
def beside_alias(rng, message, others):
    """Data at the name of an alias: of the type that was asked for, with signatures or without."""
    alias = any_of(rng, [rrset for rrset in links(message) if rrset.rdtype == dns.rdatatype.CNAME])
    rtype = message.question[0].rdtype
    donor = any_of(rng, [(o, rrset) for o in others for rrset in o.answer if rrset.rdtype == rtype])
    if alias is None or donor is None or rtype == dns.rdatatype.CNAME:
        return None
    other, rrset = donor
    given = [one.copy() for one in (rrset, *signatures_of(other, rrset))]
    for one in given:
        one.name = alias.name
    message.answer += given if rng.random() < 0.5 else given[:1]
    return f"{told(rrset)} beside the alias {alias.name}"


@change
def counted_down(rng, message, _others):
    """TTLs as after some time in a cache."""
    past = rng.choice((1, 50, 4000))
    for rrset in rrsets(message):
        rrset.ttl = max(0, rrset.ttl - past)
    return f"{past} seconds later"


@change
def repeated(rng, message, _others):
    """An RRset twice, the second time with another TTL."""
    section = rng.choice((message.answer, message.authority))
    rrset = any_of(rng, section)
    if rrset is None:
        return None
    again = rrset.copy()
    again.ttl //= 2
    section.append(again)
    return f"{told(rrset)} twice"


@change
def other_ad(_rng, message, _others):
    message.flags ^= dns.flags.AD
    return "AD set" if message.flags & dns.flags.AD else "AD not set"
