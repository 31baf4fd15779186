# Each target is one command that works without make too. `make` alone lists them.
.DEFAULT_GOAL := help
ENVIRONMENTS := project image sam checkov emulator ray launcher tutorial
.PHONY: $(ENVIRONMENTS:%=setup-%) help setup run demo screenshots train test quick ray check soak image-test smoke invoke bootstrap deploy doctor rollback destroy cost bench tune format lock pin-base

PYTHON := .venv/bin/python

# The user's values reach the program unchanged: neither make nor the shell expands or splits them.
# `make` would expand `$(...)` in exported values, so it exports none of them.
unexport DATA SCHEMA PORT URL KEY REVIEW_KEY GITHUB IMAGE ENV YES DRY_RUN

define newline


endef
quote = $(if $(findstring $(newline),$(value $1)),$(error $1 has a line break))'$(subst ','\'',$(value $1))'
# $(call option,--name,VARIABLE) and $(call flag,--name,VARIABLE): empty if the variable is not set.
option = $(if $(value $2),$1 $(call quote,$2))
flag = $(if $(filter-out 0 no false,$(value $2)),$1)

# If a machine sets it, every process would compile every library again.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make the virtual environments of `make check`; each target makes its own too
	@.ci/setup

$(ENVIRONMENTS:%=setup-%): setup-%:
	@.ci/setup $*

run: setup-project setup-emulator ## Train, publish to a local S3 and serve until Ctrl-C  [DATA=file.csv] [SCHEMA=schema.toml] [PORT=8000]
	$(PYTHON) -m training run $(call option,--data,DATA) $(call option,--schema,SCHEMA) $(call option,--port,PORT)

demo: setup-project setup-emulator ## Train, serve, and open the demo's app on it until Ctrl-C  [DATA=file.csv] [SCHEMA=cards] [PORT=8501]
	$(PYTHON) -m training demo $(call option,--data,DATA) $(call option,--schema,SCHEMA) $(call option,--port,PORT)

screenshots: setup-project setup-emulator ## Take the demo's screenshots (needs chromium)
	$(PYTHON) -m tests.demo.screenshots

train: setup-project ## Train on your own transactions  DATA=file.csv [SCHEMA=schema.toml]
	$(PYTHON) -m training train $(or $(call option,--data,DATA),$(error say which file: make train DATA=file.csv)) $(call option,--schema,SCHEMA)

test: setup-project setup-image setup-sam setup-checkov setup-emulator ## Run all tests
	$(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q

quick: setup-project ## Run the tests that start no process and train no model, in a minute
	$(PYTHON) -m pytest -n 2 --dist worksteal -q -m 'not slow and not soak and not image'

ray: setup-ray ## Run the tests of the Ray engine, in .venv-ray
	.venv-ray/bin/python -m pytest -q tests/ray_engine

check: setup-project ## Run all checks of CI: lint, types, then `make test` and `make ray`
	.ci/check

soak: setup-project setup-sam ## Run the long tests in full: 10,000 fuzzed bodies, 100 killed publishes, 100 campaigns of faults
	$(PYTHON) -m pytest -q -m soak

image-test: setup-project setup-sam ## Build the image, run it without privileges, then under sam local (needs root and podman)
	$(PYTHON) -m pytest -q -rfE -m image tests/image

smoke: $(if $(value URL),,$(if $(value ENV),setup-project)) ## Send five requests to a running API with curl  URL=http://... [KEY=...] [REVIEW_KEY=...], or ENV=dev
	$(if $(value URL),.ci/smoke $(call option,,URL) $(if $(value REVIEW_KEY),$(call quote,KEY) $(call quote,REVIEW_KEY),$(call option,,KEY)),$(if $(value ENV),$(PYTHON) -m bootstrap smoke $(call option,--env,ENV),$(error say which API: make smoke URL=http://127.0.0.1:8000, or ENV=dev)))

invoke: setup-project setup-sam ## Run the image as Lambda does: sam build, sam local invoke (needs Docker or podman)
	$(PYTHON) -m training invoke

bootstrap: setup-project setup-sam ## Create or update the image repository, the bucket, the tables, the secrets and the roles  [GITHUB=owner/name] [DRY_RUN=1]
	$(PYTHON) -m bootstrap prepare $(call option,--github,GITHUB) $(call flag,--dry-run,DRY_RUN)

deploy: setup-project setup-sam ## Build, push and deploy by digest  [ENV=dev] [IMAGE=repository@sha256:...] [DRY_RUN=1]
	$(PYTHON) -m bootstrap deploy $(call option,--env,ENV) $(call option,--image,IMAGE) $(call flag,--dry-run,DRY_RUN)

doctor: setup-project ## Check each part of a deployment, with a remedy for each fault  [ENV=dev]
	$(PYTHON) -m bootstrap doctor $(call option,--env,ENV)

rollback: setup-project ## Deploy the previous image; models stay  [ENV=dev] [DRY_RUN=1]
	$(PYTHON) -m bootstrap rollback $(call option,--env,ENV) $(call flag,--dry-run,DRY_RUN)

destroy: setup-project ## Delete the application's stack but keep models, images and the memory  [ENV=dev] [YES=1] [DRY_RUN=1]
	$(PYTHON) -m bootstrap destroy $(call option,--env,ENV) $(call flag,--yes,YES) $(call flag,--dry-run,DRY_RUN)

cost: setup-project setup-sam ## Print the monthly cost of each part, from the templates and measurements
	$(PYTHON) -m bootstrap cost

bench: setup-project setup-image setup-tutorial ## Measure cold start, latency, memory and size beside a tutorial's stack; three minutes
	$(PYTHON) -m benchmarks.serving --json build/serving.json --plot build/serving.svg

tune: setup-project setup-image setup-sam ## Measure cold start, latency and price at each memory size (needs root and cgroups); two minutes
	$(PYTHON) -m benchmarks.tune --json build/tune.json

format: setup-project ## Format the code and apply safe fixes
	.ci/format

lock: ## Compile the pinned requirements from pyproject.toml
	.ci/lock

pin-base: ## Pin the base image by its current digest (needs Docker with buildx)
	.ci/pin-base
