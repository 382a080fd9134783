"""Nodes, goals and jobs of the field: numbered, served, withdrawn, counted; on both databases."""

import pytest
from sqlalchemy import Connection

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.field import AppKey, FieldDraft, Goal, GoalDraft, Heard, News, Node
from dragoman.core.job import Job
from dragoman.core.states import JobState, RunState
from dragoman.core.things import Page, Verb
from dragoman.store import accounts, events, field_jobs, goals, grants, heard, jobs, nodes, queue, repository
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account


def draft(door: str = "field") -> FieldDraft:
    return FieldDraft(door=door, name="n", letter="name: n", notes={"document": {}})


def add_node(conn: Connection, vsn: str) -> Node:
    return nodes.add_node(conn, vsn=vsn, name="0" * 16, manifest={"tags": ["rain"]}, key_digest=f"key {vsn}", at=T0)


def serve(conn: Connection, job: Job, *found: Node, alias: str, lifetime: int | None = None) -> int:
    """Serve a job on these nodes."""
    made = GoalDraft(name="n", parts={node.vsn: {"for": node.vsn} for node in found}, lifetime=lifetime)
    ids = {node.vsn: node.id for node in found}
    key = goals.add_goal(conn, made, alias=alias, job_id=job.id, nodes=ids, at=T0)
    field_jobs.open_job(conn, jobs.get_job(conn, job.id), key, at=T0)
    return key


def served(conn: Connection, vsn: str) -> tuple[int, list[str]]:
    version, found = goals.goals_for(conn, [vsn.lower()]).get(vsn.lower(), (0, []))
    return version, [goal.alias for goal in found]


def test_jobs_are_numbered_by_door(db: AnyDb) -> None:
    """From one on, and never again with the number of another."""

    def work(conn: Connection) -> list[str]:
        owner = add_account(conn)
        made = [field_jobs.add_field_job(conn, draft(), owner_id=owner.id, at=T0) for _ in range(11)]
        other = field_jobs.add_field_job(conn, draft("other"), owner_id=owner.id, at=T0)
        field_jobs.end_job(conn, made[-1], JobState.REMOVED, at=T0)
        after = field_jobs.add_field_job(conn, draft(), owner_id=owner.id, at=T0)
        return [made[0].alias, made[-1].alias, other.alias, after.alias]

    assert ["1", "11", "1", "12"] == db.write_now(work)


def test_a_goal_is_served_until_the_next_one(db: AnyDb) -> None:
    """Versions of nodes rise with each change that concerns them, and with no other."""

    def work(conn: Connection) -> None:
        owner, one, two = add_account(conn), add_node(conn, "W023"), add_node(conn, "W030")
        job = field_jobs.add_field_job(conn, draft(), owner_id=owner.id, at=T0)
        serve(conn, job, one, two, alias="first")
        assert (2, ["first"]) == served(conn, "w023") == served(conn, "W030")
        serve(conn, job, one, alias="second")
        assert (4, ["second"]) == served(conn, "W023")
        assert (3, []) == served(conn, "W030")
        field_jobs.end_job(conn, jobs.get_job(conn, job.id), JobState.SUSPENDED, at=T0 + SECOND)
        assert (5, []) == served(conn, "W023")
        assert (3, []) == served(conn, "W030")
        assert (0, []) == served(conn, "W777")
        (view,) = field_jobs.view_field_jobs(conn, [jobs.get_job(conn, job.id)])
        goal = view.goal
        assert isinstance(goal, Goal)
        assert ("second", {"W023": {"for": "W023"}}, T0 + SECOND) == (goal.alias, goal.parts, goal.withdrawn_at)
        assert {"w023": 5, "w030": 3} == nodes.versions(conn)

    db.write_now(work)


def test_a_goal_lives_from_its_first_news_on(db: AnyDb) -> None:
    """Later news of the same renew when it was heard last, and nothing else."""

    def work(conn: Connection) -> None:
        owner, one, two = add_account(conn), add_node(conn, "W023"), add_node(conn, "W030")
        job = field_jobs.add_field_job(conn, draft(), owner_id=owner.id, at=T0)
        serve(conn, job, one, alias="g", lifetime=60 * SECOND)
        assert None is goals.find_served(conn, alias="g", node_id=two.id)
        for at in (T0 + SECOND, T0 + 9 * SECOND):
            found = goals.find_served(conn, alias="g", node_id=one.id)
            assert found is not None
            goal = found
            goals.note_received(conn, goal, at=at)
            field_jobs.start_job(conn, job.id, at=at)
        now = jobs.get_job(conn, job.id)
        assert (JobState.OPEN, RunState.RUNNING, T0 + 9 * SECOND) == (now.state, now.progress, now.updated_at)
        for kind in (News.COMPLETED, News.FAILED, News.FAILED):
            goals.note_run(conn, goal, Heard(goal="g", kind=kind, at=T0, error="e" * 5000))
        told = goals.get_goals(conn, [goal.id])[goal.id]
        assert (T0 + SECOND, T0 + 9 * SECOND) == (told.started_at, told.heard_at)
        assert (1, 2, 1024) == (told.tally.completed, told.tally.failed, len(told.tally.error))
        assert [] == queue.claim(conn, owner="o", at=T0 + 60 * SECOND, lease=1, most=9).claims
        (claim,) = queue.claim(conn, owner="o", at=T0 + 61 * SECOND, lease=1, most=9).claims
        assert (goals.EXPIRY, goal.id) == (claim.kind, claim.ref)

    db.write_now(work)


def test_a_page_of_jobs(db: AnyDb) -> None:
    """Newest first, removed ones too; of a door or of an owner, and nothing behind the end."""

    def work(conn: Connection) -> None:
        ada, bob = add_account(conn), add_account(conn, "bob")
        made = [field_jobs.add_field_job(conn, draft(), owner_id=one.id, at=T0) for one in (ada, bob, ada, bob, ada)]
        field_jobs.add_field_job(conn, draft("other"), owner_id=ada.id, at=T0)
        field_jobs.end_job(conn, made[4], JobState.REMOVED, at=T0)

        def listed(owner_id: int | None = None, **page: int) -> list[str]:
            wanted = Page(**page) if page else None
            found = field_jobs.list_field_jobs(conn, door="field", owner_id=owner_id, page=wanted)
            return [one.job.alias for one in found]

        assert ["5", "4", "3", "2", "1"] == listed()
        assert (["5", "4"], ["3", "2"], ["1"], []) == tuple(listed(limit=2, offset=begin) for begin in (0, 2, 4, 6))
        assert (["5", "3"], ["1"]) == (listed(ada.id, limit=2), listed(ada.id, limit=10**18, offset=2))

    db.write_now(work)


def test_an_edit_makes_another_job_of_it(db: AnyDb) -> None:
    """A draft with another letter, without a goal; from wherever it stood."""

    def work(conn: Connection) -> None:
        owner, one = add_account(conn), add_node(conn, "W023")
        job = field_jobs.add_field_job(conn, draft(), owner_id=owner.id, at=T0)
        serve(conn, job, one, alias="g")
        field_jobs.end_job(conn, jobs.get_job(conn, job.id), JobState.REMOVED, at=T0)
        field_jobs.replace_job(conn, jobs.get_job(conn, job.id), draft(), at=T0 + 1)
        (view,) = field_jobs.list_field_jobs(conn, door="field", owner_id=owner.id)
        assert (JobState.DRAFT, None, None, None) == (
            view.job.state,
            view.job.submitted_at,
            view.job.ended_at,
            view.goal,
        )
        told = [event.now for event in events.list_events(conn, job.id)]
        assert ["OPEN", "REMOVED", "DRAFT"] == told

    db.write_now(work)


def test_a_node_is_there_once_and_goes_when_it_has_nothing_to_do(db: AnyDb) -> None:
    """In whatever letters its VSN is written."""

    def work(conn: Connection) -> None:
        owner, one = add_account(conn), add_node(conn, "W023")
        accounts.add_grant(conn, kind=nodes.KIND, ref=one.id, account_id=owner.id, verb=Verb.SCHEDULE, at=T0)
        assert {"W023": ["schedule"]} == nodes.access_of(conn, owner.id)
        found = nodes.find_by_key(conn, "key W023")
        assert found is not None
        assert "W023" == found.vsn
        job = field_jobs.add_field_job(conn, draft(), owner_id=owner.id, at=T0)
        serve(conn, job, one, alias="g")
        with pytest.raises(Conflict, match="Jobs are submitted to W023"):
            nodes.remove_node(conn, one)
        goals.withdraw_goals(conn, job.id, at=T0)
        nodes.remove_node(conn, one)
        assert {} == nodes.access_of(conn, owner.id)
        with pytest.raises(NotFound):
            nodes.get_node(conn, "W023")

    db.write_now(work)
    db.write_now(add_node, "W023")
    with pytest.raises(Conflict, match="There is a node w023 already"):
        db.write_now(add_node, "w023")


def test_apps_of_the_repository_are_found_by_their_place(db: AnyDb) -> None:
    """All versions of one share their grants, which outlive the first of them."""

    def work(conn: Connection) -> None:
        owner = add_account(conn)
        one, two = AppKey("ns", "app", "1"), AppKey("ns", "app", "2")
        for key in (one, two):
            repository.put_app(conn, key, owner_id=owner.id, uuid="u", facets={"field": {}}, at=T0)
        ref = repository.refs(conn, [("ns", "app")])["ns", "app"]
        grants.give(conn, kind="app", ref=ref, account_id=None, verb=Verb.SHARE, at=T0)
        repository.delete_app(conn, repository.find_apps(conn, [one])[one].id, at=T0)
        assert {two} == set(repository.find_apps(conn, [one, two, AppKey("ns", "none", "1")]))
        assert {one, two} == set(repository.find_apps(conn, [one, two], deleted=True))
        assert ref == repository.refs(conn, [("ns", "app")])["ns", "app"]
        assert ["2"] == [app.version for app in repository.list_apps(conn, namespace="ns", name="app")]
        repository.put_app(conn, one, owner_id=owner.id, uuid="v", facets={"field": {"x": 1}}, at=T0 + 1)
        assert {"field": {"x": 1}} == repository.find_apps(conn, [one])[one].facets
        assert owner.id == repository.first_owner(conn, "ns")
        assert None is repository.first_owner(conn, "other")

    db.write_now(work)


def test_goals_that_were_withdrawn_long_ago_are_forgotten(db: AnyDb) -> None:
    """But the last one of each job, which its record shows, and those that are served."""

    def work(conn: Connection) -> None:
        owner, node = add_account(conn), add_node(conn, "W023")
        job, other = (field_jobs.add_field_job(conn, draft(), owner_id=owner.id, at=T0) for _ in range(2))
        for alias in ("first", "second", "third"):
            serve(conn, job, node, alias=alias)
        serve(conn, other, node, alias="other")
        field_jobs.end_job(conn, jobs.get_job(conn, job.id), JobState.SUSPENDED, at=T0 + 5 * SECOND)
        assert 0 == goals.forget_goals(conn, before=T0, most=10)
        assert [1, 1, 0] == [goals.forget_goals(conn, before=T0 + 60 * SECOND, most=1) for _ in range(3)]
        assert [None, None, job.id] == [
            goals.job_of(conn, alias=alias, node_id=node.id) for alias in ("first", "second", "third")
        ]
        assert ["other"] == served(conn, "W023")[1]
        (shown,) = field_jobs.view_field_jobs(conn, [jobs.get_job(conn, job.id)])
        assert shown.goal is not None
        assert "third" == shown.goal.alias

    db.write_now(work)


def test_what_was_heard_of_an_outbox_can_be_forgotten(db: AnyDb) -> None:
    """Of one node alone."""

    def work(conn: Connection) -> None:
        one, two = add_node(conn, "W023"), add_node(conn, "W030")
        for node in (one, two):
            for outbox in ("a", "b"):
                heard.raise_heard(conn, node_id=node.id, outbox=outbox, stream="events", highest=7)
        heard.forget_heard(conn, [("W023", "a"), ("W099", "b")])
        assert [0, 7, 7, 7] == [
            heard.raise_heard(conn, node_id=node.id, outbox=outbox, stream="events", highest=7)
            for node in (one, two)
            for outbox in ("a", "b")
        ]

    db.write_now(work)
