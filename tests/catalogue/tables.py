"""The tables of the pages that are made from the code: `python -m tests.catalogue.tables` writes them all."""

from __future__ import annotations

from dataclasses import dataclass

from console import doctor
from tests.catalogue.capability_table import CHINESE, ENGLISH, capability_table
from tests.catalogue.pages import ROOT, between, page
from tests.catalogue.preset_table import preset_table
from tests.catalogue.rights_table import rights_table

WRITE = "write the tables: .venv/bin/python -m tests.catalogue.tables"


@dataclass(frozen=True)
class Written:
    """What stands in `page` between two comments that name it."""

    page: str
    name: str
    text: str

    @property
    def marks(self) -> tuple[str, str]:
        return f"<!-- {self.name}: written by the code, compared by a test -->", f"<!-- /{self.name} -->"

    def found(self) -> str:
        return between(page(self.page), *self.marks)

    def write(self) -> None:
        begin, end = self.marks
        before, _, rest = page(self.page).partition(begin)
        text = f"{before}{begin}\n\n{self.text}\n\n{end}{rest.partition(end)[2]}"
        (ROOT / self.page).write_text(text, "utf-8")


TABLES = (
    Written("docs/capabilities.md", "capabilities", capability_table(ENGLISH)),
    Written("docs/zh-CN/capabilities.md", "capabilities", capability_table(CHINESE)),
    Written("docs/listings.md", "presets", preset_table("en")),
    Written("docs/zh-CN/listings.md", "presets", preset_table("zh")),
    Written("docs/settings.md", "rights", rights_table("en")),
    Written("docs/zh-CN/settings.md", "rights", rights_table("zh")),
    Written("docs/operating.md", "checks", doctor.table("en")),
    Written("docs/zh-CN/operating.md", "checks", doctor.table("zh")),
)

if __name__ == "__main__":
    for each in TABLES:
        each.write()
