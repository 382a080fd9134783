"""What was done to paths of systems: noted by those who did it, told to those who may read the path."""

from dataclasses import dataclass

from dragoman.core.paths import located
from dragoman.core.ports import Clock, Db
from dragoman.core.registered import HistoryItem
from dragoman.core.standing import PATH
from dragoman.core.things import Identity, Verb
from dragoman.desk.spots import look, open_system
from dragoman.store import Connection, audit, topics


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """A note."""

    operation: str
    told: str
    alias: str
    at: int


class PathHistory:
    """Notes about paths. Reads and writes no files."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def note(
        self, who: Identity | None, door: str, system: str, path: str, *, operation: str, told: str, alias: str
    ) -> None:
        """Write down what somebody, or who knows who, has just done to a path; ``operation`` is a word of the door.

        ``alias`` is the id that the door shows for the path, which can be asked for from now on.
        """
        new = _New(operation=operation, told=told, alias=alias, at=self._clock.now())
        await self._db.write(_note, who, door, system, located(path), new=new)

    async def of(self, who: Identity, door: str, system: str, path: str) -> list[HistoryItem]:
        """What was done to exactly this path, oldest first. Raises NotFound, and Denied for who may not read it."""
        return await self._db.read(_of, who, door, system, located(path))


def _note(conn: Connection, who: Identity | None, door: str, system: str, path: str, *, new: _New) -> None:
    ref, me = open_system(conn, door, system).id, who.account.id if who else None
    topics.know_path(conn, new.alias, system_id=ref, path=path)
    audit.note(
        conn,
        kind=PATH,
        ref=ref,
        account_id=me,
        operation=new.operation,
        detail={"told": new.told},
        version=path,
        at=new.at,
    )


def _of(conn: Connection, who: Identity, door: str, system: str, path: str) -> list[HistoryItem]:
    seen = look(conn, who.account, door, system, path)
    seen.check(Verb.READ)
    found = audit.list_history(conn, kind=PATH, refs=[seen.system.id], version=path)
    # Where everybody logs in as themselves, the same path is another file for each.
    sees_all = seen.may_share or not seen.own_login
    return [one for one in found if sees_all or one.account == who.account.name]
