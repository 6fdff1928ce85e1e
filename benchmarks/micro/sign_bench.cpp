// SPDX-License-Identifier: Apache-2.0
// What a signed login costs either side.
#include <array>
#include <benchmark/benchmark.h>

#include "sign/secure_random.hpp"
#include "sign/signer.hpp"

namespace kith::sign {
namespace {

constexpr std::array<std::string_view, 3> kPeers{"jerry", "spike", "tyke"};

std::string text() {
  return sessionText("bench", "tom", kPeers, "1412000000", "0123456789abcdef0123");
}

void makeSessionText(benchmark::State& state) {
  for (auto unused : state) benchmark::DoNotOptimize(text());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(makeSessionText);

void signText(benchmark::State& state) {
  Signer signer("a master key of a usual length: 24");
  const std::string what = text();
  for (auto unused : state) benchmark::DoNotOptimize(signer.sign(what));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(signText);

void verifyText(benchmark::State& state) {
  Signer signer("a master key of a usual length: 24");
  const std::string what = text();
  const std::string signature = signer.sign(what);
  for (auto unused : state) {
    if (!signer.verify(what, signature)) return state.SkipWithError("a good signature was refused");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(verifyText);

void drawNonce(benchmark::State& state) {
  SecureRandom random;
  std::array<unsigned char, 16> nonce{};
  for (auto unused : state) {
    random.fill(nonce.data(), nonce.size());
    benchmark::DoNotOptimize(nonce);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(drawNonce);

}  // namespace
}  // namespace kith::sign
