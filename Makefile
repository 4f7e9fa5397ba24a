# Everything sets itself up in .venv, each target with what it needs: `make demo` is where to begin, `make test` is where
# to go on. PYTHON=/path/to/python3 chooses the Python; a .venv of another one is then made anew.

RUN := .venv/bin/python -m
SHARED_OUT := -n 3 --dist loadfile --no-loadscope-reorder
# A hundred interpreters are started by the tests: each would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE
WHICH := import sys; print(sys.base_prefix, sys.version)

ifdef PYTHON
ifneq ($(wildcard .venv),)
ifneq ($(shell "$(PYTHON)" -c '$(WHICH)'),$(shell .venv/bin/python -c '$(WHICH)' 2>/dev/null))
.PHONY: .venv/.made
endif
endif
endif
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3.10 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo "$$python" && break; done)

.PHONY: demo test soak reliability check build bench lock cloud desk console doctor deploy clean
.DEFAULT_GOAL := demo

# Photos to cutouts in demo/, in a cloud of this machine's own. PHOTOS=folder takes yours, CAPABILITY=goods/commodity
# says where they go. The variables travel in the environment, where a path may have blanks in it.
demo: .venv/.demo
	@PYTHONWARNINGS=ignore::SyntaxWarning $(RUN) tests.demo $${PHOTOS:+"$$PHOTOS"} $${CAPABILITY:+--capability "$$CAPABILITY"}

# All but the slow ones, offline once it has run. The build is part of it: where there is a CPython 3.10, it is tested
# too. COVERAGE=1 also tells which lines were run, and holds them to 95 %. A file's tests share their
# cloud, so they stay together; the files go in their order, of which the last, `unit`, are short: no worker waits long.
test: build
	@echo 'Some 12,000 tests: twenty minutes on two cores.'
	@$(RUN) pytest $(SHARED_OUT) $${COVERAGE:+--cov --cov-fail-under=95}

# Thousands of schedules of people, events, deaths and faults, which takes minutes. SCHEDULES=100000 for more.
soak: .venv/.test
	@$(RUN) tests.reliability.soak $${SCHEDULES:+--schedules "$$SCHEDULES"}

# The slow tests, of which `make test` tries a part; then what was done to lose an upload or to pay for it twice,
# counted; then outages of days, simulated: tables of docs/figures.md. SCHEDULES=10000 for more, which takes ten minutes;
# BURST=0 leaves out the 2,000 uploads at once, which take six.
reliability: .venv/.test
	@echo 'First the slow tests: two minutes on two cores.'
	@$(RUN) pytest -m slow $(SHARED_OUT)
	@$(RUN) tests.reliability $${SCHEDULES:+--schedules "$$SCHEDULES"} $${BURST:+--burst "$$BURST"}
	@$(RUN) tests.reliability.outages
	@$(RUN) tests.reliability.poisoned

check: .venv/.dev
	@$(RUN) ruff check --quiet
	@$(RUN) ruff format --check --quiet
	@$(RUN) mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache --no-logo

# .build/<function>/, which `s deploy` uploads.
build: .venv/.test
	@$(RUN) tools.build

# What it costs, beside what else one might do; into docs/figures.md. An hour on a quiet machine.
bench: .venv/.dev build
	@$(RUN) tests.bench --write

# The cloud in a box until Ctrl-C; its settings on stdout. EMPTY=1 has nothing deployed in it yet, for the command
# `cutout` to do: CONTRIBUTING.md has the steps.
cloud: .venv/.demo $(if $(EMPTY),.venv/bin/cutout)
	@$(RUN) tests.cloud $${EMPTY:+--empty}

# The desk over a cloud in a box, in a browser: drop photos on it, watch them, have things go wrong. The command
# `cutout` works with the same box in another terminal.
desk: .venv/.demo .venv/bin/cutout
	@$(RUN) tests.cloud --desk

# All that a deployment needs, made or brought up to date: it says what it would change, and asks.
deploy: .venv/bin/cutout
	@.venv/bin/cutout deploy

# What is wrong in the account that oss-cutout.env names, and what mends it.
doctor: .venv/bin/cutout
	@.venv/bin/cutout doctor

# The command, .venv/bin/cutout. The project is not installed for it: that takes a build backend, and leaves a folder of
# metadata, for no more than this line, which names the project in place of the folder that it is called in.
CUTOUT := import sys; sys.path[0] = sys.argv.pop(1); from console.main import main; main()
console: .venv/bin/cutout
.venv/bin/cutout: .venv/.console Makefile
	@printf '%s\n' '#!/bin/sh' "exec '$(CURDIR)/.venv/bin/python' -c '$(CUTOUT)' '$(CURDIR)' \"\$$@\"" >$@
	@chmod +x $@

# For any platform and Python from 3.10 on, and without a word on where packages were found. Each has the
# versions of those before it.
LOCK = $(RUN) uv --quiet pip compile pyproject.toml --universal --python-version 3.10 --no-annotate --no-header
lock: .venv/.dev
	@$(LOCK) --output-file requirements.txt
	@$(LOCK) --extra demo --constraint requirements.txt --output-file requirements-demo.txt
	@$(LOCK) --extra console --constraint requirements-demo.txt --output-file requirements-console.txt
	@$(LOCK) --extra demo --extra console --extra test --constraint requirements-demo.txt \
		--constraint requirements-console.txt --output-file requirements-test.txt
	@$(LOCK) --extra demo --extra console --extra test --extra dev --constraint requirements-test.txt \
		--output-file requirements-dev.txt

clean:
	@rm -rf .build .cloud demo .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .venv
	@find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.made:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
		echo 'This needs Python 3.10 or newer: install one, or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@test ! -e .venv || echo 'Making .venv anew: it was half made, or of another Python.'
	@rm -rf .venv
	@"$(PYTHON)" -m venv --without-pip .venv
	@touch $@

# Who has made `dev` has the others too, and `test` has what the demo and the console need.
HOLDS_demo := demo
HOLDS_console := console
HOLDS_test := demo console test
HOLDS_dev := demo console test dev
# The locks name every package, so pip need not look for more; what is never imported need not be compiled. The demo has
# no use for pip itself, which is 20 MB; whatever comes next brings it back. The console builds with it.
.venv/.%: requirements-%.txt .venv/.made
	@echo 'Installing what this needs into .venv, once; it takes about a minute.'
	@$(RUN) ensurepip >.venv/pip.log 2>&1 || { cat .venv/pip.log >&2; exit 1; }
	@$(RUN) pip install --quiet --use-pep517 --disable-pip-version-check --no-deps --no-compile --requirement $<
	@test $* != demo || test -e .venv/.console || $(RUN) pip uninstall --quiet --yes setuptools pip 2>/dev/null
	@touch $(HOLDS_$*:%=.venv/.%)
