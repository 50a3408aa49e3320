"""Generate records with a finished run: python sample.py run=<run directory> num=10000 out=samples.npz."""

from pargan.app.cli import sample

if __name__ == "__main__":
    sample()
