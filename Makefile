# Each target is one command that works without make too. `make` alone lists them.
.DEFAULT_GOAL := help
ENVIRONMENTS := project image sam checkov ray launcher tutorial
.PHONY: $(ENVIRONMENTS:%=setup-%) help setup run demo screenshots train test quick ray check soak image-test smoke invoke bootstrap deploy doctor rollback destroy cost bench tune format lock pin-base

PYTHON := .venv/bin/python

# What the user gives reaches the program as it is: neither make nor the shell expands or splits it.
# `make` would expand `$(...)` in what it exports, so it exports none of them.
unexport DATA PORT URL KEY GITHUB IMAGE ENV YES DRY_RUN

define newline


endef
quote = $(if $(findstring $(newline),$(value $1)),$(error $1 has a line break))'$(subst ','\'',$(value $1))'
# $(call option,--name,VARIABLE) and $(call flag,--name,VARIABLE): nothing where it is not set.
option = $(if $(value $2),$1 $(call quote,$2))
flag = $(if $(filter-out 0 no false,$(value $2)),$1)

# Where a machine sets it, every process would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make the virtual environments of `make check`; the other targets make those that they need
	@.ci/setup

$(ENVIRONMENTS:%=setup-%): setup-%:
	@.ci/setup $*

run: setup-project ## Simulate, train, publish locally and serve until Ctrl-C  [DATA=file.csv] [PORT=8000]
	$(PYTHON) -m training run $(call option,--data,DATA) $(call option,--port,PORT)

demo: setup-project ## The API with a model trained for it, and the demo's app on it, until Ctrl-C  [PORT=8501]
	$(PYTHON) -m training demo $(call option,--port,PORT)

screenshots: setup-project ## Take the demo's screenshots anew (needs chromium)
	$(PYTHON) -m tests.demo.screenshots

train: setup-project ## Train on your own transactions  DATA=file.csv
	$(PYTHON) -m training train $(or $(call option,--data,DATA),$(error say which file: make train DATA=file.csv))

test: setup-project setup-image setup-sam setup-checkov ## Everything that must hold
	$(PYTHON) -m pytest -n 2 --dist worksteal -q

quick: setup-project ## The tests that neither start a process nor train a model, in a minute
	$(PYTHON) -m pytest -n 2 --dist worksteal -q -m 'not slow and not soak and not image'

ray: setup-ray ## The Ray engine's tests, in .venv-ray
	.venv-ray/bin/python -m pytest -q tests/ray_engine

check: setup-project ## What CI runs: lint, types, then `make test` and `make ray`
	.ci/check

soak: setup-project setup-sam ## The long repetitions in full: 10,000 fuzzed bodies, 100 killed publishes
	$(PYTHON) -m pytest -q -m soak

image-test: setup-project setup-sam ## Build the image, run it without a privilege, then under sam local (needs root and podman)
	$(PYTHON) -m pytest -q -rfE -m image tests/image

smoke: $(if $(value URL),,$(if $(value ENV),setup-project)) ## Ask a running API five questions with curl  URL=http://... [KEY=...], or ENV=dev
	$(if $(value URL),.ci/smoke $(call option,,URL) $(call option,,KEY),$(if $(value ENV),$(PYTHON) -m bootstrap smoke $(call option,--env,ENV),$(error say which API: make smoke URL=http://127.0.0.1:8000, or ENV=dev)))

invoke: setup-project setup-sam ## Run the image as Lambda does: sam build, sam local invoke (needs Docker or podman)
	$(PYTHON) -m training invoke

bootstrap: setup-project setup-sam ## Create or update what outlives the application: repository, bucket, roles  [GITHUB=owner/name] [DRY_RUN=1]
	$(PYTHON) -m bootstrap prepare $(call option,--github,GITHUB) $(call flag,--dry-run,DRY_RUN)

deploy: setup-project setup-sam ## Build, push and deploy by digest  [ENV=dev] [IMAGE=repository@sha256:...] [DRY_RUN=1]
	$(PYTHON) -m bootstrap deploy $(call option,--env,ENV) $(call option,--image,IMAGE) $(call flag,--dry-run,DRY_RUN)

doctor: setup-project ## Say of each part of a deployment whether it is well, and what to do  [ENV=dev]
	$(PYTHON) -m bootstrap doctor $(call option,--env,ENV)

rollback: setup-project ## Deploy the image before again; models stay  [ENV=dev] [DRY_RUN=1]
	$(PYTHON) -m bootstrap rollback $(call option,--env,ENV) $(call flag,--dry-run,DRY_RUN)

destroy: setup-project ## Delete the application's stack; models and images stay  [ENV=dev] [YES=1] [DRY_RUN=1]
	$(PYTHON) -m bootstrap destroy $(call option,--env,ENV) $(call flag,--yes,YES) $(call flag,--dry-run,DRY_RUN)

cost: setup-project setup-sam ## What a month costs, part by part, from the templates and what was measured
	$(PYTHON) -m bootstrap cost

bench: setup-project setup-image setup-tutorial ## Cold start, latency, memory and size beside a tutorial's stack; three minutes
	$(PYTHON) -m benchmarks.serving --json build/serving.json --plot build/serving.svg

tune: setup-project setup-image setup-sam ## Cold start, latency and price at each memory size (needs root and cgroups); two minutes
	$(PYTHON) -m benchmarks.tune --json build/tune.json

format: setup-project ## Format and fix what can be fixed
	.ci/format

lock: ## Compile the pinned requirements anew from pyproject.toml
	.ci/lock

pin-base: ## Pin the base image by its digest, or move the pin to today's (needs Docker with buildx)
	.ci/pin-base
