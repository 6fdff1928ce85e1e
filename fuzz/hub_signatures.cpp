// SPDX-License-Identifier: Apache-2.0
// Any `s`, `t` and `n`: a request is let in if and only if its signature is the HMAC of avos-v1
// §10, made in time and not used before. What is true is worked out here a second time.
//
// The input: one byte of switches, then lines: peer, ids (comma between), t as it stands in the
// frame, n, s. Switch 1 puts the true signature in the place of s.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/peer_id.hpp"
#include "base/utf8.hpp"
#include "hub_script.hpp"
#include "json/quote.hpp"
#include "sign/signer.hpp"

namespace {

using kith::fuzzing::HubScript;
using kith::fuzzing::require;

constexpr std::int64_t kWindowMillis = 21600 * 1000LL;
constexpr std::string_view kKey = "the key that signs";

struct Parts {
  bool sign{false}, add{false}, super{false}, no_window{false}, upper{false};
  std::string peer, time, nonce, signature;
  std::vector<std::string> ids;
};

std::string_view line(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

Parts parse(std::string_view input) {
  Parts parts;
  const unsigned switches = input.empty() ? 0 : static_cast<unsigned char>(input[0]);
  input.remove_prefix(std::min<std::size_t>(1, input.size()));
  parts.sign = (switches & 1) != 0;
  parts.add = (switches & 2) != 0;
  parts.super = !parts.add && (switches & 4) != 0;
  parts.no_window = (switches & 8) != 0;
  parts.upper = (switches & 16) != 0;
  parts.peer = line(input, '\n');
  std::string_view ids = line(input, '\n');
  while (!ids.empty() && parts.ids.size() < 8) parts.ids.emplace_back(line(ids, ','));
  parts.time = line(input, '\n');
  parts.nonce = line(input, '\n');
  parts.signature = input;
  if (parts.add) parts.peer = "adder";
  return parts;
}

std::vector<std::string> trueSignatures(const Parts& parts, const std::string& time) {
  kith::sign::Signer signer(kKey);
  const std::vector<std::string_view> ids(parts.ids.begin(), parts.ids.end());
  std::vector<std::string> all;
  for (const auto order : {kith::sign::IdOrder::Utf8, kith::sign::IdOrder::Utf16}) {
    for (const char* suffix : {"sp", "su", ""}) {
      if ((*suffix != '\0') != parts.super) continue;
      all.push_back(signer.sign(kith::sign::sessionText("signing-app", parts.peer, ids, time,
                                                        parts.nonce, suffix, order)));
    }
  }
  return all;
}

std::string frameOf(const Parts& parts) {
  const auto quoted = [](std::string_view text) {
    std::string out;
    kith::json::quoteJson(text, out);
    return out;
  };
  std::string frame = R"({"cmd":"session","appId":"signing-app","op":)";
  frame += parts.add ? R"("add")" : R"("open")";
  if (parts.super) frame += R"(,"sp":true)";
  frame += R"(,"i":1,"peerId":)" + quoted(parts.peer) + R"(,"sessionPeerIds":[)";
  for (std::size_t i = 0; i < parts.ids.size(); ++i) {
    frame += (i == 0 ? "" : ",") + quoted(parts.ids[i]);
  }
  frame += R"(],"n":)" + quoted(parts.nonce) + R"(,"s":)" + quoted(parts.signature);
  return frame + R"(,"t":)" + (parts.time.empty() ? "null" : parts.time) + '}';
}

// Seconds up to a hundred thousand million, above that milliseconds, up to as many seconds.
bool inTime(std::int64_t time, std::int64_t now_ms, bool no_window) {
  constexpr std::int64_t kMostSeconds = 100'000'000'000;
  if (time < 0 || time > kMostSeconds * 1000) return false;
  const std::int64_t at = time > kMostSeconds ? time : time * 1000;
  return no_window || (at >= now_ms - kWindowMillis && at <= now_ms + kWindowMillis);
}

// The parts are joined by colons, and a nonce may not be what stands behind nonces.
bool isAmbiguous(const Parts& parts) {
  static const std::set<std::string> kWords{"sp", "su", "join", "invite", "kick"};
  bool colon = (parts.peer + parts.nonce).find(':') != std::string::npos;
  for (const std::string& id : parts.ids) colon = colon || id.find(':') != std::string::npos;
  return colon || kWords.contains(parts.nonce);
}

kith::core::HubOptions options(bool no_window) {
  kith::core::HubOptions options;
  options.apps.resize(2);
  options.apps[0].id = "testapp0001";  // the bystanders'
  options.apps[0].require_watch = kith::RequireWatch::Off;
  options.apps[1].id = "signing-app";
  options.apps[1].master_key = kKey;
  options.apps[1].require_signature = true;
  if (no_window) options.apps[1].signature_window = std::chrono::seconds(0);
  return options;
}

bool accepted(HubScript& script, const std::string& frame, const char* op) {
  script.take(0);
  script.say(0, frame);
  const std::string reply = std::string(R"("op":")") + op + '"';
  for (const std::string& answer : script.take(0)) {
    if (answer.find(reply) != std::string::npos) return true;
  }
  return false;
}

// A peer that may add, so that only the add's own signature decides. Its nonce is one that no input
// can have: an open and an add of the same peer, ids, time and nonce have one signature.
void openAdder(HubScript& script) {
  kith::sign::Signer signer(kKey);
  const std::string time = std::to_string(script.now().wall.count() / 1000);
  const std::string text = kith::sign::sessionText("signing-app", "adder", {}, time, "\n");
  require(accepted(script,
                   R"({"cmd":"session","op":"open","appId":"signing-app","peerId":"adder","n":"\n")"
                   R"(,"s":")" +
                       signer.sign(text) + R"(","t":)" + time + '}',
                   "opened"),
          "a good signature was refused");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Parts parts = parse({reinterpret_cast<const char*>(data), size});
  HubScript script(options(parts.no_window));
  script.reconnect(0);
  if (parts.add) openAdder(script);
  const std::vector<std::string> good = trueSignatures(parts, parts.time);
  if (parts.sign) parts.signature = good[parts.signature.size() % good.size()];
  if (parts.upper) {
    for (char& c : parts.signature) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  }
  std::string lower = parts.signature;
  for (char& c : lower) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  std::int64_t time = 0;
  const char* end = parts.time.data() + parts.time.size();
  const auto read = std::from_chars(parts.time.data(), end, time);
  // Other spellings of numbers, and whatever else JSON lets pass in this place, must be refused or
  // at least carry the true signature of what was decoded; only plain digits are judged both ways.
  const bool plain = read.ec == std::errc{} && read.ptr == end;
  const bool is_true = std::set<std::string>(good.begin(), good.end()).contains(lower);
  const std::string frame = frameOf(parts);
  const char* op = parts.add ? "added" : "opened";
  const bool in = accepted(script, frame, op);
  if (in && plain) {
    require(is_true, "a false signature was let in");
    require(inTime(time, script.now().wall.count(), parts.no_window), "an old one was let in");
  }
  require(!in || !isAmbiguous(parts), "a signature with two meanings was let in");
  if (in) {
    if (script.closed(0)) script.reconnect(0);
    require(!accepted(script, frame, op), "a signature was let in twice");
  }
  bool ids_good = kith::base::whyBadPeerId(parts.peer).empty() && frame.size() <= 5120;
  for (const std::string& id : parts.ids) {
    ids_good = ids_good && kith::base::whyBadPeerId(id).empty();
  }
  ids_good = ids_good && kith::base::isUtf8(parts.nonce) && !isAmbiguous(parts);
  const bool canonical = plain && parts.time == std::to_string(time);
  if (!in && canonical && is_true && ids_good) {
    require(!inTime(time, script.now().wall.count(), parts.no_window), "a good one was refused");
  }
  script.run({});
  return 0;
}
