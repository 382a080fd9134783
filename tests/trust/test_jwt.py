"""Signed tokens: what was signed here and is in force is believed, and nothing else."""

import base64
import hmac
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt as other
from joserfc.jwk import RSAKey

from dragoman.core.errors import Conflict, Unauthenticated
from dragoman.trust.jwt import KeyPair, key_pair, sign, verify
from tests.keys import signing_keys

CLAIMS = {"exp": 1000, "sub": "ann@solo", "deep": {"a": [1, None]}}


@pytest.fixture(scope="module")
def keys() -> KeyPair:
    return signing_keys()


def test_key_pair_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """A later start finds it, and tokens of an earlier one stay good."""
    first = key_pair(str(tmp_path))
    again = key_pair(str(tmp_path))
    assert first.public_pem == again.public_pem
    assert CLAIMS == verify(again, sign(first, CLAIMS), at=0)
    assert ["jwt.key"] == os.listdir(tmp_path)
    assert 0o600 == (tmp_path / "jwt.key").stat().st_mode & 0o777


@pytest.mark.parametrize("content", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_key_pair_is_refused_when_it_is_none(tmp_path: Path, content: bytes) -> None:
    """A cut file is told, and not replaced behind the operator's back."""
    (tmp_path / "jwt.key").write_bytes(content)
    (tmp_path / "jwt.key").chmod(0o600)
    with pytest.raises(Conflict, match=r"jwt\.key is no RSA key"):
        key_pair(str(tmp_path))
    assert content == (tmp_path / "jwt.key").read_bytes()


def test_key_pair_is_refused_when_others_may_read_it(tmp_path: Path) -> None:
    """The message says how to mend it."""
    key_pair(str(tmp_path))
    (tmp_path / "jwt.key").chmod(0o644)
    with pytest.raises(Conflict, match="chmod 600"):
        key_pair(str(tmp_path))


def test_others_can_check_a_token(keys: KeyPair) -> None:
    """With what is published, as PEM and as JWK; it tells nothing private."""
    token = sign(keys, CLAIMS)
    assert "BEGIN PUBLIC KEY" in keys.public_pem
    assert set() == {"d", "p", "q", "dp", "dq", "qi"} & set(keys.public_jwk)
    for public in (RSAKey.import_key(keys.public_pem), RSAKey.import_key(dict(keys.public_jwk))):
        read = other.decode(token, public, algorithms=["RS256"])
        assert ({"typ": "JWT", "alg": "RS256"}, CLAIMS) == (read.header, read.claims)


def test_a_token_ends(keys: KeyPair) -> None:
    """It is good until its last second, and not from then on."""
    token = sign(keys, CLAIMS)
    assert CLAIMS == verify(keys, token, at=999.9)
    with pytest.raises(Unauthenticated, match="expired"):
        verify(keys, token, at=1000)


@pytest.mark.parametrize("expires", [None, "1000", True, [1000]])
def test_a_token_without_an_end_is_refused(keys: KeyPair, expires: object) -> None:
    """Nothing is good for ever."""
    with pytest.raises(Unauthenticated):
        verify(keys, sign(keys, {"exp": expires}), at=0)


def test_another_algorithm_is_refused(keys: KeyPair) -> None:
    """Not even one that takes our public key for a shared secret, nor none at all."""
    said = f"{_base64({'alg': 'HS256'})}.{_base64(CLAIMS)}"
    shared = hmac.digest(keys.public_pem.encode(), said.encode(), "sha256")
    confused = f"{said}.{base64.urlsafe_b64encode(shared).decode().rstrip('=')}"
    other_rsa = other.encode({"alg": "RS512"}, CLAIMS, keys.private, algorithms=["RS512"])
    naked = f"{_base64({'alg': 'none'})}.{_base64(CLAIMS)}."
    for token in (confused, other_rsa, naked):
        with pytest.raises(Unauthenticated):
            verify(keys, token, at=0)


def test_another_key_is_refused(keys: KeyPair) -> None:
    """Also one that the token itself brings along."""
    private = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "jwk": private.as_dict(private=False)}
    for token in (
        sign(KeyPair(private=private, public_pem="", public_jwk={}, made_at=0), CLAIMS),
        other.encode(header, CLAIMS, private, algorithms=["RS256"]),
    ):
        with pytest.raises(Unauthenticated):
            verify(keys, token, at=0)


@given(st.integers(min_value=0), st.integers(1, 127))
def test_a_changed_token_is_refused(place: int, change: int) -> None:
    """Any byte of what was signed."""
    keys = signing_keys()
    signed, _, signature = sign(keys, CLAIMS).rpartition(".")
    at = place % len(signed)
    forged = signed[:at] + chr(ord(signed[at]) ^ change) + signed[at + 1 :]
    with pytest.raises(Unauthenticated):
        verify(keys, f"{forged}.{signature}", at=0)


@given(st.text())
def test_any_text_is_no_token(text: str) -> None:
    """A header may hold anything."""
    with pytest.raises(Unauthenticated):
        verify(signing_keys(), text, at=0)


def _base64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
