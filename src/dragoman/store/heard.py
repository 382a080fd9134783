"""Up to which number what nodes tell has been acted on."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from dragoman.store.tables import heard, node


def raise_heard(conn: Connection, *, node_id: int, outbox: str, stream: str, highest: int) -> int:
    """Note that everything up to that number is acted on; up to which it was before. One after another for a node."""
    conn.execute(select(node.c.id).where(node.c.id == node_id).with_for_update())
    here = (heard.c.node_id == node_id, heard.c.outbox == outbox, heard.c.stream == stream)
    before = conn.execute(select(heard.c.highest).where(*here)).scalar()
    if before is None:
        row = {"node_id": node_id, "outbox": outbox, "stream": stream, "highest": highest}
        conn.execute(insert(heard).values(row))
        return 0
    if highest > before:
        conn.execute(update(heard).where(*here).values(highest=highest))
    return int(before)


def forget_heard(conn: Connection, outboxes: Sequence[tuple[str, str]]) -> None:
    """Forget what was heard of these outboxes, each with the VSN of its node."""
    for vsn, outbox in outboxes:
        of_node = heard.c.node_id.in_(select(node.c.id).where(node.c.vsn == vsn))
        conn.execute(delete(heard).where(of_node, heard.c.outbox == outbox))
