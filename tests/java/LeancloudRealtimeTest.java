// SPDX-License-Identifier: Apache-2.0
// The vendor's Java client, unmodified, against kithd: usage: LeancloudRealtimeTest ADDRESS.
// One process is one application of the client, so the peers share its socket. Each scenario has
// peers of its own; a wait that is too long is a failure.
import cn.leancloud.AVException;
import cn.leancloud.AVLogger;
import cn.leancloud.callback.AVCallback;
import cn.leancloud.core.AVOSCloud;
import cn.leancloud.im.AVIMOptions;
import cn.leancloud.im.v2.AVIMClient;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMConversationEventHandler;
import cn.leancloud.im.v2.AVIMConversationsQuery;
import cn.leancloud.im.v2.AVIMException;
import cn.leancloud.im.v2.AVIMMessage;
import cn.leancloud.im.v2.AVIMMessageHandler;
import cn.leancloud.im.v2.AVIMMessageManager;
import cn.leancloud.im.v2.AVIMMessageOption;
import cn.leancloud.im.v2.callback.*;
import cn.leancloud.im.v2.messages.AVIMRecalledMessage;
import cn.leancloud.im.v2.messages.AVIMTextMessage;
import cn.leancloud.session.AVConnectionManager;
import java.util.*;
import java.util.concurrent.*;

public class LeancloudRealtimeTest {
  private static final long SECONDS = 20;

  /** What came, and for whom. */
  private static final class Event {
    final String name;
    final String peer;
    final String conversation;
    final Object what;
    Event(String name, AVIMClient peer, AVIMConversation conversation, Object what) {
      this.name = name;
      this.peer = peer.getClientId();
      this.conversation = conversation.getConversationId();
      this.what = what;
    }
    @Override
    public String toString() { return name + " for " + peer + " in " + conversation + ": " + what; }
  }

  private static final List<Event> events = new ArrayList<>();

  private static void note(String name, AVIMClient peer, AVIMConversation conversation, Object what) {
    synchronized (events) {
      events.add(new Event(name, peer, conversation, what));
      events.notifyAll();
    }
  }

  /** The first event of this kind for a peer; it is taken out. */
  private static Event take(String name, AVIMClient peer) throws Exception {
    final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    synchronized (events) {
      while (true) {
        for (Iterator<Event> at = events.iterator(); at.hasNext();) {
          final Event event = at.next();
          if (event.name.equals(name) && event.peer.equals(peer.getClientId())) {
            at.remove();
            return event;
          }
        }
        final long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) throw new Exception("no " + name + " for " + peer.getClientId() + " among " + events);
        events.wait(left);
      }
    }
  }

  /** The answer of one call. */
  private static final class Answer<T> {
    private final CompletableFuture<T> future = new CompletableFuture<>();
    void give(T value, AVException error) {
      if (error != null) {
        future.completeExceptionally(error);
      } else {
        future.complete(value);
      }
    }
    T get() throws Exception { return future.get(SECONDS, TimeUnit.SECONDS); }
    /** The code of the refusal. */
    int code() throws Exception {
      try {
        final T value = get();
        throw new AssertionError("was not refused: " + value);
      } catch (ExecutionException refused) {
        return ((AVException) refused.getCause()).getCode();
      }
    }
  }

  private static Answer<AVIMClient> open(AVIMClient client) {
    final Answer<AVIMClient> answer = new Answer<>();
    client.open(new AVIMClientCallback() {
      @Override
      public void done(AVIMClient opened, AVIMException e) { answer.give(opened, e); }
    });
    return answer;
  }
  private static Answer<AVIMConversation> create(AVIMClient client, String name, boolean unique, AVIMClient... others) {
    final List<String> members = new ArrayList<>();
    for (AVIMClient other : others) members.add(other.getClientId());
    final Answer<AVIMConversation> answer = new Answer<>();
    client.createConversation(members, name, null, false, unique, new AVIMConversationCreatedCallback() {
      @Override
      public void done(AVIMConversation made, AVIMException e) { answer.give(made, e); }
    });
    return answer;
  }

  private interface Call {
    void with(AVIMConversationCallback callback);
  }
  private static Answer<Boolean> done(Call call) {
    final Answer<Boolean> answer = new Answer<>();
    call.with(new AVIMConversationCallback() {
      @Override
      public void done(AVIMException e) { answer.give(true, e); }
    });
    return answer;
  }

  private static AVIMTextMessage text(String words) {
    final AVIMTextMessage message = new AVIMTextMessage();
    message.setText(words);
    return message;
  }
  private static Answer<Boolean> send(AVIMConversation conversation, AVIMMessage message) {
    return done(callback -> conversation.sendMessage(message, callback));
  }
  private static Answer<Boolean> sendWithReceipt(AVIMConversation conversation, AVIMMessage message) {
    final AVIMMessageOption option = new AVIMMessageOption();
    option.setReceipt(true);
    return done(callback -> conversation.sendMessage(message, option, callback));
  }
  private static String wordsOf(Object message) { return ((AVIMTextMessage) message).getText(); }

  private static List<String> history(AVIMConversation conversation, int limit) throws Exception {
    final Answer<List<AVIMMessage>> answer = new Answer<>();
    conversation.queryMessagesFromServer(limit, new AVIMMessagesQueryCallback() {
      @Override
      public void done(List<AVIMMessage> messages, AVIMException e) { answer.give(messages, e); }
    });
    final List<String> texts = new ArrayList<>();
    for (AVIMMessage message : answer.get()) texts.add(wordsOf(message));
    return texts;
  }
  private static List<AVIMConversation> find(AVIMConversationsQuery query) throws Exception {
    query.setQueryPolicy(cn.leancloud.AVQuery.CachePolicy.IGNORE_CACHE);
    final Answer<List<AVIMConversation>> answer = new Answer<>();
    query.findInBackground(new AVIMConversationQueryCallback() {
      @Override
      public void done(List<AVIMConversation> found, AVIMException e) { answer.give(found, e); }
    });
    return answer.get();
  }

  private static void same(Object expected, Object actual) {
    if (!Objects.equals(expected, actual)) throw new AssertionError("expected " + expected + ", got " + actual);
  }

  private interface Scenario {
    void run(AVIMClient alice, AVIMClient bob, AVIMClient carol) throws Exception;
  }
  private static int number;
  private static int failed;

  private static AVIMClient peer(String name) { return AVIMClient.getInstance(name + "-java-" + number); }

  private static void scenario(String name, Scenario scenario) {
    ++number;
    try {
      final AVIMClient[] peers = {peer("alice"), peer("bob"), peer("carol")};
      for (AVIMClient each : peers) open(each).get();
      scenario.run(peers[0], peers[1], peers[2]);
      System.out.println("ok      " + name);
    } catch (Throwable e) {
      ++failed;
      System.out.println("FAILED  " + name);
      e.printStackTrace(System.out);
    }
  }

  public static void main(String[] args) throws Exception {
    AVOSCloud.setLogLevel(AVLogger.Level.ERROR);
    AVIMOptions.getGlobalOptions().setRtmServer("ws://" + args[0]);
    AVIMOptions.getGlobalOptions().setUnreadNotificationEnabled(true);
    AVIMOptions.getGlobalOptions().setMessageQueryCacheEnabled(false);
    AVOSCloud.initialize("testapp0001", "key", "http://" + args[0]);
    // It opens no session before.
    final Answer<Boolean> connected = new Answer<>();
    AVConnectionManager.getInstance().startConnection(new AVCallback<Boolean>() {
      @Override
      protected void internalDone0(Boolean unused, AVException e) { connected.give(true, e); }
    });
    connected.get();
    AVIMMessageManager.registerMessageHandler(AVIMMessage.class, new AVIMMessageHandler() {
      @Override
      public void onMessage(AVIMMessage message, AVIMConversation in, AVIMClient to) { note("message", to, in, message); }
      @Override
      public void onMessageReceipt(AVIMMessage message, AVIMConversation in, AVIMClient to) { note("receipt", to, in, message); }
    });
    AVIMMessageManager.setConversationEventHandler(new AVIMConversationEventHandler() {
      @Override
      public void onMemberLeft(AVIMClient to, AVIMConversation in, List<String> who, String by) { note("left", to, in, who); }
      @Override
      public void onMemberJoined(AVIMClient to, AVIMConversation in, List<String> who, String by) { note("joined", to, in, who); }
      @Override
      public void onKicked(AVIMClient to, AVIMConversation in, String by) { note("kicked", to, in, by); }
      @Override
      public void onInvited(AVIMClient to, AVIMConversation in, String by) { note("invited", to, in, by); }
      @Override
      public void onUnreadMessagesCountUpdated(AVIMClient to, AVIMConversation in) { note("unread", to, in, in.getUnreadMessagesCount()); }
      @Override
      public void onLastDeliveredAtUpdated(AVIMClient to, AVIMConversation in) { note("receipt", to, in, in.getLastDeliveredAt()); }
      @Override
      public void onMessageUpdated(AVIMClient to, AVIMConversation in, AVIMMessage message) { note("updated", to, in, message); }
      @Override
      public void onMessageRecalled(AVIMClient to, AVIMConversation in, AVIMMessage message) { note("recalled", to, in, message); }
      @Override
      public void onMuted(AVIMClient to, AVIMConversation in, String by) { note("muted", to, in, by); }
      @Override
      public void onBlocked(AVIMClient to, AVIMConversation in, String by) { note("blocked", to, in, by); }
    });

    scenario("a session opens, and the others see it", (alice, bob, carol) -> {
      final Answer<List<String>> online = new Answer<>();
      alice.getOnlineClients(Arrays.asList(bob.getClientId(), "nobody"), new AVIMOnlineClientsCallback() {
        @Override
        public void done(List<String> found, AVIMException e) { online.give(found, e); }
      });
      same(Collections.singletonList(bob.getClientId()), online.get());
    });
    scenario("a conversation is made, its members hear of it and of what is said in it", (alice, bob, carol) -> {
      final AVIMConversation here = create(alice, "two 二人", false, bob).get();
      same(alice.getClientId(), take("invited", bob).what);
      send(here, text("hello 你好")).get();
      final Event heard = take("message", bob);
      same("hello 你好", wordsOf(heard.what));
      same(here.getConversationId(), heard.conversation);
      same(alice.getClientId(), ((AVIMMessage) heard.what).getFrom());
      send(bob.getConversation(here.getConversationId()), text("and back")).get();
      same("and back", wordsOf(take("message", alice).what));
      same(Arrays.asList("hello 你好", "and back"), history(bob.getConversation(here.getConversationId()), 20));
    });
    scenario("a unique conversation is the same one from both sides", (alice, bob, carol) -> {
      final AVIMConversation here = create(alice, "one", true, bob).get();
      same(here.getConversationId(), create(bob, "other", true, alice).get().getConversationId());
    });
    scenario("a receipt tells that a message has arrived", (alice, bob, carol) -> {
      final AVIMConversation here = create(alice, "receipts", true, bob).get();
      take("invited", bob);
      sendWithReceipt(here, text("got it?")).get();
      take("message", bob);
      same(here.getConversationId(), take("receipt", alice).conversation);
    });
    scenario("members come and go, and the others hear of it", (alice, bob, carol) -> {
      final AVIMConversation here = create(alice, "members", false, bob).get();
      take("invited", bob);
      final List<String> who = Collections.singletonList(carol.getClientId());
      done(callback -> here.addMembers(who, callback)).get();
      same(who, take("joined", bob).what);
      take("invited", carol);
      done(callback -> here.kickMembers(who, callback)).get();
      same(who, take("left", bob).what);
      same(alice.getClientId(), take("kicked", carol).what);
      same(4401, send(carol.getConversation(here.getConversationId()), text("still here?")).code());
      done(callback -> carol.getConversation(here.getConversationId()).join(callback)).get();
      send(carol.getConversation(here.getConversationId()), text("I am back")).get();
      same("I am back", wordsOf(take("message", bob).what));
    });
    scenario("what came while a peer was away is counted, and read", (alice, bob, carol) -> {
      final AVIMConversation here = create(alice, "unread", true, bob).get();
      take("invited", bob);
      final Answer<AVIMClient> closed = new Answer<>();
      bob.close(new AVIMClientCallback() {
        @Override
        public void done(AVIMClient client, AVIMException e) { closed.give(client, e); }
      });
      closed.get();
      for (int i = 0; i < 3; ++i) send(here, text("m" + i)).get();
      open(AVIMClient.getInstance(bob.getClientId())).get();
      final Event unread = take("unread", bob);
      same(3, unread.what);
      same(here.getConversationId(), unread.conversation);
      same(Arrays.asList("m0", "m1", "m2"), history(bob.getConversation(here.getConversationId()), 20));
    });
    scenario("a message is edited and taken back", (alice, bob, carol) -> {
      final AVIMConversation here = create(alice, "edits", true, bob).get();
      take("invited", bob);
      final AVIMTextMessage first = text("teh");
      send(here, first).get();
      take("message", bob);
      final Answer<AVIMMessage> updated = new Answer<>();
      here.updateMessage(first, text("the"), new AVIMMessageUpdatedCallback() {
        @Override
        public void done(AVIMMessage now, AVException e) { updated.give(now, e); }
      });
      updated.get();
      same("the", wordsOf(take("updated", bob).what));
      same(Collections.singletonList("the"), history(bob.getConversation(here.getConversationId()), 20));
      final AVIMTextMessage second = text("oops");
      send(here, second).get();
      take("message", bob);
      final Answer<AVIMMessage> recalled = new Answer<>();
      here.recallMessage(second, new AVIMMessageRecalledCallback() {
        @Override
        public void done(AVIMRecalledMessage now, AVException e) { recalled.give(now, e); }
      });
      recalled.get();
      same(second.getMessageId(), ((AVIMMessage) take("recalled", bob).what).getMessageId());
    });
    scenario("conversations are found by members, attributes and their last message", (alice, bob, carol) -> {
      final AVIMConversation older = create(alice, "older", false, bob).get();
      final AVIMConversation newer = create(alice, "newer", false, bob, carol).get();
      send(newer, text("first")).get();
      send(older, text("second")).get();
      final List<AVIMConversation> all = find(bob.getConversationsQuery().containsMembers(
          Collections.singletonList(bob.getClientId())).orderByDescending("lm").setWithLastMessagesRefreshed(true));
      same(2, all.size());
      same("older", all.get(0).getName());
      same("second", wordsOf(all.get(0).getLastMessage()));
      final List<AVIMConversation> named = find(bob.getConversationsQuery().whereEqualTo("name", "newer"));
      same(newer.getConversationId(), named.get(0).getConversationId());
    });
    scenario("a silenced member does not speak, a blocked one is out", (alice, bob, carol) -> {
      final AVIMConversation here = create(alice, "strict", false, bob, carol).get();
      take("invited", bob);
      final Answer<List<String>> muted = new Answer<>();
      final AVIMOperationPartiallySucceededCallback result = new AVIMOperationPartiallySucceededCallback() {
        @Override
        public void done(AVIMException e, List<String> good, List<AVIMOperationFailure> bad) { muted.give(good, e); }
      };
      here.muteMembers(Collections.singletonList(bob.getClientId()), result);
      same(Collections.singletonList(bob.getClientId()), muted.get());
      take("muted", bob);
      same(4563, send(bob.getConversation(here.getConversationId()), text("let me")).code());
      final Answer<List<String>> blocked = new Answer<>();
      here.blockMembers(Collections.singletonList(bob.getClientId()), new AVIMOperationPartiallySucceededCallback() {
        @Override
        public void done(AVIMException e, List<String> good, List<AVIMOperationFailure> bad) { blocked.give(good, e); }
      });
      blocked.get();
      take("blocked", bob);
      take("kicked", bob);
    });
    System.out.println((number - failed) + " passed, " + failed + " failed");
    System.exit(failed == 0 && number > 0 ? 0 : 1);
  }
}
