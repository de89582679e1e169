import argparse
import json

import numpy as np
import pytest

from tacit.cli.main import main
from tacit.errors import BadFile, BadValue
from tacit_speech import Alphabet, Posteriors
from tacit_speech.verbs.lm_options import add_lm_arguments, beam_from, decoder_from, fusion_from

TEXT = "a b a\nb a\na a b\n" * 3


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(capsys, *words):
    code = main(["speech", *map(str, words)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_model_is_built_measured_pruned_and_converted(tmp_path, text, capsys):
    code, out, _ = run(capsys, "lm", "build", text, "--order", "2", "--out", tmp_path / "m.arpa")
    assert code == 0
    assert out.startswith("a model over words of order 2: 5 1-grams, 7 2-grams\nfrom 9 sentences, 24 tokens\n")
    assert "by default: too little text" in out
    code, out, _ = run(capsys, "lm", "evaluate", tmp_path / "m.arpa", text, "--json")
    found = json.loads(out)
    assert (code, found["sentences"], found["tokens"], found["unknown"]) == (0, 9, 24, 0)
    assert found["perplexity"]["low"] <= found["perplexity"]["mean"] <= found["perplexity"]["high"]
    code, out, _ = run(capsys, "lm", "prune", tmp_path / "m.arpa", "--threshold", "10", "--out", tmp_path / "p.npz")
    assert (code, "before: 5, 7" in out) == (0, True)
    code, out, _ = run(capsys, "lm", "convert", tmp_path / "p.npz", "--out", tmp_path / "p.arpa", "--json")
    assert json.loads(out)["ngrams"] == [5]
    assert "ngram 1=5" in (tmp_path / "p.arpa").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lm", "build", "none.txt", "--out", "m.arpa"], "none.txt: got no such file or directory"),
        (["lm", "build", "text.txt", "--out", "m.bin"], "--out: got m.bin, expected a name that ends in .arpa or .npz"),
        (["lm", "build", "text.txt", "--order", "0", "--out", "m.arpa"], "got 0, expected 1 or more"),
        (["lm", "evaluate", "text.txt", "text.txt"], r"expected a whole ARPA file"),
        (["lm", "evalate", "text.txt"], "Did you mean 'evaluate'?"),
        (["align", "no-model", "no-manifest"], "no-manifest"),
    ],
)
def test_mistakes_are_told_without_a_traceback(tmp_path, text, capsys, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    code, out, told = run(capsys, *words)
    assert (code, out) == (2, "")
    assert message in told
    assert "Traceback" not in told


def options(*words):
    parser = argparse.ArgumentParser()
    add_lm_arguments(parser)
    return parser.parse_args(list(map(str, words)))


def test_the_options_of_a_model_make_its_fusion(tmp_path, text, capsys):
    run(capsys, "lm", "build", text, "--out", tmp_path / "m.npz")
    (tmp_path / "weights.json").write_text('{"alpha": 0.3, "beta": 2.5}')
    alphabet = Alphabet.english()
    assert fusion_from(options(), alphabet) is None
    fusion = fusion_from(options("--lm", tmp_path / "m.npz"), alphabet)
    assert (fusion.alpha, fusion.beta) == (0.8, 1.0)
    given = options("--lm", tmp_path / "m.npz", "--weights", tmp_path / "weights.json", "--beta", 0, "--closed")
    fusion = fusion_from(given, alphabet)
    assert (fusion.alpha, fusion.beta, fusion.unknown_log_prob) == (0.3, 0.0, None)
    assert np.isneginf(fusion.bounds(np.array([0]), np.array([0]), alphabet.ids("z"))[0])
    assert beam_from(options("--beam", 7)).width == 7
    # Frames that say "a" and, a little more loudly, "c": the closed lexicon of the model holds a and b alone.
    table = np.full((3, len(alphabet)), -20.0, np.float32)
    table[0, alphabet.ids("a")] = table[1, alphabet.blank] = table[2, alphabet.ids("c")] = -0.1
    table[2, alphabet.blank] = -2.0
    said = [Posteriors(table, alphabet, 0.02)]
    assert decoder_from(options(), alphabet)(said)[0].text == "ac"
    assert decoder_from(options("--beam", 5), alphabet)(said)[0].text == "ac"
    assert decoder_from(given, alphabet)(said)[0].text == "a"


def test_options_that_need_a_model_say_so(tmp_path):
    with pytest.raises(BadValue, match="--alpha: got no --lm"):
        fusion_from(options("--alpha", 1), Alphabet.english())
    with pytest.raises(BadValue, match="--closed: got no --lm"):
        fusion_from(options("--closed"), Alphabet.english())
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "m.arpa").write_text("\\data\\\nngram 1=1\n\n\\1-grams:\n-1\ta\n\n\\end\\\n")
    with pytest.raises(BadFile, match="got no words, expected a word a line"):
        fusion_from(options("--lm", tmp_path / "m.arpa", "--words", tmp_path / "empty.txt"), Alphabet.english())
