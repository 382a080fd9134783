"""Whatever stands in any text of a request, an app, a system or a profile: no shell takes any of it for a command."""

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dragoman.core.errors import Invalid
from dragoman.core.hosted import Hosted
from tests.tapis3.job_examples import PROFILE, app, cluster, hosted, system
from tests.tapis3.job_host import Host

PAYLOADS = (
    *(";touch pwned;", "$(touch pwned)", "`touch pwned`", "&touch pwned&", "|touch pwned", "||touch pwned", ">pwned"),
    *(
        "<(touch pwned)",
        "';touch pwned;'",
        '";touch pwned;"',
        "'$(touch pwned)'",
        '"$(touch pwned)"',
        "};touch pwned;{",
    ),
    *("\ntouch pwned\n", "\r\ntouch pwned\r\n", "#\ntouch pwned", "$'\\ntouch pwned\\n'", "\\';touch pwned;"),
    *("\\\n;touch pwned", "%0atouch pwned", "$((`touch pwned`))", "${x:=`touch pwned`}", "x\u2028touch pwned"),
    *("\nEOF\ntouch pwned\n", "--x=$(touch pwned)", "--bind $(touch pwned)", "-c touch\tpwned", "~/`touch pwned`"),
    *("${IFS}>pwned", "!touch pwned"),
)
AROUND = st.text(st.sampled_from("ab -=/.\"'$\\é"), max_size=3)
TEXTS = st.builds(lambda before, payload, after: before + payload + after, AROUND, st.sampled_from(PAYLOADS), AROUND)

Made = tuple[dict[str, Any], dict[str, Any]]
"""A request, and what it is made of."""


def parameter(key: str) -> Callable[[str], Made]:
    """An argument or an option of this text."""
    return lambda text: ({"parameterSet": {key: [{"arg": text}]}}, {})


def directory(key: str, above: str) -> Callable[[str], Made]:
    return lambda text: ({key: f"{above}/{text}"}, {})


FIELDS: Mapping[str, Callable[[str], Made]] = {
    "name": lambda text: ({"name": text}, {}),
    "description": lambda text: ({"description": text}, {}),
    "tags": lambda text: ({"tags": [text]}, {}),
    "appArgs": parameter("appArgs"),
    "containerArgs": parameter("containerArgs"),
    "bind": lambda text: ({"parameterSet": {"containerArgs": [{"arg": f"--bind {text}"}]}}, {}),
    "schedulerOptions": parameter("schedulerOptions"),
    "account": lambda text: ({"parameterSet": {"schedulerOptions": [{"arg": f"--account {text}"}]}}, {}),
    "variable": lambda text: ({"parameterSet": {"envVariables": [{"key": "A", "value": text}]}}, {}),
    "key": lambda text: ({"parameterSet": {"envVariables": [{"key": text, "value": "1"}]}}, {}),
    "log": lambda text: ({"parameterSet": {"logConfig": {"stdoutFilename": text, "stderrFilename": f"{text}2"}}}, {}),
    "filter": lambda text: ({"parameterSet": {"archiveFilter": {"includes": [text], "excludes": [text]}}}, {}),
    "execDir": directory("execSystemExecDir", "/work"),
    "inputDir": directory("execSystemInputDir", "/in"),
    "outputDir": directory("execSystemOutputDir", "/out"),
    "archiveDir": directory("archiveSystemDir", "/kept"),
    "dtnDir": lambda text: (
        {"dtnSystemInputDir": f"/dtn/{text}", "fileInputs": [{"sourceUrl": "tapis://vm/x", "targetPath": "x"}]},
        {"dtnSystemId": "dtn"},
    ),
    "target": lambda text: (
        {"dtnSystemInputDir": "/dtn", "fileInputs": [{"sourceUrl": "tapis://vm/x", "targetPath": text}]},
        {"dtnSystemId": "dtn"},
    ),
    "source": lambda text: ({"fileInputs": [{"sourceUrl": f"tapis://vm/{text}"}]}, {}),
    "local": lambda text: ({"fileInputs": [{"sourceUrl": f"tapislocal://exec.tapis/{text}", "targetPath": text}]}, {}),
    "prefix": lambda text: ({"cmdPrefix": text}, {"enableCmdPrefix": True}),
    "mpi": lambda text: ({"isMpi": True, "mpiCmd": text}, {"enableCmdPrefix": True}),
    "image": lambda text: ({}, {"image": text}),
    "image's name": lambda text: ({}, {"image": f"tapis://vm/{text}.zip"}),
    "root": lambda text: ({}, {"rootDir": f"/{text}"}),
    "workingDir": lambda text: ({}, {"jobWorkingDir": text}),
    "system's variable": lambda text: ({}, {"jobEnvVariables": [{"key": "A", "value": text}]}),
    "queue": lambda text: ({}, {"queue": text}),
    "module": lambda text: ({}, {"load": {"moduleLoadCommand": "module load", "modulesToLoad": [text]}}),
    "load command": lambda text: ({}, {"load": {"moduleLoadCommand": text, "modulesToLoad": ["m"]}}),
}
RUNTIMES = ("SINGULARITY", "DOCKER", "ZIP")


def made(field: str, text: str, runtime: str, *, batch: bool, root: str) -> Hosted:
    """The workload with this text in one field. Raises Invalid."""
    body, of = FIELDS[field](text)
    image = of.pop("image", "tapis://vm/app.zip" if runtime == "ZIP" else "docker://x")
    load, queue = of.pop("load", None), of.pop("queue", "")
    place = (cluster if batch else system)(dtnSystemId=of.pop("dtnSystemId", None), **of)
    if batch and queue:
        place["batchLogicalQueues"] = [{**place["batchLogicalQueues"][0], "hpcQueueName": queue}]
    profile = {**PROFILE, "moduleLoads": [load]} if load else PROFILE
    template = app(runtime=runtime, containerImage=image)
    return hosted(body, of=template, on=place, profile=profile if batch else None, root=root)


def carry_out(host: Host, work: Hosted) -> None:
    """Do with a workload all that a host does."""
    host.stage(work)
    for source in work.sources:
        arrived = host.place(source.target.path)
        arrived.parent.mkdir(parents=True, exist_ok=True)
        if not arrived.is_dir():
            arrived.write_bytes(_archive())
    if work.prepare:
        host.run(work, work.prepare)
    host.run(work, "module() { :; }; export -f module; bash ./tapisjob.sh" if work.batch else work.command)
    if work.undo:
        host.run(work, work.undo)


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tapisjob_app.sh", "#!/bin/bash\n")
    return buffer.getvalue()


def pwned(place: Path) -> list[str]:
    """Files that some command has made."""
    return [os.path.join(above, name) for above, _, names in os.walk(place) for name in names if name == "pwned"]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("field", FIELDS)
def test_no_text_is_a_command(field: str, batch: bool) -> None:
    """It is refused as a wrong field, or it is what it says and nothing happens; nothing else is raised."""

    @settings(max_examples=12)
    @given(text=TEXTS, runtime=st.sampled_from(RUNTIMES))
    @example(text="$(touch pwned)", runtime="SINGULARITY")
    @example(text="';touch pwned;'", runtime="ZIP")
    @example(text="`touch pwned`", runtime="DOCKER")
    def nothing_happens(text: str, runtime: str) -> None:
        with TemporaryDirectory() as place:
            host = Host(Path(place))
            with suppress(Invalid):
                work = made(field, text, runtime, batch=batch, root=str(host.root))
                if not work.refusal:
                    carry_out(host, work)
            assert [] == pwned(Path(place))

    nothing_happens()


def test_the_search_would_find_one(tmp_path: Path) -> None:
    """A workload whose text is a command leaves the file that is looked for."""
    host = Host(tmp_path)
    work = made("name", "x", "SINGULARITY", batch=False, root=str(host.root))
    host.stage(work)
    host.run(work, "touch pwned")
    assert 1 == len(pwned(tmp_path))
