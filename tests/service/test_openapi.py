"""The service conforms to its OpenAPI description, for valid and for invalid requests."""

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from helpers.served import process
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenApiSchema]:
    """The OpenAPI description of a running service."""
    with process(tmp_path_factory.mktemp("service")) as (_, url, _log):
        while httpx.get(f"{url}/readyz").status_code != 200:
            pass
        yield schemathesis.openapi.from_url(f"{url}/openapi.json")


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_service_is_what_it_says(described, mode):
    paths = []
    for found in described.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and operation.method == "get":
            continue  # nothing to get wrong

        @given(case=operation.as_strategy(mode))
        @settings(max_examples=25 if operation.method == "post" else 2, suppress_health_check=list(HealthCheck))
        def check(case):
            case.call_and_validate()

        check()
        paths.append(operation.path)
    get = ["/v1/model", "/healthz", "/readyz", "/metrics"]
    assert sorted(paths) == sorted(["/v1/predict", *(get if mode is GenerationMode.POSITIVE else [])])


def test_limits_and_errors_are_described(described):
    operation = described.raw_schema["paths"]["/v1/predict"]["post"]
    texts = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]["texts"]
    assert (texts["maxItems"], texts["items"]["maxLength"]) == (1000, 5000)
    assert set(operation["responses"]) >= {"200", "413", "415", "422", "429", "503"}
    assert "HTTPValidationError" not in described.raw_schema["components"]["schemas"]
