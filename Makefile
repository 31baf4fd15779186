# Each target is one command that works without make too. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run demo screenshots train test ray check soak image-test smoke invoke bootstrap deploy doctor rollback destroy cost bench format lock

PYTHON := .venv/bin/python

# Where a machine sets it, every process would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make the virtual environments from the pinned requirements; quick the second time
	@.ci/setup

run: setup ## Simulate, train, publish locally and serve until Ctrl-C  [DATA=file.csv] [PORT=8000]
	$(PYTHON) -m training run $(if $(DATA),--data $(DATA)) $(if $(PORT),--port $(PORT))

demo: setup ## The API with a model trained for it, and the demo's app on it, until Ctrl-C  [PORT=8501]
	$(PYTHON) -m training demo $(if $(PORT),--port $(PORT))

screenshots: setup ## Take the demo's screenshots anew (needs chromium)
	$(PYTHON) -m tests.demo.screenshots

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

bootstrap: setup ## Create or update what outlives the application: repository, bucket, roles  [GITHUB=owner/name] [DRY_RUN=1]
	$(PYTHON) -m bootstrap prepare $(if $(GITHUB),--github $(GITHUB)) $(if $(DRY_RUN),--dry-run)

deploy: setup ## Build, push and deploy by digest  [ENV=dev] [IMAGE=repository@sha256:...] [DRY_RUN=1]
	$(PYTHON) -m bootstrap deploy --env $(or $(ENV),dev) $(if $(IMAGE),--image $(IMAGE)) $(if $(DRY_RUN),--dry-run)

doctor: setup ## Say of each part of a deployment whether it is well, and what to do  [ENV=dev]
	$(PYTHON) -m bootstrap doctor --env $(or $(ENV),dev)

rollback: setup ## Deploy the image before again; models stay  [ENV=dev] [DRY_RUN=1]
	$(PYTHON) -m bootstrap rollback --env $(or $(ENV),dev) $(if $(DRY_RUN),--dry-run)

destroy: setup ## Delete the application's stack; models and images stay  [ENV=dev] [YES=1] [DRY_RUN=1]
	$(PYTHON) -m bootstrap destroy --env $(or $(ENV),dev) $(if $(YES),--yes) $(if $(DRY_RUN),--dry-run)

cost: setup ## What a month costs, part by part, from the templates and what was measured
	$(PYTHON) -m bootstrap cost

bench: setup ## Cold start, latency, memory and size beside a tutorial's stack; three minutes
	.ci/setup tutorial && $(PYTHON) -m benchmarks.serving --json build/serving.json --plot build/serving.svg

format: setup ## Format and fix what can be fixed
	.ci/format

lock: ## Compile the pinned requirements anew from pyproject.toml (needs uv)
	.ci/lock
