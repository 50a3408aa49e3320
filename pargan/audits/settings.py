"""How an audit is run."""

from dataclasses import dataclass

from pargan.errors import ParganError


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    """Sizes, controls and seed of an audit; one object for training, runs, files and Python.

    Attributes:
        num_samples: generated records that the attacks may look at: as many are drawn from a network, or at most as
            many taken at random from given ones.
        num_records: at most this many members and as many nonmembers are attacked, drawn at random; None takes all.
        num_quality: at most this many generated records, members and nonmembers for the quality metrics.
        draws: bootstrap draws of the intervals of TPR at a low FPR.
        relevant_auc: an AUC that would matter, above 0.5. The verdict says "none found" only where the audit could have
            seen it and the intervals of all attacks exclude it, else "too weak to tell"; it has no part in
            "leak found".
        match_columns: tables: also count records that agree in these columns alone, such as those that identify people;
            empty counts exact copies only.
        controls: whether the controls of the attacks are run as well.
        seed: for subsamples, latents, the order of records, nonmembers' partitions and bootstrap.

    Raises:
        ParganError: a value out of range.
    """

    num_samples: int = 10_000
    num_records: int | None = None
    num_quality: int = 1000
    draws: int = 2000
    relevant_auc: float = 0.6
    match_columns: tuple[str, ...] = ()
    controls: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, lowest in (("num_samples", 1), ("num_records", 1), ("num_quality", 2), ("draws", 1), ("seed", 0)):
            value = getattr(self, name)
            may_be_none = name == "num_records"
            if value is None and may_be_none:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
                remedy = f"give a whole number, {lowest} or more" + (", or None for all records" if may_be_none else "")
                raise ParganError("is out of range", argument=name, value=value, remedy=remedy)
        if isinstance(self.relevant_auc, bool) or not 0.5 < self.relevant_auc <= 1:
            raise ParganError(
                "is out of range",
                argument="relevant_auc",
                value=self.relevant_auc,
                remedy="give more than 0.5 and at most 1, for example 0.6",
            )
        # A configuration brings a list of its own type; equal settings compare equal.
        if isinstance(self.match_columns, str) or not all(isinstance(name, str) for name in self.match_columns):
            raise ParganError(
                "is no list of column names",
                argument="match_columns",
                value=self.match_columns,
                remedy="give names, for example [age, zip]",
            )
        object.__setattr__(self, "match_columns", tuple(self.match_columns))
        if not isinstance(self.controls, bool):
            raise ParganError(
                "is neither true nor false", argument="controls", value=self.controls, remedy="give true or false"
            )
