"""Random zone text: records of all types that BIND knows, written in whatever way the format allows.

Character-strings with and without quotes and with escapes, names relative and absolute, TTLs with
units, class and TTL in either order or left out, owners left out, parentheses and comments anywhere.
"""

import base64
import ipaddress

ORIGIN = "text.example."
LABELS = (
    "a", "b", "Www", "x-1", "_tcp", "*", "a\\.b", "\\097", "\\200", "\\@", "q\\032q", "\\$x", "\\;s",
    "\\(p", '\\"q',
)
TTLS = ("300", "5m", "1H", "3600", "1h30m", "1w2d")
MOST_16, MOST_32 = 0xFFFF, 0xFFFFFFFF


class Writer:
    """Writes records that follow from a generator of random numbers."""

    def __init__(self, rng):
        self.rng = rng

    # --- Fields ---

    def octets(self, least, most):
        return self.rng.randbytes(self.rng.randint(least, most))

    def number(self, most):
        return str(self.rng.choice((0, 1, most, self.rng.randrange(most + 1))))

    def name(self):
        label = ".".join(self.rng.choice(LABELS) for _ in range(self.rng.randint(1, 3)))
        forms = ("@", ".", label, label, f"{label}.{ORIGIN}", f"{label}.Other.Example.")
        return self.rng.choice(forms)

    def string(self, most=40, quoted=False):
        usual = b'abcXYZ019 ;()"\\\t@$.*-_=/,'
        octets = [
            self.rng.choice(usual) if self.rng.random() < 0.8 else self.rng.randrange(256)
            for _ in range(self.rng.choice((0, 1, 2, 5, self.rng.randint(0, most))))
        ]
        quoted = quoted or not octets or self.rng.random() < 0.6
        text = "".join(self.character(octet, quoted) for octet in octets)
        return f'"{text}"' if quoted else text

    def character(self, octet, quoted):
        character, number = chr(octet), f"\\{octet:03}"
        special = '"\\' if quoted else '"\\;()@$'
        if octet > 126 or octet < 32 or (octet == 32 and not quoted):
            return number
        if character in special:
            return self.rng.choice((f"\\{character}", number))
        if self.rng.random() < 0.05:
            return number if character.isdigit() else self.rng.choice((number, f"\\{character}"))
        return character

    def words(self, text):
        """A run of digits, cut anywhere."""
        out = []
        while text:
            cut = self.rng.choice((len(text), len(text), self.rng.randint(1, len(text))))
            out.append(text[:cut])
            text = text[cut:]
        return out

    def base64(self, least, most):
        return self.words(base64.b64encode(self.octets(least, most)).decode())

    def hexadecimal(self, least, most):
        digits = self.octets(least, most).hex()
        return self.words("".join(self.rng.choice((c, c.upper())) for c in digits))

    def ipv4(self):
        return str(ipaddress.IPv4Address(self.rng.randbytes(4)))

    def ipv6(self):
        octets = bytes(octet * self.rng.randrange(2) for octet in self.rng.randbytes(16))
        address = ipaddress.IPv6Address(octets)
        return self.rng.choice((address.compressed, address.exploded, address.compressed.upper()))

    def types(self):
        known = ("A", "NS", "MX", "TXT", "AAAA", "TYPE65280", "CAA", "NSEC", "RRSIG", "TYPE1234", "SRV")
        return self.rng.sample(known, self.rng.randint(1, 5))

    def parameters(self):
        """Of SVCB and HTTPS (RFC 9460 section 2.1)."""
        if self.rng.random() < 0.2:
            return ["0", self.name()]
        known = [
            self.rng.choice(("alpn=h2", "alpn=h2,h3", 'alpn="h3,h2"')),
            f"port={self.rng.randrange(MOST_16)}",
            "ipv4hint=" + ",".join(self.ipv4() for _ in range(self.rng.randint(1, 3))),
            f"ipv6hint={self.ipv6()}",
            "ech=" + base64.b64encode(self.octets(1, 30)).decode(),
            "key667=hello\\210qoo",
            "key668",
        ]
        priority = str(self.rng.randint(1, MOST_16))
        return [priority, self.name(), *self.rng.sample(known, self.rng.randint(0, 4))]

    # --- Records ---

    def rdata(self):
        """A type, and the words of its data."""
        most_8, rng = 255, self.rng
        eight = lambda: self.number(most_8)  # noqa: E731
        sixteen = lambda: self.number(MOST_16)  # noqa: E731
        name, string = self.name, self.string
        pairs = [f"{rng.randrange(1 << 16):04x}" for _ in range(4)]
        forms = {
            "A": lambda: [self.ipv4()],
            "AAAA": lambda: [self.ipv6()],
            "AFSDB": lambda: [sixteen(), name()],
            "AMTRELAY": lambda: rng.choice((
                ["10", "0", "1", self.ipv4()], ["0", "1", "2", self.ipv6()], ["10", "0", "3", name()],
            )),
            "APL": lambda: rng.sample((
                "1:192.168.32.0/21", "!1:10.0.0.0/8", "2:ff00::/8", "1:0.0.0.0/0", "!2:2001:db8::/32",
            ), rng.randint(0, 3)),
            "AVC": lambda: [string(), string()],
            "CAA": lambda: [eight(), rng.choice(("issue", "iodef", "Tag1")), string(quoted=True)],
            "CERT": lambda: [
                rng.choice(("PKIX", "PGP", "1", "URI", "65000")), sixteen(),
                rng.choice(("8", "RSASHA256", "13")), *self.base64(1, 60),
            ],
            "CNAME": lambda: [name()],
            "CSYNC": lambda: [self.number(MOST_32), sixteen(), *self.types()],
            "DHCID": lambda: self.base64(3, 40),
            "DNAME": lambda: [name()],
            "DOA": lambda: [
                self.number(MOST_32), self.number(MOST_32), eight(), string(quoted=True),
                *rng.choice((["-"], self.base64(1, 9))),
            ],
            "EUI48": lambda: ["-".join(f"{octet:02x}" for octet in rng.randbytes(6))],
            "EUI64": lambda: ["-".join(f"{octet:02X}" for octet in rng.randbytes(8))],
            "GPOS": lambda: ["-32.6882", "116.8652", rng.choice(("10.0", '"10.0"'))],
            "HINFO": lambda: [string(), string()],
            "HIP": lambda: [
                "2", rng.randbytes(16).hex(), base64.b64encode(self.octets(1, 50)).decode(),
                *(name() for _ in range(rng.randrange(3))),
            ],
            "HTTPS": self.parameters,
            "IPSECKEY": lambda: [
                "10", *rng.choice((["1", "2", self.ipv4()], ["2", "2", self.ipv6()], ["3", "2", name()])),
                *self.base64(10, 30),
            ],
            "ISDN": lambda: [string(10) for _ in range(rng.randint(1, 2))],
            "KEY": lambda: [rng.choice(("256", "0", "512")), "3", "8", *self.base64(40, 60)],
            "KX": lambda: [sixteen(), name()],
            "L32": lambda: [sixteen(), self.ipv4()],
            "L64": lambda: [sixteen(), ":".join(pairs)],
            "LOC": lambda: rng.choice((
                "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", "1 S 2 W 100m",
                "10 20 N 2 3 4.5 W 0 1m", "0 0 0.001 N 180 0 0 E 42849672.95m 90000000m 0.01m 0.1m",
            )).split(),
            "LP": lambda: [sixteen(), name()],
            "MX": lambda: [sixteen(), name()],
            "NAPTR": lambda: [
                sixteen(), sixteen(), rng.choice(('"u"', "u", '"S"', '""')), string(10),
                rng.choice(('""', '"!^.*$!sip:x@y!"')), name(),
            ],
            "NID": lambda: [sixteen(), ":".join(pairs)],
            "NINFO": lambda: [string()],
            "NS": lambda: [name()],
            "NSAP": lambda: ["0x" + self.octets(1, 20).hex()],
            "OPENPGPKEY": lambda: self.base64(1, 80),
            "PTR": lambda: [name()],
            "PX": lambda: [sixteen(), name(), name()],
            "RKEY": lambda: ["0", "255", eight(), *self.base64(1, 20)],
            "RP": lambda: [name(), name()],
            "RT": lambda: [sixteen(), name()],
            "SINK": lambda: [eight(), eight(), eight(), *self.base64(1, 10)],
            "SMIMEA": lambda: [eight(), "1", "1", *self.hexadecimal(32, 32)],
            "SRV": lambda: [sixteen(), sixteen(), sixteen(), name()],
            "SSHFP": lambda: [eight(), "2", *self.hexadecimal(32, 32)],
            "SVCB": self.parameters,
            "TALINK": lambda: [name(), name()],
            "TLSA": lambda: [eight(), eight(), eight(), *self.hexadecimal(32, 32)],
            "TXT": lambda: [string(200) for _ in range(rng.randint(1, 4))],
            "TYPE65281": lambda: self.unknown(rng.choice((0, 1, 5, 30))),
            "URI": lambda: [sixteen(), sixteen(), string(quoted=True)],
            "WKS": lambda: [self.ipv4(), rng.choice(("6", "TCP", "udp", "17")), "25", "80"],
            "X25": lambda: [rng.choice(('"311061700956"', "31106170095"))],
        }
        rtype = rng.choice(sorted(forms))
        return rtype, forms[rtype]()

    def unknown(self, octets):
        """As RFC 3597 section 5 writes it."""
        return ["\\#", str(octets), *self.hexadecimal(octets, octets)]

    # --- Lines ---

    def blank(self):
        return self.rng.choice((" ", " ", "\t", "  ", " \t "))

    def gap(self, within):
        """Between two words, within parentheses or not."""
        if not within or self.rng.random() < 0.5:
            return self.blank()
        line_end = self.rng.choice(("\n", '; com(ment "x\n', "\r\n", "\n\n", ";\n"))
        return self.blank() + line_end + self.rng.choice(("", self.blank()))

    def entry(self, owner, ttl, rtype, words):
        head = [ttl, "IN"] if self.rng.random() < 0.7 else [ttl]
        self.rng.shuffle(head)
        if self.rng.random() < 0.3:
            rtype = "".join(self.rng.choice((c, c.lower())) for c in rtype)
        text = owner + self.blank() + self.blank().join([*head, rtype])
        opens = self.rng.randint(0, len(words)) if self.rng.random() < 0.4 else None
        closes = opens if opens is None else self.rng.randint(opens, len(words))
        within = False
        for place, word in enumerate([*words, None]):
            text += self.gap(within)
            if place == opens:
                text += "(" + self.gap(True)
                within = True
            if place == closes:
                text += ")" + self.blank()
                within = False
            text += word or ""
        return text + self.rng.choice(("", " ; end", "\r")) + "\n"

    def zone(self):
        """A zone that is not signed."""
        lines = [
            f"$ORIGIN {ORIGIN}\n@ 3600 IN SOA ns1 host 1 7200 3600 604800 300\n@ 3600 IN NS ns1\n"
        ]
        for number in range(self.rng.randint(3, 30)):
            owner = f"n{number}" + self.rng.choice(("", ".Sub", ".\\104", "\\.x", ".a\\032b"))
            owner += self.rng.choice(("", f".{ORIGIN}"))
            ttl = self.rng.choice(TTLS)
            rtype, words = self.rdata()
            lines.append(self.entry(owner, ttl, rtype, words))
            again, words = self.rdata()
            if again == "TXT":
                again, words = "TYPE65282", self.unknown(3)
            if rtype not in ("CNAME", "DNAME", again) and again not in ("CNAME", "DNAME"):
                lines.append(self.entry("", ttl, again, words))
            if self.rng.random() < 0.2:
                lines.append(self.rng.choice(("\n", '; comment ( "\n', "$TTL 1h ; x\n", " \t\n")))
        return "".join(lines)
