// SPDX-License-Identifier: Apache-2.0
#include "tools/http_call.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

namespace kith::tools {
namespace {

using List = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

List listOf(const std::vector<std::string>& lines) {
  List list(nullptr, &curl_slist_free_all);
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) continue;
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

struct Network {
  std::uint32_t address;
  std::uint32_t mask;
};

// RFC 6890: this machine, private, shared and link-local networks, and those of protocols.
constexpr Network kInner[] = {{0x00000000, 0xff000000}, {0x0a000000, 0xff000000},
                              {0x64400000, 0xffc00000}, {0x7f000000, 0xff000000},
                              {0xa9fe0000, 0xffff0000}, {0xac100000, 0xfff00000},
                              {0xc0000000, 0xffffff00}, {0xc0a80000, 0xffff0000}};

bool isInner(std::uint32_t address) {
  return std::any_of(std::begin(kInner), std::end(kInner), [address](const Network& network) {
    return (address & network.mask) == network.address;
  });
}

bool isInner(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return isInner(ntohl(four.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return true;
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  const auto* bytes = six.sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
    std::uint32_t four = 0;
    std::memcpy(&four, bytes + 12, sizeof four);
    return isInner(ntohl(four));
  }
  // Only 2000::/3 is given out to the world.
  return (bytes[0] & 0xe0) != 0x20;
}

/// `inner` is null when any address is good, else it becomes true for one that is not.
curl_socket_t openSocket(void* inner, curlsocktype, curl_sockaddr* address) {
  if (inner != nullptr && isInner(address->addr)) {
    *static_cast<bool*>(inner) = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Errc errcOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return Errc::Timeout;
    case CURLE_COULDNT_RESOLVE_HOST: return Errc::NameNotResolved;
    case CURLE_COULDNT_CONNECT: return Errc::ConnectionRefused;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return Errc::TlsUntrusted;
    default: return Errc::NetworkDown;
  }
}

}  // namespace

struct HttpClient::Transfer {
  static std::size_t take(const char* bytes, std::size_t, std::size_t size, void* self);
  static int keepOn(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  HttpClient* client{nullptr};
  const HttpCall* call{nullptr};
  const Sink* sink{nullptr};
  HttpReply reply;
  List headers{nullptr, &curl_slist_free_all};
  List connect{nullptr, &curl_slist_free_all};
  std::array<char, CURL_ERROR_SIZE> words{};
  bool stopped{false};
  bool sink_failed{false};
  bool inner{false};
};

HttpClient::HttpClient() : curl_(curl_easy_init()) {}
HttpClient::~HttpClient() { curl_easy_cleanup(curl_); }

std::size_t HttpClient::Transfer::take(const char* bytes, std::size_t, std::size_t size,
                                       void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  long status = 0;
  curl_easy_getinfo(transfer.client->curl_, CURLINFO_RESPONSE_CODE, &status);
  if (*transfer.sink && status < 300) {
    transfer.sink_failed = !(*transfer.sink)(status, {bytes, size});
    return transfer.sink_failed ? 0 : size;
  }
  std::string& body = transfer.reply.body;
  if (body.size() + size > transfer.call->most_answer) {
    transfer.reply.too_long = true;
    return 0;
  }
  body.append(bytes, size);
  return size;
}

int HttpClient::Transfer::keepOn(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::function<bool()>& stop = transfer.client->stop_;
  transfer.stopped = stop && stop();
  return transfer.stopped ? 1 : 0;
}

void HttpClient::setUp(const HttpCall& call, Transfer& transfer) {
  CURL* curl = curl_;
  curl_easy_reset(curl);  // keeps the connections
  transfer.headers = listOf(call.headers);
  if (!call.connect.empty()) transfer.connect = listOf({"::" + call.connect});  // any host
  curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  if (call.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(curl, CURLOPT_CONNECT_TO, transfer.connect.get());
  curl_easy_setopt(curl, CURLOPT_PROXY, call.proxy.c_str());
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
  // CURLOPT_NOSIGNAL stays off: curl then ignores SIGPIPE while it writes, which is the default
  // here.
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!call.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, call.ca_file.c_str());
  const auto milliseconds = static_cast<long>(call.timeout.count());
  const long deadline =
      call.deadline.count() > 0 ? static_cast<long>(call.deadline.count()) : milliseconds;
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, deadline);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, milliseconds / 1000));
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, call.redirects > 0 ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, call.redirects);
  // A body that is kept as it is must not come packed.
  if (!*transfer.sink) curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &openSocket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA,
                   call.public_only && call.proxy.empty() ? &transfer.inner : nullptr);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer.words.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, stop_ ? 0L : 1L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Transfer::keepOn);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
}

Result<HttpReply> HttpClient::ask(const HttpCall& call, const Sink& sink) {
  if (curl_ == nullptr) return Error{Errc::Internal, 0, "curl cannot be used", false};
  Transfer transfer;
  transfer.client = this;
  transfer.call = &call;
  transfer.sink = &sink;
  setUp(call, transfer);
  const CURLcode code = curl_easy_perform(curl_);
  // It points into `transfer`.
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &transfer.reply.status);
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &seconds);
  transfer.reply.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(seconds, 0, 86'400));
  const char* location = nullptr;
  curl_easy_getinfo(curl_, CURLINFO_REDIRECT_URL, &location);
  if (location != nullptr) transfer.reply.location = location;
  if (code == CURLE_OK || transfer.reply.too_long) return std::move(transfer.reply);
  const std::string where = call.url.substr(0, call.url.find('?')) + ": ";
  if (transfer.stopped) return Error{Errc::Closed, 0, "stopped", false};
  if (transfer.sink_failed) return Error{Errc::StoreFailed, 0, where + "not written", false};
  if (transfer.inner) {
    return Error{Errc::Rejected, 0, where + "leads to this machine or a private network", false};
  }
  const char* words = transfer.words.data();
  return Error{errcOf(code), 0, where + (*words != '\0' ? words : curl_easy_strerror(code)), false};
}

std::string HttpClient::etag() const {
  curl_header* header = nullptr;
  if (curl_easy_header(curl_, "ETag", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return {};
  const std::string value = header->value;
  return value.size() > 2 && value.front() == '"' ? value : std::string();
}

}  // namespace kith::tools
