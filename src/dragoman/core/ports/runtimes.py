"""What turns a step into the argument list that runs it."""

from collections.abc import Mapping
from typing import Protocol

from dragoman.core.job import Step
from dragoman.core.launch import LaunchStep


class Runtime(Protocol):
    """Turns a step into the argument list that runs it. Pure."""

    def step(self, step: Step, directory: str, environment: Mapping[str, str]) -> LaunchStep:
        """``directory`` is the run directory on the host; ``environment`` is what every step gets."""
        ...
