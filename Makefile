# Two commands from a bare clone: `make lab` and `make test`. They need Python 3.10 or newer and nothing else.
PYTHON ?= python3
SETUP := $(PYTHON) tools/setup_env.py

.DEFAULT_GOAL := help
.PHONY: help lab test lint format build wheel clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

lab:  ## set up, then open JupyterLab on the first notebook (ARGS=--no-browser on a server)
	@$(SETUP) lab $(ARGS)

test:  ## every test: Python, notebooks, TypeScript, browser (ARGS="node browser" for some)
	@$(SETUP) test $(ARGS)

lint:  ## style, types, direction of imports
	@$(SETUP) lint

format:  ## put the sources into the one format
	@$(SETUP) format

build:  ## set up and build the extension, start nothing
	@$(SETUP) build

wheel:  ## the wheel, in dist/
	@$(SETUP) wheel

clean:  ## remove everything that these commands made
	rm -rf .venv dist build labextension/lib labextension/node_modules labextension/*.tsbuildinfo \
	  scalewidgets/labextension scalewidgets/pane/static
