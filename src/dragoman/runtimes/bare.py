"""The bare runtime: a step is a command for bash on the host itself, confined by bubblewrap or not."""

import os
import pwd
from collections.abc import Mapping, Sequence

from dragoman.core.job import Step
from dragoman.core.launch import LaunchStep
from dragoman.runtimes.bubblewrap import (
    Confinement,
    Surroundings,
    covering,
    find_bubblewrap,
    inner,
    loader_variables,
    look_around,
    nested,
    outer,
    own_home,
    own_tmp,
)

__all__ = ["Bare", "Confinement", "find_bubblewrap"]

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Bare:
    """Runs commands with bash in ``home/work`` of the run directory, whose path must hold no symbolic link.

    Building it looks at the host once; afterwards it only sees whether what may pass is still there.
    """

    def __init__(self, confinement: Confinement | None) -> None:
        self._user = _account()
        self._bounds: tuple[str, ...] = ()
        self._here = look_around(confinement) if confinement else Surroundings()
        if confinement:
            self._bounds = (confinement.program, *outer(self._here, os.geteuid()))

    def step(self, step: Step, directory: str, environment: Mapping[str, str]) -> LaunchStep:
        """The step's command as an argument list, with HOME, PWD and what else a login would have set."""
        variables = {
            **self._login(directory),
            **step.environment,
            **environment,
            "HOME": f"{directory}/home",
            "PWD": f"{directory}/home/work",
        }
        command = ("/bin/bash", "-c", step.command)
        if not self._bounds:
            return LaunchStep(argv=command, environment=variables, command=step.command)
        inside = loader_variables(variables)
        settings = [word for name, value in inside.items() for word in ("--setenv", name, value)]
        home = own_home(f"{directory}/home", f"{directory}/home/work")
        return LaunchStep(
            argv=(
                *self._bounds,
                *own_tmp(directory),
                *covering(self._here),
                *home,
                *inner(),
                *settings,
                "--",
                *command,
            ),
            environment={name: value for name, value in variables.items() if name not in inside},
            command=step.command,
        )

    @property
    def is_confined(self) -> bool:
        """Whether steps run in bubblewrap."""
        return bool(self._bounds)

    def around(self, argv: Sequence[str], *, home: str, work: str, nesting: bool = False) -> tuple[str, ...]:
        """The argument list that runs a command which sees and may write only a person's ``home``, in ``work``.

        ``nesting``: it may make containers, which see no more.
        """
        if not self._bounds:
            return tuple(argv)
        tmp = ("--tmpfs", "/tmp", "--tmpfs", "/var/tmp")  # noqa: S108
        more = nested(os.geteuid()) if nesting else ()
        return (*self._bounds, *tmp, *covering(self._here), *own_home(home, work), *inner(), *more, "--", *argv)

    def person(self, home: str, name: str) -> dict[str, str]:
        """What a login of somebody on this host would have set."""
        return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": home, "USER": name, "LOGNAME": name}

    def _login(self, directory: str) -> dict[str, str]:
        tmp = "/tmp" if self._bounds else f"{directory}/tmp"  # noqa: S108 - the run's own
        return {"PATH": PATH, "LANG": "C.UTF-8", "TMPDIR": tmp, "USER": self._user, "LOGNAME": self._user}


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
