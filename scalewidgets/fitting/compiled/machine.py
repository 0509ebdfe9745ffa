"""Machine code of the kernel: compiled by Numba once, kept on disk, and loaded without Numba.

Importing Numba and reading its own cache takes half a second of a fresh process. Machine code needs none
of that: the optimised code of each entry is written to an object file, and llvmlite (which Numba
stands on) puts it into memory in a few milliseconds. Where no place can be written to, or the code cannot be
loaded, Numba's function in memory does the same.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

HERE = Path(__file__).parent
SOURCES = ("arithmetic", "two_lines", "moments", "evaluate", "descent", "together", "projection", "entries")
"""Modules that the code is made from: a change in any of them makes it anew."""
VARIABLE = "NUMBA_CACHE_DIR"
"""Numba's own variable for where compiled code is kept; it goes before every other place."""
HARMLESS = frozenset({"memset", "memcpy", "memmove"})
"""Functions from outside that the code may call."""
UNREACHED = ("numba_", "NRT_", "Py")
"""How those are called that stand on paths that are never taken: no entry raises or allocates."""
_MAGIC = b"scalewidgets machine code 1\n"


@dataclass(frozen=True)
class Kernel:
    """The entries, as functions of addresses.

    Attributes
    ----------
    run, tally : callable
    origin : str
        ``"disk"`` if the code was found there, ``"compiler"`` if it was made now.
    """

    run: Callable[[int], None]
    tally: Callable[..., None]
    origin: str
    _alive: Any = None


_lock = Lock()
_loaded: Kernel | None = None


def installed() -> bool:
    """Whether Numba is there; it is not imported."""
    return _spec("numba") and _spec("llvmlite")


@lru_cache(maxsize=4)
def _spec(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:
        return False


def ready() -> bool:
    """Whether the kernel is in memory; it is put there if this machine has compiled it before."""
    global _loaded
    if _loaded is None and installed():
        with _lock:
            _loaded = _loaded or _from_disk()
    return _loaded is not None


def kernel() -> Kernel:
    """Return the kernel; compile it if this machine never did."""
    global _loaded
    if _loaded is None:
        with _lock:
            _loaded = _loaded or _from_disk() or _from_compiler()
    return _loaded


@lru_cache(maxsize=1)
def _stamp() -> str:
    """What the code depends on: sources, compiler, processor."""
    import llvmlite.binding as llvm

    digest = hashlib.sha256(_MAGIC)
    for name in SOURCES:
        digest.update((HERE / f"{name}.py").read_bytes())
    said = [sys.platform, str(llvm.llvm_version_info), llvm.get_host_cpu_name(), *_features(llvm)]
    for package in ("numba", "llvmlite"):
        with suppress(PackageNotFoundError):
            said.append(version(package))
    digest.update("\0".join(said).encode())
    return digest.hexdigest()[:24]


def _features(llvm: Any) -> list[str]:
    try:
        return [str(llvm.get_host_cpu_features().flatten())]
    except RuntimeError:
        return []


def _files() -> Iterator[Path]:
    """Where the code is looked for and written to, first choice first."""
    name = f"kernel-{_stamp()}.code"
    if os.environ.get(VARIABLE):
        yield Path(os.environ[VARIABLE]) / "scalewidgets" / name
        return
    yield HERE / "__pycache__" / name
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    yield Path(base) / "scalewidgets" / name


# -- from disk ----------------------------------------------------------------------------------------


def _from_disk() -> Kernel | None:
    if not _spec("llvmlite"):
        return None
    for path in _files():
        with suppress(OSError, ValueError, RuntimeError, KeyError):
            return _load(path.read_bytes())
    return None


def _load(content: bytes) -> Kernel:
    """Put machine code into memory.

    Raises
    ------
    ValueError
        If the content is not whole, or needs a function that this process does not have.
    """
    import llvmlite.binding as llvm

    magic, head, code = content[: len(_MAGIC)], *content[len(_MAGIC) :].split(b"\n", 1)
    said = json.loads(head)
    if magic != _MAGIC or hashlib.sha256(code).hexdigest() != said["sha256"]:
        raise ValueError("not the machine code of the kernel")
    # A name that is not found would end the process, not raise.
    if not all(llvm.address_of_symbol(name) for name in said["needs"]):
        raise ValueError("a function that the code needs is missing")
    machine = _target(llvm)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    found = {}
    for entry, (name, kinds) in said["entries"].items():
        address = engine.get_function_address(name)
        if not address:
            raise ValueError("an entry is missing")
        found[entry] = _function(address, kinds)
    return Kernel(**found, origin="disk", _alive=engine)


def _function(address: int, kinds: str) -> Callable[..., None]:
    """Make a function of an address; ``kinds`` has a letter for each argument, p or d."""
    types = {"p": ctypes.c_void_p, "d": ctypes.c_double}
    made: Callable[..., None] = ctypes.CFUNCTYPE(None, *(types[kind] for kind in kinds))(address)
    return made


def _target(llvm: Any) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    features = "".join(_features(llvm))
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=features,
        opt=3,
        reloc="default",
        codemodel="jitdefault",
        jit=True,
    )


# -- from the compiler --------------------------------------------------------------------------------


def _from_compiler() -> Kernel:
    """Compile, keep what can be kept, and return the functions in memory."""
    from numba import cfunc

    from .entries import ENTRIES

    made, kinds = {}, {}
    for name, (function, signature) in ENTRIES.items():
        made[name] = cfunc(signature, error_model="numpy")(function)
        kinds[name] = "".join("d" if str(kind) == "float64" else "p" for kind in signature.args)
    with suppress(OSError, RuntimeError, ValueError):
        _keep(_object(made, kinds))
    found = {name: _function(function.address, kinds[name]) for name, function in made.items()}
    return Kernel(**found, origin="compiler", _alive=made)


def _object(made: dict[str, Any], kinds: dict[str, str]) -> bytes:
    """Machine code of the entries in one file, headed by what it needs and what it holds.

    The code of Numba's functions ends in calls that raise Python's errors, which these functions have
    none of. They are made to stop the process, so that the code needs no Numba around it.
    """
    import llvmlite.binding as llvm

    machine = _target(llvm)
    whole = llvm.parse_assembly("")
    for name in made:
        text = re.sub(r"^declare [^\n]*", _stopped, made[name].inspect_llvm(), flags=re.MULTILINE)
        part = llvm.parse_assembly(f"{text}\ndeclare void @llvm.trap()\n")
        for function in part.functions:
            # The same helper twice, in code that is joined.
            if not function.is_declaration and function.name != made[name].native_name:
                function.linkage = "internal"
        whole.link_in(part)
    whole.verify()
    outside = [f.name for f in whole.functions if f.is_declaration and not f.name.startswith("llvm.")]
    if not HARMLESS.issuperset(outside):
        raise ValueError(f"the code calls {outside}")
    code = machine.emit_object(whole)
    head = {
        "sha256": hashlib.sha256(code).hexdigest(),
        "needs": outside,
        "entries": {name: [made[name].native_name, kinds[name]] for name in made},
    }
    return _MAGIC + json.dumps(head).encode() + b"\n" + bytes(code)


def _stopped(found: re.Match[str]) -> str:
    """Turn the declaration of a function from outside into a definition that stops the process."""
    line = found[0]
    name = re.search(r'@"?([^"(]+)"?\(', line)
    if name is None or not name[1].startswith(UNREACHED):
        return line
    line = re.sub(r"\s+#\d+\s*$", "", line)
    return f"define internal {line.removeprefix('declare ')} {{\n  call void @llvm.trap()\n  unreachable\n}}"


def _keep(content: bytes) -> None:
    """Write to the first place that can be written to, all at once."""
    for path in _files():
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(name, path)
            return
