"""The catalogue directory: filled once, never overwritten, cut down to what the host has."""

import os
from pathlib import Path

import pytest

from dragoman.config.catalogue import SHIPPED, load_catalogue, survey
from dragoman.core.errors import Invalid


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def test_a_new_directory_gets_the_shipped_files(tmp_path: Path) -> None:
    """The first job needs no set-up; scripts among the files can be executed."""
    load_catalogue(str(tmp_path / "catalog"), path="")
    assert files_below(SHIPPED) == files_below(tmp_path / "catalog")
    assert os.access(tmp_path / "catalog/openfoam/bin/tools/RunFunctions", os.X_OK)


def test_a_file_that_is_there_is_never_touched(tmp_path: Path) -> None:
    """What a person edited stays; what is missing comes back."""
    load_catalogue(str(tmp_path), path="")
    (tmp_path / "shell.toml").write_text("")
    (tmp_path / "python.toml").unlink()
    assert ["imagesampler", "weather"] == [app.name for app in load_catalogue(str(tmp_path), path="").apps]
    assert "" == (tmp_path / "shell.toml").read_text()
    assert (tmp_path / "python.toml").exists()


def test_apps_are_left_out_when_the_host_lacks_what_they_require(tmp_path: Path) -> None:
    """A program is looked for on the PATH of the runs, a path where it stands."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python3").touch(mode=0o755)
    assert ["imagesampler", "shell", "weather"] == [
        app.name for app in load_catalogue(str(tmp_path / "c"), path="").apps
    ]
    assert {"openfoam", "python"} == {app.name for app in survey(str(tmp_path / "c"), path="")[1]}
    found = load_catalogue(str(tmp_path / "c"), path=str(programs)).apps
    assert ["imagesampler", "python", "shell", "weather"] == [app.name for app in found]


def test_a_survey_tells_what_a_start_would_offer_and_writes_nothing(tmp_path: Path) -> None:
    """Also where there is no directory yet; a file that a person edited counts as it is."""
    here, lacking = survey(str(tmp_path / "c"), path="")
    assert ["imagesampler", "shell", "weather"] == [app.name for app in here]
    assert {"openfoam", "python"} == {app.name for app in lacking}
    (tmp_path / "shell.toml").write_text("")
    assert ["imagesampler", "weather"] == [app.name for app in survey(str(tmp_path), path="")[0]]
    assert ["shell.toml"] == os.listdir(tmp_path)


def test_an_app_that_is_here_gets_its_links_and_its_place(tmp_path: Path) -> None:
    """``{catalog}`` becomes the directory; links are made once the app is certain to be here."""
    (tmp_path / "own.toml").write_text(
        '[[app]]\nname = "own"\nrequires = ["/etc"]\nlinks = { "own/etc" = "/etc" }\n'
        'environment = { OWN = "{catalog}/own" }\n[[app.versions]]\nversion = "1"\n'
    )
    for _ in range(2):
        (own,) = (app for app in load_catalogue(str(tmp_path), path="").apps if app.name == "own")
    assert {"OWN": f"{tmp_path}/own"} == own.environment
    assert "/etc" == os.readlink(tmp_path / "own/etc")
    assert not os.path.lexists(tmp_path / "openfoam/etc")


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    """The operator sees which file to mend."""
    (tmp_path / "own.toml").write_text("not toml")
    with pytest.raises(Invalid, match=r"own\.toml"):
        load_catalogue(str(tmp_path), path="")


def test_shipped_core_types_have_what_clients_need(tmp_path: Path) -> None:
    """Clients sort by price, index GPUs by cores, and ask for these codes without looking."""
    (local,) = load_catalogue(str(tmp_path), path="").systems
    kinds = local.facets["rescale"]["coretypes"]
    assert {"standard-plus", "emerald", "hpc-3", "onyx", "moonstone"} == {kind["code"] for kind in kinds}
    for kind in kinds:
        assert kind["price"] > 0
        assert len(kind["cores"]) == len(kind["gpuCounts"])
        assert kind["queue"] in local.queues


def test_shipped_shell_app_is_always_there(tmp_path: Path) -> None:
    """Bring Your Own Software needs nothing of the host."""
    (shell,) = (app for app in load_catalogue(str(tmp_path), path="").apps if app.name == "shell")
    facet = shell.facets["rescale"]
    assert ("user_included", "0", "CPU") == (facet["code"], facet["versionCode"], facet["versionName"])
