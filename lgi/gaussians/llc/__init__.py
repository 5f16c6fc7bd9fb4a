"""The local learning coefficient of fits."""
