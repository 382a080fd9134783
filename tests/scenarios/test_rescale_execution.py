"""What a command finds when it runs: its directory, inputs, variables and key; and which files are kept."""

import io
import tarfile
import zipfile
from typing import Any

import pytest

from tests.scenarios.rescale import FINISHED, Json, Rescale, analysis, basic
from tests.service import wait_until

HASH = '#!/bin/sh\necho ran "$0"\n'


def zipped(**members: str) -> bytes:
    """A zip of texts, without execution bits."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return target.getvalue()


def tarred(mode: str, **members: str) -> bytes:
    """A compressed tar of executable texts."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=f"w:{mode}") as archive:  # type: ignore[call-overload]
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text), 0o755
            archive.addfile(info, io.BytesIO(text.encode()))
    return target.getvalue()


def test_a_plain_input_is_executable(api: Rescale) -> None:
    """Clients upload run.sh and start it as ./run.sh."""
    script = api.upload(HASH.encode(), "run.sh")
    job = api.run(basic("./run.sh", inputs=(script,)))
    assert ["ran ./run.sh"] == api.said(job)


@pytest.mark.parametrize("mode", ["gz", "bz2", "xz"])
def test_archives_are_unpacked(api: Rescale, mode: str) -> None:
    """By default, with their execution bits; the archive itself is not kept."""
    archive = api.upload(tarred(mode, **{"case/run.sh": HASH}), f"case.tar.{mode}")
    job = api.run(basic("case/run.sh; ls", inputs=(archive,)))
    assert ["ran case/run.sh", "case", "process_output.log"] == api.said(job)
    assert ["case/run.sh", "process_output.log"] == sorted(api.outputs(job))


def test_an_archive_stays_packed_when_asked(api: Rescale) -> None:
    """With "decompress" false it is left as it was sent."""
    archive = api.upload(zipped(**{"a.txt": "a"}), "a.zip")
    body = basic("ls")
    body["jobanalyses"][0]["inputFiles"] = [{"id": archive["id"], "decompress": False}]
    job = api.run(body)
    assert ["a.zip", "process_output.log"] == api.said(job)


def test_later_archives_overlay_earlier_ones(api: Rescale) -> None:
    """Inputs are placed in the order of the list."""
    base, delta = api.upload(zipped(a="old", b="kept"), "base.zip"), api.upload(zipped(a="new"), "delta.zip")
    job = api.run(basic("cat a b", inputs=(base, delta)))
    assert ["newkept"] == api.said(job)


def test_the_scripts_run_before_and_after(api: Rescale) -> None:
    """Their commands run in the same directory, before and after the analysis' own."""
    before, after = api.upload(b"echo before > order", "before.sh"), api.upload(b"cat order; echo after", "after.sh")
    job = api.run(
        basic(
            "echo main >> order",
            preProcessScript={"id": before["id"]},
            preProcessScriptCommand="sh before.sh",
            postProcessScript={"id": after["id"]},
            postProcessScriptCommand="sh after.sh",
        )
    )
    assert FINISHED == api.end(job)
    assert ["before", "main", "after"] == api.said(job)
    (shown,) = api.json(f"jobs/{job}/")["jobanalyses"]
    assert ("before.sh", "sh after.sh") == (shown["preProcessScript"]["name"], shown["postProcessScriptCommand"])


def test_a_command_has_several_lines(api: Rescale) -> None:
    """They are read by bash."""
    job = api.run("a=(1 2 3)\necho ${#a[@]}\n[[ $a == 1 ]] && echo bash\ncd /; pwd")
    assert ["3", "bash", "/"] == api.said(job)


def test_a_command_works_below_its_home(api: Rescale) -> None:
    """$HOME/work is the working directory; the home has the host lists, and only the work is kept."""
    job = api.run('[ "$PWD" = "$HOME/work" ] && echo here; cat ~/machinefile; echo x > ~/lost; echo y > kept')
    assert ["here", "localhost"] == api.said(job)
    assert ["kept", "process_output.log"] == sorted(api.outputs(job))


def environment(api: Rescale, **more: Any) -> tuple[str, dict[str, str]]:
    """A job that prints its variables, and these."""
    job = api.run(basic("env", **more))
    pairs = [line.partition("=") for line in api.said(job)]
    return job, {name: value for name, _, value in pairs}


def test_a_command_finds_its_variables(api: Rescale) -> None:
    """Those of the documents, and the ones of the request, which count more."""
    hardware = {"coreType": "emerald", "coresPerSlot": 4, "slots": 2}
    job, found = environment(api, hardware=hardware, envVars={"MY_OWN": "a b 'c'", "RESCALE_PROVIDER": "mine"})
    expected = {
        "RESCALE_CORES_PER_SLOT": "4",
        "RESCALE_CORES_PER_NODE": "8",
        "RESCALE_NODES_PER_SLOT": "1",
        "RESCALE_SLOTS_PER_NODE": "2",
        "RESCALE_THREADS_PER_SLOT": "4",
        "RESCALE_GPUS_PER_SLOT": "0",
        "RESCALE_CORE_TYPE": "emerald",
        "RESCALE_JOB_ID": job,
        "RESCALE_IG_RESTART_COUNT": "0",
        "RESCALE_API_BASE_URL": str(api.http.base_url).removesuffix("/api/v2/"),
        "RESCALE_PROVIDER": "mine",
        "MY_OWN": "a b 'c'",
    }
    assert expected == {key: found.get(key) for key in expected}
    assert found["RESCALE_CLUSTER_ID"]


def test_a_command_does_not_inherit_the_services_variables(api: Rescale) -> None:
    """Nothing of the service's own environment leaks into jobs."""
    _, found = environment(api)
    assert not [name for name in found if name.startswith("DRAGOMAN_") or "PYTEST" in name]


CALL = 'curl -s -o answer.json -w "%{http_code}\\n" -H "Authorization: Token $RESCALE_API_KEY" "$RESCALE_API_BASE_URL'


@pytest.mark.slow
def test_a_job_may_use_the_api_while_it_runs(api: Rescale) -> None:
    """Its key works from inside and is its owner's; a job tags itself. It stops working when the job has ended."""
    job = api.run(
        f'{CALL}/api/v2/users/me/"\ncat answer.json; echo\n'
        f'{CALL}/api/v2/jobs/$RESCALE_JOB_ID/tags/" -H "Content-Type: application/json" -d \'{{"name": "inside"}}\'\n'
        'echo "$RESCALE_API_KEY" > key'
    )
    said = api.said(job)
    assert "200" == said[0]
    assert "demouser@example.com" in said[1]
    assert said[2] in ("200", "201")
    assert ["inside"] == [tag["name"] for tag in api.json(f"jobs/{job}/tags/")]
    key = api.output(job, "key").strip()
    headers = {"Authorization": f"Token {key}"}
    wait_until(lambda: api.http.get("users/me/", headers=headers).status_code == 401)


FILTERS: list[tuple[list[Json], list[str]]] = [
    ([], ["given.txt", "made.dat", "made.log", "process_output.log"]),
    ([{"selector": "Analysis generated files"}], ["made.dat", "made.log", "process_output.log"]),
    ([{"selector": "Input files"}], ["given.txt", "process_output.log"]),
    ([{"selector": "*.dat"}], ["made.dat", "process_output.log"]),
    ([{"selector": "*.DAT", "caseSensitive": True}], ["process_output.log"]),
    ([{"selector": "Input files", "include": False}], ["made.dat", "made.log", "process_output.log"]),
    ([{"selector": "*.log", "include": False}], ["given.txt", "made.dat", "process_output.log"]),
]


@pytest.mark.parametrize(("filters", "kept"), FILTERS)
def test_filters_choose_the_outputs(api: Rescale, filters: list[Json], kept: list[str]) -> None:
    """By kind or by pattern; the log is always kept."""
    given = api.upload(b"given", "given.txt")
    whole = [{"caseSensitive": False, "include": True, "filterType": one["selector"], **one} for one in filters]
    body = {**basic("touch made.dat made.log", inputs=(given,)), "resourceFilters": whole}
    assert kept == sorted(api.outputs(api.run(body)))


def test_a_job_that_changes_an_input_has_made_it(api: Rescale) -> None:
    """Without the inputs that stayed as they were, the changed one is still an output."""
    same, changed = api.upload(b"same", "same.txt"), api.upload(b"old", "changed.txt")
    only = [{"caseSensitive": False, "include": True, "filterType": "x", "selector": "Analysis generated files"}]
    body = {**basic("echo new >> changed.txt", inputs=(same, changed)), "resourceFilters": only}
    assert ["changed.txt", "process_output.log"] == sorted(api.outputs(api.run(body)))


def test_an_output_becomes_an_input(api: Rescale) -> None:
    """Chains of jobs name each other's files."""
    made = api.outputs(api.run("mkdir d; echo made > d/made.txt"))["d/made.txt"]
    job = api.run({"name": "Second", "jobanalyses": [analysis("cat made.txt", inputs=(made,))]})
    assert ["made"] == api.said(job)


def test_a_file_can_be_read_while_a_job_runs(api: Rescale) -> None:
    """Whole, or its last lines; a file that is not there is not found, nor any when the job has ended."""
    job = api.submit("mkdir -p a; seq 100 > a/numbers; echo begun; sleep 300")
    api.wait(job, "Executing")
    tail = f"jobs/{job}/runs/1/tail"
    assert ["99", "100"] == wait_until(lambda: last_lines(api, f"{tail}/a/numbers"))
    assert "".join(f"{n}\n" for n in range(1, 101)) == api.http.get(f"{tail}/a/numbers").text
    for path in (f"{tail}/nix", f"{tail}/../../../../etc/passwd", f"{tail}/%2e%2e/machinefile", f"{tail}/a"):
        assert 404 == api.http.get(path).status_code, path
    assert 404 == api.http.get(f"jobs/{job}/runs/2/directory-contents/").status_code
    api.http.post(f"jobs/{job}/stop/")
    api.wait(job, "Completed")
    for path in (f"{tail}/a/numbers", f"jobs/{job}/runs/1/directory-contents/"):
        assert (404, ["detail"]) == ((gone := api.http.get(path)).status_code, list(gone.json()))


def last_lines(api: Rescale, path: str) -> list[str]:
    """The last two lines of a file that a job is about to write; none before."""
    answer = api.http.get(path, params={"lines": 2})
    lines: list[str] = answer.json()["lines"] if answer.status_code == 200 else []
    return lines if len(lines) == 2 else []
