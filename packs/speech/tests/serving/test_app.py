"""The server transcribes recordings and streams, and takes nothing that it should not."""

import json
import re
import signal
import subprocess
import sys

import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from websockets.sync.client import connect

from tacit.cli.main import main
from tacit.errors import BadFile
from tacit_speech import Alphabet
from tacit_speech.acoustic import AcousticModel, ModelSettings, Spectrogram
from tacit_speech.acoustic.corpus import corpus_normalization
from tacit_speech.audio import read_untrusted, wav_bytes
from tacit_speech.labeler import Recognizer
from tacit_speech.labeler.simulated import RATE_HZ, WORDS, simulated_speech
from tacit_speech.serving.app import Limits, create_app

CALL = "import sys; from tacit.cli.main import main; sys.exit(main())"
PATIENCE_S = 120.0


@pytest.fixture
def open_client(recognizer):
    """What opens a client of a server of the recogniser."""
    opened = []

    def make(with_recognizer=None, **limits):
        app = create_app(with_recognizer or recognizer, Limits(**limits))
        client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        opened.append(client.__enter__())
        return opened[-1]

    yield make
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture(scope="module")
def streaming():
    """A recogniser that can stream; it has learned nothing, and says what it says."""
    spectrogram = Spectrogram(RATE_HZ, mel_bands=16)
    normalization = corpus_normalization(spectrogram, simulated_speech(["lo hi", "up mid"], seed=2))
    settings = ModelSettings(layers=1, width=16, both_ways=False, lookahead=4)
    return Recognizer(AcousticModel.new(Alphabet(tuple(WORDS)), spectrogram, normalization, settings, seed=3))


def wav(text="lo", seed=1):
    return wav_bytes(simulated_speech([text], seed=seed)[0], RATE_HZ)


def pcm(sound):
    return (np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes()


def test_a_recording_is_transcribed_and_the_load_is_told(open_client):
    client = open_client()
    answer = client.post("/transcribe", content=wav("lo"))
    assert answer.status_code == 200
    said = answer.json()
    assert said["text"] == "lo"
    assert 0 < said["words"][0]["start_s"] < said["words"][0]["end_s"] < said["duration_s"] < 1
    assert 0 <= said["credence"] <= 1
    load = client.get("/load").json()
    assert load["n"] == 1
    assert load["p98_s"] >= load["median_s"] > 0


def test_a_stream_ends_with_what_the_whole_recording_says(open_client, streaming):
    client = open_client(streaming)
    sound = np.round(simulated_speech(["lo hi up"], seed=5)[0] * 32_767) / 32_767
    with client.websocket_connect("ws://127.0.0.1/stream") as socket:
        assert socket.receive_json()["sample_rate_hz"] == RATE_HZ
        for at in range(0, len(sound), 1_000):
            socket.send_bytes(pcm(sound[at : at + 1_000]))
            so_far = socket.receive_json()
            assert so_far["final"] is False
        assert so_far["heard_s"] == pytest.approx(len(sound) / RATE_HZ)
        socket.send_text("end")
        final = socket.receive_json()
    assert final["final"] is True
    whole = client.post("/transcribe", content=wav_bytes(sound.astype(np.float32), RATE_HZ)).json()
    assert final["text"] == whole["text"]


def test_a_model_that_hears_recordings_whole_does_not_stream(open_client):
    with open_client().websocket_connect("ws://127.0.0.1/stream") as socket:
        assert "--streaming" in socket.receive_json()["error"]


@pytest.mark.parametrize(("message", "said"), [("stop", "the text 'end'"), (b"abc", "two bytes each")])
def test_what_is_no_sound_ends_a_stream(open_client, streaming, message, said):
    with open_client(streaming).websocket_connect("ws://127.0.0.1/stream") as socket:
        socket.receive_json()
        (socket.send_text if isinstance(message, str) else socket.send_bytes)(message)
        assert said in socket.receive_json()["error"]


def test_a_stream_that_goes_on_too_long_is_ended(open_client, streaming):
    with open_client(streaming, longest_s=0.5).websocket_connect("ws://127.0.0.1/stream") as socket:
        socket.receive_json()
        socket.send_bytes(pcm(np.zeros(RATE_HZ)))
        assert "more than 0.5 s" in socket.receive_json()["error"]


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PLAYLIST, "begins with b'#EXTM3U"),
        (b"ffconcat version 1.0\nfile '/etc/hostname'\n", "begins with b'ffconcat"),
        (b"<?xml version='1.0'?><MPD></MPD>", "begins with"),
        (b"", "begins with b''"),
        (b"RIFF\x00\x00\x00\x00WAVEnothing more", "sound"),
        (wav()[:40], "sound"),
    ],
)
def test_what_is_no_sound_is_refused_before_anything_opens_it(open_client, content, said):
    answer = open_client().post("/transcribe", content=content)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_too_many_bytes_and_too_many_seconds_are_refused(open_client):
    client = open_client(body_bytes=1_000, longest_s=0.1)
    assert client.post("/transcribe", content=wav()).status_code == 413
    with pytest.raises(BadFile, match=r"more than 0\.1 s"):
        read_untrusted(wav(), RATE_HZ, longest_s=0.1)


def test_other_sites_other_hosts_and_other_methods_are_refused(open_client):
    client = open_client()
    assert client.post("/transcribe", content=wav(), headers={"Origin": "http://evil.invalid"}).status_code == 403
    assert client.get("/load", headers={"Host": "evil.invalid"}).status_code == 400
    assert client.get("/transcribe").status_code == 405
    assert "error" in client.get("/nothing").json()
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("ws://127.0.0.1/stream", headers={"Origin": "http://evil.invalid"}),
    ):
        pass


def test_the_command_serves_recordings_and_streams_until_it_is_stopped(streaming, tmp_path):
    streaming.save(tmp_path / "model")
    command = [sys.executable, "-c", CALL, "speech", "serve", str(tmp_path / "model"), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = server.stderr.readline()
            address = re.search(r" is at (http://\S+)", line)[1]
            answer = httpx.post(f"{address}/transcribe", content=wav(), trust_env=False, timeout=PATIENCE_S)
            assert answer.status_code == 200
            with connect(f"ws{address.removeprefix('http')}/stream", proxy=None) as socket:
                assert json.loads(socket.recv())["sample_rate_hz"] == RATE_HZ
                socket.send(pcm(simulated_speech(["hi"])[0]))
                assert json.loads(socket.recv())["final"] is False
                socket.send("end")
                assert json.loads(socket.recv())["final"] is True
            server.send_signal(signal.SIGINT)
            stdout, stderr = server.communicate(timeout=PATIENCE_S)
        finally:
            server.kill()
    assert server.returncode == 0, stderr
    assert json.loads(stdout)["address"] == address


def test_others_are_not_let_in_without_a_proxy_before_it(tmp_path, capsys):
    assert main(["speech", "serve", str(tmp_path), "--host", "192.0.2.1"]) == 2
    assert "expected a proxy" in capsys.readouterr().err
    assert main(["speech", "serve", str(tmp_path)]) == 2
    assert "model.json" in capsys.readouterr().err
