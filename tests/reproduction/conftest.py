"""A reproduction with tiny models, for all tests of this folder."""

import pytest

from emograin.cli.app import main


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Return the output folder of `emograin reproduce --tiny`."""
    output = tmp_path_factory.mktemp("reproduction")
    assert main(["reproduce", "--tiny", "--output", str(output)]) == 0
    return output
