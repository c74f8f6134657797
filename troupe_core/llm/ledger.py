"""Where it went: what was asked and what that took, by person, purpose, model and world; and what was saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, SupportsIndex, TypeAlias, overload

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.llm.prices import BILLION, usd
from troupe_core.llm.response import NO_USAGE, Usage
from troupe_core.llm.sketch import Sketch

NAMES: Final = ("person", "purpose", "model", "world")
"""By what a ledger tells things apart."""

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
MANY = 30
"""So many rows are printed of more."""
LEAST = BILLION // 10_000
"""The smallest amount that is told exactly."""


@attrs.frozen
class Sum:
    """Calls, and what they took or would have taken."""

    number: int = 0
    usage: Usage = NO_USAGE
    cost: int = 0
    """Of those with a price, in billionths of a US dollar."""
    unpriced: int = 0
    """Of how many nobody knows what they cost."""

    @property
    def money(self) -> float:
        """The same in US dollars."""
        return self.cost / BILLION

    @property
    def priced(self) -> str:
        """For people to read; what is not known is not left out."""
        if self.unpriced and not self.cost:
            return "unknown"
        if not self.cost:
            return "0 USD"
        known = usd(self.cost) if self.cost >= LEAST else f"under {usd(LEAST)}"
        return known + (f" + {self.unpriced:,} unpriced" if self.unpriced else "")

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            self.number + other.number,
            self.usage + other.usage,
            self.cost + other.cost,
            self.unpriced + other.unpriced,
        )


NOTHING = Sum()


@attrs.frozen
class LedgerRow:
    """What one person has asked of one model, in one world, for one purpose. What a ledger does not tell apart is None
    in all of its rows; so is what there is none of, such as the world of somebody who is in none.
    """

    person: str | None = None
    """The id; of a factory, where one asks for people."""
    purpose: str | None = None
    model: str | None = None
    world: str | None = None
    spent: Sum = NOTHING
    """By all calls, those that failed too."""
    failed: int = 0
    """Calls that came to nothing."""
    retries: int = 0
    """Calls that put a question once more whose last call had failed."""
    saved: Sum = NOTHING
    """By answers that were there already, in a cache or a journal; nothing was spent on them."""
    seconds: Sketch = Sketch()
    """How long the calls took, as far as that is known: a journal does not tell how long each of an earlier run
    took.
    """

    @property
    def calls(self) -> int:
        """So often a model was asked, as budgets count it."""
        return self.spent.number

    @property
    def answers(self) -> int:
        """So many of them have come to something."""
        return self.spent.number - self.failed

    @property
    def name(self) -> tuple[str, ...]:
        """Person, purpose, model and world; empty for those that are None."""
        return tuple(getattr(self, name) or "" for name in NAMES)

    def __str__(self) -> str:
        """The numbers in words; what is nothing is left out."""
        usage, saved = self.spent.usage, self.saved
        again = [f"{self.failed:,} failed"] * bool(self.failed) + [f"{self.retries:,} asked again"] * bool(self.retries)
        trouble = f" ({', '.join(again)})" if again else ""
        cached = f" ({usage.cached:,} cached)" if usage.cached else ""
        reasoning = f" ({usage.reasoning:,} of reasoning)" if usage.reasoning else ""
        took = [f"{name} {_duration(self.seconds.quantile(part))}" for name, part in PERCENTILES.items()]
        parts = [
            f"{_counted(self.calls, 'call')}{trouble}",
            f"{usage.input:,} tokens in{cached}",
            f"{usage.output:,} out{reasoning}",
            *([self.spent.priced] if self.spent.cost or self.spent.unpriced else []),
            *(took if len(self.seconds) else []),
        ]
        tokens = f"{saved.usage.input + saved.usage.output:,} tokens"
        worth = f", {saved.priced}" if saved.cost or saved.unpriced else ""
        kept = [f"saved: {_counted(saved.number, 'call')}, {tokens}{worth}"] if saved.number else []
        return "; ".join([*([", ".join(parts)] if self.calls or not kept else []), *kept])

    def of(self, names: Sequence[str]) -> LedgerRow:
        """The same numbers, told apart by less."""
        person, purpose, model, world = (getattr(self, name) if name in names else None for name in NAMES)
        return LedgerRow(person, purpose, model, world, self.spent, self.failed, self.retries, self.saved, self.seconds)

    def __add__(self, other: LedgerRow) -> LedgerRow:
        """The numbers of both, under this one's name."""
        return LedgerRow(
            self.person,
            self.purpose,
            self.model,
            self.world,
            self.spent + other.spent,
            self.failed + other.failed,
            self.retries + other.retries,
            self.saved + other.saved,
            self.seconds + other.seconds,
        )

    def record(self, names: Iterable[str] = NAMES) -> dict[str, Any]:
        """Flat: what it is about, and every number."""
        spent, saved = self.spent, self.saved
        return {
            **{name: getattr(self, name) for name in names},
            "calls": self.calls,
            "answers": self.answers,
            "failed": self.failed,
            "retries": self.retries,
            "tokens_in": spent.usage.input,
            "cached": spent.usage.cached,
            "tokens_out": spent.usage.output,
            "reasoning": spent.usage.reasoning,
            "money": spent.money,
            "unpriced": spent.unpriced,
            **{percentile: self.seconds.quantile(part) for percentile, part in PERCENTILES.items()},
            "saved_calls": saved.number,
            "saved_tokens_in": saved.usage.input,
            "saved_tokens_out": saved.usage.output,
            "saved_money": saved.money,
            "saved_unpriced": saved.unpriced,
        }


class Ledger(Sequence[LedgerRow]):
    """Rows, the most expensive first: what one simulation, or all of a runtime, has asked and spent up to now. It is a
    value: what is asked afterwards is in the next one.
    """

    __slots__ = ("_rows", "names")

    def __init__(self, rows: Iterable[LedgerRow] = (), names: Sequence[str] = NAMES) -> None:
        found: dict[tuple[str, ...], LedgerRow] = {}
        for row in rows:
            before = found.get(row.name)
            found[row.name] = row if before is None else before + row
        self._rows = tuple(sorted(found.values(), key=_dearest))
        self.names = tuple(names)
        """By what the rows are told apart."""

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> LedgerRow: ...
    @overload
    def __getitem__(self, place: slice, /) -> Ledger: ...
    def __getitem__(self, place: SupportsIndex | slice, /) -> LedgerRow | Ledger:
        return Ledger(self._rows[place], self.names) if isinstance(place, slice) else self._rows[place]

    def __iter__(self) -> Iterator[LedgerRow]:
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and (self.names, self._rows) == (other.names, other._rows)

    def __hash__(self) -> int:
        return hash((self.names, self._rows))

    def __add__(self, other: Ledger) -> Ledger:
        """Both together, told apart by what both tell apart."""
        names = [name for name in self.names if name in other.names]
        return Ledger([row.of(names) for row in (*self, *other)], names)

    def by(self, *names: str) -> Ledger:
        """The same money, told apart by less: `ledger.by("model")`, `ledger.by("person", "purpose")`."""
        for name in names:
            if name not in self.names:
                raise ArgumentError(f"this ledger tells nothing by {name!r}; it does by {', '.join(self.names)}")
        return Ledger([row.of(names) for row in self], tuple(dict.fromkeys(names)))

    @property
    def total(self) -> LedgerRow:
        """All of it in one row."""
        whole = LedgerRow()
        for row in self:
            whole += row
        return whole

    def records(self) -> list[dict[str, Any]]:
        """A flat one for each row, for tables such as `pandas.DataFrame(ledger.records())`."""
        return [row.record(self.names) for row in self]

    def plain(self) -> dict[str, Any]:
        """Everything in it as plain data."""
        return {"by": list(self.names), "rows": self.records(), "total": self.total.record(())}

    def to_json(self) -> str:
        """The same as JSON."""
        import orjson

        return orjson.dumps(self.plain(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()

    def save_as_json(self, path: str | Path) -> None:
        """The same as a file."""
        try:
            Path(path).expanduser().write_text(self.to_json(), encoding="utf-8")
        except OSError as error:
            raise ArgumentError(f"{path} cannot be written: {error.strerror or error}") from None

    def cells(self, most: int = MANY) -> tuple[list[str], list[list[str]]]:
        """As people read it: the heads of columns, and the rows, of which the last is the total. A column in which
        nothing stands is left out.
        """
        total = self.total
        shown = [*self._rows[:most], *([total] if len(self) != 1 else [])]
        columns = {name: [getattr(row, name) or "–" for row in shown] for name in self.names}
        columns |= {head: [cell(row) for row in shown] for head, cell in _columns(total).items()}
        if len(self) != 1 and self.names:
            columns[self.names[0]][-1] = "all"
        return list(columns), [list(cells) for cells in zip(*columns.values(), strict=True)]

    def __str__(self) -> str:
        """A table, with the sum in its last line."""
        if not self:
            return "nothing was asked"
        heads, rows = self.cells()
        lines = [heads, *rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
        words = len(self.names)
        shown = [
            "  ".join(
                text.ljust(width) if at < words else text.rjust(width)
                for at, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        if len(self) > MANY:
            shown.insert(-1, f"… and {len(self) - MANY:,} more, none of them dearer; records() has them all")
        return "\n".join(shown)

    def __repr__(self) -> str:
        total = self.total
        return f"<Ledger: {len(self)} rows, {_counted(total.calls, 'call')}, {total.spent.priced}>"

    def _repr_html_(self) -> str:
        from troupe_core.html import box, more, table

        heads, rows = self.cells()
        return box(table(rows, heads), *more(len(self) - MANY)) if self else box(str(self))


def _dearest(row: LedgerRow) -> tuple[Any, ...]:
    spent, saved = row.spent, row.saved
    tokens = spent.usage.input + spent.usage.output
    return -spent.cost, -tokens, -spent.number, -saved.number, row.name


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 0.001:
        return "< 1 ms"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


Cell: TypeAlias = Callable[[LedgerRow], str]


def _columns(total: LedgerRow) -> dict[str, Cell]:
    """How a row is shown in each; those in which only zeros would stand are left out."""
    usage = total.spent.usage
    each: list[tuple[object, str, Cell]] = [
        (True, "calls", lambda row: f"{row.calls:,}"),
        (total.failed, "answers", lambda row: f"{row.answers:,}"),
        (total.failed, "failed", lambda row: f"{row.failed:,}"),
        (total.retries, "retries", lambda row: f"{row.retries:,}"),
        (True, "tokens in", lambda row: f"{row.spent.usage.input:,}"),
        (usage.cached, "cached", lambda row: f"{row.spent.usage.cached:,}"),
        (True, "out", lambda row: f"{row.spent.usage.output:,}"),
        (usage.reasoning, "reasoning", lambda row: f"{row.spent.usage.reasoning:,}"),
        (True, "money", lambda row: row.spent.priced),
        *((len(total.seconds), name, _percentile(part)) for name, part in PERCENTILES.items()),
        (total.saved.number, "saved calls", lambda row: f"{row.saved.number:,}"),
        (total.saved.number, "tokens", lambda row: f"{row.saved.usage.input + row.saved.usage.output:,}"),
        (total.saved.number, "worth", lambda row: row.saved.priced),
    ]
    return {head: cell for needed, head, cell in each if needed}


def _percentile(part: float) -> Cell:
    return lambda row: _duration(row.seconds.quantile(part))
