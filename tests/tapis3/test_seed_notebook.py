"""The seed's notebook, cell by cell: a classifier that classifies, on a machine and on a cluster, and who reads it."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from tapipy.errors import ForbiddenError, UnauthorizedError  # type: ignore[import-untyped]

from tests.hosts.apptainer import MISSING, has_apptainer
from tests.hosts.images import make_image
from tests.hosts.slurm import Slurm
from tests.service import PASSWORD, wait_until
from tests.tapis3 import notebook as cells
from tests.tapis3.grid import ENDS, Grid
from tests.tapis3.lab import DOCKER_IMAGE, Lab, lab_of
from tests.tapis3.notebook import Notebook

pytestmark = [pytest.mark.slow, pytest.mark.client]

TITLE = "==============Image Classifier Scores ============================"
SCORE = re.compile(r"(.+) \(score = ([01]\.\d{5})\)")


@pytest.fixture(scope="module")
def lab(slurm: Slurm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Everything that the tutorial takes for granted."""
    with lab_of(tmp_path_factory.mktemp("notebook"), slurm) as made:
        yield made


def scored(lines: list[str]) -> dict[str, float]:
    """Five labels with their scores, the best first; fails when the lines say anything else."""
    found = [match for line in lines if (match := SCORE.fullmatch(line))]
    scores = {match[1]: float(match[2]) for match in found}
    assert 5 == len(lines) == len(scores), lines
    assert sorted(scores.values(), reverse=True) == list(scores.values())
    assert sum(scores.values()) <= 1.0001
    return scores


def read(printed: str) -> dict[str, float]:
    """The scores that the notebook's last cell of code prints, which reads the output backwards."""
    title, *lines = printed.splitlines()
    assert TITLE == title
    return scored([line.removeprefix("b'").removesuffix("'") for line in reversed(lines)])


@pytest.fixture(scope="module")
def notebook(lab: Lab) -> Notebook:
    """The notebook after its cells on a virtual machine and on a cluster."""
    grid, alice = lab.grid, lab.grid.alice
    notebook = Notebook(
        base_url=grid.service.url, userid="ann", password=PASSWORD, app_image=lab.image,
        host=grid.host.host, port=grid.host.port, home=grid.home,
        host_user=alice.name, host_password=alice.password,
        host_private_key=alice.private_key, host_public_key=alice.public_key,
    )  # fmt: skip
    for cell in (cells.LOGIN, cells.REGISTER_VM, cells.REGISTER_HPC, cells.REGISTER_APP):
        notebook.run(cell)
    notebook.run(cells.ARGUMENTS, image=lab.address(0))
    assert "-007\n" == notebook.run(cells.SUBMIT_VM)[-5:]
    assert f"Job UUID: {notebook['job_response_vm'].uuid}\n" in notebook.run(cells.JOB_VM)
    assert notebook["job_uuid_vm"] in notebook.run(cells.JOBS_LIST)
    _until_it_ends(lab, notebook, cells.STATUS_VM, "job_response_vm")
    notebook.run(cells.OUTPUT_VM)
    notebook.run(cells.SUBMIT_HPC, image=lab.address(1))
    _until_it_ends(lab, notebook, cells.STATUS_HPC, "job_response_hpc")
    notebook.run(cells.OUTPUT_HPC)
    return notebook


def _until_it_ends(lab: Lab, notebook: Notebook, cell: str, job: str) -> None:
    """Run a cell that prints a status again and again, as people do."""

    def ended() -> str:
        printed = notebook.run(cell)
        return printed if any(f"status: {end}\n" in printed for end in ENDS) else ""

    printed = wait_until(ended, 120)
    assert "condition: NORMAL_COMPLETION\nstatus: FINISHED\n" in printed, _why(lab.grid, notebook[job])


def _why(grid: Grid, job: Any) -> str:
    """What there is to say about a job that failed."""
    said = [grid.output(job, name) for name in grid.outputs(job) if name.endswith(".out")]
    return "\n".join([str(grid.job(job).lastMessage), *said])


def test_the_notebook_on_a_virtual_machine(lab: Lab, notebook: Notebook) -> None:
    """A process of the host: its output is read as the notebook reads it, and the picture is known."""
    job = notebook["client"].jobs.getJob(jobUuid=notebook["job_uuid_vm"])
    assert ("FORK", notebook["system_id_vm"], "FINISHED") == (job.jobType, job.execSystemId, job.remoteOutcome)
    scores = read(notebook.run(cells.SCORES))
    assert lab.pictures[0].label == next(iter(scores))
    assert [f"{label} (score = {score:.5f})" for label, score in scores.items()] == lab.grid.output(job).splitlines()
    assert ["tapisjob.exitcode", "tapisjob.out"] == lab.grid.outputs(job)


def test_the_notebook_on_a_cluster(lab: Lab, notebook: Notebook) -> None:
    """The same app, as a job of Slurm, with a key instead of a password."""
    job = notebook["client"].jobs.getJob(jobUuid=notebook["job_uuid_hpc"])
    assert ("BATCH", "tapisNormal", "FINISHED") == (job.jobType, job.execSystemLogicalQueue, job.remoteOutcome)
    assert lab.grid.slurm is not None
    assert "COMPLETED" in lab.grid.slurm.run("scontrol", "show", "job", job.remoteJobId)
    assert lab.pictures[1].label == next(iter(read(notebook.run(cells.SCORES_HPC))))


def test_the_notebook_shares_with_a_friend(lab: Lab, notebook: Notebook) -> None:
    """Who reads the system and the file, and nothing beside them."""
    friend, system, job = lab.friend.tapis, notebook["system_id_vm"], notebook["job_uuid_vm"]
    output = f"{notebook['client'].jobs.getJob(jobUuid=job).archiveSystemDir}/tapisjob.out"
    with pytest.raises(ForbiddenError):
        friend.systems.getSystem(systemId=system)
    for cell in (cells.SHARE_SYSTEM, cells.SHARE_FILE):
        notebook.run(cell)
    assert "train301" == friend.systems.getSystem(systemId=system).effectiveUserId
    login = {"password": lab.grid.host.bob.password, "loginUser": "bob"}
    friend.systems.createUserCredential(systemId=system, userName="train301", **login)
    # The notebook's path is one below the system's root; the output lies further down.
    with pytest.raises(ForbiddenError):
        friend.files.getContents(systemId=system, path=output)
    given = {"systemId": system, "path": output, "username": "train301"}
    notebook["client"].files.grantPermissions(**given, permission="READ")
    assert notebook["jobs_output_vm"] == friend.files.getContents(systemId=system, path=output)
    for refused in (
        partial(friend.files.listFiles, systemId=system, path="/workdir"),
        partial(friend.files.getContents, systemId=system, path="/tacc-singularity"),
        partial(friend.files.delete, systemId=system, path=output),
        partial(friend.systems.patchSystem, systemId=system, description="mine"),
        partial(friend.systems.getSystem, systemId=notebook["system_id_hpc"]),
    ):
        with pytest.raises(ForbiddenError):
            refused()
    for hidden in (friend.jobs.getJobStatus, friend.jobs.cancelJob):
        with pytest.raises(UnauthorizedError):
            hidden(jobUuid=job)
    notebook["client"].files.deletePermissions(**given)
    with pytest.raises(ForbiddenError):
        friend.files.getContents(systemId=system, path=output)


def test_pictures_that_it_has_never_seen(lab: Lab, notebook: Notebook) -> None:
    """One of each label, as jobs in Docker's containers: what is most probable is what they show."""
    grid = lab.grid
    system = grid.vm("notebook-docker")
    image = {"runtime": "DOCKER", "containerImage": DOCKER_IMAGE}
    grid.ann.tapis.apps.createAppVersion(id="notebook-docker-img", version="1", **image)
    numbers = lab.one_of_each()
    jobs = [_submit(grid, system, f"'{lab.address(number)}'") for number in numbers]
    best = [next(iter(scored(grid.output(grid.end(job, 120)).splitlines()))) for job in jobs]
    shown = [lab.pictures[number].label for number in numbers]
    assert 10 == len(shown)
    assert shown == best


def _submit(grid: Grid, system: str, address: str) -> Any:
    arguments = {"appArgs": [{"arg": "--image_file"}, {"arg": address}], "containerArgs": [{"arg": "--network host"}]}
    return grid.submit("notebook-docker-img", system, parameterSet=arguments)


def test_a_picture_that_is_not_there(lab: Lab, notebook: Notebook) -> None:
    """The job fails with the program's code, and its output says why."""
    words = ("--image_file", f"'{lab.web}/none.png'")
    job = lab.grid.submit(notebook["app_id"], notebook["system_id_vm"], *words, version="0.0.1")
    job = lab.grid.end(job, 120)
    assert ("FAILED", "JOB_REMOTE_OUTCOME_ERROR", "1") == (job.status, job.condition, job.remoteResultInfo)
    assert "HTTP Error 404" in lab.grid.output(job)


@pytest.mark.skipif(not has_apptainer(), reason=MISSING)
@pytest.mark.parametrize("place", ["system_id_vm", "system_id_hpc"])
def test_variables_as_apptainer_reads_them(lab: Lab, notebook: Notebook, place: str) -> None:
    """They reach the container as they were asked for: it reads files of them as a shell does, and options as CSV."""
    grid, image = lab.grid, f"{lab.grid.images}/{place}"
    make_image(image, 'printf "%s|" "$MODE" "$_tapisJobName"; for word; do printf "%s|" "$word"; done')
    told = {"runtime": "SINGULARITY", "containerImage": image}
    grid.ann.tapis.apps.createAppVersion(id=f"tell-{place}", version="1", **told)
    value = """a,b "c" 'd' $HOME ${HOME} $(id) `id` \\ \\" e=f & | ; < > #"""
    parameters = {
        "envVariables": [{"key": "MODE", "value": value}],
        "appArgs": [{"arg": "'two words'"}, {"arg": "$HOME"}],
    }
    job = grid.end(grid.submit(f"tell-{place}", notebook[place], parameterSet=parameters), 120)
    assert f"{value}|a job|two words|$HOME|" == grid.output(job), job.lastMessage
