"""Resource of customer identity (``/identity``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation, Surface
from ..arguments import check_secrets, check_strings, wrap_secrets
from ..models.customer_identity import Identity, IdentityVerification, OtpDelivery, SavedMethod
from ..page import Page
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
    """Customer identity: sign in by phone, list saved payment methods."""

    async def request_otp(self, *, phone: str, **options: Unpack[CallOptions]) -> OtpDelivery:
        """Send a one-time password over WhatsApp (``requestOtp``, ``POST /identity/otp``).

        Args:
            phone: Phone number: digits with the country code, such as ``2348012345678``.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The expiry of the one-time password, and whether it was delivered.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            RateLimitError: The phone number received 5 one-time passwords in the last 15 minutes.
            OutcomeUnknownError: The one-time password may have been sent, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> (await client.customer_identity.request_otp(phone="2348012345678")).delivered
            True
        """
        return await self._requester.call(
            REQUEST_OTP, into=OtpDelivery, body=check_strings(phone=phone), options=options
        )

    async def verify_otp(self, *, phone: str, code: str, **options: Unpack[CallOptions]) -> IdentityVerification:
        """Exchange a one-time password for an identity token (``verifyOtp``, ``POST /identity/verify``).

        The API does not document the shape of this response. Undocumented fields are kept in ``extra``.

        Args:
            phone: Phone number to which the one-time password was sent.
            code: One-time password of six digits.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The identity token. Pass this object as ``credential=`` to ``me`` and ``list_methods``.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            OutcomeUnknownError: The one-time password may have been used, but no usable response arrived.
            APIError: The one-time password is wrong, used or expired.

        Example:
            >>> delivery = await client.customer_identity.request_otp(phone="2348012345678")
            >>> code = sandbox.codes[-1].code
            >>> person = await client.customer_identity.verify_otp(phone="2348012345678", code=code)
            >>> person.token in repr(person)
            False
        """
        wrapped = wrap_secrets(code=code)
        del code
        body = {**check_strings(phone=phone), **check_secrets(**wrapped)}
        return await self._requester.call(VERIFY_OTP, into=IdentityVerification, body=body, options=options)

    async def me(self, **options: Unpack[CallOptions]) -> Identity:
        """Retrieve the person who owns the identity token (``getIdentity``, ``GET /identity/me``).

        The API does not document the shape of this response. All of its fields are kept in ``extra``.

        Args:
            **options: Per-call options; see ``CallOptions``. ``credential=`` accepts the result of ``verify_otp``.

        Returns:
            The person and their saved payment methods, in ``extra``.

        Raises:
            ConfigurationError: The credential is not an identity token.
            AuthenticationError: The identity token expired or is invalid.
            APIError: The API rejected the request for another reason.

        Example:
            >>> delivery = await client.customer_identity.request_otp(phone="2348012345678")
            >>> code = sandbox.codes[-1].code
            >>> person = await client.customer_identity.verify_otp(phone="2348012345678", code=code)
            >>> (await client.customer_identity.me(credential=person)).extra["identity"]["phone"]
            '2348012345678'
        """
        return await self._requester.call(ME, into=Identity, options=options)

    def list_methods(self, **options: Unpack[CallOptions]) -> AsyncPages[SavedMethod]:
        """List the person's saved payment methods (``listMethods``, ``GET /identity/methods``).

        Args:
            **options: Per-call options; see ``CallOptions``. ``credential=`` accepts the result of ``verify_otp``.

        Returns:
            The payment methods, all on one page.

        Raises:
            ConfigurationError: The credential is not an identity token.
            AuthenticationError: The identity token expired or is invalid. Raised during iteration.
            APIError: The API rejected a request. Raised during iteration.

        Example:
            >>> delivery = await client.customer_identity.request_otp(phone="2348012345678")
            >>> code = sandbox.codes[-1].code
            >>> person = await client.customer_identity.verify_otp(phone="2348012345678", code=code)
            >>> await client.customer_identity.list_methods(credential=person).collect()
            []
        """
        return self._requester.paginate(LIST_METHODS, into=Page[SavedMethod], options=options)
