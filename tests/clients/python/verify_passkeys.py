"""Verifies responses of passkeys with the package `fido2`: python verify_passkeys.py FILE.

The file has the relying party's id, its origin, and a list of cases, each with a registration and perhaps an assertion,
and the challenge of each. Prints a list of answers: what the last response says, or {"refused": MESSAGE}.
"""

import json
import sys

from cryptography.exceptions import InvalidSignature
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)


def state(response):
    """What the package stores between the start and the end of a ceremony."""
    return {"challenge": response["challenge"], "user_verification": UserVerificationRequirement.REQUIRED}


def describe(credential, data):
    return {
        "credential_id": websafe_encode(credential.credential_id),
        "algorithm": credential.public_key[3],
        "sign_count": data.counter,
        "backup_eligible": bool(data.flags & AuthenticatorData.FLAG.BE),
        "backed_up": bool(data.flags & AuthenticatorData.FLAG.BS),
    }


def verify(server, case):
    registration, assertion = case["registration"], case.get("assertion")
    try:
        data = server.register_complete(state(registration), registration["credential"])
        credential = data.credential_data
        if assertion:
            response = assertion["credential"]
            server.authenticate_complete(state(assertion), [credential], response)
            data = AuthenticationResponse.from_dict(response).response.authenticator_data
    except (ValueError, InvalidSignature) as error:
        return {"refused": str(error) or type(error).__name__}
    return describe(credential, data)


with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
party = PublicKeyCredentialRpEntity(id=given["rp_id"], name="Vestibule")
server = Fido2Server(
    party,
    attestation=AttestationConveyancePreference.NONE,
    verify_origin=lambda origin: origin == given["origin"],
)
print(json.dumps([verify(server, case) for case in given["cases"]]))
