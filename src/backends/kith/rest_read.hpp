// SPDX-License-Identifier: Apache-2.0
// What is read over HTTP: members of a group, and history. Reads carries it out: it asks the
// signer, if there is one, and then the service, until the read has what it wants. Loop thread.
#pragma once

#include <kith/signature.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "backends/kith/history_pager.hpp"
#include "backends/kith/rest_calls.hpp"

namespace kith::backends {

class RestRead {
 public:
  virtual ~RestRead() = default;
  /// What a signer is asked, anew for each request: a signature is good for one.
  virtual SignatureRequest toSign() const = 0;
  /// Where to ask next; `proof` is null when there is no signer.
  virtual std::string url(const Signature* proof) const = 0;
  /// Most bytes that the answer may have.
  virtual std::size_t answerBytes() const = 0;
  /// Takes an answer. True: ask on; false: its completion was told.
  virtual bool take(const Result<net::HttpAnswer>& answer) = 0;
  /// Tells its completion that it came to nothing.
  virtual void fail(const Error& error) = 0;
};

class MembersRead final : public RestRead {
 public:
  using Done = std::function<void(Result<std::vector<std::string>>)>;
  MembersRead(const Options& options, std::string peer_id, std::string group_id, Done done)
      : options_(options),
        request_{
            SignedAction::Members, options.app_id, std::move(peer_id), std::move(group_id), {}},
        done_(std::move(done)) {}

  SignatureRequest toSign() const override { return request_; }
  std::string url(const Signature* proof) const override {
    return membersUrl(options_, request_.peer_id, request_.group_id, proof);
  }
  std::size_t answerBytes() const override { return kMembersAnswerBytes; }
  bool take(const Result<net::HttpAnswer>& answer) override {
    done_(readMembers(answer));
    return false;
  }
  void fail(const Error& error) override { done_(error); }

 private:
  const Options& options_;  // the manager's
  const SignatureRequest request_;
  const Done done_;
};

class HistoryRead final : public RestRead {
 public:
  using Done = std::function<void(Result<std::vector<Message>>)>;
  HistoryRead(const Options& options, std::string peer_id, HistoryQuery query, Done done)
      : options_(options),
        request_{SignedAction::History, options.app_id, std::move(peer_id), query.group_id, {}},
        pager_(std::move(query)),
        done_(std::move(done)) {
    if (request_.group_id.empty()) request_.peer_ids.push_back(pager_.next().peer);
  }

  SignatureRequest toSign() const override { return request_; }
  std::string url(const Signature* proof) const override {
    return historyUrl(options_, request_.peer_id, pager_.next(), proof);
  }
  std::size_t answerBytes() const override { return historyAnswerBytes(pager_.next().limit); }
  bool take(const Result<net::HttpAnswer>& answer) override {
    Result<std::vector<Message>> part = readHistory(answer);
    if (!part.ok()) {
      done_(part.error());
    } else if (pager_.take(std::move(*part), answer->body.size())) {
      return true;
    } else {
      done_(pager_.finish());
    }
    return false;
  }
  void fail(const Error& error) override { done_(error); }

 private:
  const Options& options_;  // the manager's
  SignatureRequest request_;
  HistoryPager pager_;
  const Done done_;
};

}  // namespace kith::backends
