// SPDX-License-Identifier: Apache-2.0
#include "net/server/http_body.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "ws/http_words.hpp"

namespace kith::net {
namespace {

// Of the sizes of chunks, their extensions and the trailers: for each byte of the body so many, and
// some in any case. An honest client needs less, and what is nothing but framing ends here.
constexpr std::uint64_t kFramingPerByte = 8;
constexpr std::uint64_t kFraming = 16384;
constexpr std::size_t kLineBytes = 4096;
// Nothing comes near it, and sums of it stay far from the end of the numbers.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 53;

bool readBytes(std::string_view text, int radix, std::uint64_t& bytes) {
  const auto number = base::readNumber<std::uint64_t>(text, radix);
  if (number) bytes = *number;
  return number && bytes <= kMostBytes;
}

}  // namespace

// One length alone: a list of equal ones would be allowed, but no honest client sends it.
BodyFraming framingOf(const ws::HttpHead& head) {
  using Kind = BodyFraming::Kind;
  const bool has_length = head.has("content-length");
  if (head.has("transfer-encoding")) {
    if (has_length || head.minor == 0) return {Kind::Bad, 0};
    const bool chunked = ws::isSameWord(head.header("transfer-encoding"), "chunked");
    return {chunked ? Kind::Chunked : Kind::Unknown, 0};
  }
  if (!has_length) return {};
  std::uint64_t length = 0;
  if (!readBytes(head.header("content-length"), 10, length)) return {Kind::Bad, 0};
  return {length == 0 ? Kind::None : Kind::Length, length};
}

BodyReader::State BodyReader::read(std::string_view& bytes, std::string& out) {
  if (!chunked_) {
    takeData(bytes, out);
    return left_ == 0 ? State::Whole : State::More;
  }
  while (!bytes.empty()) {
    if (step_ == Step::Data) {
      takeData(bytes, out);
      if (left_ == 0) step_ = Step::DataEnd;
      continue;
    }
    if (!takeLine(bytes)) return line_.size() > kLineBytes ? State::Bad : State::More;
    const State state = onLine();
    line_.clear();
    if (state != State::More) return state;
  }
  return State::More;
}

void BodyReader::takeData(std::string_view& bytes, std::string& out) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  out.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  left_ -= taken;
  payload_ += taken;
}

bool BodyReader::takeLine(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const std::size_t taken = end == bytes.npos ? bytes.size() : end + 1;
  // One byte beyond the limit tells.
  line_.append(bytes.substr(0, std::min(taken, kLineBytes + 1)));
  bytes.remove_prefix(taken);
  return end != bytes.npos && line_.size() <= kLineBytes;
}

// A line feed without a carriage return in front of it ends a line for some readers and not for
// others: it ends the request.
BodyReader::State BodyReader::onLine() {
  framing_ += line_.size();
  if (!line_.ends_with("\r\n") || framing_ > kFraming + payload_ * kFramingPerByte) {
    return State::Bad;
  }
  const std::string_view line = std::string_view(line_).substr(0, line_.size() - 2);
  switch (step_) {
    case Step::Size: return onSize(line);
    case Step::DataEnd: step_ = Step::Size; return line.empty() ? State::More : State::Bad;
    default: break;
  }
  // Trailers are looked at by nothing here: no header of a request comes from behind its body.
  if (line.empty()) return State::Whole;
  std::string_view name, value;
  return ws::readHeaderLine(line, name, value) ? State::More : State::Bad;
}

BodyReader::State BodyReader::onSize(std::string_view line) {
  const std::size_t digits = std::min(line.find_first_of("; \t"), line.size());
  const std::string_view extensions = ws::trimmed(line.substr(digits));
  if (!readBytes(line.substr(0, digits), 16, left_) || !ws::isFieldText(extensions) ||
      (!extensions.empty() && extensions.front() != ';')) {
    return State::Bad;
  }
  step_ = left_ == 0 ? Step::Trailer : Step::Data;
  return State::More;
}

}  // namespace kith::net
