"""The two tables of the paper, from the authors' public repository.

The files have no header; the order of the columns is published, their names are chosen here.
"""

from pathlib import Path

from pargan.data.sources.csv_files import table_pool
from pargan.data.sources.csv_reading import read_cells
from pargan.data.sources.fetch import fetch
from pargan.records.columns import Categorical, Column, Integer
from pargan.records.pool import Pool

PUBLISHED = "https://raw.githubusercontent.com/work-hard-play-harder/PAR-GAN/2e5844d"
HOSPITAL_SHA256 = "1f665f802ee398dba8b0c2b53f86fd1faaee85c94af32b23e6e998a63995748e"
HOSPITAL_TYPES: dict[str, type[Column]] = {
    "age_band": Integer,
    "sex": Categorical,
    "race": Categorical,
    "length_of_stay": Integer,
    "admitting_diagnosis": Categorical,
    **{f"diagnosis_{place}": Categorical for place in range(1, 12)},
    "label": Categorical,
}
BROWARD_SHA256 = "a0fbd16ab3f00808a53d2afd0b169bb53ebc280bf4325519bae2b82b22a84a22"
BROWARD_TYPES: dict[str, type[Column]] = {
    "race": Categorical,
    "sex": Categorical,
    "age": Integer,
    "juvenile_felonies": Integer,
    "juvenile_misdemeanours": Integer,
    "priors": Integer,
    "charge_degree": Categorical,
    "charge_type": Categorical,
    "label": Categorical,
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


def _published(data_dir: str, name: str, types: dict[str, type[Column]], url: str, sha256: str) -> Pool:
    path = fetch(Path(data_dir).expanduser() / "tabular" / f"{name}.csv", url, sha256)
    return table_pool(read_cells(path, names=list(types)), types, "label")
