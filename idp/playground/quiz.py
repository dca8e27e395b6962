"""The three questions at the end of the playground, and how they are graded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One answer to choose, whether it is right, and what to say about it."""

    id: str
    text: str
    right: bool
    because: str


@dataclass(frozen=True)
class Question:
    id: str
    text: str
    options: tuple[Option, ...]
    several: bool = False


QUESTIONS = (
    Question(
        "read",
        "Can you read a JWT without the key?",
        (
            Option("anybody", "Yes, anybody can.", True,
                   "The parts are only base64url, a way of writing. That is why nothing secret goes inside."),
            Option("public", "Yes, but only with the public key.", False,
                   "The public key is for checking the signature. Reading needs no key at all."),
            Option("issuer", "No, only the issuer can.", False,
                   "You read it yourself in card 5, and had no key. A signature hides nothing."),
        ),
    ),
    Question(
        "change",
        "Somebody changes one character of the payload. What happens?",
        (
            Option("nothing", "Nothing: the signature is a part of its own.", False,
                   "It is a part of its own, but it was made over the other two."),
            Option("invalid", "The signature no longer fits, and every careful reader refuses the token.", True,
                   "The signature covers each character. To make a new one that fits you need the private key."),
            Option("garbled", "The payload can no longer be decoded.", False,
                   "It may well decode, and even look good. That is exactly why the signature is checked first."),
        ),
    ),
    Question(
        "checks",
        "Which checks must an API make besides the signature? Choose all.",
        (
            Option("iss", "iss is the issuer that it trusts.", True,
                   "A right signature by somebody else's provider proves nothing to you."),
            Option("aud", "aud names this very API.", True,
                   "Else a token that was given to another app would open yours."),
            Option("exp", "exp has not passed.", True, "A stolen token is then good for minutes, not for ever."),
            Option("alg", "alg and typ are ones that it allows.", True,
                   "The sender writes the header, so it never chooses how it is checked."),
            Option("password", "The person's password is right.", False,
                   "An app never sees the password. That is the point of signing in elsewhere."),
            Option("encrypted", "The payload is encrypted.", False,
                   "It usually isn't. https keeps it from strangers on the way."),
        ),
        several=True,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Marked:
    """An option, and whether it was chosen."""

    option: Option
    chosen: bool

    @property
    def good(self) -> bool:
        return self.chosen == self.option.right


@dataclass(frozen=True)
class Answered:
    """A question with all its options marked."""

    question: Question
    marks: tuple[Marked, ...]

    @property
    def right(self) -> bool:
        return all(mark.good for mark in self.marks)


def grade(answers: Mapping[str, Sequence[str]]) -> tuple[Answered, ...]:
    """`answers` are the ids chosen, by question; what is unknown counts for nothing."""
    return tuple(
        Answered(
            question,
            tuple(Marked(option, option.id in answers.get(question.id, ())) for option in question.options),
        )
        for question in QUESTIONS
    )
