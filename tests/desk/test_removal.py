"""What goes when a job or a file is removed, what stays, and what a deleted file still says."""

from pathlib import Path

import pytest

from dragoman.core.errors import Conflict, Invalid, NotFound
from dragoman.core.states import JobState
from dragoman.core.things import FileQuery, Identity, Page
from tests.desk.people import create, somebody, until, upload
from tests.engine.house import DOOR, Bench, bench

pytestmark = pytest.mark.anyio

ALL = Page(limit=100)


async def output_of(house: Bench, alias: str) -> str:
    """The alias of the job's log."""
    (only,) = (await house.desk.files.list(house.who, DOOR, FileQuery(job_alias=alias, search="log"), ALL))[1]
    return only.file.alias


async def is_deleted(house: Bench, who: Identity, alias: str) -> bool:
    return (await house.desk.files.find(who, DOOR, alias)).file.deleted_at is not None


async def is_gone(house: Bench, blob: str) -> bool:
    """Whether the bytes are there no more."""
    try:
        house.world.blobs.open(blob).close()
    except NotFound:
        return True
    return False


async def test_a_removed_job_takes_its_outputs_along_and_leaves_its_inputs(tmp_path: Path) -> None:
    """Its bytes are swept and those it was shared with lose it; the input is as it was."""
    async with bench(str(tmp_path)) as house:
        grace = await somebody(house, "grace")
        given = await upload(house, house.who, "INPUT1")
        await create(house, house.who, "AAAAAA", "echo made", inputs=("INPUT1",))
        await house.desk.jobs.submit(house.who, DOOR, "AAAAAA")
        await house.ended()
        await house.desk.jobs.share(house.who, DOOR, "AAAAAA", "grace@example.com")
        made = await house.desk.files.find(grace, DOOR, await output_of(house, "AAAAAA"))
        await house.desk.jobs.remove(house.who, DOOR, "AAAAAA", with_inputs=False)
        for who in (house.who, grace):
            with pytest.raises(NotFound):
                await house.desk.jobs.find(who, DOOR, "AAAAAA")
            with pytest.raises(NotFound):
                await house.desk.files.find(who, DOOR, made.file.alias)
        await until(lambda: is_gone(house, made.file.blob))
        assert given == await house.desk.files.find(house.who, DOOR, "INPUT1")
        assert not await is_gone(house, given.file.blob)


async def test_removing_with_inputs_takes_only_ones_own(tmp_path: Path) -> None:
    """A file of somebody else's that the job was allowed to use stays theirs."""
    async with bench(str(tmp_path)) as house:
        grace = await somebody(house, "grace")
        await house.submit("echo made", alias="SHARED")
        await house.ended("SHARED")
        await house.desk.jobs.share(house.who, DOOR, "SHARED", "grace@example.com")
        theirs = await output_of(house, "SHARED")
        await upload(house, grace, "HERS01")
        await create(house, grace, "GRACES", inputs=(theirs, "HERS01"))
        await house.desk.jobs.remove(grace, DOOR, "GRACES", with_inputs=True)
        assert await is_deleted(house, grace, "HERS01")
        assert not await is_deleted(house, house.who, theirs)
        view, source = await house.desk.files.open(house.who, DOOR, theirs)
        with source:
            assert (b"made\nexit 0\n", 12) == (source.read(), view.file.size)


async def test_an_open_job_is_not_removed(tmp_path: Path) -> None:
    """It has to be stopped first; its inputs are safe meanwhile."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        await upload(house, house.who, "INPUT1")
        await create(house, house.who, "AAAAAA", inputs=("INPUT1",))
        await house.desk.jobs.submit(house.who, DOOR, "AAAAAA")
        with pytest.raises(Conflict, match="Stop it first"):
            await house.desk.jobs.remove(house.who, DOOR, "AAAAAA", with_inputs=True)
        assert not await is_deleted(house, house.who, "INPUT1")
        assert JobState.OPEN is (await house.desk.jobs.find(house.who, DOOR, "AAAAAA")).job.state


async def test_a_deleted_file_says_so_and_nothing_else_of_it_works(tmp_path: Path) -> None:
    """It can be found but not opened, leaves the lists, fits no new job, and its bytes are swept."""
    async with bench(str(tmp_path)) as house:
        before = await upload(house, house.who, "INPUT1")
        files = house.desk.files
        await files.remove(house.who, DOOR, "INPUT1")
        after = await files.find(house.who, DOOR, "INPUT1")
        assert after.file.deleted_at is not None
        assert (before.file.name, before.file.size, before.file.md5) == (
            after.file.name,
            after.file.size,
            after.file.md5,
        )
        assert (0, []) == await files.list(house.who, DOOR, FileQuery(), ALL)
        with pytest.raises(NotFound):
            await files.open(house.who, DOOR, "INPUT1")
        with pytest.raises(Invalid, match=r"inputs.0: The file INPUT1.txt \(INPUT1\) was deleted."):
            await create(house, house.who, "AAAAAA", inputs=("INPUT1",))
        await until(lambda: is_gone(house, before.file.blob))
        await files.remove(house.who, DOOR, "INPUT1")
        assert after == await files.find(house.who, DOOR, "INPUT1")


async def test_a_draft_whose_input_was_deleted_is_not_submitted(tmp_path: Path) -> None:
    """The file is named, the job stays a draft, and still shows what it was to get."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        await upload(house, house.who, "INPUT1")
        await create(house, house.who, "AAAAAA", inputs=("INPUT1",))
        await house.desk.files.remove(house.who, DOOR, "INPUT1")
        with pytest.raises(Conflict, match=r"The input file INPUT1.txt was deleted\. Upload it again"):
            await house.desk.jobs.submit(house.who, DOOR, "AAAAAA")
        view = await house.desk.jobs.find(house.who, DOOR, "AAAAAA")
        assert (JobState.DRAFT, ["INPUT1"]) == (view.job.state, list(view.files))
        assert view.files["INPUT1"].file.deleted_at is not None


async def test_a_draft_whose_input_went_with_its_job_is_not_submitted(tmp_path: Path) -> None:
    """An output that another job was to use is named when it is gone."""
    async with bench(str(tmp_path)) as house:
        await house.submit("echo made", alias="BEFORE")
        await house.ended("BEFORE")
        await create(house, house.who, "AFTER1", inputs=(await output_of(house, "BEFORE"),))
        await house.desk.jobs.remove(house.who, DOOR, "BEFORE", with_inputs=False)
        with pytest.raises(Conflict, match="The input file log was deleted"):
            await house.desk.jobs.submit(house.who, DOOR, "AFTER1")
        assert {} == (await house.desk.jobs.find(house.who, DOOR, "AFTER1")).files


async def test_an_alias_is_taken_once(tmp_path: Path) -> None:
    """A second job or file of that name is a conflict, and the first stays as it is."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        first = await upload(house, house.who, "INPUT1", b"first")
        with pytest.raises(Conflict, match="INPUT1 is taken"):
            await upload(house, await somebody(house, "grace"), "INPUT1", b"second")
        assert first == await house.desk.files.find(house.who, DOOR, "INPUT1")
        job = await create(house, house.who, "AAAAAA")
        with pytest.raises(Conflict, match="AAAAAA is taken"):
            await create(house, house.who, "AAAAAA", "false")
        assert job == await house.desk.jobs.find(house.who, DOOR, "AAAAAA")
