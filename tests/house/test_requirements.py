"""requirements.txt and requirements-dev.txt say what uv.lock says; scripts/requirements writes them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCK = {item["name"]: item for item in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}


def exported(name: str) -> dict[str, tuple[str, set[str]]]:
    """Package to its version and hashes."""
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    pinned = (re.match(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ;]+)", line) for line in lines)
    return {
        found[1]: (found[2], set(re.findall(r"--hash=(\S+)", line)))
        for line, found in zip(lines, pinned, strict=True)
        if found
    }


def needed(wanted: list[Any]) -> set[str]:
    """Everything that these dependencies pull in."""
    found: set[tuple[str, str]] = set()
    while wanted:
        item = wanted.pop()
        for extra in ("", *item.get("extra", ())):
            if (item["name"], extra) not in found:
                found.add((item["name"], extra))
                package = LOCK[item["name"]]
                more = package.get("optional-dependencies", {}).get(extra) if extra else package.get("dependencies")
                wanted += more or []
    return {name for name, _ in found if name != "dragoman"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_versions_and_hashes_are_those_of_the_lock(name: str) -> None:
    """Both roads install the same files."""
    for package, (version, hashes) in exported(name).items():
        locked = LOCK[package]
        files = [*locked.get("wheels", []), *([locked["sdist"]] if "sdist" in locked else [])]
        assert (locked["version"], {file["hash"] for file in files}) == (version, hashes)


def test_nothing_is_missing_and_nothing_is_left_over() -> None:
    """To run: what the program and its PostgreSQL extra need. To develop: that and the dev group."""
    run = {"name": "dragoman", "extra": ["postgres"]}
    develop = LOCK["dragoman"]["dev-dependencies"]["dev"]
    assert needed([run]) == set(exported("requirements.txt"))
    assert needed([run, *develop]) == set(exported("requirements-dev.txt"))
