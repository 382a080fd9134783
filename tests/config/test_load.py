"""Settings: which layer wins, what is refused, and how that is told."""

import os
from pathlib import Path

import pytest

from dragoman.config.load import load, origins
from dragoman.core.errors import Invalid


def settings_file(folder: Path, text: str) -> str:
    path = folder / "dragoman.toml"
    path.write_text(text)
    return str(path)


def refusal(flags: dict[str, object], environ: dict[str, str], file: str | None = None) -> str:
    with pytest.raises(Invalid) as caught:
        load(flags, environ, file)
    return str(caught.value)


def test_load_without_anything_gives_the_defaults() -> None:
    """Nothing needs to be configured."""
    settings = load({}, {})
    assert ("127.0.0.1", 8080) == (settings.server.host, settings.server.port)
    assert ("", "auto", 0, ()) == (
        settings.database.url,
        settings.local.confine,
        settings.upload.max_bytes,
        settings.local.hide,
    )
    assert os.path.abspath("data") == settings.server.data


def test_load_takes_flags_over_environment_over_file_over_default(tmp_path: Path) -> None:
    """The nearer a value is to the person who starts the program, the stronger it is."""
    file = settings_file(tmp_path, "[server]\nport = 1\nhost = 'from-file'\n[engine]\nworkers = 3\npoll_seconds = 2\n")
    environ = {"DRAGOMAN_SERVER_PORT": "2", "DRAGOMAN_ENGINE_WORKERS": "4"}
    settings = load({"server.port": 5, "server.host": None}, environ, file)
    assert (5, "from-file") == (settings.server.port, settings.server.host)
    assert (4, 2.0) == (settings.engine.workers, settings.engine.poll_seconds)


def test_load_reads_the_file_in_the_data_directory(tmp_path: Path) -> None:
    """DATA/dragoman.toml counts when no file is named, wherever DATA was named."""
    settings_file(tmp_path, "[local]\nhide = ['/srv/a', '/srv/b']\n")
    assert ("/srv/a", "/srv/b") == load({"server.data": str(tmp_path)}, {}).local.hide
    assert ("/srv/a", "/srv/b") == load({}, {"DRAGOMAN_SERVER_DATA": str(tmp_path)}).local.hide


def test_load_takes_lists_of_other_things_with_commas(tmp_path: Path) -> None:
    """Hosts, networks and ports are listed in a file as such, and in the environment with commas between them."""
    file = settings_file(tmp_path, "[outbound]\nallow = ['::1/128', 'receiver.internal']\nports = [8443, '8080']\n")
    outbound = load({}, {}, file).outbound
    assert (("::1/128", "receiver.internal"), ("8443", "8080")) == (outbound.allow, outbound.ports)
    environ = {"DRAGOMAN_OUTBOUND_ALLOW": "::1/128, 10.0.0.0/8", "DRAGOMAN_OUTBOUND_PORTS": "8443"}
    outbound = load({}, environ).outbound
    assert (("::1/128", "10.0.0.0/8"), ("8443",)) == (outbound.allow, outbound.ports)


def test_load_lets_a_named_file_choose_the_data_directory(tmp_path: Path) -> None:
    """A file elsewhere may say where the data is; one inside the data directory may not."""
    file = settings_file(tmp_path, f"[server]\ndata = '{tmp_path}/other'\n")
    assert f"{tmp_path}/other" == load({}, {}, file).server.data
    assert "cannot move it" in refusal({}, {"DRAGOMAN_SERVER_DATA": str(tmp_path)})


def test_load_names_everything_wrong_in_a_file(tmp_path: Path) -> None:
    """One answer tells the file, each key, what is allowed and the closest name."""
    file = settings_file(
        tmp_path, "top = 1\n[server]\nprot = 1\nport = '80'\n[locale]\nslots = 1\n[local]\nslots = -1\n"
    )
    told = refusal({}, {}, file)
    assert f"server.prot: ({file}) There is no such setting. Did you mean port?" in told
    assert f"server.port: ({file}) must be a whole number from 0 to 65535, not '80'." in told
    assert "There is no such section. Did you mean local?" in told
    assert "local.slots" in told
    assert "at least 0, not -1." in told


@pytest.mark.parametrize(
    "line",
    [
        "[local]\nslots = true",
        "[local]\nslots = 1.5",
        "[local]\nconfine = 'maybe'",
        "[local]\nhide = ['relative']",
        "[local]\nhide = '/srv'",
        "[outbound]\nports = ['http']",
        "[outbound]\nports = [70000]",
        "[outbound]\nallow = ['a b']",
        "[engine]\nlease_seconds = inf",
        "[engine]\nlease_seconds = nan",
        "[server]\nhost = ''",
        "server = 5",
        "not toml",
    ],
)
def test_load_refuses_what_a_setting_cannot_be(tmp_path: Path, line: str) -> None:
    """Types are exact: true is no number, a text is no list, infinity is no time."""
    assert str(tmp_path) in refusal({}, {}, settings_file(tmp_path, line))


def test_load_refuses_a_named_file_that_is_missing(tmp_path: Path) -> None:
    """A file that was asked for must be there."""
    assert "No such file" in refusal({}, {}, str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("DRAGOMAN_SERVER_PROT", "DRAGOMAN_SERVER_PORT"),
        ("DRAGOMAN_DATABSE_URL", "DRAGOMAN_DATABASE_URL"),
        ("DRAGOMAN_DATABASE_URL_FIEL", "DRAGOMAN_DATABASE_URL_FILE"),
    ],
)
def test_load_refuses_a_variable_that_is_nearly_a_twin(name: str, nearest: str) -> None:
    """A slip in the environment stops the start instead of being ignored."""
    told = refusal({}, {name: "1"})
    assert f"Did you mean {nearest}? See" in told, "what is meant is not buried under all there is"


def test_load_ignores_variables_that_are_no_settings() -> None:
    """Other programs of the house have variables of their own, and an empty twin is not set."""
    assert load({}, {}) == load({}, {"DRAGOMAN_TOKEN": "x", "DRAGOMAN_URL": "y", "DRAGOMAN_SERVER_PORT": ""})


def test_load_splits_a_list_in_the_environment_at_colons() -> None:
    """As in PATH."""
    assert ("/a", "/b") == load({}, {"DRAGOMAN_LOCAL_HIDE": "/a:/b"}).local.hide


def test_load_takes_a_secret_from_a_file_of_its_own(tmp_path: Path) -> None:
    """The twin ending in _FILE names it; giving both twins is refused."""
    secret = tmp_path / "database"
    secret.write_text("postgresql+psycopg://u:p@h/n\n")
    environ = {"DRAGOMAN_DATABASE_URL_FILE": str(secret)}
    assert "postgresql+psycopg://u:p@h/n" == load({}, environ).database.url
    assert "keep one of them" in refusal({}, {**environ, "DRAGOMAN_DATABASE_URL": "x"})
    told = refusal({}, {"DRAGOMAN_DATABASE_URL_FILE": str(tmp_path / "none")})
    assert f"{tmp_path}/none cannot be read: No such file or directory." in told


def test_load_tells_the_files_that_it_has_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings file and those that hold secrets, by their absolute paths; they are to be kept from others."""
    file, secret = settings_file(tmp_path, "[local]\nslots = 1\n"), tmp_path / "secret"
    secret.write_text("postgresql+psycopg://u:p@h/n\n")
    monkeypatch.chdir(tmp_path)
    loaded = load({}, {"DRAGOMAN_DATABASE_URL_FILE": "secret"}, Path(file).name)
    assert {file, str(secret)} == set(loaded.files)
    assert () == load({"server.data": str(tmp_path / "none")}, {}).files


def test_origins_says_where_each_value_came_from_and_masks_secrets(tmp_path: Path) -> None:
    """What ``config show`` prints."""
    file = settings_file(tmp_path, "[database]\nurl = 'postgresql+psycopg://u:p@h/n'\n")
    found = {o.name: (o.value, o.source) for o in origins({"server.port": 5}, {"DRAGOMAN_LOCAL_SLOTS": "7"}, file)}
    assert ("********", file) == found["database.url"]
    assert (5, "command line") == found["server.port"]
    assert (7, "$DRAGOMAN_LOCAL_SLOTS") == found["local.slots"]
    assert (64, "default") == found["engine.workers"]


def test_load_never_repeats_a_secret_in_a_complaint(tmp_path: Path) -> None:
    """A secret of the wrong type stays out of the message."""
    assert "hunter2" not in refusal({}, {}, settings_file(tmp_path, "[database]\nurl = ['hunter2']\n"))
