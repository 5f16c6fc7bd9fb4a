"""Study 2: toy models of superposition, trained over sparsity and initialisation."""
