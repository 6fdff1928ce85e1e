// SPDX-License-Identifier: Apache-2.0
#include "stress/kithd_process.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/stress.hpp"
#include "support/io_threads.hpp"

namespace kith::stress {
namespace {

constexpr int kStartSeconds = 60;
constexpr std::string_view kReady = "listening on ";

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

int statusOf(int raw) { return WIFEXITED(raw) ? WEXITSTATUS(raw) : -WTERMSIG(raw); }

std::string readLine(int fd) {
  std::string line;
  char c = 0;
  for (;;) {
    pollfd one{fd, POLLIN, 0};
    if (::poll(&one, 1, kStartSeconds * 1000) <= 0 || ::read(fd, &c, 1) != 1) return {};
    if (c == '\n') return line;
    line += c;
  }
}

}  // namespace

std::string neighbour(const std::string& program) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / program).string();
}

std::size_t rssOf(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

int runCommand(const std::vector<std::string>& command, bool loud) {
  std::vector<std::string> words = command;
  const std::vector<char*> arguments = pointers(words);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(nowhere, 0);
    if (!loud) ::dup2(nowhere, 1);
    if (!loud) ::dup2(nowhere, 2);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int raw = 0;
  ::waitpid(pid, &raw, 0);
  return statusOf(raw);
}

KithdProcess::KithdProcess(KithdOptions options) : options_(std::move(options)) {
  std::ofstream file(folder_.file("kithd.json"));
  file << "{";
  for (const std::string& line : options_.settings) file << line << ",\n";
  // What a peer misses while it is away must not fall out of its queue: the ledger wants it all.
  file << R"("apps": [{"id": ")" << kApp << R"(", "require_watch": "never",
    "offline_messages": 1000000, "unacknowledged_messages": 1000000}]})";
}

void KithdProcess::spawn(int out) {
  std::vector<std::string> words = options_.before;
  for (const std::string& word :
       {neighbour("kithd"), std::string("--listen"), options_.listen, std::string("--data"),
        options_.data, std::string("--config"), folder_.file("kithd.json"),
        std::string("--log-level"), std::string("info"), std::string("--io-threads"),
        std::to_string(testing::ioThreadsOfTests())}) {
    words.push_back(word);
  }
  const std::vector<char*> arguments = pointers(words);
  const std::string errors = folder_.file("errors");
  status_.reset();
  pid_ = ::fork();
  if (pid_ != 0) return;
  // Whatever ends us ends it too.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(out, 1);
  const int log = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(log, 2);
  if (options_.open_files > 0) {
    const rlimit files{options_.open_files, options_.open_files};
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::string KithdProcess::start() {
  std::array<int, 2> ends{};
  require(::pipe2(ends.data(), O_CLOEXEC) == 0, "no pipe");
  spawn(ends[1]);
  ::close(ends[1]);
  const std::string line = readLine(ends[0]);
  ::close(ends[0]);
  require(line.rfind(kReady, 0) == 0, "kithd did not start: " + errors());
  return line.substr(kReady.size());
}

int KithdProcess::startInVain() {
  std::array<int, 2> ends{};
  require(::pipe2(ends.data(), O_CLOEXEC) == 0, "no pipe");
  spawn(ends[1]);
  ::close(ends[1]);
  const std::string line = readLine(ends[0]);
  ::close(ends[0]);
  require(line.empty(), "kithd started: " + line);
  return wait();
}

void KithdProcess::kill9() {
  if (pid_ > 0 && !status_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_ = 0;
}

void KithdProcess::terminate() { ::kill(pid_, SIGTERM); }

bool KithdProcess::ended() {
  if (status_) return true;
  int raw = 0;
  if (::waitpid(pid_, &raw, WNOHANG) != pid_) return false;
  status_ = statusOf(raw);
  return true;
}

int KithdProcess::wait() {
  keepTrying("the end of kithd", [this] { return ended(); });
  pid_ = 0;
  return *status_;
}

std::size_t KithdProcess::rss() const { return rssOf(pid_); }

double KithdProcess::cpu() const {
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(stat, text);
  // The name, in brackets, may hold anything; fields are counted behind it (proc(5)).
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::string KithdProcess::errors() const {
  std::ifstream file(folder_.file("errors"));
  return {std::istreambuf_iterator<char>(file), {}};
}

void KithdProcess::limit(int resource, rlim_t soft) {
  rlimit now{};
  ::prlimit(pid_, static_cast<__rlimit_resource>(resource), nullptr, &now);
  now.rlim_cur = soft;
  require(::prlimit(pid_, static_cast<__rlimit_resource>(resource), &now, nullptr) == 0, "prlimit");
}

}  // namespace kith::stress
