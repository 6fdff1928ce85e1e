// SPDX-License-Identifier: Apache-2.0
// kith admin app: adds an application to a running kithd, changes its limits, rotates its keys.
// Keys come from files, the environment and standard input, and go to standard output once.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "tools/commands.hpp"
#include "tools/http_call.hpp"
#include "tools/json_line.hpp"
#include "tools/peer_client.hpp"
#include "tools/secrets.hpp"
#include "tools/terminal.hpp"

namespace kith::tools {
namespace {

constexpr const char* kAdminKeyVariable = "KITH_ADMIN_KEY";
constexpr const char* kKeyNames[] = {"app_key", "master_key"};

Error usage(const std::string& what) { return {Errc::InvalidArgument, 0, what, false}; }

/// `ws://host:port/` as the beginning of an address of HTTP.
std::string httpOf(std::string server) {
  if (server.rfind("ws", 0) == 0) server.replace(0, 2, "http");
  while (!server.empty() && server.back() == '/') server.pop_back();
  return server;
}

bool isNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

void addValue(JsonLine& object, const std::string& name, const std::string& value) {
  if (value == "true" || value == "false" || value == "null" || isNumber(value)) {
    object.raw(name, value);
  } else {
    object.text(name, value);
  }
}

/// Adds `NAME=VALUE`, a name `rates.peer_burst` in an object of its own.
Result<void> addSettings(JsonLine& body, const std::vector<std::string>& settings) {
  std::map<std::string, JsonLine> inner;
  for (const std::string& text : settings) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return usage("'" + text + "' is no setting: write NAME=VALUE");
    }
    const std::string name = text.substr(0, equals);
    const std::string value = text.substr(equals + 1);
    if (std::find(std::begin(kKeyNames), std::end(kKeyNames), name) != std::end(kKeyNames)) {
      return usage(name + " comes from a file, not from the command line, which others can read");
    }
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) {
      addValue(body, name, value);
    } else {
      addValue(inner[name.substr(0, dot)], name.substr(dot + 1), value);
    }
  }
  for (const auto& [name, object] : inner) body.object(name, object);
  return {};
}

/// A key that a header can carry.
Result<std::string> readKey(const std::string& flag, const std::string& file) {
  Result<std::string> key = readKeyFile(flag, file);
  if (!key) return key;
  const auto fits = [](char c) { return c > ' ' && c <= '~'; };
  if (std::all_of(key->begin(), key->end(), fits)) return key;
  return usage(flag + ": " + file + ": a key is ASCII without spaces");
}

/// The headers, with the key among them.
Result<std::vector<std::string>> authorize(const Settings& settings, const AdminArgs& args) {
  std::string key;
  if (const char* variable = std::getenv(kAdminKeyVariable)) key = variable;
  if (!args.admin_key_file.empty()) {
    Result<std::string> read = readKey("--admin-key-file", args.admin_key_file);
    if (!read) return read.error();
    key = *read;
  }
  std::vector<std::string> headers{"Content-Type: application/json"};
  if (!key.empty()) {
    headers.push_back("X-Kith-Admin-Key: " + key);
  } else if (args.action == "rotate-key" && !settings.master_key.empty()) {
    headers.push_back("X-LC-Id: " + args.id);
    headers.push_back("X-LC-Key: " + settings.master_key + ",master");
  } else {
    return usage("give the admin key with --admin-key-file or in KITH_ADMIN_KEY");
  }
  return headers;
}

/// Adds a key out of a file; without a file the server is to make one.
Result<void> addKey(JsonLine& body, const std::string& name, const std::string& flag,
                    const std::string& file, bool or_null) {
  if (file.empty()) {
    if (or_null) body.raw(name, "null");
    return {};
  }
  const Result<std::string> key = readKey(flag, file);
  if (!key) return key.error();
  body.text(name, *key);
  return {};
}

Result<HttpCall> makeCall(const Settings& settings, const AdminArgs& args) {
  HttpCall call;
  JsonLine body;
  body.text("id", args.id);
  call.method = args.action == "limits" ? "PATCH" : "POST";
  call.url = httpOf(settings.server) + "/admin/apps";
  Result<void> added;
  if (args.action == "rotate-key") {
    call.url += "/keys";
    added = addKey(body, args.which + "_key", "--key-file", args.key_file, true);
  } else {
    if (args.action == "limits" && args.settings.empty()) {
      return usage("name a setting: kith admin app limits ID NAME=VALUE...");
    }
    added = addKey(body, "app_key", "--app-key-file", args.app_key_file, false);
    if (added) added = addKey(body, "master_key", "--master-key-file", args.master_key_file, false);
    if (added) added = addSettings(body, args.settings);
  }
  if (!added) return added.error();
  auto headers = authorize(settings, args);
  if (!headers) return headers.error();
  call.headers = std::move(headers).value();
  call.body = body.str();
  call.connect = args.connect;
  call.ca_file = settings.ca_file;
  call.timeout = settings.timeout();
  return call;
}

/// The text of a member of a flat answer, with JSON's escapes as they are.
std::string textIn(const std::string& body, const std::string& name) {
  const std::string begin = "\"" + name + "\":\"";
  std::size_t at = body.find(begin);
  if (at == std::string::npos) return {};
  at += begin.size();
  std::size_t end = at;
  while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2 : 1;
  return body.substr(at, end - at);
}

/// New keys, this once. One alone is for `$(...)`.
void printKeys(const AdminArgs& args, const std::string& body) {
  for (const char* name : kKeyNames) {
    const std::string key = textIn(body, name);
    if (key.empty()) continue;
    const std::string label = args.action == "add" ? std::string(name) + " " : "";
    std::printf("%s%s\n", label.c_str(), key.c_str());
  }
}

}  // namespace

int runAdmin(const Settings& settings, const AdminArgs& args) {
  const Result<HttpCall> call = makeCall(settings, args);
  if (!call) {
    complain(call.error().detail);
    return 2;
  }
  const Result<HttpReply> answer = HttpClient().ask(*call);
  if (!answer) return complain(answer.error().detail);
  if (answer->status < 200 || answer->status > 299) {
    const std::string why = textIn(answer->body, "error");
    return complain("refused with " + std::to_string(answer->status) + ": " + screenText(why));
  }
  if (settings.json) {
    std::printf("%s\n", answer->body.c_str());
  } else {
    printKeys(args, answer->body);
  }
  return 0;
}

}  // namespace kith::tools
