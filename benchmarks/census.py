"""Random rows with the columns of the census table "adult": 15, of which six are numbers with tails and atoms."""

import numpy as np

from pargan.records.column import Column
from pargan.records.columns import Categorical, Integer, Ranked
from pargan.records.tables import Table, TableSpec

CATEGORIES = {
    "workclass": 9,
    "education": 16,
    "marital_status": 7,
    "occupation": 15,
    "relationship": 6,
    "race": 5,
    "sex": 2,
    "native_country": 42,
    "income": 2,
}
LABEL = "income"


def census(num_rows: int, seed: int = 0) -> Table:
    """Numbers are drawn as skewed as those of the table, categories with frequencies that fall as 1/n."""
    random = np.random.default_rng(seed)
    is_gain, is_loss = random.random((2, num_rows)) < np.array([[0.08], [0.05]])
    hours = np.where(random.random(num_rows) < 0.45, 40, random.normal(40, 14, num_rows).clip(1, 99))
    numbers = {
        "age": random.gamma(8, 5, num_rows).clip(17, 90),
        "fnlwgt": random.lognormal(12, 0.5, num_rows),
        "education_num": random.normal(10, 2.5, num_rows).clip(1, 16),
        "capital_gain": np.where(is_gain, random.lognormal(8.5, 1, num_rows), 0),
        "capital_loss": np.where(is_loss, random.normal(1870, 350, num_rows).clip(1), 0),
        "hours_per_week": hours,
    }
    table: Table = {name: values.astype(np.int64) for name, values in numbers.items()}
    for name, size in CATEGORIES.items():
        shares = 1 / np.arange(1, size + 1)
        table[name] = np.array([f"{name} {code}" for code in range(size)])[
            random.choice(size, num_rows, p=shares / shares.sum())
        ]
    return table


def census_spec() -> TableSpec:
    """Numbers by ranks with their frequent values as categories, as a run encodes them."""
    table = census(20_000)
    columns: list[Column] = [
        Categorical.fit(name, values) if name in CATEGORIES else Ranked.fit(Integer.fit(name, values), values)
        for name, values in table.items()
    ]
    return TableSpec(tuple(columns))
