"""A real registry of container images of one's own, by TLS, with a certificate that only its users' settings trust."""

import gzip
import hashlib
import io
import json
import os
import socket
import ssl
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.hosts.parts import free_ports
from tests.tunnel import certify

_PROGRAM = "/usr/bin/docker-registry"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A running registry."""

    address: str
    """Host and port."""
    trust: str
    """The file of the certificate that its users must trust; empty: it is asked without TLS."""
    close: Callable[[], object]
    """Ends it."""

    @property
    def variables(self) -> Mapping[str, str]:
        """With which programs in Go and in Python trust it."""
        return {"SSL_CERT_FILE": self.trust, "REQUESTS_CA_BUNDLE": self.trust}

    def push(self, name: str, tag: str, place: str, **config: Any) -> str:
        """Add a directory as an image with this configuration; how it is named."""
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            archive.add(place, arcname=".")
        packed = gzip.compress(plain.getvalue(), mtime=0)
        told = {
            "architecture": "amd64",
            "os": "linux",
            "config": config,
            "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "a test"}],
            "rootfs": {"type": "layers", "diff_ids": [_digest(plain.getvalue())]},
        }
        trusted = ssl.create_default_context(cafile=self.trust) if self.trust else False
        below = f"http{'s' if self.trust else ''}://{self.address}/v2/{name}/"
        with httpx2.Client(base_url=below, verify=trusted, trust_env=False, timeout=120) as http:
            about = _blob(http, json.dumps(told).encode(), _CONFIG)
            layer = _blob(http, packed, _LAYER)
            manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": about, "layers": [layer]}
            body, kind = json.dumps(manifest).encode(), {"Content-Type": _MANIFEST}
            assert 201 == http.put(f"manifests/{tag}", content=body, headers=kind).status_code
        return f"{self.address}/{name}:{tag}"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _blob(http: httpx2.Client, content: bytes, kind: str) -> dict[str, Any]:
    place = http.post("blobs/uploads/").headers["Location"]
    sign = "&" if "?" in place else "?"
    octets = {"Content-Type": "application/octet-stream"}
    answer = http.put(f"{place}{sign}digest={_digest(content)}", content=content, headers=octets)
    assert 201 == answer.status_code, answer.text
    return {"mediaType": kind, "size": len(content), "digest": _digest(content)}


@contextmanager
def registry(place: Path, *, is_plain: bool = False) -> Iterator[Registry]:
    """A registry that keeps its images in a directory, until the context ends. Skips where none is.

    ``is_plain``: it has no TLS.
    """
    if not os.path.exists(_PROGRAM):
        pytest.skip("no registry here: apt-get install docker-registry")
    trust, own = place / "trust.pem", str(certify(place / "trust.pem", place / "own.pem", ("localhost",)))
    (port,) = free_ports(1)
    settings = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(place / "images")}},
        "http": {"addr": f"127.0.0.1:{port}"} | ({} if is_plain else {"tls": {"certificate": own, "key": own}}),
    }
    (place / "registry.yml").write_text(json.dumps(settings))
    with (place / "registry.log").open("wb") as log:
        served = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", _PROGRAM, "serve", place / "registry.yml"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _await(port, served)
        yield Registry(address=f"localhost:{port}", trust="" if is_plain else str(trust), close=served.kill)
    finally:
        served.kill()
        served.wait()


def _await(port: int, served: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert served.poll() is None, "the registry has ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)
