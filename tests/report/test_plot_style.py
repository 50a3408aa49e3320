import numpy as np

from pargan.app.config_directory import config_directory
from pargan.report.plot_style import attack_colour, attack_dash, label_ends, new_figure


def test_attack_colour_is_unique_for_known_attacks_and_fixed_for_a_users_attack():
    names = ("discriminator_mean", "discriminator_max", "discriminator_gap", "own_partition")
    assert len({attack_colour(name) for name in (*names, "nearest_neighbour", "monte_carlo")}) == 6
    assert attack_colour("mine") == attack_colour("mine")
    assert attack_dash("mine") != attack_dash("monte_carlo") == "-"


def test_attack_colour_and_dash_differ_between_all_attacks_in_conf():
    names = [path.stem for path in config_directory().glob("attack/*.yaml") if path.stem not in ("none", "for_tables")]
    assert len({(attack_colour(name), attack_dash(name)) for name in names}) == len(names) > 20


def test_label_ends_of_equal_lines_do_not_overlap_or_leave_the_axes():
    axes = new_figure(3).subplots()
    axes.set_ylim(0, 1)
    label_ends(axes, [(0.99, name, "black") for name in "abcd"])
    heights = sorted(text.get_position()[1] for text in axes.texts)
    assert min(np.diff(heights)) > 0.05
    assert heights[-1] <= 1
