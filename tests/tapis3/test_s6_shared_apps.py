"""An app is shared, and with it what its jobs need: its owner's systems, directories and files, and nothing else."""

from typing import Any

import pytest
from tapipy.errors import BadRequestError, ForbiddenError  # type: ignore[import-untyped]

from tests.service import wait_until
from tests.tapis3.grid import ENDS, Grid

pytestmark = [pytest.mark.slow, pytest.mark.client]

SCRIPT = 'cat given; echo "for $1"'


@pytest.fixture(scope="module")
def system(grid: Grid) -> str:
    """A system of ann's, where everybody logs in as alice; nobody else was given anything on it."""
    name = "s6-lent"
    asked = {"rootDir": grid.home, "canExec": True, "jobRuntimes": [{"runtimeType": "ZIP"}], "jobWorkingDir": "lent"}
    place = {"systemType": "LINUX", "host": grid.host.host, "port": grid.host.port, "defaultAuthnMethod": "PASSWORD"}
    systems = grid.ann.tapis.systems
    systems.createSystem(id=name, effectiveUserId="alice", **place, **asked)
    systems.createUserCredential(systemId=name, userName="alice", password=grid.alice.password)
    grid.on_host("given").write_text("from ann\n")
    grid.on_host("secret").write_text("hers\n")
    grid.on_host("given").chmod(0o644)
    return name


@pytest.fixture(scope="module")
def app(grid: Grid, system: str) -> str:
    """An app of ann's that names its system and an input, shared with bob."""
    inputs = [{"name": "given", "inputMode": "REQUIRED", "sourceUrl": f"tapis://{system}/given", "targetPath": "given"}]
    name = grid.app("s6-lent-app", system, SCRIPT, jobAttributes={"execSystemId": system, "fileInputs": inputs})
    grid.ann.tapis.apps.shareApp(appId=name, users=["bob"])
    return name


def submit(grid: Grid, app: str, **more: Any) -> Any:
    """Start a job of bob's."""
    args = {"appArgs": [{"arg": "bob"}]}
    return grid.bob.tapis.jobs.submitJob(name="lent", appId=app, appVersion="1", parameterSet=args, **more)


def test_a_job_goes_where_its_app_says(grid: Grid, system: str, app: str) -> None:
    """Its owner runs it, and reads what it left; nothing else of the system."""
    jobs, files = grid.bob.tapis.jobs, grid.bob.tapis.files
    with pytest.raises(ForbiddenError):
        grid.bob.tapis.systems.getSystem(systemId=system)
    job = submit(grid, app)
    assert "ann" == job.sharedAppCtx
    assert {"SAC_EXEC_SYSTEM_ID", "SAC_ARCHIVE_SYSTEM_DIR"} <= set(job.sharedAppCtxAttribs)
    wait_until(lambda: jobs.getJobStatus(jobUuid=job.uuid).status in ENDS)
    ended = jobs.getJob(jobUuid=job.uuid)
    assert "FINISHED" == ended.status, ended.lastMessage
    assert b"from ann\nfor bob\n" == jobs.getJobOutputDownload(jobUuid=job.uuid, outputPath="tapisjob.out")
    assert "tapisjob.out" in [one.name for one in jobs.getJobOutputList(jobUuid=job.uuid, outputPath="/")]
    for path in (job.archiveSystemDir, "given"):
        with pytest.raises(ForbiddenError):
            files.listFiles(systemId=system, path=path)
    assert [job.uuid] == [one.uuid for one in jobs.getJobSearchList(_tapis_query_parameters={"sharedAppCtx.eq": "ann"})]


@pytest.mark.parametrize("key", ["execSystemExecDir", "execSystemInputDir", "execSystemOutputDir", "archiveSystemDir"])
def test_a_directory_of_one_s_own_is_not_lent(grid: Grid, app: str, key: str) -> None:
    """Else outputs could be read, and inputs written, wherever the owner of the app may."""
    with pytest.raises(ForbiddenError) as told:
        submit(grid, app, **{key: "/lent/elsewhere"})
    assert key in str(told.value)


def test_an_input_of_one_s_own_is_not_lent(grid: Grid, system: str, app: str) -> None:
    """Neither beside those of the app, nor in the place of one."""
    secret = f"tapis://{system}/secret"
    for given in ({"sourceUrl": secret, "targetPath": "x"}, {"name": "given", "sourceUrl": secret}):
        with pytest.raises(ForbiddenError) as told:
            submit(grid, app, fileInputs=[given])
        assert "secret" in str(told.value)


def test_a_system_that_the_app_does_not_name_is_not_lent(grid: Grid, system: str) -> None:
    """Whoever names it needs rights of their own; nor does it work as an archive."""
    name = grid.app("s6-bare-app", system, SCRIPT)
    grid.ann.tapis.apps.shareApp(appId=name, users=["bob"])
    with pytest.raises(ForbiddenError):
        submit(grid, name, execSystemId=system)
    with pytest.raises(ForbiddenError):
        submit(grid, name, execSystemId="local", archiveSystemId=system)


def test_a_lender_lends_only_what_is_theirs(grid: Grid, system: str) -> None:
    """An app that names somebody else's system gives no right to it; and the end of a share ends it all."""
    body = {"id": "s6-thief", "version": "1", "runtime": "ZIP", "containerImage": "/nowhere.zip"}
    grid.bob.tapis.apps.createAppVersion(**body, jobAttributes={"execSystemId": system})
    grid.bob.tapis.apps.shareApp(appId="s6-thief", users=["ann"])
    with pytest.raises(ForbiddenError):
        submit(grid, "s6-thief")
    grid.ann.tapis.apps.unShareApp(appId="s6-lent-app", users=["bob"])
    with pytest.raises((BadRequestError, ForbiddenError)):
        submit(grid, "s6-lent-app")
    grid.ann.tapis.apps.shareApp(appId="s6-lent-app", users=["bob"])


def test_who_may_only_read_a_system_keeps_no_outputs_there(grid: Grid, system: str) -> None:
    """READ on a system is no leave to write below its root as its login."""
    grid.ann.tapis.systems.grantUserPerms(systemId=system, userName="bob", permissions=["READ"])
    body = {"id": "s6-plain", "version": "1", "runtime": "ZIP", "containerImage": "/plain.zip"}
    grid.bob.tapis.apps.createAppVersion(**body)
    with pytest.raises(ForbiddenError) as told:
        submit(grid, "s6-plain", execSystemId="local", archiveSystemId=system, archiveSystemDir="/lent/bob")
    assert "archiveSystemDir" in str(told.value)
    grid.ann.tapis.systems.revokeUserPerms(systemId=system, userName="bob", permissions=["READ"])
