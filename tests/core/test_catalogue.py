"""The catalogue's grammar: what files may say, and how what is wrong is told."""

import tomllib
from typing import Any

import pytest

from dragoman.core.catalogue import read_catalogue
from dragoman.core.errors import Invalid

APP = """
[[app]]
name = "solver"
requires = ["solve", "/usr/share/solver"]
environment = { HOME_OF_IT = "{catalog}/solver" }
[app.facets.door]
code = "s"
versionCode = "none"
[[app.versions]]
version = "2"
facets.door = { versionCode = "v2" }
[[app.versions]]
version = "1"
facets.other = { code = "o" }
"""


def read(text: str) -> Any:
    return read_catalogue({"a.toml": tomllib.loads(text)})


def test_each_version_is_an_app_whose_facets_go_over_the_shared_ones() -> None:
    """What all versions share is written once; the order of the file is kept."""
    newest, oldest = read(APP).apps
    assert ("2", "1") == (newest.version, oldest.version)
    assert {"door": {"code": "s", "versionCode": "v2"}} == newest.facets
    assert {"door": {"code": "s", "versionCode": "none"}, "other": {"code": "o"}} == oldest.facets
    assert ("solve", "/usr/share/solver") == oldest.requires


def test_a_system_has_a_name_and_queues() -> None:
    """Facets are passed on as they are."""
    (system,) = read('[[system]]\nname = "s"\nqueues = ["q"]\n[[system.facets.door.kinds]]\ncode = "x"').systems
    assert ("s", "", ("q",)) == (system.name, system.description, system.queues)
    assert {"door": {"kinds": [{"code": "x"}]}} == system.facets


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("apps = 1", "a.toml.apps: There is no such key here. There is: app, system."),
        ("app = 1", "a.toml.app: Double brackets"),
        ("[[app]]\nname = 5\n[[app.versions]]\nversion = '1'", "a.toml.app.0.name: A text"),
        ("[[app]]\nname = 'x'", "a.toml.app.0.versions: At least one"),
        ("[[app]]\nname = 'x'\n[[app.versions]]\nversion = 1", "a.toml.app.0.versions.0.version: A text"),
        ("[[app]]\nname = 'x'\n[[app.versions]]\nversion = '1'\ncode = 1", "versions.0.code: There is no such key"),
        ("[[app]]\nname = 'x'\nrequires = 'y'\n[[app.versions]]\nversion = '1'", "requires: A list of texts"),
        ("[[app]]\nname = 'x'\nenvironment = { A = 1 }\n[[app.versions]]\nversion = '1'", "A table of texts"),
        ("[[app]]\nname = 'x'\nlinks = { '../a' = '/b' }\n[[app.versions]]\nversion = '1'", "A link goes from"),
        ("[[app]]\nname = 'x'\nlinks = { a = 'b' }\n[[app.versions]]\nversion = '1'", "A link goes from"),
        ("[[app]]\nname = 'x'\nfacets = { d = 1 }\n[[app.versions]]\nversion = '1'", "A table for each door"),
        ("[[app]]\nname = 'x'\nfacets.d.t = 2020-01-01\n[[app.versions]]\nversion = '1'", "Only texts, numbers"),
        ("[[system]]\nname = 's'", "a.toml.system.0.queues: At least one queue"),
        (APP + APP, "app.solver.2: It is in the catalogue more than once."),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    """The message names the file, the entry and the key, and says what is needed."""
    with pytest.raises(Invalid) as caught:
        read(text)
    assert told in str(caught.value)


def test_everything_wrong_is_told_at_once() -> None:
    """One look at the message is enough to mend the file."""
    with pytest.raises(Invalid) as caught:
        read("other = 1\n[[app]]\nnames = 'x'\n")
    assert 3 == len(caught.value.fields)
