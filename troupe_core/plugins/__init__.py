"""Plugins: found, checked, kept apart and, when they fail, named."""
