# Each target does its own set-up: the first one asked for makes .venv, the others find it.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done)
BIN := .venv/bin
PEERS := $(patsubst benchmarks/peers/%.txt,benchmarks/.venvs/%/.ready,$(wildcard benchmarks/peers/*.txt))
WORKERS ?= auto

export OMP_NUM_THREADS ?= 1

.PHONY: setup demo test lint docs bench clean

setup: .venv/.ready node_modules/.ready

demo: setup
	@$(BIN)/tacit learn CartPole-v1 --judge simulated --labels 200 --seed 0 --out runs/demo

test: setup
	@$(BIN)/pytest -n $(WORKERS) --maxprocesses 8

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@if test -x node_modules/.bin/tsc; then npm run --silent types; \
	else echo 'no npm: the scripts of the pages were not checked for their types'; fi

# Writes the pages that are made from the code, then checks every link and example of the others.
docs: setup
	@$(BIN)/python docs/build.py
	@$(BIN)/pytest -q tests/test_docs.py

bench: setup $(PEERS)
	@$(BIN)/python benchmarks/run.py

clean:
	rm -rf node_modules .venv benchmarks/.venvs benchmarks/out dist build

.venv/.ready: pyproject.toml constraints.txt $(wildcard packs/*/pyproject.toml)
	@$(call install,.venv,-c constraints.txt -e '.[dev]' -e 'packs/control[mujoco]' -e 'packs/speech[serve]' -e 'packs/language[all]')

# What checks the scripts and the accessibility of the pages. Nothing else needs it, so its absence is told and no fault.
node_modules/.ready: package.json package-lock.json
	@mkdir -p node_modules; \
	if ! command -v npm >/dev/null; then echo 'no npm: types of scripts and accessibility of pages will not be checked'; \
	elif npm ci --silent --no-audit --no-fund; then touch $@; \
	else echo 'npm could not install what package.json names: types of scripts and accessibility of pages will not be checked'; fi

benchmarks/.venvs/%/.ready: benchmarks/peers/%.txt
	@$(call install,$(@D),-r $<)

# $(call install,FOLDER,REQUIREMENTS): a virtual environment in FOLDER with REQUIREMENTS, by uv if there is one or one can
# be had, else by pip. uv is told to leave accelerator libraries out where there is no accelerator, unless PIP_FIND_LINKS
# names a folder of wheels to prefer. Bytecode is compiled now, because it costs seconds at each start otherwise.
define install
set -e; venv='$(1)'; \
test -n "$(PYTHON)" || { echo 'tacit needs Python 3.11 or later. Name one: make PYTHON=/path/to/python3'; exit 2; }; \
uv=$$(uv --version >/dev/null 2>&1 && echo uv || true); \
if ! $$venv/bin/python -c '' 2>/dev/null; then \
	echo "making $$venv"; rm -rf $$venv; \
	{ test -n "$$uv" && uv venv -q --python $(PYTHON) $$venv; } || $(PYTHON) -m venv $$venv; \
fi; \
test -n "$$uv" || { $$venv/bin/python -m pip install -q uv && uv=$$venv/bin/uv; } || true; \
export UV_FIND_LINKS="$${UV_FIND_LINKS-$$PIP_FIND_LINKS}" UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX-$$PIP_INDEX_URL}"; \
backend=$$(test -n "$$UV_FIND_LINKS" || echo --torch-backend=auto); \
by_uv() { test -n "$$uv" && $$uv pip install -q --python $$venv/bin/python --compile-bytecode $$@ $(2); }; \
by_pip() { { $$venv/bin/python -m pip --version || $$venv/bin/python -m ensurepip; } >/dev/null && \
	$$venv/bin/python -m pip install -q $(2); }; \
echo "installing into $$venv"; \
by_uv $$backend || { test -n "$$backend" && by_uv; } || by_pip; \
touch $$venv/.ready
endef
