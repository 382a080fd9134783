"""The verbs on nodes in the field: who a node is, which there are, and who may do what on them."""

from collections.abc import Callable, Mapping, Sequence

from dragoman.core.errors import NotFound, Unauthenticated
from dragoman.core.field import Node, NodeView
from dragoman.core.ports import Clock, Db
from dragoman.core.things import Identity
from dragoman.desk.remembered import Remembered
from dragoman.store import Connection, accounts, nodes

REMEMBERED = 2_000_000
"""How long (microseconds) a node's token is believed without looking again."""
MOST = 10_000


class Nodes:
    """Nodes as people see them, and as they show who they are."""

    def __init__(self, db: Db, clock: Clock, digest: Callable[[str], str]) -> None:
        self._db, self._clock, self._digest = db, clock, digest
        self._known = Remembered[Node](lasts=REMEMBERED, most=MOST)

    async def identify(self, secret: str) -> Node:
        """Whose token this is. Raises Unauthenticated for anything that is not the one token of a node."""
        digest, now = self._digest(secret), self._clock.now()
        known = self._known.get(digest, now)
        if known is not None:
            return known
        found = await self._db.read(nodes.find_by_key, digest)
        if found is None:
            self._known.forget(digest)
            raise Unauthenticated("Invalid token.")
        self._known.keep(digest, now, found)
        return found

    async def list(self) -> list[NodeView]:
        """All nodes, by VSN."""
        return await self._db.read(_list)

    async def find(self, vsn: str) -> NodeView:
        """The node of that VSN, in any letter case. Raises NotFound."""
        return await self._db.read(_find, vsn)

    async def access(self, who: Identity, name: str) -> Mapping[str, Sequence[str]]:
        """What an account may do, by VSN. Raises NotFound, also when somebody else but an admin asks."""
        return await self._db.read(_access, who, name)


def _list(conn: Connection) -> list[NodeView]:
    return nodes.view_nodes(conn, nodes.list_nodes(conn))


def _find(conn: Connection, vsn: str) -> NodeView:
    return nodes.view_nodes(conn, [nodes.get_node(conn, vsn)])[0]


def _access(conn: Connection, who: Identity, name: str) -> Mapping[str, Sequence[str]]:
    if name != who.account.name and not who.account.is_admin:
        raise NotFound("Not found.")
    return nodes.access_of(conn, accounts.find_account(conn, name=name).id)
