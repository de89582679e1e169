"""Verbs that installed packs add: found by entry point, loaded when used, never in place of a verb of the core."""

import subprocess
import sys
import textwrap

import pytest

from tacit.cli.main import VERBS, all_verbs, main
from tacit.cli.pack_verbs import pack_verbs
from tacit.errors import InputError

MODULE = """
    def add_arguments(parser): parser.add_argument("--times", type=int, default=2)
    def run(arguments): return {"times": arguments.times}
    def show(result): return f"hummed {result['times']} times"
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs a pack with a verb, as pip would: a module, and metadata that names it."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(verb="hum", *, module="hum_verb", text=MODULE, distribution="tacit-hum", summary="Hum a tune."):
        tmp_path.joinpath(f"{module}.py").write_text(textwrap.dedent(text))
        metadata = tmp_path / f"{distribution.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\nSummary: {summary}\n"
        )
        (metadata / "entry_points.txt").write_text(f"[tacit.verbs]\n{verb} = {module}\n")
        made.append(module)

    yield make
    for module in made:
        sys.modules.pop(module, None)


def test_a_packs_verb_runs_as_one_of_the_core(install, capsys):
    install()
    assert main(["hum", "--times", "3"]) == 0
    assert capsys.readouterr().out == "hummed 3 times\n"
    assert main(["hum", "--json"]) == 0
    assert capsys.readouterr().out == '{"times": 2}\n'


def test_help_lists_it_without_loading_it(install, capsys):
    install(text="raise RuntimeError('loaded')")
    assert main(["--help"]) == 0
    assert "hum        hum a tune\n" in capsys.readouterr().out


def test_a_near_miss_of_it_is_suggested(install, capsys):
    install("warble")
    assert main(["warbel"]) == 2
    assert "unknown verb 'warbel'. Did you mean 'warble'?" in capsys.readouterr().err


def test_it_cannot_take_the_name_of_a_verb_of_the_core(install):
    install("wer")
    assert "wer" not in pack_verbs(VERBS)
    assert all_verbs()["wer"] == VERBS["wer"][1]


def test_two_packs_with_one_verb_are_refused(install):
    install()
    install(module="other_hum", distribution="tacit-other")
    with pytest.raises(InputError, match=r"hum_verb and other_hum|other_hum and hum_verb"):
        pack_verbs()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import no_such_module",
            "got no module 'no_such_module', expected it to be installed. Run: pip install 'tacit-hum'",
        ),
        ("from json import nothing", "ImportError: cannot import name 'nothing'"),
        ("def run(arguments): return {}", "hum_verb without add_arguments, show"),
    ],
)
def test_a_broken_pack_is_one_message(install, capsys, text, message):
    install(text=text)
    assert main(["hum"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tacit hum: verb 'hum': ")
    assert message in err
    assert err.count("\n") == 1


def test_a_verb_of_the_core_starts_without_looking_for_packs():
    program = (
        "import sys; import tacit.cli.main as cli\n"
        "def looked(*_): raise SystemExit('looked for packs')\n"
        "cli.pack_verbs = looked; sys.exit(cli.main(['wer', '--help']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
