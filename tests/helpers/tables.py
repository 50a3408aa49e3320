"""A small table of a user's, and what tests of tables ask of a pool."""

import numpy as np

N = 60


GOOD = """age,zip,dose,flag,smoker,outcome
31,01234,0.5,0,yes,2
45,98765,1.5,1,no,1
62,01234,-200,0,no,2
18,98765,4,1,yes,3
25,01234,3,0,yes,1
70,98765,9,1,no,3
"""


def types(pool):
    return {column.name: column.type for column in pool.spec.columns}


def why(pool, name):
    return pool.spec.schema.decision(name).why


def back(pool, tmp_path, rows=None):
    """The records as they are written again, without header."""
    path = pool.spec.write(pool.take(np.arange(len(pool) if rows is None else rows)), tmp_path / "back")
    return path.read_text().splitlines()[1:]


def column(cells):
    """A file with one column of these cells, one row each, and a column of numbers beside it."""
    quoted = [f'"{cell}"' if "," in cell else cell for cell in cells]
    return "x,n\n" + "".join(f"{cell},{place % 37 + 10}\n" for place, cell in enumerate(quoted))


def many(count):
    return "name,b\n" + "".join(f"n {place},{place % 4}\n" for place in range(count))
