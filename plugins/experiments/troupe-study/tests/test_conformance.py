"""What every plugin keeps to, this one too."""

from __future__ import annotations

from troupe_testing.conformance import PluginConformance


class TestStudy(PluginConformance):
    plugin = "troupe_study"
