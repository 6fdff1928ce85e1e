// SPDX-License-Identifier: Apache-2.0
#include "net/listener.hpp"

#include <utility>

#include "net/epoll_listener.hpp"

namespace kith::net {
Result<std::unique_ptr<Listener>> Listener::open(const ListenOptions& options,
                                                 ListenerHandler& handler) {
  auto shared = SharedPort::make(options);
  if (!shared) return shared.error();
  auto listener = std::make_unique<EpollListener>(options, handler, std::move(shared).value());
  if (Result<void> opened = listener->open(); !opened) return opened.error();
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace kith::net
