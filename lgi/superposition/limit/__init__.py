"""The limit of one active feature: training, exact minima, and the posterior's move between them.

Chen et al. 2023, "Dynamical versus Bayesian phase transitions in a toy model of superposition": 6
features in 2 dimensions, of which one is active with a value from U[0, 1].
"""
