"""Fits of N Gaussians to an image: engines, run files, their table and figures."""
