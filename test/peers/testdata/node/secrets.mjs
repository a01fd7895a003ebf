// Uses a vault with the Azure SDK for JavaScript and prints what came of it.
import { DefaultAzureCredential, WorkloadIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const name = process.env.SECRET_NAME;
const options = { retryOptions: { maxRetries: 0 } };
const poll = { intervalInMs: 50 };

async function main(credential) {
  const client = new SecretClient(process.env.KEYVAULT_URL, credential, options);
  console.log((await client.getSecret(name)).value);
  for (let i = 0; i < 30; i++) {
    await client.setSecret("listed-" + i, "value");
  }
  let listed = 0;
  let pages = 0;
  for await (const page of client.listPropertiesOfSecrets().byPage({ maxPageSize: 20 })) {
    listed += page.length;
    pages++;
  }
  console.log(listed, "secrets on", pages, "pages");
  const { properties } = await client.getSecret("listed-0");
  await client.updateSecretProperties("listed-0", properties.version, { tags: { key: "value" } });
  console.log((await client.getSecret("listed-0")).properties.tags.key);
  await (await client.beginDeleteSecret("listed-0", poll)).pollUntilDone();
  await (await client.beginRecoverDeletedSecret("listed-0", poll)).pollUntilDone();
  await (await client.beginDeleteSecret("listed-0", poll)).pollUntilDone();
  await client.purgeDeletedSecret("listed-0");
  await client.setSecret("listed-0", "again");
  console.log("recovered and purged");
}

const kind = process.argv[2] === "default" ? DefaultAzureCredential : WorkloadIdentityCredential;
try {
  await main(new kind(options));
} catch (error) {
  console.log(error.name, error.statusCode ?? "", error.code ?? "", error.message);
  process.exitCode = 1;
}
