#!/usr/bin/env bash
# Download the wheels that benchmarks/gpu.sh installs where there is no network, into .wheels:
#   benchmarks/gpu_wheels.sh [VERSION]      VERSION of the Python there, 3.12 unless said
# Only what a machine with NumPy, SciPy, pandas, PyTorch and numba-cuda usually lacks: pydantic, and a
# NumPy that the pinned numba-cuda knows (0.30.4 asks NumPy for row_stack, which 2.5 has not).
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=${1:-3.12}
PYTHON=${PYTHON:-python3}
WHEELS=${WHEELS:-.wheels}
mkdir -p "$WHEELS"
packages=$(grep -iE '^(numpy|pydantic|pydantic_core|annotated-types|typing-inspection|typing_extensions)==' \
    envs/requirements.lock)
"$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --python-version "$VERSION" --implementation cp --platform manylinux_2_17_x86_64 \
    --platform manylinux_2_27_x86_64 --platform manylinux_2_28_x86_64 --dest "$WHEELS" $packages
du -sh "$WHEELS"
