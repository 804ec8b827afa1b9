"""Answers about a random zone, many of them changed, and what three validators make of each: BIND's delv and
libunbound ask a server of ours that repeats the answers; sigmill finds them in a capture.

A server of the zone, NSD, gives the answers, so that a broken zone is answered for as it is. What is changed
then is the message: records that are missing, of other answers, at other names. All the same for the same
seed and signatures.
"""

import contextlib
import hashlib
import random
import re
import socket
import struct
import subprocess
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

from lib import keys, random_zones
from lib.keys import KSK, ZSK

LOOPBACK = "127.0.0.1"
TYPES = ("A", "A", "A", "AAAA", "TXT", "DS", "NS", "CNAME", "MX", "SRV", "DNSKEY", "SOA", "NSEC", "TYPE65280")
LABELS = ("a", "b", "e", "ns", "z", "new", "*", "0")
CHANGES = []
# Where others may judge otherwise, and neither is wrong. They take it for better than sigmill:
LAXER = {
    "more in answer": "they leave out what no alias leads to, which a stub would take",
    "other SOA": "they need no SOA where the rest proves what is denied",
    "below no anchor": "what was asked for, so that they do not validate what an alias leads to",
}
# For bogus, when sigmill does not:
STRICTER = {
    "more denied": "they reject proofs of a second zone, which prove nothing and do no harm",
    "made alias": "they take the CNAME that follows from a DNAME for an RRset of its own, if it was asked for",
}
# For bogus, when sigmill finds it insecure:
STRICTER_UNSIGNED = {
    "other signer": "they take what a signature says of its zone for true, also where none can be made",
    "other denial": "likewise what is denied by another zone than the name's",
}
# Only whether it is bogus is compared.
LEADS_ON = "leads on"
# Bogus, because of what they were told of the zones on the way and not because of the answer.
NO_CHAIN = "bogus chain"
KEYS = random_zones.KEYS
KEYS_BELOW = [keys.derived("random ksk below", 13, KSK), keys.derived("random zsk below", 13, ZSK)]


class Unanswered(Exception):
    """The server does not answer for the zone, or not with what a validator could judge by itself."""


# --- What the answers come from ---


class Setting:
    """A random zone, often with another below it, its server, and validators that ask a repeater of its
    answers; for as long as the block lasts."""

    def __init__(self, seed, scratch):
        made = random_zones.make(seed, scratch)
        if made is None:
            raise Unanswered
        self.rng, self.scratch = random.Random(seed), scratch
        child = with_child(self.rng, made, scratch)
        self.zones = [made.zone, child.zone] if child else [made.zone]
        self.broken = made.changes + [f"below: {what}" for what in (child.changes if child else [])]

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Server(self.zones, self.scratch))
            self.repeater = stack.enter_context(Repeater(server))
            anchor = Anchor(self.zones[0], self.scratch)
            self.validators = Validators(self.zones, anchor, self.repeater.port, self.scratch)
            server.wait()
            self.ask = server.ask
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def questions(self, count):
        return questions(self.rng, self.zones, count)

    def changed(self, message, originals):
        """As `changed`; one of four stays as it is."""
        question = message.question[0]
        apexes = [dns.name.from_text(zone.origin) for zone in self.zones]
        # Without its keys nothing of a zone is worth asking for.
        leads = question.rdtype in (dns.rdatatype.DNSKEY, dns.rdatatype.DS) and question.name in apexes
        if self.rng.random() < 0.75 and not leads:
            return changed(self.rng, message, originals)
        return message, []

    def verdicts(self, messages):
        """What delv and libunbound say when each question is answered with its message."""
        self.repeater.told = messages
        return [self.validators.both(*key) for key in messages]

    def is_comparable(self, message):
        """Whether a validator takes it for an answer: no referral, no error."""
        return bool(message.flags & dns.flags.AA) and is_without_error(message)

    def shapes(self, _message):
        """What is to be counted of it."""
        return ()

    def differences(self, message, _original):
        """Why the others may judge it otherwise: of `LAXER`, `STRICTER` and so on. `LEADS_ON`: it leads to another
        name, for which they ask anew."""
        question = message.question[0]
        leads = {dns.rdatatype.CNAME, dns.rdatatype.DNAME} - {question.rdtype}
        return {LEADS_ON} if any(rrset.rdtype in leads for rrset in message.answer) else set()


def with_child(rng, made, scratch):
    """A zone below one of its signed delegations, made as the other is; `None` without such a delegation or
    where its signer refuses it. The zone above gets a DS that means the zone's key, or rarely none that does."""
    zone, key = made.zone, KEYS[0] if made.combined_keys else KEYS[1]
    delegations = sorted({line.owner for line in zone.lines if line.rtype == "DS"})
    # Names that are delegated and nothing else.
    others = {line.owner for line in zone.lines if line.rtype not in ("NS", "DS", "RRSIG", "NSEC")}
    delegations = [owner for owner in delegations if owner not in others and "\\" not in owner]
    if not delegations:
        return None
    origin, denial = rng.choice(delegations), rng.choice(random_zones.DENIALS)
    below = scratch / "below"
    below.mkdir()
    child = random_zones.make_at(rng, origin, denial, below, KEYS_BELOW)
    if child is not None and rng.random() < 0.9:
        ksk = KEYS_BELOW[0]
        digest = hashlib.sha256(dns.name.from_text(origin).to_digestable() + ksk.rdata).hexdigest()
        place = zone.find(random_zones.relative(zone, origin), "DS")[0]
        zone.lines[place] = zone.lines[place].with_(rdata=f"{ksk.tag} 13 2 {digest}")
        random_zones.sign_anew(zone, origin, "DS", key)
    return child


class Server:
    """NSD with some zones, the one above first, for as long as the block lasts."""

    def __init__(self, zones, directory):
        self.zones, self.directory = zones, directory

    def __enter__(self):
        self.port = free_port()
        zones = ""
        for number, zone in enumerate(self.zones):
            zone.write(self.directory / f"served-{number}", "served")
            zones += f'zone:\n    name: "{zone.origin}"\n    zonefile: "served-{number}"\n'
        conf = self.directory / "nsd.conf"
        conf.write_text(f"""\
server:
    ip-address: {LOOPBACK}@{self.port}
    username: ""
    chroot: ""
    zonesdir: "{self.directory}"
    database: ""
    pidfile: "{self.directory}/pid"
    xfrdfile: ""
    xfrdir: "{self.directory}"
    zonelistfile: "{self.directory}/list"
    server-count: 1
    rrl-ratelimit: 0
remote-control:
    control-enable: no
{zones}""")
        said = subprocess.DEVNULL
        self.process = subprocess.Popen(["nsd", "-d", "-c", conf], stdout=said, stderr=said)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def wait(self):
        for zone in self.zones:
            if not any(self.answers(zone.origin) for _ in range(60)):
                raise Unanswered

    def answers(self, origin):
        try:
            return bool(self.ask(origin, "SOA").answer)
        except Unanswered:
            time.sleep(0.05)
            return False

    def ask(self, name, rtype):
        query = dns.message.make_query(name, rtype, want_dnssec=True, payload=4096)
        query.flags &= ~dns.flags.RD
        try:
            answer = dns.query.udp(query, LOOPBACK, port=self.port, timeout=0.5)
            if answer.flags & dns.flags.TC:
                answer = dns.query.tcp(query, LOOPBACK, port=self.port, timeout=0.5)
        except (dns.exception.DNSException, OSError) as error:
            raise Unanswered from error
        return answer


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


class Repeater:
    """Answers with the answers that it is told, else with those of a server; names elsewhere have an address.
    It notes what the server said."""

    def __init__(self, server):
        self.server, self.told, self.said = server, {}, {}
        self.origin = dns.name.from_text(server.zones[0].origin)

    def __enter__(self):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((LOOPBACK, 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.create_server((LOOPBACK, self.port))
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        for listening in (self.udp, self.tcp):
            # A thread that waits for it goes on, and ends.
            try:
                listening.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listening.close()

    def serve_udp(self):
        while True:
            try:
                query, client = self.udp.recvfrom(65535)
                self.udp.sendto(self.answer(query), client)
            except OSError:
                return
            except (dns.exception.DNSException, Unanswered):
                pass

    def serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                try:
                    length = struct.unpack("!H", stream.read(2))[0]
                    answer = self.answer(stream.read(length))
                    connection.sendall(struct.pack("!H", len(answer)) + answer)
                except (OSError, struct.error, dns.exception.DNSException, Unanswered):
                    pass

    def answer(self, octets):
        query = dns.message.from_wire(octets)
        question = query.question[0]
        message = self.elsewhere(query) or self.message(question.name, question.rdtype)
        message.id, message.question = query.id, query.question
        message.flags = message.flags & ~dns.flags.RD | query.flags & dns.flags.RD
        return message.to_wire(max_size=65535)

    def elsewhere(self, query):
        question = query.question[0]
        if question.name.is_subdomain(self.origin):
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        if question.rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", "192.0.2.9"))
        return answer

    def message(self, name, rtype):
        key = (name, rtype)
        if key not in self.told and key not in self.said:
            self.said[key] = self.server.ask(name, rtype)
        return self.told.get(key) or self.said[key]


# --- What is asked, and how answers are changed ---


def questions(rng, zones, count, types=TYPES):
    """Names that are there, names around them, and any type."""
    origin = dns.name.from_text(zones[0].origin)
    lines = [line for zone in zones for line in zone.lines]
    owners = sorted({line.owner for line in lines if line.rtype not in ("RRSIG", "NSEC3")})
    found = []
    while len(found) < count:
        name = dns.name.from_text(rng.choice(owners))
        change = rng.random()
        if change < 0.25:
            name = longer(rng, name)
        elif change < 0.35:
            name = longer(rng, longer(rng, name))
        elif change < 0.5 and name != origin:
            name = longer(rng, name.parent())
        rtype = rng.choice(types)
        # The DS of the apex is another zone's.
        if name is not None and (rtype != "DS" or name != origin):
            found.append((name, rtype))
    return found


def longer(rng, name):
    try:
        return name and dns.name.Name((rng.choice(LABELS).encode(), *name.labels))
    except dns.name.NameTooLong:
        return None


def change(function):
    CHANGES.append(function)
    return function


def sections(message):
    return (message.answer, message.authority)


def rrsets(message, of=None):
    return [rrset for section in of or sections(message) for rrset in section]


def any_of(rng, things):
    return rng.choice(things) if things else None


def without(message, rrset):
    for section in sections(message):
        section[:] = [other for other in section if other is not rrset]


def signatures_of(message, rrset):
    return [other for other in rrsets(message)
            if other.rdtype == dns.rdatatype.RRSIG and other.name == rrset.name
            and other.covers == rrset.rdtype]


def another(rng, message, others):
    return any_of(rng, [other for other in others if other is not message])


def told(rrset):
    return f"{rrset.name}/{dns.rdatatype.to_text(rrset.rdtype)}"


def is_in(name, rtype, message):
    return any(here.name == name and here.rdtype == rtype for here in rrsets(message))


def data(message, of=None):
    return [rrset for rrset in rrsets(message, of) if rrset.rdtype != dns.rdatatype.RRSIG]


@change
def fewer_rrsets(rng, message, _others):
    rrset = any_of(rng, data(message))
    if rrset is None:
        return None
    for one in [rrset, *signatures_of(message, rrset)]:
        without(message, one)
    return f"without {told(rrset)}"


@change
def fewer_signatures(rng, message, _others):
    rrset = any_of(rng, [rrset for rrset in rrsets(message) if rrset.rdtype == dns.rdatatype.RRSIG])
    if rrset is None:
        return None
    without(message, rrset)
    return f"without the signature over {rrset.name}/{dns.rdatatype.to_text(rrset.covers)}"


@change
def other_rcode(_rng, message, _others):
    denies = message.rcode() == dns.rcode.NXDOMAIN
    message.set_rcode(dns.rcode.NOERROR if denies else dns.rcode.NXDOMAIN)
    return f"as {dns.rcode.to_text(message.rcode())}"


@change
def other_proof(rng, message, others):
    other = another(rng, message, others)
    if other is None:
        return None
    message.authority[:] = [rrset.copy() for rrset in other.authority]
    return "with the authority section of another"


@change
def other_answer(rng, message, others):
    """All of another answer but its question."""
    other = another(rng, message, others)
    if other is None:
        return None
    message.answer[:] = [rrset.copy() for rrset in other.answer]
    message.authority[:] = [rrset.copy() for rrset in other.authority]
    message.set_rcode(other.rcode())
    return "with all of another"


@change
def more_rrsets(rng, message, others):
    donors = [rrset for other in others if other is not message for rrset in data(other)]
    rrset = any_of(rng, donors)
    if rrset is None or is_in(rrset.name, rrset.rdtype, message):
        return None
    given = [rrset]
    for other in others:
        found = signatures_of(other, rrset)
        if found:
            given.append(found[0])
            break
    message.authority.extend(one.copy() for one in given)
    return f"and {told(rrset)} as authority"


@change
def another_owner(rng, message, _others):
    """As if a wildcard had made it, or another had been asked."""
    rrset = any_of(rng, [rrset for rrset in message.answer if rrset.rdtype != dns.rdatatype.RRSIG])
    if rrset is None:
        return None
    to = message.question[0].name
    if rrset.name == to:
        return None
    before = rrset.name
    for one in [rrset, *signatures_of(message, rrset)]:
        one.name = to
    return f"{before} under the name that was asked for"


@change
def of_another(rng, message, others):
    """An RRset of another answer under the name that was asked for, or its own, in place of the answer or
    behind it."""
    donors = [(other, rrset) for other in others if other is not message for rrset in data(other)]
    donor = any_of(rng, donors)
    if donor is None:
        return None
    other, rrset = donor
    question = message.question[0]
    fits = rng.random() < 0.5
    given = [one.copy() for one in [rrset, *signatures_of(other, rrset)]]
    for one in given:
        one.name = question.name if fits else one.name
    if is_in(given[0].name, rrset.rdtype, message):
        return None
    if rng.random() < 0.5:
        message.answer.clear()
        message.set_rcode(dns.rcode.NOERROR)
    message.answer.extend(given)
    return f"answering with {told(rrset)} as {given[0].name}"


@change
def fewer_records(rng, message, _others):
    rrset = any_of(rng, [rrset for rrset in rrsets(message) if len(rrset) > 1])
    if rrset is None:
        return None
    rrset.discard(rng.choice(list(rrset)))
    return f"a record less of {told(rrset)}"


@change
def other_case(rng, message, _others):
    rrset = any_of(rng, data(message))
    if rrset is None:
        return None
    before = rrset.name
    for one in [rrset, *signatures_of(message, rrset)]:
        one.name = dns.name.Name(label.swapcase() for label in before.labels)
    return f"{before} in the other case"


@change
def greater_ttl(rng, message, _others):
    rrset = any_of(rng, data(message))
    if rrset is None:
        return None
    rrset.ttl += 1000
    return f"a greater TTL of {told(rrset)}"


def changed(rng, message, others, changes=CHANGES):
    """A copy, changed, and how; the message where nothing could be changed."""
    copy = dns.message.from_wire(message.to_wire(max_size=65535))
    done = [rng.choice(changes)(rng, copy, others) for _ in range(rng.choice((1, 1, 2)))]
    done = [what for what in done if what]
    return (copy, done) if done else (message, [])


def is_without_error(message):
    return message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


# --- What validators say ---


class Anchor:
    """The key that a zone is trusted by, as validators read it."""

    def __init__(self, zone, directory):
        key = next(l.rdata for l in zone.lines if l.rtype == "DNSKEY" and l.rdata.startswith("257 "))
        flags, protocol, algorithm, octets = key.split(None, 3)
        self.for_bind = (
            f'trust-anchors {{ "{zone.origin}" static-key {flags} {protocol} {algorithm} "{octets}"; }};\n'
        )
        self.path = directory / "anchor"
        self.path.write_text(f"{zone.origin} 3600 IN DNSKEY {key}\n")


class Validators:
    """Their files, for zones of which they trust the first."""

    def __init__(self, zones, anchor, port, directory):
        self.zones, self.origin, self.port = zones, zones[0].origin, port
        self.anchor, self.bind = anchor.path, directory / "anchors.bind"
        self.bind.write_text(anchor.for_bind)
        self.unbound = directory / "unbound.conf"
        self.unbound.write_text(f"""\
server:
    module-config: "validator iterator"
    trust-anchor-file: "{self.anchor}"
    do-not-query-localhost: no
    do-not-query-address: 192.0.2.0/24
    qname-minimisation: no
    aggressive-nsec: no
    edns-buffer-size: 4096
    val-max-restart: 0
    do-ip6: no
    local-zone: "test." nodefault
{self.ways()}""")

    def ways(self):
        """Whom libunbound asks."""
        origins = [zone.origin for zone in self.zones]
        return stubs((*origins, "elsewhere.", "example.", "test."), self.port)

    def both(self, name, rtype):
        words = (name.to_text(), dns.rdatatype.to_text(rtype))
        return self.delv(*words), self.libunbound(*words)

    def delv(self, name, rtype):
        command = ["delv", f"@{LOOPBACK}", "-p", str(self.port), "-a", self.bind, f"+root={self.origin}"]
        text = said_by([*command, "-q", name, "-t", rtype])
        if re.search(r"^;; resolution failed: broken trust chain", text, re.MULTILINE):
            return NO_CHAIN
        if re.search(r"^;; resolution failed:(?! *ncache)", text, re.MULTILINE):
            return "bogus"
        remarks = re.findall(r"^; (.*(?:validated|unsigned).*)$", text, re.MULTILINE)
        if not remarks:
            return "?"
        return "insecure" if any("unsigned" in remark for remark in remarks) else "secure"

    def libunbound(self, name, rtype):
        text = said_by(["unbound-host", "-C", self.unbound, "-v", "-t", rtype, name])
        found = re.search(r"\((secure|insecure|BOGUS)", text)
        if found and "while building chain of trust" in text:
            return NO_CHAIN
        return found[1].lower() if found else "?"


def stubs(names, port):
    """For Unbound: who has these zones."""
    return "".join(
        f'stub-zone:\n    name: "{name}"\n    stub-addr: {LOOPBACK}@{port}\n    stub-prime: no\n'
        for name in names
    )


def said_by(command):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout + done.stderr


def write_capture(path, messages):
    """Messages as datagrams from a server's port 53, in a pcap file of IP packets."""
    now = int(time.time())
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for message in messages:
            wire = message.to_wire(max_size=65535)
            udp = struct.pack("!HHHH", 53, 4096, 8 + len(wire), 0) + wire
            address = socket.inet_aton(LOOPBACK)
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + address + address
            file.write(struct.pack("<IIII", now, 0, len(head + udp), len(head + udp)) + head + udp)
