"""The two tables of the paper, from the authors' public repository.

The files have no header; the order of the columns is published, their names are chosen here.
"""

from pathlib import Path

from pargan.data.sources.fetch import fetch
from pargan.data.sources.tables.files import read_table
from pargan.data.sources.tables.schema import TableOptions
from pargan.data.sources.tables.source import pool_of
from pargan.records.pool import Pool

PUBLISHED = "https://raw.githubusercontent.com/work-hard-play-harder/PAR-GAN/2e5844d"
HOSPITAL_SHA256 = "1f665f802ee398dba8b0c2b53f86fd1faaee85c94af32b23e6e998a63995748e"
HOSPITAL_TYPES: dict[str, str] = {
    "age_band": "integer",
    "sex": "categorical",
    "race": "categorical",
    "length_of_stay": "integer",
    "admitting_diagnosis": "categorical",
    **{f"diagnosis_{place}": "categorical" for place in range(1, 12)},
    "label": "categorical",
}
BROWARD_SHA256 = "a0fbd16ab3f00808a53d2afd0b169bb53ebc280bf4325519bae2b82b22a84a22"
BROWARD_TYPES: dict[str, str] = {
    "race": "categorical",
    "sex": "categorical",
    "age": "integer",
    "juvenile_felonies": "integer",
    "juvenile_misdemeanours": "integer",
    "priors": "integer",
    "charge_degree": "categorical",
    "charge_type": "categorical",
    "label": "categorical",
}


def hospital(data_dir: str) -> Pool:
    """52,778 hospital stays, 17 columns; label 0 is heart, 1 respiratory. Downloaded if the file is missing.

    Raises:
        ParganError: the file is missing and cannot be downloaded, or has other content.
    """
    return _published(data_dir, "hospital", HOSPITAL_TYPES, f"{PUBLISHED}/Hospital/Hospital.csv", HOSPITAL_SHA256)


def broward(data_dir: str) -> Pool:
    """7,214 criminal records of Broward County, 9 columns, categories as codes. Downloaded if missing.

    Raises:
        ParganError: the file is missing and cannot be downloaded, or has other content.
    """
    return _published(data_dir, "broward", BROWARD_TYPES, f"{PUBLISHED}/Broward/Broward.csv", BROWARD_SHA256)


def _published(data_dir: str, name: str, types: dict[str, str], url: str, sha256: str) -> Pool:
    path = fetch(Path(data_dir).expanduser() / "tabular" / f"{name}.csv", url, sha256)
    return pool_of(read_table(path, names=list(types)), TableOptions(types=types, label="label"))
