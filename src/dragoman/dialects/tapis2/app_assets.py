"""What an app consists of: its folder, or the zip archive of a published one, and the text of its wrapper.

They are read as the app's owner: who may run an app may use them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dragoman.core.errors import NotFound, Problem
from dragoman.core.hosted import Place, Source
from dragoman.core.registered import AppView
from dragoman.core.things import Identity
from dragoman.desk.packages import End
from dragoman.dialects.tapis2.app_checks import CHECKSUM, WRAPPER
from dragoman.dialects.tapis2.apps import owner_of
from dragoman.dialects.tapis2.door import DOOR, Asking
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.hosts import find_face
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.write_system import Face

WRAPPER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """An app's folder or archive: where it is, and the text of its wrapper."""

    owner: Identity
    face: Face
    path: str
    checksum: str
    """Empty: it is a folder."""
    wrapper: str

    @property
    def shown(self) -> str:
        """Where they are, for people."""
        return f"agave://{self.face.id}/{self.path}"

    @property
    def end(self) -> End:
        """Where they are, and who reads them."""
        return End(who=self.owner, system=self.face.name, path=self.path)

    def source(self, directory: str, system_id: int) -> Source:
        """How a job gets them into its directory."""
        return Source(
            uri=f"agave://{self.face.name}{self.path}",
            target=Place(system_id=system_id, path=directory),
            account_id=self.owner.account.id,
            md5=self.checksum,
        )


async def assets_of(call: Asking, view: AppView) -> Assets:
    """The assets of an app as they are now. Raises Refused and Unavailable."""
    facet, owner = view.app.facets[DOOR], owner_of(view)
    face = await _deployment(call, owner, str(facet["deploymentSystem"]))
    path = resolved(facet["deploymentPath"], face.home)
    checksum = str(facet.get(CHECKSUM, ""))
    wrapper = await (_packed_wrapper if checksum else _wrapper)(call, view, owner, face, path)
    return Assets(owner=owner, face=face, path=path, checksum=checksum, wrapper=wrapper)


async def _packed_wrapper(call: Asking, view: AppView, owner: Identity, face: Face, path: str) -> str:
    try:
        await call.desk.places.facts(owner, DOOR, face.name, path, follow=True)
    except NotFound:
        raise Refused(400, f"The archive of the app {view.app.name} is gone: {path} on {face.id}.") from None
    return str(view.app.facets[DOOR][WRAPPER])


async def _wrapper(call: Asking, view: AppView, owner: Identity, face: Face, top: str) -> str:
    facet: Mapping[str, Any] = view.app.facets[DOOR]
    path = resolved(facet["templatePath"].lstrip("/"), top)
    try:
        opened = await call.desk.places.open(owner, DOOR, face.name, path)
        pieces = [piece async for piece in opened.read(length=WRAPPER_BYTES + 1)]
    except NotFound:
        raise Refused(400, f"The wrapper template of the app {view.app.name} is gone: {path} on {face.id}.") from None
    text = b"".join(pieces)
    if len(text) > WRAPPER_BYTES:
        raise Refused(400, f"The wrapper template of the app {view.app.name} has more than {WRAPPER_BYTES} bytes.")
    return text.decode("utf-8", "replace")


async def _deployment(call: Asking, owner: Identity, name: str) -> Face:
    try:
        face = await find_face(replace(call, caller=owner), name)
    except Problem as problem:
        raise Refused(400, f"The deployment system {name} of the app cannot be used: {problem}") from problem
    if not face.view.system.enabled:
        raise Refused(400, f"The deployment system {name} of the app cannot be used: it is disabled.")
    return face
