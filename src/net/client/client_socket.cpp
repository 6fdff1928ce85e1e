// SPDX-License-Identifier: Apache-2.0
// A socket until it is up, and how it ends.
#include "net/client/client_socket.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/client/check_names.hpp"
#include "net/client/loop_core.hpp"
#include "tls/tls_policy.hpp"
#include "ws/client_handshake.hpp"

namespace kith::net {
namespace {

/// Its own pings would be a second pinger beside the engine's, and wake an idle machine (R20).
const lws_retry_bo_t kNoPings{};

/// The longest Host header it writes without cutting it is somewhat longer.
constexpr std::size_t kMaxHost = 110;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string bracketed(const std::string& address) {
  return contains(address, ":") ? "[" + address + "]" : address;
}

}  // namespace

ClientSocket::ClientSocket(LoopCore& core, ConnectRequest request, TransportHandler& handler)
    : core_(core),
      handler_(&handler),
      accepts_any_(request.tls.dangerously_accept_any_certificate),
      max_frame_bytes_(request.max_frame_bytes),
      start_(std::make_unique<Start>(std::move(request))),
      alarm_([this] { tooLate(); }),
      reader_(ws::WsReader::Peer::Server, max_frame_bytes_) {}

ClientSocket::~ClientSocket() { core_.cancel(alarm_); }

const std::string& ClientSocket::tlsName() const {
  return start_->request.tls.server_name.empty() ? start_->url.host
                                                 : start_->request.tls.server_name;
}

void ClientSocket::begin() {
  if (phase_ != Phase::Resolving || handler_ == nullptr) return;
  start_->deadline = core_.now().mono + start_->request.timeout;
  core_.arm(alarm_, start_->deadline);
  auto url = base::parseUrl(start_->request.url, "url", {"ws", "wss"});
  if (!url) return giveUp(url.error());
  start_->url = *url;
  tls_ = url->tls();
  where_ = base::formatHostPort(url->host, url->port);
  if (Result<void> names = checkNames(start_->request.tls, start_->request.proxy); !names) {
    return giveUp(names.error());
  }
  if (start_->url.host.size() > kMaxHost || tlsName().size() > kMaxHost) {
    return giveUp({Errc::InvalidArgument, 0,
                   "url: a host name may have " + std::to_string(kMaxHost) + " characters", false});
  }
  if (proxied()) {
    auto proxy = base::parseUrl(start_->request.proxy.url, "proxy.url", {"http"});
    if (!proxy) return giveUp(proxy.error());
    start_->proxy = *proxy;
  }
  if (!core_.hasRoom()) {
    return giveUp({Errc::NetworkDown, 0,
                   "net: the reactor has as many connections as ReactorOptions::max_connections "
                   "allows",
                   false});
  }
  lookUpTarget();
}

void ClientSocket::lookUpTarget() {
  const std::string& host = proxied() ? start_->proxy.host : start_->url.host;
  if (isNumericAddress(host)) return resolved(std::vector<std::string>{host});
  lookUp(host, [core = core_.weak_from_this(), socket = weak_from_this()](Addresses answer) {
    const auto alive = core.lock();
    if (!alive) return;
    alive->post([socket, answer = std::move(answer)] {
      if (const auto self = socket.lock()) self->resolved(answer);
    });
  });
}

void ClientSocket::resolved(Addresses answer) {
  if (phase_ != Phase::Resolving) return;
  if (!answer) {
    Error error = answer.error();
    if (proxied()) error = {Errc::ProxyRefused, 0, "proxy: " + error.detail, false};
    return giveUp(std::move(error));
  }
  phase_ = Phase::Connecting;
  start_->addresses = *std::move(answer);
  if (proxied()) return askProxy();
  tryAddress();
}

/// curl asks it, because libwebsockets looks at no more than the first bytes of what a proxy says
/// (docs/decisions/020).
void ClientSocket::askProxy() {
  auto tunnel = std::make_shared<Tunnel>();
  HttpJob job;
  job.request.url = "http://" + where_ + "/";
  job.request.proxy = start_->request.proxy;
  job.request.timeout = std::max(start_->deadline - core_.now().mono, base::Millis{1});
  std::string pin = base::formatHostPort(start_->proxy.host, start_->proxy.port) + ":";
  for (const std::string& address : std::exchange(start_->addresses, {})) {
    pin += bracketed(address) + ",";
  }
  pin.pop_back();
  job.pins = {std::move(pin)};
  job.tunnel = tunnel;
  job.done = [core = core_.weak_from_this(), socket = weak_from_this(),
              tunnel](Result<HttpAnswer> answer) {
    const auto alive = core.lock();
    if (!alive) return;
    alive->post([socket, tunnel, answer = std::move(answer)] {
      const auto self = socket.lock();
      if (!self || self->phase_ != Phase::Connecting) return;
      answer ? self->goThrough(tunnel) : self->giveUp(answer.error());
    });
  };
  core_.httpWorker().add(std::move(job));
}

void ClientSocket::goThrough(std::shared_ptr<Tunnel> tunnel) {
  const LocalDoor door;
  if (door.address().empty()) {
    return giveUp({Errc::NetworkDown, 0,
                   "net: no file is free for a connection; raise RLIMIT_NOFILE", false});
  }
  start_->tunnel = std::move(tunnel);
  connectTo(door.address());
}

VhostKey ClientSocket::vhostKey() const {
  VhostKey key;
  if (tls_) {
    key.tls = true;
    key.options = start_->request.tls;
    key.name = tlsName();
  }
  return key;
}

void ClientSocket::tryAddress() {
  if (phase_ != Phase::Connecting) return;
  const std::string address = start_->addresses[start_->next_address++];
  // A dead address must not eat the time of those behind it.
  const base::Millis now = core_.now().mono;
  const auto left =
      static_cast<base::Millis::rep>(start_->addresses.size() - start_->next_address + 1);
  core_.arm(alarm_, now + std::max(start_->deadline - now, base::Millis{0}) / left);
  connectTo(address);
}

void ClientSocket::connectTo(const std::string& address) {
  auto vhost = core_.vhosts().get(vhostKey());
  if (!vhost) return giveUp(vhost.error());
  vhost_ = *vhost;
  start_->tcp_up = start_->tls_up = start_->explained = false;
  start_->fault = {};
  const std::string name = tls_ ? tlsName() : start_->url.host;
  // What is written into the Host header; for TLS it is cut at the colon.
  const bool usual_port = start_->url.port == (tls_ ? 443 : 80);
  const std::string host =
      usual_port ? bracketed(name) : base::formatHostPort(name, start_->url.port);
  lws_client_connect_info info{};
  info.context = core_.context();
  info.vhost = vhost_->handle;
  info.address = address.c_str();
  info.port = start_->url.port;
  info.path = start_->url.path.c_str();
  info.host = host.c_str();
  info.method = "GET";  // not libwebsockets' own WebSocket role: docs/decisions/015
  info.local_protocol_name = "kith";
  info.alpn = "http/1.1";
  info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
  if (tls_) info.ssl_connection |= LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
  info.retry_and_idle_policy = &kNoPings;
  info.opaque_user_data = this;
  start_->inside_connect = true;
  wsi_ = lws_client_connect_via_info(&info);
  start_->inside_connect = false;
  // R8: a failure comes either as this null or as CLIENT_CONNECTION_ERROR, never as both.
  if (wsi_ == nullptr) {
    core_.soon([self = shared_from_this()] { self->attemptEnded(); });
  }
}

/// The attempt's wsi is gone without having been up.
void ClientSocket::attemptEnded() {
  wsi_ = nullptr;
  if (phase_ != Phase::Connecting) return gone();
  if (!start_->explained) error_ = connectError("closed", 0);
  const bool more =
      start_->next_address < start_->addresses.size() && core_.now().mono < start_->deadline;
  if (!start_->tcp_up && more) return tryAddress();
  giveUp(std::exchange(error_, Error{}));
}

void ClientSocket::giveUp(Error error) { report(0, std::move(error)); }

/// The time of this attempt, of the whole connect, or of the closing handshake is over.
void ClientSocket::tooLate() {
  if (phase_ == Phase::Closing) {
    kill();
    return report(close_code_, std::exchange(error_, Error{}));
  }
  if (phase_ == Phase::Connecting && !start_->tcp_up &&
      start_->next_address < start_->addresses.size()) {
    kill();  // attemptEnded() goes on with the next address
    return;
  }
  const std::string after = std::to_string(start_->request.timeout.count()) + " ms";
  std::string detail = "net: " + where_ + " gave no connection within " + after;
  if (phase_ == Phase::Resolving) {
    detail = "dns: " + (proxied() ? start_->proxy.host : start_->url.host) +
             " was not resolved within " + after;
  }
  kill();
  giveUp({Errc::Timeout, 0, std::move(detail), false});
}

Error ClientSocket::connectError(std::string_view text, unsigned status) const {
  const std::string alert = tls::takeTlsAlert();
  if (start_->fault.number != 0) return certificateError(tlsName(), start_->fault);
  const std::string why(text);
  if (tls_ && start_->tcp_up && status == 0) {
    const std::string end = start_->tls_up ? "closed after the TLS handshake" : why;
    return tlsError(where_, alert.empty() ? end : alert, start_->request.tls.min_version);
  }
  std::string detail = "net: " + where_;
  if (ws::saysLater(status)) {
    detail += " takes no connection now: HTTP status " + std::to_string(status);
    return {Errc::ServerBusy, 0, std::move(detail), false};
  }
  if (status != 0) {
    detail += " is no WebSocket server: HTTP status " + std::to_string(status) + " (" + why + ")";
  } else if (start_->tcp_up) {
    detail += " did not answer as a WebSocket server (" + why + ")";
  } else {
    detail += " refused the connection; check address and port, and that the server runs";
  }
  return {Errc::ConnectionRefused, 0, std::move(detail), false};
}

/// The first that is heard of the attempt's socket: it is connected and not a byte went through it.
void ClientSocket::tcpUp(lws* wsi) {
  start_->tcp_up = true;
  if (start_->tunnel == nullptr || start_->tunnel->moveTo(lws_get_socket_fd(wsi))) return;
  start_->explained = true;
  error_ = {Errc::Internal, 0, "net: the connection through the proxy was not taken over", false};
  kill();
}

/// The request is written but for its end.
int ClientSocket::askForUpgrade(char** end, std::size_t room) {
  start_->tls_up = true;
  std::array<unsigned char, 16> random;
  for (std::size_t i = 0; i < random.size(); i += sizeof(ws::MaskKey)) {
    const ws::MaskKey part = core_.maskKeys().next();
    std::copy(part.begin(), part.end(), random.begin() + static_cast<std::ptrdiff_t>(i));
  }
  start_->key = ws::handshakeKey(random);
  const std::string headers = ws::handshakeHeaders(start_->key, start_->request.subprotocol);
  if (headers.size() > room) return -1;
  // In front of it are at least the lines that every request has.
  *end -= ws::closeLineAtEnd({*end - ws::kCloseLine.size(), ws::kCloseLine.size()});
  *end = std::copy(headers.begin(), headers.end(), *end);
  return 0;
}

int ClientSocket::judgeAnswer(lws* wsi) {
  const auto has = [wsi](lws_token_indexes name) { return lws_hdr_total_length(wsi, name) > 0; };
  const auto header = [wsi](lws_token_indexes name) {
    std::string text(static_cast<std::size_t>(lws_hdr_total_length(wsi, name)) + 1, '\0');
    const int size = lws_hdr_copy(wsi, text.data(), static_cast<int>(text.size()), name);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  };
  ws::HandshakeAnswer answer;
  answer.status = lws_http_client_http_response(wsi);
  answer.http_1_1 = has(WSI_TOKEN_HTTP);
  answer.upgrade = header(WSI_TOKEN_UPGRADE);
  answer.connection = header(WSI_TOKEN_CONNECTION);
  answer.accept = header(WSI_TOKEN_ACCEPT);
  answer.has_extensions = has(WSI_TOKEN_EXTENSIONS);
  answer.subprotocol = header(WSI_TOKEN_PROTOCOL);
  answer.has_body = has(WSI_TOKEN_HTTP_CONTENT_LENGTH) || has(WSI_TOKEN_HTTP_TRANSFER_ENCODING);
  const std::string fault = ws::faultOf(answer, start_->key, start_->request.subprotocol);
  // A fault would say so if it were another one.
  agreed_ = answer.subprotocol.find_first_not_of(" \t") != std::string::npos;
  if (fault.empty()) return 0;
  error_ = connectError(fault, answer.status);
  error_.retry_after = ws::retryAfter(header(WSI_TOKEN_HTTP_RETRY_AFTER));
  start_->explained = true;
  return -1;
}

void ClientSocket::connectFailed(lws* wsi, const void* text, std::size_t size) {
  if (phase_ != Phase::Connecting || std::exchange(start_->explained, true)) return;
  const auto* const words = static_cast<const char*>(text);
  const std::string_view why =
      words == nullptr ? "unknown" : std::string_view(words, ::strnlen(words, size));
  error_ = connectError(why, lws_http_client_http_response(wsi));
}

int ClientSocket::verifyCertificate(void* store_context, bool good) {
  if (good) return 0;
  if (accepts_any_) {
    overlookFault(store_context);
  } else if (start_ != nullptr) {
    start_->fault = faultOf(store_context);
  }
  return 0;
}

/// Ends it for the driver. The handler hears of it in the next turn, never from inside a call.
void ClientSocket::report(int code, Error error) {
  if (phase_ == Phase::Done) return;
  phase_ = Phase::Done;
  core_.cancel(alarm_);
  core_.soon([self = shared_from_this(), code, error = std::move(error)] {
    if (TransportHandler* handler = std::exchange(self->handler_, nullptr)) {
      handler->onDown(code, error);
    }
  });
  if (wsi_ == nullptr) core_.forget(shared_from_this());
}

void ClientSocket::abandon() {
  handler_ = nullptr;
  core_.cancel(alarm_);
  phase_ = Phase::Done;
  if (wsi_ != nullptr) {
    kill();
  } else {
    core_.forget(shared_from_this());
  }
}

/// Closes the socket at libwebsockets' next chance; it is not safe while it is calling us.
void ClientSocket::kill() {
  if (wsi_ != nullptr) lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/// The wsi is no more.
void ClientSocket::gone() {
  tls::takeTlsAlert();  // the next failure has its own
  wsi_ = nullptr;
  vhost_.reset();
  if (phase_ == Phase::Up) {
    error_ = {Errc::NetworkDown, 0, "net: the connection to " + where_ + " was lost", false};
  }
  if (phase_ == Phase::Done) {
    core_.forget(shared_from_this());
    return;
  }
  report(close_code_, std::exchange(error_, Error{}));
}

}  // namespace kith::net
