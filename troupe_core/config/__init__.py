"""Settings: one tree, from a file, the environment and code."""
