"""Exports of one project: every answer with its question, or what the answers amount to."""

from __future__ import annotations

import csv
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tacit.errors import UnknownName
from tacit.store import Store
from tacit.store.people import Project
from tacit.web.pages.context import apart, project_of, store_of
from tacit.web.pages.drawing import draw
from tacit.web.quality.coding import Coded, by_judges_and_reviewers, coded, in_force_answers


@dataclass(frozen=True)
class ExportFormat:
    """A format in which a project's answers can be had.

    Args:
        words: for whom it is. ending: of the file's name. media_type: of the file.
    """

    words: str
    ending: str
    media_type: str


CSV, LINES = "text/csv; charset=utf-8", "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
FORMATS: dict[str, ExportFormat] = {
    "csv": ExportFormat("CSV: a table for every program", "csv", CSV),
    "jsonl": ExportFormat("JSON lines: one answer a line", "jsonl", LINES),
    "parquet": ExportFormat("Parquet: typed and small", "parquet", PARQUET),
    "crowd": ExportFormat("Plain crowd table: item, labeler, label (CSV)", "csv", CSV),
    "label-studio": ExportFormat("Label Studio (JSON)", "json", "application/json"),
    "argilla": ExportFormat("Argilla and Hugging Face datasets (Parquet)", "parquet", PARQUET),
    "doccano": ExportFormat("doccano (JSON lines)", "jsonl", LINES),
    "prodigy": ExportFormat("Prodigy (JSON lines)", "jsonl", LINES),
    "hh-rlhf": ExportFormat("Chosen and rejected, as HH-RLHF (JSON lines)", "jsonl", LINES),
    "arena": ExportFormat("Votes, as Chatbot Arena (JSON lines)", "jsonl", LINES),
}


async def show_export(request: Request) -> Response:
    """GET /projects/ID/export."""
    _, project = await project_of(request, "project.export")
    formats = [(name, one.words) for name, one in FORMATS.items()]
    n_answers = project.n_valid + project.n_surplus + project.n_check
    return draw(request, "export.html.j2", project=project, formats=formats, n_answers=n_answers)


async def export_file(request: Request) -> Response:
    """GET /projects/ID/export/file?format=csv."""
    _, project = await project_of(request, "project.export")
    name = request.query_params.get("format", "csv")
    if name not in FORMATS:
        raise UnknownName("format", name, FORMATS)
    store, chosen = store_of(request), FORMATS[name]
    path = _new_file(f".{chosen.ending}")

    def write() -> None:
        store.export_as(path, name, project_id=project.project_id)

    try:
        await apart(write)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    named = file_name(project) + ("" if name == chosen.ending else f"_{name}")
    return _download(path, f"{named}.{chosen.ending}", chosen.media_type)


async def export_labels(request: Request) -> Response:
    """GET /projects/ID/export/labels.csv: a row for each question, with how many gave each answer."""
    _, project = await project_of(request, "project.export")
    path = _new_file(".csv")
    await apart(_write_labels, store_of(request), project, path)
    return _download(path, f"{file_name(project)}_labels.csv", CSV)


def file_name(project: Project) -> str:
    """Return the project's name as the name of a file: letters, digits and underscores alone.

    It goes into a header and onto somebody's disk, so that nothing of it is taken over as it is.
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", project.name).strip("_")[:60] or "answers"


def _write_labels(store: Store, project: Project, path: Path) -> None:
    """Write a row for each question: what judges answered, and what a reviewer decided, if one did."""
    records = store.people.records
    judged, decided = by_judges_and_reviewers(in_force_answers(records.answers(project.project_id)))
    rows = coded(judged, project.kind)
    reviewed = coded(decided.unique("question", keep="last", maintain_order=True), project.kind)
    decision = {int(reviewed.units[u]): _named(reviewed, v) for u, v in zip(reviewed.unit, reviewed.value, strict=True)}
    ids = records.question_ids(sorted({int(one) for one in (*rows.units, *reviewed.units)}))
    numbers = rows.metric == "interval"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        columns = ["mean", "lowest", "highest"] if numbers else ["most_given", "n_most_given", "answers"]
        writer.writerow(["question_id", "n_answers", *columns, "adjudicated"])
        order = np.argsort(rows.unit, kind="stable")
        edges = np.searchsorted(rows.unit[order], np.arange(len(rows.units) + 1))
        for unit, question in enumerate(rows.units.tolist()):
            values = rows.value[order[edges[unit] : edges[unit + 1]]]
            cells = _spread(values) if numbers else _counted(rows, values)
            writer.writerow([ids[question], len(values), *cells, decision.pop(question, "")])
        for question, said in decision.items():  # decided though no judge has answered
            writer.writerow([ids[question], 0, "", "", "", said])


def _spread(values: NDArray[np.float64]) -> list[str]:
    return [f"{number:.6g}" for number in (values.mean(), values.min(), values.max())]


def _counted(rows: Coded, values: NDArray[np.float64]) -> list[str]:
    counts = np.bincount(values.astype(np.intp), minlength=len(rows.names))
    ranked = [int(value) for value in np.argsort(-counts, kind="stable") if counts[value]]
    listed = "; ".join(f"{rows.names[value]}: {counts[value]}" for value in ranked)
    return [rows.names[ranked[0]], str(counts[ranked[0]]), listed]


def _named(rows: Coded, value: float) -> str:
    return f"{value:.6g}" if rows.metric == "interval" else rows.names[int(value)]


def _new_file(suffix: str) -> Path:
    with tempfile.NamedTemporaryFile(prefix="tacit-export-", suffix=suffix, delete=False) as made:
        return Path(made.name)


def _download(path: Path, name: str, media_type: str) -> Response:
    removal = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type=media_type, filename=name, background=removal)
