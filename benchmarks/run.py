"""Run the benchmarks and print tacit beside its peers: ``python benchmarks/run.py [NAME ...]``, or ``make bench``.

A benchmark is a script of this folder that answers one question. Called with ``--json``, if it takes that, it prints
one JSON object, last or alone on standard output: ``{"name": ..., "rows": [...]}``, or a list of rows a table, each row
an object, or plain numbers by name. What it needs of a peer it runs with that peer's own interpreter,
``benchmarks/.venvs/PEER/bin/python``, which ``make bench`` makes from ``benchmarks/peers/PEER.txt``.

Results are kept in ``benchmarks/out``, one file a benchmark, with the machine and the versions they were measured on.
Quote ratios of CPU time measured in one run on one machine, never times from two machines.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tacit.cli.terminal import table

FOLDER = Path(__file__).parent
Tables = dict[str, list[dict[str, Any]]]


def main() -> int:
    """Run what was asked for; exit with 1 if any benchmark failed."""
    known = sorted(path.stem for path in FOLDER.glob("*.py") if path != Path(__file__))
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(known)} (default: all)")
    names = parser.parse_args().names or known
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(known)}")
    failed = [name for name in names if not _run(name)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str) -> bool:
    print(f"== {name}", flush=True)
    began_s = time.monotonic()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    script = FOLDER / f"{name}.py"
    command = [sys.executable, str(script)]
    command += ["--json"] if "--json" in script.read_text(encoding="utf-8") else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    tables = _tables(name, done.stdout)
    if done.returncode != 0 or not tables:
        print(f"{name} ended with {done.returncode} and {'no' if not tables else 'a'} JSON object", file=sys.stderr)
        return False
    show(tables)
    _keep(name, tables)
    print(f"\n{time.monotonic() - began_s:.0f} s\n", flush=True)
    return True


def show(tables: Tables) -> None:
    """Print tables as a person reads them, each below its title."""
    for title, rows in tables.items():
        header = list(rows[0])
        print(f"\n{title}\n" + table([[_cell(row.get(key)) for key in header] for row in rows], header=header))


def _tables(name: str, printed: str) -> Tables:
    """Return the tables in what a benchmark printed; none if there is no JSON object at the end."""
    for text in (printed, printed.strip().rpartition("\n")[2]):
        try:
            result = json.loads(text)
        except json.JSONDecodeError:
            continue
        if "rows" in result:
            return {str(result.get("name", name)): result["rows"]}
        tables = {title: rows for title, rows in result.items() if isinstance(rows, list) and rows}
        return tables or {name: [{"what": key, "measured": value} for key, value in result.items()]}
    return {}


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
    return "" if value is None else str(value)


def _keep(name: str, tables: Tables) -> None:
    measured_on = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {
            package: version(package) for package in ("tacit", "tacit-control", "torch", "numpy", "gymnasium")
        },
    }
    (FOLDER / "out").mkdir(exist_ok=True)
    text = json.dumps({"name": name, "measured_on": measured_on, "tables": tables}, indent=1)
    (FOLDER / "out" / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
