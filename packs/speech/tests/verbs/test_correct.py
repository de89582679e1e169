"""The whole loop by one command, with a simulated person."""

import csv
import json

import pytest

from tacit.cli.main import main
from tacit.store import Store
from tacit_speech.audio import wav_bytes
from tacit_speech.labeler.simulated import RATE_HZ, simulated_speech, simulated_texts

QUICK = ["--symbols", "words", "--seen", "80", "--judge", "simulated"]


@pytest.fixture
def manifest(tmp_path):
    """A hundred takes with what is said in them, one of them twice, and one that is no sound."""
    texts = simulated_texts(100, seed=31, most_words=1)
    rows = [("path", "text", "name")]
    for k, (text, sound) in enumerate(zip(texts, simulated_speech(texts, seed=31), strict=True)):
        (tmp_path / f"t{k}.wav").write_bytes(wav_bytes(sound, RATE_HZ))
        rows.append((f"t{k}.wav", text, f"t{k}"))
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    rows += [("broken.wav", "lo", "broken"), ("t0.wav", texts[0], "again")]
    with (tmp_path / "takes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "takes.csv"


def correct(manifest, out, capsys, *words):
    code = main(["speech", "correct", str(manifest), "--out", str(out), *QUICK, *map(str, words), "--json"])
    said = capsys.readouterr()
    return code, (json.loads(said.out) if code == 0 else said.err)


def test_the_loop_corrects_learns_promises_and_writes(manifest, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["--labels", 28, "--first", 20, "--round", 8, "--growth", 0, "--check", 50, "--precision", 0.6]
    code, result = correct(manifest, out, capsys, *words)
    assert code == 0, result
    assert [one["labels"] for one in result["rounds"]] == [20, 28]
    assert all(0 <= one["error"] <= 1 for one in result["rounds"])
    assert result["labels"] == 28
    assert result["check"] == 50
    with (out / "transcripts.csv").open() as file:
        written = list(csv.DictReader(file))
    assert len(written) == 100
    assert sum(one["by"] == "people" for one in written) == 28
    assert sum(one["by"] == "manifest" for one in written) == 50
    assert any("broken" in note for note in result["notes"])
    assert any("the same sound as t0" in note for note in result["notes"])
    with Store.open(out / "project") as store:
        judged = store.judgments()
        assert set(judged["labeler_id"]) == {"simulated", "speech"}
        assert judged.filter(labeler_id="speech").height == 22
    assert (out / "model" / "model.json").is_file()
    assert json.loads((out / "run.json").read_text())["judgments_hash"]

    code, again = correct(manifest, out, capsys, *words[:1], 32, *words[2:])  # a run that goes on
    assert code == 0, again
    assert [one["labels"] for one in again["rounds"]] == [20, 28, 32]
    assert main(["aggregate", str(out / "project"), "--method", "transcripts"]) == 0
    assert "least reliable labelers" in capsys.readouterr().out


def test_what_makes_no_sense_is_refused(manifest, tmp_path, capsys):
    code, said = correct(manifest, tmp_path / "run", capsys, "--labels", 0)
    assert code == 2
    assert "plan, labels" in said
    (tmp_path / "bare.csv").write_text("path\nt1.wav\n")
    code, said = correct(tmp_path / "bare.csv", tmp_path / "other", capsys)
    assert code == 2
    assert "--judge simulated" in said
