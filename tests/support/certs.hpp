// SPDX-License-Identifier: Apache-2.0
// Certificates made on the spot: a CA and leaves signed by it, as PEM files in a folder of the
// test. Link OpenSSL::Crypto. Fails the test when OpenSSL does.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "support/catch.hpp"

namespace kith::testing {

/// The files of one certificate.
struct CertFiles {
  std::string cert;  ///< PEM, the leaf alone
  std::string key;   ///< PEM
};

/// What a leaf says.
struct CertWish {
  std::string names{"DNS:localhost,IP:127.0.0.1,IP:::1"};  ///< subjectAltName, OpenSSL's notation
  long valid_from{-3600};                                  ///< seconds from now
  long valid_until{86400};                                 ///< seconds from now
  bool self_signed{false};                                 ///< by itself, not by the CA
};

class Certs {
 public:
  explicit Certs(std::string folder) : folder_(std::move(folder)) {
    ca_key_ = makeKey();
    ca_ = makeCert({}, ca_key_.get(), "Kith test CA", nullptr, nullptr);
    writeCert(caFile(), ca_.get());
  }

  /// Give it to clients as the CA file.
  std::string caFile() const { return folder_ + "/ca.pem"; }

  /// Writes `<name>.pem` and `<name>.key`.
  CertFiles make(const std::string& name, const CertWish& wish = {}) {
    const CertFiles files{folder_ + '/' + name + ".pem", folder_ + '/' + name + ".key"};
    const Key key = makeKey();
    const Cert cert = wish.self_signed ? makeCert(wish, key.get(), name, nullptr, nullptr)
                                       : makeCert(wish, key.get(), name, ca_.get(), ca_key_.get());
    writeCert(files.cert, cert.get());
    const File out(files.key);
    REQUIRE(PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return files;
  }
  CertFiles good() { return make("good"); }
  CertFiles wrongHost() { return make("wrong-host", {"DNS:elsewhere.example"}); }
  CertFiles expired() { return make("expired", {CertWish{}.names, -7200, -3600}); }
  CertFiles selfSigned() { return make("self-signed", {CertWish{}.names, -3600, 86400, true}); }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* cert) const { X509_free(cert); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  using Cert = std::unique_ptr<X509, Free>;
  using Extension = std::unique_ptr<X509_EXTENSION, Free>;

  class File {
   public:
    explicit File(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) {
      REQUIRE(file_ != nullptr);
    }
    ~File() { std::fclose(file_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    std::FILE* get() const { return file_; }

   private:
    std::FILE* file_;
  };

  static Key makeKey() {
    Key key(EVP_EC_gen("P-256"));
    REQUIRE(key != nullptr);
    return key;
  }

  static void writeCert(const std::string& path, X509* cert) {
    const File out(path);
    REQUIRE(PEM_write_X509(out.get(), cert) == 1);
  }

  static void add(X509* cert, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    REQUIRE(extension != nullptr);
    REQUIRE(X509_add_ext(cert, extension.get(), -1) == 1);
  }

  // Without an issuer it signs itself; without `names` it is a CA.
  Cert makeCert(const CertWish& wish, EVP_PKEY* key, const std::string& name, X509* issuer,
                EVP_PKEY* issuer_key) {
    Cert cert(X509_new());
    REQUIRE(cert != nullptr);
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), wish.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), wish.valid_until);
    X509_set_pubkey(cert.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer : cert.get();
    X509_set_issuer_name(cert.get(), X509_get_subject_name(signer));
    add(cert.get(), signer, NID_subject_key_identifier, "hash");
    if (ca_ == nullptr) {
      add(cert.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
      add(cert.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
      add(cert.get(), signer, NID_basic_constraints, "critical,CA:FALSE");
      add(cert.get(), signer, NID_ext_key_usage, "serverAuth");
      add(cert.get(), signer, NID_subject_alt_name, wish.names);
    }
    REQUIRE(X509_sign(cert.get(), issuer_key != nullptr ? issuer_key : key, EVP_sha256()) > 0);
    return cert;
  }

  std::string folder_;
  Key ca_key_;
  Cert ca_;
  long serial_{0};
};

}  // namespace kith::testing
