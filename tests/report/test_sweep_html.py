import csv
import json
import re
from functools import cache

import pytest
from PIL import Image

from pargan.errors import ParganError
from pargan.io.sweep_directory import SweepDirectory
from pargan.report import render_sweep, write_sweep_report, write_sweep_tables
from tests.helpers.browser import CUT, OVERFLOWING, chromium
from tests.helpers.page import Page
from tests.helpers.results import attack, job

FAILED = {
    "status": "failed",
    "error": "batch_size=999 is <larger> than a partition",
    "settings": {"dataset": "digits", "loss": "js", "num_partitions": 10, "seed": 0},
}
LEVELS = {"samples": 0.52, "discriminators": 0.7, "partitions": 0.8}


def measured(k, seed, loss="js"):
    """A job of a sweep over K, loss and seed, with three access levels."""
    attacks = [attack(f"attack_on_{level}", auc + k / 100 + seed / 300, access=level) for level, auc in LEVELS.items()]
    levels = [{"access": level, "finding": "leak found"} for level in LEVELS]
    result = job(k, seed, 0, 4 - k / 5 + seed / 9, attacks=attacks, verdict={"levels": levels})
    return result | {"settings": result["settings"] | {"loss": loss}}


@cache
def sweep():
    """Folder name -> result, with a job that failed."""
    jobs = [measured(k, seed, loss) for loss in ("js", "wgan") for k in (1, 2, 5, 10, 20, 50, 99) for seed in range(2)]
    return {f"{number}-digits": result for number, result in enumerate([*jobs, FAILED])}


@cache
def full_page():
    return render_sweep(sweep(), ["job 29 (seed=7) was not started"])


def write_jobs(folder, results):
    for name, result in results.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "result.json").write_text(json.dumps(result))
    return SweepDirectory(folder)


def test_page_names_failed_and_missing_jobs_and_links_to_reports_of_the_others():
    page = Page(full_page())
    assert "28 finished runs, 1 failed, 1 missing" in page.text
    assert "28-digits failed: batch_size=999 is <larger> than a partition" in page.text
    assert "job 29 (seed=7) was not started" in page.text
    assert [link for link in page.links if link.endswith(".html")] == [f"{n}-digits/report.html" for n in range(28)]


def test_page_is_one_file_without_script_or_outside_reference():
    page = full_page()
    parsed = Page(page)
    assert not {"script", "iframe", "object", "embed", "form"} & set(parsed.tags)
    assert not re.search(r"@import|url\((?!#)|https?://(?!www.w3.org)|\son\w+=", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_page_has_a_plot_per_level_and_metric_and_the_differences_of_the_csv(tmp_path):
    parsed = Page(full_page())
    assert parsed.tags.count("svg") == 6
    directory = write_jobs(tmp_path, sweep())
    write_sweep_tables(directory)
    with directory.differences.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["num_partitions"] for row in rows} == {"2", "5", "10", "20", "50", "99"}
    assert len(rows) == 12 * (1 + 6 + 3)
    assert {row["seeds"] for row in rows} == {"2"}
    (row,) = [
        row for row in rows if (row["loss"], row["num_partitions"], row["metric"]) == ("wgan", "5", "samples, AUC")
    ]
    assert float(row["difference"]) == pytest.approx(0.04)
    assert "+0.040 [0.040, 0.040]" in parsed.text
    assert float(row["control_mean"]) == pytest.approx(0.53 + 1 / 600)
    with directory.table.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 14  # the failed job is one of K = 10


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ([measured(1, 0), measured(5, 0)], "With one seed nothing can be said"),
        ([measured(5, 0), measured(5, 1)], "No run has K = 1"),
        ([measured(1, 0) | {"quality": {}}], "nothing to plot"),
        ([FAILED], "0 finished runs, 1 failed"),
    ],
)
def test_page_of_a_sweep_that_lacks_something_says_so(tmp_path, jobs, said):
    results = {f"{number}-digits": result for number, result in enumerate(jobs)}
    page = Page(render_sweep(results))
    assert said in page.text
    directory = write_jobs(tmp_path, results)
    write_sweep_tables(directory)
    write_sweep_report(directory)
    assert directory.pareto.exists() == ("svg" in page.tags)


def test_write_sweep_report_draws_the_plot_anew_or_removes_it(tmp_path):
    directory = write_jobs(tmp_path, {"0-a": measured(1, 0), "1-a": measured(5, 0)})
    write_sweep_report(directory)
    with Image.open(directory.pareto) as image:
        assert image.size[0] > 1000
    for name in ("0-a", "1-a"):
        (tmp_path / name / "result.json").write_text(json.dumps(FAILED))
    write_sweep_report(directory)
    assert not directory.pareto.exists()


def test_results_that_cannot_be_read_count_as_failed(tmp_path):
    directory = write_jobs(tmp_path, {"2-a": measured(1, 0), "10-a": measured(5, 0), "3-a": [], "mine": FAILED})
    (tmp_path / "2-a" / "result.json").write_text("{")
    assert list(directory.results()) == ["2-a", "3-a", "10-a", "mine"]
    assert ["error" in result for result in directory.results().values()] == [True, True, False, True]
    with pytest.raises(ParganError, match="holds no job that has ended"):
        write_sweep_report(SweepDirectory(tmp_path / "2-a"))


@pytest.mark.parametrize("width", [1280, 390])
def test_page_in_a_browser_overflows_nowhere_and_fetches_nothing(tmp_path, width):
    page = tmp_path / "page.html"
    page.write_text(full_page())
    with chromium(tmp_path / "browser") as browser:
        browser.open(page, width, dark=width < 1000)
        assert browser.requests == [page.as_uri()]
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate(OVERFLOWING) == []
        assert browser.evaluate(CUT) == []
        assert browser.pdf().startswith(b"%PDF-")
