# SPDX-License-Identifier: MIT
# `make matrix` measures and reports; `make test` runs what CI runs.
# Both are defined in tox.ini. This file only looks for what they need before
# anything is downloaded, and keeps a venv with a pinned tox in .venv.
#
#   make matrix                    the plan quick, its summary and its report
#   make matrix PLAN=smoke         another plan, or any arguments of `bench run` but --out:
#                                  the newest record in results/ is what is summed up
#   make test TESTS=tests/bench    a part of the tests, or any arguments of pytest
#   make lint                      what needs no run: style, types, imports, spelling (pre-commit)
#   PYTHON=python3.12 make test    another interpreter
#   CC=clang make matrix           another compiler
#   make kmod, make kmod-install   the kernel module of bench/kmod, see there

PYTHON ?= python3
PLAN ?=
TESTS ?=
ifeq ($(origin CC),default)
CC := $(notdir $(shell command -v gcc 2>/dev/null || command -v clang 2>/dev/null || echo gcc))
endif
export CC

VENV := .venv
# tox's own lines are left out, so that the last lines are the commands' own.
TOX := $(VENV)/bin/tox run -qq

.PHONY: matrix test lint clean check venv kmod kmod-install
.NOTPARALLEL:
.ONESHELL:
.SHELLFLAGS := -euc

matrix: venv
	@[ -d .tox/matrix ] || echo 'setting up .tox/matrix: the first time downloads about 150 MB'
	exec $(TOX) -e matrix $(if $(PLAN),-- $(PLAN))

test: venv
	@[ -d .tox/tests ] || echo 'setting up .tox/tests: the first time downloads about 250 MB'
	exec $(TOX) -e tests $(if $(TESTS),-- $(TESTS))

lint: venv
	@[ -d .tox/lint ] || echo 'setting up .tox/lint: the first time downloads about 250 MB'
	exec $(TOX) -e lint

kmod kmod-install:
	@exec $(MAKE) --no-print-directory -C bench/kmod $@

clean:
	rm -rf $(VENV) .tox build
	$(MAKE) -C bench/native clean
	$(MAKE) -C bench/kmod clean
	$(MAKE) -C bench/tlb clean

# Only builtins of the shell and the programs looked for, so that it also works
# where there is nothing else; all that is missing is named in one line.
check:
	@what= apt= dnf=
	lack() { what="$$what$${what:+, }$$1" apt="$$apt $$2" dnf="$$dnf $$3"; }
	if ! command -v $(PYTHON) >/dev/null; then
	    lack '$(PYTHON) (Python 3.11 or newer)' 'python3 python3-venv' python3
	elif ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
	    version=$$($(PYTHON) -c 'import sys; print("%d.%d" % tuple(sys.version_info[:2]))')
	    echo "make: $(PYTHON) is Python $$version, and 3.11 or newer is needed: name one, as in make PYTHON=python3.11" >&2
	    exit 2
	elif ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then
	    lack "$(PYTHON)'s venv module" $(notdir $(PYTHON))-venv python3-libs
	fi
	if ! command -v $(firstword $(CC)) >/dev/null; then
	    lack 'a C compiler ($(CC))' '$(if $(findstring clang,$(CC)),clang,gcc) libc6-dev' '$(if $(findstring clang,$(CC)),clang,gcc) glibc-devel'
	elif ! echo '#include <stdio.h>' | $(CC) -E -x c - >/dev/null 2>&1; then
	    lack "the C library's headers" libc6-dev glibc-devel
	fi
	[ "$$what" ] || exit 0
	if command -v apt-get >/dev/null; then how="apt-get install$$apt"
	elif command -v dnf >/dev/null; then how="dnf install$$dnf"
	else how="install what Debian calls$$apt"
	fi
	echo "make: missing $$what: $$how" >&2
	exit 2

# The mark is written last and names the interpreter: a venv that was killed half
# way, that has lost its interpreter or that belongs to another is made anew.
venv: check
	@python=$$($(PYTHON) -c 'import sys; print(sys.executable, sys.version.split()[0])')
	mark=$$(cat $(VENV)/mark 2>/dev/null || true)
	if [ "$$mark" = "$$python" ] && [ ! constraints.txt -nt $(VENV)/mark ] && $(VENV)/bin/python -c 'import tox' 2>/dev/null
	then exit 0; fi
	echo 'setting up $(VENV)'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt tox
	echo "$$python" > $(VENV)/mark
