# Hairline. `make` lists the targets.
PORT ?= 8000
DATA ?= ../shared/data
PYTEST_ARGS ?=
TEST_PROCESSES ?= 2
BENCH ?=
PY = .venv/bin/python
DENO = DENO_NO_UPDATE_CHECK=1 .venv/bin/deno
# The tests of one file stay in one process, so that shared fixtures are made once. tests/conftest.py
# orders the tests.
PYTEST = $(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder
LOCK = .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help demo setup serve doctor test test-quick lint lint-types lint-rest format messages lock bench bench-width train-segmentation run-set test-set all-set

# Python keeps compiled modules, so that some hundred processes do not each compile them.
test test-quick: export PYTHONDONTWRITEBYTECODE =

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-20s %s\n' "$$name" "$$what"; done

demo: run-set ## run the whole site with a demo organisation: [PORT=8000] [DATA_DIR=data] [DEMO_PASSWORD=random]
	@$(PY) manage.py demo --port $(PORT)

setup: run-set ## make your own organisation and its administrator
	@$(PY) manage.py migrate --verbosity 0 && $(PY) manage.py setup

serve: run-set ## run the whole site without the demo: [PORT=8000] [DATA_DIR=data] [WORKERS=2]
	@$(PY) manage.py migrate --verbosity 0 && \
		$(PY) manage.py serve --port $(PORT) $(if $(WORKERS),--workers $(WORKERS))

doctor: run-set ## check an installation and say what to mend
	@$(PY) manage.py doctor

test: all-set ## run every test that this machine can run: [TEST_PROCESSES=2] [PYTEST_ARGS=...]
	$(PYTEST) --durations 30 $(PYTEST_ARGS)

test-quick: test-set ## run the tests that take minutes, without torch and browser: [TEST_PROCESSES=2] [PYTEST_ARGS=...]
	$(PYTEST) -m "not torch and not browser and not services and not chaos and not long" $(PYTEST_ARGS)
	@echo "Left out: tests of torch, browser, PostgreSQL, Redis, RabbitMQ and killed processes, slow tests," \
		"and those named above as skipped. make test runs all of them."

lint: all-set ## check style, templates, scripts, types, imports between packages, migrations
	@$(MAKE) --no-print-directory --jobs 2 --keep-going lint-types lint-rest

lint-types:
	.venv/bin/mypy

lint-rest:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djlint templates --check
	.venv/bin/djlint templates --lint
	$(PY) -m tests.lint_templates
	$(DENO) fmt --check
	$(DENO) lint --quiet
	$(DENO) check --quiet static/js
	$(PY) -m tests.messages check
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run --settings tests.settings

format: all-set ## format code, templates, scripts and styles
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djlint templates --reformat --quiet || true  # 1 says that something was changed
	$(DENO) fmt --quiet

messages: all-set ## write every text for translators, and compile what they gave: [NEW=de begins a language]
	$(PY) -m tests.messages write $(NEW)

bench: all-set ## measure every figure that we claim, beside a peer: [BENCH="photo map"] [DATA=../shared/data] [BASELINE=DIR]
	$(PY) -m tests.benchmarks $(BENCH) --data $(DATA) $(if $(BASELINE),--baseline $(BASELINE))

bench-width: all-set ## measure crack widths against known widths, or on photos of the printed target: [WIDTH=--quick] [PHOTOS=...]
	OPENBLAS_NUM_THREADS=1 $(PY) -m tests.benchmarks.width --data $(DATA) $(WIDTH) $(if $(PHOTOS),--photos $(PHOTOS))

train-segmentation: all-set ## train and ship the crack network: [DATA=../shared/data]
	$(PY) -m inference train --recipe inference/training/recipes/trace-edge.toml --data $(DATA) \
		--out runs/trace-edge --models inference/weights

lock: all-set ## write the pinned package sets from pyproject.toml
	$(LOCK) pyproject.toml --output-file requirements/run.txt
	$(LOCK) pyproject.toml --extra dev --constraints requirements/run.txt \
		--output-file requirements/all.txt
	$(LOCK) pyproject.toml --extra test --constraints requirements/all.txt \
		--output-file requirements/test.txt
	printf 'uv\n' | $(LOCK) - --no-annotate --constraints requirements/all.txt \
		--output-file requirements/uv.txt

run-set:
	@sh requirements/install.sh run

test-set:
	@sh requirements/install.sh test

all-set:
	@sh requirements/install.sh all
