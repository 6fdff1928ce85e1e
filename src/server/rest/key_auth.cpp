// SPDX-License-Identifier: Apache-2.0
#include "server/rest/key_auth.hpp"

#include <algorithm>
#include <iterator>

#include "base/ascii.hpp"
#include "sign/md5.hpp"
#include "sign/secret.hpp"

namespace kith::rest {
namespace {

constexpr std::string_view kMaster = ",master";
constexpr std::string_view kAdminKey = "x-kith-admin-key";
/// A proxy adds one of these, unless it was told not to.
constexpr std::string_view kForwarded[] = {"x-forwarded-for", "x-real-ip", "forwarded", "via"};
constexpr std::string_view kUnknown = "unauthorized: check the app id and key headers";
constexpr std::string_view kStale =
    "unauthorized: the time of X-LC-Sign is too old or too far ahead: check the clocks";

/// The first of two headers that is there.
std::string_view either(const net::HttpCall& call, std::string_view name, std::string_view old) {
  const std::string_view value = call.header(name);
  return value.empty() ? call.header(old) : value;
}

bool cutMaster(std::string_view& text) {
  if (!text.ends_with(kMaster)) return false;
  text.remove_suffix(kMaster.size());
  return true;
}

/// Hex digits in any case, as long as the md5 of the key; and there has to be a key.
bool isSignedWith(std::string_view hex, std::string_view time, const std::string& key) {
  if (key.empty()) return false;
  const std::string_view parts[] = {time, key};
  std::string given(hex);
  std::transform(given.begin(), given.end(), given.begin(), base::lowerCase);
  return sign::sameSecret(given, sign::md5Hex(parts, {}));
}

}  // namespace

std::vector<std::string> KeyAuth::headers() {
  std::vector<std::string> all{"x-lc-id",
                               "x-lc-key",
                               "x-lc-sign",
                               "x-avoscloud-application-id",
                               "x-avoscloud-application-key",
                               "x-avoscloud-master-key",
                               "x-avoscloud-request-sign",
                               std::string(kAdminKey)};
  all.insert(all.end(), std::begin(kForwarded), std::end(kForwarded));
  return all;
}

KeyAuth::Judgement KeyAuth::judge(const net::HttpCall& call, base::Millis now) const {
  const AppOptions* app = findApp(either(call, "x-lc-id", "x-avoscloud-application-id"));
  if (app == nullptr) return {nullptr, false, kUnknown};
  std::string_view key = call.header("x-lc-key");
  std::string_view master_key = call.header("x-avoscloud-master-key");
  if (std::string_view cut = key; cutMaster(cut)) master_key = cut;
  if (key.empty()) key = call.header("x-avoscloud-application-key");
  if (sign::sameSecret(master_key, app->master_key)) return {app, true, {}};
  const std::string_view sign = either(call, "x-lc-sign", "x-avoscloud-request-sign");
  if (!sign.empty() && key.empty()) return judgeSign(*app, sign, now);
  if (app->app_key.empty() || sign::sameSecret(key, app->app_key)) return {app, false, {}};
  return {nullptr, false, kUnknown};
}

bool KeyAuth::hasAdminKey(const net::HttpCall& call) { return !call.header(kAdminKey).empty(); }

bool KeyAuth::showsAdminKey(const net::HttpCall& call, std::string_view admin_key) {
  return sign::sameSecret(call.header(kAdminKey), admin_key);
}

// A proxy on this machine that is not among the trusted ones looks like a neighbour, but for the
// header that it adds.
bool KeyAuth::isLocal(const net::HttpCall& call) {
  static const net::IpRange kLoopback4 = *net::IpRange::parse("127.0.0.0/8");
  static const net::IpRange kLoopback6 = *net::IpRange::parse("::1");
  const auto says = [&](std::string_view name) { return !call.header(name).empty(); };
  return (kLoopback4.contains(call.remote) || kLoopback6.contains(call.remote)) &&
         std::none_of(std::begin(kForwarded), std::end(kForwarded), says);
}

KeyAuth::Judgement KeyAuth::judgeSign(const AppOptions& app, std::string_view sign,
                                      base::Millis now) const {
  const bool master = cutMaster(sign);
  const std::size_t comma = sign.find(',');
  const std::string_view time = comma == sign.npos ? sign.substr(0, 0) : sign.substr(comma + 1);
  const auto millis = base::readNumber<std::int64_t>(time);
  const std::string& key = master ? app.master_key : app.app_key;
  if (!millis || !isSignedWith(sign.substr(0, comma), time, key)) {
    return {nullptr, false, kUnknown};
  }
  const base::Millis window = app.signature_window;
  const auto at = base::Millis(*millis);
  const bool fresh = at < now ? now - at <= window : at - now <= window;
  if (window != base::Millis(0) && !fresh) return {nullptr, false, kStale};
  return {&app, master, {}};
}

}  // namespace kith::rest
