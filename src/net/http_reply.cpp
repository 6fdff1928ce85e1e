// SPDX-License-Identifier: Apache-2.0
#include "net/listener_http.hpp"

#include <libwebsockets.h>

#include <algorithm>
#include <array>

namespace kith::net {
namespace {

constexpr int kRefusedRetrySeconds = 10;
constexpr std::array<const char*, 8> kMethods{"GET",   "POST",   "OPTIONS", "PUT",
                                              "PATCH", "DELETE", "CONNECT", "HEAD"};

std::string header(lws* wsi, lws_token_indexes token) {
  const int size = lws_hdr_total_length(wsi, token);
  if (size <= 0) return {};
  std::string value(static_cast<std::size_t>(size) + 1, '\0');
  const int copied = lws_hdr_copy(wsi, value.data(), size + 1, token);
  value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
  return value;
}

std::string namedHeader(lws* wsi, const std::string& name) {
  const std::string key = name + ':';
  const int key_size = static_cast<int>(key.size());
  const int size = lws_hdr_custom_length(wsi, key.c_str(), key_size);
  if (size <= 0) return {};
  std::string value(static_cast<std::size_t>(size) + 1, '\0');
  const int copied = lws_hdr_custom_copy(wsi, value.data(), size + 1, key.c_str(), key_size);
  value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
  return value;
}

const char* reasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    case 503: return "Service Unavailable";
    default: return status < 500 ? "Error" : "Server Error";
  }
}

}  // namespace

std::string_view HttpCall::arg(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

std::string_view HttpCall::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

bool readHttpCall(lws* wsi, const ListenOptions& options, HttpCall& call) {
  char* path = nullptr;
  int path_size = 0;
  const int method = lws_http_get_uri_and_method(wsi, &path, &path_size);
  if (method < 0 || static_cast<std::size_t>(method) >= kMethods.size()) return false;
  call.method = kMethods[static_cast<std::size_t>(method)];
  call.path.assign(path, static_cast<std::size_t>(path_size));
  call.host = header(wsi, WSI_TOKEN_HOST);
  // Each fragment is one decoded `name=value`.
  std::array<char, 4096> piece;
  for (int at = 0;; ++at) {
    const int size = lws_hdr_copy_fragment(wsi, piece.data(), static_cast<int>(piece.size()),
                                           WSI_TOKEN_HTTP_URI_ARGS, at);
    if (size < 0) break;
    const std::string_view text(piece.data(), static_cast<std::size_t>(size));
    const std::size_t equals = text.find('=');
    const std::string_view value = equals != text.npos ? text.substr(equals + 1) : "";
    call.query.emplace_back(text.substr(0, equals), value);
  }
  for (const std::string& name : options.headers) {
    if (std::string value = namedHeader(wsi, name); !value.empty()) {
      call.headers.emplace_back(name, std::move(value));
    }
  }
  return true;
}

// What goes into our own header is the entry of the list, never the bytes of the request.
Origin originOf(lws* wsi, const std::vector<std::string>& allowed) {
  if (allowed.empty()) return {true, "Access-Control-Allow-Origin: *\r\n"};
  std::string page = header(wsi, WSI_TOKEN_ORIGIN);
  if (page.empty()) return {true, "Vary: Origin\r\n"};
  for (char& c : page) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto entry = std::find(allowed.begin(), allowed.end(), page);
  if (entry == allowed.end()) return {false, "Vary: Origin\r\n"};
  return {true, "Access-Control-Allow-Origin: " + *entry + "\r\nVary: Origin\r\n"};
}

// Chunks count as well: libwebsockets does not know them and would take them for the next request.
bool hasBody(lws* wsi) {
  const std::string length = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  if (!length.empty() && length.find_first_not_of("0 ") != length.npos) return true;
  return !header(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING).empty();
}

void writeNow(lws* wsi, const HttpReply& reply, std::string_view readers) {
  std::string bytes = std::string(LWS_PRE, '\0') + formatHttpReply(reply, readers, false);
  lws_write(wsi, reinterpret_cast<unsigned char*>(bytes.data()) + LWS_PRE, bytes.size() - LWS_PRE,
            LWS_WRITE_HTTP_FINAL);
}

void refuseHttp(lws* wsi, int status, const std::string& text) {
  HttpReply reply{status, "application/json", {}, 0};
  reply.body = R"({"code":)" + std::to_string(status) + R"(,"error":")" + text + "\"}";
  if (status == 503) reply.retry_after = kRefusedRetrySeconds;
  writeNow(wsi, reply, {});
}

bool refuseUpgrade(lws* wsi) {
  const std::string version = header(wsi, WSI_TOKEN_VERSION);
  const bool request =
      lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0 && header(wsi, WSI_TOKEN_HTTP) == "HTTP/1.1";
  // The draft that was version 8 has the same frames, and clients of 2014 may still say so.
  if (request && (version == "13" || version == "8")) return false;
  std::string text(LWS_PRE, '\0');
  text += request ? "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n"
                  : "HTTP/1.1 400 Bad Request\r\n";
  text += "Content-Length: 0\r\nConnection: close\r\n\r\n";
  auto* bytes = reinterpret_cast<unsigned char*>(text.data()) + LWS_PRE;
  (void)lws_write(wsi, bytes, text.size() - LWS_PRE, LWS_WRITE_HTTP);
  return true;
}

std::string formatHttpReply(const HttpReply& reply, std::string_view readers, bool without_body) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + ' ' + reasonPhrase(reply.status) +
                     "\r\nContent-Type: " + reply.type +
                     "; charset=utf-8\r\nContent-Length: " + std::to_string(reply.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  text += readers;
  if (reply.status == 204) {
    text += "Access-Control-Allow-Methods: GET, HEAD\r\nAccess-Control-Allow-Headers: *\r\n";
  }
  if (reply.retry_after > 0) text += "Retry-After: " + std::to_string(reply.retry_after) + "\r\n";
  if (reply.status == 405) text += "Allow: GET, HEAD\r\n";
  text += "\r\n";
  if (!without_body) text += reply.body;
  return text;
}

}  // namespace kith::net
