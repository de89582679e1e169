"""A batch that was brought: looked at whole before anything is kept, then kept whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tacit.judging import Item, ItemKind, Question, QuestionKind
from tacit.web.bringing.faults import Fault
from tacit.web.bringing.files.archives import unpack, unpack_gzip
from tacit.web.bringing.files.sniffing import Form
from tacit.web.bringing.items import BroughtFile
from tacit.web.bringing.limits import BringingLimits, size
from tacit.web.bringing.pairing import cyclic_pairs, ring_groups
from tacit.web.bringing.rows import Brought, Plan, Table, bring

ITEMS_AT_ONCE = 2_000
BYTES_AT_ONCE = 32 * 2**20
FAULTS_NAME = "faults.csv"
N_SAMPLES = 3
SAMPLE_CHARACTERS = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Progress = Callable[[int], None]


@dataclass
class Report:
    """What a batch holds.

    Args:
        n_files: files, those inside archives included. n_rows: good rows and files. n_faults: bad ones.
        n_duplicates: good rows that say what an earlier one says; each is kept once.
        n_questions: that the good rows make. n_expected: of those, gold. n_formulas: cells that a spreadsheet would
            take for a formula; they are kept as the text that they are.
        n_converted: rows with a recording or clip that browsers do not play, which is converted as it is kept.
        faults: the first of them. tables: those met. unnamed: files that no row names, which are left out.
        samples: the items of the first good rows, in short. stopped: something after a fault could not be read at all.
    """

    n_files: int = 0
    n_rows: int = 0
    n_faults: int = 0
    n_duplicates: int = 0
    n_questions: int = 0
    n_expected: int = 0
    n_formulas: int = 0
    n_converted: int = 0
    faults: list[Fault] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    unnamed: tuple[str, ...] = ()
    samples: list[tuple[str, ...]] = field(default_factory=list)
    stopped: bool = False


class Keeper(Protocol):
    """Who keeps what was brought. Nothing is seen in the project before `finish`."""

    def items(self, items: Sequence[Item]) -> None:
        """Keep items."""

    def question(self, question: Question, brought: Brought | None) -> None:
        """Keep a question; `brought` is its row, None where the items met by our own plan."""

    def finish(self) -> None:
        """Put all questions into the project at once."""


class Batch:
    """The files of one batch, in a folder of their own.

    Args:
        folder: holds the files as they came; what archives unpack to is put beside them.
        received: (name, path) of each.
        limits: what the batch may hold.
    """

    def __init__(self, folder: Path, received: Sequence[tuple[str, Path]], limits: BringingLimits) -> None:
        self.folder, self.limits = folder, limits
        self._received = list(received)
        self._files: list[BroughtFile] | None = None
        self._unpacking: list[Fault] = []

    def check(self, plan: Plan, progress: Progress = lambda _: None) -> Report:
        """Go through everything and say what is wrong, keeping nothing; all faults also go into a CSV file."""
        report = Report(n_files=len(self._all_files()))
        with (self.folder / FAULTS_NAME).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["file", "row", "column", "got", "expected", "do"])
            counting = _Counting(report, self.limits, writer.writerow)
            for met in self._all(plan):
                if isinstance(met, Fault):
                    counting.fault(met)
                elif isinstance(met, Brought):
                    counting.good(met)
                elif isinstance(met, Table):
                    report.tables = [table for table in report.tables if table.name != met.name] + [met]
                else:
                    report.unnamed = met
                progress(report.n_rows + report.n_faults)
        report.n_questions += sum(1 for _ in _meetings(len(counting.single_items), plan))
        return report

    def keep(self, plan: Plan, keeper: Keeper, progress: Progress = lambda _: None) -> None:
        """Keep every good row, as `check` found them."""
        waiting: list[Item] = []
        n_bytes = 0
        singles: dict[str, None] = {}
        asked: set[str] = set()
        n = 0
        for met in self._all(plan):
            n += isinstance(met, Brought | Fault)
            if not isinstance(met, Brought):
                continue
            waiting += met.items
            n_bytes += sum(len(item.content) for item in met.items)
            if len(waiting) >= ITEMS_AT_ONCE or n_bytes >= BYTES_AT_ONCE:
                keeper.items(waiting)
                waiting, n_bytes = [], 0
            if met.question is None:
                singles[met.items[0].item_id] = None
            elif met.question.question_id not in asked:
                asked.add(met.question.question_id)
                keeper.question(met.question, met)
            progress(n)
        keeper.items(waiting)
        names = list(singles)
        for places in _meetings(len(names), plan):
            item_ids = tuple(names[place] for place in places)
            keeper.question(Question(plan.kind, item_ids, plan.text, plan.settings), None)
        keeper.finish()

    def _all(self, plan: Plan) -> Iterator[Brought | Fault | Table | tuple[str, ...]]:
        files = self._all_files()
        yield from self._unpacking
        yield from bring(files, plan, self.limits)

    def _all_files(self) -> list[BroughtFile]:
        """Return the files, those inside archives in place of the archives."""
        if self._files is None:
            self._files = []
            for number, (name, path) in enumerate(self._received):
                file = BroughtFile.at(path, name)
                if file.sniffed.form is Form.ARCHIVE:
                    into = self.folder / f"unpacked-{number}"
                    into.mkdir(exist_ok=True)
                    self._take(unpack(path, name, into, self.limits))
                elif file.sniffed.form is Form.GZIP:
                    self._take([unpack_gzip(path, name, self.folder / f"unpacked-{number}", self.limits)])
                else:
                    self._files.append(file)
        return self._files

    def _take(self, unpacked: Iterable[tuple[str, Path] | Fault]) -> None:
        """Take what was unpacked; an archive in an archive is not unpacked again."""
        for met in unpacked:
            if isinstance(met, Fault):
                self._unpacking.append(met)
            elif self._files is not None:
                self._files.append(_member(*met))


def _member(name: str, path: Path) -> BroughtFile:
    file = BroughtFile.at(path, name)
    if file.sniffed.form in (Form.ARCHIVE, Form.GZIP):
        file.sniffed = type(file.sniffed)(Form.REFUSED, got="an archive inside an archive", do="Unpack it first")
    return file


class _Counting:
    """Counts what is met into a report; faults are also handed to `write`, a row of cells each."""

    def __init__(self, report: Report, limits: BringingLimits, write: Callable[[list[object]], object]) -> None:
        self.report, self._limits, self._write = report, limits, write
        self.single_items: set[str] = set()
        self._asked: set[str] = set()

    def fault(self, fault: Fault) -> None:
        report = self.report
        report.n_faults += 1
        report.stopped |= fault.stops
        if len(report.faults) < self._limits.faults:
            report.faults.append(fault)
        # A spreadsheet that opens the list must not run what a cell of the batch says: no cell begins a formula.
        cells = [fault.file, fault.row or "", fault.column, fault.got, fault.expected, fault.do]
        self._write([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in cells])

    def good(self, met: Brought) -> None:
        report = self.report
        report.n_rows += 1
        report.n_formulas += met.has_formula
        report.n_converted += met.is_converted
        if len(report.samples) < N_SAMPLES:
            report.samples.append(tuple(_in_short(item) for item in met.items))
        seen = self.single_items if met.question is None else self._asked
        identity = met.items[0].item_id if met.question is None else met.question.question_id
        if identity in seen:
            report.n_duplicates += 1
            return
        seen.add(identity)
        if met.question is not None:
            report.n_questions += 1
            report.n_expected += met.expected is not None


def _in_short(item: Item) -> str:
    if item.kind not in (ItemKind.TEXT, ItemKind.DIALOGUE):
        return f"{item.media_type}, {size(len(item.content))}"
    words = " ".join(item.content.decode("utf-8", "replace").split())
    return words if len(words) <= SAMPLE_CHARACTERS else words[:SAMPLE_CHARACTERS] + "…"


def _meetings(n_items: int, plan: Plan) -> Iterator[tuple[int, ...]]:
    """Give which items meet, where they came one by one."""
    if n_items < 2 or not plan.items_meet:
        return
    if plan.kind is QuestionKind.RANKING:
        yield from ring_groups(n_items, plan.ranked_together, plan.rounds, plan.seed)
    else:
        yield from cyclic_pairs(n_items, plan.rounds, plan.seed)
