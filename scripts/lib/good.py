"""The good zones: which source is signed by whom, with what keys, and what must be found in it."""

from dataclasses import dataclass, field

from lib import keys, signers
from lib.keys import KSK, ZSK

AT = "2026-06-01T00:00:00Z"
DENIALS = ("nsec", "nsec3", "nsec3-optout")


@dataclass(frozen=True)
class Spec:
    """One signed zone that is as it should be."""

    file: str
    what: str
    source: str
    origin: str
    signer: str
    # How each key is made: arguments of keys.make, the phrase included.
    keys: tuple
    denial: str = "nsec"
    at: str = AT
    options: dict = field(default_factory=dict)

    @property
    def algorithms(self):
        return sorted({key[1] for key in self.keys})

    def sign(self, sources, scratch):
        sign = signers.SIGN[self.signer]
        source = sources / f"{self.source}.zone"
        made = [keys.make(*key) for key in self.keys]
        return sign(source, self.origin, made, self.denial, scratch, **self.options)


def specs():
    """Every good zone, in the order of the manifest."""
    yield Spec(
        "zones/example.zone", "the zone of the README's first command, and of most broken variants",
        "example", "example.", "bind", pair("example", 13),
    )
    yield from matrix()
    yield from single_keys()
    yield from rsa_parameters()
    yield from several_algorithms()
    yield from sources()
    yield from times()


def pair(phrase, algorithm, *rsa):
    return ((f"{phrase} ksk", algorithm, KSK, *rsa), (f"{phrase} zsk", algorithm, ZSK, *rsa))


def single(phrase, algorithm, *rsa):
    return ((f"{phrase} csk", algorithm, KSK, *rsa),)


def algorithm_name(number):
    return {7: "rsasha1-nsec3-sha1"}.get(number, keys.MNEMONICS[number].lower())


def matrix():
    """Each signer, algorithm and denial. RSASHA1 does not go with NSEC3 (RFC 5155 §2)."""
    for signer in signers.SIGN:
        for algorithm in keys.MNEMONICS:
            for denial in DENIALS:
                if algorithm == 5 and denial != "nsec":
                    continue
                name = algorithm_name(algorithm)
                yield Spec(
                    f"zones/{signer}/{name}-{denial}.zone", f"{name} with KSK and ZSK, {denial}",
                    "matrix", "matrix.example.", signer, pair("matrix", algorithm), denial,
                )


def single_keys():
    for signer in signers.SIGN:
        for algorithm in (8, 13, 15):
            name = algorithm_name(algorithm)
            yield Spec(
                f"zones/{signer}/{name}-csk.zone", f"{name} with one key that signs everything",
                "matrix", "matrix.example.", signer, single("matrix", algorithm),
            )
        yield Spec(
            f"zones/{signer}/nsec3-salt.zone", "NSEC3 with salt and further iterations",
            "matrix", "matrix.example.", signer, pair("matrix", 13), "nsec3:BA5EBA11:5",
        )


def rsa_parameters():
    """Sizes and exponents that are seen on the Internet."""
    def bind(name, what, *rsa, algorithm=8):
        return Spec(
            f"zones/rsa/{name}.zone", what, "matrix", "matrix.example.", "bind",
            pair("rsa", algorithm, *rsa),
        )

    for bits in (1024, 1280, 4096):
        yield bind(f"bits-{bits}", f"RSA keys of {bits} bits", bits)
    yield bind("exponent-3", "RSA keys with the public exponent 3", 2048, 3)
    yield bind("exponent-f5", "RSA keys with the public exponent 2^32+1", 2048, 2**32 + 1)
    yield bind("exponent-f5-1024", "RSA keys of 1024 bits with the exponent 2^32+1", 1024, 2**32 + 1)
    yield bind("sha512-1024", "RSASHA512 with keys of 1024 bits", 1024, algorithm=10)
    yield bind("bits-2047", "RSA keys whose size is no multiple of 8", 2047)
    yield Spec(
        "zones/rsa/bits-mixed.zone", "a KSK of 2048 bits and a ZSK of 1024",
        "matrix", "matrix.example.", "bind",
        (("rsa ksk", 8, KSK, 2048), ("rsa zsk", 8, ZSK, 1024)),
    )


def several_algorithms():
    yield Spec(
        "zones/keys/two-algorithms.zone", "every RRset signed by RSASHA256 and by ECDSAP256SHA256",
        "matrix", "matrix.example.", "bind", pair("two", 8) + pair("two", 13),
    )
    yield Spec(
        "zones/keys/three-algorithms.zone", "every RRset signed by algorithms 13, 14 and 15",
        "matrix", "matrix.example.", "ldns",
        pair("three", 13) + pair("three", 14) + pair("three", 15),
        options={"every_algorithm": True},
    )
    yield Spec(
        "zones/keys/two-zsks.zone", "every RRset signed by two ZSKs, of 1024 and of 2048 bits",
        "matrix", "matrix.example.", "bind",
        (("zsks ksk", 8, KSK), ("zsks a", 8, ZSK, 1024), ("zsks b", 8, ZSK, 2048)),
    )


def sources():
    """Zones whose text is the point."""
    def zone(source, origin, signer, name, what, algorithm=13, denial="nsec"):
        return Spec(
            f"zones/text/{name}.zone", what, source, origin, signer, pair(source, algorithm), denial
        )

    for signer in signers.SIGN:
        yield zone("names", "names.example.", signer, f"names-{signer}", "owners hard to read or order")
        yield zone(
            "order", "order.example.", signer, f"order-{signer}",
            "RRsets whose canonical order is not that of their lengths", 15,
        )
        yield zone("root", ".", signer, f"root-{signer}", "a zone whose apex is the root", 8)
        yield zone(
            "hashed", "hashed.example.", signer, f"hashed-{signer}",
            "names that are hashes of other names, also with delegations", 13, "nsec3",
        )
    yield zone(
        "names", "names.example.", "bind", "names-nsec3", "owners hard to read, hashed", 13, "nsec3"
    )
    yield zone(
        "example", "example.", "bind", "example-optout", "the example with opt-out", 13, "nsec3-optout"
    )
    yield zone("types", "types.example.", "bind", "types", "an RRset of every type that BIND knows")


def times():
    """One zone that is judged before, within and after its short validity: see judgements()."""
    yield Spec(
        "zones/short.zone", "valid from 2026-03-01 to 2026-04-01 only",
        "matrix", "matrix.example.", "bind", pair("short", 13), at="2026-03-15T00:00:00Z",
        options={"inception": "20260301000000", "expiration": "20260401000000"},
    )
