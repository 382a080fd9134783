"""Attributes of jobs that no column holds, worked out of rows and history in the words of core.sources. Pure.

Each says in a table what job_states, job_facts and core.moments say of one job, so that the store can search it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dragoman.core.moments import REMOTE, REMOTE_IDS
from dragoman.core.sources import Choice, Fixed, Held, Is, Joined, LastMove, MoveCount, Moves, Source, TransferOf
from dragoman.core.states import HELD, Cause, RunState, Wish
from dragoman.core.transfers import APP, ARCHIVE, INPUTS
from dragoman.dialects.tapis3.job_facts import ATTRIBUTES, VERDICT
from dragoman.dialects.tapis3.job_states import BY_CAUSE, BY_PHASE, BY_VERDICT, OURS, STATUSES
from dragoman.dialects.tapis3.resolve_places import SKIP
from dragoman.dialects.tapis3.write_job import COUNTERS, QUEUE, UNKNOWN


def _words(table: Mapping[Any, str]) -> dict[str, str]:
    return {str(one): word for one, word in table.items()}


STATUS = Source(column="run.state", words=_words(STATUSES))


def resolved(name: str) -> Source:
    """What was settled at the submit, and is shown as it is kept."""
    return Source(column="job.notes", path=(ATTRIBUTES, name))


_STATE, _CAUSE = Source(column="run.state"), Source(column="run.cause")
_BATCH, _FORK = Is(resolved("jobType"), ("BATCH",)), Is(resolved("jobType"), ("BATCH",), other=True)
_IS_WISHED = Is(Source(column="job.wish"), (Wish.STOP, Wish.KILL))
_OUT_OF_TIME = Is(_CAUSE, (Cause.WALLTIME,))


def _last(column: str, *among: Moves, words: Mapping[str, str] | None = None) -> LastMove:
    return LastMove(column=column, among=among, words=words or {})


_FAILED = Moves(now=(RunState.FAILED,))
_LEFT = _last("was", _FAILED)
_VERDICT = Source(column="run.handle", path=(VERDICT,))
_BY_VERDICT = replace(_VERDICT, words=BY_VERDICT)
# Here and below, what takes long is asked last: the notes of a job have to be read as JSON.
_CONDITION = Choice(
    (
        ((Is(_STATE, (RunState.FINISHED,)),), Fixed("NORMAL_COMPLETION")),
        ((Is(_STATE, (RunState.CANCELLED,)),), Fixed("CANCELLED_BY_USER")),
        ((Is(_STATE, (RunState.FAILED,), other=True),), Fixed(None)),
        ((Is(_CAUSE, (Cause.NONE,)), _IS_WISHED), Fixed(BY_CAUSE[Cause.STOPPED])),
        ((Is(_CAUSE, tuple(OURS), other=True), Is(_VERDICT, tuple(BY_VERDICT)), _BATCH), _BY_VERDICT),
        ((_OUT_OF_TIME, _BATCH), Fixed("SCHEDULER_TIMEOUT")),
        ((Is(_CAUSE, (Cause.STAGING,)), Is(_LEFT, (RunState.STAGING_IN,))), Fixed("JOB_TRANSFER_FAILED_OR_CANCELLED")),
        ((Is(_CAUSE, tuple(BY_CAUSE)),), Source(column="run.cause", words=_words(BY_CAUSE))),
    ),
    _last("was", _FAILED, words={"": BY_PHASE[RunState.FAILED], **_words(BY_PHASE)}),
)

_END = (Moves(now=(RunState.STAGING_OUT,), but=HELD), Moves(now=(RunState.FAILED, RunState.CANCELLED), was=REMOTE))


def _outcomes(*skipped: Cause) -> LastMove:
    """How the program ended, where its outputs are left after some causes."""
    words: dict[str, str | None] = {one: "FAILED_SKIP_ARCHIVE" if one in skipped else "FAILED" for one in Cause}
    return LastMove(column="cause", among=_END, words={**words, Cause.NONE: "FINISHED", Cause.STOPPED: None})


_REMOTE_OUTCOME = Choice(
    (
        ((Is(_outcomes(), ("FINISHED",)),), Fixed("FINISHED")),
        ((Is(resolved("archiveMode"), (SKIP,)),), _outcomes(*Cause)),
        ((_FORK,), _outcomes(Cause.WALLTIME)),
    ),
    _outcomes(),
)

_IDS = [Source(column="run.handle", path=(key,)) for key in REMOTE_IDS]
_TOLD = [Is(one, ("", "0"), other=True) for one in _IDS]


def _reason(column: str) -> tuple[tuple[Is, ...], Held]:
    held = Source(column=column)
    return (Is(held, ("",), other=True),), Joined((Fixed(" "), held))


_MESSAGE = Choice(
    (((Is(_STATE, (RunState.ACCEPTED,)),), Joined((Fixed("Job "), Source(column="job.alias"), Fixed(" created.")))),),
    Joined(
        (
            *(Fixed("Setting job status to "), STATUS, Fixed(".")),
            Choice((_reason("run.reason"), _reason("job.reason")), Fixed("")),
        )
    ),
)


def _transfer(name: str, tag: str, *conditions: Is) -> dict[str, Held]:
    """The id of a transfer, and what it is tagged with, where it was made."""
    held = TransferOf(tag=tag)
    tagged = Joined((Source(column="job.alias"), Fixed(f".{tag}")))
    made = Is(held, ("",), other=True)
    return {
        f"{name}TransactionId": Choice(((conditions, held),)) if conditions else held,
        f"{name}CorrelationId": Choice((((*conditions, made), tagged),)),
    }


DERIVED: Mapping[str, Held] = {
    "condition": _CONDITION,
    "lastMessage": _MESSAGE,
    "blockedCount": MoveCount(of=Moves(now=(RunState.BLOCKED,))),
    "remoteJobId": Choice(tuple(((told,), one) for told, one in zip(_TOLD, _IDS, strict=True))),
    "remoteOutcome": _REMOTE_OUTCOME,
    "remoteResultInfo": Source(column="run.exit_code"),
    "remoteQueue": Choice(tuple(((told,), resolved("execSystemLogicalQueue")) for told in _TOLD)),
    "remoteSubmitted": _last("at", Moves(now=(RunState.QUEUED,), but=HELD)),
    "remoteStarted": _last("at", Moves(now=(RunState.RUNNING,), but=HELD)),
    "remoteEnded": _last("at", *_END),
    **_transfer("input", INPUTS),
    **_transfer("archive", ARCHIVE),
    **_transfer("stageApp", APP),
    **_transfer("dtnInput", INPUTS, Is(resolved("dtnSystemInputDir"), ("",), other=True)),
    "tapisQueue": Fixed(QUEUE),
    **dict.fromkeys(COUNTERS, Fixed(0)),
    **dict.fromkeys(UNKNOWN, Fixed(None)),
}
