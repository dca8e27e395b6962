"""The quiz: graded by the server, explained, and of use without JavaScript."""

import pytest
from django.test import Client as Browser

from idp.playground.quiz import QUESTIONS, grade

RIGHT = {question.id: [option.id for option in question.options if option.right] for question in QUESTIONS}

pytestmark = pytest.mark.django_db


def test_all_right():
    assert [answer.right for answer in grade(RIGHT)] == [True, True, True]


@pytest.mark.parametrize(
    ("question", "chosen"),
    [
        ("read", []),
        ("read", ["public"]),
        ("read", ["anybody", "issuer"]),
        ("change", ["nothing"]),
        ("checks", ["iss", "aud", "exp"]),
        ("checks", ["iss", "aud", "exp", "alg", "password"]),
        ("checks", ["everything"]),
    ],
)
def test_one_wrong_answer_costs_one_question(question: str, chosen: list[str]):
    wrong = [answer.question.id for answer in grade({**RIGHT, question: chosen}) if not answer.right]
    assert wrong == [question]


def test_a_form_is_graded_and_each_answer_explained():
    page = Browser().post(
        "/playground/quiz", {"read": "public", "change": "invalid", "checks": RIGHT["checks"]}
    )
    text = page.content.decode()
    assert "2 of 3 right" in text
    assert "Reading needs no key at all." in text
    assert text.count('data-right="no"') == 1


@pytest.mark.parametrize("sent", [{}, {"read": ["\x01", "x" * 5000]}, {"unknown": "1"}])
def test_nonsense_is_graded_too(sent: dict):
    page = Browser().post("/playground/quiz", sent)
    assert page.status_code == 200
    assert "0 of 3 right" in page.content.decode()


def test_s_082_a_form_from_elsewhere_is_refused():
    assert Browser(enforce_csrf_checks=True).post("/playground/quiz", {"read": "public"}).status_code == 403


def test_each_question_has_an_answer_and_a_trap():
    for question in QUESTIONS:
        right = sum(option.right for option in question.options)
        assert 0 < right < len(question.options)
        assert question.several or right == 1
