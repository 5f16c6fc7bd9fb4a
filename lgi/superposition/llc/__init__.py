"""The local learning coefficient of toy models of superposition."""
