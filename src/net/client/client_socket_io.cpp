// SPDX-License-Identifier: Apache-2.0
// A socket while it is up: frames in, frames out, and libwebsockets' callbacks.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/redact.hpp"
#include "net/client/client_socket.hpp"
#include "net/client/loop_core.hpp"

namespace kith::net {
namespace {

constexpr base::Millis kClosePatience{2000};
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kMessageTooBig = 1009;

}  // namespace

int ClientSocket::callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                           std::size_t size) {
  switch (reason) {
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
    case LWS_CALLBACK_WSI_CREATE:
    case LWS_CALLBACK_WSI_DESTROY:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: return -1;  // there is no second request
    default: return 0;                                   // many come without a real wsi
  }
  auto* const socket = static_cast<ClientSocket*>(lws_get_opaque_user_data(wsi));
  if (socket == nullptr) return 0;
  socket->core_.timePasses();
  const auto keep = socket->shared_from_this();  // the handler may let go of it
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) {
    return socket->verifyCertificate(user, size != 0);
  }
  return socket->handle(wsi, reason, in, size);
}

int ClientSocket::handle(lws* wsi, lws_callback_reasons reason, void* in, std::size_t size) {
  switch (reason) {
    case LWS_CALLBACK_WSI_CREATE: tcpUp(wsi); return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      return askForUpgrade(static_cast<char**>(in), size);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: connectFailed(wsi, in, size); return 0;
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH: return judgeAnswer(wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: return up(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: readSome(); return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ: return take(static_cast<char*>(in), size);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: flushSoon(); return 0;
    case LWS_CALLBACK_WSI_DESTROY:
      wsi_ = nullptr;
      if (start_ == nullptr || !start_->inside_connect) {
        core_.soon([self = shared_from_this()] { self->attemptEnded(); });
      }
      return 0;
    default: return 0;
  }
}

int ClientSocket::up(lws* wsi) {
  if (phase_ != Phase::Connecting) return -1;
  wsi_ = wsi;
  phase_ = Phase::Up;
  core_.cancel(alarm_);
  error_ = {};
  start_.reset();
  headers_ = true;
  flushSoon();
  handler_->onUp();
  return phase_ == Phase::Done ? -1 : 0;
}

/// What libwebsockets takes for the body of the answer are the server's frames. It has turned
/// POLLIN off, and turns it on again as it reads.
void ClientSocket::readSome() {
  if (answered_ || (phase_ != Phase::Up && phase_ != Phase::Closing)) return;
  std::size_t all = 0;
  do {
    read_ = 0;
    char* bytes = core_.readBuffer();
    int size = static_cast<int>(kReadBuffer);
    // It closes with patience for what waits to be written, but reads on at the end meanwhile.
    if (lws_http_client_read(wsi_, &bytes, &size) < 0) return kill();
    all += read_;
    // Through TLS it reads one record, and what leaves together is often several.
  } while (tls_ && read_ > 0 && all < kReadBuffer);
  // While there is something to read it does not say that one may write.
  if (waits()) flushSoon();
}

int ClientSocket::take(char* bytes, std::size_t size) {
  read_ = size;
  char* const buffer = core_.readBuffer();
  // What came with the handshake lies in its own memory, without room behind.
  if (bytes != buffer) {
    if (size > kReadBuffer) return -1;
    std::memcpy(buffer, bytes, size);
  }
  if (reader_.read(buffer, size, *this) != 0) {
    refuse(kProtocolError, "", "what is no WebSocket frame for a client");
  }
  return phase_ == Phase::Done ? -1 : 0;
}

bool ClientSocket::onMessage(char* bytes, std::size_t size, ws::FrameKind) {
  if (phase_ != Phase::Up) return phase_ == Phase::Closing;
  touch();
  handler_->onFrame(bytes, size);
  return phase_ != Phase::Done;
}

bool ClientSocket::onTooLong(ws::FrameKind) {
  refuse(kMessageTooBig, "frame too long",
         "a frame longer than " + std::to_string(max_frame_bytes_) + " bytes");
  return true;
}

bool ClientSocket::onControl(ws::Opcode opcode, std::string_view payload) {
  if (opcode == ws::Opcode::Close) {
    peerCloses(payload);
    return false;
  }
  if (phase_ != Phase::Up) return phase_ == Phase::Closing;
  if (opcode == ws::Opcode::Ping) pong(payload);
  touch();
  handler_->onHeard();
  return phase_ != Phase::Done;
}

/// Pings may come faster than pongs leave; then the last one is answered, as the RFC allows.
void ClientSocket::pong(std::string_view payload) {
  if (lws_partial_buffered(wsi_) != 0) {
    pong_ = payload;
    flushSoon();
  } else {
    pong_.reset();
    queue(ws::Opcode::Pong, payload);
  }
}

void ClientSocket::refuse(std::uint16_t code, std::string_view reason, const std::string& what) {
  if (phase_ != Phase::Up) return;
  close(code, reason);
  error_ = {Errc::ProtocolError, 0, "net: " + where_ + " sent " + what, false};
}

void ClientSocket::touch() {
  if (!std::exchange(touched_, true)) core_.touched(shared_from_this());
}

void ClientSocket::turnEnds() {
  touched_ = false;
  if (phase_ == Phase::Up && handler_ != nullptr) handler_->onTurnEnd();
}

void ClientSocket::peerCloses(std::string_view payload) {
  if (phase_ != Phase::Up && phase_ != Phase::Closing) return;
  ws::CloseWords words = ws::parseClosePayload(payload);
  const std::uint16_t fault = ws::faultOfClosePayload(payload);
  if (fault == kProtocolError && payload.size() >= 2) words.code = fault;
  close_code_ = words.code;
  if (phase_ == Phase::Closing) return kill();
  error_ = {Errc::NetworkDown, 0, "net: " + where_ + " closed the connection", false};
  if (words.code != 0) error_.detail += " (" + std::to_string(words.code);
  if (!words.reason.empty()) error_.detail += " " + base::cleanWords(words.reason);
  if (words.code != 0) error_.detail += ")";
  queue(ws::Opcode::Close, fault == 0 ? payload : ws::formatClosePayload(fault, ""));
  phase_ = Phase::Closing;
  answered_ = true;
  core_.arm(alarm_, core_.now().mono + kClosePatience);
}

void ClientSocket::send(ws::Opcode opcode, std::string_view payload) {
  if (phase_ == Phase::Up) queue(opcode, payload);
}

void ClientSocket::close(std::uint16_t code, std::string_view reason) {
  if (phase_ == Phase::Closing || phase_ == Phase::Done) return;
  if (phase_ != Phase::Up) {
    kill();
    return report(0, {Errc::NetworkDown, 0, "net: closed before the connection was up", false});
  }
  queue(ws::Opcode::Close, ws::formatClosePayload(code, reason));
  phase_ = Phase::Closing;
  error_ = {Errc::NetworkDown, 0, "net: the connection to " + where_ + " was closed", false};
  core_.arm(alarm_, core_.now().mono + kClosePatience);
}

void ClientSocket::queue(ws::Opcode opcode, std::string_view payload) {
  if (out_.empty()) out_ = core_.spareBuffers().take();
  ws::appendMaskedFrame(out_, opcode, payload, core_.maskKeys().next());
  flushSoon();
}

/// Ten thousand idle sockets hold no memory for output, and a busy one does not allocate.
void ClientSocket::giveBufferBack() {
  // A string that never grew, for a ping, holds nothing that is worth keeping.
  if (out_.capacity() > std::string().capacity()) core_.spareBuffers().give(std::move(out_));
  out_ = {};
}

std::size_t ClientSocket::bufferedBytes() const {
  const std::size_t ours = out_.size() - written_;
  return ours + (wsi_ != nullptr && lws_partial_buffered(wsi_) != 0 ? handed_ : 0);
}

bool ClientSocket::waits() const {
  return written_ < out_.size() || pong_ || (wsi_ != nullptr && lws_partial_buffered(wsi_) != 0);
}

void ClientSocket::flushSoon() {
  if (!std::exchange(flush_soon_, true)) core_.unsent(shared_from_this());
}

void ClientSocket::flush() {
  flush_soon_ = false;
  if (wsi_ == nullptr || (phase_ != Phase::Up && phase_ != Phase::Closing)) return;
  if (std::exchange(headers_, false)) lws_http_headers_detach(wsi_);
  if (!writeOut()) return kill();
  if (waits()) {
    lws_callback_on_writable(wsi_);
  } else if (answered_) {
    kill();
  }
}

/// One write a turn: raw bytes to libwebsockets, which keeps what the kernel does not take. False:
/// the connection is broken.
bool ClientSocket::writeOut() {
  // Nothing new, but what it has kept: it does not try by itself while there is something to read.
  if (lws_partial_buffered(wsi_) != 0) return lws_write(wsi_, nullptr, 0, LWS_WRITE_HTTP) >= 0;
  if (pong_ && phase_ == Phase::Up) {
    ws::appendMaskedFrame(out_, ws::Opcode::Pong, *pong_, core_.maskKeys().next());
  }
  pong_.reset();
  if (out_.empty()) return true;
  handed_ = std::min(out_.size() - written_, kMaxWrite);
  auto* const bytes = reinterpret_cast<unsigned char*>(out_.data() + written_);
  if (lws_write(wsi_, bytes, handed_, LWS_WRITE_HTTP) < 0) return false;
  written_ += handed_;
  if (written_ == out_.size()) {
    written_ = 0;
    giveBufferBack();
  } else if (written_ > out_.size() / 2) {
    // A queue that never runs dry must not keep what has left.
    out_.erase(0, written_);
    written_ = 0;
  }
  return true;
}

}  // namespace kith::net
