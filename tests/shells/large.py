"""Writes 2 GiB through a login over SSH and reads them back; prints the size read, and the memory before and after."""

import asyncio
import resource
import sys
from collections.abc import AsyncIterator

from dragoman.shells.ssh import SshLogin
from dragoman.shells.ssh_pool import SshPool
from dragoman.shells.ssh_target import SshTarget
from tests.shells.grounds import Remembered

PIECE = bytes(range(256)) * 4096


async def pieces() -> AsyncIterator[bytes]:
    for _ in range((2 << 30) // len(PIECE)):
        yield PIECE


def kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def main(port: int, password: str, path: str) -> None:
    pool = SshPool(Remembered())
    login = SshLogin(pool, SshTarget(host="127.0.0.1", port=port, login="alice", password=password))
    await login.run(["true"])
    before = kilobytes()
    await login.write(path, pieces())
    size = 0
    async for piece in login.read(path):
        size += len(piece)
    print(size, before, kilobytes())
    await pool.close()


asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
