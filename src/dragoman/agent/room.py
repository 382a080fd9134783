"""The room on the node's disk: what of the work may use the last of it, and that it is said when there is none."""

import asyncio
import logging
import os

from dragoman.store.ballast import Ballast

log = logging.getLogger(__name__)

FILE = ".ballast"
EVERY = 2.0
"""Seconds between two looks."""


def open_ballast(data: str) -> Ballast:
    """The reserve of a data directory; of a full disk some of it is given back, so that a database can be opened."""
    ballast = Ballast(os.path.join(data, FILE))
    ballast.relieve()
    return ballast


async def watch(ballast: Ballast) -> None:
    """Say when the disk is full and when there is room again, and take the reserve back; until cancelled."""
    had_room = True
    while True:
        has_room = await asyncio.to_thread(ballast.is_whole)
        if had_room and not has_room:
            log.warning("the disk is full: no plugin begins, and measurements wait; what happens to plugins is kept")
        elif has_room and not had_room:
            log.warning("there is room on the disk again")
        had_room = has_room
        await asyncio.sleep(EVERY)
