"""What the original study published of study 2, beside our own."""
