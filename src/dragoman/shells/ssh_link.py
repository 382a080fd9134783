"""One open connection: the sessions on it, and what its host complains of. Opens no connections."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncssh

from dragoman.core.errors import Broken
from dragoman.shells.notes import Forget
from dragoman.shells.ssh_errors import COMPLAINTS, problem
from dragoman.shells.ssh_target import SshLimits

BLOCK = 261120
"""The largest block that OpenSSH takes; one of 256 KiB ends the session."""

CARRIERS = 3
"""Sessions for files on one connection, when many files are carried: a host brings only one file of each to its disk at
the same time."""
_USELESS = (TimeoutError, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)


class Link:
    """A connection to the host ``name``. ``commands`` lets so many run at once as the host allows sessions.

    ``left`` holds the files that connections before it could not tidy up, with whom to tell when they are gone.
    """

    def __init__(
        self,
        connection: asyncssh.SSHClientConnection,
        name: str,
        limits: SshLimits,
        left: dict[str, Forget] | None = None,
    ) -> None:
        self.left: dict[str, Forget] = {} if left is None else left
        self.connection, self.name, self.silence = connection, name, limits.silence
        self.commands = asyncio.Semaphore(max(1, limits.channels - CARRIERS))
        self._files: dict[int, asyncio.Future[asyncssh.SFTPClient]] = {}
        self._carried, self._places = [0] * CARRIERS, CARRIERS

    @property
    def is_open(self) -> bool:
        """Whether it was neither closed nor lost, as far as is known."""
        return not self.connection.is_closed()

    def drop(self) -> None:
        """Give the connection up at once; whoever uses it gets Unavailable."""
        self.connection.abort()

    async def files(self) -> asyncssh.SFTPClient:
        """The one session for files, which all users share. Raises Broken when the host offers none."""
        return await self._session(0)

    @asynccontextmanager
    async def carrying(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """The session for files that has the least to carry; it is the one that all share while there is little."""
        place = min(range(self._places), key=lambda one: self._carried[one] + one)
        self._carried[place] += 1
        try:
            try:
                sftp = await self._session(place)
            except (Broken, asyncssh.ChannelOpenError):
                if place == 0:
                    raise
                self._places = 1  # the host grants no more sessions
                sftp = await self.files()
            yield sftp
        finally:
            self._carried[place] -= 1

    async def _session(self, place: int) -> asyncssh.SFTPClient:
        if place not in self._files:
            self._files[place] = asyncio.ensure_future(self._started(place))
        # Who leaves while it is opened must not take it from the others.
        return await asyncio.shield(self._files[place])

    @contextmanager
    def told(self, path: str) -> Iterator[None]:
        """Raise the Problem for whatever goes wrong about ``path``; after a silence the connection is given up."""
        try:
            yield
        except COMPLAINTS as error:
            if isinstance(error, _USELESS):
                self.drop()
            raise problem(error, self.name, path) from error

    async def _started(self, place: int) -> asyncssh.SFTPClient:
        try:
            return await self.connection.start_sftp_client(path_errors="surrogateescape")
        except BaseException as error:
            del self._files[place]
            if isinstance(error, asyncssh.ChannelOpenError) and error.code == asyncssh.OPEN_REQUEST_SESSION_FAILED:
                raise Broken(f"{self.name} offers no SFTP.", hint="Switch its sftp subsystem on.") from error
            raise


def block(limit: int) -> int:
    """How many bytes to ask for at once, from a host that names its limit."""
    return min(limit or BLOCK, BLOCK)
