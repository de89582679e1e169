"""A form with files that streams in: any cut of it gives the same, limits hold on the way, and nothing is left open."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tacit.errors import BadValue, CannotWrite
from tacit.web.bringing.files import receiving
from tacit.web.bringing.files.receiving import receive_form
from tacit.web.bringing.limits import BringingLimits, TooMuch

BOUNDARY = "x" * 20
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
LIMITS = BringingLimits(batch_bytes=4096, files=3)


def form(*parts: tuple[str, bytes], closed: bool = True) -> bytes:
    body = b"".join(f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts)
    return body + (f"--{BOUNDARY}--\r\n".encode() if closed else b"")


def file(name: str, content: bytes) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: text/csv', content


def field(name: str, content: bytes) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"', content


def receive(body: bytes, folder, cuts=(), limits=LIMITS, content_type=TYPE):
    async def chunks():
        edges = [0, *sorted(cuts), len(body)]
        for start, end in pairwise(edges):
            yield body[start:end]

    with ThreadPoolExecutor(1) as pool:  # Playwright, where another test has started it, runs a loop in this thread
        return pool.submit(asyncio.run, receive_form(content_type, chunks(), folder, limits)).result()


BODY = form(field("rounds", b"2"), file("a folder/a.csv", b"text\r\n--x\r\n"), file("", b""), file("b.csv", b"\0\xff"))


@given(st.lists(st.integers(0, len(BODY)), max_size=6))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_it_is_cut_the_same_files_arrive(tmp_path_factory, cuts):
    received = receive(BODY, tmp_path_factory.mktemp("spool"), cuts)
    assert received.fields == {"rounds": "2"}
    assert [(name, path.read_bytes()) for name, path in received.files] == [
        ("a folder/a.csv", b"text\r\n--x\r\n"),
        ("b.csv", b"\0\xff"),
    ]


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/passwd", "C:\\\\evil.csv", "a" * 2000])
def test_the_name_of_a_file_never_touches_a_path(tmp_path, name):
    received = receive(form(file(name, b"x")), tmp_path, limits=BringingLimits())
    assert [path.name for path in tmp_path.iterdir()] == ["000000"]
    assert received.files[0][1] == tmp_path / "000000"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (form(file("a.csv", b"x" * 5000)), "more than 4 KiB"),
        (form(*(file(f"{n}.csv", b"x") for n in range(4))), "more than 3 files"),
    ],
)
def test_more_than_the_limits_is_stopped_on_the_way(tmp_path, body, said):
    with pytest.raises(TooMuch, match=said):
        receive(body, tmp_path, cuts=range(0, len(body), 100))


def test_fields_and_headers_without_end_are_refused(tmp_path):
    wide = BringingLimits()
    for body in (form(field("a", b"x" * 70_000)), form(*(field(f"f{n}", b"") for n in range(101)))):
        with pytest.raises(TooMuch):
            receive(body, tmp_path, limits=wide)
    with pytest.raises((TooMuch, BadValue)):
        receive(form(("X-Long: " + "y" * 70_000, b"")), tmp_path, limits=wide)


@pytest.mark.parametrize("body", [b"nonsense", form(file("a.csv", b"x"), closed=False)[:-30]])
def test_a_form_that_breaks_off_is_refused(tmp_path, body):
    with pytest.raises(BadValue, match="breaks off"):
        receive(body, tmp_path)


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data"])
def test_what_is_no_form_is_refused(tmp_path, content_type):
    with pytest.raises(BadValue, match="expected multipart/form-data"):
        receive(BODY, tmp_path, content_type=content_type)


def test_a_full_disk_is_told_in_a_sentence(tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(receiving._Parts, "_data", full)
    with pytest.raises(CannotWrite, match="No space left on device, expected a disk with room"):
        receive(BODY, tmp_path)
