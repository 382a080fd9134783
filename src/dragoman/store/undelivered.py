"""Which notices of a job did not reach their receivers, counted for each; as long as deliveries are kept."""

from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select

from dragoman.core.notices import DeliveryState, Target, Trouble
from dragoman.store.tables import delivery

_WAITS = delivery.c.state == DeliveryState.WAITING.value
_FAILED = (delivery.c.attempts > 0) & (delivery.c.last_error != "")
_LOST = (delivery.c.state == DeliveryState.GIVEN_UP.value) & _FAILED
"""What was given up without a try was wanted no longer: nobody misses it."""


def _when(condition: Any, column: Any) -> Any:
    return case((condition, column))


_COUNTS = (
    select(
        delivery.c.subscription_id,
        delivery.c.method,
        delivery.c.address,
        func.count(_when(_LOST, delivery.c.id)).label("given_up"),
        func.count(_when(_WAITS, delivery.c.id)).label("waiting"),
        func.max(_when(_LOST, delivery.c.ended_at)).label("at"),
        func.min(_when(_WAITS & _FAILED, delivery.c.due_at)).label("next_try"),
        func.max(_when(_LOST | (_WAITS & _FAILED), delivery.c.id)).label("last"),
    )
    .where(delivery.c.job_id == bindparam("job_id"))
    .group_by(delivery.c.subscription_id, delivery.c.method, delivery.c.address)
    .order_by(func.min(delivery.c.id))
)
_REASONS = select(delivery.c.id, delivery.c.last_error).where(delivery.c.id.in_(bindparam("ids", expanding=True)))


def list_troubles(conn: Connection, job_id: int) -> list[Trouble]:
    """The receivers that some notices of a job did not reach, each once for a subscription."""
    rows = [row for row in conn.execute(_COUNTS, {"job_id": job_id}) if row.last is not None]
    reasons = {row.id: row.last_error for row in conn.execute(_REASONS, {"ids": [row.last for row in rows]})}
    return [
        Trouble(
            subscription_id=row.subscription_id,
            target=Target(method=row.method, address=row.address),
            given_up=row.given_up,
            waiting=row.waiting,
            reason=reasons[row.last],
            at=row.at,
            next_try=row.next_try,
        )
        for row in rows
    ]
