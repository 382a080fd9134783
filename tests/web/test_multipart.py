"""Rules of form bodies: what clients send, what is refused, and that chunks do not matter."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from dragoman.core.errors import Invalid
from dragoman.web.multipart import Part, base_name, parts

pytestmark = pytest.mark.anyio

TYPE = "multipart/form-data; boundary=b"
FIELD = b'--b\r\nContent-Disposition: form-data; name="typeId"\r\n\r\n2\r\n'
END = b"\r\n--b--\r\n"
HEAD = '--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.inp"\r\nContent-Type: text/plain\r\n\r\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    name: str
    filename: str | None = None
    content_type: str = ""
    content: bytes = b""


def asked(chunks: Iterable[bytes], content_type: str = TYPE, *, is_cut: bool = False) -> Request:
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.disconnect"} if is_cut else {"type": "http.request"})
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    return Request({"type": "http", "headers": [(b"content-type", content_type.encode())]}, receive)


async def taken(part: Part) -> Sent:
    content = b"".join([chunk async for chunk in part])
    return Sent(name=part.name, filename=part.filename, content_type=part.content_type, content=content)


async def sent(request: Request) -> list[Sent]:
    return [await taken(part) async for part in parts(request)]


def by_requests(files: object) -> Request:
    prepared = requests.Request("POST", "http://host/", files=files).prepare()  # type: ignore[arg-type]
    assert isinstance(prepared.body, bytes)
    return asked([prepared.body], str(prepared.headers["Content-Type"]))


def cut(body: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(edge % (len(body) + 1) for edge in cuts), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


async def test_parts_come_in_order() -> None:
    """Every part comes with its name, file name, content type and bytes, in the order of the body."""
    content = b"line\r\n--c\r\n\r\n-"
    file = Sent(name="file", filename="a.inp", content_type="text/plain", content=content)
    got = await sent(asked([FIELD + FILE + content + END]))
    assert [Sent(name="typeId", content=b"2"), file] == got


@given(
    content=st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"b", b"\r\n-", b"\0\xff"])).map(b"".join),
    cuts=st.lists(st.integers(min_value=0, max_value=1 << 16)),
)
def test_chunks_do_not_matter(content: bytes, cuts: Sequence[int]) -> None:
    """However a body is cut into chunks, its parts are the same."""
    content = content.replace(b"--b", b"--c")
    body = FILE + content + b"\r\n" + FIELD + FILE + content + END
    file = Sent(name="file", filename="a.inp", content_type="text/plain", content=content)
    got = asyncio.run(sent(asked(cut(body, cuts))))
    assert [file, Sent(name="typeId", content=b"2"), file] == got


async def test_content_type_may_be_a_dict() -> None:
    """A client that hands the requests library a dict where a media type belongs is understood."""
    got = await sent(by_requests({"file": ("a.zip", b"PK", {"type_id": 2})}))
    assert [Sent(name="file", filename="a.zip", content_type="{'type_id': 2}", content=b"PK")] == got


async def test_field_may_be_sent_as_a_file() -> None:
    """A plain value among a client's files comes as a part with a file name and no content type."""
    got = await sent(by_requests([("file", ("a", b"")), ("typeId", "2")]))
    assert [Sent(name="file", filename="a"), Sent(name="typeId", filename="typeId", content=b"2")] == got


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ('filename="größe.dat"'.encode(), "größe.dat"),
        (b'filename="gr\xf6sse.dat"', "gr\N{REPLACEMENT CHARACTER}sse.dat"),
        (b"filename*=utf-8''gr%C3%B6sse.dat", "grösse.dat"),
        (b'filename="C:\\runs\\a.inp"', "a.inp"),
        (b'filename="/runs/a.inp"', "/runs/a.inp"),
        (b"filename=plain", "plain"),
        (b'filename=""', ""),
    ],
    ids=["utf-8", "latin-1", "rfc 2231", "windows", "absolute", "bare", "empty"],
)
async def test_file_name_in_every_spelling(parameter: bytes, expected: str) -> None:
    """File names come as text, in whatever spelling and encoding a client sends them."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; ' + parameter + b"\r\n\r\nx" + END
    assert [expected] == [part.filename for part in await sent(asked([body]))]


async def test_unread_parts_are_skipped() -> None:
    """A part that the caller does not read, or only begins to read, does not hide the next one."""
    body = (FILE + b"x" * 1000 + b"\r\n") * 2 + FIELD.rstrip() + END
    names = []
    async for part in parts(asked(cut(body, [900, 1500]))):
        names.append(part.name)
        async for _ in part:
            break
    assert ["file", "file", "typeId"] == names


async def test_text_reads_a_small_value() -> None:
    """A field's value is text of limited length."""
    values = [await part.text() async for part in parts(asked([(HEAD + "größer").encode() + END]))]
    assert ["größer"] == values


@pytest.mark.parametrize("content", [b"x" * 65537, b"\xff"], ids=["too long", "no text"])
async def test_text_refuses_other_values(content: bytes) -> None:
    """A value that is too long or no UTF-8 is refused by the field's name."""
    async for part in parts(asked([HEAD.encode() + content + END])):
        with pytest.raises(Invalid) as refused:
            await part.text()
        assert [("note",)] == list(refused.value.fields)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
    ],
)
async def test_form_needs_a_boundary(content_type: str) -> None:
    """A body that is no form, or does not say where its parts end, is refused."""
    with pytest.raises(Invalid):
        await sent(asked([FIELD + END], content_type))


@pytest.mark.parametrize(
    "content_type", ['Multipart/Form-Data; Boundary="b"', "multipart/form-data; charset=utf-8; boundary=b; x=y"]
)
async def test_boundary_in_every_spelling(content_type: str) -> None:
    """The boundary is found quoted, in any case, and among other parameters."""
    assert ["typeId"] == [part.name for part in await sent(asked([FIELD.rstrip() + END], content_type))]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        FIELD,
        FILE + b"cut",
        FILE + b"x\r\n--b",
        FILE + b"x\r\n--b-",
        b"--b\r\nnonsense\r\n\r\n" + END,
        b"--b\r\nContent-Type: text/plain\r\n\r\n" + END,
        b"--b\r\nContent-Disposition: form-data; name=" + b"x" * 100000 + b"\r\n\r\n" + END,
        FIELD * 1001 + END[2:],
    ],
)
async def test_malformed_body_is_invalid(body: bytes) -> None:
    """A body that is malformed, or ends before its closing boundary, is refused."""
    with pytest.raises(Invalid):
        await sent(asked([body]))


@pytest.mark.parametrize("body", [FIELD, FILE + b"cut", FIELD + FILE + b"x\r\n--b"])
async def test_lost_connection_is_invalid(body: bytes) -> None:
    """When the client goes away in the middle, whoever reads is told."""
    with pytest.raises(Invalid, match="connection was closed"):
        await sent(asked([body], is_cut=True))


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("a.inp", "a.inp"),
        ("dir/a.inp", "a.inp"),
        ("C:\\dir\\a.inp", "a.inp"),
        ("/mixed\\a b.inp", "a b.inp"),
        ("dir/", "unnamed"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("x/.\0.", "unnamed"),
        ("a\r\nb\x7f\udcff", "ab"),
        ("ü" * 200, "ü" * 127),
    ],
)
def test_base_name_is_harmless(filename: str, expected: str) -> None:
    """A name has no directories and no control characters, is never empty or a dot, and fits in a directory."""
    assert expected == base_name(filename)
