"""The command `pargan-report`, which makes report.html again from what a run or an audit left."""

import argparse
from importlib.metadata import version
from pathlib import Path

from pargan.app.error_messages import exit_with
from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory


def report() -> None:
    """Entry of pargan-report: `pargan-report outputs/digits-js-k5-s0/<time>`."""
    parser = argparse.ArgumentParser(
        prog="pargan-report",
        description="Make report.html again from result.json and metrics.csv of a run or an audit.",
    )
    parser.add_argument("run", type=Path, help="directory of a run or an audit that has ended")
    parser.add_argument(
        "--include-records",
        action="store_true",
        help="also write private/report_with_records.html, which shows the most exposed members",
    )
    parser.add_argument("--version", action="version", version=f"pargan {version('pargan')}")
    arguments = parser.parse_args()

    from pargan.report.html import write_report  # matplotlib takes a second, which --help should not

    try:
        print(write_report(RunDirectory(arguments.run.expanduser()), arguments.include_records))
    except ParganError as error:
        exit_with(str(error))
