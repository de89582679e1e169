import json
import os
import re
import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tacit.cli.main import main

DATA = Path(os.environ.get("TACIT_DATA", Path(__file__).parents[3] / "shared" / "data"))
WMT13 = DATA / "wmt13_rankings" / "rankings.csv.gz"
CIRCLE = "left,right,winner\na,b,left\nb,c,left\nc,a,left\na,b,left\na,c,tie\n"


@pytest.fixture
def file(tmp_path):
    def make(text=CIRCLE, name="comparisons.csv"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return make


def rank(capsys, *words):
    code = main(["rank", *words, "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if code == 0 else said.err


# The contract


def test_the_table_of_scores_has_the_columns_that_other_programs_read(file, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    code, result = rank(capsys, file(), "--out", str(out))
    table = pl.read_csv(out)
    assert code == 0
    assert table.columns == ["item", "score", "low", "high", "rank"]
    assert table["rank"].to_list() == [1, 2, 3]
    assert table["score"].sum() == pytest.approx(0, abs=1e-12)
    assert (table["low"] < table["score"]).all()
    assert (table["score"] < table["high"]).all()
    assert [one["item"] for one in result["scores"]] == table["item"].to_list()
    assert result["converged"] is True
    assert result["method"] == "bradley-terry"
    assert result["n_ties"] == 1


def test_scores_are_log_odds_by_maximum_likelihood(file, capsys):
    # a beats b three times of four: ln 3 apart, halves of it with mean 0.
    _, result = rank(capsys, file("left,right,winner\na,b,a\na,b,left\nb,a,right\na,b,b\n"))
    scores = {one["item"]: one["score"] for one in result["scores"]}
    assert scores == {"a": pytest.approx(np.log(3) / 2), "b": pytest.approx(-np.log(3) / 2)}


def test_rankings_raters_and_what_to_ask_next(file, capsys):
    text = "ranking,item,rank,rater\n" + "".join(
        f"{r},{item},{place},{'kim' if r % 2 else 'lee'}\n"
        for r in range(12)
        for place, item in enumerate(("abc", "bca", "acb", "cab")[r % 4], start=1)
    )
    _, result = rank(capsys, file(text), "--ask", "2")
    assert result["method"] == "plackett-luce"
    assert len(result["next"]) == 2
    _, rated = rank(capsys, file(text), "--raters")
    assert rated["method"] == "bradley-terry"
    assert [one["rater"] for one in rated["raters"]] == ["lee", "kim"]
    assert all(0 <= one["p_agree"]["low"] <= one["p_agree"]["high"] <= 1 for one in rated["raters"])


@pytest.mark.parametrize(
    "settings",
    [
        ("--ties", "rao-kupper"),
        ("--ties", "half"),
        ("--ties", "drop"),
        ("--shrinkage", "1"),
        ("--side-bias", "--shrinkage", "0.1"),
        ("--intervals", "none"),
        ("--intervals", "bootstrap", "--shrinkage", "1"),
        ("--model", "elo"),
        ("--level", "0.5"),
    ],
)
def test_every_setting_gives_scores_with_mean_0(file, capsys, settings):
    more = CIRCLE + "b,a,left\nc,b,left\na,c,left\n"
    code, result = rank(capsys, file(more), *settings)
    assert code == 0
    assert sum(one["score"] for one in result["scores"]) == pytest.approx(0, abs=1e-9)
    assert (result["scores"][0]["low"] is None) == (result["interval"] is None)


def test_the_page_holds_the_ranking_and_says_what_was_found(file, tmp_path, capsys):
    page = tmp_path / "page.html"
    code, result = rank(capsys, file(CIRCLE.replace("a", "<b>bold</b>")), "--report", str(page))
    text = page.read_text()
    assert code == 0
    assert result["report"] == str(page)
    assert "&lt;b&gt;bold&lt;/b&gt; comes first of 3" in text
    assert "<b>bold</b>" not in text
    assert "tacit rank" in text


def test_a_person_reads_a_table_and_notes(file, capsys):
    text = "left,right,winner,rater\na,b,left,kim\nb,c,left,kim\nc,a,left,lee\na,c,tie,lee\n"
    assert main(["rank", file(text)]) == 0
    said = capsys.readouterr().out
    assert "rank  item" in said
    assert "2 raters count alike; --raters infers how far to trust each" in said


def test_shrinkage_over_groups_that_were_never_compared_is_said(file, capsys):
    code, result = rank(capsys, file("left,right,winner\na,b,left\nc,d,left\n"), "--shrinkage", "1")
    assert code == 0
    assert any("2 groups of items were never compared with each other" in note for note in result["notes"])


# Refusals: one message, exit code 2


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("left,right,winner\na,b,left\nc,d,left\n", (), "2 groups of items that were never compared"),
        ("left,right,winner\na,b,left\na,c,left\nb,c,left\nc,b,left\n", (), "a never lost to any of the others"),
        ("left,right,winner\na,b,tie\n", (), "nothing but ties"),
        (CIRCLE, ("--raters",), "no column for the rater"),
        (CIRCLE, ("--level", "95"), "--level: got 95"),
        (CIRCLE, ("--ask", "-1"), "--ask: got -1"),
        (CIRCLE, ("--held-out", "split"), "COLUMN=VALUE"),
        (CIRCLE, ("--map", "left"), "NAME=COLUMN"),
        (CIRCLE, ("--model", "plackett-luce"), "comparisons of two"),
        (CIRCLE, ("--ties", "efron"), "--ties: got efron"),
        (CIRCLE, ("--model", "elo", "--shrinkage", "1"), "--shrinkage: got --model elo"),
        (CIRCLE, ("--ties", "davidsn"), "Did you mean 'davidson'?"),
        (CIRCLE, ("--shrinkage", "-1"), "shrinkage: got -1"),
        (CIRCLE, ("--rater",), "Did you mean '--raters'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_message(file, capsys, text, words, message):
    code, said = rank(capsys, file(text), *words)
    assert code == 2
    assert message in said
    assert "Traceback" not in said


# The page of the documentation


def test_every_command_of_the_page_about_ranking_runs_on_the_files_that_it_shows(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[2] / "docs" / "rank.md").read_text()
    for name, text in re.findall(r"`(\w+\.csv)`:\n\n```\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^tacit (rank .*)$", page, re.MULTILINE)
    assert len(commands) > 10
    for command in commands:
        assert main(shlex.split(command, comments=True)) == 0, command
    capsys.readouterr()
    shown = re.search(r"```\n(rank  item.*?)```", page, re.DOTALL)[1]
    main(shlex.split(commands[0]))
    assert capsys.readouterr().out.strip() == shown.strip()


# Real rankings


@pytest.mark.skipif(not WMT13.exists(), reason="no real rankings: set TACIT_DATA to the folder of data")
def test_the_translations_of_2013_are_ranked_and_held_out_comparisons_predicted_better_with_raters(capsys):
    words = (str(WMT13), "--held-out", "split=test", "--model", "bradley-terry")
    _, plain = rank(capsys, *words)
    _, rated = rank(capsys, *words, "--raters")
    assert plain["scores"][0]["item"].startswith("uedin-heafield")
    assert (plain["judged"], plain["items"]) == (99_960, 13)
    assert rated["held_out"]["log_loss"]["estimate"] < plain["held_out"]["log_loss"]["estimate"] - 0.01
    assert len(rated["raters"]) == 218
