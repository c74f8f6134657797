"""The base of backends and embedders: a class with settings, of which each runtime makes one instance."""

from __future__ import annotations

from typing import Any, ClassVar


class Configured:
    """`class Acme(LLMBackend, config=Config)` receives its settings, a `Config`, as `self.config`."""

    config_class: ClassVar[type[Any] | None] = None

    def __init_subclass__(cls, *, config: type[Any] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.config_class = config or cls.config_class

    def __init__(self, config: Any = None) -> None:
        self.config: Any = config if config is not None or self.config_class is None else self.config_class()
