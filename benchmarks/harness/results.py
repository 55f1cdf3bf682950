"""The results of all rounds, and the ratios between contenders."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

# Of a contender: what was measured, and its value.
type Values = Mapping[str, float]


@dataclass
class Results:
    """What was measured: values by contender and by what they are of, one a turn."""

    values: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, contender: str, values: Values) -> None:
        """Add what a contender showed in a turn."""
        for key, value in values.items():
            self.values[contender][key].append(value)

    def median(self, contender: str, key: str) -> float | None:
        """Return the median of all turns, or nothing if this was not measured."""
        measured = self.values.get(contender, {}).get(key)
        return statistics.median(measured) if measured else None

    def ratio(
        self, key: str, contender: str, base: str, base_key: str | None = None
    ) -> float | None:
        """Return the median over the turns of the ratio in each turn.

        A turn compares what ran within the same seconds, so that a machine which slows down for a
        while does not count for or against anybody.
        """
        ratios = self._ratios(key, contender, base, base_key or key)
        return statistics.median(ratios) if ratios else None

    def _ratios(self, key: str, contender: str, base: str, base_key: str) -> list[float]:
        ours = self.values.get(contender, {}).get(key, [])
        theirs = self.values.get(base, {}).get(base_key, [])
        return [value / other for value, other in zip(ours, theirs, strict=False)]
