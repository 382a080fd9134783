"""The tables of moves: every state is in them, and they say what a life can look like."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Conflict
from dragoman.core.states import (
    FINAL,
    HELD,
    JOB_MOVES,
    PROGRESS,
    RUN_MOVES,
    WORKING,
    IllegalMove,
    JobState,
    RunState,
    check_job_move,
    check_run_move,
    is_final,
    job_outcome,
)


def reachable(state: RunState) -> set[RunState]:
    """Every state that a run can come to from here, in any number of moves."""
    found: set[RunState] = set()
    ahead = {state}
    while ahead:
        ahead = {after for here in ahead for after in RUN_MOVES[here]} - found
        found |= ahead
    return found


def test_the_tables_are_total() -> None:
    """Each state is a key, and nothing else is."""
    assert set(RunState) == set(RUN_MOVES)
    assert set(RunState) == set(PROGRESS)
    assert set(JobState) == set(JOB_MOVES)


def test_a_run_is_working_held_or_final() -> None:
    """Every state is exactly one of these."""
    assert sorted(RunState) == sorted((*WORKING, *HELD, *FINAL))


@pytest.mark.parametrize("state", FINAL)
def test_a_final_state_has_no_moves(state: RunState) -> None:
    """What has ended stays ended."""
    assert frozenset() == RUN_MOVES[state]
    assert is_final(state)


@pytest.mark.parametrize("state", [*WORKING, *HELD])
def test_every_other_state_leads_to_each_end(state: RunState) -> None:
    """Nothing is a dead end; it can fail and be cancelled at once, and can still go well."""
    assert not is_final(state)
    assert {RunState.FAILED, RunState.CANCELLED} <= RUN_MOVES[state]
    assert set(FINAL) <= reachable(state)


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("state", WORKING)
def test_a_working_state_can_be_held_and_taken_up_again(state: RunState, held: RunState) -> None:
    """Wherever a run is held up, it goes on from there."""
    assert held in RUN_MOVES[state]
    assert state in RUN_MOVES[held]


def test_only_what_was_collected_has_finished() -> None:
    """Success comes after the outputs were kept, and from nowhere else."""
    assert [RunState.STAGING_OUT] == [state for state in RunState if RunState.FINISHED in RUN_MOVES[state]]


def test_a_working_run_goes_back_only_to_be_submitted_again() -> None:
    """All other moves between working states lead on."""
    rank = {state: place for place, state in enumerate(WORKING)}
    back = {
        (was, now)
        for was, now in itertools.product(WORKING, WORKING)
        if now in RUN_MOVES[was] and rank[now] <= rank[was]
    }
    assert {(RunState.QUEUED, RunState.SUBMITTING), (RunState.RUNNING, RunState.SUBMITTING)} == back


def test_progress_rises_along_a_plain_life() -> None:
    """What is held counts least, an end counts most, and no two states count the same."""
    assert [*HELD, *WORKING, *FINAL] == sorted(RunState, key=lambda state: PROGRESS[state])
    assert len(RunState) == len(set(PROGRESS.values()))


@pytest.mark.parametrize("was", RunState)
def test_a_run_moves_as_its_table_says(was: RunState) -> None:
    """Anything else, staying where it is too, is refused with both states named."""
    for now in RunState:
        if now in RUN_MOVES[was]:
            check_run_move(was, now)
        else:
            with pytest.raises(IllegalMove, match=f"run cannot move from {was} to {now}"):
                check_run_move(was, now)


@pytest.mark.parametrize("was", JobState)
def test_a_job_moves_as_its_table_says(was: JobState) -> None:
    """Anything else is refused with both states named, as a conflict."""
    for now in JobState:
        if now in JOB_MOVES[was]:
            check_job_move(was, now)
        else:
            with pytest.raises(Conflict, match=f"job cannot move from {was} to {now}"):
                check_job_move(was, now)


def test_a_job_ends_only_after_it_was_opened() -> None:
    """Neither a draft nor what was removed has anything that could end; every job can be removed, once."""
    assert {JobState.OPEN, JobState.SUSPENDED} == {state for state in JobState if JobState.ENDED in JOB_MOVES[state]}
    assert set(JobState) - {JobState.REMOVED} == {state for state in JobState if JobState.REMOVED in JOB_MOVES[state]}


@given(st.lists(st.sampled_from(FINAL), min_size=1))
def test_the_worst_run_is_the_outcome_of_its_job(ends: list[RunState]) -> None:
    """One that failed weighs more than one that was cancelled, and that more than all that finished."""
    worst = max(ends, key=[RunState.FINISHED, RunState.CANCELLED, RunState.FAILED].index)
    assert worst is job_outcome(ends)
