"""Every state of ours has one of this door's, and every failure a condition."""

from itertools import product

import pytest

from dragoman.core.states import FINAL, RUN_MOVES, Cause, JobState, RunState, Wish
from dragoman.dialects.tapis3.job_states import BY_VERDICT, STATUSES, TERMINAL, Shown, shown
from tests.tapis3.job_examples import cluster
from tests.tapis3.job_lives import Life

CONDITIONS = {
    "CANCELLED_BY_USER",
    "JOB_ARCHIVING_FAILED",
    "JOB_DATABASE_ERROR",
    "JOB_EXECUTION_MONITORING_ERROR",
    "JOB_EXECUTION_MONITORING_ERROR_TIMEOUT",
    "JOB_EXECUTION_MONITORING_TIMEOUT",
    "JOB_FILES_SERVICE_ERROR",
    "JOB_INTERNAL_ERROR",
    "JOB_INVALID_DEFINITION",
    "JOB_LAUNCH_FAILURE",
    "JOB_QUEUE_MONITORING_ERROR",
    "JOB_RECOVERY_FAILURE",
    "JOB_RECOVERY_TIMEOUT",
    "JOB_REMOTE_ACCESS_ERROR",
    "JOB_REMOTE_OUTCOME_ERROR",
    "JOB_UNABLE_TO_STAGE_INPUTS",
    "JOB_UNABLE_TO_STAGE_JOB",
    "JOB_TRANSFER_FAILED_OR_CANCELLED",
    "JOB_TRANSFER_MONITORING_TIMEOUT",
    "NORMAL_COMPLETION",
    "SCHEDULER_CANCELLED",
    "SCHEDULER_DEADLINE",
    "SCHEDULER_OUT_OF_MEMORY",
    "SCHEDULER_STOPPED",
    "SCHEDULER_TIMEOUT",
    "SCHEDULER_TERMINATED",
}
"""All there are, as published."""


def test_the_table_is_total() -> None:
    """Whatever the rows hold, there is a status; a condition is there exactly when the job has ended."""
    states = (None, *RunState)
    for state, outcome, run in product(JobState, states, states):
        check(shown(state, outcome, run))
    for outcome, left, cause, wish in product(FINAL, states, Cause, Wish):
        for verdict, batch in product(("", "F", "COMPLETED", "??"), (True, False)):
            more = {"left": left, "cause": cause, "wish": wish}
            check(shown(JobState.ENDED, outcome, outcome, **more, verdict=verdict, is_batch=batch))


def check(found: Shown) -> None:
    """A published word, and a published condition exactly at the end."""
    assert found.status in STATUSES.values()
    assert (found.status in TERMINAL) is (found.condition is not None)
    assert found.condition is None or found.condition in CONDITIONS


def test_every_state_of_a_run_has_its_own_word() -> None:
    """Nothing is hidden: BLOCKED and PAUSED are shown as such."""
    assert len(RunState) == len(set(STATUSES.values()))
    assert {"BLOCKED", "PAUSED"} < set(STATUSES.values())
    assert set(STATUSES) == set(RUN_MOVES)


@pytest.mark.parametrize(
    ("left", "cause", "condition"),
    [
        (RunState.RUNNING, Cause.EXIT, "JOB_REMOTE_OUTCOME_ERROR"),
        (RunState.STAGING_OUT, Cause.EXIT, "JOB_REMOTE_OUTCOME_ERROR"),
        (RunState.RUNNING, Cause.WALLTIME, "JOB_EXECUTION_MONITORING_TIMEOUT"),
        (RunState.PLANNING, Cause.BROKEN, "JOB_REMOTE_ACCESS_ERROR"),
        (RunState.STAGING_IN, Cause.STAGING, "JOB_TRANSFER_FAILED_OR_CANCELLED"),
        (RunState.STAGING_IN, Cause.BROKEN, "JOB_UNABLE_TO_STAGE_INPUTS"),
        (RunState.STAGING_JOB, Cause.STAGING, "JOB_UNABLE_TO_STAGE_JOB"),
        (RunState.SUBMITTING, Cause.BROKEN, "JOB_LAUNCH_FAILURE"),
        (RunState.QUEUED, Cause.LOST, "JOB_QUEUE_MONITORING_ERROR"),
        (RunState.RUNNING, Cause.LOST, "JOB_EXECUTION_MONITORING_ERROR"),
        (RunState.STAGING_OUT, Cause.OUTPUTS, "JOB_ARCHIVING_FAILED"),
        (RunState.BLOCKED, Cause.BROKEN, "JOB_RECOVERY_TIMEOUT"),
        (None, Cause.NONE, "JOB_INTERNAL_ERROR"),
    ],
)
def test_conditions_of_failures(left: RunState | None, cause: Cause, condition: str) -> None:
    """The cause says most; otherwise the state in which it happened does."""
    assert condition == shown(JobState.ENDED, RunState.FAILED, RunState.FAILED, left=left, cause=cause).condition


@pytest.mark.parametrize(
    ("cause", "condition"),
    [
        (Cause.EXIT, "JOB_REMOTE_OUTCOME_ERROR"),
        (Cause.WALLTIME, "SCHEDULER_TIMEOUT"),
        (Cause.MEMORY, "SCHEDULER_OUT_OF_MEMORY"),
        (Cause.SCHEDULER, "SCHEDULER_CANCELLED"),
    ],
)
def test_without_its_word_the_cause_counts(cause: Cause, condition: str) -> None:
    """A batch scheduler that says no more than how it ended."""
    found = shown(JobState.ENDED, RunState.FAILED, None, left=RunState.STAGING_OUT, cause=cause, is_batch=True)
    assert condition == found.condition


@pytest.mark.parametrize("verdict", sorted(BY_VERDICT))
def test_the_batch_schedulers_word_counts(verdict: str) -> None:
    """What Slurm ended is told in Slurm's words."""
    life = Life(on=cluster(batchSchedulerProfile=None), handle={"scheduler_state": verdict}).run_to(RunState.RUNNING)
    life.to(RunState.STAGING_OUT, RunState.FAILED, cause=Cause.EXIT)
    assert BY_VERDICT[verdict] == life.facts.shown.condition


@pytest.mark.parametrize(
    ("asked", "steps", "outcome", "archived"),
    [
        ({}, [(RunState.STAGING_OUT, Cause.NONE), (RunState.FINISHED, Cause.NONE)], "FINISHED", True),
        ({}, [(RunState.STAGING_OUT, Cause.EXIT), (RunState.FAILED, Cause.EXIT)], "FAILED", True),
        ({}, [(RunState.STAGING_OUT, Cause.NONE), (RunState.FAILED, Cause.OUTPUTS)], "FINISHED", False),
        (
            {"archiveOnAppError": False},
            [(RunState.STAGING_OUT, Cause.EXIT), (RunState.FAILED, Cause.EXIT)],
            "FAILED_SKIP_ARCHIVE",
            False,
        ),
        ({}, [(RunState.FAILED, Cause.WALLTIME)], "FAILED_SKIP_ARCHIVE", False),
        ({}, [(RunState.FAILED, Cause.LOST)], "FAILED", True),
        ({}, [(RunState.CANCELLED, Cause.STOPPED)], None, False),
        (
            {"archiveMode": "NEVER"},
            [(RunState.STAGING_OUT, Cause.NONE), (RunState.FINISHED, Cause.NONE)],
            "FINISHED",
            False,
        ),
        ({}, [], None, False),
    ],
)
def test_how_the_program_ended(
    asked: dict[str, object], steps: list[tuple[RunState, Cause]], outcome: str | None, archived: bool
) -> None:
    """The program's own end, and whether its outputs are in the archive."""
    life = Life(body=asked).run_to(RunState.RUNNING)
    for state, cause in steps:
        life.to(state, cause=cause)
    assert (outcome, archived) == (life.facts.remote_outcome, life.facts.is_archived)


def test_a_program_that_never_began_has_no_outcome() -> None:
    """A failure before the launch is no end of a program."""
    life = (
        Life()
        .run_to(RunState.STAGING_JOB)
        .to(RunState.FAILED, cause=Cause.STAGING, reason="No --time: use maxMinutes.")
    )
    told = life.facts
    assert (None, "JOB_UNABLE_TO_STAGE_JOB") == (told.remote_outcome, told.shown.condition)
    assert "maxMinutes" in told.message
