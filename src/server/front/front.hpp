// SPDX-License-Identifier: Apache-2.0
// The loop of the server: what the sockets and the storage say goes to the hub, what the hub wants
// goes back, turn by turn. Lives on the loop's thread; the methods of the first group are for
// others.
#pragma once

#include <kith/server.hpp>

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/sync.hpp"
#include "net/server/shared_port.hpp"
#include "server/apps/app_registry.hpp"
#include "server/dialects/dialects.hpp"
#include "server/front/app_changer.hpp"
#include "server/front/clock_watch.hpp"
#include "server/front/desks.hpp"
#include "server/front/metrics.hpp"
#include "server/front/monitor.hpp"
#include "server/front/refusal_log.hpp"
#include "server/front/settings.hpp"
#include "server/front/storage_mux.hpp"
#include "server/front/storage_watch.hpp"
#include "server/rest/admin_api.hpp"
#include "server/rest/rest_api.hpp"
#include "sign/secure_random.hpp"

namespace kith::front {

class Front final : private net::ListenerHandler,
                    private core::Output,
                    private rest::RestHost,
                    private rest::AdminHost,
                    private rest::CommandHost,
                    private rest::FileHost,
                    private rest::OutboundHost {
 public:
  explicit Front(Settings settings);
  ~Front() override;
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Any thread.
  /// The storage has results.
  void wake();
  /// Makes run() come to its end in the way of Server::stop().
  void stop(base::Millis grace);
  /// What it is told holds for every frame that comes later.
  apps::AppRegistry& registry() { return registry_; }
  /// Before open(): has what administrators change kept in this folder; empty = nowhere.
  /// InvalidArgument when what is there is no good, or there is no app.
  Result<void> openApps(const std::string& folder);
  /// See Server::reloadCertificate(). Once open() has returned.
  Result<void> reloadTls() { return shared_->reloadTls(settings_.listen); }
  ServerStats stats() const { return metrics_.stats(); }
  /// `host:port` of ServerOptions::metrics_listen; empty without it. Once open() has returned.
  std::string metricsAddress() const;

  // The loop's thread.
  /// Takes the storage and listens; returns the ports, in the order of the addresses.
  Result<std::vector<std::uint16_t>> open(std::unique_ptr<storage::Storage> storage);
  void run();
  void close();

 private:
  // Frames of a connection that wait for the hub, one behind the other: size, bytes, a spare byte.
  struct Backlog {
    std::string bytes;
    std::size_t at{0};
    bool paused{false};
    std::optional<std::list<net::SocketId>::iterator> stalled{};  ///< its place among them
  };
  enum class Phase { Serving, Draining, Closing };

  void onConnected(net::SocketId socket, const net::Accepted& how) override;
  void onFrame(net::SocketId socket, char* frame, std::size_t size, ws::FrameKind kind) override;
  void onHeard(net::SocketId socket) override;
  void onDrained(net::SocketId socket) override;
  void onDisconnected(net::SocketId socket) override;
  void onHttp(net::RequestId request, const net::HttpCall& call) override;
  void onBody(net::RequestId request, std::string_view bytes, bool last) override;
  void onRequestGone(net::RequestId request) override;

  void reply(net::RequestId request, net::HttpReply reply) override;
  void takeBody(net::RequestId request, std::uint64_t limit) override;
  void refused(const net::HttpCall& call, std::string_view app_id, std::string_view why,
               bool forged) override;
  bool isOnline(std::string_view app_id, std::string_view peer_id) const override {
    return hub_->isOnline(app_id, peer_id);
  }
  void conversationChanged(std::string_view app_id, std::string_view conversation) override {
    hub_->forgetGroup(app_id, conversation);
  }

  bool carryOut(net::RequestId request, const core::ServiceCommand& command) override;
  rest::FileHost::Begun work(net::RequestId request, std::size_t bytes,
                             rest::FileHost::Work work) override;
  rest::OutboundHost::Begun ask(net::RequestId request, net::AddressKey from,
                                rest::OutboundHost::Work work) override;

  void write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
             core::FrameForm form) override;
  void close(core::ConnectionId connection, std::uint16_t code, std::string_view reason) override;
  void resume(core::ConnectionId connection) override;
  void opened(core::ConnectionId connection) override;
  void signatureRefused(const core::RefusedSignature& what) override;

  void readClock();
  void turn();
  void runUntilQuiet();
  bool step();
  void changeApp(apps::AppChange change) override;
  void takeApps();
  void finishChange();
  void answered(core::ConnectionId command, std::initializer_list<std::string_view> parts);
  void stepIfMany(net::SocketId socket);
  bool storageIsBehind();
  void keep(net::SocketId socket, Backlog& backlog, const char* frame, std::size_t size);
  void feedResumed();
  void feedBacklog(net::SocketId socket);
  void stall(net::SocketId socket, Backlog& backlog);
  void resumeStalled();
  void advanceStop();
  void publishStats();

  const Settings settings_;
  apps::AppRegistry registry_;
  std::uint64_t apps_version_{0};  // that hub and HTTP have
  Metrics metrics_;                // outlives the desk and the monitor
  std::atomic<std::uint16_t> metrics_port_{0};
  sign::SecureRandom random_;
  std::unique_ptr<StorageMux> storage_;
  dialects::Dialects dialects_;
  Desks desks_;
  std::unique_ptr<core::Hub> hub_;
  std::unique_ptr<rest::AdminApi> admin_;
  std::unique_ptr<AppChanger> changer_;
  std::unique_ptr<rest::RestApi> rest_;
  std::shared_ptr<net::SharedPort> shared_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<Monitor> monitor_;
  RefusalLog refusals_;
  std::string changing_;  // what the log is to say of the change on its way
  std::unordered_map<net::SocketId, Backlog> backlogs_;  // of those that the hub lets wait
  std::vector<net::SocketId> resumed_;
  std::vector<net::SocketId> feeding_;
  std::list<net::SocketId> stalled_;  // stopped because the storage is behind, in their order
  bool storage_behind_{false};
  base::Instant now_;
  ClockWatch clock_;
  StorageWatch storage_watch_;
  int unstepped_{0};  // frames since the last step, and since then of the connection last read
  int of_one_{0};
  net::SocketId last_read_{0};
  Phase phase_{Phase::Serving};
  base::Millis stop_at_{base::kNever};

  std::atomic<std::thread::id> loop_thread_{};
  std::atomic<bool> woken_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> grace_{0};
  base::Mutex wake_mutex_;
  net::Listener* to_wake_ KITH_GUARDED_BY(wake_mutex_){nullptr};  // null when there is no loop
};

}  // namespace kith::front
