"""Lists of jobs and searches, asked by the published client: what is found, in which order, with which attributes."""

from typing import Any

import pytest

from dragoman.dialects.tapis3.write_job import LISTED
from tests.tapis3.envelopes import refused, told
from tests.tapis3.local_jobs import add_app, await_status, submit
from tests.tapis3.people import Person

pytestmark = [pytest.mark.slow, pytest.mark.client]


def search(who: Person, **asked: Any) -> list[Any]:
    """What a search finds."""
    found: list[Any] = who.tapis.jobs.getJobSearchList(**asked)
    return found


def test_a_search_tells_the_transfers_of_jobs(ann: Person) -> None:
    """With all attributes as one job by itself does, and when they are selected or asked for by their ids."""
    source = [{"sourceUrl": "tapis://local/apps/moved.zip", "targetPath": "in.zip"}]
    app = add_app(ann, "moved", archiveSystemId="local", archiveSystemDir="/kept/${JobUUID}")
    uuid = submit(ann, app, "0", fileInputs=source)
    await_status(ann, uuid, "FINISHED")
    alone = ann.tapis.jobs.getJob(jobUuid=uuid)
    assert alone.inputTransactionId
    assert alone.archiveTransactionId
    assert 3 == len({alone.inputTransactionId, alone.archiveTransactionId, alone.stageAppTransactionId})
    for name in ("input", "archive", "stageApp"):
        moved = ann.tapis.files.getTransferTask(transferTaskId=getattr(alone, f"{name}TransactionId"))
        assert getattr(alone, f"{name}CorrelationId") == moved.tag
        (row,) = search(ann, _tapis_query_parameters={f"{name}CorrelationId.eq": moved.tag})
        assert uuid == row.uuid
    query = {"_tapis_query_parameters": {"uuid.eq": uuid}}
    (row,) = search(ann, select="allAttributes", **query)
    assert vars(alone) == vars(row)
    (row,) = search(ann, select="inputTransactionId,archiveTransactionId", **query)
    assert (alone.inputTransactionId, alone.archiveTransactionId) == (row.inputTransactionId, row.archiveTransactionId)
    (row,) = search(ann, _tapis_query_parameters={"inputTransactionId.eq": alone.inputTransactionId})
    assert uuid == row.uuid
    assert {*LISTED} == {*vars(row)}


def test_a_client_s_own_id_of_a_job_is_kept(ann: Person) -> None:
    """By the header that the client sends when it is asked to; one of another form is refused."""
    app = add_app(ann, "tracked")
    asked = {"name": "a job", "appId": app, "appVersion": "1", "parameterSet": {"appArgs": [{"arg": "0"}]}}
    job = ann.tapis.jobs.submitJob(**asked, _x_tapis_tracking_id="portal.4711")
    assert "portal.4711" == job.trackingId
    (row,) = search(ann, _tapis_query_parameters={"trackingId.like": "portal.*"}, select="trackingId")
    assert (job.uuid, "portal.4711") == (row.uuid, row.trackingId)
    for wrong in ("nodot", "a.b.c", ".x", "a b.c", "x." + "y" * 125):
        answer = ann.http.post("jobs/submit", json=asked, headers={"X-Tapis-Tracking-ID": wrong})
        assert "X-Tapis-Tracking-ID" in refused(answer, 400)
    assert None is told(ann.http.post("jobs/submit", json=asked))["trackingId"]
