// SPDX-License-Identifier: Apache-2.0
// MQTT 3.1.1 with QoS 1 both ways: a PUBACK from the broker is the acceptance, and each delivery is
// answered by a PUBACK. Peers are topics p/<name>, the group is g. A session that is kept has
// clean session 0.
#include "benchmarks/drivers/protocols.hpp"

namespace kith::bench {
namespace {

constexpr unsigned kConnack = 2;
constexpr unsigned kPublish = 3;
constexpr unsigned kPuback = 4;
constexpr unsigned kSuback = 9;

void putShort(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

void putText(std::string& out, std::string_view text) {
  putShort(out, text.size());
  out.append(text);
}

void putHead(std::string& out, unsigned first_byte, std::size_t size) {
  out += static_cast<char>(first_byte);
  for (; size >= 128; size >>= 7) out += static_cast<char>(0x80u | (size & 0x7fu));
  out += static_cast<char>(size);
}

std::size_t shortAt(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) * 256u + static_cast<unsigned char>(bytes[at + 1]);
}

class MqttClient final : public Client {
 public:
  explicit MqttClient(const ClientArgs& args)
      : Client(args.loop, args.server, args.index, args.name, args.role, args.listener) {}

  void send(std::string_view to, std::string_view body) override { publish("p/", to, body); }
  void speak(std::string_view body) override { publish("g", {}, body); }

 private:
  void connected() override {
    putHead(out(), 0x10, 12 + name().size());
    putText(out(), "MQTT");
    out() += '\4';
    out() += role().kept ? '\0' : '\2';
    putShort(out(), 0);  // no keep-alive: nothing is idle for long
    putText(out(), name());
  }

  void subscribe() {
    std::string topics;
    if (role().hears) putText(topics, "p/" + name()), topics += '\1';
    if (role().member) putText(topics, "g"), topics += '\1';
    if (topics.empty()) return ready();
    putHead(out(), 0x82, 2 + topics.size());
    putShort(out(), 1);
    out() += topics;
  }

  void publish(std::string_view prefix, std::string_view to, std::string_view body) {
    id_ = id_ % 65535 + 1;
    const std::size_t topic = prefix.size() + to.size();
    putHead(out(), 0x32, 2 + topic + 2 + body.size());
    putShort(out(), topic);
    out().append(prefix).append(to);
    putShort(out(), id_);
    out().append(body);
  }

  std::size_t received(std::string_view bytes) override {
    std::size_t used = 0;
    while (bytes.size() - used >= 2) {
      std::size_t size = 0;
      std::size_t head = 1;
      unsigned byte = 0x80;
      for (unsigned shift = 0; byte >= 0x80 && used + head < bytes.size(); shift += 7, ++head) {
        byte = static_cast<unsigned char>(bytes[used + head]);
        size |= std::size_t{byte & 0x7f} << shift;
      }
      if (byte >= 0x80 || bytes.size() - used < head + size) break;
      packet(static_cast<unsigned char>(bytes[used]) >> 4, bytes.substr(used + head, size));
      used += head + size;
    }
    return used;
  }

  void packet(unsigned type, std::string_view body) {
    if (type == kPublish) return delivered(body);
    if (type == kPuback) return accepted();
    if (type == kSuback) return ready();
    if (type != kConnack || body.size() != 2 || body[1] != 0) return lose("refused by the broker");
    // A session that was kept still has its subscriptions.
    return body[0] != 0 ? ready() : subscribe();
  }

  void delivered(std::string_view body) {
    const std::size_t topic = shortAt(body, 0);
    putHead(out(), 0x40, 2);
    out().append(body.substr(2 + topic, 2));
    heard(body.substr(4 + topic));
  }

  std::size_t id_{0};
};

}  // namespace

std::unique_ptr<Client> makeMqttClient(const ClientArgs& args) {
  return std::make_unique<MqttClient>(args);
}

}  // namespace kith::bench
