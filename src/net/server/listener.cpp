// SPDX-License-Identifier: Apache-2.0
#include "net/server/listener.hpp"

#include <utility>

#include "net/server/epoll_listener.hpp"
#include "net/server/threaded_listener.hpp"

namespace kith::net {
namespace {

template <typename Made>
Result<std::unique_ptr<Listener>> openOne(const ListenOptions& options, ListenerHandler& handler,
                                          std::shared_ptr<SharedPort> shared) {
  auto listener = std::make_unique<Made>(options, handler, std::move(shared));
  if (Result<void> opened = listener->open(); !opened) return opened.error();
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const ListenOptions& options,
                                                 ListenerHandler& handler) {
  auto shared = SharedPort::make(options);
  if (!shared) return shared.error();
  return open(options, handler, std::move(shared).value());
}

Result<std::unique_ptr<Listener>> Listener::open(const ListenOptions& options,
                                                 ListenerHandler& handler,
                                                 std::shared_ptr<SharedPort> shared) {
  return options.threads == 0 ? openOne<EpollListener>(options, handler, std::move(shared))
                              : openOne<ThreadedListener>(options, handler, std::move(shared));
}

void ListenerHandler::onBody(RequestId, std::string_view, bool) {}
void ListenerHandler::onPartsDrained(RequestId) {}
void ListenerHandler::onRequestGone(RequestId) {}

}  // namespace kith::net
