"""Pages that are written from the code: `make reference` writes them, a test holds them to it."""
