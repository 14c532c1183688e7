# Needs Python 3.11 or newer (make PYTHON=python3.12 ...) and make. Everything else goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete
INSTALL := $(BIN)/python -m pip install --quiet --no-deps
UV := .venv-lock/bin/uv
# Markers instead of one platform; hashes; nothing in the files that only this machine knows.
LOCK := $(UV) pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
# In no environment: opencv-python-headless writes the folder cv2 that opencv-contrib-python, pinned by
# paddlex, writes too; omegaconf is for code of rapidocr that never runs, only its weights are used.
UNWANTED := --no-emit-package opencv-python-headless --no-emit-package omegaconf

.DEFAULT_GOAL := help
.PHONY: help env demo lint test test-slow bench soak lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(STAMP) ## set up .venv from the lock files

# cv2 of opencv-contrib-python needs libGL, which servers and containers often lack. Where it does not
# import, headless.txt (the same version, without windows) is written over it.
$(STAMP): pyproject.toml requirements/dev.txt requirements/headless.txt
	@$(PYTHON) -c 'import sys; sys.exit("tenglu needs Python 3.11 or newer, this is " \
	    + sys.version.split()[0] + ": make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear .venv
	$(INSTALL) --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -c 'import cv2' 2>/dev/null || \
	    $(INSTALL) --require-hashes --requirement requirements/headless.txt
	$(BIN)/python -c 'import cv2'
	$(INSTALL) --no-build-isolation --no-index --editable .
	@touch $@

# tenglu's exit code 10, cells wait for review, is a good end here.
demo: env ## convert the sample in scans/ and say where the results lie
	@$(BIN)/tenglu convert scans/*.pdf -o demo --to json,xlsx,csv,html,md || test $$? -eq 10
	@echo
	@echo 'The results lie in demo/, one set a scan:'
	@echo '  .xlsx  a sheet a table; cells to review are coloured and say why; first sheet: tables, checks, flags'
	@echo '  .html  the tables in a browser; confidence shows where the pointer rests'
	@echo '  .csv   one file a table    .md  text and tables in reading order    .json  everything'
	@ls demo

lint: env ## format, lint, types, import contracts
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## lint, then the quick tests
	$(BIN)/python -m pytest -m "not slow"

test-slow: env ## the tests with a browser, a cluster, killed processes and drawn scans
	$(BIN)/python -m pytest -m slow

bench: env ## accuracy and speed over the documents with truth in scans/
	$(BIN)/python benchmarks/accuracy.py

soak: env ## kill 30 runs over 40 files at random moments, and hold their ends against a whole one
	$(BIN)/python tests/support/soak.py 30 40

# Pins stay while they fit; remove the files first for the newest of everything.
lock: $(UV) ## write requirements/*.txt anew after a change of dependencies
	$(LOCK) $(UNWANTED) pyproject.toml --output-file requirements/base.txt
	$(LOCK) $(UNWANTED) pyproject.toml --extra ray --constraint requirements/base.txt \
	    --output-file requirements/ray.txt
	$(LOCK) $(UNWANTED) pyproject.toml --group dev --constraint requirements/ray.txt \
	    --output-file requirements/dev.txt
	$(LOCK) --no-deps requirements/headless.in --output-file requirements/headless.txt

$(UV):
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet 'uv>=0.9'
