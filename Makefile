# make demo   train label embeddings on the quickstart corpus, evaluate, predict (needs nothing prepared)
# make test   every check
# make fix    format, and regenerate the tables in README.md
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: demo test fix install
install: $(INSTALLED)

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "emograin needs Python 3.11 or later, got " + sys.version.split()[0] + "; make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --editable '.[train,minilm]' --group dev
	touch $@

demo: $(INSTALLED)
	rm -rf runs/demo
	$(BIN)/emograin train label-embedding --data quickstart --encoder minilm --config examples/demo.toml --output runs/demo
	$(BIN)/emograin evaluate runs/demo
	$(BIN)/emograin predict --model runs/demo "You made my whole week, thank you!" "wait, what do you mean by that?" "ugh, my phone died again" "The shop opens at nine."

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest

fix: $(INSTALLED)
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .
	$(BIN)/python tools/results.py
