"""What a system is to the commands of those who run jobs there."""

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.core.errors import Unavailable
from dragoman.core.ports import Sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a system is to the commands of an account."""

    base: str
    """Where its root lies."""
    containers: Mapping[str, str] | None
    own_processes: bool
    """See core.ports.Site, as for ``containers``."""


class Grounds:
    """Looks at systems as accounts of ours."""

    def __init__(self, sites: Sites | None) -> None:
        self._sites = sites

    async def of(self, system_id: int, account_id: int) -> Ground:
        """What a system is to the commands of an account. Raises Denied without a login for it."""
        if self._sites is None:
            raise Unavailable("This service reaches no other hosts.")
        site = await self._sites.of(system_id, account_id)
        return Ground(base=site.base, containers=site.containers, own_processes=site.own_processes)
