# Hairline. `make` lists what there is.
PORT ?= 8000
DATA ?= ../shared/data
PYTEST_ARGS ?=
TEST_PROCESSES ?= 2
BENCH ?=
PY = .venv/bin/python
DENO = DENO_NO_UPDATE_CHECK=1 .venv/bin/deno
# A file's tests stay in one process, which makes what they share once; the order is tests/conftest.py's.
PYTEST = $(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder
LOCK = .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help demo setup serve doctor test test-quick lint lint-types lint-rest format messages lock bench bench-width train-segmentation run-set test-set all-set

# Kept, so that some hundred processes do not each compile the same modules.
test test-quick: export PYTHONDONTWRITEBYTECODE =

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-20s %s\n' "$$name" "$$what"; done

demo: run-set ## the whole site with a demo organisation: [PORT=8000] [DATA_DIR=data] [DEMO_PASSWORD=random]
	@$(PY) manage.py demo --port $(PORT)

setup: run-set ## your own organisation and its administrator, for real work
	@$(PY) manage.py migrate --verbosity 0 && $(PY) manage.py setup

serve: run-set ## the whole site without the demo: [PORT=8000] [DATA_DIR=data] [WORKERS=2]
	@$(PY) manage.py migrate --verbosity 0 && \
		$(PY) manage.py serve --port $(PORT) $(if $(WORKERS),--workers $(WORKERS))

doctor: run-set ## looks at an installation and says what to mend
	@$(PY) manage.py doctor

test: all-set ## every test that this machine can run: [TEST_PROCESSES=2] [PYTEST_ARGS=...]
	$(PYTEST) --durations 30 $(PYTEST_ARGS)

test-quick: test-set ## a first answer in minutes, with the run set and pytest only: [TEST_PROCESSES=2] [PYTEST_ARGS=...]
	$(PYTEST) -m "not torch and not browser and not services and not chaos and not long" $(PYTEST_ARGS)
	@echo "Left out: torch, browser, PostgreSQL, Redis and RabbitMQ, killed processes, what takes long," \
		"and what is named above as skipped. make test runs all of it."

lint: all-set ## style, templates, scripts, types, who may import whom, missing migrations
	@$(MAKE) --no-print-directory --jobs 2 --keep-going lint-types lint-rest

lint-types:
	.venv/bin/mypy

lint-rest:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djlint templates --check --quiet
	.venv/bin/djlint templates --lint --quiet
	$(PY) -m tests.lint_templates
	$(DENO) fmt --quiet --check
	$(DENO) lint --quiet
	$(DENO) check --quiet static/js
	$(PY) -m tests.messages check
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run --settings tests.settings

format: all-set ## puts the code into shape
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djlint templates --reformat --quiet || true  # 1 says that something was changed
	$(DENO) fmt --quiet

messages: all-set ## every text for translators, and what they gave: [NEW=de begins a language]
	$(PY) -m tests.messages write $(NEW)

bench: all-set ## every figure that we claim, beside a peer: [BENCH="photo map"] [DATA=../shared/data] [BASELINE=DIR]
	$(PY) -m tests.benchmarks $(BENCH) --data $(DATA) $(if $(BASELINE),--baseline $(BASELINE))

bench-width: all-set ## crack widths against known ones, or photos of the printed target: [WIDTH=--quick] [PHOTOS=...]
	OPENBLAS_NUM_THREADS=1 $(PY) -m tests.benchmarks.width --data $(DATA) $(WIDTH) $(if $(PHOTOS),--photos $(PHOTOS))

train-segmentation: all-set ## trains and ships the crack network: [DATA=../shared/data]
	$(PY) -m inference train --recipe inference/training/recipes/trace-edge.toml --data $(DATA) \
		--out runs/trace-edge --models inference/weights

lock: all-set ## writes the pinned sets anew from pyproject.toml
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
