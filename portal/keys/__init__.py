"""Keys that turn by themselves: when, how fast, and carried on after every stop. No page; ``records`` does the work."""
