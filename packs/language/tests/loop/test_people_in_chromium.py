"""People teach a language model in a browser: five answers reach one refit, and what a model writes cannot act."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tacit.store import Store

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
LINK = re.compile(r"Judge at (http://127\.0\.0\.1:\d+)(/enter/\S+)")
PATIENCE_S = 300.0
HOSTILE = ["say <b>this</b> & *that*", "<img src=x onerror=alert(1)>", "**bold** or <script>alert(2)</script>"]
RUN = """
import sys; sys.path.insert(0, sys.argv[2])
from pathlib import Path
from conftest import TINY, QUICK
from tacit.cli.beside import PeopleBeside
from tacit.learn import LearningRun, LoopSettings, RunSettings, Schedule
from tacit.learn.pace import Pace
from tacit.store.run_folder import RunFolder
from tacit_language.loop.producer import WORDS, open_producer
folder = RunFolder(Path(sys.argv[1]))
prompts = {"prompts": str(folder.path.with_name("prompts.jsonl"))}
schedule = Schedule(labels=10, budget=200, iterations=2, untrained_share=0.5)
settings = RunSettings("small", LoopSettings(schedule, question=WORDS.question), {**TINY, **prompts}, QUICK,
                       episodes=4, controls=False, judge="people", final_pairs=0)
say = lambda words: print(words, flush=True)
with PeopleBeside(folder, name="small", question=WORDS.question, port=None, say=say) as people:
    LearningRun(folder, settings, open_producer, command=["tacit"], open_labeler=people.open_labeler,
                pace=Pace(open_at_most=0)).run()
"""


def rows(folder):
    path = folder / "progress.jsonl"
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]  # one may be half written


def test_five_answers_in_a_browser_reach_one_refit(chromium, tmp_path):
    folder = tmp_path / "run"
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps({"prompt": prompt}) + "\n" for prompt in HOSTILE))
    run = subprocess.Popen([sys.executable, "-c", RUN, folder, HERE], stdout=subprocess.PIPE, text=True)
    context = chromium.new_context()
    try:
        assert run.stdout is not None
        link = next(found for line in run.stdout if (found := LINK.search(line)))
        context.set_default_timeout(1000 * PATIENCE_S)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(link[1] + link[2])
        page.locator("input[name=name]").fill("Somebody")
        page.locator("form button").first.click()
        page.locator("#begin").click()
        until_s = time.monotonic() + PATIENCE_S
        with Store.open(folder / "project") as store:
            for n in range(1, 6):
                ready = page.locator(".slide:not(.waiting)[aria-busy=false]")
                ready.locator(".turn").first.wait_for()
                if n == 1:
                    assert ready.locator(".turn b").all_inner_texts() == ["Human", "Assistant"] * 2
                    said = ready.locator(".turn p").first
                    assert said.inner_text() in HOSTILE  # word for word, as text
                    assert said.locator("b, img, script, strong").count() == 0
                    assert ready.locator(".turn mark").count() > 0  # what differs between the two replies
                page.keyboard.press("ArrowLeft")
                while store.n_judgments() < n:
                    assert time.monotonic() < until_s, "an answer never came"
                    page.wait_for_timeout(20)
        while not rows(folder):
            assert time.monotonic() < until_s, "five answers reached no refit"
            assert run.poll() is None
            page.wait_for_timeout(50)
        (row, *_) = rows(folder)
        assert row["labels"] == 5
        assert row["training_loss"] is not None
        assert row["env_steps"] >= 100
        assert complaints == []
    finally:
        context.close()
        run.kill()
        run.communicate()
