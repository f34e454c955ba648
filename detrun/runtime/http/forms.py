"""What a browser sends from a form: names and values, some of which are files; to bytes and back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterator

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_MOST = 1_000
_PARAMETER = re.compile(r';\s*([^=;\s]+)\s*=\s*(?:"([^"]*)"|([^;]*))')
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class File:
    """A file in a form."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass
class FormData:
    """Pairs of a name and a value, in the order of the form; a name may come several times."""

    pairs: list[tuple[str, str | File]] = field(default_factory=list)

    def append(self, name: str, value: str | File) -> None:
        self.pairs.append((name, value))

    def get(self, name: str) -> str | File | None:
        """The first value of this name."""
        return next(iter(self.get_all(name)), None)

    def get_all(self, name: str) -> list[str | File]:
        return [value for key, value in self.pairs if key == name]

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self.pairs)

    def __getitem__(self, name: str) -> str | File:
        if (found := self.get(name)) is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[tuple[str, str | File]]:
        return iter(self.pairs)


def parameters(header: str) -> tuple[str, dict[str, str]]:
    """What a header says first, in lower case, and the parameters that follow."""
    first, _, rest = header.partition(";")
    found = {name.lower(): quoted or plain.strip() for name, quoted, plain in _PARAMETER.findall(f";{rest}")}
    return first.strip().lower(), found


def parsed(data: bytes, content_type: str | None) -> FormData:
    """The form in a body."""
    kind, said = parameters(content_type or "")
    match kind, said.get("boundary"):
        case (str(urlencoded), _) if urlencoded == URLENCODED:
            pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST)
            return FormData(list(pairs))
        case (str(multipart), str(boundary)) if multipart == MULTIPART and boundary:
            return FormData([_part(part) for part in _parts(data, boundary.encode("latin-1", "replace"))])
    raise ValueError(
        f"expected a form, of content type {URLENCODED} or {MULTIPART} with a boundary, got {content_type!r}"
    )


def _parts(data: bytes, boundary: bytes) -> list[bytes]:
    # The first boundary needs no line before it, all others do; what only begins like it is content.
    line = rb"\r\n--" + re.escape(boundary)
    whole = b"\r\n" + data
    end = re.search(line + rb"--[ \t]*(?:\r\n|\Z)", whole)
    if end is None:
        raise ValueError("expected a form that ends with its boundary, got one that was cut off")
    parts = re.split(line + rb"[ \t]*(?=\r\n)", whole[: end.start()])[1:]
    if len(parts) > _MOST:
        raise ValueError(f"expected a form of at most {_MOST:,} parts, got {len(parts):,}")
    return parts


def _part(part: bytes) -> tuple[str, str | File]:
    head, found, content = part.partition(b"\r\n\r\n")
    lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n")]
    said = {name.strip().lower(): value.strip() for name, _, value in lines}
    kind, named = parameters(said.get("content-disposition", ""))
    if not found or kind != "form-data" or "name" not in named:
        raise ValueError("expected each part of a form to have a name")
    name = _unescaped(named["name"])
    if "filename" not in named:
        return name, content.decode("utf-8", "replace")
    return name, File(_unescaped(named["filename"]), content, said.get("content-type", "application/octet-stream"))


def multipart(form: FormData) -> tuple[bytes, str]:
    """The bytes of a form, and their content type."""
    parts = [_head(name, value) + _content(value) for name, value in form]
    # A boundary must not occur within; one that follows from the content is the same in every run.
    boundary = b"form-" + blake2b(b"".join(parts), digest_size=16).hexdigest().encode()
    while any(boundary in part for part in parts):
        boundary = b"form-" + blake2b(boundary, digest_size=16).hexdigest().encode()
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"
    return body, f"{MULTIPART}; boundary={boundary.decode()}"


def _head(name: str, value: str | File) -> bytes:
    line = f'content-disposition: form-data; name="{_escaped(name)}"'
    if isinstance(value, File):
        kind = "".join(value.content_type.splitlines())
        line += f'; filename="{_escaped(value.name)}"\r\ncontent-type: {kind}'
    return line.encode() + b"\r\n\r\n"


def _content(value: str | File) -> bytes:
    # Browsers send lines of a field with both characters at their ends.
    return value.content if isinstance(value, File) else _LINE_END.sub(b"\r\n", value.encode())


def _escaped(name: str) -> str:
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _unescaped(name: str) -> str:
    return name.replace("%0D", "\r").replace("%0A", "\n").replace("%22", '"')
