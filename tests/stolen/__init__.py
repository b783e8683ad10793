"""What a thief of the database would find: needles from the bundles, and a search that misses no common disguise."""
