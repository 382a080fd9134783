"""Launch scripts are as published, and do what they say: run by bash, with programs that tell what they were given."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.shellwords import Unsafe, always_quote, read_words
from dragoman.dialects.tapis3.launch import Programs
from dragoman.dialects.tapis3.options import Unfit
from tests.tapis3.job_examples import IMAGE, UUID, WORK, app, args, hosted, resolved, script, system, variables
from tests.tapis3.job_host import Host

DOCKER = app(runtime="DOCKER", containerImage="sci/bb:1")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host of its own."""
    return Host(tmp_path)


def test_the_seeds_job_is_the_published_line(host: Host) -> None:
    """The line, the last lines, the modes and the environment file, word for word."""
    body = args("--image_file", "'https://raw.example.org/dog.jpg'")
    work = hosted(body, root=str(host.root))
    at = f"{host.root}{WORK}"
    lines = script(work).splitlines()
    assert (
        f"nohup singularity run --env-file '{at}/tapisjob.env' {IMAGE} --image_file 'https://raw.example.org/dog.jpg'"
        f" > {at}/output/tapisjob.out 2>&1 &"
    ) == lines[-4]
    assert "export APPTAINER_NO_EVAL=1 SINGULARITY_NO_EVAL=1" == lines[-5]
    assert ["#!/bin/bash", "", "pid=$!", "echo $pid"] == [lines[0], *lines[-3:]]
    assert "_tapisAppId=img\n" in script(work, "tapisjob.env")
    assert 0 == host.launch(work, APP="echo scores").code
    assert {"tapisjob.sh": 0o770, "tapisjob.env": 0o660} == host.modes(work)
    assert ("scores\n", "0\n") == (host.output(work, "tapisjob.out"), host.output(work, "tapisjob.exitcode"))


def test_the_words_of_the_workload() -> None:
    """Directories, places, time and what is kept."""
    work = hosted({"maxMinutes": 2, "archiveMode": "SKIP_ON_FAIL"}, archive=system(id="store"))
    assert [(1, WORK), (1, f"{WORK}/output"), (2, f"/jobs/{UUID}/archive")] == [
        (one.system_id, one.path) for one in work.directories
    ]
    assert ("", 120, "", 5) == (work.batch, work.walltime, work.queue, work.account_id)
    assert work.keeping is not None
    assert (2, False, True) == (work.keeping.target.system_id, work.keeping.on_failure, work.keeping.launch_files)
    assert hosted({"archiveMode": "NEVER"}).keeping is None


def test_two_log_files_are_kept_apart(host: Host) -> None:
    """What is said and what is complained about go where they are wanted."""
    log = {"parameterSet": {"logConfig": {"stdoutFilename": "o", "stderrFilename": "e"}}}
    work = hosted(log, root=str(host.root))
    assert f"2> {host.root}{WORK}/output/e 1> {host.root}{WORK}/output/o &" in script(work)
    host.launch(work, APP="echo out; echo err >&2")
    assert ("out\n", "err\n") == (host.output(work, "o"), host.output(work, "e"))


@pytest.mark.parametrize(
    ("does", "code", "told"),
    [
        ("exit 0", 0, "0"),
        ("exit 3", 3, "3"),
        ("kill -9 $$", 137, "137"),
        ("echo 5 > $OUT; exit 0", 5, "5"),
        ("echo 0 > $OUT; exit 4", 0, "0"),
        ("printf ' 7 ' > $OUT", 7, " 7 "),
        ("echo 999 > $OUT", 255, "999"),
        ("echo 08 > $OUT", 8, "08"),
        ("echo what > $OUT; exit 6", 6, "what"),
        (": > $OUT; exit 6", 6, ""),
    ],
)
def test_the_exit_code_is_known(host: Host, does: str, code: int, told: str) -> None:
    """The app's own word counts; without one the launcher writes down how the app ended."""
    work = hosted(root=str(host.root))
    assert code == host.launch(work, APP=does, OUT=f"{host.root}{WORK}/output/tapisjob.exitcode").code
    assert told.strip() == host.output(work, "tapisjob.exitcode").strip()
    assert "tapisjob.exitcode" == work.exit_file


def test_the_code_of_an_earlier_job_is_forgotten(host: Host) -> None:
    """Jobs may share an output directory."""
    work = hosted(root=str(host.root))
    host.launch(work, APP="exit 3")
    assert 0 == host.launch(work, APP="exit 0").code


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
RAW = st.text(st.sampled_from(" \"'\\$*?[]{}~#!&|;<>()=-a1é_./%^"), min_size=1, max_size=12)
NAMES = st.text(st.sampled_from("ab $\"'\\*;&|()é{}~#!%=,:-"), min_size=1, max_size=10).filter(
    lambda name: "${" not in name and name.strip(". ") != ""
)


@settings(max_examples=30)
@given(
    st.lists(
        WORDS.map(always_quote).filter(lambda t: "`" not in t and "$(" not in t and "${" not in t) | RAW, max_size=4
    ),
    st.dictionaries(
        st.sampled_from("ABC"), st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]))
    ),
    NAMES,
    NAMES,
)
def test_nothing_that_people_write_is_run(texts: list[str], values: dict[str, str], directory: str, log: str) -> None:
    """The program gets exactly the words, the variables and the directories that were asked for."""
    texts = [text for text in texts if text.strip() and "${" not in text and is_words(text)]
    body: dict[str, Any] = {
        "execSystemExecDir": f"/w/{directory}",
        "execSystemOutputDir": f"/o/{directory}",
        "parameterSet": {
            "appArgs": [{"arg": text} for text in texts],
            "envVariables": [{"key": key, "value": value} for key, value in values.items()],
            "logConfig": {"stdoutFilename": log, "stderrFilename": f"{log}2"},
        },
    }
    with TemporaryDirectory() as made:
        host = Host(Path(made))
        work = hosted(body, root=str(host.root))
        ran = host.launch(work, APP="echo done")
        assert (0, "") == (ran.code, ran.err)
        words = [word for text in texts for word in read_words(text).words]
        assert [IMAGE, *words] == host.argv()[3:]
        assert variables(resolved(body)) == host.environment()
        assert "done\n" == host.output(work, log)


def is_words(text: str) -> bool:
    """Whether it may be an argument."""
    try:
        return bool(read_words(text).words)
    except Unsafe:
        return False


def test_container_options_reach_the_program_one_by_one(host: Host) -> None:
    """Short names become long ones, values stay one word."""
    options = args("-B '/a b:/c'", "--nv", "--pwd=/x;y", "--home $HOME", key="containerArgs")
    host.launch(hosted(options, root=str(host.root)))
    assert ["--bind", "/a b:/c", "--nv", "--pwd", "/x;y", "--home", "$HOME", IMAGE] == host.argv()[3:]


@pytest.mark.parametrize(
    ("arg", "told"),
    [
        ("--env A=1", "use envVariables"),
        ("--env-file x", "use envVariables"),
        ("--pidfile x", "given by the service"),
        ("--name x", "given by the service"),
        ("--fakeroot", "not supported"),
        ("--bind", "needs a value"),
        ("--nv yes", "takes no value"),
    ],
)
def test_options_that_nobody_may_give_refuse_the_launch(arg: str, told: str) -> None:
    """The job is made, and fails when its scripts are written: nothing is staged and nothing is run."""
    work = hosted(args(arg, key="containerArgs"))
    assert told in work.refusal
    assert ((), (), "", "") == (work.scripts, work.sources, work.command, work.prepare)


def test_an_image_is_no_option() -> None:
    """A name that begins with a hyphen would be read as one."""
    assert "is no image" in hosted(of=app(containerImage="--help")).refusal


def test_docker_is_asked_as_published(host: Host) -> None:
    """The options and mounts, then the image and the words; afterwards nothing of the container is left."""
    body = {
        "fileInputs": [{"sourceUrl": "tapislocal://exec.tapis/data/big file", "targetPath": "sub/big"}],
        "parameterSet": {
            "appArgs": [{"arg": "go 'a b'"}],
            "containerArgs": [{"arg": "--rm"}, {"arg": "--cpus 2"}, {"arg": "-v /d:/d"}],
        },
    }
    work = hosted(body, of=DOCKER, root=str(host.root))
    (host.root / "data").mkdir()
    (host.root / "data" / "big file").write_text("x")
    at, uid = f"{host.root}{WORK}", "--user $(id -u):$(id -g)"
    assert f"docker run -d --name {UUID} {uid} --cidfile '{at}/{UUID}.cid' --env-file '{at}/tapisjob.env'" in script(
        work
    )
    ran = host.launch(work, APP="echo out; echo err >&2; exit 2")
    assert (2, "a" * 64) == (ran.code, ran.out.splitlines()[0])
    assert [
        *("--cpus", "2", "--volume", "/d:/d"),
        *("--mount", f"type=bind,source={at},target=/TapisInput,readonly"),
        *("--mount", f"type=bind,source={at}/output,target=/TapisOutput"),
        *("--mount", f"type=bind,source={at},target=/TapisExec"),
        *("--mount", f"type=bind,source={host.root}/data/big file,target=/TapisInput/sub/big,readonly"),
        *("sci/bb:1", "go", "a b"),
    ] == host.argv()[10:]
    assert (host.root / WORK[1:] / "sub/big").is_file()
    assert "out\nerr\n" == host.output(work, "tapisjob.out")
    assert "2\n" == host.output(work, "tapisjob.exitcode")
    assert f"rm -f {UUID}" == host.told("calls").splitlines()[-1]
    assert () == work.sources


def test_a_container_is_asked_for_again_when_waiting_fails(host: Host) -> None:
    """An engine that is restarted cuts the waiting short, and knows the code afterwards."""
    work = hosted(of=DOCKER, root=str(host.root))
    assert 4 == host.launch(work, APP="exit 4", DEAF="1").code


def test_a_container_that_cannot_be_started_says_why(host: Host) -> None:
    """What the engine complains about is in the job's own log."""
    work = hosted(of=DOCKER, root=str(host.root))
    assert 125 == host.launch(work, REFUSES="1").code
    assert "no such image\n" == host.output(work, "tapisjob.out")


def test_a_container_can_be_undone(host: Host) -> None:
    """Its log is saved and it is removed; when there is none any more, nothing happens."""
    work = hosted(of=DOCKER, root=str(host.root))
    host.stage(work)
    host.run(work, "./tapisjob.sh", APP="echo partly")
    assert 0 == host.run(work, work.undo).code
    assert "partly\n" == host.output(work, "tapisjob.out")
    assert f"rm -f {UUID}" == host.told("calls").splitlines()[-1]
    assert 0 == host.run(work, work.undo, APP="").code
    assert "partly\n" == host.output(work, "tapisjob.out")


def test_podman_takes_the_same_words(host: Host) -> None:
    """Without root, it is told to keep users the same inside."""
    work = hosted(of=DOCKER, root=str(host.root), programs=Programs(docker="podman"))
    assert f"podman run -d --name {UUID}" in script(work)
    assert "PODMAN_USERNS=keep-id" in script(work)
    assert 0 == host.launch(work).code


@settings(max_examples=15)
@given(st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"])), NAMES)
def test_docker_gets_values_and_directories_as_they_are(value: str, directory: str) -> None:
    """Its environment file knows no quotes, and its mounts are CSV."""
    body = {"execSystemInputDir": f"/in/{directory}", "parameterSet": {"envVariables": [{"key": "A", "value": value}]}}
    with TemporaryDirectory() as made:
        host = Host(Path(made))
        work = hosted(body, of=DOCKER, root=str(host.root))
        assert 0 == host.launch(work).code
        lines = script(work, "tapisjob.env").split("\n")
        assert f"A={value}" in lines
        source = f"source={host.root}/in/{directory}".rstrip("/")
        field = '"' + source.replace('"', '""') + '"' if set(',"') & set(source) else source
        assert f"type=bind,{field},target=/TapisInput,readonly" == host.argv()[host.argv().index("--mount") + 1]


def test_docker_cannot_be_given_lines() -> None:
    """A value of several lines fits no line of its environment file."""
    body = {"parameterSet": {"envVariables": [{"key": "A", "value": "a\nb"}]}}
    assert "several lines" in hosted(body, of=DOCKER).refusal


@pytest.mark.parametrize("arg", ["--privileged", "--user 0", "--pid host", "--name x", "-e A=1", "--rm yes"])
def test_docker_options_that_nobody_may_give(arg: str) -> None:
    """Only what is published is let through."""
    assert "docker option" in hosted(args(arg, key="containerArgs"), of=DOCKER).refusal


def test_inputs_may_come_through_another_node(host: Host) -> None:
    """They arrive in its directory and are moved to where they are wanted; doing it again does no harm."""
    body = {"dtnSystemInputDir": "/dtn/in", "fileInputs": [{"sourceUrl": "tapis://vm/x y", "targetPath": "d/x y"}]}
    work = hosted(body, on=system(dtnSystemId="dtn"), root=str(host.root))
    assert [(3, "/dtn/in/d/x y")] == [(one.target.system_id, one.target.path) for one in work.sources]
    host.stage(work)
    host.place("/dtn/in/d").mkdir()
    host.place("/dtn/in/d/x y").write_text("data")
    assert (0, 0) == (host.run(work, work.prepare).code, host.run(work, work.prepare).code)
    assert "data" == host.place(f"{WORK}/d/x y").read_text()


@pytest.mark.parametrize(
    ("runtime", "image", "there"),
    [
        ("SINGULARITY", "/images/a b.sif", "'/homes/ann/images/a b.sif'"),
        ("SINGULARITY", "docker://sci/bb:1", "docker://sci/bb:1"),
        ("ZIP", "/apps/x.zip", "archive=/homes/ann/apps/x.zip\n"),
    ],
)
def test_where_the_root_is_all_there_is_images_lie_below_it(runtime: str, image: str, there: str) -> None:
    """Elsewhere an absolute path is one of the host's."""
    of = app(runtime=runtime, containerImage=image)
    work = hosted(of=of, root="/homes/ann", is_all=True)
    assert there in script(work) + work.prepare
    elsewhere = hosted(of=of, root="/homes/ann")
    assert ("homes/ann/images" in script(elsewhere), "homes/ann/apps/x" in elsewhere.prepare) == (False, False)


def test_inputs_go_below_the_input_directory() -> None:
    """Each with its address as it was written, and whether it may be missing."""
    specs = [{"name": "o", "sourceUrl": "tapis://vm/o", "targetPath": "o", "inputMode": "OPTIONAL"}]
    body = {"fileInputs": [{"sourceUrl": "https://h/a.txt"}], "execSystemInputDir": "/in"}
    work = hosted(body, of=app(attributes={"fileInputs": specs}))
    assert [("https://h/a.txt", "/in/a.txt", False), ("tapis://vm/o", "/in/o", True)] == [
        (one.uri, one.target.path, one.optional) for one in work.sources
    ]


def test_where_no_engine_may_be_asked_singularity_takes_its_place(host: Host) -> None:
    """The words for an engine are given as those of Singularity; what has none is refused, and says so."""
    programs = Programs(docker=None, singularity="/opt/bin/apptainer")
    told: tuple[str, ...] = (
        "-v /data:/d:ro",
        "--gpus all",
        "-w /w",
        "--label a=b",
        "--mount 'type=bind,src=/s,dst=/t,readonly'",
    )
    told += ("--network none", "-h zebra", "--cpuset-cpus 0-1,3", "--tmpfs /run:rw,mode=700", "--tmpfs '/a b'")
    body = args(*told, key="containerArgs")
    lines = script(hosted(body, of=DOCKER, root=str(host.root), programs=programs)).splitlines()
    line = lines[-1]
    assert line.startswith("taskset --cpu-list 0-1,3 /opt/bin/apptainer ")
    assert " --net --network none --hostname zebra " in line
    assert ['folders+=(--bind "$made":/run)', "folders+=(--bind \"$made\":'/a b')"] == lines[-4:-1:2]
    assert " --bind /data:/d:ro --nv --pwd /w --mount type=bind,source=/s,destination=/t,ro " in line
    assert "label" not in line
    unfit = ("--cpus 2", "-m 1g", "--network lab", "--tmpfs /run:size=1m", "--tmpfs run", "--mount type=volume,dst=/x")
    for option in (*unfit, "-v named:/x", "--publish 80:80"):
        with pytest.raises(Unfit, match=r"here|needs a container engine"):
            hosted(args(option, key="containerArgs"), of=DOCKER, root=str(host.root), programs=programs)
    work = hosted(args("--cpuset-cpus '0 1'", key="containerArgs"), of=DOCKER, programs=programs)
    assert "0-2,5" in work.refusal
    for image in ("/images/a.sif", "oci-archive://a.tar"):
        work = hosted(of=app(runtime="DOCKER", containerImage=image), root=str(host.root), programs=programs)
        assert "fetched from a registry" in work.refusal


@pytest.mark.parametrize("option", ["--pid", "-p", "--containall", "-C", "--compat"])
def test_where_containers_get_no_proc_of_their_own_what_needs_one_is_refused(option: str) -> None:
    """By its name, before the job begins; elsewhere it is given on."""
    body = args(option, key="containerArgs")
    with pytest.raises(Unfit, match="needs a /proc of its own"):
        hosted(body, programs=Programs(own_processes=False))
    assert re.search(" --(pid|containall|compat) ", script(hosted(body)))
    assert "--contain " in script(
        hosted(args("--contain", key="containerArgs"), programs=Programs(own_processes=False))
    )
