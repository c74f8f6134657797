"""Pictures that people see: how they are given, what stands for them in a fact, and how they reach a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from troupe_core.errors import ArgumentError, UnknownModelError, Unsupported
from troupe_core.llm.images import Image
from troupe_core.llm.request import Message, candidates
from troupe_core.people.files import place_of

if TYPE_CHECKING:
    from troupe_core.events import Fact
    from troupe_core.simulation.simulation import Simulation

Picture: TypeAlias = Image | bytes | str | PathLike[str]
"""A picture, its bytes, or the file that it is in."""

Look = Callable[["Fact"], tuple[Image, ...]]
"""What was seen."""


def checked_pictures(given: Sequence[Picture]) -> tuple[Image, ...]:
    """The pictures, read, or an error that says which of them is none."""
    if isinstance(given, str | bytes | PathLike | Image) or not isinstance(given, Iterable):
        raise ArgumentError("images is a list of pictures; write [picture]")
    return tuple(_picture(each, f"images[{place}]") for place, each in enumerate(given))


def _picture(given: Any, argument: str) -> Image:
    if isinstance(given, Image):
        return given
    if isinstance(given, bytes):
        return Image.of(given)
    if isinstance(given, str) and ("://" in given or given.startswith("data:")):
        raise ArgumentError(
            f"{argument} is an address, {given[:60]!r}, behind which there may be another picture tomorrow: "
            "save the picture, and give the file"
        )
    if not isinstance(given, str | PathLike):
        raise ArgumentError(f"{argument} is a picture's file, its bytes, or an Image, not {given!r}")
    return Image.of(place_of(given, argument))


def check_somebody_looks(simulation: Simulation, own: str | None, name: str) -> None:
    """That one of the models which answer for a person can look at pictures, where no words stand for them."""
    try:
        models = candidates(own) if own is not None else simulation.models.all_named(("turn",))
        blind = [model for model in models if not simulation.runtime.capabilities_of(model).images]
    except UnknownModelError:
        return  # whoever asks it is told so
    if blind and len(blind) == len(models):
        raise Unsupported(
            f"{blind[0]}, which answers for {name}, cannot look at pictures: describe what they show in "
            "visual_description, which then stands for them, or use a model that can. Nothing was sent."
        )


@attrs.frozen
class Shown:
    """The pictures that go with a message, and whether what is said of them can stand for them."""

    images: tuple[Image, ...] = ()
    worded: bool = False

    def with_text(self, text: str) -> Message:
        """What a person perceives, as a message."""
        return Message("user", text, images=self.images, worded=self.worded)


NOTHING_SHOWN = Shown()


def shown(facts: Iterable[Fact], look: Look) -> Shown:
    """Those of what was perceived."""
    seen = [fact for fact in facts if fact.data and fact.images]
    if not seen:
        return NOTHING_SHOWN
    return Shown(tuple(image for fact in seen for image in look(fact)), all(fact.content for fact in seen))


def listed(messages: Iterable[Message]) -> str:
    """A line for each picture that goes with these, for whoever reads them; nothing if there is none."""
    images = [image for message in messages for image in message.images]
    return "\n".join(f"{image.media_type}, {len(image.data):,} bytes, {image.digest.hex()}" for image in images)
