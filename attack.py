"""Attack a finished run: python attack.py run=<run directory> 'attack=[nearest_neighbour]'."""

from pargan.app.cli import attack

if __name__ == "__main__":
    attack()
