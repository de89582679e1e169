"""``tacit language``: the commands of the pack's README, and what they say when something is wrong."""

import json
import re
import shlex
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tacit.cli.main import main
from tacit_language.models import GPT, CharacterTokenizer, GPTConfig, load_model, save_model

README = Path(__file__).parents[2] / "README.md"
TEXT = "Dear Ann, the sea is blue and the sun is warm. Dear Ben, all is well here. " * 12
FEW = ["--steps", "3", "--width", "24", "--layers", "1", "--heads", "2", "--batch-tokens", "256"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the folder in which commands run, with what the README's commands read."""
    monkeypatch.chdir(tmp_path)
    Path("letters.txt").write_text(TEXT)
    chats = [{"prompt": f"Is {n} well?", "completion": "all is well here"} for n in range(40)]
    Path("chats.jsonl").write_text("".join(json.dumps(chat) + "\n" for chat in chats))
    return tmp_path


def run(capsys, *words):
    code = main(["language", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_commands_of_the_readme_do_what_it_says(folder, capsys):
    save_model(folder / "old-model", GPT(GPTConfig(64, 16, 1, 2, 4)), CharacterTokenizer("abc"))
    torch.save(load_file(folder / "old-model" / "model.safetensors"), folder / "old-model" / "pytorch_model.bin")
    (folder / "old-model" / "model.safetensors").unlink()
    commands = [line for line in README.read_text().splitlines() if line.startswith("tacit language")]
    assert len(commands) >= 5
    for command in commands:
        words = shlex.split(command)[2:]
        code, out, err = run(capsys, *words, *(FEW if words[0] == "train" else []))
        assert code == 0, err
        assert out
    text = "all is well"
    for name in ("runs/letters/model", "runs/chats/model", "runs/better/model"):
        _, tokenizer = load_model(name)
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert isinstance(load_model("new-model").model, GPT)


def test_training_lowers_the_held_out_loss_and_a_sample_is_the_same_again(folder, capsys):
    few = [*FEW[2:], "--steps", "40", "--learning-rate", "0.02"]
    code, out, _ = run(capsys, "train", "letters.txt", "--out", "run", *few, "--json")
    trained = json.loads(out)
    assert code == 0
    assert trained["held_out_loss"]["high"] < trained["first_loss"]["low"]
    assert trained["tokens"] == 40 * 256
    sample = ["sample", "run/model", "--prompt", "Dear", "--n", "2", "--max-new-tokens", "9", "--seed", "1", "--json"]
    first, again = (json.loads(run(capsys, *sample)[1])["texts"] for _ in range(2))
    assert first == again
    assert [text["prompt"] for text in first] == ["Dear", "Dear"]
    assert first[0]["text"] != first[1]["text"]
    code, _, err = run(capsys, "train", "letters.txt", "--out", "run", *few, "--seed", "1")
    assert (code, "checkpoints of a run with other batches" in err) == (2, True)


def test_replies_that_are_empty_or_too_long_are_left_out_and_counted(folder, capsys):
    with Path("chats.jsonl").open("a") as stream:
        stream.writelines(json.dumps({"prompt": "a", "completion": reply}) + "\n" for reply in ("", "a" * 127))
    code, out, _ = run(capsys, "train", "chats.jsonl", "--out", "run", *FEW)
    assert code == 0
    assert "2 dialogues were left out: their last reply is empty, or longer than the context" in out
    Path("long.jsonl").write_text(json.dumps({"prompt": "a", "completion": "b" * 200}) + "\n")
    _, _, err = run(capsys, "train", "long.jsonl", "--out", "other", *FEW)
    assert "long.jsonl: got 1 dialogues, all with an empty or too long reply, expected replies of at most 126" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sample", "nowhere/at/all"], r"nowhere/at/all: got no such folder"),
        (["train", "letters.txt", "chats.jsonl", "--out", "run"], r"chats.jsonl: got dialogues beside text"),
        (["train", "absent.txt", "--out", "run"], r"absent.txt: got No such file"),
        (["train", "letters.txt", "--out", "run", "--held-out", "2"], r"--held-out: got 2.0, expected a share"),
        (["train", "letters.txt", "--out", "run", "--lora", "4"], r"--lora: got no model to change"),
        (["train", "letters.txt", "--out", "run", "--heads", "5"], r"GPT width: got 96, expected a multiple of the 5"),
        (["convert", ".", "out"], r"\.: got no config.json"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(folder, capsys, words, said):
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert re.fullmatch(rf"tacit language: .*{said}.*\n", err)


def test_pickled_weights_are_refused_with_the_command_that_writes_them_anew(folder, capsys):
    save_model(folder / "old", GPT(GPTConfig(64, 16, 1, 2, 4)), CharacterTokenizer("abc"))
    weights = load_file(folder / "old" / "model.safetensors")
    (folder / "old" / "model.safetensors").unlink()
    torch.save(weights, folder / "old" / "pytorch_model.bin")
    code, _, err = run(capsys, "sample", "old", "--prompt", "a")
    assert code == 2
    assert "pytorch_model.bin: got pickled weights, which can run any program" in err
    assert "tacit language convert old NEW-FOLDER" in err
    assert run(capsys, "convert", "old", "new")[0] == 0
    assert all(
        torch.equal(weights[name], kept) for name, kept in load_file(folder / "new" / "model.safetensors").items()
    )
    assert run(capsys, "sample", "new", "--prompt", "a", "--max-new-tokens", "3")[0] == 0
    assert "a folder that exists" in run(capsys, "convert", "old", "new")[2]
    (folder / "old" / "pytorch_model.bin").write_bytes(
        b"cos\nsystem\n(S'echo hidden'\ntR."
    )  # a pickle that runs a program
    code, out, err = run(capsys, "convert", "old", "third")
    assert (code, "expected tensors alone, by name" in err, "hidden" in out) == (2, True, False)
