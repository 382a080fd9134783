"""Who may do what: the owner everything, those a job is shared with look, and for all others nothing is there."""

from functools import partial
from pathlib import Path

import pytest

from dragoman.core.errors import Invalid
from dragoman.core.states import RunState, Wish
from dragoman.core.things import FileQuery, Identity, JobQuery, Page
from dragoman.desk.job_changes import MOST_READERS
from tests.desk.people import NOTHING, Verb, create, outcome, somebody, until, upload
from tests.engine.house import DOOR, Bench, bench

pytestmark = pytest.mark.anyio

ALL = Page(limit=100)
GONE = "not_found: Not found."
DENIED = "denied: You do not have permission to perform this action."


def reads(house: Bench, draft: str, running: str, ended: str, output: str) -> dict[str, Verb]:
    """Every verb that only looks."""
    jobs, files, live = house.desk.jobs, house.desk.files, house.desk.live
    return {
        "find draft": lambda who, door: jobs.find(who, door, draft),
        "find running": lambda who, door: jobs.find(who, door, running),
        "find ended": lambda who, door: jobs.find(who, door, ended),
        "events": lambda who, door: jobs.events(who, door, ended),
        "runs": lambda who, door: jobs.runs(who, door, ended, ALL),
        "run": lambda who, door: jobs.run(who, door, running, 1),
        "list outputs": lambda who, door: files.list(who, door, FileQuery(job_alias=ended), ALL),
        "find output": lambda who, door: files.find(who, door, output),
        "open output": lambda who, door: read(house, who, door, output),
        "live files": lambda who, door: live.files(who, door, running, 1),
        "live read": lambda who, door: live.read(who, door, running, 1, "log", last_lines=1),
        "live place": lambda who, door: live.place(who, door, running, 1),
    }


def changes(house: Bench, draft: str, running: str, ended: str, output: str) -> dict[str, Verb]:
    """Every verb that changes something, in an order in which the owner can do them all."""
    jobs, files = house.desk.jobs, house.desk.files
    return {
        "change draft": lambda who, door: jobs.change(who, door, draft, name="taken", notes={"a": 1}),
        "amend draft": lambda who, door: jobs.amend(who, door, draft, lambda notes: {"b": len(notes)}),
        "submit": lambda who, door: jobs.submit(who, door, draft),
        "share": lambda who, door: jobs.share(who, door, ended, "eve@example.com"),
        "wish for a run": lambda who, door: jobs.wish_run(who, door, running, 1, Wish.STOP),
        "wish": lambda who, door: jobs.wish(who, door, running, Wish.KILL),
        "change output": lambda who, door: files.change(who, door, output, name="taken", role="template"),
        "remove output": lambda who, door: files.remove(who, door, output),
        "remove": lambda who, door: jobs.remove(who, door, ended, with_inputs=True),
    }


async def read(house: Bench, who: Identity, door: str, alias: str) -> bytes:
    with (await house.desk.files.open(who, door, alias))[1] as source:
        return source.read()


async def has_begun(house: Bench, alias: str) -> bool:
    """Whether the job's log can be looked at."""
    return "log" in [entry.path for entry in await house.desk.live.files(house.who, DOOR, alias, 1)]


async def three_jobs(house: Bench, *shared_with: Identity) -> tuple[str, str, str, str]:
    """A draft, a job that runs, one that has ended and its output; all three jobs are shared."""
    await upload(house, house.who, "INPUT1")
    await create(house, house.who, "DRAFT1", inputs=("INPUT1",))
    await house.submit("echo on; sleep 300", alias="ACTIVE")
    await house.submit("echo made", alias="ENDED1")
    await house.ended("ENDED1")
    await house.run_when(RunState.RUNNING, "ACTIVE")
    await until(lambda: has_begun(house, "ACTIVE"))
    names = ("DRAFT1", "ACTIVE", "ENDED1")
    for friend in shared_with:
        for alias in names:
            await house.desk.jobs.share(house.who, DOOR, alias, friend.account.email)
    (output,) = (await house.desk.files.list(house.who, DOOR, FileQuery(job_alias="ENDED1"), ALL))[1]
    return (*names, output.file.alias)


async def outcomes(verbs: dict[str, Verb], who: Identity, door: str = DOOR) -> dict[str, str]:
    return {name: await outcome(verb, who, door) for name, verb in verbs.items()}


async def everything(house: Bench, names: tuple[str, str, str, str]) -> list[object]:
    """All that the owner sees."""
    jobs, files = house.desk.jobs, house.desk.files
    found: list[object] = [await files.find(house.who, DOOR, names[3])]
    for alias in names[:3]:
        found += [await jobs.find(house.who, DOOR, alias), await jobs.events(house.who, DOOR, alias)]
    return found


async def test_everybody_gets_what_is_theirs(tmp_path: Path) -> None:
    """Readers look and are denied every change; strangers, and other doors, find nothing; the owner may do it all."""
    async with bench(str(tmp_path)) as house:
        grace, eve = await somebody(house, "grace"), await somebody(house, "eve")
        names = await three_jobs(house, grace)
        looks, does = reads(house, *names), changes(house, *names)
        before = await everything(house, names)
        assert dict.fromkeys(looks, "done") == await outcomes(looks, grace)
        assert dict.fromkeys(does, DENIED) == await outcomes(does, grace)
        assert dict.fromkeys({**looks, **does}, GONE) == await outcomes({**looks, **does}, eve)
        assert dict.fromkeys({**looks, **does}, GONE) == await outcomes({**looks, **does}, house.who, "other")
        assert before == await everything(house, names)
        assert dict.fromkeys({**looks, **does}, "done") == await outcomes({**looks, **does}, house.who)
        await house.ended("ACTIVE")


async def test_what_does_not_exist_is_told_in_the_same_words(tmp_path: Path) -> None:
    """So nobody learns from an answer which aliases are taken."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        nothing = (NOTHING,) * 4
        verbs = {**reads(house, *nothing), **changes(house, *nothing)}
        assert dict.fromkeys(verbs, GONE) == await outcomes(verbs, house.who)


async def test_lists_show_ones_own_and_what_is_shared(tmp_path: Path) -> None:
    """Jobs of both kinds; of files only one's own uploads and outputs."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        grace, eve = await somebody(house, "grace"), await somebody(house, "eve")
        await upload(house, house.who, "INPUT1")
        await upload(house, grace, "HERS01")
        for alias in ("SHARED", "SECRET"):
            await create(house, house.who, alias, inputs=("INPUT1",))
        await create(house, grace, "GRACES")
        await house.desk.jobs.share(house.who, DOOR, "SHARED", "GRACE@example.com")

        async def seen(who: Identity) -> tuple[int, set[str], int, set[str]]:
            jobs, aliases = await house.desk.jobs.list(who, DOOR, JobQuery(), ALL, lambda one: one.job.alias)
            files, found = await house.desk.files.list(who, DOOR, FileQuery(), ALL)
            return jobs, set(aliases), files, {one.file.alias for one in found}

        assert (2, {"SHARED", "SECRET"}, 1, {"INPUT1"}) == await seen(house.who)
        assert (2, {"SHARED", "GRACES"}, 1, {"HERS01"}) == await seen(grace)
        assert (0, set(), 0, set()) == await seen(eve)


async def test_who_sees_a_job_may_read_and_use_its_inputs(tmp_path: Path) -> None:
    """So that they can do again what it did; they change nothing, nobody else finds them, and it ends with the job."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        grace, eve = await somebody(house, "grace"), await somebody(house, "eve")
        await upload(house, house.who, "INPUT1")
        await upload(house, house.who, "SECRET")
        await create(house, house.who, "SHARED", inputs=("INPUT1",))
        await house.desk.jobs.share(house.who, DOOR, "SHARED", "grace@example.com")
        assert b"given" == await read(house, grace, DOOR, "INPUT1")
        files = house.desk.files
        change, find = partial(files.change, alias="INPUT1", name="x", role=None), partial(files.find, alias="INPUT1")
        assert [DENIED, GONE] == [await outcome(change, grace), await outcome(find, eve)]
        with pytest.raises(Invalid) as caught:
            await create(house, grace, "GRACES", inputs=("INPUT1", "SECRET"))
        assert {("inputs", 1): ['Invalid id "SECRET" - file does not exist.']} == caught.value.fields
        await create(house, grace, "GRACES", inputs=("INPUT1",))
        await house.desk.jobs.remove(house.who, DOOR, "SHARED", with_inputs=False)
        assert "done" == await outcome(find, grace)  # a job of her own names it by now
        await house.desk.jobs.remove(grace, DOOR, "GRACES", with_inputs=True)
        assert [GONE, "done"] == [await outcome(find, grace), await outcome(find, house.who)]


async def test_a_job_is_shared_with_others_once(tmp_path: Path) -> None:
    """Sharing again, or with oneself, changes nothing; an address that nobody has is refused."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        await somebody(house, "grace")
        await create(house, house.who, "SHARED")
        for email in ("grace@example.com", "Grace@Example.com", "ada@example.com"):
            await house.desk.jobs.share(house.who, DOOR, "SHARED", email)
        assert ("grace@example.com",) == (await house.desk.jobs.find(house.who, DOOR, "SHARED")).shared_with
        with pytest.raises(Invalid, match=r"email: No account here has the address who@example.com\."):
            await house.desk.jobs.share(house.who, DOOR, "SHARED", "who@example.com")


async def test_a_job_has_so_many_readers(tmp_path: Path) -> None:
    """Another one is refused, and those that it has may be told again."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        await create(house, house.who, "SHARED")
        names = [f"reader{number}" for number in range(MOST_READERS)]
        for name in names:
            await somebody(house, name)
            await house.desk.jobs.share(house.who, DOOR, "SHARED", f"{name}@example.com")
        await somebody(house, "late")
        with pytest.raises(Invalid, match=r"^email: A job can be shared with at most 200 people\.$"):
            await house.desk.jobs.share(house.who, DOOR, "SHARED", "late@example.com")
        for email in (f"{names[-1]}@example.com", "ada@example.com"):
            await house.desk.jobs.share(house.who, DOOR, "SHARED", email)
        assert MOST_READERS == len((await house.desk.jobs.find(house.who, DOOR, "SHARED")).shared_with)
