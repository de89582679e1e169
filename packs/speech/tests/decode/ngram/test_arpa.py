import gzip
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadFile, CannotWrite
from tacit_speech.decode.ngram import (
    Unit,
    build,
    evaluate,
    load_model,
    prune_by_entropy,
    read_arpa,
    save_model,
    write_arpa,
)

SMALL = """\\data\\
ngram 1=5
ngram 2=3

\\1-grams:
-1.0\t<unk>
-99\t<s>\t-0.3
-0.7\t</s>
-0.5\ta\t-0.2
-0.6\tb\t-0.1

\\2-grams:
-0.2\t<s> a
-0.4\ta b
-0.1\tb </s>

\\end\\
"""


def written(folder, text, name="small.arpa"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def plain_score(path, tokens):
    """Return log10 p of a sentence by looking up its n-grams in the file, one by one: another reader than tacit's."""
    table, level = {}, 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("\\") and line.endswith("-grams:"):
            level = int(line[1:].partition("-")[0])
        elif level and line and not line.startswith("\\"):
            parts = line.split("\t")
            table[tuple(parts[1].split())] = (float(parts[0]), float(parts[2]) if len(parts) > 2 else 0.0)
    order, total, history = max(map(len, table)), 0.0, ("<s>",)

    def log_p(context, word):
        if (*context, word) in table:
            return table[*context, word][0]
        return table.get(context, (0.0, 0.0))[1] + log_p(context[1:], word)

    for token in [*tokens, "</s>"]:
        word = token if (token,) in table else "<unk>"
        total += log_p(history[-(order - 1) :] if order > 1 else (), word)
        history = (*history, word)
    return total


def test_a_file_read_by_hand(tmp_path):
    # "a b": -.2 - .4 - .1 = -.7. "b a": <s> backs off, -.3 - .6 = -.9; b too, -.1 - .5 = -.6; a too, -.2 - .7 = -.9.
    model = read_arpa(written(tmp_path, SMALL))
    found = model.sentence_log_probs([["a", "b"], ["b", "a"]]) / log(10)
    assert found == pytest.approx([-0.7, -2.4])


words = st.lists(st.text("abc", min_size=1, max_size=1), min_size=1, max_size=6).map(" ".join)


@given(st.lists(words, min_size=1, max_size=12), st.integers(1, 4), st.lists(words, min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_what_is_written_scores_the_same_for_another_reader(tmp_path_factory, lines, order, asked):
    path = tmp_path_factory.mktemp("arpa") / "model.arpa"
    model, _ = build(lines, order)
    write_arpa(model, path)
    sentences = [[*text.split(), "unheard"] for text in asked]
    expected = [plain_score(path, sentence) for sentence in sentences]
    assert model.sentence_log_probs(sentences) / log(10) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", ["model.arpa", "model.npz"])
@pytest.mark.parametrize("unit", list(Unit))
def test_a_model_survives_its_file(tmp_path, name, unit):
    model, _ = build(["one two", "two one one", "three"], 3, unit=unit)
    save_model(model, tmp_path / name)
    again = load_model(tmp_path / name)
    assert (again.unit, again.vocabulary, again.sizes) == (model.unit, model.vocabulary, model.sizes)
    assert np.allclose(again.log_backoff, model.log_backoff, atol=1e-6)
    asked = ["one three two", "four"]
    assert evaluate(again, asked).perplexity.mean == pytest.approx(evaluate(model, asked).perplexity.mean, rel=1e-6)


def test_a_gzipped_file_in_another_order_is_read(tmp_path):
    lines = SMALL.replace("-0.2\t<s> a\n-0.4\ta b\n", "-0.4\ta b\n-0.2\t<s> a\n")
    path = tmp_path / "small.arpa.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(lines)
    assert read_arpa(path).sentence_log_probs([["a", "b"]])[0] / log(10) == pytest.approx(-0.7)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ngram 2=3", "ngram 2=4", r"small.arpa: got 3 2-grams, expected the 4 that its head promises"),
        ("-0.4\ta b", "-0.4\tb b\n-0.1\ta", r"line 15: got 2 fields, expected a logarithm, 2 tokens"),
        ("-0.4\ta b", "0.4\ta b", r"line 14: got 0.4, expected the base-10 logarithm"),
        ("-0.4\ta b", "-0,4\ta b", r"line 14: got '-0,4', expected a number"),
        ("-0.4\ta b", "-0.4\ta c", r"line 14: got c, expected words that are among the 1-grams"),
        ("-0.4\ta b", "-0.4\t<s> a", r"line 14: got an n-gram that stands above"),
        ("\\end\\\n", "", r"got no line \\end\\, expected a whole ARPA file"),
        ("\\data\\", "data", r"got no line \\data\\"),
        ("\\2-grams:", "\\3-grams:", r"line 12: got \\3-grams:, expected \\2-grams:"),
        ("ngram 1=5", "ngrams 1:5", r"line 2: got ngrams 1:5, expected ngram 1=NUMBER"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path, old, new, message):
    with pytest.raises(BadFile, match=message):
        read_arpa(written(tmp_path, SMALL.replace(old, new, 1)))


def test_a_trigram_without_its_beginning_is_named(tmp_path):
    text = SMALL.replace("ngram 2=3\n", "ngram 2=3\nngram 3=1\n").replace(
        "\\end\\", "\\3-grams:\n-0.1\tb a b\n\n\\end\\"
    )
    with pytest.raises(BadFile, match="got b a b, expected its beginning 'b a' to be an n-gram too"):
        read_arpa(written(tmp_path, text))


def test_other_files_and_folders_are_refused(tmp_path):
    with pytest.raises(BadFile, match=r"nothing\.arpa"):
        load_model(tmp_path / "nothing.arpa")
    (tmp_path / "broken.npz").write_bytes(b"PK no")
    with pytest.raises(BadFile, match="a model that tacit speech lm wrote"):
        load_model(tmp_path / "broken.npz")
    with pytest.raises(CannotWrite, match="no-folder"):
        save_model(build(["a"], 1)[0], tmp_path / "no-folder" / "model.arpa")


def test_pruning_keeps_probabilities_and_costs_little(tmp_path):
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(list("abcdefgh"), rng.integers(1, 9), p=np.arange(8, 0, -1) / 36)) for _ in range(400)]
    model, _ = build(lines, 3)
    small = prune_by_entropy(model, 1e-3)
    assert sum(small.sizes) < sum(model.sizes) / 2
    assert small.sizes[0] == model.sizes[0]
    followers = np.array([i for i in range(small.n_words) if i != 1])
    for state in range(len(small.words)):
        log_probs, _ = small.advance(np.full(len(followers), state), followers)
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-6)
    before, after = evaluate(model, lines).perplexity.mean, evaluate(small, lines).perplexity.mean
    assert before < after < 1.5 * before
    assert prune_by_entropy(model, 0.0).sizes == model.sizes


def test_an_n_gram_that_says_what_the_shorter_one_says_is_the_first_to_go(tmp_path):
    # After a, "b" has by the 2-gram what it has by backing off: 10^-.8 = 10^(-.2 - .6). Nothing is lost with it.
    model = read_arpa(written(tmp_path, SMALL.replace("-0.4\ta b", "-0.8\ta b")))
    assert [" ".join(prune_by_entropy(model, 1e-6).text(i)) for i in (6, 7)] == ["<s> a", "b </s>"]
