"""Training loss against the loss on data that were not trained on."""
