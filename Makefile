# Everything here needs only python3, make and the package index; the virtual environment is made on first use.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

PROSE = auditor docs policies schemas examples ci benchmarks README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md action.yml \
	tests/README.md tests/golden/help.txt tests/golden/expected.txt

.PHONY: help demo test test-long mutation coverage lint check docs site site-version lock pictures wheel sbom \
	audit-dependencies clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: $(READY)  ## audit the sample tenant of the embedded control plane
	@$(BIN)/auditor demo; code=$$?; test $$code -le 1 || exit $$code; \
	echo "make: the demo ended with exit code $$code, because the sample tenant has findings"

lint: $(READY)  ## check style, types, layers, fresh docs, spelling, files for CI services
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/codespell $(PROSE)
	PATH="$(CURDIR)/$(BIN):$$PATH" ci/lint.sh

test: lint  ## run the linters and all tests
	$(BIN)/pytest --numprocesses auto --dist worksteal

test-long: $(READY)  ## run all tests with every fault, every misspelling and ten times the simulations
	AUDITOR_LONG=1 $(BIN)/pytest --numprocesses auto --dist worksteal

mutation: $(READY)  ## run mutation tests, and list surviving mutants
	$(BIN)/python -m pip install --quiet --group mutation
	$(BIN)/mutmut run
	$(BIN)/mutmut results

coverage: $(READY)  ## run all tests and print their coverage
	$(BIN)/pytest --cov --cov-report=term

wheel: $(READY)  ## build the wheel and the source distribution, with the same bytes for the same commit
	PATH="$(CURDIR)/$(BIN):$$PATH" ci/build.sh
	PATH="$(CURDIR)/$(BIN):$$PATH" ci/check-packages.sh

sbom: wheel  ## write the bill of materials of the wheel with its locked dependencies
	mkdir -p sbom
	$(BIN)/uv run --quiet --isolated --no-project --with-requirements ci/release.txt \
		python ci/sbom.py sbom/mlrepo-auditor.cdx.json

audit-dependencies: $(READY)  ## look for known vulnerabilities in the locked dependencies
	$(BIN)/python ci/audit_dependencies.py

check: test wheel  ## everything that CI does

docs: $(READY)  ## write the generated pages again
	$(BIN)/python docs/generate.py

site: $(READY)  ## build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

site-version: $(READY)  ## commit the site of this version to the local branch gh-pages, as the latest
	PATH="$(CURDIR)/$(BIN):$$PATH" NO_MKDOCS_2_WARNING=1 $(BIN)/mike deploy --update-aliases "$$($(BIN)/python -c 'import auditor; print(auditor.__version__)')" latest
	$(BIN)/mike set-default latest

pictures: docs  ## take the pictures of the docs again; needs Chromium
	$(BIN)/python docs/pictures.py

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock'

lock: $(READY)  ## lock what the action, the image and releases install, by hashes
	$(LOCK) pyproject.toml --output-file ci/requirements.txt
	$(LOCK) ci/build.in --output-file ci/build.txt
	$(LOCK) --group release --constraint ci/build.txt --output-file ci/release.txt

clean:  ## remove what was made
	rm -rf $(VENV) dist site sbom mutants .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
