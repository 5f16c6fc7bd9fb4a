"""How the best loss depends on N: one seed's curve, and many seeds."""
