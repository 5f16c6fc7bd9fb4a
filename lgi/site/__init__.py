"""The site: pages that show what the workflow found, and one file of them for sending."""
