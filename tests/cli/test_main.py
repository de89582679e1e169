import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tacit import __version__
from tacit.cli.main import VERBS, all_verbs, load_verb, main

TACIT = Path(sys.executable).with_name("tacit")


@pytest.fixture
def verb(tmp_path, monkeypatch):
    """Return a function that makes a file a verb called `probe`, as any verb of tacit is made."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(VERBS, "probe", ("probe_verb", "do what the test says"))

    def make(run, *, more=""):
        text = """
            import argparse
            from pathlib import Path
            import numpy as np
            from tacit.errors import *

            def add_arguments(parser):
                parser.add_argument("--times", type=int, default=1)
                modes = parser.add_subparsers(dest="mode")
                modes.add_parser("fit").add_argument("--alpha")
                modes.add_parser("score")

            def run(arguments):
                {run}

            def show(result):
                return f"times {{result['times']}}"
        """
        body = textwrap.dedent(text).format(run=run) + textwrap.dedent(more)
        tmp_path.joinpath("probe_verb.py").write_text(body)
        sys.modules.pop("probe_verb", None)

    yield make
    sys.modules.pop("probe_verb", None)


def run(*words, **settings):
    return subprocess.run([TACIT, *words], capture_output=True, text=True, timeout=300, check=False, **settings)


# ---- what every call does


def test_help_names_every_verb(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name}" in shown and summary in shown for name, summary in all_verbs().items())


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tacit {__version__}\n"


def test_no_verb_is_a_wrong_call_that_shows_the_help(capsys):
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert (out, "usage: tacit VERB" in err) == ("", True)


@pytest.mark.parametrize("name", all_verbs())
def test_every_verb_loads_and_explains_itself(name, capsys):
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"usage: tacit {name}" in out
    assert "--json" in out


@pytest.mark.parametrize("name", all_verbs())
def test_every_verb_refuses_an_option_it_does_not_know(name, capsys):
    assert main([name, "--jsno"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"tacit {name}: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", all_verbs())
def test_every_verbs_summary_fits_a_line_and_its_options_are_explained(name):
    parsers = [load_verb(name)[1]]
    assert len(all_verbs()[name]) <= 80
    for parser in parsers:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
            else:
                assert action.help, f"{parser.prog} {action.dest}"


def test_a_result_is_for_a_person_or_one_json_object(verb, capsys):
    verb("return {'times': arguments.times}")
    assert main(["probe", "--times", "3"]) == 0
    assert capsys.readouterr().out == "times 3\n"
    assert main(["probe", "--times", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"times": 3}


@pytest.mark.parametrize("words", [["--json", "fit", "--alpha", "1"], ["fit", "--alpha", "1", "--json"]])
def test_json_may_stand_anywhere_after_the_verb(verb, capsys, words):
    verb("return {'mode': arguments.mode, 'alpha': arguments.alpha}")
    assert main(["probe", *words]) == 0
    assert json.loads(capsys.readouterr().out) == {"mode": "fit", "alpha": "1"}


def test_json_holds_paths_as_text_arrays_as_lists_and_nothing_that_is_not_finite(verb, capsys):
    verb(
        "return {'run': Path('runs') / 'x', 'p': np.float64(0.5), 'low': -np.inf, 'nan': float('nan'),"
        " 'n': np.int64(3), 'all': np.arange(2), 'pair': (1, [2.5])}"
    )
    assert main(["probe", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "run": str(Path("runs") / "x"),
        "p": 0.5,
        "low": None,
        "nan": None,
        "n": 3,
        "all": [0, 1],
        "pair": [1, [2.5]],
    }


def test_a_check_that_fell_short_exits_with_1(verb, capsys):
    verb("return {'times': 1}", more="def exit_code(result): return 1")
    assert main(["probe"]) == 1
    assert capsys.readouterr().out == "times 1\n"


def test_a_verb_is_told_the_words_of_the_whole_call(verb, capsys):
    verb("return {'command': arguments.command}")
    assert main(["probe", "--times", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"command": ["tacit", "probe", "--times", "3", "--json"]}


# ---- bad calls: one message on standard error, nothing on standard output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lern"], "tacit: unknown verb 'lern'. Did you mean 'learn'? See: tacit --help\n"),
        (["--jso"], "tacit: unknown verb '--jso'. See: tacit --help\n"),
        (
            ["probe", "--tmies", "3"],
            "tacit probe: unknown argument --tmies. Did you mean '--times'? See: tacit probe --help\n",
        ),
        (["probe", "--tim", "3"], "tacit probe: unknown argument --tim."),
        (["probe", "fit", "--alpa=3"], "tacit probe: unknown argument --alpa. Did you mean '--alpha'?"),
        (["probe", "ft"], "got 'ft', expected one of fit, score. Did you mean 'fit'?"),
        (["probe", "--times", "many"], "argument --times: invalid int value: 'many'. See: tacit probe --help\n"),
    ],
)
def test_a_wrong_call_gets_one_line_that_helps(verb, capsys, words, message):
    verb("return {}")
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        ("BadValue('--times', got=0, expected='1 or more')", 2, "tacit probe: --times: got 0, expected 1 or more.\n"),
        ("CheckFailed('the check fell short')", 1, "tacit probe: the check fell short\n"),
        ("Interrupted('stopped at label 20')", 130, "tacit probe: stopped at label 20\n"),
    ],
)
def test_an_error_of_tacit_is_a_message_and_an_exit_code(verb, capsys, fault, code, message):
    verb(f"raise {fault}")
    assert main(["probe", "--json"]) == code
    assert capsys.readouterr() == ("", message)


def test_a_missing_extra_is_named_with_the_line_that_installs_it(verb, capsys):
    verb("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch.nn')")
    assert main(["probe"]) == 2
    assert "pip install 'tacit[learn]'" in capsys.readouterr().err


def test_a_bug_keeps_its_traceback(verb):
    verb("return {}['nothing']")
    with pytest.raises(KeyError):
        main(["probe"])


def test_an_interrupt_says_how_to_go_on(verb, capsys):
    verb("raise KeyboardInterrupt")
    assert main(["probe", "--times", "3", "--json"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("\ntacit probe: interrupted; what was saved is kept. To go on, run: tacit probe --times 3 --json\n")


# ---- the process


def test_matrix_products_use_one_thread_unless_the_user_says_otherwise(tmp_path):
    (tmp_path / "threads_verb.py").write_text(
        "import os\nimport numpy\n"
        "def add_arguments(parser): pass\n"
        "def run(arguments): return {'threads': os.environ['OPENBLAS_NUM_THREADS']}\n"
    )
    program = "from tacit.cli.main import *; VERBS['count'] = ('threads_verb', 'count'); main(['count', '--json'])"
    others = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    for given, expected in (({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")):
        environment = {**others, **given, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == {"threads": expected}


def test_starting_is_quick_and_imports_nothing_heavy():
    imported = "import sys; from tacit.cli.main import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", imported], capture_output=True, text=True, check=True)
    heavy = {"torch", "polars", "matplotlib", "numpy", "scipy", "sqlalchemy", "rich", "jinja2", "safetensors"}
    assert heavy.isdisjoint(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "limit_s"),
    [([sys.executable, "-c", "import tacit"], 0.3), ([TACIT, "--help"], 0.5), ([TACIT, "--version"], 0.5)],
    ids=["import", "help", "version"],
)
def test_starting_takes_less_time_than_the_bar(words, limit_s):
    def cpu_s():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def start_cpu_s():
        began_s = cpu_s()
        subprocess.run(words, capture_output=True, check=True)
        return cpu_s() - began_s

    # Neighbours that crowd a processor's caches make the same work cost more: the quickest start is its own cost.
    assert any(start_cpu_s() < limit_s for _ in range(5))


def test_a_reader_that_goes_away_is_no_error():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([TACIT, "--help"], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_under_standard_output_is_one_message():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([TACIT, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == ("tacit: standard output: got No space left on device, expected room to write the result.\n")


def test_control_c_stops_a_real_process_with_130(tmp_path):
    script = tmp_path / "wait.py"
    script.write_text(
        "import sys, time\n"
        "from tacit.cli.main import VERBS, main\n"
        "def add_arguments(parser): pass\n"
        "def run(arguments): print('ready', file=sys.stderr, flush=True); time.sleep(600)\n"
        "VERBS['wait'] = ('__main__', 'wait')\n"
        "sys.exit(main(['wait']))\n"
    )
    process = subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "To go on, run: tacit wait" in err
    assert "Traceback" not in err
