// SPDX-License-Identifier: Apache-2.0
// The conversation of `kith chat`: what a typed line does and how events look. Owned by runChat(),
// on the MainLoop's thread.
#pragma once

#include <kith/group.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/commands.hpp"
#include "tools/peer_client.hpp"
#include "tools/terminal.hpp"

namespace kith::tools {

/// Events in the words of a conversation; lines go through the terminal and into the history.
class ChatPrinter : public EventPrinter {
 public:
  ChatPrinter(Terminal& terminal, std::string self);

  /// One of our lines, until the ticks behind it are complete.
  struct Said {
    std::string line;
  };
  /// Shows our own line; ticks follow.
  void said(const std::string& client_id, const std::string& text, const std::string& where);
  /// A line of the program's, not of the conversation.
  void note(const std::string& text);
  const std::vector<std::string>& history() const { return history_; }
  std::size_t unanswered() const { return said_.size(); }

  bool onEvent(Session& session, Event& event) override;
  /// What became of one of our lines.
  void answered(const std::string& client_id, const Result<Receipt>& result, bool receipt_comes);

 private:
  void tick(const std::string& mark, const Said& said);
  void delivered(const MessageDelivered& event);

  Terminal& terminal_;
  std::string self_;
  std::vector<std::string> history_;
  /// By client id until accepted, then by message id until delivered.
  std::map<std::string, Said> said_;
  std::map<std::string, Said> waiting_receipt_;
  /// The line on the screen that may still be rewritten.
  std::string last_line_;
};

class Chat {
 public:
  Chat(PeerClient& client, ChatPrinter& printer, Terminal& terminal, const ChatArgs& args);

  /// Joins or makes the group, if one was asked for; false after saying why not.
  bool start();
  void typed(const std::string& line);
  void quit() { quitting_ = true; }
  /// Nothing more to do: quit, and everything said was answered.
  bool done() const { return quitting_ && printer_.unanswered() == 0; }
  bool quitting() const { return quitting_; }

 private:
  void command(const std::string& line);
  void say(const std::string& text);
  void who();
  void talkWith(const std::string& names);
  void enterGroup(const std::string& id);
  void change(const std::string& names, bool invite);
  void leave();
  void showTarget();

  PeerClient& client_;
  ChatPrinter& printer_;
  Terminal& terminal_;
  std::string self_;
  std::vector<std::string> with_;
  std::string wanted_group_;
  std::shared_ptr<Group> group_;
  bool quitting_{false};
};

}  // namespace kith::tools
