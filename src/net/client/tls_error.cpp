// SPDX-License-Identifier: Apache-2.0
#include "net/client/tls_error.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "base/threads.hpp"
#include "tls/tls_policy.hpp"

namespace kith::net {
namespace {

struct Freer {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, Freer>;
using Certificate = std::unique_ptr<X509, Freer>;

/// The last thing OpenSSL complained about, without file names and numbers.
std::string lastReason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  if (ERR_SYSTEM_ERROR(code)) return "the file cannot be read";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "no reason given";
}

Error badOption(const std::string& option, const std::string& why) {
  return {Errc::InvalidArgument, 0, "tls: TlsOptions::" + option + " is not usable: " + why, false};
}

std::string nameText(const X509_NAME* name) {
  if (name == nullptr) return "?";
  std::array<char, 200> text{};
  return X509_NAME_oneline(name, text.data(), static_cast<int>(text.size()));
}

Result<void> trustPem(SSL_CTX* context, const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (const Certificate certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1)
      return badOption("ca_pem", lastReason());
    ++count;
  }
  ERR_clear_error();  // the end of the text is an error too
  if (count == 0) return badOption("ca_pem", "it holds no PEM certificate");
  return {};
}

Result<void> trustAuthorities(SSL_CTX* context, const TlsOptions& options) {
  if (!options.ca_pem.empty()) return trustPem(context, options.ca_pem);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    return badOption("ca_file", options.ca_file + ": " + lastReason());
  }
  return {};
}

Result<void> showCertificate(SSL_CTX* context, const TlsOptions& options) {
  if (options.client_cert_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, options.client_cert_file.c_str()) != 1) {
    return badOption("client_cert_file", options.client_cert_file + ": " + lastReason());
  }
  const std::string& key =
      options.client_key_file.empty() ? options.client_cert_file : options.client_key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return badOption("client_key_file", key + ": " + lastReason());
  }
  return {};
}

}  // namespace

Result<TlsContext> makeClientTls(const TlsOptions& options, const std::string& name) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return Error{Errc::Internal, 0, "tls: " + lastReason(), false};
  TlsContext owner(context, [](void* pointer) { SSL_CTX_free(static_cast<SSL_CTX*>(pointer)); });
  tls::applyTlsPolicy(context, options.min_version);
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (auto trusted = trustAuthorities(context, options); !trusted) return trusted.error();
  if (auto shown = showCertificate(context, options); !shown) return shown.error();
  // The name is checked here and not by libwebsockets, which cuts names at the first colon and so
  // checks nothing for an IPv6 address.
  if (!options.dangerously_accept_any_certificate) {
    X509_VERIFY_PARAM* const param = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) != 1 &&
        X509_VERIFY_PARAM_set1_host(param, name.c_str(), name.size()) != 1) {
      return badOption("server_name", "'" + name + "' is no host name");
    }
  }
  ERR_clear_error();
  return owner;
}

CertificateFault faultOf(void* store_context) {
  auto* const context = static_cast<X509_STORE_CTX*>(store_context);
  CertificateFault fault;
  fault.number = X509_STORE_CTX_get_error(context);
  if (const X509* certificate = X509_STORE_CTX_get_current_cert(context); certificate != nullptr) {
    fault.subject = nameText(X509_get_subject_name(certificate));
    fault.issuer = nameText(X509_get_issuer_name(certificate));
  }
  return fault;
}

void overlookFault(void* store_context) {
  X509_STORE_CTX_set_error(static_cast<X509_STORE_CTX*>(store_context), X509_V_OK);
}

Error certificateError(const std::string& host, const CertificateFault& fault) {
  Error error{Errc::TlsUntrusted, 0, {}, false};
  std::string verdict = "not trusted";
  std::string advice = "set TlsOptions::ca_file or ca_pem to the authority that issued it";
  switch (fault.number) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      error.code = Errc::TlsHostname;
      verdict = "for another name";
      advice = "use the name in the certificate, or set TlsOptions::server_name";
      break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      error.code = Errc::TlsExpired;
      verdict = "expired";
      advice = "renew it on the server, and check this machine's clock";
      break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      error.code = Errc::TlsExpired;
      verdict = "not valid yet";
      advice = "check the clocks of this machine and the server";
      break;
    default: break;
  }
  error.detail = "tls: certificate of " + host + " " + verdict + " (X509 " +
                 std::to_string(fault.number) + ": " + X509_verify_cert_error_string(fault.number);
  if (!fault.subject.empty()) {
    error.detail += "; subject " + fault.subject + ", issuer " + fault.issuer;
  }
  error.detail += "); " + advice;
  return error;
}

Error tlsError(const std::string& host, const std::string& why, TlsVersion least) {
  const std::string version = least == TlsVersion::Tls13
                                  ? "TLS 1.3"
                                  : "TLS 1.2 with ECDHE and AES-GCM or ChaCha20, or later";
  return {Errc::TlsProtocol, 0,
          "tls: no secure connection to " + host + " (" + why + "); check that it speaks " +
              version + ", and which client certificate it wants",
          false};
}

}  // namespace kith::net
