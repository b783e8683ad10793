"""Small PDF files, good and bad, written here."""

from __future__ import annotations

from io import BytesIO

from pikepdf import Array, Dictionary, Name, Pdf, String


def pdf(text: str = "Bonjour", *, pages: int = 1, **root: object) -> bytes:
    """A PDF with a line of text on each page; ``root`` adds keys to its catalogue."""
    made = Pdf.new()
    font = made.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    )
    for number in range(pages):
        page = made.add_blank_page(page_size=(595, 842))
        page.Resources = Dictionary(Font=Dictionary(F1=font))
        line = text if pages == 1 else f"{text} {number + 1}"
        page.Contents = made.make_stream(f"BT /F1 24 Tf 60 760 Td ({line}) Tj ET".encode("cp1252"))
    for key, value in root.items():
        made.Root[f"/{key}"] = value(made) if callable(value) else value
    told = BytesIO()
    made.save(told, deterministic_id=True)
    return told.getvalue()


def action(kind: str, **more: object) -> Dictionary:
    return Dictionary(S=Name(f"/{kind}"), **more)


def with_attachment(content: bytes = b"MZ...", **more: object) -> bytes:
    def names(made: Pdf) -> Dictionary:
        stream = made.make_stream(content, Type=Name.EmbeddedFile)
        spec = made.make_indirect(Dictionary(Type=Name.Filespec, F=String("run.exe"), EF=Dictionary(F=stream)))
        return Dictionary(EmbeddedFiles=Dictionary(Names=Array([String("run.exe"), spec])))

    return pdf(Names=names, **more)
