import json
import re

import pytest

from tacit.cli.main import main

COUNTS = ("substitutions", "deletions", "insertions", "hits")
RATES = ("wer", "word_accuracy", "hunt", "mer", "wil", "wip", "cer", "ser", "normalized_edit_distance")


@pytest.fixture
def wer(tmp_path, capsys, monkeypatch):
    """Return a function that writes two files and gives what the verb printed."""
    monkeypatch.chdir(tmp_path)

    def run(reference, hypothesis, *words, names=("ref.txt", "hyp.txt")):
        for name, text in zip(names, (reference, hypothesis), strict=True):
            (tmp_path / name).write_text(text)
        code = main(["wer", *names, *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


# ---- the contract


def test_json_holds_rates_with_intervals_and_counts_as_integers(wer):
    code, out, _ = wer("the cat sat\na b\n", "the hat sat down\nb\n", "--json")
    result = json.loads(out)
    assert code == 0
    assert {name: result[name] for name in COUNTS} == {
        **{"substitutions": 1, "deletions": 1, "insertions": 1, "hits": 3},
    }
    assert all(isinstance(result[name], int) for name in COUNTS)
    for name in RATES:
        assert set(result[name]) == {"estimate", "low", "high"}
        assert result[name]["low"] <= result[name]["estimate"] <= result[name]["high"]
    assert result["wer"]["estimate"] == 0.6
    assert result["ser"]["estimate"] == 1


def test_what_is_infinite_is_null(wer):
    result = json.loads(wer("\n\n", "a\n\n", "--json")[1])
    assert result["wer"] == {"estimate": None, "low": None, "high": None}
    assert (result["mer"]["estimate"], result["insertions"], result["empty_references"]) == (1, 1, 2)
    assert "no word was said at all" in result["notes"][0]


def test_the_same_call_prints_the_same(wer):
    files = "a b c\nd e\nf\n" * 9, "a x c\nd\nf g\n" * 9
    assert wer(*files, "--json") == wer(*files, "--json")


# ---- for a person


def test_rates_counts_and_notes_are_shown(wer):
    code, out, _ = wer("the cat sat\n\na b\n", "the hat sat\nuh\na b\n")
    assert code == 0
    assert re.search(r"word error rate +40\.00 % +\[", out)
    assert "3 utterances, 5 words said, 6 recognised: 4 hits, 1 substitutions, 0 deletions, 1 insertions" in out
    assert "1 of 3 references are empty" in out


def test_speakers_and_confusions_are_listed(wer):
    files = "so the cat (ann_1)\nthe dog (bob_1)\n", "so a cat (ann_1)\na dog (bob_1)\n"
    out = wer(*files, "--confusions", "2", names=("ref.trn", "hyp.trn"))[1]
    assert re.search(r"ann +1 +3 +33\.33 %", out)
    assert re.search(r"2 +the +a\b", out)


def test_alignments_are_drawn_in_a_file(wer, tmp_path):
    wer("the cat (x_1)\n", "the hat (x_1)\n", "--alignments", "drawn.txt", names=("ref.trn", "hyp.trn"))
    text = (tmp_path / "drawn.txt").read_text()
    assert text.splitlines()[1:] == ["REF: the CAT", "HYP: the HAT", "         S"]


def test_settings_change_what_is_compared(wer):
    files = "Hello, World\n", "hello world\n"
    assert json.loads(wer(*files, "--json")[1])["substitutions"] == 2
    assert json.loads(wer(*files, "--json", "--ignore-case", "--ignore-punctuation")[1])["substitutions"] == 0
    assert json.loads(wer("{ a / b } c\n", "b c\n", "--json", "--alternatives")[1])["hits"] == 2
    assert "--alternatives reads { a / b }" in wer("{ a / b } c\n", "b c\n")[1]


def test_sclites_demonstration_has_sclites_counts(real_data, capsys):
    files = [str(real_data / "sctk" / name) for name in ("csrnab.ref", "csrnab.hyp")]
    assert main(["wer", *files, "--costs", "sclite", "--ignore-case", "--speaker-rule", "wsj", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    # test1.raw: 1406 words in 51 sentences, 1263 correct, 131 substituted, 12 deleted, 26 inserted, 38 sentences wrong
    assert [result[name] for name in COUNTS] == [131, 12, 26, 1263]
    assert (result["reference_words"], result["utterances"], result["utterances_with_errors"]) == (1406, 51, 38)
    errors = {one["speaker"]: one["hits"] for one in result["speakers"]}
    assert errors == {"4t0": 385, "4t1": 509, "4t2": 369}


# ---- refuses


@pytest.mark.parametrize(
    ("files", "words", "message"),
    [
        (("a\nb\n", "a\n"), (), "ref.txt, line 2: got 'b', with no line 2 in the other file"),
        (("a\n", "a\n"), ("--level", "95"), "--level: got 95.0, expected a share between 0 and 1"),
        (("a\n", "a\n"), ("--confusions", "-1"), "--confusions: got -1, expected how many, 0 or more"),
        (("a\n", "a\n"), ("--costs", "sclit"), "Did you mean 'sclite'?"),
        (("a\n", "a\n"), ("--by-speaker",), "got utterances whose speaker is not known"),
        (("a\n", "a\n"), ("--ignore-cases",), "Did you mean '--ignore-case'?"),
        (("a\n", "a\n"), ("--alignments", "ref.txt/x.txt"), "ref.txt"),
    ],
)
def test_a_wrong_call_is_one_message(wer, files, words, message):
    code, out, err = wer(*files, *words)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_a_missing_file_is_one_message(wer):
    assert main(["wer", "ref.txt", "none.txt"]) == 2


# ---- the page


def test_the_page_tells_rates_speakers_confusions_and_the_worst_utterances(wer, tmp_path):
    files = "so the <cat> sat (ann_1)\nthe dog (bob_1)\n", "so a <cat> (ann_1)\na dog (bob_1)\n"
    code, out, _ = wer(*files, "--report", "page.html", names=("ref.trn", "hyp.trn"))
    page = (tmp_path / "page.html").read_text()
    assert code == 0
    assert out.splitlines()[-1] == "page.html"
    assert "The word error rate is 50" in page
    assert all(word in page for word in ("Hunt", "ann", "bob", "Taken for another", "so [the] &lt;cat&gt; [sat]"))
    assert "tacit wer ref.trn hyp.trn --report page.html" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_a_page_without_an_error_or_without_a_word_is_still_a_page(wer, tmp_path):
    assert wer("a\n", "a\n", "--report", "right.html")[0] == 0
    assert "one utterance bounds nothing" in (tmp_path / "right.html").read_text()
    assert wer("\n\n", "\nx\n", "--report", "silent.html")[0] == 0
    assert "Nothing was said" in (tmp_path / "silent.html").read_text()
