// SPDX-License-Identifier: Apache-2.0
// Your server decides which peers may talk to each other: it holds the master key and signs
// (avos-v1 §10). Both sides of that are here: `signer` is the application's server, `client` a peer
// that asks it, and
// `--demo` runs everything in one process.
#include <kith/kith.hpp>
#include <kith/server.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <future>
#include <httplib.h>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

// --- the application's server
// ----------------------------------------------------------------------

// The peers that each peer may watch, and so talk to. A real server asks its database, and its own
// login (a cookie, a token) names the asking peer, where this one believes `self_id`.
const std::map<std::string, std::set<std::string>> kFriends{
    {"alice", {"bob", "carol"}}, {"bob", {"alice"}}, {"carol", {"alice"}}};

std::string text(const rapidjson::Document& json, const char* key) {
  const auto found = json.FindMember(key);
  return found != json.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

Strings list(const rapidjson::Document& json, const char* key) {
  Strings all;
  const auto found = json.FindMember(key);
  if (found == json.MemberEnd() || !found->value.IsArray()) return all;
  for (const auto& one : found->value.GetArray()) {
    if (one.IsString()) all.emplace_back(one.GetString());
  }
  return all;
}

std::string answer(const kith::Signature& signature, const char* ids_key) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartObject();
  json.Key("signature");
  json.String(signature.signature.c_str());
  json.Key("timestamp");
  json.Int64(signature.timestamp);
  json.Key("nonce");
  json.String(signature.nonce.c_str());
  json.Key(ids_key);
  json.StartArray();
  for (const auto& id : signature.signed_peer_ids) json.String(id.c_str());
  json.EndArray();
  json.EndObject();
  return buffer.GetString();
}

/// Answers POST /sign, /group_sign and /history_sign.
class SigningServer {
 public:
  SigningServer(std::string app_id, std::string master_key)
      : app_id_(std::move(app_id)), key_(kith::LocalSignatureFactory::make(std::move(master_key))) {
    http_.Post("/sign", [this](const httplib::Request& in, httplib::Response& out) {
      reply(in, out, "watch_ids");
    });
    http_.Post("/group_sign", [this](const httplib::Request& in, httplib::Response& out) {
      reply(in, out, "group_peer_ids");
    });
    http_.Post("/history_sign", [this](const httplib::Request& in, httplib::Response& out) {
      reply(in, out, "peer_ids", true);
    });
  }
  httplib::Server& http() { return http_; }

 private:
  void reply(const httplib::Request& in, httplib::Response& out, const char* ids_key,
             bool history = false) {
    rapidjson::Document json;
    json.Parse<rapidjson::kParseIterativeFlag>(in.body.c_str());
    if (!json.IsObject()) return refuse(out, 400, "send a JSON object");
    kith::SignatureRequest request;
    request.app_id = app_id_;
    request.peer_id = text(json, "self_id");
    request.group_id = text(json, "group_id");
    request.peer_ids = list(json, ids_key);
    request.action = history ? kith::SignedAction::History : action(text(json, "action"));
    if (const auto why = whyNot(request); !why.empty()) return refuse(out, 403, why);
    std::promise<kith::Result<kith::Signature>> signed_by_us;
    key_->createSignature(
        request, [&](kith::Result<kith::Signature> s) { signed_by_us.set_value(std::move(s)); });
    const auto signature = signed_by_us.get_future().get();
    // Among them ids with a colon: their signature could mean something else, too.
    if (!signature) {
      const bool our_fault = signature.error().code == kith::Errc::Internal;
      return refuse(out, our_fault ? 500 : 403, signature.error().detail);
    }
    out.set_content(answer(*signature, ids_key), "application/json");
    std::cout << "signer: signed for " << request.peer_id << '\n';
  }

  static kith::SignedAction action(const std::string& name) {
    if (name == "join") return kith::SignedAction::Join;
    if (name == "invite") return kith::SignedAction::Invite;
    if (name == "kick") return kith::SignedAction::Kick;
    if (name == "members") return kith::SignedAction::Members;
    return kith::SignedAction::Open;
  }

  /// The policy: friends may be watched and invited, and what was said with them may be read. A
  /// peer that is known here may join a group, and so read it; a server that knows its groups
  /// checks that the peer is a member before it signs Members or the History of one. The History of
  /// peers is asked for by their ids, and the factory makes the conversation's id of them: one that
  /// a client gives may be that of any two others.
  static std::string whyNot(const kith::SignatureRequest& request) {
    const auto known = kFriends.find(request.peer_id);
    if (known == kFriends.end()) return request.peer_id + " is not known here";
    for (const auto& peer : request.peer_ids) {
      if (known->second.count(peer) == 0) return peer + " is no friend of " + request.peer_id;
    }
    return "";
  }

  static void refuse(httplib::Response& out, int status, const std::string& why) {
    out.status = status;
    out.set_content("{\"error\":\"refused\"}", "application/json");
    std::cout << "signer: refused: " << why << '\n';
  }

  std::string app_id_;
  std::shared_ptr<kith::LocalSignatureFactory> key_;
  httplib::Server http_;
};

// --- the client
// ------------------------------------------------------------------------------------

class Hears : public kith::MessageReceiver {
 public:
  std::promise<std::string> message;
  void onMessage(kith::Session& me, const kith::Message& m) override {
    std::cout << me.peerId() << " hears from " << m.from << ": " << m.text << std::endl;
    if (!std::exchange(heard_, true)) message.set_value(m.text);
  }

 private:
  bool heard_{false};
};

/// A peer whose every login, group operation and reading is signed by the server at `sign_url`.
struct SignedPeer {
  SignedPeer(const std::string& name, const std::string& server, const std::string& sign_url) {
    const auto factory = kith::HttpSignatureFactory::make({.url = sign_url});
    kith::Options options{.app_id = "demo", .server = server};
    if (factory) options.signature_factory = *factory;
    manager = std::make_unique<kith::SessionManager>(options);
    session = manager->session(name);
    session->setReceiver(receiver);
  }
  kith::Result<void> open(const Strings& friends) {
    auto opened = std::make_shared<std::promise<kith::Result<void>>>();
    session->open(friends, [opened](kith::Result<void> r) { opened->set_value(std::move(r)); });
    return opened->get_future().get();
  }
  kith::Result<std::vector<kith::Message>> history(const std::string& with) {
    using Page = kith::Result<std::vector<kith::Message>>;
    auto read = std::make_shared<std::promise<Page>>();
    manager->history(session->peerId(), {.peer = with},
                     [read](Page page) { read->set_value(std::move(page)); });
    return read->get_future().get();
  }
  std::shared_ptr<Hears> receiver = std::make_shared<Hears>();
  std::unique_ptr<kith::SessionManager> manager;
  std::shared_ptr<kith::Session> session;
};

// --- the three ways to run it
// ------------------------------------------------------------------------

int runSigner(int port, const std::string& app, const std::string& key) {
  SigningServer signer(app, key);
  if (!signer.http().bind_to_port("127.0.0.1", port)) {
    std::cerr << "03_signed: port " << port << " is taken\n";
    return 1;
  }
  std::cout << "signer: http://127.0.0.1:" << port << std::endl;
  return signer.http().listen_after_bind() ? 0 : 1;
}

int runClient(const std::string& server, const std::string& sign_url, const std::string& me,
              const std::string& to) {
  SignedPeer peer(me, server, sign_url);
  if (const auto opened = peer.open({to}); !opened) {
    std::cerr << "03_signed: " << opened.error() << '\n';
    return 1;
  }
  std::cout << "signed in as " << me << "; type to " << to << ", end with Ctrl-D" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    peer.session->send({.text = line, .to = {to}});
  }
  return 0;
}

int runDemo() {
  const std::string key = "master-key-of-the-demo";
  kith::ServerOptions options;
  options.apps.push_back({.id = "demo", .master_key = key, .require_signature = true});
  const auto server = kith::Server::start(options);
  if (!server) {
    std::cerr << "03_signed: " << server.error() << '\n';
    return 1;
  }
  SigningServer signer("demo", key);
  const int port = signer.http().bind_to_any_port("127.0.0.1");
  std::thread serving([&signer] { signer.http().listen_after_bind(); });
  const std::string sign_url = "http://127.0.0.1:" + std::to_string(port);

  bool good = true;
  {
    SignedPeer alice("alice", (*server)->url(), sign_url);
    SignedPeer bob("bob", (*server)->url(), sign_url);
    good = alice.open({"bob"}).ok() && bob.open({"alice"}).ok();
    alice.session->send({.text = "signed, sealed, delivered", .to = {"bob"}});
    good = good && bob.receiver->message.get_future().wait_for(10s) == std::future_status::ready;
    const auto read = bob.history("alice");
    good = good && read && read->size() == 1;
    if (read) std::cout << "bob reads " << read->size() << " message(s) of old\n";

    SignedPeer mallory("mallory", (*server)->url(), sign_url);
    const auto refused = mallory.open({"alice"});
    good = good && !refused && refused.error().code == kith::Errc::SignatureRefused;
    if (!refused) std::cout << "mallory may not: " << refused.error() << '\n';
    const auto unread = bob.history("carol");
    good = good && !unread && unread.error().code == kith::Errc::SignatureRefused;
    if (!unread) std::cout << "bob may not read: " << unread.error() << '\n';
  }
  signer.http().stop();
  serving.join();
  std::cout << (good ? "as it should be\n" : "something went wrong\n");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Strings args(argv + 1, argv + argc);
  if (args == Strings{"--demo"}) return runDemo();
  if (args.size() == 4 && args[0] == "signer") {
    return runSigner(std::atoi(args[1].c_str()), args[2], args[3]);
  }
  if (args.size() == 5 && args[0] == "client") {
    return runClient(args[1], args[2], args[3], args[4]);
  }
  std::cerr << "usage: 03_signed --demo\n"
               "       03_signed signer PORT APP MASTERKEY\n"
               "       03_signed client SERVER SIGN_URL ME FRIEND\n";
  return 2;
}
