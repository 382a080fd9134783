"""Bad job files over the wire: refused with what is wrong, nothing half stored, and the service goes on."""

import pytest

from tests.sage.scheduler import SEED, Scheduler
from tests.sage.test_read_job import BOMB


@pytest.mark.parametrize(
    "body",
    [
        "",
        "just text",
        "nodes: [W023]",
        BOMB,
        "a: [" * 100_000,
        "name: a\x00b",
        b"\xff\xfe\xfd",
        'name: "\\ud800"',
        "nodes: {W023: {a: 1}}",
    ],
)
def test_a_bad_file_is_refused_and_not_stored(theone: Scheduler, body: str | bytes) -> None:
    """By every route that takes one."""
    job = theone.new()
    before = len(theone.stat())
    for told in (
        theone.create_file(body),
        theone.submit_file(body),
        theone.ask("POST", "/api/v1/edit", body=body, id=job),
    ):
        assert 400 == told.status
        assert told.json["error"]
    assert (before, "Created") == (len(theone.stat()), theone.state(job))


def test_a_file_of_ten_megabytes_is_too_large(theone: Scheduler) -> None:
    """Said as such."""
    told = theone.create_file("name: " + "n" * (10 << 20))
    assert (413, "The request body may have at most 1048576 bytes.") == (told.status, told.json["error"])


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('touch /tmp/x')",
        "().__class__.__bases__[0].__subclasses__()",
        "9**9**9**9 and (lambda: 1)()",
        "open('/etc/passwd').read()",
        "True" + " and True" * 500,
        "(" * 500 + ")" * 500,
    ],
)
def test_a_hostile_rule_is_refused(theone: Scheduler, condition: str) -> None:
    """When it is submitted: it may be stored, as any text may."""
    text = SEED.replace("cronjob('image-sampler', '* * * * *')", condition)
    told = theone.submit_file(text)
    assert 400 == told.status
    assert told.json["error"].startswith("[Failed to parse science rule ")


@pytest.mark.parametrize("job", ["0", "-1", "1%2f2", "9" * 30, "%00", "%ff", "a" * 5000, "'", "1 OR 1=1", "\u0663"])
def test_an_id_that_is_none(theone: Scheduler, job: str) -> None:
    """Never a fault of the service."""
    for path in ("status", "template", "rm"):
        told = theone.ask("GET", f"/api/v1/jobs/{job}/{path}")
        assert told.status in {400, 404}, (path, told.text)
    assert theone.ask("GET", "/api/v1/submit", id=job).status == 400


@pytest.mark.parametrize("vsn", ["%00", "%ff", "../W023", "W" * 5000, "'"])
def test_a_node_that_is_none(theone: Scheduler, vsn: str) -> None:
    """It has no goals."""
    told = theone.ask("GET", f"/api/v1/goals/{vsn}")
    assert told.text in {"null\n", "404 page not found\n"}


def test_a_name_that_cannot_be_kept(theone: Scheduler) -> None:
    """Too long, or with what cannot be shown."""
    for name in ("n" * 1001, "a\nb", "a\x00b", "a\x1bb"):
        told = theone.create(name)
        assert (400, True) == (told.status, "the name of a job" in told.json["error"])
