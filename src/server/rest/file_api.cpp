// SPDX-License-Identifier: Apache-2.0
#include "server/rest/file_api.hpp"

#include <algorithm>
#include <memory>

#include "base/clock.hpp"
#include "base/text_codes.hpp"
#include "json/json_writer.hpp"
#include "server/objects/object.hpp"
#include "server/objects/value.hpp"
#include "server/rest/file_types.hpp"
#include "server/rest/public_url.hpp"
#include "server/rest/rtm_body.hpp"
#include "server/rest/upload_token.hpp"

namespace kith::rest {
namespace {

constexpr std::string_view kFilesClass = "_File";
constexpr std::size_t kNameBytes = 255;
constexpr std::uint64_t kFileBody = 64u * 1024;
constexpr std::string_view kBucket = "kith";
constexpr int kCreated = 201;

net::HttpReply badToken() {
  return refuse(401, 401, "the token is not for a file of this app, or not good any more");
}

/// Members of a body that an object of a file keeps as they are.
void addKept(const RtmBody& body, json::JsonWriter& fields) {
  for (const std::string_view name : {"metaData", "ACL"}) {
    const std::string value = body.json(name);
    if (!value.empty()) fields.raw(name, value);
  }
}

net::HttpReply keep(files::Files& files, const std::string& app, const std::string& id,
                    const std::string& bytes) {
  auto upload = files.begin(app, id, {bytes.size(), {}});
  if (upload) {
    Result<void> written = (*upload)->write(bytes);
    if (!written) return refuse(written.error());
    const Result<files::WrittenFile> finished = (*upload)->finish();
    if (finished) return jsonReply("{}");
    return refuse(finished.error());
  }
  // A client that has not heard the answer sends it again.
  const Result<files::FileInfo> there = files.stat(app, id);
  if (there && there->bytes == bytes.size()) return jsonReply("{}");
  return refuse(upload.error());
}

net::HttpReply show(files::Files& files, const net::HttpCall& call, const std::string& app,
                    const std::string& id, const std::string& name) {
  Result<files::StoredFile> found = files.open(app, id);
  if (!found) return refuse(found.error());
  const std::uint64_t size = found->size();
  auto file = std::make_shared<const net::HttpFile>(found->release(), size);
  const FileType type = typeOf(name);
  net::HttpReply reply = net::fileReply(call, std::move(file), std::string(type.mime));
  if (!type.shown) reply.headers += "Content-Disposition: attachment\r\n";
  return reply;
}

}  // namespace

std::vector<Route> FileApi::routes() {
  const auto with = [this](Answer (FileApi::*handler)(const Request&)) {
    return [this, handler](const Request& request) { return (this->*handler)(request); };
  };
  return {{"POST", "/1.1/fileTokens", Who::App, kFileBody, with(&FileApi::beginUpload)},
          {"PUT", "/1.1/uploads/{}/{}", Who::Bearer, kUploadBytes, with(&FileApi::upload)},
          {"POST", "/1.1/fileCallback", Who::App, kFileBody, with(&FileApi::endUpload)},
          {"POST", "/1.1/files", Who::App, kFileBody, with(&FileApi::addLink)},
          {"POST", "/1.1/files/{}", Who::App, kFileBody, with(&FileApi::addLink)},
          {"GET", "/1.1/files/{}", Who::App, kStrayBody, with(&FileApi::get)},
          {"DELETE", "/1.1/files/{}", Who::Master, kStrayBody, with(&FileApi::remove)},
          {"GET", "/files/{}/{}/{}", Who::Bearer, 0, with(&FileApi::read)}};
}

FileApi::Answer FileApi::makeObject(const Request& request, std::string id, std::string fields,
                                    json::JsonWriter shown) {
  return calls_.ask<storage::ObjectRecord>(
      request, objects::kObjectBytes,
      [app_id = request.app->id, id = std::move(id), fields = std::move(fields)](
          storage::Storage& storage, storage::Token token) {
        storage.submit(token, storage::CreateObject{app_id, kFilesClass, id, fields,
                                                    base::systemNow().wall.count()});
      },
      [shown = std::move(shown)](const storage::ObjectRecord& object) {
        json::JsonWriter made = shown;
        made.text("objectId", object->id).text("createdAt", objects::formatTime(object->created));
        return jsonReply(made.finish(), kCreated);
      });
}

// Nothing of the bytes is there yet. The object names the place where they are going to be.
FileApi::Answer FileApi::beginUpload(const Request& request) {
  RtmBody body(request.body);
  const std::string name(body.text("name"));
  std::string mime(body.text("mime_type", false));
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (name.size() > kNameBytes) return badRequest("name: has more than 255 bytes");
  if (name.find('/') != name.npos) return badRequest("name: must have no slash");
  const std::string base = httpBase(request.call, settings_.public_url, settings_.tls);
  if (base.empty()) return badRequest("the Host header is missing or malformed");
  // storage 3.x sends no type, and takes what it gets for a header (leancloud-current §12).
  if (mime.empty()) mime = typeOf(name).mime;
  const AppOptions& app = *request.app;
  const std::string id = base::makeGroupId(random_);
  const std::string token =
      makeUploadToken(app.id, app.master_key, id, base::systemNow().wall + kUploadTime);
  const std::string in_app = base::encodePercent(app.id) + '/';
  const std::string url = base + "/files/" + in_app + id + '/' + base::encodePercent(name);
  json::JsonWriter fields;
  fields.text("name", name).text("mime_type", mime).text("url", url).text("key", id);
  fields.text("bucket", kBucket);
  json::JsonWriter shown = fields;
  shown.text("provider", "s3").text("token", token);
  shown.text("upload_url", base + "/1.1/uploads/" + in_app + token);
  fields.text("provider", kBucket);
  addKept(body, fields);
  return makeObject(request, id, fields.finish(), std::move(shown));
}

FileApi::Answer FileApi::upload(const Request& request) {
  const AppOptions* const app = settings_.find_app(request.names.at(0));
  if (app == nullptr) return badToken();
  const auto id =
      readUploadToken(request.names.at(1), app->id, app->master_key, base::systemNow().wall);
  if (!id) return badToken();
  return work(request.id, request.body.size(),
              [app_id = app->id, id = *id, bytes = std::string(request.body)](files::Files& files) {
                return keep(files, app_id, id, bytes);
              });
}

// The object was made before; one whose bytes did not come goes.
FileApi::Answer FileApi::endUpload(const Request& request) {
  RtmBody body(request.body);
  const std::string_view token = body.text("token");
  const bool done = body.flag("result");
  if (!body.wrong().empty()) return badRequest(body.wrong());
  const AppOptions& app = *request.app;
  auto id = readUploadToken(token, app.id, app.master_key, base::systemNow().wall);
  if (!id) return badToken();
  if (done) return jsonReply("{}");
  return calls_.removeObject(request, kFilesClass, std::move(*id), [] { return jsonReply("{}"); });
}

FileApi::Answer FileApi::addLink(const Request& request) {
  RtmBody body(request.body);
  const std::string_view in_path = request.names.empty() ? "" : request.names.front();
  const std::string url(body.text("url"));
  std::string name(body.text("name", false));
  std::string mime(body.text("mime_type", false));
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return badRequest("url: must begin with http:// or https://");
  }
  if (name.empty()) name = in_path;
  if (mime.empty()) mime = typeOf(name).mime;
  json::JsonWriter fields;
  fields.text("name", name).text("mime_type", mime).text("url", url);
  json::JsonWriter shown = fields;
  fields.text("provider", "external");
  addKept(body, fields);
  return makeObject(request, base::makeGroupId(random_), fields.finish(), std::move(shown));
}

FileApi::Answer FileApi::get(const Request& request) {
  return calls_.askObject(request, kFilesClass, {}, [](const storage::ObjectRecord& object) {
    if (!object) return refuse(404, storage::kNoSuchObject, "there is no such file");
    return jsonReply(objects::formatObject(*object, {}));
  });
}

FileApi::Answer FileApi::remove(const Request& request) {
  const std::string app_id = request.app->id;
  const std::string id(request.names.front());
  const auto removeBytes = [app_id, id](files::Files& files) {
    const Result<void> gone = files.remove(app_id, id);
    // A link has none.
    const bool done = gone.ok() || gone.error().server_code == files::kNoSuchFile;
    return done ? jsonReply("{}") : refuse(gone.error());
  };
  return calls_.removeObject(
      request, kFilesClass, id,
      [this, removeBytes, request_id = request.id] { return work(request_id, 0, removeBytes); });
}

FileApi::Answer FileApi::read(const Request& request) {
  const AppOptions* const app = settings_.find_app(request.names.at(0));
  if (app == nullptr) return refuse(404, storage::kNoSuchObject, "there is no such file");
  return work(request.id, 0,
              [call = request.call, app_id = app->id, id = std::string(request.names.at(1)),
               name = std::string(request.names.at(2))](files::Files& files) {
                return show(files, call, app_id, id, name);
              });
}

FileApi::Answer FileApi::work(net::RequestId request, std::size_t bytes, FileHost::Work work) {
  switch (host_.work(request, bytes, std::move(work))) {
    case FileHost::Begun::Yes: return std::nullopt;
    case FileHost::Begun::NoFolder:
      return refuse(501, 1, "this server keeps no files: it has no data folder");
    default: return tooBusy();
  }
}

}  // namespace kith::rest
