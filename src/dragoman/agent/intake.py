"""Takes in what plugins publish: checked, given the meta of the node, kept, and handed on to who listens."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from dragoman.agent.amqp_words import Message
from dragoman.agent.complaint import Complaint
from dragoman.agent.events import image_name, task_of
from dragoman.agent.plate import Plate
from dragoman.core.edge import Firing, Scope, Told
from dragoman.core.errors import Unavailable
from dragoman.core.measurements import Measurement, meta_fault, name_fault, tidy, time_fault, value_fault
from dragoman.core.ports import Clock, Db
from dragoman.store.edge import firings, outbox

log = logging.getLogger(__name__)

UPLOAD = "upload"
MOST_WAITING, MOST_BYTES = 2_000, 8 << 20
"""Messages in hand, and their size; publishers are held back when there is more."""
MOST_KNOWN = 500
PAUSE = 1.0


class Arrived(NamedTuple):
    """What a plugin has published."""

    app: str
    measurement: Measurement
    scope: Scope
    kept: Callable[[], None]


class Intake:
    """Everything that is published on the node goes through here, in order."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        plate: Callable[[], Plate],
        *,
        deliver: Callable[[str, bytes], None],
        resume: Callable[[], None],
        uploaded: Callable[[Firing], None],
        kept: Callable[[], None],
    ) -> None:
        self._db, self._clock, self._plate = db, clock, plate
        self._deliver, self._resume, self._uploaded, self._kept = deliver, resume, uploaded, kept
        self._waiting: list[Arrived] = []
        self._bytes = 0
        self._wake = asyncio.Event()
        self._known: dict[str, Firing] = {}
        self._stopping = False
        self._trouble = Complaint(log, "what plugins publish cannot be kept now")

    def take(self, message: Message) -> bool:
        """Take what a plugin has published; False when it should wait a little. What is no measurement is dropped."""
        try:
            measurement = read_message(message.body, now=self._clock.now() * 1000)
            scope = Scope(message.key)
        except ValueError as error:
            log.warning("a plugin has published what is no measurement: %s", error)
            message.kept()
            return True
        self._waiting.append(Arrived(message.app, measurement, scope, message.kept))
        self._bytes += len(message.body)
        self._wake.set()
        return len(self._waiting) < MOST_WAITING and self._bytes < MOST_BYTES

    def tell_listeners(self, told: list[Told]) -> None:
        """Let plugins hear what the node itself has told and kept."""
        for one in told:
            if one.scope is not Scope.CENTRE:
                self._deliver(one.measurement.name, message_of(one.measurement))

    def stop(self) -> None:
        """Keep what is in hand, and no more."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Keep what is published, until ``stop``."""
        while not self._stopping or self._waiting:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch, self._waiting, self._bytes = self._waiting, [], 0
            await self._keep_surely(batch)
            self._resume()

    async def _keep_surely(self, batch: list[Arrived]) -> None:
        is_kept = False
        while not is_kept:
            try:
                await self._keep(batch)
                is_kept = True
                self._trouble.calm()
            except Unavailable as problem:  # a full disk: publishers wait meanwhile
                if self._stopping:  # and what came from a broker of its own comes again
                    log.error("%s messages of plugins are lost: %s", len(batch), problem)  # noqa: TRY400
                    return
                self._trouble.say(problem)
                await asyncio.sleep(PAUSE)
            except Exception:  # whatever it was, the node must go on
                log.exception("%s messages of plugins are lost", len(batch))
                is_kept = True

    async def _keep(self, batch: list[Arrived]) -> None:
        told: list[Told] = []
        for one in batch:
            firing = await self._firing(one.app) if one.app else None
            if firing is None:
                log.warning("a message with an unknown app id was dropped")
            elif one.measurement.name == UPLOAD:
                self._uploaded(firing)
            else:
                told.append(Told(measurement=stamped(one.measurement, firing, self._plate()), scope=one.scope))
        await self._db.write(outbox.tell, told, at=self._clock.now())
        for one in batch:
            one.kept()
        self.tell_listeners(told)
        self._kept()

    async def _firing(self, app: str) -> Firing | None:
        if app not in self._known:
            found = await self._db.read(firings.find_firing, app=app)
            if found is None:
                return None
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[app] = found
        return self._known[app]


def app_meta(firing: Firing, plate: Plate) -> dict[str, str]:
    """What measurements of an execution carry, beside the plugin's own meta."""
    return {
        "host": plate.host,
        "job": task_of(firing.plugin, firing.job),
        "task": firing.plugin,
        "plugin": image_name(str(firing.spec.get("image", ""))),
        "zone": plate.zone,
        **plate.meta,
    }


def stamped(measurement: Measurement, firing: Firing, plate: Plate) -> Measurement:
    """The measurement with what the node knows; that goes before what the plugin says."""
    meta = {**measurement.meta, **app_meta(firing, plate)}
    return Measurement(measurement.at, measurement.name, measurement.value, meta)


def read_message(body: bytes, *, now: int) -> Measurement:
    """The measurement that a message holds. Raises ValueError that says why it holds none."""
    try:
        told: Any = json.loads(body)
        return _measured(told, now)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except OverflowError as error:
        raise ValueError("its value is larger than any number") from error


def _measured(told: Any, now: int) -> Measurement:
    if not isinstance(told, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - a wrong message, not a wrong call
    name: Any = told.get("name")
    value: Any = told.get("val")
    at: Any = told.get("ts")
    meta: Any = told.get("meta") or {}
    why = name_fault(name) or value_fault(value) or time_fault(at, now=now) or meta_fault(meta)
    if why:
        raise ValueError(f"{str(name)[:100]}: {why}")
    return Measurement(at, name, tidy(value), meta)


def message_of(measurement: Measurement) -> bytes:
    """The measurement as plugins read it."""
    told = {"name": measurement.name, "ts": measurement.at, "meta": dict(measurement.meta), "val": measurement.value}
    return json.dumps(told, separators=(",", ":")).encode()
