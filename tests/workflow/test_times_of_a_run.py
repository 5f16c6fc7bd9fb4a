"""A run says at its end how long each part took; a run that does nothing says nothing."""

import re

RUN = "results/gaussians/gradient_checkerboard/published/n5_seed{}.npz"
FIGURE = "results/figures/gaussians/fit/gradient_checkerboard/published/n5_seed1.png"
HEAD = "part and rule"


def rows(output: str) -> dict[str, tuple[int, float]]:
    """Return number of jobs and job seconds of each part and rule."""
    found = re.findall(r"^ *(\w+) +(\d+) +(\d+\.\d) +\d+\.\d% +\d+\.\d$", output, re.M)
    return {name: (int(jobs), float(seconds)) for name, jobs, seconds in found}


def test_a_run_ends_with_the_time_of_each_part(laboratory):
    # The drawing job has two outputs, PNG and SVG.
    output = laboratory.snakemake(FIGURE).stdout
    table = rows(output)
    assert {name: jobs for name, (jobs, _) in table.items()} == {
        "gaussians": 2,
        "fit": 1,
        "fit_figure": 1,
        "all": 2,
    }
    parts = table["fit"][1] + table["fit_figure"][1]
    assert abs(table["all"][1] - parts) <= 0.15  # three numbers rounded to 0.1 s
    assert 0.1 < table["all"][1] < wall_time(output)  # the two jobs run one after the other

    again = laboratory.snakemake(FIGURE).stdout
    assert "Nothing to be done" in again
    assert HEAD not in again
    assert HEAD not in laboratory.snakemake("--dry-run", "--forceall", FIGURE).stdout

    # Only jobs of the run count, not what earlier runs recorded.
    assert rows(laboratory.snakemake(FIGURE, RUN.format(2)).stdout)["all"][0] == 1


def test_a_run_that_fails_says_what_it_finished(laboratory):
    film = laboratory.folder / "results/gaussians/gradient_checkerboard/film/n5_seed42.npz"
    film.parent.mkdir(parents=True)
    film.write_bytes(b"damaged")
    drawn = "results/figures/gaussians/fit/gradient_checkerboard/film/n5_seed42.png"
    done = laboratory.snakemake(drawn, RUN.format(2), check=False)
    assert done.returncode != 0
    table = rows(done.stdout)
    assert table["fit"][0] == table["all"][0] == 1
    assert "fit_figure" not in table


def test_a_run_without_metadata_says_that_it_has_no_times(laboratory):
    output = laboratory.snakemake("--drop-metadata", RUN.format(1)).stdout
    assert HEAD not in output
    assert "Jobs whose time Snakemake did not record: 1." in output


def wall_time(output: str) -> float:
    return float(re.search(r"^Wall time of this run: (\d+(?:\.\d)?) s", output, re.M)[1])
