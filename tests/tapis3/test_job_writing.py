"""Jobs, their history and the notices of it are written as published."""

import json

from dragoman.core.search import Kind
from dragoman.core.states import Cause, RunState
from dragoman.dialects.tapis3.history import Subscriber, Transfer, other, tell, wanted, write_history, write_notice
from dragoman.dialects.tapis3.job_facts import facts
from dragoman.dialects.tapis3.times import iso
from dragoman.dialects.tapis3.write_job import JOB_ATTRIBUTES, LISTED, write_job, write_listed_job
from tests.tapis3.job_examples import NOW, UUID, args
from tests.tapis3.job_lives import Life


def finished(**made_of: object) -> Life:
    """A job that went well."""
    life = Life(code=0, handle={"pid": 4711}, **made_of).run_to(RunState.RUNNING)
    return life.to(RunState.STAGING_OUT, RunState.FINISHED)


def test_a_new_job_shows_every_attribute() -> None:
    """All keys are there, nulls too; lists and objects are JSON text."""
    row = write_job(Life(body=args("--x")).to(RunState.ACCEPTED).facts)
    assert list(JOB_ATTRIBUTES) == list(row)
    expected = {
        "uuid": UUID,
        "id": 3,
        "status": "PENDING",
        "condition": None,
        "owner": "ann",
        "visible": True,
        "mpi": False,
        "tapisQueue": "tapis.jobq.submit.DefaultQueue",
        "sharedAppCtx": "",
        "sharedAppCtxAttribs": [],
        "blockedCount": 0,
        "remoteChecksSuccess": 0,
        "remoteStarted": None,
        "remoteOutcome": None,
        "created": "2023-11-14T22:13:20.123456Z",
        "ended": None,
        "createdby": "ann",
        "createdbyTenant": "solo",
        "jobType": "FORK",
        "fileInputs": "[]",
        "notes": "{}",
        "tags": [],
    }
    assert expected == {key: row[key] for key in expected}
    assert "--x" == json.loads(row["parameterSet"])["appArgs"][0]["arg"]


def test_values_are_of_their_kinds() -> None:
    """What is searched as a number is one, and so on."""
    kinds = {Kind.TEXT: str, Kind.TIME: str, Kind.NUMBER: int, Kind.FLAG: bool, Kind.TEXTS: list}
    row = write_job(finished().facts, inputs="t1", tracking="a.b")
    assert {} == {
        key: row[key] for key, kind in JOB_ATTRIBUTES.items() if not isinstance(row[key], (kinds[kind], type(None)))
    }
    assert ("t1", "a.b") == (row["inputTransactionId"], row["trackingId"])


def test_a_finished_job_tells_its_times_and_its_end() -> None:
    """Submitted, started and ended in this order; the exit code is text."""
    row = write_job(finished().facts)
    assert ("FINISHED", "NORMAL_COMPLETION", "FINISHED", "0", "4711") == tuple(
        row[key] for key in ("status", "condition", "remoteOutcome", "remoteResultInfo", "remoteJobId")
    )
    moments = [row[key] for key in ("created", "remoteSubmitted", "remoteStarted", "remoteEnded", "ended")]
    assert sorted(moments) == moments
    assert "Setting job status to FINISHED." == row["lastMessage"]


def test_lists_show_less() -> None:
    """Exactly the published keys, even when only the rows are known."""
    life = finished()
    row = write_listed_job(facts(life.job, life.run))
    assert list(LISTED) == list(row)
    assert ("FINISHED", "img", iso(NOW + 8_000_000)) == (row["status"], row["appId"], row["remoteStarted"])


def test_hidden_jobs_say_so() -> None:
    """A note hides it."""
    life = finished()
    life.notes = {"visible": False}
    assert write_job(life.facts)["visible"] is False


def test_the_history_has_one_entry_for_each_status() -> None:
    """In order, each with where it came from; the last one tells how it all ended."""
    life = finished()
    rows = write_history(tell(life.facts, life.events))
    words = ["PENDING", "PROCESSING_INPUTS", "STAGING_INPUTS", "STAGING_JOB", "SUBMITTING_JOB", "QUEUED", "RUNNING"]
    words += ["ARCHIVING", "FINISHED"]
    assert words == [row["eventDetail"] for row in rows]
    assert {"JOB_NEW_STATUS"} == {row["event"] for row in rows}
    told = [json.loads(row["description"]) for row in rows]
    assert list(zip([None, *words[:-1]], words, strict=True)) == [
        (one["oldJobStatus"], one["newJobStatus"]) for one in told
    ]
    assert ("NORMAL_COMPLETION", "FINISHED", 0) == tuple(
        told[-1][key] for key in ("condition", "remoteOutcome", "blockedCount")
    )
    assert "condition" not in told[0]
    assert {} == rows[0]["transferSummary"]


def test_being_held_up_is_told_and_counted() -> None:
    """A blocked job goes on where it was."""
    life = Life().run_to(RunState.PLANNING).to(RunState.BLOCKED, cause=Cause.BROKEN, reason="The host is silent.")
    assert ("BLOCKED", 1) == (write_job(life.facts)["status"], write_job(life.facts)["blockedCount"])
    life.to(RunState.PLANNING, RunState.STAGING_JOB)
    words = [one.detail for one in tell(life.facts, life.events)]
    assert ["PENDING", "PROCESSING_INPUTS", "BLOCKED", "PROCESSING_INPUTS", "STAGING_JOB"] == words


def test_transfers_stand_between_the_statuses() -> None:
    """By their time, each with its own words."""
    life = finished()
    summary = {"uuid": "t1", "status": "COMPLETED"}
    transfers = [Transfer(at=NOW + 4_500_000, uuid="t1", brings_in=True, state="COMPLETED", summary=summary)]
    rows = write_history(tell(life.facts, life.events, transfers))
    place = [row["event"] for row in rows].index("JOB_INPUT_TRANSACTION_ID")
    assert "STAGING_JOB" == rows[place + 1]["eventDetail"]
    assert ("t1", summary) == (rows[place]["transferTaskUuid"], rows[place]["transferSummary"])
    assert "COMPLETED" == json.loads(rows[place]["description"])["transferStatus"]


def test_a_notice_is_the_published_envelope() -> None:
    """Its type names the event and the status, its data is JSON text, and the last one says that it is."""
    life = finished()
    told = tell(life.facts, life.events)
    target = {"deliveryMethod": "WEBHOOK", "deliveryAddress": "http://127.0.0.1/"}
    subscriber = Subscriber(name="jobs~ann", tenant="solo", target=target)
    found = write_notice(
        told[-1], subscriber, uuid="u", job_uuid=UUID, event_uuid="e", place=9, source="http://b/jobs", now=NOW
    )
    event = found["event"]
    assert ("jobs.JOB_NEW_STATUS.FINISHED", UUID, "jobs", 9, True) == (
        event["type"],
        event["subject"],
        event["user"],
        event["seriesSeqCount"],
        event["deleteSubscriptionsMatchingSubject"],
    )
    assert {"newJobStatus", "oldJobStatus", "blockedCount", "remoteOutcome"} <= json.loads(event["data"]).keys()
    assert ("u", "e", "e") == (found["uuid"], found["eventUuid"], event["uuid"])
    assert ("solo", "jobs~ann", target) == (found["tenant"], found["subscriptionName"], found["deliveryTarget"])
    assert not told[0].is_end


def test_subscriptions_choose() -> None:
    """All events, or those of one kind."""
    life = finished()
    said = other(life.facts, "JOB_USER_EVENT", "DEFAULT", at=NOW, message="hello", data={"eventData": "x"})
    assert (True, True, False) == tuple(wanted(one, said) for one in ("ALL", "JOB_USER_EVENT", "JOB_NEW_STATUS"))
    assert "image_classifier" == said.data["jobName"]
