"""The verbs on transfers: ask for one, see how it stands, end it. The engine copies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from dragoman.core.errors import Denied, Invalid, NotFound, Path, Problem, Unsupported
from dragoman.core.paths import read_address
from dragoman.core.ports import Clock, Db, ending
from dragoman.core.things import Identity, Page, System, Verb
from dragoman.core.transfers import DONE, Element, Tally, Transfer, TransferView
from dragoman.desk.spots import may_lend, open_system
from dragoman.store import Connection, hosted_jobs, places, transfers

REACHED = frozenset({"linux", "s3"})
"""Kinds of systems that files can be copied from and to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """What something that is asked for will do to a path."""

    where: Path
    """What names the path in the request."""
    kept: str
    """The kept address."""
    verb: Verb
    lender: str = ""
    """Somebody whose rights count, too."""


class Transfers:
    """Copies of files between places, done in the background."""

    def __init__(self, db: Db, clock: Clock, hint: Callable[[], None]) -> None:
        self._db, self._clock, self._hint = db, clock, hint

    async def start(self, who: Identity, door: str, *, tag: str, elements: Sequence[Element]) -> TransferView:
        """Have files copied. Raises Invalid that names every element that cannot be, and Denied."""
        await self.check(who, door, elements)
        at, mine = self._clock.now(), who.account.id
        made = await self._db.write(transfers.add_transfer, owner_id=mine, tag=tag, elements=elements, at=at)
        self._hint()
        return TransferView(transfer=made, tally=Tally())

    async def check(self, who: Identity, door: str, elements: Sequence[Element]) -> None:
        """What ``start`` checks, for what will be transferred later. Raises as it does."""
        await self._db.read(_check, who, door, elements)

    async def check_touched(self, who: Identity, door: str, touched: Sequence[Touch]) -> None:
        """Whether somebody may do all that. Raises Invalid that names all that cannot be reached, and Denied."""
        await self._db.read(_check_touched, who, door, touched)

    async def find(self, who: Identity, alias: str, *, details: bool = False) -> TransferView:
        """A transfer of one's own. Raises NotFound, and Denied for somebody else's."""
        return await self._db.read(_find, who, alias, details=details)

    async def list(self, who: Identity, page: Page) -> list[TransferView]:
        """A page of one's own transfers, newest first, without tallies."""
        found = await self._db.read(transfers.list_transfers, owner_id=who.account.id, page=page)
        jobs = await self._db.read(_jobs, found)
        return [TransferView(transfer=one, tally=Tally(), job=jobs.get(one.run_id, "")) for one in found]

    async def cancel(self, who: Identity, alias: str) -> None:
        """Ask for a transfer's end; what was copied stays. Nothing happens when it has ended."""
        await self._db.write(_cancel, who, alias, at=self._clock.now())
        self._hint()


def _check(conn: Connection, who: Identity, door: str, elements: Sequence[Element]) -> None:
    wrong: dict[Path, list[str]] = {}
    denied: Denied | None = None
    find = cache(partial(open_system, conn, door))
    for number, element in enumerate(elements):
        for field, kept, verb in (("source", element.source, Verb.READ), ("target", element.target, Verb.CHANGE)):
            try:
                _check_end(conn, who, find, kept, verb)
            except Denied as problem:
                denied = denied or problem
            except Problem as problem:
                wrong["elements", number, field] = [_told(problem)]
    if wrong:
        raise Invalid(wrong)
    if denied:
        raise denied


def _check_touched(conn: Connection, who: Identity, door: str, touched: Sequence[Touch]) -> None:
    find = cache(partial(open_system, conn, door))
    wrong: dict[Path, list[str]] = {}
    for one in touched:
        try:
            _check_end(conn, who, find, one.kept, one.verb, lender=one.lender)
        except Denied as problem:
            raise Denied(f"{problem.message} ({'.'.join(map(str, one.where))})") from problem
        except Problem as problem:
            wrong[one.where] = [_told(problem)]
    if wrong:
        raise Invalid(wrong)


def _check_end(
    conn: Connection, who: Identity, find: Callable[[str], System], kept: str, verb: Verb, *, lender: str = ""
) -> None:
    place = read_address(kept)
    if place is None:
        return
    system = find(place[0])
    if system.kind not in REACHED:
        raise Unsupported(f"Files on systems of the kind {system.kind} are not supported here.")
    seen = places.standing(conn, system, place[1], who.account)
    if not (lender and may_lend(conn, lender, seen, verb)):
        seen.check(verb)


def _told(problem: Problem) -> str:
    if isinstance(problem, Invalid):
        return " ".join(message for messages in problem.fields.values() for message in messages)
    return problem.message


def _own(conn: Connection, who: Identity, alias: str) -> Transfer:
    found = transfers.find_transfer(conn, alias)
    if found is None:
        raise NotFound(f"There is no transfer {alias}.")
    if found.owner_id != who.account.id:
        raise Denied(f"The transfer {alias} is somebody else's.")
    return found


def _find(conn: Connection, who: Identity, alias: str, *, details: bool) -> TransferView:
    found = _own(conn, who, alias)
    job = _jobs(conn, [found]).get(found.run_id, "")
    return replace(view_transfer(conn, found, details=details), job=job)


def _jobs(conn: Connection, found: Sequence[Transfer]) -> dict[int | None, str]:
    """The aliases of the jobs that transfers were made for, by the runs of these."""
    runs = {one.run_id for one in found if one.run_id is not None}
    return dict(hosted_jobs.aliases_of(conn, runs).items())


def view_transfer(conn: Connection, found: Transfer, *, details: bool) -> TransferView:
    """A transfer with how far it has come, and on request with all its parts."""
    counts = transfers.tallies(conn, found.id)
    tally = Tally(
        bytes=sum(one.bytes for one in counts.values()),
        moved=sum(one.moved for one in counts.values()),
        files=sum(one.files for one in counts.values()),
        finished=sum(one.finished for one in counts.values()),
    )
    if not details:
        return TransferView(transfer=found, tally=tally)
    elements = [(part, counts.get(part.id, Tally())) for part in transfers.list_elements(conn, found.id)]
    return TransferView(transfer=found, tally=tally, elements=elements, files=transfers.list_files(conn, found.id))


@ending
def _cancel(conn: Connection, who: Identity, alias: str, *, at: int) -> None:
    found = _own(conn, who, alias)
    if found.state not in DONE:
        transfers.wish_end(conn, found.id, at=at)
