"""Reads the filters of the job list. Pure. See docs/dialects/rescale.md#job-list."""

from dragoman.core.errors import Invalid
from dragoman.core.things import JobQuery
from dragoman.dialects.rescale.states import JOB_WORDS, PHASES, phases_of

_BY_NAME = {word.upper().replace(" ", "_"): word for word in JOB_WORDS}
_COMPLETED = phases_of(frozenset({"Completed"}))
_STATES = {"completed": _COMPLETED, "not_completed": frozenset(PHASES) - _COMPLETED}
_ORDERS = {"dateinserted": "created", "date_inserted": "created", "name": "name"}

Phases = frozenset[tuple[str, str, str]]


def read_job_query(*, search: str, state: str, job_status: str, ordering: str) -> JobQuery:
    """Which jobs a request lists; empty values do not filter, an unknown order counts as none.

    Raises Invalid for a state or status that does not exist.
    """
    wanted: list[Phases] = []
    if state:
        wanted.append(_read_state(state))
    if job_status:
        wanted.append(_read_status(job_status))
    order = _ORDERS.get(ordering.lstrip("-").lower())
    return JobQuery(
        search=search,
        phases=frozenset.intersection(*wanted) if wanted else None,
        order="-created" if order is None else f"-{order}" if ordering.startswith("-") else order,
    )


def _read_state(state: str) -> Phases:
    found = _STATES.get(state.lower())
    if found is None:
        raise Invalid.field("state", why=f"Select a valid choice: {', '.join(_STATES)}.")
    return found


def _read_status(job_status: str) -> Phases:
    word = _BY_NAME.get(job_status.upper().replace(" ", "_"))
    if word is None:
        raise Invalid.field("job_status", why=f"Select a valid choice: {', '.join(_BY_NAME)}.")
    return phases_of(frozenset({word}))
