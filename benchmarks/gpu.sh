#!/usr/bin/env bash
# The CUDA engines beside the CPU engines, in one command and under 6 minutes, without a network:
#   benchmarks/gpu.sh [--profile] [--only "published fits" models estimates "all fits"] [--seconds 330]
# Python is .venv's where that has numba-cuda, else $PYTHON or python3 with the wheels in .wheels
# (benchmarks/gpu_wheels.sh), which are installed into build/gpu, beside nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
export BENCHMARK_BEGAN=${BENCHMARK_BEGAN:-$(date +%s)}
NEEDED="numpy numba numba-cuda scipy pandas pydantic PyYAML pillow matplotlib"
WHEELS=${WHEELS:-.wheels}
SITE=build/gpu

has() { # PYTHON PACKAGE...: says which are not there
    "$1" - "${@:2}" <<'PYTHON'
import sys
from importlib.metadata import PackageNotFoundError, version

for name in sys.argv[1:]:
    try:
        version(name)
    except PackageNotFoundError:
        print(name)
PYTHON
}

if [[ -x .venv/bin/python && -z $(has .venv/bin/python numba-cuda) ]]; then
    PYTHON=.venv/bin/python
fi
PYTHON=${PYTHON:-python3}
mkdir -p "$SITE"
export PYTHONPATH="$PWD:$PWD/$SITE${PYTHONPATH:+:$PYTHONPATH}"
if [[ $PYTHON != .venv/bin/python && -d $WHEELS ]]; then
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-index --no-deps --upgrade \
        --target "$SITE" $(find "$WHEELS" -name '*.whl')
fi
missing=$(has "$PYTHON" $NEEDED)
if [[ -n $missing ]]; then
    echo "$("$PYTHON" --version) at $(command -v "$PYTHON") lacks $(echo $missing);" \
        "fill $WHEELS with benchmarks/gpu_wheels.sh where there is a network, or: make CUDA=1" >&2
    exit 2
fi
exec "$PYTHON" -m benchmarks.gpu "$@"
