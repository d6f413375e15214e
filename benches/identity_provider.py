#!/usr/bin/env python3
"""An OpenID provider for measurements, which signs its ID tokens with RS256.

    identity_provider.py PORT

It keeps nothing: a code has what its ID token says. It has an issuer at each path. The token endpoint of the issuer /hanging
never responds; GET /hanging/count returns how many requests to it wait.
"""
import base64, hashlib, json, sys, time
from urllib.parse import parse_qs

from receiver import Receiver

CLIENT_ID, KEY_ID = "vestibule", "rs256"
# A public exponent, and the modulus of 2048 bits of so many primes.
EXPONENT, PRIMES = 65537, 16
# The beginning of what is signed: padding, and the name of SHA-256 (RFC 8017, section 9.2).
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode_json(fields):
    return encode(json.dumps(fields, separators=(",", ":")).encode())


def decode_json(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def prime(number):
    """A prime of 128 bits, of which the highest six are set, so that the product of all has 2048 bits."""
    attempt = 0
    while True:
        digest = hashlib.sha256(f"prime {number} {attempt}".encode()).digest()
        candidate = int.from_bytes(digest[:16], "big") | 0x3f << 122 | 1
        if (candidate - 1) % EXPONENT and pow(2, candidate - 1, candidate) == 1:
            return candidate
        attempt += 1


class Key:
    """A key of RSA. Its modulus has many small primes, so anyone could factor it; for that, a signature takes 0.4 ms in plain
    Python. Verifying one takes as long as with any other key."""

    def __init__(self):
        primes, self.modulus = [prime(number) for number in range(PRIMES)], 1
        for factor in primes:
            self.modulus *= factor
        # For the Chinese remainder theorem.
        self.parts = [(factor, pow(EXPONENT, -1, factor - 1), rest * pow(rest, -1, factor))
                      for factor in primes for rest in [self.modulus // factor]]

    def sign(self, message):
        """A signature with PKCS #1 v1.5 and SHA-256."""
        digest_info = DIGEST_INFO + hashlib.sha256(message).digest()
        padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(digest_info)) + b"\x00" + digest_info
        number = int.from_bytes(padded, "big")
        power = sum(pow(number % factor, exponent, factor) * inverse for factor, exponent, inverse in self.parts)
        return (power % self.modulus).to_bytes(256, "big")

    def public(self):
        return {"kty": "RSA", "kid": KEY_ID, "alg": "RS256", "use": "sig", "n": encode(self.modulus.to_bytes(256, "big")),
                "e": encode(EXPONENT.to_bytes(3, "big"))}


def code_for(nonce, subject, email):
    """The code with which the browser of a person comes back."""
    return encode_json({"nonce": nonce, "sub": subject, "email": email})


class Provider(Receiver):
    """Answers requests of the service. The person's browser needs none: the benchmark makes its codes."""

    def __init__(self, port):
        super().__init__(port)
        self.base, self.key, self.waiting = f"http://127.0.0.1:{port}", Key(), set()

    def close(self, descriptor):
        self.waiting.discard(descriptor)
        super().close(descriptor)

    def take_request(self, connection, data, received_at):
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = data[:end].decode()
        path, following = head.split(" ", 2)[1], end + 4
        for line in head.lower().split("\r\n")[1:]:
            if line.startswith("content-length:"):
                following += int(line.split(":")[1])
        if len(data) < following:
            return None
        if path == "/hanging/token":
            self.waiting.add(connection.fileno())
            return data[following:]
        answer = self.answer(path, data[end + 4:following].decode())
        status = "404 Not Found" if answer is None else "200 OK"
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        return data[following:]

    def answer(self, path, body):
        if path == "/hanging/count":
            return len(self.waiting)
        if path.endswith("/.well-known/openid-configuration"):
            return self.discovery(self.base + path.removesuffix("/.well-known/openid-configuration"))
        if path.endswith("/keys"):
            return {"keys": [self.key.public()]}
        if path.endswith("/token"):
            return self.tokens(self.base + path.removesuffix("/token"), parse_qs(body))
        return None

    def discovery(self, issuer):
        return {"issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys", "userinfo_endpoint": f"{issuer}/userinfo", "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}

    def tokens(self, issuer, form):
        access_token = encode(hashlib.sha256(form["code"][0].encode()).digest())
        return {"access_token": access_token, "token_type": "Bearer", "expires_in": 3600,
                "id_token": self.id_token(issuer, decode_json(form["code"][0]), access_token)}

    def id_token(self, issuer, code, access_token):
        now = int(time.time())
        claims = {"iss": issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 3600, **code, "email_verified": True,
                  "name": "Robin Example", "given_name": "Robin", "family_name": "Example", "locale": "en",
                  "at_hash": encode(hashlib.sha256(access_token.encode()).digest()[:16])}
        signed = encode_json({"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}) + "." + encode_json(claims)
        return signed + "." + encode(self.key.sign(signed.encode()))


if __name__ == "__main__":
    Provider(int(sys.argv[1])).serve()
