"""Who asks for a job, and with whose rights it is made: a call, an event, or an administrator for somebody."""

from dataclasses import dataclass
from typing import Protocol

from dragoman.config import Settings
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.tapis3.read_job import Asked


class Asking(Protocol):
    """Who asks, and with whose means the job is made: a call, or an event."""

    @property
    def who(self) -> Identity:
        """Whose job it will be."""
        ...

    @property
    def desk(self) -> Desk:
        """The verbs."""
        ...

    @property
    def settings(self) -> Settings:
        """The settings of the house."""
        ...

    @property
    def tenant(self) -> str:
        """The id of the one tenant."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The owner of a job to be, who does not ask for it: an event does, or an administrator."""

    who: Identity
    desk: Desk
    settings: Settings

    @property
    def tenant(self) -> str:
        """The id of the one tenant."""
        return self.settings.realm.tenant


async def owner_of(call: Asking, asked: Asked) -> Asking:
    """Whose job it will be: whoever asks, or whom an administrator names. Raises Invalid for an unknown account."""
    name, caller = asked.get("owner"), call.who.account
    if not name or name == caller.name or not caller.is_admin:
        return call  # who may not is told with all else that is wrong
    who = Identity(account=await call.desk.hosted_jobs.owner(name))
    return Owner(who=who, desk=call.desk, settings=call.settings)
