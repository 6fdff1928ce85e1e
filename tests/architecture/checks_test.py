#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each check script passes a small clean house and fails each of its rules once."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPTS = ROOT / "scripts"

PAGE = """# Page

The files `tests/a_test.cpp`, `a_test.{cpp,cpp}` and `tests/*.cpp` have `one_word()` and `kOneWord`; `lws_write` is others'.
See [the test](../tests/a_test.cpp), [out there](https://example.com/x) and [above](#page).
Why: [decision 001](decisions/001-one.md#why-not).

```
tests/a_test.cpp --run  # not/of/ours
```
"""

CLEAN = {
    "include/kith/message.hpp": """// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
namespace kith {
/// What peers say.
struct Message {
  /// The text.
  std::string text;
};
/// How it went.
enum class State {
  /// On its way.
  Queued,
  Sent,  ///< There.
};
}  // namespace kith
""",
    "include/kith/session.hpp": """#pragma once
#include <kith/message.hpp>
#include <functional>
namespace kith {
class Group;
/// Takes the outcome.
using Completion = std::function<void(bool)>;
/// A peer that talks.
class Session {
 public:
  ~Session();
  Session(const Session&) = delete;
  /// Who.
  int id() const { return id_; }
  /// Ends it.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void close(Completion done = {});

 private:
  int undocumented() const;
  int id_{0};
};
}  // namespace kith
""",
    "src/base/clock.hpp": "#pragma once\n#include <kith/message.hpp>\n#include <chrono>\n",
    "src/protocol/avos/frame.hpp": '#pragma once\n#include "base/clock.hpp"\n',
    "src/protocol/avos/codec.cpp": '#include "protocol/avos/frame.hpp"\n#include <rapidjson/reader.h>\n',
    "src/backends/kith/engine/outbox.cpp": '#include "base/clock.hpp"\n#include "protocol/avos/frame.hpp"\n#include <vector>\n',
    "src/net/client/tls_error.cpp": '#include <openssl/x509.h>\n#include "base/clock.hpp"\n',
    "src/net/server/poller.hpp": "#pragma once\n#include <sys/epoll.h>\n",
    "src/net/client/socket.cpp": '#include <libwebsockets.h>\n#include <sys/socket.h>\n#include <thread>\n',
    "src/backends/backend.hpp": "#pragma once\n#include <kith/message.hpp>\n",
    "src/client/driver.cpp": '#include <kith/session.hpp>\n#include "backends/backend.hpp"\n',
    "src/server/storage/storage.hpp": '#pragma once\n#include "base/clock.hpp"\n',
    "src/sqlite/database.hpp": '#pragma once\n#include <sqlite3.h>\n',
    "src/server/storage/sqlite_tables.hpp": '#pragma once\n#include "sqlite/database.hpp"\n',
    "src/server/core/hub.cpp": '#include "server/storage/storage.hpp"\n#include "base/clock.hpp"\n',
    "src/server/front/front.cpp": '#include "server/storage/sqlite_tables.hpp"\n#include "base/clock.hpp"\n',
    "src/tools/kith.cpp": "#include <kith/session.hpp>\n#include <CLI/CLI.hpp>\n",
}


class House(unittest.TestCase):
    """A temporary tree with the real house plan and files of the test's own."""

    script = None
    arguments = ()

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="kith-house-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.write("docs/house-plan.md", (ROOT / "docs/house-plan.md").read_text(encoding="utf-8"))
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def edit(self, path, old, new):
        text = (self.root / path).read_text(encoding="utf-8")
        self.assertIn(old, text)
        self.write(path, text.replace(old, new))

    def run_script(self, *arguments):
        return subprocess.run(
            [sys.executable, str(SCRIPTS / self.script), "--root", str(self.root), *self.arguments, *arguments],
            capture_output=True, text=True, check=False)

    def passes(self):
        result = self.run_script()
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)
        return result.stdout

    def fails(self, *words):
        result = self.run_script()
        self.assertEqual(1, result.returncode, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stdout)


class Includes(House):
    script = "check_includes.py"

    def test_a_clean_house_passes(self):
        self.passes()

    def test_an_empty_house_fails(self):
        shutil.rmtree(self.root / "src")
        shutil.rmtree(self.root / "include")
        self.fails("found no include")

    def test_offences(self):
        offences = [
            ("src/base/ids.cpp", '#include "protocol/avos/frame.hpp"', "base may not include room protocol/avos"),
            ("src/backends/kith/engine/connection_fsm.cpp", '#include "protocol/avos/codec.hpp"', "engine may not include room protocol/avos"),
            ("src/backends/kith/engine/connection_fsm.cpp", "#include <thread>", "engine is pure"),
            ("src/backends/kith/engine/connection_fsm.cpp", "#include <sys/socket.h>", "may not use the system's"),
            ("src/backends/kith/engine/connection_fsm.cpp", '#include "base/threads.hpp"', "engine is pure: base/threads.hpp"),
            ("src/base/ids.cpp", "#include <pthread.h>", "may not use the system's"),
            ("src/backends/kith/engine/connection_fsm.cpp", "#include <rapidjson/document.h>", "may not use RapidJSON"),
            ("src/net/client/dns.cpp", "#include <openssl/ssl.h>", "of room net/client may use"),
            ("src/net/client/dns.cpp", '#include "net/server/poller.hpp"', "net/client may not include room net/server"),
            ("src/server/core/room.cpp", '#include "server/storage/sqlite_tables.hpp"', "may not include"),
            ("src/server/storage/a.cpp", "#include <sqlite3.h>", "may not use SQLite"),
            ("src/client/a.cpp", '#include "server/storage/storage.hpp"', "may not include"),
            ("src/client/a.cpp", '#include "backends/kith/engine/outbox.hpp"', "client may not include room backends/kith/engine"),
            ("src/client/a.cpp", '#include "protocol/avos/frame.hpp"', "client may not include room protocol/avos"),
            ("src/backends/a.cpp", '#include "protocol/avos/frame.hpp"', "backends may not include room protocol/avos"),
            ("src/server/front/a.cpp", '#include "backends/kith/engine/outbox.hpp"', "may not include room backends/kith/engine"),
            ("src/tools/kithd.cpp", '#include "base/clock.hpp"', "may not include room base"),
            ("src/base/far.cpp", '#include "../protocol/avos/frame.hpp"', "start at src/"),
            ("src/base/q.cpp", '#include "kith/message.hpp"', "angle brackets"),
            ("src/base/shell.cpp", "#include <kith/session.hpp>", "may not include room shells"),
            ("src/base/boost.cpp", "#include <boost/asio.hpp>", "neither std"),
            ("src/attic/old.cpp", "#include <vector>", "in no room"),
            ("include/kith/log.hpp", '#include "base/clock.hpp"', "only std and kith/"),
            ("include/kith/log.hpp", "#include <curl/curl.h>", "may not use libcurl"),
            ("include/kith/log.hpp", "#include <unistd.h>", "may not use the system's"),
        ]
        self.write("src/protocol/avos/codec.hpp", "#pragma once\n")
        self.write("src/backends/kith/engine/outbox.hpp", "#pragma once\n")
        self.write("src/base/threads.hpp", "#include <pthread.h>\n")
        for path, line, word in offences:
            with self.subTest(path=path, line=line):
                self.write(path, line + "\n")
                self.fails(path, word)
                (self.root / path).unlink()
        self.passes()

    def test_a_plan_without_table_is_told(self):
        self.write("docs/house-plan.md", "nothing\n")
        self.assertEqual(2, self.run_script().returncode)


class Docs(House):
    script = "check_docs.py"

    def test_a_clean_house_passes(self):
        self.passes()

    def test_an_undocumented_function_fails(self):
        self.edit("include/kith/session.hpp", "  /// Who.\n", "")
        self.fails("session.hpp", "int id()")

    def test_an_undocumented_type_fails(self):
        self.edit("include/kith/message.hpp", "/// What peers say.\n", "")
        self.fails("struct Message")

    def test_an_undocumented_enumerator_fails(self):
        self.edit("include/kith/message.hpp", "  ///< There.", "")
        self.fails("Sent")

    def test_an_undocumented_field_fails(self):
        self.edit("include/kith/message.hpp", "  /// The text.\n", "")
        self.fails("std::string text")

    def test_a_completion_without_the_fixed_line_fails(self):
        self.edit("include/kith/session.hpp", "  /// Thread: any. Blocks: never. Callback: executor, "
                  "once. Lifetime: copies its arguments.\n", "")
        self.fails("no fixed line", "void close")

    def test_a_fixed_line_that_leaves_something_out_fails(self):
        self.edit("include/kith/session.hpp", "Blocks: never. ", "")
        self.fails("no fixed line")

    def test_a_callback_class_without_the_fixed_line_fails(self):
        self.write("include/kith/receiver.hpp", "namespace kith {\n/// Hears.\nclass Receiver {\n public:\n"
                   "  /// Opened.\n  virtual void onOpen();\n};\n}\n")
        self.fails("class of callbacks")


class Sizes(House):
    script = "check_sizes.py"

    def body(self, lines):
        return "int f(int x) {\n" + "  ++x;\n" * (lines - 2) + "}\n"

    def test_a_clean_house_passes(self):
        self.passes()

    def test_a_function_at_the_budget_passes_and_one_line_more_warns(self):
        self.write("src/base/a.cpp", self.body(50))
        self.assertIn("0 warnings", self.passes())
        self.write("src/base/a.cpp", self.body(51))
        self.assertIn("f() has 51 lines of 50", self.passes())

    def test_a_function_far_over_the_budget_fails(self):
        self.write("src/base/a.cpp", self.body(76))
        self.fails("f() has 76 lines")

    def test_member_functions_and_constructors_are_measured(self):
        long = "  ++x;\n" * 80
        for head in ("struct S { void g(int x) const noexcept {\n%s} };\n",
                     "S::g(int x) : a_{x}, b_(1) {\n%s}\n",
                     "namespace n { template <class T> auto g(T x) -> T {\n%s} }\n"):
            with self.subTest(head=head):
                self.write("src/base/a.cpp", head % long)
                self.fails("g()" if "S::g" not in head else "S::g()")

    def test_a_namespace_and_a_class_are_not_functions(self):
        self.write("src/base/a.cpp", "namespace n {\nclass C {\n" + "  int a;\n" * 90 + "};\n}\n")
        self.passes()

    def test_a_long_header_fails(self):
        self.write("include/kith/a.hpp", "//\n" * 301)
        self.fails("header has 301 lines")

    def test_a_long_source_warns_then_fails(self):
        self.write("src/base/a.cpp", "//\n" * 501)
        self.assertIn("1 warnings", self.passes())
        self.write("src/base/a.cpp", "//\n" * 751)
        self.fails("file has 751 lines")


class Classes(House):
    script = "check_classes.py"

    def methods(self, count, more=""):
        return "class C {\n public:\n" + "".join(f"  void f{n}();\n" for n in range(count)) + more + "};\n"

    def test_a_clean_house_passes(self):
        self.assertIn(" classes, 0 warnings, 0 errors", self.passes())

    def test_a_class_at_the_budget_passes_one_function_more_warns_and_half_as_many_more_fail(self):
        self.write("src/base/a.hpp", self.methods(40))
        self.assertIn("0 warnings", self.passes())
        self.write("src/base/a.hpp", self.methods(41))
        self.assertIn("src/base/a.hpp:1: C has 41 functions of 40", self.passes())
        self.write("src/base/a.hpp", self.methods(61))
        self.fails("src/base/a.hpp:1: C has 61 functions of 40")

    def test_overloads_and_what_is_deleted_are_no_more_functions(self):
        self.write("src/base/a.hpp", self.methods(40, "  void f0(int x) { if (x > 0) f1(); }\n  C(const C&) = delete;\n"))
        self.assertIn("0 warnings", self.passes())

    def test_each_way_to_write_a_function_counts(self):
        for more in ("template <typename T> T g(T&& x) const;", "static int g() { return 1; }", "virtual void g() = 0;",
                     "std::function<void(int)> g(std::map<int, int> a = {});", "~C();", "explicit operator bool() const;",
                     "bool operator==(const C& other) const;"):
            with self.subTest(more=more):
                self.write("src/base/a.hpp", self.methods(40, f"  {more}\n"))
                self.assertIn("C has 41 functions", self.passes())

    def test_data_members_count_beside_functions(self):
        for member in ("int m%d_{0};", "std::function<void(int)> m%d_;", "std::vector<std::pair<int, int>> m%d_ = {};",
                       "alignas(64) char m%d_[8];"):
            with self.subTest(member=member):
                members = "".join(f"  {member % n}\n" for n in range(37))
                self.write("src/base/a.hpp", self.methods(2, members))
                self.fails("C has 37 members of 24")

    def test_a_record_of_data_and_things_inside_a_class_do_not_count(self):
        fields = "".join(f"  int m{n}{{0}};\n" for n in range(60))
        self.write("src/base/a.hpp", "struct S {\n" + fields + "  S();\n};\n"
                   + self.methods(2, "  struct Inner {\n" + fields + "  };\n  using A = int;\n  friend class B;\n"))
        self.assertIn("0 warnings", self.passes())


class Locks(House):
    script = "check_locks.py"

    def setUp(self):
        super().setUp()
        self.write("src/base/sync.hpp", "class Mutex { std::mutex mutex_; };\n")
        self.write("src/base/a.hpp", "class A {\n  base::Mutex mutex_;\n  int x_ KITH_GUARDED_BY(mutex_);\n};\n")

    def test_a_clean_house_passes(self):
        self.assertIn("1 mutexes, 0 offences", self.passes())

    def test_a_mutex_that_the_compiler_does_not_check_fails(self):
        for text in ("std::mutex mutex_;", "const std::lock_guard lock(mutex_);", "std::condition_variable changed_;"):
            with self.subTest(text=text):
                self.write("src/client/a.cpp", text + "\n")
                self.fails("src/client/a.cpp:1: " + text.split(" ")[text.startswith("const")].split("(")[0])

    def test_no_room_is_an_exception(self):
        for room in ("net/client", "net/server", "tools", "server/front", "server/storage"):
            with self.subTest(room=room):
                self.write(f"src/{room}/a.cpp", "std::mutex mutex_;\n")
                self.fails(f"src/{room}/a.cpp:1: std::mutex: take base/sync.hpp")
                (self.root / f"src/{room}/a.cpp").unlink()

    def test_a_mutex_that_guards_nothing_fails(self):
        self.edit("src/base/a.hpp", " KITH_GUARDED_BY(mutex_)", "")
        self.fails("src/base/a.hpp:2: mutex_ guards nothing")

    def test_a_comment_is_no_guard(self):
        self.edit("src/base/a.hpp", " KITH_GUARDED_BY(mutex_)", "")
        self.write("src/base/a.hpp", (self.root / "src/base/a.hpp").read_text() + "// KITH_GUARDED_BY(mutex_)\n")
        self.fails("mutex_ guards nothing")


class Words(House):
    script = "check_words.py"

    def setUp(self):
        super().setUp()
        self.write("docs/glossary.md", "| term | what |\n\n## Retired names\n\n| not | but | in |\n|---|---|---|\n"
                                       "| Meter, Lane | `RateLimiter` | `src/server` |\n")
        self.write("src/server/core/a.cpp", "RateLimiter rates;  // Meters are things of the kitchen\n")

    def test_a_house_without_retired_names_passes(self):
        self.assertIn("1 rows of retired names, 0 uses", self.passes())

    def test_a_retired_name_fails_in_code_and_in_comments(self):
        for text in ("Meter meter;\n", "int a;  // as Lane did\n"):
            with self.subTest(text=text):
                self.write("src/server/core/a.cpp", text)
                self.fails("src/server/core/a.cpp:1: " + ("Meter" if "Meter" in text else "Lane") + " is retired")

    def test_elsewhere_the_word_is_free(self):
        self.write("src/client/a.cpp", "Meter meter;\n")
        self.passes()

    def test_a_person_in_a_comment_fails_where_the_page_says_so(self):
        self.edit("docs/glossary.md", "## Retired", "## Comments\n\nThings, in `src/client`.\n\n## Retired")
        self.write("src/server/core/a.cpp", "// nobody reads this\n")
        self.write("src/client/a.cpp", 'auto text = "who // is there";\nint nobody;  // the hosts of the theme\n')
        self.passes()
        for word in ("Nobody", "no one", "who", "himself"):
            with self.subTest(word=word):
                self.write("src/client/a.cpp", f"int a;\n/// {word} waits for it.\n")
                self.fails(f"src/client/a.cpp:2: a comment says '{word}'")
        self.write("src/client/a.cpp", "")
        self.edit("docs/glossary.md", "`src/client`", "`src/nowhere`")
        self.fails("there is no folder src/nowhere")

    def test_a_page_without_rows_and_a_folder_that_is_gone_fail(self):
        self.edit("docs/glossary.md", "`src/server`", "`src/nowhere`")
        self.fails("there is no folder src/nowhere")
        self.write("docs/glossary.md", "no table\n")
        self.fails("no names are retired there")


class Symbols(unittest.TestCase):
    def build(self, source):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="kith-symbols-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "a.cpp").write_text(source, encoding="utf-8")
        subprocess.run([os.environ.get("CXX", "c++"), "-shared", "-fPIC", "-fvisibility=hidden",
                        str(folder / "a.cpp"), "-o", str(folder / "liba.so")], check=True)
        return subprocess.run([sys.executable, str(SCRIPTS / "check_symbols.py"), str(folder / "liba.so")],
                              capture_output=True, text=True, check=False)

    show = '__attribute__((visibility("default"))) '

    def test_the_api_passes(self):
        result = self.build("namespace kith { struct %sS { virtual ~S(); }; S::~S() {} }\n"
                            'extern "C" %sint kith_open() { return 1; }\n' % (self.show, self.show))
        self.assertEqual(0, result.returncode, result.stdout)

    def test_a_leaked_std_instantiation_fails(self):
        result = self.build("#include <vector>\nnamespace kith { %sstd::vector<int> f() {"
                            " std::vector<int> v; v.push_back(1); return v; } }\n" % self.show)
        self.assertEqual(1, result.returncode, result.stdout)
        self.assertIn("std::", result.stdout)

    def test_a_room_that_leaks_fails(self):
        result = self.build("namespace kith::avos { %svoid decode() {} }\n" % self.show)
        self.assertEqual(1, result.returncode, result.stdout)

    def test_a_library_that_shows_nothing_fails(self):
        self.assertEqual(1, self.build("static int a;\n").returncode)


class Libraries(unittest.TestCase):
    """Two shared libraries of one room each, and what they may not share."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kith-libraries-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.run_compiler("curl", "void stranger() {}\n", "-shared", "-o", "libcurl.so")
        for room in ("client", "server"):
            self.run_compiler(room, "namespace kith::%s { void f() {} }\n" % room, "-c", "-o", room + ".o")
        self.write_pc("-lssl")

    def run_compiler(self, name, source, *arguments):
        (self.folder / (name + ".cpp")).write_text(source, encoding="utf-8")
        subprocess.run([os.environ.get("CXX", "c++"), "-fPIC", name + ".cpp", *arguments], check=True, cwd=self.folder)

    def write_pc(self, libraries):
        (self.folder / "kith-server.pc").write_text(f"Libs: -lkith-server {libraries}\n", encoding="utf-8")

    def check(self, client, server):
        for name, objects in (("libkith.so", client), ("libkith-server.so", server)):
            subprocess.run([os.environ.get("CXX", "c++"), "-shared", "-Wl,--no-as-needed", "-L.", *objects, "-o", name],
                           check=True, cwd=self.folder)
        return subprocess.run(
            [sys.executable, str(SCRIPTS / "check_libraries.py"), "--client", "libkith.so",
             "--server", "libkith-server.so", "--client-objects", "client.o", "--server-objects", "server.o",
             "--server-pc", "kith-server.pc"], cwd=self.folder, capture_output=True, text=True, check=False)

    def test_libraries_with_rooms_of_their_own_pass(self):
        result = self.check(["client.o"], ["server.o"])
        self.assertEqual(("check_libraries: 0 faults\n", 0), (result.stdout, result.returncode), result.stderr)

    def test_a_room_of_the_other_library_fails(self):
        result = self.check(["client.o", "server.o"], ["server.o"])
        self.assertEqual(1, result.returncode, result.stdout)
        self.assertIn("libkith: has _ZN4kith6server1fEv of the other library", result.stdout)

    def test_a_server_that_needs_curl_fails(self):
        result = self.check(["client.o"], ["server.o", "-lcurl"])
        self.assertEqual(1, result.returncode, result.stdout)
        self.assertIn("libkith-server.so: needs libcurl.so", result.stdout)

    def test_a_package_file_that_names_websockets_fails(self):
        self.write_pc("-lwebsockets")
        self.assertIn("kith-server.pc: names websockets", self.check(["client.o"], ["server.o"]).stdout)

    def test_a_library_without_its_own_room_fails(self):
        self.assertIn("libkith: nothing to compare", self.check([], ["server.o"]).stdout)


class ErrorsPage(House):
    script = "make_errors_doc.py"
    arguments = ("--check",)

    def setUp(self):
        super().setUp()
        self.write("include/kith/error.hpp", (ROOT / "include/kith/error.hpp").read_text(encoding="utf-8"))
        self.write("docs/errors.md", (ROOT / "docs/errors.md").read_text(encoding="utf-8"))

    def test_the_page_as_generated_passes(self):
        self.passes()

    def test_a_code_without_its_row_fails(self):
        self.edit("include/kith/error.hpp", "Kicked = 401", "Kicked = 431")
        self.fails("run scripts/make_errors_doc.py")


class Snippets(House):
    script = "sync_snippets.py"
    arguments = ("--check",)

    def setUp(self):
        super().setUp()
        self.write("examples/a.cpp", "// SPDX\nint main() {}\n")
        self.write("README.md", "<!-- snippet: examples/a.cpp -->\n```cpp\nint main() {}\n```\n")

    def test_the_example_as_compiled_passes(self):
        self.passes()

    def test_code_that_differs_from_the_example_fails(self):
        self.edit("README.md", "int main() {}", "int main() { return 1; }")
        self.fails("README.md", "run scripts/sync_snippets.py")


class SecurityPage(House):
    script = "check_security_page.py"

    def setUp(self):
        super().setUp()
        self.write("docs/security.md", "Shown by `tls: a weak\nsuite is refused` and `test_umask`.\n")
        self.write("tests/net/tls_test.cpp", 'TEST_CASE(\n    "tls: a weak "\n    "suite is refused") {}\n')
        self.write("tests/tools/line_test.py", "def test_umask(self):\n    pass\n")

    def test_a_page_whose_tests_exist_passes(self):
        self.passes()

    def test_a_test_that_was_renamed_fails(self):
        self.edit("tests/net/tls_test.cpp", "refused", "let in")
        self.fails("there is no test `tls: a weak suite is refused`")

    def test_a_python_test_that_was_removed_fails(self):
        self.edit("tests/tools/line_test.py", "test_umask", "test_other")
        self.fails("there is no test `test_umask`")

    def test_a_page_without_tests_fails(self):
        self.write("docs/security.md", "All is safe.\n")
        self.fails("names no test at all")


class Hardening(unittest.TestCase):
    """Programs with every protection, and with one missing each."""

    FLAGS = ["-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-fcf-protection",
             "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS",
             "-Wl,-z,relro,-z,now,-z,noexecstack"]
    PROGRAM = """
#include <cstdio>
#include <cstring>
#include <vector>
#define F(n) __attribute__((noinline)) int f##n(int x) { return x * n; }
F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9)
int main(int argc, char** argv) {
  char text[16];
  std::strcpy(text, argv[0]);
  std::vector<int> v(static_cast<unsigned>(argc));
  int (*all[])(int) = {f1, f2, f3, f4, f5, f6, f7, f8, f9};
  return std::printf("%s %d", text, all[argc % 9](v[static_cast<unsigned>(argc)])) < 0;
}
"""

    def check(self, *flags):
        with tempfile.TemporaryDirectory(prefix="kith-hardening-") as folder:
            source, binary = pathlib.Path(folder) / "p.cpp", pathlib.Path(folder) / "p"
            source.write_text(self.PROGRAM, encoding="utf-8")
            subprocess.run([os.environ.get("CXX", "c++"), *self.FLAGS, *flags, str(source), "-o",
                            str(binary)], check=True)
            return subprocess.run([sys.executable, str(SCRIPTS / "check_hardening.py"), str(binary)],
                                  capture_output=True, text=True, check=False)

    def test_all_protections_pass(self):
        result = self.check()
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)

    def test_each_missing_protection_is_named(self):
        for flags, words in [(["-no-pie", "-fno-pie"], "position independent"),
                             (["-Wl,-z,norelro"], "stay writable (-z relro)"),
                             (["-Wl,-z,lazy"], "bound late"),
                             (["-Wl,-z,execstack"], "stack is executable"),
                             (["-fno-stack-protector"], "no stack protector"),
                             (["-U_FORTIFY_SOURCE"], "no fortified"),
                             (["-U_GLIBCXX_ASSERTIONS"], "containers are not checked"),
                             (["-fcf-protection=none"], "no landing marks"),
                             (["-Wl,-rpath,/tmp"], "fixed path")]:
            with self.subTest(flags=flags):
                result = self.check(*flags)
                self.assertEqual(1, result.returncode, result.stdout)
                self.assertIn(words, result.stdout)


class Limits(House):
    script = "check_limits.py"

    def setUp(self):
        super().setUp()
        self.write("src/net/core.cpp", "constexpr int kMost = 3;\n")
        self.write("tests/net/core_test.cpp", 'TEST_CASE(\n    "core: three "\n    "\\"at most\\"") {}\n')
        self.write("docs/limits.md", '| what | name | test |\n|---|---|---|\n'
                   '| cores | `kMost` | `core: three "at most"` |\n')

    def test_a_row_with_its_test_and_its_constant_passes(self):
        self.assertIn("1 limits", self.passes())

    def test_a_test_that_is_not_there_fails(self):
        self.edit("docs/limits.md", "three", "four")
        self.fails("docs/limits.md:3", 'no test \'core: four "at most"\'')

    def test_a_row_without_a_test_fails(self):
        self.edit("docs/limits.md", '`core: three "at most"`', "none")
        self.fails("names one test")

    def test_a_constant_that_is_gone_fails(self):
        self.edit("src/net/core.cpp", "kMost", "kLeast")
        self.fails("there is no kMost")

    def test_a_page_without_rows_fails(self):
        self.write("docs/limits.md", "# Limits\n")
        self.fails("no row has a test")


class Hashes(House):
    script = "check_hashes.py"

    def setUp(self):
        super().setUp()
        self.write("src/server/core/model.hpp",
                   "std::unordered_map<std::string,\n    Seat, base::TextHash> seats;\n"
                   "std::unordered_map<net::SocketId, Backlog> backlogs;  // not std::hash<int>\n"
                   "std::unordered_set<const Peer*> known;\n")

    def test_seeded_hashes_and_numbers_of_our_own_pass(self):
        self.assertIn(" files", self.passes())

    def test_a_table_by_text_without_a_seed_fails(self):
        self.edit("src/server/core/model.hpp", ", base::TextHash", "")
        self.fails("src/server/core/model.hpp:1", "a table by std::string ")

    def test_a_table_by_number_without_a_seed_fails(self):
        self.write("src/protocol/avos/rows.hpp", "std::unordered_set<std::uint64_t> rows;\n")
        self.fails("src/protocol/avos/rows.hpp:1", "a table by std::uint64_t ")

    def test_the_librarys_hash_fails(self):
        self.edit("src/server/core/model.hpp", "base::TextHash", "std::hash<std::string>")
        self.fails("src/server/core/model.hpp:2", "std::hash")


class Counts(unittest.TestCase):
    def count(self, cases, *steps):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write("<testsuite>%s</testsuite>" % cases)
            file.flush()
            return subprocess.run([sys.executable, str(SCRIPTS / "count_tests.py"), *steps, file.name],
                                  capture_output=True, text=True, check=False)

    @staticmethod
    def case(status, output, message=None):
        skipped = "" if message is None else f'<skipped message="{message}"/>'
        return (f'<testcase name="a" status="{status}">{skipped}'
                f"<system-out>{escape(output)}</system-out></testcase>")

    def lines(self, *cases):
        result = self.count("".join(cases))
        return result.stdout.splitlines(), result.returncode

    def test_catch_programs_count_as_their_cases(self):
        self.assertEqual((["4 passed, 0 failed, 0 skipped"], 0), self.lines(
            self.case("run", "All tests passed (9 assertions in 3 test cases)"),
            self.case("run", "no summary")))

    def test_failed_cases_and_crashes_fail(self):
        self.assertEqual((["3 passed, 2 failed, 0 skipped"], 1), self.lines(
            self.case("fail", "test cases: 4 | 3 passed | 1 failed"),
            self.case("fail", "Segmentation fault")))

    def test_nothing_run_is_a_failure(self):
        self.assertEqual((["0 passed, 0 failed, 0 skipped"], 1), self.lines())

    def test_an_entry_that_was_skipped_is_told_with_its_reason(self):
        self.assertEqual((["skipped: a: there is no ip", "1 passed, 0 failed, 1 skipped"], 0), self.lines(
            self.case("run", ""), self.case("notrun", "a: SKIPPED: there is no ip", "SKIP_RETURN_CODE=77")))

    def test_a_step_that_failed_is_a_failure_where_no_test_tells_of_it(self):
        good = self.case("run", "")
        result = self.count(good, "--step", "build", "--step", "tests")
        self.assertEqual((["failed: build", "failed: tests", "1 passed, 2 failed, 0 skipped"], 1),
                         (result.stdout.splitlines(), result.returncode))
        bad = 3 * self.case("fail", "")
        self.assertIn("0 passed, 3 failed", self.count(bad, "--step", "tests").stdout)

    def test_only_skipped_entries_are_a_failure(self):
        self.assertEqual(1, self.lines(self.case("notrun", "SKIPPED: x", "SKIP_RETURN_CODE=77"))[1])

    def test_an_entry_whose_program_or_fixture_is_missing_failed(self):
        for why in ("Unable to find executable", "Fixture dependency failed"):
            self.assertEqual((["1 passed, 1 failed, 0 skipped"], 1), self.lines(
                self.case("run", ""), self.case("notrun", "", why)))

    def test_a_case_that_was_skipped_inside_a_program_does_not_count_as_passed(self):
        for output, why in [
                ("SKIPPED: no right\nAll tests passed (9 assertions in 3 test cases)", "no right"),
                ("test_x (a.B.test_x)\nSays what. ... skipped \"it's so\"\n\nRan 3 tests in 1s\n\nOK (skipped=1)",
                 "test_x: it's so"),
                ("Ran 3 tests in 1s\n\nOK (skipped=1)", "no reason given"),
                ("ok 1 - x # SKIP why\n# pass 2\n# fail 0\n", "x: why")]:
            self.assertEqual(([f"skipped: a: {why}", "2 passed, 0 failed, 1 skipped"], 0),
                             self.lines(self.case("run", output)))


class Entries(unittest.TestCase):
    def check_entries(self, *tests):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "docs").mkdir()
            (root / "docs/testing.md").write_text("| `unit` | rooms |\n| `stress` | fire |\n", encoding="utf-8")
            (root / "tests.json").write_text(json.dumps({"tests": tests}), encoding="utf-8")
            return subprocess.run(
                [sys.executable, str(SCRIPTS / "check_entries.py"), "--root", folder, "--json",
                 str(root / "tests.json")], capture_output=True, text=True, check=False)

    @staticmethod
    def entry(name, *command, **properties):
        properties = {"LABELS": ["unit"], "TIMEOUT": 60, **properties}
        return {"name": name, "command": list(command),
                "properties": [{"name": n, "value": v} for n, v in properties.items() if v is not None]}

    def test_entries_that_agree_pass(self):
        result = self.check_entries(
            self.entry("kill", "bin/stress", "kill", SKIP_RETURN_CODE=77),
            self.entry("kill_threads", "bin/stress", "kill", SKIP_RETURN_CODE=77, LABELS=["stress"]),
            self.entry("a", "/usr/bin/python3", "a.py"),
            self.entry("b", "/usr/bin/python3", "b.py", SKIP_RETURN_CODE=77),
            self.entry("not_built"), self.entry("not_built_either", SKIP_RETURN_CODE=77))
        self.assertEqual(("6 entries\n", 0), (result.stdout, result.returncode))

    def test_a_second_entry_of_a_program_that_would_fail_where_the_first_is_skipped_fails(self):
        result = self.check_entries(self.entry("kill", "bin/stress", "kill", SKIP_RETURN_CODE=77),
                                    self.entry("kill_threads", "bin/stress", "kill"))
        self.assertIn("kill_threads: SKIP_RETURN_CODE is None, but 77 for kill", result.stdout)
        self.assertEqual(1, result.returncode)

    def test_an_entry_without_label_or_limit_or_with_a_label_of_no_row_fails(self):
        for properties, said in [({"LABELS": None}, "no label"), ({"LABELS": ["fire"]}, "no row for label 'fire'"),
                                 ({"TIMEOUT": None}, "no TIMEOUT")]:
            result = self.check_entries(self.entry("a", "bin/a", **properties))
            self.assertIn(said, result.stdout)
            self.assertEqual(1, result.returncode)

    def test_no_entries_fail(self):
        self.assertEqual(1, self.check_entries().returncode)


class Pages(House):
    script = "check_pages.py"

    def setUp(self):
        super().setUp()
        (self.root / "docs/house-plan.md").unlink()  # the true one, with the true paths
        self.write("docs/decisions/001-one.md", "# 001 One\n\n## Why not\n")
        self.write("tests/a_test.cpp", "// decision 001\nint one_word() { return kOneWord; }\n")
        self.write("docs/page.md", PAGE)
        self.passes()

    def test_a_path_that_is_not_there_fails(self):
        self.edit("docs/page.md", "`tests/a_test.cpp`", "`tests/b_test.cpp`")
        self.fails("docs/page.md:3: there is no tests/b_test.cpp")

    def test_a_path_in_a_block_of_commands_fails(self):
        self.edit("docs/page.md", "\ntests/a_test.cpp", "\n./tests/b_test.cpp")
        self.fails("there is no ./tests/b_test.cpp")

    def test_a_name_that_no_file_has_fails(self):
        for gone in ("one_words()", "Type::oneWord()", "kTwoWords"):
            self.write("docs/page.md", PAGE.replace("one_word()", gone))
            self.fails("docs/page.md:3: no file but pages has the name")

    def test_a_link_to_nowhere_fails(self):
        self.edit("docs/page.md", "(../tests/a_test.cpp)", "(../tests/b_test.cpp)")
        self.fails("docs/page.md:4: ../tests/b_test.cpp leads nowhere")

    def test_a_heading_that_is_not_there_fails(self):
        self.edit("docs/page.md", "#why-not", "#why")
        self.fails("docs/page.md:5: decisions/001-one.md#why: there is no such heading")

    def test_a_decision_without_link_or_with_another_ones_fails(self):
        self.edit("docs/page.md", "[decision 001]", "decision 001 [it]")
        self.fails("docs/page.md:5: decision 001 without a link")
        self.edit("docs/page.md", "decision 001 [it]", "[decision 002]")
        self.fails("docs/page.md:5: decision 002 leads to decisions/001-one.md")

    def test_a_decision_in_a_comment_that_is_not_there_fails(self):
        self.edit("tests/a_test.cpp", "decision 001", "decisions/003")
        self.fails("tests/a_test.cpp:1: there is no decision 003")


class Mutations(unittest.TestCase):
    """A house of one line a room, with a bug for each."""

    ROOMS = ("base", "backends/kith", "backends/kith/engine", "client", "dispatch", "net/client", "net/server",
             "protocol/avos", "server/front", "server/core", "server/storage", "sign", "store", "tls", "ws")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "scripts").mkdir()
        (self.root / "tests").mkdir()
        (self.root / "tests/CMakeLists.txt").write_text("kith_test(a_test\n  SOURCES a.cpp)\n", encoding="utf-8")
        self.bugs = []
        for room in self.ROOMS:
            (self.root / "src" / room).mkdir(parents=True)
            lines = [f"if (a == {n})\n    return {n};" for n in range(4)]
            (self.root / f"src/{room}/a.cpp").write_text("\n".join(lines) + "\n", encoding="utf-8")
            self.bugs += [{"id": f"{room}-{n}", "file": f"src/{room}/a.cpp", "old": f"(a == {n}) return {n};",
                           "new": f"(a != {n}) return {n};", "test": "a_test", "what": "w"} for n in range(4)]

    def check(self):
        text = "".join("[[bug]]\n" + "".join(f"{name} = '{value}'\n" for name, value in bug.items())
                       for bug in self.bugs)
        (self.root / "scripts/mutations.toml").write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, str(SCRIPTS / "mutate"), "--check", "--root", str(self.root)],
                              capture_output=True, text=True, check=False)

    def fails(self, said):
        result = self.check()
        self.assertIn(said, result.stdout)
        self.assertEqual(2, result.returncode)

    def test_bugs_that_apply_pass_also_where_a_line_was_broken_anew(self):
        result = self.check()
        self.assertEqual(("60 bugs apply\n", 0), (result.stdout, result.returncode))

    def test_a_text_that_is_gone_fails(self):
        self.bugs[0]["old"] = "(b == 0)"
        self.fails("base-0: src/base/a.cpp has 0 times: (b == 0)")

    def test_a_text_that_is_there_twice_fails(self):
        self.bugs[0]["old"] = "if (a =="
        self.fails("base-0: src/base/a.cpp has 4 times: if (a ==")

    def test_a_bug_that_changes_nothing_fails(self):
        self.bugs[0]["new"] = self.bugs[0]["old"]
        self.fails("base-0: changes nothing")

    def test_a_test_or_a_file_that_is_not_there_fails(self):
        self.bugs[0]["test"] = "b_test"
        self.bugs[1]["file"] = "src/base/b.cpp"
        self.fails("base-0: there is no test b_test\nbase-1: there is no file src/base/b.cpp")

    def test_two_of_one_name_and_fields_that_are_missing_fail(self):
        self.bugs[1]["id"] = "base-0"
        del self.bugs[2]["what"]
        self.fails("base-0: comes twice\nbase-2: has not exactly the fields")

    def test_a_room_without_a_bug_and_too_few_bugs_fail(self):
        planted = [bug for bug in self.bugs if "core" not in bug["id"]]
        self.bugs = sorted(planted, key=lambda bug: bug["id"][-1])[:39]
        self.fails("39 bugs are fewer than 40\nno bug is planted in src/server/core")


class Conformance(unittest.TestCase):
    TESTS = {"server": "tests/server/front/rfc6455_test.cpp", "client": "tests/net/client/rfc6455_test.cpp"}

    def check_page(self, rows, server, client):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            page = "# Conformance\n\n## The tests\n\n| rule | a | b |\n|---|---|---|\n" + rows
            files = {"docs/conformance.md": page}
            for side, names in (("server", server), ("client", client)):
                files[self.TESTS[side]] = "".join(
                    f'TEST_CASE("rfc6455 {side}: {name}") {{}}\n' for name in names)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return subprocess.run(
                [sys.executable, str(SCRIPTS / "check_conformance.py"), "--root", folder],
                capture_output=True, text=True, check=False)

    def test_page_and_tests_agree(self):
        self.assertEqual(0, self.check_page("| r | x | - |\n| q | - | y |\n", ["x"], ["y"]).returncode)

    def test_a_name_without_a_test_fails(self):
        self.assertEqual(1, self.check_page("| r | x | z |\n", ["x"], []).returncode)

    def test_a_test_that_the_page_does_not_name_fails(self):
        self.assertEqual(1, self.check_page("| r | x | - |\n", ["x", "other"], []).returncode)


if __name__ == "__main__":
    unittest.main()
