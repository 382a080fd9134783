"""Sealed secrets open with the same key in the same place, unchanged, and never otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Broken
from dragoman.trust.vault import open_sealed, seal

KEY = bytes(range(32))


@given(st.binary(), st.text(st.characters(codec="utf-8")))
def test_a_secret_comes_back(plain: bytes, aad: str) -> None:
    """Whatever it is."""
    assert plain == open_sealed(KEY, seal(KEY, plain, aad), aad)


def test_what_was_sealed_long_ago_opens() -> None:
    """The form is kept in databases and must never change."""
    sealed = bytes.fromhex("01b7537d9b96c8c92b2cc33c919936d83aaf7b8c1b8cb6b90c01f7a2e963077887574e")
    assert b"secret" == open_sealed(KEY, sealed, "credential 1 2")


def test_a_seal_never_comes_twice() -> None:
    """Who reads the database cannot tell that two secrets are the same."""
    assert 100 == len({seal(KEY, b"secret", "here") for _ in range(100)})


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_secret_does_not_open(place: int, change: int) -> None:
    """Any byte of it."""
    sealed = bytearray(seal(KEY, b"secret", "here"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(Broken, match="does not open"):
        open_sealed(KEY, bytes(sealed), "here")


@given(st.binary(max_size=40))
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    """Also what is too short to be anything."""
    with pytest.raises(Broken):
        open_sealed(KEY, sealed, "here")


def test_a_secret_opens_in_its_place_alone() -> None:
    """Neither in another row nor under another key."""
    sealed = seal(KEY, b"secret", "credential 1 2")
    with pytest.raises(Broken):
        open_sealed(KEY, sealed, "credential 1 3")
    with pytest.raises(Broken):
        open_sealed(bytes(32), sealed, "credential 1 2")


def test_the_key_itself_is_not_used() -> None:
    """Another use of it cannot break the vault: a key of the vault's own is derived."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sealed = seal(KEY, b"secret", "here")
    with pytest.raises(InvalidTag):
        AESGCM(KEY).decrypt(sealed[1:13], sealed[13:], sealed[:1] + b"here")
