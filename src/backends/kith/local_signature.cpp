// SPDX-License-Identifier: Apache-2.0
#include <kith/signature.hpp>

#include <chrono>
#include <utility>

#include "base/clock.hpp"
#include "base/sync.hpp"
#include "sign/local_signer.hpp"
#include "sign/secret.hpp"
#include "sign/secure_random.hpp"

namespace kith {

SignatureFactory::~SignatureFactory() = default;

namespace backends {
namespace {

class LocalFactory final : public LocalSignatureFactory {
 public:
  LocalFactory(const std::string& master_key, Colons colons)
      : colons_(colons), signer_(master_key) {}

  void createSignature(const SignatureRequest& request, SignatureCallback done) override {
    if (colons_ == Colons::Refuse) {
      if (const std::string field = sign::fieldWithColon(request); !field.empty()) {
        return done(Error{Errc::SignatureRefused, 0,
                          "sign: " + field +
                              " has a colon, so its signature could mean something else, too; take "
                              "ids without one, or Colons::Allow",
                          false});
      }
    }
    Signature signature;
    {
      // Several managers may share the factory.
      const base::Lock lock(mutex_);
      const auto now = std::chrono::duration_cast<std::chrono::seconds>(base::systemNow().wall);
      signature = sign::makeSignature(signer_, request, now.count(), random_);
    }
    if (signature.signature.empty()) {
      return done(Error{Errc::Internal, 0, "sign: OpenSSL refused to compute HMAC-SHA1", false});
    }
    done(std::move(signature));
  }

 private:
  const Colons colons_;
  base::Mutex mutex_;
  sign::Signer signer_ KITH_GUARDED_BY(mutex_);
  sign::SecureRandom random_ KITH_GUARDED_BY(mutex_);
};

}  // namespace
}  // namespace backends

std::shared_ptr<LocalSignatureFactory> LocalSignatureFactory::make(std::string master_key,
                                                                   Colons colons) {
  auto factory = std::make_shared<backends::LocalFactory>(master_key, colons);
  // OpenSSL has its own copy, which it overwrites when the factory goes.
  sign::wipe(master_key);
  return factory;
}

}  // namespace kith
