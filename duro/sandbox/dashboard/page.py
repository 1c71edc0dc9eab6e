"""Parts of a page: its path, template and view, the forms that it sends, and the request for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import Factory, frozen

from ..backend import Backend
from ..errors import ResponseError

__all__ = ["DashboardForm", "DashboardPage", "FormAction", "FormResult", "View", "Visit"]


@frozen
class Visit:
    """Request for a page, or a form that one of its buttons sent.

    Attributes:
        path: Parameters of the path, such as ``id``.
        query: Parameters of the query, such as ``cursor``.
        form: Fields of the form. A page shows them again after an error.
        error: Error of the form, if it was refused.
        origin: URL of the sandbox as the browser knows it, without a trailing slash.
    """

    path: Mapping[str, str] = Factory(dict[str, str])
    query: Mapping[str, str] = Factory(dict[str, str])
    form: Mapping[str, str] = Factory(dict[str, str])
    error: ResponseError | None = None
    origin: str = ""


@frozen
class FormResult:
    """Result of a form.

    Attributes:
        path: Path of the page to show next.
        notice: Sentence about what was done, shown once on that page.
    """

    path: str
    notice: str


View: TypeAlias = Callable[[Backend, Visit], Mapping[str, object]]
FormAction: TypeAlias = Callable[[Backend, Visit], FormResult]


@frozen
class DashboardPage:
    """Page of the dashboard.

    Attributes:
        path: Path of the route, with parameters in braces.
        template: Name of the template, which extends ``base.html``.
        view: Function that returns the variables of the template. It raises ``ApiError`` for an unknown object. It
            runs in a worker thread.
        section: Path of the item of the navigation that is marked as the present one.
    """

    path: str
    template: str
    view: View
    section: str


@frozen
class DashboardForm:
    """Form that changes the sandbox.

    Attributes:
        path: Path of the route, with the same parameters as that of the page.
        action: Function that changes the sandbox. It raises ``ApiError`` if it refuses the form. It runs in a worker
            thread.
        page: Page that contains the form, shown again with the error.
    """

    path: str
    action: FormAction
    page: DashboardPage
