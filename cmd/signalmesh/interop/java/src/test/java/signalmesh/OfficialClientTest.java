package signalmesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.signalr.HubConnectionState;
import com.microsoft.signalr.TransportEnum;
import io.reactivex.rxjava3.core.Observable;
import io.reactivex.rxjava3.core.Single;
import io.reactivex.rxjava3.disposables.Disposable;
import io.reactivex.rxjava3.subjects.ReplaySubject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import signalmesh.Client.Way;

/** Microsoft's Java client against two nodes, over each transport that it has, in each protocol. */
@Timeout(60)
class OfficialClientTest {
  @TempDir static Path folder;
  static Node one;
  static Node two;

  /** Starts both nodes, and returns when what is sent at one is received at the other. */
  @BeforeAll
  static void start() throws Exception {
    Path config = Node.config(folder);
    one = new Node("one", config);
    two = new Node("two", config, one.peers());
    try (Client here = new Client(one, "here", Way.WEBSOCKETS);
        Client there = new Client(two, "there", Way.WEBSOCKETS)) {
      meet(here, there);
      meet(there, here);
    }
  }

  private static void meet(Client from, Client to) throws Exception {
    for (int tries = 0; tries < 200; tries++) {
      from.call("SendOthers", "are you there?");
      if (to.hearsWithin(100)) {
        return;
      }
    }
    throw new AssertionError("the nodes do not see each other");
  }

  @AfterAll
  static void stop() throws Exception {
    try (Node first = one; Node second = two) {
      assertNotEquals(first, second);
    }
  }

  /** What EchoOrder takes and returns. */
  static final class Order {
    String title;
    long count;
    double price;
    boolean paid;
    List<String> tags;
    Map<String, String> notes;
    Order previous;
  }

  @ParameterizedTest
  @EnumSource
  void valuesComeBackAndErrorsAreTold(Way way) throws Exception {
    try (Client client = new Client(one, "ann", way)) {
      assertEquals("grüße \u0000 😀", client.get(String.class, "EchoText", "grüße \u0000 😀"));
      assertEquals(Long.MAX_VALUE, client.get(Long.class, "EchoInteger", Long.MAX_VALUE));
      assertEquals(0.1, client.get(Double.class, "EchoNumber", 0.1));
      assertTrue(client.get(Boolean.class, "EchoBool", true));
      assertArrayEquals(new String[] {"a", "b"}, client.get(String[].class, "Echo", (Object) new String[] {"a", "b"}));

      Order order = new Order();
      order.title = "books";
      order.count = 1L << 60;
      order.price = 9.99;
      order.paid = true;
      order.tags = List.of("new", "used");
      order.notes = Map.of("to", "Zoë");
      order.previous = new Order();
      Order back = client.get(Order.class, "EchoOrder", order);
      assertEquals("books", back.title);
      assertEquals(1L << 60, back.count);
      assertEquals(9.99, back.price);
      assertTrue(back.paid);
      assertEquals(order.tags, back.tags);
      assertEquals(order.notes, back.notes);
      assertEquals("", back.previous.title);

      Exception told = assertThrows(RuntimeException.class, () -> client.call("Fail", "no more books"));
      assertEquals("An unexpected error occurred invoking 'Fail' on the server. HubException: no more books", told.getMessage());
      Exception hidden = assertThrows(RuntimeException.class, () -> client.call("FailInside"));
      assertEquals("An unexpected error occurred invoking 'FailInside' on the server.", hidden.getMessage());
      Exception unknown = assertThrows(RuntimeException.class, () -> client.call("Nothing"));
      assertTrue(unknown.getMessage().contains("Method does not exist."), unknown.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource
  void audiencesSpanNodes(Way way) throws Exception {
    try (Client ann = new Client(one, "ann" + way, way);
        Client bob = new Client(two, "bob" + way, way);
        Client eve = new Client(two, "eve" + way, way)) {
      List<Client> all = List.of(ann, bob, eve);
      String group = "red" + way;
      ann.call("Join", group);
      bob.call("Join", group);
      ann.call("SendGroup", group, "to the group");
      ann.hears("to the group");
      bob.hears("to the group");
      bob.call("SendOthersInGroup", group, "to the others in it");
      ann.hears("to the others in it");
      ann.call("SendUser", "bob" + way, "to a user");
      bob.hears("to a user");
      ann.call("SendClient", eve.connection.getConnectionId(), "to a connection");
      eve.hears("to a connection");
      // One node changes the groups of a connection at another.
      ann.call("Remove", bob.connection.getConnectionId(), group);
      ann.call("Add", eve.connection.getConnectionId(), group);
      ann.call("SendGroup", group, "without Bob");
      ann.call("SendAll", "to all");
      ann.hears("without Bob");
      eve.hears("without Bob");
      for (Client client : all) {
        client.hears("to all"); // for Bob it is the next
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void messagesComeInOrder(Way way) throws Exception {
    try (Client ann = new Client(one, "ann", way); Client bob = new Client(two, "bob", way)) {
      String id = bob.connection.getConnectionId();
      for (int i = 0; i < 500; i++) {
        if (way.transport == TransportEnum.LONG_POLLING) {
          ann.call("SendClient", id, "n" + i); // sends overtake each other: the client does not await its POSTs
        } else {
          ann.connection.send("SendClient", id, "n" + i);
        }
      }
      for (int i = 0; i < 500; i++) {
        bob.hears("n" + i);
      }
      String long1 = "x".repeat(10_000);
      ann.call("SendRepeated", id, long1, 100); // a megabyte
      bob.hears(long1.repeat(100));
    }
  }

  @ParameterizedTest
  @EnumSource
  void streamsGoBothWays(Way way) throws Exception {
    try (Client client = new Client(one, "ann", way)) {
      List<Integer> numbers = IntStream.range(0, 100).boxed().toList();
      assertEquals(numbers, streamed(client.connection.stream(Integer.class, "Count", 100)));
      assertEquals(numbers, streamed(client.connection.stream(Integer.class, "CountChannel", 100)));
      Exception failed = assertThrows(RuntimeException.class,
          () -> streamed(client.connection.stream(Integer.class, "CountAndFail", 3, "enough")));
      assertTrue(failed.getMessage().contains("HubException: enough"), failed.getMessage());

      // A stream without end stops at the server when the client has had enough.
      CountDownLatch ticks = new CountDownLatch(5);
      Disposable endless = client.connection.stream(Integer.class, "Ticks").subscribe(n -> ticks.countDown());
      assertTrue(ticks.await(Client.PATIENCE, TimeUnit.SECONDS));
      endless.dispose();
      untilStreaming(client, 0);

      if (way.transport == TransportEnum.LONG_POLLING) {
        // The client does not await its POSTs, so that items overtake each other.
        ReplaySubject<String> words = ReplaySubject.create();
        CompletableFuture<Boolean> held = new CompletableFuture<>();
        Disposable hold = client.connection.invoke("Hold", words).subscribe(() -> held.complete(true), held::completeExceptionally);
        untilStreaming(client, 1);
        words.onComplete();
        assertTrue(held.get(Client.PATIENCE, TimeUnit.SECONDS));
        hold.dispose();
        return;
      }
      ReplaySubject<Integer> upload = ReplaySubject.create();
      Single<Long> sum = client.connection.invoke(Long.class, "Sum", upload);
      numbers.forEach(upload::onNext);
      upload.onComplete();
      assertEquals(4950L, sum.timeout(Client.PATIENCE, TimeUnit.SECONDS).blockingGet());

      ReplaySubject<Integer> both = ReplaySubject.create();
      Observable<Integer> doubled = client.connection.stream(Integer.class, "Double", both);
      numbers.forEach(both::onNext);
      both.onComplete();
      assertEquals(numbers.stream().map(n -> 2 * n).toList(), streamed(doubled));
    }
  }

  /** Waits until that many of the endless methods run. The timeout of the test ends the waiting. */
  private static void untilStreaming(Client client, long want) {
    for (long running = -1; running != want; ) {
      running = client.get(Long.class, "Streaming");
    }
  }

  private static <T> List<T> streamed(Observable<T> items) {
    return items.timeout(Client.PATIENCE, TimeUnit.SECONDS).toList().blockingGet();
  }

  @ParameterizedTest
  @EnumSource
  void clientsAnswerOtherNodes(Way way) throws Exception {
    try (Client asked = new Client(one, "ann", way); Client asking = new Client(two, "bob", way)) {
      asked.connection.onWithResult("shout", (String text) -> Single.just(text.toUpperCase()), String.class);
      String id = asked.connection.getConnectionId();
      assertEquals("HELLO", asking.get(String.class, "AskText", id, "shout", "hello"));
      Exception unknown = assertThrows(RuntimeException.class, () -> asking.get(String.class, "AskText", id, "nothing", "x"));
      assertTrue(unknown.getMessage().startsWith("An unexpected error occurred invoking 'AskText'"), unknown.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource
  void connectionsEnd(Way way) throws Exception {
    try (Client watcher = new Client(one, "watcher", way); Client client = new Client(two, "ann", way)) {
      watcher.call("Disconnect", client.connection.getConnectionId());
      String error = client.closed.get(Client.PATIENCE, TimeUnit.SECONDS);
      if (way.transport == TransportEnum.LONG_POLLING && !error.isEmpty()) {
        // The client sends DELETE and one more poll at the same time. The DELETE may be the first.
        assertEquals("Unexpected response code 404.", error);
      } else {
        assertEquals("", error);
      }
      assertEquals(HubConnectionState.DISCONNECTED, client.connection.getConnectionState());
    }
    // A message that is too long ends the connection, and the client is told why.
    try (Client client = new Client(one, "ann", way)) {
      client.connection.send("EchoText", "x".repeat(1 << 20));
      String error = client.closed.get(Client.PATIENCE, TimeUnit.SECONDS);
      assertTrue(error.contains("Connection closed with an error."), error);
    }
  }
}
