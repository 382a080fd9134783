"""Jobs beyond the scenarios: cloning, changing, tags, and what the service offers to choose from."""

from typing import Any

import pytest

from tests.scenarios.rescale import Json, Rescale, analysis, basic


def test_a_job_is_cloned_by_posting_what_was_read(api: Rescale) -> None:
    """There is no clone call: clients GET a job and POST it back; ids, owners and dates in it are ignored."""
    given = api.upload(b"given", "given.txt")
    job = api.run(basic("cat given.txt", inputs=(given,), envVars={"A": "b"}))
    answer = api.http.post("jobs/", json=api.json(f"jobs/{job}/"))
    assert 201 == answer.status_code
    clone = answer.json()
    assert job != clone["id"]
    original = api.json(f"jobs/{job}/")
    fixed = {"id", "dateInserted"}
    assert {k: v for k, v in original.items() if k not in fixed} == {k: v for k, v in clone.items() if k not in fixed}
    assert 200 == api.http.post(f"jobs/{clone['id']}/submit/").status_code
    api.wait(clone["id"], "Completed")
    assert ["given"] == api.said(clone["id"])


def test_snake_case_is_understood(api: Rescale) -> None:
    """Some clients send it; answers are in camelCase."""
    part = analysis("env", env_vars={"my_name": "kept"})
    part["hardware"] = {"core_type": {"code": "emerald"}, "cores_per_slot": "1", "cores": 1}
    part["input_files"] = part.pop("inputFiles")
    job = api.run({"name": "Snake", "project_id": None, "jobanalyses": [part], "is_low_priority": True})
    shown = api.json(f"jobs/{job}/")
    assert (True, "emerald") == (shown["isLowPriority"], shown["jobanalyses"][0]["hardware"]["coreType"])
    assert {"my_name": "kept"} == shown["jobanalyses"][0]["envVars"]
    assert "my_name=kept" in api.said(job)


def test_what_is_unknown_is_ignored(api: Rescale) -> None:
    """Clients send keys of many years; none is an error."""
    extra: Json = {"isTemplate": False, "clonedFrom": None, "autoTerminateCluster": True, "whatever": [1, {"a": 2}]}
    part = analysis("true", useMPI=True, inputFileParseTask=None, order=0)
    part["hardware"] = {**part["hardware"], "type": "compute", "isReusable": False, "cores": 1, "walltime": 48}
    job = api.create({"name": "Extra", "jobanalyses": [part], **extra})
    assert 48 == api.json(f"jobs/{job}/")["jobanalyses"][0]["hardware"]["walltime"]


def test_a_version_may_be_left_out_or_called_by_its_display_name(api: Rescale) -> None:
    """The newest counts; the answer has the version's code."""
    for asked in ({"code": "user_included"}, {"code": "user_included", "version": "CPU"}):
        job = api.create({"name": "x", "jobanalyses": [{**analysis("true"), "analysis": asked}]})
        assert "0" == api.json(f"jobs/{job}/")["jobanalyses"][0]["analysis"]["version"]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_job_is_renamed_at_any_time(api: Rescale, method: str) -> None:
    """The whole job is the answer, with the projectId that a client looks for; what is not named stays."""
    job = api.run("true")
    answer = api.http.request(method, f"jobs/{job}/", json={"name": "New name", "description": "Told", "color": "red"})
    assert 200 == answer.status_code
    shown = answer.json()
    assert ("New name", "Told", None) == (shown["name"], shown["description"], shown["projectId"])
    assert shown == api.json(f"jobs/{job}/")


def test_what_a_job_does_cannot_be_changed_after_the_submit(api: Rescale) -> None:
    """400, and nothing has changed; sending it back as it is is fine."""
    job = api.run("true")
    before = api.json(f"jobs/{job}/")
    assert 200 == api.http.patch(f"jobs/{job}/", json=before).status_code
    changed = {**before, "jobanalyses": [analysis("false")]}
    assert 400 == api.http.patch(f"jobs/{job}/", json=changed).status_code
    assert before == api.json(f"jobs/{job}/")


WRONG: list[tuple[Json, str]] = [
    ({"name": ""}, "name"),
    ({"name": None}, "name"),
    ({"name": ["x"]}, "name"),
    ({"name": "a\0b"}, "name"),
    ({"description": {}}, "description"),
    ({"projectId": "nix"}, "projectId"),
    ({"isLowPriority": "perhaps"}, "isLowPriority"),
    ({"tags": 5}, "tags"),
]


@pytest.mark.parametrize(("change", "key"), WRONG)
def test_a_wrong_change_is_refused(api: Rescale, change: Json, key: str) -> None:
    """400 under the key."""
    answer = api.http.patch(f"jobs/{api.create('true')}/", json=change)
    assert (400, [key]) == (answer.status_code, list(answer.json()))


def test_a_job_has_tags(api: Rescale) -> None:
    """They are added, listed and taken away by name."""
    path = f"jobs/{api.create('true')}/tags/"
    assert [] == api.json(path)
    assert api.http.post(path, json={"name": "Wing 7"}).status_code in (200, 201)
    api.http.post(path, json={"name": "Wing 7"})
    assert ["Wing 7"] == [tag["name"] for tag in api.json(path)]
    assert api.http.request("DELETE", path, json={"name": "Wing 7"}).status_code in (200, 204)
    assert [] == api.json(path)


def test_every_core_type_has_a_price(api: Rescale) -> None:
    """Clients sort by it; every key of the documents is there."""
    found = api.results("coretypes/", page_size=100)
    assert "standard-plus" in [one["code"] for one in found]
    for one in found:
        assert isinstance(one["price"], (int, float))
        assert not isinstance(one["price"], bool)
        assert float(one["lowPriorityPrice"]) >= 0
        assert len(one["cores"]) == len(one["gpuCounts"])
        assert isinstance(one["walltimeRequired"], bool)
        assert one["isActive"]
        for key in ("name", "description", "displayOrder", "isPrimary", "memory", "storage", "processorInfo"):
            assert key in one


def test_an_analysis_has_every_key_of_the_seed(api: Rescale) -> None:
    """The list is a page of such objects."""
    shown = api.json("analyses/user_included/")
    keys = (
        "industries code description versions supportDesks hasRescaleLicense vendorName pricing licenseSettings "
        "optimizerType thumbnail resources name"
    )
    assert set(keys.split()) <= shown.keys()
    version_keys = {"eula", "allowedCoreTypes", "stdCommand", "version", "mpiCommand", "versionCode", "smpCommand"}
    for version in shown["versions"]:
        assert version_keys <= version.keys()
    assert 404 == api.http.get("analyses/nix/").status_code


def test_the_user_is_told_who_they_are(api: Rescale) -> None:
    """Scripts print the address and the company's projects."""
    shown = api.json("users/me/")
    assert "demouser@example.com" == shown["email"]
    assert [] == shown["company"]["projects"]
    assert [] == api.results("users/me/projects/")


def test_prices_are_told_for_each_core_type(api: Rescale) -> None:
    """A plain list, as Rescale's notebook reads it."""
    prices: list[dict[str, Any]] = api.json("billing/computeprices/")
    codes = {one["code"] for one in api.results("coretypes/", page_size=100)}
    assert codes <= {one["coreType"] for one in prices}
    assert all(one["planType"].endswith("on-demand") for one in prices)


def test_the_root_answers_who_has_a_key(api: Rescale) -> None:
    """Clients check their key there."""
    assert isinstance(api.json(""), dict)


def test_a_bearer_is_understood(api: Rescale) -> None:
    """The scheme may be Token or Bearer, in any case."""
    key = api.http.headers["Authorization"].partition(" ")[2]
    for scheme in ("Bearer", "bearer", "TOKEN", "token"):
        answer = api.http.get("users/me/", headers={"Authorization": f"{scheme} {key}"})
        assert 200 == answer.status_code, scheme


def test_a_job_has_one_instance_while_it_runs(api: Rescale) -> None:
    """A script for interactive work reads its host; there is no cluster before the submit."""
    job = api.create("sleep 300")
    assert api.http.get(f"jobs/{job}/cluster_statuses/").status_code in (200, 404)
    api.http.post(f"jobs/{job}/submit/")
    api.wait(job, "Executing")
    for one in api.results(f"jobs/{job}/instances/"):
        assert {"clusterId", "id", "privateHostname", "publicIp", "role", "sshPort", "username"} <= one.keys()
    api.http.post(f"jobs/{job}/stop/")
