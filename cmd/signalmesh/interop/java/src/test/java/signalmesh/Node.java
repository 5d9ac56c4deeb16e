package signalmesh;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A node of the mesh, which is a process of its own. */
final class Node implements AutoCloseable {
  private final Process process;
  private final StringBuffer log = new StringBuffer();
  private final CompletableFuture<String> http = new CompletableFuture<>();
  private final CompletableFuture<String> peers = new CompletableFuture<>();

  /** Starts a node that joins those at the addresses of bootstrap, and waits until it is ready. */
  Node(String name, Path config, String... bootstrap) throws Exception {
    String server = Objects.requireNonNull(System.getProperty("server"), "no program of the node; run make test-java");
    List<String> command = new ArrayList<>(List.of(
        server, "node", "--name", name, "--http", "127.0.0.1:0", "--listen", "127.0.0.1:0",
        "--config", config.toString(), "--allow-anonymous", "--hub", "dialogue"));
    for (String peer : bootstrap) {
      command.addAll(List.of("--bootstrap", peer));
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().clear(); // settings of whoever runs the tests are none of the node's
    process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    Thread reader = new Thread(this::read);
    reader.setDaemon(true);
    reader.start();
    try {
      http.get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      process.destroyForcibly();
      throw new IOException(name + " is not ready; it wrote:\n" + log, e);
    }
  }

  private void read() {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.append(line).append('\n');
        if (line.startsWith("peers: ")) {
          peers.complete(line.substring("peers: ".length()));
        } else if (line.startsWith("ready: ")) {
          http.complete(line.substring("ready: ".length()));
        }
      }
      http.completeExceptionally(new IOException("the node has ended"));
    } catch (IOException e) {
      http.completeExceptionally(e);
    }
  }

  /** Returns the URL of the hub, for a user. */
  String hub(String user) throws Exception {
    return "http://" + http.get() + "/dialogue?user=" + user;
  }

  /** Returns the address at which other nodes reach this one. */
  String peers() throws Exception {
    return peers.get(20, TimeUnit.SECONDS);
  }

  /** Stops the node. It fails if the node does not end in order, or has found a data race. */
  @Override
  public void close() throws Exception {
    process.toHandle().destroy(); // Process.destroy would also close what the node logs to
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("the node did not stop; it wrote:\n" + log);
    }
    if (process.exitValue() != 0) {
      throw new IOException("the node stopped with code " + process.exitValue() + "; it wrote:\n" + log);
    }
  }

  /** Writes the configuration that all nodes of one application have. */
  static Path config(Path folder) throws IOException {
    return Files.writeString(folder.resolve("appsettings.json"),
        "{\"NCacheConfiguration\":{\"CacheName\":\"java\",\"ApplicationID\":\"interop\"}}");
  }
}
