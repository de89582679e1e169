"""What people bring by mistake or by malice: each is told with its row, the good rows stay good, nothing breaks."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from tacit.judging import QuestionKind
from tacit.web.bringing.files.tables import PARQUET_FOOTER_BYTES
from tacit.web.bringing.limits import BringingLimits
from tacit.web.bringing.rows import Plan

CHOICE = Plan(QuestionKind.CHOICE, "Is it kind?", {"options": ["yes", "no"]})


def test_a_bad_row_is_told_and_the_others_are_good(make_batch, kept):
    lines = [b"text,gold", b"fine,yes", b"b\xffd,", b"surplus,no,1", b"unkind,maybe", b",yes", b"last,no"]
    batch = make_batch({"t.csv": b"\n".join(lines)})
    report = batch.check(CHOICE)
    assert [fault.where for fault in report.faults] == [
        "t.csv, row 3, column 'text'",
        "t.csv, row 4",
        "t.csv, row 5, column 'gold'",
        "t.csv, row 6, column 'text'",
    ]
    assert [fault.got for fault in report.faults] == [
        "bytes that are not UTF-8",
        "3 cells",
        "'maybe'",
        "an empty cell",
    ]
    batch.keep(CHOICE, kept)
    assert kept.shown() == [("fine",), ("last",)]


def test_the_list_of_faults_is_a_file_in_which_no_cell_is_a_formula(make_batch):
    batch = make_batch({"=cmd()": b"\0\1", "t.csv": b"text,gold\nx,=1+1\n"})
    batch.check(CHOICE)
    listed = (batch.folder / "faults.csv").read_text().splitlines()
    assert len(listed) == 3
    assert not any(cell.startswith("=") for line in listed for cell in line.split(","))


def test_formula_cells_are_kept_as_the_text_that_they_are(make_batch, kept):
    batch = make_batch({"t.csv": b'text\n=HYPERLINK("http://x")\n+1\n-2\n@x\nplain\n'})
    assert batch.check(CHOICE).n_formulas == 4
    batch.keep(CHOICE, kept)
    assert ('=HYPERLINK("http://x")',) in kept.shown()


def test_html_and_svg_are_refused_as_files_and_stay_text_in_cells(make_batch, kept):
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    batch = make_batch({"a.svg": svg, "b.txt": b"<!DOCTYPE html><script>", "c.png": svg, "t.csv": b"text\n" + svg})
    report = batch.check(CHOICE)
    assert {fault.file for fault in report.faults} == {"a.svg", "b.txt", "c.png"}
    assert {fault.got for fault in report.faults} == {"a page or drawing that can carry script"}
    batch.keep(CHOICE, kept)
    assert [item.media_type for item in kept.kept.values()] == ["text/plain"]


def test_media_that_will_not_decode_are_told(make_batch, png):
    files = {
        "cut.png": png(1, (40, 40))[:60],
        "noise.mp4": b"\0\0\0\x18ftypmp42" + b"\7" * 400,
        "noise.wav": b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 10,
        "good.png": png(2),
    }
    report = make_batch(files).check(CHOICE)
    assert {fault.file for fault in report.faults} == {"cut.png", "noise.mp4", "noise.wav"}
    assert all("will not decode" in fault.got or "without" in fault.got for fault in report.faults)
    assert report.n_rows == 1


def test_an_image_that_unpacks_to_billions_of_pixels_is_refused_before_it_is_unpacked(make_batch):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 12_000, 12_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    larger = bomb.replace(header, chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)))
    report = make_batch({"bomb.png": bomb, "larger.png": larger}).check(CHOICE)
    assert [fault.got for fault in report.faults] == [
        "an image of 12000 × 12000 pixels",
        "an image of too many pixels",
    ]


def test_a_zip_bomb_is_refused_by_what_it_claims(make_batch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", b"0" * (4 * 2**20))  # some 4 kB packed
    report = make_batch({"bomb.zip": packed.getvalue()}).check(CHOICE)
    assert (report.n_rows, report.stopped) == (0, True)
    assert report.faults[0].got.endswith("that unpack to 4 MiB")


def test_a_zip_bomb_that_lies_about_its_size_is_stopped_on_the_way(make_batch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", b"0" * (4 * 2**20))
    lying = packed.getvalue().replace(struct.pack("<I", 4 * 2**20), struct.pack("<I", 1000))
    report = make_batch({"liar.zip": lying}).check(CHOICE)
    assert report.n_rows == 0
    assert report.n_faults == 1


def test_a_gzip_file_is_what_it_holds_and_a_bomb_is_stopped_on_the_way(make_batch, kept):
    files = {"t.csv.gz": gzip.compress(b"text\none\n"), "bomb.csv.gz": gzip.compress(b"0" * (4 * 2**20))}
    batch = make_batch(files)
    report = batch.check(CHOICE)
    assert (report.n_rows, report.n_faults) == (1, 1)
    assert "that unpack to more than" in report.faults[0].got
    batch.keep(CHOICE, kept)
    assert kept.shown() == [("one",)]


def test_an_archive_in_an_archive_and_one_with_too_many_files_are_refused(make_batch):
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.txt", "a")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("b.txt", "b")
    report = make_batch({"o.zip": outer.getvalue()}).check(CHOICE)
    assert (report.n_rows, report.faults[0].got) == (1, "an archive inside an archive")
    few = make_batch({"o.zip": outer.getvalue()}, BringingLimits(files=1)).check(CHOICE)
    assert few.faults[0].got == "2 files"


def test_a_million_columns_are_refused_without_being_read(make_batch):
    header = b",".join(b"c%d" % n for n in range(1_000_000))
    batch = make_batch({"wide.csv": header + b"\n" + header})
    tracemalloc.start()
    report = batch.check(CHOICE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.faults[0].got == "a first row without an end" or "columns" in report.faults[0].got
    assert peak < 100e6


def test_a_parquet_file_that_describes_columns_without_end_is_refused_before_it_is_read(make_batch):
    lying = b"PAR1" + b"\0" * 100 + struct.pack("<I", PARQUET_FOOTER_BYTES + 1) + b"PAR1"
    cut = b"PAR1" + b"\0" * 100
    report = make_batch({"a.parquet": lying, "b.parquet": cut}).check(CHOICE)
    assert [fault.got for fault in report.faults] == [
        "a description of columns without end",
        "a Parquet file without its end",
    ]


@pytest.mark.parametrize(
    ("name", "content", "got"),
    [
        ("t.xlsx", b"PK\x03\x04junk", "an office document (.xlsx)"),
        ("t.pdf", b"%PDF-1.7", "a PDF document"),
        ("t.gz", b"\x1f\x8b\x08", "a gzip file that will not unpack (Compressed file ended before the end-of-stream"),
        ("t.7z", b"7z\xbc\xaf'", "a packed file"),
        ("t.exe", b"MZ\0\0", "a file of unknown kind"),
        ("empty.csv", b"", "an empty file"),
        ("u16.csv", "text\nx".encode("utf-16"), "bytes that are not UTF-8"),
        ("t.csv", b"text,text\na,b\n", "the same column twice"),
        ("t.jsonl", b'[{"text": "a"}]', "JSON over several lines, or a list"),
        ("t.json", b'{\n"text": "a"\n}', "JSON over several lines, or a list"),
        ("t.jsonl", b'{"text": "a"', "Expecting ',' delimiter: line 1 column 13 (char 12)"),
        ("t.jsonl", b'{"text": {"a": 1}}', "{'a': 1}"),
        ("t.jsonl", b'{"text": "a\\u0000b"}', "a NUL character"),
        ("t.csv", b'text\n"never closed\n' + b"x\n" * 9, "a cell that is too long, or a quote that does not close"),
        ("t.csv", b'text\n"a"b\n"c"\n', "',' expected after '\"'"),
        ("t.csv", b"image\nhttp://evil.invalid/a.png\n", "'http://evil.invalid/a.png'"),
        ("nul.txt", b"a\0b", "a file of unknown kind"),
        ("t.txt", b"caf\xe9", "bytes that are not UTF-8 (the first at byte 4)"),
    ],
)
def test_the_wrong_kind_of_file_is_one_sentence(make_batch, name, content, got):
    report = make_batch({name: content}).check(CHOICE)
    assert [fault.got[: len(got)] for fault in report.faults] == [got]


def test_too_many_rows_are_refused_at_the_limit(make_batch):
    report = make_batch({"t.csv": b"text\n" + b"x\n" * 10}, BringingLimits(rows=5)).check(CHOICE)
    assert (report.n_rows, report.faults[0].got, report.stopped) == (5, "more rows", True)
