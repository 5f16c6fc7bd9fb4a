"""The polygons that features form, and their dimensionality."""
