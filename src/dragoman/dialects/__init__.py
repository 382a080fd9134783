"""The one list of dialects: doors that translate a foreign language into the desk's verbs and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dragoman.config import Settings
from dragoman.core.chains import Startable
from dragoman.core.field import Heard
from dragoman.core.measurements import Measurement
from dragoman.core.notices import Render
from dragoman.core.ports import BlobStore
from dragoman.core.retelling import Teller
from dragoman.core.starts import Starter
from dragoman.core.topics import Report
from dragoman.desk import Desk
from dragoman.dialects import beehive, rescale, sage, tapis2, tapis3
from dragoman.web.door import Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A language this house speaks."""

    name: str
    open: Callable[[Desk, BlobStore, Settings], Door]
    mint: Callable[[], str] | None = None
    """A new alias, for things that the engine makes; None: it makes none."""
    notices: Callable[[Settings], Render] | None = None
    """How people are told of jobs; None: they cannot subscribe to them."""
    reports: Callable[[Desk, Settings], Report] | None = None
    """How people are told of the systems, apps and paths they follow; None: they cannot follow any."""
    teller: Teller | None = None
    """How systems are told to other doors, and theirs retold here; None: it knows no systems of people."""
    news: Callable[[Measurement], Heard | None] | None = None
    """Finds news of goals in what nodes measure, in the words that its nodes use."""
    starter: Callable[[Desk, Settings], Starter] | None = None
    """How events start copies of its stored jobs; None: they do not."""
    startable: Callable[[Settings], Startable] | None = None
    """Which of those they may start; None: each."""


DIALECTS: tuple[Dialect, ...] = (
    Dialect(name="rescale", open=rescale.door, mint=rescale.mint, starter=rescale.starter),
    Dialect(
        name="sage", open=sage.door, mint=sage.mint, news=sage.read_news, starter=sage.starter, startable=sage.startable
    ),
    Dialect(
        name="tapis2",
        open=tapis2.door,
        mint=tapis2.mint,
        notices=tapis2.notices,
        reports=tapis2.reports,
        teller=tapis2.TELLER,
        starter=tapis2.starter,
    ),
    Dialect(
        name="tapis3",
        open=tapis3.door,
        mint=tapis3.mint,
        notices=tapis3.notices,
        teller=tapis3.TELLER,
        starter=tapis3.starter,
    ),
    Dialect(name="beehive", open=beehive.door),
)


def read_news(measurement: Measurement) -> Heard | None:
    """The news of a goal that a node tells in the words of any dialect; None: this is none."""
    told = (dialect.news(measurement) for dialect in DIALECTS if dialect.news)
    return next((news for news in told if news), None)


def startable(settings: Settings) -> Mapping[str, Startable]:
    """The doors whose stored jobs events may start, by name, and what each says of them."""
    doors = (dialect for dialect in DIALECTS if dialect.starter)
    return {door.name: door.startable(settings) if door.startable else Startable() for door in doors}
