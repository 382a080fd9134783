"""Paths below the root of a system, and the addresses of places: read once, refused when they would escape. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from dragoman.core.errors import Invalid

ROOT = "/"
WEB = ("http", "https")
"""Schemes of what is fetched from the web; with any other, the host of a URI is a system."""

_LONGEST_NAME = 255
_LONGEST_PATH = 4096
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\s]+)(/.*)?", re.DOTALL)
_PLAIN = "/!$&'()*+,;=:@~ "


def normalise(text: str, *, field: str = "path") -> str:
    """The path with one leading slash and no other at an end, without empty parts and dots.

    Raises Invalid for a part ``..``, for control characters, for what is no text, and for what no host takes.
    """
    if _CONTROL.search(text):
        raise Invalid.field(field, why="A path must not contain control characters.")
    return located(text, field=field)


def located(text: str, *, field: str = "path") -> str:
    """As ``normalise``, but of what may be on a host already: names there are bytes of any kind but the null one."""
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if why := _fault(text, parts):
        raise Invalid.field(field, why=why)
    whole = "/" + "/".join(parts)
    # The same bytes are the same path, however they were written.
    return whole if whole.isascii() else whole.encode(errors="surrogateescape").decode(errors="surrogateescape")


def check_name(path: str, *, field: str = "path") -> None:
    """Raises Invalid where the last part of a path has control characters or is no text: none is made so."""
    if _CONTROL.search(name_of(path)):
        raise Invalid.field(field, why="A path must not contain control characters.")


def _fault(text: str, parts: list[str]) -> str:
    if ".." in parts:
        return "A path must not contain '..'."
    try:
        sizes = [len(one.encode(errors="surrogateescape")) for one in (text, *parts)]
    except UnicodeEncodeError:
        return "A path must not contain what is no text."
    if "\0" in text:
        return "A path must not contain null characters."
    if sizes[0] > _LONGEST_PATH or any(size > _LONGEST_NAME for size in sizes[1:]):
        return f"A path may have {_LONGEST_PATH} bytes, and each part of it {_LONGEST_NAME}."
    return ""


def ancestors(path: str) -> tuple[str, ...]:
    """A normalised path and everything above it, up to the root."""
    parts = path.split("/")[1:] if path != ROOT else []
    return (*("/" + "/".join(parts[:count]) for count in range(len(parts), 0, -1)), ROOT)


def name_of(path: str) -> str:
    """The last part; empty for the root."""
    return path.rpartition("/")[2]


def parent_of(path: str) -> str:
    """The path above; the root is above itself."""
    return path.rpartition("/")[0] or ROOT


def below(path: str, name: str) -> str:
    """A name, or a relative path, in a directory."""
    return f"{path.rstrip('/')}/{name}" if name else path


def is_below(path: str, above: str) -> bool:
    """Whether a path is ``above`` itself or lies somewhere in it."""
    return path == above or path.startswith(f"{above.rstrip('/')}/")


def on_host(root: str, path: str) -> str:
    """Where a path of a system lies on its host."""
    return "/" + "/".join(part for part in f"{root}/{path}".split("/") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uri:
    """An address as people write it: a path on a system (or bucket), or something on the web."""

    scheme: str
    host: str
    """The system; for the web, the host and port."""
    path: str
    """Normalised for a system; for the web, as it was written, with its query."""

    @property
    def is_web(self) -> bool:
        """Whether it is to be fetched from the web."""
        return self.scheme in WEB


def read_uri(text: str, *, field: str = "uri") -> Uri:
    """What an address means. Raises Invalid."""
    match = _URI.fullmatch(text)
    if match is None or _CONTROL.search(text):
        told = text[:200].encode(errors="replace").decode()
        raise Invalid.field(field, why=f"'{told}' is no address such as scheme://system/path.")
    scheme, host, path = match[1].lower(), match[2], match[3] or ROOT
    return Uri(scheme=scheme, host=host, path=path if scheme in WEB else normalise(path, field=field))


def address(system: str, path: str) -> str:
    """A path on a system in the one form it is kept in, whatever bytes its names are made of: ``//system/path``."""
    return f"//{system}{quote(path.encode(errors='surrogateescape'), safe=_PLAIN)}"


def kept(uri: str) -> str:
    """An address as people write it in the form it is kept in; one of the web, or kept so, stays. Raises Invalid."""
    if uri.startswith("//"):
        return uri
    read = read_uri(uri)
    return uri if read.is_web else address(read.host, read.path)


def read_address(text: str) -> tuple[str, str] | None:
    """System and path of a kept address; None for one of the web. Of what is packed, those of its archive."""
    if not text.startswith("//"):
        return None
    system, _, path = text[2:].partition("#")[0].partition("/")
    return system, unquote(f"/{path}", errors="surrogateescape")


def packed(kept: str, md5: str, member: str = "") -> str:
    """A member of a zip archive, or all that it holds, as it is kept; ``md5`` is what the archive's bytes must have."""
    return f"{kept.partition('#')[0]}#{md5}{quote(below('', member), safe=_PLAIN)}"


def read_packed(text: str) -> tuple[str, str] | None:
    """The md5 of an archive, and the member of it that a kept address means (empty: all); None: it is no archive."""
    _, mark, inside = text.partition("#")
    if not mark or not text.startswith("//"):
        return None
    md5, _, member = inside.partition("/")
    return md5, unquote(member)


def shown(name: str) -> str:
    """A host's name for people: whatever is no text in it is replaced."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
