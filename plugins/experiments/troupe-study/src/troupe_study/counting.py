"""How often each value of a field was found, in each group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, fsum, log10
from typing import Any

import attrs

from troupe_core import Fields, Row
from troupe_core.findings import Field

MOST = 12
"""More values of numbers than these are put together in ranges."""
UNKNOWN = "not said"
ALL = ""
"""The group of everybody, where nobody is told apart."""
EVERYBODY, NO_GROUP = "all", "all together"
"""What stands above it in a table; the other where a group is called so."""
NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Steps between numbers, times a power of ten."""


@attrs.frozen
class Counted:
    """The values of one field."""

    field: str
    labels: tuple[str, ...]
    """Each value that there is, or a range of them."""
    counts: Mapping[str, Mapping[str, int]]
    """By group, how often each of them was found."""
    means: Mapping[str, float]
    """By group, if they are numbers; none for a group of which nobody has said any."""

    def of(self, group: str) -> int:
        """How many there are in a group."""
        return sum(self.counts[group].values())


def tallied(fields: Mapping[str, Any], results: Sequence[Row], groups: Mapping[str, str]) -> list[Counted]:
    """Each field whose values can be counted. Whoever is in no group is not compared with those who are."""
    named = list(dict.fromkeys(groups.get(row.of, ALL) for row in results)) if groups else [ALL]
    if len(named) > 1 and ALL in named:
        named.remove(ALL)
    rows = {group: [row for row in results if groups.get(row.of, ALL) == group] for group in named}
    found = []
    for field in Fields.of(fields).fields if fields else ():
        values = {group: [row.get(field.name) for row in rows[group]] for group in named}
        made = _counted(field, values)
        if made is not None:
            found.append(made)
    return found


def summary(fields: Mapping[str, Any], results: Sequence[Row], groups: Mapping[str, str]) -> list[list[str]]:
    """What it comes to, as the rows of a table: means of numbers, and how often everything else was found, in each
    group and in all; nothing of a single row.
    """
    found = tallied(fields, results, {}) if len(results) > 1 else []
    by_group = {each.field: each for each in tallied(fields, results, groups)} if groups else {}
    named = list(dict.fromkeys(group for each in by_group.values() for group in each.counts if group != ALL))
    rows = [["", "", *named, NO_GROUP if EVERYBODY in named else EVERYBODY]] if found else []
    for whole in found:
        columns = [*((by_group.get(whole.field, whole), group) for group in named), (whole, ALL)]
        if whole.means:
            means = (spelled(each.means[group]) if group in each.means else "–" for each, group in columns)
            rows.append([whole.field, "on average", *means])
        else:
            rows += [
                [
                    whole.field,
                    label,
                    *(f"{each.counts[group].get(label, 0)} of {each.of(group)}" for each, group in columns),
                ]
                for label in whole.labels
            ]
    return rows


def spelled(mean: float) -> str:
    """A mean as it is read."""
    return f"{mean:,.0f}" if abs(mean) >= 100 else f"{mean:.3g}"


def _counted(field: Field, values: Mapping[str, Sequence[Any]]) -> Counted | None:
    said = [value for each in values.values() for value in each if value is not None]
    labels, label = _labels(field.wanted, said)
    if not labels:
        return None
    counts: dict[str, dict[str, int]] = {}
    for group, each in values.items():
        found = Counter(UNKNOWN if value is None else label(value) for value in each)
        counts[group] = {name: found[name] for name in labels}
        if len(said) < sum(map(len, values.values())):
            counts[group][UNKNOWN] = found[UNKNOWN]
    numbers = {group: [value for value in each if type(value) in (int, float)] for group, each in values.items()}
    means = {group: fsum(value / len(each) for value in each) for group, each in numbers.items() if each}
    return Counted(field.name, tuple(dict.fromkeys(name for each in counts.values() for name in each)), counts, means)


def _labels(wanted: str | Sequence[str], said: Sequence[Any]) -> tuple[list[str], Callable[[Any], str]]:
    """What is counted, in order, also what nobody has said, and where a value belongs; nothing if it is not counted."""
    if not isinstance(wanted, str):
        return list(wanted), str
    if wanted == "bool":
        return ["yes", "no"], lambda value: "yes" if value else "no"
    if ".." in wanted:
        ends = wanted.split("..")
        whole = not any("." in end for end in ends)
    elif wanted in ("int", "float") and said:
        ends, whole = [min(said), max(said)], wanted == "int"
    else:
        return [], str
    return _whole(*map(int, ends)) if whole else _ranges(*map(float, ends))


def _whole(low: int, high: int) -> tuple[list[str], Callable[[Any], str]]:
    if high - low < MOST:
        return [f"{number:,}" for number in range(low, high + 1)], lambda value: f"{value:,}"
    step = ceil(_nice((high - low + 1) / MOST))
    begins = range(low, high, step)  # the highest does not stand alone
    labels = [f"{begin:,} to {high if begin == begins[-1] else begin + step - 1:,}" for begin in begins]
    return labels, lambda value: labels[min((value - low) // step, len(labels) - 1)]


def _ranges(low: float, high: float) -> tuple[list[str], Callable[[Any], str]]:
    if low == high:
        return [_number(low)], lambda value: _number(low)
    finest = max(abs(low), abs(high)) * 1e-9  # what lies closer together reads the same
    step = _nice(max(high / MOST - low / MOST, finest, 1e-300))
    first, last = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
    labels = [f"{_number(place * step)} to {_number((place + 1) * step)}" for place in range(first, last)]
    return labels, lambda value: labels[min(max(floor(value / step) - first, 0), len(labels) - 1)]


def _nice(step: float) -> float:
    """The next larger one that reads well."""
    power = 10.0 ** floor(log10(step))
    return next(power * each for each in NICE if power * each >= step * 0.999999)


def _number(value: float) -> str:
    return f"{value:.6g}" if abs(value) < 1e6 and value != int(value) else f"{value:,.0f}"
