"""Zone text with one record a line, as dnssec-signzone -O full writes it, and signing by hand.

Lines that are not changed stay as they are, octet for octet.
"""

import base64
import struct
from dataclasses import dataclass, replace

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

INCEPTION, EXPIRATION = "20260101000000", "20360101000000"


@dataclass(frozen=True)
class Line:
    """One record; `text` is the line it came from, or the line it makes."""

    owner: str
    ttl: int
    rclass: str
    rtype: str
    rdata: str
    text: str

    def with_(self, **changes):
        return record(**{
            **{name: getattr(self, name) for name in ("owner", "ttl", "rtype", "rdata", "rclass")},
            **changes,
        })

    @property
    def covered(self):
        """For an RRSIG the type it covers."""
        return self.rdata.split()[0]

    def rrsig(self):
        return Rrsig.from_text(self.rdata)


def record(owner, ttl, rtype, rdata, rclass="IN"):
    return Line(owner, ttl, rclass, rtype, rdata, f"{owner}\t{ttl}\t{rclass}\t{rtype}\t{rdata}")


@dataclass(frozen=True)
class Rrsig:
    """An RRSIG's fields as they are printed (RFC 4034 §3.2)."""

    covered: str
    algorithm: int
    labels: int
    original_ttl: int
    expiration: str
    inception: str
    tag: int
    signer: str
    signature: bytes

    @staticmethod
    def from_text(text):
        words = text.split()
        return Rrsig(
            words[0], int(words[1]), int(words[2]), int(words[3]), words[4], words[5],
            int(words[6]), words[7], base64.b64decode("".join(words[8:])),
        )

    def to_text(self):
        octets = base64.b64encode(self.signature).decode()
        return (
            f"{self.covered} {self.algorithm} {self.labels} {self.original_ttl} {self.expiration} "
            f"{self.inception} {self.tag} {self.signer} {octets}"
        )

    def prefix(self):
        """The RDATA without the signature, signer in lower case (RFC 4034 §3.1.8.1)."""
        whole = wire("RRSIG", replace(self, signature=b"\0").to_text(), canonical=True)
        return whole[:-1]


class Zone:
    """The records of a zone in the order of its file."""

    def __init__(self, origin, lines):
        self.origin = origin
        self.lines = lines

    @classmethod
    def read(cls, path, origin):
        lines = []
        for text in path.read_text(encoding="ascii").splitlines():
            if text.strip() and not text.startswith(";"):
                owner, ttl, rclass, rtype, rdata = text.split(None, 4)
                lines.append(Line(owner, int(ttl), rclass, rtype, rdata.rstrip(), text))
        return cls(origin, lines)

    def write(self, path, comment):
        text = "".join(line.text + "\n" for line in self.lines)
        path.write_text(f"; {comment}\n{text}", encoding="ascii")

    def name(self, relative):
        if relative == "@":
            return self.origin
        return f"{relative}.{self.origin}" if self.origin != "." else f"{relative}."

    def find(self, owner, rtype):
        """Places of the records of an RRset."""
        owner = self.name(owner).lower()
        return [i for i, l in enumerate(self.lines) if l.owner.lower() == owner and l.rtype == rtype]

    def find_sigs(self, owner, covered):
        return [i for i in self.find(owner, "RRSIG") if self.lines[i].covered == covered]

    def rrset(self, owner, rtype):
        return [self.lines[i] for i in self.find(owner, rtype)]

    def sig(self, owner, covered):
        """Place of the first RRSIG over an RRset."""
        return self.find_sigs(owner, covered)[0]

    def signatures(self):
        return [line for line in self.lines if line.rtype == "RRSIG"]

    def drop(self, places):
        gone = set(places)
        self.lines = [line for i, line in enumerate(self.lines) if i not in gone]

    def insert_after(self, place, *lines):
        self.lines[place + 1 : place + 1] = lines

    def sign(self, owner, rtype, key, ttl=None, records=None, **changes):
        """A new RRSIG line over an RRset. `changes` are fields to state otherwise than is right;
        the signature is made over them as stated."""
        lines = records or self.rrset(owner, rtype)
        absolute = self.name(owner)
        rrsig = Rrsig(
            rtype, key.number, label_count(absolute), lines[0].ttl, EXPIRATION, INCEPTION,
            key.tag, self.origin, b"",
        )
        rrsig = replace(rrsig, **changes)
        data = signed_data(absolute, rtype, rrsig, {line.rdata for line in lines})
        rrsig = replace(rrsig, signature=key.sign(data))
        return record(absolute, lines[0].ttl if ttl is None else ttl, "RRSIG", rrsig.to_text())

    def resign(self, owner, rtype, key, **changes):
        """Puts a new signature in the place of the RRset's first one."""
        self.lines[self.sig(owner, rtype)] = self.sign(owner, rtype, key, **changes)


def raw(octets):
    """RDATA as RFC 3597 section 5 writes it."""
    return f"\\# {len(octets)} {octets.hex()}"


def label_count(name):
    labels = [label for label in dns.name.from_text(name).labels if label]
    return len(labels) - (labels[:1] == [b"*"])


def signed_data(owner, rtype, rrsig, rdatas):
    """What the signature is over (RFC 4034 §3.1.8.1)."""
    name = dns.name.from_text(owner)
    if 0 < rrsig.labels < label_count(owner):
        name = dns.name.Name((b"*",) + name.labels[-rrsig.labels - 1 :])
    number = dns.rdatatype.from_text(rtype)
    head = name.to_digestable() + struct.pack("!HHI", number, 1, rrsig.original_ttl)
    octets = sorted(wire(rtype, rdata, canonical=True) for rdata in rdatas)
    return rrsig.prefix() + b"".join(head + struct.pack("!H", len(o)) + o for o in octets)


def wire(rtype, text, canonical=False):
    if text.startswith("\\# "):  # RFC 3597 section 5: octets that a library may refuse to read
        return bytes.fromhex("".join(text.split()[2:]))
    number = dns.rdatatype.from_text(rtype)
    rdata = dns.rdata.from_text(dns.rdataclass.IN, number, text, relativize=False)
    return rdata.to_digestable() if canonical else rdata.to_wire()
