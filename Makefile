# make demo   classify four texts with the bundled model; base install only
# make test   run every check
# make fix    format, and regenerate the tables of README.md and docs/
PYTHON ?= python3
BIN := .venv/bin
BASE := .venv/base
INSTALLED := .venv/installed

.PHONY: demo test fix install
install: $(INSTALLED)

$(BASE): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "emograin needs Python 3.11 or later, got " + sys.version.split()[0] + "; make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --editable .
	touch $@

$(INSTALLED): $(BASE)
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --editable '.[train,minilm,scale]' --group dev
	touch $@

demo: $(BASE)
	@$(BIN)/emograin predict "You made my whole week, thank you!" "wait, what do you mean by that?" "They cancelled it again, so annoying" "The shop opens at nine."
	@echo
	@echo "Your own file:      $(BIN)/emograin predict --input comments.csv --column text --output emotions.csv"
	@echo "From Python:        import emograin; emograin.load().predict(['what a day!'])[0].labels"
	@echo "What the model is:  src/emograin/prediction/shipped/MODEL_CARD.md"
	@echo "Train your own:     pip install '.[train,minilm]'; emograin train --help"

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

fix: $(INSTALLED)
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .
	$(BIN)/python scripts/update_tables.py
