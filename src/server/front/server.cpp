// SPDX-License-Identifier: Apache-2.0
// kith::Server: checks the options, starts the loop's thread and ends it.
#include <kith/server.hpp>

#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "base/threads.hpp"
#include "base/url.hpp"
#include "server/front/front.hpp"

namespace kith {
namespace {

using Ports = std::vector<std::uint16_t>;

std::vector<std::string> hostsOf(const net::ListenOptions& options) {
  std::vector<std::string> hosts{options.host};
  for (const net::ListenAddress& each : options.also) hosts.push_back(each.host);
  return hosts;
}

class RunningServer final : public Server {
 public:
  explicit RunningServer(front::Settings settings)
      : hosts_(hostsOf(settings.listen)),
        tls_(!settings.listen.tls_cert.empty()),
        data_(settings.data),
        front_(std::move(settings)) {}
  ~RunningServer() override { stop(std::chrono::milliseconds{2000}); }

  Result<void> start();

  std::string address() const override { return base::formatHostPort(hosts_[0], ports_[0]); }
  std::vector<std::string> addresses() const override {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      all.push_back(base::formatHostPort(hosts_[i], ports_[i]));
    }
    return all;
  }
  std::string url() const override { return (tls_ ? "wss://" : "ws://") + address(); }
  void stop(std::chrono::milliseconds grace) override {
    const std::lock_guard lock(stop_mutex_);
    if (!thread_.joinable()) return;
    front_.stop(grace);
    thread_.join();
  }
  void setSwitches(const Switches& switches) override { front_.setSwitches(switches); }
  Result<void> reloadCertificate() override { return front_.reloadTls(); }
  ServerStats stats() const override { return front_.stats(); }

 private:
  void run(std::unique_ptr<storage::Storage> storage, std::promise<Result<Ports>> started);

  const std::vector<std::string> hosts_;
  const bool tls_;
  const std::string data_;
  Ports ports_;
  front::Front front_;
  std::mutex stop_mutex_;
  std::thread thread_;  // guarded by stop_mutex_
};

Result<void> RunningServer::start() {
  const storage::Wake wake = [this] { front_.wake(); };
  std::unique_ptr<storage::Storage> storage;
  if (data_ == ":memory:") {
    storage = storage::makeMemoryStorage(wake);
  } else {
    auto opened = storage::openSqliteStorage(data_, wake);
    if (!opened) return opened.error();
    storage = std::move(opened).value();
  }
  std::promise<Result<Ports>> started;
  std::future<Result<Ports>> outcome = started.get_future();
  // std::function wants to copy what it holds.
  auto held =
      std::make_shared<std::pair<std::unique_ptr<storage::Storage>, std::promise<Result<Ports>>>>(
          std::move(storage), std::move(started));
  try {
    thread_ = base::startWorker("kith-server", [this, held] {
                run(std::move(held->first), std::move(held->second));
              }).thread;
  } catch (const std::system_error& problem) {
    return Error{Errc::Internal, 0, std::string("server: no thread: ") + problem.what(), false};
  }
  Result<Ports> ports = outcome.get();
  if (!ports) {
    thread_.join();
    return ports.error();
  }
  ports_ = std::move(ports).value();
  return {};
}

void RunningServer::run(std::unique_ptr<storage::Storage> storage,
                        std::promise<Result<Ports>> started) {
  Result<Ports> ports = front_.open(std::move(storage));
  const bool opened = ports.ok();
  started.set_value(std::move(ports));
  if (opened) front_.run();
  front_.close();
}

}  // namespace

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  Result<front::Settings> settings = front::checkOptions(options);
  if (!settings) return settings.error();
  auto server = std::make_unique<RunningServer>(std::move(settings).value());
  if (Result<void> started = server->start(); !started) return started.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace kith
