"""Toy models of superposition: data, engines, run files, their table and figures."""
