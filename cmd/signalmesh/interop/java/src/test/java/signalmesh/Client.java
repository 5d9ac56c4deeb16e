package signalmesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.microsoft.signalr.HttpHubConnectionBuilder;
import com.microsoft.signalr.HubConnection;
import com.microsoft.signalr.HubConnectionBuilder;
import com.microsoft.signalr.TransportEnum;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client of Microsoft's, and what it was sent. */
final class Client implements AutoCloseable {
  /** A transport and a hub protocol. */
  enum Way {
    WEBSOCKETS(TransportEnum.WEBSOCKETS, false),
    LONG_POLLING(TransportEnum.LONG_POLLING, false),
    WEBSOCKETS_MESSAGEPACK(TransportEnum.WEBSOCKETS, true),
    LONG_POLLING_MESSAGEPACK(TransportEnum.LONG_POLLING, true);

    final TransportEnum transport;
    final boolean messagePack;

    Way(TransportEnum transport, boolean messagePack) {
      this.transport = transport;
      this.messagePack = messagePack;
    }
  }

  static final long PATIENCE = 20; // seconds

  final HubConnection connection;
  final CompletableFuture<String> closed = new CompletableFuture<>(); // the error, or ""
  private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();

  Client(Node node, String user, Way way) throws Exception {
    HttpHubConnectionBuilder builder = HubConnectionBuilder.create(node.hub(user)).withTransport(way.transport);
    if (way.messagePack) {
      builder.withHubProtocol(new MessagePackProtocol());
    }
    connection = builder.build();
    connection.on("message", messages::add, String.class);
    connection.onClosed(error -> closed.complete(error == null ? "" : error.getMessage()));
    if (!connection.start().blockingAwait(PATIENCE, TimeUnit.SECONDS)) {
      throw new AssertionError("not connected to " + node.hub(user));
    }
  }

  /** Calls a method that has a result. */
  <T> T get(Class<T> type, String method, Object... args) {
    return connection.invoke(type, method, args).timeout(PATIENCE, TimeUnit.SECONDS).blockingGet();
  }

  /** Calls a method that has none. */
  void call(String method, Object... args) {
    connection.invoke(method, args).timeout(PATIENCE, TimeUnit.SECONDS).blockingAwait();
  }

  /** Expects the next message. */
  void hears(String want) throws InterruptedException {
    String got = messages.poll(PATIENCE, TimeUnit.SECONDS);
    assertNotNull(got, () -> "\"" + want + "\" did not come");
    assertEquals(want, got);
  }

  /** Reports whether a message comes within so many milliseconds, and drops it. */
  boolean hearsWithin(long milliseconds) throws InterruptedException {
    return messages.poll(milliseconds, TimeUnit.MILLISECONDS) != null;
  }

  /** Drops the messages before a marker. */
  void skipTo(String marker) throws InterruptedException {
    for (String got = ""; !marker.equals(got); ) {
      got = messages.poll(PATIENCE, TimeUnit.SECONDS);
      assertNotNull(got, () -> "\"" + marker + "\" did not come");
    }
  }

  @Override
  public void close() {
    connection.stop().timeout(PATIENCE, TimeUnit.SECONDS).blockingAwait();
  }
}
