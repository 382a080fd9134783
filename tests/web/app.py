"""A tiny service that stores what is uploaded and sends it back: ``python -m tests.web.app DIRECTORY``."""

import os
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import Problem
from dragoman.web.download import Download
from dragoman.web.multipart import parts

blobs = LocalBlobs(sys.argv[1])


def peak_memory() -> int:
    """The most kB this process ever had in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


async def upload(request: Request) -> Response:
    before, writer = peak_memory(), blobs.writer()
    try:
        async for part in parts(request):
            async for chunk in part:
                await writer.write(chunk)
        stored = await writer.commit()
    except Problem as problem:
        return JSONResponse({"kind": problem.kind, "why": str(problem)}, 400)
    finally:
        await writer.abort()
    return JSONResponse({"key": stored.key, "size": stored.size, "grown": peak_memory() - before}, 201)


async def download(request: Request) -> Response:
    source = blobs.open(request.path_params["key"])
    return Download(source, os.fstat(source.fileno()).st_size, content_type="application/octet-stream")


if __name__ == "__main__":
    routes = [Route("/", upload, methods=["POST"]), Route("/{key}", download)]
    config = uvicorn.Config(Starlette(routes=routes), loop="asyncio", http="httptools", log_level="warning")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        uvicorn.Server(config).run([listening])
