"""Notes where a Python process spends its CPU time, for `benchmarks.shares`.

Python imports this by its name in every process whose PYTHONPATH has this folder. A hundred times
in a second of CPU time a signal looks at the stack; what passed since the last look is put down to
what the stack is in. Sums lie in a file for each process, written now and then, since a process may
be ended without notice.
"""

import atexit
import os
import signal
import sys
import time
from pathlib import Path

FOLDER = os.environ.get("LGI_BENCHMARK_SHARES")
EVERY, WRITTEN = 0.01, 50  # seconds of CPU time between looks; looks between writing
DRAWN = ("/matplotlib/", "/PIL/", "/imageio", "/lgi/figures/", "/figures.py", "/animation.py")


def part_of(files: list[str]) -> str:
    """Return what a stack is in, by the files of its frames, the innermost first."""
    if any(file.startswith("<frozen importlib") for file in files):
        return "imports"
    script = next((file for file in files if "scripts/" in file and "snakemake" not in file), "")
    script = script or next((file for file in files if ".snakemake/scripts/" in file), "")
    if any(file.endswith("/lgi/making.py") for file in files) or "make_result" in script:
        drawing = any(mark in file for file in files for mark in DRAWN)
        return "drawing" if drawing else "gathering"
    if script or any(file.endswith("/lgi/jobs.py") for file in files):
        return "engines"
    return "Snakemake" if any("/snakemake" in file for file in files) else "start and end"


def _watch() -> None:
    sums: dict[str, float] = {"start and end": time.process_time()}
    state = {"last": time.process_time(), "looks": 0}

    def write() -> None:
        text = "".join(f"{seconds:.4f} {part}\n" for part, seconds in sums.items())
        Path(FOLDER, f"{os.getpid()}").write_text(text, encoding="utf-8")

    def look(number, frame) -> None:
        files = []
        while frame is not None:
            files.append(frame.f_code.co_filename)
            frame = frame.f_back
        put_down(part_of(files))
        state["looks"] += 1
        if state["looks"] % WRITTEN == 0:
            write()

    def put_down(part: str) -> None:
        now = time.process_time()
        sums[part] = sums.get(part, 0.0) + now - state["last"]
        state["last"] = now

    def end() -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        put_down("start and end")
        write()

    def begin() -> None:
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def begin_again() -> None:
        # A process that was split off: its time begins at 0.
        sums.clear()
        state.update(last=time.process_time(), looks=0)
        begin()

    signal.signal(signal.SIGPROF, look)
    os.register_at_fork(after_in_child=begin_again)
    atexit.register(end)
    begin()


if FOLDER and hasattr(signal, "setitimer"):
    try:
        _watch()
    except (OSError, ValueError) as error:
        print(f"CPU time is not sampled: {error}", file=sys.stderr)
