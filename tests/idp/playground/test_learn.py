"""/learn: no script of its own, and an example that is what the page says of it."""

import json
import re
import subprocess
from html import unescape

import jwt as pyjwt
import pytest
from django.test import Client as Browser

from tests.security.forging import raw

pytestmark = pytest.mark.django_db
# The public half of the key that signed the example; the private one was thrown away.
KEY = {
    "kty": "RSA", "e": "AQAB", "kid": "summer",
    "n": "nMPTSf1OFKA1Mx7-6Mh89BUw06GyaLoppEAK3ZAqN_q3qQ4cIETsb4Ju9vyTixTQKHWOF7H_w3ziagl_E47q3b7OaBRY-b2L2Q8Jf2gc-Q9k"
         "yynYXXopZYmBNMz2QPGr_-xr1pnXchlYxaehbhpyL1gKoHEHyuTA9wVYrHDw24S0iyKIppDT1X6aq7cNl7QWVX7IuW5HuYlqR8EOgyveQxu9"
         "EVoADFH5jyV1xI9tsistVo3-eVNocAx54aCG9iOpdpZbj6tBNhESKSS9Ful1HA5m7nZQzvBuIRSmzuooy5g8avZu3AWxYad3iKKJcNU86cCs"
         "p02AHL5FGsWR5YF5LQ",
}  # fmt: skip

EXAMPLE_PART = r'<pre class="wrap"><code>(\{.*?\})</code>'


@pytest.fixture
def text() -> str:
    return Browser().get("/learn").content.decode()


def example(text: str) -> str:
    [shown] = re.findall(r'<pre class="wrap sample"[^>]*><code>(.*?)</code>', text, re.DOTALL)
    return re.sub(r"<[^>]+>", "", shown)


def test_the_example_is_a_real_token_that_the_page_reads_rightly(text: str):
    token = example(text)
    claims = pyjwt.decode(
        token, pyjwt.PyJWK(KEY, "RS256"), ["RS256"], audience="notes", options={"verify_exp": False}
    )
    shown = [json.loads(unescape(part)) for part in re.findall(EXAMPLE_PART, text, re.DOTALL)]
    assert shown == [json.loads(raw(token.split(".")[0])), claims]
    with pytest.raises(pyjwt.ExpiredSignatureError):
        pyjwt.decode(token, pyjwt.PyJWK(KEY, "RS256"), ["RS256"], audience="notes")


def test_the_command_on_the_page_decodes_it(text: str):
    [command] = re.findall(r"<code>(python3 -c .*?)</code>", text, re.DOTALL)
    done = subprocess.run(
        ["sh", "-c", unescape(command)],
        env={"TOKEN": example(text), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"sub":"7f3c0c1e"' in done.stdout
    assert '"alg":"RS256"' in done.stdout


def test_it_needs_no_script_and_says_what_was_promised(text: str):
    [comforts] = re.findall(r"<script[^>]*>", text)
    assert "signet/signet.js" in comforts
    for heading in ("Anybody can read it", "Only the key can sign it", "The way to a token", "Where to keep tokens",
                    "Nothing secret goes inside", "RS256 or HS256"):  # fmt: skip
        assert f"<h2>{heading}</h2>" in text
    assert "localStorage" in text
    assert "<svg" in text
