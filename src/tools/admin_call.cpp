// SPDX-License-Identifier: Apache-2.0
#include "tools/admin_call.hpp"

#include <curl/curl.h>

#include <memory>

namespace kith::tools {
namespace {

constexpr std::size_t kMostAnswer = 64u * 1024;

using Easy = std::unique_ptr<CURL, void (*)(CURL*)>;
using List = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

std::size_t take(const char* bytes, std::size_t, std::size_t size, void* answer) {
  std::string& body = static_cast<AdminAnswer*>(answer)->body;
  if (body.size() + size > kMostAnswer) return 0;
  body.append(bytes, size);
  return size;
}

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

}  // namespace

Result<AdminAnswer> ask(const AdminCall& call) {
  const Easy easy(curl_easy_init(), &curl_easy_cleanup);
  if (!easy) return Error{Errc::Internal, 0, "curl cannot be used", false};
  CURL* curl = easy.get();
  char why[CURL_ERROR_SIZE] = "";
  const List headers = listOf(call.headers);
  // Whatever the URL names.
  const List connect = listOf(call.connect.empty() ? std::vector<std::string>{}
                                                   : std::vector<std::string>{"::" + call.connect});
  AdminAnswer answer;
  curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect.get());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  if (!call.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, call.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    const std::string words = why[0] != '\0' ? why : curl_easy_strerror(code);
    return Error{Errc::NetworkDown, 0, call.url + ": " + words, false};
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace kith::tools
