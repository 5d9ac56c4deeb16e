package signalmesh;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.microsoft.signalr.CancelInvocationMessage;
import com.microsoft.signalr.CloseMessage;
import com.microsoft.signalr.CompletionMessage;
import com.microsoft.signalr.HubMessage;
import com.microsoft.signalr.HubProtocol;
import com.microsoft.signalr.InvocationBinder;
import com.microsoft.signalr.InvocationBindingFailureMessage;
import com.microsoft.signalr.InvocationMessage;
import com.microsoft.signalr.PingMessage;
import com.microsoft.signalr.StreamItem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.Value;

/**
 * The hub protocol "messagepack" for Microsoft's Java client, by its interface for protocols. It stands in for Microsoft's
 * artifact signalr-messagepack, which Maven Central does not have. Values are converted by way of JSON.
 */
final class MessagePackProtocol implements HubProtocol {
  private final Gson gson = new Gson();

  @Override
  public String getName() {
    return "messagepack";
  }

  @Override
  public int getVersion() {
    return 1;
  }

  @Override
  public List<HubMessage> parseMessages(ByteBuffer frames, InvocationBinder binder) {
    List<HubMessage> messages = new ArrayList<>();
    while (frames.hasRemaining()) {
      byte[] body = new byte[length(frames)];
      frames.get(body);
      try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
        messages.add(message(unpacker.unpackValue().asArrayValue().list(), binder));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return messages;
  }

  /** Reads a length prefix: seven bits in each byte, the least significant first. */
  private static int length(ByteBuffer frames) {
    int length = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = frames.get();
      length |= (b & 0x7f) << shift;
      if (b >= 0) {
        return length;
      }
    }
  }

  private HubMessage message(List<Value> fields, InvocationBinder binder) {
    int type = fields.get(0).asIntegerValue().asInt();
    switch (type) {
      case 1: {
        String target = fields.get(3).asStringValue().asString();
        List<Type> types = binder.getParameterTypes(target);
        List<Value> values = fields.get(4).asArrayValue().list();
        if (types.size() != values.size()) { // also if the client has no such method
          Exception cause = new IllegalArgumentException(target + " does not take " + values.size() + " arguments");
          return new InvocationBindingFailureMessage(text(fields.get(2)), target, cause);
        }
        Object[] arguments = new Object[values.size()];
        for (int i = 0; i < arguments.length; i++) {
          arguments[i] = value(values.get(i), types.get(i));
        }
        return new InvocationMessage(null, text(fields.get(2)), target, arguments, null);
      }
      case 2: {
        String id = fields.get(2).asStringValue().asString();
        return new StreamItem(null, id, value(fields.get(3), binder.getReturnType(id)));
      }
      case 3: {
        String id = fields.get(2).asStringValue().asString();
        switch (fields.get(3).asIntegerValue().asInt()) {
          case 1:
            return new CompletionMessage(null, id, null, fields.get(4).asStringValue().asString());
          case 2:
            return new CompletionMessage(null, id, null, null);
          default:
            return new CompletionMessage(null, id, value(fields.get(4), binder.getReturnType(id)), null);
        }
      }
      case 6:
        return PingMessage.getInstance();
      case 7:
        return new CloseMessage(text(fields.get(1)), fields.get(2).asBooleanValue().getBoolean());
      default:
        throw new IllegalArgumentException("message type " + type);
    }
  }

  private static String text(Value value) {
    return value.isNilValue() ? null : value.asStringValue().asString();
  }

  private Object value(Value value, Type type) {
    return type == null ? null : gson.fromJson(value.toJson(), type);
  }

  @Override
  public ByteBuffer writeMessage(HubMessage message) {
    try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
      write(packer, message);
      byte[] body = packer.toByteArray();
      ByteBuffer frame = ByteBuffer.allocate(body.length + 5);
      for (int left = body.length; ; left >>>= 7) {
        if (left < 0x80) {
          frame.put((byte) left).put(body).flip();
          return frame;
        }
        frame.put((byte) (left | 0x80));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(MessageBufferPacker packer, HubMessage message) throws IOException {
    int type = message.getMessageType().value;
    if (message instanceof InvocationMessage invocation) {
      Collection<String> streams = invocation.getStreamIds() == null ? List.of() : invocation.getStreamIds();
      packer.packArrayHeader(6).packInt(type).packMapHeader(0);
      write(packer, gson.toJsonTree(invocation.getInvocationId()));
      packer.packString(invocation.getTarget());
      write(packer, gson.toJsonTree(invocation.getArguments()));
      write(packer, gson.toJsonTree(streams));
    } else if (message instanceof StreamItem item) {
      packer.packArrayHeader(4).packInt(type).packMapHeader(0).packString(item.getInvocationId());
      write(packer, gson.toJsonTree(item.getItem()));
    } else if (message instanceof CompletionMessage completion) {
      String error = completion.getError();
      Object result = completion.getResult();
      int kind = error != null ? 1 : result == null ? 2 : 3;
      packer.packArrayHeader(kind == 2 ? 4 : 5).packInt(type).packMapHeader(0).packString(completion.getInvocationId()).packInt(kind);
      if (kind != 2) {
        write(packer, gson.toJsonTree(error != null ? error : result));
      }
    } else if (message instanceof CancelInvocationMessage cancel) {
      packer.packArrayHeader(3).packInt(type).packMapHeader(0).packString(cancel.getInvocationId());
    } else if (message instanceof CloseMessage close) {
      packer.packArrayHeader(3).packInt(type);
      write(packer, gson.toJsonTree(close.getError()));
      packer.packBoolean(close.getAllowReconnect());
    } else {
      packer.packArrayHeader(1).packInt(type);
    }
  }

  private void write(MessageBufferPacker packer, JsonElement value) throws IOException {
    if (value.isJsonNull()) {
      packer.packNil();
    } else if (value.isJsonArray()) {
      packer.packArrayHeader(value.getAsJsonArray().size());
      for (JsonElement item : value.getAsJsonArray()) {
        write(packer, item);
      }
    } else if (value.isJsonObject()) {
      packer.packMapHeader(value.getAsJsonObject().size());
      for (Map.Entry<String, JsonElement> entry : value.getAsJsonObject().entrySet()) {
        packer.packString(entry.getKey());
        write(packer, entry.getValue());
      }
    } else if (value.getAsJsonPrimitive().isBoolean()) {
      packer.packBoolean(value.getAsBoolean());
    } else if (value.getAsJsonPrimitive().isString()) {
      packer.packString(value.getAsString());
    } else if (value.getAsNumber() instanceof Double number) {
      packer.packDouble(number);
    } else {
      packer.packLong(value.getAsLong());
    }
  }
}
