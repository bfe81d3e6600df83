# SPDX-License-Identifier: MIT
"""How results look: numbers, tables of at most 100 columns, targets with their verdicts."""
import collections

COLUMNS_MAX = 100
Target = collections.namedtuple("Target", "section what limit measured is_reached")


def number(value):
    """About three digits: what a benchmark can tell."""
    if value is None:
        return "-"
    if abs(value) >= 10000:
        return f"{value / 1000:.1f}k"
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"


def spread(summary):
    return "-" if summary is None else f"{number(summary.low)}..{number(summary.high)}"


def median(summary, unit=""):
    return "-" if summary is None else number(summary.median) + unit


def ratio(summary):
    """One near 1, where a hundredth counts."""
    if summary is None:
        return "-"
    return f"{summary.median:.3f}" if summary.median < 1.9995 else number(summary.median)


def times(summary):
    """A ratio that may be large."""
    if summary is None:
        return "-"
    return f"{summary.median:.1f}x" if abs(summary.median) < 99.95 else f"{summary.median:.0f}x"


def size(count):
    if count is None:
        return "-"
    if abs(count) < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if abs(count) < 1024:
            break
    return f"{count:.0f} {unit}" if abs(count) >= 100 else f"{count:.1f} {unit}"


def table(rows, left=1, gap=2):
    """Rows of strings, the first the header, as lines; all but the first `left` columns flush
    right."""
    count = max(len(row) for row in rows)
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(count)]
    for row in rows:
        cells = [cell.ljust(widths[i]) if i < left else cell.rjust(widths[i])
                 for i, cell in enumerate(row)]
        yield ("  " + (" " * gap).join(cells)).rstrip()


def title(text, *notes):
    return "\n".join(["", text, *(f"  {note}" for note in notes), ""])


def shown(summary, limit, unit):
    if summary is None:
        return None
    return (ratio(summary) if limit < 2 else number(summary.median)) + unit


def at_most(section, what, summary, limit, unit):
    """A target that is an upper limit, judged by the median."""
    return Target(section, what, f"≤ {limit:g}{unit}", shown(summary, limit, unit),
                  None if summary is None else summary.median <= limit)


def at_least(section, what, summary, limit, unit):
    return Target(section, what, f"≥ {limit:g}{unit}", shown(summary, limit, unit),
                  None if summary is None else summary.median >= limit)


def verdict(target):
    if target.is_reached is None:
        return "not measured"
    return "reached" if target.is_reached else "MISSED"


def target_rows(targets):
    return [(target.what, target.limit, target.measured or "-", verdict(target))
            for target in targets]


def measured(experiment):
    """Its cases, without those that failed."""
    return [case for case in experiment.cases if case not in experiment.failed]


def target_lines(targets):
    """Targets beside their figures, below a table."""
    if targets:
        yield ""
        yield from table([("target", "", "measured", ""), *target_rows(targets)])


def failed_lines(experiments, title_of):
    """What could not be measured, each reason once."""
    reasons = collections.defaultdict(list)
    for experiment in experiments:
        for case, why in experiment.failed.items():
            reasons[(case, why)].append(experiment.title)
    for (case, why), titles in reasons.items():
        where = f" ({', '.join(titles)})" if len(titles) < len(experiments) else ""
        yield f"  not measured: {title_of(case)}{where}: {why}"[:COLUMNS_MAX]
