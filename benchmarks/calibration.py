"""python -m benchmarks.calibration > docs/calibration.md: do intervals cover, do marks stay silent?

Every table is a simulation in which the truth is known. tests/judge/test_calibration.py runs them and checks them.
"""

from typing import Any

from benchmarks import simulations


def tables(repeats: int) -> dict[str, tuple[str, list[simulations.Row]]]:
    """All tables by title, each with a sentence on how to read it."""
    return {
        "Interval of the AUC": (
            f"Share of {repeats} intervals that hold the true AUC; 0.95 is due. (Two or five members of one kind "
            "leave little to choose from.)",
            list(simulations.auc_coverage(repeats)),
        ),
        "Few lost pairs": (
            "20 + 20 records. The percentile bootstrap jumped from [0.83, 1] to [0.985, 1] with the first lost pair.",
            list(simulations.lost_pairs()),
        ),
        "TPR at a low FPR": (
            f"Share of {repeats} intervals that hold the true TPR, for members shifted by 0 to 2 SD; 0.95 is due. "
            "A rate is resolved from 10 / rate nonmembers on; below that the bounds are exact and wide. Last column: "
            "Clopper and Pearson's interval at the measured threshold, mean over the shifts above 0.",
            list(simulations.tpr_coverage(repeats)),
        ),
        "Marks where nothing leaks": (
            f"{repeats} audits of six independent attacks. Share with any 95 % interval above 0.5, which used to be "
            "called leaking, and share whose verdict finds a leak; at most 0.05 is due.",
            list(simulations.null_marks(repeats)),
        ),
        "Marks of partitions where nothing leaks": (
            f"{repeats // 3} audits of six attacks, 60 members in a partition, 200 nonmembers.",
            list(simulations.null_partitions(repeats // 3)),
        ),
        "The smallest AUC that an audit could have seen": (
            f"Share of {repeats} audits that mark an attack with this AUC, among five that find nothing; 0.8 is due.",
            list(simulations.power(repeats)),
        ),
        "Epsilon from one run": (
            f"{repeats} runs in which coins chose the member of each pair and a mechanism of this epsilon told about "
            "them. Share of 95 % lower bounds above the true epsilon; at most 0.05 is due.",
            list(simulations.one_run(repeats)),
        ),
        "Copies": (
            "Every record stands so many times in its group, and each copy is counted as a record. Of equal records "
            "one is attacked, so that the first row holds: coverage 0.95 and one warning in a hundred are due.",
            list(simulations.copies(repeats)),
        ),
        "Choosing a checkpoint": (
            "The nearest-neighbour attack on the best of 30 sets of samples that have seen no member; 0.5 is due.",
            list(simulations.selection(repeats)),
        ),
        "Score histograms": (
            "Total variation distance in 50 bins, 2000 + 2000 records.",
            list(simulations.histograms()),
        ),
        "Bandwidth of density_ratio": (
            "AUC in two dimensions, 1000 members and nonmembers: where every sample is a copy of a member, and where "
            "none is.",
            list(simulations.bandwidths()),
        ),
    }


def markdown(repeats: int) -> str:
    """The page docs/calibration.md."""
    parts = [
        "# Calibration\n\nDo intervals cover, and do marks stay silent where nothing leaks? Simulations in which the "
        "truth is known, made by `python -m benchmarks.calibration > docs/calibration.md` and checked by a test."
    ]
    for title, (sentence, rows) in tables(repeats).items():
        header = f"| {' | '.join(rows[0])} |\n|{'---|' * len(rows[0])}"
        lines = [f"| {' | '.join(_text(cell) for cell in row.values())} |" for row in rows]
        parts.append("\n".join([f"## {title}\n\n{sentence}\n", header, *lines]))
    return "\n\n".join(parts)


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


if __name__ == "__main__":
    print(markdown(repeats=300))
