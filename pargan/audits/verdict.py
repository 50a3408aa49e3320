"""The verdict of an audit: leak found, none found, or too weak to tell, for each access level, in plain words.

It is made from the attacks' p-values, adjusted for their number, from their intervals and from the controls. No AUC
is called a leak because it is above some value.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pargan.audits import verdict_words as words
from pargan.audits.controls import AttackControl, Controls
from pargan.audits.risk import WIDTH
from pargan.audits.scoring import AttackResult
from pargan.audits.verdict_words import Finding
from pargan.judge.intervals import TAIL
from pargan.judge.low_fpr import tpr_gain_p_value
from pargan.judge.multiple import ERROR, holm
from pargan.judge.power import smallest_visible_auc
from pargan.seeding import derive

LOW_FPR = "tpr_at_1pct_fpr"
"""The verdict also asks for the few members that an attack is sure of, which an AUC averages away."""


@dataclass(frozen=True, kw_only=True)
class AttackVerdict:
    """Whether one attack shows a leak.

    Attributes:
        attack: its name.
        access: its access level.
        p_adjusted: p-value of the AUC, by Holm's method over all tests of the audit.
        tpr_p_adjusted: p-value of the TPR at 1 % FPR, likewise; None where there are too few nonmembers.
        evidence: the metrics that show a leak, `auc` or `tpr_at_1pct_fpr` or both. The adjusted p-value is at most
            5 %; the 95 % interval of the AUC lies above 0.5 (the p-value of the TPR is exact, and its interval too
            wide to ask for the same); and the same attack on untrained networks, where there are any, does not show
            as much.
        reason: why an attack whose scores are above chance does not count; None where there is nothing to explain.
    """

    attack: str
    access: str
    p_adjusted: float
    tpr_p_adjusted: float | None
    evidence: tuple[str, ...]
    reason: str | None

    @property
    def leaks(self) -> bool:
        """Whether there is evidence of a leak."""
        return bool(self.evidence)


@dataclass(frozen=True, kw_only=True)
class AccessVerdict:
    """What the attacks of an access level and of all narrower ones found.

    Attributes:
        access: the level: samples, generator, discriminators or partitions.
        finding: the verdict.
        strongest: the attack that the sentence names; None where none can be trusted.
        smallest_visible_auc: the smallest AUC that the audit would have shown with a probability of 80 %, at these
            numbers of records and attacks; None where not even a perfect attack would have been shown.
        sentence: the verdict in plain words, one or two sentences.
        advice: what can be done, one sentence each.
    """

    access: str
    finding: Finding
    strongest: str | None
    smallest_visible_auc: float | None
    sentence: str
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict of an audit, the same for the terminal, result.json and the report.

    Attributes:
        levels: one verdict for each access level that was attacked, from the weakest attacker to the strongest.
        attacks: whether each attack shows a leak, in the order of the attacks.
        relevant_auc: an AUC that would matter: "none found" is said only where the audit could have seen it and the
            intervals of all attacks exclude it. It has no part in "leak found".
        caveats: what limits the verdict as a whole, one sentence each.
        better_epoch: a sentence about an earlier epoch of the training with better quality that leaked less; None where
            there is none or no training is known.
    """

    levels: tuple[AccessVerdict, ...]
    attacks: tuple[AttackVerdict, ...]
    relevant_auc: float
    caveats: tuple[str, ...] = ()
    better_epoch: str | None = None

    def attack(self, name: str) -> AttackVerdict:
        """The verdict on one attack."""
        return next(each for each in self.attacks if each.attack == name)

    @property
    def meaning(self) -> tuple[str, ...]:
        """What the findings mean, one sentence each."""
        return words.meaning({level.finding for level in self.levels})

    @property
    def advice(self) -> tuple[str, ...]:
        """What can be done about what was found, one sentence each."""
        of_levels = [sentence for level in self.levels for sentence in level.advice]
        return tuple(dict.fromkeys([*of_levels, *([] if self.better_epoch is None else [self.better_epoch])]))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        attacks = [asdict(each) | {"evidence": list(each.evidence), "leaks": each.leaks} for each in self.attacks]
        levels = [asdict(level) | {"finding": level.finding.value} for level in self.levels]
        for level in levels:
            del level["advice"]  # `advice` below holds each once
        return {
            "levels": levels,
            "attacks": attacks,
            "relevant_auc": self.relevant_auc,
            "caveats": list(self.caveats),
            "meaning": list(self.meaning),
            "advice": list(self.advice),
        }


def reach_verdict(results: Sequence[AttackResult], controls: Controls | None, relevant_auc: float) -> Verdict:
    """The verdict on attacks that have run.

    Of audits where nothing leaks, at most 5 % find a leak at any level, however many attacks there are.

    Args:
        results: one or more.
        controls: their controls; None where they were switched off.
        relevant_auc: as in `AuditSettings`.
    """
    by_name = {} if controls is None else {control.result.name: control for control in controls.attacks}
    tests = [(result.name, "auc", result.metrics.p_value) for result in results]
    tests += [
        (result.name, LOW_FPR, result.metrics.tpr_at_1pct_fpr_p_value)
        for result in results
        if result.metrics.tpr_at_1pct_fpr_p_value is not None
    ]
    adjusted = holm([p_value for _, _, p_value in tests])
    p_values = {(name, metric): p for (name, metric, _), p in zip(tests, adjusted, strict=True)}
    attacks = tuple(_attack_verdict(result, by_name.get(result.name), controls, p_values) for result in results)
    levels = []
    for access in sorted({result.access for result in results}, key=WIDTH.__getitem__):
        pairs = [
            (result, attack)
            for result, attack in zip(results, attacks, strict=True)
            if WIDTH[result.access] <= WIDTH[access]
        ]
        levels.append(_access_verdict(access, pairs, by_name, controls, relevant_auc, len(tests)))
    caveats = () if controls is not None else ("The controls were switched off, so nothing vouches for these attacks.",)
    return Verdict(levels=tuple(levels), attacks=attacks, relevant_auc=relevant_auc, caveats=caveats)


def _attack_verdict(
    result: AttackResult,
    control: AttackControl | None,
    controls: Controls | None,
    p_values: dict[tuple[str, str], float],
) -> AttackVerdict:
    metrics, name = result.metrics, result.name
    significant = []
    if metrics.auc_low > 0.5 and p_values[name, "auc"] <= ERROR:
        significant.append("auc")
    if p_values.get((name, LOW_FPR), 1.0) <= ERROR:
        significant.append(LOW_FPR)
    beaten = [metric for metric in significant if control is None or _beats_control(metric, control)]
    reason = None
    if significant and controls is not None and not controls.is_exchangeable:
        beaten, reason = [], "members and nonmembers differ even without the model"
    elif significant and control is not None and not control.is_trusted:
        beaten, reason = [], "it finds something even where membership is permuted"
    elif significant and not beaten:
        reason = "it does no better than on untrained networks"
    return AttackVerdict(
        attack=name,
        access=result.access,
        p_adjusted=p_values[name, "auc"],
        tpr_p_adjusted=p_values.get((name, LOW_FPR)),
        evidence=tuple(beaten),
        reason=reason,
    )


def _beats_control(metric: str, control: AttackControl) -> bool:
    """Whether the same attack on untrained networks does not show as much; True where there are none."""
    if metric == "auc" or control.untrained is None:
        return control.beats_untrained
    trained, untrained = (
        (result.member_scores, result.nonmember_scores) for result in (control.result, control.untrained)
    )
    rng = np.random.default_rng(derive(0, f"TPR of {control.result.name}"))
    return tpr_gain_p_value(trained, untrained, 0.01, rng) <= TAIL


def _access_verdict(
    access: str,
    pairs: Sequence[tuple[AttackResult, AttackVerdict]],
    by_name: dict[str, AttackControl],
    controls: Controls | None,
    relevant_auc: float,
    num_tests: int,
) -> AccessVerdict:
    trusted = [result for result, _ in pairs if result.name not in by_name or by_name[result.name].is_trusted]
    leaking = [result for result, attack in pairs if attack.leaks]
    m, n = (min(getattr(result.metrics, size) for result, _ in pairs) for size in ("num_members", "num_nonmembers"))
    visible = smallest_visible_auc(m, n, num_tests, ERROR)
    strongest = max(leaking or trusted, key=lambda result: result.metrics.auc, default=None)
    advice: tuple[str, ...] = ()
    if leaking and strongest is not None:
        evidence = next(attack.evidence for result, attack in pairs if result is strongest)
        surest = max((result for result, attack in pairs if LOW_FPR in attack.evidence), key=_tpr, default=None)
        finding, reason = Finding.LEAK, words.leak_found(strongest, evidence, surest)
        advice = words.against_leaks({result.access for result in leaking})
    elif controls is not None and not controls.is_exchangeable:
        finding, reason = Finding.WEAK, words.NOT_EXCHANGEABLE
        advice = (words.DRAW_AT_RANDOM,)
    elif strongest is None:
        finding, reason = Finding.WEAK, words.NOT_TRUSTED
        advice = (words.LOOK_AT_ATTACKS,)
    elif (
        visible is not None
        and visible <= relevant_auc
        and all(_excludes(result, by_name.get(result.name), relevant_auc) for result in trusted)
    ):
        finding, reason = Finding.NONE, words.none_found(strongest, relevant_auc, visible)
    else:
        finding, reason = Finding.WEAK, words.too_weak(strongest, relevant_auc, visible, m, n)
        advice = (words.MORE_RECORDS,)
    return AccessVerdict(
        access=access,
        finding=finding,
        strongest=None if strongest is None else strongest.name,
        smallest_visible_auc=visible,
        sentence=words.sentence(access, finding, reason),
        advice=advice,
    )


def _tpr(result: AttackResult) -> float:
    return result.metrics.tpr_at_1pct_fpr or 0.0


def _excludes(result: AttackResult, control: AttackControl | None, relevant_auc: float) -> bool:
    """Whether the AUC, or what training added to it, is below `relevant_auc` for sure."""
    added = None if control is None or control.gain is None else 0.5 + control.gain.high
    return result.metrics.auc_high < relevant_auc or (added is not None and added < relevant_auc)
