// SPDX-License-Identifier: Apache-2.0
// What an import brings, a row each, packed one behind the other. Plain data; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/standing.hpp"
#include "sqlite/packed.hpp"

namespace kith::storage {

/// A peer that an import names: as PeerRef, which requests.hpp has.
struct ImportedPeer {
  std::string_view peer_id;
  bool online{false};
};

inline void packPeers(const std::vector<ImportedPeer>& peers, sqlite::Writer& out) {
  out.number(static_cast<std::int64_t>(peers.size()));
  for (const ImportedPeer& peer : peers) out.text(peer.peer_id).number(peer.online ? 1 : 0);
}
inline void unpackPeers(sqlite::Reader& in, std::vector<ImportedPeer>& peers) {
  peers.clear();
  for (std::int64_t left = in.number(); left > 0 && !in.atEnd(); --left) {
    const std::string_view id = in.text();
    peers.push_back({id, in.number() != 0});
  }
}

/// A message with the id and the time that it had.
struct ImportedMessage {
  std::int64_t line{0};  ///< where it stands, for ImportFault
  std::string_view conv_id;
  std::string_view id;
  ImportedPeer from;
  std::int64_t timestamp{0};  ///< ms
  std::string_view text;
  std::string_view extra;  ///< MessageExtra, packed
  /// Not empty: `conv_id` is the id of the pair of its sender and these, which is made when it is
  /// not there.
  std::vector<ImportedPeer> others;

  void pack(std::string& rows) const {
    sqlite::Writer out(rows);
    out.number(line).text(conv_id).text(id).text(from.peer_id).number(from.online ? 1 : 0);
    out.number(timestamp).text(text).text(extra);
    packPeers(others, out);
  }
  /// Points into what `in` reads.
  void unpack(sqlite::Reader& in) {
    line = in.number();
    conv_id = in.text();
    id = in.text();
    from.peer_id = in.text();
    from.online = in.number() != 0;
    timestamp = in.number();
    text = in.text();
    extra = in.text();
    unpackPeers(in, others);
  }
};

/// A conversation with its object.
struct ImportedConversation {
  std::int64_t line{0};
  std::string_view id;
  bool open{false};
  bool service{false};
  std::string_view creator;  ///< may be empty
  std::int64_t created{0};   ///< ms
  std::int64_t updated{0};
  std::string_view fields;  ///< a JSON object: all but what is said here
  std::string_view pair;    ///< the id of the pair of its members, which it is to be; may be empty
  std::vector<ImportedPeer> members;  ///< none for an open one

  void pack(std::string& rows) const {
    sqlite::Writer out(rows);
    out.number(line).text(id).number(open ? 1 : 0).number(service ? 1 : 0).text(creator);
    out.number(created).number(updated).text(fields).text(pair);
    packPeers(members, out);
  }
  void unpack(sqlite::Reader& in) {
    line = in.number();
    id = in.text();
    open = in.number() != 0;
    service = in.number() != 0;
    creator = in.text();
    created = in.number();
    updated = in.number();
    fields = in.text();
    pair = in.text();
    unpackPeers(in, members);
  }
};

/// An object of any other class.
struct ImportedObject {
  std::int64_t line{0};
  std::string_view id;
  std::int64_t created{0};
  std::int64_t updated{0};
  std::string_view fields;
  std::string_view acl;

  void pack(std::string& rows) const {
    sqlite::Writer(rows).number(line).text(id).number(created).number(updated).text(fields).text(
        acl);
  }
  void unpack(sqlite::Reader& in) {
    line = in.number();
    id = in.text();
    created = in.number();
    updated = in.number();
    fields = in.text();
    acl = in.text();
  }
};

/// Peers that are something in a conversation (standing.hpp), or subscribers of a service
/// conversation.
struct ImportedStanding {
  std::int64_t line{0};
  std::string_view conv_id;
  StandingKind kind{StandingKind::Manager};
  bool subscribers{false};  ///< `kind` says nothing
  std::vector<ImportedPeer> peers;

  void pack(std::string& rows) const {
    sqlite::Writer out(rows);
    out.number(line).text(conv_id).number(static_cast<std::int64_t>(kind));
    out.number(subscribers ? 1 : 0);
    packPeers(peers, out);
  }
  void unpack(sqlite::Reader& in) {
    line = in.number();
    conv_id = in.text();
    kind = static_cast<StandingKind>(in.number());
    subscribers = in.number() != 0;
    unpackPeers(in, peers);
  }
};

/// A row that was not taken.
struct ImportFault {
  std::int64_t line{0};
  std::string why;
};

/// What becomes of a row that is in order.
enum class ImportFate : std::uint8_t { Added, Changed, Present, Kept };

/// What became of the rows. Each is counted once.
struct Imported {
  std::int64_t added{0};
  std::int64_t changed{0};  ///< there before, and older than the row, or with another text
  std::int64_t present{0};  ///< there already
  std::int64_t kept{0};     ///< there, and changed here since: it stays as it is
  std::int64_t late{0};     ///< messages that are older than the newest of their conversation
  std::int64_t orphans{0};  ///< messages of conversations that are not there
  std::vector<ImportFault> faults;           ///< of rows that cannot be what they say
  std::vector<std::string> members_changed;  ///< conversations that may be in other memories

  void count(ImportFate fate) {
    switch (fate) {
      case ImportFate::Added: ++added; return;
      case ImportFate::Changed: ++changed; return;
      case ImportFate::Present: ++present; return;
      case ImportFate::Kept: ++kept; return;
    }
  }
  void fault(std::int64_t line, std::string why) { faults.push_back({line, std::move(why)}); }
};

/// Has `import` take packed rows one by one, each behind `more`.
template <typename Row, typename Import, typename... More>
Imported importRows(std::string_view packed, Import import, const More&... more) {
  sqlite::Reader rows(packed);
  for (Row row; !rows.atEnd();) {
    row.unpack(rows);
    import.take(more..., row);
  }
  return import.finish();
}

}  // namespace kith::storage
