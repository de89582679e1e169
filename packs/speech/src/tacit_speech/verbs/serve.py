"""``tacit speech serve MODEL``: a server that transcribes recordings in batches, and streams while they are spoken."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tacit.errors import BadValue
from tacit_speech.verbs.lm_options import add_lm_arguments, beam_from, fusion_from

LOOPBACK = ("127.0.0.1", "localhost", "::1")
RIVALS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the sub-verb."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="the folder of a trained recogniser")
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine)")
    add("--port", type=int, default=8100, help="port to listen on, 0 for any (default: %(default)s)")
    add("--name", action="append", default=[], help="host name under which it is called; may be repeated")
    add("--behind-proxy", action="store_true", help="a proxy in front ends TLS and decides who may call")
    add("--most-in-batch", metavar="N", type=int, default=10, help="recordings heard together (default: %(default)s)")
    add("--most-waiting", metavar="N", type=int, default=200, help="more are told to come again (default: %(default)s)")
    add("--longest-s", metavar="S", type=float, default=60.0, help="longest recording (default: %(default)s)")
    add_lm_arguments(parser)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Serve until stopped.

    Raises:
        InputError: no such model, a port that is taken, or a server that others could reach with nothing before it.
        MissingExtra: the server's libraries are not installed.
    """
    from tacit_speech.labeler import Recognizer  # noqa: PLC0415 (torch)
    from tacit_speech.serving.app import Limits, create_app  # noqa: PLC0415 (an optional extra)
    from tacit_speech.serving.running import listen  # noqa: PLC0415
    from tacit_speech.serving.running import run as serve_until_stopped  # noqa: PLC0415

    if arguments.host not in LOOPBACK and not (arguments.behind_proxy and arguments.name):
        do = "It asks nobody who they are: put a proxy before it, and say --behind-proxy and --name"
        raise BadValue(f"--host {arguments.host}", got="nothing in front of it", expected="a proxy", do=do)
    recognizer = Recognizer.load(arguments.model)
    recognizer = Recognizer(
        recognizer.model,
        fusion_from(arguments, recognizer.model.alphabet),
        beam_from(arguments, n_best=RIVALS) if arguments.lm or arguments.beam else recognizer.settings,
        recognizer.confidence,
    )
    limits = Limits(
        longest_s=arguments.longest_s,
        most_in_batch=arguments.most_in_batch,
        most_waiting=arguments.most_waiting,
        names=arguments.name,
    )
    app = create_app(recognizer, limits)
    with listen(arguments.host, arguments.port) as listening:
        address = f"http://{arguments.host}:{listening.getsockname()[1]}"

        def ready() -> None:
            print(
                f"tacit speech serve: {arguments.model} is at {address} (stop with Ctrl-C)", file=sys.stderr, flush=True
            )

        try:
            serve_until_stopped(app, listening, ready)
        except KeyboardInterrupt:  # the usual way to stop
            print(file=sys.stderr)
    return {"model": str(arguments.model), "address": address}


def show(result: dict[str, Any]) -> str:
    """Return a closing sentence."""
    return f"Stopped serving {result['model']}."
