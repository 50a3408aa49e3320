import json
import re
from functools import cache

import jsonschema
import numpy as np
import pytest
from PIL import Image

from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory
from pargan.report import render_report, result_schema, write_report
from pargan.report.history import Curve
from pargan.report.html import MOST_BYTES
from pargan.report.report_plots import roc_panel
from pargan.report.report_tables import class_rows, overlap_rows, vulnerable_rows
from tests.helpers.audited import result_of_audit
from tests.helpers.browser import CUT, OVERFLOWING, chromium
from tests.helpers.page import Page

EPOCHS = np.array([0.0, 10, 20])
HISTORY = {
    **{f"attack/own_partition/{key}": Curve(EPOCHS, np.array([0.5, 0.6, value])) for key, value in
       (("auc", 0.7), ("auc_low", 0.65), ("auc_high", 0.75))},
    "quality/distance": Curve(EPOCHS, np.array([9.0, 5, 6])),
}  # fmt: skip


@cache
def full_result():
    """A result with every section: all access levels, long names, partitions."""
    result = json.loads(json.dumps(result_of_audit()))
    result["quality_independent"] = dict.fromkeys(result["quality"], 0.4321)
    names = {
        "generator": ["latent_search_lbfgs"],
        "discriminators": [f"discriminator_with_a_very_long_name_{i:02d}" for i in range(7)],
        "partitions": ["own_partition"],
    }
    for access, attacks in names.items():
        for name in attacks:
            result["attacks"].append({**result["attacks"][0], "attack": name, "access": access})
            result["curves"].append({**result["curves"][0], "attack": name, "access": access})
    result["partitions"] = [
        {"attack": "own_partition", "partition": k, "num_members": 40, "auc": 0.6 + k / 100, "auc_low": 0.5}
        | {"auc_high": 0.7}
        for k in range(3)
    ]
    return result


@cache
def full_page():
    """The report on `full_result` with `HISTORY`."""
    return render_report(full_result(), HISTORY)


def test_report_shows_the_floor_of_tables_only():
    assert "0.4321" in full_page()
    without = render_report(full_result() | {"quality_independent": {}}, HISTORY)
    assert "Independent columns" in full_page()
    assert "Independent columns" not in without


def numbers_in(value):
    if isinstance(value, dict):
        return [number for inner in value.values() for number in numbers_in(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in numbers_in(inner)]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_result_conforms_to_its_schema():
    schema = result_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(result_of_audit(), schema)
    jsonschema.validate({"status": "failed", "error": "no", "settings": {}}, schema)
    for change in (
        {"schema_version": 2},
        {"attacks": [{"attack": "x"}]},
        {"quality": {"fid": "low"}},
        {"curves": None},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(result_of_audit(**change), schema)


def test_schema_describes_every_key_of_a_result():
    finished = result_schema()["oneOf"][0]["properties"]
    result = result_of_audit()
    assert set(result) <= set(finished)
    assert set(result["attacks"][0]) <= set(finished["attacks"]["items"]["properties"])


def test_report_is_one_file_without_script_or_outside_reference():
    page = full_page()
    assert len(page.encode()) < MOST_BYTES
    parsed = Page(page)
    assert not {"script", "iframe", "object", "embed", "form"} & set(parsed.tags)
    assert {link[0] for link in parsed.links if link != "data:,"} == {"#"}
    assert not re.search(r"@import|url\((?!#)|\son\w+=", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in parsed.links if link.startswith("#")} <= set(ids)


def test_report_has_every_section_and_says_what_leads_where():
    parsed = Page(full_page())
    for title in (
        *("Verdict", "Who the attacker is", "Attacks", "ROC curves", "Scores", "Leakage over the epochs"),
        *("Leakage per partition", "Quality of the generated records", "Exposed records", "Provenance"),
        *("Records that stand apart", "Overlap of attacks"),
        *(
            "What this does not show",
            "DCR share",
            "Exact copies",
            "higher = leaks more",
            "Second real sample",
            "The 6 strongest of 7 attacks",
        ),
    ):
        assert title in parsed.text, title
    assert parsed.tags.count("svg") == 4 + 11 + 2
    weakest_first = [
        parsed.text.index(f"{level}: ") for level in ("samples", "generator", "discriminators", "partitions")
    ]
    assert weakest_first == sorted(weakest_first)


def test_numbers_of_the_tables_are_in_the_result():
    result = full_result()
    values = np.array(numbers_in(result))
    shown = [number for cell in Page(full_page()).cells for number in re.findall(r"-?\d+(?:\.\d+)?", cell)]
    assert len(shown) > 60
    for number in set(shown) - {"0.001", "0.5", "0", "1", "2", "7"}:  # p < 0.001, attacks per level
        rounding = 0.5 * 10.0 ** -len(number.partition(".")[2]) * 1.001
        assert np.abs(values - float(number)).min() <= rounding, number


def test_report_shows_the_verdict_of_the_result():
    sentence = "Releasing the samples: leak found. It is strong."
    level = {"access": "samples", "finding": "leak found", "strongest": "x", "smallest_visible_auc": 0.56}
    verdict = {"levels": [level | {"sentence": sentence}], "attacks": [], "relevant_auc": 0.6}
    verdict |= {"caveats": ["The controls were switched off."], "advice": ["Train for fewer steps."]}
    page = render_report(result_of_audit(verdict=verdict))
    assert "What it means" not in page  # a result of an earlier version
    text = Page(render_report(result_of_audit(verdict=verdict | {"meaning": ["Somebody can tell."]}))).text
    for said in (sentence, "What it means", "Somebody can tell.", "switched off", "Train for fewer steps."):
        assert said in text


def test_report_shows_leakage_per_class_under_the_strongest_attack_of_each_attacker():
    numbers = {
        "num_members": 30,
        "num_nonmembers": 40,
        "auc_low": 0.5,
        "auc_high": 0.7,
        "p_value": 0.1,
        "p_adjusted": 1.0,
    }
    attacks = [attack["attack"] for attack in result_of_audit()["attacks"]]
    classes = [
        {"attack": name, "label": label, "auc": 0.6 + place / 100} | numbers
        for place, label in enumerate(("young", "old"))
        for name in attacks
    ]
    result = result_of_audit(classes=classes)
    jsonschema.validate(result, result_schema())
    strongest, rows = class_rows(result)
    assert strongest == [max(result["attacks"], key=lambda attack: attack["auc"])["attack"]]
    assert [(row["label"], row["attacks"][0]["auc"]) for row in rows] == [("young", 0.6), ("old", 0.61)]
    page = Page(render_report(result))
    assert "Leakage per class" in page.text
    assert "0.610 [0.500, 0.700]" in page.text
    assert "Leakage per class" not in Page(render_report(result_of_audit())).text


def test_overlap_rows_are_a_symmetric_matrix_of_all_pairs():
    pairs = [("a", "b", 0.5), ("a", "c", 0.1), ("b", "c", 0.0)]
    overlap = [{"first": first, "second": second, "jaccard": share, "chance": 0.005} for first, second, share in pairs]
    rows = overlap_rows({"overlap": overlap})
    assert [[share for _, share in row["overlaps"]] for row in rows] == [
        [None, 0.5, 0.1],
        [0.5, None, 0.0],
        [0.1, 0, None],
    ]
    assert [row["name"] for row in rows] == [name for name, _ in rows[0]["overlaps"]] == ["a", "b", "c"]
    assert overlap_rows({"overlap": []}) == overlap_rows(None) == []


def test_report_shows_how_exposed_records_are_that_stand_apart():
    result = result_of_audit()
    rows = vulnerable_rows(result)
    assert [row["auc"] for row in rows] == sorted((row["auc"] for row in rows), reverse=True)
    assert {row["attack"]: row["all"]["auc"] for row in rows} == {
        row["attack"]: row["auc"] for row in result["attacks"]
    }
    text = Page(render_report(result)).text
    assert f"the {rows[0]['num_members']} members that lie" in text
    older = result_of_audit(set_tests=None)
    assert "stand apart" not in Page(render_report(older)).text


def test_report_without_attacks_or_history_or_quality():
    result = result_of_audit(attacks=[], curves=[], partitions=[], controls=None, quality={}, quality_real={})
    result |= {"risk": {"averaged": [], "exposed": None}, "verdict": None}
    page = Page(render_report(result))
    assert "No attack was run" in page.text
    assert "Attacks were run" not in page.text
    assert "svg" not in page.tags


def test_roc_panel_of_tied_scores_has_a_second_point_on_its_axes(recwarn):
    roc = {"fpr": [0.0, 1.0], "tpr": [0.0, 1.0], "rates": []}
    assert "<svg" in roc_panel([{"attack": "nearest_neighbour", "roc": roc}], "samples")
    assert not recwarn.list


def test_report_escapes_what_it_is_given():
    result = result_of_audit(warnings=["<script>alert(1)</script>"], settings={"synthetic": "<b>s</b>.csv"})
    page = render_report(result)
    assert page == render_report(result)
    assert "<script>" not in page
    assert "<b>s" not in page


def written(folder, result):
    directory = RunDirectory(folder)
    directory.create_private()
    directory.result.write_text(json.dumps(result))
    return directory


def test_write_report_shows_records_only_in_a_report_of_its_own(tmp_path):
    directory = written(tmp_path, result_of_audit())
    directory.exposed_rows.write_text("index,age,generated age\n7,secret-44,45\n")
    assert write_report(directory) == tmp_path / "report.html"
    assert not directory.report_with_records.exists()
    assert write_report(directory, include_records=True) == directory.report_with_records
    assert "secret-44" in directory.report_with_records.read_text()
    assert "records of people" in directory.report_with_records.read_text()
    assert "secret-44" not in directory.report.read_text()


def test_report_names_the_file_that_lists_records_by_risk_only_where_it_lies_there(tmp_path):
    directory = written(tmp_path, result_of_audit())
    without = write_report(directory).read_text()
    assert "No record and no position of a record is shown here." in Page(without).text
    assert "records.csv" not in without
    directory.records.write_text("index,risk\n0,99\n")
    assert "<code>private/records.csv</code> has them." in " ".join(write_report(directory).read_text().split())


def test_write_report_makes_a_large_sheet_of_images_fit(tmp_path):
    directory = written(tmp_path, result_of_audit())
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(directory.exposed_images)
    assert directory.exposed_images.stat().st_size > MOST_BYTES
    path = write_report(directory, include_records=True)
    assert "data:image/png;base64," in path.read_text()
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("content", [None, "{", "[]", '{"status": "failed"}'])
def test_write_report_refuses_what_is_no_result(tmp_path, content):
    if content is not None:
        (tmp_path / "result.json").write_text(content)
    with pytest.raises(ParganError):
        write_report(RunDirectory(tmp_path))
    assert not (tmp_path / "report.html").exists()


def test_write_report_refuses_records_that_the_run_does_not_have(tmp_path):
    with pytest.raises(ParganError, match="leave include_records out"):
        write_report(written(tmp_path, result_of_audit()), include_records=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_report_in_a_browser_overflows_nowhere_and_fetches_nothing(tmp_path, width):
    page = tmp_path / "page.html"
    page.write_text(full_page())
    with chromium(tmp_path / "browser") as browser:
        for dark in (False, True):
            browser.open(page, width, dark)
            assert browser.requests == [page.as_uri()]
            assert browser.evaluate("document.documentElement.scrollWidth") <= width
            assert browser.evaluate(OVERFLOWING) == []
            assert browser.evaluate(CUT) == []
            background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
            assert background == ("rgb(20, 23, 26)" if dark else "rgb(255, 255, 255)")
        pdf = browser.pdf()
        browser.print_style()
        # The heading of an attacker must not stand alone at the foot of a printed page.
        after = "[...document.querySelectorAll('.group, h2, thead')].map(row => getComputedStyle(row).breakAfter)"
        assert set(browser.evaluate(after)) == {"avoid"}
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 20_000
