import json

import numpy as np
import pytest

from tacit.cli.main import main
from tacit.measure.transcripts.timed import read_ctm
from tacit_speech import Alphabet
from tacit_speech.acoustic import AcousticModel, ModelSettings, Normalization, Spectrogram
from tacit_speech.audio import read_sound, wav_bytes


@pytest.fixture
def model(singers):
    """Return the folder of a recogniser that says something, though it has learned nothing."""
    settings = ModelSettings(layers=1, width=12)
    made = AcousticModel.new(
        Alphabet(tuple("domis ")), Spectrogram(8_000, mel_bands=20), Normalization(), settings, seed=3
    )
    made.network.head.bias.data[:] = 0.0
    made.save(singers / "model")
    return "model"


def transcribed(capsys, *words):
    code = main(["speech", "transcribe", *words, "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


def test_every_recording_gets_a_text_and_known_ones_their_errors(singers, model, capsys):
    found = transcribed(capsys, model, "recordings", "new_recordings")
    assert len(found["transcripts"]) == 22
    assert found["errors"]["utterances"] == 20
    assert {one["speaker"] for one in found["errors"]["speakers"]} == {"ann", "bob"}


def test_a_long_recording_is_heard_in_pieces_with_times_that_go_on(singers, model, capsys):
    sound = np.tile(read_sound(singers / "new_recordings" / "0.wav", 8_000), 12)
    (singers / "long.wav").write_bytes(wav_bytes(sound, 8_000))
    found = transcribed(capsys, model, "long.wav", "--piece-s", "2", "--out", "long.ctm")
    words = found["transcripts"][0]["words"]
    starts = [word["start_s"] for word in words]
    assert starts == sorted(starts)
    assert 5 < max(word["end_s"] for word in words) <= len(sound) / 8_000 + 0.03
    assert [one.text for one in read_ctm(singers / "long.ctm")] == [word["text"] for word in words]


def test_a_stretch_of_a_file_has_the_times_of_the_file(singers, model, capsys):
    sound = np.tile(read_sound(singers / "new_recordings" / "0.wav", 8_000), 3)
    (singers / "talk.wav").write_bytes(wav_bytes(sound, 8_000))
    (singers / "talk.stm").write_text("talk 1 ann 1.00 2.00 do mi\n")
    words = transcribed(capsys, model, "talk.stm")["transcripts"][0]["words"]
    assert all(1.0 <= word["start_s"] < word["end_s"] <= 2.03 for word in words)


def test_what_cannot_be_heard_is_named_and_the_rest_goes_on(singers, model, capsys):
    (singers / "new_recordings" / "bad.wav").write_text("no sound")
    (singers / "new_recordings" / "silent.wav").write_bytes(wav_bytes(np.zeros(800, np.float32), 8_000))
    found = transcribed(capsys, model, "new_recordings")
    assert len(found["transcripts"]) == 2
    assert sorted(one["what"] for one in found["left_out"]) == ["bad", "silent"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere", "new_recordings"], "nowhere/model.json: got no such file"),
        (["model", "bad.wav"], "bad.wav: got nothing that can be heard"),
        (["model", "new_recordings", "--piece-s", "0"], "--piece-s: got 0.0"),
        (["model", "new_recordings", "--out", "a.docx"], r"a.docx: got .docx, expected one of"),
    ],
)
def test_a_call_that_cannot_work_is_one_message(singers, model, capsys, words, message):
    (singers / "bad.wav").write_text("no sound")
    assert main(["speech", "transcribe", *words]) == 2
    out, err = capsys.readouterr()
    told = [line for line in err.splitlines() if not line.startswith(("listening", "transcribing"))]
    assert (out, len(told)) == ("", 1)
    assert message in told[0]
