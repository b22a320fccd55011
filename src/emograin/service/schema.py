"""Request and response models. OpenAPI is generated from them."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from ..prediction.attributions import Word
from .errors import ServiceError
from .settings import Settings

MAX_MISTAKES = 3  # per error message
MESSAGES = {  # instead of pydantic's
    "string_pattern_mismatch": "the text is empty",
    "string_too_short": "the text is empty",
    "string_too_long": "a text has at most {max_length} characters",
    "too_long": "a request has at most {max_length} texts",
    "too_short": "expected at least one text",
}


class PredictRequest(BaseModel):
    """One text or many, with options."""

    # Unknown fields are refused by `parse_request`: pydantic would describe each one, and a request may have very many.
    model_config = ConfigDict(extra="allow", strict=True)

    texts: list[str] = []
    text: str = ""
    thresholds: str = ""
    all_scores: bool = Field(
        default=False, description="Return the scores of all labels, not only of the predicted ones."
    )
    explain: bool = Field(
        default=False, description="Return the contribution of each word to each label, if the model supports it."
    )

    at_least_one: bool = Field(
        default=False, description="Give a text that reaches no threshold the label with the highest score."
    )
    segments: bool = Field(default=False, description="Return the labels of each sentence.")
    windows: bool = Field(
        default=True,
        description="Read texts that are longer than max_document_tokens sentence by sentence; false: read only their "
        "beginning.",
    )

    def model_post_init(self, _: Any) -> None:
        """Require exactly one of `text` and `texts`."""
        if len(self.model_fields_set & {"text", "texts"}) != 1:
            raise PydanticCustomError("one_of", "expected either text or texts")

    @property
    def all_texts(self) -> list[str]:
        """The texts of the request."""
        return self.texts or [self.text]


class PredictedLabel(BaseModel):
    """A label whose score reaches its threshold, or, with at_least_one, the one with the highest score."""

    label: str
    score: float
    threshold: float


# Pydantic reads typing.TypedDict on Python 3.12 and later only.
WORD_FIELDS: dict[str, Any] = {name: (kind, ...) for name, kind in get_type_hints(Word).items()}
WordModel = create_model("Word", __doc__=Word.__doc__, **WORD_FIELDS)


class PredictedSegment(BaseModel):
    """A sentence of a text."""

    start: int = Field(description="In characters (code points) of the text.")
    end: int = Field(description="Exclusive.")
    labels: list[PredictedLabel] = Field(description="Highest score first; may be empty.")
    scores: dict[str, float] | None = Field(default=None, description="Score of each label; only with all_scores.")


class PredictedText(BaseModel):
    """The prediction for one text."""

    labels: list[PredictedLabel] = Field(description="Highest score first; may be empty.")
    scores: dict[str, float] | None = Field(default=None, description="Score of each label; only with all_scores.")
    truncated: bool = Field(description="Whether only the beginning of the text was read: not with windows.")
    words: dict[str, list[WordModel]] | None = Field(  # type: ignore[valid-type]
        description="Words per predicted label; null without explain."
    )
    segments: list[PredictedSegment] | None = Field(description="The sentences in order; null without segments.")


class PredictResponse(BaseModel):
    """One prediction per text, in the order of the request."""

    model: str
    thresholds: str
    predictions: list[PredictedText]


class ModelResponse(BaseModel):
    """The model and the limits of the service."""

    name: str
    method: str
    labels: list[str]
    unions: dict[str, list[str]] | None = Field(
        description="Label -> labels of the network that it unites, with --mapping or --group; null without."
    )
    thresholds: dict[str, dict[str, float]] = Field(description="Policy -> label -> threshold.")
    max_document_tokens: int = Field(description="Maximum number of word pieces that are read at once.")
    explanations: bool = Field(description="Whether the model supports explain.")
    limits: dict[str, int]
    card: dict[str, Any] | None


class StatusResponse(BaseModel):
    """Status of the service."""

    status: str


class ErrorDetail(BaseModel):
    """A code for programs and a message for people."""

    code: str
    message: str


class ErrorResponse(BaseModel):
    """The response to every request that fails."""

    error: ErrorDetail


def build_request_model(policies: Iterable[str], default: str, settings: Settings) -> type[PredictRequest]:
    """Return the request model with this service's limits and this model's threshold policies."""
    text = Annotated[str, Field(min_length=1, max_length=settings.text_characters, pattern=r"\S")]
    fields: dict[str, Any] = {
        "texts": (Annotated[list[text], Field(min_length=1, max_length=settings.request_texts)], []),
        "text": (text, ""),
        "thresholds": (
            Annotated[Literal[tuple(policies)], Field(description="Threshold policy.")],
            default,
        ),
    }
    return create_model("PredictRequest", __base__=PredictRequest, **fields)


def build_request_schema(model: type[PredictRequest]) -> dict[str, Any]:
    """Return the JSON schema of a request model: either `text` or `texts`, neither with a default."""
    schema = model.model_json_schema()
    for name in ("text", "texts"):
        del schema["properties"][name]["default"]
    either = {"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]}
    return schema | {"additionalProperties": False} | either


def parse_request(model: type[PredictRequest], body: bytes) -> PredictRequest:
    """Parse a request body.

    Raises:
        ServiceError: The body is invalid. The message names the field and the reason, and never repeats the request.
    """
    try:
        query = model.model_validate_json(body)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_context=True, include_input=False)
    else:
        if many := len(query.model_extra or ()):  # their names are from the request, which is never repeated
            unknown = "unknown field" if many == 1 else f"{many} unknown fields"
            raise ServiceError(422, "invalid_request", f"{unknown} (known: {', '.join(model.model_fields)})")
        return query
    messages = []
    for mistake in mistakes[:MAX_MISTAKES]:
        template = MESSAGES.get(mistake["type"])
        message = template.format(**mistake.get("ctx", {})) if template else mistake["msg"]
        messages.append(_add_location(mistake["loc"], message))
    more = f"; and {len(mistakes) - MAX_MISTAKES} more" if len(mistakes) > MAX_MISTAKES else ""
    raise ServiceError(422, "invalid_request", "; ".join(messages) + more)


def _add_location(location: Sequence[int | str], message: str) -> str:
    """Prefix a message with the field."""
    parts = [f"[{part}]" if isinstance(part, int) else part for part in location]
    return f"{''.join(parts)}: {message}" if parts else message
