"""Signed tokens (JWT, RS256): the service's RSA key pair, DATA/jwt.key, and two pure functions. Knows no claim but exp.

The public half is for everybody who wants to check a token by themselves.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from dragoman.core.errors import Conflict, Unauthenticated
from dragoman.trust.keyfile import kept

FILE_NAME = "jwt.key"
_ALGORITHM = "RS256"
_BITS = 2048
_MOST = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """The key that signs, and its public half as others need it."""

    private: RSAKey
    public_pem: str
    """SubjectPublicKeyInfo."""
    public_jwk: Mapping[str, Any]
    made_at: int
    """Microseconds since 1970."""


def key_pair(data: str) -> KeyPair:
    """The key pair in the data directory; made, and safe on disk, when there is none.

    Raises Conflict when others may read the file or it is no key, and Unavailable when the disk refuses.
    """
    pem, path = kept(data, FILE_NAME, _new_pem), os.path.join(data, FILE_NAME)
    try:
        private = RSAKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as error:
        raise Conflict(f"{path} is no RSA key.", hint="Restore it from a backup, or delete it.") from error
    named = {"use": "sig", "alg": _ALGORITHM, "kid": private.thumbprint()}
    return KeyPair(
        private=private,
        public_pem=private.as_pem(private=False).decode().strip(),
        public_jwk={**private.as_dict(private=False), **named},
        made_at=os.stat(path).st_mtime_ns // 1000,
    )


def sign(keys: KeyPair, claims: Mapping[str, Any]) -> str:
    """A token that says this."""
    return jwt.encode({"typ": "JWT", "alg": _ALGORITHM}, dict(claims), keys.private, algorithms=[_ALGORITHM])


def verify(keys: KeyPair, token: str, *, at: float) -> dict[str, Any]:
    """What a token says that we have signed and that has not expired ``at`` these seconds. Raises Unauthenticated."""
    if len(token) > _MOST:
        raise Unauthenticated("The token is too long.")
    try:
        claims = jwt.decode(token, keys.private, algorithms=[_ALGORITHM]).claims
    except (JoseError, ValueError, TypeError) as error:
        raise Unauthenticated("The token was not signed by this service.") from error
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, (int, float)):
        raise Unauthenticated("The token does not say when it expires.")
    if expires <= at:
        raise Unauthenticated("The token has expired.")
    return claims


def _new_pem() -> bytes:
    key = generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
