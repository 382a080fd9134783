"""What a login over SSH does when secrets are wrong, hosts change, fall silent or die."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from dragoman.core.errors import Denied, Problem, Unavailable
from dragoman.core.ports import Small
from dragoman.shells.ssh import SshLogin
from dragoman.shells.ssh_pool import SshPool
from dragoman.shells.ssh_target import SshLimits, SshTarget
from tests.hosts.ssh import SshHost, ssh_server
from tests.schedulers.stage import sleepers
from tests.shells.grounds import Remembered, content, once, playground, target_of

pytestmark = pytest.mark.anyio

QUICK = SshLimits(connect=60.0, silence=60.0, first_pause=0.05, longest_pause=0.2)
IMPATIENT = replace(QUICK, connect=2.0, silence=2.0)
"""For hosts that say nothing; on a busy machine others may seem to be such."""
NOWHERE = SshTarget(host="127.0.0.1", port=22, login="alice", password="x")


@pytest.fixture(scope="module")
def own_host() -> Iterator[SshHost]:
    """A server for the tests that break it; each leaves it running."""
    with ssh_server() as host:
        yield host


@asynccontextmanager
async def pooled(known: Remembered | None = None, limits: SshLimits = QUICK) -> AsyncIterator[SshPool]:
    pool = SshPool(known or Remembered(), limits)
    try:
        yield pool
    finally:
        await pool.close()


def connections(host: SshHost) -> int:
    """How many clients the server has logged in by now, by password or public key, since it began."""
    return Path(host.place, "log").read_text().count("Accepted p")


async def soon(condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds; False when that takes too long."""
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


async def again(login: SshLogin) -> bytes:
    """Ask until there is an answer."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return (await login.run(["echo", "back"])).out
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


async def listed(login: SshLogin) -> None:
    """Look at the root until it is seen."""
    async with asyncio.timeout(120):
        while True:
            with suppress(Unavailable):
                await login.facts("/")
                return


# Secrets


@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem", "literal", "dos", "spaced"])
async def test_keys_in_many_forms(ssh_host: SshHost, form: str) -> None:
    """A private key logs in in OpenSSH's format and as PEM, with newlines of any kind, real or written."""
    key = ssh_host.alice.private_key
    if form.endswith("pem"):
        key = asyncssh.import_private_key(key).export_private_key(form).decode()
    key = {"literal": key.replace("\n", "\\n"), "dos": key.replace("\n", "\r\n"), "spaced": f"\n {key}"}.get(form, key)
    async with pooled() as pool:
        target = replace(target_of(ssh_host, ssh_host.alice, by_key=True), private_key=key)
        assert b"alice\n" == (await SshLogin(pool, target).run(["id", "-un"])).out


@pytest.mark.parametrize("form", ["pkcs1-pem", "pkcs8-pem", "openssh"])
async def test_rsa_keys(own_host: SshHost, form: str) -> None:
    """An RSA key, as Tapis users make them with PEM, logs in, too."""
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    with Path(own_host.place, "keys/bob").open("ab") as file:
        file.write(b"\n" + key.export_public_key())
    async with pooled() as pool:
        target = replace(target_of(own_host, own_host.bob), private_key=key.export_private_key(form).decode())
        assert b"bob\n" == (await SshLogin(pool, target).run(["id", "-un"])).out


async def test_wrong_secrets_are_denied(ssh_host: SshHost) -> None:
    """A wrong password, a key the host does not know, an unknown login: the host refuses, and who is told."""
    alice, bob = target_of(ssh_host, ssh_host.alice), target_of(ssh_host, ssh_host.bob, by_key=True)
    async with pooled() as pool:
        for wrong in (replace(alice, password="wrong"), replace(bob, login="alice"), replace(alice, login="nobody")):
            with pytest.raises(Denied, match=rf"127\.0\.0\.1:{ssh_host.port} refuses the login of {wrong.login}"):
                await SshLogin(pool, wrong).run(["true"])


@pytest.mark.parametrize(
    "key", ["garbage", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----"]
)
async def test_what_is_no_key_is_denied(ssh_host: SshHost, key: str) -> None:
    """A text that is no private key logs nobody in."""
    async with pooled() as pool:
        with pytest.raises(Denied, match="private key"):
            await SshLogin(pool, replace(target_of(ssh_host, ssh_host.alice), private_key=key)).run(["true"])


@pytest.mark.parametrize("form", ["RFC4716", "PKCS8", "PEM"])
async def test_a_locked_key_is_denied(ssh_host: SshHost, tmp_path: Path, form: str) -> None:
    """A key with a passphrase is told to be one."""
    argv = ["ssh-keygen", "-q", "-t", "rsa", "-m", form, "-N", "secret", "-f", f"{tmp_path}/key"]
    subprocess.run(argv, check=True)
    key = (tmp_path / "key").read_text()
    async with pooled() as pool:
        with pytest.raises(Denied, match="passphrase"):
            await SshLogin(pool, replace(target_of(ssh_host, ssh_host.alice), private_key=key)).run(["true"])


def test_secrets_are_not_shown(ssh_host: SshHost) -> None:
    """A target can be written to a log."""
    assert ssh_host.alice.password not in repr(target_of(ssh_host, ssh_host.alice))
    assert "PRIVATE" not in repr(target_of(ssh_host, ssh_host.alice, by_key=True))


async def test_the_host_forbids(ssh_host: SshHost) -> None:
    """What the account may not do is Denied, by every way that is used."""
    with playground(ssh_host.alice) as top:
        (top / "dir").mkdir(mode=0o700)
        (top / "dir/file").write_text("root's")
        async with pooled() as pool:
            login = SshLogin(pool, target_of(ssh_host, ssh_host.alice))
            for work in (
                content(login, f"{top}/dir/file"),
                login.entries(f"{top}/dir"),
                login.write(f"{top}/dir/new", once(b"")),
                login.make_directory("/etc/new"),
                login.rename(f"{top}/dir/file", f"{top}/file"),
                login.copy(f"{top}/dir", f"{top}/copied"),
                login.remove(f"{top}/dir"),
                login.change_mode(f"{top}/dir", 0o777),
            ):
                with pytest.raises(Denied):
                    await work


# Hosts' keys


async def test_a_host_is_remembered(ssh_host: SshHost) -> None:
    """The key of the first meeting is kept, and serves for all later ones."""
    known = Remembered()
    for _ in range(2):
        async with pooled(known) as pool:
            await SshLogin(pool, target_of(ssh_host, ssh_host.alice)).run(["true"])
    kept = known.keys[ssh_host.host, ssh_host.port]
    assert Path(ssh_host.place, "host_key.pub").read_text().startswith(kept)


async def test_a_changed_host_key_is_refused(own_host: SshHost) -> None:
    """A host with another key than before gets no secret, also when the key is of another type; it is said clearly."""
    known = Remembered()
    async with pooled(known) as pool:
        await SshLogin(pool, target_of(own_host, own_host.alice)).run(["true"])
    own_host.change_key()
    before = connections(own_host)
    old = known.keys[own_host.host, own_host.port]
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode()
    for kept in (old, rsa):
        known.keys[own_host.host, own_host.port] = kept
        async with pooled(known) as pool:
            with pytest.raises(
                Denied, match=rf"host key of 127\.0\.0\.1:{own_host.port} has changed: SHA256:.*SHA256:"
            ):
                await SshLogin(pool, target_of(own_host, own_host.alice)).run(["true"])
        assert kept == known.keys[own_host.host, own_host.port]
    assert before == connections(own_host)


# Sharing


async def test_all_users_share_a_connection(own_host: SshHost) -> None:
    """However many use one login at once, it is opened once."""
    before = connections(own_host)
    async with pooled() as pool:
        logins = [SshLogin(pool, target_of(own_host, own_host.alice)) for _ in range(5)]
        await asyncio.gather(*(login.run(["true"]) for login in logins), *(login.facts("/") for login in logins))
        assert await soon(lambda: before < connections(own_host))
        assert before + 1 == connections(own_host)


async def test_nobody_shares_without_the_secret(own_host: SshHost) -> None:
    """An open connection is of no use to who names the same login with another secret."""
    async with pooled() as pool:
        target = target_of(own_host, own_host.alice)
        await SshLogin(pool, target).run(["true"])
        with pytest.raises(Denied):
            await SshLogin(pool, replace(target, password="guess")).run(["true"])


async def test_an_idle_connection_is_closed(own_host: SshHost) -> None:
    """Who is not used for a while lets go of the host, and comes back when needed."""
    async with pooled(limits=replace(QUICK, idle=0.1)) as pool:
        login = SshLogin(pool, target_of(own_host, own_host.alice))
        assert b"back\n" == await again(login)
        assert await soon(lambda: not own_host.sessions())
        assert b"back\n" == await again(login)


# Failures


async def test_a_host_that_is_down_is_unavailable(own_host: SshHost) -> None:
    """Nobody listening is told with host and port; when the host is back, so is the login, in the same pool."""
    async with pooled() as pool:
        login = SshLogin(pool, target_of(own_host, own_host.alice))
        await login.run(["true"])
        own_host.stop()
        try:
            for _ in range(3):
                with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{own_host.port}"):
                    await login.run(["true"])
        finally:
            own_host.start()
        assert b"back\n" == await again(login)


async def test_an_unknown_host_is_unavailable() -> None:
    """A name that cannot be resolved is told."""
    async with pooled() as pool:
        with pytest.raises(Unavailable, match=r"no-such-host\.invalid:22"):
            await SshLogin(pool, replace(NOWHERE, host="no-such-host.invalid")).run(["true"])


async def test_failures_are_not_repeated_at_once(own_host: SshHost) -> None:
    """After a failure the same is said for a while without asking the host, and when it will be asked again."""
    wrong = replace(target_of(own_host, own_host.alice), password="wrong")
    log = Path(own_host.place, "log")
    before = log.read_text().count("Failed password")
    async with pooled(limits=replace(QUICK, first_pause=60, longest_pause=60)) as pool:
        for _ in range(5):
            with pytest.raises(Denied):
                await SshLogin(pool, wrong).run(["true"])
        with pytest.raises(Denied, match=r"tried again in \d\d s"):
            await SshLogin(pool, wrong).facts("/")
    assert before + 1 == log.read_text().count("Failed password")


@pytest.mark.slow
async def test_a_silent_host_is_unavailable(own_host: SshHost) -> None:
    """A host that takes connections and says nothing is given up in time, by new logins and by old ones."""
    async with pooled(limits=IMPATIENT) as pool:
        old = SshLogin(pool, target_of(own_host, own_host.alice))
        new = SshLogin(pool, target_of(own_host, own_host.bob))
        await listed(old)
        own_host.halt()
        try:
            for login in (old, new):
                with pytest.raises(Unavailable, match=f"{own_host.port} does not answer"):
                    await login.facts("/")
            with pytest.raises(Unavailable):
                await old.run(["true"], seconds=0.2)
        finally:
            own_host.go_on()
        assert b"back\n" == await again(old)


async def test_keepalive_finds_a_dead_connection(own_host: SshHost) -> None:
    """A long command on a host that falls silent ends soon, not with its time."""
    async with pooled(limits=replace(QUICK, keepalive=0.5)) as pool:
        login = SshLogin(pool, target_of(own_host, own_host.alice))
        await again(login)
        task = asyncio.create_task(login.run(["sleep", "100"], seconds=100))
        await asyncio.sleep(0.3)
        own_host.halt()
        try:
            with pytest.raises(Unavailable):
                await asyncio.wait_for(task, 120)
        finally:
            own_host.go_on()


async def test_a_cut_write_leaves_no_half_file(own_host: SshHost) -> None:
    """When the connection dies in the middle of a file, the old content stays, and the next write succeeds."""
    with playground(own_host.alice) as top:

        async def cutting() -> AsyncIterator[bytes]:
            for number in range(200):
                if number == 100:
                    own_host.cut()
                yield bytes(100_000)

        async with pooled() as pool:
            login = SshLogin(pool, target_of(own_host, own_host.alice))
            await login.write(f"{top}/file", once(b"old"))
            for name in ("file", "new"):
                with pytest.raises(Unavailable, match=str(own_host.port)):
                    await login.write(f"{top}/{name}", cutting())
            assert ["file"] == [path.name for path in top.iterdir() if not path.name.endswith(".part")]
            assert b"old" == (top / "file").read_bytes()
            await again(login)
            await login.write(f"{top}/file", once(b"new"))
            assert b"new" == await content(login, f"{top}/file")
            assert ["file"] == [path.name for path in top.iterdir()]  # what was cut is cleared away


async def test_small_files_are_whole_or_not_there_when_the_connection_is_cut(own_host: SshHost) -> None:
    """What was begun is cleared away, and noted until then."""
    noted: list[Sequence[str]] = []

    def note(paths: Sequence[str]) -> Callable[[], None]:
        noted.append(paths)
        return lambda: noted.remove(paths)

    with playground(own_host.alice) as top:
        files = {f"{top}/{number}": Small(bytes(4096)) for number in range(1_000)}

        def halves() -> set[str]:
            return {str(path) for path in top.iterdir() if path.name.endswith(".part")}

        async with pooled() as pool:
            login = SshLogin(pool, target_of(own_host, own_host.alice), note)
            writing = asyncio.create_task(login.write_small(files))
            assert await soon(lambda: any(top.iterdir()))
            own_host.cut()
            await writing
            assert {4096} >= {path.stat().st_size for path in top.iterdir() if str(path) not in halves()}
            assert halves() <= {path for paths in noted for path in paths}
            await again(login)
            assert set(files) == set(await login.write_small(files))
            assert set(files) == {str(path) for path in top.iterdir()}
        assert [] == noted


async def test_a_cut_connection_is_told_to_all(own_host: SshHost) -> None:
    """Whatever is under way when the connection dies ends at once, as Unavailable."""
    with playground(own_host.alice) as top:
        (top / "big").write_bytes(bytes(50_000_000))

        async with pooled() as pool:
            login = SshLogin(pool, target_of(own_host, own_host.alice))

            reading = asyncio.Event()

            async def slowly() -> None:
                async for _ in login.read(f"{top}/big"):
                    reading.set()
                    await asyncio.sleep(0.01)

            mark = f"86399.{time.monotonic_ns()}"
            tasks = [asyncio.create_task(slowly()), *(asyncio.create_task(sleeping(login, mark)) for _ in range(3))]
            async with asyncio.timeout(120):
                await reading.wait()
            assert await soon(lambda: sleepers(mark) == 3)
            own_host.cut()
            ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 120)
            assert [Unavailable] * 4 == [type(each) for each in ended]


async def sleeping(login: SshLogin, mark: str) -> None:
    await login.run(["sleep", mark])


async def test_a_host_without_sftp_runs_commands() -> None:
    """Files are refused for good where SFTP is switched off; commands go on."""
    with ssh_server() as host:
        config = Path(host.place, "config")
        config.write_text(config.read_text().replace("Subsystem sftp internal-sftp", ""))
        host.stop()
        host.start()
        async with pooled() as pool:
            login = SshLogin(pool, target_of(host, host.alice))
            for _ in range(2):
                with pytest.raises(Problem, match="offers no SFTP"):
                    await login.facts("/")
            assert b"back\n" == await again(login)


@pytest.mark.parametrize(("granted", "used"), [(1, 1), (10, 3)])
async def test_many_files_are_written_by_as_many_sessions_as_there_may_be(granted: int, used: int) -> None:
    """A host that grants one only takes them all by that."""
    with ssh_server() as host, playground(host.alice) as top:
        config = Path(host.place, "config")
        config.write_text(config.read_text().replace("MaxSessions 10", f"MaxSessions {granted}"))
        host.stop()
        host.start()
        async with pooled() as pool:
            login = SshLogin(pool, target_of(host, host.alice))
            names = [str(number) for number in range(24)]
            await asyncio.gather(*(login.write(f"{top}/{name}", once(name.encode())) for name in names))
            found = {one.name: await content(login, f"{top}/{one.name}") for one in await login.entries(str(top))}
            assert {name: name.encode() for name in names} == found
        begun = Path(host.place, "log").read_text().count("Starting session: subsystem 'sftp'")
        assert used == begun


@pytest.mark.slow
def test_large_files_pass_in_constant_memory(ssh_host: SshHost) -> None:
    """Two gigabytes are written and read back within a few dozen megabytes of memory."""
    root = Path(__file__).parents[2]
    with playground(ssh_host.alice) as top:
        argv = [sys.executable, "-m", "tests.shells.large", str(ssh_host.port), ssh_host.alice.password, f"{top}/large"]
        done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=True, timeout=280)
        size, before, after = map(int, done.stdout.split())
        assert (2 << 30) == size
        assert after - before < 64 << 10
