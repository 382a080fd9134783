"""Opaque tokens: 40 hex digits for the holder, a digest for us. A look-up by digest needs no constant-time compare."""

import hashlib
import hmac
import secrets

HEX_DIGITS = 40


def mint() -> str:
    """A new token of 160 random bits: 40 lower-case hex digits."""
    return secrets.token_hex(HEX_DIGITS // 2)


def digest(token: str) -> str:
    """What is stored of a token: its SHA-256, 64 hex digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def job_key(server_key: bytes, token: str) -> str:
    """A running job's own token, made from its attempt token, so that it can be told again and is stored nowhere."""
    return hmac.new(server_key, b"job key " + token.encode(), hashlib.sha256).hexdigest()[:HEX_DIGITS]


def client_key(server_key: bytes, client_id: str) -> str:
    """The key of a client whose owner may ask for it again: made from the client's id, so that it is stored nowhere."""
    return hmac.new(server_key, b"client key " + client_id.encode(), hashlib.sha256).hexdigest()[:HEX_DIGITS]


def account_token(server_key: bytes, nonce: str) -> str:
    """An account's own token, made from a random nonce, so that it can be told again and is stored nowhere."""
    return hmac.new(server_key, b"account token " + nonce.encode(), hashlib.sha256).hexdigest()[:HEX_DIGITS]
