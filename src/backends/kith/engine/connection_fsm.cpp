// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/connection_fsm.hpp"

#include <algorithm>
#include <utility>

#include "backends/kith/engine/backoff.hpp"
#include "base/close_codes.hpp"

namespace kith::engine {
namespace {

// A connection that lasts this long was a good one: the next loss starts with the first delay.
constexpr base::Millis kStable{10000};
constexpr base::Millis kCloseGrace{2000};
constexpr std::uint16_t kNormal = 1000;

Error timeout(std::string detail) { return {Errc::Timeout, 0, std::move(detail), false}; }

/// What ended a connection, in the server's words if it said any.
Error causeOf(int code, const Error& error) {
  const bool told = error.server_code == code && !error.detail.empty();
  if (code >= 4000 && !told) return base::errorFromServer(code, error.detail);
  return error.detail.empty() ? base::errorFromServer(code, "") : error;
}

}  // namespace

ConnectionFsm::ConnectionFsm(const EngineOptions& options, Output& output, Observer& observer,
                             base::Random& random, EngineStats& stats)
    : options_(options),
      output_(output),
      observer_(observer),
      random_(random),
      stats_(stats),
      routes_(options.server),
      keepalive_(options.keepalive) {}

void ConnectionFsm::setWanted(bool wanted, bool hurry, base::Instant now) {
  if (wanted == wanted_) return;
  wanted_ = wanted;
  if (wanted) {
    failures_ = tries_ = 0;
    if (state_ == State::Closing && hurry) {
      output_.abandon();
      state_ = State::Idle;
    }
    if (state_ == State::Idle) begin(now);
    if (state_ == State::Closing) limitClosing(now);
    return;
  }
  if (state_ == State::Up) {
    keepalive_.stop();
    state_ = State::Closing;
    backoff_after_ = false;
    due_ = base::kNever;
    ++stats_.disconnects;
    output_.disconnect(kNormal, "");
  } else if (state_ != State::Closing) {
    if (state_ == State::Connecting) output_.abandon();
    state_ = State::Idle;
    due_ = base::kNever;
  } else {
    backoff_after_ = false;
    due_ = base::kNever;
  }
}

void ConnectionFsm::limitClosing(base::Instant now) {
  if (state_ == State::Closing && due_ == base::kNever) due_ = now.mono + kCloseGrace;
}

void ConnectionFsm::begin(base::Instant now) {
  const std::string& url = routes_.pick(now.mono);
  if (!url.empty()) return connectTo(url, now);
  state_ = State::Routing;
  due_ = now.mono + options_.connect_timeout;
  // The router's late answer to an earlier question is as good as one to a new question.
  if (std::exchange(route_asked_, true)) return;
  output_.fetchRoute();
}

void ConnectionFsm::connectTo(const std::string& url, base::Instant now) {
  state_ = State::Connecting;
  due_ = now.mono + options_.connect_timeout;
  output_.connect(url);
}

void ConnectionFsm::routeAnswered(Result<base::Route> route, base::Instant now) {
  route_asked_ = false;
  Error error{Errc::RouterFailed, 0, "the router named no server; check Options::router", false};
  const bool good = route.ok() && !route->server.empty();
  if (good) {
    routes_.store(std::move(*route), now.mono);
  } else if (!route.ok()) {
    error = route.error();
  }
  if (state_ != State::Routing) return;
  if (!good) return failed(error, now);
  begin(now);
}

void ConnectionFsm::transportUp(base::Instant now) {
  if (state_ != State::Connecting) return;
  state_ = State::Up;
  due_ = base::kNever;
  frame_seen_ = false;
  tries_ = 0;
  up_since_ = now.mono;
  routes_.connected();
  keepalive_.start(now);
  ++stats_.connects;
  observer_.connectionUp(now);
}

void ConnectionFsm::transportDown(int code, const Error& error, base::Instant now) {
  switch (state_) {
    case State::Connecting: routes_.failed(); return failed(causeOf(code, error), now);
    case State::Up: return lost(code, causeOf(code, error), now);
    case State::Closing: return closed(now);
    case State::Idle:
    case State::Routing:
    case State::Waiting: return;  // of a transport that was given up before
  }
}

void ConnectionFsm::closed(base::Instant now) {
  state_ = State::Idle;
  due_ = base::kNever;
  if (!wanted_) return;
  if (std::exchange(backoff_after_, false)) return waitForNext(closing_error_, now);
  begin(now);
}

bool ConnectionFsm::heard(base::Instant now) {
  if (state_ != State::Up) return false;
  frame_seen_ = true;
  failures_ = 0;
  keepalive_.heard(now);
  return true;
}

void ConnectionFsm::presumeDead(const Error& error, base::Instant now) {
  if (state_ != State::Up) return;
  output_.abandon();
  lost(0, error, now);
}

void ConnectionFsm::refuse(std::uint16_t code, const Error& error, base::Instant now) {
  if (state_ != State::Up) return;
  keepalive_.stop();
  state_ = State::Closing;
  backoff_after_ = true;
  closing_error_ = error;
  due_ = now.mono + kCloseGrace;
  ++stats_.disconnects;
  ++flaps_;
  output_.disconnect(code, error.detail);
  observer_.connectionLost(0, error, now);
}

void ConnectionFsm::lost(int code, const Error& error, base::Instant now) {
  keepalive_.stop();
  state_ = State::Idle;
  due_ = base::kNever;
  ++stats_.disconnects;
  flaps_ = now.mono - up_since_ < kStable ? flaps_ + 1 : 0;
  if (!frame_seen_) ++failures_;
  observer_.connectionLost(code, error, now);
  if (wanted_ && state_ == State::Idle) waitForNext(error, now);
}

void ConnectionFsm::failed(const Error& error, base::Instant now) {
  state_ = State::Idle;
  due_ = base::kNever;
  ++failures_;
  ++tries_;
  waitForNext(error, now);
}

void ConnectionFsm::waitForNext(const Error& error, base::Instant now) {
  const int most = options_.reconnect.max_attempts;
  if (most > 0 && failures_ >= most) {
    wanted_ = false;
    return observer_.connectionGaveUp(error, now);
  }
  const base::Millis delay =
      delayAfter(error, options_.reconnect, std::max({failures_, flaps_, 1}), random_);
  state_ = State::Waiting;
  due_ = now.mono + delay;
  observer_.connectionRetrying({tries_ + 1, error, delay});
}

void ConnectionFsm::networkChanged(base::Instant now) {
  const base::Millis free_at = hinted_ + options_.reconnect.hint_interval;
  switch (state_) {
    case State::Waiting:
      due_ = std::min(due_, std::max(free_at, now.mono));
      if (due_ <= now.mono) {
        hinted_ = now.mono;
        begin(now);
      }
      return;
    case State::Up:
      if (now.mono < free_at) return;
      hinted_ = now.mono;
      if (keepalive_.waiting()) {
        return presumeDead(
            {Errc::NetworkDown, 0, "the network changed and the server is silent", false}, now);
      }
      keepalive_.doubt();
      return timeReached(now);
    case State::Connecting:
      if (now.mono < free_at) return;
      hinted_ = now.mono;
      output_.abandon();  // it was started on a network that is gone
      return begin(now);
    case State::Idle:
    case State::Routing:
    case State::Closing: return;
  }
}

void ConnectionFsm::wake(base::Instant now) {
  if (state_ != State::Up || !keepalive_.slept(now)) return;
  presumeDead({Errc::NetworkDown, 0, "this process slept; the connection is opened again", false},
              now);
}

base::Millis ConnectionFsm::deadline() const {
  return state_ == State::Up ? keepalive_.deadline() : due_;
}

void ConnectionFsm::timeReached(base::Instant now) {
  if (now.mono < deadline()) return;
  switch (state_) {
    case State::Up:
      switch (keepalive_.timeReached(now)) {
        case Keepalive::Verdict::Heartbeat:
          ++stats_.frames_out;
          keepalive_.sent(now);
          observer_.heartbeatSent();
          return output_.sendFrame({});
        case Keepalive::Verdict::Ping: return output_.sendPing();
        case Keepalive::Verdict::Dead:
          return presumeDead(timeout("the server did not answer a heartbeat; it is connected anew"),
                             now);
        case Keepalive::Verdict::Fine: return;
      }
      return;
    case State::Routing:
      return failed({Errc::RouterFailed, 0, "the router did not answer in time", false}, now);
    case State::Connecting:
      output_.abandon();
      routes_.failed();
      return failed(timeout("no connection within Options::connect_timeout"), now);
    case State::Closing: output_.abandon(); return closed(now);
    case State::Waiting: return begin(now);
    case State::Idle: return;
  }
}

}  // namespace kith::engine
