"""Plugins that ask for GPUs: what each way to run them is told, who has which, and who is refused. No GPU is needed."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent import place, runs
from dragoman.agent.abilities import Abilities, Kind
from dragoman.agent.images import apptainer
from dragoman.agent.imagestore import Image
from dragoman.agent.plate import Plate
from dragoman.agent.policies import POLICIES
from dragoman.agent.resources import Need
from dragoman.agent.runs import Choosing
from dragoman.agent.workload import GPUS, draft_of
from dragoman.core.edge import Firing, FiringState, PluginSpec
from dragoman.core.job import Draft
from dragoman.store import jobs
from dragoman.store.edge import firings
from tests.agent.bench import NOON, PLATE, Bench, bench, goal_body, names

IMAGE = "registry.example.org/test/p:1.0.0"
CAN = Abilities(
    commands={}, containers="/usr/bin/docker", prefer_commands=True, channel="log", port=0, cameras="", images="/images"
)
TWO = replace(PLATE, whole=Need(cpu=8000, memory=8 << 30, gpu=2), labels={"resource.gpu": "true"})
WANTS = {"selector": {"resource.gpu": "true"}}
FIRING = Firing(
    id=1, goal="g1", job="1", plugin="p", pod="p-abcdef", app="a" * 32, reason="", spec={},
    state=FiringState.QUEUED, job_id=None, queued_at=NOON, ended_at=None, outcome="",
)  # fmt: skip


def drafted(can: Abilities, *gpus: int, plate: Plate = TWO, **spec: Any) -> Draft:
    return draft_of(FIRING, PluginSpec(name="p", image=IMAGE, **spec), plate, can, gpus)


def command(draft: Draft) -> list[str]:
    return shlex.split(draft.workload.steps[0].command.partition("exec ")[2])


def test_docker_is_told_which(tmp_path: Path) -> None:
    """By their numbers on the host, and no variable numbers them a second time; others are told of none."""
    words = command(drafted(CAN, 0, 1))
    assert ("--gpus", '"device=0,1"') in pairwise(words)
    assert "CUDA" not in drafted(CAN, 1).workload.home_files["plugin.env"]
    assert "--gpus" not in command(drafted(CAN))


def test_podman_is_told_each_device() -> None:
    """It knows GPUs by the container device interface."""
    words = command(drafted(replace(CAN, containers="/usr/bin/podman"), 0, 1))
    assert [("--device", "nvidia.com/gpu=0"), ("--device", "nvidia.com/gpu=1")] == [
        pair for pair in pairwise(words) if pair[0] == "--device"
    ]


def test_apptainer_brings_the_driver_and_a_variable_says_which() -> None:
    """Also where the job says something else; others see none of the node's GPUs."""
    can = replace(CAN, kind=Kind.APPTAINER, containers="/usr/bin/apptainer")
    for gpus, shown in (((1,), "1"), ((), "")):
        draft = drafted(can, *gpus, env={"CUDA_VISIBLE_DEVICES": "0,1"})
        order = json.loads(draft.workload.home_files["container.json"])
        assert shown == order["environment"]["CUDA_VISIBLE_DEVICES"]
        assert bool(gpus) is ("--nv" in apptainer(order, Image("/images/p.sif", {}), "/home", bounded=False))


def test_a_plain_command_sees_its_own_alone() -> None:
    """And on a node that gives none nothing is said of GPUs."""
    can = replace(CAN, containers="", commands={"test/p:1.0.0": "run"})

    def seen(*gpus: int, plate: Plate = TWO) -> Mapping[str, str]:
        return drafted(can, *gpus, plate=plate, env={"CUDA_VISIBLE_DEVICES": "7"}).workload.steps[0].environment

    assert ["0,1", "", "7"] == [found["CUDA_VISIBLE_DEVICES"] for found in (seen(0, 1), seen(), seen(plate=PLATE))]


class Node:
    """Executions that begin, without an engine that runs them."""

    def __init__(self, house: Bench, can: Abilities, plate: Plate, policy: str) -> None:
        self._house, db = house, house.db
        owner_id, _ = db.write_now(place.settle, at=NOON)
        self._how = Choosing(policy=POLICIES[policy], plate=lambda: plate, can=can, owner_id=owner_id)

    def begin(self) -> list[str]:
        """The reasons of those that fail, and the last words of the events of others."""
        told = self._house.db.write_now(runs.begin, self._how, at=self._house.now)
        values = [json.loads(str(one.measurement.value)) for one in told]
        return [value["reason"] if name == "failed" else name for name, value in zip(names(told), values, strict=True)]

    def given(self) -> dict[str, list[int]]:
        """The numbers of the GPUs of those that run, by plugin."""
        active = self._house.db.write_now(firings.active_firings)
        begun = {one.plugin: one.job_id for one in active if one.job_id is not None}
        return {name: self._house.db.write_now(jobs.get_job, key).notes.get(GPUS, []) for name, key in begun.items()}

    def end(self, plugin: str) -> None:
        active = self._house.db.write_now(firings.active_firings)
        (one,) = [one for one in active if one.plugin == plugin]
        self._house.db.write_now(firings.end_firing, one.id, "FINISHED", at=self._house.now)


def queue(house: Bench, number: int, plugin: str, **spec: Any) -> None:
    house.serve(goal_body([f"schedule({plugin}): True"], plugin, goal=f"g{number}", job=str(number), **spec))
    house.round()


def test_nobody_has_the_gpu_of_another(tmp_path: Path) -> None:
    """What one has stands in the database: whoever starts the agent again gives it to nobody else."""
    with bench(tmp_path) as house:
        for number, name in enumerate(("a", "b", "c"), 1):
            queue(house, number, name, **WANTS)
        queue(house, 4, "plain")
        assert ["selected"] * 3 == Node(house, CAN, TWO, "default").begin()
        assert {"a": [0], "b": [1], "plain": []} == Node(house, CAN, TWO, "default").given()
        again = Node(house, CAN, TWO, "default")
        assert [] == again.begin()
        again.end("a")
        assert ["selected"] == again.begin()
        assert {"b": [1], "c": [0], "plain": []} == again.given()


def test_a_plugin_may_ask_for_several(tmp_path: Path) -> None:
    """It waits until there are so many; others that ask for fewer pass it."""
    with bench(tmp_path) as house:
        node = Node(house, CAN, TWO, "default")
        queue(house, 1, "one", **WANTS)
        assert ["selected"] == node.begin()
        queue(house, 2, "both", resource={"limit.gpu": "2"})
        queue(house, 3, "other", **WANTS)
        assert ["selected"] == node.begin()
        assert {"one": [0], "other": [1]} == node.given()
        node.end("one")
        assert [] == node.begin()
        node.end("other")
        assert ["selected"] == node.begin()
        assert {"both": [0, 1]} == node.given()


NONE = "This node gives no GPUs to plugins, and it asks for 1. Its operator may set node.gpus."


@pytest.mark.parametrize(
    ("can", "gpus", "spec", "why"),
    [
        (CAN, 0, WANTS, NONE),
        (CAN, 0, {"resource": {"request.gpu": "1"}}, NONE),
        (CAN, 1, {"resource": {"limit.gpu": "2"}}, "This node gives 1 GPU to plugins, and it asks for 2."),
        (
            replace(CAN, kind=Kind.CHARLIECLOUD),
            1,
            WANTS,
            "Charliecloud gives no GPU to plugins. Docker, podman and Apptainer do.",
        ),
    ],
)
def test_who_cannot_have_any_is_told_why(tmp_path: Path, can: Abilities, gpus: int, spec: Any, why: str) -> None:
    """At once, for no waiting would help."""
    with bench(tmp_path) as house:
        plate = replace(TWO, whole=replace(TWO.whole, gpu=gpus))
        queue(house, 1, "p", **spec)
        (told,) = Node(house, can, plate, "gpuaware").begin()
        assert told.startswith(why)
