// SPDX-License-Identifier: Apache-2.0
// disk: the data folder is a small tmpfs that fills up and empties again, and one that is read-only
// at the start (root only). unwritable: no write goes through any more (RLIMIT_FSIZE).
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stress/crowd.hpp"
#include "stress/kithd_process.hpp"
#include "stress/report.hpp"
#include "stress/stress.hpp"
#include "support/relay.hpp"

namespace kith::stress {
namespace {

using std::chrono::milliseconds;

constexpr const char* kSmallDisk = "size=6m";
constexpr std::uint64_t kFailures = 40;
constexpr int kNewcomers = 100;

/// A tmpfs of its own that is gone when the work is over.
class SmallDisk {
 public:
  SmallDisk() {
    if (::mount("none", path().c_str(), "tmpfs", 0, kSmallDisk) != 0) {
      throw Skip(std::string("a tmpfs cannot be mounted here: ") + std::strerror(errno));
    }
  }
  ~SmallDisk() { ::umount2(path().c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  std::string path() const { return folder_.path(); }
  void fill() {
    std::ofstream filler(path() + "/filler");
    const std::string block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void empty() { std::filesystem::remove(path() + "/filler"); }
  int makeReadOnly() {
    return ::mount("none", path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, kSmallDisk);
  }

 private:
  testing::TemporaryFolder folder_;
};

/// A new peer while nothing can be written: opens, asks for presence, reads the history.
class Newcomer {
 public:
  explicit Newcomer(const std::string& url) : manager_(options(url)) {}

  void readsGoOn() {
    std::atomic<int> opened{0};
    std::atomic<int> asked{0};
    std::atomic<int> read{0};
    const auto session = manager_.session("newcomer");
    session->open({"p0"}, [&](const auto& done) {
      opened = done ? 1 : -1;
      ring();
    });
    await("a session to open while nothing can be written", [&] { return opened != 0; });
    require(opened == 1, "a session could not open while nothing can be written");
    // The others' connections come and go: each of them had its message refused.
    session->query({"newcomer", "nobody"}, [&](const Result<std::vector<std::string>>& online) {
      asked = online && *online == std::vector<std::string>{"newcomer"} ? 1 : -1;
      ring();
    });
    await("an answer to a query", [&] { return asked != 0; });
    require(asked == 1, "a query failed while nothing can be written");
    HistoryQuery query;
    query.peer = "p1";
    manager_.history("p0", query, [&](const Result<std::vector<Message>>& messages) {
      read = messages && !messages->empty() ? 1 : -1;
      if (!messages) std::printf("  history: %s\n", messages.error().detail.c_str());
      ring();
    });
    await("the history", [&] { return read != 0; });
    require(read == 1, "the history could not be read while nothing can be written");
    require(manager_.stats().disconnects == 0, "a reader was disconnected because others write");
  }

 private:
  static Options options(const std::string& url) {
    Options options;
    options.app_id = kApp;
    options.server = url;
    options.reconnect.first_delay = milliseconds{10};
    return options;
  }
  SessionManager manager_;
};

struct Breakage {
  const char* name;
  std::function<void()> breaks;
  std::function<void()> heals;
};

/// All that is acknowledged is kept, whatever happens to the disk meanwhile.
void breakAndHeal(const Args& args, KithdProcess& kithd, const Breakage& disk) {
  testing::Relay relay(args.seed);
  relay.setTarget(kithd.start());
  Ledger ledger;
  CrowdOptions options;
  options.url = "ws://" + relay.address();
  options.sessions = 20;
  options.managers = 4;
  options.expiry = milliseconds{1500};
  options.seed = args.seed;
  Crowd crowd(options, ledger);
  crowd.open();
  crowd.startTalking();
  require(ledger.waitAcked(400, std::chrono::minutes(1)), "no traffic");
  disk.breaks();
  await("sends to fail", [&] {
    require(!kithd.ended(), "kithd ended: " + kithd.errors());
    return ledger.totals().failed >= kFailures;
  });
  for (int i = 0; i < kNewcomers; ++i) Newcomer("ws://" + relay.address()).readsGoOn();
  require(!kithd.ended(), "kithd ended: " + kithd.errors());
  disk.heals();
  require(ledger.waitAcked(400, std::chrono::minutes(1)), "no traffic after it was healed");
  // And what was acknowledged before and after is on the disk indeed.
  kithd.kill9();
  relay.setTarget(kithd.start());
  crowd.stopTalking();
  awaitSettled(ledger, "what was sent");
  crowd.awaitPresence();
  closeBooks(disk.name, ledger, false);
}

/// One clear line and exit status 1.
void startsInVain(const std::string& folder) {
  KithdOptions options;
  options.data = folder;
  KithdProcess kithd(options);
  const int status = kithd.startInVain();
  const std::string line = kithd.errors();
  std::printf("read-only at the start: exit %d, %s", status, line.c_str());
  require(status == 1, "the exit status is not 1");
  require(std::count(line.begin(), line.end(), '\n') == 1, "not one line");
  require(line.find(folder) != std::string::npos, "the line does not name the folder");
  require(line.find("read-only") != std::string::npos, "the line does not say why");
}

}  // namespace

void runDisk(const Args& args) {
  SmallDisk disk;
  KithdOptions options;
  options.data = disk.path();
  KithdProcess kithd(options);
  breakAndHeal(args, kithd, {"full disk", [&] { disk.fill(); }, [&] { disk.empty(); }});
  kithd.kill9();
  require(disk.makeReadOnly() == 0, "the tmpfs cannot be made read-only");
  startsInVain(disk.path());
}

void runUnwritable(const Args& args) {
  const testing::TemporaryFolder folder;
  KithdOptions options;
  options.data = folder.path();
  KithdProcess kithd(options);
  breakAndHeal(args, kithd,
               {"no write goes through", [&] { kithd.limit(RLIMIT_FSIZE, 0); },
                [&] { kithd.limit(RLIMIT_FSIZE, RLIM_INFINITY); }});
  kithd.kill9();
  if (::geteuid() == 0) return;  // nothing is read-only for root; `disk` has it then
  ::chmod(folder.path().c_str(), 0500);
  std::filesystem::remove_all(folder.path() + "/kith.db");
  startsInVain(folder.path() + "/below");
  ::chmod(folder.path().c_str(), 0700);
}

}  // namespace kith::stress
