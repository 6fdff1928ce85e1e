// SPDX-License-Identifier: Apache-2.0
// A link while it is up: frames in, frames out, and libwebsockets' callbacks.
#include <cstring>
#include <utility>

#include "base/redact.hpp"
#include "net/core.hpp"
#include "net/link.hpp"

namespace kith::net {
namespace {

constexpr base::Millis kClosePatience{2000};
/// What a buffer may keep between bursts.
constexpr std::size_t kKeptCapacity = 64 * 1024;
constexpr std::uint16_t kMessageTooBig = 1009;

void letGo(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptCapacity) buffer.shrink_to_fit();
}

}  // namespace

int Link::callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size) {
  static_cast<void>(user);
  switch (reason) {
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
    case LWS_CALLBACK_WSI_CREATE:
    case LWS_CALLBACK_WSI_DESTROY:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: break;
    default: return 0;  // many come without a real wsi
  }
  auto* const link = static_cast<Link*>(lws_get_opaque_user_data(wsi));
  if (link == nullptr) return 0;
  const auto keep = link->shared_from_this();  // the handler may let go of it
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) {
    return link->verifyCertificate(user, size != 0);
  }
  return link->handle(wsi, reason, in, size);
}

int Link::handle(lws* wsi, lws_callback_reasons reason, void* in, std::size_t size) {
  switch (reason) {
    case LWS_CALLBACK_WSI_CREATE: tcp_up_ = true; return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: tls_up_ = true; return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: {
      const std::string_view text =
          in == nullptr
              ? std::string_view("unknown")
              : std::string_view(static_cast<char*>(in), ::strnlen(static_cast<char*>(in), size));
      error_ = connectError(text, lws_http_client_http_response(wsi));
      explained_ = true;
      ask_proxy_ = text == "proxy not h1";
      return 0;
    }
    case LWS_CALLBACK_CLIENT_ESTABLISHED: return up(wsi);
    case LWS_CALLBACK_CLIENT_RECEIVE: return received(static_cast<char*>(in), size);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG: return heard();
    case LWS_CALLBACK_CLIENT_WRITEABLE: return writeOut();
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: return peerCloses({static_cast<char*>(in), size});
    case LWS_CALLBACK_WSI_DESTROY:
      wsi_ = nullptr;
      if (!inside_connect_) core_.soon([self = shared_from_this()] { self->attemptEnded(); });
      return 0;
    default: return 0;
  }
}

int Link::up(lws* wsi) {
  if (phase_ != Phase::Connecting) return -1;
  wsi_ = wsi;
  phase_ = Phase::Up;
  core_.cancel(alarm_);
  error_ = {Errc::NetworkDown, 0, "net: the connection to " + where() + " was lost", false};
  addresses_.clear();
  handler_->onUp();
  return phase_ == Phase::Done ? -1 : 0;
}

int Link::received(char* data, std::size_t size) {
  if (phase_ != Phase::Up) return phase_ == Phase::Done ? -1 : 0;
  const std::size_t remaining = lws_remaining_packet_payload(wsi_);
  if (joined_.size() + size + remaining > request_.max_frame_bytes) return tooLong();
  const bool whole = remaining == 0 && lws_is_final_fragment(wsi_) != 0;
  // libwebsockets' buffer has a byte behind the data as well, which it sets to 0.
  if (whole && joined_.empty()) return deliver(data, size);
  joined_.append(data, size);
  if (!whole) return 0;
  std::string message = std::exchange(joined_, {});
  message.push_back('\0');
  const int verdict = deliver(message.data(), message.size() - 1);
  letGo(message);
  joined_ = std::move(message);
  return verdict;
}

int Link::deliver(char* frame, std::size_t size) {
  if (!std::exchange(touched_, true)) core_.touched(shared_from_this());
  handler_->onFrame(frame, size);
  return phase_ == Phase::Done ? -1 : 0;
}

int Link::tooLong() {
  close(kMessageTooBig, "frame too long");
  error_ = {Errc::ProtocolError, 0,
            "net: " + where() + " sent a frame longer than " +
                std::to_string(request_.max_frame_bytes) + " bytes",
            false};
  return 0;
}

int Link::heard() {
  if (phase_ != Phase::Up) return phase_ == Phase::Done ? -1 : 0;
  if (!std::exchange(touched_, true)) core_.touched(shared_from_this());
  handler_->onHeard();
  return phase_ == Phase::Done ? -1 : 0;
}

void Link::turnEnds() {
  touched_ = false;
  if (phase_ == Phase::Up && handler_ != nullptr) handler_->onTurnEnd();
}

/// libwebsockets answers with the same payload when we did not begin; a bad one is not worth it.
int Link::peerCloses(std::string_view payload) {
  if (phase_ != Phase::Up && phase_ != Phase::Closing) return -1;
  CloseWords words = parseClosePayload(payload);
  close_code_ = words.code;
  if (phase_ == Phase::Closing) return -1;
  phase_ = Phase::Closing;
  error_ = {Errc::NetworkDown, 0, "net: " + where() + " closed the connection", false};
  if (words.code != 0) error_.detail += " (" + std::to_string(words.code);
  if (!words.reason.empty()) error_.detail += " " + base::cleanWords(words.reason);
  if (words.code != 0) error_.detail += ")";
  core_.arm(alarm_, base::systemNow().mono + kClosePatience);
  return faultOfClosePayload(payload) == 0 ? 0 : -1;
}

void Link::send(Opcode opcode, std::string_view payload) {
  if (phase_ != Phase::Up) return;
  appendMaskedFrame(out_, opcode, payload, core_.maskKeys().next());
  if (out_.size() - (cuts_.empty() ? written_ : cuts_.back()) >= kMaxWrite) {
    cuts_.push_back(out_.size());
  }
  askToWrite();
}

void Link::close(std::uint16_t code, std::string_view reason) {
  if (phase_ == Phase::Closing || phase_ == Phase::Done) return;
  const bool was_up = phase_ == Phase::Up;
  if (!was_up) {
    kill();
    return report(0, {Errc::NetworkDown, 0, "net: closed before the connection was up", false});
  }
  send(Opcode::Close, formatClosePayload(code, reason));
  phase_ = Phase::Closing;
  error_ = {Errc::NetworkDown, 0, "net: the connection to " + where() + " was closed", false};
  core_.arm(alarm_, base::systemNow().mono + kClosePatience);
}

std::size_t Link::bufferedBytes() const {
  const std::size_t ours = out_.size() - written_;
  return ours + (wsi_ != nullptr && lws_partial_buffered(wsi_) != 0 ? handed_ : 0);
}

void Link::askToWrite() {
  if (wsi_ != nullptr && !std::exchange(write_asked_, true)) lws_callback_on_writable(wsi_);
}

/// One write per callback: raw bytes to libwebsockets, which keeps what the kernel does not take.
/// They end with a frame, because it puts its own pongs and close frames between two writes.
int Link::writeOut() {
  if (phase_ == Phase::Done) return -1;
  write_asked_ = false;
  if (written_ == out_.size()) return 0;
  std::size_t end = out_.size();
  if (!cuts_.empty()) {
    end = cuts_.front();
    cuts_.pop_front();
  }
  handed_ = end - written_;
  auto* const bytes = reinterpret_cast<unsigned char*>(out_.data() + written_);
  if (lws_write(wsi_, bytes, handed_, LWS_WRITE_RAW) < 0) return -1;
  written_ = end;
  if (written_ == out_.size()) {
    written_ = 0;
    letGo(out_);
    return 0;
  }
  if (written_ > out_.size() / 2) {  // a queue that never runs dry must not keep what has left
    out_.erase(0, written_);
    for (std::size_t& cut : cuts_) cut -= written_;
    written_ = 0;
  }
  askToWrite();
  return 0;
}

}  // namespace kith::net
