"""Quality of an estimate: `OK`, or why it is no coefficient; see `lgi.llc.estimate.statuses`."""

OK = "ok"
NOT_CONVERGED = "not converged"
BIASED_STEP = "biased step"
NOT_A_MINIMUM = "not a minimum"
NOT_LOCAL = "not local"
DIVERGED = "diverged"
