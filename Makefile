# What one does with Usher. `make help` lists it.
.POSIX:
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help deps build run test check bench e2e crash money faults docs clean

# Release builds live apart from the debug build of the tests, so neither waits for the other.
RELEASE := .build-release
USHER := $(RELEASE)/release/usher

help: ## Lists what can be made
	@sed -n 's/^\([a-z0-9]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do printf '  make %-7s %s\n' "$$name" "$$text"; done

deps: ## Installs the system libraries the build needs, when they are missing
	@scripts/deps

build: deps ## Builds the release binary, .build-release/release/usher
	swift build -c release --product usher --scratch-path $(RELEASE)

run: build ## Builds Usher and starts the demo: gateway, signed events, a receiver. No account, no internet
	$(USHER) demo

test: deps ## Runs every test
	scripts/test

check: deps ## Runs what a change must pass: format, imports, tests, release build
	scripts/check

bench: build ## Measures the hot paths on this machine
	Benchmarks/run

e2e: build ## Sends events signed by the official Stripe and Standard Webhooks libraries through Usher
	scripts/deps --tools
	scripts/e2e --usher $(USHER)

crash: build ## Kills Usher at random moments under load and counts what is lost
	scripts/deps --tools
	scripts/crash --usher $(USHER)

money: build ## Proves that no fault charges twice: 10,000 simulated stories, 50 kills of the real binary
	scripts/deps --tools
	scripts/money --usher $(USHER)

faults: build ## Breaks providers in every way while calls flow, beside limits for what callers may see; an hour
	scripts/deps --tools
	scripts/faults --usher $(USHER)

docs: deps ## Writes docs/configuration.md from the table of keys
	USHER_WRITE_DOCS=1 swift test --filter ConfigurationReferenceTests

clean: ## Removes what was built; data folders stay
	rm -rf .build .build-*
