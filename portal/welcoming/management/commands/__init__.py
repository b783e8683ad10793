"""Commands of the welcome."""
