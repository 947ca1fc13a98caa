"""A run's page in headless Chromium: light and dark, on a desk, a phone and A4, and without a word on the console."""

import html
import re
import shutil
import subprocess

import numpy as np
import pytest
from test_page import watch_of, with_raw

from kneesync.analysis.session import summary
from kneesync.formats.decoder import decode
from kneesync.views.page import html as page
from tests.support.knee_files import tired_run

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DARK = "--blink-settings=preferredColorScheme=0"
PHONE = (375, 700)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; on Debian: apt install chromium")


def chromium(url, *options):
    """What a headless Chromium without network says: (stdout, stderr)."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000", *options, str(url)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def said(stderr):
    """What a page had the console say."""
    return [line for line in stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture(scope="module")
def run_page(tmp_path_factory):
    """The page of a run with raw samples, as a file."""
    session = with_raw()
    path = tmp_path_factory.mktemp("page") / "run.html"
    watch = watch_of(100)
    page.write(page.text(session, summary(session, watch), watch=watch), path)
    return path


def screenshot(path, *options):
    """(pixels (height, width, 3) from 0 to 1, stderr) of a page on a screen of 1100 x 1400."""
    from matplotlib.image import imread

    shot = path.with_suffix(".png")
    _, stderr = chromium(path.as_uri(), "--window-size=1100,1400", f"--screenshot={shot}", *options)
    return imread(shot)[:, :, :3], stderr


def hues(pixels):
    """Shares of pixels that are clearly blue, and clearly orange."""
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return float(((blue - red > 0.25) & (blue > green)).mean()), float(((red - blue > 0.25) & (red > green)).mean())


def test_light_and_dark(run_page):
    light, quiet = screenshot(run_page)
    dark, quiet_too = screenshot(run_page, DARK)
    assert said(quiet) == said(quiet_too) == []
    assert np.median(light) > 0.95 and np.median(dark) < 0.15
    for pixels, ground in ((light, np.median(light)), (dark, np.median(dark))):
        words = np.abs(pixels.mean(axis=2) - ground) > 0.5
        assert 0.005 < words.mean() < 0.2, "letters and lines stand out from the ground"
        blue, orange = hues(pixels)
        assert blue > 0.0005 and orange > 0.0005, "fresh and late are drawn in their colours"


def test_a_word_on_the_console_would_be_heard(tmp_path):
    loud = tmp_path / "loud.html"
    loud.write_text("<!DOCTYPE html><title>x</title><script>console.error('oh')</script>")
    assert any("oh" in line for line in said(chromium(loud.as_uri(), "--dump-dom")[1]))


# Reads the page from a frame of a phone's size, and writes what it finds as text. The page itself has no script.
_MEASURE = """
<!DOCTYPE html><title>frame</title><iframe srcdoc="{page}" width="{width}" height="{height}"></iframe><pre></pre>
<script>
addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument, view = page.defaultView;
  const shown = element => element.getClientRects().length > 0;
  const found = [`scroll ${{page.documentElement.scrollWidth}}`];
  for (const svg of page.querySelectorAll("svg")) if (shown(svg)) {{
    const box = svg.getBoundingClientRect();
    found.push(`svg ${{svg.getAttribute("class")}} ${{Math.round(box.left)}} ${{Math.round(box.right)}}`);
    for (const text of svg.querySelectorAll("text")) {{
      const box = text.getBoundingClientRect(), size = parseFloat(view.getComputedStyle(text).fontSize);
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      found.push(`text ${{Math.floor(box.left)}} ${{Math.ceil(box.right)}} ${{(size * scale).toFixed(1)}}`);
    }}
  }}
  for (const box of page.querySelectorAll(".scroll")) found.push(`box ${{box.scrollWidth}} ${{box.clientWidth}}`);
  for (const p of page.querySelectorAll("p, td, th, dd, figcaption")) if (shown(p))
    found.push(`words ${{parseFloat(view.getComputedStyle(p).fontSize).toFixed(1)}}`);
  document.querySelector("pre").textContent = found.join("\\n");
}});
</script>
"""


def measured(text, size, folder):
    frame = folder / f"frame-{size[0]}.html"
    frame.write_text(_MEASURE.format(page=html.escape(text), width=size[0], height=size[1]), encoding="utf-8")
    out, _ = chromium(frame.as_uri(), "--dump-dom")
    rows = re.search(r"<pre>(.*)</pre>", out, re.DOTALL)[1].split("\n")
    return [row.split() for row in rows]


@pytest.mark.parametrize(("size", "form"), [(PHONE, "narrow"), ((1000, 800), "wide")])
def test_it_fits_the_screen_and_can_be_read(run_page, tmp_path, size, form):
    rows = measured(run_page.read_text(encoding="utf-8"), size, tmp_path)
    assert int(rows[0][1]) <= size[0], "no scrolling sideways"
    pictures = [row for row in rows if row[0] == "svg"]
    assert len(pictures) == 3 and {row[1] for row in pictures} == {form}
    assert all(int(row[2]) >= 0 and int(row[3]) <= size[0] for row in pictures)
    letters = [row for row in rows if row[0] == "text"]
    assert len(letters) > 40
    for _, left, right, height in letters:
        assert int(left) >= 0 and int(right) <= size[0] and float(height) >= 10
    boxes = [row for row in rows if row[0] == "box"]
    assert boxes and all(int(inner) <= int(outer) for _, inner, outer in boxes), "nor inside a table's box"
    assert min(float(row[1]) for row in rows if row[0] == "words") >= 12


def sheets(path):
    """(pages, [sizes in points]) of the page printed."""
    printed = path.with_suffix(".pdf")
    chromium(path.as_uri(), "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    data = printed.read_bytes()
    assert data.startswith(b"%PDF")
    boxes = re.findall(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", data)
    return len(re.findall(rb"/Type /Page\b", data)), {(round(float(w)), round(float(h))) for w, h in boxes}


def test_it_prints_on_a4(run_page):
    pages, sizes = sheets(run_page)
    assert sizes == {(595, 842)} and 2 <= pages <= 3


@pytest.mark.soak
def test_a_page_of_many_cues_prints_on_a_few_sheets(tmp_path):
    file = tired_run(minutes=60)
    path = tmp_path / "hour.html"
    session = decode(bytes(file.data))
    page.write(page.text(session, summary(session)), path)
    assert sheets(path)[0] <= 4
