// SPDX-License-Identifier: Apache-2.0
// Why frames are made by hand, why output does not wait for WRITEABLE callbacks, and what a
// WRITEABLE callback that nobody asked for means: docs/decisions/007 and the comments at flush()
// and callback().
#include "net/listener.hpp"

#include <libwebsockets.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

#include "net/address_book.hpp"
#include "net/listener_http.hpp"
#include "net/listener_socket.hpp"
#include "net/sigpipe_keeper.hpp"
#include "net/tls_files.hpp"
#include "net/tls_policy.hpp"
#include "net/ws_frame.hpp"

namespace kith::net {
namespace {

// One read takes all that the kernel has. rx_buffer_size must not be smaller: with 4 kB the tail of
// a busy connection was seen to stay away (design §5).
constexpr unsigned kServiceBytes = 65536;
constexpr int kCloseSeconds = 2;
// Connections taken in a turn, and one more for so many that are there, since a turn's poll() looks
// at each of them; the others wait in the kernel's queue.
constexpr std::size_t kAcceptedATurn = 4;
constexpr std::size_t kGuestsPerAccepted = 256;
// Descriptors that the rest of the process needs: accept() without one would spin.
constexpr rlim_t kSpareFiles = 64;
constexpr std::uint16_t kTryAgainLater = 1013;
constexpr const char* kTooMany = "too many connections or requests; try again later";

const HttpReply kForeignPage{403, "text/plain", "this page may not use this server\n", 0};

struct HttpExchange {
  RequestId id{0};
  bool head{false};
  std::string readers;  ///< the header that says which pages may read the reply
  std::string reply;    ///< empty until it is known
};

// A connection from its acceptance to its end, whatever it speaks.
struct Guest {
  AddressKey address{0};
  bool refused{false};  // it is to hear why, and to go
  bool opened{false};
};

// What libwebsockets keeps for us per connection while it speaks HTTP.
struct HttpSpace {
  HttpExchange* exchange;
};

Error refuse(const std::string& what) { return {Errc::InvalidArgument, 0, what, false}; }

// A new descriptor gets the lowest number that is free: one below this means that the process, and
// whatever else it does, has files left. Asked each time, since the limit may change.
std::size_t mostFiles() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur - std::min(kSpareFiles, files.rlim_cur / 4);
}

// Before libwebsockets does it, because its error says nothing.
Result<void> tryAddress(const ListenOptions& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  const std::string where =
      (v6 ? '[' + options.host + ']' : options.host) + ':' + std::to_string(options.port);
  sockaddr_storage address{};
  socklen_t size = 0;
  if (v6) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(options.port);
    size = sizeof in6;
    if (inet_pton(AF_INET6, options.host.c_str(), &in6.sin6_addr) != 1) size = 0;
  } else {
    auto& in4 = reinterpret_cast<sockaddr_in&>(address);
    in4.sin_family = AF_INET;
    in4.sin_port = htons(options.port);
    size = sizeof in4;
    if (inet_pton(AF_INET, options.host.c_str(), &in4.sin_addr) != 1) size = 0;
  }
  if (size == 0) return refuse("listen: " + options.host + " is not a numeric address");
  const int probe = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (probe >= 0) ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (probe >= 0 && v6) ::setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const bool free = probe >= 0 && ::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0;
  const std::string why = std::strerror(errno);
  if (probe >= 0) ::close(probe);
  if (free) return {};
  return refuse("listen: " + where + " can not be used: " + why);
}

class LwsListener final : public Listener {
 public:
  LwsListener(const ListenOptions& options, ListenerHandler& handler)
      : options_(options), handler_(handler), addresses_(options.connections) {}
  ~LwsListener() override;
  LwsListener(const LwsListener&) = delete;
  LwsListener& operator=(const LwsListener&) = delete;

  Result<void> open();

  std::uint16_t port() const override { return port_; }
  void serve() override;
  bool flush() override;
  void setDeadline(base::Millis deadline, base::Millis now) override;
  void wake() override { lws_cancel_service(context_); }
  void send(SocketId socket, std::initializer_list<std::string_view> parts) override;
  void close(SocketId socket, std::uint16_t code, std::string_view reason) override;
  void pauseReading(SocketId socket, bool paused) override;
  void reply(RequestId request, HttpReply reply) override;
  void sessionOpened(SocketId socket) override;
  void signatureRefused(SocketId socket) override;
  void stopAccepting() override { accepting_ = false; }
  std::size_t connections() const override { return connections_; }
  void closeAll(std::uint16_t code, std::string_view reason) override;

 private:
  bool openContext();
  bool openVhost();
  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                      std::size_t size);
  int onWebSocket(lws* wsi, lws_callback_reasons reason, std::string_view in);
  int onHttp(lws* wsi, lws_callback_reasons reason, HttpSpace* space);
  static SocketId idOf(lws* wsi) {
    return static_cast<SocketId>(reinterpret_cast<std::uintptr_t>(lws_get_opaque_user_data(wsi)));
  }
  ListenerSocket* find(SocketId id) { return id < sockets_.size() ? sockets_[id].get() : nullptr; }
  int onAccept(lws* listening, const lws_filter_network_conn_args* caller, std::size_t file);
  void onGuest(lws* wsi);
  void onGuestGone(lws* wsi);
  int turnAway(lws* wsi, int status, const std::string& text);
  void limitHandshake(lws* wsi);
  base::Millis nowMono() const { return base::systemNow().mono; }
  void add(lws* wsi);
  void remove(lws* wsi);
  void onPiece(lws* wsi, std::string_view piece);
  void enqueue(SocketId id, ListenerSocket& socket);
  void closeSocket(SocketId id, ListenerSocket& socket, std::uint16_t code, std::string_view reason,
                   bool drop);
  int confirmUpgrade(lws* wsi);
  int beginExchange(lws* wsi, HttpSpace& space);
  int endExchange(lws* wsi, HttpSpace& space);

  ListenOptions options_;
  ListenerHandler& handler_;
  std::array<lws_protocols, 2> protocols_{};
  std::shared_ptr<void> idle_client_tls_;  // outlives the context
  lws_context* context_{nullptr};
  lws_sorted_usec_list_t timer_{};
  base::Millis deadline_{base::kNever};
  std::uint16_t port_{0};
  std::size_t max_connections_{0};
  AddressBook addresses_;
  std::unordered_map<lws*, Guest> guests_;
  std::size_t accepted_{0};      // in this turn
  lws* not_accepting_{nullptr};  // the listening socket, when it is not looked at
  Guest arriving_;               // accepted, without a wsi yet
  bool accepting_{true};

  SparePool pool_;
  std::vector<std::unique_ptr<ListenerSocket>> sockets_;  // by id; 0 is nobody
  std::vector<SocketId> free_;
  std::size_t connections_{0};
  std::vector<SocketId> queued_;
  std::vector<SocketId> flushing_;
  std::vector<char> frame_;  // the message that a handler looks at
  std::unordered_map<RequestId, lws*> requests_;
  RequestId last_request_{0};
};

Result<void> LwsListener::open() {
  if (Result<void> usable = tryAddress(options_); !usable) return usable;
  max_connections_ = options_.max_connections == 0 ? std::numeric_limits<std::size_t>::max()
                                                   : options_.max_connections;
  sockets_.emplace_back();
  if (!openContext()) return refuse("listen: libwebsockets could not be set up");
  if (openVhost()) return {};
  return refuse("listen: " + options_.host + ':' + std::to_string(options_.port) +
                " can not be used");
}

bool LwsListener::openContext() {
  lws_context_creation_info info{};
  info.user = this;
  info.uid = static_cast<uid_t>(-1);
  info.gid = static_cast<gid_t>(-1);
  info.pt_serv_buf_size = kServiceBytes;
  info.timeout_secs = static_cast<unsigned>(options_.connections.handshake_timeout.count());
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  if (!options_.tls_cert.empty()) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  const SigpipeKeeper keeper;
  context_ = lws_create_context(&info);
  return context_ != nullptr;
}

bool LwsListener::openVhost() {
  protocols_[0].name = "kith";
  protocols_[0].callback = callback;
  protocols_[0].per_session_data_size = sizeof(HttpSpace);
  protocols_[0].rx_buffer_size = kServiceBytes;
  protocols_[0].tx_packet_size = kServiceBytes;
  lws_context_creation_info info{};
  info.port = options_.port;
  info.iface = options_.host.c_str();
  info.protocols = protocols_.data();
  info.timeout_secs = static_cast<unsigned>(options_.connections.handshake_timeout.count());
  info.keepalive_timeout = static_cast<int>(info.timeout_secs);
  info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
  info.options |= options_.host.find(':') != std::string::npos
                      ? LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY | LWS_SERVER_OPTION_IPV6_V6ONLY_VALUE
                      : LWS_SERVER_OPTION_DISABLE_IPV6;
  if (!options_.tls_cert.empty()) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    idle_client_tls_ = makeIdleClientTls();
    info.provided_client_ssl_ctx = static_cast<SSL_CTX*>(idle_client_tls_.get());
    info.ssl_cert_filepath = options_.tls_cert.c_str();
    info.ssl_private_key_filepath = options_.tls_key.c_str();
    info.ssl_options_set = serverTlsBits(options_.tls_min_version);
    info.ssl_cipher_list =
        options_.tls_ciphers.empty() ? standardCiphers() : options_.tls_ciphers.c_str();
    if (!options_.tls13_ciphers.empty()) {
      info.tls1_3_plus_cipher_list = options_.tls13_ciphers.c_str();
    }
    info.alpn = "http/1.1";
  }
  lws_vhost* vhost = lws_create_vhost(context_, &info);
  const int port = vhost != nullptr ? lws_get_vhost_listen_port(vhost) : 0;
  port_ = static_cast<std::uint16_t>(std::max(port, 0));
  return port_ != 0;
}

LwsListener::~LwsListener() {
  lws_sul_cancel(&timer_);
  if (context_ != nullptr) lws_context_destroy(context_);
}

void LwsListener::setDeadline(base::Millis deadline, base::Millis now) {
  if (deadline == deadline_) return;
  deadline_ = deadline;
  if (deadline == base::kNever) return lws_sul_cancel(&timer_);
  const base::Millis left = std::max(deadline - now, base::Millis{0});
  lws_sul_schedule(
      context_, 0, &timer_, [](lws_sorted_usec_list_t*) {},
      std::chrono::duration_cast<std::chrono::microseconds>(left).count() + 1);
}

void LwsListener::enqueue(SocketId id, ListenerSocket& socket) {
  if (socket.queued) return;
  socket.queued = true;
  queued_.push_back(id);
}

void LwsListener::send(SocketId id, std::initializer_list<std::string_view> parts) {
  ListenerSocket* socket = find(id);
  if (socket == nullptr || socket->closing()) return;
  if (socket->send(parts, options_.output_bytes)) {
    enqueue(id, *socket);
  } else {
    closeSocket(id, *socket, kTryAgainLater, "TRY_AGAIN_LATER", true);
  }
}

void LwsListener::close(SocketId id, std::uint16_t code, std::string_view reason) {
  ListenerSocket* socket = find(id);
  if (socket != nullptr && !socket->closing()) closeSocket(id, *socket, code, reason, false);
}

void LwsListener::closeSocket(SocketId id, ListenerSocket& socket, std::uint16_t code,
                              std::string_view reason, bool drop) {
  socket.close(code, reason, drop);
  socket.limitTime(kCloseSeconds);
  // Its close frame must be seen, whatever it said before.
  socket.pauseReading(false);
  enqueue(id, socket);
}

void LwsListener::closeAll(std::uint16_t code, std::string_view reason) {
  for (SocketId id = 1; id < sockets_.size(); ++id) close(id, code, reason);
}

void LwsListener::pauseReading(SocketId id, bool paused) {
  ListenerSocket* socket = find(id);
  if (socket != nullptr && !socket->closing()) socket->pauseReading(paused);
}

bool LwsListener::flush() {
  flushing_.swap(queued_);
  for (const SocketId id : flushing_) {
    ListenerSocket* socket = find(id);
    if (socket == nullptr || !socket->queued) continue;
    socket->queued = false;
    const ListenerSocket::Flushed flushed = socket->flush();
    if (flushed == ListenerSocket::Flushed::Broken) socket->drop();
    if (flushed == ListenerSocket::Flushed::All && !socket->closing()) handler_.onDrained(id);
  }
  flushing_.clear();
  return queued_.empty();
}

void LwsListener::reply(RequestId request, HttpReply reply) {
  const auto found = requests_.find(request);
  if (found == requests_.end()) return;
  auto& exchange = *static_cast<HttpSpace*>(lws_wsi_user(found->second))->exchange;
  exchange.reply =
      std::string(LWS_PRE, '\0') + formatHttpReply(reply, exchange.readers, exchange.head);
  lws_callback_on_writable(found->second);
}

int LwsListener::callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                          std::size_t size) {
  lws_context* context = wsi != nullptr ? lws_get_context(wsi) : nullptr;
  auto* self = context != nullptr ? static_cast<LwsListener*>(lws_context_user(context)) : nullptr;
  if (self == nullptr) return 0;
  switch (reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return self->confirmUpgrade(wsi);
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
      return self->onAccept(wsi, static_cast<const lws_filter_network_conn_args*>(user),
                            reinterpret_cast<std::uintptr_t>(in));
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: self->onGuest(wsi); return 0;
    case LWS_CALLBACK_WSI_DESTROY: self->onGuestGone(wsi); return 0;
    case LWS_CALLBACK_TIMER: return self->find(idOf(wsi)) != nullptr ? 0 : -1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
      if (self->guests_[wsi].refused) return self->turnAway(wsi, 503, kTooMany);
      return refuseUpgrade(wsi) ? 1 : 0;
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
      return self->onHttp(wsi, reason, static_cast<HttpSpace*>(user));
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED:
      return self->onWebSocket(wsi, reason,
                               {static_cast<const char*>(in), in != nullptr ? size : 0});
    default: return 0;
  }
}

// libwebsockets accepts for as long as somebody comes, and who comes fast enough keeps it there for
// ever. Not looking at the listening socket until the next turn is what ends its loop.
int LwsListener::onAccept(lws* listening, const lws_filter_network_conn_args* caller,
                          std::size_t file) {
  if (++accepted_ >= kAcceptedATurn + guests_.size() / kGuestsPerAccepted) {
    not_accepting_ = listening;
    lws_rx_flow_control(listening, 0);
  }
  if (!accepting_ || file >= mostFiles()) return 1;
  arriving_ = {addressKey(caller->cli_addr), false, false};
  const bool full = connections_ >= max_connections_;
  const auto verdict = addresses_.arrive(arriving_.address, full, nowMono());
  arriving_.refused = verdict == AddressBook::Verdict::Refuse;
  return verdict == AddressBook::Verdict::Drop ? 1 : 0;
}

void LwsListener::serve() {
  accepted_ = 0;
  if (not_accepting_ != nullptr) lws_rx_flow_control(std::exchange(not_accepting_, nullptr), 1);
  lws_service(context_, 0);
}

void LwsListener::onGuest(lws* wsi) {
  guests_.insert_or_assign(wsi, arriving_);
  limitHandshake(wsi);
}

void LwsListener::onGuestGone(lws* wsi) {
  const auto found = guests_.find(wsi);
  if (found == guests_.end()) return;
  addresses_.leave(found->second.address, found->second.refused, found->second.opened);
  guests_.erase(found);
}

int LwsListener::turnAway(lws* wsi, int status, const std::string& text) {
  refuseHttp(wsi, status, text);
  return -1;
}

// libwebsockets' own timeouts begin anew with every stage; this one does not. It can not be taken
// back (4.1 calls a cancelled timer at once): who has become a WebSocket meanwhile ignores it.
void LwsListener::limitHandshake(lws* wsi) {
  lws_set_timer_usecs(wsi,
                      std::chrono::microseconds(options_.connections.handshake_timeout).count());
}

void LwsListener::sessionOpened(SocketId id) {
  const ListenerSocket* socket = find(id);
  if (socket == nullptr) return;
  Guest& guest = guests_[socket->wsi()];
  if (!std::exchange(guest.opened, true)) addresses_.open(guest.address);
}

void LwsListener::signatureRefused(SocketId id) {
  const ListenerSocket* socket = find(id);
  if (socket != nullptr) addresses_.blame(guests_[socket->wsi()].address, nowMono());
}

// Who breaks the rules gets a close frame from libwebsockets and some seconds to answer it. We hear
// of it at once as DROP_PROTOCOL: behind that frame nothing may be sent, and the peer is gone.
//
// libwebsockets answers a PING without telling us, but then calls WRITEABLE. Since our own output
// never asks for that callback, it means: a PING came, or the kernel took more of a long output.
int LwsListener::onWebSocket(lws* wsi, lws_callback_reasons reason, std::string_view in) {
  if (reason == LWS_CALLBACK_ESTABLISHED) {
    add(wsi);
    return 0;
  }
  const SocketId id = idOf(wsi);
  ListenerSocket* socket = find(id);
  if (socket == nullptr) return 0;
  switch (reason) {
    case LWS_CALLBACK_RECEIVE: onPiece(wsi, in); return 0;
    case LWS_CALLBACK_RECEIVE_PONG: handler_.onHeard(id); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      enqueue(id, *socket);
      if (socket->closing()) {
        socket->limitTime(kCloseSeconds);
      } else {
        handler_.onHeard(id);
      }
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      if (socket->closing()) return -1;  // the answer to ours
      if (socket->flush() == ListenerSocket::Flushed::Broken) return -1;
      if (const std::uint16_t fault = faultOfClosePayload(in); fault != 0) {
        socket->close(fault, {}, true);
        (void)socket->flush();
        return -1;
      }
      socket->peerClosed();
      return 0;  // libwebsockets sends the payload back
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED: remove(wsi); return 0;
    default: return 0;
  }
}

void LwsListener::add(lws* wsi) {
  SocketId id = static_cast<SocketId>(sockets_.size());
  if (free_.empty()) {
    sockets_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  sockets_[id] = std::make_unique<ListenerSocket>(wsi, pool_);
  lws_set_opaque_user_data(wsi, reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)));
  ++connections_;
  handler_.onConnected(id);
}

void LwsListener::remove(lws* wsi) {
  const SocketId id = idOf(wsi);
  lws_set_opaque_user_data(wsi, nullptr);
  sockets_[id].reset();
  --connections_;
  handler_.onDisconnected(id);
  free_.push_back(id);
}

void LwsListener::onPiece(lws* wsi, std::string_view piece) {
  const SocketId id = idOf(wsi);
  ListenerSocket& socket = *find(id);
  if (socket.closing()) return;
  const bool first = lws_is_first_fragment(wsi) != 0;
  const bool last = lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0;
  if (first && last && piece.size() <= options_.frame_bytes) {
    frame_.assign(piece.begin(), piece.end());
  } else {
    if (!socket.receive(piece, first, last, options_.frame_bytes)) return;
    frame_.assign(socket.message().begin(), socket.message().end());
    socket.nextMessage();
  }
  const std::size_t size = frame_.size();
  frame_.push_back('\0');
  handler_.onFrame(id, frame_.data(), size);
}

int LwsListener::onHttp(lws* wsi, lws_callback_reasons reason, HttpSpace* space) {
  if (space == nullptr) return 0;
  switch (reason) {
    case LWS_CALLBACK_HTTP: return beginExchange(wsi, *space);
    case LWS_CALLBACK_HTTP_WRITEABLE:
      return space->exchange != nullptr && !space->exchange->reply.empty()
                 ? endExchange(wsi, *space)
                 : 0;
    default:
      if (space->exchange != nullptr) requests_.erase(space->exchange->id);
      delete std::exchange(space->exchange, nullptr);
      return 0;
  }
}

// A browser sends the page's Origin with every WebSocket handshake, and there is no CORS to hold a
// page of somebody else's back: only this does.
int LwsListener::confirmUpgrade(lws* wsi) {
  const Origin origin = originOf(wsi, options_.origins);
  if (origin.allowed) return 0;
  writeNow(wsi, kForeignPage, origin.readers);
  return 1;
}

int LwsListener::beginExchange(lws* wsi, HttpSpace& space) {
  const Guest& guest = guests_[wsi];
  if (guest.refused || requests_.size() >= options_.connections.http_requests) {
    return turnAway(wsi, 503, kTooMany);
  }
  if (hasBody(wsi)) return turnAway(wsi, 413, "no body is taken here");
  if (!addresses_.ask(guest.address, nowMono())) return -1;
  HttpCall call;
  limitHandshake(wsi);
  if (space.exchange != nullptr || !accepting_ || !readHttpCall(wsi, options_, call)) return -1;
  const Origin origin = originOf(wsi, options_.origins);
  space.exchange = new HttpExchange{++last_request_, call.method == "HEAD", origin.readers, {}};
  requests_.emplace(last_request_, wsi);
  if (origin.allowed) {
    handler_.onHttp(last_request_, call);
  } else {
    reply(last_request_, kForeignPage);
  }
  return 0;
}

int LwsListener::endExchange(lws* wsi, HttpSpace& space) {
  const std::unique_ptr<HttpExchange> exchange(std::exchange(space.exchange, nullptr));
  requests_.erase(exchange->id);
  auto* bytes = reinterpret_cast<unsigned char*>(exchange->reply.data()) + LWS_PRE;
  const std::size_t size = exchange->reply.size() - LWS_PRE;
  if (lws_write(wsi, bytes, size, LWS_WRITE_HTTP_FINAL) < 0) return -1;
  return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const ListenOptions& options,
                                                 ListenerHandler& handler) {
  auto listener = std::make_unique<LwsListener>(options, handler);
  if (Result<void> opened = listener->open(); !opened) return opened.error();
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace kith::net
