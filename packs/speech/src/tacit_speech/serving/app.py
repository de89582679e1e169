"""The server: a recording in, its words out; or a stream in, its words so far out, while somebody speaks.

::

    POST /transcribe   a sound file as the body → words, times, credences
    WS   /stream       16-bit little-endian mono samples at the model's rate; the text "end" ends it
    GET  /load         how long the last requests took, and in what batches

It fetches nothing that a request names, writes nothing, and takes no more bytes and seconds than it was told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from tacit.errors import BadFile, BadValue, InputError
from tacit_speech.audio import read_untrusted
from tacit_speech.labeler import Heard, Recognizer
from tacit_speech.serving.answering import Answering, Piece, SoFar, Whole
from tacit_speech.serving.dispatch import MOST_IN_BATCH, MOST_WAITING, BatchDispatcher, Overloaded

UNSUPPORTED, POLICY_VIOLATION, TOO_BIG = 1003, 1008, 1009
"""Why a WebSocket is closed, RFC 6455, section 7.4.1."""


@dataclass(frozen=True)
class Limits:
    """What the server takes.

    Args:
        body_bytes: largest sound file.
        longest_s: longest recording or stream.
        most_in_batch: requests that are heard together.
        most_waiting: requests that may wait; more are told to come again.
        names: hosts under which it may be called, beside those of loopback.
    """

    body_bytes: int = 20 * 2**20
    longest_s: float = 60.0
    most_in_batch: int = MOST_IN_BATCH
    most_waiting: int = MOST_WAITING
    names: Sequence[str] = ()


def create_app(recognizer: Recognizer, limits: Limits | None = None) -> Starlette:
    """Return the application that serves a recogniser.

    Args:
        recognizer: hears.
        limits: of what it takes.

    Source: Amodei et al. 2016, section 7, arXiv:1512.02595.
    """
    limits = limits or Limits()
    answering = Answering(recognizer)

    @asynccontextmanager
    async def serving(app: Starlette) -> AsyncIterator[None]:
        dispatcher: BatchDispatcher[Whole | Piece, Heard | SoFar] = BatchDispatcher(
            answering, most_in_batch=limits.most_in_batch, most_waiting=limits.most_waiting
        )
        async with dispatcher:
            app.state.dispatcher = dispatcher
            yield

    app = Starlette(
        routes=[
            Route("/transcribe", transcribe, methods=["POST"]),
            Route("/load", load, methods=["GET"]),
            WebSocketRoute("/stream", stream),
        ],
        lifespan=serving,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", *limits.names]),
            Middleware(OwnOrigin),
        ],
        exception_handlers={InputError: _told, HTTPException: _refused},
    )
    app.state.recognizer, app.state.limits, app.state.answering = recognizer, limits, answering
    return app


async def transcribe(request: Request) -> Response:
    """Answer with what is said in the file that is the body."""
    limits: Limits = request.app.state.limits
    rate_hz = request.app.state.recognizer.model.sample_rate_hz
    body = await _body(request, limits.body_bytes)
    sound = await run_in_threadpool(read_untrusted, body, rate_hz, longest_s=limits.longest_s)
    heard: Heard = await request.app.state.dispatcher.submit(Whole(sound))
    return JSONResponse({**_shown(heard), "duration_s": len(sound) / rate_hz})


async def load(request: Request) -> Response:
    """Answer with how the last requests fared."""
    return JSONResponse(asdict(request.app.state.dispatcher.load()))


async def stream(socket: WebSocket) -> None:
    """Take pieces of sound and send what has been said so far after each of them."""
    await socket.accept()
    state, limits = socket.app.state, socket.app.state.limits
    rate_hz = state.recognizer.model.sample_rate_hz
    try:
        speaking = state.answering.open_stream()
    except BadValue as error:
        await _close(socket, UNSUPPORTED, error)
        return
    await socket.send_json({"sample_rate_hz": rate_hz, "delay_s": speaking.stream.delay_s})
    try:
        while True:
            samples, last = await _received(socket)
            if speaking.n_samples + len(samples) > limits.longest_s * rate_hz:
                raise BadFile("stream", got=f"more than {limits.longest_s:g} s", expected="a shorter one")
            so_far: SoFar = await state.dispatcher.submit(Piece(speaking, samples, last))
            sent = {"text": so_far.text, "heard_s": so_far.heard_s, "final": so_far.final}
            await socket.send_json(sent if so_far.heard is None else {**sent, **_shown(so_far.heard)})
            if last:
                await socket.close()
                return
    except WebSocketDisconnect:
        return
    except InputError as error:
        await _close(socket, TOO_BIG if isinstance(error, BadFile) else POLICY_VIOLATION, error)


class OwnOrigin:
    """Refuses what a page of another site makes a browser send; programs say nothing of where they come from.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] in ("http", "websocket"):
            headers = HTTPConnection(scope).headers
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != headers.get("host"):
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                else:
                    error = InputError("request", got=f"one from {origin}", expected="one from here")
                    await JSONResponse({"error": str(error)}, status_code=403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _body(request: Request, most: int) -> bytes:
    """Return the body, and stop reading where it is larger than it may be, whatever it says of itself."""
    parts, n_bytes = [], 0
    async for part in request.stream():
        n_bytes += len(part)
        if n_bytes > most:
            raise HTTPException(413, f"a file of at most {most:,} bytes")
        parts.append(part)
    return b"".join(parts)


async def _received(socket: WebSocket) -> tuple[np.ndarray, bool]:
    """Return the samples of the next message, and whether it ends the stream."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    content = message.get("bytes")
    if content is None:
        if message.get("text") != "end":
            raise BadValue("stream", got=repr(str(message.get("text"))[:40]), expected="samples, or the text 'end'")
        return np.zeros(0, np.float32), True
    if len(content) % 2:
        raise BadValue("stream", got=f"{len(content)} bytes", expected="samples of two bytes each")
    return np.frombuffer(content, dtype="<i2").astype(np.float32) / 32_768, False


def _shown(heard: Heard) -> dict[str, object]:
    return {
        "text": heard.text,
        "credence": heard.credence,
        "calibrated": heard.calibrated,
        "words": [asdict(word) for word in heard.words],
    }


async def _close(socket: WebSocket, code: int, error: InputError) -> None:
    await socket.send_json({"error": str(error)})
    await socket.close(code)


async def _told(request: Request, error: Exception) -> Response:
    del request
    if isinstance(error, Overloaded):
        return JSONResponse({"error": str(error)}, status_code=503, headers={"Retry-After": "1"})
    return JSONResponse({"error": str(error)}, status_code=400)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (it is registered for nothing else)
    plain = InputError(request.url.path, got=str(error.status_code), expected=error.detail)
    return JSONResponse({"error": str(plain)}, status_code=error.status_code)
