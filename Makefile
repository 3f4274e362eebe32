# make demo | demo-page | test | check | format | bench | clean. Makes the virtual environment itself, with or without uv, as root or not.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Many tests wait for real clocks, servers and processes, so four at once pay on two cores.
PARALLEL ?= -n 4 --dist loadfile

.PHONY: demo demo-page test test-fast check format bench clean lock install

install: $(INSTALLED)

$(INSTALLED): requirements/dev.txt pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
		test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV); \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt && \
		uv pip install --quiet --python $(BIN)/python --no-deps -e . ; \
	else \
		test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $(INSTALLED)

demo: $(INSTALLED)
	@$(BIN)/depesza demo

# The demo, then its pages until Ctrl-C; PORT=0 takes any free port.
PORT ?= 8765
demo-page: $(INSTALLED)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && trap 'exit 0' INT TERM && \
		$(BIN)/depesza demo --data-dir "$$folder" && $(BIN)/depesza serve --data-dir "$$folder" --port $(PORT)

test: $(INSTALLED)
	$(BIN)/pytest $(PARALLEL)

test-fast: $(INSTALLED)
	$(BIN)/pytest $(PARALLEL) -m "not slow"

# Minutes and more, so not in CI: 20,000 pages through the pool, hostile ones among them; kill -9 of services, workers and crawls 200 times
# on each kind of store; pages a second of 1, 2 and 4 workers.
bench: $(INSTALLED)
	$(BIN)/python -m tests.crawler.measure_soak
	$(BIN)/python -m tests.journeys.measure_kills
	$(BIN)/python -m tests.journeys.measure_workers

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pinned and hashed requirements, for every platform and Python of pyproject.toml. No address of a registry is written.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
		--extra postgresql -o requirements/run.txt pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
		--extra postgresql --extra local-elasticsearch --extra parquet --extra warc --group dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml
	printf 'hatchling\nuv\n' | uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
		-c requirements/dev.txt -o requirements/build.txt -

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
