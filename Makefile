# Each target is one command that works without make too. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run train test ray check soak image-test smoke invoke bench format lock

PYTHON := .venv/bin/python

# Where a machine sets it, every process would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make the virtual environments from the pinned requirements; quick the second time
	@.ci/setup

run: setup ## Simulate, train, publish locally and serve until Ctrl-C  [DATA=file.csv] [PORT=8000]
	$(PYTHON) -m training run $(if $(DATA),--data $(DATA)) $(if $(PORT),--port $(PORT))

train: setup ## Train on your own transactions  DATA=file.csv
	$(PYTHON) -m training train --data $(or $(DATA),$(error say which file: make train DATA=file.csv))

test: setup ## Everything that must hold
	$(PYTHON) -m pytest -n 2 -q

ray: ## The Ray engine's tests, in .venv-ray, which it makes if need be
	.ci/setup ray && .venv-ray/bin/python -m pytest -q tests/ray_engine

check: setup ## What CI runs: lint, types, then `make test` and `make ray`
	.ci/check

soak: setup ## The long repetitions in full: 10,000 fuzzed bodies, 100 killed publishes
	$(PYTHON) -m pytest -q -m soak

image-test: setup ## Build the image, run it without a privilege, then under sam local (needs root and podman)
	$(PYTHON) -m pytest -q -rfE -m image tests/image

smoke: ## Ask a running API four questions with curl  URL=http://... [KEY=...]
	.ci/smoke $(or $(URL),$(error say which API: make smoke URL=http://127.0.0.1:8000)) $(KEY)

invoke: setup ## Run the image as Lambda does: sam build, sam local invoke (needs Docker or podman)
	$(PYTHON) -m training invoke

bench: setup ## Cold start, latency, memory and size beside a tutorial's stack; three minutes
	.ci/setup tutorial && $(PYTHON) -m benchmarks.serving --json build/serving.json --plot build/serving.svg

format: setup ## Format and fix what can be fixed
	.ci/format

lock: ## Compile the pinned requirements anew from pyproject.toml (needs uv)
	.ci/lock
