# The whole laboratory in an image: `docker build -t lgi .`, then
# `docker run --rm -v "$PWD/results:/lgi/results" lgi` makes everything into results/.
# Apptainer takes the same image: `apptainer build lgi.sif docker-daemon://lgi:latest`.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /lgi
COPY pyproject.toml README.md LICENSE Makefile ./
COPY envs ./envs
# The environment first, so that a change of the code does not install it anew.
COPY lgi/__init__.py ./lgi/__init__.py
COPY config.yaml ./
COPY workflow_scripts ./workflow_scripts
RUN make .venv/installed
COPY . .
ENV PATH="/lgi/.venv/bin:$PATH"

ENTRYPOINT ["snakemake"]
CMD ["--cores", "all"]
