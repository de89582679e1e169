import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tacit.cli.main import main
from tacit_speech.acoustic import AcousticModel, Stream
from tacit_speech.audio import read_manifest, read_sound, wav_bytes

README = Path(__file__).parents[2] / "README.md"
TACIT = Path(sys.executable).with_name("tacit")
QUICK = ["--sample-rate", "8000", "--bands", "20", "--layers", "1", "--width", "12"]


@pytest.fixture(autouse=True)
def one_thread():
    """Let the tests' own process add up in the order in which the command does."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(capsys, *words):
    code = main(["speech", *words])
    out, err = capsys.readouterr()
    return code, out, err


def result(capsys, *words):
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_the_commands_of_the_readme_lead_from_recordings_to_a_page_with_the_errors(singers, capsys):
    section = README.read_text().partition("## From a folder of recordings to a recogniser")[2].partition("\n## ")[0]
    commands = re.findall(r"^tacit .+$", section, re.MULTILINE)
    assert len(commands) == 6
    for command in commands:
        quick = ["--epochs", "2", *QUICK] if " train " in command else []
        assert main([*shlex.split(command)[1:], *quick]) == 0, command + capsys.readouterr().err
    shown = capsys.readouterr().out
    assert "errors on what was held out, which training has not heard:" in shown
    page = (singers / "errors.html").read_text()
    assert "<audio" in page
    assert (singers / "words.ctm").exists()
    assert len(read_manifest(singers / "transcripts.csv").recordings) == 2


def test_words_that_were_planted_are_understood_and_errors_told_by_speaker(singers, capsys):
    (singers / "words.json").write_text(json.dumps([" ", "do", "mi", "so"]))
    train = ["train", "recordings", "--out", "run", *QUICK, "--alphabet", "words.json", "--epochs", "45"]
    found = result(
        capsys, *train, "--learning-rate", "0.03", "--batch-size", "4", "--no-augmentation", "--held-out", "0.3"
    )
    assert found["utterances"] == 14
    assert found["held_out"]["utterances"] == 6
    assert found["held_out"]["wer"]["estimate"] <= 2 / 6  # guessing would miss two thirds
    assert {one["speaker"] for one in found["held_out"]["speakers"]} <= {"ann", "bob"}
    trained = {one.path for one in read_manifest(singers / "run" / "trained_on.csv").recordings}
    held_out = {one.path for one in read_manifest(singers / "run" / "held_out.csv").recordings}
    assert (len(trained), len(held_out), trained & held_out) == (14, 6, set())


def test_a_killed_training_goes_on_to_the_same_weights(singers, capsys):
    words = ["train", "recordings", *QUICK, "--epochs", "4", "--out"]
    process = subprocess.Popen(
        [TACIT, "speech", *words, "killed"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    progress, deadline = singers / "killed" / "progress.jsonl", time.monotonic() + 120
    while not progress.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert progress.exists()
    result(capsys, *words, "killed")
    result(capsys, *words, "whole")
    killed, whole = ((singers / name / "model.safetensors").read_bytes() for name in ("killed", "whole"))
    assert killed == whole
    assert [row["epoch"] for row in map(json.loads, progress.read_text().splitlines())] == [1, 2, 3, 4]


def test_the_same_command_again_trains_no_more_and_another_is_refused(singers, capsys):
    words = ["train", "recordings", "--out", "run", *QUICK, "--epochs", "1"]
    first = result(capsys, *words)
    written = (singers / "run" / "model.safetensors").stat().st_mtime_ns
    assert result(capsys, *words) == first
    assert (singers / "run" / "model.safetensors").stat().st_mtime_ns == written
    code, out, err = run(capsys, *words, "--seed", "1")
    assert (code, out) == (2, "")
    assert "run: got a run with seed = 0, not 1, expected an empty folder" in err


def test_a_streaming_model_is_trained_for_its_corpus_and_streams(singers, capsys):
    result(capsys, "train", "recordings", "--out", "run", *QUICK, "--epochs", "1", "--streaming", "--lookahead", "3")
    model = AcousticModel.load(singers / "run")
    sound = read_sound(singers / "new_recordings" / "0.wav", 8_000)
    stream = Stream(model)
    parts = [stream.push(sound[:2_000]), stream.push(sound[2_000:]), stream.finish()]
    (whole,) = model.posteriors([sound])
    assert np.concatenate([one.log_posteriors for one in parts]) == pytest.approx(whole.log_posteriors, abs=1e-5)


def test_word_pieces_are_learned_from_the_transcripts(singers, capsys):
    found = result(capsys, "train", "recordings", "--out", "run", *QUICK, "--epochs", "1", "--word-pieces", "7")
    assert found["symbols"] == 8  # "d i m o s", the space, one pair, and the blank


# ---- bad input: named with file and row, and the rest goes on


def test_whatever_is_wrong_with_a_recording_it_is_named_and_the_others_are_learned(singers, capsys):
    loud = 8 * read_sound(singers / "recordings" / "ann" / "0.wav", 8_000)
    for name, sound in {
        "silent": np.zeros(4_000),
        "none": np.zeros(0),
        "loud": loud,
        "long": np.tile(loud / 9, 20),
    }.items():
        (singers / f"{name}.wav").write_bytes(wav_bytes(sound.astype(np.float32), 8_000))
    (singers / "slow.wav").write_bytes(wav_bytes(loud / 9, 4_000))
    (singers / "text.wav").write_text("no sound")
    (singers / "list.csv").write_text(
        "path,text\nrecordings/ann/0.wav,do\nrecordings/ann/1.wav,mi\nrecordings/bob/2.wav,so\n"
        "gone.wav,do\nsilent.wav,do\nnone.wav,do\nlong.wav,do\ntext.wav,do\n"
        "recordings/ann/4.wav,do mi so do mi so do mi so do mi so\nrecordings/ann/5.wav,fa\nrecordings/ann/6.wav,\n"
        "loud.wav,do\nslow.wav,do\n"
    )
    (singers / "symbols.json").write_text(json.dumps(list("domis ")))
    words = ["train", "list.csv", "--out", "run", *QUICK, "--alphabet", "symbols.json", "--longest-s", "5"]
    found = result(capsys, *words, "--epochs", "1", "--held-out", "0")
    assert found["utterances"] == 5
    assert {int(one["where"].rpartition(" ")[2]): re.split("[:,]", one["reason"])[0] for one in found["left_out"]} == {
        5: "no such file",
        6: "silence",
        7: "no sound",
        8: "7 s long",
        9: "got Invalid data found when processing input",
        10: "35 symbols in 0.35 s",
        11: "'f' (U+0066) as character 1 is not in the alphabet",
        12: "no transcript",
    }
    assert [one["reason"].partition(":")[0] for one in found["warnings"]] == ["clipped", "recorded at 4000 Hz"]
    assert found["held_out"] is None
    assert "silent" in (singers / "run" / "left_out.txt").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.csv"], "nowhere.csv: got no such file or folder"),
        (["new_recordings"], "nothing to train on: .*no transcript"),
        (["recordings", "--held-out", "1.5"], "--held-out: got 1.5, expected a share from 0 to below 1"),
        (["recordings", "--held-out-speakers", "eve"], "--held-out-speakers: got 'eve', expected one of ann, bob"),
        (["recordings", "--alphabet", "none.json"], "--alphabet none.json: got .*No such file"),
        (["recordings", "--word-pieces", "2"], "--word-pieces: got 2 symbols for 6 characters"),
        (["recordings", "--epochs", "0"], "epochs, batch_size: got 0, 32"),
        (["recordings", "--sample-rate", "0"], "--sample-rate: got 0"),
    ],
)
def test_a_call_that_cannot_work_is_one_message(singers, capsys, words, message):
    code, out, err = run(capsys, "train", *words, "--out", "run", *(QUICK if "--sample-rate" not in words else []))
    told = [line for line in err.splitlines() if not line.startswith(("listening", "training"))]
    assert (code, out, len(told)) == (2, "", 1)
    assert re.search(message, told[0])
    assert not (singers / "run").exists()
