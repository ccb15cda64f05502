"""Seeds of second factors are sealed: in the database alone there is nothing to make a code of."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client

from assets.models import Secret, User
from assets.services import secret_keys, secret_store
from tests.sign_in import PASSWORD, code_of, is_in, set_second_factor, sign_in

pytestmark = pytest.mark.django_db


def stored() -> str:
    return json.dumps(list(Authenticator.objects.values_list("data", flat=True)))


def test_the_seed_stands_nowhere_in_the_clear_and_still_lets_in(client: Client, ines: User) -> None:
    seed = set_second_factor(ines)
    assert seed not in stored()
    assert all(seed.encode() not in bytes(row.ciphertext) for row in Secret.objects.all())

    sign_in(client, ines, code=code_of(seed))

    assert is_in(client)


def test_recovery_codes_too_and_after_a_rotation(client: Client, ines: User) -> None:
    seed = set_second_factor(ines)
    codes = RecoveryCodes.activate(ines).generate_codes()
    assert Secret.objects.count() == 2

    done = secret_store.rotate()

    assert done.resealed == 2 and not done.lost
    sign_in(client, ines, code=codes[0])
    assert is_in(client)
    other = Client()
    sign_in(other, ines, code=code_of(seed))
    assert is_in(other)


def test_a_factor_of_before_still_works(client: Client, ines: User) -> None:
    seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    Authenticator.objects.create(user=ines, type="totp", data={"secret": seed})

    sign_in(client, ines, code=code_of(seed))

    assert is_in(client)


def test_what_is_removed_leaves_nothing_in_the_store(ines: User, emil: User) -> None:
    set_second_factor(ines)
    RecoveryCodes.activate(ines)
    set_second_factor(emil)

    Authenticator.objects.filter(user=ines).delete()

    assert Secret.objects.count() == 1


def test_without_the_key_nobody_comes_in_and_the_remedy_is_said(client: Client, ines: User) -> None:
    seed = set_second_factor(ines)
    secret_keys.write_keys([secret_keys.new_key()])

    answer = sign_in(client, ines, code=code_of(seed))

    assert answer.status_code == 403 and b"reset_second_factor" in answer.content
    assert not is_in(client)
    program = Client().post(
        "/api/v1/auth/token/",
        {"username": ines.email, "password": PASSWORD, "code": code_of(seed)},
    )
    assert program.status_code == 403 and b"reset_second_factor" in program.content
