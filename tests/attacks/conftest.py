"""What the tests of attacks with reference models share."""

import pytest

from tests.helpers.planted import groups, memoriser, reference_models


@pytest.fixture(scope="module")
def planted():
    """A leaky target, four reference models, and the records: members, partition, nonmembers."""
    members, partition, nonmembers, reference = groups()
    return memoriser(members, reference), reference_models(reference, 4, memoriser), (members, partition, nonmembers)
