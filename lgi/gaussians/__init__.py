"""Study 1: fitting N two-dimensional Gaussians to an image."""
