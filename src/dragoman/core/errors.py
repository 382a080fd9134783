"""The one tree of problems. Drivers translate every library's exceptions into these at their own border.

Problem
  Invalid          what was asked is wrong; names each field
  NotFound         no such thing, or none this account may see
  Unauthenticated  nobody we know is asking
  Denied           we know who asks, and they may not
    LoginRefused   a host does not let their login in: a run waits for a better secret
      NoSecret     nothing is stored to log in with
  Conflict         the thing is in no state for this
    Taken          something else has this name, or had it
  Unsupported      a real feature of the foreign service that is refused on purpose
  TooLarge         more bytes, members or rows than a limit allows
  Unavailable      the world is down for now: what is retried, beside a refused login
  Broken           the other side said no for good
"""

from collections.abc import Mapping, Sequence

Path = tuple[str | int, ...]
"""Where in a request a value stands: ("jobanalyses", 0, "hardware", "coresPerSlot")."""


MOST_FAULTS = 100


class Faults(dict[Path, list[str]]):
    """Complaints about a request by path, no more of them than anybody will read."""

    def add(self, path: Path, why: str) -> None:
        """Note a complaint; after MOST_FAULTS paths, only that there are more."""
        if len(self) < MOST_FAULTS:
            self.setdefault(path, []).append(why)
        else:
            self[()] = [f"There are more faults than the {MOST_FAULTS} that are told."]


class Problem(Exception):
    """Something that can be told to the person who asked: what is wrong and what to do about it."""

    kind = "problem"

    def __init__(self, message: str, *, hint: str = "") -> None:
        # What a host complains of may be told with it, and is to be kept: not every database takes every character.
        self.message = message.replace("\0", "\ufffd").encode(errors="replace").decode()
        super().__init__(self.message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class Invalid(Problem):
    """A request with wrong fields; ``fields`` maps each path to its complaints, in the order they were found."""

    kind = "invalid"

    def __init__(self, fields: Mapping[Path, Sequence[str]], *, hint: str = "") -> None:
        self.fields = {path: list(messages) for path, messages in fields.items()}
        text = "; ".join(f"{'.'.join(map(str, path)) or 'request'}: {' '.join(m)}" for path, m in self.fields.items())
        super().__init__(text, hint=hint)

    @classmethod
    def field(cls, *path: str | int, why: str) -> "Invalid":
        """One complaint about one field."""
        return cls({path: [why]})


class NotFound(Problem):
    """No such thing, or none that this account may see (the two look alike on purpose)."""

    kind = "not_found"


class Unauthenticated(Problem):
    """Nobody we know is asking."""

    kind = "unauthenticated"


class Denied(Problem):
    """The account is known and may see the thing, but may not do this to it."""

    kind = "denied"


class LoginRefused(Denied):
    """A host does not let the account's login in, or there is no secret for it. Runs wait a while for it."""


class NoSecret(LoginRefused):
    """Nothing is stored with which somebody could log in to ``system``."""

    def __init__(self, message: str, *, system: str) -> None:
        super().__init__(message, hint="Register a credential for it.")
        self.system = system


class Conflict(Problem):
    """The thing is in no state for what was asked."""

    kind = "conflict"


class Taken(Conflict):
    """A name that something else has, or had, where names are given once."""


class Unsupported(Problem):
    """A feature of the foreign service that is refused on purpose."""

    kind = "unsupported"


class TooLarge(Problem):
    """More bytes, members or rows than a limit allows."""

    kind = "too_large"


class Unavailable(Problem):
    """The world is down for now (a full disk, a silent host). It is tried again."""

    kind = "unavailable"


class Closed(Unavailable):
    """Somebody has switched off what is needed. It is waited for longer than for what is down by itself."""


class Broken(Problem):
    """The other side said no for good; asking again would not help."""

    kind = "broken"
