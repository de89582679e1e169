import json

import numpy as np
import pytest

from tacit.cli.main import main
from tacit_speech import Alphabet
from tacit_speech.acoustic import AcousticModel, ModelSettings, Normalization, Spectrogram
from tacit_speech.audio.sound import wav_bytes


@pytest.fixture
def folder(tmp_path):
    """Return a folder with an untrained recogniser and recordings, of which the transcripts of b and d do not fit."""
    model = AcousticModel.new(Alphabet.english(), Spectrogram(), Normalization(), ModelSettings(), seed=0)
    (tmp_path / "model").mkdir()
    model.save(tmp_path / "model")
    rng, rate = np.random.default_rng(0), model.sample_rate_hz
    for name in "abcd":
        sound = (0.1 * rng.normal(size=rate)).astype(np.float32)
        (tmp_path / f"{name}.wav").write_bytes(wav_bytes(sound, rate))
    rows = ["path,text", "a.wav,one two", f"b.wav,{'seven ' * 60}", "c.wav,three", "d.wav,drei 3"]
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_words_are_timed_and_what_cannot_be_is_named(folder, capsys):
    code = main(["speech", "align", str(folder / "model"), str(folder / "list.csv"), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["recordings"]) == (0, 2)
    assert [word["text"] for word in found["words"]] == ["one", "two", "three"]
    times = [time for word in found["words"][:2] for time in (word["start_s"], word["end_s"])]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= 1.1
    assert len(found["left_out"]) == 2
    assert "line 3: b" in found["left_out"][0]
    assert "frames" in found["left_out"][0]
    assert "'3' (U+0033)" in found["left_out"][1]


def test_times_are_written_as_other_tools_read_them(folder, capsys):
    target = folder / "times.ctm"
    assert main(["speech", "align", str(folder / "model"), str(folder / "list.csv"), "--out", str(target)]) == 0
    out = capsys.readouterr().out
    assert "2 recordings, 3 words aligned" in out
    assert "least clear, perhaps wrongly transcribed:" in out
    assert sorted(line.split()[4] for line in target.read_text().splitlines()) == ["one", "three", "two"]


def test_nothing_to_align_is_one_message(folder, capsys):
    (folder / "none.csv").write_text("path,text\na.wav,\n")
    assert main(["speech", "align", str(folder / "model"), str(folder / "none.csv")]) == 2
    assert "expected recordings with the transcripts of what was said" in capsys.readouterr().err
