"""What the seed's tutorial takes for granted: a grid with a classifier that classifies, and pictures for it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.apptainer import VARIABLES, add_apptainer, has_apptainer, make_sif
from tests.hosts.classifier.build import Picture, build_classifier
from tests.hosts.docker import docker_engine
from tests.hosts.images import RUNSCRIPT
from tests.hosts.people import people
from tests.hosts.singularity import add_singularity
from tests.hosts.slurm import Slurm
from tests.service import PASSWORD
from tests.shelf import on_the_web
from tests.tapis3.grid import Grid
from tests.tapis3.hosts import CLASSIFIER, grid_of
from tests.tapis3.people import Person, newcomer, tapis

DOCKER_IMAGE = f"tapis/{CLASSIFIER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A grid whose hosts have the classifier, for Singularity and in Docker."""

    grid: Grid
    friend: Person
    """The tutorial's train301."""
    image: str
    """What the container program runs: a file for Apptainer, a name for what stands in for it."""
    pictures: list[Picture]
    """None of them was learnt from."""
    web: str

    def address(self, number: int) -> str:
        """Where a picture is."""
        return f"{self.web}/{number}.png"

    def one_of_each(self) -> list[int]:
        """The number of the first picture of each label."""
        labels = [picture.label for picture in self.pictures]
        return [labels.index(label) for label in sorted(set(labels))]


@contextmanager
def lab_of(place: Path, cluster: Slurm) -> Iterator[Lab]:
    """A lab, with Apptainer where that can be had."""
    people()
    real, web = has_apptainer(), place / "web"
    web.mkdir()
    pictures: list[Picture] = []
    variables = dict(VARIABLES) if real else {}
    with docker_engine("alice") as docker, on_the_web(web) as address:

        def build(image: str) -> None:
            pictures.extend(build_classifier(image))
            docker.add(image, DOCKER_IMAGE, f"/{RUNSCRIPT}")
            if real:
                make_sif(image, f"{image}.sif")

        variables["DOCKER_HOST"] = docker.address
        singularity = add_apptainer if real else add_singularity
        with grid_of(place, cluster, classifier=build, singularity=singularity, environment=variables) as grid:
            for number, picture in enumerate(pictures):
                (web / f"{number}.png").write_bytes(picture.content)
            _load_singularity(grid, variables)
            image = f"{grid.images}/tapis/{CLASSIFIER}.sif" if real else f"docker://tapis/{CLASSIFIER}"
            friend = newcomer(grid.service, "train301")
            yield Lab(grid=grid, friend=friend, image=image, pictures=pictures, web=address)


def _load_singularity(grid: Grid, variables: Mapping[str, str]) -> None:
    """Have the profile ``tacc`` load the container program, as a site's administrator does."""
    email = ("--email", "operator@example.com")
    grid.service.command("account", "add", "operator", *email, "--password", PASSWORD, "--admin")
    module = grid.on_host("tacc-singularity")
    lines = {"PATH": f"{grid.tools}:$PATH", **variables}
    module.write_text("".join(f"export {name}={value}\n" for name, value in lines.items()))
    operator = tapis(grid.service.url, username="operator", password=PASSWORD)
    operator.get_tokens()
    operator.systems.deleteSchedulerProfile(name="tacc")
    loads = [{"moduleLoadCommand": "source", "modulesToLoad": [str(module)]}]
    operator.systems.createSchedulerProfile(name="tacc", moduleLoads=loads, hiddenOptions=["MEM"])
