// SPDX-License-Identifier: Apache-2.0
// lws_relay: what libwebsockets alone can do. The least server for the relay protocol of
// benchmarks/drivers/relay_client.cpp: it routes by name, answers, keeps messages for absent peers
// in memory, and checks nothing.
//   lws_relay PORT plain    one lws_write() a frame, from the WRITEABLE callback, as documented
//   lws_relay PORT packed   frames made here; all of a turn for a connection in one lws_write()
// CERT KEY behind that are PEM files, for TLS. PORT 0 takes a free one. Prints `listening on
// 127.0.0.1:PORT`.
#include <libwebsockets.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unordered_map>
#include <vector>

namespace {

// One read takes all that has come; with 4 kB the tail of a busy connection was seen to stay away.
constexpr unsigned kServiceBytes = 65536;

using Frame = std::shared_ptr<const std::string>;

struct Connection {
  lws* wsi{nullptr};
  std::string name;
  std::string input;        ///< of a frame that comes in pieces
  std::deque<Frame> queue;  ///< plain: each with LWS_PRE bytes in front
  std::string packed;       ///< packed: the same, whole WebSocket frames
};

/// The state that the callback reaches; one thread.
struct Relay {
  bool packs{false};
  std::unordered_map<std::string, Connection*> names;
  std::unordered_map<std::string, std::vector<std::string>> away;
  std::vector<Connection*> group;
};

Relay relay;

Frame makeFrame(std::string_view kind, std::string_view text) {
  std::string bytes(LWS_PRE, '\0');
  bytes.append(kind).append(text);
  return std::make_shared<const std::string>(std::move(bytes));
}

/// A WebSocket header for `size` bytes, up to 64 kB (RFC 6455 §5.2), and the bytes.
void pack(std::string& out, std::string_view payload) {
  if (out.empty()) out.assign(LWS_PRE, '\0');
  out += '\x81';
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += '\x7e';
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  out.append(payload);
}

void give(Connection& to, const Frame& frame) {
  if (relay.packs) {
    pack(to.packed, std::string_view(*frame).substr(LWS_PRE));
  } else {
    to.queue.push_back(frame);
  }
  lws_callback_on_writable(to.wsi);
}

void give(Connection& to, std::string_view kind, std::string_view text = {}) {
  give(to, makeFrame(kind, text));
}

void logIn(Connection& from, std::string_view name) {
  from.name = name;
  relay.names[from.name] = &from;
  give(from, "l");
  const auto found = relay.away.find(from.name);
  if (found == relay.away.end()) return;
  for (const std::string& text : found->second) give(from, "m", text);
  relay.away.erase(found);
}

void direct(Connection& from, std::string_view rest) {
  const std::size_t space = rest.find(' ');
  const std::string to(rest.substr(0, space));
  const std::string_view body = rest.substr(space + 1);
  const auto found = relay.names.find(to);
  if (found != relay.names.end()) {
    give(*found->second, "m", body);
  } else {
    relay.away[to].emplace_back(body);
  }
  give(from, "a");
}

void received(Connection& from, std::string_view frame) {
  switch (frame.front()) {
    case 'L': return logIn(from, frame.substr(1));
    case 'D': return direct(from, frame.substr(1));
    case 'J': relay.group.push_back(&from); return give(from, "j");
    case 'G': {
      const Frame shared = makeFrame("m", frame.substr(1));
      for (Connection* member : relay.group) {
        if (member != &from) give(*member, shared);
      }
      return give(from, "a");
    }
    default: return;
  }
}

int writePlain(Connection& to) {
  if (to.queue.empty()) return 0;
  // lws puts its header in front, so that a frame that several get needs a copy each.
  std::string bytes = *to.queue.front();
  to.queue.pop_front();
  auto* payload = reinterpret_cast<unsigned char*>(bytes.data()) + LWS_PRE;
  if (lws_write(to.wsi, payload, bytes.size() - LWS_PRE, LWS_WRITE_TEXT) < 0) return -1;
  if (!to.queue.empty()) lws_callback_on_writable(to.wsi);
  return 0;
}

int writePacked(Connection& to) {
  if (to.packed.empty()) return 0;
  auto* bytes = reinterpret_cast<unsigned char*>(to.packed.data()) + LWS_PRE;
  // What the kernel does not take, lws keeps and sends before it calls again.
  const int written = lws_write(to.wsi, bytes, to.packed.size() - LWS_PRE, LWS_WRITE_RAW);
  to.packed.clear();
  return written < 0 ? -1 : 0;
}

void leave(Connection& gone) {
  const auto found = relay.names.find(gone.name);
  if (found != relay.names.end() && found->second == &gone) relay.names.erase(found);
  std::erase(relay.group, &gone);
}

int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size) {
  auto** space = static_cast<Connection**>(user);
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      *space = new Connection;
      (*space)->wsi = wsi;
      return 0;
    case LWS_CALLBACK_CLOSED:
      leave(**space);
      delete *space;
      return 0;
    case LWS_CALLBACK_RECEIVE: {
      Connection& from = **space;
      from.input.append(static_cast<const char*>(in), size);
      if (lws_remaining_packet_payload(wsi) > 0 || !lws_is_final_fragment(wsi)) return 0;
      if (!from.input.empty()) received(from, from.input);
      from.input.clear();
      return 0;
    }
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return relay.packs ? writePacked(**space) : writePlain(**space);
    default: return 0;
  }
}

lws_context* listen(int port, const char* cert, const char* key) {
  static const lws_protocols protocols[] = {
      {"relay", callback, sizeof(Connection*), kServiceBytes, 0, nullptr, kServiceBytes},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  lws_context_creation_info info{};
  info.port = port;
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.pt_serv_buf_size = kServiceBytes;
  info.uid = static_cast<uid_t>(-1);
  info.gid = static_cast<gid_t>(-1);
  info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_DISABLE_IPV6;
  info.vhost_name = "relay";
  if (cert != nullptr) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.ssl_cert_filepath = cert;
    info.ssl_private_key_filepath = key;
  }
  return lws_create_context(&info);
}

}  // namespace

int main(int argc, char** argv) {
  if ((argc != 3 && argc != 5) ||
      (std::strcmp(argv[2], "plain") != 0 && std::strcmp(argv[2], "packed") != 0)) {
    std::fputs("usage: lws_relay PORT plain|packed [CERT KEY]\n", stderr);
    return 2;
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  relay.packs = std::strcmp(argv[2], "packed") == 0;
  lws_set_log_level(LLL_ERR, nullptr);
  lws_context* context =
      listen(std::atoi(argv[1]), argc == 5 ? argv[3] : nullptr, argc == 5 ? argv[4] : nullptr);
  if (context == nullptr) {
    std::fprintf(stderr, "lws_relay: cannot listen on 127.0.0.1:%s\n", argv[1]);
    return 1;
  }
  std::printf("listening on 127.0.0.1:%d\n",
              lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "relay")));
  std::fflush(stdout);
  while (lws_service(context, 0) >= 0) continue;
  lws_context_destroy(context);
  return 0;
}
