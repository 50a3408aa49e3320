import json
import sys

import pytest

from pargan.app.report_command import report
from tests.helpers.audited import result_of_audit
from tests.helpers.results import job


def run(monkeypatch, capsys, *arguments):
    """Exit status, stdout, stderr of pargan-report."""
    monkeypatch.setattr(sys, "argv", ["pargan-report", *map(str, arguments)])
    status = 0
    try:
        report()
    except SystemExit as end:
        status = end.code
    return status, *capsys.readouterr()


def test_report_command_makes_the_report_again(tmp_path, monkeypatch, capsys):
    (tmp_path / "result.json").write_text(json.dumps(result_of_audit()))
    assert run(monkeypatch, capsys, tmp_path) == (0, f"{tmp_path / 'report.html'}\n", "")
    first = (tmp_path / "report.html").read_bytes()
    run(monkeypatch, capsys, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == first


@pytest.mark.parametrize("arguments", [[], ["--include-records"]])
def test_report_command_answers_bad_input_with_a_sentence(tmp_path, monkeypatch, capsys, arguments):
    if arguments:
        (tmp_path / "result.json").write_text(json.dumps(result_of_audit()))
    status, out, err = run(monkeypatch, capsys, tmp_path, *arguments)
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert str(tmp_path) in err


def test_report_command_reports_a_sweep_and_names_what_is_missing(tmp_path, monkeypatch, capsys):
    for number, result in enumerate((job(1, 0, 0.5, 3.0), job(5, 0, 0.6, 2.0), {"error": "diverged", "settings": {}})):
        (tmp_path / f"{number}-digits").mkdir()
        (tmp_path / f"{number}-digits" / "result.json").write_text(json.dumps(result))
    status, out, err = run(monkeypatch, capsys, tmp_path)
    assert (status, out, err) == (0, f"{tmp_path / 'sweep.html'}\n", "note: 2-digits failed: diverged\n")
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {
        *("sweep.html", "pareto.png", "sweep.csv", "sweep_differences.csv"),
    }
    status, out, err = run(monkeypatch, capsys, tmp_path, "--include-records")
    assert (status, out, err.count("\n")) == (1, "", 1)
