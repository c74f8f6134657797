"""What plugins are made of besides faculties and backends: a class with settings, of which each runtime has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from troupe_core.errors import PluginError
from troupe_core.llm.configured import Configured
from troupe_core.records import Record

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime

M = TypeVar("M", bound="Member")


class Member(Configured):
    """Base of extractors and enrichers. `class Brief(Enricher, config=Config)` receives its settings as `self.config`;
    one instance serves everybody, at the same time, and keeps nothing of what it is given.
    """

    name: ClassVar[str]
    record: ClassVar[type[Record]]

    def __init_subclass__(cls, *, name: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = name or cls.__name__.lower()

    @classmethod
    def as_record(cls, given: Any) -> Record:
        """What a runtime registers that was given this one, or its class, without a plugin around it."""
        return cls.record(cls.name, given if isinstance(given, type) else lambda: given)


def member(runtime: Runtime, kind: type[M], name: str) -> M:
    """The one of that name in this runtime."""
    made = runtime.make(kind.record, name)
    if not isinstance(made, kind):
        raise PluginError(f"{name!r} is no {kind.__name__}: its factory makes {made!r}")
    return made
