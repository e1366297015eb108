# Everything needs only make and a Python >= 3.11; PYTHON=python3.12 names one.

PIPELINES := .venv/bin/pipelines
BIN := .venv/bin
# A file's tests stay together, because they share what is expensive to make. Many wait for
# jobs and services, the slow ones most of all, so there are more processes than cores.
PYTEST := $(BIN)/pytest --dist loadfile --no-loadscope-reorder --maxprocesses 4
MORE := --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1))
MOST := --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 2))

# The first two would let packages from outside into .venv; with the third, every command would
# compile Airflow anew, which takes 6 s.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-slow test-all matrix fuzz bench bench-short lint format install lock images models schemas docs clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'

demo: install ## Lint the pipelines and run customer-churn to the end on an emulated AWS
	$(PIPELINES) lint pipelines/
	$(PIPELINES) run customer-churn --report build/demo/report.json

test: install ## Run the tests
	$(PYTEST) $(MORE) -m "not slow"

test-slow: install ## Run the slow tests alone
	$(PYTEST) $(MOST) -m slow

test-all: test test-slow ## Run every test, the slow ones last

matrix: install ## Load and run every pipeline in each version of Airflow on MWAA
	$(PYTEST) $(MORE) tests/matrix

fuzz: install ## Try new files on lint and the loader; EXAMPLES=10000 says how many
	EXAMPLES=$(or $(EXAMPLES),10000) $(BIN)/pytest tests/fuzz --timeout 0

bench: install ## Measure everything beside what it is compared to; takes half an hour
	$(BIN)/pip install --quiet --no-deps --target build/bench/blueprint --upgrade airflow-blueprint==0.5.0
	$(BIN)/python -m benchmarks --record

bench-short: install ## Measure a little of it, with 100 pipelines
	$(BIN)/python -m benchmarks --count 100 --rounds 1 --rows equal loader fork lint

lint: install ## Check style, types, the order of imports, and the pipelines
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PIPELINES) lint pipelines/ --env all

format: install ## Write the code in its one style
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

install: ## Make .venv ready; does nothing when it is
	@sh scripts/install.sh

lock: install ## Write the lock files in constraints/ anew from setup.cfg, under MWAA's pins
	@sh scripts/lock.sh

images: install ## Write the table of XGBoost images anew from the SageMaker SDK
	PYTHONPATH=.venv/share/pipelines/sagemaker-sdk $(BIN)/python -W ignore scripts/image_table.py

models: install ## Write the extract of AWS's service models anew from botocore
	$(BIN)/python scripts/service_models.py

schemas: install ## Write the schemas of defaults and for editors anew from the pipeline's
	$(BIN)/python scripts/derived_schemas.py

docs: install ## Write docs/rules/ anew from the manual pages of the rules
	$(BIN)/python scripts/rule_pages.py

clean: ## Remove what make and the tools made
	rm -rf .venv build *.egg-info .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
