import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a secret with the HTTP client of the JVM, which is told of nothing. */
public class Probe {
    public static void main(String[] args) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        String form = "grant_type=client_credentials&client_id=" + System.getenv("AZURE_CLIENT_ID")
                + "&scope=" + encode("https://vault.azure.net/.default")
                + "&client_assertion_type=" + encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                + "&client_assertion=" + encode(Files.readString(Path.of(System.getenv("AZURE_FEDERATED_TOKEN_FILE"))));
        HttpResponse<String> token = client.send(HttpRequest.newBuilder(URI.create(System.getenv("AZURE_AUTHORITY_HOST")
                        + System.getenv("AZURE_TENANT_ID") + "/oauth2/v2.0/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form)).build(), HttpResponse.BodyHandlers.ofString());
        if (token.statusCode() != 200) {
            System.out.println(token.statusCode() + " " + field("error_description", token.body()));
            return;
        }
        HttpResponse<String> secret = client.send(HttpRequest.newBuilder(URI.create(System.getenv("KEYVAULT_URL")
                        + "secrets/" + System.getenv("SECRET_NAME") + "?api-version=7.4"))
                .header("Authorization", "Bearer " + field("access_token", token.body())).build(),
                HttpResponse.BodyHandlers.ofString());
        System.out.println(secret.statusCode() + " " + field("value", secret.body()));
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static String field(String name, String json) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        return matcher.find() ? matcher.group(1) : "no " + name;
    }
}
