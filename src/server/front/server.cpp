// SPDX-License-Identifier: Apache-2.0
// kith::Server: checks the options, starts the loop's thread and ends it.
#include <kith/server.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include "base/fork.hpp"
#include "base/sync.hpp"
#include "base/threads.hpp"
#include "base/url.hpp"
#include "server/front/front.hpp"
#include "tls/tls_policy.hpp"

namespace kith {
namespace {

using Ports = std::vector<std::uint16_t>;

constexpr std::chrono::milliseconds kDestructorGrace{2000};
constexpr std::string_view kNoFolder = ":memory:";

std::vector<std::string> hostsOf(const net::ListenOptions& options) {
  std::vector<std::string> hosts{options.host};
  for (const net::ListenAddress& each : options.also) hosts.push_back(each.host);
  return hosts;
}

/// Shared by the server and the exit handler.
class Body : public std::enable_shared_from_this<Body> {
 public:
  explicit Body(front::Settings settings)
      : hosts_(hostsOf(settings.listen)),
        tls_(!settings.listen.tls_cert.empty()),
        data_(settings.data),
        front_(std::move(settings)) {}

  Result<void> start();
  void stop(std::chrono::milliseconds grace);

  std::string address() const { return base::formatHostPort(hosts_[0], ports_[0]); }
  std::vector<std::string> addresses() const;
  std::string url() const { return (tls_ ? "wss://" : "ws://") + address(); }
  front::Front& front() { return front_; }

 private:
  void run(std::unique_ptr<storage::Storage> storage, std::promise<Result<Ports>> started);

  const std::vector<std::string> hosts_;
  const bool tls_;
  const std::string data_;
  Ports ports_;
  front::Front front_;
  base::Mutex stop_mutex_;
  std::thread thread_ KITH_GUARDED_BY(stop_mutex_);
  std::atomic<std::thread::id> thread_id_{};
};

Result<void> Body::start() {
  // A process that exits at this moment waits, and finds the thread.
  const base::Lock lock(stop_mutex_);
  // Before the thread: it must not meet the end of OpenSSL when the process exits.
  const auto at_exit = [this] { stop(kDestructorGrace); };
  if (!tls::initTls() || !base::endAtExit(weak_from_this(), at_exit)) {
    return Error{Errc::Closed, 0, "server: the process is exiting", false};
  }
  const storage::Wake wake = [this] { front_.wake(); };
  std::unique_ptr<storage::Storage> storage;
  if (data_ == kNoFolder) {
    storage = storage::makeMemoryStorage(wake);
  } else {
    auto opened = storage::openSqliteStorage(data_, wake);
    if (!opened) return opened.error();
    storage = std::move(opened).value();
  }
  if (Result<void> apps = front_.openApps(data_ == kNoFolder ? "" : data_); !apps) return apps;
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

std::vector<std::string> Body::addresses() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    all.push_back(base::formatHostPort(hosts_[i], ports_[i]));
  }
  return all;
}

void Body::stop(std::chrono::milliseconds grace) {
  // What runs on the server's own thread, a log callback say, may exit the process.
  if (thread_id_ == std::this_thread::get_id()) return;
  const base::Lock lock(stop_mutex_);
  if (!thread_.joinable()) return;
  front_.stop(grace);
  thread_.join();
}

void Body::run(std::unique_ptr<storage::Storage> storage, std::promise<Result<Ports>> started) {
  thread_id_ = std::this_thread::get_id();
  Result<Ports> ports = front_.open(std::move(storage));
  const bool opened = ports.ok();
  started.set_value(std::move(ports));
  if (opened) front_.run();
  front_.close();
}

class RunningServer final : public Server {
 public:
  explicit RunningServer(std::shared_ptr<Body> body) : body_(std::move(body)) {}
  ~RunningServer() override {
    if (origin_.elsewhere()) {
      base::neverDestroy(std::move(body_));
    } else {
      body_->stop(kDestructorGrace);
    }
  }

  std::string address() const override { return body_->address(); }
  std::vector<std::string> addresses() const override { return body_->addresses(); }
  std::string metricsAddress() const override { return body_->front().metricsAddress(); }
  std::string url() const override { return body_->url(); }
  void stop(std::chrono::milliseconds grace) override { body_->stop(grace); }
  void setSwitches(const Switches& switches) override {
    body_->front().registry().setSwitches(switches);
  }
  Result<void> updateApps(std::vector<AppOptions> apps) override {
    return body_->front().registry().update(apps);
  }
  Result<void> reloadCertificate() override { return body_->front().reloadTls(); }
  ServerStats stats() const override { return body_->front().stats(); }

 private:
  const base::Origin origin_;
  std::shared_ptr<Body> body_;
};

}  // namespace

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  Result<front::Settings> settings = front::checkOptions(options);
  if (!settings) return settings.error();
  auto body = std::make_shared<Body>(std::move(settings).value());
  if (Result<void> started = body->start(); !started) return started.error();
  return std::unique_ptr<Server>(std::make_unique<RunningServer>(std::move(body)));
}

}  // namespace kith
