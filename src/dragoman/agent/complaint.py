"""A trouble that lasts: said in the log once, however often it is met, until it is over or another one."""

import logging

from dragoman.core.errors import Problem


class Complaint:
    """What cannot be done now, and why not."""

    def __init__(self, log: logging.Logger, what: str) -> None:
        self._log, self._what, self._said = log, what, ""

    def say(self, error: Exception) -> None:
        """It has failed; what nobody has foreseen is told with its trace, every time."""
        if not isinstance(error, Problem):
            self._log.error("%s: %s", self._what, error, exc_info=error)
        elif str(error) != self._said:
            self._log.warning("%s: %s", self._what, error)
        self._said = str(error)

    def calm(self) -> None:
        """It has worked."""
        self._said = ""
