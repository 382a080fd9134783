"""Who asks with a name and a secret: people with their password, programs with their client's key."""

from dragoman.core.errors import Invalid, Unauthenticated
from dragoman.core.things import Account, Identity
from dragoman.dialects.tapis2.door import DOOR, Call
from dragoman.dialects.tapis2.errors import Refused
from dragoman.web.basic import read_basic


class Rejected(Exception):
    """A login that is refused, in the words that programs of OAuth know."""

    def __init__(self, error: str, why: str, *, status: int = 400) -> None:
        super().__init__(why)
        self.error, self.why, self.status = error, why, status


async def person(call: Call) -> Identity:
    """The account whose name and password the header carries. Raises Refused."""
    try:
        given = read_basic(call.request.headers.get("authorization", ""))
        if given is None:
            raise Refused(401, "Send the name and password of an account in a Basic header.")
        return Identity(account=await call.desk.logins.check_password(*given))
    except (Invalid, Unauthenticated) as problem:
        raise Refused(401, f"Login failed. {problem}") from problem


async def client(call: Call) -> tuple[str, Account]:
    """The client whose key the header carries, and its owner. Raises Rejected."""
    try:
        given = read_basic(call.request.headers.get("authorization", ""))
    except Invalid as problem:
        raise _unknown_client() from problem
    owner = await call.desk.clients.owner(DOOR, *given) if given else None
    if given is None or owner is None:
        raise _unknown_client()
    return given[0], owner


def _unknown_client() -> Rejected:
    why = "A valid OAuth client could not be found for the key and secret of the Basic header."
    return Rejected("invalid_client", why, status=401)
