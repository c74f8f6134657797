"""Plugins that ship inside the core, through the same hooks as everybody's."""
