"""Reads how somebody logs in: the secrets of one method out of a request. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.things import Credential
from dragoman.dialects.tapis3.job_fields import Faults

METHODS: Mapping[str, str] = {
    "PASSWORD": "password",
    "PKI_KEYS": "key",
    "ACCESS_KEY": "access",
    "TOKEN": "token",
    "CERT": "certificate",
}
"""What the ways to log in are called in this house."""

_SECRETS: Mapping[str, Mapping[str, str]] = {
    "password": {"password": "password"},
    "key": {"privateKey": "private", "publicKey": "public"},
    "access": {"accessKey": "access", "accessSecret": "secret"},
    "token": {"accessToken": "access", "refreshToken": "refresh"},
    "certificate": {"certificate": "certificate"},
}
"""For each: what its secrets are called on the wire, and here."""
_SPARE = frozenset({"publicKey", "refreshToken"})
"""One can do without these."""


def read_credential(given: Mapping[str, Any], preferred: str, faults: Faults, *where: str) -> Credential | None:
    """The credential that a request holds, with the preferred method where it fits; what is wrong is noted."""
    whole = [method for method, names in _SECRETS.items() if set(names) - _SPARE <= set(given)]
    used = {name for method in whole for name in _SECRETS[method]}
    known = {name for names in _SECRETS.values() for name in names}
    for name in sorted((set(given) & known) - used):
        faults.add((*where, name), "Something that goes with it is missing: accessKey and accessSecret, a privateKey.")
    if not whole:
        why = "Send a password, a privateKey (and publicKey), an accessKey and accessSecret, or an accessToken."
        faults.add(where or ("credential",), why)
        return None
    method = preferred if preferred in whole else whole[0]
    secrets = {ours: str(given.get(name, "")) for name, ours in _SECRETS[method].items()}
    return Credential(login=str(given.get("loginUser", "")), method=method, secrets=secrets)
