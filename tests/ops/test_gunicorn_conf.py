"""gunicorn.conf.py means what it says to this version of gunicorn."""

from pathlib import Path

import pytest
from gunicorn.app.wsgiapp import WSGIApplication

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch):
    """Read by gunicorn itself, which refuses a name that it does not know."""

    def read(**environ: str):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr("sys.argv", ["gunicorn"])
        return WSGIApplication().cfg

    return read


def test_it_serves_signet_without_arguments(config):
    assert config().wsgi_app == "idp.wsgi:application"
    assert config().preload_app
    assert config().worker_class_str == "idp.worker.Worker"


def test_the_number_of_processes_can_be_chosen(config):
    assert config(WEB_CONCURRENCY="3").workers == 3


def test_an_empty_choice_is_none(config):
    assert 1 <= config(WEB_CONCURRENCY="").workers <= 8


def test_s_014_a_request_line_and_headers_are_bounded(config):
    assert config().limit_request_line == 8190
    assert config().limit_request_fields <= 100
    assert config().limit_request_field_size <= 8190


def test_s_090_no_forwarded_header_is_believed(config):
    assert config().forwarded_allow_ips == []
    assert config().secure_scheme_headers == {}
    assert config().forwarder_headers == []


def test_nobody_can_steer_it_from_beside(config):
    assert config().control_socket_disable is True


def test_r_13_requests_in_flight_get_ten_seconds(config):
    assert config().graceful_timeout == 10
