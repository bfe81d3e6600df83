# SPDX-License-Identifier: MIT
"""The table of results, as text and as markdown."""
from bench import measure, output


def verdict(trial):
    if trial.is_missing:
        return "not installed"
    if trial.failed:
        return "NOT TRIED"
    return "DIFFERS" if trial.faults() else "same"


def counted(value):
    return f"{value:,}" if isinstance(value, int) else "-"


def losses(totals):
    lost = [f"{reason} {count:,}" for reason, count in sorted(totals.dropped.items()) if count]
    if totals.truncated:
        lost.append(f"truncated {totals.truncated:,}")
    return ", ".join(lost) or "none"


def notes(trial):
    program, totals = trial.program, trial.totals()
    found = [program.note] if program.note else []
    if totals and totals.processes > 1:
        found.append(f"{totals.processes} processes")
    if totals and totals.allocators - {"glibc"}:
        found.append("allocator " + ", ".join(sorted(totals.allocators - {"glibc"})))
    if totals:
        found += [f"{count} x {kind}" for kind, count in sorted(totals.accusations.items())]
    if trial.varying:
        found.append("not compared, as plain runs differ: " + ", ".join(trial.varying))
    return "; ".join(found)


def header(modes):
    return ["program", "result", "plain s", *modes, "allocations", "locks", "threads", "lost",
            "notes"]


def row(trial, modes):
    totals = trial.totals()
    plain = output.median(measure.summary(trial.plain.cpu_s))
    figures = [output.number(trial.slowdown(name)) for name in modes]
    if totals is None:
        return [trial.program.name, verdict(trial), plain, *figures, "-", "-", "-", "-",
                trial.failed or ""]
    return [trial.program.name, verdict(trial), plain, *figures, counted(totals.allocations),
            counted(totals.locks), counted(totals.threads), losses(totals), notes(trial)]


def markdown(trials, modes):
    rows = [header(modes), ["---"] * len(header(modes)), *(row(each, modes) for each in trials)]
    for cells in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
