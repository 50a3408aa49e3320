"""Cells that a spreadsheet would run as formulas when a csv file is opened in it."""

STARTS = ("=", "+", "-", "@", "\t", "\r")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may take the cell for a formula: it begins like one and is no number."""
    if not cell.startswith(STARTS):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def defused(cell: str) -> str:
    """The cell with an apostrophe in front where it may be taken for a formula, as spreadsheets mark text."""
    return f"'{cell}" if is_formula(cell) else cell
