"""Local learning coefficient of any loss: samplers, estimate and diagnostics."""
