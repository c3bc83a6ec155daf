// Plays one turn from Java 17, without a library: real programs take a JSON library for what is done here with two patterns.
//
//     java Follow.java http://127.0.0.1:8080 ferry_crossing "I look around."
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.UUID;
import java.util.regex.Pattern;

class Follow {
    static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static HttpRequest.Builder to(String url) {
        return HttpRequest.newBuilder(URI.create(url)).header("content-type", "application/json");
    }

    static String field(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    /** Accepted once, however often it is sent: no answer and 503 are repeated under the same key. */
    static String say(String server, String game, String message) throws InterruptedException {
        var body = "{\"game_state_id\":\"%s\",\"message\":\"%s\"}".formatted(game, message.replace("\\", "\\\\").replace("\"", "\\\""));
        var request = to(server + "/v1/chat").header("Idempotency-Key", UUID.randomUUID().toString()).POST(BodyPublishers.ofString(body));
        for (;;) {
            try {
                var answer = HTTP.send(request.build(), BodyHandlers.ofString());
                if (answer.statusCode() == 200) return field(answer.body(), "request_id");
                if (answer.statusCode() != 503) throw new IllegalStateException(answer.body());
            } catch (IOException noAnswer) {
                // Whether it was accepted is not known: the key makes it safe to ask again.
            }
            Thread.sleep(1000);
        }
    }

    public static void main(String[] words) throws Exception {
        var server = words[0];
        var created = HTTP.send(to(server + "/v1/gamestate").POST(BodyPublishers.ofString("{\"scenario\":\"" + words[1] + "\"}")).build(),
            BodyHandlers.ofString()).body();
        var game = field(created, "id");
        var last = field(created, "cursor");
        var request = say(server, game, words[2]);
        // A stream that ends goes on where it ended.
        for (;; Thread.sleep(1000)) {
            var stream = to(server + "/v1/events/games/" + game).header("Last-Event-ID", last).build();
            var event = "";
            try (var lines = HTTP.send(stream, BodyHandlers.ofLines()).body()) {
                for (var line : (Iterable<String>) lines::iterator) {
                    if (line.startsWith("id: ")) last = line.substring(4);
                    if (line.startsWith("event: ")) event = line.substring(7);
                    if (!line.startsWith("data: ") || !field(line, "request_id").equals(request)) continue;
                    if (event.equals("chat.chunk")) System.out.print(field(line, "content").replace("\\n", "\n").replace("\\\"", "\""));
                    if (event.equals("attempt.superseded")) System.out.println("\n[what was shown so far is void]");
                    if (event.matches("request\\.(completed|failed|cancelled)")) {
                        System.out.println("\n[" + event + "]");
                        System.exit(event.equals("request.completed") ? 0 : 1);
                    }
                }
            } catch (IOException | java.io.UncheckedIOException broken) {
                // The connection broke off.
            }
        }
    }
}
