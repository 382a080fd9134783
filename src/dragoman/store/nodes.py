"""Nodes in the field: their manifests, their tokens, and who may do what on them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.field import ACCESS, Node, NodeView
from dragoman.core.things import Verb
from dragoman.store.chunks import chunks
from dragoman.store.grants import list_grants
from dragoman.store.tables import goal_part, grants, heard, node

KIND = "node"
"""The kind of grants on nodes."""


def add_node(conn: Connection, *, vsn: str, name: str, manifest: Mapping[str, Any], key_digest: str, at: int) -> Node:
    """Add a node. Raises Conflict when there is one of that VSN, in any letter case."""
    row = {"vsn": vsn, "vsn_lower": vsn.lower(), "name": name, "manifest": dict(manifest), "key_digest": key_digest}
    try:
        conn.execute(insert(node).values(**row, version=1, created_at=at, updated_at=at))
    except IntegrityError as error:
        raise Conflict(
            f"There is a node {vsn} already.",
            hint="`dragoman node token` gives it another token, `dragoman node allow` opens it to people.",
        ) from error
    return get_node(conn, vsn)


def get_node(conn: Connection, vsn: str) -> Node:
    """The node of that VSN, in any letter case. Raises NotFound."""
    row = conn.execute(select(node).where(node.c.vsn_lower == vsn.lower())).first()
    if row is None:
        raise NotFound(f"There is no node {vsn}.")
    return _read(row)


def find_by_key(conn: Connection, key_digest: str) -> Node | None:
    """The node whose token this is the digest of."""
    row = conn.execute(select(node).where(node.c.key_digest == key_digest)).first()
    return None if row is None else _read(row)


def list_nodes(conn: Connection, vsns: Collection[str] | None = None) -> list[Node]:
    """All nodes, or those of these VSNs as they are written, by VSN."""
    if vsns is None:
        return [_read(row) for row in conn.execute(select(node).order_by(node.c.vsn))]
    asked = (select(node).where(node.c.vsn.in_(some)) for some in chunks(vsns))
    return sorted((_read(row) for query in asked for row in conn.execute(query)), key=lambda found: found.vsn)


def view_nodes(conn: Connection, found: Sequence[Node]) -> list[NodeView]:
    """Nodes with the people who may do something on them."""
    granted = list_grants(conn, kind=KIND, refs=[one.id for one in found])
    return [
        NodeView(
            node=one,
            allowed={
                word: sorted({grant.name for grant in granted[one.id] if grant.verb is verb})
                for word, verb in ACCESS.items()
            },
        )
        for one in found
    ]


def change_node(conn: Connection, found: Node, values: Mapping[str, Any], *, at: int) -> None:
    """Give a node another manifest, name or token digest."""
    conn.execute(update(node).where(node.c.id == found.id).values(**values, updated_at=at))


def note_seen(conn: Connection, node_id: int, *, at: int) -> None:
    """Keep when a node last spoke with us."""
    conn.execute(update(node).where(node.c.id == node_id).values(seen_at=at))


def remove_node(conn: Connection, found: Node) -> None:
    """Remove a node that is to do nothing, with its grants. Raises Conflict while a goal names it."""
    served = select(goal_part.c.goal_id).where(goal_part.c.node_id == found.id, goal_part.c.is_served)
    if conn.execute(served).first():
        raise Conflict(f"Jobs are submitted to {found.vsn}.", hint="Remove or suspend them first.")
    conn.execute(delete(goal_part).where(goal_part.c.node_id == found.id))
    conn.execute(delete(heard).where(heard.c.node_id == found.id))
    conn.execute(delete(grants).where(grants.c.kind == KIND, grants.c.ref == found.id))
    conn.execute(delete(node).where(node.c.id == found.id))


def access_of(conn: Connection, account_id: int) -> dict[str, list[str]]:
    """What an account may do, by VSN: words of ACCESS, in order."""
    rows = conn.execute(
        select(node.c.vsn, grants.c.verb)
        .join(grants, grants.c.ref == node.c.id)
        .where(grants.c.kind == KIND, grants.c.account_id == account_id)
        .order_by(node.c.vsn)
    )
    words = {verb: word for word, verb in ACCESS.items()}
    found: dict[str, list[str]] = {}
    for row in rows:
        if word := words.get(Verb(row.verb)):
            found.setdefault(row.vsn, []).append(word)
    return {vsn: sorted(some) for vsn, some in found.items()}


def versions(conn: Connection) -> dict[str, int]:
    """The version of what each node is to do, by VSN in small letters."""
    return {row.vsn_lower: row.version for row in conn.execute(select(node.c.vsn_lower, node.c.version))}


def raise_versions(conn: Connection, node_ids: Sequence[int]) -> None:
    """Say that what these nodes are to do has changed."""
    for some in chunks(node_ids):
        conn.execute(update(node).where(node.c.id.in_(some)).values(version=node.c.version + 1))


def _read(row: Any) -> Node:
    return Node(
        id=row.id,
        vsn=row.vsn,
        name=row.name,
        manifest=row.manifest,
        version=row.version,
        seen_at=row.seen_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
