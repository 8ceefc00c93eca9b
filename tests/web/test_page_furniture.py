"""What every page carries in its head."""

import re
from urllib.parse import urljoin

from tests.support.client import Client


def test_preloaded_fonts_are_asked_for_by_the_very_address_that_the_style_sheet_uses(client: Client):
    """Another address, such as one with a version, would be loaded in vain."""
    page = client.get("/")
    preloaded = {link.get("href") for link in page.css("link[rel=preload][as=font]")}
    (sheet,) = [link.get("href") for link in page.css("link[rel=stylesheet]") if "fonts.css" in link.get("href")]
    with client.app.test_client().get(sheet) as answer:
        text = answer.get_data(as_text=True)
    used = {urljoin(sheet, address) for address in re.findall(r'url\("([^"]+)"\)', text)}
    assert preloaded
    assert preloaded <= used
