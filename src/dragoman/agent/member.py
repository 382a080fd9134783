"""Which node this is and where it belongs; what it knows of itself, from the centre or, before that, assumed."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dragoman.agent.abilities import host_memory
from dragoman.agent.centre import Centre
from dragoman.agent.plate import Plate, read_plate
from dragoman.config import Settings
from dragoman.core.errors import Conflict, Problem
from dragoman.core.manifests import assumed_manifest
from dragoman.core.ports import Db
from dragoman.store.edge import facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Which node this is, and where it belongs."""

    vsn: str
    url: str
    token: str


class Self:
    """The node's own view of itself, as it is now."""

    def __init__(self, settings: Settings, member: Membership, db: Db) -> None:
        self._settings, self._member, self._db = settings, member, db
        self._plate = Plate(vsn=member.vsn)

    def plate(self) -> Plate:
        """The view."""
        return self._plate

    async def remember(self) -> None:
        """Take up what was known. Raises Conflict when the data are those of another node."""
        vsn = await self._db.write(facts.first_fact, "vsn", self._member.vsn)
        if vsn.lower() != self._member.vsn.lower():
            raise Conflict(f"These are the data of the node {vsn}.", hint="Choose another --data directory.")
        self._know(await self._db.read(facts.get_fact, "manifest") or assumed_manifest(self._member.vsn, ""))

    async def ask(self, centre: Centre) -> None:
        """Learn from the centre what the node is; what it does not tell now stays as it was."""
        with suppress(Problem):
            manifest = await centre.manifest()
            await self._db.write(facts.put_fact, "manifest", dict(manifest))
            self._know(manifest)

    def _know(self, manifest: Mapping[str, Any]) -> None:
        wanted = self._settings.node
        self._plate = read_plate(
            self._member.vsn,
            manifest,
            host=os.uname().nodename,
            cpus=wanted.cpus or os.cpu_count() or 1,
            memory=wanted.memory_bytes or host_memory(),
            gpus=wanted.gpus,
        )
