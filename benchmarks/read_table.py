"""python -m benchmarks.read_table: a table of 1,000,000 rows and 50 columns is read, profiled and split.

The file is generated first: amounts with two decimals, most of them different, prices, whole numbers, categories, yes
and no, dates, points in time, and missing values. A process of its own reads it as `dataset=csv` does, with its types
inferred from every cell, and splits it into members, nonmembers and reference records of 5 partitions.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.memory import measured_alone
from pargan.data.datamodule import PartitionDataModule
from pargan.data.sources.tables.source import csv_table

BLOCK = 100_000


def main() -> None:
    """Generate, measure, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--file", type=Path, help="generated here where it is missing, and kept; else a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or Path(folder) / "table.csv"
        if not path.exists():
            generate(path, arguments.rows, arguments.columns)
        found, megabytes = measured_alone(read_and_split, str(path))
        size = path.stat().st_size / 2**20
    print(json.dumps({**found, "peak_mb": round(megabytes), "file_mb": round(size)}))


def generate(path: Path, num_rows: int, num_columns: int) -> None:
    """Write the file, a block of rows at a time; the columns are of ten kinds in turn."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for first in range(0, num_rows, BLOCK):
            rows = block(np.random.default_rng(first), min(BLOCK, num_rows - first), num_columns)
            rows.to_csv(file, index=False, header=first == 0)


def block(random: np.random.Generator, num_rows: int, num_columns: int) -> pd.DataFrame:
    """Rows of the table."""
    days = np.datetime64("2015-01-01") + random.integers(0, 3000, (num_columns, num_rows))
    moments = np.datetime64("2020-01-01T00:00:00") + random.integers(0, 10**8, (num_columns, num_rows))
    income = random.lognormal(10, 1, (num_columns, num_rows)).round(2)
    kinds = {
        "amount": lambda place: random.uniform(0, 10**6, num_rows).round(2),
        "price": lambda place: random.gamma(2, 30, num_rows).round(2),
        "count": lambda place: random.poisson(10, num_rows),
        "number": lambda place: random.integers(0, 10**5, num_rows),
        "town": lambda place: random.choice([f"town {each}" for each in range(20)], num_rows),
        "flag": lambda place: random.choice(["yes", "no"], num_rows),
        "day": lambda place: days[place].astype(str),
        "moment": lambda place: np.char.replace(moments[place].astype(str), "T", " "),
        "income": lambda place: np.where(random.random(num_rows) < 0.1, np.nan, income[place]),
        "grade": lambda place: random.choice(["A", "B", "C", ""], num_rows),
    }
    names = list(kinds)
    columns = {}
    for place in range(num_columns):
        name = names[place % len(names)]
        columns[f"{name}_{place}"] = kinds[name](place)
    return pd.DataFrame(columns)


def read_and_split(path: str) -> dict[str, float | int]:
    """Seconds of both parts, and of the processor."""
    start = time.perf_counter()
    pool = csv_table(path)
    read = time.perf_counter()
    data = PartitionDataModule(lambda: pool, num_partitions=5, batch_size=50)
    data.setup()
    end = time.perf_counter()
    return {
        "rows": len(pool),
        "columns": len(pool.spec.columns),
        "members": data.membership.members.size,
        "read_seconds": round(read - start, 2),
        "split_seconds": round(end - read, 2),
        "seconds": round(end - start, 2),
        "processor_seconds": round(time.process_time(), 2),
    }


if __name__ == "__main__":
    main()
