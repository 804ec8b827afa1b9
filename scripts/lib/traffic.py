"""Captures of any size, made of real ones: their packets again and again, each time at later times, from
other clients and with other identifiers and names. Lengths stay, and so do the places of everything in a
packet; checksums that fit fit again, and those that were left to a network card stay so. Messages that do
not lie in one packet keep their names. Standard library only.

Names vary in one of two ways, by the letters and digits of their labels. A label that begins with `_` or
`xn--` stays, since it would be no such label any more.

`asked`: of the names that are asked for, those labels that no record of a response has or denies. So
    traffic of a root server is about ever new names below the top-level domains, while what is signed is the
    same throughout and still holds: there are ever new responses, and the same RRsets.
`all`: every name, in questions and records. So RRsets are new each time, and no signature over them
    holds, but for those without a name in what was signed: the most that an audit can have to do.
"""

import random
import string
import struct
from dataclasses import dataclass, field

WAYS = ("asked", "all")
ETHERNET, RAW, COOKED, COOKED2 = 1, (12, 14, 101, 228, 229), 113, 276
VLAN = (0x8100, 0x88A8)
TCP, UDP, FRAGMENT = 6, 17, 44
DNS = 53
NS, CNAME, SOA, PTR, MX, SRV, DNAME, RRSIG, NSEC, NSEC3 = 2, 5, 6, 12, 15, 33, 39, 46, 47, 50
NAME_ERROR = 3
NAMES_AT = {NS: (0, 1), CNAME: (0, 1), SOA: (0, 2), PTR: (0, 1), MX: (2, 1), SRV: (6, 1), DNAME: (0, 1),
            RRSIG: (18, 1), NSEC: (0, 1)}
"""Where in the RDATA names begin, and how many there are."""
MOST_REPETITIONS = 1 << 16
ALL_LABELS = 128
"""More labels than a name has: those of a name that some message asks for that cannot be changed."""


def usual(root):
    """The capture that is repeated unless another is named."""
    real = root.parent / "shared/data/captures/rootserver-nsd-20161006.pcapng"
    return real if real.is_file() else root / "datasets/captures/tree.pcapng"


class NotUsable(Exception):
    """A file that cannot be repeated; says why."""


@dataclass
class Packet:
    """A packet, and what of it changes. Places are octets of the record that it is in a pcap file."""

    time: int
    """Microseconds since 1970."""
    octets: bytes
    """What was captured."""
    wire_len: int
    ip_sum: int = 0
    """Where the checksum of the IPv4 header stands; 0 for none."""
    sum: int = 0
    """Where the checksum of the UDP datagram or TCP segment stands; 0 for none that fits."""
    is_finished: bool = True
    """That checksum is of the content, too, and not of the addresses alone."""
    client: int = 0
    """Where the lower half of the client's IPv4 address, or the last two octets of its IPv6 address stand."""
    port: int = 0
    """Where the client's port stands."""
    ident: int = 0
    """Where the message's identifier stands."""
    labels: list = field(default_factory=list)
    """Where labels that change begin and end, and whether they begin in the lower half of a checksum's
    word."""


class Traffic:
    """Real traffic, to be repeated."""

    def __init__(self, path, way="asked"):
        self.link_type, packets = read(path)
        if not packets:
            raise NotUsable(f"{path} has no packets")
        Plan(self.link_type, way).mark(packets)
        first, last = min(p.time for p in packets), max(p.time for p in packets)
        # The next repetition begins in another second.
        self.step = (last // 1_000_000 - first // 1_000_000 + 1) * 1_000_000
        self.template = b"".join(
            struct.pack("<IIII", 0, 0, len(p.octets), p.wire_len) + p.octets for p in packets
        )
        self.count = len(packets)
        self.edits, at = [], 0
        for p in packets:
            self.edits.append(self.edit(p, at))
            at += 16 + len(p.octets)

    def edit(self, packet, base):
        """What of a packet changes, with places and contents of the template."""
        word = lambda at: (base + at, int.from_bytes(self.template[base + at : base + at + 2])) if at else None
        labels = []
        for begin, end, is_low in packet.labels:
            octets = self.template[base + begin : base + end]
            shift = 8 if (end - begin) % 2 != is_low else 0
            labels.append((base + begin, base + end, octets, int.from_bytes(octets), shift))
        return (
            base, packet.time, word(packet.ip_sum), word(packet.sum), packet.is_finished,
            word(packet.client), word(packet.port), word(packet.ident), labels,
        )

    def header(self):
        """The header of a pcap file with microseconds."""
        return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, self.link_type)

    def repetition(self, number):
        """The records of a repetition; number 0 is the traffic as it was."""
        if not 0 <= number < MOST_REPETITIONS:
            raise ValueError(f"{number} is no repetition")
        out = bytearray(self.template)
        table = letters(number)
        # Ports below 1024 mean something; of others the lower bits change.
        address, ident, ports = number, number * 0x9E37 & 0xFFFF, number * 0x1D3 & 0x3FF
        shift = number * self.step
        put, join = struct.pack_into, int.from_bytes
        for at, when, ip_sum, its_sum, is_finished, client, port, message, labels in self.edits:
            put("<II", out, at, *divmod(when + shift, 1_000_000))
            change = 0
            if client:
                place, old = client
                put(">H", out, place, old ^ address)
                change = (old ^ address) - old
                if ip_sum:
                    put(">H", out, ip_sum[0], mended(ip_sum[1], change))
            if its_sum and not is_finished:
                # The sum of the addresses, and not its complement.
                put(">H", out, its_sum[0], 0xFFFF - mended(0xFFFF - its_sum[1], change) or 0xFFFF)
                its_sum = None
            if port:
                place, old = port
                put(">H", out, place, old ^ ports)
                change += (old ^ ports) - old
            if message:
                place, old = message
                put(">H", out, place, old ^ ident)
                change += (old ^ ident) - old
            for begin, end, octets, old, left in labels:
                new = octets.translate(table)
                out[begin:end] = new
                change += join(new) - old << left
            if its_sum:
                put(">H", out, its_sum[0], mended(its_sum[1], change))
        return out

    def repetitions(self, size):
        """How many repetitions make a file of at least so many octets."""
        count = -(-(size - len(self.header())) // len(self.template))
        if count > MOST_REPETITIONS:
            raise NotUsable(f"{size:,} octets are more than {MOST_REPETITIONS} repetitions")
        return max(1, count)

    def write(self, out, size):
        """Writes a file of at least so many octets, and says how many repetitions that took."""
        count = self.repetitions(size)
        out.write(self.header())
        for number in range(count):
            out.write(self.repetition(number))
        return count


def mended(checksum, change):
    """A checksum after a change of what it sums up (RFC 1624); never 0, which means none (RFC 768)."""
    return 0xFFFF - (0xFFFF - checksum + change) % 0xFFFF


def ones(octets):
    """The sum of octets as words in ones' complement (RFC 1071)."""
    return int.from_bytes(octets + b"\0" * (len(octets) % 2)) % 0xFFFF


def letters(number):
    """A substitution of letters and digits, another for each number and none for 0; case is kept."""
    lower, digits = list(string.ascii_lowercase), list(string.digits)
    if number:
        rng = random.Random(number)
        rng.shuffle(lower)
        rng.shuffle(digits)
    lower, digits = "".join(lower), "".join(digits)
    plain = string.ascii_lowercase + string.ascii_uppercase + string.digits
    return bytes.maketrans(plain.encode(), (lower + lower.upper() + digits).encode())


# --- What changes ---


class Plan:
    """Finds what changes. Both sides of a connection and all messages about a name must change alike."""

    def __init__(self, link_type, way):
        self.link_type, self.way = link_type, way
        self.servers = set()
        self.kept = {}
        """Of names that were asked for: how many labels from the right stay."""
        self.crooked = set()
        """TCP connections with messages that do not lie in one segment."""

    def mark(self, packets):
        parsed = [Layers.of(p, self.link_type) for p in packets]
        for layers in filter(None, parsed):
            if DNS in layers.ports:
                self.servers.add(layers.addresses[layers.ports.index(DNS)])
        for layers in filter(None, parsed):
            self.learn(layers)
        for packet, layers in zip(packets, parsed):
            if layers:
                self.note(packet, layers)

    def learn(self, layers):
        messages = list(layers.messages())
        if layers.is_stream and sum(2 + len(m.octets) for _, m in messages) != len(layers.payload):
            self.crooked.add(layers.connection())
        whole = layers.is_whole and layers.connection() not in self.crooked
        for _, message in messages:
            if message.asked is not None:
                keep = message.must_stay() if whole and message.is_sound else ALL_LABELS
                self.kept[message.asked] = max(self.kept.get(message.asked, 1), keep)

    def note(self, packet, layers):
        packet.ip_sum, packet.sum, packet.is_finished = layers.ip_sum, layers.sum, layers.is_finished
        sides = [address in self.servers for address in layers.addresses]
        if sides.count(True) == 1:
            packet.client = layers.address_ends[sides.index(False)]
        if DNS not in layers.ports:
            return
        client = 1 - layers.ports.index(DNS)
        if layers.ports[client] >= 1024:
            packet.port = layers.port_places[client]
        for at, message in layers.messages():
            # The identifiers of a stream belong to it alone, and may lie in two segments.
            if not layers.is_stream:
                packet.ident = at
            if layers.is_whole and message.is_sound and layers.connection() not in self.crooked:
                for begin, end in self.labels(message):
                    is_low = (at + begin - layers.begin) % 2
                    packet.labels.append((at + begin, at + end, is_low))

    def labels(self, message):
        kept = self.kept.get(message.asked, 1)
        if kept == ALL_LABELS:
            places = ()
        elif self.way == "all":
            places = set(message.literal)
        else:
            places = message.question[: max(0, len(message.question) - kept)]
        for begin, end in sorted(places):
            if not message.octets[begin:end].lower().startswith((b"_", b"xn--")):
                yield begin, end


@dataclass
class Layers:
    """A packet of UDP or TCP taken apart. Places are octets of its record."""

    addresses: tuple
    address_ends: tuple
    """Where the last two octets of sender and receiver stand."""
    ports: tuple
    """None in fragments but the first."""
    port_places: tuple
    ip_sum: int
    sum: int
    is_finished: bool
    begin: int
    """Where UDP or TCP begins."""
    payload: bytes
    payload_at: int
    is_stream: bool
    is_whole: bool
    """It is no fragment, and all of it was captured."""

    @staticmethod
    def of(packet, link_type):
        """The layers of a packet; None where they are others than those that change."""
        octets = packet.octets
        at = network(octets, link_type)
        try:
            return None if at is None else Layers.ip(octets, at, packet)
        except (IndexError, struct.error):
            return None

    @staticmethod
    def ip(octets, at, packet):
        version, ip_sum = octets[at] >> 4, 0
        whole = len(octets) == packet.wire_len
        if version == 4:
            header = (octets[at] & 15) * 4
            fragment, = struct.unpack_from(">H", octets, at + 6)
            more, offset = fragment & 0x2000, fragment & 0x1FFF
            protocol, length = octets[at + 9], struct.unpack_from(">H", octets, at + 2)[0]
            places, ip_sum = (at + 12, at + 16, 4), 16 + at + 10
            end = at + length if length else len(octets)
        elif version == 6:
            header, protocol, more, offset = 40, octets[at + 6], 0, 0
            places = (at + 8, at + 24, 16)
            end = at + 40 + struct.unpack_from(">H", octets, at + 4)[0]
            if protocol == FRAGMENT:
                protocol, (fragment,) = octets[at + 40], struct.unpack_from(">H", octets, at + 42)
                header, more, offset = 48, fragment & 1, fragment >> 3
        else:
            return None
        if protocol not in (UDP, TCP):
            return None
        *starts, size = places
        addresses = tuple(octets[start : start + size] for start in starts)
        ends = tuple(16 + start + size - 2 for start in starts)
        begin = at + header
        if offset:
            return Layers(addresses, ends, (), (), ip_sum, 0, True, 16 + begin, b"", 16 + begin, False, False)
        ports = struct.unpack_from(">HH", octets, begin)
        head = 8 if protocol == UDP else (octets[begin + 12] >> 4) * 4
        checksum = begin + (6 if protocol == UDP else 16)
        # Of a fragment it cannot be told; then it is one that fits.
        has_sum, is_finished = True, True
        stated = octets[checksum : checksum + 2]
        if protocol == UDP and stated == b"\0\0":
            has_sum = False
        elif whole and not more:
            segment = octets[begin:end]
            pseudo = ones(b"".join(addresses)) + protocol + len(segment)
            is_finished = (pseudo + ones(segment)) % 0xFFFF == 0
            # Left to the network card, it is that of the addresses, and not complemented.
            has_sum = is_finished or (pseudo - int.from_bytes(stated)) % 0xFFFF == 0
        payload = octets[begin + head : end]
        return Layers(
            addresses, ends, ports, (16 + begin, 16 + begin + 2), ip_sum,
            16 + checksum if has_sum else 0, is_finished, 16 + begin, payload, 16 + begin + head,
            protocol == TCP, whole and not more,
        )

    def connection(self):
        return frozenset(zip(self.addresses, self.ports))

    def messages(self):
        """The messages that lie in the packet, each with its place."""
        if DNS not in self.ports:
            return
        if not self.is_stream:
            if len(self.payload) >= 12:
                yield self.payload_at, Message(self.payload)
            return
        at = 0
        while at + 14 <= len(self.payload):
            length = int.from_bytes(self.payload[at : at + 2])
            # One that goes on in another segment is told by its lack of octets.
            octets = self.payload[at + 2 : at + 2 + length]
            if len(octets) >= 12:
                yield self.payload_at + at + 2, Message(octets)
            if length < 12 or len(octets) < length:
                return
            at += 2 + length


def network(octets, link_type):
    """Where IP begins in a frame; None for anything else."""
    if link_type in RAW:
        return 0
    try:
        if link_type == COOKED2:
            kind, at = struct.unpack_from(">H", octets, 0)[0], 20
        else:
            at = 14 if link_type == ETHERNET else 16
            kind, = struct.unpack_from(">H", octets, at - 2)
        while kind in VLAN:
            kind, at = struct.unpack_from(">H", octets, at + 2)[0], at + 4
    except struct.error:
        return None
    return at if kind in (0x0800, 0x86DD) else None


# --- Messages ---


class Message:
    """A message, with the places of its names, in octets from its header."""

    def __init__(self, octets):
        self.octets = octets
        self.literal = []
        """Labels that are written out."""
        self.question = []
        """Those of the first question."""
        self.asked = None
        """Its name in lower case, label by label from the left."""
        self.sections = ([], [], [])
        """Of each record its type and the names that it has."""
        try:
            self.read()
            self.is_sound = True
        except (IndexError, struct.error, ValueError):
            self.is_sound = False

    def read(self):
        counts = struct.unpack_from(">HHHH", self.octets, 4)
        at = 12
        for number in range(counts[0]):
            before = len(self.literal)
            name, at = self.name(at)
            if number == 0:
                self.asked, self.question = name, self.literal[before:]
            at += 4
        for section, count in zip(self.sections, counts[1:]):
            for _ in range(count):
                owner, at = self.name(at)
                rtype, _, _, length = struct.unpack_from(">HHIH", self.octets, at)
                at += 10
                skip, names = NAMES_AT.get(rtype, (0, 0))
                inside, found = at + skip, [owner]
                for _ in range(names):
                    name, inside = self.name(inside)
                    found.append(name)
                at += length
                if max(at, inside) > len(self.octets):
                    raise ValueError("the message ends within a record")
                section.append((rtype, found))

    def name(self, at):
        """A name in lower case, and the place behind it."""
        labels, end, floor = [], None, at
        while True:
            length = self.octets[at]
            if length >= 0xC0:
                end = at + 2 if end is None else end
                at = (length & 0x3F) << 8 | self.octets[at + 1]
                if at >= floor:
                    raise ValueError("a pointer that leads ahead")
                floor = at
            elif length > 63:
                raise ValueError("no label")
            elif length == 0:
                return tuple(labels), at + 1 if end is None else end
            else:
                begin, at = at + 1, at + 1 + length
                if at > len(self.octets):
                    raise ValueError("the message ends within a name")
                labels.append(bytes(self.octets[begin:at]).lower())
                if end is None:
                    self.literal.append((begin, at))

    def must_stay(self):
        """How many labels of the question, from the right, what is said of it depends on."""
        answer, authority, _ = self.sections
        if not self.octets[2] & 0x80:
            return 1
        names = [name for section in self.sections for _, found in section for name in found]
        same = max((common(self.asked, name) for name in names), default=0)
        types = [rtype for rtype, _ in authority]
        if not answer and NS in types and SOA not in types:
            return max(1, same)
        if self.octets[3] & 15 == NAME_ERROR and not answer and NSEC3 not in types:
            # What is denied is the label below all that is there. Hashes do not show which that is.
            return same + 1
        return len(self.asked)


def common(one, other):
    """How many labels two names have in common, from the right."""
    count = 0
    for a, b in zip(reversed(one), reversed(other)):
        if a != b:
            break
        count += 1
    return count


# --- Files ---


def read(path):
    """The link type of a capture, and its packets."""
    with open(path, "rb") as file:
        octets = file.read()
    if octets[:4] == b"\x0a\x0d\x0d\x0a":
        return read_pcapng(path, octets)
    orders = {
        b"\xd4\xc3\xb2\xa1": ("<", 1), b"\xa1\xb2\xc3\xd4": (">", 1),
        b"\x4d\x3c\xb2\xa1": ("<", 1000), b"\xa1\xb2\x3c\x4d": (">", 1000),
    }
    if octets[:4] not in orders:
        raise NotUsable(f"{path} is neither pcap nor pcapng")
    order, fraction = orders[octets[:4]]
    link_type = struct.unpack_from(order + "I", octets, 20)[0] & 0xFFFF
    packets, at = [], 24
    while at + 16 <= len(octets):
        seconds, units, length, wire_len = struct.unpack_from(order + "IIII", octets, at)
        content = octets[at + 16 : at + 16 + length]
        if len(content) < length:
            break
        packets.append(Packet(seconds * 1_000_000 + units // fraction, content, wire_len))
        at += 16 + length
    return link_type, packets


def read_pcapng(path, octets):
    """Enhanced packets; other blocks are left out."""
    packets, interfaces, link_types, at, order = [], [], set(), 0, "<"
    while at + 12 <= len(octets):
        if octets[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if octets[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", octets, at)
        if length < 12 or at + length > len(octets):
            break
        body = octets[at + 8 : at + length - 4]
        if kind == 1:
            interfaces.append((struct.unpack_from(order + "H", body, 0)[0], resolution(body, order)))
        elif kind == 6:
            number, high, low, captured, wire_len = struct.unpack_from(order + "IIIII", body, 0)
            link_type, units = interfaces[number]
            link_types.add(link_type)
            time = (high << 32 | low) * 1_000_000 // units
            packets.append(Packet(time, body[20 : 20 + captured], wire_len))
        at += length
    if len(link_types) > 1:
        raise NotUsable(f"{path} has interfaces of several link types")
    return link_types.pop() if link_types else ETHERNET, packets


def resolution(interface, order):
    """Units of time in a second, by the option if_tsresol."""
    at = 8
    while at + 4 <= len(interface):
        code, length = struct.unpack_from(order + "HH", interface, at)
        if code == 9:
            value = interface[at + 4]
            return 2 ** (value & 0x7F) if value & 0x80 else 10**value
        at += 4 + (length + 3 & ~3)
    return 1_000_000
