"""Every word of ours has a word on the wire, and each history is told in the published order."""

import pytest

from dragoman.core.job import Event
from dragoman.core.states import Cause, JobState, RunState, Wish
from dragoman.dialects.rescale import states
from dragoman.dialects.rescale.read_query import read_job_query
from dragoman.dialects.rescale.states import cluster_statuses, job_statuses, phases_of, words
from tests.rescale.examples import History


def told(events: list[Event]) -> list[tuple[str, str | None]]:
    """Words and reasons, newest first."""
    return [(status.word, status.reason) for status in job_statuses(events)]


CHAIN = [("Executing", None), ("Validated", None), ("Started", None), ("Queued", None), ("Pending", None)]


def test_plain_life_is_the_published_chain() -> None:
    """Pending, Queued, Started, Validated, Executing, Completed: newest first, and success has its own reason."""
    history = History().started()
    assert CHAIN == told(history.events)
    history.run(RunState.STAGING_OUT, RunState.FINISHED).ended()
    assert [("Completed", "Completed successfully"), *CHAIN] == told(history.events)


@pytest.mark.parametrize(
    ("cause", "told_by_event", "reason"),
    [
        (Cause.EXIT, "The command exited with code 3.", "A run failed"),
        (Cause.WALLTIME, "The time limit was reached.", "Walltime exceeded"),
        (Cause.STOPPED, "Stopped on request.", "User Terminated"),
        (Cause.LOST, "The run vanished from its host.", "The run vanished from its host."),
        (Cause.OUTPUTS, "", "The output files could not all be kept"),
    ],
)
def test_a_run_that_ends_badly_stops_and_completes_with_its_reason(
    cause: Cause, told_by_event: str, reason: str
) -> None:
    """Clients see a failure by the reason alone: the last word is always Completed."""
    history = History().started().run(RunState.STAGING_OUT, cause=cause, reason=told_by_event)
    history.run(RunState.FAILED, cause=cause, reason=told_by_event).ended(cause, told_by_event)
    assert [("Completed", reason), ("Stopping", reason), *CHAIN] == told(history.events)


def test_a_run_that_never_began_was_never_validated() -> None:
    """A failure before the command leaves out the words that were never true."""
    history = History().submitted().run(RunState.PLANNING, RunState.STAGING_IN)
    history.run(RunState.FAILED, cause=Cause.STAGING, reason="The archive is broken.")
    history.ended(Cause.STAGING, "The archive is broken.")
    assert [("Completed", "The archive is broken."), ("Stopping", "The archive is broken.")] == told(history.events)[:2]
    assert ["Started", "Queued", "Pending"] == [word for word, _ in told(history.events)[2:]]


def test_a_stop_is_told_as_soon_as_it_is_wished() -> None:
    """Stopping comes with the wish and is told once."""
    history = History().started().wish(Wish.STOP)
    assert ("Stopping", "User Terminated") == told(history.events)[0]
    history.run(RunState.STAGING_OUT, cause=Cause.STOPPED).run(RunState.CANCELLED, cause=Cause.STOPPED)
    history.ended(Cause.STOPPED)
    assert [("Completed", "User Terminated"), ("Stopping", "User Terminated"), *CHAIN] == told(history.events)


def test_nothing_is_told_below_the_way_out() -> None:
    """A run that was wished away and still began for a moment does not seem to execute after its stop."""
    history = History().submitted().wish(Wish.STOP).run(RunState.PLANNING, RunState.SUBMITTING, RunState.RUNNING)
    history.run(RunState.STAGING_OUT, cause=Cause.STOPPED).run(RunState.CANCELLED, cause=Cause.STOPPED)
    history.ended(Cause.STOPPED)
    assert ["Completed", "Stopping", "Pending"] == [word for word, _ in told(history.events)]


def test_a_forced_stop_needs_no_stopping() -> None:
    """Force Stop is followed by Completed, for clients wait for that."""
    history = History().started().wish(Wish.KILL).run(RunState.STAGING_OUT, cause=Cause.STOPPED)
    history.run(RunState.CANCELLED, cause=Cause.STOPPED).ended(Cause.STOPPED)
    assert [("Completed", "User Terminated"), ("Force Stop", None), *CHAIN] == told(history.events)


def test_waiting_is_told_only_before_queued() -> None:
    """A job in line waits for the queue; one that is held up later shows nothing new."""
    history = History().submitted().run(RunState.BLOCKED, cause=Cause.CAPACITY)
    assert [("Waiting for Queue", None), ("Pending", None)] == told(history.events)
    history.run(RunState.PLANNING, RunState.STAGING_IN, RunState.BLOCKED, cause=Cause.BROKEN)
    assert [("Started", None), ("Queued", None)] == told(history.events)[:2]


def test_times_never_decrease_in_the_order_of_the_words() -> None:
    """A clock that was set back does not turn the history around."""
    events = History().started().events
    back = [Event(**{**{name: getattr(event, name) for name in event.__slots__}, "at": -event.at}) for event in events]
    times = [status.at for status in reversed(job_statuses([*events, *back]))]
    assert sorted(times) == times


def test_cluster_follows_the_published_chain() -> None:
    """The cluster is there from Queued on, and is stopped when the job completes."""
    history = History().submitted()
    assert [] == cluster_statuses(history.events)
    history = History().started().run(RunState.STAGING_OUT, RunState.FINISHED)
    chain = ["Started", "Starting", "Not Started"]
    assert chain == [status.word for status in cluster_statuses(history.events)]
    after = cluster_statuses(history.ended().events)
    assert ["Stopped", "Stopping", "Stop Requested", *chain] == [status.word for status in after]
    assert {None} == {status.reason for status in after}


@pytest.mark.parametrize("state", RunState)
def test_every_run_state_has_a_word(state: RunState) -> None:
    """No state of an open job is without a word that clients know."""
    assert states.RUN_WORDS[state][0] in states.JOB_WORDS


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_reason(cause: Cause) -> None:
    """No end is without a reason."""
    assert states.REASONS[cause]


@pytest.mark.parametrize("wish", Wish)
@pytest.mark.parametrize("progress", RunState)
@pytest.mark.parametrize("state", JobState)
def test_every_phase_has_words(state: JobState, progress: RunState, wish: Wish) -> None:
    """A submitted job always shows a word that clients know, a draft none."""
    word, cluster_word = words(state, progress, wish)
    is_silent = state in (JobState.DRAFT, JobState.REMOVED)
    assert is_silent == (word == "")
    assert word in ("", *states.JOB_WORDS)
    assert cluster_word in ("", "Not Started", "Starting", "Started", "Stopped")


def test_lists_show_the_word_that_the_history_ends_with() -> None:
    """The list's word for a run's state is the newest status of a plain life."""
    history = History().submitted()
    for state in (RunState.PLANNING, RunState.STAGING_IN, RunState.STAGING_JOB, RunState.SUBMITTING, RunState.RUNNING):
        history.run(state)
        assert told(history.events)[0][0] == words(JobState.OPEN, state, Wish.NONE)[0]


def test_list_filters_are_phases() -> None:
    """A status names exactly the phases that show it; state splits all phases in two."""
    executing = read_job_query(search="", state="", job_status="EXECUTING", ordering="")
    assert phases_of(frozenset({"Executing"})) == executing.phases
    assert ("OPEN", "RUNNING", "") in (executing.phases or ())
    done = read_job_query(search="", state="completed", job_status="", ordering="name").phases or frozenset()
    rest = read_job_query(search="", state="not_completed", job_status="", ordering="name").phases or frozenset()
    assert states.PHASES.keys() == done | rest
    assert frozenset() == done & rest


@pytest.mark.parametrize(
    ("ordering", "order"),
    [
        ("", "-created"),
        ("-dateInserted", "-created"),
        ("dateInserted", "created"),
        ("-name", "-name"),
        ("x", "-created"),
    ],
)
def test_unknown_orders_count_as_none(ordering: str, order: str) -> None:
    """Newest first unless another order is known."""
    assert order == read_job_query(search="", state="", job_status="", ordering=ordering).order
