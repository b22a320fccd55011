"""What a request may hold, with the limits in it, and what is answered; OpenAPI is made from both."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from .errors import Refusal
from .settings import Settings

SHOWN = 3  # mistakes of a request that are told
SAID = {  # instead of pydantic's words
    "string_pattern_mismatch": "the text is empty",
    "string_too_short": "the text is empty",
    "string_too_long": "a text has at most {max_length} characters",
    "too_long": "a request has at most {max_length} texts",
    "too_short": "expected at least one text",
}


class PredictRequest(BaseModel):
    """One text or many. What is not given has its default."""

    model_config = ConfigDict(extra="forbid", strict=True)

    texts: list[str] = []
    text: str = ""
    thresholds: str = ""
    all_scores: bool = Field(default=False, description="Scores of all labels, not of the predicted ones only.")
    explain: bool = Field(default=False, description="Which words carried each label, where the model can say.")

    def model_post_init(self, _: Any) -> None:
        """Either of the two must be given."""
        if len(self.model_fields_set & {"text", "texts"}) != 1:
            raise PydanticCustomError("one_of", "expected either text or texts")

    @property
    def all_texts(self) -> list[str]:
        """The texts, however they were given."""
        return self.texts or [self.text]


class Label(BaseModel):
    """A label that reached its threshold."""

    label: str
    score: float
    threshold: float


class Word(BaseModel):
    """Characters of the text, from `start` up to but without `end`, and how much they carried a label."""

    start: int
    end: int
    weight: float


class Prediction(BaseModel):
    """What one text expresses."""

    labels: list[Label] = Field(description="Highest score first; may be empty.")
    scores: dict[str, float] | None = Field(default=None, description="Of all labels; only with all_scores.")
    cut: bool = Field(description="Whether only the text's beginning was read.")
    words: dict[str, list[Word]] | None = Field(description="By predicted label; null without explain.")


class PredictResponse(BaseModel):
    """One prediction a text, in the texts' order."""

    model: str
    thresholds: str
    predictions: list[Prediction]


class ModelResponse(BaseModel):
    """The model that is served, and what it is asked within."""

    name: str
    method: str
    labels: list[str]
    thresholds: dict[str, dict[str, float]] = Field(description="Policy -> label -> threshold.")
    max_document_tokens: int = Field(description="Word pieces of a text that are read.")
    explanations: bool = Field(description="Whether it can say which words carried a label.")
    limits: dict[str, int]
    card: dict[str, Any] | None


class StatusResponse(BaseModel):
    """How the service is."""

    status: str


class ErrorDetail(BaseModel):
    """What went wrong: a code for programs, a message for people."""

    code: str
    message: str


class ErrorResponse(BaseModel):
    """Every error of the service."""

    error: ErrorDetail


def request_model(policies: Iterable[str], default: str, settings: Settings) -> type[PredictRequest]:
    """The request with this service's limits and this model's policies."""
    text = Annotated[str, Field(min_length=1, max_length=settings.text_characters, pattern=r"\S")]
    fields: dict[str, Any] = {
        "texts": (Annotated[list[text], Field(min_length=1, max_length=settings.request_texts)], []),
        "text": (text, ""),
        "thresholds": (
            Annotated[Literal[tuple(policies)], Field(description="Which of the model's thresholds to use.")],
            default,
        ),
    }
    return create_model("PredictRequest", __base__=PredictRequest, **fields)


def request_schema(model: type[PredictRequest]) -> dict[str, Any]:
    """Its JSON schema: either `text` or `texts`, neither with a default."""
    schema = model.model_json_schema()
    for name in ("text", "texts"):
        del schema["properties"][name]["default"]
    return schema | {"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]}


def parse(model: type[PredictRequest], body: bytes) -> PredictRequest:
    """A request from its body.

    Raises:
        Refusal: It is not what it must be. The message says where and why, and repeats nothing of what was sent.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_context=True, include_input=False)
    told = []
    for mistake in mistakes[:SHOWN]:
        ours = SAID.get(mistake["type"])
        said = ours.format(**mistake.get("ctx", {})) if ours else mistake["msg"]
        told.append(_told(model, mistake["loc"], said))
    more = f"; and {len(mistakes) - SHOWN} more" if len(mistakes) > SHOWN else ""
    raise Refusal(422, "invalid_request", "; ".join(told) + more)


def _told(model: type[PredictRequest], place: Sequence[int | str], message: str) -> str:
    """Where and why. A field that we do not have is not named: its name is what a user wrote."""
    parts = [f"[{part}]" if isinstance(part, int) else part for part in place]
    if place and place[0] not in model.model_fields:
        return f"a field that is not known (known: {', '.join(model.model_fields)})"
    return f"{''.join(parts)}: {message}" if parts else message
