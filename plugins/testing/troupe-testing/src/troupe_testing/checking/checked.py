"""Collected by pytest in a process of `checking.check`: the classes of tests for the plugin that it was told of."""

from __future__ import annotations

from troupe_testing.checking.choosing import classes_for, orders

CLASSES, LEFT = classes_for(**orders())
globals().update(CLASSES)
