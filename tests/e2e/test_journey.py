"""As a person does it: a file, a training, a reload, a stop, a text, a file of texts; and as a stranger can't."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, Page, expect

from bertdemo.api import train
from bertdemo.places import ASSETS

LONG = 120_000  # milliseconds
Serve = Callable[..., str]


def percent(page: Page) -> int:
    return int(page.locator("#progress strong").inner_text().rstrip("%"))


def start_training(page: Page, address: str) -> None:
    page.goto(address)
    unlabelled = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"text,label\n" + b"some text here,\n" * 20}
    page.locator("#csv input[type=file]").set_input_files(unlabelled)
    expect(page.locator("#data-problem")).to_contain_text("is empty in every row", timeout=20_000)
    expect(page.locator("#continue")).to_be_disabled()
    expect(page.locator(".toast-body")).to_have_count(0)
    page.reload()
    expect(page.locator("#welcome")).to_contain_text("a text and its label")
    page.get_by_role("tab", name="Classify").click()
    expect(page.get_by_text("Nothing can be classified yet")).to_be_visible(timeout=20_000)
    page.get_by_role("tab", name="Data").click()
    page.locator("#csv input[type=file]").set_input_files(ASSETS / "support_tickets.csv")
    expect(page.locator("#continue")).to_contain_text("train on 371 rows", timeout=20_000)
    expect(page.locator("#welcome")).to_have_count(0)
    expect(page.locator("#noticed")).to_contain_text("no label")
    expect(page.locator("#labels")).to_contain_text("product question")
    remedy = page.get_by_label("Drop repeated rows")
    remedy.check()
    expect(page.locator("#continue")).to_contain_text("train on 369 rows")
    expect(page.locator("#noticed")).not_to_contain_text("repeat")
    expect(page.locator("#cleaned")).to_be_visible()
    remedy.uncheck()
    expect(page.locator("#continue")).to_contain_text("train on 371 rows")
    expect(page.locator("#noticed")).to_contain_text("repeat")
    page.locator("#continue").click()
    page.locator("#train").click()


def ask_why(page: Page) -> None:
    """Reasons by words, for another label too; a correction to take along; answers while typing."""
    expect(page.locator("#why mark.for").first).to_be_visible(timeout=60_000)
    expect(page.locator("#nearest")).to_contain_text("Nearest training rows")
    page.get_by_label("Why, or why not").click()
    page.get_by_role("option", name="delivery", exact=True).click()
    expect(page.locator("#why")).to_contain_text("against delivery")
    page.get_by_label("This should be").first.click()
    page.get_by_role("option", name="account", exact=True).click()
    page.get_by_text("This visit, and corrections", exact=True).click()
    with page.expect_download() as download:
        page.locator("#visit-download").click()
    rows = download.value.path().read_text(encoding="utf-8").splitlines()
    assert rows == ["message,team", '"I was charged twice, please refund one payment",account']
    page.locator("#classify-text textarea").fill("where is my parcel?")
    expect(page.get_by_test_id("label-output-value")).to_have_text("delivery", timeout=20_000)
    expect(page.locator("#why .words")).to_contain_text("parcel", timeout=20_000)
    page.get_by_text("Several texts", exact=True).click()
    page.locator("#several-texts textarea").fill("where is my parcel?\n<b>please refund</b> one payment")
    page.locator("#several-go").click()
    expect(page.locator("#several-answers tbody tr")).to_have_count(2, timeout=20_000)


def test_from_a_file_to_a_classified_file(browser: Browser, serve: Serve) -> None:
    page = browser.new_context(locale="en-US", accept_downloads=True).new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    address = serve()
    start_training(page, address)
    expect(page.locator("#progress")).to_contain_text(re.compile(r"learning, epoch \d+ of \d+"), timeout=LONG)

    # a reload and a second window show the same progress, and it goes on
    before = percent(page)
    page.reload()
    page.get_by_role("tab", name="Train", exact=True).click()
    expect(page.locator("#progress")).to_contain_text("learning", timeout=3000)
    assert percent(page) >= before
    second = page.context.new_page()
    second.goto(address)
    second.get_by_role("tab", name="Train", exact=True).click()
    expect(second.locator("#progress")).to_contain_text("learning", timeout=3000)
    assert abs(percent(second) - percent(page)) <= 10

    # a second training is asked for twice, waits and says so; without it the first one is on show again
    second.get_by_role("tab", name="Data", exact=True).click()
    second.get_by_role("button", name="Film reviews, 2 sentiments").click()
    expect(second.locator("#continue")).to_contain_text("train on 35")
    second.locator("#continue").click()
    second.locator("#train").click()
    expect(second.locator("#train-queue")).to_contain_text("under way")
    second.locator("#train-after").click()
    expect(second.locator("#progress")).to_contain_text("one training is before yours", timeout=10_000)
    second.locator("#discard").click()
    second.locator("#discard-yes").click()
    expect(second.locator("#progress")).to_contain_text("learning", timeout=10_000)
    second.close()

    # while it runs, the classifier that is ready already answers
    page.get_by_role("tab", name="Classify", exact=True).click()
    page.locator("#classify-text textarea").fill("where is my parcel?")
    page.locator("#classify-go").click()
    expect(page.get_by_test_id("label-output-value")).to_have_text("delivery", timeout=60_000)
    page.get_by_role("tab", name="Train", exact=True).click()
    page.locator("#stop").click()
    expect(page.locator("#result")).to_contain_text(re.compile(r"about \d+ of 100 new texts"), timeout=LONG)
    page.locator("#go-classify").click()
    page.locator("#classify-text textarea").fill("I was charged twice, please refund one payment")
    page.locator("#classify-go").click()
    expect(page.get_by_test_id("label-output-value")).to_have_text("billing", timeout=60_000)
    ask_why(page)

    page.get_by_text("A whole file", exact=True).click()
    page.locator("#classify-file input[type=file]").set_input_files(ASSETS / "support_tickets.csv")
    page.locator("#file-download").wait_for(timeout=LONG)
    with page.expect_download() as download:
        page.locator("#file-download").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("message,team,predicted_label,confidence,unsure,p:account,")
    # asked for in another form, the file in hand is done anew; taken away, nothing of it stays
    page.locator("#file-kind input").click()
    page.get_by_role("option", name="TSV", exact=True).click()
    expect(page.locator("#file-download")).to_be_hidden()
    page.locator("#file-download").wait_for(timeout=LONG)
    with page.expect_download() as download:
        page.locator("#file-download").click()
    assert download.value.suggested_filename.endswith(".tsv")
    page.locator("#classify-file").get_by_label("Clear").click()
    expect(page.locator("#file-download")).to_be_hidden()
    expect(page.locator("#file-progress")).to_be_empty()
    page.get_by_role("tab", name="Report", exact=True).click()
    expect(page.locator("#report")).to_contain_text("always the largest class")
    read_the_report(page)
    assert problems == []


def test_an_open_page_goes_on_after_a_restart(browser: Browser, serve: Serve) -> None:
    """As behind a proxy, which answers meanwhile: where nobody does, Gradio itself loads the page again."""
    run = train(ASSETS / "support_tickets.csv", base="tfidf").run
    page = browser.new_context(locale="en-US").new_page()
    address = serve()
    page.goto(f"{address}/?run={run.id}&tab=data")
    expect(page.locator("#on-page textarea, #on-page input").first).to_have_value(run.id)  # the page has arrived
    page.get_by_role("button", name="Film reviews, 2 sentiments").click()
    expect(page.locator("#continue")).to_contain_text("train on 35")
    page.get_by_role("tab", name="Classify", exact=True).click()
    page.locator("#classify-text textarea").fill("where is my parcel?")
    page.locator("#classify-go").click()
    expect(page.locator("#why mark.for").first).to_be_visible(timeout=60_000)

    page.route("**/gradio_api/**", lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>502"))
    serve(again=address)
    page.unroute("**/gradio_api/**")
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 500 else None)
    expect(page.locator("#started-anew")).to_contain_text("was started anew")
    expect(page.locator("#classify-text textarea")).to_have_value("where is my parcel?")  # not loaded again
    page.locator("#classify-text textarea").fill("I was charged twice, please refund one payment")
    page.locator("#classify-go").click()
    expect(page.get_by_test_id("label-output-value")).to_have_text("billing", timeout=60_000)
    page.get_by_role("tab", name="Data", exact=True).click()
    expect(page.locator("#welcome")).to_be_visible()
    page.get_by_role("tab", name="Train", exact=True).click()
    expect(page.locator("#train")).to_be_disabled()
    expect(page.locator("#result")).to_contain_text("of 100 new texts")
    assert refused == []


def read_the_report(page: Page) -> None:
    """From a cell of mistakes to the training rows behind them, decisions on labels, a file to give away."""
    cell = page.locator("#confusion [data-cell]").first
    rows = int(cell.inner_text())
    cell.click()
    expect(page.locator("#wrong tbody tr")).to_have_count(rows)
    page.locator("#wrong summary").first.click()
    expect(page.locator("#wrong details[open] li").first).to_be_visible()
    before = page.locator("#corrections").inner_text()
    page.locator("#suspects select").first.select_option("drop")
    expect(page.locator("#corrections")).to_contain_text("that are dropped: 1")
    assert page.locator("#corrections").inner_text() != before
    page.locator("#make-corrected").click()
    page.locator("#corrected").wait_for()
    with page.expect_download() as download:
        page.locator("#corrected").click()
    assert len(download.value.path().read_text(encoding="utf-8").splitlines()) > 300
    page.locator("#make-report").click()
    page.locator("#report-file").wait_for()
    with page.expect_download() as download:
        page.locator("#report-file").click()
    assert "<svg" in download.value.path().read_text(encoding="utf-8")


def test_a_stranger_may_classify_and_nothing_else(browser: Browser, serve: Serve, tmp_path: Path) -> None:
    address = serve()
    client = Client(address, verbose=False, download_files=str(tmp_path))
    file = handle_file(str(ASSETS / "waimai_reviews_zh.csv"))
    found = client.predict(file, api_name="/inspect")
    assert found["label"] == "评价"
    started = client.predict(file, base="tfidf", api_name="/train")
    assert set(started) == {"run", "key"}
    run = started["run"]
    for _ in range(600):
        status = client.predict(run, api_name="/status")
        if status["status"] in ("finished", "failed"):
            break
    assert status["status"] == "finished"
    assert client.predict(run, "送得太慢，饭都凉了", api_name="/classify")["label"] == "差评"
    out = Path(client.predict(run, file, api_name="/classify_file"))
    assert out.read_text(encoding="utf-8").startswith("评论,评价,predicted_label,confidence,unsure,p:好评,p:差评")
    with pytest.raises(Exception, match="Only whoever started the run"):
        client.predict(run, "guess", api_name="/stop")
    assert client.predict(run, started["key"], api_name="/stop") == {"run": run}

    # two profiles: the link opens the run for classifying in both, and shows none of its texts
    for header in ({}, {"X-Forwarded-For": "203.0.113.9"}):
        stranger = browser.new_context(locale="en-US", extra_http_headers=header).new_page()
        stranger.goto(f"{address}/?run={run}")
        expect(stranger.locator("#classify-text")).to_be_visible()
        if header:
            expect(stranger.get_by_role("tab", name="Train", exact=True)).to_be_hidden()
            expect(stranger.locator("#examples")).to_be_hidden()
            stranger.goto(address)
            stranger.get_by_role("tab", name="Train", exact=True).click()
            stranger.get_by_text("Earlier runs", exact=True).click()
            stranger.locator("#runs input").click()
            expect(stranger.get_by_role("option")).to_have_count(0)
            stranger.goto(f"{address}/?lang=zh")
            expect(stranger.get_by_role("tab", name="数据", exact=True)).to_be_visible()
        stranger.context.close()

    # raw HTTP: whatever arrives is answered, never with a traceback or a row of the data
    calls = ("classify", [run, None]), ("classify", [["x"], "text"]), ("status", ["../../etc"]), ("stop", [run, {}])
    headers = {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.9"}
    for name, data in calls:
        body = json.dumps({"data": data}).encode()
        call = urllib.request.Request(f"{address}/gradio_api/call/{name}", body, headers)
        try:
            event = json.load(urllib.request.urlopen(call, timeout=20))["event_id"]
            answer = urllib.request.urlopen(f"{address}/gradio_api/call/{name}/{event}", timeout=20).read().decode()
        except urllib.error.HTTPError as refused:
            answer = refused.read().decode()
        assert "Traceback" not in answer
        assert "event: complete" not in answer
