// SPDX-License-Identifier: Apache-2.0
// network: kithd in one network namespace, the clients in another, a veth pair between them whose
// client end changes its address, goes down and up and loses its route. Both ends have addresses
// out of 127.0.0.0/8, so that nothing listens anywhere else. Linux and root only.
#include <cstdio>
#include <fcntl.h>
#include <functional>
#include <map>
#include <sched.h>
#include <unistd.h>

#include "stress/crowd.hpp"
#include "stress/kithd_process.hpp"
#include "stress/report.hpp"
#include "stress/stress.hpp"

namespace kith::stress {
namespace {

using std::chrono::milliseconds;

constexpr const char* kServerAddress = "127.77.1.1";

/// Two namespaces and the line between them. This thread, and those that it starts, live in the
/// clients' one as long as this lives.
class Namespaces {
 public:
  Namespaces() : home_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (::geteuid() != 0) throw Skip("network namespaces need root");
    if (runCommand({"ip", "-V"}) != 0) throw Skip("there is no program ip (package iproute2)");
    if (runCommand({"ip", "netns", "add", server()}) != 0 ||
        runCommand({"ip", "netns", "add", clients()}) != 0) {
      remove();
      throw Skip("network namespaces cannot be made here");
    }
    try {
      connect();
    } catch (...) {
      remove();
      throw;
    }
  }
  ~Namespaces() {
    ::setns(home_, CLONE_NEWNET);
    ::close(home_);
    remove();
  }
  Namespaces(const Namespaces&) = delete;
  Namespaces& operator=(const Namespaces&) = delete;

  std::string server() const { return name_ + "s"; }
  std::string clients() const { return name_ + "c"; }
  /// `ip -n <the clients' namespace> ...`
  void ip(std::vector<std::string> words) const {
    words.insert(words.begin(), {"ip", "-n", clients()});
    std::string said;
    for (const std::string& word : words) said += word + ' ';
    require(runCommand(words) == 0, "failed: " + said);
  }
  /// Another address in place of the one before.
  void move() {
    ip({"addr", "del", address_, "dev", "line1"});
    address_ = "127.77.1." + std::to_string(++last_) + "/24";
    ip({"addr", "add", address_, "dev", "line1"});
  }
  void link(bool up) const { ip({"link", "set", "line1", up ? "up" : "down"}); }
  void route(bool there) const {
    ip({"route", there ? "replace" : "del", "127.77.1.0/24", "dev", "line1"});
  }

 private:
  void remove() const {
    runCommand({"ip", "netns", "del", server()});
    runCommand({"ip", "netns", "del", clients()});
  }
  void setUp(const std::string& where, const std::string& device, const std::string& address) {
    // Without this the kernel drops what comes over a line from or to 127.0.0.0/8.
    for (const std::string& which : {std::string("all"), device}) {
      const std::string file = "/proc/sys/net/ipv4/conf/" + which + "/route_localnet";
      if (runCommand({"ip", "netns", "exec", where, "sh", "-c", "echo 1 > " + file}) != 0) {
        throw Skip("route_localnet cannot be switched on here");
      }
    }
    require(runCommand({"ip", "-n", where, "addr", "add", address, "dev", device}) == 0 &&
                runCommand({"ip", "-n", where, "link", "set", device, "up"}) == 0,
            "no address for " + device);
  }
  void connect() {
    if (runCommand({"ip", "link", "add", "line0", "netns", server(), "type", "veth", "peer", "name",
                    "line1", "netns", clients()}) != 0) {
      throw Skip("a veth pair cannot be made here");
    }
    setUp(server(), "line0", std::string(kServerAddress) + "/24");
    setUp(clients(), "line1", address_);
    const int there = ::open(("/var/run/netns/" + clients()).c_str(), O_RDONLY | O_CLOEXEC);
    const bool entered = there >= 0 && ::setns(there, CLONE_NEWNET) == 0;
    ::close(there);
    require(entered, "the namespace cannot be entered");
  }

  const int home_;
  const std::string name_{"kith" + std::to_string(::getpid())};
  int last_{2};
  std::string address_{"127.77.1.2/24"};
};

KithdOptions kithdIn(const Namespaces& net, const testing::TemporaryFolder& folder) {
  KithdOptions options;
  options.data = folder.path();
  options.listen = std::string(kServerAddress) + ":0";
  options.before = {"ip", "netns", "exec", net.server()};
  return options;
}

CrowdOptions crowdOptions(const Args& args, const std::string& address) {
  CrowdOptions options;
  options.url = "ws://" + address;
  options.sessions = 40;
  options.managers = 8;
  options.seed = args.seed;
  return options;
}

/// What is done to the line: something, and later perhaps its opposite.
struct Trouble {
  const char* name;
  std::function<void()> begin;
  std::function<void()> end;
};

void suffer(Crowd& crowd, Ledger& ledger, const Trouble& trouble) {
  const std::size_t before = crowd.resumed();
  require(ledger.waitAcked(200, std::chrono::minutes(1)), "no traffic");
  const Stopwatch watch;
  trouble.begin();
  if (trouble.end) {
    await("the sessions to notice", [&] { return crowd.pausedNow() == crowd.size(); });
    std::printf("network: %s: noticed by all after %.1f s", trouble.name, watch.seconds());
    trouble.end();
  }
  await("everybody to resume", [&] { return crowd.resumed() >= before + crowd.size(); });
  std::printf(trouble.end ? ", " : "network: %s: ", trouble.name);
  std::printf("all resumed after %.1f s\n", watch.seconds());
  require(ledger.waitAcked(200, std::chrono::minutes(1)), "no traffic afterwards");
}

/// Without the hint it would not be noticed for an hour. All is quiet: a frame that the kernel had
/// taken before would count as a sign of life.
void hint(const Args& args, Namespaces& net, const std::string& address, Ledger& ledger) {
  CrowdOptions options = crowdOptions(args, address);
  options.keepalive = {std::chrono::hours{1}, milliseconds{500}};
  options.command_timeout = std::chrono::hours{1};
  options.peers = "hinted";
  Crowd crowd(options, ledger);
  crowd.open();
  crowd.sayOneMore();
  awaitSettled(ledger, "what was sent");
  const Stopwatch watch;
  net.move();
  crowd.networkChanged();
  await("everybody to resume", [&] { return crowd.resumed() >= crowd.size(); });
  std::printf("network: another address and networkChanged(): all resumed after %.1f s\n",
              watch.seconds());
  crowd.sayOneMore();
  awaitSettled(ledger, "what was sent afterwards");
}

}  // namespace

void runNetwork(const Args& args) {
  const testing::TemporaryFolder folder;
  Namespaces net;
  KithdProcess kithd(kithdIn(net, folder));
  const std::string address = kithd.start();
  Ledger ledger;
  {
    Crowd crowd(crowdOptions(args, address), ledger);
    crowd.open();
    crowd.startTalking();
    const Trouble troubles[] = {
        {"another address", [&] { net.move(); }, {}},
        {"link down and up", [&] { net.link(false); }, [&] { net.link(true); }},
        {"no route for a while", [&] { net.route(false); }, [&] { net.route(true); }},
    };
    const Stopwatch watch;
    do {
      for (const Trouble& trouble : troubles) suffer(crowd, ledger, trouble);
    } while (watch.seconds() < args.minutes * 60);
    crowd.stopTalking();
    awaitSettled(ledger, "what was sent");
    crowd.awaitPresence();
    require(crowd.ended() == 0, "sessions were closed that nobody closed");
  }
  closeBooks("network", ledger, true);
  Ledger hinted;
  hint(args, net, address, hinted);
  closeBooks("network", hinted, true);
}

}  // namespace kith::stress
