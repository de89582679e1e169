import json
import math
import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tacit.errors import BadFile, CannotWrite
from tacit.store.run_folder import RECORD_FORMAT, RunFolder, read_json, write_bytes, write_json


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


# ---- worked by hand


def test_a_record_comes_back_with_its_format(folder):
    assert not folder.exists()
    folder.write_record({"command": ["learn", "CartPole-v1"], "seed": 0, "judge": "künstlich"})
    assert folder.exists()
    assert folder.record() == {
        "format": RECORD_FORMAT,
        "command": ["learn", "CartPole-v1"],
        "seed": 0,
        "judge": "künstlich",
    }


def test_progress_comes_back_row_by_row(folder):
    assert folder.progress() == []
    rows = [{"iteration": 0, "labels": 50}, {"iteration": 1, "labels": 70.5}]
    folder.write_progress(rows)
    assert folder.progress() == rows
    assert folder.progress_path.read_text().count("\n") == 2


def test_a_last_row_cut_short_by_a_crash_is_left_out(folder):
    rows = [{"iteration": 0}, {"iteration": 1}]
    folder.write_progress(rows)
    whole = folder.progress_path.read_bytes()
    for length in range(len(whole)):
        folder.progress_path.write_bytes(whole[:length])
        assert folder.progress() == rows[: len(folder.progress())]


def test_before_the_end_there_are_no_diagnostics(folder):
    assert folder.diagnostics() == {}
    write_json(folder.diagnostics_path, {"reliability": []})
    assert folder.diagnostics() == {"reliability": []}


def test_every_path_lies_in_the_folder(folder):
    paths = [getattr(folder, name) for name in dir(RunFolder) if name.endswith("_path")]
    assert len(set(paths)) == len(paths) == 9
    assert all(path.parent == folder.path for path in paths)


# ---- all or nothing


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "deep" / "file"
    write_bytes(path, b"one")
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_number_that_is_not_finite_is_refused_and_the_old_file_kept(folder):
    write_json(folder.record_path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(folder.record_path, {"a": math.nan})
    assert folder.record() == {"a": 1}


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path):
    # A process that writes without pause is killed; whenever that is, the file is whole.
    path = tmp_path / "file.json"
    program = textwrap.dedent(f"""
        from pathlib import Path
        from tacit.store.run_folder import write_json
        n = 0
        while True:
            n += 1
            write_json(Path({str(path)!r}), {{"n": n, "same": [n] * 2000}})
            if n == 1: print("writing", flush=True)
    """)
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        for _ in range(20):
            value = read_json(path)
            assert set(value["same"]) == {value["n"]}
        writer.kill()
        writer.communicate()
        value = read_json(path)
        assert set(value["same"]) == {value["n"]}


# ---- refuses


def test_a_full_disk_is_one_message_and_the_old_file_stays(tmp_path):
    path = tmp_path / "file"
    write_bytes(path, b"old")
    program = textwrap.dedent(f"""
        import resource
        from pathlib import Path
        from tacit.errors import CannotWrite
        from tacit.store.run_folder import write_bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, {resource.RLIM_INFINITY}))  # as a disk with little room
        try:
            write_bytes(Path({str(path)!r}), b"x" * 100_000)
        except CannotWrite as error:
            print(error)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"{path}: got File too large, expected a disk with room to write.\n"
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_may_not_be_written_is_one_message(tmp_path):
    tmp_path.chmod(0o500)
    # The superuser may write there all the same, though not into the kernel's own folder.
    folder = tmp_path if os.geteuid() != 0 else Path("/proc/self")
    with pytest.raises(CannotWrite, match="expected a disk with room to write"):
        write_bytes(folder / "file", b"x")
    tmp_path.chmod(0o700)


def test_a_file_where_the_folder_should_be_is_one_message(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(CannotWrite, match="expected a disk with room to write"):
        RunFolder(tmp_path / "run").write_record({})
    with pytest.raises(CannotWrite):
        RunFolder(tmp_path / "run" / "deeper").write_record({})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"format": 1', "expected a JSON object"),
        (b"\xff\xfe", "expected a JSON object"),
        (b"[1, 2]", "got a JSON list, expected a JSON object"),
        (json.dumps({"format": RECORD_FORMAT + 1}).encode(), "Install a newer tacit to read it"),
    ],
)
def test_a_record_that_is_none_is_refused(folder, content, complaint):
    write_bytes(folder.record_path, content)
    with pytest.raises(BadFile, match=complaint):
        folder.record()


def test_an_absent_record_says_so(folder):
    with pytest.raises(BadFile, match=r"run\.json: got no such file, expected a JSON file written by tacit"):
        folder.record()
