"""Speed beside straightforward PyTorch, measured side by side in one run."""
