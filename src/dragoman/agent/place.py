"""Where plugins execute on the node: plain commands, confined, and containers; the engine's systems of this host."""

import os
from collections.abc import Mapping

from dragoman.agent.containers import DATA_CONFIG
from dragoman.agent.workload import BARE, CONTAINERS
from dragoman.core.errors import NotFound
from dragoman.core.job import Step
from dragoman.core.launch import LaunchStep
from dragoman.core.ports import Scheduler, Shell
from dragoman.engine import Place
from dragoman.runtimes.bare import Bare, Confinement
from dragoman.store import Connection, accounts, catalogue

SLOTS = 10_000
"""The node's policy says what may begin, not the engine."""


class PluginRuntime:
    """Runs plain commands as plugins: each finds its own places in its environment. See core.ports.Runtime."""

    def __init__(self, inner: Bare, *, has_broker: bool) -> None:
        self._inner, self._has_broker = inner, has_broker

    def step(self, step: Step, directory: str, environment: Mapping[str, str]) -> LaunchStep:
        """The step with where its uploads go and where its sensors are told."""
        home = f"{directory}/home"
        places = {"WAGGLE_DATA_CONFIG_PATH": f"{home}/{DATA_CONFIG}"}
        if self._has_broker:
            places["WAGGLE_PLUGIN_UPLOAD_PATH"] = f"{home}/uploads"
        else:
            places["PYWAGGLE_LOG_DIR"] = f"{home}/run-log"
        return self._inner.step(step, directory, {**environment, **places})


def settle(conn: Connection, *, at: int) -> tuple[int, Mapping[str, int]]:
    """Have the account and the systems that the engine needs; their ids."""
    try:
        owner = accounts.find_account(conn, name=catalogue.OWNER).id
    except NotFound:
        new = {"name": catalogue.OWNER, "email": f"{catalogue.OWNER}@localhost", "password_hash": ""}
        owner = accounts.add_account(conn, **new, is_admin=False, at=at).id
    values = {"shell": "local", "scheduler": "fork", "slots": SLOTS, "facets": {}}
    names = {BARE: "Plain commands on this node", CONTAINERS: "Containers on this node"}
    ids = {
        name: catalogue.put_system(conn, name=name, owner_id=owner, values={**values, "description": described})
        for name, described in names.items()
    }
    return owner, ids


def places(
    ids: Mapping[str, int],
    data: str,
    shell: Shell,
    scheduler: Scheduler,
    within: Confinement | None,
    *,
    has_broker: bool,
) -> dict[int, Place]:
    """The places, by system id."""
    root = os.path.join(data, "runs")
    bare = PluginRuntime(Bare(within), has_broker=has_broker)
    return {
        ids[BARE]: Place(
            name=BARE, shell=shell, runtime=bare, scheduler=scheduler, root=root, private_processes=within is not None
        ),
        ids[CONTAINERS]: Place(
            name=CONTAINERS, shell=shell, runtime=Bare(None), scheduler=scheduler, root=root, private_processes=False
        ),
    }
