// SPDX-License-Identifier: Apache-2.0
#include "server/rest/sign_api.hpp"

#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/peer_id.hpp"
#include "base/text_codes.hpp"
#include "json/json_writer.hpp"
#include "server/rest/rtm_body.hpp"
#include "server/rest/storage_calls.hpp"
#include "sign/signer.hpp"

namespace kith::rest {
namespace {

constexpr std::uint64_t kSignBody = 4096;
constexpr std::size_t kTokenBytes = 1024;
constexpr int kRetrySeconds = 10;
constexpr int kNoSuchUser = 211;  // of the vendor's storage

/// What is needed to ask and to sign, beside the way to ask.
struct Login {
  std::string app_id;
  std::string master_key;
  std::string url;
  std::string session_token;
  std::string nonce;
};

net::HttpReply noAnswer(std::string_view why) {
  net::HttpReply reply = refuse(
      503, 503, "the app's own server gave no answer that signs a login: " + std::string(why));
  reply.retry_after = kRetrySeconds;
  return reply;
}

net::HttpReply showSigned(const Login& login, std::string_view peer) {
  const std::int64_t now = base::systemNow().wall.count();
  sign::Signer signer(login.master_key);
  const std::string text =
      sign::sessionText(login.app_id, peer, {}, std::to_string(now), login.nonce);
  json::JsonWriter body;
  body.text("signature", signer.sign(text)).text("nonce", login.nonce);
  body.text("client_id", peer).integer("timestamp", now);
  return jsonReply(body.finish());
}

/// The function is the application's: what it throws ends here.
Result<OutboundReply> askApp(const Outbound& outbound, const OutboundCall& call) {
  try {
    return outbound(call);
  } catch (...) {
    return Error{Errc::Internal, 0, "outbound: it threw", false};
  }
}

/// On a thread that may wait. Its reasons hold nothing that the app's server said: the client that
/// reads them need not know it.
net::HttpReply askAndSign(const Login& login, const Outbound& outbound) {
  json::JsonWriter question;
  question.text("app_id", login.app_id).text("session_token", login.session_token);
  const Result<OutboundReply> answer = askApp(outbound, {login.url, question.finish()});
  if (!answer) return noAnswer("it was not reached");
  if (answer->status == 401 || answer->status == 403 || answer->status == 404) {
    return refuse(400, kNoSuchUser, "the app's own server knows no user by this session_token");
  }
  if (answer->status != 200) return noAnswer("status " + std::to_string(answer->status));
  if (answer->body.size() > kOutboundReplyBytes) return noAnswer("it is too long");
  RtmBody body(answer->body);
  const std::string_view peer = body.text("client_id");
  if (!body.wrong().empty()) return noAnswer("it is no object with a client_id");
  if (!base::whyBadPeerId(peer).empty() || sign::hasColon(peer)) {
    return noAnswer("its client_id cannot be a client's");
  }
  return showSigned(login, peer);
}

}  // namespace

std::vector<Route> SignApi::routes() {
  return {{"POST", "/1.1/rtm/sign", Who::App, kSignBody,
           [this](const Request& request) -> Answer {
             RtmBody body(request.body);
             const std::string_view token = body.text("session_token");
             if (!body.wrong().empty()) return badRequest(body.wrong());
             return sign(request, token);
           }},
          {"GET", "/1.2/rtm/clients/sign", Who::App, kStrayBody, [this](const Request& request) {
             return sign(request, request.call.arg("session_token"));
           }}};
}

SignApi::Answer SignApi::sign(const Request& request, std::string_view session_token) {
  if (session_token.empty() || session_token.size() > kTokenBytes) {
    return badRequest("session_token must be a text of 1 to 1024 bytes");
  }
  const AppOptions& app = *request.app;
  if (app.sign_in_url.empty()) {
    return refuse(501, 1, "this app has no sign_in_url (docs/server.md)");
  }
  Login login{app.id, app.master_key, app.sign_in_url, std::string(session_token),
              base::makeNonce(random_)};
  const OutboundHost::Begun begun = host_.ask(
      request.id, request.call.from,
      [login = std::move(login)](const Outbound& outbound) { return askAndSign(login, outbound); });
  if (begun == OutboundHost::Begun::NoWay) {
    return refuse(501, 1, "this server asks no others (ServerOptions::outbound)");
  }
  if (begun == OutboundHost::Begun::Busy) return tooBusy();
  return std::nullopt;
}

}  // namespace kith::rest
