"""The rows to learn from and the rows to test on, parted from each other and after the remedies that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bertdemo.data.footer import without_footer
from bertdemo.data.labelled import LabelledTexts, labelled_texts
from bertdemo.data.names import own_name
from bertdemo.data.parts import NO_SPLIT, column_of_parts, split_by_column
from bertdemo.data.relabelling import UNCHANGED, Relabelling
from bertdemo.data.remedies import ORDER, grouped, misfit, remedied
from bertdemo.data.roles import Roles
from bertdemo.data.split import split_texts
from bertdemo.data.table import Table
from bertdemo.errors import UserError


@dataclass(frozen=True, eq=False)
class Treated:
    """What a file comes to before anything is learnt.

    Attributes:
        before: the rows to learn from, before any remedy.
        table: the same after the remedies.
        roles: of its columns; remedies may have added one of groups.
        test: the test rows, labelled as `table` is; None where there are none.
        split: the column that parted them from the file, or ``"none"``.
        relabelling: what the remedies made of labels.
    """

    before: Table
    table: Table
    roles: Roles
    test: Table | None
    split: str
    relabelling: Relabelling

    @cached_property
    def texts(self) -> LabelledTexts:
        """The usable rows of `table`."""
        return labelled_texts(self.table, self.roles)

    @cached_property
    def tested(self) -> LabelledTexts | None:
        """The usable rows of `test`, with the label names of `texts`."""
        if self.test is None:
            return None
        return labelled_texts(self.test, self.roles, label_names=self.texts.label_names)

    def check(self) -> None:
        """Raises what `labelled_texts` does of the rows and of the test rows, and `split_texts` of rows that belong
        together: that they make too few groups, say."""
        texts, tested = self.texts, self.tested
        if self.roles.group:
            split_texts(texts, test=tested)


def treated(
    table: Table,
    roles: Roles,
    *,
    test: Table | None = None,
    split: str | None = None,
    remedies: Sequence[str] | str = (),
) -> Treated:
    """A table in the light of its roles; a last row that sums up the others is nowhere.

    Args:
        test: the rows of a file of their own; the file's own parts are not heeded then.
        split: the column that says which rows test; None: guessed; ``"none"``: the file's own parts are not heeded.
        remedies: those that are done; one may stand by itself.

    Raises:
        UserError: ``remedy_unknown``, ``remedy_of_several``, ``remedy_of_cells``, and what `split_by_column` and
            `labelled_texts` raise.
    """
    wanted = (remedies,) if isinstance(remedies, str) else tuple(remedies)
    if unknown := [name for name in wanted if name not in ORDER]:
        raise UserError("remedy_unknown", name=unknown[0], names=", ".join(ORDER))
    if unfit := misfit(wanted, roles):
        raise unfit
    before = without_footer(table, roles)
    split = split and own_name(split, before.columns)
    column = None if test is not None else column_of_parts(before, roles, split)
    if test is not None:
        test = without_footer(test.called([*roles.columns, *filter(None, [roles.group])]), roles)
    elif column:
        before, test = split_by_column(before, column, roles)
    roles = grouped(before, roles, wanted)
    after, relabelling = remedied(before, roles, wanted) if wanted else (before, UNCHANGED)
    if test is not None:
        test = relabelling.done(test, roles)
    return Treated(before, after, roles, test, column or NO_SPLIT, relabelling)
