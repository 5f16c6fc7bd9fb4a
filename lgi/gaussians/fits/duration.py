"""About how long a fit lasts: for how many share a process, and what a scheduler is asked for."""


def fit_seconds(iterations: int, n: int, size: tuple[int, int]) -> float:
    """Return about how long a fit lasts on one thread, from docs/gaussians_sizes_speed.md.

    Parameters
    ----------
    iterations
        Number of iterations.
    n
        Number of Gaussians.
    size
        Width and height of the image in pixels.
    """
    width, height = size
    return 0.01 + iterations * (6.5e-7 * n + 2e-8 * width * height)
