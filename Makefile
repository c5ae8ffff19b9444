# `make` checks and tests. Every target first makes what it needs, once.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
CHARTS_READY := .venv/.charts
EMULATOR_READY := .venv/.emulator
PARITY_BIN := .venv-parity/bin
PARITY_READY := .venv-parity/.ready
TRAINING_BIN := .venv-training/bin
TRAINING_READY := .venv-training/.ready
SOURCES := max_whisper tests benchmarks examples docs training

NEEDS_VENV := expected a Python >= 3.10 with venv; on Debian: apt install python3-venv

.PHONY: all setup check fix test test-slow gpu-compile gpu-emulate gpu-check wheels demo parity bench report docs train clean

all: check test

setup: $(READY)  ## .venv with the command max-whisper in it

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv || { echo '$(NEEDS_VENV)'; exit 1; }
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

$(CHARTS_READY): $(READY)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[charts]'
	touch $@

$(EMULATOR_READY): $(READY)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[emulator]'
	touch $@

check: $(READY)  ## style, types and floors; changes nothing
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(READY)  ## what can be mended without thought
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

test: $(READY)  ## all tests but the slow ones
	$(BIN)/pytest -m 'not slow'

test-slow: $(READY)  ## the operations of MAX itself, as our kernels are tested
	$(BIN)/pytest -m slow --timeout 3600 tests/kernels

gpu-compile: $(READY)  ## the graphs for GPUs that need not be there; hours; ONLY='tiny and sm_80'
	$(BIN)/pytest -m slow -k '$(or $(ONLY),test_compile)' tests/gpu

gpu-emulate: $(EMULATOR_READY)  ## the tests of a GPU on one that is this computer's CPU
	$(BIN)/pytest tests/emulator
	$(BIN)/python -m tests.emulator $(BIN)/pytest -m 'not slow' -k 'not wide' tests/gpu
	EMULATOR_STRICT=1 $(BIN)/python -m tests.emulator $(BIN)/pytest -m 'not slow' tests/gpu \
		--ignore tests/gpu/test_encoder.py --ignore tests/gpu/test_steps.py

# On a machine without a network, or with AMD's: docs/gpu.md.
PYTHON_HERE ?= $(BIN)/python
GPU_DTYPE ?= bfloat16

gpu-check:  ## on a machine with a GPU: texts, tests and speed; docs/gpu.md
	status=0; \
	$(PYTHON_HERE) -m tests.parity.precision --dtype $(GPU_DTYPE) --device gpu || status=1; \
	$(PYTHON_HERE) -m pytest -m 'not slow' tests/gpu || status=1; \
	MAX_WHISPER_TEST_DEVICE=gpu $(PYTHON_HERE) -m pytest tests/demo || status=1; \
	$(PYTHON_HERE) -m benchmarks.gpu --dtype $(GPU_DTYPE) || status=1; \
	$(PYTHON_HERE) -m benchmarks.report || status=1; \
	exit $$status

wheels: $(READY)  ## all that `make gpu-check` needs, as wheels in build/wheels
	$(BIN)/python -m pip wheel --quiet -c constraints.txt -w build/wheels '.[dev]'

demo: $(READY)  ## speech in, words out, offline; MODEL=tiny.en SPEECH=a.mp3: your own
ifeq ($(MODEL)$(SPEECH),)
	$(BIN)/max-whisper demo
else
	$(BIN)/max-whisper transcribe '$(or $(SPEECH),max_whisper/demo/sample.flac)' \
		--model '$(or $(MODEL),tiny.en)' --output_dir build/demo
endif

# openai-whisper brings PyTorch, so it lives apart and .venv stays as a user has it.
$(PARITY_READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-parity || { echo '$(NEEDS_VENV)'; exit 1; }
	$(PARITY_BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,parity]'
	touch $@

parity: $(PARITY_READY)  ## the tests against openai-whisper, and the table of differences
	$(PARITY_BIN)/pytest -m 'not slow' -k 'against_openai or test_openai' tests
	$(PARITY_BIN)/python -m tests.parity.words
	$(PARITY_BIN)/python -m tests.parity

# The peers live in environments of their own under build/bench, made on demand.
BENCH ?=

bench: $(READY)  ## kernels and phases of ours, then ours against peers; BENCH=--quick
	$(BIN)/python -m benchmarks.kernels
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.peers $(BENCH)

report: $(CHARTS_READY)  ## tables and charts of the documents, from benchmarks/results
	$(BIN)/python -m benchmarks.report

docs: $(READY)  ## docs/cli.md and docs/python.md from the flags and options themselves
	$(BIN)/python docs/generate.py

$(TRAINING_READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-training || { echo '$(NEEDS_VENV)'; exit 1; }
	$(TRAINING_BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,training]'
	touch $@

# Memory is kept, in huge pages: a quarter of the time would go into asking for it.
MEMORY := glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4000000000:glibc.malloc.trim_threshold=8000000000

train: $(TRAINING_READY)  ## the demo model anew: over an hour; can be stopped and goes on
	GLIBC_TUNABLES=$(MEMORY) OMP_WAIT_POLICY=passive $(TRAINING_BIN)/python -m training.train
	$(TRAINING_BIN)/python -m training.export
	$(TRAINING_BIN)/python -m training.sample
	$(TRAINING_BIN)/python -m training.evaluate
	$(TRAINING_BIN)/python -m benchmarks.report

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
