"""Says which requirement of pyproject.toml its lock does not answer, and whether a lock holds more than hashes."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
ALLOWED = re.compile(r"^(?:[A-Za-z0-9._-]+==\S+( ;.*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?)$")


def pins(lock: Path) -> dict[str, str]:
    found = (PIN.match(line) for line in lock.read_text().splitlines())
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def complaints(lock: Path, wanted: list[str]) -> list[str]:
    locked = pins(lock)
    said = [
        f"{lock.name} does not answer '{requirement}' of pyproject.toml; run sh script/lock."
        for requirement in map(Requirement, wanted)
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0.dev0"))
    ]
    strange = (line for line in lock.read_text().splitlines() if not ALLOWED.match(line))
    return said + [f"{lock.name} holds a line that is neither a pin nor a hash: {line}" for line in strange]


def main() -> int:
    project = tomllib.loads(Path("pyproject.toml").read_text())
    server: list[str] = project["project"]["dependencies"]
    extras: list[str] = [one for some in project["project"]["optional-dependencies"].values() for one in some]
    tests: list[str] = project["dependency-groups"]["test"]
    said = complaints(Path("requirements.lock"), server)
    said += complaints(Path("requirements-extras.lock"), server + extras)
    said += complaints(Path("requirements-test.lock"), server + extras + tests)
    sys.stderr.writelines(sentence + "\n" for sentence in said)
    return bool(said)


if __name__ == "__main__":
    sys.exit(main())
