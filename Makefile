# make run      the whole of Carnet on this machine, with demo people (PORT=8001 to choose another port)
# make code     the current one-time code of a demo account: make code WHO=camille.moreau@carnet.example
# make test     lint, types, import contracts and every test
# make soak bench     the same with the full counts of tests/counts.py
# make validate make the environment of an independent reader of FHIR R4 in build/validate (make test does it too)
# make bench    measure everything beside its limit and its peers into docs/benchmarks.md (ONLY=page for one; 15 minutes)
# make pictures take the pictures of the pages again: all in build/pictures, those of README.md in docs/pictures
# make messages gather the sentences of the pages into the French catalogue
# make asvs     write docs/asvs.md again from tests/asvs.txt and the marks of the tests
# make scan     let a scanner loose on the whole house over TLS, signed in as each audience (minutes; docs/security-scan.md)
# make lock     compile requirements/*.in again
#
# PYTHON=/path/to/python chooses the interpreter (3.11 or newer) that .venv is made with.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# Wheels only: the build script of a source package would run as whoever types make.
WHEELS := install --quiet --quiet --progress-bar off --only-binary :all: --require-hashes
INSTALL := $(PIP) $(WHEELS)
FIRST_PARTY := audit consent records portal manage.py
# The version is pinned here: a lock must not change with the tool that writes it.
UV := uv==0.13.9
COMPILE := build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

.PHONY: run code test soak bench lint validate pictures asvs scan messages lock clean chromium python

run: $(VENV)/run.stamp
	@exec $(BIN)/python -m portal.running

code: $(VENV)/run.stamp
	@$(BIN)/python manage.py demo_code "$(WHO)"

test: $(VENV)/test.stamp validate chromium lint
	@$(BIN)/python -m portal.running.translations
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(PYTEST)

soak: export CARNET_SOAK = yes
soak: test

bench: $(VENV)/test.stamp build/peers/stamp
	@$(BIN)/python -m benchmarks $(ONLY)

# Other people's software, in a folder of its own behind everything of ours; without it, the peers are left out.
build/peers/stamp: requirements/peers.txt
	@echo "Installing what Carnet is compared with into build/peers…"
	@rm -rf build/peers && mkdir -p build/peers
	@$(INSTALL) --target build/peers -r requirements/peers.txt || echo "They could not be installed: measured without peers."
	@touch $@

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(FIRST_PARTY)
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(FIRST_PARTY)

validate: build/validate/installed.stamp

chromium: $(VENV)/test.stamp
	@$(BIN)/python -m tests.chromium

pictures: $(VENV)/test.stamp chromium
	$(BIN)/python -m tests.pictures build/pictures
	@mkdir -p docs/pictures
	@for shown in $$(grep -o 'docs/pictures/[a-z0-9-]*\.png' README.md | sort -u); do \
		cp "build/pictures/$${shown##*/}" docs/pictures/ || exit 1; done

asvs: $(VENV)/test.stamp
	@$(BIN)/python -m tests.asvs

scan: $(VENV)/test.stamp build/scan/stamp
	$(BIN)/python -m tests.scan $(AUDIENCES)

# Of its own, because it wants other versions than we do; yaswfp alone has no wheel, and is built here from its source.
build/scan/stamp: requirements/scan.txt | python
	@echo "Installing the scanner into build/scan…"
	@$(BIN)/python -m venv --clear build/scan
	@build/scan/bin/python -m pip --disable-pip-version-check --no-input $(WHEELS) --no-binary yaswfp -r requirements/scan.txt
	@touch $@

messages: $(VENV)/run.stamp
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file portal/locale/babel.cfg --output-file build/carnet.pot --project Carnet \
		-k _ -k gettext_noop -k gettext_lazy -k ngettext_lazy:1,2 -k pgettext_lazy:1c,2 \
		--no-wrap --no-location --sort-output .
	$(BIN)/pybabel --quiet update --input-file build/carnet.pot --output-dir portal/locale --domain django --locale fr \
		--no-wrap --no-fuzzy-matching --ignore-pot-creation-date

lock:
	@test -x build/uv/bin/uv || { python3 -m venv build/uv && build/uv/bin/python -m pip install --quiet $(UV); }
	@for name in run demo test peers validate scan; do echo "requirements/$$name.txt"; \
		$(COMPILE) --output-file requirements/$$name.txt requirements/$$name.in > /dev/null || exit 1; done

clean:
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/run.stamp: requirements/run.txt requirements/demo.txt | python
	@echo "Installing what Carnet needs into $(VENV)…"
	@$(INSTALL) -r requirements/run.txt -r requirements/demo.txt || { \
		echo "The packages could not be installed; the lines above say why (a package index must be reachable)."; exit 1; }
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp requirements/test.txt
	@echo "Installing what the tests need into $(VENV)…"
	@$(INSTALL) -r requirements/run.txt -r requirements/demo.txt -r requirements/test.txt || { \
		echo "The packages could not be installed; the lines above say why (a package index must be reachable)."; exit 1; }
	@touch $@

# Everything is in the lock, so that nothing else has to be found out (--no-deps).
build/validate/installed.stamp: requirements/validate.txt $(VENV)/run.stamp
	@echo "Installing an independent reader of FHIR R4 into build/validate…"
	@rm -rf build/validate && $(BIN)/python -m venv --without-pip build/validate
	@$(PIP) --python build/validate/bin/python $(WHEELS) --no-deps -r requirements/validate.txt || { \
		echo "The packages could not be installed; the lines above say why (a package index must be reachable)."; exit 1; }
	@touch $@

# A usable .venv: made anew when its interpreter is gone or is not the one that PYTHON asks for.
python:
	@set -e; \
	usable() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }; \
	identity() { "$$1" -c 'import sys; print(sys.base_prefix, sys.version)'; }; \
	if [ -n "$(PYTHON)" ]; then \
		usable "$(PYTHON)" || { echo "PYTHON is '$(PYTHON)'; expected Python 3.11 or newer."; exit 1; }; \
		chosen="$(PYTHON)"; \
	elif usable $(BIN)/python && $(BIN)/python -c 'import pip' 2>/dev/null; then \
		exit 0; \
	else \
		chosen=; \
		for name in python3.12 python3.13 python3.11 python3 python; do \
			if usable $$name; then chosen=$$name; break; fi; \
		done; \
		if [ -z "$$chosen" ]; then \
			found=$$(python3 --version 2>/dev/null || echo none); \
			echo "Carnet needs Python 3.11 or newer; found: $$found. Install one, or name it: make PYTHON=/path/to/python3.12 run"; \
			exit 1; \
		fi; \
	fi; \
	if usable $(BIN)/python && [ "$$(identity $(BIN)/python)" = "$$(identity "$$chosen")" ] \
		&& $(BIN)/python -c 'import pip' 2>/dev/null; then exit 0; fi; \
	"$$chosen" -c 'import ensurepip, venv' >/dev/null 2>&1 || { \
		echo "$$chosen cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }; \
	echo "Making $(VENV) with $$("$$chosen" --version)…"; \
	rm -rf $(VENV); \
	"$$chosen" -m venv $(VENV)
