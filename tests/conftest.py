"""How hypothesis looks for examples. The fixtures that many tests use come with troupe-testing."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("troupe", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("troupe")
