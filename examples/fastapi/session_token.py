"""Checks session tokens, the short-lived JWTs that Vestibule issues to signed-in people."""

import os

import jwt

VESTIBULE = os.environ.get("VESTIBULE_URL", "http://127.0.0.1:8080")
AUDIENCE = os.environ.get("VESTIBULE_AUDIENCE", VESTIBULE)

# Caches the keys for five minutes, and fetches them again for an unknown key, at most every 30 seconds.
_keys = jwt.PyJWKClient(f"{VESTIBULE}/.well-known/jwks.json", timeout=5)


def verify_session_token(token: str) -> dict | None:
    """Returns the claims of a valid session token, or None for any other string."""
    try:
        key = _keys.get_signing_key_from_jwt(token)
        return jwt.decode(
            token,
            key,
            algorithms=["ES256"],
            issuer=VESTIBULE,
            audience=AUDIENCE,
            options={"require": ["iss", "aud", "exp", "sub"]},
        )
    except jwt.PyJWKClientConnectionError:
        raise  # The keys could not be fetched: the token may be valid.
    except jwt.PyJWTError:
        return None


def is_allowed(claims: dict, permission: str) -> bool:
    """Returns whether the person has a permission in their active organization. Admins have every permission."""
    return not {permission, "organization:admin"}.isdisjoint(claims["permissions"]["organization"])
