# ses-quota-monitor: everything that is run by hand. `make` alone lists it.

STACK ?= ses-quota-monitor
# Empty: that of the environment (AWS_REGION, AWS_DEFAULT_REGION), else that of the profile.
REGION ?=
# Template parameters for a deployment: PARAMETERS='AlertEmail=ops@example.com WarningPercent=70'
PARAMETERS ?=
# Organizational units for deploy-readers: UNITS=ou-a1b2-11111111,ou-a1b2-22222222
UNITS ?=
# What `make release` builds for. Fewer are for trying it, and no full release.
ARCHITECTURES ?= x86_64 arm64
# The tag that `make release` is for; it then refuses a tree that the tag does not name.
TAG ?=
# `ses-quota` as built on other systems, for `make release`: COMMAND_LINES='arm64-macos=path/to/ses-quota'
COMMAND_LINES ?=
# How long `make fuzz` runs.
SECONDS ?= 60

VENV := .venv
PYTHON := $(VENV)/bin/python
# sam finds cargo-lambda and zig on the PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

TOOLS := $(VENV)/.installed
# Apart from the build that is deployed, which may be for another architecture than this machine's.
LOCAL_BUILD := .aws-sam/local
# The peer that the benchmark builds.
PEER := .aws-sam/peer/sdk-defaults/bootstrap
# The function with its symbols: the same build, not stripped.
PROFILED := .aws-sam/profiling/ses-quota-monitor/bootstrap
LOCAL_ARCHITECTURE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
SOURCES := Cargo.toml Cargo.lock $(wildcard rust-toolchain.toml) $(shell find src -type f)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help tools build demo demo-fleet pictures test lint unit integration fuzz audit bench profile release deploy deploy-readers check destroy fmt clean

help: ## List the targets
	@printf 'usage: make TARGET [STACK=name] [REGION=name] [PARAMETERS="Name=value ..."] [UNITS=ou-...,...]\n\n'
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  %-14s %s\n", $$1, $$2 }'

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

demo: build ## Watch one alert that can wait and one that cannot, on a local AWS; no account needed, about 2 minutes after the build
	@$(PYTHON) -m local.demo

demo-fleet: build ## Watch one monitor for three accounts in two Regions, on a local AWS; no account needed, about a minute after the build
	@$(PYTHON) -m local.demo_fleet

pictures: build ## Take the pictures of the documentation, on a local AWS; needs Chromium
	cargo build --locked --package ses-quota
	@$(PYTHON) -m local.pictures

test: lint unit integration ## Run all checks and tests

# What the function must not link: arguments, single sign-on, and the cryptography that is slow to start.
UNWANTED := ^(clap|aws-sdk-sso|aws-sdk-ssooidc|aws-lc)

lint: $(TOOLS) ## Check format, lints, template, workflows, and which dependencies there are
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --workspace --quiet
	@echo 'cargo tree: the function must not link the command line, SSO or aws-lc'
	@tree=$$(cargo tree --locked --edges normal,build --target all --prefix none) || exit 1; \
	if found=$$(echo "$$tree" | grep -E '$(UNWANTED)'); then \
		printf 'The function links what it must not, and pays for it at each cold start:\n%s\nSee which dependency or feature adds it: cargo tree --invert NAME\n' "$$found" >&2; exit 1; \
	fi
	cargo deny --locked check bans licenses sources
	sam validate --lint --region us-east-1
	cfn-lint template.yaml reader-role.yaml
	shellcheck .ci/run
	actionlint
	zizmor --offline --quiet --persona pedantic .github/workflows

unit: $(TOOLS) ## Run the tests of the Rust code, the template and the documentation
	cargo test --locked
	cargo test --locked --package ses-quota
	$(PYTHON) -m pytest -q tests/bench tests/docs tests/template tests/release

# Several files at a time, each with a local AWS of its own: most of the time, they wait for a timeout or the schedule.
integration: build ## Run the tests of the deployed function, and of the command line, on a local AWS
	cargo build --locked --package ses-quota
	$(PYTHON) -m pytest --numprocesses 3 --dist loadfile tests/local_aws

# RUSTC_BOOTSTRAP: cargo-fuzz needs options that a stable compiler rejects. No sanitizer: there is no `unsafe` code.
fuzz: $(TOOLS) ## Run the fuzz target for SECONDS=60; needs a C++ compiler
	@command -v c++ >/dev/null || { echo 'A C++ compiler is missing (Debian: apt-get install g++)' >&2; exit 1; }
	RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none check -- -max_total_time=$(SECONDS) -max_len=4096 -len_control=0

audit: $(TOOLS) ## Check the dependencies for known vulnerabilities; fetches the RustSec advisories from GitHub
	cargo deny --locked check advisories

bench: export QUICK := $(QUICK)
bench: build $(PEER) ## Measure what a check costs, against two peers; Linux, 20 minutes after the builds, or 3 with QUICK=1
	@$(PYTHON) -m bench $${QUICK:+--quick}

profile: $(PROFILED) ## Show where the instructions of a check go; Linux
	@$(PYTHON) -m bench profile

$(PROFILED): $(SOURCES) | $(TOOLS)
	CARGO_PROFILE_RELEASE_STRIP=false CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_TARGET_DIR=target/profiling \
		cargo lambda build --release --locked --lambda-dir .aws-sam/profiling

$(PEER): $(shell find bench/peers/sdk_defaults -name '*.rs' -o -name 'Cargo.*') | $(TOOLS)
	cd bench/peers/sdk_defaults && CARGO_TARGET_DIR=$(CURDIR)/target/peer \
		cargo lambda build --release --locked --lambda-dir $(CURDIR)/.aws-sam/peer

# Values reach the commands through the environment, whatever characters are in them.
release: export ARCHITECTURES := $(ARCHITECTURES)
release: export TAG := $(TAG)
release: export COMMAND_LINES := $(COMMAND_LINES)
deploy deploy-readers check destroy: export STACK := $(STACK)
deploy deploy-readers check destroy: export REGION := $(REGION)
deploy deploy-readers check destroy: export PARAMETERS := $(PARAMETERS)
deploy deploy-readers check destroy: export UNITS := $(UNITS)

release: $(TOOLS) ## Build dist/, from which anyone can install without a toolchain: ARCHITECTURES, TAG
	@$(PYTHON) -m scripts.release --architectures "$$ARCHITECTURES" --tag "$$TAG" --command-lines "$$COMMAND_LINES"

deploy: $(TOOLS) ## Build and deploy to AWS: STACK, REGION, PARAMETERS
	@$(PYTHON) -m scripts deploy --stack "$$STACK" --region "$$REGION" --parameters "$$PARAMETERS"

deploy-readers: $(TOOLS) ## Roll the reader role out over the organization, by a StackSet; asks first: STACK, REGION, UNITS
	@$(PYTHON) -m scripts deploy-readers --stack "$$STACK" --region "$$REGION" --units "$$UNITS"

check: $(TOOLS) ## Run one check on the deployed stack, print its report and who is subscribed: STACK, REGION
	@$(PYTHON) -m scripts check --stack "$$STACK" --region "$$REGION"

destroy: $(TOOLS) ## Remove the deployed stack; asks first: STACK, REGION
	@$(PYTHON) -m scripts destroy --stack "$$STACK" --region "$$REGION"

fmt: ## Format the Rust code
	cargo fmt

clean: ## Remove what was built and installed here
	rm -rf .aws-sam target fuzz/target dist $(VENV)
