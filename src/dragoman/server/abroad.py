"""Opens logins to other hosts and to object stores, and loads what reaches them when the first one is wanted."""

import asyncio
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from dragoman.core.errors import NoSecret, Unsupported
from dragoman.core.ports import Clock, Db, Login
from dragoman.core.things import Credential, System
from dragoman.shells.notes import Note
from dragoman.store import known_hosts

if TYPE_CHECKING:
    from dragoman.shells.ssh_pool import SshPool

_SHELLS = {"linux": "dragoman.shells.ssh", "s3": "dragoman.shells.s3"}


class KnownHosts:
    """The keys of hosts, kept in the database."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def get(self, host: str, port: int) -> str | None:
        """The key that was kept; None for a host that was never met."""
        return await self._db.read(known_hosts.host_key, host, port)

    async def put(self, host: str, port: int, key: str) -> None:
        """Keep the key of a host that has none yet."""
        await self._db.write(known_hosts.keep_host_key, host, port, key, at=self._clock.now())


async def load(system: System) -> None:
    """Import what reaches such a system, beside the event loop; call it before ``Abroad.login``.

    asyncssh and obstore take a sixth of the memory, and of the time to start, of a service that may never need them.
    """
    shell = _SHELLS.get(system.kind, "")
    if shell and shell not in sys.modules:
        await asyncio.to_thread(import_module, shell)


class Abroad:
    """The way to other hosts. Keep one for the service, for connections are shared, and close it at the end."""

    def __init__(self, known: KnownHosts) -> None:
        self._known = known
        self._pool: SshPool | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.close()

    def login(self, system: System, name: str, credential: Credential | None, note: Note) -> Login:
        """The login under that name. Raises Denied without a credential, and Unsupported."""
        if system.kind not in _SHELLS:
            raise Unsupported(f"Systems of the kind {system.kind} cannot be reached from here.")
        if credential is None or not any(credential.secrets.values()):
            why = f"Nothing is stored with which {name} could log in to the system {system.name}."
            raise NoSecret(why, system=system.name)
        return _s3(system, credential, note) if system.kind == "s3" else self._ssh(system, name, credential, note)

    def _ssh(self, system: System, name: str, credential: Credential, note: Note) -> Login:
        from dragoman.shells.ssh import SshLogin
        from dragoman.shells.ssh_pool import SshPool
        from dragoman.shells.ssh_target import SshTarget

        self._pool = self._pool or SshPool(self._known)
        target = SshTarget(
            host=system.host,
            port=system.port if system.port > 0 else 22,
            login=name,
            password=credential.secrets.get("password", ""),
            private_key=credential.secrets.get("private", ""),
        )
        return SshLogin(self._pool, target, note)


def _s3(system: System, credential: Credential, note: Note) -> Login:
    from dragoman.shells.s3 import S3Login
    from dragoman.shells.s3_store import S3Target

    target = S3Target(
        endpoint=system.host,
        bucket=_bucket(system),
        access=credential.secrets.get("access", ""),
        secret=credential.secrets.get("secret", ""),
    )
    return S3Login(target, note=note)


def _bucket(system: System) -> str:
    """As the door that it was registered at calls it."""
    return next((str(facet["bucketName"]) for facet in system.facets.values() if facet.get("bucketName")), "")
