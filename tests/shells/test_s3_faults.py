"""What a login to an object store refuses, and what it does when keys are wrong or the store is silent."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dragoman.core.errors import Conflict, Denied, Invalid, NotFound, Unavailable, Unsupported
from dragoman.shells.s3 import S3Login
from dragoman.shells.s3_store import S3Target
from tests.hosts.swift import SwiftHost, swift_server
from tests.shells.grounds import bucket_of, content, once

pytestmark = [pytest.mark.anyio, pytest.mark.slow]  # a store takes some seconds to start

NOWHERE = S3Target(endpoint="http://127.0.0.1:1", bucket="b", access="a", secret="s")


@pytest.fixture(scope="module")
def own_store() -> Iterator[SwiftHost]:
    """A server for the tests that halt it."""
    with swift_server() as host:
        yield host


async def test_what_is_no_host_is_refused(swift_host: SwiftHost) -> None:
    """There are no commands and no modes in an object store."""
    login = S3Login(bucket_of(swift_host))
    for work in (login.run(["true"]), login.change_mode("/file", 0o600)):
        with pytest.raises(Unsupported):
            await work


async def test_wrong_keys_are_denied(swift_host: SwiftHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong secret opens nothing, whatever keys the service itself has in its environment; none is shown."""
    target = bucket_of(swift_host)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", target.access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", target.secret)
    for wrong in (replace(target, secret="guess"), replace(target, access="test:bob")):
        login = S3Login(wrong)
        for work in (login.facts("/file"), login.entries("/"), content(login, "/file"), login.write("/f", once(b"x"))):
            with pytest.raises(Denied) as caught:
                await work
            assert wrong.secret not in str(caught.value)
    assert target.secret not in repr(target)


async def test_a_missing_bucket_is_not_found(swift_host: SwiftHost) -> None:
    """A bucket that is not there has neither files nor a root."""
    login = S3Login(replace(bucket_of(swift_host), bucket="no-such-bucket"))
    for work in (login.facts("/"), login.facts("/file"), login.entries("/"), login.write("/file", once(b"x"))):
        with pytest.raises(NotFound):
            await work


@pytest.mark.parametrize("path", ["/new\nline", "/tab\t", "/\udcff", "/a/../b", "/./a", "/del\x7f"])
async def test_names_that_no_object_has(swift_host: SwiftHost, path: str) -> None:
    """Control characters, bytes that are no text, and dots are refused."""
    login = S3Login(bucket_of(swift_host))
    for work in (login.facts(path), login.write(path, once(b""))):
        with pytest.raises(Invalid):
            await work


async def test_the_bucket_itself_stays(swift_host: SwiftHost) -> None:
    """The root is neither written, removed nor moved."""
    login = S3Login(bucket_of(swift_host))
    with pytest.raises(Conflict):
        await login.write("/", once(b"x"))
    with pytest.raises(Denied):
        await login.remove("/")
    with pytest.raises(Conflict):
        await login.rename("/", "/x")


async def test_nobody_there_is_unavailable() -> None:
    """A closed port is told with the store's address."""
    login = S3Login(NOWHERE)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 does not answer"):
        await login.facts("/file")


async def test_hosts_are_reached_with_tls_unless_told() -> None:
    """A bare host name means https."""
    for endpoint in ("127.0.0.1:1", "https://127.0.0.1:1/"):
        with pytest.raises(Unavailable):
            await S3Login(replace(NOWHERE, endpoint=endpoint)).facts("/file")


@pytest.mark.parametrize(
    "endpoint", ["", "ht tp://x y", "ftp://x", "http://", "http://a:b@c", "http://x?y", "x:123456"]
)
def test_what_is_no_store_is_refused(endpoint: str) -> None:
    """An address that cannot be a store's is the asker's mistake."""
    with pytest.raises(Invalid):
        S3Login(replace(NOWHERE, endpoint=endpoint))


@pytest.mark.parametrize("bucket", ["", "a b", "../x", "a/b", "x?y"])
def test_what_is_no_bucket_is_refused(bucket: str) -> None:
    """A name that cannot be a bucket's is the asker's mistake."""
    with pytest.raises(Invalid):
        S3Login(replace(NOWHERE, bucket=bucket))


@pytest.mark.parametrize("keys", [("", "s"), ("a", ""), ("a\nb", "s"), ("a", "s\u2603")])
def test_what_is_no_key_is_denied(keys: tuple[str, str]) -> None:
    """Half a key pair, or something else, opens nothing."""
    with pytest.raises(Denied):
        S3Login(replace(NOWHERE, access=keys[0], secret=keys[1]))


async def test_a_silent_store_is_given_up(own_store: SwiftHost) -> None:
    """A store that takes requests and answers nothing is unavailable in time; afterwards all is as before."""
    target = bucket_of(own_store)
    await S3Login(target).write("/file", once(b"here"))
    login = S3Login(target, silence=0.5)
    own_store.halt()
    try:
        for work in (login.facts("/file"), login.entries("/"), content(login, "/file")):
            with pytest.raises(Unavailable):
                await work
    finally:
        own_store.go_on()
    assert b"here" == await content(S3Login(target), "/file")
