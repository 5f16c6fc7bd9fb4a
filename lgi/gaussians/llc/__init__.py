"""Effective dimensions, at a noise and a localisation, of minima near fits."""
