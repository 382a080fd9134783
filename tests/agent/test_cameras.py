"""Unmodified pywaggle takes pictures with simulated cameras, by the names that people gave them."""

import asyncio
import os
import struct
import sys
import urllib.error
import urllib.request
import zlib
from pathlib import Path

import pytest

from dragoman.agent.abilities import Abilities
from dragoman.agent.cameras import Cameras
from dragoman.agent.pictures import HEIGHT, WIDTH, frame, png
from dragoman.agent.plate import read_plate
from dragoman.agent.plugins import imagesampler
from dragoman.agent.workload import data_config
from dragoman.core.manifests import assumed_manifest

pytestmark = pytest.mark.anyio

LOOK = """
import sys
from waggle.data.vision import Camera
sample = Camera("bottom_camera").snapshot()
print(sample.data.shape, sample.timestamp > 1661279233562104000)
with Camera("bottom") as camera:
    for _, sample in zip(range(3), camera.stream()):
        print(sample.data.shape)
try:
    Camera("top")
except KeyError as error:
    print(error)
"""


def described(address: str) -> str:
    """data-config.json of a node that nobody has described."""
    can = Abilities(commands={}, containers="", prefer_commands=True, channel="amqp", port=1, cameras=address)
    plate = read_plate("W023", assumed_manifest("W023", "000048b02d15bc7c"), host="h", cpus=1, memory=1)
    return data_config(plate, can)


@pytest.mark.slow
@pytest.mark.client
async def test_cameras_are_found_by_name(tmp_path: Path) -> None:
    """One picture, a stream of them, and the KeyError for a name that there is not."""
    cameras = Cameras()
    (tmp_path / "data-config.json").write_text(described(await cameras.open()))
    environment = {"PATH": os.defpath, "WAGGLE_DATA_CONFIG_PATH": str(tmp_path / "data-config.json")}
    pipe = asyncio.subprocess.PIPE
    plugin = await asyncio.create_subprocess_exec(sys.executable, "-c", LOOK, env=environment, stdout=pipe)
    async with asyncio.timeout(120):
        said, _ = await plugin.communicate()
    await cameras.close()
    shape = f"({HEIGHT}, {WIDTH}, 3)"
    assert [f"{shape} True", shape, shape, shape, "\"no device found 'top'\""] == said.decode().splitlines()


async def test_a_picture_is_a_png_of_now() -> None:
    """It moves with the time; what is no camera's address is not found."""
    cameras = Cameras()
    address = await cameras.open()

    def look(path: str) -> bytes:
        with urllib.request.urlopen(f"{address}/{path}", timeout=120) as answer:
            return bytes(answer.read())

    picture = await asyncio.to_thread(look, "bottom.png")
    assert (WIDTH, HEIGHT) == struct.unpack(">II", picture[16:24])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        await asyncio.to_thread(look, "secret")
    await cameras.close()


def test_pictures_are_whole() -> None:
    """As many bytes as their sizes say; another second, another picture."""
    assert len(b"FRAME\n") + WIDTH * HEIGHT * 3 // 2 == len(frame(0.0))
    rows = zlib.decompress(png(0.0)[41:-16])
    assert (WIDTH + 1) * HEIGHT == len(rows)
    assert png(0.0) != png(1.0)


def test_the_bundled_plugin_names_the_cameras_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is asked for another."""
    (tmp_path / "data-config.json").write_text(described("http://127.0.0.1:1"))
    monkeypatch.setenv("WAGGLE_DATA_CONFIG_PATH", str(tmp_path / "data-config.json"))
    assert "http://127.0.0.1:1/bottom.png" == imagesampler.camera("bottom")["snapshot"]
    with pytest.raises(LookupError, match=r"no camera top\. It has: bottom, bottom_camera"):
        imagesampler.camera("top")
