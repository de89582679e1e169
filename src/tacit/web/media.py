"""Media by the hash of their bytes, whole or one range: no name that a user gave ever touches a path."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tacit.errors import UnknownName
from tacit.store import Store
from tacit.store.work.media_ranges import MediaFound, MediaRanges
from tacit.web.asking import actor_of
from tacit.web.authorize import authorize

PURPOSES = ("peaks", "poster")
CHUNK_BYTES = 256 * 1024
RANGE = re.compile(r"^bytes=(\d{0,15})-(\d{0,15})$")
SHOWN = re.compile(r"^(image/(png|jpeg|gif|webp|avif|bmp)|(audio|video)/[\w.+-]+)$")
"""What browsers show without running anything in it. All else, SVG and HTML above all, is only ever a download."""


def media_routes() -> list[BaseRoute]:
    """Return the routes of media, and of the first look at items."""
    return [
        Route("/media/{media_id}", give_media, methods=["GET"], name="give_media"),
        Route("/preview/{item_id}/{purpose}", give_preview, methods=["GET"], name="give_preview"),
    ]


async def give_preview(request: Request) -> Response:
    """Give the outline of a sound or the picture of a film; nothing, where none was made."""
    authorize(await actor_of(request), "media.read")
    item_id, purpose = request.path_params["item_id"], request.path_params["purpose"]
    store: Store = request.app.state.store
    found = None
    if re.fullmatch(r"[0-9a-f]{64}", item_id) and purpose in PURPOSES:
        found = await run_in_threadpool(store.people.previews.find, item_id, purpose)
    if found is None:
        return Response(status_code=204)
    return Response(found.content, headers=_safe(found.media_type))


async def give_media(request: Request) -> Response:
    """Give the bytes with this hash, or one range of them."""
    authorize(await actor_of(request), "media.read")
    media_id = request.path_params["media_id"]
    store: Store = request.app.state.store
    found = None
    if re.fullmatch(r"[0-9a-f]{64}", media_id):
        found = await run_in_threadpool(store.people.media.find, media_id)
    if found is None:
        raise UnknownName("media", media_id[:64], ())
    headers = {**_safe(found.media_type), "Accept-Ranges": "bytes", "ETag": f'"{media_id}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    part = _range(request.headers.get("range"), found.n_bytes)
    if part is None:
        headers["Content-Range"] = f"bytes */{found.n_bytes}"
        return Response(status_code=416, headers=headers)
    start, end, status = part
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.n_bytes}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(_chunks(store.people.media, found, start, end), status_code=status, headers=headers)


def _range(header: str | None, n_bytes: int) -> tuple[int, int, int] | None:
    """Return start, end and status of what is wanted; None for a range that lies outside.

    Several ranges at once are answered with the whole: sorting and merging them costs a server more than a client.
    """
    match = RANGE.match(header.replace(" ", "")) if header else None
    if match is None or not (match[1] or match[2]):
        return 0, n_bytes, 200
    if not match[1]:
        return (max(n_bytes - int(match[2]), 0), n_bytes, 206) if int(match[2]) and n_bytes else None
    start, end = int(match[1]), min(int(match[2]) + 1, n_bytes) if match[2] else n_bytes
    return (start, end, 206) if start < end else None


def _safe(media_type: str) -> dict[str, str]:
    """Return headers under which the bytes cannot act, whatever they are."""
    headers = {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    if SHOWN.match(media_type):
        return {**headers, "Content-Type": media_type}
    return {**headers, "Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}


async def _chunks(media: MediaRanges, found: MediaFound, start: int, end: int) -> AsyncIterator[bytes]:
    while start < end:
        chunk = await run_in_threadpool(media.read, found, start, min(CHUNK_BYTES, end - start))
        if not chunk:
            return
        start += len(chunk)
        yield chunk
