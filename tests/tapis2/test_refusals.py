"""The words with which jobs are refused for their values, queues and rights: scripts look for them."""

from typing import Any

import pytest

from tests.service import Service, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.jobs import SEED, status, submit
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import EXECUTION, STORAGE, changed

PARAMETERS: list[dict[str, Any]] = [
    {"id": "fixed", "value": {"type": "string", "default": "a", "visible": False, "required": True}},
    {"id": "shaped", "value": {"type": "string", "validator": "^[a-z]+$"}},
    {"id": "switch", "value": {"type": "flag"}},
    {"id": "chosen", "value": {"type": "enumeration", "enumValues": ["red", {"blue": "Blue"}]}},
    {"id": "counted", "value": {"type": "number"}},
    {"id": "pair", "value": {"type": "string"}, "semantics": {"minCardinality": 2, "maxCardinality": 3}},
]
INPUTS = [{"id": "data", "value": {"validator": r"\.csv$"}}, {"id": "any"}]
APP = {**CLASSIFY, "name": "picky", "parameters": PARAMETERS, "inputs": INPUTS}


@pytest.fixture(scope="module")
def pia(service: Service) -> Person:
    """Somebody with an app that is hard to please."""
    person = newcomer(service, "pia")
    deploy(person, APP)
    person.post("/apps/v2/", 201, json=APP)
    return person


@pytest.fixture(scope="module")
def quin(service: Service) -> Person:
    """Somebody whose storage system is theirs alone, with a directory that others may read."""
    person = newcomer(service, "quin")
    person.post("/systems/v2/", 201, json=changed(STORAGE, id="quin.store", storage={"homeDir": "/"}))
    return person


def refusal(person: Person, status_: int = 400, **more: Any) -> str:
    return str(person.post("/jobs/v2/", status_, json={**SEED, "appId": "picky-1.0", "parameters": {}, **more}))


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("fixed", "b", "Invalid value for fixed. fixed is a fixed value that cannot be set manually. "),
        ("shaped", "ABC", "Invalid parameter value for shaped. Value 'ABC' must match the regular expression ^[a-z]+$"),
        ("switch", "perhaps", "Invalid parameter value for switch. Value 'perhaps' must be a case-insensitive truthy"),
        ("switch", [True, False], "switch may have at most 1 values"),
        ("chosen", "green", "Invalid parameter value, 'green', for chosen. Value must be one of: red,  blue"),
        ("counted", "many", "Invalid parameter value for counted. Value 'many' must be a number."),
        ("counted", "1e999", "Invalid parameter value for counted. Value '1e999' must be a number."),
        ("pair", "one", "pair requires at least 2 values"),
        ("pair", ["1", "2", "3", "4"], "pair may have at most 3 values"),
        ("pair", {"a": 1}, "Values of inputs and parameters are texts, numbers and flags, or lists of these."),
    ],
)
def test_parameters_that_cannot_be(pia: Person, name: str, value: Any, why: str) -> None:
    assert refusal(pia, parameters={name: value}).startswith(why)


def test_an_input_of_another_form(pia: Person) -> None:
    why = r"Invalid input value, a.txt, for data. Value must match the following expression: \.csv$"
    assert why == refusal(pia, inputs={"data": "a.txt"})


def test_files_of_others(pia: Person, quin: Person) -> None:
    """Neither read nor written; a system that one may not see is none."""
    quin.post("/systems/v2/quin.store/roles/pia", 201, data={"role": "GUEST"})
    place = "agave://quin.store/secret.txt"
    why = f"You do not have permission to access this the input file or directory at {place}"
    assert why == refusal(pia, 403, inputs={"any": place})
    why = "User does not have permission to access the provided archive path /theirs"
    assert why == refusal(pia, 403, archiveSystem="quin.store", archivePath="theirs")
    quin.delete("/systems/v2/quin.store/roles/pia")
    assert "No storage system found matching quin.store for pia" == refusal(pia, archiveSystem="quin.store")


def test_an_archive_that_is_no_folder(pia: Person) -> None:
    """Nor can there be one below a file."""
    pia.post("/files/v2/media/system/local.storage/", 202, files={"fileToUpload": ("plain.txt", "x")})
    assert "Archive path is not a folder" == refusal(pia, archivePath="plain.txt")
    why = "Unable to create job archive directory /plain.txt/sub: "
    assert refusal(pia, archivePath="plain.txt/sub").startswith(why)


def test_an_archive_that_nobody_can_log_in_to(pia: Person) -> None:
    """By the status and word that clients know, with what to do about it."""
    auth = {"type": "PASSWORD", "username": "pia", "password": "secret"}
    host = {"host": "127.0.0.1", "port": 9, "protocol": "SFTP", "auth": auth}
    pia.post("/systems/v2/", 201, json=changed(STORAGE, id="pia.locked", storage=host))
    pia.delete("/systems/v2/pia.locked/credentials")
    found = refusal(pia, 412, archiveSystem="pia.locked")
    assert found.startswith("Null authConfig encountered. ")
    assert found.endswith("POST a credential to systems/v2/pia.locked/credentials.")
    assert found == pia.get("/files/v2/listings/system/pia.locked/", 412)


def test_a_default_queue_that_its_system_has_lost(pia: Person) -> None:
    pia.post("/systems/v2/", 201, json=changed(EXECUTION, id="pia.exec"))
    pia.post("/systems/v2/pia.exec/queues", 201, json={"name": "long"})
    app = {**APP, "name": "queuing", "executionSystem": "pia.exec", "defaultQueue": "long"}
    pia.post("/apps/v2/", 201, json=app)
    pia.delete("/systems/v2/pia.exec/queues/long")
    assert refusal(pia, appId="queuing-1.0").startswith(
        'No queue matching the default queue, "long," specified by the requested app, queuing-1.0, is not defined on'
    )


def test_a_job_that_has_no_place_yet(pia: Person) -> None:
    """Its outputs are nowhere."""
    system = changed(EXECUTION, id="pia.down")
    pia.post("/systems/v2/", 201, json=system)
    pia.post("/apps/v2/", 201, json={**APP, "name": "placeless", "executionSystem": "pia.down"})
    pia.post("/systems/v2/", 201, json={**system, "status": "DOWN"})
    job = submit(pia, appId="placeless-1.0", parameters={})
    wait_until(lambda: status(pia, job) == "BLOCKED")
    why = "No work directory specified for this job. Usually this occurs when a job failed during submission."
    assert why == pia.get(f"/jobs/v2/{job}/outputs/listings", 404)
    pia.post(f"/jobs/v2/{job}", json={"action": "stop"})
    wait_until(lambda: status(pia, job) == "STOPPED")


def test_a_job_is_run_again_on_terms(pia: Person) -> None:
    """Without its notifications; and not, when what its app has fixed is another thing now, and somebody minds."""
    app = {**APP, "name": "shifting"}
    pia.post("/apps/v2/", 201, json=app)
    told = [{"url": "http://127.0.0.1:9/x", "event": "FINISHED"}]
    job = submit(pia, appId="shifting-1.0", parameters={}, notifications=told)
    path = f"/jobs/v2/{job}/resubmit"
    for words, count in (({}, 1), ({"preserveNotifications": False}, 0), ({"ignoreParameterConflicts": False}, 1)):
        again = pia.post(path, 202, json=words)["id"]
        assert count == len(pia.get(f"/notifications/v2/?associatedUuid={again}"))
    fixed = {**PARAMETERS[0], "value": {**PARAMETERS[0]["value"], "default": "b"}}
    pia.post("/apps/v2/", 201, json={**app, "parameters": [fixed, *PARAMETERS[1:]]})
    why = "Parameter fixed has changed since the job was last run. Send ignoreParameterConflicts=true"
    assert pia.post(path, 400, data={"ignoreParameterConflicts": "false"}).startswith(why)
    assert why in pia.post(f"/jobs/v2/{job}", 400, json={"action": "resubmit", "ignoreParameterConflicts": False})
    assert {"fixed": "b"} == pia.post(path, 202, json={"ignoreInputConflicts": False})["parameters"]
