"""The pure parts of a node: events as they come, goals, quantities, policies, what a plugin is given."""

import json
import shlex
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.agent.abilities import Abilities, Kind, secrets_in
from dragoman.agent.containers import contained
from dragoman.agent.events import image_name, last_lines, plugin_event
from dragoman.agent.images import apptainer, apptainer_variables, charliecloud, charliecloud_variables
from dragoman.agent.imagestore import Image, flat
from dragoman.agent.intake import read_message
from dragoman.agent.patience import Patience
from dragoman.agent.plate import read_plate
from dragoman.agent.policies import Candidate, default, gpuaware, roundrobin
from dragoman.agent.read_goals import kept_goals, read_goal, read_plugin
from dragoman.agent.resources import Need, limit, quantity, request
from dragoman.agent.sse import Events
from dragoman.agent.workload import data_config, draft_of
from dragoman.core.edge import Firing, FiringState, PluginSpec
from dragoman.core.errors import Invalid, Problem, Unavailable, Unsupported
from dragoman.core.manifests import assumed_manifest
from dragoman.core.measurements import TEXT_CHARACTERS
from tests.agent.bench import NOON, PLATE, goal_body

FIRING = Firing(
    id=7, goal="g", job="1", plugin="p", pod="p-abcdef", app="0123456789abcdef", reason="", spec={},
    state=FiringState.QUEUED, job_id=None, queued_at=0, ended_at=None, outcome="",
)  # fmt: skip
CAN = Abilities(commands={}, containers="docker", prefer_commands=True, channel="amqp", port=5672, cameras="http://c")


@given(st.lists(st.integers(1, 30), max_size=20))
def test_events_come_whole_however_they_are_cut(cuts: list[int]) -> None:
    """Also those that a service writes over several lines after one ``data:``."""
    told = b': hello\n\nevent: x\ndata: []\n\nevent: x\ndata: [\n  {\n    "id": "1"\n  }\n]\n\ndata: [2]\n\ndata: [3'
    events, found, place = Events(), [], 0
    for cut in [*cuts, len(told)]:
        found += list(events.take(told[place : place + cut]))
        place += cut
    assert [[], [{"id": "1"}], [2]] == [json.loads(one) for one in found]


def test_an_endless_event_is_given_up() -> None:
    """Memory is bounded."""
    events = Events()
    for _ in range(16):
        list(events.take(b"x" * (1 << 20)))
    with pytest.raises(Unavailable):
        list(events.take(b"x"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "job_id",
                        "name",
                        "sub_goals",
                        "plugins",
                        "science_rules",
                        "plugin_spec",
                        "args",
                        "env",
                        "rule",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=30,
    )
)
def test_any_list_of_goals_can_be_read(body: Any) -> None:
    """What cannot be used is left out."""
    for kept in kept_goals(body):
        read_goal(kept, "W023")


def test_a_goal_is_read_in_both_forms() -> None:
    """Rules as objects and as plain texts; only this node's part; the letter case of its name does not matter."""
    body = goal_body(["schedule(p): True"], "p", args=["-a", 1, True])
    other = {**body, "id": "g2", "sub_goals": [{**body["sub_goals"][0], "name": "W999"}]}
    old = {**body, "id": "g3", "sub_goals": [{**body["sub_goals"][0], "name": "w023", "science_rules": ["p: True"]}]}
    first, second, third = (read_goal(kept, "W023") for kept in kept_goals([body, other, old]))
    assert (1, 0, 1) == (len(first.tasks), len(second.tasks), len(third.tasks))
    assert ("-a", "1", "true") == first.plugins["p"].args
    assert [] == kept_goals(None)


@pytest.mark.parametrize(
    ("text", "value"), [("500m", 0.5), ("2", 2), ("1.5", 1.5), ("300Mi", 300 << 20), ("1Gi", 1 << 30), ("1G", 1e9)]
)
def test_quantities(text: str, value: float) -> None:
    """As containers' people write them."""
    assert value == quantity(text)


@pytest.mark.parametrize("text", ["", "-1", "1e9", "1 Gi", "many", "1GiB", "9" * 20])
def test_no_quantities(text: str) -> None:
    """Refused, with what to write."""
    with pytest.raises(Invalid, match="quantity"):
        quantity(text)


def test_a_plugin_that_says_nothing_gets_the_usual() -> None:
    """Half a processor and 300 MiB set aside, at most 1 GiB."""
    assert Need(cpu=500, memory=300 << 20) == request({}, {})
    assert Need(memory=1 << 30) == limit({})
    assert Need(cpu=1000, memory=1 << 20, gpu=1) == request(
        {"request.cpu": "1", "request.memory": "1Mi"}, {"resource.gpu": "true"}
    )


def one(number: int, **need: int) -> Candidate:
    return Candidate(id=number, need=Need(**need))


WHOLE = Need(cpu=1000, memory=1000, gpu=2)


def ids(chosen: list[Candidate]) -> list[int]:
    return [candidate.id for candidate in chosen]


def test_the_default_policy_fills_the_room() -> None:
    """What does not fit waits, and holds up nothing behind it."""
    waiting = [one(1, cpu=600), one(2, cpu=600), one(3, cpu=300)]
    assert [1, 3] == ids(default(waiting, [], WHOLE))
    assert [3] == ids(default(waiting, [one(9, cpu=500)], WHOLE))
    assert [] == ids(default(waiting, [one(9, cpu=900)], WHOLE))


def test_roundrobin_takes_one_at_a_time() -> None:
    """The oldest, when nothing runs."""
    assert [1] == ids(roundrobin([one(1), one(2)], [], WHOLE))
    assert [] == ids(roundrobin([one(1), one(2)], [one(9)], WHOLE))


def test_gpuaware_lets_one_of_those_begin_that_want_a_gpu() -> None:
    """And all others."""
    waiting = [one(1, gpu=1), one(2, gpu=1), one(3)]
    assert [1, 3] == ids(gpuaware(waiting, [], WHOLE))
    assert [3] == ids(gpuaware(waiting, [one(9, gpu=1)], WHOLE))


@given(
    st.lists(st.builds(one, st.integers(), cpu=st.integers(0, 900), memory=st.integers(0, 900)), max_size=8),
    st.lists(st.builds(one, st.integers(), cpu=st.integers(0, 300)), max_size=3),
)
def test_no_policy_promises_more_than_there_is(waiting: list[Candidate], running: list[Candidate]) -> None:
    """Whatever waits."""
    for policy in (default, roundrobin, gpuaware):
        chosen = policy(waiting, running, WHOLE)
        if chosen:
            assert 1000 >= sum(candidate.need.cpu for candidate in [*running, *chosen])
            assert 1000 >= sum(candidate.need.memory for candidate in [*running, *chosen])


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("registry.sagecontinuum.org/theone/imagesampler:0.3.0", "theone/imagesampler:0.3.0"),
        ("localhost:5000/a/b:1", "a/b:1"),
        ("theone/imagesampler:0.3.0", "theone/imagesampler:0.3.0"),
        ("busybox", "busybox:latest"),
        ("registry.org/a/b", "a/b:latest"),
    ],
)
def test_image_names(image: str, name: str) -> None:
    """Without the registry, with a tag."""
    assert name == image_name(image)


def test_last_words_are_few() -> None:
    """Three lines, and no more than a kilobyte."""
    assert "b\nc\nd" == last_lines("a\nb\nc\nd\n")
    assert 1024 == len(last_lines("x" * 5000))


def test_patience_grows_and_is_reset() -> None:
    """Never exactly as long as others."""
    patience = Patience(first=1, longest=8)
    waits = [patience.seconds() for _ in range(6)]
    assert all(low / 2 <= wait <= low for wait, low in zip(waits, [1, 2, 4, 8, 8, 8], strict=True))
    patience.calm()
    assert patience.seconds() <= 1


def test_a_plate_is_read_from_a_manifest() -> None:
    """Labels by which plugins choose, sensors by name, the zone of its first compute."""
    manifest = assumed_manifest("W023", "000048b02d15bc7c")
    manifest["computes"][0]["hardware"]["capabilities"] = ["arm64", "gpu"]
    manifest["sensors"].append({"name": "rain", "hardware": {"hardware": "raingauge"}, "uri": "", "is_active": True})
    plate = read_plate("W023", manifest, host="h", cpus=4, memory=100, gpus=1)
    assert ("000048b02d15bc7c", "nxcore", "core") == (plate.name, plate.host, plate.zone)
    assert Need(cpu=4000, memory=100, gpu=1) == plate.whole
    assert "" == plate.mismatch(PluginSpec(name="p", image="i", selector={"resource.gpu": "true", "zone": "core"}))
    assert "" == plate.mismatch(PluginSpec(name="p", image="i", selector={"resource.raingauge": "true"}))
    assert 0 == read_plate("W023", manifest, host="h", cpus=4, memory=100).whole.gpu
    assert "true" == read_plate("W023", {}, host="h", cpus=4, memory=100, gpus=1).labels["resource.gpu"]
    assert "zone=shield" in plate.mismatch(PluginSpec(name="p", image="i", selector={"zone": "shield"}))
    assert "hostname=other" in plate.mismatch(PluginSpec(name="p", image="i", node="other"))
    sections = {
        section["match"]["id"]: section["handler"]["args"]["url"] for section in json.loads(data_config(plate, CAN))
    }
    assert {"bottom": "http://c/bottom.y4m", "bottom_camera": "http://c/bottom_camera.y4m"} == sections


def test_a_container_is_called_without_a_shells_help() -> None:
    """Nothing that a job says is more than a word."""
    spec = read_plugin(
        {
            "name": "p",
            "plugin_spec": {
                "image": "reg.org/a/b:1",
                "args": ["$(reboot)", "a b", "'"],
                "env": {"LD_PRELOAD": "x"},
                "resource": {"limit.memory": "64Mi", "limit.cpu": "500m"},
                "selector": {"zone": "core"},
                "volume": {"/data": "/data"},
            },
        }
    )
    command, _ = contained(replace(CAN, volumes=("/data",)), spec, FIRING, {})
    words = shlex.split(command.partition("exec ")[2])
    assert ["reg.org/a/b:1", "$(reboot)", "a b", "'"] == words[-4:]
    pairs = list(pairwise(words))
    for pair in [("--memory", str(64 << 20)), ("--cpus", "0.5"), ("--volume", "/data:/data")]:
        assert pair in pairs
    assert words[words.index("--name") + 1].endswith("-p-abcdef")
    assert FIRING.app[:8] not in command


@pytest.mark.parametrize("image", ["", "-v/:/host", "a b", "reg.org/a/b:1; rm -rf /", "$(reboot)", "x" * 600])
def test_an_image_is_a_name(image: str) -> None:
    """Nothing that a program could take for an option."""
    with pytest.raises(Invalid, match="image"):
        contained(CAN, PluginSpec(name="p", image=image), FIRING, {})


def test_variables_of_a_job_do_not_reach_the_container_program() -> None:
    """They are the image's alone: a loader's or a shell's variable would be a way out of the container."""
    spec = PluginSpec(name="p", image="reg.org/a/b:1", env={"LD_PRELOAD": "/x.so", "BASH_ENV": "/x", "TWO": "a\nb"})
    draft = draft_of(FIRING, spec, PLATE, replace(CAN, container_variables={"DOCKER_HOST": "unix:///x"}))
    assert {"DOCKER_HOST": "unix:///x"} == dict(draft.workload.steps[0].environment)
    assert "LD_PRELOAD=/x.so\n" in draft.workload.home_files["plugin.env"]
    assert "TWO" not in draft.workload.home_files["plugin.env"]
    assert "'TWO=a\nb'" in draft.workload.steps[0].command


@pytest.mark.parametrize("kind", list(Kind))
def test_a_secret_is_the_nodes_own(tmp_path: Path, kind: Kind) -> None:
    """A variable that names one has its value, with all its lines; one that there is not is told by its name."""
    (tmp_path / "cloud").mkdir()
    (tmp_path / "cloud" / "api-key").write_text("k3y\n")
    (tmp_path / "cloud" / "pem").write_text("one\ntwo\n")
    can = replace(CAN, kind=kind, secrets=secrets_in(str(tmp_path)))
    named = {"KEY": "{secret.cloud.api-key}", "PEM": "{secret.cloud.pem}", "ELSE": "a {secret.cloud.pem}"}
    draft = draft_of(FIRING, PluginSpec(name="p", image="a/b:1", env=named), PLATE, can)
    said = "".join(draft.workload.home_files.values()) + draft.workload.steps[0].command
    assert "k3y" in said
    assert "one\ntwo" in said or r"one\ntwo" in said
    assert "a {secret.cloud.pem}" in said
    assert "api-key" not in said
    assert "k3y" not in repr(can)
    with pytest.raises(Unsupported, match=r"no secret cloud\.other"):
        draft_of(FIRING, PluginSpec(name="p", image="a/b:1", env={"A": "{secret.cloud.other}"}), PLATE, can)
    assert {} == secrets_in(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"privileged": True}, "no privileged"),
        ({"volume": {"/": "/host"}, "selector": {"zone": "core"}}, "gives / to no plugin"),
        ({"volume": {"/data/../etc": "/host"}, "selector": {"zone": "core"}}, "absolute"),
        ({"volume": {"/datum": "/host"}, "selector": {"zone": "core"}}, "gives /datum"),
    ],
)
@pytest.mark.parametrize("kind", list(Kind))
def test_a_node_gives_nothing_of_its_host_away_unasked(more: Any, why: str, kind: Kind) -> None:
    """Only what its operator allows."""
    with pytest.raises(Problem, match=why):
        contained(replace(CAN, kind=kind, volumes=("/data",)), PluginSpec(name="p", image="a/b:1", **more), FIRING, {})


ORDER: dict[str, Any] = {
    "program": "/usr/bin/run", "image": "reg.org/a/b:1", "entrypoint": "", "args": ["-x", "$(y)"],
    "volumes": [["/d", "/e"]],
    "environment": {"ONE": "it's $1", "TWO": "a\nb"}, "privileged": False, "memory": 1 << 20, "cpu": 500,
}  # fmt: skip


def test_without_an_engine_the_job_says_what_a_program_is_told() -> None:
    """Nothing of it stands in the shell's command, or in the environment of what runs the image."""
    can = replace(CAN, kind=Kind.CHARLIECLOUD, containers="/usr/bin/ch-run", images="/node/images")
    spec = PluginSpec(name="p", image="reg.org/a/b:1", args=("$(reboot)",), env={"LD_PRELOAD": "/x.so"})
    draft = draft_of(FIRING, spec, PLATE, can)
    assert {} == dict(draft.workload.steps[0].environment)
    assert "reboot" not in draft.workload.steps[0].command
    order = json.loads(draft.workload.home_files["container.json"])
    assert (["$(reboot)"], "/x.so", 0) == (order["args"], order["environment"]["LD_PRELOAD"], order["memory"])
    assert "reg.org%a%b+1" == flat(order["image"])


def test_apptainer_is_told_every_word() -> None:
    """The image's working directory, bounds where it can keep them, nothing privileged."""
    image = Image("/node/images/b.sif", {"WorkingDir": "/app"})
    words = apptainer(ORDER, image, "/home", bounded=True)
    assert ["/usr/bin/run", "run", "--compat", "--no-home", "--no-privs"] == words[:5]
    assert ["/node/images/b.sif", "-x", "$(y)"] == words[-3:]
    for pair in [("--cwd", "/app"), ("--memory", str(1 << 20)), ("--cpus", "0.5"), ("--bind", "/d:/e")]:
        assert pair in pairwise(words)
    entered = apptainer({**ORDER, "entrypoint": "/bin/e"}, image, "/home", bounded=False)
    assert ("exec", "/bin/e") == (entered[1], entered[-3])
    assert "--memory" not in entered
    assert """ONE='it'"'"'s $1'\nTWO='a\nb'\n""" == apptainer_variables(ORDER, image)


def test_charliecloud_is_told_what_the_image_says_of_itself() -> None:
    """Entry point and command as engines take them together; its variables, under those of the job."""
    told = {"Entrypoint": ["python3"], "Cmd": ["main.py"], "WorkingDir": "/app", "Env": ["ONE=own", "PATH=/own"]}
    image = Image("/node/images/b", told)
    words = charliecloud(ORDER, image, "/home")
    assert ["/node/images/b", "--", "python3", "-x", "$(y)"] == words[-5:]
    assert {"--cd=/app", "--bind=/d:/e", "--set-env=TWO=a\nb"} <= set(words)
    assert ["--", "python3", "main.py"] == charliecloud({**ORDER, "args": []}, image, "/home")[-3:]
    assert ["--", "/bin/e"] == charliecloud({**ORDER, "entrypoint": "/bin/e", "args": []}, image, "/home")[-2:]
    assert "HOME='/tmp'\nONE='it's $1'\nPATH='/own'\n" == charliecloud_variables(ORDER, image)
    with pytest.raises(ValueError, match="entrypoint"):
        charliecloud({**ORDER, "args": []}, Image("/node/images/b", {}), "/home")


def test_variables_have_names() -> None:
    """One that has none is refused before anything runs."""
    spec = PluginSpec(name="p", image="reg.org/a/b:1", env={"A=B": "x"})
    with pytest.raises(Invalid, match="variable"):
        draft_of(FIRING, spec, PLATE, CAN)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"[" * 100_000, b"nonsense", b"{}", b'{"name":"a","ts":1,"val":1}', b"\xff",
        b'{"name":"A b","ts":1661279230562104123,"val":1}',
        b'{"name":"a","ts":1661279230562104123,"val":null}',
        b'{"name":"a","ts":1661279230562104123,"val":NaN}',
        b'{"name":"a","ts":1661279230562104123,"val":1' + b"0" * 400 + b"}",
        b'{"name":"a","ts":1661279230562104123,"val":1' + b"0" * 5000 + b"}",
        b'{"name":"a","ts":1661279230562104123,"val":1,"meta":{"k":1}}',
        b'{"name":"a","ts":1661279230562104123,"val":1,"meta":["k"]}',
        b'{"name":"a","ts":9661279230562104123,"val":1}',
        b'{"name":"a","ts":true,"val":1}',
    ],
)  # fmt: skip
def test_what_is_no_measurement_is_told_so(body: bytes) -> None:
    """Whatever plugins publish, it is one, or a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        read_message(body, now=NOON * 1000)


@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps({"name": "a", "ts": NOON * 1000, "val": value}).encode()
    )
)
def test_any_message_is_a_measurement_or_none(body: bytes) -> None:
    """Never another error."""
    try:
        read_message(body, now=NOON * 1000)
    except ValueError:
        return


def test_the_centre_keeps_every_event() -> None:
    """However long the arguments are, and whatever they hold: else it would never learn how the run ended."""
    spec = {"image": "\1" * 70_000, "args": ["x" * 70_000, "\1" * 70_000], "selector": {"zone": "\1" * 70_000}}
    told = plugin_event("failed", replace(FIRING, spec=spec), PLATE, at=0, reason="\1" * 70_000, error_log="\1" * 9000)
    value = str(told.measurement.value)
    assert TEXT_CHARACTERS > len(value)
    assert "g" == json.loads(value)["goal_id"]
