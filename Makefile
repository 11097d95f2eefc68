# vcl: find the moment in a video.
#
#   make run     install what is missing, build, and open the demo video with a query
#   make test    formatting, lints, docs and all tests: what CI runs
#   make bench   speed
#   make torture thousands of damaged inputs (SEED=1 INPUTS=10000 JOBS=1)
#   make package a .deb and an archive, in target/package (PROFILE=dev takes what `make run` has built)
#   make install as from a package, without one (PREFIX=/usr/local DESTDIR=)
#   make setup   only install the system packages that are missing

DEMO  = assets/demo.mp4
QUERY = a red circle
PLOT  = target/demo.png

INPUTS = 10000
SEED   = 1
JOBS   = 1

PROFILE = release
PREFIX  = /usr/local
# Cargo puts what `dev` builds into another folder than its name.
BUILT   = $${CARGO_TARGET_DIR:-target}/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/vcl

.PHONY: run test bench torture package install setup

run: setup
	@cargo build
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname -s)" = Darwin ]; then \
	    cargo run --quiet -- $(DEMO) -q "$(QUERY)"; \
	else \
	    echo "There is no display for the window, so here is the search."; \
	    mkdir -p $(dir $(PLOT)); \
	    cargo run --quiet -- search $(DEMO) "$(QUERY)" --plot $(PLOT) \
	        && echo "The curve is in $(PLOT)."; \
	fi

test: setup
	@scripts/postgres.sh || echo "The tests of shared libraries are skipped."
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
	cargo test

bench: setup
	cargo bench --profile dev

# Not --release: that would compile every dependency a second time, for longer than the campaign takes.
torture: setup
	cargo build
	cargo run --example torture -- --inputs $(INPUTS) --seed $(SEED) --jobs $(JOBS)

# The date of the last commit.
package install: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)

package: setup
	cargo build --profile $(PROFILE)
	packaging/package.sh $(BUILT)
	tests/package.sh target/package/*.deb --window

install:
	cargo build --profile $(PROFILE)
	packaging/stage.sh $(BUILT) $(DESTDIR)$(PREFIX)

setup:
	@scripts/install-packages.sh
