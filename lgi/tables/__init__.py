"""Every table that the workflow makes: its columns, and the page that tells readers of them."""
