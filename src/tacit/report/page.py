"""The page: everything gathered from a run's folder and laid out in one file that loads nothing."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from tacit.errors import BadValue
from tacit.judging import in_force, judgments_schema
from tacit.report import summary
from tacit.report.diagnosis import Diagnosis, read_diagnosis
from tacit.report.media import clip, replies
from tacit.report.questions import Asked, Render, asked_questions
from tacit.report.record import RunRecord, read_record
from tacit.report.verdict import readings, verdict
from tacit.report.wording import moment, number
from tacit.store import Store
from tacit.store.run_folder import RunFolder, write_text

if TYPE_CHECKING:
    from tacit.report.figures import Figure

HERE = Path(__file__).parent
N_QUESTIONS = 12


def write_report(run: RunFolder, *, n_questions: int | None = N_QUESTIONS, render: Render | None = None) -> Path:
    """Write the page of a run and return where it is.

    The page opens from disk, without a network: media, charts, style and script are inside it, and its own content
    security policy forbids it to load anything. What the run has not measured is left out, and the page says so.

    Args:
        run: the folder of a run, finished or not.
        n_questions: how many questions to show with their clips; None for all.
        render: shows an item that has not been rendered yet. What it makes is kept in the run's project. Without it,
            only the questions rendered before are shown.

    Returns:
        `run.report_path`.

    Raises:
        BadFile: the folder holds no run, or one of its files is damaged.
        BadValue: a negative number of questions.
        CannotWrite: the disk is full or read-only.
    """
    if n_questions is not None and n_questions < 0:
        raise BadValue("n_questions", got=n_questions, expected="0 or more, or None for all")
    record = read_record(run)
    diagnosis = read_diagnosis(run)
    asked, judgments = Asked(), pl.DataFrame(schema=judgments_schema())
    if run.project_path.exists():
        with Store.open(run.project_path, create=False) as project:
            judgments = in_force(project.judgments())
            asked = asked_questions(project, judgments, diagnosis.p_first, n=n_questions, render=render)
    clips = [clip(run.clips_path / name) for name in ("first.mp4", "final.mp4")]
    context = {**_words(run, record, judgments), **_charts(run, record, diagnosis), "asked": asked, "clips": clips}
    context["replies"] = replies(run.clips_path)
    write_text(run.report_path, _render(context))
    return run.report_path


def _charts(run: RunFolder, record: RunRecord, diagnosis: Diagnosis) -> dict[str, list[Figure]]:
    from tacit.report.figures import learning_figures, optimum_figures, reward_figures  # noqa: PLC0415 (matplotlib takes a second)
    from tacit.report.inline_svg import house_style  # noqa: PLC0415 (the same)

    with house_style():
        optimum = optimum_figures(run, record)
        return {
            "learning": learning_figures(record, run.progress()),
            "reward": [*optimum, *reward_figures(diagnosis)],
        }


def _words(run: RunFolder, record: RunRecord, judgments: pl.DataFrame) -> dict[str, Any]:
    counts = record.outcomes or dict(judgments.get_column("outcome").value_counts().sort("outcome").iter_rows())
    return {
        "record": record,
        "run_path": str(run.path),
        "verdict": verdict(record),
        "readings": readings(record),
        "returns": summary.returns(record),
        "ends": [number(end) for end in summary.return_ends(record)],
        "judged": summary.judged(record),
        "labelers": summary.labelers(record),
        "outcomes": summary.outcomes(counts),
        "costs": summary.costs(record, judgments),
        "command": summary.command(record),
        "record_groups": summary.record_groups(record),
        "when": "" if record.finished_at_s is None else moment(record.finished_at_s),
    }


def _render(context: dict[str, Any]) -> str:
    """Return the page; its script is named by hash in its policy, so that no other script can run."""
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    digest = b64encode(sha256(script.encode("utf-8")).digest()).decode("ascii")
    own = {"style": Markup(style), "script": Markup(script), "script_hash": digest}  # noqa: S704 (our own files)
    return _template().render(**own, **context)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2")
