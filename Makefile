# Two commands on a bare machine:  make run   |   make test
# As root, missing Debian packages are installed; as an ordinary user they are named.
PY ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: run test lint types contracts pytest browser peers bench durability fuzz lock i18n i18n-check assets assets-check clean

$(VENV)/.made:
	@$(PY) -c 'import ensurepip, venv' 2>/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; } || { echo "please: apt-get install python3-venv"; exit 1; }
	$(PY) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml hatch_build.py $(wildcard webapp/translations/*/LC_MESSAGES/*.po)
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-dev.lock
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/.run
	$(BIN)/pilotrun init --demo
	$(BIN)/pilotrun serve

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

contracts: $(VENV)/.test
	$(BIN)/lint-imports

i18n-check: $(VENV)/.test
	$(BIN)/python -m tests.catalogues

browser:
	@{ command -v chromium && PATH=$$PATH:/sbin:/usr/sbin ldconfig -p | grep -q libatomic.so.1; } >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk libatomic1 >/dev/null; } || { echo "please: apt-get install chromium fonts-noto-cjk libatomic1"; exit 1; }

# pm4py is AGPL: a peer that reads our files in an environment of its own, never a dependency.
$(PEERS)/.made: requirements-peers.lock
	$(PY) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install -q --require-hashes -r requirements-peers.lock
	@touch $@
peers: $(PEERS)/.made

pytest: $(VENV)/.test browser peers
	$(BIN)/python -m pytest

test: lint types contracts i18n-check pytest

# Ratios measured in one run, never a test: minutes to half an hour.
bench: $(VENV)/.test
	$(BIN)/python -m tests.bench

# The nightly rigs. Everything is killed at any moment and the books are checked; random processes walk beside an oracle.
durability: $(VENV)/.test
	$(BIN)/python -m tests.durability --runs 50
fuzz: $(VENV)/.test
	$(BIN)/python -m tests.door.fuzz --count 2000

lock:
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q pyproject.toml --group lint --group test --group build --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock
	$(BIN)/uv pip compile -q pyproject.toml --group build --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements-dev.lock -o requirements.lock
	echo pm4py==2.7.23 | $(BIN)/uv pip compile -q - --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-peers.lock

i18n: $(VENV)/.test
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -k N_ --no-location --sort-output --project=pilotrun --version=0 -o webapp/translations/messages.pot .
	$(BIN)/pybabel -q update --no-fuzzy-matching --omit-header -i webapp/translations/messages.pot -d webapp/translations

# Only when the front-end sources change; needs Node 20 or newer. The result is committed.
assets:
	npm ci --ignore-scripts --no-audit --no-fund && node assets.build.mjs
assets-check: assets
	git diff --exit-code webapp/static/dist

clean:
	rm -rf $(VENV) $(PEERS) var
