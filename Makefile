# Everything sets itself up in .venv: `make demo` is where to begin, `make test` is where to go on.

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3.10 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo "$$python" && break; done)
RUN := .venv/bin/python -m
READY := .venv/.ready

.PHONY: demo test soak reliability check build bench lock cloud clean
.DEFAULT_GOAL := demo

# Photos to cutouts in demo/, in a cloud of this machine's own. PHOTOS=folder takes yours. The variable travels in the
# environment, where a path may have blanks in it.
demo: $(READY)
	@$(RUN) tests.demo $${PHOTOS:+"$$PHOTOS"}

# Everything, offline once it has run. The build is part of it: where there is a CPython 3.10, it is tested too.
test: $(READY) build
	@$(RUN) pytest -n 3 --dist loadfile --cov --cov-fail-under=95

# Thousands of schedules of people, events, deaths and faults, which takes minutes. SCHEDULES=100000 for more.
soak: $(READY)
	@$(RUN) tests.soak $${SCHEDULES:+--schedules "$$SCHEDULES"}

# What was done to lose an upload or to pay for it twice, counted: the README's table. SCHEDULES=10000 for more;
# BURST=0 leaves out the 2,000 uploads at once, which take six minutes.
reliability: $(READY)
	@$(RUN) tests.reliability $${SCHEDULES:+--schedules "$$SCHEDULES"} $${BURST:+--burst "$$BURST"}

check: $(READY)
	@$(RUN) ruff check --quiet
	@$(RUN) ruff format --check --quiet
	@$(RUN) mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache --no-logo

# .build/<function>/, which `s deploy` uploads.
build: $(READY)
	@$(RUN) tests.build

bench: $(READY) build
	@$(RUN) tests.bench --readme

# The cloud in a box until Ctrl-C; its settings on stdout.
cloud: $(READY)
	@$(RUN) tests.cloud

# For any platform and Python from 3.10 on, and without a word on where packages were found.
LOCK = $(RUN) uv --quiet pip compile pyproject.toml --universal --python-version 3.10 --no-annotate --no-header
lock: $(READY)
	@$(RUN) pip install --quiet --disable-pip-version-check uv
	@$(LOCK) --output-file requirements.txt
	@$(LOCK) --extra dev --output-file requirements-dev.txt

clean:
	@rm -rf .build demo .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .venv
	@find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements-dev.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
		echo 'This needs Python 3.10 or newer: install one, or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'Setting up .venv, once; this takes a minute.'
	@rm -rf .venv # half made, or of another Python
	@"$(PYTHON)" -m venv .venv
	@$(RUN) pip install --quiet --use-pep517 --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@
