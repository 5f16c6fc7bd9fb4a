"""The explorer: one page that shows runs of both studies and renders them anew."""
