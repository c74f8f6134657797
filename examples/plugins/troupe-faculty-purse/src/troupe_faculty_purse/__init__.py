"""People have a purse: what they buy is paid for, and they know what is left."""

from attrs import evolve, frozen

from troupe_core import FacultySpec, TinyMentalFaculty, Turn, action, hookimpl


@hookimpl
def troupe_register_faculties():
    yield FacultySpec("purse", "troupe_faculty_purse:Purse")


@frozen
class Config:
    cents: int = 50_00


@frozen
class Held:
    cents: int


class Purse(TinyMentalFaculty, state=Held, config=Config):
    """You have a purse, and pay for what you buy:"""

    def start(self) -> Held:
        return Held(self.config.cents)

    @action(observe=True)
    async def buy(self, turn: Turn[Held], what: str, cents: int) -> str:
        """buy something, at its price in cents."""
        if not 0 <= cents <= turn.state.cents:
            return f"You cannot pay {cents / 100:.2f} for {what}."
        turn.state = evolve(turn.state, cents=turn.state.cents - cents)
        return f"You have bought {what}."

    def state_prompt(self, turn: Turn[Held]) -> str:
        return f"In your purse: {turn.state.cents / 100:.2f}"
