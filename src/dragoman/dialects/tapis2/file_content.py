"""The handlers of what files hold: downloads, uploads, imports."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from starlette.responses import Response

from dragoman.core.errors import Invalid, NotFound, Problem, TooLarge
from dragoman.core.paths import address, below, name_of, read_uri
from dragoman.core.paths import kept as kept_address
from dragoman.core.transfers import IMPORT, Element
from dragoman.dialects.tapis2.addresses import own_name, read_agave, scheme_of
from dragoman.dialects.tapis2.body import FILE
from dragoman.dialects.tapis2.callbacks import FIELDS, UPLOADED, Callback, asked, follow, read_callbacks
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.hosts import find_face
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.sending import fetched
from dragoman.dialects.tapis2.spots import Place, note, routes
from dragoman.dialects.tapis2.write_file import write_item
from dragoman.web.contents import no_bytes
from dragoman.web.multipart import Part, base_name, parts

SOURCES = ("http", "https", "agave")
SOURCES_ELSEWHERE = ("ftp", "sftp", "gridftp", "s3")
_NAME, _TYPE = "fileName", "fileType"
_HEEDED = FIELDS | {_NAME.lower(), _TYPE.lower()}
_MORE = re.compile(f"&({_TYPE}|notifications)=")


async def download(call: Call, place: Place) -> Response:
    """A file, or a part of it."""
    opened = await call.desk.places.open(call.who, DOOR, place.face.name, place.path)
    return await fetched(call, opened, call.who, shown_as=place.face.id)


async def public(call: Call) -> Response:
    """A file that everybody may read, for whoever asks."""
    name = call.param("system")
    opened = await call.desk.places.open_shared(DOOR, name, resolved(call.place, "/"))
    return await fetched(call, opened, None)


async def post(call: Call, place: Place) -> Answer:
    """An upload, or something to be fetched."""
    if call.request.headers.get("content-type", "").lower().startswith("multipart/"):
        return await _upload(call, place)
    sent = await call.sent()
    url = sent.word("urlToIngest") or sent.word("url")
    if not url:
        raise Refused(400, f"Send a file as the part {FILE} of a form, or a urlToIngest.")
    return await _import(call, place, url, sent.word("fileName"), asked(sent.fields, call.settings))


async def _upload(call: Call, place: Place) -> Answer:
    await _check_directory(call, place)
    form = _Form(call)
    first = below(place.path, base_name(await form.file()))
    where = first if form.name else await _room(call, place, first)
    await call.desk.places.write(call.who, DOOR, place.face.name, where, form.rest())
    path = below(place.path, base_name(form.name)) if form.name else first
    if path != where:
        await _settle(call, place, where, path)
    await follow(call, place, path, form.callbacks)
    await note(call, place, UPLOADED, "File was uploaded", path)
    return Answer(result=_item(call, place, path, f"http://127.0.0.1/{name_of(path)}"), status=202)


class _Form:
    """A form with a file, read as it comes in; the name that the file is to have may stand before or behind it."""

    def __init__(self, call: Call) -> None:
        self.name, self._size = "", 0
        self.callbacks: list[Callback] = []
        self._settings, self._most = call.settings, call.settings.upload.max_bytes
        self._parts = parts(call.request)
        self._file: Part | None = None

    async def file(self) -> str:
        """Read on until the file begins: the name that it has so far. Raises Invalid when there is none."""
        async for part in self._parts:
            if part.name == FILE:
                self._file = part
                return self.name or part.filename or ""
            await self._take(part)
        raise Invalid.field(FILE, why="The form must have a part of this name, with the file.")

    async def rest(self) -> AsyncIterator[bytes]:
        """The bytes of the file. Ends only when the whole form has come in as it should. Raises Invalid, TooLarge."""
        async for piece in self._file or no_bytes():
            self._size += len(piece)
            if self._most and self._size > self._most:
                raise TooLarge(f"A file may have at most {self._most} bytes.")
            yield piece
        async for part in self._parts:
            await self._take(part)

    async def _take(self, part: Part) -> None:
        if part.name == FILE:
            raise Invalid.field(FILE, why="Send one file at a time.")
        if part.name.lower() in _HEEDED:
            for name, text in _words(part.name, await part.text()):
                self._note(name, text)

    def _note(self, name: str, text: str) -> None:
        if name == _NAME:
            self.name = text.strip()
        if name.lower() in FIELDS:
            self.callbacks += read_callbacks(name, text, self._settings, end=UPLOADED)


def _words(name: str, text: str) -> list[tuple[str, str]]:
    """What a part of a form says: the bash command line writes further ones into the text of the first."""
    first, *more = _MORE.split(text)
    return [(name, first), *zip(more[::2], more[1::2], strict=True)]


async def _room(call: Call, place: Place, path: str) -> str:
    """Where a file is kept until the form has ended: it may get another name, and then the file of this one stays."""
    try:
        found, _ = await call.desk.places.facts(call.who, DOOR, place.face.name, path, follow=False)
    except NotFound:
        return path
    return path if found.is_directory else below(place.path, f".{uuid4().hex}.part")


async def _settle(call: Call, place: Place, where: str, path: str) -> None:
    """Give the file its name, or take it away again."""
    try:
        with suppress(NotFound):
            found, _ = await call.desk.places.facts(call.who, DOOR, place.face.name, path, follow=False)
            if found.is_directory:
                raise Refused(400, f"{path} is a directory. Give the file another name.")
        await call.desk.places.move(call.who, DOOR, place.face.name, where, path)
    except Problem:
        await call.desk.places.remove(call.who, DOOR, place.face.name, where)
        raise


async def _check_directory(call: Call, place: Place) -> None:
    found, _ = await call.desk.places.facts(call.who, DOOR, place.face.name, place.path, follow=True)
    if not found.is_directory:
        raise Refused(400, f"{place.path} is a file. Name the folder that takes the new one.")


async def _import(call: Call, place: Place, url: str, name: str, callbacks: Sequence[Callback]) -> Answer:
    """Have something fetched in the background."""
    await _check_directory(call, place)
    source = await _source(call, url)
    path = below(place.path, base_name(name or own_name(url, otherwise="index.html")))
    element = Element(source=source, target=address(place.face.name, path))
    await call.desk.transfers.check(call.who, DOOR, [element])
    await follow(call, place, path, callbacks)
    await note(call, place, "STAGING_QUEUED", f"File import from {url} was queued", path)
    await call.desk.transfers.start(call.who, DOOR, tag=IMPORT, elements=[element])
    return Answer(result=_item(call, place, path, url), status=202)


async def _source(call: Call, url: str) -> str:
    """Where something is to be had, as this house keeps addresses."""
    scheme = scheme_of(url)
    if scheme not in SOURCES:
        what = "is not supported here" if scheme in SOURCES_ELSEWHERE else "is no address"
        raise Refused(400, f"{url} {what}. Use one of {', '.join(SOURCES)}.")
    if scheme != "agave":
        read_uri(url, field="urlToIngest")
        return kept_address(url)
    system, path = read_agave(url)
    face = await find_face(call, system)
    return address(face.name, resolved(path, face.home))


def _item(call: Call, place: Place, path: str, source: str) -> dict[str, Any]:
    return write_item(
        base=call.base,
        system=place.face.id,
        path=path,
        owner=call.me,
        at=call.desk.hosted_jobs.now,
        source=source,
        status="STAGING_QUEUED",
    )


ROUTES: tuple[Route, ...] = (
    *routes("GET", "media", download),
    *routes("POST", "media", post),
    Route(method="GET", path="files/v2/download/{user}/system/{system}/{path:path}", handler=public, open=True),
)
