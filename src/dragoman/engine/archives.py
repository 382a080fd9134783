"""The zip archives whose members a transfer brings: each is fetched whole, once, and held until the transfer ends."""

import asyncio
from collections.abc import Sequence

from dragoman.core.errors import TooLarge
from dragoman.core.paths import address, below, packed, read_address, read_packed
from dragoman.core.patience import Patient
from dragoman.core.ports import BlobStore
from dragoman.core.things import Verb
from dragoman.core.transfers import Part
from dragoman.engine.ends import Ends
from dragoman.engine.finding import MOST, Row, row
from dragoman.web.unzips import Packed, Unzipped, unzipped


class Archives:
    """The archives of one transfer."""

    def __init__(self, blobs: BlobStore, ends: Ends, silence: float) -> None:
        self._blobs, self._ends, self._silence = blobs, ends, silence
        self._open: dict[str, Unzipped] = {}
        self._lock = asyncio.Lock()

    async def find(self, element: Part, *, room: int) -> Sequence[Row]:
        """What there is to copy. Raises TooLarge when it is more than there is room for, and as ``open`` does."""
        await self._ends.check(element.target, Verb.CHANGE)
        await self._ends.check(element.source, Verb.READ)
        members, (md5, _) = (await self.open(element)).members, read_packed(element.source) or ("", "")
        if len(members) >= room:
            raise TooLarge(f"A transfer may have {MOST} files and directories.")
        system, top = read_address(element.target) or ("", "")
        rows = [row(element, element.source, element.target, is_directory=True)]
        for one in members:
            source, target = packed(element.source, md5, one.path), address(system, below(top, one.path))
            rows.append(row(element, source, target, size=one.size, is_directory=one.is_directory))
        return rows

    async def member(self, part: Part) -> tuple[Unzipped, Packed]:
        """A file in its archive. Raises NotFound, and as ``open`` does."""
        archive = await self.open(part)
        path = (read_packed(part.source) or ("", ""))[1]
        return archive, archive.member(path)

    async def open(self, part: Part) -> Unzipped:
        """The archive of a part. Raises NotFound, Denied, Unavailable, and Broken for one that has changed."""
        kept, (md5, _) = part.source.partition("#")[0], read_packed(part.source) or ("", "")
        async with self._lock:
            if kept not in self._open:
                end = await self._ends.open(kept, part.account_id)
                pieces = Patient(self._silence, end.login.read(end.host_path), str(end))
                self._open[kept] = await unzipped(self._blobs, pieces, md5=md5, what=f"The archive {end}")
            return self._open[kept]

    def close(self) -> None:
        """Let go of them."""
        for one in self._open.values():
            one.close()
        self._open.clear()
