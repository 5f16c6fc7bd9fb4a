"""Why training turns, and what keeps it from turning."""
