"""Reads a secret with MSAL for Python and prints it, or why it could not."""

import os

import msal
import requests

vault = os.environ["KEYVAULT_URL"]
with open(os.environ["AZURE_FEDERATED_TOKEN_FILE"]) as f:
    app = msal.ConfidentialClientApplication(
        os.environ["AZURE_CLIENT_ID"],
        authority=os.environ["AZURE_AUTHORITY_HOST"] + os.environ["AZURE_TENANT_ID"],
        client_credential={"client_assertion": f.read()},
    )
# The scope is the domain below which the vault is.
scope = "https://" + vault.split("//")[1].split(".", 1)[1].rstrip("/") + "/.default"
token = app.acquire_token_for_client([scope])
if "access_token" not in token:
    print(token["error"], token["error_codes"])
else:
    answer = requests.get(
        vault + "secrets/" + os.environ["SECRET_NAME"],
        params={"api-version": "7.4"},
        headers={"Authorization": "Bearer " + token["access_token"]},
        timeout=30,
    )
    body = answer.json()
    print(answer.status_code, body["value"] if answer.ok else body["error"]["innererror"]["code"])
