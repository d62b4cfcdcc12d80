# ses-quota-monitor: everything that is run by hand. `make` alone lists it.

STACK ?= ses-quota-monitor
REGION ?= $(or $(AWS_REGION),$(AWS_DEFAULT_REGION),us-east-1)
# Template parameters for a deployment: PARAMETERS='AlertEmail=ops@example.com WarningPercent=70'
PARAMETERS ?=
# How long `make fuzz` runs.
SECONDS ?= 60

VENV := .venv
PYTHON := $(VENV)/bin/python
# sam finds cargo-lambda and zig on the PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

TOOLS := $(VENV)/.installed
# Two builds side by side: the one for this machine must not be deployed to a function of another architecture.
LOCAL_BUILD := .aws-sam/local
# What the benchmark compares with.
PEER := .aws-sam/peer/sdk-defaults/bootstrap
# The function with its symbols: the same build, but not stripped.
PROFILED := .aws-sam/profiling/ses-quota-monitor/bootstrap
LOCAL_ARCHITECTURE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
SOURCES := Cargo.toml Cargo.lock $(wildcard rust-toolchain.toml) $(shell find src -type f)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help tools build demo test lint unit integration fuzz audit bench profile deploy check destroy fmt clean

help: ## List what can be made
	@printf 'usage: make TARGET [STACK=name] [REGION=name] [PARAMETERS="Name=value ..."]\n\n'
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  %-12s %s\n", $$1, $$2 }'

tools: $(TOOLS) ## Install the Python tools into .venv

$(TOOLS): requirements.txt
	$(or $(shell command -v python3.11),python3) -m venv --clear $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@$(PYTHON) -m pip --disable-pip-version-check check --quiet
	@touch $@

build: $(LOCAL_BUILD)/template.yaml ## Build the function for this machine

$(LOCAL_BUILD)/template.yaml: template.yaml $(SOURCES) | $(TOOLS)
	sam build --build-dir $(LOCAL_BUILD) --parameter-overrides Architecture=$(LOCAL_ARCHITECTURE)
	@touch $@

demo: build ## Watch the life of an alert on a local AWS; no account needed, about 5 minutes
	@$(PYTHON) -m local.demo

test: lint unit integration ## Run all checks and tests

lint: $(TOOLS) ## Check format, lints, template, and where dependencies come from
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo deny --locked check bans licenses sources
	sam validate --lint --region $(REGION)
	cfn-lint template.yaml

unit: ## Run the tests of the Rust code
	cargo test --locked

integration: build ## Run the deployed program against a local AWS
	$(PYTHON) -m pytest tests/local_aws

# cargo-fuzz needs options of the compiler that a stable one takes only so. No sanitizer: there is no `unsafe` to sanitize.
fuzz: $(TOOLS) ## Try random and hostile input, SECONDS=60 of it; needs a C++ compiler
	@command -v c++ >/dev/null || { echo 'A C++ compiler is missing (Debian: apt-get install g++)' >&2; exit 1; }
	RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none check -- -max_total_time=$(SECONDS) -max_len=4096 -len_control=0

audit: $(TOOLS) ## Check the dependencies for known vulnerabilities; fetches the RustSec advisories from GitHub
	cargo deny --locked check advisories

bench: build $(PEER) ## Measure what a check costs, against two peers; Linux, about 15 minutes
	@$(PYTHON) -m bench

profile: $(PROFILED) ## Show where the instructions of a check go; Linux
	@$(PYTHON) -m bench profile

$(PROFILED): $(SOURCES) | $(TOOLS)
	CARGO_PROFILE_RELEASE_STRIP=false CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_TARGET_DIR=target/profiling \
		cargo lambda build --release --locked --lambda-dir .aws-sam/profiling

$(PEER): $(shell find bench/peers/sdk_defaults -name '*.rs' -o -name 'Cargo.*') | $(TOOLS)
	cd bench/peers/sdk_defaults && CARGO_TARGET_DIR=$(CURDIR)/target/peer \
		cargo lambda build --release --locked --lambda-dir $(CURDIR)/.aws-sam/peer

deploy: $(TOOLS) ## Build and deploy to AWS: STACK, REGION, PARAMETERS
	@$(PYTHON) scripts/operate.py credentials --region $(REGION)
	sam build $(if $(PARAMETERS),--parameter-overrides $(PARAMETERS))
	sam deploy --stack-name $(STACK) --region $(REGION) --resolve-s3 --capabilities CAPABILITY_IAM \
		--no-fail-on-empty-changeset $(if $(PARAMETERS),--parameter-overrides $(PARAMETERS))

check: $(TOOLS) ## Run one check on the deployed stack and print its report: STACK, REGION
	@$(PYTHON) scripts/operate.py check --stack $(STACK) --region $(REGION)

destroy: $(TOOLS) ## Remove the deployed stack; asks first: STACK, REGION
	@$(PYTHON) scripts/operate.py destroy --stack $(STACK) --region $(REGION)

fmt: ## Format the Rust code
	cargo fmt

clean: ## Remove what was built and installed here
	rm -rf .aws-sam target fuzz/target $(VENV)
