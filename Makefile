# The verbs of this repository. Each sets up what it needs: scripts/uv finds uv or installs a
# private one, uv finds or downloads Python 3.13, and the packages come from uv.lock.

RUN := sh scripts/uv run --frozen

# More arguments for pytest, the demo or the benchmarks: make test ARGS="-m quick"
ARGS ?=
# Tests that run at the same time: one more than two cores, because many of them wait.
JOBS ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo demo-update test conformance lint format render language docs site pictures bench bench-database fuzz updates soak clean

help: ## Show these verbs
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r verb text; do printf '  make %-14s %s\n' "$$verb" "$$text"; done

demo: ## Render a server, install it, and watch it answer a client
	@$(RUN) python scripts/demo.py $(ARGS)

demo-update: ## Implement two tools, declare two more, update, and call all four
	@$(RUN) python scripts/demo_update.py

test: ## Run the tests (ARGS="-m quick" for the quick part)
	@$(RUN) pytest -n $(JOBS) $(ARGS)

conformance: ## Run the official conformance suite against a rendered server
	@$(RUN) env PYTHONPATH=tests python -m conformance

lint: ## Check code, types, lock file, workflows and docs
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	sh scripts/uv lock --check
	$(RUN) check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(RUN) check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(RUN) zizmor --offline --no-progress .github
	$(RUN) python scripts/check_docs.py

format: ## Format the code and fix what can be fixed
	$(RUN) ruff format
	$(RUN) ruff check --fix

render: ## Render ANSWERS=examples/workspace.yml into DEST=build/my-server
	@test -n "$(ANSWERS)" && test -n "$(DEST)" || { echo 'Say what to render, and where: make render ANSWERS=examples/workspace.yml DEST=build/my-server' >&2; exit 2; }
	@$(RUN) copier copy --defaults --overwrite --vcs-ref HEAD --data-file "$(ANSWERS)" "$$PWD" "$(DEST)"

language: ## Write the schema, tables and macros that follow from language.yml
	@$(RUN) python scripts/write_language.py

docs: ## Check the links of the documentation
	@$(RUN) python scripts/check_docs.py

site: ## Build the documentation site into build/site, and check it
	@$(RUN) python scripts/build_site.py

pictures: ## Draw the pictures of the documentation from their texts
	@$(RUN) python -m pictures

bench: ## Measure rendered servers against their alternatives (takes a while)
	@$(RUN) python -m benchmarks $(ARGS)

bench-database: ## Measure what a tool takes beyond its statements (takes three minutes)
	@$(RUN) env PYTHONPATH=tests python -m benchmarks.database $(ARGS)

fuzz: ## Search longer, and at random, for what servers and checks do not survive (EXAMPLES=2000)
	@$(RUN) env FUZZ_EXAMPLES=$(or $(EXAMPLES),2000) pytest tests/faults/test_fuzzing.py tests/declarations $(ARGS)

updates: ## Count what updates do to thousands of edits (takes ten minutes)
	@$(RUN) env PYTHONPATH=tests python -m benchmarks.updates

soak: ## Keep servers busy for an hour, and see whether they change (ARGS="--minutes 5")
	@$(RUN) env PYTHONPATH=tests python -m benchmarks.soak $(ARGS)

clean: ## Remove everything that these verbs made
	rm -rf build .venv .uv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find benchmarks scripts src tests -name __pycache__ -prune -exec rm -rf {} +
