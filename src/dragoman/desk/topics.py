"""The verbs by which people follow systems, apps and paths: whoever may see a thing may be told what is done to it."""

from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import NotFound
from dragoman.core.notices import NewSubscription, Topic
from dragoman.core.ports import Clock, Db
from dragoman.core.registered import Kind
from dragoman.core.standing import PATH
from dragoman.core.things import Identity, Verb
from dragoman.desk.rights import thing_for
from dragoman.desk.spots import look
from dragoman.desk.subscribing import check_number
from dragoman.store import Connection, places, topics


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
        """Subscribe to a system, an app, or a path of a system, that one may see.

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

    async def path_known_as(self, alias: str) -> tuple[str, str]:
        """The system and the path that an id means which was shown once. Raises NotFound. Tells nothing else."""
        return await self._db.read(_path_known_as, alias)

    async def sight(self, topic: Topic) -> Sight:
        """What who follows a path sees of it. Raises NotFound and Denied."""
        return await self._db.read(_sight, topic)


def _follow(
    conn: Connection, who: Identity, door: str, *, kind: str, name: str, path: str, new: NewSubscription, at: int
) -> None:
    if kind == PATH:
        seen = look(conn, who.account, door, name, path)
        seen.check(Verb.READ)
        ref = seen.system.id
    else:
        ref = thing_for(conn, who, door, Kind(kind), name).ref
    key: dict[str, Any] = {"door": door, "account_id": who.account.id, "kind": kind, "ref": ref, "path": path}
    check_number([new], topics.subscriptions_of(conn, **key, at=at))
    topics.follow(conn, **key, new=[new], at=at)


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
    seen.check(Verb.READ)
    owner = places.get_account(conn, system.owner_id)
    return Sight(owner=owner.name if owner else "", sees_all=seen.may_share or not seen.own_login)
