"""An authenticator of passkeys (WebAuthn Level 3) in plain Python, with ES256 and attestation `none`. Only for benchmarks.

Nothing is random here: a key is derived from the credential's name, and each signature has the same nonce, from which anyone
could compute the key. That makes a signature a few multiplications, so that the load does not wait for them.
"""
import base64, hashlib, json

# The curve P-256 (FIPS 186-5): y² = x³ − 3x + b modulo P, with the base point G of order N.
P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, HAS_CREDENTIAL = 1, 4, 8, 16, 64
# As passkeys of a phone or a password manager are, whose counter is always 0.
FLAGS = USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP


def add(first, second):
    """The sum of two points, of which the first may be None, the neutral one."""
    if first is None:
        return second
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and y1 != y2:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) if first == second else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def multiply(number):
    """A multiple of the base point."""
    result, power = None, G
    while number:
        if number & 1:
            result = add(result, power)
        number, power = number >> 1, add(power, power)
    return result


def derived(text):
    """A number from 1 to N - 1."""
    return int.from_bytes(hashlib.sha512(text.encode()).digest(), "big") % (N - 1) + 1


NONCE = derived("nonce")
NONCE_X, NONCE_INVERSE = multiply(NONCE)[0] % N, pow(NONCE, -1, N)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def der_integer(number):
    # With a leading zero, if the first bit would be that of the sign.
    data = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([2, len(data)]) + data


class Passkey:
    """A key of a user at a relying party."""

    def __init__(self, name, origin, rp_id="localhost"):
        self.id, self.key, self.origin = hashlib.sha256(name.encode()).digest(), derived(name), origin
        self.rp_hash, self.user_handle = hashlib.sha256(rp_id.encode()).digest(), None

    def sign(self, message):
        """An ECDSA signature with SHA-256, in DER."""
        digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
        body = der_integer(NONCE_X) + der_integer(NONCE_INVERSE * (digest + NONCE_X * self.key) % N)
        return bytes([0x30, len(body)]) + body

    def client_data(self, ceremony, options):
        fields = {"type": ceremony, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(fields, separators=(",", ":")).encode()

    def authenticator_data(self, flags):
        return self.rp_hash + bytes([flags]) + bytes(4)

    def credential(self, response):
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key",
                "response": {name: encode(value) for name, value in response.items()}}

    def register(self, options):
        """Answers the options of a new credential, as `PublicKeyCredential.toJSON()` does."""
        self.user_handle = base64.urlsafe_b64decode(options["user"]["id"] + "==")
        x, y = (coordinate.to_bytes(32, "big") for coordinate in multiply(self.key))
        # A map of COSE: key type EC2, algorithm ES256, curve P-256, and the coordinates.
        public_key = bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y
        data = self.authenticator_data(FLAGS | HAS_CREDENTIAL) + bytes(16) + len(self.id).to_bytes(2, "big")
        data += self.id + public_key
        # {"fmt": "none", "attStmt": {}, "authData": …}
        attestation = (b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data)
        client_data = self.client_data("webauthn.create", options)
        return self.credential({"clientDataJSON": client_data, "attestationObject": attestation})

    def assert_to(self, options):
        """Answers the options of the use of a credential."""
        client_data, data = self.client_data("webauthn.get", options), self.authenticator_data(FLAGS)
        signature = self.sign(data + hashlib.sha256(client_data).digest())
        return self.credential({"clientDataJSON": client_data, "authenticatorData": data, "signature": signature,
                                "userHandle": self.user_handle})
