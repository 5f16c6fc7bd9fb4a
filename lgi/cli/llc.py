def llc() -> None:
    """x."""
