"""A proof of a witnessed record in a real browser: whose signatures were checked, and whose were not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import pytest

from journal.log import keys
from journal.log.note import COSIGNATURE, SigningKey, VerifierKey
from journal.witness.policy import Policy, WitnessEndpoint
from tests.api.door import Door
from tests.api.test_crash import until
from tests.api.test_log import witnesses
from tests.web.seen import opened_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

AWAY = SigningKey.generate("witness.example.kr/away", COSIGNATURE).verifier
"""A witness of the record that never answers."""


class Witnessed(NamedTuple):
    door: Door
    record: VerifierKey
    witnesses: list[VerifierKey]


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witnessed]:
    """A record that two of its three witnesses stand by."""
    folder = tmp_path_factory.mktemp("witnessed")
    key = keys.make_key(folder / "data")
    with witnesses(folder, key, "w1", "w2") as asked:
        Policy(2, (*asked, WitnessEndpoint("http://127.0.0.1:9", str(AWAY)))).save(folder / "data")
        door = Door(folder / "data")
        until(lambda: door.get("/v1/log/checkpoint").headers["Sagwan-Witnessed"] == "true")
        yield Witnessed(door, key.verifier, [it.verifier for it in asked])
        door.close()


@pytest.fixture
def page(witnessed: Witnessed, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    wrong = list[str]()
    it = opened_for(witnessed.door, chromium, "auditor", wrong, **getattr(request, "param", {}))
    it.goto(f"{witnessed.door.url}/entries/1")
    it.wait_for_selector("output.proven")
    yield it
    it.context.close()
    assert wrong == []


def verdict(page: Page, word: str, *trusted: VerifierKey | str) -> str:
    """What the page says with these keys, which is of this kind."""
    page.evaluate("document.querySelector('output').className = ''")
    page.fill("#keys", "\n".join(map(str, trusted)))
    page.click("form[data-proof] button")
    page.wait_for_selector(f"output.{word}")
    return page.locator("output").inner_text()


LOCALES = pytest.mark.parametrize("page", [{"locale": "ko-KR"}, {"locale": "en-GB"}], indirect=True, ids=["ko", "en"])


@LOCALES
def test_a_page_says_which_witnesses_were_checked_with_the_keys_of_the_record_and_with_own_ones(
    page: Page, witnessed: Witnessed
) -> None:
    _, record, (one, two) = witnessed
    korean = page.locator("html").get_attribute("lang") == "ko"
    checked, unchecked, absent, nobody = (
        (
            "입회인의 서명도 확인하였습니다: ",
            "확인하지 않은 서명: ",
            "서명이 없는 것: ",
            "입회인의 서명은 확인하지 않았습니다",
        )
        if korean
        else (
            *("Witnesses whose signatures were checked: ", "since you gave no key for them: "),
            *("without a signature on this checkpoint: ", "No signature of a witness was checked"),
        )
    )
    own = page.locator("output").inner_text()
    assert f"{checked}{one.name}, {two.name}." in own
    assert f"{absent}{AWAY.name}." in own, "the page has the keys of all witnesses of the record"
    assert unchecked not in own
    said = verdict(page, "proven", record)
    assert nobody in said
    assert f"{unchecked}{one.name}, {two.name}." in said
    said = verdict(page, "proven", record, two, two)
    assert f"{checked}{two.name}." in said
    assert f"{unchecked}{one.name}." in said
    assert absent not in said
    page.reload()
    page.wait_for_selector("output.proven")
    assert page.locator("output").inner_text() == said, "own keys are kept in the browser"
    assert record.name not in verdict(page, "unsigned", one, two).partition(checked)[0]


def test_a_wrong_key_of_a_witness_and_a_changed_checkpoint_prove_nothing(page: Page, witnessed: Witnessed) -> None:
    _, record, (one, _) = witnessed
    other = SigningKey.generate(one.name, COSIGNATURE).verifier
    said = verdict(page, "proven", record, other)
    assert "입회인의 서명은 확인하지 않았습니다" in said
    assert f"서명이 없는 것: {one.name}." in said
    claimed = str(other).replace(other.id.hex(), one.id.hex())
    assert "식별자와 맞지 않습니다" in verdict(page, "wrong", record, claimed)
    proof = page.locator("#proof").text_content() or ""
    lines = proof.splitlines()
    at = lines.index("") + 1
    size, root, cosigned = lines[at + 1], lines[at + 2], next(it for it in lines if it.startswith(f"— {one.name} "))
    changes = {
        f"\n{size}\n": f"\n{int(size) + 1}\n",
        f"\n{root}\n": f"\n{'B' if root[0] == 'A' else 'A'}{root[1:]}\n",
        f"\n{lines[at]}\n{size}": f"\nelsewhere\n{size}",
        cosigned: f"{cosigned[:-12]}{'B' if cosigned[-12] == 'A' else 'A'}{cosigned[-11:]}",
    }
    for said, instead in changes.items():
        assert proof.count(said) == 1
        page.evaluate("it => { document.getElementById('proof').textContent = it; }", proof.replace(said, instead))
        verdict(page, "wrong", record, one)
    page.evaluate("it => { document.getElementById('proof').textContent = it; }", proof)
    verdict(page, "proven", record, one)


@LOCALES
def test_where_the_browser_cannot_check_no_witness_is_named(page: Page) -> None:
    page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    page.reload()
    page.wait_for_selector("output.unable")
    assert "witness.example" not in page.locator("output").inner_text()
