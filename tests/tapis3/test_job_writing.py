"""Jobs, their history and the notices of it are written as published."""

import json

from dragoman.config import Settings
from dragoman.core.notices import ADDED, SAID, SHARE, SUBSCRIPTION, TRANSFER, Notice, Shared, Story, Target
from dragoman.core.notices import Subscription as Subscribed
from dragoman.core.search import Kind
from dragoman.core.states import Cause, RunState
from dragoman.core.transfers import ARCHIVE, INPUTS
from dragoman.dialects.tapis3.history import tell, write_history
from dragoman.dialects.tapis3.notices import notices
from dragoman.dialects.tapis3.write_job import JOB_ATTRIBUTES, write_job
from tests.tapis3.job_examples import NOW, UUID, args, system
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
    life = finished()
    life.attributes["trackingId"] = "a.b"
    row = write_job(life.facts, {INPUTS: "t1", ARCHIVE: "t2"})
    assert (f"{UUID}.inputs", f"{UUID}.archive") == (row["inputCorrelationId"], row["archiveCorrelationId"])
    assert (row["stageAppTransactionId"], row["stageAppCorrelationId"]) == (None, None)
    assert {} == {
        key: row[key] for key, kind in JOB_ATTRIBUTES.items() if not isinstance(row[key], (kinds[kind], type(None)))
    }
    assert ("t1", "t2", "a.b") == tuple(
        row[f"{key}Id"] for key in ("inputTransaction", "archiveTransaction", "tracking")
    )
    assert row["dtnInputTransactionId"] is None
    through = Life(body={"dtnSystemInputDir": "/in"}, on=system(dtnSystemId="dtn")).run_to(RunState.RUNNING)
    assert "t1" == write_job(through.facts, {INPUTS: "t1"})["dtnInputTransactionId"]


def test_a_finished_job_tells_its_times_and_its_end() -> None:
    """Submitted, started and ended in this order; the exit code is text."""
    row = write_job(finished().facts)
    assert ("FINISHED", "NORMAL_COMPLETION", "FINISHED", "0", "4711") == tuple(
        row[key] for key in ("status", "condition", "remoteOutcome", "remoteResultInfo", "remoteJobId")
    )
    moments = [row[key] for key in ("created", "remoteSubmitted", "remoteStarted", "remoteEnded", "ended")]
    assert sorted(moments) == moments
    assert "Setting job status to FINISHED." == row["lastMessage"]


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


def test_a_failure_is_told_before_the_end() -> None:
    """The error says why, then the status says that it is over."""
    life = Life(code=3, handle={"pid": 1}).run_to(RunState.RUNNING)
    life.to(RunState.STAGING_OUT, cause=Cause.EXIT).to(RunState.FAILED, cause=Cause.EXIT, reason="It exits with 3.")
    error, end = tell(life.facts, life.events)[-2:]
    assert ("JOB_ERROR_MESSAGE", "FINAL_MESSAGE", False) == (error.event, error.detail, error.is_end)
    assert ("JOB_NEW_STATUS", "FAILED", True) == (end.event, end.detail, end.is_end)
    told = json.loads(error.text)
    assert ("It exits with 3.", "FAILED", "3") == (told["message"], told["jobStatus"], told["remoteResultInfo"])


def test_transfers_stand_between_the_statuses() -> None:
    """In the order of events, each with its own words; how far it has come is told by its id."""
    life = Life(code=0).run_to(RunState.STAGING_IN).note(TRANSFER, was=INPUTS, now="COMPLETED", reason="t1")
    life.to(RunState.STAGING_JOB)
    summary = {"uuid": "t1", "status": "COMPLETED"}
    rows = write_history(tell(life.facts, life.events), {"t1": summary})
    place = [row["event"] for row in rows].index("JOB_INPUT_TRANSACTION_ID")
    assert "STAGING_JOB" == rows[place + 1]["eventDetail"]
    assert ("t1", summary) == (rows[place]["transferTaskUuid"], rows[place]["transferSummary"])
    assert "COMPLETED" == json.loads(rows[place]["description"])["transferStatus"]


def test_all_else_is_told_in_its_own_words() -> None:
    """Shares and subscriptions as facts; what people send as they sent it."""
    life = Life().run_to(RunState.RUNNING).note(SUBSCRIPTION, now=ADDED, reason="2")
    life.note(SHARE, was="JOB_OUTPUT", now=ADDED, reason=str(Shared(grantee="bob", grantor="ann")))
    life.note(SAID, was="DEFAULT", reason="hello")
    subscribed, shared, said = tell(life.facts, life.events)[-3:]
    assert ("JOB_SUBSCRIPTION", "added", 2) == (
        subscribed.event,
        subscribed.detail,
        json.loads(subscribed.text)["numSubscriptions"],
    )
    assert {"resourceType": "JOB_OUTPUT", "shareType": "SHARE_JOB_OUTPUT_READ", "grantee": "bob", "grantor": "ann"} == {
        key: value for key, value in json.loads(shared.text).items() if not key.startswith(("job", "message"))
    }
    assert ("JOB_USER_EVENT", "DEFAULT", "hello") == (said.event, said.detail, said.text)


def heard(life: Life, told: int = 0, event_filter: str = "ALL", *targets: Target) -> list[Notice]:
    """What somebody is sent of a life who has heard of so many events."""
    subscription = Subscribed(
        id=1,
        about=3,
        owner_id=5,
        alias="s",
        description="",
        enabled=True,
        name="jobs~ann",
        filter=event_filter,
        targets=targets or (Target(method="webhook", address="http://127.0.0.1/"),),
        told=told,
        created_at=NOW,
        expires_at=NOW,
    )
    story = Story(job=life.job, run=life.run, events=life.events, now=NOW)
    return list(notices(Settings())(story, subscription))


def test_a_notice_is_the_published_envelope() -> None:
    """Its type names the event and the status, its data is JSON text, and the last one says that it is."""
    sent = heard(finished())
    found = json.loads(sent[-1].body)
    event = found["event"]
    assert ("jobs.JOB_NEW_STATUS.FINISHED", UUID, "jobs", 9, True) == (
        event["type"],
        event["subject"],
        event["user"],
        event["seriesSeqCount"],
        event["deleteSubscriptionsMatchingSubject"],
    )
    assert {"newJobStatus", "oldJobStatus", "blockedCount", "remoteOutcome"} <= json.loads(event["data"]).keys()
    assert found["eventUuid"] == event["uuid"]
    target = {"deliveryMethod": "WEBHOOK", "deliveryAddress": "http://127.0.0.1/"}
    assert ("solo", "jobs~ann", target) == (found["tenant"], found["subscriptionName"], found["deliveryTarget"])
    assert not json.loads(sent[0].body)["event"]["deleteSubscriptionsMatchingSubject"]
    assert f"Tapis v3 notification. Event type: jobs.JOB_NEW_STATUS.FINISHED subject: {UUID}" == sent[-1].title


def test_what_was_told_is_not_told_again() -> None:
    """News has the same place and id, however much of the life is known when it is told."""
    life = Life().run_to(RunState.QUEUED)
    before = heard(life)[-1]
    life.to(RunState.RUNNING)
    known = len(life.events)
    all_of_it = heard(life)
    assert json.loads(before.body)["event"]["uuid"] == json.loads(all_of_it[-2].body)["event"]["uuid"]
    assert [known] == [one.seq for one in heard(life, known - 1)]
    assert [] == heard(life, known)


def test_subscriptions_choose() -> None:
    """All events, or those of one kind; and only what can be sent is written."""
    life = Life().run_to(RunState.RUNNING).note(SAID, was="DEFAULT", reason="hello")
    assert (8, 1, 7) == tuple(len(heard(life, 0, one)) for one in ("ALL", "JOB_USER_EVENT", "JOB_NEW_STATUS"))
    targets = [Target(method=one, address="x") for one in ("queue", "email", "actor")]
    assert ["email"] == [one.target.method for one in heard(life, 0, "JOB_USER_EVENT", *targets)]
