"""The field's sum of colours beside the published mean, and what the edge does to each."""
