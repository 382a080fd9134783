"""How hard the engine tries, how far the service reaches, and how full its disk may get, from the settings."""

from collections.abc import Callable
from functools import partial

from dragoman.config import Settings
from dragoman.engine import Limits, Persistence
from dragoman.host.room import check_room
from dragoman.server.furnish import slots
from dragoman.web.guard import Bounds, Guard

SPARE = 16
"""Workers that are left when each slot has a run that is staged and one whose outputs are kept, which may take long."""


def limits(settings: Settings) -> Limits:
    """The limits of the engine."""
    return Limits(
        workers=max(settings.engine.workers, 2 * slots(settings) + SPARE),
        lease=settings.engine.lease_seconds,
        poll=settings.engine.poll_seconds,
        attempts=settings.engine.attempts,
        grace=settings.local.grace_seconds,
        log_bytes=settings.local.log_bytes,
        output_bytes=settings.local.output_bytes,
        output_files=settings.local.output_files,
        notify=_persistence(settings),
    )


def _persistence(settings: Settings) -> Persistence:
    notify = settings.notify
    return Persistence(
        tries=notify.tries,
        pause=notify.pause_seconds,
        later_tries=notify.later_tries,
        later_pause=notify.later_seconds,
        keep=notify.keep_days * 86_400,
        longest=2 * settings.outbound.seconds,
        at_once=notify.at_once,
    )


def guard_of(settings: Settings) -> Guard:
    """The client that asks on the web for people."""
    outbound = settings.outbound
    ports = {80, 443, *map(int, outbound.ports)}
    return Guard(Bounds(allow=outbound.allow, ports=ports, seconds=outbound.seconds))


def room_of(settings: Settings, data: str) -> Callable[[], None]:
    """What raises Unavailable while there is no room for uploads on the disk of the data directory."""
    return partial(check_room, data, settings.upload.free_bytes)
