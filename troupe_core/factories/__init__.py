"""Factories: casting people who suit a context."""

from troupe_core.factories.casting import Uncast
from troupe_core.factories.factory import FactoryState, TinyFactory
from troupe_core.factories.person_factory import TinyPersonFactory

__all__ = ["FactoryState", "TinyFactory", "TinyPersonFactory", "Uncast"]
