"""Copies that events start: what they are made of, and what is never started."""

import pytest

from dragoman.core.job import Job
from dragoman.dialects.sage.document import from_notes
from dragoman.dialects.sage.plan import Conditions, planning
from dragoman.dialects.sage.read_job import draft_of, read_document
from dragoman.dialects.sage.starting import copied, endless, secret_faults
from tests.drafts import stored_draft

TEXT = """
name: rain
plugins:
- {name: plain, pluginSpec: {image: x/plain}}
- {name: own, pluginSpec: {image: x/own, args: [-v], env: {RAIN: none, KEPT: "1"}}}
nodes:
  W023:
  W030: {own: {env: {THERE: "2", RAIN: never}}, plain: {args: [-q]}}
scienceRules: ["schedule(plain): True", "submit(7): True"]
successCriteria: [WallClock(1h)]
"""


def stored(text: str = TEXT, **more: object) -> Job:
    draft = draft_of(read_document(text.encode()), text, is_edited=True)
    return stored_draft(door="sage", alias="9", name=draft.name, notes={**draft.notes, **more}, letter=text)


def test_the_event_is_in_the_environment_of_each_plugin() -> None:
    """Also where a node gives a plugin others; all else stays as it is, and the stored job too."""
    job = stored(goal=5)
    draft = copied(job, variables={"RAIN": "3.5"})
    made, was = from_notes(draft.notes), from_notes(job.notes)
    assert [{"RAIN": "3.5"}, {"RAIN": "3.5", "KEPT": "1"}] == [plugin.spec["env"] for plugin in made.plugins]
    assert {"W023": None, "W030": {"own": {"env": {"THERE": "2", "RAIN": "3.5"}}, "plain": {"args": ["-q"]}}} == (
        made.nodes
    )
    assert ("rain", TEXT, ["7"], ["W023", "W030"]) == (draft.name, draft.letter, draft.starts, draft.vsns)
    assert (was.rules, was.criteria) == (made.rules, made.criteria)
    assert {"RAIN": "none", "KEPT": "1"} == was.plugins[1].spec["env"]
    assert {"document", "edited"} == set(draft.notes)
    assert ["7"] == planning(Conditions()).reread(job).starts


@pytest.mark.parametrize("criteria", ["[WallClock(1h)]", "['nonsense', 'Walltime(2 days)']"])
def test_what_ends_may_be_started(criteria: str) -> None:
    document = read_document(TEXT.replace("[WallClock(1h)]", criteria).encode())
    assert "" == endless(document, Conditions())


@pytest.mark.parametrize("criteria", ["[]", "['nonsense']", "['WallClock(soon)']"])
def test_what_would_be_served_for_ever_is_not(criteria: str) -> None:
    """And it is told what to add."""
    document = read_document(TEXT.replace("[WallClock(1h)]", criteria).encode())
    assert "successCriteria: [WallClock(1h)]" in endless(document, Conditions())


def test_criteria_that_are_ignored_end_nothing() -> None:
    assert "field.criteria" in endless(read_document(TEXT.encode()), Conditions(has_ends=False))


def test_an_event_reveals_no_secret() -> None:
    """A node puts its own in the place of such a value, which another node may have told."""
    (told,) = secret_faults({"A": "{secret.s3.key}", "B": "a {secret.s3.key}", "C": "3.5"})
    assert told.startswith("A names a secret")
