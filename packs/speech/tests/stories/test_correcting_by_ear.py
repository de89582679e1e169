"""A person corrects by ear in a browser, the correction arrives in the store, and the recogniser learns from it."""

import csv
import json
import re
import subprocess
import sys

import pytest

from tacit.store import Store
from tacit_speech.audio import wav_bytes
from tacit_speech.labeler.simulated import RATE_HZ, simulated_speech, simulated_texts

CALL = "import sys; from tacit.cli.main import main; sys.exit(main())"
LINK = re.compile(r"Judge at (http://127\.0\.0\.1:\d+/enter/\S+)")
PATIENCE_S = 100.0
N_GIVEN = 12


@pytest.fixture
def manifest(tmp_path):
    """Sixteen takes, twelve of them with what is said."""
    texts = simulated_texts(16, seed=41, most_words=1)
    rows = [("path", "text", "name")]
    for k, (text, sound) in enumerate(zip(texts, simulated_speech(texts, seed=41), strict=True)):
        (tmp_path / f"t{k}.wav").write_bytes(wav_bytes(sound, RATE_HZ))
        rows.append((f"t{k}.wav", text if k < N_GIVEN else "", f"t{k}"))
    with (tmp_path / "takes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "takes.csv"


@pytest.mark.browser
def test_a_correction_by_ear_reaches_the_store_and_a_retraining(manifest, tmp_path, chromium):
    out = tmp_path / "run"
    command = [sys.executable, "-c", CALL, "speech", "correct", str(manifest), "--out", str(out), "--json"]
    command += ["--labels", "2", "--round", "1", "--growth", "0", "--check", "0", "--symbols", "words", "--seen", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        context = chromium.new_context(viewport={"width": 1000, "height": 800})
        try:
            said = []
            link = None
            while link is None and (line := run.stderr.readline()):
                said.append(line)
                link = LINK.search(line)
            assert link is not None, "".join(said)
            page = context.new_page()
            page.set_default_timeout(1_000 * PATIENCE_S)
            page.goto(link[1])
            page.get_by_label("Your name").fill("Somebody")
            page.get_by_role("button", name="Begin").click()
            page.locator("#begin").click()
            answers = ["mid hi", "lo"]
            for answer in answers:
                box = page.locator(".slide:not(.waiting)[aria-busy=false] textarea:not([data-done])")
                box.wait_for()
                page.keyboard.press("Escape")  # plays, and plays no more, while one writes
                page.wait_for_function("() => [...document.querySelectorAll('audio')].some(a => a.currentTime > 0)")
                box.fill(answer)
                box.evaluate("box => box.setAttribute('data-done', '')")
                page.keyboard.press("Enter")
                page.locator("#outbox").wait_for(state="hidden")
            stdout, stderr = run.communicate(timeout=PATIENCE_S)
        finally:
            context.close()
            run.kill()
    assert run.returncode == 0, stderr
    result = json.loads(stdout)
    with Store.open(out / "project") as store:
        judgments, questions = store.judgments(), store.questions()
    people = judgments.filter(~judgments["labeler_id"].is_in(["manifest", "speech"]))
    assert people["text"].to_list() == answers
    drafts = [json.loads(questions.filter(question_id=one)["settings"][0]) for one in people["question_id"]]
    assert all("draft" in settings for settings in drafts)
    # The first correction was learned before the second question was put, and the second before the end.
    assert [row["labels"] for row in result["rounds"]] == [N_GIVEN + 1, N_GIVEN + 2]
    with (out / "transcripts.csv").open() as file:
        by_people = [one["text"] for one in csv.DictReader(file) if one["by"] == "people"]
    assert set(answers) <= set(by_people)
