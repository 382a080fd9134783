"""Reaches a bucket over S3 with one account's own key pair, and says what goes wrong. Moves no bytes itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from obstore import exceptions
from obstore.store import S3Store

from dragoman.core.errors import Broken, Denied, Invalid, NotFound, Problem, Unavailable, Unsupported
from dragoman.shells.below import shown
from dragoman.web.addresses import literal

if TYPE_CHECKING:
    from obstore.store import S3Credential

_ENDPOINT = re.compile(
    r"https?://(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::([0-9]{1,5}))?(/[a-z0-9._~/-]*)?", re.IGNORECASE
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{0,254}", re.ASCII | re.IGNORECASE)
_KEY = re.compile(r"[!-~]{1,1024}")
_STATUS = re.compile(r"status code: (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Target:
    """A bucket and a key pair for it."""

    endpoint: str
    """``host``, ``host:port`` or ``https://host:port``; ``http://…`` goes without TLS."""
    bucket: str
    access: str
    secret: str = field(repr=False)
    region: str = "us-east-1"


# A store keeps connections, which all who use the same keys share.
@lru_cache(maxsize=128)
def open_store(target: S3Target) -> S3Store:
    """The bucket; nothing is asked of it yet. Raises Invalid for what no endpoint, bucket or key can be."""
    endpoint = address_of(target)
    _check_endpoint(endpoint)
    if not _BUCKET.fullmatch(target.bucket):
        raise Invalid.field("bucket", why="It is no name of a bucket.")
    if not _KEY.fullmatch(target.access) or not _KEY.fullmatch(target.secret):
        raise Denied("The key pair for the object store is incomplete, or has characters that no key has.")
    keys: S3Credential = {"access_key_id": target.access, "secret_access_key": target.secret, "expires_at": None}
    try:
        return S3Store(
            target.bucket,
            config={
                "endpoint": endpoint,
                "region": target.region,
                "virtual_hosted_style_request": False,
                "skip_signature": False,
            },
            # A download may take as long as it likes; who reads it minds the silence.
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=10),
                "timeout": timedelta(days=30),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
            # So neither the environment nor a cloud's metadata service lends the service's own keys to anybody.
            credential_provider=lambda: keys,
        )
    except (exceptions.BaseError, ValueError) as error:
        raise _no_store() from error


def address_of(target: S3Target) -> str:
    """Where the store is asked; buckets are below."""
    return (target.endpoint if "://" in target.endpoint else f"https://{target.endpoint}").rstrip("/")


def _check_endpoint(endpoint: str) -> None:
    """Raise Invalid for any address that is not plainly one: the library ends the whole process over some of them."""
    found = _ENDPOINT.fullmatch(endpoint)
    if found is None or not 0 < int(found[3] or 443) < 65536:
        raise _no_store()
    host = (found[1] or found[2]).lower()
    try:
        address = literal(host)
    except Invalid as problem:
        raise _no_store() from problem
    if bool(found[1]) != isinstance(address, IPv6Address) or any(part.startswith("xn--") for part in host.split(".")):
        raise _no_store()


def _no_store() -> Invalid:
    return Invalid.field("host", why="It is no address of an object store.")


def key_of(path: str) -> str:
    """The object's key for a path. Raises Invalid for names that object stores do not take."""
    parts = [part for part in path.split("/") if part]
    if not path.startswith("/") or not {".", ".."}.isdisjoint(parts) or any(map(_is_odd, path)):
        why = "A path in an object store starts with a slash, is plain text, and has no parts '.' and '..'."
        raise Invalid.field(shown(path), why=why)
    return "/".join(parts)


def _is_odd(character: str) -> bool:
    return character < " " or "\x7f" <= character < "\xa0" or "\ud800" <= character <= "\udfff"


@contextmanager
def told(target: S3Target, path: str) -> Iterator[None]:
    """Raise the Problem for whatever the store refuses about ``path``. The store's own words are not repeated."""
    try:
        yield
    except (exceptions.BaseError, FileNotFoundError, TimeoutError, ValueError) as error:
        raise _problem(error, target, f"{shown(path)} in {target.bucket}") from error


def _problem(error: Exception, target: S3Target, place: str) -> Problem:
    status = _status(error)
    if status == "404":
        return NotFound(f"There is no {place}.")
    if status in ("401", "403"):
        return Denied(f"{target.endpoint} refuses it to the key {target.access}: {place}.", hint="Check the key pair.")
    if isinstance(error, exceptions.InvalidPathError | ValueError):
        return Invalid.field(place, why="Object stores do not take this name.")
    if isinstance(error, exceptions.NotSupportedError):
        return Unsupported(f"{target.endpoint} cannot do it: {place}.")
    if status.startswith("4"):
        return Broken(f"{target.endpoint} cannot do it: {place} (status {status}).")
    return Unavailable(f"{target.endpoint} does not answer: {place}.", hint="Is it up, and reachable from here?")


def _status(error: Exception) -> str:
    """The status of the store's answer, which not every exception stands for; empty when there was none."""
    if isinstance(error, FileNotFoundError):
        return "404"
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return "403"
    found = _STATUS.search(str(error))
    return found[1] if found is not None else ""
