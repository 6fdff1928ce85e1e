// SPDX-License-Identifier: Apache-2.0
// What an engine hears and says as text: frames, events, changes of the store.
#pragma once

#include <kith/error.hpp>
#include <kith/event.hpp>
#include <kith/message.hpp>
#include <kith/store.hpp>

#include <string>

#include "protocol/avos/frame.hpp"

namespace kith::test {

template <typename List>
std::string listText(const List& list) {
  std::string text = "[";
  for (const auto& item : list) text.append(text.size() > 1 ? "," : "").append(item);
  return text + ']';
}

/// For example `session open alice [bob] i=1`, `direct alice to=[bob] "hi" dt=c1 i=2`.
std::string frameText(const avos::Frame& frame);
std::string errorText(const Error& error);
std::string messageText(const Message& m);
/// For example `Opened [bob]`.
std::string eventText(const Event& event);
/// For example `+out c20 "hi" to=[bob]`.
std::string changeText(const StoreChange& change);

}  // namespace kith::test
