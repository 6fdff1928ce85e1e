// SPDX-License-Identifier: Apache-2.0
// Files as the vendor's clients of its storage save and read them (leancloud-current §6).
#include <future>

#include "server/files/files.hpp"
#include "server/front/current_bench.hpp"
#include "server/front/file_desk.hpp"
#include "support/temporary_folder.hpp"

namespace kith::testing {
namespace {

const std::string kPicture("\x89PNG\r\n\x1A\n\0picture", 16);

/// A server with a data folder.
struct FileBench {
  FileBench() : server(startServer(withFolder())) {}

  ServerOptions withFolder() {
    ServerOptions options = currentOptions();
    options.data = folder.path();
    AppOptions twin = options.apps[0];
    twin.id = "twin";
    options.apps.push_back(std::move(twin));
    return options;
  }
  RawHttpAnswer call(const std::string& method, const std::string& path,
                     const std::string& body = {}, const std::string& headers = appHeaders()) {
    return callHttp(server->address(), method, path, body, headers);
  }
  /// What a client is told before it sends the bytes.
  std::string begin(const std::string& name, const std::string& more = {}) {
    const auto answer = call("POST", "/1.1/fileTokens", R"({"name":")" + name + "\"" + more + "}");
    INFO(answer.body);
    CHECK(answer.status == 201);
    return answer.body;
  }
  /// The path of a url of this server.
  std::string pathOf(const std::string& url) const {
    const std::string base = "http://" + server->address();
    REQUIRE(url.substr(0, base.size()) == base);
    return url.substr(base.size());
  }
  RawHttpAnswer put(const std::string& token_answer, const std::string& bytes) {
    return call("PUT", pathOf(textOf(token_answer, "upload_url")), bytes, "");
  }
  RawHttpAnswer get(const std::string& path, const std::string& headers = {}) {
    return getHttp(server->address(), path, headers);
  }

  TemporaryFolder folder;
  std::unique_ptr<Server> server;
};

}  // namespace

TEST_CASE("files http: a file is saved with a token, and read by its url, whole and in parts") {
  FileBench bench;
  const std::string told = bench.begin("a b.png", R"(,"metaData":{"width":3})");
  CHECK(textOf(told, "provider") == "s3");
  CHECK(textOf(told, "mime_type") == "image/png");
  CHECK(textOf(told, "objectId").size() == 24);
  const std::string path = bench.pathOf(textOf(told, "url"));
  CHECK(bench.get(path).status == 404);
  CHECK(bench.put(told, kPicture).status == 200);
  const std::string done = R"({"result":true,"token":")" + textOf(told, "token") + "\"}";
  CHECK(bench.call("POST", "/1.1/fileCallback", done).body == "{}");
  const auto whole = bench.get(path);
  CHECK(whole.status == 200);
  CHECK(whole.body == kPicture);
  CHECK_THAT(whole.head, Catch::Contains("Content-Type: image/png"));
  const auto part = bench.get(path, "Range: bytes=1-3\r\n");
  CHECK(part.status == 206);
  CHECK(part.body == "PNG");
  const auto object = bench.get("/1.1/files/" + textOf(told, "objectId"), appHeaders());
  CHECK(textOf(object.body, "name") == "a b.png");
  CHECK(textOf(object.body, "url") == textOf(told, "url"));
  CHECK(parseJson(object.body)["metaData"]["width"].GetInt() == 3);
}

TEST_CASE("files http: a token is good for its own file alone") {
  FileBench bench;
  const std::string told = bench.begin("a.png");
  const std::string path = bench.pathOf(textOf(told, "upload_url"));
  for (const std::string& other :
       {path + "0", path.substr(0, path.size() - 1), "/1.1/uploads/twin/" + textOf(told, "token"),
        std::string("/1.1/uploads/other/x"), std::string("/1.1/uploads/app/x-y-z")}) {
    CHECK(bench.call("PUT", other, "x", "").status == 401);
  }
  CHECK(bench.put(told, "bytes").status == 200);
  // The same again: its answer may have been lost. Others are refused.
  CHECK(bench.put(told, "bytes").status == 200);
  CHECK(bench.put(told, "other bytes").status == 409);
  CHECK(bench.get(bench.pathOf(textOf(told, "url"))).body == "bytes");
  const auto forged = bench.call("POST", "/1.1/fileCallback", R"({"result":false,"token":"x"})");
  CHECK(forged.status == 401);
}

TEST_CASE("files http: of an upload that failed nothing is left") {
  FileBench bench;
  const std::string told = bench.begin("a.png");
  const std::string failed = R"({"result":false,"token":")" + textOf(told, "token") + "\"}";
  CHECK(bench.call("POST", "/1.1/fileCallback", failed).status == 200);
  CHECK(bench.get("/1.1/files/" + textOf(told, "objectId"), appHeaders()).status == 404);
}

TEST_CASE("files http: a link to elsewhere is kept with its name") {
  FileBench bench;
  for (const std::string path : {"/1.1/files", "/1.1/files/x.png"}) {
    const auto made = bench.call("POST", path, R"({"name":"x.png","url":"https://example.com/x"})");
    CHECK(made.status == 201);
    CHECK(textOf(made.body, "name") == "x.png");
    CHECK(textOf(made.body, "url") == "https://example.com/x");
    const auto object = bench.get("/1.1/files/" + textOf(made.body, "objectId"), appHeaders());
    CHECK(textOf(object.body, "mime_type") == "image/png");
  }
  CHECK(bench.call("POST", "/1.1/files", R"({"url":"javascript:x"})").status == 400);
  CHECK(bench.call("POST", "/1.1/files", R"({"name":"x"})").status == 400);
}

TEST_CASE("files http: the master key deletes a file, its bytes too, and no other key does") {
  FileBench bench;
  const std::string told = bench.begin("a.png");
  bench.put(told, "bytes");
  const std::string object = "/1.1/files/" + textOf(told, "objectId");
  CHECK(bench.call("DELETE", object).status == 403);
  CHECK(bench.call("DELETE", object, {}, masterHeaders()).body == "{}");
  CHECK(bench.get(object, appHeaders()).status == 404);
  CHECK(bench.get(bench.pathOf(textOf(told, "url"))).status == 404);
  CHECK(bench.call("DELETE", object, {}, masterHeaders()).status == 404);
}

TEST_CASE("files http: a name neither leads elsewhere nor makes a page of this server") {
  FileBench bench;
  const std::string told = bench.begin("page.html", R"(,"mime_type":"text/html")");
  bench.put(told, "<script>");
  const std::string path = bench.pathOf(textOf(told, "url"));
  const auto page = bench.get(path);
  CHECK_THAT(page.head, Catch::Contains("Content-Type: application/octet-stream") &&
                            Catch::Contains("Content-Disposition: attachment") &&
                            Catch::Contains("nosniff"));
  CHECK(bench.call("POST", "/1.1/fileTokens", R"({"name":"a/b"})").status == 400);
  CHECK(bench.call("POST", "/1.1/fileTokens", R"({"name":""})").status == 400);
  const std::string long_name = R"({"name":")" + std::string(256, 'x') + "\"}";
  CHECK(bench.call("POST", "/1.1/fileTokens", long_name).status == 400);
  for (const char* bad : {"/files/app/..%2F..%2Fkith.db/x", "/files/app/kith.db/x",
                          "/files/other/aa/x", "/files/app/%2E%2E/x"}) {
    CHECK(bench.get(bad).status >= 400);
    CHECK(bench.get(bad).status < 500);
  }
}

TEST_CASE(
    "files http: a body that is too long is not read, and without a folder there are no files") {
  FileBench bench;
  const std::string told = bench.begin("a.bin");
  RawSocket socket(bench.server->address());
  const auto refused =
      exchangeHttp(socket, "PUT " + bench.pathOf(textOf(told, "upload_url")) +
                               " HTTP/1.1\r\nHost: x\r\nContent-Length: 10485761\r\n\r\n");
  CHECK(refused.status == 413);
  const auto memory = startServer(currentOptions());
  const auto answer =
      callHttp(memory->address(), "POST", "/1.1/fileTokens", R"({"name":"a.png"})", appHeaders());
  const std::string url = textOf(answer.body, "upload_url");
  const auto put = callHttp(memory->address(), "PUT", url.substr(url.find("/1.1")), "x", "");
  CHECK(put.status == 501);
}

TEST_CASE("files http: what waits for the disk has a bound, in jobs and in bytes") {
  TemporaryFolder folder;
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  front::FileDesk desk(folder.path() + "/files", [] {});
  using Begun = rest::FileHost::Begun;
  const auto add = [&](std::size_t bytes) {
    return desk.begin(1, bytes, [opened](files::Files&) {
      opened.wait();
      return net::HttpReply{};
    });
  };
  CHECK(add(front::kFileJobBytes) == Begun::Yes);  // one in any case
  CHECK(add(0) == Begun::Yes);
  CHECK(add(1) == Begun::Busy);
  std::size_t jobs = 0;
  while (jobs < 2 * front::kFileJobs && add(0) == Begun::Yes) ++jobs;
  CHECK(jobs + 3 >= front::kFileJobs);
  CHECK(jobs <= front::kFileJobs);
  gate.set_value();
  std::size_t done = 0;
  REQUIRE(eventually([&] { return (done += desk.take().size()) == jobs + 2; }));
  CHECK_FALSE(desk.busy());
  CHECK(add(1) == Begun::Yes);
}

}  // namespace kith::testing
