"""What a person may choose about their letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Role
from portal.notifications.kinds import Channel, Kind
from portal.notifications.preferences import Wishes, must_leave

_ABOUT_ONESELF = (Kind.NEW_DEVICE, Kind.SECURITY_CHANGED, Kind.UNSEALING, Kind.MESSAGE_ANSWERED)
_OF_A_PROFESSIONAL = (
    Kind.EMERGENCY_OF_PATIENT,
    Kind.CASE_OPENED,
    Kind.CASE_DUE,
    Kind.CORRECTION_ASKED,
    Kind.REQUEST_ANSWERED,
)


def kinds_for(role: Role) -> tuple[Kind, ...]:
    """The letters that somebody on this side of the portal can get."""
    if role is Role.PATIENT:
        return tuple(kind for kind in Kind if kind not in {*_OF_A_PROFESSIONAL, Kind.ADDRESS_ASKED})
    if role is Role.PROFESSIONAL:
        return (*_OF_A_PROFESSIONAL, *_ABOUT_ONESELF)
    return _ABOUT_ONESELF


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of letter with its two switches; a way that must be is ``None``."""

    kind: Kind
    mail: forms.BoundField | None
    sms: forms.BoundField | None


class WishesForm(forms.Form):
    """Which letters leave by which way, and when those that can wait arrive."""

    once_a_day = forms.BooleanField(
        label=gettext_lazy("One message a day, at 18:00, for everything that can wait"), required=False
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("until"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )

    def __init__(self, *args: Any, role: Role, wishes: Wishes, **kwargs: Any) -> None:
        initial = {
            "once_a_day": wishes.once_a_day,
            "quiet_from": wishes.quiet_from,
            "quiet_until": wishes.quiet_until,
        }
        super().__init__(*args, **{**kwargs, "initial": initial})
        self._kinds = kinds_for(role)
        for kind in self._kinds:
            for channel in Channel:
                if not must_leave(kind, channel):
                    self.fields[_name(kind, channel)] = forms.BooleanField(
                        required=False,
                        initial=wishes.wants(kind, channel),
                        label=f"{kind.label} {_LABELS[channel]}",
                        widget=forms.CheckboxInput(attrs={"class": "switch"}),
                    )

    def rows(self) -> Iterator[Row]:
        """The table of switches."""
        for kind in self._kinds:
            yield Row(kind, *(None if must_leave(kind, way) else self[_name(kind, way)] for way in Channel))

    def clean(self) -> dict[str, Any]:
        """Quiet hours need both ends.

        Raises:
            ValidationError: one of them is missing, or they are the same.
        """
        typed = super().clean() or {}
        begin, end = typed.get("quiet_from"), typed.get("quiet_until")
        if not self.errors and ((begin is None) != (end is None) or (begin is not None and begin == end)):
            raise forms.ValidationError(_("Quiet hours need a beginning and another end, or neither."))
        return typed

    @property
    def wishes(self) -> Wishes:
        """What was chosen. Read it after ``is_valid()``."""
        typed = self.cleaned_data
        ways = [(kind, way) for kind in self._kinds for way in Channel if not must_leave(kind, way)]
        return Wishes(
            switches={(kind, way): typed[_name(kind, way)] for kind, way in ways},
            once_a_day=typed["once_a_day"],
            quiet_from=typed["quiet_from"],
            quiet_until=typed["quiet_until"],
        )


class AddressForm(forms.Form):
    """Another address for one's letters."""

    address = forms.CharField(
        label=gettext_lazy("The new mail address or telephone number"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, ways: tuple[Channel, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = forms.ChoiceField(
            label=gettext_lazy("For which letters"),
            choices=[(way.value, _LABELS[way]) for way in ways],
            initial=ways[0].value,
            widget=forms.RadioSelect if len(ways) > 1 else forms.HiddenInput,
        )
        self.fields = {"channel": channel, **self.fields}
        if len(ways) == 1:
            self.fields["address"].label = _("The new mail address")


class CodeForm(forms.Form):
    """The code that was sent to an address."""

    code = forms.CharField(
        label=gettext_lazy("The code of six digits"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


_LABELS = {Channel.MAIL: gettext_lazy("By mail"), Channel.SMS: gettext_lazy("By SMS")}


def _name(kind: Kind, channel: Channel) -> str:
    return f"{channel.value}-{kind.value}"
