# make demo, make test: each sets up what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
FUZZ_SECONDS ?= 1200
DATA ?= $(or $(DETECTOR_DATA),../shared/data)
SETS := $(addprefix quality-,esc10 call-activity call-activity-exchanged boobook twenty-calls twenty-calls-exchanged zebra-finch syllable-types rare-types)

.PHONY: setup demo check test lint quick quality quality-hard $(SETS) bench call-activity fuzz corpus clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

demo: setup  ## scan the example recordings with the embedded model
	$(BIN)/detector scan examples/recordings -o detections.csv --effort effort.csv --force
	head -n 6 detections.csv

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

quick: setup
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 -m "not slow"

check: lint quick  ## what to run while you work

test: lint  ## everything that CI runs
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2

fuzz: setup  ## look for inputs that break the program, FUZZ_SECONDS for each target; keeps them in work/fuzz
	$(BIN)/pip install --quiet -c constraints.txt -e ".[fuzz]"
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS) --keep work/fuzz

corpus: setup  ## scan all broken files of tests/corpus, in about an hour; make test scans a part
	$(BIN)/python -m tests.corpus

call-activity: setup  ## make the training set of the embedded model and train it again; DATA names the recordings
	PATH="$(abspath $(BIN)):$$PATH" experiments/call-activity.sh $(DATA) work/call-activity

quality: $(SETS) quality-hard  ## the tables of experiments/results, in many hours; goes on where it was stopped; make -j 2: two at a time
	$(BIN)/python experiments/quality.py speed work/quality
	$(BIN)/python experiments/quality.py tables work/quality --hard work/quality/hard/curve.json -o work/quality/tables.md

$(SETS): quality-%: setup  ## one set; figures are those of one core to the last digit, whatever else runs
	OMP_NUM_THREADS=1 $(BIN)/python experiments/quality.py again experiments/results/quality.json $(DATA) work/quality --set $*

quality-hard: setup
	OMP_NUM_THREADS=1 $(BIN)/python experiments/hard_soundscapes.py run $(DATA) work/quality/hard --seed 3 --turn 1 --exchange

bench: setup  ## the tables of experiments/BENCHMARKS.md, on a machine that does nothing else meanwhile
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python experiments/benchmarks.py work/bench

clean:
	rm -rf $(VENV) work detections.csv effort.csv
