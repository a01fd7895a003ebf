"""Uses a vault with the Azure SDK for Python and prints what came of it."""

import os
import sys

from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

try:
    from azure.identity import WorkloadIdentityCredential
except ImportError:  # before 1.13.0 this one exchanges the token of the pod, too
    from azure.identity import ManagedIdentityCredential as WorkloadIdentityCredential

kind = DefaultAzureCredential if sys.argv[1:] == ["default"] else WorkloadIdentityCredential
client = SecretClient(os.environ["KEYVAULT_URL"], kind(), retry_total=0)
try:
    print(client.get_secret(os.environ["SECRET_NAME"]).value)
    for i in range(30):
        client.set_secret(f"listed-{i}", "value")
    pages = [list(page) for page in client.list_properties_of_secrets(max_page_size=20).by_page()]
    print(sum(map(len, pages)), "secrets on", len(pages), "pages")
    client.update_secret_properties("listed-0", tags={"key": "value"})
    print(client.get_secret("listed-0").properties.tags["key"])
    client.begin_delete_secret("listed-0", _polling_interval=0.05).wait()
    client.begin_recover_deleted_secret("listed-0", _polling_interval=0.05).wait()
    client.begin_delete_secret("listed-0", _polling_interval=0.05).wait()
    client.purge_deleted_secret("listed-0")
    client.set_secret("listed-0", "again")
    print("recovered and purged")
except AzureError as error:
    print(error.message)
    sys.exit(1)
