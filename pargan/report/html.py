"""report.html: one file with everything about an audit, made from result.json and metrics.csv alone.

It holds no script and refers to nothing outside of itself. Records of people are shown only where asked for.
"""

import base64
import csv
import io
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from PIL import Image

from pargan.errors import ParganError
from pargan.io.files import read_error, write_atomically
from pargan.io.run_directory import RunDirectory
from pargan.report.history import Curve, read_history
from pargan.report.report_plots import MOST_CURVES, leakage_panel, quality_panel, roc_panel, score_panel
from pargan.report.report_tables import (
    class_rows,
    control_rows,
    leak_marks,
    overlap_rows,
    partition_rows,
    provenance_rows,
    quality_rows,
    set_test_rows,
    sizes,
    title,
    vulnerable_rows,
)
from pargan.report.words import ATTACKERS, LIMITS, by_attacker, interval, p_value, parts_of_sentence, significant

MOST_BYTES = 1_000_000
"""Of the whole file, so that it can be mailed."""

IMAGE_BYTES = 500_000  # of the sheet of exposed members
MOST_ROWS = 20  # exposed rows of a table
CONTENTS = {
    "attackers": "Attackers",
    "attacks": "Attacks",
    "roc": "ROC curves",
    "scores": "Scores",
    "epochs": "Over the epochs",
    "partitions": "Partitions",
    "classes": "Classes",
    "quality": "Quality",
    "sets": "Tests of the set",
    "exposed": "Exposed records",
    "vulnerable": "Records that stand apart",
    "overlap": "Overlap of attacks",
    "provenance": "Provenance",
    "limits": "What this does not show",
}


def write_report(directory: RunDirectory, include_records: bool = False) -> Path:
    """Write report.html for a run or an audit that has ended, from the files in its directory.

    Args:
        directory: with result.json; metrics.csv is read where there is one.
        include_records: also write a report that shows the most exposed members, to the private folder. report.html
            itself never shows a record.

    Returns:
        The report that was asked for.

    Raises:
        ParganError: result.json is missing or not one, or the report cannot be written.
    """
    result = read_result(directory.result)
    history = read_history(directory.metrics)
    listing = directory.records.relative_to(directory.path) if directory.records.is_file() else None
    write_atomically(directory.report, render_report(result, history, listing=listing).encode())
    if not include_records:
        return directory.report
    page = render_report(result, history, exposed_records(directory), listing)
    write_atomically(directory.report_with_records, page.encode())
    return directory.report_with_records


def read_result(path: Path) -> dict[str, Any]:
    """The content of a result.json.

    Raises:
        ParganError: it is missing, unreadable, damaged, or that of a job that failed.
    """
    folder = path.parent
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ParganError(
            f"{folder} holds no result.json", remedy="give the directory of a run or an audit that has ended"
        ) from error
    except OSError as error:
        raise read_error(path, error) from error
    except ValueError as error:
        raise ParganError(f"{path} is damaged", remedy="run the audit again") from error
    if not isinstance(result, dict) or "attacks" not in result:
        raise ParganError(f"{path} holds no audit", remedy="give the directory of a run or an audit that has ended")
    return result


def render_report(
    result: Mapping[str, Any],
    history: Mapping[str, Curve] | None = None,
    records: Mapping[str, Any] | None = None,
    listing: Path | None = None,
) -> str:
    """The page.

    Args:
        result: the content of result.json.
        history: the curves of metrics.csv; None or empty without a training.
        records: as from `exposed_records`; None shows no record.
        listing: the file that lists all records by risk, seen from the page; None where none was written.
    """
    templates = files("pargan.report") / "templates"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"auc": "{:.3f}".format, "significant": significant, "p_value": p_value}
    environment.filters["percent"] = lambda share: f"{100 * share:.1f} %"
    environment.filters["parts_of_sentence"] = parts_of_sentence
    template = environment.from_string((templates / "report.html.j2").read_text())
    groups = by_attacker(result["attacks"])
    curves = {curve["attack"]: curve for curve in result.get("curves", [])}
    history = history or {}
    quality = quality_rows(result)
    page: dict[str, Any] = {
        "css": Markup((templates / "report.css").read_text()),
        "title": title(result),
        "sizes": sizes(result),
        "finished": result.get("provenance", {}).get("finished"),
        "verdict": result.get("verdict"),
        "warnings": result.get("warnings", []),
        "notes": [*result.get("notes", []), *(result.get("controls") or {}).get("notes", [])],
        "groups": groups,
        "marks": leak_marks(result),
        "attackers": ATTACKERS,
        "adjusted": any("p_adjusted" in attack for attack in result["attacks"]),
        "controls": control_rows(result.get("controls")),
        "rocs": [_roc(level, attacks, curves) for level, attacks in groups.items() if curves],
        "scores": [
            Markup(score_panel(curves[attack["attack"]], place))
            for place, attack in enumerate(result["attacks"])
            if curves
        ],
        "leakage": _markup(leakage_panel(history)),
        "quality_curve": _markup(quality_panel(history, quality[0]["name"])) if quality else None,
        "partitions": partition_rows(result.get("partitions", [])),
        "classes": class_rows(result),
        "quality": quality,
        "has_floor": any(row["independent"] is not None for row in quality),
        "set_tests": set_test_rows(result.get("set_tests")),
        "exposed": result.get("risk", {}).get("exposed"),
        "averaged": ", ".join(result.get("risk", {}).get("averaged", [])),
        "is_bound": any(level == "partitions" for level in groups),
        "vulnerable": vulnerable_rows(result),
        "overlap": overlap_rows(result.get("set_tests")),
        "records": records,
        "listing": listing,
        "provenance": provenance_rows(result),
        "limits": LIMITS,
        "version": result.get("provenance", {}).get("versions", {}).get("pargan", ""),
        "schema_version": result.get("schema_version", "none"),
        "interval": interval,
    }
    present = {"attackers": groups, "attacks": groups, "roc": page["rocs"], "epochs": page["leakage"]}
    present["sets"], present["classes"] = page["set_tests"], page["classes"][1]
    shown = {key: present.get(key, page.get(key)) for key in CONTENTS} | {"limits": True, "provenance": True}
    page["contents"] = [(key, name) for key, name in CONTENTS.items() if shown[key]]
    return template.render(page)


def exposed_records(directory: RunDirectory) -> dict[str, Any]:
    """The most exposed members of a run as its private files show them: a sheet of images, or rows of a table.

    Raises:
        ParganError: the run has neither.
    """
    if directory.exposed_images.is_file():
        return {"image": _data_url(directory.exposed_images), "rows": []}
    if directory.exposed_rows.is_file():
        with directory.exposed_rows.open(newline="", encoding="utf-8") as file:
            return {
                "image": None,
                "rows": [row for row, _ in zip(csv.DictReader(file), range(MOST_ROWS), strict=False)],
            }
    raise ParganError(
        f"{directory.path} holds no exposed members to show: neither {directory.exposed_images.name} nor "
        f"{directory.exposed_rows.name}",
        remedy="leave include_records out",
    )


def _roc(level: str, attacks: list[Mapping[str, Any]], curves: Mapping[str, Any]) -> tuple[str, Markup, str]:
    note = f"The {MOST_CURVES} strongest of {len(attacks)} attacks." if len(attacks) > MOST_CURVES else ""
    return level, Markup(roc_panel([curves[attack["attack"]] for attack in attacks], level)), note


def _markup(svg: str | None) -> Markup | None:
    return None if svg is None else Markup(svg)


def _data_url(path: Path) -> str:
    """The image at `path`, made smaller until it has at most `IMAGE_BYTES`."""
    with Image.open(path) as sheet:
        image = sheet.convert("RGB")
    while True:
        buffer = io.BytesIO()
        image.save(buffer, format="PNG", optimize=True)
        if buffer.tell() <= IMAGE_BYTES:
            return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
        image = image.resize((image.width * 3 // 4, image.height * 3 // 4))
