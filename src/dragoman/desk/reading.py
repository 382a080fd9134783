"""Whose data somebody may read where not everybody may: rights on nodes, looked up for people and for triggers."""

from dragoman.core.triggers import Trigger
from dragoman.store import Connection, accounts, nodes, triggers

READING = "files"
"""What somebody must be allowed on a node."""


def standing_for(conn: Connection, vsn: str | None) -> list[Trigger]:
    """All triggers, or those whose owners may read the data of a node."""
    found = triggers.list_triggers(conn)
    if vsn is None or not found:
        return found
    owners = accounts.find_accounts(conn, {one.owner_id for one in found})
    may = {
        owner.id
        for owner in owners.values()
        if owner.is_admin or READING in nodes.access_of(conn, owner.id).get(vsn, ())
    }
    return [one for one in found if one.owner_id in may]


def readable(conn: Connection, account_id: int) -> set[str]:
    """The names of the nodes whose data an account may read."""
    vsns = [vsn for vsn, words in nodes.access_of(conn, account_id).items() if READING in words]
    return {node.name for node in nodes.list_nodes(conn, vsns)}
