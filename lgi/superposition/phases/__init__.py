"""Phases of the toy models: which polygon has the lowest population loss, by sparsity."""
