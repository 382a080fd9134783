"""Paths below a root never lead out of it, and have one form each; addresses are read once."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.core.errors import Invalid
from dragoman.core.paths import (
    address,
    ancestors,
    below,
    is_below,
    located,
    name_of,
    normalise,
    on_host,
    packed,
    parent_of,
    read_address,
    read_packed,
    read_uri,
    shown,
    told,
)

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/"), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."}
)
PATHS = st.lists(NAMES, max_size=6).map(lambda names: "/" + "/".join(names))
SLASHES = st.lists(st.sampled_from(["/", "//", "/./", "///"]), min_size=8, max_size=8)


@given(PATHS, SLASHES)
def test_slashes_and_dots_do_not_count(path: str, between: list[str]) -> None:
    """However often they are written, the path is the same."""
    parts = path.split("/")
    written = "".join(slash + part for slash, part in zip(between, parts, strict=False)) + between[-1]
    assert path == normalise(written)
    assert path == normalise(path.lstrip("/"))


@given(st.text())
@example("../x")
@example("a/..")
@example("a\nb")
@example("a\x00b")
@example("\ud800")
def test_a_path_is_below_the_root_or_refused(text: str) -> None:
    """Whatever is written: what is accepted leads nowhere else, and is one line of text."""
    try:
        path = normalise(text)
    except Invalid:
        return
    assert path.startswith("/")
    assert not {"..", "."} & set(path.split("/"))
    assert "" not in path.split("/")[1:] or path == "/"
    assert path.isprintable() or not any(char < " " or "\x7f" <= char <= "\x9f" for char in path)
    assert on_host("/home/ann", path).startswith("/home/ann")
    assert path == normalise(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("..", "'..'"),
        ("a/../b", "'..'"),
        ("/a/b/..", "'..'"),
        ("a\tb", "control"),
        ("a\x85b", "control"),
        ("x" * 256, "bytes"),
        ("é" * 128, "bytes"),
        ("/".join(["x" * 200] * 21), "bytes"),
    ],
)
def test_what_is_wrong_is_told(text: str, why: str) -> None:
    """By the name of the field that it stands in."""
    with pytest.raises(Invalid, match=f"newPath: .*{why}"):
        normalise(text, field="newPath")


def test_names_that_look_like_dots_are_names() -> None:
    """Only two dots by themselves lead up."""
    assert "/...a/..b/c..d/..." == normalise("...a/..b/c..d/...")


def test_the_parts_of_a_path() -> None:
    """Above the root there is only the root."""
    assert ("/a/b/c", "/a/b", "/a", "/") == ancestors("/a/b/c")
    assert ("/",) == ancestors("/")
    assert ("c", "", "/a/b", "/", "/") == (
        name_of("/a/b/c"), name_of("/"), parent_of("/a/b/c"), parent_of("/a"), parent_of("/")
    )  # fmt: skip
    assert ("/a/b", "/b", "/a", "/") == (below("/a", "b"), below("/", "b"), below("/a", ""), below("/", ""))


@given(PATHS, PATHS)
def test_a_path_is_below_its_ancestors_and_nothing_else(path: str, other: str) -> None:
    """A name that begins like another is not below it."""
    assert (other in ancestors(path)) == is_below(path, other)
    if path != "/":
        assert not is_below(f"{path}x", path)


@pytest.mark.parametrize(
    ("root", "path", "there"),
    [
        ("/", "/", "/"),
        ("/", "/a", "/a"),
        ("", "/a", "/a"),
        ("/home/ann/", "/a/b", "/home/ann/a/b"),
        ("/home/ann", "/", "/home/ann"),
        ("bucket/prefix", "/k", "/bucket/prefix/k"),
    ],
)
def test_paths_lie_below_the_root_of_their_system(root: str, path: str, there: str) -> None:
    """With one slash between all parts."""
    assert there == on_host(root, path)


def test_addresses_are_read() -> None:
    """Of a system the path is normalised; on the web everything stays as it was written."""
    uri = read_uri("TAPIS://vm//a/./b c/")
    assert ("tapis", "vm", "/a/b c", False) == (uri.scheme, uri.host, uri.path, uri.is_web)
    assert "/" == read_uri("tapis://vm").path
    web = read_uri("https://example.com:8443/a/../b?x=//y#z")
    assert ("https", "example.com:8443", "/a/../b?x=//y#z", True) == (web.scheme, web.host, web.path, web.is_web)


@pytest.mark.parametrize("text", ["", "vm/a", "tapis:/vm/a", "tapis:///a", "://vm/a", "tapis://v m/a", "tapis://vm/\n"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """With the field that it stands in."""
    with pytest.raises(Invalid, match=r"^sourceURI: "):
        read_uri(text, field="sourceURI")


def test_an_address_cannot_lead_up() -> None:
    """On a system."""
    with pytest.raises(Invalid, match=r"'\.\.'"):
        read_uri("tapis://vm/a/../../etc")


@given(st.from_regex(r"[a-z][a-z0-9._~-]{0,20}", fullmatch=True), st.lists(st.binary(min_size=1, max_size=12)))
def test_a_kept_address_keeps_every_name(system: str, names: list[bytes]) -> None:
    """Names on hosts are bytes, not all of which are text; what is kept is text."""
    path = "/" + "/".join(name.replace(b"/", b"_").decode(errors="surrogateescape") for name in names)
    kept = address(system, path)
    assert (system, path) == read_address(kept)
    assert kept.isascii()
    shown(path).encode()


def test_an_address_on_the_web_is_no_place() -> None:
    """It is kept as it was written."""
    assert read_address("https://example.com/a") is None


@given(st.binary(max_size=40))
@example(b"a\nb/\xff")
@example("\u00e4".encode())
def test_what_is_on_a_host_is_named_by_its_bytes(name: bytes) -> None:
    """The same bytes are the same path, and lead nowhere else."""
    text = name.decode(errors="surrogateescape")
    each = "".join(chr(0xDC00 + byte) if byte > 0x7F else chr(byte) for byte in name)
    try:
        path = located(text)
    except Invalid:
        with pytest.raises(Invalid):
            located(each)
        return
    assert path == located(each) == located(path)
    assert not {"..", "."} & set(path.split("/"))
    assert [one for one in name.split(b"/") if one not in {b"", b"."}] == [
        one.encode(errors="surrogateescape") for one in path.split("/") if one
    ]


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a/../b"])
def test_what_no_host_has(text: str) -> None:
    with pytest.raises(Invalid):
        located(text)


@given(PATHS, st.lists(NAMES, min_size=1, max_size=4).map("/".join))
def test_a_member_of_an_archive_is_kept_with_it(path: str, member: str) -> None:
    """Whatever the archive and its members are called; what is no archive's is told apart."""
    kept = address("sys", path)
    assert ("sys", path) == read_address(packed(kept, "0a1b", member))
    assert ("0a1b", member) == read_packed(packed(kept, "0a1b", member))
    assert ("0a1b", "") == read_packed(packed(kept, "0a1b"))
    assert packed(kept, "0a1b", member) == packed(packed(kept, "0a1b"), "0a1b", member)
    assert None is read_packed(kept) is read_packed("http://host/a#b")


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        ("//vm/a b", "vm/a b"),
        ("https://example.com", "https://example.com"),
        ("http://example.com:8080/x/y.tgz", "http://example.com:8080/x/y.tgz"),
        ("https://example.com/x@y?sig=secret", "https://example.com/x@y"),
        ("https://example.com?sig=/secret", "https://example.com"),
        ("https://example.com/x#secret@", "https://example.com/x"),
        ("https://me:secret@example.com/x", "https://example.com/x"),
    ],
)
def test_what_may_be_secret_of_an_address_is_not_told(kept: str, text: str) -> None:
    """Who logs in at an address of the web, and what signs it."""
    assert text == told(kept)
