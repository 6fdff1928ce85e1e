// SPDX-License-Identifier: Apache-2.0
// kith chat: a person talks.
#include <algorithm>
#include <unistd.h>

#include "tools/chat.hpp"

namespace kith::tools {
namespace {

constexpr const char* kHelp[] = {
    "  /who            who is online of those you watch, and who is in the group",
    "  /history        what was said in this run",
    "  /with A,B       talk to these peers",
    "  /group ID|new   talk in this group, or in a new one",
    "  /invite A,B     put peers into the group",
    "  /kick A,B       take peers out of the group",
    "  /leave          leave the group",
    "  /quit           end (so do Ctrl-C and Ctrl-D)",
    "  anything else is said; start with // to say a line that starts with /"};

using Peers = std::vector<std::string>;

}  // namespace

Chat::Chat(PeerClient& client, ChatPrinter& printer, Terminal& terminal, const ChatArgs& args)
    : client_(client),
      printer_(printer),
      terminal_(terminal),
      self_(args.peer),
      with_(args.with.empty() ? Peers{} : splitPeers(args.with)),
      wanted_group_(args.group) {}

bool Chat::start() {
  if (!client_.open(with_)) return false;
  terminal_.setPrompt(self_ + "> ");
  if (wanted_group_.empty()) {
    showTarget();
    return true;
  }
  const auto group =
      wanted_group_ == "new" ? client_.session().group() : client_.session().group(wanted_group_);
  const auto joined =
      client_.await<std::string>([&](JoinCompletion done) { group->join(std::move(done)); });
  if (!joined) {
    complain("cannot enter the group", joined.error());
    return false;
  }
  group_ = group;
  showTarget();
  return true;
}

void Chat::showTarget() {
  if (group_) {
    printer_.note("you talk in group " + group_->groupId() + "; /help says what else you can do");
  } else if (!with_.empty()) {
    printer_.note("you talk to " + joinNames(with_) + "; /help says what else you can do");
  } else {
    printer_.note("nobody to talk to yet: /with PEER or /group ID|new");
  }
}

void Chat::typed(const std::string& line) {
  if (line.empty()) return;
  if (line[0] == '/' && line.rfind("//", 0) != 0) return command(line);
  say(line[0] == '/' ? line.substr(1) : line);
}

void Chat::command(const std::string& line) {
  const std::size_t space = line.find(' ');
  const std::string name = line.substr(1, space == std::string::npos ? space : space - 1);
  const std::size_t start = line.find_first_not_of(' ', space);
  const std::string rest = start == std::string::npos ? "" : line.substr(start);
  const bool needs_names = name == "with" || name == "group" || name == "invite" || name == "kick";
  if (needs_names && rest.empty()) return printer_.note("/" + name + " needs a name; see /help");
  if (name == "help") {
    for (const char* text : kHelp) printer_.note(text);
  } else if (name == "who") {
    who();
  } else if (name == "history") {
    const Peers past = printer_.history();
    for (const std::string& said : past) terminal_.print("| " + said);
    if (past.empty()) printer_.note("nothing was said yet");
  } else if (name == "with") {
    talkWith(rest);
  } else if (name == "group") {
    enterGroup(rest);
  } else if (name == "invite" || name == "kick") {
    change(rest, name == "invite");
  } else if (name == "leave") {
    leave();
  } else if (name == "quit" || name == "exit") {
    quit();
  } else {
    printer_.note("there is no /" + name + "; see /help");
  }
}

void Chat::say(const std::string& text) {
  if (!group_ && with_.empty()) return showTarget();
  Message message;
  message.text = text;
  // A receipt exists for one receiver only (avos-v1 §4.2).
  message.receipt = !group_ && with_.size() == 1;
  if (!group_) message.to = with_;
  const bool receipt = message.receipt;
  // The id is known only when send() has returned, and the completion comes later on this thread.
  const auto id = std::make_shared<std::string>();
  const auto done = [this, id, receipt](const Result<Receipt>& result) {
    printer_.answered(*id, result, receipt);
  };
  const SendTicket ticket = group_ ? group_->send(std::move(message), done)
                                   : client_.session().send(std::move(message), done);
  *id = ticket.client_id;
  printer_.said(*id, text, group_ ? "[" + group_->groupId() + "] " : "");
}

void Chat::who() {
  const Peers watched = client_.session().watchedPeers();
  for (const std::string& peer : watched) {
    printer_.note(peer + (client_.session().isOnline(peer) ? " is online" : " is offline"));
  }
  if (watched.empty() && !group_) printer_.note("you watch nobody: /with PEER");
  if (!group_) return;
  // The server has the whole list; without it, what the notices told.
  group_->members([this, group = group_](const Result<Peers>& members) {
    printer_.note("in the group: " + joinNames(members ? *members : group->knownMembers()));
  });
}

void Chat::talkWith(const std::string& names) {
  const Peers peers = splitPeers(names);
  client_.session().watch(peers, [this, peers](const Result<Peers>& watched) {
    if (!watched) return printer_.note("cannot talk to them: " + describe(watched.error()));
    with_ = peers;
    group_.reset();
    showTarget();
  });
}

void Chat::enterGroup(const std::string& id) {
  const auto group = id == "new" ? client_.session().group() : client_.session().group(id);
  group->join([this, group](const Result<std::string>& joined) {
    if (!joined) return printer_.note("cannot enter the group: " + describe(joined.error()));
    group_ = group;
    showTarget();
  });
}

void Chat::change(const std::string& names, bool invite) {
  if (!group_) return printer_.note("you are in no group: /group ID or /group new");
  const auto done = [this, invite](const Result<Peers>& changed) {
    const std::string what = invite ? "invite" : "kick";
    if (!changed) return printer_.note("cannot " + what + ": " + describe(changed.error()));
    if (changed->empty()) printer_.note(what + ": nothing to change");
  };
  if (invite) {
    group_->invite(splitPeers(names), done);
  } else {
    group_->kick(splitPeers(names), done);
  }
}

void Chat::leave() {
  if (!group_) return printer_.note("you are in no group");
  group_->leave([this](const Result<void>& left) {
    if (!left) return printer_.note("cannot leave: " + describe(left.error()));
    group_.reset();
    showTarget();
  });
}

int runChat(const Settings& settings, const ChatArgs& args) {
  Terminal terminal;
  const auto printer = std::make_shared<ChatPrinter>(terminal, args.peer);
  int status = 0;
  {
    const auto client = PeerClient::make(settings, args.peer, printer);
    if (!client) return 1;
    Chat chat(*client, *printer, terminal, args);
    if (!chat.start()) return client->loop().interrupted() ? 0 : 1;
    client->loop().onReadable(STDIN_FILENO, [&] {
      terminal.read([&](const std::string& line) { chat.typed(line); },
                    [&] {
                      chat.quit();
                      client->loop().stopReading();
                    });
    });
    const auto over = [&] { return chat.quitting() || printer->closed().has_value(); };
    client->loop().runUntil(over);
    if (printer->closed() && printer->closed()->cause) status = 1;
    // What was said last still goes out; a second Ctrl-C or a dead line does not keep us.
    const auto patience = std::chrono::steady_clock::now() + settings.timeout();
    const auto answered = [&] { return chat.done() || printer->closed().has_value(); };
    if (!client->loop().interrupted() && !terminal.interactive()) {
      client->loop().runUntil(answered, patience);
    }
    terminal.finish();
  }
  return status;
}

}  // namespace kith::tools
