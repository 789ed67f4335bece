# Verbs of Learncity. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help install run test test-fast lint bench drill lock services clean
SHELL := /bin/bash
PYTHON := .venv/bin/python
PORT ?= 8000

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

install: ## make the virtual environment .venv with the locked versions
	@scripts/install.sh run

run: install ## make and serve the sample city on 127.0.0.1:8000 (PORT=8080 make run for another port)
	@exec $(PYTHON) scripts/run.py --port $(PORT)

test: ## bring all that the tests need and run all of them
	@scripts/test.sh

test-fast: ## unit tests and contracts on embedded parts, within a minute
	@scripts/install.sh test
	@$(PYTHON) -m pytest tests/unit tests/contract tests/architecture -m "not real_elasticsearch and not real_postgresql and not slow"

lint: ## ruff, mypy and the import rules
	@scripts/install.sh test
	@scripts/lint.sh

services: ## fetch the real Elasticsearch, PostgreSQL, Chromium and Java that the tests use
	@scripts/install.sh test
	@scripts/services.sh

bench: ## print figures, peers beside us
	@scripts/install.sh test
	@$(PYTHON) scripts/run_each.py benchmarks

drill: ## run the large fault and race tests
	@scripts/install.sh test
	@$(PYTHON) scripts/run_each.py drills

lock: ## resolve the bounds of setup.cfg again and write the lock files
	@scripts/lock.sh

clean: ## remove the sample city, index, models and caches; keeps .venv
	rm -rf var build .pytest_cache .mypy_cache .ruff_cache .hypothesis
