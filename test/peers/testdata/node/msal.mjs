// Gets a token with MSAL for Node and reads a secret with fetch, both of which take
// the proxy from the environment under NODE_USE_ENV_PROXY alone.
import { readFile } from "node:fs/promises";
import { ConfidentialClientApplication } from "@azure/msal-node";

const env = process.env;
const application = new ConfidentialClientApplication({
  auth: {
    clientId: env.AZURE_CLIENT_ID,
    authority: env.AZURE_AUTHORITY_HOST + env.AZURE_TENANT_ID,
    clientAssertion: () => readFile(env.AZURE_FEDERATED_TOKEN_FILE, "utf8"),
  },
});
try {
  const token = await application.acquireTokenByClientCredential({ scopes: ["https://vault.azure.net/.default"] });
  const response = await fetch(env.KEYVAULT_URL + "secrets/" + env.SECRET_NAME + "?api-version=7.4", {
    headers: { Authorization: "Bearer " + token.accessToken },
  });
  console.log(response.status, (await response.json()).value);
} catch (error) {
  console.log(error.message, error.cause ?? "");
  process.exitCode = 1;
}
