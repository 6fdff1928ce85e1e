// SPDX-License-Identifier: Apache-2.0
// kith group: one operation on a group, its result printed.
#include <kith/group.hpp>

#include <variant>

#include "tools/commands.hpp"
#include "tools/sender.hpp"

namespace kith::tools {
namespace {

using Peers = std::vector<std::string>;

// Says its own results; the events that go with them would say them twice.
class Quiet : public EventPrinter {
 public:
  explicit Quiet(bool json) : EventPrinter(json, true) {}
  bool onEvent(Session& session, Event& event) override {
    const bool own = std::holds_alternative<GroupJoined>(event) ||
                     std::holds_alternative<GroupLeft>(event) ||
                     std::holds_alternative<MembersChanged>(event);
    return own || EventPrinter::onEvent(session, event);
  }
};

int tell(PeerClient& client, const JsonLine& event, const std::string& line) {
  if (client.printer().json()) {
    client.printer().print(event);
  } else {
    client.printer().print(line);
  }
  return 0;
}

int join(PeerClient& client, const GroupArgs& args) {
  const auto group = args.id.empty() ? client.session().group() : client.session().group(args.id);
  const Result<std::string> id = client.await<std::string>([&](JoinCompletion done) {
    if (args.open) {
      group->createOpen(std::move(done));
    } else {
      group->join(std::move(done));
    }
  });
  if (!id) return complain(args.action + " failed", id.error());
  return tell(client, eventLine("joined", args.peer).text("group", *id).text("by", args.peer), *id);
}

int leave(PeerClient& client, const GroupArgs& args) {
  const auto group = client.session().group(args.id);
  const Result<void> left =
      client.await<void>([&](Completion done) { group->leave(std::move(done)); });
  if (!left) return complain("leave failed", left.error());
  return tell(client, eventLine("left", args.peer).text("group", args.id).text("by", args.peer),
              "left");
}

int change(PeerClient& client, const GroupArgs& args, bool invite) {
  const auto group = client.session().group(args.id);
  const Result<Peers> changed = client.await<Peers>([&](PeersCompletion done) {
    if (invite) {
      group->invite(splitPeers(args.rest), std::move(done));
    } else {
      group->kick(splitPeers(args.rest), std::move(done));
    }
  });
  if (!changed) return complain(args.action + " failed", changed.error());
  return tell(client,
              eventLine(invite ? "membersJoined" : "membersLeft", args.peer)
                  .text("group", args.id)
                  .list("peers", *changed)
                  .text("by", args.peer),
              joinNames(*changed));
}

int members(PeerClient& client, const GroupArgs& args) {
  const auto group = client.session().group(args.id);
  const Result<Peers> all =
      client.await<Peers>([&](PeersCompletion done) { group->members(std::move(done)); });
  if (!all) return complain("members failed", all.error());
  return tell(client, eventLine("members", args.peer).text("group", args.id).list("peers", *all),
              joinNames(*all));
}

int send(PeerClient& client, const GroupArgs& args) {
  const auto group = client.session().group(args.id);
  const auto sender =
      std::make_shared<Sender>(client, Message{}, [group](Message message, SendCompletion done) {
        return group->send(std::move(message), std::move(done));
      });
  return sender->run(args.rest);
}

int usage(const std::string& what) {
  complain(what +
           "\nusage: kith group PEER create | join ID | leave ID | invite ID A,B | "
           "kick ID A,B | members ID | send ID TEXT|-");
  return 2;
}

}  // namespace

int runGroup(const Settings& settings, const GroupArgs& args) {
  const bool create = args.action == "create";
  const bool has_rest = args.action == "invite" || args.action == "kick" || args.action == "send";
  if (create != args.id.empty()) {
    return usage(create ? "create takes no group id" : args.action + " needs a group id");
  }
  if (has_rest == args.rest.empty()) {
    return usage(args.action +
                 (has_rest ? " needs one argument more" : " takes no more arguments"));
  }
  const auto client = PeerClient::make(settings, args.peer, std::make_shared<Quiet>(settings.json));
  if (!client || !client->open({})) return 1;
  if (create || args.action == "join") return join(*client, args);
  if (args.action == "leave") return leave(*client, args);
  if (args.action == "members") return members(*client, args);
  if (args.action == "send") return send(*client, args);
  return change(*client, args, args.action == "invite");
}

}  // namespace kith::tools
