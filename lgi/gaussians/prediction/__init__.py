"""What a fit is like, and what of it predicts how well it does."""
