"""Lines of ``duro sandbox``, and the addresses that it prints."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from duro import Duro
from duro.cli.network_address import find_network_url
from duro.cli.request_lines import format_request, print_request_as_json, print_request_line
from duro.sandbox import RequestEntry, Sandbox

ENTRY = RequestEntry("POST", "/v1/plans", 201, "order-17", "req_1", "2026-06-28T09:00:01.500Z")


def test_line_has_time_status_method_path_duration_and_key():
    assert format_request(ENTRY, 0.00412, color=False) == "09:00:01  201  POST    /v1/plans  4.1 ms  key order-17"


def test_line_of_a_discarded_request_has_dashes_and_the_fault():
    entry = RequestEntry("GET", "/v1/plans", None, None, "req_1", ENTRY.at, "reset_before")
    assert format_request(entry, 0, color=False) == "09:00:01  ---  GET     /v1/plans  0.0 ms  fault reset_before"


@pytest.mark.parametrize(("status", "color"), [(200, 32), (404, 33), (500, 31), (None, 31)])
def test_status_has_a_color_on_a_terminal_only(monkeypatch, capsys, status, color):
    entry = RequestEntry("GET", "/v1/plans", status, None, "req_1", ENTRY.at)
    print_request_line(entry, 0.001)
    assert "\033" not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    print_request_line(entry, 0.001)
    assert f"\033[{color}m{status or '---'}\033[0m" in capsys.readouterr().out


def test_secrets_and_control_characters_are_not_printed():
    entry = RequestEntry("GET", "/checkout/cs_test_precious/\x1b[2J", 200, "sk_test_precious", "req_1", ENTRY.at)
    line = format_request(entry, 0.001, color=False)
    assert "precious" not in line
    assert line.isprintable()


def test_each_request_of_the_api_is_reported_and_no_other(capsys):
    with Sandbox(on_request=print_request_as_json) as sandbox, Duro(sandbox.secret_key, base_url=sandbox.url) as client:
        client.customers.create(idempotency_key="order-17")
        httpx.get(f"{sandbox.url}/_sandbox/stats", verify=sandbox.ssl_context or True)
        httpx.get(sandbox.url)
    [line] = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/v1/customers", 201)
    assert entry["idempotencyKey"] == "order-17"
    assert entry["elapsedMs"] >= 0


def test_address_for_other_machines_is_an_ip_address():
    url = find_network_url("0.0.0.0", "http://127.0.0.1:8787")
    assert url is None or re.fullmatch(r"http://(?!0\.0\.0\.0)\d+\.\d+\.\d+\.\d+:8787", url)
    assert find_network_url("127.0.0.1", "http://127.0.0.1:8787") is None
