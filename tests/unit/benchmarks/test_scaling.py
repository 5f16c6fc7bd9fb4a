from benchmarks import scaling, tasks
from benchmarks.machine import configuration
from benchmarks.scaling import AXES, Axis, Point


def test_every_axis_makes_its_task_larger():
    config = configuration()
    for axis in AXES:
        assert axis.sizes == tuple(sorted(axis.sizes))
        small, large = (str(axis.make(config, size)[1]) for size in axis.sizes[:2])
        assert small != large


def test_each_size_is_measured_on_each_device_until_time_is_up():
    axis = Axis("fits", "N", (1, 2, 3), "", lambda config, size: (list, [size]))
    asked = iter([True, True, False])
    points = list(scaling.measured(["cpu"], None, [axis], repeats=1, go_on=lambda: next(asked)))
    assert [point.at for point in points] == [1, 2]
    assert all(point.seconds >= 0 for point in points)


def test_the_power_is_that_of_the_largest_sizes(tmp_path):
    sizes = AXES[0].sizes
    points = [Point("fits", "N", "cpu", size, max(1e-3 * size, 0.3)) for size in sizes]
    (power,) = scaling.powers([p for p in points if p.at >= 300 or p.at < 100]).values()
    assert power.high == sizes[-1]
    assert scaling.powers(points[-1:]) == {}
    scaling.write(points, tmp_path / "page.md", tmp_path / "picture.png", load=0.5)
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "no GPU was to be had" in text
    assert "| fits against N | " in text
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_lists_of_work_are_as_long_as_they_are_called():
    config = configuration()
    assert len(tasks.published_fits(config)) == 73
    assert sum(len(run["seeds"]) for run in tasks.all_models(config)) == 4_500
    kinds = {run["recipe_name"] for run in tasks.sample_of_fits(config, 5)}
    assert kinds == set(config.gaussians.recipes)
