"""The core and the packs are distributions: their wheels build, hold every file, and install in a clean environment."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tacit import __version__

ROOT = Path(__file__).parents[1]
PACKS = ("control", "language", "speech")
PACKAGES = {"tacit": ROOT / "src"} | {f"tacit_{pack}": ROOT / "packs" / pack / "src" for pack in PACKS}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Return distribution → its wheel, built from the working tree without any network."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, *(ROOT / "packs" / pack for pack in PACKS)):
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, project]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stdout + built.stderr
    return {wheel.name.partition("-")[0]: wheel for wheel in folder.glob("*.whl")}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_every_file_of_its_package_and_nothing_else(wheels, package):
    source = PACKAGES[package]
    files = (path for path in (source / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    inside = {name for name in zipfile.ZipFile(wheels[package]).namelist() if ".dist-info/" not in name}
    assert inside == {path.relative_to(source).as_posix() for path in files}
    assert f"{package}/py.typed" in inside


def test_the_wheels_work_in_a_clean_environment(wheels, tmp_path):
    venv.create(tmp_path, with_pip=True)
    python = tmp_path / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*install, *wheels.values()], check=True)
    said = subprocess.run([tmp_path / "bin" / "tacit", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"tacit {__version__}\n"
    # The dependencies are lent by this environment, after the clean one's own packages; editable installs are not lent.
    site = next((tmp_path / "lib").glob("python*")) / "site-packages"
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"))
    program = """if True:
        import tacit
        from tacit.catalogue import producer_packs
        from tacit.cli.pack_verbs import pack_verbs
        print(tacit.__file__, *producer_packs(), "and", *pack_verbs())
    """
    found = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    where, *named = found.stdout.split()
    assert Path(where).is_relative_to(tmp_path)
    assert named == ["control", "language", "and", "language", "speech"]
