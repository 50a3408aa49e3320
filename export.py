"""Export the generator of a finished run: python export.py run=<run directory> out=<new folder>."""

from pargan.app.cli import export

if __name__ == "__main__":
    export()
