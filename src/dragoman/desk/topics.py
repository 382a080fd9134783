"""The verbs by which people follow systems, apps and paths: whoever may see a thing may be told what is done to it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Denied, NotFound
from dragoman.core.notices import NewSubscription, Story
from dragoman.core.paths import normalise
from dragoman.core.ports import Clock, Db
from dragoman.core.registered import Kind
from dragoman.core.standing import PATH
from dragoman.core.things import Identity, Verb
from dragoman.core.topics import ANYTHING, About, Topic
from dragoman.desk.rights import thing_for
from dragoman.desk.spots import look
from dragoman.desk.subscribing import check_number
from dragoman.store import Connection, events, jobs, places, systems, topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What somebody who follows a path sees of what is done to it."""

    owner: str
    """Of its system."""
    sees_all: bool
    """What others do, too: it is the same file for all who log in there."""


class Topics:
    """What people follow. Subscriptions, once made, are changed and ended by the verbs of those to jobs."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def follow(
        self, who: Identity, door: str, kind: str, name: str, new: NewSubscription, *, path: str = ""
    ) -> None:
        """Subscribe to a system, an app, or a path of a system, that one may see; or, as an admin, to ANYTHING.

        Raises NotFound, Denied, and Invalid (too many receivers).
        """
        place = {"kind": kind, "name": name, "path": path}
        await self._db.write(_follow, who, door, **place, new=new, at=self._clock.now())

    async def get(self, topic_id: int) -> Topic:
        """What a subscription is about. Raises NotFound."""
        found = await self._db.read(topics.get_topic, topic_id)
        if found is None:
            raise NotFound("There is nothing to be told of.")
        return found

    async def is_wanted(self, system: str, path: str, words: Collection[str]) -> bool:
        """Whether whoever follows a path, what holds it, or anything at all wants to hear one of these words of it."""
        return await self._db.read(_is_wanted, system, path, words, at=self._clock.now())

    async def name_of(self, door: str, kind: str, ref: int) -> str:
        """The name of a system or an app that a note is about; empty where a door has it not. Tells nothing else."""
        return await self._db.read(topics.thing_of, kind, ref, door)

    async def path_known_as(self, alias: str) -> tuple[str, str]:
        """The system and the path that an id means which was shown once. Raises NotFound. Tells nothing else."""
        return await self._db.read(_path_known_as, alias)

    async def sight(self, topic: Topic) -> Sight:
        """What who follows a path, or as an admin ANYTHING, sees of it. Raises NotFound and Denied."""
        return await self._db.read(_sight, topic)

    async def story(self, door: str, alias: str) -> tuple[Story, str]:
        """What has happened to a job, and whose it is. Raises NotFound. Who may see how much is the door's to say."""
        return await self._db.read(_story, door, alias, at=self._clock.now())


def _follow(
    conn: Connection, who: Identity, door: str, *, kind: str, name: str, path: str, new: NewSubscription, at: int
) -> None:
    ref = _ref(conn, who, door, kind=kind, name=name, path=path)
    key: dict[str, Any] = {"door": door, "account_id": who.account.id, "kind": kind, "ref": ref, "path": path}
    # Those that were told once for all count no more.
    check_number([new], [one for one in topics.subscriptions_of(conn, **key, at=at) if one.enabled])
    topics.follow(conn, **key, new=[new], at=at)


def _ref(conn: Connection, who: Identity, door: str, *, kind: str, name: str, path: str) -> int:
    if kind == ANYTHING:
        if not who.account.is_admin:
            raise Denied("Only an admin may be told of anything.")
        return 0
    if kind == PATH:
        seen = look(conn, who.account, door, name, path)
        seen.check(Verb.READ)
        return seen.system.id
    return thing_for(conn, who, door, Kind(kind), name).ref


def _is_wanted(conn: Connection, system: str, path: str, words: Collection[str], *, at: int) -> bool:
    found = systems.find_system(conn, system)
    about = About(kind=PATH, ref=found.id, path=normalise(path)) if found else None
    return about is not None and topics.is_wanted(conn, about, words, at=at)


def _path_known_as(conn: Connection, alias: str) -> tuple[str, str]:
    found = topics.path_known_as(conn, alias)
    if found is None:
        raise NotFound(f"There is no path {alias}.")
    return found


def _sight(conn: Connection, topic: Topic) -> Sight:
    system = topics.system_of(conn, topic)
    if system is None:
        raise NotFound("The system is deleted.")
    seen = places.standing(conn, system, topic.path, topic.owner)
    if topic.kind != ANYTHING:
        seen.check(Verb.READ)
    owner = places.get_account(conn, system.owner_id)
    return Sight(owner=owner.name if owner else "", sees_all=seen.may_share or not seen.own_login)


def _story(conn: Connection, door: str, alias: str, *, at: int) -> tuple[Story, str]:
    found = jobs.find_job(conn, door=door, alias=alias)
    if found is None:
        raise NotFound(f"There is no job {alias}.")
    _, runs = jobs.list_runs(conn, found.id)
    history, owner = events.list_events(conn, found.id), places.get_account(conn, found.owner_id)
    return Story(job=found, run=runs[0] if runs else None, events=history, now=at), owner.name if owner else ""
