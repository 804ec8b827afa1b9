"""Keys for the test zones, and their files in the format of BIND's dnssec-keygen.

The keys of curves are derived from a phrase, so that anyone can sign with them: they protect
nothing. RSA keys come from OpenSSL and differ each time.
"""

import base64
import hashlib
import subprocess
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils

MNEMONICS = {
    5: "RSASHA1",
    7: "NSEC3RSASHA1",
    8: "RSASHA256",
    10: "RSASHA512",
    13: "ECDSAP256SHA256",
    14: "ECDSAP384SHA384",
    15: "ED25519",
    16: "ED448",
}
RSA_HASHES = {5: hashes.SHA1, 7: hashes.SHA1, 8: hashes.SHA256, 10: hashes.SHA512}
CURVES = {13: (ec.SECP256R1, 32, hashes.SHA256), 14: (ec.SECP384R1, 48, hashes.SHA384)}

ZONE_KEY, SECURE_ENTRY_POINT, REVOKED = 0x0100, 0x0001, 0x0080
ZSK, KSK = ZONE_KEY, ZONE_KEY | SECURE_ENTRY_POINT


@dataclass(frozen=True)
class Key:
    """A private key with what a DNSKEY record says of it; the record may say it wrongly."""

    private: object
    algorithm: int
    flags: int = ZSK
    protocol: int = 3
    # Octets published instead of the real public key, and the algorithm published.
    published: bytes | None = None
    published_algorithm: int | None = None

    @cached_property
    def public_octets(self):
        """The public key field (RFC 3110 §2, RFC 6605 §4, RFC 8080 §3)."""
        if self.published is not None:
            return self.published
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            return rsa_field(public.public_numbers())
        if isinstance(public, ec.EllipticCurvePublicKey):
            numbers, size = public.public_numbers(), CURVES[self.algorithm][1]
            return numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")
        return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def number(self):
        """The algorithm that the DNSKEY and its signatures state."""
        return self.algorithm if self.published_algorithm is None else self.published_algorithm

    @property
    def rdata(self):
        head = self.flags.to_bytes(2, "big") + bytes([self.protocol, self.number])
        return head + self.public_octets

    @property
    def rdata_text(self):
        octets = base64.b64encode(self.public_octets).decode()
        return f"{self.flags} {self.protocol} {self.number} {octets}"

    @property
    def tag(self):
        return key_tag(self.rdata)

    def sign(self, data):
        """A signature in the form of RRSIG's signature field; the same for the same data."""
        if self.algorithm in RSA_HASHES:
            return self.private.sign(data, padding.PKCS1v15(), RSA_HASHES[self.algorithm]())
        if self.algorithm in CURVES:
            _, size, digest = CURVES[self.algorithm]
            der = self.private.sign(data, ec.ECDSA(digest(), deterministic_signing=True))
            r, s = utils.decode_dss_signature(der)
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        return self.private.sign(data)

    def write(self, directory, origin):
        """Writes `.key` and `.private`; returns the path without either ending."""
        directory.mkdir(parents=True, exist_ok=True)
        base = directory / f"K{origin}+{self.algorithm:03}+{self.tag:05}"
        base.with_name(base.name + ".key").write_text(
            f"{origin} 3600 IN DNSKEY {self.rdata_text}\n", encoding="ascii"
        )
        base.with_name(base.name + ".private").write_text(self.private_text(), encoding="ascii")
        return base

    def private_text(self):
        lines = ["Private-key-format: v1.3"]
        lines.append(f"Algorithm: {self.algorithm} ({MNEMONICS[self.algorithm]})")
        lines += [f"{name}: {base64.b64encode(octets).decode()}" for name, octets in self.fields()]
        lines += [f"{event}: 20250101000000" for event in ("Created", "Publish", "Activate")]
        return "\n".join(lines) + "\n"

    def fields(self):
        if isinstance(self.private, rsa.RSAPrivateKey):
            return rsa_private_fields(self.private.private_numbers())
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            value = self.private.private_numbers().private_value
            return [("PrivateKey", value.to_bytes(CURVES[self.algorithm][1], "big"))]
        raw = (serialization.Encoding.Raw, serialization.PrivateFormat.Raw)
        octets = self.private.private_bytes(*raw, serialization.NoEncryption())
        return [("PrivateKey", octets)]

    def pem(self):
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def derived(phrase, algorithm, flags=ZSK, **published):
    """A key of a curve that is derived from a phrase."""
    seed = hashlib.shake_256(f"sigmill test key: {phrase} {algorithm}".encode()).digest(57)
    if algorithm in CURVES:
        curve, size, _ = CURVES[algorithm]
        # Clearing the first octet keeps the number below the group order.
        private = ec.derive_private_key(int.from_bytes(seed[1:size], "big"), curve())
    elif algorithm == 15:
        private = ed25519.Ed25519PrivateKey.from_private_bytes(seed[:32])
    else:
        private = ed448.Ed448PrivateKey.from_private_bytes(seed)
    return Key(private, algorithm, flags, **published)


def derived_rsa(phrase, algorithm, flags=ZSK, bits=1024, exponent=65537):
    """An RSA key whose primes are derived from a phrase; the exponent must be a prime."""
    p, q = (derived_prime(f"{phrase} {name}", bits // 2, exponent) for name in "pq")
    d = pow(exponent, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(exponent, p * q),
    )
    return Key(numbers.private_key(), algorithm, flags)


def derived_prime(phrase, bits, exponent):
    """The first number from a place that the phrase names on that passes Fermat's test to four
    bases and lets the exponent have an inverse. The two highest bits are set."""
    seed = hashlib.shake_256(f"sigmill test prime: {phrase}".encode()).digest(bits // 8)
    candidate = int.from_bytes(seed, "big") | 0b11 << bits - 2 | 1
    while candidate % exponent == 1 or any(
        pow(base, candidate - 1, candidate) != 1 for base in (2, 3, 5, 7)
    ):
        candidate += 2
    return candidate


def fresh_rsa(algorithm, flags=ZSK, bits=2048, exponent=65537):
    """A new RSA key. OpenSSL's command takes exponents that most libraries do not offer."""
    command = ["openssl", "genpkey", "-quiet", "-algorithm", "RSA"]
    command += ["-pkeyopt", f"rsa_keygen_bits:{bits}"]
    command += ["-pkeyopt", f"rsa_keygen_pubexp:{exponent}"]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode != 0:
        command.remove("-quiet")
        made = subprocess.run(command, capture_output=True, check=True)
    return Key(serialization.load_pem_private_key(made.stdout, None), algorithm, flags)


def make(phrase, algorithm, flags=ZSK, bits=2048, exponent=65537):
    if algorithm in RSA_HASHES:
        return fresh_rsa(algorithm, flags, bits, exponent)
    return derived(phrase, algorithm, flags)


def key_tag(rdata):
    """RFC 4034 Appendix B."""
    total = sum(octet if place & 1 else octet << 8 for place, octet in enumerate(rdata))
    return (total + (total >> 16 & 0xFFFF)) & 0xFFFF


def ds_text(origin, key_rdata):
    """The DS record of a DNSKEY with SHA-256 (RFC 4034 §5.1.4, RFC 4509); lower-case origin."""
    labels = [label.encode() for label in origin.lower().strip(".").split(".") if label]
    owner = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    digest = hashlib.sha256(owner + key_rdata).hexdigest().upper()
    return f"{origin} 3600 IN DS {key_tag(key_rdata)} {key_rdata[3]} 2 {digest}"


def rsa_field(numbers):
    exponent, modulus = octets_of(numbers.e), octets_of(numbers.n)
    length = bytes([len(exponent)]) if len(exponent) < 256 else b"\0" + len(exponent).to_bytes(2, "big")
    return length + exponent + modulus


def rsa_private_fields(numbers):
    public = numbers.public_numbers
    values = [
        ("Modulus", public.n),
        ("PublicExponent", public.e),
        ("PrivateExponent", numbers.d),
        ("Prime1", numbers.p),
        ("Prime2", numbers.q),
        ("Exponent1", numbers.dmp1),
        ("Exponent2", numbers.dmq1),
        ("Coefficient", numbers.iqmp),
    ]
    return [(name, octets_of(value)) for name, value in values]


def octets_of(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
