import fcntl
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tacit.cli.main import main

TACIT = Path(sys.executable).with_name("tacit")

RECIPE = '''
    """A coin comes up heads half the time."""
    import time
    from pathlib import Path
    import numpy as np
    from tacit.catalogue.recipes import Claim, ClaimKind, Finding
    from tacit.measure import mean_estimate

    CLAIMS = {"half": Claim("heads half the time", ClaimKind.IDENTITY, 0.5, "Bernoulli 1713")}
    PIECES = {f"coin/{seed}": {"seed": seed, "bias": BIAS} for seed in range(3)}

    def run_piece(settings, folder, stage):
        folder.mkdir(exist_ok=True)
        tosses = folder / "tosses.txt"
        done = tosses.read_text() if tosses.exists() else ""
        for n in range(len(done), 5):
            SLOW
            done += str(int(np.random.default_rng([settings["seed"], n]).random() < settings["bias"]))
            tosses.write_text(done)
            stage("tossing", n / 5)
        return {"heads": done.count("1") / 5, "seed": settings["seed"]}

    def measure(results):
        if not results:
            return {"half": Finding(3)}
        mean = mean_estimate([result["heads"] for result in results.values()])
        return {"half": Finding(3, len(results), mean.mean, mean.low, mean.high, holds=mean.low <= 0.5 <= mean.high)}
'''


@pytest.fixture
def recipes(tmp_path):
    """Return a function that writes the recipe `coin` and returns the words that find it."""

    def write(*, bias=0.5, slow="pass", more=""):
        folder = tmp_path / "recipes"
        folder.mkdir(exist_ok=True)
        text = textwrap.dedent(RECIPE).replace("BIAS", str(bias)).replace("SLOW", slow) + textwrap.dedent(more)
        (folder / "coin.py").write_text(text)
        return ["--recipes", str(folder), "--out", str(tmp_path / "out")]

    return write


def reproduce(capsys, *words):
    code = main(["reproduce", *words, "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else said.err


# ---- worked by hand


def test_all_pieces_are_done_and_the_claim_stands_beside_what_was_published(capsys, recipes, tmp_path):
    code, result = reproduce(capsys, "coin", *recipes())
    heads = [json.loads(p.read_text())["result"]["heads"] for p in tmp_path.glob("out/coin/*/result.json")]
    (claim,) = result["claims"]
    assert code == 0
    assert result["name"] == "coin"
    assert list(claim)[:8] == ["claim", "kind", "published", "measured", "low", "high", "passed", "source"]
    assert claim["kind"] == "identity"
    assert claim["published"] == 0.5
    assert claim["measured"] == pytest.approx(sum(heads) / 3)
    assert claim["passed"] is True
    assert (claim["pieces"], claim["pieces_needed"]) == (3, 3)


def test_a_claim_that_falls_short_gives_exit_code_1(capsys, recipes):
    code, result = reproduce(capsys, "coin", *recipes(bias=0))
    assert code == 1
    assert result["claims"][0]["measured"] == 0
    assert result["claims"][0]["passed"] is False


def test_a_person_reads_a_table(capsys, recipes):
    words = recipes()
    assert main(["reproduce", "coin", *words, "--pieces", "1"]) == 0
    shown = capsys.readouterr().out
    assert "A coin comes up heads half the time." in shown
    assert "1 of 3 pieces are done" in shown


# ---- pieces


def test_nothing_is_judged_before_every_piece_is_done(capsys, recipes):
    words = recipes(bias=0)
    code, result = reproduce(capsys, "coin", *words, "--pieces", "0")
    assert (code, result["pieces"]) == (0, 0)
    assert {result["claims"][0][key] for key in ("measured", "low", "high", "passed")} == {None}
    for done in (1, 2):
        code, result = reproduce(capsys, "coin", *words, "--pieces", str(done - result["pieces"]))
        assert (code, result["pieces"]) == (0, done)
        assert result["claims"][0]["measured"] == 0
        assert result["claims"][0]["passed"] is None
    code, result = reproduce(capsys, "coin", *words)
    assert code == 1


def test_no_piece_is_begun_when_the_time_is_over(capsys, recipes):
    _, result = reproduce(capsys, "coin", *recipes(), "--minutes", "0")
    assert result["pieces"] == 0


def test_one_piece_can_be_asked_for(capsys, recipes, tmp_path):
    _, result = reproduce(capsys, "coin", *recipes(), "--only", "coin/2")
    assert result["pieces"] == 1
    assert (tmp_path / "out" / "coin" / "2" / "result.json").exists()


def test_a_killed_piece_is_gone_on_with(capsys, recipes, tmp_path):
    words = recipes(slow="time.sleep(60 if done else 0)")  # it is killed after the first toss
    tosses = tmp_path / "out" / "coin" / "0" / "run" / "tosses.txt"
    running = subprocess.Popen(
        [TACIT, "reproduce", "coin", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not tosses.exists() or not tosses.read_text():
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    before = tosses.read_text()
    assert not tosses.parent.with_name("result.json").exists()
    recipes(slow=f"assert len(done) >= {len(before)} or settings['seed']")
    _, resumed = reproduce(capsys, "coin", *words)
    recipes()
    _, whole = reproduce(capsys, "coin", *words[:3], str(tmp_path / "again"))
    assert resumed["claims"] == whole["claims"]


def test_a_piece_that_another_process_is_doing_is_left_to_it(capsys, recipes, tmp_path):
    words = recipes()
    place = tmp_path / "out" / "coin" / "1"
    place.mkdir(parents=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _, result = reproduce(capsys, "coin", *words)
    assert result["pieces"] == 2
    assert reproduce(capsys, "coin", *words)[1]["pieces"] == 3


# ---- the list


def test_the_list_names_every_recipe_without_running_any(capsys, recipes):
    words = recipes(more="raise SystemExit(9)")
    for asked in ([], ["--list"], ["coin", "--list"]):
        code, result = reproduce(capsys, *asked, *words)
        assert code == 0
        assert result["recipes"] == [{"name": "coin", "title": "A coin comes up heads half the time."}]


def test_the_recipes_of_the_source_are_found(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, result = reproduce(capsys, "--list")
    assert code == 0
    assert {"christiano2017", "classic_control"} <= {row["name"] for row in result["recipes"]}


# ---- bad input


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["coim"], "got 'coim', expected one of coin. Did you mean 'coin'?"),
        (["coin", "--only", "coin/9"], "piece of coin: got 'coin/9'"),
        (["coin", "--pieces", "-1"], "--pieces: got -1, expected 0 or more"),
        (["coin", "--minutes", "nan"], "--minutes: got nan, expected 0 or more"),
        (["coin", "--jobs", "0"], "--jobs: got 0, expected 1 or more"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(capsys, recipes, words, message):
    code, said = reproduce(capsys, *words, *recipes())
    assert code == 2
    assert message in said
    assert said.count("\n") == 1


def test_pieces_of_other_settings_are_never_mixed(capsys, recipes):
    reproduce(capsys, "coin", *recipes(), "--pieces", "1")
    code, said = reproduce(capsys, "coin", *recipes(bias=0.25))
    assert code == 2
    assert "a piece that was done with other settings" in said


def test_a_folder_without_recipes_is_told_in_one_line(capsys, tmp_path):
    code, said = reproduce(capsys, "coin", "--recipes", str(tmp_path / "nowhere"))
    assert code == 2
    assert "Run in a checkout of tacit, or name its recipes with --recipes" in said


@pytest.mark.parametrize(
    ("more", "message"), [("del PIECES", "PIECES"), ("1 +", "invalid syntax"), ("CLAIMS = {}", "half, claimed or")]
)
def test_a_file_that_is_no_recipe_is_told_in_one_line(capsys, recipes, more, message):
    code, said = reproduce(capsys, "coin", *recipes(more=more), "--pieces", "0")
    assert code == 2
    assert message in said


def test_pieces_in_processes_of_their_own_give_the_same_and_one_that_fails_is_named(capsys, recipes, tmp_path):
    fault = """
        from tacit.errors import BadValue
        toss = run_piece
        def run_piece(settings, folder, stage):
            if settings["seed"] == 1:
                raise BadValue("coin", got="an edge", expected="heads or tails")
            return toss(settings, folder, stage)
    """
    words = recipes(more=fault)
    code, said = reproduce(capsys, "coin", *words, "--jobs", "2")
    assert code == 2
    assert "piece coin/1" in said
    assert "got an edge, expected heads or tails" in said
    recipes()
    _, together = reproduce(capsys, "coin", *words)
    _, alone = reproduce(capsys, "coin", *words[:3], str(tmp_path / "again"))
    assert together["claims"] == alone["claims"]
