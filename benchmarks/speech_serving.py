"""How long people wait for a recogniser that serves many: percentiles against load, and what the simulation foretells.

Streams send recordings at random, each once every `--interval` seconds on average, to `tacit speech serve` in a process
of its own. The service time is fitted to the latencies of the lightest load, and the simulation of Batch Dispatch then
foretells the others; beside it stands the same server without batches.

``python benchmarks/speech_serving.py [--streams 4,8,16] [--seconds 12] [--json]``
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from tacit.errors import TacitError
from tacit_speech.audio import wav_bytes
from tacit_speech.labeler import Recognizer, Retraining, taught
from tacit_speech.labeler.simulated import RATE_HZ, simulated_speech, simulated_texts
from tacit_speech.serving import fit_service_time, simulate_queue

CALL = "import sys; from tacit.cli.main import main; sys.exit(main())"
QUANTILES = (0.5, 0.9, 0.98)


@contextmanager
def serving(model: Path, most_in_batch: int) -> Iterator[str]:
    """Start the server and yield its address."""
    words = ["speech", "serve", str(model), "--port", "0", "--most-in-batch", str(most_in_batch)]
    command = [sys.executable, "-c", CALL, *words, "--most-waiting", "100000"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stderr is not None  # noqa: S101 (it is piped)
            found = re.search(r" is at (http://\S+)", server.stderr.readline())
            if found is None:
                raise SystemExit(f"no server: {server.stderr.read()}")
            yield found[1]
        finally:
            server.terminate()


async def send(address: str, body: bytes) -> float:
    """Send one recording over a connection of its own and return the seconds until its answer."""
    where = urlsplit(address)
    before = time.monotonic()
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = (
        f"POST /transcribe HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    if b" 200 " not in answer[:20]:
        raise SystemExit(answer.decode(errors="replace"))
    return time.monotonic() - before


async def load(address: str, bodies: list[bytes], streams: int, interval_s: float, seconds: float) -> list[float]:
    """Send recordings of many streams at random times and return how long each took."""
    rng = np.random.default_rng(streams)
    gaps = rng.exponential(interval_s / streams, size=int(2 * seconds * streams / interval_s))
    times = np.cumsum(gaps)
    begun, tasks = time.monotonic(), []
    for number, at_s in enumerate(times[times < seconds].tolist()):
        await asyncio.sleep(max(0.0, begun + at_s - time.monotonic()))
        tasks.append(asyncio.create_task(send(address, bodies[number % len(bodies)])))
    return list(await asyncio.gather(*tasks))


def measured(latencies: list[float]) -> dict[str, float]:
    """Return percentiles in milliseconds."""
    return {f"p{round(100 * q)}_ms": 1e3 * float(np.quantile(latencies, q)) for q in QUANTILES} | {"n": len(latencies)}


def main() -> None:
    """Measure every load, and foretell it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", default="4,8,16")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between two recordings of a stream")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    loads = [int(n) for n in arguments.streams.split(",")]
    texts = simulated_texts(60, seed=1)
    model = taught(
        None,
        simulated_speech(texts, seed=1),
        texts,
        sample_rate_hz=RATE_HZ,
        how=Retraining(takes=800, symbols="words"),
        seed=0,
    )
    bodies = [wav_bytes(sound, RATE_HZ) for sound in simulated_speech(simulated_texts(40, seed=2), seed=2)]
    result: dict[str, Any] = {"interval_s": arguments.interval, "loads": {}}
    with tempfile.TemporaryDirectory() as folder:
        Recognizer(model).save(Path(folder))
        for name, most in (("eager batches", 10), ("one by one", 1)):
            with serving(Path(folder), most) as address:
                asyncio.run(load(address, bodies, 2, arguments.interval, 2.0))  # what is slow once is over
                for n in loads:
                    seen = asyncio.run(load(address, bodies, n, arguments.interval, arguments.seconds))
                    result["loads"].setdefault(n, {})[name] = measured(seen)
    first = result["loads"][loads[0]]["eager batches"]
    try:
        service = fit_service_time(
            first["p50_ms"] / 1e3, first["p98_ms"] / 1e3, n_streams=loads[0], interval_s=arguments.interval
        )
    except TacitError as error:
        result["foretold"] = str(error)
    else:
        result["service_ms"] = {"fixed": 1e3 * service.fixed_s, "per_request": 1e3 * service.per_request_s}
        for n in loads[1:]:
            queue = simulate_queue(n, service, interval_s=arguments.interval)
            result["loads"][n]["foretold"] = {f"p{round(100 * q)}_ms": 1e3 * queue.quantile_s(q) for q in QUANTILES}
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
