"""Problems whose learning coefficient is known exactly, to hold every sampler and engine against.

`theory` has the closed forms, `losses` and `losses_cpu` each loss in PyTorch and in numba,
`problems` the problems with their truth and the setting that reaches it, `answers` the table of
truth, estimate and error.
"""
