"""One run: its things as values, their transactions, random streams and background work."""

from troupe_core.simulation.simulation import Simulation

__all__ = ["Simulation"]
