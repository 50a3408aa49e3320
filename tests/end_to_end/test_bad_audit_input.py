"""Bad input to an audit ends in one sentence, exit status 1, and nothing written."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.helpers.launch import only_announced

ROWS = 12


def write(path, rows, header="a,b,c"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def rows_of(start, number=ROWS):
    """Rows that no other start shares."""
    return [f"{place},{place / 8},{'yes' if place % 2 else 'no'}" for place in range(start, start + number)]


@pytest.fixture
def files(run, tmp_path):
    """Three files that fit together; a test spoils one. Gives the arguments, and refuses as other tests do."""
    for place, name in enumerate(("members", "nonmembers", "synthetic")):
        write(tmp_path / f"{name}.csv", rows_of(100 * place))
    return ["target=samples", *(f"{name}={name}.csv" for name in ("members", "nonmembers", "synthetic"))]


@pytest.fixture
def refuses(run, tmp_path):
    def check(arguments, *parts):
        before = set(tmp_path.rglob("*"))
        ended = run("attack", *arguments, "device=cpu", "audit.draws=20")
        assert ended.status == 1, ended
        assert only_announced(ended.out)
        (line,) = ended.err.splitlines()
        assert line.startswith(f"attack.py: {parts[0]}"), line
        for part in parts[1:]:
            assert part in line
        assert set(tmp_path.rglob("*")) == before

    return check


def test_attack_audits_files_that_fit(run, files, tmp_path):
    ended = run("attack", *files, "device=cpu", "attack=none")
    assert ended.status == 0, ended.err
    assert len(list(tmp_path.glob("outputs/audits/*/result.json"))) == 1


def test_attack_names_missing_files(refuses, files):
    refuses(["target=samples"], "members is missing; give a table", "members=members.csv")
    refuses(files[:3], "synthetic is missing; give")
    refuses([*files, "reference=nowhere.csv"], "reference=nowhere.csv is not there; give a table")
    refuses(["target=module", "module=g.pt", *files[1:3]], "latent_dim=null does not work; give a whole number")
    refuses(["target=module", "latent_dim=3", *files[1:3]], "module is missing; give a torch.export archive")
    refuses(
        ["target=module", "module=g.pt", "latent_dim=3", *files[1:3]], "module=g.pt is not a file; give a TorchScript"
    )


def test_attack_names_unknown_targets_and_keys(refuses, files):
    refuses(
        ["target=sample", *files[1:]],
        "target=sample is not known (did you mean samples?)",
        "module, release, run, samples",
    )
    refuses([*files, "run=somewhere"], "run is not a key")
    refuses(files[1:], "members is not a key")
    refuses([*files, "dataset.size=x", "dataset.lable=2"], "dataset.lable is not a key (did you mean dataset.label?)")


def test_attack_refuses_attacks_that_samples_do_not_allow(refuses, files):
    refuses(
        [*files, "attack=[nearest_neighbour,own_partition]"],
        "attack=own_partition needs access partitions, but the target gives samples only; "
        "leave it out: attack=[nearest_neighbour]",
    )


def test_attack_refuses_files_that_do_not_fit_together(refuses, files, tmp_path):
    write(tmp_path / "synthetic.csv", rows_of(200), header="a,b,d")
    refuses(files, 'synthetic=synthetic.csv has no column "c", which members=members.csv has; give files with the same')
    write(tmp_path / "synthetic.csv", ["1,2,yes", "1,x,no"])
    refuses(files, "synthetic=synthetic.csv has 1 cell that is not numeric", 'column 2 ("b")', "line 3", "correct them")
    np.savez(tmp_path / "synthetic.npz", x=np.zeros((5, 3)))
    refuses(
        [*files[:3], "synthetic=synthetic.npz"], "synthetic=synthetic.npz is .npz, but members=members.csv is a table"
    )


def test_attack_refuses_tables_of_which_no_row_is_in_one_group_only(refuses, files, tmp_path):
    write(tmp_path / "nonmembers.csv", rows_of(0))
    refuses(files, "members", "holds 12 different records, 12 of which are in another group too", "in no other group")


def test_attack_refuses_arrays_that_share_records(refuses, tmp_path):
    points = np.random.default_rng(0).normal(size=(40, 3))
    groups = {"members": points[:12], "nonmembers": np.vstack([points[12:24], points[4:6]]), "synthetic": points[24:]}
    for name, values in (groups | {"reference": np.vstack([points[24:30], points[:1]])}).items():
        np.savez(tmp_path / f"{name}.npz", x=values)
    files = ["target=samples", *(f"{name}={name}.npz" for name in groups)]
    refuses(
        files,
        "members",
        "and nonmembers share 2 records (the first is number 4 of members and 12 of nonmembers, counted from 0)",
        "drop them from both",
    )
    np.savez(tmp_path / "nonmembers.npz", x=points[12:24])
    refuses([*files, "reference=reference.npz"], "members", "and reference share 1 record", "drop them from reference")


def test_attack_refuses_too_few_records(refuses, files, tmp_path):
    write(tmp_path / "nonmembers.csv", rows_of(100, 3))
    refuses(files, "nonmembers", "holds 3 records; give 4 or more, half of which become the reference set")
    write(tmp_path / "nonmembers.csv", rows_of(100))
    write(tmp_path / "synthetic.csv", rows_of(200, 1))
    refuses(files, "synthetic", "holds 1 record; give 2 or more")


def test_attack_refuses_arrays_of_different_shapes(refuses, tmp_path):
    for name, shape in (("members", (9, 2)), ("nonmembers", (9, 2)), ("synthetic", (9, 3))):
        np.savez(tmp_path / f"{name}.npz", x=np.random.default_rng(len(name)).normal(size=shape))
    arguments = ["target=samples", *(f"{name}={name}.npz" for name in ("members", "nonmembers", "synthetic"))]
    refuses(arguments, "synthetic=synthetic.npz holds records of shape (3,), members=members.npz of (2,); give records")


def test_attack_refuses_unfit_generators(refuses, tmp_path):
    for seed, name in enumerate(("members", "nonmembers")):
        np.savez(tmp_path / f"{name}.npz", x=np.random.default_rng(seed).normal(size=(9, 2)))
    torch.save(nn.Linear(3, 2), tmp_path / "pickled.pt")
    given = ["target=module", "members=members.npz", "nonmembers=nonmembers.npz", "latent_dim=3"]
    refuses(
        [*given, "module=pickled.pt"],
        "module=pickled.pt is neither a TorchScript file nor a torch.export archive, and a pickled module is refused",
    )
    linear = "module={_target_: torch.nn.Linear, in_features: 3, out_features: %d}"
    refuses(
        [*given, linear % 4], "module=torch.nn.Linear returns records of shape (4,), and members=members.npz holds (2,)"
    )
    refuses(
        [*given, linear % 2, "latent_dim=5"], "latent_dim=5 does not fit: the module cannot be evaluated at latents"
    )
    refuses([*given, linear % 2, "weights=no.pt"], "weights=no.pt is not a file")
    refuses([*given, linear % 2, "weights=."], "weights=. is not a file; give a state dict")
    refuses([*given, linear % 2, "attack=discriminator_mean"], "attack=discriminator_mean needs access discriminators")
    refuses([*given, "module={_target_: torch.nn.Nothing}"], "module._target_=torch.nn.Nothing cannot be imported")
