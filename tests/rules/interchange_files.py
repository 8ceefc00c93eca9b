"""Files as other programs write them, packed from tests/data/interchange."""

import io
import zipfile
from pathlib import Path

from tests.rules.interchange_samples import PNG

DATA = Path(__file__).parents[1] / "data" / "interchange"
PICTURES = {"canvas": "web_resources/Uploaded Media/Calf.png", "tao": "i1/assets/calf.png"}


def packed(folder: str) -> bytes:
    """A folder of the test data as a package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted((DATA / folder).rglob("*")):
            if path.is_file():
                file.write(path, str(path.relative_to(DATA / folder)))
        if folder in PICTURES:
            file.writestr(PICTURES[folder], PNG)
    return buffer.getvalue()


def plain(name: str) -> bytes:
    """A single file of the test data."""
    return (DATA / name).read_bytes()


def zip_of(members: dict[str, bytes]) -> bytes:
    """A zip file with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()
