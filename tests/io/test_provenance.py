import json
from importlib.metadata import version

import torch

from pargan.io.provenance import provenance


def test_provenance_is_json_with_versions_and_machine():
    loaded = json.loads(json.dumps(provenance()))
    assert loaded["versions"]["torch"] == version("torch")
    assert loaded["machine"]["threads"] == torch.get_num_threads()
    assert loaded["git_commit"] is None or len(loaded["git_commit"].removesuffix("-dirty")) == 40
