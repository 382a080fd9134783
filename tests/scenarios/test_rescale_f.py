"""Scenario F: sharing a job with a colleague, who may read it and nothing else."""

from tests.scenarios.rescale import Rescale, basic

MESSAGE = {"email": "other@example.com", "message": "see this"}


def test_f_a_shared_job_is_read_by_the_other(api: Rescale, other: Rescale) -> None:
    """Before, it is not there for them; afterwards they see it, its history, and its outputs with their bytes."""
    job = api.run("echo made > made.txt")
    made = api.outputs(job)["made.txt"]["id"]
    paths = [f"jobs/{job}/", f"jobs/{job}/statuses/", f"jobs/{job}/files/", f"files/{made}/", f"files/{made}/contents/"]
    assert [404] * 5 == [other.http.get(path).status_code for path in paths]
    answer = api.http.post(f"jobs/{job}/share/", json=MESSAGE)
    assert answer.status_code in (200, 201)
    assert {"recipient": "other@example.com", "supportDesk": None} == answer.json()
    assert [200] * 5 == [other.http.get(path).status_code for path in paths]
    listed = next(one for one in other.results("jobs/", page_size=1000) if one["id"] == job)
    assert ("demouser@example.com", ["other@example.com"]) == (listed["owner"], listed["sharedWith"])
    assert "made\n" == other.output(job, "made.txt")


def test_f_the_other_may_not_change_it(api: Rescale, other: Rescale) -> None:
    """403 for every change, and nothing has changed."""
    given = api.upload(b"given", "given.txt")
    job = api.run(basic("cp given.txt made.txt", inputs=(given,)))
    api.http.post(f"jobs/{job}/share/", json=MESSAGE)
    before = api.json(f"jobs/{job}/"), api.outputs(job)
    made = before[1]["made.txt"]["id"]
    forbidden = {"detail": "You do not have permission to perform this action."}
    for method, path in [
        ("PATCH", f"jobs/{job}/"),
        ("DELETE", f"jobs/{job}/"),
        ("POST", f"jobs/{job}/stop/"),
        ("POST", f"jobs/{job}/force_stop/"),
        ("POST", f"jobs/{job}/runs/1/stop/"),
        ("POST", f"jobs/{job}/submit/"),
        ("PATCH", f"files/{made}/"),
        ("DELETE", f"files/{made}/"),
    ]:
        answer = other.http.request(method, path, json={"name": "taken"})
        assert (403, forbidden) == (answer.status_code, answer.json()), f"{method} {path}"
    assert before == (api.json(f"jobs/{job}/"), api.outputs(job))


def test_f_the_other_may_do_it_again(api: Rescale, other: Rescale) -> None:
    """What GET shows can be posted by them, with its inputs, whose bytes they may read; before, all that is refused."""
    given, script = api.upload(b"given", "given.txt"), api.upload(b"echo before", "before.sh")
    scripts = {"preProcessScript": {"id": script["id"]}, "preProcessScriptCommand": "sh before.sh"}
    job = api.create(basic("cat given.txt", inputs=(given,), **scripts))
    whole = api.json(f"jobs/{job}/")
    assert [404, 400] == [
        other.http.get(f"files/{given['id']}/").status_code,
        other.http.post("jobs/", json=whole).status_code,
    ]
    api.http.post(f"jobs/{job}/share/", json=MESSAGE)
    assert b"given" == other.content(given)
    assert {"lines": ["given"]} == other.json(f"files/{given['id']}/lines/")
    again = other.run(other.json(f"jobs/{job}/"))
    assert ["before", "given"] == other.said(again)
    assert 403 == other.http.delete(f"files/{given['id']}/").status_code


def test_f_an_unknown_address_is_refused(api: Rescale) -> None:
    """400 under email; so for none."""
    job = api.create("true")
    unknown = api.http.post(f"jobs/{job}/share/", json={"email": "who@example.com"})
    assert 400 == unknown.status_code
    assert ["email"] == list(unknown.json())
    missing = api.http.post(f"jobs/{job}/share/", json={"message": "see this"})
    assert (400, {"email": ["This field is required."]}) == (missing.status_code, missing.json())
