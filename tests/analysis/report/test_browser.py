# SPDX-License-Identifier: MIT
"""The report as Debian's headless Chromium shows it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import sync_playwright

from analysis.read.load import load
from analysis.report.html import write

from ..exposures import ladder
from ..figures.campaign import GAPS, HOSTILE, Params, campaigns, cells
from ..recording import Synthetic, SyntheticCell
from ..recording import write as write_record
from ..simulations import counted as modelled
from ..ways import hostile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium-headless-shell")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
FIGURES = 15

# Contrast (WCAG 2.1) of all text that is shown, against the nearest background behind it.
CONTRAST = """() => {
  const parts = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => parts(color).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if ((parts(color)[3] ?? 1) > 0.5) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  for (const e of document.querySelectorAll("h1,h2,h3,p,a,td,th,summary,strong,span,dt,dd,text")) {
    if (!e.textContent.trim() || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const front = light(e.tagName === "text" ? style.fill : style.color);
    const back = light(behind(e));
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    found.push([contrast, e.tagName + ": " + e.textContent.trim().slice(0, 60)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium-headless-shell: apt install chromium-headless-shell")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    return write(campaigns(folder), folder)


def opened(
    browser: Browser, path: Path, width: int = 1000, scheme: Literal["light", "dark"] = "light"
) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.goto(path.as_uri())
    return page


def test_the_page_opens_without_an_error_and_asks_the_network_for_nothing(
    browser: Browser, report: Path
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.wait_for_load_state("networkidle")
    assert said == []
    assert [url for url in asked if not url.startswith("data:image/png")] == [report.as_uri()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_figure_is_visible_with_its_images_and_text(
    browser: Browser, report: Path, scheme: Literal["light", "dark"]
) -> None:
    page = opened(browser, report, scheme=scheme)
    pictures = page.locator("figure svg").all()
    assert len(pictures) == FIGURES
    for picture in pictures:
        box = picture.bounding_box()
        assert box
        assert box["width"] > 500
        assert box["height"] > 100
    clouds = page.locator("figure svg image").all()
    assert clouds
    assert all((cloud.bounding_box() or {"width": 0})["width"] > 10 for cloud in clouds)


def test_labels_of_a_figure_do_not_lie_on_each_other(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    overlaps: list[Any] = page.evaluate(
        """() => [...document.querySelectorAll("figure svg")].flatMap(svg => {
          const boxes = [...svg.querySelectorAll("text")]
            .map(e => [e.textContent, e.getBoundingClientRect()]);
          return boxes.flatMap(([a, p], i) => boxes.slice(i + 1)
            .filter(([, q]) => p.left < q.right - 1 && q.left < p.right - 1
              && p.top < q.bottom - 2 && q.top < p.bottom - 2)
            .map(([b]) => [a, b]));
        })"""
    )
    assert overlaps == []


def test_nothing_of_a_figure_is_cut_off(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    outside: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("figure svg")].flatMap(svg => {
          const frame = svg.getBoundingClientRect();
          return [...svg.querySelectorAll("text")].filter(e => {
            const box = e.getBoundingClientRect();
            return box.left < frame.left - 1 || box.right > frame.right + 1
              || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
          }).map(e => e.textContent);
        })"""
    )
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_readable_contrast(
    browser: Browser, report: Path, scheme: Literal["light", "dark"]
) -> None:
    page = opened(browser, report, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found: list[tuple[float, str]] = page.evaluate(CONTRAST)
    assert len(found) > 500
    assert [text for contrast, text in found if contrast < 4.5] == []


def test_the_dark_page_is_dark_and_so_are_its_figures(browser: Browser, report: Path) -> None:
    page = opened(browser, report, scheme="dark")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, paper.removeprefix("rgb(").removesuffix(")").split(","))) < 64
    fills = page.evaluate(
        "[...document.querySelectorAll('figure svg text')].map(e => getComputedStyle(e).fill)"
    )
    assert set(fills) <= {"rgb(230, 233, 236)", "rgb(163, 173, 184)"}


def test_a_phone_scrolls_tables_inside_their_box_and_never_the_page(
    browser: Browser, report: Path
) -> None:
    page = opened(browser, report, width=320)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    boxes = page.evaluate(
        "[...document.querySelectorAll('.scroll')].map(e => e.getBoundingClientRect().right)"
    )
    assert max(boxes) <= 320


def test_a_number_opens_the_runs_behind_it(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    link = page.locator(".headlines a").first
    target = page.locator(link.get_attribute("href") or "")
    assert not target.is_visible()
    link.click()
    assert target.is_visible()
    assert "python -m analysis values" in target.inner_text()


def test_the_page_prints_with_its_figures_and_result_tables(browser: Browser, report: Path) -> None:
    page = opened(browser, report)
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert 3 <= pdf.count(b"/Type /Page\n") <= 40
    page.emulate_media(media="print")
    assert page.locator("#owner details.table td").first.is_visible()
    tallest = max(
        (each.bounding_box() or {"height": 0})["height"]
        for each in page.locator("figure svg").all()
    )
    assert tallest <= 267 / 25.4 * 96


def test_a_hostile_record_runs_nothing_and_breaks_nothing(browser: Browser, tmp_path: Path) -> None:
    touch = SyntheticCell("first-touch", HOSTILE, "memfd", {"backing": HOSTILE}, 2e-6, 2.0)
    width = SyntheticCell("access-width", HOSTILE, "memfd", {"op": HOSTILE, "width_bytes": 8})
    use: Params = {"use": HOSTILE}
    loss = SyntheticCell("neighbour-loss", HOSTILE, "memfd", use, notes={"gaps": GAPS})
    steps: Params = {"step_bytes": 4096, "phase": HOSTILE}
    split = SyntheticCell("splits", HOSTILE, None, steps, counts=[0, 1])
    stages = SyntheticCell("fault-stages", HOSTILE, None, notes={f"share of {HOSTILE}": 1.0})
    walks = SyntheticCell("tlb-walks", HOSTILE, HOSTILE, {"event": "walks-4k", "pages": 8})
    dose = SyntheticCell("victim-dose", HOSTILE, "memfd", {"victim": HOSTILE})
    census = SyntheticCell("split-exposure", "secret", HOSTILE, tables=ladder({4096: (20, 1)}))
    work: Params = {"work": HOSTILE, "dose_bytes": 4096}
    models = modelled({step: {HOSTILE: (1.0, 0.0, 0.0)} for step in ("control", "treatment")})
    simulated = SyntheticCell("tlb-simulated-dose", "secret", HOSTILE, work, tables=models)
    counted = [loss, split, stages, walks, dose, census, simulated]
    chosen = [*cells()[:3], touch, width, *counted, *hostile(HOSTILE)]
    record = Synthetic(chosen, environment={HOSTILE: HOSTILE})
    path = write(load([write_record(tmp_path / "hostile.jsonl", record)]), tmp_path)
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(path.as_uri())
    assert said == []
    assert page.locator("script").count() == 0
    assert page.locator("figure svg text", has_text="<script>").count() > 2
    assert len(page.locator("figure svg").all()) == FIGURES
