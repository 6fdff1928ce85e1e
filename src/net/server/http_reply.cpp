// SPDX-License-Identifier: Apache-2.0
#include "net/server/http_reply.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/text_codes.hpp"
#include "ws/http_words.hpp"

namespace kith::net {
namespace {

constexpr int kRefusedRetrySeconds = 10;
// For the head of an answer, so that a long body is not moved behind it twice.
constexpr std::size_t kHeadRoom = 512;

const char* reasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 416: return "Range Not Satisfiable";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
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

std::size_t HttpCall::weight() const {
  std::size_t bytes = method.size() + path.size() + host.size();
  for (const auto* const list : {&query, &headers}) {
    for (const auto& each : *list) bytes += sizeof each + each.first.size() + each.second.size();
  }
  return bytes;
}

// Old clients join `https://host/` and `/v1/route`, so several slashes are one.
bool readHttpCall(const ws::HttpHead& head, const std::vector<std::string>& wanted,
                  HttpCall& call) {
  call.method = head.method;
  if (!base::decodePercent(head.path, false, call.path)) return false;
  const auto twice = [](char a, char b) { return a == '/' && b == '/'; };
  call.path.erase(std::unique(call.path.begin(), call.path.end(), twice), call.path.end());
  call.host = head.header("host");
  for (std::string_view rest = head.query; !rest.empty();) {
    const std::string_view piece = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
    const std::size_t equals = piece.find('=');
    std::string name, value;
    if (!base::decodePercent(piece.substr(0, equals), true, name)) return false;
    if (equals != piece.npos && !base::decodePercent(piece.substr(equals + 1), true, value))
      return false;
    call.query.emplace_back(std::move(name), std::move(value));
  }
  for (const std::string& name : wanted) {
    if (std::string value = head.header(name); !value.empty()) {
      call.headers.emplace_back(name, std::move(value));
    }
  }
  return true;
}

// What goes into our own header is the entry of the list, never the bytes of the request.
Origin originOf(const ws::HttpHead& head, const std::vector<std::string>& allowed) {
  if (allowed.empty()) return {true, "Access-Control-Allow-Origin: *\r\n"};
  std::string page = head.header("origin");
  if (page.empty()) return {true, "Vary: Origin\r\n"};
  std::transform(page.begin(), page.end(), page.begin(), base::lowerCase);
  const auto entry = std::find(allowed.begin(), allowed.end(), page);
  if (entry == allowed.end()) return {false, "Vary: Origin\r\n"};
  return {true, "Access-Control-Allow-Origin: " + *entry + "\r\nVary: Origin\r\n"};
}

bool staysOpen(const ws::HttpHead& head) {
  return head.minor == 1 && !head.lists("connection", "close");
}

std::string formatRefusal(int status, const std::string& text) {
  HttpReply reply{status, "application/json", {}, 0};
  reply.body = R"({"code":)" + std::to_string(status) + R"(,"error":")" + text + "\"}";
  if (status == 503) reply.retry_after = kRefusedRetrySeconds;
  return formatHttpReply(reply, {{}, false, true});
}

std::string formatHttpReply(const HttpReply& reply, const ReplyForm& form) {
  std::string text;
  text.reserve(kHeadRoom + reply.body.size());
  text = "HTTP/1.1 " + std::to_string(reply.status) + ' ' + reasonPhrase(reply.status) +
         "\r\nContent-Type: " + reply.type + "; charset=utf-8\r\n";
  if (!reply.parts) {
    const std::uint64_t size = reply.file ? reply.file_end - reply.file_begin : reply.body.size();
    text += "Content-Length: " + std::to_string(size) + "\r\n";
  }
  if (form.chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  text.append(form.cors_headers).append(reply.headers);
  if (form.last) text += "Connection: close\r\n";
  if (reply.status == 204 && !reply.allow.empty()) {
    text +=
        "Access-Control-Allow-Methods: " + reply.allow + "\r\nAccess-Control-Allow-Headers: *\r\n";
  }
  if (reply.retry_after > 0) text += "Retry-After: " + std::to_string(reply.retry_after) + "\r\n";
  if (reply.status == 405) text += "Allow: " + reply.allow + "\r\n";
  text += "\r\n";
  if (!form.without_body) text += reply.body;
  return text;
}

}  // namespace kith::net
