# Two commands: `make run` starts Signet, `make test` tests it. Each sets up all that it needs.
.DEFAULT_GOAL := help
.PHONY: help run test ready lint lock messages bench clean

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
NODE := tests/node/node_modules/.package-lock.json
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONDONTWRITEBYTECODE # or each of the hundreds of starts below compiles all sources again

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## start Signet and two demo apps on this machine (PORT=8000)
	@exec $(RUN) manage.py up $(if $(PORT),--port $(PORT))

test: ready ## all tests, on SQLite and on PostgreSQL
	$(RUN) -m pytest -n 3 --dist worksteal $(ARGS)
	$(RUN) -m pytest -n 3 --dist worksteal --postgres $(ARGS)

ready: $(INSTALLED) system $(NODE)

lint: $(INSTALLED) ## style, types, and migrations that lag behind the models
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(RUN) manage.py makemigrations --check --dry-run

lock: $(INSTALLED) ## pin requirements.txt and the development set, with hashes
	$(VENV)/bin/uv pip compile requirements.txt --group dev --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --no-emit-find-links --quiet --no-header -o requirements.lock

messages: $(INSTALLED) ## collect the texts that people read into idp/locale, and compile the catalogs
	$(RUN) -m tests.languages

bench: $(INSTALLED) ## measure speed and memory
	$(RUN) -m bench $(ARGS)

clean: ## remove what was installed and built; var/, with its database and keys, stays
	rm -rf $(VENV) tests/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis artifacts

$(INSTALLED): requirements.lock
	@.ci/python $(PYTHON) $(VENV)
	@echo "Installing the pinned packages (once, about half a minute) …"
	@$(RUN) -m pip install -qq --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

.PHONY: system
system:
	@.ci/system

$(NODE): tests/node/package-lock.json | system
	@command -v npm >/dev/null || exit 0; \
	  (cd tests/node && npm ci --no-audit --no-fund --silent && touch node_modules/.package-lock.json) \
	  || echo "Skipped: the npm relying parties, for their packages could not be installed."
