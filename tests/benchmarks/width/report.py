"""The tables and the JSON of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.width.records import Record
from tests.benchmarks.width.score import METHODS, Score, groups, score, score_mm

Band = tuple[float, float]
ByBand = Mapping[Band, Sequence[Record]]
# Bands with figures to reach: bias, mean absolute error, coverage from and to.
AIMS: dict[Band, tuple[float, float, float, float]] = {
    (0.5, 1.0): (0.05, 0.10, 0.92, 0.98),
    (1.0, 3.0): (0.03, 0.08, 0.93, 0.97),
    (3.0, 20.0): (0.03, 0.08, 0.93, 0.97),
}


def show(by_band: ByBand, fine: Sequence[Record]) -> None:
    """Prints every table."""
    print("\nBlur up to 1.6 px and floors up to 0.18, errors in px")
    for statistic in ("p50", "p95"):
        print(f"\n{statistic:22} {'n':>4} {'measured':>8} {'bias':>7} {'MAE':>6} {'95 %':>6} "
              f"{'u':>6} {'±2u holds':>9} {'interval':>8}")  # fmt: skip
        for band, records in by_band.items():
            table = [record for record in records if record.spec.in_table]
            for name, method in METHODS.items():
                print(_line(f"{_name(band)} {name}", score(table, method, statistic)))
    print("\nOutside the table (more blur, lighter floors), hairline, p95")
    for band, records in by_band.items():
        outside = [record for record in records if not record.spec.in_table]
        print(_line(_name(band), score(outside, METHODS["hairline"], "p95")))
    print("\n±2u of p95 holds the truth, bands 0.5 to 20 px, all conditions")
    everything = [r for band, records in by_band.items() if band in AIMS for r in records]
    for cut, parts in groups(everything).items():
        for part, records in parts.items():
            print(_line(f"{cut} {part}", score(records, METHODS["hairline"], "p95")))
    print("\n0.10 mm cracks at 0.05 mm/px, errors in mm, p95")
    print(_line("all conditions", score_mm(fine)))
    print(_line("in the table", score_mm([r for r in fine if r.spec.in_table])))
    refused = Counter(r.refusal for records in by_band.values() for r in records if r.refusal)
    print("\nNot measurable: " + ", ".join(f"{code} {n}" for code, n in refused.most_common()))
    for sentence in verdicts(by_band):
        print(sentence)


def verdicts(by_band: ByBand) -> list[str]:
    """Aim by aim: reached or not, in both statistics."""
    found = []
    for band, (bias, error, low, high) in AIMS.items():
        table = [record for record in by_band.get(band, ()) if record.spec.in_table]
        for statistic in ("p50", "p95"):
            got = score(table, METHODS["hairline"], statistic)
            if got.bias is None or got.mean_abs is None or got.covered is None:
                continue
            marks = {
                "bias": abs(got.bias) <= bias,
                "MAE": got.mean_abs <= error,
                "coverage": low <= got.covered <= high,
                "measured": got.measured >= 0.9,
            }
            missed = [name for name, reached in marks.items() if not reached]
            verdict = "all reached" if not missed else "missed: " + ", ".join(missed)
            found.append(f"{_name(band)} {statistic}: {verdict}")
    return found


def as_json(by_band: ByBand, fine: Sequence[Record]) -> dict[str, Any]:
    """Every figure of :func:`show`."""
    bands: dict[str, Any] = {}
    for band, records in by_band.items():
        parts = {
            "table": [r for r in records if r.spec.in_table],
            "outside": [r for r in records if not r.spec.in_table],
        }
        bands[_name(band)] = {
            part: {
                name: {
                    statistic: score(some, method, statistic).as_json()
                    for statistic in ("p50", "p95")
                }
                for name, method in METHODS.items()
            }
            for part, some in parts.items()
        }
    everything = [r for band, records in by_band.items() if band in AIMS for r in records]
    return {
        "bands_px": bands,
        "coverage": {
            cut: {
                part: score(some, METHODS["hairline"], "p95").as_json()
                for part, some in parts.items()
            }
            for cut, parts in groups(everything).items()
        },
        "fine_mm": score_mm(fine).as_json(),
        "verdicts": verdicts(by_band),
    }


def _name(band: Band) -> str:
    return f"{band[0]:g}-{band[1]:g}"


def _line(name: str, got: Score) -> str:
    def figure(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    return (
        f"{name:22.34} {got.cracks:4d} {got.measured:8.0%} {figure(got.bias, '+.3f'):>7} "
        f"{figure(got.mean_abs, '.3f'):>6} {figure(got.p95_abs, '.3f'):>6} "
        f"{figure(got.median_u, '.3f'):>6} {figure(got.covered, '.1%'):>9} "
        f"{figure(got.covered_interval, '.1%'):>8}"
    )
