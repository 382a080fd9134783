"""Seals secrets that must be told again, such as people's logins elsewhere: AES-256-GCM under the service's own key.

A sealed secret is bound to its place (``aad``): copied to another row it does not open.
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dragoman.core.errors import Broken

_FORM = b"\x01"
"""The first byte of whatever is sealed, so that another form can be told from this one."""
_NONCE = 12


def seal(key: bytes, plain: bytes, aad: str) -> bytes:
    """What is stored of a secret; never twice the same. ``key`` is the service's own, ``aad`` names the place."""
    nonce = os.urandom(_NONCE)
    return _FORM + nonce + _cipher(key).encrypt(nonce, plain, _FORM + aad.encode())


def open_sealed(key: bytes, sealed: bytes, aad: str) -> bytes:
    """The secret again. Raises Broken when it was changed, belongs elsewhere, or was sealed under another key."""
    form, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        # The form is bound too: another first byte does not open either.
        return _cipher(key).decrypt(nonce, rest, form + aad.encode())
    except (InvalidTag, ValueError) as error:
        raise Broken(
            "A stored secret does not open: it was changed, or the service's key was.",
            hint="Restore server.key from the backup that goes with the database, or store the secret again.",
        ) from error


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"dragoman vault 1").derive(key))
