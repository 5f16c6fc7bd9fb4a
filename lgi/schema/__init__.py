"""What the columns of every table hold, said once: checked on writing, and told to readers."""
