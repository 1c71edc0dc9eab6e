"""Who a customer is (``/identity``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation, Surface
from ..arguments import check_secrets, check_strings, wrap_secrets
from ..models.customer_identity import Identity, IdentityVerification, OtpDelivery, SavedMethod
from ..pages import Page
from .base import AsyncResource

if TYPE_CHECKING:
    from ..options import CallOptions
    from ..pages import AsyncPages

__all__ = ["AsyncCustomerIdentity"]

REQUEST_OTP: Final = Operation("requestOtp", "POST", "/identity/otp", Surface.PUBLIC)
VERIFY_OTP: Final = Operation("verifyOtp", "POST", "/identity/verify", Surface.PUBLIC)
ME: Final = Operation("getIdentity", "GET", "/identity/me", Surface.IDENTITY)
LIST_METHODS: Final = Operation("listMethods", "GET", "/identity/methods", Surface.IDENTITY)


class AsyncCustomerIdentity(AsyncResource):
    """A person behind a telephone number, and their ways to pay."""

    async def request_otp(self, *, phone: str, **options: Unpack[CallOptions]) -> OtpDelivery:
        """Send a one-time code over WhatsApp (``requestOtp``, ``POST /identity/otp``).

        Args:
            phone: The telephone number, digits with the country's code, such as ``2348012345678``.
            **options: What may be said with every call.

        Returns:
            Until when the code can be used.

        Raises:
            InvalidArgumentError: The number is no text.
            RateLimitError: The number got 5 codes in the last 15 minutes.
            OutcomeUnknownError: The code may have been sent.

        Example:
            >>> (await client.customer_identity.request_otp(phone="2348012345678")).delivered
            True
        """
        return await self._requester.call(
            REQUEST_OTP, into=OtpDelivery, body=check_strings(phone=phone), options=options
        )

    async def verify_otp(self, *, phone: str, code: str, **options: Unpack[CallOptions]) -> IdentityVerification:
        """Exchange a code for an identity token (``verifyOtp``, ``POST /identity/verify``).

        The shape of this answer is not documented by the API; fields beyond
        those known are kept in ``extra``.

        Args:
            phone: The telephone number that the code was sent to.
            code: The six digits.
            **options: What may be said with every call.

        Returns:
            The token; give the answer as ``credential=`` to ``me`` and ``list_methods``.

        Raises:
            InvalidArgumentError: The number or the code is no text, or the code is empty.
            APIError: The code is wrong, was used, or is too old.
            OutcomeUnknownError: The code may have been used.

        Example:
            >>> delivery = await client.customer_identity.request_otp(phone="2348012345678")
            >>> code = sandbox.codes[-1].code
            >>> person = await client.customer_identity.verify_otp(phone="2348012345678", code=code)
            >>> person.token in repr(person)
            False
        """
        given = wrap_secrets(code=code)
        del code
        body = {**check_strings(phone=phone), **check_secrets(given)}
        return await self._requester.call(VERIFY_OTP, into=IdentityVerification, body=body, options=options)

    async def me(self, **options: Unpack[CallOptions]) -> Identity:
        """Fetch the person behind the identity token (``getIdentity``, ``GET /identity/me``).

        The shape of this answer is not documented by the API; all of its
        fields are kept in ``extra``.

        Args:
            **options: What may be said with every call; ``credential=`` takes the answer of ``verify_otp``.

        Returns:
            The person and their saved methods.

        Raises:
            ConfigurationError: The credential is no identity token.
            AuthenticationError: The token is not valid any more.

        Example:
            >>> delivery = await client.customer_identity.request_otp(phone="2348012345678")
            >>> code = sandbox.codes[-1].code
            >>> person = await client.customer_identity.verify_otp(phone="2348012345678", code=code)
            >>> (await client.customer_identity.me(credential=person)).extra["identity"]["phone"]
            '2348012345678'
        """
        return await self._requester.call(ME, into=Identity, options=options)

    def list_methods(self, **options: Unpack[CallOptions]) -> AsyncPages[SavedMethod]:
        """List the person's saved ways to pay (``listMethods``, ``GET /identity/methods``).

        Args:
            **options: What may be said with every call; ``credential=`` takes the answer of ``verify_otp``.

        Returns:
            The methods, all on one page.

        Raises:
            ConfigurationError: The credential is no identity token.
            AuthenticationError: The token is not valid any more, seen while the page is walked.

        Example:
            >>> delivery = await client.customer_identity.request_otp(phone="2348012345678")
            >>> code = sandbox.codes[-1].code
            >>> person = await client.customer_identity.verify_otp(phone="2348012345678", code=code)
            >>> await client.customer_identity.list_methods(credential=person).collect()
            []
        """
        return self._requester.pages(LIST_METHODS, into=Page[SavedMethod], options=options)
