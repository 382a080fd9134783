"""The verbs on choices: which system somebody wants for a purpose where a request names none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dragoman.core.errors import Denied
from dragoman.core.ports import Clock, Db
from dragoman.core.registered import Kind
from dragoman.core.things import Identity
from dragoman.core.topics import CHOICE
from dragoman.desk.rights import thing_for
from dragoman.store import Connection, audit, chosen, systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Names of systems by purpose."""

    mine: Mapping[str, str] = field(default_factory=dict)
    everybodys: Mapping[str, str] = field(default_factory=dict)

    def of(self, purpose: str) -> str:
        """The one that counts; empty: none was chosen."""
        return self.mine.get(purpose) or self.everybodys.get(purpose, "")


class Choices:
    """What people have chosen. A purpose is a word of a door."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def of(self, who: Identity) -> Chosen:
        """What counts for somebody."""
        return await self._db.read(_of, who)

    async def choose(self, who: Identity, door: str, name: str, purpose: str, *, everybody: bool = False) -> None:
        """Choose a system that one may see; for everybody, as an admin. Raises NotFound and Denied."""
        await self._db.write(_choose, who, door, name, purpose, everybody=everybody, at=self._clock.now())

    async def forget(self, who: Identity, purpose: str, *, everybody: bool = False) -> int:
        """Choose none any more; how many there were. Raises Denied."""
        return await self._db.write(_forget, who, purpose, everybody=everybody, at=self._clock.now())


def _of(conn: Connection, who: Identity) -> Chosen:
    found = chosen.find(conn, account_id=who.account.id)
    mine = {purpose: name for purpose, name, for_all in found if not for_all}
    return Chosen(mine=mine, everybodys={purpose: name for purpose, name, for_all in found if for_all})


def _choose(conn: Connection, who: Identity, door: str, name: str, purpose: str, *, everybody: bool, at: int) -> None:
    system_id = thing_for(conn, who, door, Kind.SYSTEM, name).ref
    chosen.choose(conn, account_id=_whose(who, everybody), purpose=purpose, system_id=system_id)
    _note(conn, who, system_id, "choose", purpose, everybody=everybody, at=at)


def _forget(conn: Connection, who: Identity, purpose: str, *, everybody: bool, at: int) -> int:
    whose, there = _whose(who, everybody), _of(conn, who)
    name = (there.everybodys if everybody else there.mine).get(purpose, "")
    count = chosen.choose(conn, account_id=whose, purpose=purpose, system_id=None)
    if name and count and (system := systems.find_system(conn, name)):
        _note(conn, who, system.id, "forget", purpose, everybody=everybody, at=at)
    return count


def _note(conn: Connection, who: Identity, ref: int, word: str, purpose: str, *, everybody: bool, at: int) -> None:
    """What everybody gets is everybody's business; what somebody has chosen is theirs, and no history of the system."""
    kind, operation = (Kind.SYSTEM, word) if everybody else (CHOICE, f"{word}_own")
    me, detail = who.account.id, {"purpose": purpose}
    audit.note(conn, kind=kind, ref=ref, account_id=me, operation=operation, detail=detail, at=at)


def _whose(who: Identity, everybody: bool) -> int | None:
    if everybody and not who.account.is_admin:
        raise Denied("Only an admin may choose a system for everybody.")
    return None if everybody else who.account.id
