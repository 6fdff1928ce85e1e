// SPDX-License-Identifier: Apache-2.0
// What a host process does that has the library as a guest. Hidden: guest_test.cpp runs each in a
// process of its own.
#include <atomic>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "net/client/loop.hpp"
#include "support/test_server.hpp"

using namespace kith;
using namespace kith::testing;
using namespace std::chrono_literals;

namespace {

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  REQUIRE(text != nullptr);
  return text;
}

Options begin() {
  std::cout << "guest begins" << std::endl;
  return clientOptions(variable("KITH_GUEST_URL"));
}

/// Takes the processor's time, as a callback does that computes something.
void compute(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

#ifdef KITH_TEST_SANITIZED
// The sanitizers' own allocator does not survive a fork() in the middle of it.
constexpr bool kMayForkWhileBusy = false;
#else
constexpr bool kMayForkWhileBusy = true;
#endif

/// Sends messages without a break, so that some thread holds some lock at any moment.
class Chatter {
 public:
  explicit Chatter(const Options& options) : device_(options, "tom") {
    device_.open();
    if (!kMayForkWhileBusy) return;
    thread_ = std::thread([this] {
      while (!over_) {
        Message message;
        message.text = "x";
        message.to = {"tom"};
        message.transient = true;
        device_.session->send(std::move(message));
        compute(50us);
      }
    });
  }
  ~Chatter() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  Chatter(const Chatter&) = delete;
  Chatter& operator=(const Chatter&) = delete;

  /// The same connection, and it answers.
  void check() {
    CHECK_FALSE(device_.send("still here", {"tom"}).message_id.empty());
    CHECK(device_.heard->count("onSessionPaused") == 0);
  }

 private:
  Device device_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

#if defined(__SANITIZE_ADDRESS__)
/// gcc 12's libasan does not bring the locks of its allocator through a fork: when another thread
/// holds one at that moment, the child waits for it for ever. So many children may do so here; the
/// TSan build, where none may, holds the promise.
constexpr int kMayHang = 3;
#else
constexpr int kMayHang = 0;
#endif

/// Runs `child` in so many children, one after the other, while the parent is busy.
void forkWhileBusy(const Options& options, int times, const std::function<void()>& child) {
  Chatter chatter(options);
  int hung = 0;
  for (int i = 0; i < times; ++i) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      try {
        child();
      } catch (...) {  // an assertion that failed
        ::_exit(1);
      }
      ::_exit(0);
    }
    int status = -1;
    const auto patience = std::chrono::steady_clock::now() + 20s;
    const bool ended = eventually([&] {
      return ::waitpid(pid, &status, WNOHANG) == pid || std::chrono::steady_clock::now() > patience;
    });
    REQUIRE(ended);
    if (status == -1) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      REQUIRE(++hung <= kMayHang);
    } else {
      REQUIRE(status == 0);
    }
  }
  chatter.check();
}

/// Takes all files, or all threads, that the process may have.
class Shortage {
 public:
  explicit Shortage(int resource) : resource_(static_cast<decltype(resource_)>(resource)) {
    // Root may have as many threads as it likes.
    if (resource == RLIMIT_NPROC && ::getuid() == 0) REQUIRE(::setuid(65534) == 0);
    REQUIRE(::getrlimit(resource_, &before_) == 0);
    rlimit now = before_;
    now.rlim_cur = resource == RLIMIT_NPROC ? 0 : 64;
    REQUIRE(::setrlimit(resource_, &now) == 0);
    for (int fd = 0; resource == RLIMIT_NOFILE && fd >= 0;) {
      fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (fd >= 0) files_.push_back(fd);
    }
  }
  ~Shortage() { end(); }
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;

  void end() {
    for (const int fd : files_) ::close(fd);
    files_.clear();
    ::setrlimit(resource_, &before_);
  }

 private:
  __rlimit_resource resource_;
  rlimit before_{};
  std::vector<int> files_;
};

/// What a program that is started now would have beside 0, 1 and 2: the links of /proc.
std::string inherited() {
  std::string all;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  REQUIRE(folder != nullptr);
  while (const dirent* entry = ::readdir(folder.get())) {
    const int fd = std::atoi(entry->d_name);
    const int flags = fd > 2 ? ::fcntl(fd, F_GETFD) : FD_CLOEXEC;
    if (flags < 0 || (flags & FD_CLOEXEC) != 0) continue;
    std::array<char, 256> target{};
    const std::string link = "/proc/self/fd/" + std::string(entry->d_name);
    if (::readlink(link.c_str(), target.data(), target.size() - 1) < 0) continue;
    all += std::string(entry->d_name) + " -> " + target.data() + "; ";
  }
  return all;
}

Errc codeOfHistory(Device& device) {
  Answer<std::vector<Message>> got;
  device.manager->history("tom", {"tom", "", {}, 10}, got);
  return got.code();
}

void closeManager(Device& device) {
  Answer<void> closed;
  device.manager->close(closed);
  closed.value();
}

bool threadRuns(const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string its_name;
    std::getline(std::ifstream(task.path() / "comm"), its_name);
    if (its_name == name) return true;
  }
  return false;
}

/// Runs when statics that are older than the library's exit handler are destroyed.
struct AtDestruction {
  std::function<void()> run;
  ~AtDestruction() { run(); }
};

}  // namespace

TEST_CASE("a forked child exits", "[.][guest]") {
  forkWhileBusy(begin(), 60, [] { std::exit(0); });
}

TEST_CASE("a forked child drops what it has", "[.][guest]") {
  Options options = begin();
  auto executor = PollExecutor::make();
  auto threads = ThreadExecutor::make();
  threads->post([] {});
  options.store = openSqliteStore(variable("KITH_GUEST_FOLDER") + "/store.db").value();
  options.reactor = Reactor::make({});
  options.executor = executor;
  auto server = Server::start(serverOptions()).value();
  auto device = std::make_unique<Device>(options, "tim");
  device->session->open();
  std::atomic<bool> over{false};
  std::thread waits([&] {
    while (!over) (void)executor->wait(1h);  // inside at the moment of each fork
  });
  PollExecutor* const before = executor.get();
  forkWhileBusy(clientOptions(variable("KITH_GUEST_URL")), 20, [&] {
    REQUIRE(device->session->state() == SessionState::Closed);
    REQUIRE(device->session->send({}).refused == Errc::Closed);
    device->session->group("g1")->leave();
    REQUIRE(device->manager->session("tim") != nullptr);
    device->manager->close();
    device.reset();
    server.reset();
    options = {};
    threads.reset();
    executor.reset();
  });
  over = true;
  before->post([] {});
  waits.join();
  // SQLite's files are as the parent left them.
  CHECK(options.store->load(kApp, "tim").ok());
}

TEST_CASE("a forked child makes its own manager", "[.][guest]") {
  const Options options = begin();
  // All of the parent's look-ups wait, so that every thread for them is busy when it forks.
  const auto block = std::make_shared<Waiter>();
  net::setResolverForTests([block](const std::string& host) -> Result<std::vector<std::string>> {
    if (host != "localhost") (void)block->until([] { return false; });
    return std::vector<std::string>{"127.0.0.1"};
  });
  std::vector<std::unique_ptr<Device>> stuck;
  for (int i = 0; i < 9; ++i) {
    Options nowhere = options;
    nowhere.server = "ws://nowhere" + std::to_string(i) + ".example:1";
    stuck.push_back(std::make_unique<Device>(nowhere, "tom"));
    stuck.back()->session->open();
  }
  forkWhileBusy(options, 10, [&] {
    Options mine = options;
    mine.server.replace(mine.server.find("127.0.0.1"), 9, "localhost");
    net::setResolverForTests({});
    Device kid(mine, "kid");
    kid.open();
    REQUIRE_FALSE(kid.send("from the child", {"tom"}).message_id.empty());
    closeManager(kid);
  });
  ::_exit(0);  // the names are never answered
}

TEST_CASE("a program is started", "[.][guest]") {
  const std::string before = inherited();  // what this program itself was given
  Options options = begin();
  options.store = openSqliteStore(variable("KITH_GUEST_FOLDER") + "/store.db").value();
  Device tom(options, "tom");
  tom.open();
  CHECK(codeOfHistory(tom) == Errc::Ok);  // HTTP keeps its connection
  const TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  CHECK(inherited() == before);
}

TEST_CASE("main is left early", "[.][guest]") {
  static Device tom(begin(), "tom");
  tom.session->open();
  compute(std::chrono::microseconds(100 * std::stoi(variable("KITH_GUEST_TIME"))));
  std::exit(0);
}

TEST_CASE("main is left while a callback runs", "[.][guest]") {
  static auto* const moments = new Waiter;
  static bool inside = false;
  static bool leaving = false;
  static bool over = false;
  static const AtDestruction check{[] {
    if (moments->look([] { return over; })) return;
    std::cout << "the callback still runs" << std::endl;
    ::_exit(1);
  }};
  static Device tom(begin(), "tom");
  tom.session->open({}, [](const auto&) {
    moments->change([] { inside = true; });
    (void)moments->until([] { return leaving; });
    compute(50ms);
    moments->change([] { over = true; });
  });
  REQUIRE(moments->until([] { return inside; }));
  std::atexit([] { moments->change([] { leaving = true; }); });
  std::exit(0);
}

TEST_CASE("main is left while a callback never ends", "[.][guest]") {
  static auto* const moments = new Waiter;
  static bool inside = false;
  static Device tom(begin(), "tom");
  tom.session->open({}, [](const auto&) {
    moments->change([] { inside = true; });
    for (;;) ::pause();
  });
  REQUIRE(moments->until([] { return inside; }));
  std::exit(0);
}

TEST_CASE("a callback exits", "[.][guest]") {
  static Device tom(begin(), "tom");
  tom.session->open({}, [](const auto&) { std::exit(0); });
  for (;;) ::pause();
}

TEST_CASE("main is left with a server", "[.][guest]") {
  begin();
  static const AtDestruction check{[] {
    if (!threadRuns("kith-server")) return;
    std::cout << "the server still runs" << std::endl;
    ::_exit(1);
  }};
  // It is never destroyed: the exit handler has to end it.
  static auto* const server = new std::unique_ptr<Server>(Server::start(serverOptions()).value());
  static Device tom(clientOptions((*server)->url()), "tom");
  tom.open();
  REQUIRE(threadRuns("kith-server"));
  std::exit(0);
}

TEST_CASE("there is no free file", "[.][guest]") {
  const Options options = begin();
  Shortage files(RLIMIT_NOFILE);
  Device tom(options, "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  CHECK(codeOfHistory(tom) == Errc::NetworkDown);
  CHECK(opened.count() == 0);
  files.end();
  opened.value();
  CHECK(codeOfHistory(tom) == Errc::Ok);
  closeManager(tom);
}

TEST_CASE("the manager closes without a free file", "[.][guest]") {
  const Options options = begin();
  const Shortage files(RLIMIT_NOFILE);
  Device tom(options, "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  closeManager(tom);
  CHECK(opened.code() == Errc::Closed);
}

TEST_CASE("there is no thread", "[.][guest]") {
  const Options options = begin();
  Shortage threads(RLIMIT_NPROC);
  Device tom(options, "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  CHECK(opened.code() == Errc::NetworkDown);
  CHECK(tom.session->state() == SessionState::Closed);
  CHECK(codeOfHistory(tom) == Errc::NetworkDown);
  Answer<std::vector<std::string>> members;
  tom.session->group("g1")->members(members);
  CHECK(members.code() == Errc::NetworkDown);
  tom.close();
  Device jerry(options, "jerry");
  jerry.session->open();
  closeManager(jerry);
  CHECK_FALSE(Server::start(serverOptions()).ok());
  threads.end();
  tom.open();
  CHECK_FALSE(tom.send("hello", {"tom"}).message_id.empty());
}

TEST_CASE("there is no further thread", "[.][guest]") {
  Options options = begin();
  options.store = makeMemoryStore();
  Device tom(options, "tom");
  tom.close();  // the io thread is there, and the executor's
  Shortage threads(RLIMIT_NPROC);
  tom.open();
  CHECK(codeOfHistory(tom) == Errc::NetworkDown);
  CHECK_FALSE(tom.send("hello", {"tom"}).message_id.empty());
  threads.end();
  CHECK(codeOfHistory(tom) == Errc::Ok);
  closeManager(tom);
}
