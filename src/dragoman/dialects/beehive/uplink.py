"""Takes in what nodes hand over: batches of records, and files. See docs/dialects/beehive.md#uplink."""

import asyncio
import base64
import binascii
import re
import zlib
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dragoman.core.errors import Denied, Invalid, TooLarge, Unauthenticated
from dragoman.core.field import Node
from dragoman.core.ports import Stored
from dragoman.dialects.beehive.door import Call
from dragoman.dialects.beehive.errors import json_answer
from dragoman.dialects.beehive.places import place_of
from dragoman.dialects.beehive.read_records import read_batch, read_upload
from dragoman.dialects.beehive.write import OBJECTS
from dragoman.web.aside import aside
from dragoman.web.body import parse_json, read_body

TIMES_LARGER = 8
"""A packed body may unpack to so many times the bytes that one may have."""
MOST_LOG = 1 << 18
"""Bytes of the log of a run, unpacked."""
PACKING = 1_024
"""Bytes that gzip may add to what it cannot pack."""
MOST_REFUSED = 100
"""So many refused records are told."""

_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_RUN = re.compile(r"[a-z0-9-]{1,300}")
_DIGEST = re.compile(r"(?:.*,)?\s*sha-512=:([A-Za-z0-9+/=]{88}):\s*(?:,.*)?")


async def take_records(call: Call) -> Response:
    """Keep a batch of records, once for all; says up to which number the node needs to send nothing again."""
    node = await _node(call)
    text = await _text(call.request, call.settings.server.body_bytes)
    now = call.data.now()
    read = await aside(len(text), lambda: read_batch(_json(text), node, now=now))
    receipt = await call.data.take(node, read.batch)
    refused = [{"number": number, "why": why} for number, why in read.refused.items() if number > receipt.before]
    return json_answer({"highest": receipt.highest, "refused": refused[:MOST_REFUSED], "now": now})


async def tell_marks(call: Call) -> Response:
    """Up to which number each stream of an outbox was taken; ``now`` lets a node see how wrong its clock is."""
    node = await _node(call)
    outbox = call.request.query_params.get("outbox", "")
    return json_answer({"marks": dict(await call.data.marks(node, outbox)), "now": call.data.now()})


async def take_upload(call: Call) -> Response:
    """Keep a file that a node uploads: 201, or 200 when it was there already."""
    node = await _node(call)
    headers = call.request.headers
    upload = read_upload(
        call.request.path_params["name"], _meta_of(headers.get("dragoman-meta", "{}")), node, now=call.data.now()
    )
    digest = _digest_of(headers.get("repr-digest", ""))
    stored = await _receive(call, _chunks(call.request, call.settings.upload.max_bytes))
    if stored.sha512 != digest:
        await asyncio.to_thread(call.blobs.remove, [stored.key])
        await asyncio.to_thread(call.blobs.settle, [stored.key])
        raise Invalid.field("Repr-Digest", why="The bytes that came are not those that were digested: send them again.")
    place = place_of(upload, node)
    url = f"{OBJECTS}{place}"
    is_new = await call.data.keep(node, upload, stored, place=place, url=url)
    return json_answer({"url": url, "now": call.data.now()}, 201 if is_new else 200)


async def take_log(call: Call) -> Response:
    """Keep what a run has written, apart from uploads: 201, or 200 when it was there already."""
    node = await _node(call)
    run, goal = call.request.path_params["run"], call.request.query_params.get("goal", "")
    if _RUN.fullmatch(run) is None:
        raise Invalid.field("run", why="A run is named by small letters, digits and hyphens.")
    content = await _bytes(call.request, MOST_LOG + PACKING, MOST_LOG)
    is_new = await call.run_logs.keep(node, goal, run, await _receive(call, _whole(content)))
    return json_answer({"now": call.data.now()}, 201 if is_new else 200)


async def _node(call: Call) -> Node:
    """The node whose token was sent. Raises Unauthenticated, and Denied on another node's path."""
    match = _BEARER.fullmatch(call.request.headers.get("authorization", "").strip())
    if match is None:
        raise Unauthenticated("Send the node's token as: Authorization: Bearer TOKEN.")
    node = await call.data.nodes.identify(match[1])
    if node.vsn.lower() != call.request.path_params["vsn"].lower():
        raise Denied(f"This token is that of {node.vsn}.")
    return node


async def _bytes(request: Request, most: int, most_unpacked: int) -> bytes:
    """The body, unpacked. Raises Invalid and TooLarge."""
    body = await read_body(request, most)
    packing = request.headers.get("content-encoding", "identity").lower()
    if packing == "gzip":
        return _unpacked(body, most_unpacked)
    if packing != "identity":
        raise Invalid.field("Content-Encoding", why="Send the body as it is, or packed with gzip.")
    return body


async def _text(request: Request, most: int) -> str:
    """The body as text. Raises Invalid and TooLarge."""
    body = await _bytes(request, most, most * TIMES_LARGER)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Invalid({(): ["The body must be UTF-8."]}) from error


def _unpacked(body: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(31)
    try:
        whole = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise Invalid({(): ["The body is not packed with gzip."]}) from error
    if len(whole) > most:
        raise TooLarge(f"The body may unpack to at most {most} bytes.")
    if not unpacker.eof:
        raise Invalid({(): ["The packed body ends too early."]})
    return whole


def _json(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        raise Invalid({(): [f"The body is no JSON: {error}"]}) from error


def _meta_of(header: str) -> Any:
    try:
        return parse_json(header)
    except ValueError as error:
        raise Invalid.field("Dragoman-Meta", why=f"This header must be JSON in ASCII: {error}") from error


def _digest_of(header: str) -> str:
    """The SHA-512 that a Repr-Digest header (RFC 9530) names, in hex. Raises Invalid."""
    match = _DIGEST.fullmatch(header)
    try:
        return base64.b64decode(match[1] if match else "", validate=True).hex() if match else _no_digest()
    except binascii.Error:
        return _no_digest()


def _no_digest() -> NoReturn:
    raise Invalid.field("Repr-Digest", why="Send the digest of the bytes as: Repr-Digest: sha-512=:BASE64:.")


async def _receive(call: Call, content: AsyncIterator[bytes]) -> Stored:
    """The content in the blob store; nothing is kept when this raises. Raises Invalid, TooLarge and Unavailable."""
    writer = call.blobs.writer()
    try:
        async for chunk in content:
            await writer.write(chunk)
        return await writer.commit()
    except BaseException:
        await writer.abort()
        raise


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _chunks(request: Request, most: int) -> AsyncIterator[bytes]:
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if most and size > most:
                raise TooLarge(f"A file may have at most {most} bytes.")
            yield chunk
    except ClientDisconnect as error:
        raise Invalid({(): ["The connection was closed before the body had ended."]}) from error
