from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

import tacit.report
from tacit.errors import BadFile, BadValue, CannotWrite
from tacit.report import write_report
from tacit.store.run_folder import RunFolder

MakeRun = Callable[..., RunFolder]
EditRecord = Callable[..., None]
HOSTILE = """</script><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>'"&{{ 7*7 }}"""
DATA = re.compile(r"data:[a-z]+/[a-z0-9]+;base64,[A-Za-z0-9+/=]+")


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text outside script and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.text += data


def written(run: RunFolder, **settings: int | None) -> tuple[str, Elements]:
    page = write_report(run, **settings).read_text(encoding="utf-8")
    return page, Elements(page)


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="session")
def demo_page(demo: RunFolder) -> tuple[str, Elements]:
    page = demo.report_path.read_text(encoding="utf-8")
    return page, Elements(page)


def test_the_page_begins_with_the_verdict(demo_page: tuple[str, Elements]) -> None:
    text = words(demo_page[1].text)
    said = "Taught by 200 comparisons alone, the policy reaches a true return of 498 [495, 500]; the same optimiser"
    assert 0 < text.index(said) < 200


def test_the_page_holds_every_part_in_order(demo_page: tuple[str, Elements]) -> None:
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", demo_page[0])
    assert headings == [
        "The numbers",
        "How it learned",
        "How far to believe the reward model",
        "Who judged",
        "What was asked",
        "Before and after",
        "What it cost",
        "Warnings",
        "Make it again",
    ]
    assert len(re.findall('<svg[^>]*class="chart"', demo_page[0])) == 6
    text = words(demo_page[1].text)
    for said in (
        "Held-out agreement",
        "Taught by a coin-flipping judge",
        "12 of the 200 questions",
        "188 of the 200 have no clips yet. To see every question, run tacit report",
        "anna",
        "Correlation 0.9",
        "People’s time",
        "Two judgments were skipped",
        "tacit learn CartPole-v1 --judge simulated --labels 200 --seed 0 --out runs/demo",
        "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
        "reward.members",
    ):
        assert said in text


def test_every_clip_is_inside_the_page(demo_page: tuple[str, Elements]) -> None:
    videos = [attributes for tag, attributes in demo_page[1].found if tag == "video"]
    assert len(videos) == 2 * 12 + 2
    assert all(DATA.fullmatch(str(video["src"])) and video["aria-label"] for video in videos)


def test_the_page_loads_nothing(demo_page: tuple[str, Elements]) -> None:
    page, elements = demo_page
    for tag, attributes in elements.found:
        for name in ("src", "href", "data-src", "poster", "srcset", "action"):
            value = attributes.get(name) or ""
            assert value.startswith(("#", "data:")) or not value, (tag, name, value[:80])
    assert {tag for tag, _ in elements.found} & {"link", "iframe", "object", "embed", "base", "form"} == set()
    own = DATA.sub("", page)
    assert re.findall(r"@import|url\((?!#)", own) == []
    assert set(re.findall(r"https?://[^\"' ]*", own)) <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page


def test_headings_descend_without_a_gap(demo_page: tuple[str, Elements]) -> None:
    levels = [int(tag[1]) for tag, _ in demo_page[1].found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_no_two_elements_share_an_id_and_every_label_is_found(demo_page: tuple[str, Elements]) -> None:
    found = demo_page[1].found
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in found if "aria-labelledby" in a} <= set(ids)


def test_the_demos_page_is_smaller_than_three_megabytes(demo: RunFolder) -> None:
    assert demo.report_path.stat().st_size < 3_000_000


def test_text_can_be_read_in_both_themes() -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 between text and what is behind it."""
    style = (Path(tacit.report.__file__).parent / "page.css").read_text()
    themes = re.findall(r":root \{ ?\n? *(--paper[^}]*)\}?", style)
    assert len(themes) == 2
    for theme in themes:
        colour = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", theme))
        for text in ("ink", "muted", "accent", "second"):
            assert contrast(colour[text], colour["paper"]) > 4.5, (text, colour)
        assert contrast(colour["ink"], colour["soft"]) > 4.5


def contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_the_same_run_gives_the_same_page(demo: RunFolder, demo_page: tuple[str, Elements]) -> None:
    assert written(demo)[0] == demo_page[0]


def test_hostile_words_stay_words(make_run: MakeRun, edit_record: EditRecord) -> None:
    run = make_run(text=HOSTILE, labelers=(HOSTILE, "anna"))
    labelers = {HOSTILE: {"p_agree": {"mean": 0.5, "low": 0.4, "high": 0.6}, "n": 9}}
    edit_record(
        run,
        producer=HOSTILE,
        judge=HOSTILE,
        warnings=[HOSTILE],
        command=["tacit", HOSTILE],
        settings={HOSTILE: HOSTILE},
        results={"labelers": labelers, "outcomes": {HOSTILE: 3}},
    )
    page, elements = written(run)
    plain = Elements(write_report(make_run("plain")).read_text(encoding="utf-8"))
    assert [tag for tag, _ in elements.found].count("script") == 1
    assert [tag for tag, _ in elements.found].count("img") == 0
    assert {name for _, attributes in elements.found for name in attributes} <= {
        name for _, attributes in plain.found for name in attributes
    }
    assert elements.text.count("{{ 7*7 }}") >= 8
    assert "alert(2)" not in re.sub(r"&lt;img src=http://evil.example/x onerror=alert\(2\)&gt;", "", page)


def test_a_run_with_nothing_measured_says_what_is_missing(make_run: MakeRun) -> None:
    run = RunFolder(make_run().path.parent / "bare")
    run.write_record({"producer": "X", "status": "running", "judge": "people"})
    text = words(written(run)[1].text)
    for said in (
        "This run has not finished",
        "No progress has been recorded yet",
        "No diagnostics were recorded",
        "The reliability of the labelers was not inferred",
        "No comparison is kept in this run’s folder",
        "holds no clips of its policies",
        "The record holds no command",
    ):
        assert said in text


def test_without_a_true_reward_the_page_is_silent_about_it(make_run: MakeRun, edit_record: EditRecord) -> None:
    run = make_run(n_rendered=0, curves=True)
    edit_record(run, results=dict.fromkeys(("true_return", "baseline_true_reward", "random", "coin_flip")))
    run.write_progress([{**row, "true_return": None} for row in run.progress()])
    page, elements = written(run)
    text = words(elements.text)
    assert "No true return was recorded" in text
    assert page.count('class="chart"') == 5
    assert "same optimiser" not in text


def test_one_missing_clip_is_said_to_be_missing(make_run: MakeRun) -> None:
    run = make_run()
    (run.clips_path / "first.mp4").unlink()
    text = words(written(run)[1].text)
    assert "One of the two clips is missing" in text
    assert "final policy" in text


def test_all_questions_can_be_shown_and_their_clips_wait_until_they_are_near(make_run: MakeRun) -> None:
    run = make_run(n_labels=14, n_rendered=14)
    _, elements = written(run, n_questions=None)
    videos = [attributes for tag, attributes in elements.found if tag == "video"]
    assert len(videos) == 2 * 14 + 2
    assert sum("data-src" in video for video in videos) == 4
    assert "All 14 questions" in words(elements.text)


def test_a_page_that_cannot_be_written_leaves_the_old_one(make_run: MakeRun) -> None:
    run = make_run(n_labels=2, n_rendered=0)
    run.report_path.mkdir()
    with pytest.raises(CannotWrite, match=r"report\.html"):
        write_report(run)


def test_a_folder_that_is_no_run_and_a_negative_number_are_refused(make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="expected the folder of a run"):
        write_report(RunFolder(tmp_path))
    with pytest.raises(BadValue, match="n_questions: got -1"):
        write_report(make_run(n_labels=2, n_rendered=0), n_questions=-1)


def test_progress_that_is_no_number_is_refused_by_line(make_run: MakeRun) -> None:
    run = make_run(n_labels=2, n_rendered=0)
    run.write_progress([{"env_steps": 0, "labels": 1}, {"env_steps": "many", "labels": 2}])
    with pytest.raises(BadFile, match=r"progress.jsonl, line 2, field 'env_steps': got 'many'"):
        write_report(run)
    run.write_progress([[1, 2]])  # type: ignore[list-item]
    with pytest.raises(BadFile, match=r"progress.jsonl, line 1: got \[1, 2\], expected a JSON object"):
        write_report(run)
