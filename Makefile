# Two commands: `make demo` and `make test`. Both set up .venv by themselves; nothing but Python >= 3.11 is assumed.
# A third takes longer: `make bench` measures speed and memory beside PyTorch and others (out/bench), on an
# otherwise idle machine. Options go in BENCH: make bench BENCH="--quick", BENCH="--only nets".

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test gradcheck array-api bench drawings cats reliability onnx onnx-rows hips opinfo random-calls speed gradbench nets docs release stubs lint format coverage clean

demo: $(VENV)/demo.ready
	$(BIN)/python -m examples.demo

# on every core, up to four. There a thread of PyTorch or BLAS that waits is to sleep: spinning takes another test's core.
# Bytecode is written even where the environment forbids it, or every process that a test starts compiles all sources
test: $(VENV)/test.ready lint
	PYTHONDONTWRITEBYTECODE= OMP_WAIT_POLICY=PASSIVE OPENBLAS_THREAD_TIMEOUT=4 $(BIN)/python -m pytest -n auto --maxprocesses=4 --dist=worksteal

# what each gradient checker finds in 181 broken rules, and its false alarms over 2,000 random compositions of right ones
gradcheck: $(VENV)/test.ready
	$(BIN)/python -m pytest tests/test_gradcheck_catalogue.py -s --programs=2000

# the public tests of the array API standard, from a clone of data-apis/array-api-tests with its submodule (three minutes):
# make array-api SUITE=../array-api-tests
array-api: $(VENV)/array-api.ready
	cd $(SUITE) && ARRAY_API_TESTS_MODULE=autograd_mini.array_api $(abspath $(BIN))/python -m pytest array_api_tests \
	  --disable-deadline --xfails-file=$(abspath tests/array_api_exceptions.txt) -W ignore $(OPTIONS)

# the two settings are left out because they hold NumPy's matrix products back
bench: $(VENV)/bench.ready
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(BIN)/python -m tests.benchmarks $(BENCH)

# graph drawers side by side on one VGG-16, as Markdown: the tables of tests/README.md
drawings: $(VENV)/bench.ready
	@$(BIN)/python -m tests.drawings

# the report's experiment beside PyTorch, on a folder of yours with two classes (hours): make cats DATA=photos,
# or a part of it: make cats DATA=photos CATS="--only speed,memory"
cats: $(VENV)/bench.ready
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(BIN)/python -m tests.benchmarks.cats --data $(DATA) $(CATS)

# every promise of SECURITY.md tried at length (a quarter of an hour on two cores): RELIABILITY="--only KEYS", RELIABILITY="--share 0.01"
reliability: $(VENV)/test.ready
	$(BIN)/python -m tests.reliability --out out/reliability.md $(RELIABILITY)

# the nine reference nets of the package onnx, whole: outputs, gradients, drawings, projections (minutes): ONNX="resnet50"
onnx: $(VENV)/test.ready
	$(BIN)/python -m tests.onnx_nets $(ONNX)

# HIPS autograd's own tests on our operations: make hips SUITE=autograd-1.9.1/tests, the folder in its source package
hips: $(VENV)/test.ready
	$(BIN)/python -m tests.others.hips $(SUITE)

# PyTorch's samples of its operations on ours, values and both derivatives (a quarter of an hour): OPINFO="--only svd,qr"
opinfo: $(VENV)/test.ready
	$(BIN)/python -m tests.others.opinfo $(OPINFO)

# random calls of every operation beside differences and PyTorch
CALLS ?= 100000
random-calls: $(VENV)/test.ready
	$(BIN)/python -m tests.others.random_calls --calls $(CALLS)

# forward and backward beside HIPS autograd, operation by operation; wants `pip install autograd`
speed: $(VENV)/test.ready
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(BIN)/python -m tests.others.speed $(SPEED)

# the public suite GradBench, from a clone of gradbench/gradbench with its reference compiled, beside PyTorch, HIPS
# autograd and JAX where they are installed (ten minutes): make gradbench SUITE=../gradbench GRADBENCH="--only gmm,ode"
gradbench: $(VENV)/bench.ready
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(BIN)/python -m tests.others.gradbench $(SUITE) $(GRADBENCH)

# nets by name, whole, beside PyTorch at two sizes each (a quarter of an hour): outputs, gradients, three steps
nets: $(VENV)/test.ready
	$(BIN)/python -m tests.nets_by_name

# every row of the table of tests in ONNX Runtime, for several versions of ONNX's operators
onnx-rows: $(VENV)/test.ready
	$(BIN)/python -m tests.onnx_rows

# every public name with its example, one page of plain HTML: out/docs/reference.html
docs: $(VENV)/demo.ready
	$(BIN)/python docs/reference.py out/docs

# the wheel, installed in an empty environment outside this folder, does what the documents show (five minutes)
release: $(VENV)/test.ready
	$(BIN)/python -m tests.release $(RELEASE)

# what editors and type checkers read of the operations and of Tensor's methods, and docs/operations.md; after a change of rows
stubs: $(VENV)/test.ready
	$(BIN)/python -m autograd_mini.stubs
	$(BIN)/python -m autograd_mini.operations_page

lint: $(VENV)/test.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/test.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: $(VENV)/test.ready
	$(BIN)/python -m pytest --cov --cov-report=term-missing:skip-covered

clean:
	rm -rf $(VENV) out build *.egg-info .mypy_cache .pytest_cache .ruff_cache .coverage

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "autograd-mini needs Python 3.11 or newer; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "could not make $(VENV); on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/demo.ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[report]'
	@touch $@

$(VENV)/test.ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[report,test,fast]'
	@touch $@ $(VENV)/demo.ready

$(VENV)/array-api.ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[report,test,standard]'
	@touch $@ $(VENV)/demo.ready

$(VENV)/bench.ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[report,test,bench,fast]'
	@touch $@ $(VENV)/demo.ready $(VENV)/test.ready
