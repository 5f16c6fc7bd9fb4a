"""Which models leave the polygon in which they begin, when, and for which."""
