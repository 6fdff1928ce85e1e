// SPDX-License-Identifier: Apache-2.0
// What both storages say and do about objects alike; how they keep them is their own. Pure.
#pragma once

#include "server/storage/objects_requests.hpp"

namespace kith::storage {

/// What a request asks for: names that can be names of classes and ids.
template <typename ObjectRequest>
Result<void> checkNames(const ObjectRequest& request);

template <typename ObjectRequest>
objects::Actor actorOf(const ObjectRequest& request) {
  return {request.user_id, request.roles, request.master};
}

/// The object that the request makes.
Result<objects::Object> makeObject(const CreateObject& request);
/// What the request makes of `before`, when it may.
Result<objects::Object> changeObject(const UpdateObject& request, const objects::Object& before);
/// Refused when the request may not take `before` away.
Result<void> checkDeletion(const DeleteObject& request, const objects::Object& before);
/// `object`, or null when the request may not read it.
ObjectRecord showObject(const GetObject& request, objects::Object object);

/// The request as a search, with the name of its class checked.
Result<objects::Search> beginSearch(const FindObjects& request);

Error objectMissing();
Error objectExists();
Error tooManyClasses();

}  // namespace kith::storage
