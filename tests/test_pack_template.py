"""The template of a pack builds, is found by the command line, passes its own tests and makes its page."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "docs" / "pack_template"
CALL = "import sys; from tacit.cli.main import main; sys.exit(main())"


def test_the_template_is_short():
    files = [TEMPLATE / "pyproject.toml", *(TEMPLATE / "src").rglob("*.py")]
    lines = [line for path in files for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) < 200


def test_the_page_on_packs_names_every_file_of_the_template():
    page = (ROOT / "docs" / "write_a_pack.md").read_text()
    for path in TEMPLATE.rglob("*"):
        if path.is_file() and path.name != "__init__.py" and "__pycache__" not in path.parts:
            assert f"({path.relative_to(ROOT / 'docs').as_posix()})" in page, path


def test_the_template_builds_passes_its_tests_and_counts(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, TEMPLATE]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, TEMPLATE / "tests"]
    tested = subprocess.run(
        [*tests, f"--rootdir={TEMPLATE}"], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert tested.returncode == 0, tested.stdout
    call = [sys.executable, "-c", CALL, "clicks", "--n", "30", "--report", "page.html", "--json"]
    counted = subprocess.run(call, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert counted.returncode == 0, counted.stderr
    assert json.loads(counted.stdout)["right"]["mean"] > 0.8
    page = (tmp_path / "page.html").read_text()
    assert page.count("data:audio/wav") == 5
    assert "counted right" in page
    listed = subprocess.run([*call[:3], "--help"], capture_output=True, text=True, check=True, env=environment)
    assert "clicks" in listed.stdout
    assert not (TEMPLATE / "dist").exists()
