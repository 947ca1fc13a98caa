# Every target sets up what it needs on a fresh clone: Python 3.11+, make and git are enough.
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
PYTHON  ?= python3

.PHONY: demo test test-loaded soak bench hil release-check lint setup clean case

demo: setup
	$(BIN)/kneesync demo

test: lint
	$(BIN)/pytest -q -n 2 --dist loadfile

# What talks to a board or draws a dashboard, on a busy machine; the first line says how to have the same delays again.
LOADED := tests/device tests/end_to_end tests/views/test_dashboard.py
test-loaded: setup
	KNEESYNC_LOADED=$${KNEESYNC_LOADED:-$$(date +%s)} $(BIN)/pytest -n 2 --dist loadfile --timeout 900 $(LOADED)

# The same tests in full counts, and before them those under load; results stand as JSON in build/soak/.
soak: setup test-loaded
	$(BIN)/pytest -q -n 2 --dist loadfile -m "soak or not soak" --timeout 3600

bench: setup
	$(BIN)/python -m bench

# The board at KNEESYNC_PORT, else a virtual one, and it says which. KNEESYNC_HAND=1: there is a hand on the button.
hil: setup
	$(BIN)/pytest -s -rs -p no:cacheprovider -m "soak or not soak" tests/hil

release-check: setup
	$(BIN)/python tests/release_check.py

# The printable case (needs openscad) and a picture of it, in build/hardware/.
case: setup
	mkdir -p build/hardware
	for part in base lid parts; do \
	    openscad -q -D "part=\"$$part\"" -o build/hardware/case-$$part.stl hardware/case.scad || exit 1; done
	$(BIN)/python -m hardware.render build/hardware/case.png

lint: setup build/stubs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --warnings
	$(BIN)/pyright --warnings -p host

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sim,dev]'
	$(BIN)/python -c 'from kneesync.virtual.vm.fetch import toolchain; toolchain()'
	touch $@

# The rp2 stubs stand in a folder of their own: in the venv they would shadow CPython's modules.
build/stubs: $(READY)
	rm -rf $@
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps --target $@ \
	    micropython-rp2-stubs==1.29.0.post1 micropython-stdlib-stubs==1.29.0.post2

clean:
	rm -rf $(VENV) build
