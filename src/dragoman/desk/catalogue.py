"""What can be run, and where: apps and systems as each door shows them."""

from dragoman.core.ports import Db
from dragoman.core.things import App, System
from dragoman.store import catalogue


class Catalogue:
    """Apps and systems, read once: they change only when the service starts."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._apps: list[App] | None = None
        self._systems: list[System] | None = None

    async def apps(self, door: str) -> list[App]:
        """The apps that a door shows, in catalogue order (the newest version first)."""
        if self._apps is None:
            self._apps = await self._db.read(catalogue.list_apps)
        return [app for app in self._apps if door in app.facets]

    async def systems(self, door: str) -> list[System]:
        """The systems that a door shows."""
        if self._systems is None:
            self._systems = await self._db.read(catalogue.list_systems)
        return [system for system in self._systems if door in system.facets]
