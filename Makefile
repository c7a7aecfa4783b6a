# Needs Node (20 or newer), npm and a registry; the Node that does the work comes with the install.
.DEFAULT_GOAL := help
.PHONY: run demo test prove check bench help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

INSTALLED := node_modules/.package-lock.json
$(INSTALLED): package-lock.json package.json
	@sh scripts/install.sh && touch $@

run: $(INSTALLED) ## everything up, with something to try; Ctrl-C stops it
	@npm run -s build && exec node scripts/run.ts

demo: $(INSTALLED) ## the story: a trip, a fare drop, a ticket, a mail
	@npm run -s build && exec node scripts/demo.ts

test: $(INSTALLED) ## every test, on a Postgres and a Redis of their own
	@npm run -s build && exec vitest run $(ARGS)

prove: $(INSTALLED) ## the proof of the money path at length: a million seeds, every two faults, 500 kills
	@npm run -s prove

check: $(INSTALLED) ## format, lint, types, import rules, schema, licences, secrets, unused code
	@npm run -s check

bench: $(INSTALLED) bench/$(INSTALLED) ## side-by-side figures; `make bench -- sagas` for one
	@npm run -s build && node bench/main.ts $(filter-out bench,$(MAKECMDGOALS))
ifneq ($(filter bench,$(MAKECMDGOALS)),)
%: ; @:
endif

bench/$(INSTALLED): bench/package-lock.json
	@sh scripts/install.sh --prefix bench && touch $@

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 16
